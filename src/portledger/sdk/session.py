"""A party at a gateway: preparing and sending acts, new documents and versions. `party.py` adds the verbs.

An act is prepared on the record's present head, filled in by the kind's row, signed by as many accounts as the row asks
for, sent, and waited for. What is sealed goes up before it; the keys go to the new readers after it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from portledger.domain.actions import Action, document_id
from portledger.domain.acts import effects
from portledger.domain.codes import BEARER, ZERO, Effect
from portledger.domain.errors import InvalidInput, NoRecord, NoRule
from portledger.domain.hashing import sha256
from portledger.domain.kinds import KindFile
from portledger.domain.parties import Account
from portledger.domain.records import Control
from portledger.domain.refusals import NotFound
from portledger.domain.signatures import split
from portledger.domain.table import Rule
from portledger.formats import api_json as wire
from portledger.formats.document import Document
from portledger.sdk import acts, content_rules
from portledger.sdk.errors import NoGrant, NotInspected
from portledger.sdk.granting import Given, Granting
from portledger.sdk.opening import fetch_manifest
from portledger.sdk.signing import Prepared, Unsigned
from portledger.vault import details
from portledger.vault.contents import SealedContent, carry, seal_content, seal_next
from portledger.vault.details import SealedDetail
from portledger.vault.inspection import Inspection
from portledger.vault.manifest import Place
from portledger.vault.references import filing_reference, normal_number

WAIT_SECONDS: Final = 60.0
_TITLE_FAMILIES: Final = frozenset({1, 2})
"""Families whose numbers are turned into references by the reference key; others use a salt (docs/protocol §10)."""


@dataclass(frozen=True, slots=True)
class Done:
    """An act that is final. document, digest: 64 hex; head: the record's new head (notes: of the notes)."""

    document: str
    verb: str
    digest: str
    status: wire.ActionStatus
    missing: int = 0
    """Signatures of other officers without which it is not sent: it waits for them (collecting.py)."""


class Session(Granting):
    """One party at one gateway: looking (reading.py), granting (granting.py), and acting."""

    # --- acting ----------------------------------------------------------------------------------------------------

    def act(
        self,
        document: str,
        verb: str,
        *,
        counterparty: int | None = None,
        endorsee: int | None = None,
        quantity: int | None = None,
        detail: Mapping[str, Any] | None = None,
        values: Mapping[str, Any] | None = None,
        reference: bytes = ZERO,
        previous: bytes | None = None,
        deadline: int | None = None,
        readers: Iterable[int] = (),
        inspected: Inspection | None = None,
        wait: bool = True,
    ) -> Done:
        """Any act on an existing record; the verbs below are its shortcuts.

        values: every dataset's new value, for acts that write content; detail: members as the kind lists them;
        previous: the head that the act extends (default: the present one); readers: further parties for the detail's
        key; inspected: acts that take possession need it, and extend its head. Raises NoRule, NotInspected and every
        error of the ledger and the gateway.
        """
        unsigned = self.unsigned(
            document, verb, counterparty=counterparty, endorsee=endorsee, quantity=quantity, detail=detail,
            values=values, reference=reference, previous=previous, deadline=deadline, readers=readers,
            inspected=inspected,
        )  # fmt: skip
        return self.finish(unsigned, wait=wait)

    def finish(self, unsigned: Unsigned, *, wait: bool = True) -> Done:
        """Signs with the wallet's keys, and sends."""
        return self.send(self.sign(unsigned), wait=wait)

    def prepare(
        self,
        document: str,
        verb: str,
        *,
        counterparty: int | None = None,
        endorsee: int | None = None,
        quantity: int | None = None,
        detail: Mapping[str, Any] | None = None,
        values: Mapping[str, Any] | None = None,
        reference: bytes = ZERO,
        previous: bytes | None = None,
        deadline: int | None = None,
        readers: Iterable[int] = (),
        inspected: Inspection | None = None,
    ) -> Prepared:
        """Signs an act with the wallet's keys, without sending it."""
        unsigned = self.unsigned(
            document, verb, counterparty=counterparty, endorsee=endorsee, quantity=quantity, detail=detail,
            values=values, reference=reference, previous=previous, deadline=deadline, readers=readers,
            inspected=inspected,
        )  # fmt: skip
        return self.sign(unsigned)

    def unsigned(
        self,
        document: str,
        verb: str,
        *,
        counterparty: int | None = None,
        endorsee: int | None = None,
        quantity: int | None = None,
        detail: Mapping[str, Any] | None = None,
        values: Mapping[str, Any] | None = None,
        reference: bytes = ZERO,
        previous: bytes | None = None,
        deadline: int | None = None,
        readers: Iterable[int] = (),
        inspected: Inspection | None = None,
    ) -> Unsigned:
        """An act that is whole but for its signatures."""
        record = self.client.document(document)
        control = self.control(document) if detail is not None else wire.control_of(record)
        kind = self.kind(record.kind)
        number = kind.verb(verb).number
        rule = kind.rule(control.state, number)
        if rule is None:
            raise NoRule(kind=kind.number, state=control.state, verb=number)
        if rule.effects & Effect.TAKE:
            previous = self._inspected(inspected, document)
        terms = acts.terms(rule, control, counterparty=counterparty, endorsee=endorsee, quantity=quantity)
        content = self._next_content(document, values) if rule.writes_content else None
        identity = bytes.fromhex(document)
        named = {terms.counterparty, terms.endorsee, *readers}
        box = self._sealed_detail(
            self.place(identity, kind.number), kind, verb, detail, acts.parties_of(control) | named
        )
        action = Action(
            kind=kind.number,
            verb=number,
            document=identity,
            previous=previous if previous is not None else bytes.fromhex(record.head),
            actor=self.party,
            epoch=0,
            deadline=deadline if deadline is not None else self._deadline(),
            content=content.manifest.digest() if content else ZERO,
            document_reference=reference,
            detail=box.digest if box else ZERO,
            counterparty=terms.counterparty,
            endorsee=terms.endorsee,
            quantity=terms.quantity,
        )
        return self._unsigned(action, kind, verb, rule, control, content, box)

    def _inspected(self, inspection: Inspection | None, document: str) -> bytes:
        """The head on which this party inspected the document. Raises NotInspected (docs/protocol §13, G4)."""
        if not isinstance(inspection, Inspection):
            raise NotInspected(f"a {type(inspection).__name__}", "what inspect() made")
        if inspection.recipient != self.party:
            raise NotInspected(f"an inspection by party {inspection.recipient}", f"one by party {self.party}")
        place = self.place(bytes.fromhex(document), inspection.place.kind)
        if inspection.place != place:
            raise NotInspected(f"an inspection of {inspection.place.members()}", str(place.members()))
        return inspection.head

    def _unsigned(
        self,
        action: Action,
        kind: KindFile,
        verb: str,
        rule: Rule,
        before: Control,
        content: SealedContent | None,
        box: SealedDetail | None,
    ) -> Unsigned:
        me = self.me()
        return Unsigned(
            action=replace(action, epoch=me.epoch),
            domain=self.domain,
            verb=verb,
            kind=kind,
            before=before,
            scope=rule.scope,
            needed=me.threshold if rule.critical else 1,
            accounts=accounts_of(me),
            content=content,
            detail=box,
            attachments=content_rules.files(kind, content.opened) if content else (),
        )

    def sign(self, unsigned: Unsigned, signatures: Sequence[bytes] = ()) -> Prepared:
        """The act with signatures made elsewhere, 65 bytes each, and the wallet's own for those that still lack.

        Raises SignaturesRefused, ScopeMissing for the ones given, KeyMissing when the wallet cannot make the rest.
        """
        given = {unsigned.signer(one) for one in signatures}
        left = {address: account for address, account in unsigned.accounts.items() if address not in given}
        lacking = max(0, unsigned.needed - len(signatures))
        own = self.wallet.signers(left, unsigned.scope, lacking) if lacking else []
        return unsigned.signed([*signatures, *split(self.wallet.sign(unsigned.digest, own))])

    def _sealed_detail(
        self, place: Place, kind: KindFile, verb: str, members: Mapping[str, Any] | None, parties: Iterable[int]
    ) -> SealedDetail | None:
        """The detail, sealed to everybody whom the act concerns. Raises InvalidInput for members the kind lacks."""
        if members is None:
            return None
        acts.check_detail(kind, verb, members)
        concerned = sorted({*parties, self.party} - {0, BEARER})
        return details.seal_detail(place, details.make_detail(members), [self._recipient(party) for party in concerned])

    def send(self, prepared: Prepared, *, wait: bool = True) -> Done:
        """Uploads what is sealed, submits, waits until final, and gives the keys to whom they belong now."""
        for blob in prepared.content.blobs.values() if prepared.content else ():
            self.client.put_blob(blob)
        if prepared.detail is not None:
            self.client.put_blob(prepared.detail.blob)
        status = self.client.submit(self.request(prepared))
        document = prepared.signed.action.document.hex()
        done = Done(document, prepared.verb, prepared.digest.hex(), status)
        if not wait:
            return done
        status = self._until_final(prepared.digest.hex())
        self._give_keys(prepared)
        return replace(done, status=status)

    def _until_final(self, digest: str) -> wire.ActionStatus:
        return self.client.until_final(digest, WAIT_SECONDS)

    def request(self, prepared: Prepared) -> wire.SubmitRequest:
        """What goes to the gateway; may be sent again, or by anybody else."""
        detail = prepared.detail
        return wire.SubmitRequest(
            action=wire.signed_action_json(prepared.signed),
            manifest=prepared.content.manifest.members() if prepared.content else None,
            details=wire.DetailsJson(detail_blob=detail.blob_sha256.hex()) if detail else None,
            attachments=list(prepared.attachments),
            chain_id=self.ledger.chain_id,
            ledger=self.ledger.ledger,
        )

    def now(self) -> int:
        """Unix seconds by this session's clock."""
        return int(self._clock())

    def _deadline(self) -> int:
        return self.now() + self._deadline_seconds

    # --- contents --------------------------------------------------------------------------------------------------

    def new_document(
        self,
        document: Document,
        *,
        counterparty: int | None = None,
        endorsee: int | None = None,
        detail: Mapping[str, Any] | None = None,
        number: str | None = None,
        deadline: int | None = None,
        carry_from: str | Sequence[str] | None = None,
        salt: bytes | None = None,
    ) -> Done:
        """Seals a document and creates its record by the kind's one creating verb: ISSUE, APPLY or SUBMIT.

        number: default the document's own; carry_from: documents (64 hex) whose equal values keep their salts here, so
        that a presentation can prove them equal unseen; salt: 16 bytes for the reference of a filing: the same salt and
        number make the same record, so what is sent twice exists once. Raises KeyMissing when the family needs a
        reference key.
        """
        unsigned = self.unsigned_new(
            document, counterparty=counterparty, endorsee=endorsee, detail=detail, number=number, deadline=deadline,
            carry_from=carry_from, salt=salt,
        )  # fmt: skip
        return self.finish(unsigned)

    def prepare_new(
        self,
        document: Document,
        *,
        counterparty: int | None = None,
        endorsee: int | None = None,
        detail: Mapping[str, Any] | None = None,
        number: str | None = None,
        deadline: int | None = None,
        carry_from: str | Sequence[str] | None = None,
        salt: bytes | None = None,
    ) -> Prepared:
        """Seals a new document and signs it with the wallet's keys, without sending it."""
        unsigned = self.unsigned_new(
            document, counterparty=counterparty, endorsee=endorsee, detail=detail, number=number, deadline=deadline,
            carry_from=carry_from, salt=salt,
        )  # fmt: skip
        return self.sign(unsigned)

    def unsigned_new(
        self,
        document: Document,
        *,
        counterparty: int | None = None,
        endorsee: int | None = None,
        detail: Mapping[str, Any] | None = None,
        number: str | None = None,
        deadline: int | None = None,
        carry_from: str | Sequence[str] | None = None,
        salt: bytes | None = None,
    ) -> Unsigned:
        """A new document, sealed, whose creating act is whole but for its signatures."""
        kind = self.kind(document.kind)
        verb, rule = creating(kind)
        reference, shown = self._reference(kind, number or document.number, salt)
        identity = document_id(kind.number, self.party, reference)
        complete = document.on_ledger(kind, self.ledger.chain_id, self.domain.ledger).extended(kind, shown)
        complete = content_rules.numbered(kind, complete, number or document.number)
        content_rules.check(kind, complete.datasets, certified=kind.family != content_rules.CERTIFICATES)
        carried = self._carried(complete, [carry_from] if isinstance(carry_from, str) else carry_from or [])
        content = seal_content(
            self.place(identity, kind.number), [one.name for one in kind.datasets], complete.datasets, carried
        )
        terms = acts.terms(rule, Control(), counterparty=counterparty, endorsee=endorsee)
        box = self._sealed_detail(content.manifest.place, kind, verb, detail, {terms.counterparty, terms.endorsee})
        action = Action(
            kind=kind.number,
            verb=kind.verb(verb).number,
            document=identity,
            previous=ZERO,
            actor=self.party,
            epoch=0,
            deadline=deadline if deadline is not None else self._deadline(),
            content=content.manifest.digest(),
            document_reference=reference,
            detail=box.digest if box else ZERO,
            counterparty=terms.counterparty,
            endorsee=terms.endorsee,
        )
        return self._unsigned(action, kind, verb, rule, Control(), content, box)

    def _carried(self, document: Document, sources: Sequence[str]) -> dict[str, dict[str, bytes]] | None:
        """The salts to take over, from the first source that has the same value at the same place."""
        found: dict[str, dict[str, bytes]] = {}
        for source in sources:
            for name, salts in carry(document.datasets, self.open(source).opened).items():
                found[name] = {**salts, **found.get(name, {})}
        return found or None

    def new_id(self, kind: KindFile, number: str, salt: bytes) -> str:
        """The record (64 hex) that a new document of this number and salt makes. Raises like prepare_new."""
        return document_id(kind.number, self.party, self._reference(kind, number, salt)[0]).hex()

    def exists(self, document: str) -> bool:
        """Whether the gateway knows a record of this id (64 hex)."""
        try:
            self.client.document(document)
        except (NoRecord, NotFound):
            return False
        return True

    def named_by_key(self, kind: KindFile) -> bool:
        """Whether this party's numbers of such documents give the same record every time, without a salt."""
        return kind.family in _TITLE_FAMILIES and (kind.family == 1 or self.wallet.keys.reference is not None)

    def _reference(self, kind: KindFile, number: str, salt: bytes | None = None) -> tuple[bytes, dict[str, str]]:
        """(reference, what shows in the sealed header that the number gives it) (docs/protocol §10)."""
        if self.named_by_key(kind):
            signature = self.wallet.reference.sign(kind.family, self.party, number)
            return sha256(signature), {"ext:/referenceSignature": signature.hex()}
        salt = salt or os.urandom(16)
        return filing_reference(salt, kind.family, self.party, normal_number(number)), {
            "ext:/referenceSalt": salt.hex()
        }

    def _next_content(self, document: str, values: Mapping[str, Any] | None) -> SealedContent:
        """The next version. Its author must be able to read all of the present one: else it could not keep the rest."""
        now = self.open(document)
        if now.closed:
            raise NoGrant(
                f"no grant of {', '.join(now.closed)}", "grants of every dataset of the version that is replaced"
            )
        following = {**now.values(), **(values or {})}
        kind = self.kind(now.kind)
        numbered = "certificateNumber" in following.get("header", {})
        content_rules.check(kind, following, certified=numbered or kind.family != content_rules.CERTIFICATES)
        return seal_next(now.manifest, now.opened, following)

    def kept(self, document: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """New values, with what the ledger's own fields said before (the ledger's name, reference, files) kept."""
        now = self.open(document)
        merged = {name: dict(value) for name, value in values.items()}
        for dataset in self.kind(now.kind).datasets:
            before = now.values().get(dataset.name, {})
            for item, path in dataset.fields.items():
                if path.startswith("ext:") and item in before:
                    merged.setdefault(dataset.name, {}).setdefault(item, before[item])
        return merged

    def _give_keys(self, prepared: Prepared) -> None:
        """After an act: the content's keys to whom it brought in (new content: to everybody concerned)."""
        self._give_keys_in(prepared, self._after(prepared))

    def _give_keys_in(self, prepared: Prepared, now: Control, given: Given = frozenset()) -> None:
        """now: the record as it is; given: what need not be given again."""
        document = prepared.signed.action.document.hex()
        if prepared.content is not None:
            everybody = acts.parties_of(now) | {self.party}
            self._grant(document, now, prepared.content.manifest, prepared.content.keys, everybody, given)
        arrived = acts.parties_of(now) - acts.parties_of(prepared.before) - {self.party}
        if arrived and prepared.before != Control():
            manifest = fetch_manifest(self.client, document)
            self._grant(document, now, manifest, self._held(document, manifest), arrived, given)

    def _after(self, prepared: Prepared) -> Control:
        """The record once an act is final: of a new document by the rules, of another by its verified history. Where
        even the gateway says that nobody gets keys, its word is enough."""
        action, before = prepared.signed.action, prepared.before
        if before == Control():
            return effects(action, prepared.kind.rows[before.state, action.verb], before)
        told = wire.control_of(self.client.document(action.document.hex()))
        gives = prepared.content is not None or acts.parties_of(told) - acts.parties_of(before) - {self.party}
        return self.control(action.document.hex()) if gives else told


def accounts_of(party: wire.PartyJson) -> dict[bytes, Account]:
    """A party's accounts by address, as the ledger packs them."""
    return {
        wire.address(item.account, "$.account"): Account(party.party, item.added_at, item.removed_at, item.scope)
        for item in party.accounts
    }


def creating(kind: KindFile) -> tuple[str, Rule]:
    """The kind's creating verb and its row. Raises InvalidInput unless there is exactly one."""
    rows = [(verb, rule) for (state, verb), rule in kind.rows.items() if state == 0]
    if len(rows) != 1:
        raise InvalidInput(f"kind {kind.id}", f"{len(rows)} creating verbs", "one", "Use prepare with the verb's name.")
    return kind.verb_name(rows[0][0]), rows[0][1]
