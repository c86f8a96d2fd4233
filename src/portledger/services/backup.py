"""A copy of a running system in a folder, and a system from such a copy (docs/adr/0021 argues the order).

The databases are cut at one moment (store/cut.py). What they name is copied afterwards, from places that only grow: the
embedded chain up to the block where the read model stood at the cut, and no block more; the sealed contents last. The
manifest is written when everything else is on the disk: a folder without one is no backup.

DIR/manifest.json       canonical JSON: what this is, and SHA-256 and size of every file but the contents
DIR/contents            a line for each sealed content: SHA-256, size, when the store took it
DIR/blobs/sha256/…      the sealed contents, under the SHA-256 of their bytes
DIR/*.db                the databases, or DIR/tables.pgdump
DIR/chain/…             the embedded node's checkpoint and journal, where there is such a node
DIR/deployment.json     which ledger it is
DIR/consortium/…        the operator's keys, and DIR/webhooks.key
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, TypeVar

import msgspec
from sqlalchemy import Connection, select

from portledger import __version__
from portledger.chain.chain_files import append_journal, checkpoints, journals, read_journal
from portledger.chain.deploy import Deployment
from portledger.chain.rpc import Rpc
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import jcs, json_digest
from portledger.domain.refusals import Conflict, Unavailable
from portledger.domain.vault_errors import BlobMissing, VaultError
from portledger.durable import sync
from portledger.services import blob_uses
from portledger.services.done import done
from portledger.store import cut as cuts
from portledger.store import outbox, read_model, tables, upkeep
from portledger.store.cut import DUMP, Cut
from portledger.store.payloads import PART, PayloadStore, blob_path
from portledger.store.read_model import Block

VERSION: Final = 1
MANIFEST: Final = "manifest.json"
CONTENTS: Final = "contents"
BLOBS: Final = "blobs"
DEPLOYMENT: Final = "deployment.json"
_KEYS: Final = ("consortium", "webhooks.key")
"""Of the data folder: what no database holds and nobody can make again."""
_NAME: Final = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?", re.ASCII)
_LINE: Final = re.compile(r"([0-9a-f]{64}) (0|[1-9]\d{0,18}) (0|[1-9]\d{0,18})", re.ASCII)
_AT_ONCE: Final = 8
"""Contents on their way at a time: an S3 store answers each after some milliseconds."""
_PART: Final = 1000
"""Contents after which the progress is told."""
_TRIES: Final = 3
"""To open the chain's files before the running node replaces them."""

Say = Callable[[str], None]


class BackupDamaged(VaultError):
    """A backup is not what was written: do not build a system from it."""

    REMEDY: ClassVar[str] = "Use another backup; nothing was written."


class File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """name: below the backup's folder; sha256: hex."""

    name: str
    sha256: str
    size: int


class Cursor(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Where the read model stood: the newest block, and the last event in it as the events' cursor counts."""

    block: int
    hash: str
    time: int
    ledger_head: str
    event: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """made_at: unix seconds; portledger: the version that wrote it; engine: sqlite or postgresql; schemas: database ->
    revision; counts: rows of each table; chain: whether the embedded node's is in it; missing: contents that the tables
    name and the store did not have, hex; digest: SHA-256 of the canonical JSON of everything else in it, hex."""

    version: int
    made_at: int
    portledger: str
    ledger: str
    chain_id: int
    engine: str
    schemas: dict[str, str]
    cursor: Cursor
    counts: dict[str, int]
    chain: bool
    contents: int
    content_bytes: int
    missing: list[str]
    files: list[File]
    digest: str


@dataclass(frozen=True, slots=True)
class Content:
    """One sealed content. received_at: whole unix seconds, by the store's clock."""

    sha256: bytes
    size: int
    received_at: int


# --- making one ------------------------------------------------------------------------------------------------------


def make(
    data: Path, server: str | None, payloads: PayloadStore, target: Path, previous: Path | None, now: float, say: Say
) -> Manifest:
    """Copies the system of a data folder, which may run, into a folder that is empty or not there yet.

    server: postgresql://… of its tables; previous: a folder with an earlier backup, finished or not, whose contents are
    taken over where their digest holds; now: unix seconds. say: told how far it is.

    Raises InvalidInput (no data folder; a target that is not empty), Conflict (a read model that is being built anew),
    ProgramMissing, ProgramFailed, Unavailable, VaultError (a damaged content, the store fails).
    """
    if server is not None:
        cuts.require_programs("pg_dump")
    with _file_errors(target):
        _make_empty(target, "the folder for the backup")
    with cuts.cut(data, server) as cut, _file_errors(target):
        deployment = _deployment(cut, data)
        block = _cursor(cut)
        say(f"Cut at block {block.number}.")
        chain = _copy_chain(data / "chain", target / "chain", block.number, say)
        names = [*chain, *cut.write(target, say), *_copy_keys(data, target)]
        _write(target / DEPLOYMENT, json.dumps(deployment.to_json(), indent=2).encode())
        named = _named(cut.connections["intake"])
        contents, missing = _copy_contents(named, payloads, target, previous, say)
        _write(target / CONTENTS, b"".join(_line(one) for one in contents))
        say("Reading it back …")
        manifest = Manifest(
            version=VERSION, made_at=int(now), portledger=__version__, ledger="0x" + deployment.ledger.hex(),
            chain_id=deployment.chain_id, engine=cut.engine, schemas=cut.revisions(),
            cursor=Cursor(block.number, block.hash.hex(), block.time, block.ledger_head.hex(),
                          read_model.last_position(cut.connections["ledger"])),
            counts=cut.counts(), chain=bool(chain), contents=len(contents),
            content_bytes=sum(one.size for one in contents), missing=[one.hex() for one in missing],
            files=[_file(target, name) for name in sorted([*names, DEPLOYMENT, CONTENTS])], digest="",
        )  # fmt: skip
        _sync_folders(target)
        manifest = msgspec.structs.replace(manifest, digest=digest_of(msgspec.to_builtins(manifest)))
        _write(target / MANIFEST, jcs(msgspec.to_builtins(manifest)))
        sync(target)
    return manifest


def digest_of(manifest: dict[str, Any]) -> str:
    """Of a manifest as JSON, but for its own `digest`."""
    return json_digest({name: value for name, value in manifest.items() if name != "digest"}).hex()


def _make_empty(folder: Path, allowed: str) -> None:
    """Raises InvalidInput when there is something in it."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise InvalidInput(
            str(folder), "a folder that is not empty", f"{allowed}, new or empty", "Name another folder; nothing was "
            "written. What an interrupted backup left can be named with --previous, then deleted.",
        )  # fmt: skip
    folder.chmod(0o700)


def _deployment(cut: Cut, data: Path) -> Deployment:
    """As the system finds it. Raises InvalidInput."""
    kept = None
    if "relay.ledger_kept" in cuts.counted(cut.connections["relay"], "relay"):
        kept = upkeep.kept_deployment(cut.connections["relay"])
    if kept is not None:
        return Deployment.from_json(json.loads(kept))
    try:
        return Deployment.load(data / DEPLOYMENT)
    except FileNotFoundError as failure:
        raise InvalidInput("--data", f"{data}, without a ledger", "the data folder of a system") from failure


def _cursor(cut: Cut) -> Block:
    """Where the read model stands. Raises Conflict when it lacks what the relayer saw in it before: the chain went
    back, and it is being built anew, so that no block of it fits the other databases."""
    ledger = cut.connections["ledger"]
    last = read_model.confirmed(ledger)
    newest = outbox.newest_final(cut.connections["relay"], outbox.CHUNK)
    rows = outbox.by_ids(cut.connections["intake"], [one.outbox_id for one in newest])
    if last is None or unknown_to(ledger, newest, rows):
        raise Conflict(
            "a read model that is being built anew", "one that has everything that was shown as final",
            "Try again when the indexer has caught up; nothing was copied.",
        )  # fmt: skip
    return last


def unknown_to(
    ledger: Connection, final: Sequence[outbox.Outcome], rows: dict[int, outbox.Row]
) -> list[outbox.Outcome]:
    """The outcomes that say final of what the read model knows nothing of. rows: of the outbox, by id."""
    there = done(ledger, [rows[one.outbox_id] for one in final if one.outbox_id in rows])
    logged = read_model.logged_by(ledger, [one.tx for one in final])
    return [one for one in final if one.digest not in there and one.tx not in logged]


# --- the embedded chain ----------------------------------------------------------------------------------------------


def _copy_chain(source: Path, target: Path, upper: int, say: Say) -> list[str]:
    """The embedded node's files up to a block, and no block more; none where the folder has no such node.

    A node that runs makes checkpoints and removes the one before the last: a file that goes away is looked for anew.
    Raises Conflict.
    """
    if not (source / "chain.json").is_file():
        return []
    say(f"chain: up to block {upper}")
    for left in reversed(range(_TRIES)):
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(mode=0o700)
        try:
            return [f"{target.name}/{name}" for name in _chain_files(source, target, upper)]
        except FileNotFoundError:
            if not left:
                raise
    raise AssertionError("unreachable")


def _chain_files(source: Path, target: Path, upper: int) -> list[str]:
    fitting = [(number, path) for number, path in checkpoints(source) if number <= upper]
    if not fitting:
        raise Conflict(
            f"a chain without a checkpoint up to block {upper}", "one of a block that the read model has",
            "Try again when the indexer has caught up.",
        )  # fmt: skip
    number, checkpoint = fitting[0]
    _copy(checkpoint, target / checkpoint.name)
    _copy(source / "chain.json", target / "chain.json")
    names = [checkpoint.name, "chain.json"]
    for begins, path in journals(source):
        if begins < fitting[0][0] or begins >= upper:
            continue
        blocks = [block for block in read_journal(path) if number < block.number <= upper]
        if blocks:
            _touch(target / path.name)
            append_journal(target / path.name, blocks)
            names.append(path.name)
            number = blocks[-1].number
    if number != upper:
        raise Conflict(
            f"a chain whose files end with block {number}", f"block {upper}, which the read model has",
            "Restore the chain's files from an older backup, or start the system once.",
        )  # fmt: skip
    return names


# --- files -----------------------------------------------------------------------------------------------------------


def _copy_keys(data: Path, target: Path) -> list[str]:
    """The operator's keys that lie in the data folder. A file that is named elsewhere is its owner's to back up."""
    names = []
    for path in _key_files(data):
        if not path.is_symlink():
            copy = target / path.relative_to(data)
            copy.parent.mkdir(exist_ok=True, mode=0o700)
            _copy(path, copy)
            names.append(copy.relative_to(target).as_posix())
    return names


def linked_keys(data: Path) -> list[str]:
    """The operator's keys of a data folder that are links to elsewhere, and so in no backup."""
    return [path.relative_to(data).as_posix() for path in _key_files(data) if path.is_symlink()]


def _key_files(data: Path) -> Iterator[Path]:
    for one in _KEYS:
        found = sorted((data / one).iterdir()) if (data / one).is_dir() else [data / one]
        for path in found:
            if path.is_file() and _NAME.fullmatch(path.relative_to(data).as_posix()):
                yield path


def _touch(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, for its owner only, on the disk when it returns."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _copy(source: Path, target: Path, sha256: str | None = None) -> None:
    """For its owner only, on the disk when it returns. sha256: what it must be, hex. Raises BackupDamaged."""
    hashed = hashlib.sha256()
    with source.open("rb") as old, os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as new:
        while part := old.read(PART):
            hashed.update(part)
            new.write(part)
        new.flush()
        os.fsync(new.fileno())
    if sha256 is not None and hashed.hexdigest() != sha256:
        raise BackupDamaged(str(source), f"SHA-256 {hashed.hexdigest()}", f"SHA-256 {sha256}")


def _file(folder: Path, name: str) -> File:
    with (folder / name).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return File(name, digest, os.fstat(file.fileno()).st_size)


def _sync_folders(folder: Path) -> None:
    """The lists of names of the folder and all below it, on the disk."""
    for one in sorted(path for path in folder.rglob("*") if path.is_dir()):
        sync(one)
    sync(folder)


@contextmanager
def _file_errors(folder: Path) -> Iterator[None]:
    """What the system says about files, as an error of ours."""
    try:
        yield
    except OSError as failure:
        where = failure.filename or folder
        raise Unavailable(
            f"{where}: {failure.strerror or failure}", "a folder with room that can be written",
            "Make room or mend the rights, then begin again; what is unfinished has no manifest and is no backup.",
        ) from failure  # fmt: skip


# --- sealed contents -------------------------------------------------------------------------------------------------


def _named(intake: Connection) -> dict[bytes, int | None]:
    """Every content that the tables know or name -> when it was received, None where only its name is known."""
    found: dict[bytes, int | None] = {}
    for column in (tables.blob_uses.c.sha256, tables.details.c.blob):
        found.update(dict.fromkeys(intake.execute(select(column)).scalars()))
    for _, blobs in blob_uses.of_all_manifests(intake):
        found.update(dict.fromkeys(blob for _, blob in blobs))
    asked = select(tables.blobs.c.sha256, tables.blobs.c.received_at)
    found.update((row.sha256, int(row.received_at)) for row in intake.execute(asked))
    return found


def _make_shards(folder: Path, digests: Iterable[bytes]) -> None:
    """The folders for these contents; `parents=True` would open those in between to others."""
    places = {(folder / BLOBS / blob_path(one)).parent for one in digests}
    for place in sorted({folder / BLOBS, *(one.parent for one in places), *places}):
        place.mkdir(exist_ok=True, mode=0o700)


def _copy_contents(
    named: dict[bytes, int | None], payloads: PayloadStore, target: Path, previous: Path | None, say: Say
) -> tuple[list[Content], list[bytes]]:
    """Those that were copied, and those that the store does not have."""
    _make_shards(target, named)

    def copy(digest: bytes) -> Content | None:
        place = target / BLOBS / blob_path(digest)
        at = named[digest]
        if previous is None or not _take_over(previous / BLOBS / blob_path(digest), place, digest):
            try:
                if at is None:
                    at = int(payloads.stored(digest).received_at)
                _write_parts(place, payloads.stream(digest))
            except BlobMissing:
                place.unlink(missing_ok=True)
                return None
        if at is None:
            at = int(place.stat().st_mtime)
        os.utime(place, (at, at))
        return Content(digest, place.stat().st_size, at)

    order = sorted(named)
    made = dict(zip(order, _each(copy, order, "contents", say), strict=True))
    return [one for one in made.values() if one], [digest for digest, one in made.items() if one is None]


Item = TypeVar("Item")
Result = TypeVar("Result")


def _each(work: Callable[[Item], Result], items: Sequence[Item], what: str, say: Say) -> Iterator[Result]:
    """What comes of each, in their order; some at a time."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for at in range(0, len(items), _PART):
            yield from pool.map(work, items[at : at + _PART])
            say(f"{what}: {min(at + _PART, len(items))} of {len(items)}")


def _take_over(old: Path, place: Path, digest: bytes) -> bool:
    """By a hard link where that goes, else by a copy; False when it is not there, or is damaged."""
    try:
        with old.open("rb") as file:
            if hashlib.file_digest(file, "sha256").digest() != digest:
                return False
        os.link(old, place)
    except FileNotFoundError:
        return False
    except OSError:
        with old.open("rb") as file:
            _write_parts(place, iter(lambda: file.read(PART), b""))
    return True


def _write_parts(place: Path, parts: Iterable[bytes]) -> None:
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for part in parts:
            file.write(part)
        file.flush()
        os.fsync(file.fileno())


def _line(one: Content) -> bytes:
    return f"{one.sha256.hex()} {one.size} {one.received_at}\n".encode()


# --- reading one -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup whose manifest was read. contents: the list of the sealed contents, None until `contents_of` read it."""

    folder: Path
    manifest: Manifest

    @property
    def dump(self) -> Path | None:
        """The tables as PostgreSQL's dump; None where they are files."""
        return self.folder / DUMP if self.manifest.engine == "postgresql" else None


def read(folder: Path) -> Backup:
    """Raises InvalidInput (no backup, an unfinished one, another version's), BackupDamaged (a manifest that is not as
    it was written)."""
    path = folder / MANIFEST
    try:
        written = path.read_bytes()
    except OSError as failure:
        unfinished = folder.is_dir() and any(folder.iterdir())
        raise InvalidInput(
            str(folder), f"a folder without {MANIFEST}" if unfinished else "no folder with a backup",
            "a finished backup", "The manifest is written last: what has none was interrupted. Use another backup."
            if unfinished else "Name a folder that `portledger admin backup` has written.",
        ) from failure  # fmt: skip
    try:
        value = msgspec.json.decode(written)
    except msgspec.DecodeError as failure:
        raise BackupDamaged(str(path), f"no JSON ({failure})", "a manifest as it was written") from failure
    version = value.get("version") if isinstance(value, dict) else None
    if version != VERSION:
        raise InvalidInput(
            str(path), f"version {version!r}"[:100], f"version {VERSION}", "Use the portledger that wrote it."
        )
    try:
        manifest = msgspec.convert(value, Manifest)
    except msgspec.ValidationError as failure:
        raise BackupDamaged(str(path), str(failure), "a manifest as it was written") from failure
    if jcs(value) != written:
        raise BackupDamaged(str(path), "JSON that is not in its canonical form", "a manifest as it was written")
    if digest_of(value) != manifest.digest:
        raise BackupDamaged(str(path), f"other words than those of digest {manifest.digest[:64]}", "its own digest")
    _require_names(path, manifest)
    return Backup(folder, manifest)


def _require_names(path: Path, manifest: Manifest) -> None:
    """The files that it must have, and none that could lead out of the folder. Raises BackupDamaged."""
    names = [one.name for one in manifest.files]
    strange = [name for name in names if not _NAME.fullmatch(name) or name == MANIFEST]
    if strange or len(set(names)) != len(names):
        raise BackupDamaged(str(path), f"a file called {(strange or names)[0]!r}"[:120], "names of files, each once")
    engines = {"sqlite": {f"{name}.db" for name in cuts.ORDER}, "postgresql": {DUMP}}
    wanted = {DEPLOYMENT, CONTENTS, *engines.get(manifest.engine, {"an engine that is known"})}
    if manifest.chain:
        wanted.add("chain/chain.json")
    if lacking := sorted(wanted - set(names)):
        raise BackupDamaged(str(path), f"no {lacking[0]} in the manifest", "all files of a backup")


def check(backup: Backup, say: Say) -> list[Content]:
    """Every file against its digest; the list of contents. Raises BackupDamaged, which names what is wrong first."""
    for one in backup.manifest.files:
        path = backup.folder / one.name
        say(f"{one.name}: {one.size} bytes")
        if path.is_symlink() or not stat.S_ISREG(_mode(path)):
            raise BackupDamaged(str(path), "no such file", f"a file of {one.size} bytes")
        found = _file(backup.folder, one.name)
        if found != one:
            raise BackupDamaged(
                str(path), f"{found.size} bytes with SHA-256 {found.sha256}", f"{one.size} with SHA-256 {one.sha256}"
            )
    _require_same_ledger(backup)
    listed = contents_of(backup)
    for _ in _each(lambda one: _check_content(backup.folder, one), listed, "contents looked at", say):
        pass
    return listed


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def contents_of(backup: Backup) -> list[Content]:
    """Raises BackupDamaged."""
    path = backup.folder / CONTENTS
    found = []
    for line in path.read_bytes().decode("ascii", "replace").splitlines():
        matched = _LINE.fullmatch(line)
        if matched is None:
            raise BackupDamaged(str(path), f"the line {line[:100]!r}", "a SHA-256, a size, a time")
        found.append(Content(bytes.fromhex(matched[1]), int(matched[2]), int(matched[3])))
    if len(found) != backup.manifest.contents:
        raise BackupDamaged(str(path), f"{len(found)} contents", f"{backup.manifest.contents}, as the manifest says")
    return found


def _check_content(folder: Path, content: Content) -> None:
    path = folder / BLOBS / blob_path(content.sha256)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
    except OSError as failure:
        raise BackupDamaged(str(path), f"{failure.strerror}", f"a content of {content.size} bytes") from failure
    if digest != content.sha256:
        raise BackupDamaged(str(path), f"bytes with SHA-256 {digest.hex()}", "those that its name says")


def _require_same_ledger(backup: Backup) -> None:
    path = backup.folder / DEPLOYMENT
    deployment = Deployment.load(path)
    there = ("0x" + deployment.ledger.hex(), deployment.chain_id)
    if there != (backup.manifest.ledger, backup.manifest.chain_id):
        raise BackupDamaged(
            str(path), f"ledger {there[0]} on chain {there[1]}",
            f"{backup.manifest.ledger} on chain {backup.manifest.chain_id}, as the manifest says",
        )  # fmt: skip


# --- a system from one -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where a system is restored to. data: its folder, not there yet or empty; server: postgresql://… of an empty
    database; payloads: s3://…, None = in the folder; ledger: the address that it must be, 0x…, None = any; node: the
    address of a node whose chain must have the ledger, None = nobody is asked."""

    data: Path
    server: str | None = None
    payloads: str | None = None
    ledger: str | None = None
    node: str | None = None


def restore(backup: Backup, place: Place, say: Say) -> Deployment:
    """Puts the backup in its place; which ledger it is. Everything is looked at before anything is written.

    Raises InvalidInput (a folder that is not empty, another ledger, tables of another kind), Conflict (a database that
    is not empty), ChainError (a node of another ledger), BackupDamaged, ProgramMissing, ProgramFailed, Unavailable,
    PayloadStoreFailed, BlobDigestMismatch.
    """
    _require_place(backup, place)
    listed = check(backup, say)
    if place.node is not None:
        with Rpc(place.node) as rpc:
            Deployment.load(backup.folder / DEPLOYMENT).check(rpc)
    store = PayloadStore.at(place.payloads, None) if place.payloads is not None else None
    if store is not None:
        _require_sound(store, listed)
    # Made beside its place and moved there whole; in a mounted volume, which cannot be replaced, within.
    mounted = place.data.is_mount()
    beside = place.data / ".restoring" if mounted else place.data.with_name(f".{place.data.name}.restoring")
    with _file_errors(place.data):
        place.data.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(mode=0o700)
        try:
            _put_files(backup, beside)
            _put_contents(backup, listed, store, beside, say)
            _sync_folders(beside)
            if backup.dump is not None and place.server is not None:
                say(f"{DUMP}: pg_restore …")
                cuts.load_dump(backup.dump, place.server)
            _move(beside, place.data, mounted=mounted)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        sync(place.data.parent)
    return Deployment.load(place.data / DEPLOYMENT)


def _move(beside: Path, data: Path, *, mounted: bool) -> None:
    """An empty folder in its place is replaced; one that somebody filled meanwhile is not."""
    if not mounted:
        beside.replace(data)
        return
    for one in sorted(beside.iterdir()):
        one.rename(data / one.name)
    beside.rmdir()


def _require_place(backup: Backup, place: Place) -> None:
    manifest = backup.manifest
    if place.ledger is not None and place.ledger.lower() != manifest.ledger:
        raise InvalidInput(
            "--ledger", f"a backup of {manifest.ledger} on chain {manifest.chain_id}", place.ledger,
            "Use a backup of that ledger; nothing was written.",
        )  # fmt: skip
    if place.data.exists() and (not place.data.is_dir() or any(place.data.iterdir())):
        raise InvalidInput(
            "--data", f"{place.data}, which is not empty", "a folder that is empty or not there",
            "Name another folder, or move that one away; nothing was written.",
        )  # fmt: skip
    if (backup.dump is None) != (place.server is None):
        kinds = ("files", "those of a PostgreSQL database")
        found, other = kinds if backup.dump is None else kinds[::-1]
        raise InvalidInput(
            "PORTLEDGER_DATABASE", f"a backup whose tables are {found}", f"a backup whose tables are {other}",
            "Unset it." if backup.dump is None else "Name an empty database.",
        )  # fmt: skip
    if place.server is not None:
        cuts.require_programs("pg_restore")
        cuts.require_empty(place.server)


def _require_sound(store: PayloadStore, listed: Sequence[Content]) -> None:
    """What the store has already under these names must be it. Raises BlobDigestMismatch."""
    for content in listed:
        if store.exists(content.sha256):
            for _ in store.stream(content.sha256):
                pass


def _put_files(backup: Backup, beside: Path) -> None:
    for one in backup.manifest.files:
        if one.name not in (CONTENTS, DUMP):
            (beside / one.name).parent.mkdir(exist_ok=True, mode=0o700)
            _copy(backup.folder / one.name, beside / one.name, one.sha256)


def _put_contents(
    backup: Backup, listed: Sequence[Content], store: PayloadStore | None, beside: Path, say: Say
) -> None:
    """The time of a file is when the store took it: the index of contents has the same."""

    def put(content: Content) -> None:
        source = backup.folder / BLOBS / blob_path(content.sha256)
        if store is not None:
            with source.open("rb") as file:
                store.put(content.sha256, iter(lambda: file.read(PART), b""))
            return
        target = beside / BLOBS / blob_path(content.sha256)
        _copy(source, target, content.sha256.hex())
        os.utime(target, (content.received_at, content.received_at))

    if store is None:
        _make_shards(beside, [content.sha256 for content in listed])
    for _ in _each(put, listed, "contents restored", say):
        pass


def shown(manifest: Manifest) -> dict[str, Any]:
    """For --json: all but the files."""
    value: dict[str, Any] = msgspec.to_builtins(manifest)
    return {name: part for name, part in value.items() if name != "files"}
