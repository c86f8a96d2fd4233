"""The whole ledger in memory: the contract's twin, which executes the same tables and refuses with the same errors.

Pure: time is an argument, and what depends on calldata takes `call`, the digest that goes into a log
(docs/protocol §2: keccak256(abi.encode(msg.sig, keccak256(msg.data[4:])))). A refused call changes nothing.
Property tests drive this and the contract side by side; the audit of a ledger replays it. As in the contract, parties
stand in a file of their own: registry, over powers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from portledger.domain import acts
from portledger.domain.actions import Domain, SignedAction
from portledger.domain.acts import Checked, Standing
from portledger.domain.codes import MAX_SEQUENCE, ZERO, Power
from portledger.domain.errors import CounterFull, KindSealed, LedgerError, NoRecord, NotReady
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.kinds import kind_digest
from portledger.domain.party_rules import ALREADY, PAUSE, bad, check_until
from portledger.domain.records import FROZEN
from portledger.domain.registry import PartyRegistry
from portledger.domain.signatures import recover, signers_word
from portledger.domain.table import Rule, check_table, unpack


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


class Ledger(PartyRegistry):
    """All parties, records, rules and logs of one deployed contract."""

    def __init__(self, domain: Domain, governor: bytes, registrar: bytes, guardian: bytes) -> None:
        """Raises BadParameter (address) unless the three are different and not zero (20 bytes each)."""
        super().__init__(domain, governor, registrar, guardian)
        self.kinds: dict[int, Kind] = {}
        self.documents: dict[bytes, Document] = {}
        self.claims: dict[bytes, bytes] = {}
        self.notes: set[bytes] = set()
        self.recover: acts.Recover = recover
        """How an act's signer is found: an audit has them recovered beforehand, by several processes."""

    # ---- View: what the checks of an act ask ---------------------------------------------------------------------

    def kind_known(self, kind: int) -> bool:
        return kind in self.kinds

    def rule(self, kind: int, state: int, verb: int) -> Rule | None:
        known = self.kinds.get(kind)
        return known.rules.get((state, verb)) if known else None

    def intent_hash(self, kind: int, verb: int) -> bytes:
        known = self.kinds.get(kind)
        return known.intents.get(verb, ZERO) if known else ZERO

    def claim(self, claim: bytes) -> bytes | None:
        return self.claims.get(claim)

    def noted(self, digest: bytes) -> bool:
        return digest in self.notes

    def document(self, document: bytes) -> Document:
        """What is stored of a document; an empty one when there is no record."""
        return self.documents.get(document) or Document()

    def _keep(self, name: bytes, document: Document) -> None:
        """Every write of a document ends here, for a ledger that stores them in another form."""
        self.documents[name] = document

    # ---- acts ------------------------------------------------------------------------------------------------------

    def execute(self, signed: SignedAction, now: int) -> Checked:
        """Apply one act. Raises the LedgerError of the first check that fails, and then changes nothing."""
        at = self.document(signed.action.document)
        checked = acts.check(signed, now, self.domain, at.standing, self, self.recover)
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
        standing = at.standing
        if rule.note:
            at.notes_head = acts.next_notes_head(at.notes_head, checked, standing, now)
            self._keep(action.document, at)
            self.notes.add(checked.digest)
            self._chain(at.notes_head)
            return
        after = acts.effects(action, rule, standing.control)
        head = acts.next_head(standing.head, checked, after, now)
        secured = acts.secured_party(action, rule, standing.secured_party)
        at.standing = Standing(after, head, secured, standing.frozen_until)
        self._keep(action.document, at)
        if checked.claim is not None:
            self.claims[checked.claim] = action.document
        self._chain(head)

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
        check_table(keys, words, verbs, intents)
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
        check_until(until, standing.frozen_until, now)
        self._mark(document, sender, until, freeze_digest(document, until, reason), control.flags | FROZEN, now)

    def unfreeze(self, sender: bytes, document: bytes, now: int) -> None:
        """Raises PowerMissing, NoRecord, BadParameter (not frozen), CounterFull."""
        if sender != self.holders[Power.GOVERNOR]:
            self._check_power(Power.GUARDIAN, sender)
        standing = self.document(document).standing
        if not standing.exists:
            raise NoRecord(document=document)
        if not standing.control.frozen or standing.frozen_until <= now:
            raise bad(ALREADY, 0, 1)
        self._mark(document, sender, now, unfreeze_digest(document), standing.control.flags, now)

    def _live(self, kind: int, state: int) -> bool:
        return any(row == state for row, _ in self.kinds[kind].rules)

    def _mark(self, document: bytes, sender: bytes, until: int, digest: bytes, flags: int, now: int) -> None:
        stored = self.document(document)
        control = stored.standing.control
        if control.sequence == MAX_SEQUENCE:
            raise CounterFull(document=document, counter=1)
        control = replace(control, flags=flags, sequence=control.sequence + 1)
        head = entry(stored.standing.head, digest, control.pack().to_bytes(32, "big"), signers_word([sender]), now)
        stored.standing = Standing(control, head, stored.standing.secured_party, until)
        self._keep(document, stored)
        self._chain(head)


def freeze_digest(document: bytes, until: int, reason: bytes) -> bytes:
    """The digest of a freeze in the record's log (docs/protocol §2). until: unix seconds; reason: 32 bytes."""
    return keccak(abi_words(keccak(b"FREEZE"), document, until, reason))


def unfreeze_digest(document: bytes) -> bytes:
    return keccak(abi_words(keccak(b"UNFREEZE"), document, 0, ZERO))
