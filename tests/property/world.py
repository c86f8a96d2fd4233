"""Random acts against the contract on a real node and against the Python model, compared after every one.

`World` holds both sides. It makes acts that are mostly good (else only refusals would be compared), spoils some of
them in one place, applies each to the model, sends them to the contract in batches, and compares errors with all their
parameters, heads, control words and `ledgerHead`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from portledger import resources
from portledger.chain import encoding, events, reverts
from portledger.domain.actions import (
    AccountConsent,
    Action,
    PartyAction,
    Registration,
    SignedAction,
    SignedPartyAction,
    Veto,
    document_id,
)
from portledger.domain.acts import standing_bits
from portledger.domain.codes import (
    BEARER,
    DAY,
    FULL_SCOPE,
    MILLION,
    ZERO,
    CounterpartyMode,
    Effect,
    EndorseeMode,
    PartyAct,
    Power,
    QuantityMode,
    Role,
    RuleFlag,
    Scope,
    Source,
)
from portledger.domain.errors import LedgerError
from portledger.domain.events import ActionApplied, ActionRefused, NoteApplied
from portledger.domain.hashing import abi_words, keccak
from portledger.domain.model import Ledger
from portledger.domain.parties import Change, Party, account_value, inactive
from portledger.domain.signatures import address_of, join, sign
from portledger.domain.table import Rule, unpack
from tests.support import secured_kind
from tests.support.node import KEYS, Chain, call, consents, key
from tests.support.node import register as register_call

POWERS = {Power.GOVERNOR: KEYS.governor, Power.REGISTRAR: KEYS.registrar, Power.GUARDIAN: KEYS.guardian}
ROLES = (
    Role.CARRIER | Role.CERTIFIER | Role.BANK,
    Role.CARRIER | Role.FORWARDER,
    Role.SHIPPER_OR_CONSIGNEE | Role.CUSTOMS_BROKER,
    Role.SHIPPER_OR_CONSIGNEE | Role.FORWARDER,
    Role.BANK | Role.PLATFORM,
    Role.CUSTOMS | Role.CERTIFIER | Role.PLATFORM,
    Role.CUSTOMS | Role.CARRIER | Role.SHIPPER_OR_CONSIGNEE,
)
ACTS_IN_A_BATCH = 40
PARTY_ACT_NAMES = {int(what): what.name.replace("_", " ") for what in PartyAct}


def call_digest(calldata: bytes) -> bytes:
    return keccak(abi_words(calldata[:4] + bytes(28), keccak(calldata[4:])))


@dataclass
class Report:
    """How many acts were applied, and how many refused, by error."""

    applied: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        return self.applied.total() + self.refused.total()

    def lines(self) -> list[str]:
        return [
            f"{self.total} acts: {self.applied.total()} applied, {self.refused.total()} refused",
            "applied: " + ", ".join(f"{name} {count}" for name, count in sorted(self.applied.items())),
            "refused: " + ", ".join(f"{name} {count}" for name, count in sorted(self.refused.items())),
        ]


class World:
    """Contract and model in step. `random` decides everything."""

    def __init__(self, chain: Chain, random: Random, report: Report) -> None:
        self.chain, self.random, self.report = chain, random, report
        self.powers = dict(POWERS)
        holders = (address_of(self.powers[power]) for power in Power)
        self.model = Ledger(chain.domain, *holders)
        self.now = chain.now()
        self.keys: dict[bytes, bytes] = {address_of(secret): secret for secret in POWERS.values()}
        self.claimed: list[tuple[int, bytes]] = []
        self.rules: dict[int, dict[tuple[int, int], Rule]] = {}
        self.words: dict[int, dict[int, str]] = {}
        self.made = 0
        self._adopt_history()
        for roles in ROLES:
            self.register(roles)

    def _adopt_history(self) -> None:
        """What the deployment did before: the shipped kinds. Then the test's own kind, on both sides."""
        for event in self.chain.events():
            kind = resources.kinds()[event.kind]  # type: ignore[attr-defined]
            arguments = kind.define_arguments()
            self._learn(arguments, {verb.number: verb.intent for verb in kind.verbs.values()})
            calldata = call("defineKind", *arguments)
            self.model.define_kind(address_of(KEYS.governor), *arguments, now=event.time, call=call_digest(calldata))
        arguments = secured_kind.define_arguments()
        self._learn(arguments, secured_kind.WORDS)
        self.both("defineKind", Power.GOVERNOR, arguments, self.model.define_kind)
        self.compare_ledger_head()

    def _learn(self, arguments: tuple[Any, ...], words: dict[int, str]) -> None:
        number, _, keys, row_words = arguments[:4]
        self.rules[number] = {(k >> 8, k & 0xFF): unpack(w) for k, w in zip(keys, row_words, strict=True)}
        self.words[number] = words

    # ---- calls of powers and parties, one transaction each -----------------------------------------------------------

    def both(self, function: str, sender: Power | bytes, arguments: tuple[Any, ...], of_model: Any) -> bool:
        """The same call by a power on both sides; True when it was applied."""
        secret = self.powers[sender] if isinstance(sender, Power) else sender
        calldata = call(function, *arguments)
        extra: dict[str, Any] = {"now": self.now}
        if function not in ("freeze", "unfreeze"):
            extra["call"] = call_digest(calldata)
        return self.same(function, secret, calldata, lambda: of_model(address_of(secret), *arguments, **extra))

    def same(self, name: str, secret: bytes, calldata: bytes, model: Any) -> bool:
        expected: LedgerError | None = None
        try:
            model()
        except LedgerError as refusal:
            expected = refusal
        found: LedgerError | None = None
        try:
            self.chain.transact(secret, calldata, at=self.now)
        except LedgerError as refusal:
            found = refusal
        assert found == expected, f"{name}: the contract says {found!r}, the model {expected!r}"
        if expected is None:
            self.report.applied[name] += 1
            self.compare_ledger_head()
        else:
            self.report.refused[f"{name}:{expected.code}"] += 1
        return expected is None

    def compare_ledger_head(self) -> None:
        assert self.chain.ledger.ledger_head() == self.model.ledger_head

    def compare_parties(self) -> None:
        ledger = self.chain.ledger
        for number, party in self.model.parties.items():
            assert ledger.party(number) == party
            assert ledger.party_head(number) == self.model.party_heads[number]
            assert ledger.party_nonce(number) == self.model.nonces.get(number, 0)
            assert ledger.profile(number) == self.model.profiles[number]
            assert ledger.encryption_key(number) == self.model.encryption_keys[number]
        for address, account in self.model.accounts.items():
            assert ledger.account(address) == account

    def compare_documents(self) -> None:
        ledger = self.chain.ledger
        for name, document in self.model.documents.items():
            standing = document.standing
            record = ledger.record(name)
            assert record is not None
            assert (record.control, record.head) == (standing.control, standing.head)
            assert record.notes_head == document.notes_head
            assert ledger.extension(name) == (standing.secured_party, standing.frozen_until)

    def pass_time(self, seconds: int) -> None:
        self.now += seconds
        self.chain.mine(self.now)

    def _new_key(self) -> bytes:
        self.made += 1
        secret = key(f"world {self.made} {self.random.getrandbits(64)}")
        self.keys[address_of(secret)] = secret
        return secret

    def register(self, roles: int | None = None) -> None:
        r = self.random
        good = roles is not None or r.random() < 0.7
        secrets = [self._new_key() for _ in range(r.choice((1, 2, 3, 3, 4)) if good else r.choice((0, 1, 3, 16)))]
        scopes = [FULL_SCOPE if i == 0 or r.random() < 0.8 else r.choice((5, 9, 4, 128)) for i in range(len(secrets))]
        full = scopes.count(FULL_SCOPE)
        threshold = r.randint(1, min(2, full)) if good else r.choice((0, 1, full + 1))
        registration = Registration(
            r.randbytes(32),
            int(r.choice(ROLES) if roles is None else roles),
            r.randbytes(32),
            threshold,
            full >= 3 and threshold >= 2 and r.random() < 0.3 if good else r.random() < 0.5,
            tuple(address_of(secret) for secret in secrets),
            tuple(scopes if good or not scopes else [0, *scopes[1:]]),
        )
        number = len(self.model.parties) + (1 if good or r.random() < 0.5 else 2)
        registration = replace(registration, consents=consents(self.chain.domain, number, registration, secrets))
        sender = self.powers[Power.REGISTRAR if good else r.choice(list(Power))]
        calldata = register_call(registration)
        self.same(
            "register",
            sender,
            calldata,
            lambda: self.model.register(address_of(sender), registration, self.now, call_digest(calldata)),
        )

    def some_party(self) -> int:
        return self.random.choice(list(self.model.parties))

    def accounts_of(self, party: int, scope: int = 0, *, removed: bool = False) -> list[bytes]:
        """Addresses of the party's accounts, active ones unless told otherwise, ascending."""
        return sorted(
            address
            for address, account in self.model.accounts.items()
            if account.party == party and (removed or account.active) and (not scope or account.scope & scope)
        )

    def some_value(self, party: int, what: int) -> bytes:
        r = self.random
        accounts = self.accounts_of(party) or [bytes(20)]
        word = self.model.parties[party]
        if r.random() < 0.06:
            return r.randbytes(32)
        if what == PartyAct.ADD_ACCOUNT and r.random() < 0.1:
            return account_value(r.choice(list(self.model.accounts)), 255)
        if what == PartyAct.ADD_ACCOUNT:
            return account_value(address_of(self._new_key()), r.choice((255, 255, 255, 5, 128)))
        if what == PartyAct.REMOVE_ACCOUNT:
            return account_value(r.choice(accounts))
        if what == PartyAct.SET_THRESHOLD:
            return abi_words(r.randint(1, word.accounts + 1))
        if what == PartyAct.SET_PROFILE:
            change = self.model.open_changes.get((party, Source.REGISTRAR, PartyAct.SET_PROFILE))
            return self.model.changes[change].value if change and r.random() < 0.8 else r.randbytes(32)
        if what == PartyAct.ROTATE_ENCRYPTION_KEY:
            return r.randbytes(32)
        if what == PartyAct.SET_ROLES:
            return abi_words(int(r.choice(ROLES)))
        return ZERO

    def wanted_by(self, party: int) -> list[PartyAct]:
        """What a party as it stands may want: what is rarely possible stands alone."""
        word = self.model.parties[party]
        proposal = self.model.open_changes.get((party, Source.REGISTRAR, PartyAct.SET_PROFILE))
        if word.locked:
            return [PartyAct.UNLOCK]
        if proposal is not None and self.model.changes[proposal].open(self.now):
            return [PartyAct.SET_PROFILE]
        if word.recovery_barred:
            return [PartyAct.UNBAR_RECOVERY]
        if word.accounts >= 3 and word.threshold >= 2:
            return [PartyAct.BAR_RECOVERY]
        if word.accounts >= 3:
            return [PartyAct.SET_THRESHOLD, PartyAct.REMOVE_ACCOUNT]
        return [PartyAct.ADD_ACCOUNT, PartyAct.ROTATE_ENCRYPTION_KEY, PartyAct.BUMP_EPOCH, PartyAct.LOCK]

    def party_act(self) -> None:
        r = self.random
        party = self.some_party()
        word = self.model.parties[party]
        what = r.choice(self.wanted_by(party)) if r.random() < 0.6 else r.choice(range(1, 11))
        nonce = word.unlocks if what == PartyAct.LOCK else self.model.nonces.get(party, 0)
        act = PartyAction(
            party,
            nonce if r.random() < 0.95 else nonce + 1,
            what,
            self.some_value(party, what),
            self.now + r.choice((DAY, DAY, DAY, 30 * DAY, 30 * DAY + 1, -1)) if r.random() < 0.2 else self.now + DAY,
        )
        candidates = self.accounts_of(party, 0 if r.random() < 0.2 else int(Scope.ADMIN))
        many = r.choice((1, 1, 2, word.threshold, max(2, word.threshold)))
        signers = sorted(r.sample(candidates, min(many, len(candidates))))
        digest = act.digest(self.chain.domain)
        signatures = join(digest, [self.keys[address] for address in signers])
        if r.random() < 0.04:
            signatures = self.spoil(signatures)
        consent = b""
        if what == PartyAct.ADD_ACCOUNT and act.value[12:] in self.keys:
            scope = act.value[11]
            owner = act.value[12:]
            consent = sign(AccountConsent(party, owner, scope, digest).digest(self.chain.domain), self.keys[owner])
            consent = consent if r.random() < 0.93 else r.randbytes(65)
        calldata = call("partyAct", (party, what, act.value, act.deadline, signatures, consent))
        self.same(
            f"partyAct {PARTY_ACT_NAMES.get(what, what)}",
            KEYS.relayer,
            calldata,
            lambda: self.model.party_act(SignedPartyAction(act, signatures, consent), self.now),
        )

    def spoil(self, signatures: bytes) -> bytes:
        r = self.random
        if not signatures:
            return r.randbytes(65)
        at = r.randrange(len(signatures))
        return r.choice(
            (
                signatures[:at] + bytes([signatures[at] ^ (1 << r.randrange(8))]) + signatures[at + 1 :],
                signatures + signatures[-65:],
                signatures[:-1],
                signatures[:-1] + bytes([signatures[-1] - 27]),
                b"",
            )
        )

    def power_act(self) -> None:
        """One call of a power, or an enactment, or a veto."""
        r = self.random
        sender: Power = r.choice(list(Power)) if r.random() < 0.08 else Power.REGISTRAR
        party = self.some_party() if r.random() < 0.97 else 999
        known = party if party in self.model.parties else 1
        which = r.choice(
            (
                "propose",
                "propose",
                "order",
                "cancelOrder",
                "veto",
                "enact",
                "enact",
                "suspend",
                "reinstate",
                "freeze",
                "freeze",
                "unfreeze",
                "appoint",
            )
        )
        if which == "propose":
            what = r.choice((1, 3, 4, 4, 11, 2 if r.random() < 0.2 else 1))
            self.both(which, sender, (party, what, self.some_value(known, what)), self.model.propose)
        elif which == "order":
            what = r.choice((1, 3, 11, 4 if r.random() < 0.2 else 1))
            digest = r.randbytes(32) if r.random() < 0.95 else ZERO
            who = Power.GOVERNOR if r.random() < 0.9 else sender
            self.both(which, who, (party, what, self.some_value(known, what), digest), self.model.order)
        elif which == "cancelOrder":
            change = self.some_change(lambda one: one.source == Source.GOVERNOR and one.open(self.now))
            self.both(which, Power.GOVERNOR if r.random() < 0.9 else sender, (change,), self.model.cancel_order)
        elif which == "veto":
            self.veto(self.some_change(lambda one: one.source != Source.GOVERNOR and one.open(self.now)))
        elif which == "enact":
            self.enact(self.some_change(lambda one: one.open(self.now)))
        elif which == "suspend":
            until = self.now + r.choice((DAY, 10 * DAY, 30 * DAY, 30 * DAY + 1, 0))
            who = Power.GOVERNOR if r.random() < 0.3 else sender
            self.both(which, who, (party, until), self.model.suspend)
        elif which == "reinstate":
            who = Power.GOVERNOR if r.random() < 0.5 else sender
            suspended = [number for number, word in self.model.parties.items() if word.suspended(self.now)]
            party = r.choice(suspended) if suspended and r.random() < 0.7 else party
            self.both(which, who, (party,), self.model.reinstate)
        elif which in ("freeze", "unfreeze"):
            self.freeze_or_unfreeze(which)
        else:
            self.appoint()

    def some_change(self, fitting: Callable[[Change], bool]) -> bytes:
        """Mostly one for which the call can be meant, now and then any other, or none that there is."""
        r = self.random
        known = [name for name, one in self.model.changes.items() if fitting(one)]
        if not known or r.random() < 0.3:
            known = list(self.model.changes)
        return r.choice(known) if known and r.random() < 0.95 else r.randbytes(32)

    def veto(self, change: bytes) -> None:
        r = self.random
        found = self.model.changes.get(change)
        party = found.party if found else 1
        candidates = self.accounts_of(party, removed=r.random() < 0.3) or list(self.keys)
        signer = r.choice(candidates) if r.random() < 0.95 else r.choice(list(self.keys))
        signature = sign(Veto(party, change).digest(self.chain.domain), self.keys[signer])
        signature = signature if r.random() < 0.95 else self.spoil(signature)
        self.same(
            "veto",
            KEYS.relayer,
            call("veto", change, signature),
            lambda: self.model.veto(change, signature, self.now),
        )

    def enact(self, change: bytes) -> None:
        r = self.random
        found = self.model.changes.get(change)
        if found and not found.dead and found.ready_at > self.now and r.random() < 0.6:
            self.pass_time(found.ready_at - self.now + r.choice((0, 1, DAY, 14 * DAY, 14 * DAY + 1)))
        consent = b""
        if found and found.what == PartyAct.ADD_ACCOUNT and found.value[12:] in self.keys:
            about = AccountConsent(found.party, found.value[12:], found.value[11], change)
            consent = sign(about.digest(self.chain.domain), self.keys[found.value[12:]])
            consent = consent if r.random() < 0.9 else b""
        calldata = call("enact", change, consent)
        self.same(
            "enact",
            KEYS.relayer,
            calldata,
            lambda: self.model.enact(change, consent, self.now, call_digest(calldata)),
        )

    def freeze_or_unfreeze(self, which: str) -> None:
        r = self.random
        documents = list(self.model.documents)
        document = r.choice(self.living() if documents else [r.randbytes(32)])
        document = document if r.random() < 0.95 else r.randbytes(32)
        who = r.choice((Power.GUARDIAN, Power.GUARDIAN, Power.GUARDIAN, Power.GOVERNOR, Power.REGISTRAR))
        if which == "unfreeze":
            frozen = [name for name, one in self.model.documents.items() if one.standing.frozen_until > self.now]
            document = r.choice(frozen) if frozen and r.random() < 0.8 else document
            self.both(which, who, (document,), self.model.unfreeze)
            return
        until = self.now + r.choice((DAY, 3 * DAY, 30 * DAY, 30 * DAY + 1, 0))
        self.both(which, who, (document, until, r.randbytes(32)), self.model.freeze)

    def appoint(self) -> None:
        """Appoints somebody and, most times, lets him accept: the powers change hands."""
        r = self.random
        power = r.choice((1, 2, 3, 3, 3, 4))
        secret = self._new_key() if r.random() < 0.9 else self.powers[Power.REGISTRAR]
        who = Power.GOVERNOR if r.random() < 0.9 else Power.GUARDIAN
        if not self.both("appoint", who, (power, address_of(secret)), self.model.appoint) or r.random() < 0.3:
            return
        self.pass_time(7 * DAY - r.choice((0, 0, 0, 1)))
        sender = secret if r.random() < 0.9 else KEYS.relayer
        if self.both("accept", sender, (power,), self.model.accept):
            self.powers[Power(power)] = secret

    # ---- acts on documents -------------------------------------------------------------------------------------------

    def batch(self, size: int = ACTS_IN_A_BATCH) -> None:
        """Random acts, each applied to the model as it is made, then sent together and compared one by one."""
        items, expected = [], []
        for _ in range(size):
            signed = self.some_act()
            items.append(signed)
            expected.append(self.of_model(signed))
            if self.random.random() < 0.04:  # a replay
                items.append(signed)
                expected.append(self.of_model(signed))
        receipt = self.chain.execute_batch(items, at=self.now)
        found = [self.of_contract(log) for log in receipt["logs"]]
        for place, (one, other) in enumerate(zip(found, expected, strict=True)):
            assert one == other, f"item {place}, {items[place]}: the contract says {one}, the model {other}"
        self.compare_ledger_head()

    def single(self) -> None:
        """One act through `execute`, which reverts where a batch skips."""
        signed = self.some_act()
        expected = self.of_model(signed)
        try:
            receipt = self.chain.execute(signed, at=self.now)
            found = self.of_contract(receipt["logs"][0])
        except LedgerError as refusal:
            found = ("refused", expected[1], refusal)
        assert found == expected
        self.compare_ledger_head()

    def of_model(self, signed: SignedAction) -> tuple[Any, ...]:
        action = signed.action
        try:
            checked = self.model.execute(signed, self.now)
        except LedgerError as refusal:
            self.report.refused[refusal.code] += 1
            digest = action.digest_with(self.chain.domain, self.model.intent_hash(action.kind, action.verb))
            return "refused", digest, refusal
        self.report.applied[self.name_of(action)] += 1
        document = self.model.document(action.document)
        head = document.notes_head if checked.rule.note else document.standing.head
        return "note" if checked.rule.note else "applied", checked.digest, head, document.standing.control

    def name_of(self, action: Action) -> str:
        words = self.words[action.kind].get(action.verb, str(action.verb))
        return words.split(": ")[-1]

    def of_contract(self, log: dict[str, Any]) -> tuple[Any, ...]:
        event = events.decode(log, self.now)
        if isinstance(event, ActionRefused):
            return "refused", event.digest, reverts.decode(event.reason)
        assert isinstance(event, ActionApplied | NoteApplied)
        what = "note" if isinstance(event, NoteApplied) else "applied"
        return what, event.digest, event.head, event.record()

    def some_act(self) -> SignedAction:
        """Mostly one that a row allows; now and then spoiled in one place."""
        r = self.random
        documents = list(self.model.documents)
        if documents and r.random() < 0.85:
            document = r.choice(self.living() if r.random() < 0.96 else documents)
            kind = self.model.documents[document].standing.control.kind
            state = self.model.documents[document].standing.control.state
        else:
            document, kind, state = None, r.choice(list(self.rules)), 0
        rows = [(verb, rule) for (at, verb), rule in self.rules[kind].items() if at == state]
        if not rows or r.random() < 0.04:
            (_, verb), rule = r.choice(list(self.rules[kind].items()))
        else:
            verb, rule = r.choice(rows)
        action = self.fitting(kind, verb, rule, document)
        if r.random() < 0.22:
            action = self.spoiled(action)
        return self.signed(action, rule)

    def living(self) -> list[bytes]:
        """Documents in which something can still happen; the last ones made when all have ended."""
        found = [
            name
            for name, document in list(self.model.documents.items())[-60:]
            if any(at == document.standing.control.state for at, _ in self.rules[document.standing.control.kind])
        ]
        return found or list(self.model.documents)[-5:]

    def fitting(self, kind: int, verb: int, rule: Rule, document: bytes | None) -> Action:
        """An act that the row allows, as far as any party can do it."""
        r = self.random
        standing = self.model.document(document).standing if document else self.model.document(ZERO).standing
        control = standing.control
        actors = [number for number in self.model.parties if self.may(number, rule, standing)]
        actor = r.choice(actors) if actors else self.some_party()
        reference = r.randbytes(32) if rule.reference or document is None else ZERO
        if document is None:
            document = document_id(kind, actor, reference)
        others = [number for number in self.usable(rule.counterparty_roles) if number not in (actor, control.issuer)]
        other = r.choice(others) if others else self.some_party()
        counterparty = {
            CounterpartyMode.NONE: 0,
            CounterpartyMode.ENDORSEE: control.endorsee,
            CounterpartyMode.POSSESSOR: control.possessor,
            CounterpartyMode.OFFEREE: control.offeree,
        }.get(CounterpartyMode(rule.counterparty), other)
        issuer = counterparty if rule.effects & Effect.ISSUER_IS_COUNTERPARTY else actor
        if not rule.creates:
            issuer = control.issuer
        return Action(
            kind,
            verb,
            document,
            standing.head,
            actor,
            self.model.parties[actor].epoch,
            self.now + DAY,
            content=r.randbytes(32) if rule.content else ZERO,
            document_reference=reference,
            detail=r.randbytes(32) if rule.detail or r.random() < 0.2 else ZERO,
            counterparty=counterparty,
            endorsee=self.fitting_endorsee(rule, actor, issuer, standing.control),
            quantity=self.fitting_quantity(rule, control.used),
        )

    def may(self, number: int, rule: Rule, standing: Any) -> bool:
        party = self.model.parties[number]
        if inactive(party, self.now, locked_too=rule.locked_too) is not None:
            return False
        if rule.roles and not party.roles & rule.roles:
            return False
        held = standing_bits(number, standing) & rule.who
        return held == rule.who if rule.flags & RuleFlag.ALL else bool(held)

    def usable(self, roles: int = 0) -> list[int]:
        return [
            number
            for number, party in self.model.parties.items()
            if inactive(party, self.now) is None and (not roles or party.roles & roles)
        ]

    def fitting_endorsee(self, rule: Rule, actor: int, issuer: int, control: Any) -> int:
        r = self.random
        named = [number for number in self.usable() if number != issuer]
        some = r.choice(named) if named else 0
        titleholder = control.possessor == actor and control.endorsee in (actor, BEARER)
        choices = {
            EndorseeMode.NONE: (0,),
            EndorseeMode.PARTY: (some,),
            EndorseeMode.BEARER: (BEARER,),
            EndorseeMode.IF_TITLEHOLDER: (0, some, BEARER) if titleholder else (0,),
            EndorseeMode.AS_OFFERED: (control.offered_endorsee,),
            EndorseeMode.PARTY_OR_BEARER: (some, some, BEARER),
            EndorseeMode.POSSESSOR: (control.possessor,),
            EndorseeMode.NONE_PARTY_OR_BEARER: (0, some, BEARER),
        }
        return r.choice(choices[EndorseeMode(rule.endorsee)])

    def fitting_quantity(self, rule: Rule, used: int) -> int:
        if rule.quantity == QuantityMode.GROWS:
            return self.random.randint(used, min(MILLION, used + 300_000))
        return self.random.randint(0, used) if rule.quantity == QuantityMode.SHRINKS else 0

    def spoiled(self, action: Action) -> Action:
        """The act with one member changed."""
        r = self.random
        parties = [*self.model.parties, 0, BEARER, len(self.model.parties) + 1]
        member, value = r.choice(
            (
                ("kind", r.choice([*self.rules, 0x0999])),
                ("verb", r.randint(0, 30)),
                ("document", r.randbytes(32)),
                ("previous", r.choice((ZERO, r.randbytes(32)))),
                ("actor", r.choice(parties[:-2] if r.random() < 0.8 else parties)),
                ("actor", self.some_party()),
                ("epoch", action.epoch + 1),
                ("deadline", self.now + r.choice((-1, 30 * DAY, 30 * DAY + 1))),
                ("content", r.choice((ZERO, r.randbytes(32)))),
                ("document_reference", r.choice((ZERO, r.randbytes(32), self.used_reference()))),
                ("detail", ZERO),
                ("counterparty", r.choice(parties)),
                ("counterparty", self.some_party()),
                ("endorsee", r.choice(parties)),
                ("quantity", r.choice((1, MILLION, MILLION + 1))),
            )
        )
        return replace(action, **{member: value})

    def used_reference(self) -> bytes:
        """A reference whose claim is taken, so that NumberTaken is met."""
        return self.random.choice(self.claimed)[1] if self.claimed else ZERO

    def signed(self, action: Action, rule: Rule) -> SignedAction:
        r = self.random
        if rule.effects & Effect.CLAIM:
            own = [reference for certifier, reference in self.claimed if certifier == action.actor]
            if own and r.random() < 0.4:
                action = replace(action, document_reference=r.choice(own))
            self.claimed.append((action.actor, action.document_reference))
        party = self.model.parties.get(action.actor, Party(0))
        digest = action.digest_with(self.chain.domain, self.model.intent_hash(action.kind, action.verb))
        pool = self.accounts_of(action.actor, 0 if r.random() < 0.1 else rule.scope) or list(self.keys)
        needed = party.threshold if rule.critical else 1
        signers = r.sample(pool, min(needed, len(pool)))
        if r.random() < 0.02:
            signers = r.sample(list(self.keys), min(needed, len(self.keys)))
        signatures = join(digest, [self.keys[address] for address in signers])
        return SignedAction(action, self.spoil(signatures) if r.random() < 0.02 else signatures)

    def malformed_terms(self) -> None:
        """Bits that must be zero: refused alone, the rest of the batch stands."""
        signed = self.some_act()
        data = bytearray(encoding.signed_action(signed))
        data[5 * 32] |= 1 << self.random.randrange(8)
        receipt = self.chain.transact(KEYS.relayer, encoding.join_batch([bytes(data)]), at=self.now)
        (log,) = receipt["logs"]
        event = events.decode(log, self.now)
        assert isinstance(event, ActionRefused)
        refusal = reverts.decode(event.reason)
        terms = int.from_bytes(data[5 * 32 : 6 * 32], "big")
        assert (refusal.code, refusal.parameters()) == (
            "BadParameter",
            {"parameter": 0, "found": terms, "allowed": (1 << 216) - 1},
        )
        self.report.refused["BadParameter(terms)"] += 1
