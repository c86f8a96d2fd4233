"""Evidence files made here, and the proofs that they need: kept before the node forgets the states they are about.

A file is of one block: the newest of which a proof is kept and after which nothing happened to the record, or else the
newest that the read model has, of which the node is asked. Whatever happened later (to the logs of parties, say) is
left out. The gateway decides who may ask; nothing that it does not hold is in a file, and nothing of it is opened.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, select

from portledger import resources
from portledger.chain.contract import LedgerContract
from portledger.chain.rpc import ChainError, Rpc, tag, unhexed
from portledger.domain.codes import ZERO, Power
from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import NotFound, Unavailable
from portledger.domain.vault_errors import NotCanonical
from portledger.domain.verification_errors import VerificationError
from portledger.evidence import bundle, making, slots, trie
from portledger.evidence.block_json import header_of
from portledger.evidence.bundle import MAX_STAMPS
from portledger.evidence.headers import Engine, Header
from portledger.evidence.history import Act, Freeze, PartyEntry
from portledger.services.ledger import Ledger
from portledger.services.seal_path import SealPath
from portledger.store import proofs, read_model, stamps
from portledger.store.proofs import KeptProof, ProvenBlock
from portledger.store.read_model import Block, Document, Entry, Track
from portledger.store.tables import manifests, profiles
from portledger.vault import canonical

_NO_PROOF: Final = (ChainError, VerificationError, InvalidInput)
"""What comes of a node that does not give a proof, or gives something else."""
MAX_SLOTS: Final = 1024
"""Asked of the node in one call: what the strictest engine takes."""
_TRIES: Final = 3
_REMEDY: Final = (
    "Try again later, or ask a node that keeps old states; a kept proof serves as soon as the record rests again."
)


@dataclass(frozen=True, slots=True)
class _Told:
    """What the read model says of one document up to a block."""

    entries: tuple[Act | Freeze, ...]
    notes: tuple[Act, ...]

    @property
    def everything(self) -> tuple[Act | Freeze, ...]:
        return (*self.entries, *self.notes)


@dataclass(frozen=True, slots=True)
class Point:
    """One block: hash and ledger_head of 32 bytes, time in unix seconds."""

    hash: bytes
    number: int
    time: int
    ledger_head: bytes


class Prover:
    """Makes evidence and keeps proofs. engine: how the chain seals its blocks; rpc: of a node that has new states."""

    def __init__(self, ledger: Ledger, rpc: Rpc, engine: Engine | str = Engine.NONE) -> None:
        self._ledger, self._rpc, self._engine = ledger, rpc, Engine(engine)
        self._intake, self._read, self._proofs = (
            ledger.databases.intake, ledger.databases.ledger, ledger.databases.proofs,
        )  # fmt: skip
        self._seals = SealPath(self._proofs, self._engine, ledger.deployment.block, self._headers)

    # --- making -----------------------------------------------------------------------------------------------------

    def evidence(self, document: bytes, form: making.Form, *, newest: bool = False) -> bytes:
        """The evidence file's bytes. document: 32 bytes, of a record that exists; newest: of the newest block, whatever
        is kept.

        Raises NotFound, InvalidInput (this form is not possible), Unavailable (no proof is kept that fits the record,
        and the node gives none).
        """
        failure: Unavailable | VerificationError | NotFound | None = None
        for _ in range(_TRIES):
            try:
                kept = self._fitting(document) if failure is None and not newest else None
                return self._make(document, kept or self._ask_and_keep(document, form.also), form)
            except (Unavailable, VerificationError, NotFound) as wrong:
                # The first time the kept proof may have been older than what is asked for, such as another party's log.
                if failure is not None and not isinstance(wrong, VerificationError):
                    raise
                failure = wrong
        raise Unavailable("proofs that do not fit the record", "a node that agrees with itself", _REMEDY) from failure

    def _fitting(self, document: bytes) -> KeptProof | None:
        """The kept proof, if nothing has happened to the record since."""
        with self._read.connect() as connection:
            record = _record(connection, document)
        with self._proofs.connect() as connection:
            found = proofs.kept(connection, document)
        return found if found is not None and _fits(found, record) else None

    def _make(self, document: bytes, kept: KeptProof, form: making.Form) -> bytes:
        with self._read.connect() as connection:
            story = self._story(connection, document, kept.block.number, form.also)
        proof = making.Proof(
            str(self._engine), kept.block.header, kept.nodes, kept.accounts, self._stamps(kept.block.hash, form),
            self._seals.before(kept.block.number),
        )  # fmt: skip
        # Everything in it has the strict form: made here, taken in that form (manifests), or looked through (profiles).
        return canonical.encode_checked(bundle.to_json(making.make(story, proof, form)))

    def _stamps(self, block: bytes, form: making.Form) -> tuple[bytes, ...]:
        """The tokens of a block that this form shows, the earliest first."""
        with self._proofs.connect() as connection:
            found = stamps.of_block(connection, block)
        return tuple(one.token for one in found if form.shows(one.certificate))[:MAX_STAMPS]

    def _story(self, connection: Connection, document: bytes, until: int, also: Iterable[int]) -> making.Story:
        told = _told(connection, document, until)
        kind = resources.kind(_record(connection, document).control.kind)
        parties = sorted(making.parties_of(told.everything) | set(also))
        logs = {party: _log(connection, party, until) for party in parties}
        return making.Story(
            domain=self._ledger.domain,
            kind=kind,
            source=resources.kind_source(kind.number),
            document=document,
            entries=told.entries,
            notes=told.notes,
            consortium=making.power_entries(_log0(connection, until), self._first_holders()),
            logs=logs,
            profiles=self._profiles({party: log[-1].profile for party, log in logs.items()}),
            manifests=self._manifests(told.entries),
        )

    def _first_holders(self) -> making.Holders:
        with self._proofs.connect() as connection:
            found = proofs.first_holders(connection)
        if found is None:
            raise Unavailable("no word yet of who first held the powers", "one answer of the node", _REMEDY)
        return found

    def _profiles(self, digests: Mapping[int, bytes]) -> dict[int, dict[str, Any] | None]:
        """Those that are held and that a file can hold; a party's odd profile must not spoil everybody's evidence."""
        with self._intake.connect() as connection:
            rows = connection.execute(
                select(profiles.c.digest, profiles.c.body).where(profiles.c.digest.in_(list(digests.values())))
            ).all()
        found = {row[0]: orjson.loads(row[1]) for row in rows if _strict(row[1])}
        return {party: found.get(digest) for party, digest in digests.items()}

    def _manifests(self, entries: Sequence[Act | Freeze]) -> tuple[dict[str, Any], ...]:
        """The newest one, where it is held."""
        written = [one.action.content for one in entries if isinstance(one, Act) and one.action.content != ZERO]
        with self._intake.connect() as connection:
            body = connection.execute(select(manifests.c.body).where(manifests.c.content == written[-1])).scalar()
        return (orjson.loads(body),) if body else ()

    # --- keeping ----------------------------------------------------------------------------------------------------

    def _ask_and_keep(self, document: bytes, also: frozenset[int]) -> KeptProof:
        made = self.keep([document], also)
        if not made:
            raise NotFound(f"document {document.hex()}", "a record on the ledger")
        return made[0]

    def keep(self, documents: Sequence[bytes], also: frozenset[int] = frozenset()) -> list[KeptProof]:
        """Proofs of the newest block that the read model has, of the documents that exist there; kept, and given back.

        also: parties whose logs are proven besides. Raises Unavailable when the node does not give them.
        """
        newest = self.newest()
        return [] if newest is None else self._kept(documents, newest.number, also)

    def newest(self) -> Block | None:
        """The newest block that the read model has."""
        with self._read.connect() as connection:
            return read_model.confirmed(connection)

    def _kept(
        self, documents: Sequence[bytes], number: int, also: frozenset[int] = frozenset(), *, late: bool = False
    ) -> list[KeptProof]:
        try:
            return self._keep(documents, number, also, late=late)
        except _NO_PROOF as failure:
            raise Unavailable(f"no proof from the node ({failure})", "a node that has this state", _REMEDY) from failure

    def _keep(self, documents: Sequence[bytes], number: int, also: frozenset[int], *, late: bool) -> list[KeptProof]:
        """late: the block may not be the newest any more."""
        with self._read.connect() as connection:
            self._learn_first_holders(connection, number)
            wanted = {one: self._wanted(connection, one, number, also) for one in documents}
        asked = {document: one for document, one in wanted.items() if one is not None}
        if not asked:
            return []
        header, account, storage = self._ask(asked.values(), number)
        block = ProvenBlock(header.hash, header.number, header.raw)
        made = [self._proof(one, block, header, account, storage) for one in asked.values()]
        with self._proofs.begin() as connection:
            proofs.lock(connection)
            proofs.keep(connection, stamps.worth_keeping(connection, made, late=late))
        return made

    def _wanted(
        self, connection: Connection, document: bytes, until: int, also: frozenset[int]
    ) -> making.Wanted | None:
        told = _told(connection, document, until)
        if not told.entries:
            return None
        kind = resources.kind(_record(connection, document).control.kind)
        return making.Wanted(
            document,
            kind.number,
            frozenset(making.parties_of(told.everything)) | also,
            frozenset(making.signers_of(told.everything)),
            frozenset(making.claims_of(kind, told.entries)),
            stamped=True,
        )

    def _ask(
        self, wanted: Iterable[making.Wanted], number: int
    ) -> tuple[Header, list[bytes], dict[int, tuple[bytes, ...]]]:
        """(The block's header, nodes of the ledger's account, nodes by slot.)"""
        places = sorted({slot for one in wanted for slot in one.slots().values()})
        return self._ask_slots(places, number)

    @property
    def _block_method(self) -> str:
        """Which call tells all fields of a header."""
        return "kaia_getBlockByNumber" if self._engine == Engine.ISTANBUL else "eth_getBlockByNumber"

    def _headers(self, first: int, last: int) -> list[bytes]:
        """RLP of the headers of these blocks, inclusive. Raises Unavailable where the node does not have one."""
        blocks = self._rpc.batch([(self._block_method, (tag(number), False)) for number in range(first, last + 1)])
        if any(block is None for block in blocks):
            raise Unavailable(f"no blocks {first} to {last} at the node", "the whole chain's headers", _REMEDY)
        return [header_of(self._engine, block).raw for block in blocks]

    def _ask_slots(
        self, places: Sequence[int], number: int
    ) -> tuple[Header, list[bytes], dict[int, tuple[bytes, ...]]]:
        block = self._rpc.call(self._block_method, tag(number), False)
        if block is None:
            raise Unavailable(f"no block {number} at the node", "the read model's newest block", _REMEDY)
        account: list[bytes] = []
        storage: dict[int, tuple[bytes, ...]] = {}
        for at in range(0, len(places), MAX_SLOTS):
            part = places[at : at + MAX_SLOTS]
            answer = self._rpc.proof(self._ledger.deployment.ledger, part, number)
            account = [unhexed(node) for node in answer["accountProof"]]
            for slot, item in zip(part, answer["storageProof"], strict=True):
                storage[slot] = tuple(unhexed(node) for node in item["proof"])
        return header_of(self._engine, block), account, storage

    def _proof(
        self,
        wanted: making.Wanted,
        block: ProvenBlock,
        header: Header,
        account: Sequence[bytes],
        storage: Mapping[int, tuple[bytes, ...]],
    ) -> KeptProof:
        """One document's part of the answer, checked: it leads to the block's state root."""
        raw = dict.fromkeys([*account, *(node for slot in wanted.slots().values() for node in storage[slot])])
        nodes, words = making.needed_nodes(self._ledger.domain, self._engine, header, raw, wanted)
        control, head, notes = (words[name].to_bytes(32, "big") for name in ("control", "head", "notesHead"))
        return KeptProof(wanted.document, block, control, head, notes, wanted.accounts, nodes)

    def _learn_first_holders(self, connection: Connection, number: int) -> None:
        """Asked once: who held the powers before log 0 began."""
        with self._proofs.connect() as kept:
            if proofs.first_holders(kept) is not None:
                return
        contract = LedgerContract(self._rpc, self._ledger.deployment.ledger)
        governor, registrar, guardian = (contract.holder(power, number) for power in Power)
        events = _log0(connection, number)
        found = making.first_holders(events, (governor, registrar, guardian), self._deployers_words())
        with self._proofs.begin() as writing:
            proofs.keep_first_holders(writing, found)

    def _deployers_words(self) -> list[bytes]:
        """What may be addresses among the constructor's arguments, in the block of the deployment."""
        block = self._rpc.block(self._ledger.deployment.block, full=True) or {}
        inputs = [unhexed(one["input"]) for one in block.get("transactions", ()) if not one.get("to")]
        tails = [data[-128:] for data in inputs]
        return [tail[at + 12 : at + 32] for tail in tails for at in (0, 32, 64) if tail[at : at + 12] == bytes(12)]

    # --- for a time stamp -------------------------------------------------------------------------------------------

    def point(self) -> Point:
        """The newest block that the read model has, with the ledgerHead that the node proves there.

        Raises Unavailable when there is none, or the node does not give it or has another.
        """
        newest = self.newest()
        if newest is None:
            raise Unavailable("no block in the read model yet", "a system that runs", "Start `portledger up` first.")
        place = slots.ledger_head()
        try:
            header, account, storage = self._ask_slots([place], newest.number)
            raw = dict.fromkeys([*account, *storage[place]])
            nodes = trie.Nodes(raw)
            root = trie.account(header.state_root, self._ledger.domain.ledger, nodes, self._engine).storage_root
            head = trie.storage(root, place, nodes).to_bytes(32, "big")
        except _NO_PROOF as failure:
            raise Unavailable(f"no proof from the node ({failure})", "a node that has this state", _REMEDY) from failure
        if (header.hash, head) != (newest.hash, newest.ledger_head):
            raise Unavailable(
                f"block {header.hash.hex()} with ledgerHead {head.hex()} at the node",
                f"{newest.hash.hex()} with {newest.ledger_head.hex()}, as the read model has them", _REMEDY,
            )  # fmt: skip
        return Point(header.hash, header.number, header.time, head)

    def without_stamp(self, point: Point, *, everything: bool = False, most: int = 512) -> Iterator[list[bytes]]:
        """The documents of which no proof is kept that a stamp is of and that still fits, `most` at a time.

        everything: all those whose kept proof is not of this very block.
        """
        seen: set[bytes] = set()
        for records in self._touched(most):
            seen.update(found := self._unproven(records, only_ended=False))
            yield found
        with self._proofs.connect() as connection:
            left = stamps.elsewhere(connection, point.hash) if everything else stamps.unstamped(connection)
        left = [one for one in left if one not in seen]
        yield from (left[at : at + most] for at in range(0, len(left), most))

    def _touched(self, most: int) -> Iterator[dict[bytes, Document]]:
        """The records that something happened to since the last nightly round; how far that was stays as it is."""
        with self._proofs.connect() as connection:
            after = proofs.progress(connection).nightly
        while True:
            upto, records = self._part(after, most)
            if upto == after:
                return
            yield records
            after = upto

    def _part(self, after: int, most: int) -> tuple[int, dict[bytes, Document]]:
        """(How far the part goes, its records) of the next part of the history after a position."""
        with self._read.connect() as connection:
            if after > read_model.last_history_position(connection):
                after = -1  # the chain went back: everything is looked at again
            upto, touched = read_model.touched(connection, after, most)
            return upto, read_model.documents_by_id(connection, touched)

    def keep_at(self, point: Point, documents: Sequence[bytes]) -> int:
        """Keeps proofs at a block that is stamped, unless what is kept serves better; how many there are.

        Raises Unavailable when the node does not give them any more.
        """
        return len(self._kept(documents, point.number, late=True))

    # --- rounds -----------------------------------------------------------------------------------------------------

    def keep_ended(self, most: int = 4096) -> int:
        """Keeps proofs of records that came to an end since the last call; how many. Raises Unavailable."""
        return self._round("ended", most, only_ended=True)

    def keep_changed(self, most: int = 4096) -> int:
        """Keeps proofs of all records that changed since the last nightly round; how many. Raises Unavailable."""
        return self._round("nightly", most, only_ended=False)

    def _round(self, which: str, most: int, *, only_ended: bool) -> int:
        """Takes part after part of the history, so that a failure loses nothing and memory stays small."""
        kept = 0
        while True:
            with self._proofs.connect() as connection:
                after: int = getattr(proofs.progress(connection), which)
            upto, records = self._part(after, most)
            wanted = self._unproven(records, only_ended=only_ended)
            if wanted:
                kept += len(self.keep(wanted))
            if upto == after:
                return kept
            with self._proofs.begin() as connection:
                proofs.move(connection, **{which: upto})

    def _unproven(self, records: Mapping[bytes, Document], *, only_ended: bool) -> list[bytes]:
        chosen = [one for one in records.values() if not only_ended or self._ended(one)]
        with self._proofs.connect() as connection:
            there = proofs.proven(connection, [one.document for one in chosen])
        return [one.document for one in chosen if there.get(one.document) != _words(one)]

    def _ended(self, record: Document) -> bool:
        kind = self._ledger.kinds.get(record.control.kind)
        return kind is not None and kind.final(record.control.state)

    def nightly_at(self) -> float:
        """When the last nightly round that came to its end began, unix seconds; 0 before the first."""
        with self._proofs.connect() as connection:
            return proofs.progress(connection).nightly_at

    def nightly_done(self, began: float) -> None:
        with self._proofs.begin() as connection:
            proofs.move(connection, nightly_at=began)

    def follow_seals(self) -> int:
        """Looks at the headers of new blocks for changes of the validators; how many. Raises Unavailable."""
        newest = self.newest()
        try:
            return 0 if newest is None else self._seals.follow(newest.number)
        except _NO_PROOF as failure:
            raise Unavailable(
                f"no headers from the node ({failure})", "the whole chain's headers", _REMEDY
            ) from failure

    def sweep(self) -> int:
        """Removes what no kept proof needs any more; how many nodes."""
        with self._proofs.begin() as connection:
            return proofs.sweep(connection)


# --- reading ---------------------------------------------------------------------------------------------------------


def _strict(body: bytes) -> bool:
    """Whether a JSON text is canonical and of the values that evidence takes."""
    try:
        canonical.decode_canonical(body)
    except NotCanonical:
        return False
    return True


def _record(connection: Connection, document: bytes) -> Document:
    found = read_model.document(connection, document)
    if found is None:
        raise NotFound(f"document {document.hex()}", "a record on the ledger")
    return found


def _words(record: Document) -> tuple[bytes, bytes, bytes]:
    return record.control.pack().to_bytes(32, "big"), record.head, record.notes_head


def _fits(kept: KeptProof, record: Document) -> bool:
    return kept.fits(*_words(record))


def _told(connection: Connection, document: bytes, until: int) -> _Told:
    found = [one for one in read_model.entries(connection, document) if one.block <= until]
    return _Told(
        tuple(_entry(one) for one in found if one.track != Track.NOTES),
        tuple(_act(one) for one in found if one.track == Track.NOTES),
    )


def _entry(one: Entry) -> Act | Freeze:
    if one.signed is not None:
        return _act(one)
    control = int.from_bytes(one.control, "big")
    return Freeze(one.until or 0, one.detail, one.sender or bytes(20), one.head, control, one.time, one.block)


def _act(one: Entry) -> Act:
    assert one.signed is not None  # only freezes have no signed act
    control = int.from_bytes(one.control, "big")
    return Act(one.signed.action, one.signed.signatures, one.digest, one.head, control, one.time, one.block)


def _log(connection: Connection, party: int, until: int) -> tuple[PartyEntry, ...]:
    found = tuple(
        PartyEntry(
            one.digest,
            int.from_bytes(one.word, "big"),
            one.profile,
            one.encryption_key,
            int.from_bytes(one.account_word, "big"),
            one.signers,
            one.head,
            one.call,
            one.time,
            one.block,
        )
        for one in read_model.party_entries(connection, party)
        if one.block <= until
    )
    if not found:
        raise NotFound(f"party {party} at block {until}", "a registered party")
    return found


def _log0(connection: Connection, until: int) -> list[making.PowerEvent]:
    return [event for event in read_model.power_events(connection) if event.block <= until]
