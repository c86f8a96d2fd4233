"""Who may see what, and the answers: from the database alone, never from the chain.

A party sees the documents that it is or was a party to, and those of which somebody granted it a dataset. It fetches a
dataset's ciphertext when it is, or once was, one of the kind's readers of that dataset by role or by relation, or when
it was granted. Auditors see every record and history, and no content.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, func, select

from portledger.domain.codes import BEARER, PartyAct, Role
from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import KindFile
from portledger.domain.parties import Change, Party
from portledger.domain.records import Control
from portledger.domain.refusals import NotFound
from portledger.domain.signatures import recover, split
from portledger.formats import api_json as wire
from portledger.services import blob_uses, waiting
from portledger.services.ledger import Ledger
from portledger.store import read_model
from portledger.store.read_model import Document, Entry, Track
from portledger.store.tables import details, encryption_keys, grants, manifests, profiles

MAX_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. roles: the party's mask at this moment."""

    party: int
    roles: int

    @property
    def auditor(self) -> bool:
        return bool(self.roles & Role.AUDITOR)


def viewer(connection: Connection, party: int) -> Viewer:
    found = read_model.party(connection, party)
    return Viewer(party, found.word.roles if found else 0)


class Query:
    """The read side of one ledger. Every method raises NotFound for what the viewer may not know of."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._intake, self._read = ledger.databases.intake, ledger.databases.ledger

    def viewer(self, party: int) -> Viewer:
        with self._read.connect() as connection:
            return viewer(connection, party)

    # --- documents --------------------------------------------------------------------------------------------------

    def documents(
        self,
        who: Viewer,
        *,
        party: int | None = None,
        state: str | None = None,
        kind: int | None = None,
        progress: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> wire.DocumentsPage:
        """The newest first. Others than auditors see their own whatever `party` says."""
        limit = max(1, min(limit, MAX_PAGE))
        wanted = party if who.auditor else who.party
        before = None if cursor is None else _number(cursor)
        if not who.auditor and party not in (None, who.party):
            return wire.DocumentsPage(items=[], next=None)
        with self._read.connect() as connection:
            found = read_model.list_documents(
                connection,
                party=wanted,
                kind=kind,
                states=self._states(state, progress),
                before=before,
                limit=limit + 1,
            )
        more = len(found) > limit
        shown = found[:limit]
        return wire.DocumentsPage(
            items=[self._document_json(one) for one in shown], next=str(shown[-1].created) if more else None
        )

    def _states(self, state: str | None, progress: str | None) -> list[tuple[int, int]] | None:
        if state is None and progress is None:
            return None
        return [
            (kind.number, one.number)
            for kind in self._ledger.kinds.values()
            for name, one in kind.states.items()
            if state in (None, name) and progress in (None, one.progress)
        ]

    def document(self, who: Viewer, document: bytes) -> wire.DocumentJson:
        with self._read.connect() as connection:
            return self._document_json(self._visible(connection, who, document))

    def history(self, who: Viewer, document: bytes) -> wire.History:
        with self._read.connect() as connection:
            record = self._visible(connection, who, document)
            entries = read_model.entries(connection, document)
        sealed = self._details(entries)
        kind = self._ledger.kinds.get(record.control.kind)
        return wire.History(
            document=document.hex(),
            kind=record.control.kind,
            entries=[entry_json(entry, kind, sealed.get(entry.digest)) for entry in entries],
        )

    def manifest(self, who: Viewer, document: bytes, version: int | None) -> wire.ManifestJson:
        """The manifest of one version, by default of the newest that the ledger has."""
        with self._read.connect() as connection:
            record = self._visible(connection, who, document)
            entries = read_model.entries(connection, document)
        wanted = record.control.version if version is None else version
        content = content_of_version(entries, wanted)
        with self._intake.connect() as connection:
            body = connection.execute(select(manifests.c.body).where(manifests.c.content == content)).scalar()
        if content is None or body is None:
            raise NotFound(
                f"version {wanted} of document {document.hex()}", f"a version up to {record.control.version}"
            )
        return wire.ManifestJson(
            document=document.hex(), version=wanted, content=content.hex(), manifest=msgspec.json.decode(body)
        )

    def grants(self, who: Viewer, document: bytes) -> wire.GrantsAnswer:
        """The grants to the viewer, oldest first."""
        with self._intake.connect() as connection:
            rows = connection.execute(
                select(
                    grants.c.dataset, grants.c.sealed_version, grants.c.sealed, grants.c.granter, grants.c.created_at
                )
                .where(grants.c.document == document, grants.c.recipient == who.party)
                .order_by(grants.c.id)
            ).all()
        if not rows:
            with self._read.connect() as connection:
                self._visible(connection, who, document)
        return wire.GrantsAnswer(
            items=[
                wire.GrantJson(
                    dataset=dataset,
                    sealed_version=sealed_version,
                    recipient=who.party,
                    sealed=wire.base64_text(sealed),
                    document=document.hex(),
                    granter=granter,
                    created_at=int(created_at),
                )
                for dataset, sealed_version, sealed, granter, created_at in rows
            ]
        )

    def disclosures(self, who: Viewer, document: bytes) -> wire.DisclosuresAnswer:
        """Every grant that one party made to another, each once, oldest first, without the keys.

        Who is or was a party to the document sees them all, and so do auditors; who was only granted something sees
        what went to itself.
        """
        with self._read.connect() as connection:
            record = self._visible(connection, who, document)
            everything = who.auditor or self._involved(connection, who, record)
        columns = (grants.c.dataset, grants.c.sealed_version, grants.c.granter, grants.c.recipient)
        first = func.min(grants.c.created_at)
        query = select(*columns, first).where(grants.c.document == document, grants.c.granter != grants.c.recipient)
        if not everything:
            query = query.where(grants.c.recipient == who.party)
        with self._intake.connect() as connection:
            rows = connection.execute(query.group_by(*columns).order_by(first, *columns)).all()
        return wire.DisclosuresAnswer(items=[wire.DisclosureJson(*row[:4], int(row[4])) for row in rows])

    def require_blob(self, who: Viewer, sha256: bytes) -> None:
        """Raises NotFound unless the viewer may fetch the blob.

        A blob belongs to the document that named it first on the ledger: whoever learns a digest may name it in a
        document of its own, and gets nothing by that. One that no document has named belongs to whose waiting act
        lists it: its officers look at it before they sign.
        """
        claimed = False
        named, created = self._naming(sha256)
        for document in sorted(created, key=lambda one: created[one]) or sorted(named):
            datasets = self._uses(document, sha256)
            if any(self._may_fetch(who, document, dataset) for dataset in datasets):
                return
            claimed = claimed or bool(datasets)
            if datasets and created:
                break
        if not claimed and waiting.lists(self._intake, who.party, sha256, time.time()):
            return
        raise NotFound(f"blob {sha256.hex()}", "a blob of a document that you may read")

    # Each question has a connection of its own, given back before the next is asked: whoever holds one and waits for
    # another would keep it from those who hold the other and wait for this.

    def _naming(self, sha256: bytes) -> tuple[set[bytes], dict[bytes, int]]:
        """(documents that may use a blob, of those on the ledger the position where they were created)."""
        with self._intake.connect() as connection:
            named = blob_uses.candidates(connection, sha256)
        if not named:
            return named, {}
        with self._read.connect() as connection:
            return named, _created(connection, named)

    def _uses(self, document: bytes, sha256: bytes) -> set[str]:
        """The datasets as which a document uses a blob."""
        with self._intake.connect() as connection:
            return {dataset for _, dataset in blob_uses.within(connection, document, [sha256])}

    def _may_fetch(self, who: Viewer, document: bytes, dataset: str) -> bool:
        if self._granted(who.party, document, dataset or None):
            return True
        with self._read.connect() as connection:
            record = read_model.document(connection, document)
            if record is None or not self._involved(connection, who, record):
                return False
            if not dataset:
                return True
            kind = self._ledger.kinds.get(record.control.kind)
            return kind is not None and self._reads(connection, who, record, kind, dataset)

    def _reads(self, connection: Connection, who: Viewer, record: Document, kind: KindFile, dataset: str) -> bool:
        """Whether the viewer is, or at any moment was, one of the dataset's readers by role or by relation."""
        roles = set(Role(who.roles & (1 << 19) - 1).names())
        for entry in read_model.entries(connection, record.document):
            control = Control.unpack(int.from_bytes(entry.control, "big"))
            if (roles | relations(who.party, control)) & _readers(kind, dataset, control.state):
                return True
        return False

    def _granted(self, party: int, document: bytes, dataset: str | None) -> bool:
        query = select(grants.c.id).where(grants.c.document == document, grants.c.recipient == party)
        if dataset is not None:
            query = query.where(grants.c.dataset == dataset)
        with self._intake.connect() as connection:
            return connection.execute(query.limit(1)).first() is not None

    def _involved(self, connection: Connection, who: Viewer, record: Document) -> bool:
        return read_model.involved(connection, who.party, record.created)

    def _visible(self, connection: Connection, who: Viewer, document: bytes) -> Document:
        record = read_model.document(connection, document)
        if record is not None and (
            who.auditor or self._involved(connection, who, record) or self._granted(who.party, document, None)
        ):
            return record
        raise NotFound(f"document {document.hex()}", "a document that your party is or was a party to")

    def visible(self, who: Viewer, document: bytes) -> Document:
        """The record. Raises NotFound when the viewer may not know of it."""
        with self._read.connect() as connection:
            return self._visible(connection, who, document)

    def involved(self, who: Viewer, document: bytes) -> bool:
        with self._read.connect() as connection:
            record = read_model.document(connection, document)
            return record is not None and self._involved(connection, who, record)

    def kind_of(self, document: bytes) -> KindFile | None:
        with self._read.connect() as connection:
            record = read_model.document(connection, document)
        return self._ledger.kinds.get(record.control.kind) if record else None

    def _details(self, entries: Sequence[Entry]) -> dict[bytes, bytes]:
        """act's digest -> blob of its sealed detail."""
        wanted = [entry.digest for entry in entries if entry.signed is not None and any(entry.detail)]
        found: dict[bytes, bytes] = {}
        with self._intake.connect() as connection:
            for at in range(0, len(wanted), 500):
                rows = connection.execute(select(details).where(details.c.digest.in_(wanted[at : at + 500])))
                found.update({row[0]: row[1] for row in rows})
        return found

    def _document_json(self, one: Document) -> wire.DocumentJson:
        kind = self._ledger.kinds.get(one.control.kind)
        return wire.document_json(
            one.document,
            one.control,
            one.head,
            one.notes_head,
            kind_id=kind.id if kind else "",
            state=kind.state_name(one.control.state) if kind else str(one.control.state),
            progress=kind.progress(one.control.state) if kind else "",
            frozen_until=one.frozen_until,
            created_at=one.created_at,
            updated_at=one.updated_at,
        )

    # --- parties ----------------------------------------------------------------------------------------------------

    def parties(self, cursor: str | None, limit: int) -> wire.PartiesPage:
        limit = max(1, min(limit, MAX_PAGE))
        with self._read.connect() as connection:
            found = read_model.list_parties(connection, 0 if cursor is None else _number(cursor), limit + 1)
        return wire.PartiesPage(
            items=[
                wire.PartySummary(
                    party=one.party,
                    roles=one.word.roles,
                    role_names=one.word.role_names(),
                    epoch=one.word.epoch,
                    locked=one.word.locked,
                    suspended_until=one.word.suspended_until,
                    profile=one.profile.hex(),
                    encryption_key=one.encryption_key.hex(),
                )
                for one in found[:limit]
            ],
            next=str(found[limit - 1].party) if len(found) > limit else None,
        )

    def party(self, number: int, now: int) -> wire.PartyJson:
        with self._read.connect() as connection:
            one = read_model.party(connection, number)
            if one is None:
                raise _no_party(number)
            accounts = read_model.accounts_of(connection, number)
            changes = read_model.changes_of(connection, number)
        word: Party = one.word
        return wire.PartyJson(
            party=number,
            roles=word.roles,
            role_names=word.role_names(),
            epoch=word.epoch,
            threshold=word.threshold,
            suspended_until=word.suspended_until,
            full_accounts=word.accounts,
            locked=word.locked,
            recovery_barred=word.recovery_barred,
            unlocks=word.unlocks,
            profile=one.profile.hex(),
            encryption_key=one.encryption_key.hex(),
            nonce=one.nonce,
            head=one.head.hex(),
            word=f"{word.pack():064x}",
            accounts=[
                wire.AccountJson(
                    account=wire.address_text(address),
                    scope=account.scope,
                    added_at=account.added_at,
                    removed_at=account.removed_at,
                )
                for address, account in accounts
            ],
            open_changes=[change_json(change_id, change) for change_id, change in changes if change.open(now)],
        )

    def party_log(self, number: int) -> wire.PartyLog:
        with self._read.connect() as connection:
            entries = read_model.party_entries(connection, number)
        if not entries:
            raise _no_party(number)
        return wire.PartyLog(
            entries=[
                wire.PartyLogEntry(
                    digest=one.digest.hex(),
                    party_word=one.word.hex(),
                    profile=one.profile.hex(),
                    encryption_key=one.encryption_key.hex(),
                    account_word=one.account_word.hex(),
                    signers=one.signers.hex(),
                    head=one.head.hex(),
                    call=one.call.hex(),
                    block=one.block,
                    time=one.time,
                    transaction=one.tx.hex(),
                )
                for one in entries
            ]
        )

    def profile(self, number: int) -> tuple[bytes, bytes]:
        """(digest, canonical JSON) of the profile that the ledger names now."""
        return self._by_digest(number, "profile")

    def encryption_key(self, number: int) -> wire.EncryptionKeyJson:
        digest, raw = self._by_digest(number, "encryption key")
        return wire.EncryptionKeyJson(party=number, encryption_key=wire.base64_text(raw), digest=digest.hex())

    def _by_digest(self, number: int, what: str) -> tuple[bytes, bytes]:
        with self._read.connect() as connection:
            one = read_model.party(connection, number)
        if one is None:
            raise _no_party(number)
        digest = one.profile if what == "profile" else one.encryption_key
        column: Any = profiles.c.body if what == "profile" else encryption_keys.c.raw
        key: Any = profiles.c.digest if what == "profile" else encryption_keys.c.digest
        with self._intake.connect() as connection:
            body = connection.execute(select(column).where(key == digest)).scalar()
        if body is None:
            raise NotFound(f"no {what} with digest {digest.hex()}", f"a {what} that its party has sent here")
        return digest, bytes(body)

    # --- kinds and the ledger ---------------------------------------------------------------------------------------

    def kinds(self) -> list[wire.KindSummary]:
        """The kinds that the ledger has and this installation ships, table for table."""
        with self._read.connect() as connection:
            defined = read_model.defined_kinds(connection)
        return [
            wire.KindSummary(kind=number, id=kind.id, kind_digest=kind.kind_digest.hex(), title=dict(kind.title))
            for number, kind in sorted(self._ledger.kinds.items())
            if defined.get(number) == kind.kind_digest
        ]

    def confirmed(self) -> read_model.Block | None:
        with self._read.connect() as connection:
            return read_model.confirmed(connection)


def _created(connection: Connection, documents: Iterable[bytes]) -> dict[bytes, int]:
    """document -> the position in which the ledger got it, of those that it has."""
    found = read_model.documents_by_id(connection, list(documents))
    return {document: record.created for document, record in found.items()}


@lru_cache(maxsize=4096)
def _readers(kind: KindFile, dataset: str, state: int) -> frozenset[str]:
    return frozenset(kind.readers_of(dataset, state) if dataset in {one.name for one in kind.datasets} else ())


def relations(party: int, control: Control) -> set[str]:
    """What the party is to the record, in the words of a kind's readers. Under BEARER the possessor is endorsee too."""
    named = {
        "issuer": control.issuer,
        "possessor": control.possessor,
        "endorsee": control.possessor if control.endorsee == BEARER else control.endorsee,
        "offeree": control.offeree,
    }
    return {name for name, one in named.items() if one == party}


def content_of_version(entries: Sequence[Entry], version: int) -> bytes | None:
    """The digest that the act wrote which led to this version."""
    for entry in entries:
        if entry.track != Track.CONTROL or entry.signed is None or not any(entry.signed.action.content):
            continue
        if Control.unpack(int.from_bytes(entry.control, "big")).version == version:
            return entry.signed.action.content
    return None


def entry_json(entry: Entry, kind: KindFile | None, detail_blob: bytes | None) -> wire.HistoryEntry:
    control = Control.unpack(int.from_bytes(entry.control, "big"))
    signed = entry.signed
    return wire.HistoryEntry(
        track=entry.track.word,
        digest=entry.digest.hex(),
        head=entry.head.hex(),
        control=entry.control.hex(),
        block=entry.block,
        time=entry.time,
        transaction=entry.tx.hex(),
        index=entry.position & 0xF_FFFF,
        verb_name=kind.verb_name(signed.action.verb) if kind and signed else None,
        state=kind.state_name(control.state) if kind else None,
        action=wire.signed_action_json(signed) if signed else None,
        signers=[wire.address_text(_signer(entry.digest, one)) for one in split(signed.signatures)] if signed else [],
        details=wire.DetailsJson(detail_blob=detail_blob.hex()) if detail_blob else None,
        until=entry.until,
        reason=entry.detail.hex() if entry.track == Track.FREEZE else None,
        sender=wire.address_text(entry.sender) if entry.sender else None,
    )


_signer = lru_cache(maxsize=16_384)(recover)
"""A recovery takes 60 us, and a history is read more than once."""


def change_json(change_id: bytes, change: Change) -> wire.ChangeJson:
    return wire.ChangeJson(
        change_id=change_id.hex(),
        party=change.party,
        what=int(change.what),
        what_name=PartyAct(change.what).name,
        source=int(change.source),
        value=change.value.hex(),
        proposed_at=change.proposed_at,
        ready_at=change.ready_at,
        dead=change.dead,
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise InvalidInput("cursor", repr(text[:40]), "the `next` of a page")
    return int(text)


def _no_party(number: int) -> NotFound:
    name = "BEARER" if number == BEARER else str(number)
    return NotFound(f"party {name}", "a registered party")
