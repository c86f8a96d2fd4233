"""What the ledger checks of a signed act, in the numbered order of docs/protocol §1, and what an applied act does.

Pure functions over a `View` of the ledger: the gateway's dry run, the model and the verifier share them. A refusal is
the contract's error by name and parameters; `at_step` says which of the numbered checks it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from portledger.domain.actions import Action, Domain, SignedAction, claim_id, document_id
from portledger.domain.codes import (
    BEARER,
    MAX_DEADLINE_AHEAD,
    MAX_SEQUENCE,
    MAX_VERSION,
    MILLION,
    ZERO,
    CounterpartyMode,
    Effect,
    EndorseeMode,
    Inactive,
    Parameter,
    QuantityMode,
    RuleFlag,
    Who,
)
from portledger.domain.errors import (
    BadParameter,
    CounterFull,
    DeadlineTooFar,
    EpochPassed,
    Expired,
    KindMismatch,
    KindUnknown,
    LedgerError,
    NoRule,
    NotAllowed,
    NoteRepeated,
    NumberTaken,
    PartyInactive,
    RecordFrozen,
    RoleMissing,
    ScopeMissing,
    SignaturesRefused,
    StalePrevious,
    WrongDocumentId,
)
from portledger.domain.hashing import entry, keccak
from portledger.domain.parties import Account, Party, inactive
from portledger.domain.records import FROZEN, SECURED, Control
from portledger.domain.signatures import SIGNATURE_BYTES, recover, signers_word
from portledger.domain.table import Rule

# Plain integers: an operator of an IntFlag takes a microsecond, as long as five of these checks.
_CREATE: Final = int(Effect.CREATE)
_ISSUER_IS_COUNTERPARTY: Final = int(Effect.ISSUER_IS_COUNTERPARTY)
_OFFER: Final = int(Effect.OFFER)
_TAKE: Final = int(Effect.TAKE)
_CLEAR: Final = int(Effect.CLEAR)
_ENDORSE: Final = int(Effect.ENDORSE)
_TO_ISSUER: Final = int(Effect.TO_ISSUER)
_RESERVE_RETURN: Final = int(Effect.RESERVE_RETURN)
_NEW_CONTENT: Final = int(Effect.NEW_CONTENT)
_USE: Final = int(Effect.USE)
_CLAIM: Final = int(Effect.CLAIM)
_SECURE: Final = int(Effect.SECURE)
_RELEASE: Final = int(Effect.RELEASE)
_WRITES_CONTENT: Final = _CREATE | _NEW_CONTENT
_ALL: Final = int(RuleFlag.ALL)
_NOTE: Final = int(RuleFlag.NOTE)
_CRITICAL: Final = int(RuleFlag.CRITICAL)
_LOCKED_TOO: Final = int(RuleFlag.LOCKED_TOO)
_GIVEN: Final = int(Who.ROLE | Who.ANYONE)
_ISSUER: Final = int(Who.ISSUER)
_POSSESSOR: Final = int(Who.POSSESSOR)
_ADDRESSEE: Final = int(Who.ADDRESSEE)
_TITLEHOLDER: Final = int(Who.TITLEHOLDER)
_OFFEREE: Final = int(Who.OFFEREE)
_SECURED: Final = int(Who.SECURED)
_NAMED_ENDORSEE: Final = int(Who.NAMED_ENDORSEE)

NOWHERE: Final = Control()
"""The control of a record that does not exist."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger holds of one document before an act. head: 32 bytes; frozen_until: unix seconds."""

    control: Control = NOWHERE
    head: bytes = ZERO
    secured_party: int = 0
    frozen_until: int = 0

    @property
    def exists(self) -> bool:
        return self.control.kind != 0 or self.control.sequence != 0


class Accounts(Protocol):
    """Where to look up whose account an address is."""

    def account(self, address: bytes) -> Account | None: ...


class View(Accounts, Protocol):
    """What else the checks ask the ledger for."""

    def kind_known(self, kind: int) -> bool: ...
    def rule(self, kind: int, state: int, verb: int) -> Rule | None: ...
    def intent_hash(self, kind: int, verb: int) -> bytes:
        """keccak256 of the words, ZERO when the kind has no such verb."""

    def party(self, number: int) -> Party | None: ...
    def claim(self, claim: bytes) -> bytes | None:
        """The document that holds a certificate number."""

    def noted(self, digest: bytes) -> bool: ...


Recover = Callable[[bytes, bytes, int], bytes]


@dataclass(frozen=True, slots=True)
class Checked:
    """An act that passed. digest, claim: 32 bytes (claim None when the row claims nothing); signers: 20 bytes each."""

    action: Action
    rule: Rule
    digest: bytes
    signers: tuple[bytes, ...]
    claim: bytes | None


def check(
    signed: SignedAction,
    now: int,
    domain: Domain,
    at: Standing,
    view: View,
    recover: Recover = recover,
    digest: bytes | None = None,
) -> Checked:
    """Steps 1 to 15, each before any write. now: the block's time, unix seconds; `at`: what the ledger holds now.

    digest: the act's, where the caller has computed it already. Raises the LedgerError of the first step that fails.
    Step 1 (terms well-formed) is Action.from_terms.
    """
    action = signed.action
    if digest is None:
        digest = action.digest_with(domain, view.intent_hash(action.kind, action.verb))
    try:
        step = "2 deadline"
        check_deadline(action.deadline, now)
        step = "3 kind"
        check_kind(action, at)
        step = "4 rule"
        rule = find_rule(action, at.control.state, view)
        step = "5 frozen"
        check_frozen(action, rule, at, now)
        step = "6 document id"
        check_document_id(action, rule)
        step = "7 actor"
        actor = check_active_actor(action, rule, view, now)
        step = "8 epoch"
        check_epoch(action, actor)
        step = "9 roles"
        check_roles(action.actor, actor, rule.roles)
        step = "10 who"
        check_who(action, rule, at)
        step = "11 parameters"
        check_parameters(action, rule, at.control, view, now)
        step = "12 previous"
        check_previous(action, at)
        step = "13 signatures"
        signers = check_signatures(signed, digest, rule, actor, view, recover)
        step = "14 once"
        claim = check_once(action, rule, digest, view)
        step = "15 counters"
        check_counters(action, rule, at.control)
    except LedgerError as refusal:
        refusal.at_step = step
        raise
    return Checked(action, rule, digest, signers, claim)


def check_deadline(deadline: int, now: int) -> None:
    if deadline < now:
        raise Expired(deadline=deadline, time=now)
    if deadline > now + MAX_DEADLINE_AHEAD:
        raise DeadlineTooFar(deadline=deadline, latest=now + MAX_DEADLINE_AHEAD)


def check_kind(action: Action, at: Standing) -> None:
    if at.exists and action.kind != at.control.kind:
        raise KindMismatch(given=action.kind, recorded=at.control.kind)


def find_rule(action: Action, state: int, view: View) -> Rule:
    rule = view.rule(action.kind, state, action.verb)
    if rule is None:
        if not view.kind_known(action.kind):
            raise KindUnknown(kind=action.kind)
        raise NoRule(kind=action.kind, state=state, verb=action.verb)
    return rule


def check_frozen(action: Action, rule: Rule, at: Standing, now: int) -> None:
    if at.control.flags & FROZEN and not rule.flags & _NOTE and at.frozen_until > now:
        raise RecordFrozen(document=action.document, until=at.frozen_until)


def check_document_id(action: Action, rule: Rule) -> None:
    if rule.effects & _CREATE:
        expected = document_id(action.kind, action.actor, action.document_reference)
        if action.document != expected:
            raise WrongDocumentId(given=action.document, expected=expected)


def check_active(number: int, view: View, now: int) -> Party:
    """Registered, not suspended, not locked."""
    party = view.party(number)
    why = inactive(party, now)
    if why is not None or party is None:
        raise PartyInactive(party=number, why=int(why or Inactive.NOT_REGISTERED))
    return party


def check_active_actor(action: Action, rule: Rule, view: View, now: int) -> Party:
    party = view.party(action.actor)
    why = inactive(party, now, locked_too=bool(rule.flags & _LOCKED_TOO))
    if why is not None or party is None:
        raise PartyInactive(party=action.actor, why=int(why or Inactive.NOT_REGISTERED))
    return party


def check_epoch(action: Action, actor: Party) -> None:
    if action.epoch != actor.epoch:
        raise EpochPassed(party=action.actor, given=action.epoch, current=actor.epoch)


def check_roles(number: int, party: Party | None, needed: int) -> None:
    """0 = no condition; a party that is not registered has no roles."""
    if needed and not (party.roles if party else 0) & needed:
        raise RoleMissing(party=number, needed=needed)


def standing_bits(actor: int, at: Standing) -> int:
    """All that a party is to a record, as bits of Who; ROLE and ANYONE are always among them."""
    bits = _GIVEN
    if not at.exists:
        return bits
    control = at.control
    named = control.endorsee == actor
    addressee = named or control.endorsee == BEARER
    if control.issuer == actor:
        bits |= _ISSUER
    if control.possessor == actor:
        bits |= _POSSESSOR
        if addressee:
            bits |= _TITLEHOLDER
    if addressee:
        bits |= _ADDRESSEE
    if named:
        bits |= _NAMED_ENDORSEE
    if control.offeree == actor:
        bits |= _OFFEREE
    if control.flags & SECURED and at.secured_party == actor:
        bits |= _SECURED
    return bits


def check_who(action: Action, rule: Rule, at: Standing) -> None:
    who = rule.who
    held = standing_bits(action.actor, at) & who
    if held != who if rule.flags & _ALL else not held:
        raise NotAllowed(actor=action.actor, who=who)


def _bad(parameter: Parameter, found: int, allowed: int = 0) -> BadParameter:
    return BadParameter(parameter=int(parameter), found=found, allowed=allowed)


def issuer_to_be(action: Action, rule: Rule, control: Control) -> int:
    """Who is issuer after the act: the issuer is never made endorsee."""
    if not rule.effects & _CREATE:
        return control.issuer
    return action.counterparty if rule.effects & _ISSUER_IS_COUNTERPARTY else action.actor


def check_parameters(action: Action, rule: Rule, control: Control, view: View, now: int) -> None:
    """Step 11, in the order counterparty, endorsee, content, reference, detail, quantity."""
    issuer = issuer_to_be(action, rule, control)
    check_counterparty(action, rule, control, issuer, view, now)
    check_endorsee(action, rule, control, issuer, view, now)
    if bool(rule.content) != (action.content != ZERO):
        raise _bad(Parameter.CONTENT, int.from_bytes(action.content, "big"))
    if bool(rule.reference) != (action.document_reference != ZERO):
        raise _bad(Parameter.REFERENCE, int.from_bytes(action.document_reference, "big"))
    if rule.detail and action.detail == ZERO:
        raise _bad(Parameter.DETAIL, 0)
    check_quantity(action.quantity, rule.quantity, control.used)


def check_counterparty(action: Action, rule: Rule, control: Control, issuer: int, view: View, now: int) -> None:
    mode, named = rule.counterparty, action.counterparty
    if mode == CounterpartyMode.NONE:
        if named:
            raise _bad(Parameter.COUNTERPARTY, named)
    elif mode == CounterpartyMode.POSSESSOR:
        if named != control.possessor:
            raise _bad(Parameter.COUNTERPARTY, named, control.possessor)
        party = view.party(named)
        if party and party.locked:
            raise PartyInactive(party=named, why=int(Inactive.LOCKED))
    elif mode == CounterpartyMode.OFFEREE:
        if named != control.offeree:
            raise _bad(Parameter.COUNTERPARTY, named, control.offeree)
    else:
        if mode == CounterpartyMode.ENDORSEE and named != control.endorsee:
            raise _bad(Parameter.COUNTERPARTY, named, control.endorsee)
        if named == action.actor or (mode != CounterpartyMode.PARTY and named == issuer):
            raise _bad(Parameter.COUNTERPARTY, named)
        check_active(named, view, now)
    if rule.counterparty_roles:
        check_roles(named, view.party(named), rule.counterparty_roles)


def check_endorsee(action: Action, rule: Rule, control: Control, issuer: int, view: View, now: int) -> None:
    mode, named = rule.endorsee, action.endorsee
    if mode == EndorseeMode.NONE:
        allowed = 0
    elif mode == EndorseeMode.BEARER:
        allowed = BEARER
    elif mode == EndorseeMode.AS_OFFERED:
        allowed = control.offered_endorsee
    else:
        check_free_endorsee(action, mode, control, issuer, view, now)
        return
    if named != allowed:
        raise _bad(Parameter.ENDORSEE, named, allowed)


def check_free_endorsee(action: Action, mode: int, control: Control, issuer: int, view: View, now: int) -> None:
    """The modes that leave a choice: a party that is named is active and never the issuer."""
    named = action.endorsee
    if named == 0 and mode in (EndorseeMode.IF_TITLEHOLDER, EndorseeMode.NONE_PARTY_OR_BEARER):
        return
    if mode == EndorseeMode.IF_TITLEHOLDER and not (
        control.possessor == action.actor and control.endorsee in (action.actor, BEARER)
    ):
        raise _bad(Parameter.ENDORSEE, named)
    if mode == EndorseeMode.POSSESSOR and named != control.possessor:
        raise _bad(Parameter.ENDORSEE, named, control.possessor)
    if named == BEARER and mode not in (EndorseeMode.PARTY, EndorseeMode.POSSESSOR):
        return
    if named == issuer:
        raise _bad(Parameter.ENDORSEE, named)
    check_active(named, view, now)


def check_quantity(quantity: int, mode: int, used: int) -> None:
    """Parts per million of what was certified."""
    if mode == QuantityMode.ZERO:
        if quantity:
            raise _bad(Parameter.QUANTITY, quantity)
    elif mode == QuantityMode.SHRINKS:
        if quantity > used:
            raise _bad(Parameter.QUANTITY, quantity, used)
    elif quantity < used:
        raise _bad(Parameter.QUANTITY, quantity, used)
    elif quantity > MILLION:
        raise _bad(Parameter.QUANTITY, quantity, MILLION)


def check_previous(action: Action, at: Standing) -> None:
    if action.previous != at.head:
        raise StalePrevious(document=action.document, given=action.previous, head=at.head)


def check_signatures(
    signed: SignedAction, digest: bytes, rule: Rule, actor: Party, view: View, recover: Recover
) -> tuple[bytes, ...]:
    """Step 13: exactly as many as the row needs. Returns the signers, 20 bytes each, ascending."""
    needed = actor.threshold if rule.flags & _CRITICAL else 1
    number = signed.action.actor
    if len(signed.signatures) != needed * SIGNATURE_BYTES:
        raise SignaturesRefused(party=number, given=len(signed.signatures) // SIGNATURE_BYTES, needed=needed)
    return recover_all(number, digest, signed.signatures, needed, rule.scope, view, recover)


def recover_all(
    party: int,
    digest: bytes,
    signatures: bytes,
    needed: int,
    scopes: int,
    accounts: Accounts,
    recover: Recover = recover,
    exempt: bytes = b"",
) -> tuple[bytes, ...]:
    """Ascending signers, all active accounts of the party whose scope meets `scopes`; `exempt` needs no scope."""
    signers: list[bytes] = []
    last = bytes(20)
    for index in range(len(signatures) // SIGNATURE_BYTES):
        piece = signatures[index * SIGNATURE_BYTES : (index + 1) * SIGNATURE_BYTES]
        try:
            signer = recover(digest, piece, party)
        except SignaturesRefused:
            raise SignaturesRefused(party=party, given=index, needed=needed) from None
        account = accounts.account(signer)
        if signer <= last or account is None or account.party != party or account.removed_at:
            raise SignaturesRefused(party=party, given=index, needed=needed)
        if not account.scope & scopes and signer != exempt:
            raise ScopeMissing(account=signer, scope=account.scope, needed=int(scopes))
        signers.append(signer)
        last = signer
    return tuple(signers)


def check_once(action: Action, rule: Rule, digest: bytes, view: View) -> bytes | None:
    """Step 14: a claim is free, a note is new. Returns the claim that the act takes."""
    claim = None
    if rule.effects & _CLAIM:
        claim = claim_id(action.kind >> 8, action.actor, action.document_reference)
        taken = view.claim(claim)
        if taken is not None:
            raise NumberTaken(claim=claim, document=taken)
    if rule.flags & _NOTE and view.noted(digest):
        raise NoteRepeated(digest=digest)
    return claim


def check_counters(action: Action, rule: Rule, control: Control) -> None:
    if rule.flags & _NOTE:
        return
    if rule.effects & _WRITES_CONTENT == _NEW_CONTENT and control.version == MAX_VERSION:
        raise CounterFull(document=action.document, counter=0)
    if control.sequence == MAX_SEQUENCE:
        raise CounterFull(document=action.document, counter=1)


def effects(action: Action, rule: Rule, before: Control) -> Control:
    """The record after an applied control act: the row's effects in the order of docs/protocol §3."""
    does = rule.effects
    issuer, possessor, endorsee = before.issuer, before.possessor, before.endorsee
    offeree, offered = before.offeree, before.offered_endorsee
    kind, version, used = before.kind, before.version, before.used
    flags = before.flags & ~FROZEN
    if does & _CREATE:
        issuer = possessor = action.actor
        kind, version = action.kind, 1
    if does & _ISSUER_IS_COUNTERPARTY:
        issuer = action.counterparty
    if does & _NEW_CONTENT and not does & _CREATE:
        version += 1
    if does & _TAKE:
        endorsee = offered or endorsee
        possessor, offeree, offered = offeree, 0, 0
    if does & _CLEAR:
        offeree = offered = 0
    if does & _RESERVE_RETURN:
        offeree = possessor
    if does & _OFFER:
        offeree, offered = action.counterparty, action.endorsee
    if does & _ENDORSE:
        endorsee = action.endorsee
    if does & _TO_ISSUER:
        possessor = issuer
    if does & _USE:
        used = action.quantity
    if does & _SECURE:
        flags |= SECURED
    if does & _RELEASE:
        flags &= ~SECURED
    return Control(
        issuer, possessor, endorsee, offeree, offered, kind, rule.next, flags, version, before.sequence + 1, used
    )


def secured_party(action: Action, rule: Rule, before: int) -> int:
    """The extension's secured party after the act."""
    if rule.effects & _RELEASE:
        return 0
    return action.counterparty if rule.effects & _SECURE else before


def next_head(head: bytes, checked: Checked, after: Control, time: int) -> bytes:
    """The record's head after a control act."""
    return entry(head, checked.digest, after.pack().to_bytes(32, "big"), signers_word(checked.signers), time)


def next_notes_head(notes_head: bytes, checked: Checked, at: Standing, time: int) -> bytes:
    """The notes' head after a note, which speaks about the history up to `at.head`."""
    result = keccak(at.head, at.control.pack().to_bytes(32, "big"))
    return entry(notes_head, checked.digest, result, signers_word(checked.signers), time)
