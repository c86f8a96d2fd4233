"""A few parties around one document on the model of the ledger, for tests that tell a document's or a party's life.

    market = Market("ebl-negotiable")
    market.join("carrier", "carrier"), market.join("shipper", "shipperOrConsignee")
    market.do("carrier", "ISSUE", to="shipper", endorsee="shipper")
    market.do("shipper", "ACCEPT")

What a row wants (counterparty, endorsee, detail, content, reference) is filled in unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from portledger import resources
from portledger.domain.actions import (
    AccountConsent,
    Action,
    Domain,
    PartyAction,
    Registration,
    SignedAction,
    SignedPartyAction,
    Veto,
    document_id,
)
from portledger.domain.acts import NOWHERE, Checked
from portledger.domain.codes import BEARER, DAY, FULL_SCOPE, ZERO, CounterpartyMode, EndorseeMode, PartyAct, Role
from portledger.domain.hashing import keccak
from portledger.domain.model import Ledger
from portledger.domain.parties import Party
from portledger.domain.records import Control
from portledger.domain.signatures import address_of, join, sign
from portledger.domain.table import Rule

START = 1_800_000_000
GOVERNOR, REGISTRAR, GUARDIAN, STRANGER = (bytes([number]) * 20 for number in (0xA1, 0xA2, 0xA3, 0xA4))
CALL = keccak(b"a call")


def secret_key(name: str) -> bytes:
    return keccak(f"market {name}".encode())


def address(name: str) -> bytes:
    """The account of a key by its name: "shipper 0" is the first key of the shipper."""
    return address_of(secret_key(name))


class Market:
    def __init__(self, kind: str = "ebl-negotiable") -> None:
        self.kind = resources.kind(kind)
        self.now = START
        self.domain = Domain(1337, b"\x5f" * 20, keccak(b"market"))
        self.model = Ledger(self.domain, GOVERNOR, REGISTRAR, GUARDIAN)
        for known in resources.kinds().values():
            self.model.define_kind(GOVERNOR, *known.define_arguments(), now=self.now, call=CALL)
        self.numbers: dict[str, int] = {"bearer": BEARER, "nobody": 0}
        self.document = ZERO
        self._fresh = count(1)

    def fresh(self) -> bytes:
        """A digest that was never used."""
        return keccak(f"fresh {next(self._fresh)}".encode())

    def pass_time(self, seconds: int) -> None:
        self.now += seconds

    # --- parties ----------------------------------------------------------------------------------------------------

    def registration(self, name: str, roles: Sequence[str] = (), **values: Any) -> Registration:
        """scopes: one key per scope; threshold, recovery_barred; unsigned."""
        scopes = tuple(values.pop("scopes", (FULL_SCOPE,)))
        fields = {"threshold": 1, "recovery_barred": False, **values}
        accounts = tuple(address(f"{name} {at}") for at in range(len(scopes)))
        fields = {"accounts": accounts, "scopes": scopes, **fields}
        return Registration(keccak(name.encode()), int(Role.from_names(roles)), keccak(b"key", name.encode()), **fields)

    def consented(self, name: str, registration: Registration) -> Registration:
        party, digest = len(self.model.parties) + 1, registration.digest()
        consents = tuple(
            sign(AccountConsent(party, account, scope, digest).digest(self.domain), secret_key(f"{name} {at}"))
            for at, (account, scope) in enumerate(zip(registration.accounts, registration.scopes, strict=False))
        )
        return replace(registration, consents=consents)

    def join(self, name: str, *roles: str, **values: Any) -> int:
        """Registers a party whose keys are "<name> 0", "<name> 1" …; its number."""
        registration = self.consented(name, self.registration(name, roles, **values))
        number = self.model.register(REGISTRAR, registration, self.now, CALL)
        self.numbers[name] = number
        return number

    def party(self, name: str) -> Party:
        return self.model.parties[self.numbers[name]]

    def party_act(
        self, name: str, what: PartyAct, value: bytes = ZERO, keys: Sequence[str] = (), **values: Any
    ) -> SignedPartyAction:
        """An act of a party on itself. keys: names, default "<name> 0"; adding: (key's name, scope) who consents."""
        number = self.numbers[name]
        adding: tuple[str, int] | None = values.pop("adding", None)
        nonce = self.party(name).unlocks if what == PartyAct.LOCK else self.model.nonces.get(number, 0)
        fields = {"nonce": nonce, "deadline": self.now + DAY, **values}
        act = PartyAction(number, what=what, value=value, **fields)
        digest = act.digest(self.domain)
        consent = self.consent(name, adding[0], adding[1], digest) if adding else b""
        return SignedPartyAction(act, join(digest, [secret_key(key) for key in keys or [f"{name} 0"]]), consent)

    def do_party(self, name: str, what: PartyAct, value: bytes = ZERO, keys: Sequence[str] = (), **values: Any) -> bool:
        return self.model.party_act(self.party_act(name, what, value, keys, **values), self.now)

    def consent(self, name: str, key: str, scope: int, registration: bytes) -> bytes:
        asked = AccountConsent(self.numbers[name], address(key), scope, registration)
        return sign(asked.digest(self.domain), secret_key(key))

    def veto(self, name: str, change: bytes, key: str) -> None:
        signature = sign(Veto(self.numbers[name], change).digest(self.domain), secret_key(key))
        self.model.veto(change, signature, self.now)

    # --- documents --------------------------------------------------------------------------------------------------

    @property
    def control(self) -> Control:
        return self.model.document(self.document).standing.control

    @property
    def head(self) -> bytes:
        return self.model.document(self.document).standing.head

    @property
    def state(self) -> str:
        return self.kind.state_name(self.control.state)

    def prepare(self, name: str, verb: str, **values: Any) -> Action:
        """An act with everything that its row wants. to, endorsee: names or numbers; else members of Action."""
        actor = self.numbers[name]
        number = self.kind.verb(verb).number
        creating = self.kind.rule(0, number)
        before = NOWHERE if creating else self.control
        rule = creating or self.kind.rule(before.state, number)
        wanted = self._wanted(rule, before) if rule else {}
        for ours, theirs in (("to", "counterparty"), ("endorsee", "endorsee")):
            if ours in values:
                named = values.pop(ours)
                wanted[theirs] = self.numbers[named] if isinstance(named, str) else named
        standard = {"kind": self.kind.number, "actor": actor, "epoch": self.model.parties[actor].epoch}
        fields = {**standard, "deadline": self.now + DAY, **wanted, **values}
        if creating:
            made = document_id(self.kind.number, actor, fields["document_reference"])
            self.document = fields.setdefault("document", made)
            fields.setdefault("previous", ZERO)
        return Action(verb=number, **{**self._here(), **fields})

    def _here(self) -> dict[str, Any]:
        return {"document": self.document, "previous": self.head}

    def _wanted(self, rule: Rule, before: Control) -> dict[str, Any]:
        wanted: dict[str, Any] = {}
        if rule.content:
            wanted["content"] = self.fresh()
        if rule.reference:
            wanted["document_reference"] = self.fresh()
        if rule.detail:
            wanted["detail"] = self.fresh()
        if rule.counterparty in (CounterpartyMode.POSSESSOR, CounterpartyMode.OFFEREE, CounterpartyMode.ENDORSEE):
            wanted["counterparty"] = {
                CounterpartyMode.POSSESSOR: before.possessor,
                CounterpartyMode.OFFEREE: before.offeree,
                CounterpartyMode.ENDORSEE: before.endorsee,
            }[CounterpartyMode(rule.counterparty)]
        if rule.endorsee in (EndorseeMode.AS_OFFERED, EndorseeMode.POSSESSOR, EndorseeMode.BEARER):
            wanted["endorsee"] = {
                EndorseeMode.AS_OFFERED: before.offered_endorsee,
                EndorseeMode.POSSESSOR: before.possessor,
                EndorseeMode.BEARER: BEARER,
            }[EndorseeMode(rule.endorsee)]
        return wanted

    def sign(self, action: Action, keys: Sequence[str]) -> SignedAction:
        digest = action.digest_with(self.domain, self.model.intent_hash(action.kind, action.verb))
        return SignedAction(action, join(digest, [secret_key(key) for key in keys]))

    def do(self, name: str, verb: str, keys: Sequence[str] = (), **values: Any) -> Checked:
        """Prepares, signs with as many keys as the party's threshold (or with `keys`), and executes."""
        action = self.prepare(name, verb, **values)
        rule = self.kind.rule(self.control.state, action.verb) or self.kind.rule(0, action.verb)
        needed = self.party(name).threshold if rule and rule.critical else 1
        signed = self.sign(action, keys or [f"{name} {at}" for at in range(needed)])
        return self.model.execute(signed, self.now)
