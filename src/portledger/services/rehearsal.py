"""Whether a backup is one: a system is built from it in a place of its own, and everything in it is looked at.

Each check is done by itself and says what it found; one that fails does not keep the others from being done, unless
they need what it was to make.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from portledger import resources
from portledger.chain.deploy import Deployment
from portledger.chain.node import AnvilNode, NodeSettings
from portledger.chain.rpc import Rpc
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.refusals import Unavailable
from portledger.domain.vault_errors import BlobMissing, VaultError
from portledger.services import backup as backups
from portledger.services import rebuilding, webhooks
from portledger.services.backup import Backup, BackupDamaged, Place, Say, unknown_to
from portledger.services.ledger import Databases, Ledger
from portledger.services.webhooks import Secrets
from portledger.store import cut as cuts
from portledger.store import outbox, read_model
from portledger.store.payloads import PayloadStore
from portledger.store.rebuild import Fingerprint
from portledger.vault import keys as vault_keys

_KEY_FOLDER: Final = "consortium"
_PASSPHRASE: Final = "passphrase"  # noqa: S105 - the file's name


@dataclass(frozen=True, slots=True)
class Check:
    """found: what is there, or what is wrong; ok None: not done, `found` says why."""

    name: str
    ok: bool | None
    found: str


@dataclass(slots=True)
class Rehearsal:
    """checks: in the order in which they were done."""

    checks: list[Check] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """A check that was not done proves nothing."""
        return bool(self.checks) and all(one.ok for one in self.checks)

    def do(self, name: str, check: Callable[[], str]) -> bool:
        """check: what it found; raises the error that says what is wrong."""
        try:
            found = check()
        except PortledgerError as failure:
            where = f"{failure.where}: " if isinstance(failure, InvalidInput | VaultError) else ""
            self.checks.append(Check(name, False, f"{where}{failure.found}; allowed: {failure.allowed}"))
            return False
        self.checks.append(Check(name, True, found))
        return True

    def leave(self, name: str, why: str) -> None:
        self.checks.append(Check(name, None, why))


def rehearse(
    backup: Backup, work: Path, node: str | None, scratch: str | None, say: Say, webhook_key: str = ""
) -> Rehearsal:
    """work: a folder of the rehearsal's own, empty; node: JSON-RPC address of the chain where it is not in the backup;
    scratch: postgresql://… of an empty database, for tables that were dumped from one; it is empty again at the end;
    webhook_key: the file with the key of the webhooks, where it is not in the backup.

    Raises InvalidInput (no scratch database, where one is needed), Conflict (one that is not empty).
    """
    if backup.dump is not None:
        if scratch is None:
            raise InvalidInput(
                "--scratch", "none, and the tables are those of a PostgreSQL database", "an empty database"
            )
        cuts.require_empty(scratch)
    server = scratch if backup.dump is not None else None
    data, done = work / "data", Rehearsal()
    try:
        _rehearse(backup, data, server, node, webhook_key, done, say)
    finally:
        if server is not None:
            cuts.empty(server)
    return done


def _rehearse(
    backup: Backup, data: Path, server: str | None, node: str | None, webhook_key: str, done: Rehearsal, say: Say
) -> None:
    manifest = backup.manifest

    def restored() -> str:
        backups.restore(backup, Place(data, server), say)
        return f"{len(manifest.files)} files and {manifest.contents} sealed contents, each with its digest"

    if not done.do("restore", restored):
        return
    say("databases …")
    done.do("integrity", lambda: _integrity(data, server))
    done.do("keys", lambda: _keys(data))
    with ExitStack() as stack:
        opened: list[Databases] = []

        def migrated() -> str:
            opened.append(stack.enter_context(_open(data, server)))
            return _migrated(backup, opened[0])

        if not done.do("migrations", migrated):
            return
        (databases,) = opened
        ledger = Ledger(Deployment.load(data / backups.DEPLOYMENT), databases, resources.kinds())
        _webhook_key(data, webhook_key, databases, done)
        done.do("rows", lambda: _rows(manifest, databases))
        done.do("acts", lambda: _acts(databases))
        payloads = PayloadStore.local(data / backups.BLOBS)
        done.do("contents", lambda: _contents(backup, ledger, payloads))
        if not manifest.chain and node is None:
            done.leave("read model", "the chain is not in the backup: name its node with --node")
            return
        done.do("read model", lambda: _read_model(backup, ledger, data, node, say))


@contextmanager
def _open(data: Path, server: str | None) -> Iterator[Databases]:
    try:
        opened = Databases.open(data, server)
    except Exception as failure:  # whatever a broken table makes alembic or the driver say
        raise BackupDamaged("migrations", f"{type(failure).__name__}: {failure}"[:300], "tables that migrate") \
            from failure  # fmt: skip
    try:
        yield opened
    finally:
        opened.close()


def _integrity(data: Path, server: str | None) -> str:
    if server is not None:
        return "every row was read from the dump and written by the server"
    for name in cuts.ORDER:
        with closing(sqlite3.connect(data / f"{name}.db")) as connection:
            try:
                found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
            except sqlite3.DatabaseError as failure:
                found = [str(failure)]
        if found != ["ok"]:
            raise BackupDamaged(f"{name}.db", "; ".join(found)[:300], "what PRAGMA integrity_check calls ok")
    return f"{len(cuts.ORDER)} databases whole"


def _keys(data: Path) -> str:
    """The operator's key files that come with their passphrase open with it."""
    folder = data / _KEY_FOLDER
    if not (folder / _PASSPHRASE).is_file():
        return "none with a passphrase beside them"
    passphrase = (folder / _PASSPHRASE).read_text().strip()
    files = sorted(folder.glob("*.json"))
    for path in files:
        vault_keys.load(path, passphrase)
    return f"{len(files)} key files open"


def _webhook_key(data: Path, key_file: str, databases: Databases, done: Rehearsal) -> None:
    """With another one, or without any, no gateway would start on the copy."""
    path, name = webhooks.key_path(data, key_file), "webhooks' key"

    def fits() -> str:
        if not path.is_file():
            return "none, and none was ever used"
        if webhooks.fits(databases.intake, Secrets.load(path)) is False:
            raise BackupDamaged(path.name, "another key than the tables' webhooks are signed with", "the same one")
        return "the one that the tables' webhooks are signed with"

    if path.is_file() or not webhooks.is_marked(databases.intake):
        done.do(name, fits)
    else:
        where = f"{path} is not there" if key_file else "not in the backup"
        done.leave(name, f"{where}: name the system's with --webhook-key")


def _migrated(backup: Backup, databases: Databases) -> str:
    engines = {name: getattr(databases, name) for name in cuts.ORDER}
    now = {}
    for name, engine in engines.items():
        with engine.connect() as connection:
            now[name] = cuts.revision(connection)
    moved = [f"{name} {backup.manifest.schemas[name]} to {now[name]}" for name in now
             if now[name] != backup.manifest.schemas.get(name)]  # fmt: skip
    return ", ".join(moved) or "already the newest form"


def _rows(manifest: backups.Manifest, databases: Databases) -> str:
    """Every table has as many rows as at the cut. What migrations end on purpose (open sign-ins) is no loss."""
    found: dict[str, int] = {}
    for name in cuts.ORDER:
        with getattr(databases, name).connect() as connection:
            found |= cuts.counted(connection, name)
    wrong = [f"{table}: {found.get(table, 0)} of {rows}" for table, rows in sorted(manifest.counts.items())
             if found.get(table) != rows and table != "intake.sessions"]  # fmt: skip
    if wrong:
        raise BackupDamaged(wrong[0].split(":")[0], ", ".join(wrong)[:300], "the rows that were counted at the cut")
    return f"{sum(manifest.counts.values())} in {len(manifest.counts)} tables"


def _acts(databases: Databases) -> str:
    """What was accepted is final, refused or still to be carried; what is said to be final is on the chain."""
    with (
        databases.intake.connect() as intake,
        databases.relay.connect() as relay,
        databases.ledger.connect() as ledger,
    ):
        accepted = outbox.all_ids(intake)
        outcomes = outbox.all_outcomes(relay)
        flights = {item for tx in outbox.unsettled(relay) for item in tx.items}
        strangers = sorted(({one.outbox_id for one in outcomes} | flights) - accepted)
        if strangers:
            raise BackupDamaged(
                "outbox", f"no row {strangers[0]}, which a transaction or an outcome names; {len(strangers)} such",
                "every row that they name",
            )  # fmt: skip
        final = [one for one in outcomes if one.final]
        _require_on_the_chain(final, intake, ledger)
        queued = len(accepted) - len(outcomes)
    return f"{len(accepted)} accepted: {len(final)} final, {len(outcomes) - len(final)} refused, {queued} queued"


def _require_on_the_chain(final: list[outbox.Outcome], intake: Connection, ledger: Connection) -> None:
    for at in range(0, len(final), outbox.CHUNK):
        part = final[at : at + outbox.CHUNK]
        rows = outbox.by_ids(intake, [one.outbox_id for one in part])
        lost = unknown_to(ledger, part, rows)
        if lost:
            raise BackupDamaged(
                f"act {lost[0].digest.hex()}", "shown as final, and not in the read model", "what is final is there"
            )


def _contents(backup: Backup, ledger: Ledger, payloads: PayloadStore) -> str:
    """The digests were looked at on the way; here: whether all that is named is there, and the index is the store's."""
    index = rebuilding.payload_index(ledger, payloads, change=False)
    missing = sorted({*index.missing, *(bytes.fromhex(one) for one in backup.manifest.missing)})
    if missing:
        raise BlobMissing(missing[0].hex(), f"{len(missing)} contents that are named and not there", "all of them")
    _require_equal(index.rebuilt.tables)
    return f"{backup.manifest.contents} contents, {backup.manifest.content_bytes} bytes, and their index"


def _require_equal(both: Mapping[str, tuple[Fingerprint, Fingerprint]]) -> None:
    for name, (before, after) in both.items():
        if before != after:
            raise BackupDamaged(
                f"table {name}", f"{before.rows} rows, {before.sha256.hex()[:16]}",
                f"{after.rows} rows, {after.sha256.hex()[:16]}, as it is built anew",
            )  # fmt: skip


def _read_model(backup: Backup, ledger: Ledger, data: Path, node: str | None, say: Say) -> str:
    """Built anew from the chain, and equal byte by byte."""
    cursor = backup.manifest.cursor
    with _chain(backup, ledger.deployment, data, node, say) as rpc:
        ledger.deployment.check(rpc)
        number = rpc.block_number()
        if backup.manifest.chain and number != cursor.block:
            raise BackupDamaged("chain", f"a chain up to block {number}", f"block {cursor.block}")
        rebuilding.follow(ledger, rpc)
        made = rebuilding.read_model(ledger, rpc, progress=lambda block: say(f"read model: block {block}"))
    _require_equal(made.tables)
    with ledger.databases.ledger.connect() as connection:
        event = read_model.last_position(connection)
        last = read_model.confirmed(connection)
    if event != cursor.event or last is None or last.ledger_head.hex() != cursor.ledger_head:
        raise BackupDamaged("read model", f"its last event {event}", f"{cursor.event}, as at the cut")
    return f"{len(made.tables)} tables equal to the chain's up to block {cursor.block}"


@contextmanager
def _chain(backup: Backup, deployment: Deployment, data: Path, node: str | None, say: Say) -> Iterator[Rpc]:
    """The copy's own chain, or the one that is named."""
    if backup.manifest.chain:
        say("chain: starting the copy …")
        with AnvilNode(data / "chain", NodeSettings(chain_id=deployment.chain_id)) as own, Rpc(own.url) as rpc:
            yield rpc
        return
    if node is None:
        raise Unavailable("no chain in the backup", "the address of its node")
    with Rpc(node) as rpc:
        yield rpc
