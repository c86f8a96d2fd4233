"""Who signed a run of acts, found by several processes: signatures are what an audit spends its time on.

The helpers are no authority: what they say goes through the model like every other signer, so that a wrong answer ends
the audit and passes nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Final

from portledger.domain.errors import SignaturesRefused
from portledger.domain.events import ActionApplied, LedgerEvent, NoteApplied
from portledger.domain.signatures import SIGNATURE_BYTES, recover, split

BATCH: Final = 512
"""Events that go to a helper together."""
_ALONE: Final = 4 * BATCH
"""So many events are done before helpers are started: for a small ledger they would cost more than they save."""
_ITEM: Final = 32 + SIGNATURE_BYTES
_NOBODY: Final = bytes(20)

Batch = tuple[list[LedgerEvent], dict[tuple[bytes, bytes], bytes]]


def recover_many(packed: bytes) -> bytes:
    """For each digest of 32 bytes with a signature of 65 the signer of 20 bytes; zeros where there is none."""
    found = bytearray()
    for at in range(0, len(packed), _ITEM):
        try:
            found += recover(packed[at : at + 32], packed[at + 32 : at + _ITEM])
        except SignaturesRefused:
            found += _NOBODY
    return bytes(found)


def recovered(events: Iterable[LedgerEvent], processes: int) -> Generator[Batch, None, None]:
    """The events in batches, each with the signers of its acts as far as helpers found them.

    processes: how many may work, this one among them; 1 leaves all to the model. What reading the events raises comes
    after the batches before it.
    """
    batches = _batched(events)
    done = 0
    for batch in batches:
        yield batch, {}
        done += len(batch)
        if processes > 1 and done >= _ALONE:
            break
    else:
        return
    pool = ProcessPoolExecutor(processes - 1, multiprocessing.get_context("spawn"), _end_with_parent)
    try:
        yield from _ahead(batches, pool, 2 * processes)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _end_with_parent() -> None:
    """In a helper: it ends when the audit does, however that ends."""
    threading.Thread(target=_wait_for_parent, daemon=True).start()


def _wait_for_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(0)


def _ahead(batches: Iterator[list[LedgerEvent]], pool: ProcessPoolExecutor, most: int) -> Iterator[Batch]:
    """Keeps a few batches with the helpers while the oldest is worked on.

    Nobody waits for a helper: one that starts up, or gets no core, leaves its batch to the model.
    """
    waiting: deque[tuple[list[LedgerEvent], list[tuple[bytes, bytes]], Future[bytes] | None]] = deque()
    failure: Exception | None = None
    ended = False
    while True:
        while not ended and len(waiting) < most:
            try:
                batch = next(batches, None)
            except Exception as raised:  # noqa: BLE001  (handed on below, once what came before it is done)
                failure, batch = raised, None
            if batch is None:
                ended = True
                break
            items = _signed(batch)
            waiting.append((batch, items, _submitted(pool, items)))
        if not waiting:
            break
        batch, items, future = waiting.popleft()
        yield batch, _answered(items, future)
    if failure is not None:
        raise failure


def _submitted(pool: ProcessPoolExecutor, items: list[tuple[bytes, bytes]]) -> Future[bytes] | None:
    # A helper may start here. Ctrl-C reaches it too, and it leaves that to this process, which ends it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(recover_many, b"".join(digest + signature for digest, signature in items))
    except BrokenProcessPool:  # helpers that died cost time, nothing else
        return None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _answered(items: list[tuple[bytes, bytes]], future: Future[bytes] | None) -> dict[tuple[bytes, bytes], bytes]:
    if future is None or future.cancel() or not future.done():
        return {}
    try:
        found = future.result()
    except BrokenProcessPool:
        return {}
    signers = (found[at : at + 20] for at in range(0, len(found), 20))
    return {item: signer for item, signer in zip(items, signers, strict=False) if signer != _NOBODY}


def _signed(batch: list[LedgerEvent]) -> list[tuple[bytes, bytes]]:
    return [
        (event.digest, piece)
        for event in batch
        if isinstance(event, ActionApplied | NoteApplied)
        for piece in split(event.signatures)
        if len(piece) == SIGNATURE_BYTES
    ]


def _batched(events: Iterable[LedgerEvent]) -> Iterator[list[LedgerEvent]]:
    """Lists of up to BATCH events; a failure of the source comes after the events before it."""
    batch: list[LedgerEvent] = []
    failure: Exception | None = None
    source = iter(events)
    while failure is None:
        try:
            event = next(source, None)
        except Exception as raised:  # noqa: BLE001  (handed on below)
            failure, event = raised, None
        if event is None:
            break
        batch.append(event)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
    if failure is not None:
        raise failure
