"""Verification of one document in numbered steps, pure, from plain data (docs/protocol §7 and verification.md).

The steps carry the protocol's numbers. Blocks, accounts and storage (1 to 3) are here what a node answered: they are
listed as such, and `LedgerFacts` holds them. The order of work is 4, 5, 7, 6, 8, 9 and on, since the running hash needs
the signers. A failing step raises VerificationError with its number, the entry, what was found and what was expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from portledger.domain.actions import Action, claim_id
from portledger.domain.acts import Standing
from portledger.domain.codes import CONSORTIUM, ZERO, Effect, Power
from portledger.domain.errors import PortledgerError, SignaturesRefused, moment
from portledger.domain.hashing import abi_words, entry, json_digest, keccak, word
from portledger.domain.parties import Account, inactive
from portledger.domain.records import Control, state_in
from portledger.domain.signatures import SIGNATURE_BYTES, recover, signers_word, split
from portledger.domain.verification_errors import VerificationError
from portledger.evidence import content as content_steps
from portledger.evidence import powers, table_run
from portledger.evidence.content import Content
from portledger.evidence.history import Act, Freeze, HiddenNote, History, LedgerFacts
from portledger.evidence.party_log import PartyTimeline, replay
from portledger.evidence.result import TITLES, Result, Status, Step, StepReport


def verify(
    history: History,
    facts: LedgerFacts,
    content: Content | None = None,
    proven: Sequence[StepReport] = (),
    recovered: Recovered | None = None,
) -> Result:
    """Check a document's history, and its content as far as it is shown, against what the ledger holds.

    proven: reports of steps 1 to 3 where header and storage proofs were checked; else they are a node's word;
    recovered: signers found before, by digest and signature together. Raises VerificationError at the first step that
    fails.
    """
    check = _Check(history, facts, recovered or {})
    check.ledger_steps(proven)
    check.kind()
    check.acts()
    check.head()
    check.parties()
    check.table()
    check.notes()
    check.reference(content)
    values = check.content(content)
    return check.result(values)


def freeze_digest(document: bytes, until: int, reason: bytes) -> bytes:
    """`digest` of a freeze in the record's log (docs/protocol §2); until 0 and reason ZERO for an unfreeze."""
    return keccak(abi_words(_FREEZE if until else _UNFREEZE, document, until, reason))


Recovered = Mapping[tuple[bytes, bytes], bytes]
"""(digest, signature of 65 bytes) -> the account that made it."""

_FREEZE = keccak(b"FREEZE")
_UNFREEZE = keccak(b"UNFREEZE")


@dataclass(slots=True)
class _Check:
    history: History
    facts: LedgerFacts
    recovered: Recovered
    reports: list[StepReport] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    signers: dict[int, list[bytes]] = field(default_factory=dict)
    """Who signed, by place in the control track."""
    timelines: dict[int, PartyTimeline] = field(default_factory=dict)
    scene: table_run.Scene = field(init=False)
    held: powers.Powers | None = None
    """Who held the powers, where log 0 is shown."""
    number: str = ""

    def fail(self, step: Step, found: object, expected: object, entry: str = "", remedy: str = "") -> VerificationError:
        return VerificationError(int(step), TITLES[step], str(found), str(expected), remedy, entry)

    def passed(self, step: Step, checked: str, status: Status = Status.CHECKED) -> None:
        self.reports.append(StepReport(step, status, checked))

    def named(self, at: int) -> str:
        """The entry as messages call it: "act 3, OFFER"."""
        item = self.history.entries[at]
        if isinstance(item, Freeze):
            return f"act {at}, {'FREEZE' if item.until else 'UNFREEZE'}"
        return f"act {at}, {self._verb(item.action.verb)}"

    def _verb(self, number: int) -> str:
        try:
            return self.history.kind.verb_name(number)
        except (KeyError, PortledgerError):
            return f"verb {number}"

    # --- 1 to 4 ------------------------------------------------------------------------------------------------------

    def ledger_steps(self, proven: Sequence[StepReport]) -> None:
        facts = self.facts
        self.reports += proven
        if not proven:
            block = f"block {facts.block} of {moment(facts.time)}, chain {facts.domain.chain_id}"
            self.passed(Step.BLOCK, block, _NODE)
            self.passed(Step.ACCOUNT, f"ledger 0x{facts.domain.ledger.hex()}", _NODE)
            read = f"record, {len(facts.party_heads)} parties, {len(facts.accounts)} accounts"
            self.passed(Step.STORAGE, read, _NODE)
        if not facts.control:
            raise self.fail(
                Step.STORAGE,
                f"no record {self.history.document.hex()}",
                "a record on this ledger",
                remedy="Check the document id, and that the node belongs to the right ledger.",
            )

    def kind(self) -> None:
        kind, facts = self.history.kind, self.facts
        recorded = Control.unpack(facts.control).kind
        if kind.number != recorded:
            raise self.fail(Step.KIND, f"kind file of {kind.number:#06x}", f"{recorded:#06x}, the record's")
        if kind.kind_digest != facts.kind_digest:
            raise self.fail(
                Step.KIND,
                f"kind digest {kind.kind_digest.hex()} of {kind.id}",
                f"{facts.kind_digest.hex()}, sealed on the ledger",
                remedy="Use the kind file that was defined on this ledger; accept no other.",
            )
        self.passed(Step.KIND, f"{kind.id}, digest {kind.kind_digest.hex()[:16]}…")

    # --- 5, 7: every act by itself -----------------------------------------------------------------------------------

    def acts(self) -> None:
        start = self.history.start
        head, time, count = (start.head, start.time, 0) if start else (ZERO, 0, 0)
        for at, item in enumerate(self.history.entries):
            if not time <= item.time <= self.facts.time:
                raise self.fail(
                    Step.HEAD, f"time {item.time}", f"{time} to {self.facts.time}: acts ascend in time", self.named(at)
                )
            time = item.time
            if isinstance(item, Act):
                self.digest_of(item, head, self.named(at), Step.DIGESTS)
                self.signers[at] = self.signed_by(item, self.named(at), Step.SIGNATURES)
                digest, signed, count = item.digest, signers_word(self.signers[at]), count + 1
            else:
                digest, signed = freeze_digest(self.history.document, item.until, item.reason), word(item.sender)
            head = entry(head, digest, word(item.control), signed, item.time)
            if head != item.head:
                raise self.fail(Step.HEAD, f"head {item.head.hex()}", f"{head.hex()}, recomputed", self.named(at))
        self.passed(Step.DIGESTS, f"{count} acts")
        self.passed(Step.SIGNATURES, f"{sum(map(len, self.signers.values()))} signatures")

    def digest_of(self, item: Act, head: bytes, where: str, step: Step) -> None:
        """The act speaks about this document and kind, builds on the head, and hashes to its digest."""
        act, kind = item.action, self.history.kind
        if act.document != self.history.document:
            raise self.fail(step, f"document {act.document.hex()}", self.history.document.hex(), where)
        if act.kind != kind.number:
            raise self.fail(step, f"kind {act.kind:#06x}", f"{kind.number:#06x}", where)
        if act.previous != head:
            raise self.fail(
                step,
                f"previous {act.previous.hex()}",
                f"{head.hex()}, the head before it",
                where,
                "An act is missing, doubled or out of order: fetch the whole history again.",
            )
        try:
            intent = kind.intent(act.verb)
        except (KeyError, PortledgerError):
            raise self.fail(step, f"verb {act.verb}", f"a verb of {kind.id}", where) from None
        digest = act.digest(self.facts.domain, intent)
        if digest != item.digest:
            raise self.fail(step, f"digest {item.digest.hex()}", f"{digest.hex()}, recomputed", where)

    def signed_by(self, item: Act, where: str, step: Step) -> list[bytes]:
        """The signers, each an account of the actor at the time of the act."""
        pieces = split(item.signatures)
        if not pieces or len(pieces[-1]) != SIGNATURE_BYTES:
            raise self.fail(step, f"{len(item.signatures)} bytes of signatures", "65 for each, at least one", where)
        found: list[bytes] = []
        for piece in pieces:
            try:
                signer = self.recovered.get((item.digest, piece)) or recover(item.digest, piece, item.action.actor)
            except SignaturesRefused:
                raise self.fail(step, "a signature that fits no key", "65 bytes, low s, v 27 or 28", where) from None
            if found and signer <= found[-1]:
                raise self.fail(step, f"signer 0x{signer.hex()} after 0x{found[-1].hex()}", "ascending signers", where)
            self.account_of(signer, item, where, step)
            found.append(signer)
        return found

    def account_of(self, signer: bytes, item: Act, where: str, step: Step) -> None:
        """The signer is an account of the actor at the time of the act, by the ledger's own word."""
        packed = self.facts.accounts.get(signer)
        account = None if packed is None else Account.unpack(packed)
        if account is not None and account.party == item.action.actor and account.active_at(item.time):
            return
        if packed is None:
            found = f"0x{signer.hex()}, of which the ledger's word is not shown"
        elif account is None:
            found = f"0x{signer.hex()}, nobody's account"
        elif account.party != item.action.actor:
            found = f"0x{signer.hex()} of party {account.party}"
        else:
            removed = f", removed {moment(account.removed_at)}" if account.removed_at else ""
            found = f"0x{signer.hex()}, added {moment(account.added_at)}{removed}"
        raise self.fail(step, found, f"an account of party {item.action.actor} at {moment(item.time)}", where)

    # --- 6 -----------------------------------------------------------------------------------------------------------

    def head(self) -> None:
        entries, facts = self.history.entries, self.facts
        last = entries[-1].head if entries else ZERO
        if last != facts.head:
            raise self.fail(
                Step.HEAD,
                f"head {last.hex()} after {len(entries)} entries",
                f"{facts.head.hex()}, the ledger's",
                remedy="The history is incomplete or old: fetch it again, from another source if need be.",
            )
        sequence, before = Control.unpack(facts.control).sequence, self.history.start
        shown = len(entries) + (before.sequence if before else 0)
        if shown != sequence:
            raise self.fail(Step.HEAD, f"{shown} entries", f"{sequence}, the record's sequence")
        self.passed(Step.HEAD, f"{len(entries)} entries end in head {last.hex()[:16]}…")

    # --- 8 -----------------------------------------------------------------------------------------------------------

    def parties(self) -> None:
        """Replay the log of each party that acted or was named by an act."""
        facts, missing = self.facts, []
        for party in sorted(self.concerned() | (self.history.parties.keys() & facts.party_heads.keys())):
            if party not in facts.party_heads or party not in self.history.parties:
                missing.append(party)
                continue
            log = self.history.parties[party]
            self.timelines[party] = replay(facts.domain, party, log, facts.party_heads[party])
        if missing:
            raise self.fail(Step.PARTIES, "no log", "its log from registration on", f"party {missing[0]}")
        entries = sum(len(line.times) for line in self.timelines.values())
        self.accounts_agree()
        self.profiles_agree()
        used = self.powers()
        self.passed(Step.PARTIES, f"{len(self.timelines)} parties, {entries} entries of their logs{used}")
        for party, line in self.timelines.items():
            self.standing(party, line)

    def powers(self) -> str:
        """What was done in a power's name, by log 0; in words what was seen."""
        log = self.history.consortium
        if log is None:
            return ""
        self.held = powers.replay(log, self.facts.party_heads.get(CONSORTIUM, ZERO), self.facts.time)
        unshown = 0
        for party, line in self.timelines.items():
            for number, what, sender in line.powers:
                where = f"party {party}, entry {number}"
                unshown += not self.held.require(what, sender, line.times[number], where)
        if unshown:
            self.remarks.append(
                f"{unshown} acts of powers came before the first entry of log 0: not shown who held them"
            )
        return f", {sum(len(line.powers) for line in self.timelines.values())} acts of powers"

    def concerned(self) -> set[int]:
        acts = [item.action for item in self.history.acts()]
        return {act.actor for act in acts} | {party for act in acts for party in table_run.named_parties(act)}

    def accounts_agree(self) -> None:
        """The signers' accounts in the ledger are those of the logs: neither may hide a removal."""
        for line in self.timelines.values():
            for address, known in line.accounts.items():
                stored = self.facts.accounts.get(address)
                if stored is not None and stored != known.pack():
                    raise self.fail(
                        Step.PARTIES,
                        f"account 0x{address.hex()} as {stored:x}",
                        f"{known.pack():x}, after the party's log",
                        f"party {line.party}",
                    )

    def profiles_agree(self) -> None:
        for party, profile in self.history.profiles.items():
            line = self.timelines.get(party)
            found = json_digest(profile)
            last = line.profiles[-1] if line and line.profiles else None
            if found != last:
                expected = last.hex() if last else "a registration in its log"
                raise self.fail(Step.PARTIES, f"profile {found.hex()}", expected, f"party {party}")

    def standing(self, party: int, line: PartyTimeline) -> None:
        """What a reader should know about a party as of the block."""
        why = inactive(line.words[-1] if line.words else None, self.facts.time)
        if why is not None:
            self.remarks.append(f"party {party} is {why.name.lower().replace('_', ' ')} as of this block")

    # --- 9 -----------------------------------------------------------------------------------------------------------

    def table(self) -> None:
        self.scene = table_run.Scene(self.history.kind, self.timelines, self.facts.accounts)
        kind, facts, at_now = self.history.kind, self.facts, self.beginning()
        for at, item in enumerate(self.history.entries):
            where = self.named(at)
            if isinstance(item, Freeze):
                at_now = self.frozen(item, at_now, where)
            else:
                before = at_now
                at_now = self.judged(item, before, self.signers[at], where, Step.TABLE)
                if at_now is before:
                    raise self.fail(Step.TABLE, "a note", "an act of the control track", where)
            packed = at_now.control.pack()
            if packed != item.control:
                raise self.fail(Step.TABLE, f"control {item.control:064x}", f"{packed:064x}, computed", where)
        if at_now.control.pack() != facts.control:
            raise self.fail(Step.TABLE, f"control {at_now.control.pack():064x}", f"{facts.control:064x}, the ledger's")
        if (at_now.secured_party, self.frozen_until(at_now)) != (facts.secured_party, facts.frozen_until):
            raise self.fail(
                Step.TABLE,
                f"secured party {at_now.secured_party}, frozen until {at_now.frozen_until}",
                f"{facts.secured_party}, {facts.frozen_until}, the ledger's extension",
            )
        self.passed(Step.TABLE, f"{len(self.history.entries)} entries lead to {kind.state_name(at_now.control.state)}")

    def beginning(self) -> Standing:
        """What the record was before the first entry. A frozen bit left there is cleared by the next applied act."""
        start = self.history.start
        if start is None:
            return Standing()
        control = Control.unpack(start.control)
        if control.secured:
            raise self.fail(Step.TABLE, "a suffix of a secured record", "the whole history: the secured party is in it")
        return Standing(control, start.head)

    def frozen_until(self, last: Standing) -> int:
        """The extension's frozenUntil by the entries. A suffix without a freeze does not tell of an earlier one, which
        was over before its first act."""
        history, stored = self.history, self.facts.frozen_until
        silent = history.start is not None and not any(isinstance(item, Freeze) for item in history.entries)
        return stored if silent and stored <= history.entries[0].time else last.frozen_until

    def frozen(self, item: Freeze, before: Standing, where: str) -> Standing:
        try:
            after = table_run.freeze(self.history.kind, before, item)
        except PortledgerError as failure:
            raise self.fail(Step.TABLE, failure.found, failure.allowed, where) from failure
        self.freezer(item, before, where)
        return after

    def freezer(self, item: Freeze, before: Standing, where: str) -> None:
        """Whether the one who froze held the power, and waited before freezing again."""
        what = f"frozen until {moment(item.until)}" if item.until else "unfrozen"
        shown = False
        if self.held is not None:
            renewed = before.frozen_until or self.history.start is not None  # a suffix may hide an earlier one
            name = ("FREEZE again" if renewed else "FREEZE") if item.until else "UNFREEZE"
            shown = self.held.require(name, item.sender, item.time, where)
            early = item.until and before.frozen_until and item.time < before.frozen_until + powers.RENEWAL_PAUSE
            if shown and early and not self.held.held(item.sender, (Power.GOVERNOR,), item.time):
                pause = moment(before.frozen_until + powers.RENEWAL_PAUSE)
                raise self.fail(Step.PARTIES, "frozen again by the guardian", f"not before {pause}", where)
        unsure = "" if shown else "; that it held the power is not shown here"
        self.remarks.append(f"{what} by 0x{item.sender.hex()} at {moment(item.time)}{unsure}")

    def judged(self, item: Act, before: Standing, signers: list[bytes], where: str, step: Step) -> Standing:
        """The record after the act, by the table and the parties as they were then; a note leaves it as it is."""
        try:
            after, ambiguous = table_run.run(self.scene, self.facts.domain, before, item, signers)
        except PortledgerError as failure:
            failing = table_run.step_of(failure, step)
            raise self.fail(failing, failure.found, failure.allowed, where, failure.remedy) from failure
        if ambiguous:
            self.remarks.append(f"{where}: a party changed within the same second; either order was accepted")
        return after

    # --- 10 ----------------------------------------------------------------------------------------------------------

    def notes(self) -> None:
        spans = self.spans()
        head, seen, time = ZERO, set[bytes](), 0
        hidden = 0
        for at, item in enumerate(self.history.notes):
            if isinstance(item, HiddenNote):
                head, time = self.hidden(item, head, time, seen, f"note {at}"), item.time
                hidden += 1
                continue
            where = f"note {at}, {self._verb(item.action.verb)}"
            span = spans.get(item.action.previous)
            if span is None:
                raise self.fail(Step.NOTES, f"previous {item.action.previous.hex()}", "a head of the record", where)
            self.digest_of(item, item.action.previous, where, Step.NOTES)
            signers = self.signed_by(item, where, Step.NOTES)
            control, since, until = span
            if not max(since, time) <= item.time <= until:
                raise self.fail(Step.NOTES, f"time {item.time}", f"{max(since, time)} to {until}", where)
            if item.control != control:
                raise self.fail(Step.NOTES, f"control {item.control:064x}", f"{control:064x}, at its head", where)
            if item.digest in seen:
                raise self.fail(Step.NOTES, f"digest {item.digest.hex()} again", "each note once", where)
            row = self.history.kind.rule(Control.unpack(control).state, item.action.verb)
            if row is not None and not row.note:
                raise self.fail(Step.NOTES, "an act of the control track", "a note", where)
            self.judged(item, Standing(Control.unpack(control), item.action.previous), signers, where, Step.NOTES)
            seen.add(item.digest)
            time = item.time
            result = keccak(abi_words(item.action.previous, item.control))
            head = entry(head, item.digest, result, signers_word(signers), item.time)
            if head != item.head:
                raise self.fail(Step.NOTES, f"notes head {item.head.hex()}", f"{head.hex()}, recomputed", where)
        if head != self.facts.notes_head:
            raise self.fail(Step.NOTES, f"notes head {head.hex()}", f"{self.facts.notes_head.hex()}, the ledger's")
        self.passed(Step.NOTES, f"{len(self.history.notes)} notes" + (f", {hidden} of them by hash" if hidden else ""))

    def hidden(self, item: HiddenNote, head: bytes, since: int, seen: set[bytes], where: str) -> bytes:
        """The notes' head after a note of which only the hashes are shown."""
        if not since <= item.time <= self.facts.time:
            raise self.fail(Step.NOTES, f"time {item.time}", f"{since} to {self.facts.time}", where)
        if item.digest in seen:
            raise self.fail(Step.NOTES, f"digest {item.digest.hex()} again", "each note once", where)
        seen.add(item.digest)
        return entry(head, item.digest, item.result, item.signers, item.time)

    def spans(self) -> dict[bytes, tuple[int, int, int]]:
        """By head of the record: the control word, and from when until when it was the head."""
        entries = self.history.entries
        ends = [item.time for item in entries[1:]] + [self.facts.time]
        return {item.head: (item.control, item.time, end) for item, end in zip(entries, ends, strict=True)}

    # --- 11 ----------------------------------------------------------------------------------------------------------

    def reference(self, content: Content | None) -> None:
        """The document id itself was recomputed by the table; here the claims, and the number where it is shown."""
        start = self.history.start
        claims, state = 0, state_in(start.control) if start else 0
        for at, item in enumerate(self.history.entries):
            if isinstance(item, Act) and self._claims(item.action, state):
                self.claim(item.action, self.named(at))
                claims += 1
            state = state_in(item.control)
        self.number = content_steps.check_number(content, self.history)
        done = "origin not shown" if start else f"document id of party {self.history.creating().actor}"
        done += f", {claims} number claimed" if claims else ""
        done += f", number {self.number}" if self.number else "; the number is not shown"
        self.passed(Step.REFERENCE, done, Status.NOT_SHOWN if start and not claims else Status.CHECKED)

    def _claims(self, act: Action, state: int) -> bool:
        row = self.history.kind.rule(state, act.verb)
        return row is not None and bool(row.effects & Effect.CLAIM)

    def claim(self, act: Action, where: str) -> None:
        claim = claim_id(act.kind >> 8, act.actor, act.document_reference)
        holder = self.facts.claims.get(claim)
        if holder != self.history.document:
            found = holder.hex() if holder else "not read from the ledger"
            raise self.fail(Step.REFERENCE, f"claim {claim.hex()}: {found}", self.history.document.hex(), where)

    # --- 12 to 15 ----------------------------------------------------------------------------------------------------

    def content(self, content: Content | None) -> Mapping[str, Any]:
        values, reports, remarks = content_steps.check(content, self.history, self.facts)
        self.reports += reports
        self.remarks += remarks
        return values

    def result(self, values: Mapping[str, Any]) -> Result:
        history, facts, control = self.history, self.facts, Control.unpack(self.facts.control)
        if history.kind.progress(control.state) == "cancelled":
            self.remarks.append(
                f"the document is {history.kind.state_name(control.state)}: nobody may rely on it any more"
            )
        self.passed(Step.RESULT, f"as of block {facts.block}, {moment(facts.time)}")
        freezes = sum(isinstance(item, Freeze) for item in history.entries)
        return Result(
            document=history.document,
            kind=control.kind,
            kind_id=history.kind.id,
            state=history.kind.state_name(control.state),
            final=history.kind.final(control.state),
            control=control,
            frozen_until=facts.frozen_until if control.frozen else 0,
            created_at=0 if history.start else history.entries[0].time,
            whole=history.start is None,
            number=self.number,
            acts=len(history.entries) - freezes,
            notes=len(history.notes),
            freezes=freezes,
            head=facts.head,
            block=facts.block,
            time=facts.time,
            steps=tuple(sorted(self.reports, key=lambda report: report.step)),
            remarks=tuple(self.remarks),
            parties=self.timelines,
            values=values,
        )


_NODE = Status.FROM_NODE
