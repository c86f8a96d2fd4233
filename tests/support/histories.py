"""Histories for the verifier's tests: a small ledger of one document, driven by the same pure checks and effects.

It keeps what the contract keeps for a few parties, and hands out what anybody could collect: entries, logs, facts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from eth_abi.abi import encode

from portledger.domain import acts
from portledger.domain.actions import (
    AccountConsent,
    Action,
    Domain,
    PartyAction,
    Registration,
    SignedAction,
    claim_id,
    document_id,
    words_hash,
)
from portledger.domain.acts import Standing
from portledger.domain.calls_decode import call_digest
from portledger.domain.codes import DAY, FULL_SCOPE, ZERO, Effect, PartyAct, Role
from portledger.domain.hashing import abi_words, entry, keccak, word
from portledger.domain.kinds import KindFile
from portledger.domain.parties import Account, Party, account_value
from portledger.domain.records import FROZEN
from portledger.domain.signatures import address_of, join, sign, signers_word
from portledger.domain.table import Rule
from portledger.evidence.history import Act, Freeze, History, LedgerFacts, PartyEntry
from portledger.evidence.verify import freeze_digest
from portledger.resources import kind as shipped_kind

DOMAIN = Domain(1337, bytes.fromhex("5f" * 20), keccak(b"salt"))
START = 1_800_000_000
REGISTRAR = bytes.fromhex("aa" * 20)
GUARDIAN = bytes.fromhex("bb" * 20)


def key(name: str) -> bytes:
    """A secret key of a test's person."""
    return keccak(b"key of " + name.encode())


def selector(text: str) -> bytes:
    return keccak(text.encode())[:4]


@dataclass
class Town:
    """One document, its parties, and the time. Every call takes ten seconds unless told otherwise."""

    kind: KindFile = field(default_factory=lambda: shipped_kind("ebl-negotiable"))
    time: int = START
    block: int = 1
    parties: dict[int, Party] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)
    keys: dict[int, list[bytes]] = field(default_factory=dict)
    profiles: dict[int, bytes] = field(default_factory=dict)
    encryption: dict[int, bytes] = field(default_factory=dict)
    nonces: dict[int, int] = field(default_factory=dict)
    accounts: dict[bytes, Account] = field(default_factory=dict)
    logs: dict[int, list[PartyEntry]] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)
    document: bytes = ZERO
    entries: list[Act | Freeze] = field(default_factory=list)
    notes: list[Act] = field(default_factory=list)
    notes_head: bytes = ZERO
    claims: dict[bytes, bytes] = field(default_factory=dict)
    secret: int = 0

    def tick(self, seconds: int = 10) -> None:
        self.time += seconds
        self.block += 1

    # --- the registry ------------------------------------------------------------------------------------------------

    def register(
        self, name: str, *roles: str, threshold: int = 1, accounts: int = 1, scope: int = FULL_SCOPE,
        profile: bytes | None = None,
    ) -> int:  # fmt: skip
        """A party with accounts called name, name2 …; its keys in ascending order of address. profile: its digest."""
        self.tick()
        party = len(self.parties) + 1
        held = sorted((key(name + str(at or "")) for at in range(accounts)), key=address_of)
        wanted = Registration(
            profile=profile or keccak(b"profile of " + name.encode()),
            roles=int(Role.from_names(roles)),
            encryption_key=keccak(b"encryption of " + name.encode()),
            threshold=threshold,
            recovery_barred=False,
            accounts=tuple(address_of(one) for one in held),
            scopes=(scope,) * accounts,
        )
        consents = [
            sign(AccountConsent(party, address_of(one), scope, wanted.digest()).digest(DOMAIN), one) for one in held
        ]
        call = register_call(replace(wanted, consents=tuple(consents)))
        self.names[name], self.keys[party] = party, held
        self.profiles[party], self.encryption[party], self.nonces[party] = wanted.profile, wanted.encryption_key, 0
        for one in held:
            self.accounts[address_of(one)] = Account(party, self.time, 0, scope)
        full = accounts if scope == FULL_SCOPE else 0
        word_after = Party(wanted.roles, 1, threshold, 0, full)
        self._log(party, word_after, call_digest(call), word(REGISTRAR), call)
        return party

    def power(self, party: int, call: bytes, after: Party) -> None:
        """A call of the registrar or governor that leaves the party as given."""
        self.tick()
        self._log(party, after, call_digest(call), word(REGISTRAR), call)

    def suspend(self, party: int, seconds: int) -> None:
        until = self.time + 10 + seconds
        call = selector("suspend(uint32,uint40)") + abi_words(party, until)
        self.power(party, call, replace(self.parties[party], suspended_until=until))

    def reinstate(self, party: int) -> None:
        call = selector("reinstate(uint32)") + abi_words(party)
        self.power(party, call, replace(self.parties[party], suspended_until=self.time + 10))

    def party_act(
        self, party: int, what: PartyAct, value: bytes = ZERO, signers: list[bytes] | None = None, consent: bytes = b""
    ) -> PartyEntry:
        """An act that takes effect at once."""
        self.tick()
        now = self.parties[party]
        nonce = now.unlocks if what is PartyAct.LOCK else self.nonces[party]
        act = PartyAction(party, nonce, what, value, self.time + DAY)
        digest = act.digest(DOMAIN)
        chosen = sorted(signers or self.keys[party][: now.threshold], key=address_of)
        if what is PartyAct.ADD_ACCOUNT and not consent:
            new = AccountConsent(party, value[12:], value[11], digest)
            consent = sign(new.digest(DOMAIN), next(k for k in self.known_keys() if address_of(k) == value[12:]))
        call = party_act_call(act, join(digest, chosen), consent)
        after, touched = self._after(party, what, value)
        self.nonces[party] += 1
        self._log(party, after, digest, signers_word([address_of(one) for one in chosen]), call, touched)
        return self.logs[party][-1]

    def known_keys(self) -> list[bytes]:
        return [key(f"{name}{number}") for name in (*self.names, "new") for number in ("", *range(1, 5))]

    def _after(self, party: int, what: PartyAct, value: bytes) -> tuple[Party, int]:
        now, account = self.parties[party], value[12:]
        match what:
            case PartyAct.ADD_ACCOUNT:
                self.accounts[account] = Account(party, self.time, 0, value[11])
                full = value[11] == FULL_SCOPE
                return replace(now, accounts=now.accounts + full), self.accounts[account].pack()
            case PartyAct.REMOVE_ACCOUNT:
                gone = replace(self.accounts[account], removed_at=self.time)
                self.accounts[account] = gone
                return replace(now, accounts=now.accounts - gone.full), gone.pack()
            case PartyAct.BUMP_EPOCH:
                return replace(now, epoch=now.epoch + 1), 0
            case PartyAct.LOCK:
                return replace(now, locked=True), 0
            case PartyAct.UNLOCK:
                return replace(now, locked=False, epoch=now.epoch + 1, unlocks=now.unlocks + 1), 0
            case PartyAct.ROTATE_ENCRYPTION_KEY:
                self.encryption[party] = value
                return now, 0
            case PartyAct.SET_THRESHOLD:
                return replace(now, threshold=value[31], epoch=now.epoch + 1), 0
            case _:
                raise AssertionError(what)

    def _log(self, party: int, after: Party, digest: bytes, signers: bytes, call: bytes, touched: int = 0) -> None:
        log = self.logs.setdefault(party, [])
        self.parties[party] = after
        profile, encryption = self.profiles[party], self.encryption[party]
        result = keccak(abi_words(after.pack(), profile, encryption, touched))
        head = entry(log[-1].head if log else ZERO, digest, result, signers, self.time)
        log.append(
            PartyEntry(digest, after.pack(), profile, encryption, touched, signers, head, call, self.time, self.block)
        )

    # --- the document ------------------------------------------------------------------------------------------------

    def act(self, verb: str, actor: int, *, seconds: int = 10, keys: list[bytes] | None = None, **members: Any) -> Act:
        """One applied act or note; refused acts raise what the ledger would."""
        self.tick(seconds)
        number = self.kind.verb(verb).number
        action = Action(
            kind=self.kind.number,
            verb=number,
            document=self.document,
            previous=members.pop("previous", self.standing.head),
            actor=actor,
            epoch=self.parties[actor].epoch,
            deadline=self.time + DAY,
            **members,
        )
        if self.document == ZERO:
            self.document = document_id(self.kind.number, actor, action.document_reference)
            action = replace(action, document=self.document)
        digest = action.digest(DOMAIN, self.kind.intent(number))
        row = self.kind.rule(self.standing.control.state, number)
        critical = row is not None and row.critical
        chosen = keys or self.keys[actor][: self.parties[actor].threshold if critical else 1]
        signed = SignedAction(action, join(digest, chosen))
        checked = acts.check(signed, self.time, DOMAIN, self.standing, self)
        if checked.rule.note:
            head = acts.next_notes_head(self.notes_head, checked, self.standing, self.time)
            self.notes_head = head
            made = self._entry(signed, digest, head, self.standing.control.pack())
            self.notes.append(made)
            return made
        after = acts.effects(action, checked.rule, self.standing.control)
        head = acts.next_head(self.standing.head, checked, after, self.time)
        if checked.rule.effects & Effect.CLAIM:
            self.claims[claim_id(action.kind >> 8, actor, action.document_reference)] = self.document
        self.standing = replace(self.standing, control=after, head=head)
        made = self._entry(signed, digest, head, after.pack())
        self.entries.append(made)
        return made

    def _entry(self, signed: SignedAction, digest: bytes, head: bytes, control: int) -> Act:
        return Act(signed.action, signed.signatures, digest, head, control, self.time, self.block)

    def freeze(self, days: int = 3) -> None:
        self.tick()
        self._frozen(self.time + days * DAY, keccak(b"court order"))

    def unfreeze(self) -> None:
        self.tick()
        self._frozen(0, ZERO)

    def _frozen(self, until: int, reason: bytes) -> None:
        control = replace(
            self.standing.control,
            flags=self.standing.control.flags | FROZEN,
            sequence=self.standing.control.sequence + 1,
        )
        digest = freeze_digest(self.document, until, reason)
        head = entry(self.standing.head, digest, word(control.pack()), word(GUARDIAN), self.time)
        self.standing = replace(self.standing, control=control, head=head, frozen_until=until or self.time)
        self.entries.append(Freeze(until, reason, GUARDIAN, head, control.pack(), self.time, self.block))

    # --- what acts.check asks ----------------------------------------------------------------------------------------

    def kind_known(self, kind: int) -> bool:
        return kind == self.kind.number

    def rule(self, kind: int, state: int, verb: int) -> Rule | None:
        return self.kind.rule(state, verb)

    def intent_hash(self, kind: int, verb: int) -> bytes:
        return words_hash(self.kind.intent(verb))

    def party(self, number: int) -> Party | None:
        return self.parties.get(number)

    def account(self, address: bytes) -> Account | None:
        return self.accounts.get(address)

    def claim(self, claim: bytes) -> bytes | None:
        return self.claims.get(claim)

    def noted(self, digest: bytes) -> bool:
        return any(note.digest == digest for note in self.notes)

    # --- what a verifier gets ----------------------------------------------------------------------------------------

    def history(self) -> History:
        logs = {party: tuple(log) for party, log in self.logs.items()}
        return History(self.document, self.kind, tuple(self.entries), tuple(self.notes), logs)

    def facts(self) -> LedgerFacts:
        return LedgerFacts(
            domain=DOMAIN,
            block=self.block + 1,
            time=self.time + 10,
            control=self.standing.control.pack(),
            head=self.standing.head,
            notes_head=self.notes_head,
            kind_digest=self.kind.kind_digest,
            party_heads={party: log[-1].head for party, log in self.logs.items()},
            accounts={address: account.pack() for address, account in self.accounts.items()},
            frozen_until=self.standing.frozen_until,
            secured_party=self.standing.secured_party,
            claims=dict(self.claims),
        )


def register_call(value: Registration) -> bytes:
    shape = "(bytes32,uint64,bytes32,uint8,bool,address[],uint8[],bytes[])"
    members = (
        value.profile,
        value.roles,
        value.encryption_key,
        value.threshold,
        value.recovery_barred,
        ["0x" + account.hex() for account in value.accounts],
        list(value.scopes),
        list(value.consents),
    )
    return selector(f"register({shape})") + encode([shape], [members])


def party_act_call(act: PartyAction, signatures: bytes, consent: bytes) -> bytes:
    shape = "(uint32,uint8,bytes32,uint40,bytes,bytes)"
    members = (act.party, int(act.what), act.value, act.deadline, signatures, consent)
    return selector(f"partyAct({shape})") + encode([shape], [members])


def added(account_key: bytes, scope: int = FULL_SCOPE) -> bytes:
    """`value` of ADD ACCOUNT."""
    return account_value(address_of(account_key), scope)


def bill_of_lading() -> Town:
    """A negotiable bill: issued, accepted, noted, endorsed to a bank, handed on, surrendered, released; with a lock,
    an account added and removed, an epoch raised, a freeze, a suspension that ended, on the way."""
    town = Town()
    carrier = town.register("carrier", "carrier")
    shipper = town.register("shipper", "shipperOrConsignee", threshold=2, accounts=3)
    bank = town.register("bank", "bank")
    consignee = town.register("consignee", "shipperOrConsignee")
    town.act(
        "ISSUE", carrier, counterparty=shipper, endorsee=shipper, content=keccak(b"manifest"),
        document_reference=keccak(b"number"),
    )  # fmt: skip
    town.act("ACCEPT", shipper, counterparty=carrier, endorsee=shipper)
    town.act("NOTICE", carrier, detail=keccak(b"a lien"))
    town.party_act(shipper, PartyAct.ADD_ACCOUNT, added(key("new")))
    town.keys[shipper].append(key("new"))
    town.act("ENDORSE", shipper, keys=[town.keys[shipper][0], key("new")], endorsee=bank)
    town.act("OFFER", shipper, counterparty=bank)
    town.party_act(bank, PartyAct.LOCK)
    town.party_act(bank, PartyAct.UNLOCK)
    town.act("ACCEPT", bank, counterparty=shipper)
    town.act("ENDORSE", bank, endorsee=consignee)
    town.freeze()
    town.act("NOTICE", carrier, detail=keccak(b"frozen"))
    town.unfreeze()
    town.party_act(shipper, PartyAct.REMOVE_ACCOUNT, added(key("new"), 0), signers=[key("new")])
    town.suspend(consignee, DAY)
    town.reinstate(consignee)
    town.party_act(consignee, PartyAct.BUMP_EPOCH)
    town.party_act(consignee, PartyAct.ROTATE_ENCRYPTION_KEY, keccak(b"another"))
    town.act("OFFER", bank, counterparty=consignee)
    town.act("ACCEPT", consignee, counterparty=bank)
    town.act("SURRENDER_FOR_DELIVERY", consignee)
    town.act("ACCEPT_SURRENDER", carrier, counterparty=consignee)
    return town


def certificate() -> Town:
    """A certificate of origin: applied for, certified under a number, verified, used in part twice."""
    town = Town(shipped_kind("certificate-of-origin"))
    exporter = town.register("exporter", "shipperOrConsignee")
    chamber = town.register("chamber", "certifier")
    customs = town.register("customs", "customs")
    town.act(
        "APPLY", exporter, counterparty=chamber, content=keccak(b"draft"), document_reference=keccak(b"application")
    )
    town.act(
        "CERTIFY", chamber, endorsee=customs, content=keccak(b"manifest"), document_reference=keccak(b"certificate")
    )
    town.act("VERIFY", customs, detail=keccak(b"genuine"))
    town.act("USE_PART", customs, detail=keccak(b"first use"), quantity=400_000)
    town.act("USE_PART", customs, detail=keccak(b"second use"), quantity=700_000)
    return town
