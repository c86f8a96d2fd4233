"""What the consortium's and the operator's commands do on the system's machine: rows for its outbox, and waiting for
what came of them; time stamps of what is on the ledger."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from portledger import resources
from portledger.chain import reverts
from portledger.chain.deploy import Deployment
from portledger.chain.node import AnvilNode, NodeSettings
from portledger.chain.rpc import ChainError, NodeUnreachable, Rpc
from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import NotFound, Unavailable
from portledger.formats import api_json as wire
from portledger.sdk.errors import NotFinalYet
from portledger.services import calls, consortium, queue, rebuilding, relayer_key, stamping, webhooks
from portledger.services.ledger import Databases, Ledger
from portledger.services.prove import Prover
from portledger.services.query import MAX_PAGE, Query
from portledger.services.webhooks import Secrets
from portledger.store import stamps as kept_stamps
from portledger.store.leases import Lease
from portledger.store.outbox import Sender
from portledger.store.payloads import PayloadStore
from portledger.store.stamps import Stamp

DATABASE: Final = "PORTLEDGER_DATABASE"
"""Environment variable: as the option of `portledger up`."""
PAYLOADS: Final = "PORTLEDGER_PAYLOADS"
"""Environment variable: as the option of `portledger up`."""
WAIT_SECONDS: Final = 30.0
_NOT_RUNNING: Final = "Start `portledger up` on the folder; the call waits there."


@contextmanager
def databases_of(data: Path, named: str = "--data") -> Iterator[Databases]:
    """named: the option that names the folder. Raises InvalidInput when the folder is no system's."""
    if not (data / "deployment.json").exists():
        raise InvalidInput(
            named, str(data), "the data folder of `portledger up`", "Start it once: portledger up --data DIR."
        )
    databases = Databases.open(data, os.environ.get(DATABASE))
    try:
        yield databases
    finally:
        databases.close()


def carry(data: Path, power: str, call: str, values: Sequence[object], party: int | None) -> bytes:
    """Sends a power's call (a function of services.calls) and waits; its digest. Raises the ledger's error."""
    sender = Sender[power.upper()]
    calldata: bytes = getattr(calls, call)(*values)
    with databases_of(data) as databases:
        digest = consortium.send(databases.intake, sender, calldata, time.time(), party)
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            outcome = consortium.outcome(databases, digest)
            if outcome is not None and outcome.final:
                return digest
            if outcome is not None:
                raise reverts.decode(outcome.reason or b"")
            time.sleep(0.1)
    raise NotFinalYet("a call that no system has carried yet", "a running system", _NOT_RUNNING, digest=digest)


def node_of(data: Path) -> str | None:
    """The address of the folder's own node, as it was last started; None where there was none."""
    try:
        _, port = (data / "chain" / "process").read_text().split()
    except (OSError, ValueError):
        return None
    return f"http://127.0.0.1:{port}"


def stamp(
    data: Path,
    authorities: Sequence[str],
    *,
    certificates: Sequence[tuple[str, bytes]] = (),
    roots: Sequence[tuple[str, bytes]] = (),
    everything: bool = False,
    node: str | None = None,
    engine: str = "none",
    progress: Callable[[int], None] = lambda _: None,
) -> stamping.Stamped:
    """Has the newest block stamped by authorities outside. certificates, roots: (how errors call it, PEM or DER).

    Raises InvalidInput, ChainError (another ledger at the node), Unavailable, and what services.stamping raises.
    """
    signers = _certificates(certificates)
    above = _certificates(roots)
    asked = [stamping.Authority(url, signers, above) for url in authorities]
    address = node or node_of(data)
    with databases_of(data) as databases:
        deployment = Deployment.load(data / "deployment.json")
        if address is None:
            raise InvalidInput("--node", "none, and no embedded one in the folder", "the ledger's node", _NOT_RUNNING)
        with Rpc(address) as rpc:
            try:
                deployment.check(rpc)
            except NodeUnreachable as failure:
                raise Unavailable(failure.found, failure.allowed, _NOT_RUNNING) from failure
            ledger = Ledger(deployment, databases, resources.kinds())
            prover = Prover(ledger, rpc, engine)
            return stamping.stamp(ledger, prover, asked, everything=everything, progress=progress)


def _certificates(files: Sequence[tuple[str, bytes]]) -> tuple[bytes, ...]:
    return tuple(one for where, data in files for one in stamping.certificates_of(data, where))


def stamps(data: Path, last: int) -> list[Stamp]:
    """The newest time stamps, the newest first."""
    with databases_of(data) as databases, databases.proofs.connect() as connection:
        return kept_stamps.newest(connection, last)


def waiting(data: Path) -> list[tuple[str, wire.RegistrationRequest]]:
    """The registrations that wait: (request id, request)."""
    with databases_of(data) as databases:
        return consortium.waiting(databases.intake)


def admit(data: Path, request: str) -> wire.RegistrationStatus:
    """The registrar's yes, and the ledger's answer. Raises the ledger's error, NotFinalYet."""
    with databases_of(data) as databases:
        consortium.admit(databases.intake, request, time.time())
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            reason = consortium.refusal_of(databases, request)
            if reason is not None:
                raise reverts.decode(reason)
            status = consortium.status(databases, request)
            if status.status == "registered":
                return status
            time.sleep(0.1)
    raise NotFinalYet(f"registration {request}, approved", "a running system", _NOT_RUNNING, requestId=request)


def refuse(data: Path, request: str, reason: str) -> None:
    """The registrar's no."""
    with databases_of(data) as databases:
        consortium.refuse(databases.intake, request, reason)


def members(data: Path) -> list[tuple[wire.PartyJson, dict[str, Any]]]:
    """Every party with its profile, which is empty where none was sent here."""
    with databases_of(data) as databases:
        query = Query(Ledger(Deployment.load(data / "deployment.json"), databases, resources.kinds()))
        found, cursor = [], None
        while True:
            page = query.parties(cursor, MAX_PAGE)
            found += [(query.party(one.party, int(time.time())), _profile(query, one.party)) for one in page.items]
            cursor = page.next
            if cursor is None:
                return found


def _profile(query: Query, party: int) -> dict[str, Any]:
    try:
        return dict(json.loads(query.profile(party)[1]))
    except NotFound:
        return {}


def look_at_queue(data: Path, limit: int) -> queue.Queue:
    """What was accepted and has no outcome yet."""
    with databases_of(data) as databases:
        return queue.look(databases, limit)


def park(data: Path, digest: bytes, reason: str) -> list[bytes]:
    """Takes a row out of the relayer's way; raises what services.queue.park raises."""
    with databases_of(data) as databases:
        return queue.park(databases, digest, reason, time.time())


def release(data: Path, digest: bytes) -> list[bytes]:
    """Lets a parked row go on; raises what services.queue.release raises."""
    with databases_of(data) as databases:
        return queue.release(databases, digest)


def relayer_keys(data: Path) -> list[relayer_key.Shown]:
    """Which account the relayer sends from, which follows, which were before."""
    with databases_of(data) as databases:
        return relayer_key.look(databases)


def name_relayer_key(data: Path, address: bytes) -> None:
    """Names the account to go on with; raises what services.relayer_key.name raises."""
    with databases_of(data) as databases:
        relayer_key.name(databases, address, time.time())


def withdraw_relayer_key(data: Path) -> bytes:
    """Takes it back; raises what services.relayer_key.withdraw raises."""
    with databases_of(data) as databases:
        return relayer_key.withdraw(databases)


def webhook_key(data: Path, key_file: str, *, take: bool) -> tuple[Path, str]:
    """The file, and "the same" as this database's webhooks are signed with, "another", "none yet" or "missing"."""
    path = webhooks.key_path(data, key_file)
    with databases_of(data) as databases:
        if take:
            webhooks.take(databases.intake, Secrets.load(path))
        if not path.exists():
            return path, "missing"
        found = webhooks.fits(databases.intake, Secrets.load(path))
        return path, "none yet" if found is None else "the same" if found else "another"


def rebuild(
    data: Path, node: str | None, *, check: bool, progress: Callable[[int], None] = lambda _: None
) -> tuple[rebuilding.Rebuilt, rebuilding.Index]:
    """Read model and payload index anew, or only compared. Raises LeaseTaken while an indexer works, and what
    services.rebuilding raises."""
    with databases_of(data) as databases:
        deployment = Deployment.load(data / "deployment.json")
        ledger = Ledger(deployment, databases, resources.kinds())
        lease = None if check else Lease(databases.ledger, "ledger", "indexer", data)
        try:
            if lease is not None:
                lease.take()
            with _any_node(data, node, deployment) as address, Rpc(address) as rpc:
                deployment.check(rpc)
                made = rebuilding.read_model(ledger, rpc, lease, progress)
            payloads = PayloadStore.beside(os.environ.get(PAYLOADS), data / "blobs")
            return made, rebuilding.payload_index(ledger, payloads, change=not check)
        finally:
            if lease is not None:
                lease.release()


@contextmanager
def _any_node(data: Path, node: str | None, deployment: Deployment) -> Iterator[str]:
    """The node named, or the folder's own: as it runs, or started for as long as it is needed."""
    address = node or node_of(data)
    if address is not None and (node is not None or _answers(address)):
        yield address
        return
    if not (data / "chain").is_dir():
        raise InvalidInput("--node", "none, and no embedded one in the folder", "the ledger's node")
    with AnvilNode(data / "chain", NodeSettings(chain_id=deployment.chain_id)) as own:
        yield own.url


def _answers(address: str) -> bool:
    try:
        with Rpc(address) as rpc:
            return rpc.block() is not None
    except ChainError:
        return False
