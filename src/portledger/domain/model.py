"""The whole ledger in memory: the contract's twin, which executes the same tables and refuses with the same errors.

Pure: time is an argument, and what depends on calldata takes `call`, the digest that goes into a log
(docs/protocol §2: keccak256(abi.encode(msg.sig, keccak256(msg.data[4:])))). A refused call changes nothing.
Property tests drive this and the contract side by side; the audit of a ledger replays it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Final

from portledger.domain import acts
from portledger.domain.actions import (
    AccountConsent,
    Domain,
    PartyAction,
    Registration,
    SignedAction,
    SignedPartyAction,
    Veto,
)
from portledger.domain.acts import Checked, Standing
from portledger.domain.codes import (
    CONSORTIUM,
    DAY,
    FULL_SCOPE,
    MAX_SEQUENCE,
    ZERO,
    BadKindWhy,
    Inactive,
    PartyAct,
    Power,
    Scope,
    Source,
)
from portledger.domain.errors import (
    AccountTaken,
    BadConsent,
    BadKind,
    BadParameter,
    ChangeOpen,
    CounterFull,
    KindSealed,
    LedgerError,
    NoRecord,
    NotReady,
    NotVetoable,
    PartyInactive,
    PowerMissing,
    ScopeMissing,
    SignaturesRefused,
    TooLong,
)
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.kinds import kind_digest
from portledger.domain.parties import (
    ENACT_WINDOW,
    MAX_ACCOUNTS,
    MAX_FULL,
    Account,
    Change,
    Party,
    account_value,
    change_id,
    inactive,
)
from portledger.domain.records import FROZEN
from portledger.domain.signatures import SIGNATURE_BYTES, recover, signers_word
from portledger.domain.table import (
    Rule,
    class_is_one,
    content_is_consistent,
    creates_only_from_nothing,
    known_bits_only,
    modes_in_range,
    next_in_range,
    note_is_harmless,
    unpack,
    who_is_said,
)

# `parameter` of BadParameter in the registry, beside those of an act.
LISTS: Final = 16
THRESHOLD: Final = 17
BARRED: Final = 18
SCOPE: Final = 19
WHAT: Final = 20
VALUE: Final = 21
UNTIL: Final = 22
ALREADY: Final = 23
ORDER_DIGEST: Final = 24
ADDRESS: Final = 25

PAUSE: Final = 90 * DAY
"""A registrar's suspension and a guardian's freeze come again only this long after the last end."""
MAX_STOP: Final = 30 * DAY
"""The longest suspension or freeze."""

_ADDRESS_MASK: Final = (1 << 160) - 1


@dataclass(slots=True)
class Document:
    """One document's storage. heads: 32 bytes."""

    standing: Standing = field(default_factory=Standing)
    notes_head: bytes = ZERO


@dataclass(slots=True)
class Kind:
    """A sealed table."""

    digest: bytes
    rules: dict[tuple[int, int], Rule]
    intents: dict[int, bytes]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One item of a batch: its digest, and why it was refused, or None when it was applied."""

    digest: bytes
    refusal: LedgerError | None


def _bad(parameter: int, found: int, allowed: int = 0) -> BadParameter:
    return BadParameter(parameter=parameter, found=found, allowed=allowed)


class Ledger:
    """All parties, records, rules and logs of one deployed contract."""

    def __init__(self, domain: Domain, governor: bytes, registrar: bytes, guardian: bytes) -> None:
        """Raises BadParameter (address) unless the three are different and not zero (20 bytes each)."""
        self.domain = domain
        self.holders: dict[Power, bytes] = {}
        for power, holder in zip(Power, (governor, registrar, guardian), strict=True):
            self._check_appointee(holder)
            self.holders[power] = holder
        self.pending: dict[int, tuple[bytes, int]] = {}
        self.parties: dict[int, Party] = {}
        self.accounts: dict[bytes, Account] = {}
        self.profiles: dict[int, bytes] = {}
        self.encryption_keys: dict[int, bytes] = {}
        self.party_heads: dict[int, bytes] = {}
        self.nonces: dict[int, int] = {}
        self.changes: dict[bytes, Change] = {}
        self.open_changes: dict[tuple[int, Source, int], bytes] = {}
        self.kinds: dict[int, Kind] = {}
        self.documents: dict[bytes, Document] = {}
        self.claims: dict[bytes, bytes] = {}
        self.notes: set[bytes] = set()
        self.ledger_head = ZERO

    # ---- View: what the checks of an act ask ---------------------------------------------------------------------

    def kind_known(self, kind: int) -> bool:
        return kind in self.kinds

    def rule(self, kind: int, state: int, verb: int) -> Rule | None:
        known = self.kinds.get(kind)
        return known.rules.get((state, verb)) if known else None

    def intent_hash(self, kind: int, verb: int) -> bytes:
        known = self.kinds.get(kind)
        return known.intents.get(verb, ZERO) if known else ZERO

    def party(self, number: int) -> Party | None:
        return self.parties.get(number)

    def account(self, address: bytes) -> Account | None:
        return self.accounts.get(address)

    def claim(self, claim: bytes) -> bytes | None:
        return self.claims.get(claim)

    def noted(self, digest: bytes) -> bool:
        return digest in self.notes

    def document(self, document: bytes) -> Document:
        """What is stored of a document; an empty one when there is no record."""
        return self.documents.get(document) or Document()

    # ---- acts ------------------------------------------------------------------------------------------------------

    def execute(self, signed: SignedAction, now: int) -> Checked:
        """Apply one act. Raises the LedgerError of the first check that fails, and then changes nothing."""
        at = self.document(signed.action.document)
        checked = acts.check(signed, now, self.domain, at.standing, self)
        self._write(checked, at, now)
        return checked

    def execute_batch(self, items: Sequence[SignedAction], now: int) -> list[Outcome]:
        """Apply what can be applied, in order; a refused item changes nothing."""
        outcomes = []
        for signed in items:
            action = signed.action
            digest = action.digest_with(self.domain, self.intent_hash(action.kind, action.verb))
            try:
                self.execute(signed, now)
                outcomes.append(Outcome(digest, None))
            except LedgerError as refusal:
                outcomes.append(Outcome(digest, refusal))
        return outcomes

    def _write(self, checked: Checked, at: Document, now: int) -> None:
        action, rule = checked.action, checked.rule
        document = self.documents.setdefault(action.document, at)
        standing = at.standing
        if rule.note:
            document.notes_head = acts.next_notes_head(at.notes_head, checked, standing, now)
            self.notes.add(checked.digest)
            self._chain(document.notes_head)
            return
        after = acts.effects(action, rule, standing.control)
        head = acts.next_head(standing.head, checked, after, now)
        secured = acts.secured_party(action, rule, standing.secured_party)
        document.standing = Standing(after, head, secured, standing.frozen_until)
        if checked.claim is not None:
            self.claims[checked.claim] = action.document
        self._chain(head)

    def _chain(self, head: bytes) -> None:
        self.ledger_head = keccak(self.ledger_head, head)

    # ---- kinds -----------------------------------------------------------------------------------------------------

    def define_kind(
        self,
        sender: bytes,
        kind: int,
        file_digest: bytes,
        keys: Sequence[int],
        words: Sequence[int],
        verbs: Sequence[int],
        intents: Sequence[bytes],
        now: int,
        call: bytes,
    ) -> None:
        """Seal a table. Raises PowerMissing, KindSealed, BadKind."""
        self._check_power(Power.GOVERNOR, sender)
        if kind in self.kinds:
            raise KindSealed(kind=kind)
        _check_lists(keys, words, verbs, intents)
        _check_rows(keys, words)
        rules = {(key >> 8, key & 0xFF): unpack(word) for key, word in zip(keys, words, strict=True)}
        digest = kind_digest(file_digest, list(keys), list(words), list(verbs), list(intents))
        self.kinds[kind] = Kind(digest, rules, dict(zip(verbs, intents, strict=True)))
        self._log_consortium(sender, now, call, kind, digest)

    # ---- freeze ----------------------------------------------------------------------------------------------------

    def freeze(self, sender: bytes, document: bytes, until: int, reason: bytes, now: int) -> None:
        """Raises PowerMissing, NoRecord, NotReady, BadParameter (until), CounterFull."""
        standing = self.document(document).standing
        renewal = standing.frozen_until != 0 and sender == self.holders[Power.GOVERNOR]
        if not renewal:
            self._check_power(Power.GUARDIAN, sender)
        control = standing.control
        if not standing.exists or not self._live(control.kind, control.state):
            raise NoRecord(document=document)
        if not renewal and standing.frozen_until and now < standing.frozen_until + PAUSE:
            raise NotReady(ready_at=standing.frozen_until + PAUSE)
        _check_until(until, standing.frozen_until, now)
        self._mark(document, sender, until, freeze_digest(document, until, reason), control.flags | FROZEN, now)

    def unfreeze(self, sender: bytes, document: bytes, now: int) -> None:
        """Raises PowerMissing, NoRecord, BadParameter (not frozen), CounterFull."""
        if sender != self.holders[Power.GOVERNOR]:
            self._check_power(Power.GUARDIAN, sender)
        standing = self.document(document).standing
        if not standing.exists:
            raise NoRecord(document=document)
        if not standing.control.frozen or standing.frozen_until <= now:
            raise _bad(ALREADY, 0, 1)
        self._mark(document, sender, now, unfreeze_digest(document), standing.control.flags, now)

    def _live(self, kind: int, state: int) -> bool:
        return any(row == state for row, _ in self.kinds[kind].rules)

    def _mark(self, document: bytes, sender: bytes, until: int, digest: bytes, flags: int, now: int) -> None:
        stored = self.documents[document]
        control = stored.standing.control
        if control.sequence == MAX_SEQUENCE:
            raise CounterFull(document=document, counter=1)
        control = replace(control, flags=flags, sequence=control.sequence + 1)
        head = entry(stored.standing.head, digest, control.pack().to_bytes(32, "big"), signers_word([sender]), now)
        stored.standing = Standing(control, head, stored.standing.secured_party, until)
        self._chain(head)

    # ---- parties ---------------------------------------------------------------------------------------------------

    def register(self, sender: bytes, registration: Registration, now: int, call: bytes) -> int:
        """Admit a party; its number. Raises PowerMissing, TooLong, BadParameter, AccountTaken, BadConsent."""
        self._check_power(Power.REGISTRAR, sender)
        full = _check_registration(registration)
        number = len(self.parties) + 1
        words = self._consenting(number, registration, now)
        self.accounts.update(words)
        self.profiles[number] = registration.profile
        self.encryption_keys[number] = registration.encryption_key
        word = Party(
            registration.roles, 1, registration.threshold, 0, full, recovery_barred=registration.recovery_barred
        )
        self._log(number, word, call, None, signers_word([sender]), now)
        return number

    def _consenting(self, number: int, registration: Registration, now: int) -> dict[bytes, Account]:
        digest = registration.digest()
        words: dict[bytes, Account] = {}
        listed = zip(registration.accounts, registration.scopes, registration.consents, strict=True)
        for account, scope, consent in listed:
            if scope == 0:
                raise _bad(SCOPE, 0)
            if account == bytes(20) or account in words:
                raise AccountTaken(account=account)
            words[account] = self._new_account(number, account, scope, digest, consent, now)
        return words

    def _new_account(
        self, party: int, account: bytes, scope: int, registration: bytes, consent: bytes, now: int
    ) -> Account:
        if account in self.accounts:
            raise AccountTaken(account=account)
        digest = AccountConsent(party, account, scope, registration).digest(self.domain)
        if _signer(digest, consent) != account:
            raise BadConsent(account=account)
        return Account(party, now, 0, scope)

    def party_act(self, signed: SignedPartyAction, now: int) -> bool:
        """A party's act on itself; True when it happened at once, False when it opened a change that waits.

        The nonce is the ledger's, not the act's: a signature over another nonce recovers to a stranger.
        """
        number = signed.party_action.party
        party = self.parties.get(number)
        if party is None:
            raise PartyInactive(party=number, why=int(Inactive.NOT_REGISTERED))
        act = self._current(signed.party_action, party)
        self._check_party_act(act, party, now)
        digest = act.digest(self.domain)
        what = PartyAct(act.what)
        signers = self._act_signers(signed, act, party, digest)
        delay = _delay(act, party, signers)
        signers_hash = signers_word(signers)
        if delay:
            self._check_place(number, Source.PARTY, what, now)
            self._open(number, Source.PARTY, what, act.value, delay, now)
            self.nonces[number] = self.nonces.get(number, 0) + 1
            self._log(number, party, digest, None, signers_hash, now)
            return False
        touched = self._prepare(number, what, act.value, digest, signed.consent, now)
        if what is PartyAct.SET_PROFILE:
            self._kill(self.open_changes[number, Source.REGISTRAR, what])
        party = self._effect(number, party, what, act.value, touched)
        if what is PartyAct.UNLOCK:
            self._close_unlock(number, now)
        if what in (PartyAct.UNLOCK, PartyAct.SET_THRESHOLD):
            party = replace(party, epoch=party.epoch + 1)
        self.nonces[number] = self.nonces.get(number, 0) + 1
        self._log(number, party, digest, touched, signers_hash, now)
        return True

    def _close_unlock(self, party: int, now: int) -> None:
        """An unlocking that still waits was about this lock: it may not open a later one."""
        waiting = self.open_changes.get((party, Source.PARTY, PartyAct.UNLOCK))
        if waiting is not None and self.changes[waiting].open(now):
            self._kill(waiting)

    def _current(self, act: PartyAction, party: Party) -> PartyAction:
        """The act with the nonce that the ledger puts in: the next one; for LOCK how often it was unlocked."""
        nonce = party.unlocks if act.what == PartyAct.LOCK else self.nonces.get(act.party, 0)
        return replace(act, nonce=nonce)

    def _check_party_act(self, act: PartyAction, party: Party, now: int) -> None:
        if not 1 <= act.what <= PartyAct.UNBAR_RECOVERY:
            raise _bad(WHAT, act.what, int(PartyAct.UNBAR_RECOVERY))
        acts.check_deadline(act.deadline, now)
        what = PartyAct(act.what)
        if what not in _WHILE_STOPPED:
            why = inactive(party, now)
            if why is not None:
                raise PartyInactive(party=act.party, why=int(why))
        _check_value(what, act.value)
        self._check_possible(act.party, party, what, act.value)
        if what is PartyAct.LOCK and party.locked:
            raise PartyInactive(party=act.party, why=int(Inactive.LOCKED))
        if what is PartyAct.BAR_RECOVERY:
            if party.accounts < 3 or party.threshold < 2:
                raise _bad(BARRED, party.accounts, 3)
            if party.recovery_barred:
                raise _bad(ALREADY, 1)
        if what is PartyAct.SET_PROFILE:
            change = self.changes.get(self.open_changes.get((act.party, Source.REGISTRAR, what), ZERO))
            if change is None or change.value != act.value or not change.open(now):
                raise NotReady(ready_at=0)

    def _act_signers(
        self, signed: SignedPartyAction, act: PartyAction, party: Party, digest: bytes
    ) -> tuple[bytes, ...]:
        needed = _needed(act.what, party)
        count, rest = divmod(len(signed.signatures), SIGNATURE_BYTES)
        if rest or not 1 <= count <= MAX_ACCOUNTS:
            raise SignaturesRefused(party=act.party, given=count, needed=needed)
        scopes = Scope.TITLE | Scope.ADMIN if act.what == PartyAct.LOCK else Scope.ADMIN
        exempt = act.value[12:] if act.what == PartyAct.REMOVE_ACCOUNT and count == 1 else b""
        return acts.recover_all(act.party, digest, signed.signatures, needed, int(scopes), self, recover, exempt)

    # ---- changes that wait -----------------------------------------------------------------------------------------

    def propose(self, sender: bytes, party: int, what: int, value: bytes, now: int, call: bytes) -> bytes:
        """A registrar's proposal; its changeId."""
        self._check_power(Power.REGISTRAR, sender)
        word = self._registered(party)
        if what not in _PROPOSED:
            raise _bad(WHAT, what)
        matter = PartyAct(what)
        self._check_recovery(party, word, matter, value)
        self._check_place(party, Source.REGISTRAR, matter, now)
        delay = 7 * DAY if matter is PartyAct.SET_ROLES else 14 * DAY
        change = self._open(party, Source.REGISTRAR, matter, value, delay, now)
        self._log(party, word, call, None, signers_word([sender]), now)
        return change

    def order(
        self, sender: bytes, party: int, what: int, value: bytes, order_digest: bytes, now: int, call: bytes
    ) -> bytes | None:
        """A governor's order; its changeId, None for roles, which change at once."""
        self._check_power(Power.GOVERNOR, sender)
        word = self._registered(party)
        if what not in _ORDERED:
            raise _bad(WHAT, what)
        matter = PartyAct(what)
        _check_value(matter, value)
        if order_digest == ZERO:
            raise _bad(ORDER_DIGEST, 0)
        change = None
        if matter is PartyAct.SET_ROLES:
            word = replace(word, roles=int.from_bytes(value, "big"))
        else:
            self._check_recovery(party, word, matter, value)
            self._check_place(party, Source.GOVERNOR, matter, now)
            change = self._open(party, Source.GOVERNOR, matter, value, 30 * DAY, now)
            end = self.changes[change].ready_at + ENACT_WINDOW
            word = replace(word, suspended_until=max(word.suspended_until, end))
        self._log(party, word, call, None, signers_word([sender]), now)
        return change

    def cancel_order(self, sender: bytes, change: bytes, now: int, call: bytes) -> None:
        self._check_power(Power.GOVERNOR, sender)
        found = self.changes.get(change)
        if found is None or found.source != Source.GOVERNOR or not found.open(now):
            raise NotReady(ready_at=found.ready_at if found else 0)
        self._kill(change)
        self.open_changes.pop((found.party, Source.GOVERNOR, found.what), None)
        word = self.parties[found.party]
        if word.suspended(now) and not self._any_ordered(found.party, now):
            word = replace(word, suspended_until=now)
        self._log(found.party, word, call, None, signers_word([sender]), now)

    def veto(self, change: bytes, signature: bytes, now: int) -> None:
        """Raises NotVetoable, SignaturesRefused, ScopeMissing. Works while the party is suspended or locked."""
        found = self.changes.get(change)
        if found is None or not self._vetoable(found, now):
            raise NotVetoable(change_id=change)
        digest = Veto(found.party, change).digest(self.domain)
        signer = _signer(digest, signature)
        account = self.accounts.get(signer) if signer else None
        if (
            signer is None
            or account is None
            or account.party != found.party
            or not account.active_at(found.proposed_at)
        ):
            raise SignaturesRefused(party=found.party, given=0, needed=1)
        mask = Scope.TITLE | Scope.ADMIN
        if not account.covers(mask):
            raise ScopeMissing(account=signer, scope=account.scope, needed=int(mask))
        self._kill(change)
        self._log(found.party, self.parties[found.party], digest, None, signers_word([signer]), now)

    def _vetoable(self, change: Change, now: int) -> bool:
        if not change.open(now) or change.source == Source.GOVERNOR:
            return False
        removed = self.parties[change.party].roles & ~int.from_bytes(change.value, "big")
        return change.what != PartyAct.SET_ROLES or bool(removed)

    def enact(self, change: bytes, consent: bytes, now: int, call: bytes) -> None:
        """Raises NotReady, BadParameter, AccountTaken, BadConsent."""
        found = self.changes.get(change)
        if found is None:
            raise NotReady(ready_at=0)
        if found.dead or not found.ready_at <= now <= found.ready_at + ENACT_WINDOW:
            raise NotReady(ready_at=found.ready_at)
        word = self.parties[found.party]
        if word.recovery_barred and found.source != Source.PARTY and found.what != PartyAct.SET_ROLES:
            raise _bad(BARRED, 1)
        self._check_possible(found.party, word, found.what, found.value)
        touched = self._prepare(found.party, found.what, found.value, change, consent, now)
        self._kill(change)
        word = self._effect(found.party, word, found.what, found.value, touched)
        self._log(found.party, replace(word, epoch=word.epoch + 1), call, touched, ZERO, now)

    def _kill(self, change: bytes) -> None:
        self.changes[change] = replace(self.changes[change], dead=True)

    # ---- suspension and powers -------------------------------------------------------------------------------------

    def suspend(self, sender: bytes, party: int, until: int, now: int, call: bytes) -> None:
        """Raises PowerMissing, PartyInactive, NotReady, BadParameter (until)."""
        governor = self._governor_or_registrar(sender)
        word = self._registered(party)
        stored = word.suspended_until
        if not governor and stored and now < stored + PAUSE:
            raise NotReady(ready_at=stored + PAUSE)
        _check_until(until, stored, now)
        self._log(party, replace(word, suspended_until=until), call, None, signers_word([sender]), now)

    def reinstate(self, sender: bytes, party: int, now: int, call: bytes) -> None:
        """Raises PowerMissing, PartyInactive, BadParameter (not suspended)."""
        governor = self._governor_or_registrar(sender)
        word = self._registered(party)
        if not word.suspended(now):
            raise _bad(ALREADY, 0, 1)
        if not governor and self._any_ordered(party, now):
            raise PowerMissing(power=int(Power.GOVERNOR), sender=sender)
        self._log(party, replace(word, suspended_until=now), call, None, signers_word([sender]), now)

    def _any_ordered(self, party: int, now: int) -> bool:
        return self._ordered(party, PartyAct.ADD_ACCOUNT, now) or self._ordered(party, PartyAct.SET_THRESHOLD, now)

    def _ordered(self, party: int, what: PartyAct, now: int) -> bool:
        """Whether an order's suspension runs; also after the order was enacted."""
        change = self.open_changes.get((party, Source.GOVERNOR, what))
        return change is not None and not self.changes[change].lapsed(now)

    def appoint(self, sender: bytes, power: int, account: bytes, now: int, call: bytes) -> None:
        """Raises PowerMissing, BadParameter."""
        self._check_power(Power.GOVERNOR, sender)
        if not 1 <= power <= Power.GUARDIAN:
            raise _bad(WHAT, power, int(Power.GUARDIAN))
        self._check_appointee(account)
        self.pending[power] = (account, now + 7 * DAY)
        self._log_consortium(sender, now, call)

    def accept(self, sender: bytes, power: int, now: int, call: bytes) -> None:
        """Raises PowerMissing, NotReady, BadParameter (address)."""
        appointed, ready_at = self.pending.get(power, (bytes(20), 0))
        if sender != appointed:
            raise PowerMissing(power=power, sender=sender)
        if now < ready_at:
            raise NotReady(ready_at=ready_at)
        self._check_appointee(sender)
        del self.pending[power]
        self.holders[Power(power)] = sender
        self._log_consortium(sender, now, call)

    def _check_appointee(self, account: bytes) -> None:
        if account == bytes(20) or account in self.holders.values():
            raise _bad(ADDRESS, int.from_bytes(account, "big"))

    def _check_power(self, power: Power, sender: bytes) -> None:
        if sender != self.holders[power]:
            raise PowerMissing(power=int(power), sender=sender)

    def _governor_or_registrar(self, sender: bytes) -> bool:
        """True for the governor, False for the registrar."""
        if sender == self.holders[Power.GOVERNOR]:
            return True
        self._check_power(Power.REGISTRAR, sender)
        return False

    # ---- shared by several -----------------------------------------------------------------------------------------

    def _registered(self, party: int) -> Party:
        word = self.parties.get(party)
        if word is None:
            raise PartyInactive(party=party, why=int(Inactive.NOT_REGISTERED))
        return word

    def _check_recovery(self, party: int, word: Party, what: PartyAct, value: bytes) -> None:
        """What a registrar's proposal and an order have in common."""
        _check_value(what, value)
        if word.recovery_barred and what in (PartyAct.ADD_ACCOUNT, PartyAct.SET_THRESHOLD):
            raise _bad(BARRED, 1)
        self._check_possible(party, word, what, value)

    def _check_possible(self, party: int, word: Party, what: PartyAct, value: bytes) -> None:
        """Whether the change is possible as the party stands: when it is signed, and again when it is enacted."""
        number = int.from_bytes(value, "big")
        if what is PartyAct.ADD_ACCOUNT:
            if value[12:] in self.accounts:
                raise AccountTaken(account=value[12:])
            if value[11] == FULL_SCOPE and word.accounts >= MAX_FULL:
                raise _bad(THRESHOLD, word.accounts + 1, MAX_FULL)
        elif what is PartyAct.REMOVE_ACCOUNT:
            account = self.accounts.get(value[12:])
            if account is None or account.party != party or not account.active:
                raise _bad(VALUE, number)
            if account.full and word.accounts - 1 < word.threshold:
                raise _bad(THRESHOLD, word.accounts - 1, word.threshold)
        elif what is PartyAct.SET_THRESHOLD:
            if number > word.accounts:
                raise _bad(THRESHOLD, number, word.accounts)
        elif (what is PartyAct.UNLOCK and not word.locked) or (
            what is PartyAct.UNBAR_RECOVERY and not word.recovery_barred
        ):
            raise _bad(ALREADY, 0, 1)

    def _check_place(self, party: int, source: Source, what: PartyAct, now: int) -> None:
        """One open change per party, source and matter, so that nobody can keep another's place occupied."""
        last = self.open_changes.get((party, source, what))
        if last is not None and self.changes[last].open(now):
            raise ChangeOpen(change_id=last, until=self.changes[last].ready_at + ENACT_WINDOW)

    def _open(self, party: int, source: Source, what: PartyAct, value: bytes, delay: int, now: int) -> bytes:
        name = change_id(party, what, value, self.party_heads.get(party, ZERO))
        self.changes[name] = Change(party, what, source, now, now + delay, False, value)
        self.open_changes[party, source, what] = name
        return name

    def _prepare(
        self, party: int, what: PartyAct, value: bytes, consent_to: bytes, consent: bytes, now: int
    ) -> tuple[bytes, Account] | None:
        """The new word of the one account that a change touches, checked and not yet written."""
        account = value[12:]
        if what is PartyAct.ADD_ACCOUNT:
            return account, self._new_account(party, account, value[11], consent_to, consent, now)
        if what is PartyAct.REMOVE_ACCOUNT:
            return account, replace(self.accounts[account], removed_at=now)
        return None

    def _effect(
        self, party: int, word: Party, what: PartyAct, value: bytes, touched: tuple[bytes, Account] | None
    ) -> Party:
        number = int.from_bytes(value, "big")
        if touched is not None:
            self.accounts[touched[0]] = touched[1]
            grows = 1 if what is PartyAct.ADD_ACCOUNT else -1
            return replace(word, accounts=word.accounts + grows) if touched[1].scope == FULL_SCOPE else word
        if what is PartyAct.SET_PROFILE:
            self.profiles[party] = value
        elif what is PartyAct.ROTATE_ENCRYPTION_KEY:
            self.encryption_keys[party] = value
        changed: dict[PartyAct, Callable[[], Party]] = {
            PartyAct.SET_THRESHOLD: lambda: replace(word, threshold=number),
            PartyAct.BUMP_EPOCH: lambda: replace(word, epoch=word.epoch + 1),
            PartyAct.LOCK: lambda: replace(word, locked=True),
            PartyAct.UNLOCK: lambda: replace(word, locked=False, unlocks=word.unlocks + 1),
            PartyAct.BAR_RECOVERY: lambda: replace(word, recovery_barred=True),
            PartyAct.UNBAR_RECOVERY: lambda: replace(word, recovery_barred=False),
            PartyAct.SET_ROLES: lambda: replace(word, roles=number),
        }
        return changed[what]() if what in changed else word

    def _log(
        self, party: int, word: Party, digest: bytes, touched: tuple[bytes, Account] | None, signers: bytes, now: int
    ) -> None:
        account = touched[1].pack() if touched else 0
        result = keccak(abi_words(word.pack(), self.profiles[party], self.encryption_keys[party], account))
        self.parties[party] = word
        self.party_heads[party] = entry(self.party_heads.get(party, ZERO), digest, result, signers, now)
        self._chain(self.party_heads[party])

    def _log_consortium(self, sender: bytes, now: int, call: bytes, kind: int = 0, digest: bytes = ZERO) -> None:
        result = keccak(abi_words(*self.holders.values(), kind, digest))
        head = entry(self.party_heads.get(CONSORTIUM, ZERO), call, result, signers_word([sender]), now)
        self.party_heads[CONSORTIUM] = head
        self._chain(head)


_WHILE_STOPPED: Final = {PartyAct.LOCK, PartyAct.UNLOCK, PartyAct.BUMP_EPOCH, PartyAct.REMOVE_ACCOUNT}
"""What a suspended or locked party may still do."""
_PROPOSED: Final = {PartyAct.ADD_ACCOUNT, PartyAct.SET_THRESHOLD, PartyAct.SET_PROFILE, PartyAct.SET_ROLES}
_ORDERED: Final = {PartyAct.ADD_ACCOUNT, PartyAct.SET_THRESHOLD, PartyAct.SET_ROLES}
_WAITS_ALONE: Final = {
    PartyAct.ADD_ACCOUNT: 7 * DAY,
    PartyAct.REMOVE_ACCOUNT: 7 * DAY,
    PartyAct.SET_THRESHOLD: 7 * DAY,
    PartyAct.UNLOCK: 2 * DAY,
}
"""With exactly one signature these wait so long, open to a veto."""


def freeze_digest(document: bytes, until: int, reason: bytes) -> bytes:
    """The digest of a freeze in the record's log (docs/protocol §2). until: unix seconds; reason: 32 bytes."""
    return keccak(abi_words(keccak(b"FREEZE"), document, until, reason))


def unfreeze_digest(document: bytes) -> bytes:
    return keccak(abi_words(keccak(b"UNFREEZE"), document, 0, ZERO))


def _signer(digest: bytes, signature: bytes) -> bytes | None:
    """Who made one signature, None when it is malformed."""
    try:
        return recover(digest, signature)
    except SignaturesRefused:
        return None


def _check_until(until: int, stored: int, now: int) -> None:
    if until <= now or until <= stored or until > now + MAX_STOP:
        raise _bad(UNTIL, until, now + MAX_STOP)


def _check_registration(registration: Registration) -> int:
    """The number of accounts with full scope."""
    count = len(registration.accounts)
    if count > MAX_ACCOUNTS:
        raise TooLong(found=count, allowed=MAX_ACCOUNTS)
    for column in (registration.scopes, registration.consents):
        if len(column) != count:
            raise _bad(LISTS, len(column), count)
    full = sum(scope == FULL_SCOPE for scope in registration.scopes)
    if not 1 <= registration.threshold <= full:
        raise _bad(THRESHOLD, registration.threshold, full)
    if registration.recovery_barred and (full < 3 or registration.threshold < 2):
        raise _bad(BARRED, 1)
    return full


def _check_value(what: PartyAct, value: bytes) -> None:
    """The form of a value, whatever the party."""
    number = int.from_bytes(value, "big")
    good = {
        PartyAct.ADD_ACCOUNT: bool(number & _ADDRESS_MASK) and 0 < number >> 160 < 256,
        PartyAct.REMOVE_ACCOUNT: number >> 160 == 0,
        PartyAct.SET_THRESHOLD: 1 <= number <= MAX_ACCOUNTS,
        PartyAct.SET_PROFILE: number != 0,
        PartyAct.ROTATE_ENCRYPTION_KEY: number != 0,
        PartyAct.SET_ROLES: number >> 64 == 0,
    }.get(what, number == 0)
    if not good:
        raise _bad(VALUE, number, MAX_ACCOUNTS if what is PartyAct.SET_THRESHOLD else 0)


def _needed(what: int, party: Party) -> int:
    """How many signatures make an act happen at once."""
    two = max(2, party.threshold)
    if what == PartyAct.LOCK:
        return 1
    if what <= PartyAct.SET_THRESHOLD:
        return two
    if what == PartyAct.UNLOCK:
        return min(two, party.accounts)
    return party.threshold


def _delay(act: PartyAction, party: Party, signers: Sequence[bytes]) -> int:
    """Seconds that the act waits, 0 = at once. Raises SignaturesRefused when there are too few."""
    what, needed = PartyAct(act.what), _needed(act.what, party)
    if what is PartyAct.REMOVE_ACCOUNT and len(signers) == 1 and account_value(signers[0]) == act.value:
        return 0
    if len(signers) >= needed:
        return 7 * DAY if what is PartyAct.UNBAR_RECOVERY else 0
    if len(signers) == 1 and what in _WAITS_ALONE:
        return _WAITS_ALONE[what]
    raise SignaturesRefused(party=act.party, given=len(signers), needed=needed)


def _check_lists(keys: Sequence[int], words: Sequence[int], verbs: Sequence[int], intents: Sequence[bytes]) -> None:
    """Keys and verbs ascend strictly from above 0; every verb of a row has its words, and all words a row."""
    if len(words) != len(keys) or not keys:
        raise BadKind(key=0, why=int(BadKindWhy.ORDER))
    for before, key in pairwise((0, *keys)):
        if key <= before or key >> 16:
            raise BadKind(key=key, why=int(BadKindWhy.ORDER))
    if len(verbs) != len(intents):
        raise BadKind(key=0, why=int(BadKindWhy.VERBS))
    for before, verb in pairwise((0, *verbs)):
        if verb <= before:
            raise BadKind(key=verb, why=int(BadKindWhy.VERBS))
    if {key & 0xFF for key in keys} != set(verbs):
        raise BadKind(key=0, why=int(BadKindWhy.VERBS))


def _check_rows(keys: Sequence[int], words: Sequence[int]) -> None:
    for key, word in zip(keys, words, strict=True):
        why = _wrong_row(key >> 8, word)
        if why is not None:
            raise BadKind(key=key, why=int(why))


def _wrong_row(state: int, word: int) -> BadKindWhy | None:
    rule = unpack(word)
    tests = (
        (BadKindWhy.BITS, known_bits_only(word)),
        (BadKindWhy.CREATE_STATE, creates_only_from_nothing(state, rule)),
        (BadKindWhy.NEXT, next_in_range(rule)),
        (BadKindWhy.NOTE, note_is_harmless(state, rule)),
        (BadKindWhy.WHO, who_is_said(rule)),
        (BadKindWhy.CONTENT, content_is_consistent(rule)),
        (BadKindWhy.MODE, modes_in_range(rule)),
        (BadKindWhy.CLASS, class_is_one(rule)),
    )
    return next((why for why, good in tests if not good), None)
