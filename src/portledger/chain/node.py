"""The embedded node: anvil (anvil.py) as a chain that survives a crash, by what it keeps on disk (chain_files.py).

anvil keeps its chain in memory and can dump it, which takes longer the longer the chain is. So this module does what a
database does: now and then a checkpoint (anvil's dump, written to a temporary file, synced, renamed), and after every
block a journal entry (number, timestamp, raw transactions; synced). Starting = newest whole checkpoint + the journaled
blocks after it, mined again with their timestamps: same transactions, same state, same heads, same block numbers. Block
hashes of blocks mined again differ, because anvil draws a random mixHash. A damaged checkpoint falls back to
the one before it, whose journals are kept as long as it is.

What a crash can still take: blocks that were mined but not journaled yet, a few milliseconds' worth, and only if anvil
dies in them (an anvil that outlives this process is asked for what is missing at the next start; one that dies alone is
started again by `run`). Who must not show even that as final waits for `saved_block` to reach the block, and sends
again what was in a lost one.

Nothing outside this module calls anvil_* or evm_* methods: any other JSON-RPC node may take this one's place.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import threading
import time
import zlib
from pathlib import Path
from typing import Any, ClassVar, Final

from portledger import faults
from portledger.chain.anvil import (
    ANVIL,
    CHAIN_ID,
    RPC_SECONDS,
    Anvil,
    NodeBusy,
    NodeFailed,
    NodeMissing,
    NodeSettings,
    end_process,
    find_anvil,
)
from portledger.chain.chain_files import (
    JournaledBlock,
    append_journal,
    checkpoint_path,
    checkpoints,
    journal_path,
    journaled_after,
    journals,
    last_journaled,
    mend_journal,
    read_journal,
    write_whole,
)
from portledger.chain.rpc import ChainError, NodeAnsweredError, Rpc, hexed, unhexed
from portledger.domain.hashing import keccak

__all__ = [
    "ANVIL",
    "CHAIN_ID",
    "AnvilNode",
    "JournaledBlock",
    "NodeBusy",
    "NodeFailed",
    "NodeMissing",
    "NodeSettings",
    "NodeStateDamaged",
    "append_journal",
    "find_anvil",
    "last_journaled",
    "mend_journal",
    "read_journal",
]

_KEPT_CHECKPOINTS: Final = 2
_REST: Final = 2
"""A block costs the node the whole of its storage root, more with every document: it works half of the time at most,
and the fuller blocks cost less for each act."""


class NodeStateDamaged(ChainError):
    """The folder's chain cannot be restored from its checkpoints and journals."""

    REMEDY: ClassVar[str] = "Restore the chain folder from a backup; do not delete single files in it."


class AnvilNode:
    """One embedded node on one folder: `with AnvilNode(folder) as node:` starts and stops it. Thread-safe."""

    def __init__(self, folder: Path, settings: NodeSettings | None = None) -> None:
        self.folder = folder
        self.settings = settings or NodeSettings()
        self._port = self.settings.port
        self._anvil: Anvil | None = None
        self._rpc: Rpc | None = None
        self._held: int | None = None
        self._lock = threading.RLock()
        self._saved = -1
        self._last_time = 0
        self._began = 0
        self._journal: Path | None = None
        self._miner: threading.Thread | None = None
        self._stopping = threading.Event()
        self.failure: Exception | None = None
        """Why `run` could not go on, or None; it keeps trying."""

    def __enter__(self) -> AnvilNode:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://{self.settings.host}:{self._port}"

    @property
    def rpc(self) -> Rpc:
        """A client of this node. Raises NodeFailed before `start`."""
        if self._rpc is None:
            raise NodeFailed("a node that was not started", "a running node")
        return self._rpc

    @property
    def pid(self) -> int | None:
        return self._anvil.process.pid if self._anvil else None

    @property
    def alive(self) -> bool:
        return self._anvil is not None and self._anvil.alive

    @property
    def saved_block(self) -> int:
        """The newest block that a crash cannot take; -1 before start."""
        return self._saved

    # --- starting and stopping --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Restores the folder's chain, or begins one, and waits until the node answers.

        Raises NodeMissing, NodeFailed, NodeBusy, NodeStateDamaged.
        """
        with self._lock:
            if self.alive:
                return
            find_anvil(self.settings.binary)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._hold()
            try:
                self._stopping.clear()
                self._check_chain()
                self._take_over_survivor()
                self._restore()
            except BaseException:
                self._end()
                self._release()
                raise

    def stop(self, checkpoint: bool = True) -> None:
        """Stops mining, makes a checkpoint (without one the next start is slower, and loses nothing), ends anvil."""
        self.pause()
        with self._lock:
            try:
                if checkpoint and self.alive and self._journaled_bytes():
                    self.save()
            finally:
                self._end()
                self._release()
                if self._rpc is not None:
                    self._rpc.close()
                    self._rpc = None

    def _hold(self) -> None:
        if self._held is not None:
            return
        held = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as failure:
            os.close(held)
            raise NodeBusy(f"{self.folder} in use", "one process per chain folder") from failure
        self._held = held

    def _release(self) -> None:
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def _check_chain(self) -> None:
        """A folder belongs to one chain: transactions are bound to its id, results to the hardfork, block 0 to all.

        anvil makes a block 0 of its own before it loads a checkpoint, and its next dump has both: with the moment of
        the chain's beginning they are the same block.
        """
        path = self.folder / "chain.json"
        settings = self.settings
        ours = {"chainId": settings.chain_id, "hardfork": settings.hardfork, "gasLimit": settings.gas_limit}
        if not path.exists():
            write_whole(path, json.dumps({**ours, "began": int(time.time())}).encode())
        theirs = _said(path)
        if unsaid := sorted({*ours, "began"} - set(theirs)):
            raise NodeStateDamaged(
                f"{path.name} without {' and '.join(unsaid)}: an earlier version began this chain",
                "a chain whose beginning is written down",
                "Its block 0 cannot be made again. Run the version that began it, or choose another data folder, "
                "where a new chain begins.",
            )
        self._began = theirs.pop("began")
        if other := {name: theirs[name] for name in ours if theirs[name] != ours[name]}:
            raise NodeStateDamaged(
                f"a chain with {_listed(other)}",
                _listed({name: ours[name] for name in other}),
                "Use the settings the chain began with, or another data folder.",
            )

    def _take_over_survivor(self) -> None:
        """An anvil that outlived the process that ran it may have blocks that were not journaled: take them, end it."""
        survivor = self._survivor()
        if survivor is None:
            return
        pid, port = survivor
        written = journals(self.folder)
        if written:
            known = max(
                [number for number, _ in checkpoints(self.folder)] + [last_journaled(path) for _, path in written]
            )
            with (
                Rpc(f"http://{self.settings.host}:{port}", timeout=RPC_SECONDS) as rpc,
                contextlib.suppress(ChainError),
            ):
                append_journal(written[-1][1], _fetch(rpc, known + 1, rpc.block_number()))
        end_process(pid)

    def _survivor(self) -> tuple[int, int] | None:
        try:
            pid, port = (int(part) for part in (self.folder / "process").read_text().split())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return (pid, port) if os.fsencode(self.folder.resolve() / "cache") in command else None

    def _restore(self) -> None:
        kept = checkpoints(self.folder)
        if not kept and any(self.folder.glob("blocks-*")):
            raise NodeStateDamaged(f"{self.folder}: journals without a checkpoint", "both")
        troubles = []
        for number, path in kept:
            try:
                self._open(*self._caught_up(number, path))
            except (OSError, EOFError, zlib.error, NodeFailed) as failure:
                self._end()
                troubles.append(f"{path.name}: {failure}")
            else:
                return
        if troubles:
            raise NodeStateDamaged("; ".join(troubles), "a checkpoint that loads")
        self._open(None, None)
        self.save()

    def _open(self, number: int | None, checkpoint: Path | None) -> None:
        """Starts anvil where others can reach it, with a checkpoint that lacks nothing."""
        self._anvil = Anvil(self.folder, self.settings, self._began, self._port, checkpoint)
        self._port = self._anvil.port
        if self._rpc is None or self._rpc.url != self.url:
            self._rpc = Rpc(self.url, timeout=RPC_SECONDS)
        newest = _newest(self.rpc)
        if number is not None and newest.number != number:
            raise NodeFailed(f"block {newest.number} in a checkpoint", f"block {number}")
        self._saved, self._last_time = newest.number, newest.time
        self._journal = journal_path(self.folder, newest.number)
        _set_clock(self.rpc, max(int(time.time()), newest.time))

    def _caught_up(self, number: int, checkpoint: Path) -> tuple[int, Path]:
        """A checkpoint that holds every journaled block; made, where there are later ones, by an anvil at a port that
        nobody knows: neither a half-restored chain nor somebody's new transaction may come between."""
        later = list(journaled_after(self.folder, number))
        if not later:
            return number, checkpoint
        hidden = Anvil(self.folder, self.settings, self._began, 0, checkpoint)
        try:
            with Rpc(hidden.url, timeout=RPC_SECONDS) as rpc:
                _set_clock(rpc, _newest(rpc).time)
                for path in later:
                    number = _mine_again(rpc, path, number)
                made = checkpoint_path(self.folder, number)
                faults.point("restore.before_checkpoint")
                write_whole(made, unhexed(rpc.call("anvil_dumpState")))
                faults.point("restore.after_checkpoint")
        finally:
            hidden.end()
        self._forget_old()
        return number, made

    def _end(self) -> None:
        if self._anvil is not None:
            self._anvil.end()
            self._anvil = None

    # --- mining and keeping -----------------------------------------------------------------------------------------

    def mine(self, at: int | None = None) -> int:
        """Mines one block and journals it; its number. at: its timestamp in unix seconds, default now, never before
        the last block's. Raises NodeUnreachable, NodeAnsweredError."""
        with self._lock:
            moment = max(int(time.time()) if at is None else at, self._last_time)
            faults.point("node.before_mine")
            self.rpc.call("evm_mine", {"timestamp": moment})
            faults.point("node.after_mine")
            return self.record()

    def record(self) -> int:
        """Journals every block that is not journaled yet, whoever mined it; the newest block's number."""
        with self._lock:
            newest = self.rpc.block_number()
            blocks = _fetch(self.rpc, self._saved + 1, newest)
            if blocks and self._journal is not None:
                append_journal(self._journal, blocks)
                faults.point("node.after_journal")
                self._saved, self._last_time = blocks[-1].number, blocks[-1].time
            return newest

    def save(self) -> int:
        """Makes a checkpoint of the chain as it is; its block. Takes some 70 us per act, and the chain stands still."""
        with self._lock:
            number = self.record()
            dump = unhexed(self.rpc.call("anvil_dumpState"))
            if self.record() != number:  # somebody else mined meanwhile: the dump may hold either block
                number = self.record()
                dump = unhexed(self.rpc.call("anvil_dumpState"))
                if self.record() != number:
                    return self._saved  # the journal has them all; a quieter moment will come
            faults.point("node.before_checkpoint")
            write_whole(checkpoint_path(self.folder, number), dump)
            faults.point("node.after_checkpoint")
            self._journal = journal_path(self.folder, number)
            self._forget_old()
            return number

    def _forget_old(self) -> None:
        kept = checkpoints(self.folder)[:_KEPT_CHECKPOINTS]
        oldest = kept[-1][0]
        for number, path in [*checkpoints(self.folder), *journals(self.folder)]:
            if number < oldest:
                path.unlink(missing_ok=True)

    def _journaled_bytes(self) -> int:
        return self._journal.stat().st_size if self._journal is not None and self._journal.exists() else 0

    def _checkpoint_due(self) -> bool:
        """A checkpoint holds the whole chain, so checkpoints at equal distances cost more and more for each act. At
        distances that grow with the checkpoint, all of them together cost some times the last one."""
        newest = checkpoints(self.folder)[0][1].stat().st_size
        return self._journaled_bytes() > max(self.settings.checkpoint_bytes, newest)

    def run(self) -> None:
        """Begins to mine in a thread, until `stop`: a block whenever transactions wait, at most one per
        `block_seconds` and none sooner than `_REST` times what the last one took; checkpoints in between; starts an
        anvil again that died."""
        if self._miner is None:
            self._stopping.clear()
            self._miner = threading.Thread(target=self._run, name="anvil-miner", daemon=True)
            self._miner.start()

    def pause(self) -> None:
        """Ends what `run` began; blocks come only from `mine` then."""
        self._stopping.set()
        if self._miner is not None:
            self._miner.join()
            self._miner = None

    def _run(self) -> None:
        mined_at = took = 0.0
        while not self._stopping.wait(self.settings.poll_seconds):
            try:
                if time.monotonic() - mined_at < max(self.settings.block_seconds, _REST * took):
                    continue
                pool, newest = self.rpc.batch([("txpool_status", ()), ("eth_blockNumber", ())])
                if int(pool["pending"], 16):
                    mined_at = time.monotonic()
                    self.mine()
                    took = time.monotonic() - mined_at
                    if self._checkpoint_due():
                        self.save()
                elif int(newest, 16) > self._saved:
                    self.record()
                self.failure = None
            except Exception as failure:  # noqa: BLE001 - whatever it is: without this thread there are no more blocks
                self.failure = failure
                self._revive()

    def _revive(self) -> None:
        """After a failure: a dead anvil is started again on the same address; a live one gets a pause."""
        if self.alive or self._stopping.wait(0.2):
            return
        with self._lock:
            try:
                self._restore()
            except Exception as failure:  # noqa: BLE001 - as above
                self.failure = failure
                self._end()


def _said(chain_file: Path) -> dict[str, Any]:
    """What chain.json says. Raises NodeStateDamaged when it cannot be read."""
    try:
        said = json.loads(chain_file.read_bytes())
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise NodeStateDamaged(f"{chain_file} is no JSON object", "the file that was written when the chain began")
    return said


def _listed(settings: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def _newest(rpc: Rpc) -> JournaledBlock:
    """Number and time of a node's newest block."""
    block = rpc.block() or {"number": "0x0", "timestamp": "0x0"}
    return JournaledBlock(int(block["number"], 16), int(block["timestamp"], 16), ())


def _set_clock(rpc: Rpc, moment: int) -> None:
    """A started anvil takes the moment of its start for the last block's time and mines nothing before it."""
    rpc.call("evm_setTime", hex(moment))


def _mine_again(rpc: Rpc, journal: Path, number: int) -> int:
    """Mines a journal's blocks that come after `number`; the last block's number. Raises NodeStateDamaged."""
    for block in read_journal(journal):
        if block.number <= number:
            continue
        if block.number != number + 1:
            raise NodeStateDamaged(f"{journal.name}: block {block.number} after {number}", "every block")
        refused = [answer for answer in rpc.send_raw_each(block.raws) if isinstance(answer, NodeAnsweredError)]
        rpc.call("evm_mine", {"timestamp": block.time})
        number = block.number
        mined = rpc.block(number) or {"transactions": []}
        if refused or mined["transactions"] != [hexed(keccak(raw)) for raw in block.raws]:
            raise NodeStateDamaged(
                f"block {number} mined again with other transactions {refused or ''}", "the journaled ones"
            )
    return number


def _fetch(rpc: Rpc, first: int, last: int) -> list[JournaledBlock]:
    """Blocks first..last of a node, with their transactions as they were signed."""
    blocks = []
    for number in range(first, last + 1):
        block = rpc.block(number)
        if block is None:
            raise NodeFailed(f"a node without its block {number}", "every block of the chain")
        raws = rpc.batch([("debug_getRawTransaction", (tx,)) for tx in block["transactions"]])
        blocks.append(JournaledBlock(number, int(block["timestamp"], 16), tuple(unhexed(raw) for raw in raws)))
    return blocks
