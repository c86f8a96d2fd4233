"""The embedded node: anvil as a chain that survives a crash.

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
import gzip
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from portledger import faults
from portledger.chain.rpc import ChainError, NodeAnsweredError, Rpc, hexed, unhexed
from portledger.domain.hashing import keccak

ANVIL: Final = "PORTLEDGER_ANVIL"
"""Environment variable: path of the anvil binary to use."""
CHAIN_ID: Final = 1337
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
_RPC_SECONDS: Final = 600.0
"""A dump or a block of a large chain takes its time."""
_KEPT_CHECKPOINTS: Final = 2


class NodeMissing(ChainError):
    """The embedded node's program is not installed."""

    REMEDY: ClassVar[str] = (
        f"Run scripts/setup, or put Foundry's anvil on the PATH, or name it in {ANVIL}, or give the address of "
        "another chain node."
    )


class NodeFailed(ChainError):
    """The embedded node does not start or stopped by itself."""

    REMEDY: ClassVar[str] = "Read the node's log beside its state; free the port or choose another one."


class NodeBusy(ChainError):
    """Another process runs a node on this folder."""

    REMEDY: ClassVar[str] = "Stop the other process, or choose another data folder."


class NodeStateDamaged(ChainError):
    """The folder's chain cannot be restored from its checkpoints and journals."""

    REMEDY: ClassVar[str] = "Restore the chain folder from a backup; do not delete single files in it."


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """port: 0 = any free one; hardfork: as anvil names it, None = its newest; gas_limit: of a block.

    block_seconds: least time between two blocks that `run` mines; poll_seconds: how often it looks for transactions;
    checkpoint_bytes: journal size after which `run` makes a checkpoint. binary: path of anvil, None = look for it.
    """

    chain_id: int = CHAIN_ID
    host: str = "127.0.0.1"
    port: int = 0
    hardfork: str | None = "berlin"
    gas_limit: int = 10**11
    prune_history: int = 200
    block_seconds: float = 0.25
    poll_seconds: float = 0.02
    checkpoint_bytes: int = 64 << 20
    binary: str | None = None


@dataclass(frozen=True, slots=True)
class JournaledBlock:
    """What it takes to mine a block again. time: unix seconds; raws: signed transactions in the block's order."""

    number: int
    time: int
    raws: tuple[bytes, ...]


def find_anvil(binary: str | None = None) -> Path:
    """The anvil to run: the one named, $PORTLEDGER_ANVIL, the checkout's pinned one, the PATH's. Raises NodeMissing."""
    named = binary or os.environ.get(ANVIL)
    if named:
        if not os.access(named, os.X_OK):
            raise NodeMissing(f"no program at {named}", "an executable anvil")
        return Path(named)
    for root in (Path(__file__).resolve().parents[3], Path.cwd()):
        for path in sorted(root.glob("node_modules/@foundry-rs/anvil-*/bin/anvil*")):
            if os.access(path, os.X_OK):
                return path
    on_path = shutil.which("anvil")
    if on_path is None:
        raise NodeMissing("no anvil in node_modules and none on the PATH", "Foundry's anvil, 1.7")
    return Path(on_path)


class _Anvil:
    """One anvil process. Raises NodeFailed when it does not answer, NodeBusy when the port is taken."""

    def __init__(self, folder: Path, settings: NodeSettings, began: int, port: int, checkpoint: Path | None) -> None:
        """began: block 0's time, unix seconds; port: 0 = any free one; checkpoint: None = a new chain."""
        self._folder, self._settings, self._began = folder, settings, began
        load = folder / "load.json"
        try:
            if checkpoint is not None:
                with gzip.open(checkpoint) as packed, load.open("wb") as plain:
                    shutil.copyfileobj(packed, plain, 1 << 20)
            self.port = _free_port(settings.host, port)
            self.process = self._begin(load if checkpoint is not None else None)
            self._wait(START_SECONDS + (load.stat().st_size >> 20 if checkpoint is not None else 0))
        finally:
            load.unlink(missing_ok=True)

    @property
    def url(self) -> str:
        return f"http://{self._settings.host}:{self.port}"

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def end(self) -> None:
        """Its state is ours to keep, so how it ends does not matter."""
        if not self.alive:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _begin(self, load: Path | None) -> subprocess.Popen[bytes]:
        with (self._folder / "anvil.log").open("wb") as log:
            process = subprocess.Popen(
                self._command(load),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        _write_whole(self._folder / "process", f"{process.pid} {self.port}\n".encode())
        return process

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        with Rpc(self.url, timeout=_RPC_SECONDS) as rpc:
            while self.alive and time.monotonic() < until:
                with contextlib.suppress(ChainError):
                    if rpc.call("eth_chainId") == hex(self._settings.chain_id) and self.alive:
                        return
                time.sleep(0.02)
        self.end()
        raise NodeFailed(self._log_tail(), "a node that answers")

    def _command(self, load: Path | None) -> list[str]:
        settings = self._settings
        command = [
            str(find_anvil(settings.binary)), "--host", settings.host, "--port", str(self.port),
            "--chain-id", str(settings.chain_id), "--accounts", "0", "--no-mining", "--order", "fifo",
            "--block-base-fee-per-gas", "0", "--gas-price", "0", "--gas-limit", str(settings.gas_limit),
            "--prune-history", str(settings.prune_history), "--cache-path", str(self._folder.resolve() / "cache"),
            "--no-request-size-limit", "--no-cors", "--quiet", "--timestamp", str(self._began),
        ]  # fmt: skip
        if settings.hardfork is not None:
            command += ["--hardfork", settings.hardfork]
        if load is not None:
            command += ["--load-state", str(load)]
        return command

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError):
            return (self._folder / "anvil.log").read_text(errors="replace").strip()[-400:] or "a node that says nothing"
        return "a node that says nothing"


class AnvilNode:
    """One embedded node on one folder: `with AnvilNode(folder) as node:` starts and stops it. Thread-safe."""

    def __init__(self, folder: Path, settings: NodeSettings | None = None) -> None:
        self.folder = folder
        self.settings = settings or NodeSettings()
        self._port = self.settings.port
        self._anvil: _Anvil | None = None
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
            _write_whole(path, json.dumps({**ours, "began": int(time.time())}).encode())
        theirs = json.loads(path.read_bytes())
        self._began = theirs.pop("began", 0)
        if theirs != ours:
            raise NodeStateDamaged(
                f"a chain of {theirs}", f"a chain of {ours}", "Use the settings the chain began with."
            )

    def _take_over_survivor(self) -> None:
        """An anvil that outlived the process that ran it may have blocks that were not journaled: take them, end it."""
        survivor = self._survivor()
        if survivor is None:
            return
        pid, port = survivor
        journals = _journals(self.folder)
        if journals:
            known = max(
                [number for number, _ in _checkpoints(self.folder)] + [last_journaled(path) for _, path in journals]
            )
            with (
                Rpc(f"http://{self.settings.host}:{port}", timeout=_RPC_SECONDS) as rpc,
                contextlib.suppress(ChainError),
            ):
                append_journal(journals[-1][1], _fetch(rpc, known + 1, rpc.block_number()))
        _end_process(pid)

    def _survivor(self) -> tuple[int, int] | None:
        try:
            pid, port = (int(part) for part in (self.folder / "process").read_text().split())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return (pid, port) if os.fsencode(self.folder.resolve() / "cache") in command else None

    def _restore(self) -> None:
        checkpoints = _checkpoints(self.folder)
        if not checkpoints and any(self.folder.glob("blocks-*")):
            raise NodeStateDamaged(f"{self.folder}: journals without a checkpoint", "both")
        troubles = []
        for number, path in checkpoints:
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
        self._anvil = _Anvil(self.folder, self.settings, self._began, self._port, checkpoint)
        self._port = self._anvil.port
        if self._rpc is None or self._rpc.url != self.url:
            self._rpc = Rpc(self.url, timeout=_RPC_SECONDS)
        newest = _newest(self.rpc)
        if number is not None and newest.number != number:
            raise NodeFailed(f"block {newest.number} in a checkpoint", f"block {number}")
        self._saved, self._last_time = newest.number, newest.time
        self._journal = _journal_path(self.folder, newest.number)
        _set_clock(self.rpc, max(int(time.time()), newest.time))

    def _caught_up(self, number: int, checkpoint: Path) -> tuple[int, Path]:
        """A checkpoint that holds every journaled block; made, where there are later ones, by an anvil at a port that
        nobody knows: neither a half-restored chain nor somebody's new transaction may come between."""
        later = list(_journaled_after(self.folder, number))
        if not later:
            return number, checkpoint
        hidden = _Anvil(self.folder, self.settings, self._began, 0, checkpoint)
        try:
            with Rpc(hidden.url, timeout=_RPC_SECONDS) as rpc:
                _set_clock(rpc, _newest(rpc).time)
                for path in later:
                    number = _mine_again(rpc, path, number)
                made = _checkpoint_path(self.folder, number)
                faults.point("node.before_checkpoint")
                _write_whole(made, unhexed(rpc.call("anvil_dumpState")))
                faults.point("node.after_checkpoint")
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
            _write_whole(_checkpoint_path(self.folder, number), dump)
            faults.point("node.after_checkpoint")
            self._journal = _journal_path(self.folder, number)
            self._forget_old()
            return number

    def _forget_old(self) -> None:
        kept = _checkpoints(self.folder)[:_KEPT_CHECKPOINTS]
        oldest = kept[-1][0]
        for number, path in [*_checkpoints(self.folder), *_journals(self.folder)]:
            if number < oldest:
                path.unlink(missing_ok=True)

    def _journaled_bytes(self) -> int:
        return self._journal.stat().st_size if self._journal is not None and self._journal.exists() else 0

    def run(self) -> None:
        """Begins to mine in a thread, until `stop`: a block whenever transactions wait, at most one per
        `block_seconds`; checkpoints in between; starts an anvil again that died."""
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
        mined_at = 0.0
        while not self._stopping.wait(self.settings.poll_seconds):
            try:
                if time.monotonic() - mined_at < self.settings.block_seconds:
                    continue
                pool, newest = self.rpc.batch([("txpool_status", ()), ("eth_blockNumber", ())])
                if int(pool["pending"], 16):
                    mined_at = time.monotonic()
                    self.mine()
                    if self._journaled_bytes() > self.settings.checkpoint_bytes:
                        self.save()
                elif int(newest, 16) > self._saved:
                    self.record()
                self.failure = None
            except (ChainError, OSError) as failure:
                self.failure = failure
                self._revive()

    def _revive(self) -> None:
        """After a failure: a dead anvil is started again on the same address; a live one gets a pause."""
        if self.alive or self._stopping.wait(0.2):
            return
        with self._lock:
            try:
                self._restore()
            except (ChainError, OSError) as failure:
                self.failure = failure
                self._end()


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


def _journaled_after(folder: Path, number: int) -> Iterator[Path]:
    """The journals, oldest first, that hold blocks after this one; torn ends are cut off on the way."""
    for _, path in _journals(folder):
        mend_journal(path)
        if last_journaled(path) > number:
            yield path


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


# --- files ----------------------------------------------------------------------------------------------------------

_RECORD: Final = struct.Struct(">4sIIQQI")
"""Magic, bytes of the body, CRC-32 of number to body, block number, timestamp, number of transactions."""
_MAGIC: Final = b"PLJ1"
_SIZE: Final = struct.Struct(">I")


def append_journal(path: Path, blocks: Sequence[JournaledBlock]) -> None:
    """Adds blocks to a journal, on disk when it returns."""
    with path.open("ab") as file:
        whole = file.tell()
        try:
            file.write(b"".join(_journal_record(block) for block in blocks))
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            file.truncate(whole)  # a full disk must not leave half a record for later ones to follow
            raise


def _journal_record(block: JournaledBlock) -> bytes:
    body = b"".join(_SIZE.pack(len(raw)) + raw for raw in block.raws)
    head = _RECORD.pack(_MAGIC, len(body), 0, block.number, block.time, len(block.raws))
    check = zlib.crc32(head[12:] + body)
    return _RECORD.pack(_MAGIC, len(body), check, block.number, block.time, len(block.raws)) + body


def read_journal(path: Path) -> Iterator[JournaledBlock]:
    """The journaled blocks up to the first record that is torn: a crash in the middle of a write leaves one."""
    with path.open("rb") as file:
        while len(head := file.read(_RECORD.size)) == _RECORD.size:
            magic, size, check, number, moment, count = _RECORD.unpack(head)
            body = file.read(size)
            if magic != _MAGIC or len(body) != size or zlib.crc32(head[12:] + body) != check:
                return
            yield JournaledBlock(number, moment, tuple(_cut(body, count)))


def last_journaled(path: Path) -> int:
    """The newest block in a journal, -1 if it has none."""
    return max((block.number for block in read_journal(path)), default=-1)


def mend_journal(path: Path) -> None:
    """Cuts a torn record off the end, so that later ones can be read."""
    whole = sum(len(_journal_record(block)) for block in read_journal(path))
    if path.stat().st_size > whole:
        os.truncate(path, whole)


def _cut(body: bytes, count: int) -> Iterator[bytes]:
    at = 0
    for _ in range(count):
        (size,) = _SIZE.unpack_from(body, at)
        yield body[at + 4 : at + 4 + size]
        at += 4 + size


def _write_whole(path: Path, content: bytes) -> None:
    """The file is either the old or the new one, whatever happens: temporary file, sync, rename, sync the folder."""
    temporary = path.with_name(path.name + ".new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _checkpoint_path(folder: Path, number: int) -> Path:
    return folder / f"state-{number:012d}.json.gz"


def _journal_path(folder: Path, number: int) -> Path:
    return folder / f"blocks-{number:012d}.journal"


def _checkpoints(folder: Path) -> list[tuple[int, Path]]:
    """Block and path, newest first."""
    return sorted(((int(path.name[6:18]), path) for path in folder.glob("state-*.json.gz")), reverse=True)


def _journals(folder: Path) -> list[tuple[int, Path]]:
    """Block after which the journal begins, and path, oldest first."""
    return sorted((int(path.name[7:19]), path) for path in folder.glob("blocks-*.journal"))


def _free_port(host: str, port: int) -> int:
    """The port if nobody has it; 0 = any that nobody has. Raises NodeBusy."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            raise NodeBusy(f"{host}:{port} in use", "a free port", "Stop what uses it, or choose another.") from failure
        found: int = probe.getsockname()[1]
        return found


def _end_process(pid: int) -> None:
    """SIGTERM, then SIGKILL, for a process that is not our child."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        until = time.monotonic() + STOP_SECONDS
        while time.monotonic() < until:
            if not _runs(pid):
                return
            time.sleep(0.02)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"
