"""One party's log, replayed: who the party was, and which accounts it had, at any time (docs/protocol §11; step 8).

Each entry must follow from its call: the digest from the bytes of the call, the signers from the signatures in it, the
party's new word from the old one and what the call does. Then the running hash must end in the ledger's partyHead.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from portledger.domain.actions import AccountConsent, Domain, PartyAction, Veto
from portledger.domain.calls_decode import (
    CancelOrder,
    Enact,
    Order,
    PartyActCall,
    Propose,
    Register,
    RegistryCall,
    Reinstate,
    Suspend,
    VetoCall,
    call_digest,
    decode_call,
)
from portledger.domain.codes import DAY, FULL_SCOPE, ZERO, PartyAct, Scope, Source
from portledger.domain.errors import PortledgerError
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.parties import ENACT_WINDOW, Account, Party, change_id
from portledger.domain.signatures import recover, signers_word, split
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.history import PartyEntry

STEP: Final = 8
_CHECK: Final = "party log"
_ORDER_DELAY: Final = 30 * DAY
_TWO_OR_MORE: Final = {PartyAct.ADD_ACCOUNT, PartyAct.REMOVE_ACCOUNT, PartyAct.SET_THRESHOLD}


@dataclass(slots=True)
class PartyTimeline:
    """What a party was, entry by entry. times: unix seconds, ascending; words[i] holds from times[i] on."""

    party: int
    times: list[int] = field(default_factory=list)
    words: list[Party] = field(default_factory=list)
    keys: list[bytes] = field(default_factory=list)
    """Digest of the encryption key after each entry: a grant may only go to the last one."""
    profiles: list[bytes] = field(default_factory=list)
    accounts: dict[bytes, Account] = field(default_factory=dict)
    head: bytes = ZERO
    powers: list[tuple[int, str, bytes]] = field(default_factory=list)
    """What powers did to the party: number of the entry, call (powers.MAY), who sent it (20 bytes)."""

    def at(self, time: int) -> list[Party | None]:
        """What the party may have been at a time: one answer, or several when entries fall into that very second."""
        first, end = bisect_left(self.times, time), bisect_right(self.times, time)
        before: list[Party | None] = [self.words[first - 1] if first else None]
        return before + list(self.words[first:end])


@dataclass(slots=True)
class _Pending:
    what: int
    source: Source
    value: bytes
    proposed_at: int
    ready_at: int
    dead: bool = False


def replay(domain: Domain, party: int, entries: Sequence[PartyEntry], head: bytes) -> PartyTimeline:
    """The party's life, checked against the ledger's partyHead. Raises VerificationError (step 8)."""
    walk = _Walk(domain, PartyTimeline(party))
    for number, item in enumerate(entries):
        try:
            walk.take(item)
        except VerificationError as failure:
            raise VerificationError(
                STEP, failure.check, failure.found, failure.allowed, failure.remedy, f"party {party}, entry {number}"
            ) from failure
        except PortledgerError as failure:
            raise VerificationError(
                STEP, _CHECK, failure.found, failure.allowed, entry=f"party {party}, entry {number}"
            ) from failure
    if walk.line.head != head:
        raise VerificationError(
            STEP,
            "party log ends in partyHead",
            f"{walk.line.head.hex()} after {len(entries)} entries",
            f"{head.hex()} (the ledger's)",
            "The log is incomplete or was altered: fetch it again, from the ledger's own events.",
            f"party {party}",
        )
    return walk.line


def _wrong(check: str, found: object, allowed: object) -> VerificationError:
    return VerificationError(STEP, check, str(found), str(allowed))


def _want(check: str, found: bytes, allowed: bytes) -> None:
    if found != allowed:
        raise _wrong(check, found.hex(), allowed.hex())


class _Walk:
    """The replay's state: what registry code keeps in storage for one party."""

    def __init__(self, domain: Domain, line: PartyTimeline) -> None:
        self.domain, self.line = domain, line
        self.nonce = 0
        self.changes: dict[bytes, _Pending] = {}
        self.ordered_until: dict[int, int] = {}
        """what -> the end of the last order's window, unless it was cancelled."""

    def take(self, item: PartyEntry) -> None:
        """One entry: its call, then its words, then its hash."""
        line = self.line
        if line.times and item.time < line.times[-1]:
            raise _wrong("times ascend", item.time, f"{line.times[-1]} or later")
        call = decode_call(item.call)
        party, account_word = self._after(call, item)
        if party != Party.unpack(item.party_word) or party.pack() != item.party_word:
            raise _wrong("party word follows from the call", f"{item.party_word:x}", f"{party.pack():x}")
        if account_word is not None and account_word != item.account_word:
            raise _wrong("account word follows from the call", f"{item.account_word:x}", f"{account_word:x}")
        result = keccak(abi_words(item.party_word, item.profile, item.encryption_key, item.account_word))
        head = entry(line.head, item.digest, result, item.signers, item.time)
        _want("head of the entry", item.head, head)
        line.head = head
        line.times.append(item.time)
        line.words.append(party)
        line.keys.append(item.encryption_key)
        line.profiles.append(item.profile)

    # --- what each call does -----------------------------------------------------------------------------------------

    def _after(self, call: RegistryCall, item: PartyEntry) -> tuple[Party, int | None]:
        """The party after the call and the word of the account touched."""
        if isinstance(call, Register):
            return self._register(call, item), 0
        if not self.line.words:
            raise _wrong("the log starts with register", type(call).__name__, "register")
        now = self.line.words[-1]
        self._same_party(call)
        match call:
            case PartyActCall():
                return self._party_act(call, item, now)
            case VetoCall():
                return self._veto(call, item, now), 0
            case Enact():
                return self._enact(call, item, now)
            case _:
                _want("digest of the call", item.digest, call_digest(item.call))
                self._by_power(call, item)
                self._same_keys(item)
                return self._power(call, item, now), 0

    def _same_party(self, call: RegistryCall) -> None:
        named = getattr(call, "party", self.line.party)
        if named != self.line.party:
            raise _wrong("party of the call", named, self.line.party)

    def _by_power(self, call: RegistryCall, item: PartyEntry) -> None:
        """Whether the sender held the power stands in log 0, which is compared later (powers.py)."""
        _one_account(item.signers)
        self.line.powers.append((len(self.line.words), type(call).__name__, item.signers[12:]))

    def _same_keys(self, item: PartyEntry, *, profile: bool = True, key: bool = True) -> None:
        if profile:
            _want("profile unchanged", item.profile, self.line.profiles[-1])
        if key:
            _want("encryption key unchanged", item.encryption_key, self.line.keys[-1])

    def _register(self, call: Register, item: PartyEntry) -> Party:
        if self.line.words:
            raise _wrong("registered once", "a second registration", "none")
        wanted = call.registration
        _want("digest of the call", item.digest, call_digest(item.call))
        _want("profile of the registration", item.profile, wanted.profile)
        _want("encryption key of the registration", item.encryption_key, wanted.encryption_key)
        self._by_power(call, item)
        if not len(wanted.accounts) == len(wanted.scopes) == len(wanted.consents):
            raise _wrong("lists of the registration", len(wanted.consents), f"{len(wanted.accounts)} of each")
        whole = wanted.digest()
        for account, scope, consent in zip(wanted.accounts, wanted.scopes, wanted.consents, strict=True):
            self._consent(account, scope, whole, consent)
            self.line.accounts[account] = Account(self.line.party, item.time, 0, scope)
        full = sum(scope == FULL_SCOPE for scope in wanted.scopes)
        return Party(wanted.roles, 1, wanted.threshold, 0, full, False, wanted.recovery_barred)

    def _party_act(self, call: PartyActCall, item: PartyEntry, now: Party) -> tuple[Party, int]:
        nonce = now.unlocks if call.what == PartyAct.LOCK else self.nonce
        act = PartyAction(call.party, nonce, call.what, call.value, call.deadline)
        _want("digest of the party's act", item.digest, act.digest(self.domain))
        what = _what(call.what)
        signers = self._signers(item.digest, call, item)
        self.nonce += 1
        delay = _delay(what, len(signers), now, own=what is PartyAct.REMOVE_ACCOUNT and signers == [call.value[12:]])
        if delay:
            self._propose(what, Source.PARTY, call.value, item.time, delay)
            self._same_keys(item)
            return now, 0
        if what is PartyAct.SET_PROFILE:
            self._end_proposal(call.value)
        if what is PartyAct.ADD_ACCOUNT:
            self._consent(call.value[12:], call.value[11], item.digest, call.consent)
        after, account_word = self._effect(what, call.value, item, now)
        if what is PartyAct.UNLOCK:
            self._end_unlocking()
        if what in (PartyAct.UNLOCK, PartyAct.SET_THRESHOLD):
            after = replace(after, epoch=after.epoch + 1)
        return after, account_word

    def _signers(self, digest: bytes, call: PartyActCall, item: PartyEntry) -> list[bytes]:
        """The accounts that signed, which must be the party's own at that time, ascending, with the scope it takes."""
        found = [recover(digest, signature, self.line.party) for signature in split(call.signatures)]
        _want("signers of the entry", item.signers, signers_word(found) if found else ZERO)
        if found != sorted(set(found)):
            raise _wrong("signers ascend", [one.hex() for one in found], "each once, ascending")
        scopes = Scope.TITLE | Scope.ADMIN if call.what == PartyAct.LOCK else Scope.ADMIN
        if call.what == PartyAct.REMOVE_ACCOUNT and found == [call.value[12:]]:
            scopes = Scope(FULL_SCOPE)
        for one in found:
            account = self.line.accounts.get(one)
            if account is None or not account.active_at(item.time) or not account.covers(scopes):
                raise _wrong("signer is the party's account", "0x" + one.hex(), f"an account with scope {scopes:#x}")
        return found

    def _consent(self, account: bytes, scope: int, registration: bytes, signature: bytes) -> None:
        """The account itself agreed to belong to the party, with this scope and on this occasion."""
        consent = AccountConsent(self.line.party, account, scope, registration)
        signer = recover(consent.digest(self.domain), signature, self.line.party)
        if signer != account:
            raise _wrong("consent of the account", "signed by 0x" + signer.hex(), "signed by 0x" + account.hex())

    def _veto(self, call: VetoCall, item: PartyEntry, now: Party) -> Party:
        change = self._change(call.change_id)
        digest = Veto(self.line.party, call.change_id).digest(self.domain)
        _want("digest of the veto", item.digest, digest)
        signer = recover(digest, call.signature, self.line.party)
        _want("signers of the entry", item.signers, signers_word([signer]))
        account = self.line.accounts.get(signer)
        if (
            account is None
            or not account.covers(Scope.TITLE | Scope.ADMIN)
            or not account.active_at(change.proposed_at)
            or change.source is Source.GOVERNOR
        ):
            raise _wrong("who vetoed", "0x" + signer.hex(), "an account of the time, with title or admin scope")
        self._same_keys(item)
        change.dead = True
        return now

    def _enact(self, call: Enact, item: PartyEntry, now: Party) -> tuple[Party, int]:
        change = self._change(call.change_id)
        _want("digest of the call", item.digest, call_digest(item.call))
        _want("signers of the entry", item.signers, ZERO)
        if not change.ready_at <= item.time <= change.ready_at + ENACT_WINDOW:
            raise _wrong("enacted in time", item.time, f"{change.ready_at} to {change.ready_at + ENACT_WINDOW}")
        change.dead = True
        if change.what == PartyAct.ADD_ACCOUNT:
            self._consent(change.value[12:], change.value[11], call.change_id, call.consent)
        after, account_word = self._effect(_what(change.what), change.value, item, now)
        return replace(after, epoch=after.epoch + 1), account_word

    def _power(self, call: RegistryCall, item: PartyEntry, now: Party) -> Party:
        match call:
            case Propose():
                days = 7 if call.what == PartyAct.SET_ROLES else 14
                self._propose(call.what, Source.REGISTRAR, call.value, item.time, days * DAY)
                return now
            case Order(what=PartyAct.SET_ROLES):
                return replace(now, roles=int.from_bytes(call.value, "big"))
            case Order():
                self._propose(call.what, Source.GOVERNOR, call.value, item.time, _ORDER_DELAY)
                end = item.time + _ORDER_DELAY + ENACT_WINDOW
                self.ordered_until[call.what] = end
                return replace(now, suspended_until=max(now.suspended_until, end))
            case CancelOrder():
                change = self._change(call.change_id)
                change.dead = True
                self.ordered_until.pop(change.what, None)
                if any(item.time <= end for end in self.ordered_until.values()):
                    return now
                return replace(now, suspended_until=item.time) if now.suspended(item.time) else now
            case Suspend():
                return replace(now, suspended_until=call.until)
            case Reinstate():
                return replace(now, suspended_until=item.time)
            case _:
                raise _wrong("call of a power", type(call).__name__, "propose, order, cancelOrder, suspend, reinstate")

    def _effect(self, what: PartyAct, value: bytes, item: PartyEntry, now: Party) -> tuple[Party, int]:
        """The party and the touched account's word after a change takes effect."""
        self._same_keys(item, profile=what is not PartyAct.SET_PROFILE, key=what is not PartyAct.ROTATE_ENCRYPTION_KEY)
        account = value[12:]
        match what:
            case PartyAct.ADD_ACCOUNT:
                added = Account(self.line.party, item.time, 0, value[11])
                self.line.accounts[account] = added
                return replace(now, accounts=now.accounts + added.full), added.pack()
            case PartyAct.REMOVE_ACCOUNT:
                known = self.line.accounts.get(account)
                if known is None or not known.active:
                    raise _wrong("account removed", "0x" + account.hex(), "an active account of the party")
                removed = replace(known, removed_at=item.time)
                self.line.accounts[account] = removed
                return replace(now, accounts=now.accounts - removed.full), removed.pack()
            case PartyAct.SET_THRESHOLD:
                return replace(now, threshold=value[31]), 0
            case PartyAct.SET_PROFILE:
                _want("profile of the change", item.profile, value)
                return now, 0
            case PartyAct.ROTATE_ENCRYPTION_KEY:
                _want("encryption key of the act", item.encryption_key, value)
                return now, 0
            case PartyAct.BUMP_EPOCH:
                return replace(now, epoch=now.epoch + 1), 0
            case PartyAct.LOCK:
                return replace(now, locked=True), 0
            case PartyAct.UNLOCK:
                return replace(now, locked=False, unlocks=now.unlocks + 1), 0
            case PartyAct.BAR_RECOVERY:
                return replace(now, recovery_barred=True), 0
            case PartyAct.UNBAR_RECOVERY:
                return replace(now, recovery_barred=False), 0
            case PartyAct.SET_ROLES:
                return replace(now, roles=int.from_bytes(value, "big")), 0

    # --- changes that wait -------------------------------------------------------------------------------------------

    def _propose(self, what: int, source: Source, value: bytes, now: int, delay: int) -> None:
        name = change_id(self.line.party, what, value, self.line.head)
        self.changes[name] = _Pending(what, source, value, now, now + delay)

    def _change(self, name: bytes) -> _Pending:
        change = self.changes.get(name)
        if change is None or change.dead:
            raise _wrong("change is open", name.hex(), "a change that this log started and nothing ended")
        return change

    def _end_unlocking(self) -> None:
        """An unlocking that still waits was about this lock: it may not open a later one."""
        for change in self.changes.values():
            if change.what == PartyAct.UNLOCK:
                change.dead = True

    def _end_proposal(self, profile: bytes) -> None:
        """A profile is set at once only by taking up the registrar's open proposal of it."""
        for change in self.changes.values():
            if change.what == PartyAct.SET_PROFILE and change.value == profile and not change.dead:
                change.dead = True
                return
        raise _wrong("profile was proposed", profile.hex(), "an open proposal of the registrar")


def _what(number: int) -> PartyAct:
    if number not in PartyAct._value2member_map_:
        raise _wrong("what is changed", number, "1 to 11")
    return PartyAct(number)


def _one_account(signers: bytes) -> None:
    if signers[:12] != bytes(12) or signers == ZERO:
        raise _wrong("signers of a power", signers.hex(), "one account")


def _delay(what: PartyAct, signatures: int, now: Party, *, own: bool) -> int:
    """Seconds until a party's act takes effect, 0 = at once. Raises VerificationError when too few signed."""
    needed, alone = now.threshold, 0
    if what in _TWO_OR_MORE:
        needed, alone = (1, 0) if own else (max(2, now.threshold), 7 * DAY)
    elif what is PartyAct.LOCK:
        needed = 1
    elif what is PartyAct.UNLOCK:
        needed, alone = min(max(2, now.threshold), now.accounts), 2 * DAY
    if signatures < needed and not (signatures == 1 and alone):
        raise _wrong("signatures of the party's act", signatures, f"at least {needed}")
    if what is PartyAct.UNBAR_RECOVERY:
        return 7 * DAY
    return alone if signatures < needed else 0
