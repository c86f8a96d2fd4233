"""Parties and keys in memory: who may sign for whom, and how that may change (docs/protocol §11).

The contract's PartyRegistry, in the same order: guard, effect, write. Pure: time is an argument.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from portledger.domain import acts
from portledger.domain.actions import (
    AccountConsent,
    Domain,
    PartyAction,
    Registration,
    SignedPartyAction,
    Veto,
)
from portledger.domain.codes import DAY, FULL_SCOPE, ZERO, Inactive, PartyAct, Power, Scope, Source
from portledger.domain.errors import (
    AccountTaken,
    BadConsent,
    ChangeOpen,
    NotReady,
    NotVetoable,
    PartyInactive,
    PowerMissing,
    ScopeMissing,
    SignaturesRefused,
)
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.parties import (
    ENACT_WINDOW,
    MAX_ACCOUNTS,
    MAX_FULL,
    Account,
    Change,
    Party,
    change_id,
    inactive,
)
from portledger.domain.party_rules import (
    ALREADY,
    BARRED,
    ORDER_DIGEST,
    ORDERED,
    PAUSE,
    PROPOSED,
    SCOPE,
    THRESHOLD,
    VALUE,
    WHAT,
    WHILE_STOPPED,
    bad,
    check_registration,
    check_until,
    check_value,
    seconds_to_wait,
    signatures_needed,
)
from portledger.domain.powers import Powers
from portledger.domain.signatures import SIGNATURE_BYTES, recover, signers_word


class PartyRegistry(Powers):
    """Parties, their accounts, the changes that wait, and the parties' logs."""

    def __init__(self, domain: Domain, governor: bytes, registrar: bytes, guardian: bytes) -> None:
        """Raises BadParameter (address) unless the three are different and not zero (20 bytes each)."""
        super().__init__(domain, governor, registrar, guardian)
        self.parties: dict[int, Party] = {}
        self.accounts: dict[bytes, Account] = {}
        self.profiles: dict[int, bytes] = {}
        self.encryption_keys: dict[int, bytes] = {}
        self.nonces: dict[int, int] = {}
        self.changes: dict[bytes, Change] = {}
        self.open_changes: dict[tuple[int, Source, int], bytes] = {}

    def party(self, number: int) -> Party | None:
        return self.parties.get(number)

    def account(self, address: bytes) -> Account | None:
        return self.accounts.get(address)

    # ---- parties ---------------------------------------------------------------------------------------------------

    def register(self, sender: bytes, registration: Registration, now: int, call: bytes) -> int:
        """Admit a party; its number. Raises PowerMissing, TooLong, BadParameter, AccountTaken, BadConsent."""
        self._check_power(Power.REGISTRAR, sender)
        full = check_registration(registration)
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
                raise bad(SCOPE, 0)
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
        delay = seconds_to_wait(act, party, signers)
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
            raise bad(WHAT, act.what, int(PartyAct.UNBAR_RECOVERY))
        acts.check_deadline(act.deadline, now)
        what = PartyAct(act.what)
        if what not in WHILE_STOPPED:
            why = inactive(party, now)
            if why is not None:
                raise PartyInactive(party=act.party, why=int(why))
        check_value(what, act.value)
        self._check_possible(act.party, party, what, act.value)
        if what is PartyAct.LOCK and party.locked:
            raise PartyInactive(party=act.party, why=int(Inactive.LOCKED))
        if what is PartyAct.BAR_RECOVERY:
            if party.accounts < 3 or party.threshold < 2:
                raise bad(BARRED, party.accounts, 3)
            if party.recovery_barred:
                raise bad(ALREADY, 1)
        if what is PartyAct.SET_PROFILE:
            change = self.changes.get(self.open_changes.get((act.party, Source.REGISTRAR, what), ZERO))
            if change is None or change.value != act.value or not change.open(now):
                raise NotReady(ready_at=0)

    def _act_signers(
        self, signed: SignedPartyAction, act: PartyAction, party: Party, digest: bytes
    ) -> tuple[bytes, ...]:
        needed = signatures_needed(act.what, party)
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
        if what not in PROPOSED:
            raise bad(WHAT, what)
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
        if what not in ORDERED:
            raise bad(WHAT, what)
        matter = PartyAct(what)
        check_value(matter, value)
        if order_digest == ZERO:
            raise bad(ORDER_DIGEST, 0)
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
            raise bad(BARRED, 1)
        self._check_possible(found.party, word, found.what, found.value)
        touched = self._prepare(found.party, found.what, found.value, change, consent, now)
        self._kill(change)
        word = self._effect(found.party, word, found.what, found.value, touched)
        self._log(found.party, replace(word, epoch=word.epoch + 1), call, touched, ZERO, now)

    def _kill(self, change: bytes) -> None:
        self.changes[change] = replace(self.changes[change], dead=True)

    # ---- suspension ------------------------------------------------------------------------------------------------

    def suspend(self, sender: bytes, party: int, until: int, now: int, call: bytes) -> None:
        """Raises PowerMissing, PartyInactive, NotReady, BadParameter (until)."""
        governor = self._governor_or_registrar(sender)
        word = self._registered(party)
        stored = word.suspended_until
        if not governor and stored and now < stored + PAUSE:
            raise NotReady(ready_at=stored + PAUSE)
        check_until(until, stored, now)
        self._log(party, replace(word, suspended_until=until), call, None, signers_word([sender]), now)

    def reinstate(self, sender: bytes, party: int, now: int, call: bytes) -> None:
        """Raises PowerMissing, PartyInactive, BadParameter (not suspended)."""
        governor = self._governor_or_registrar(sender)
        word = self._registered(party)
        if not word.suspended(now):
            raise bad(ALREADY, 0, 1)
        if not governor and self._any_ordered(party, now):
            raise PowerMissing(power=int(Power.GOVERNOR), sender=sender)
        self._log(party, replace(word, suspended_until=now), call, None, signers_word([sender]), now)

    def _any_ordered(self, party: int, now: int) -> bool:
        return self._ordered(party, PartyAct.ADD_ACCOUNT, now) or self._ordered(party, PartyAct.SET_THRESHOLD, now)

    def _ordered(self, party: int, what: PartyAct, now: int) -> bool:
        """Whether an order's suspension runs; also after the order was enacted."""
        change = self.open_changes.get((party, Source.GOVERNOR, what))
        return change is not None and not self.changes[change].lapsed(now)

    # ---- shared by several -----------------------------------------------------------------------------------------

    def _registered(self, party: int) -> Party:
        word = self.parties.get(party)
        if word is None:
            raise PartyInactive(party=party, why=int(Inactive.NOT_REGISTERED))
        return word

    def _check_recovery(self, party: int, word: Party, what: PartyAct, value: bytes) -> None:
        """What a registrar's proposal and an order have in common."""
        check_value(what, value)
        if word.recovery_barred and what in (PartyAct.ADD_ACCOUNT, PartyAct.SET_THRESHOLD):
            raise bad(BARRED, 1)
        self._check_possible(party, word, what, value)

    def _check_possible(self, party: int, word: Party, what: PartyAct, value: bytes) -> None:
        """Whether the change is possible as the party stands: when it is signed, and again when it is enacted."""
        number = int.from_bytes(value, "big")
        if what is PartyAct.ADD_ACCOUNT:
            if value[12:] in self.accounts:
                raise AccountTaken(account=value[12:])
            if value[11] == FULL_SCOPE and word.accounts >= MAX_FULL:
                raise bad(THRESHOLD, word.accounts + 1, MAX_FULL)
        elif what is PartyAct.REMOVE_ACCOUNT:
            account = self.accounts.get(value[12:])
            if account is None or account.party != party or not account.active:
                raise bad(VALUE, number)
            if account.full and word.accounts - 1 < word.threshold:
                raise bad(THRESHOLD, word.accounts - 1, word.threshold)
        elif what is PartyAct.SET_THRESHOLD:
            if number > word.accounts:
                raise bad(THRESHOLD, number, word.accounts)
        elif (what is PartyAct.UNLOCK and not word.locked) or (
            what is PartyAct.UNBAR_RECOVERY and not word.recovery_barred
        ):
            raise bad(ALREADY, 0, 1)

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


def _signer(digest: bytes, signature: bytes) -> bytes | None:
    """Who made one signature, None when it is malformed."""
    try:
        return recover(digest, signature)
    except SignaturesRefused:
        return None
