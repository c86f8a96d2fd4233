"""What the consortium's commands do on the system's machine: rows for its outbox, and waiting for what came of them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from portledger.chain import reverts
from portledger.domain.errors import InvalidInput
from portledger.formats import api_json as wire
from portledger.sdk.errors import NotFinalYet
from portledger.services import calls, consortium
from portledger.services.ledger import Databases
from portledger.store.outbox import Sender

WAIT_SECONDS: Final = 30.0
_NOT_RUNNING: Final = "Start `portledger up` on the folder; the call waits there."


@contextmanager
def databases_of(data: Path) -> Iterator[Databases]:
    """Raises InvalidInput when the folder is no system's."""
    if not (data / "deployment.json").exists():
        raise InvalidInput(
            "--data", str(data), "the data folder of `portledger up`", "Start it once: portledger up --data DIR."
        )
    databases = Databases.open(data)
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
