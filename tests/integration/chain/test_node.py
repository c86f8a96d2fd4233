"""The embedded node keeps its chain through stops, kills and damaged files."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portledger.chain.node import (
    AnvilNode,
    NodeBusy,
    NodeMissing,
    NodeSettings,
    NodeStateDamaged,
    find_anvil,
    read_journal,
)
from portledger.chain.rpc import Rpc
from portledger.chain.transactions import Transaction, transaction_hash

KEY = bytes([7]) * 32
EMITS_ONE_LOG = bytes.fromhex("60aa600052600160206000a160006000f3")


def send(node: AnvilNode, nonce: int) -> bytes:
    return node.rpc.send_raw(Transaction(nonce, 10**6, b"", EMITS_ONE_LOG).sign(KEY, node.settings.chain_id))


def mined(node: AnvilNode, first: int, count: int) -> list[bytes]:
    hashes = []
    for nonce in range(first, first + count):
        hashes.append(send(node, nonce))
        node.mine()
    return hashes


def logs(node: AnvilNode) -> list[str]:
    found = node.rpc.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
    return [f"{log['blockNumber']} {log['blockTimestamp']} {log['transactionHash']}" for log in found]


@pytest.fixture
def node(tmp_path: Path) -> Iterator[AnvilNode]:
    made = AnvilNode(tmp_path / "chain")
    yield made
    made.stop(checkpoint=False)


def until(holds, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def kill(node: AnvilNode) -> None:
    assert node.pid is not None
    os.kill(node.pid, signal.SIGKILL)
    until(lambda: not node.alive)


def test_a_stopped_node_starts_again_with_its_whole_chain(node: AnvilNode) -> None:
    node.start()
    hashes = mined(node, 0, 3)
    before, head, genesis = logs(node), node.rpc.block(3), node.rpc.block(0)
    node.stop()
    assert not node.alive
    node.start()
    assert (logs(node), node.rpc.block(3), node.rpc.block(0)) == (before, head, genesis)
    assert node.rpc.receipt(hashes[0]) is not None
    assert node.saved_block == 3
    mined(node, 3, 1)
    assert node.rpc.block_number() == 4


def test_blocks_mined_after_the_last_checkpoint_survive_kill_9(node: AnvilNode) -> None:
    node.start()
    mined(node, 0, 2)
    node.save()
    mined(node, 2, 3)
    node.mine()
    before = logs(node)
    kill(node)
    time.sleep(1.1)  # the chain's seconds are over when it is mined again
    node.start()
    assert logs(node) == before
    assert node.rpc.block_number() == 6
    with Rpc(node.url) as other:
        other.call("evm_mine")
    newest = node.rpc.block()
    assert newest is not None
    assert abs(int(newest["timestamp"], 16) - time.time()) < 5


def test_block_0_is_the_same_however_often_the_node_starts_again(node: AnvilNode) -> None:
    node.start()
    first = node.rpc.block(0)
    assert first is not None
    for _ in range(5):  # with two different ones in a dump, it was a matter of luck which of them anvil took
        node.mine()
        kill(node)
        node.start()
        again = node.rpc.block(0)
        assert again is not None
        assert again["hash"] == first["hash"]


def test_a_block_is_saved_when_mine_returns(node: AnvilNode) -> None:
    node.start()
    send(node, 0)
    assert node.mine() == node.saved_block == 1


def test_several_transactions_of_a_block_are_mined_again_in_their_order(node: AnvilNode) -> None:
    node.start()
    keys = [bytes([n]) * 32 for n in (3, 1, 2)]
    raws = [Transaction(n, 10**6, b"", EMITS_ONE_LOG).sign(key, node.settings.chain_id) for n in (0, 1) for key in keys]
    node.rpc.send_raw_each(raws)
    node.mine()
    before = logs(node)
    kill(node)
    node.start()
    assert logs(node) == before
    assert len(before) == 6


@pytest.mark.parametrize("damage", ["truncated", "empty", "garbled"])
def test_a_damaged_checkpoint_falls_back_to_the_one_before(node: AnvilNode, damage: str) -> None:
    node.start()
    mined(node, 0, 2)
    node.save()
    mined(node, 2, 2)
    node.save()
    mined(node, 4, 1)
    before = logs(node)
    kill(node)
    newest = max(node.folder.glob("state-*.json.gz"))
    content = newest.read_bytes()
    newest.write_bytes(
        {"truncated": content[: len(content) // 2], "empty": b"", "garbled": content[:100] + b"?" + content[101:]}[
            damage
        ]
    )
    node.start()
    assert logs(node) == before


def test_a_torn_journal_record_is_dropped_and_later_blocks_are_kept(node: AnvilNode) -> None:
    node.start()
    mined(node, 0, 2)
    before = logs(node)
    kill(node)
    journal = max(node.folder.glob("blocks-*.journal"))
    journal.write_bytes(journal.read_bytes() + journal.read_bytes()[:40])
    node.start()
    assert logs(node) == before
    mined(node, 2, 1)
    kill(node)
    node.start()
    assert node.rpc.block_number() == 3


def test_a_torn_record_in_an_otherwise_empty_journal_does_not_hide_later_blocks(node: AnvilNode) -> None:
    node.start()
    kill(node)
    (node.folder / "blocks-000000000000.journal").write_bytes(b"PLJ1 torn")
    node.start()
    mined(node, 0, 1)
    kill(node)
    node.start()
    assert node.rpc.block_number() == 1


def test_when_every_checkpoint_is_damaged_no_new_chain_is_begun(node: AnvilNode) -> None:
    node.start()
    mined(node, 0, 1)
    node.stop()
    for path in node.folder.glob("state-*.json.gz"):
        path.write_bytes(b"")
    with pytest.raises(NodeStateDamaged):
        node.start()
    for path in node.folder.glob("state-*.json.gz"):
        path.unlink()
    with pytest.raises(NodeStateDamaged):
        node.start()


def test_only_two_checkpoints_and_their_journals_are_kept(node: AnvilNode) -> None:
    node.start()
    for nonce in range(4):
        mined(node, nonce, 1)
        node.save()
    assert sorted(path.name for path in node.folder.glob("state-*")) == [
        "state-000000000003.json.gz",
        "state-000000000004.json.gz",
    ]
    assert [path.name for path in node.folder.glob("blocks-*")] == ["blocks-000000000003.journal"]


def test_an_anvil_that_outlived_its_process_hands_over_what_was_not_journaled(node: AnvilNode, tmp_path: Path) -> None:
    node.start()
    mined(node, 0, 1)
    send(node, 1)
    node.rpc.call("evm_mine")
    before = logs(node)
    survivor = node.pid
    node._release()  # as a killed process does: the lock goes, anvil stays
    after = AnvilNode(node.folder)
    after.start()
    assert logs(after) == before
    until(lambda: not node.alive)
    assert after.pid != survivor
    after.stop()


def test_a_running_node_mines_by_itself_and_comes_back_after_kill_9(node: AnvilNode) -> None:
    node.start()
    node.run()
    first = send(node, 0)
    until(lambda: node.rpc.receipt(first) is not None)
    until(lambda: node.saved_block == 1)
    before, url, old = logs(node), node.url, node.pid
    kill(node)
    until(lambda: node.alive and node.pid != old and node.failure is None)
    assert logs(node) == before
    assert node.url == url
    second = send(node, 1)
    until(lambda: node.rpc.receipt(second) is not None)


def test_a_failure_that_nobody_thought_of_does_not_end_the_mining(
    node: AnvilNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    node.start()
    mine, failed = node.mine, []

    def fails_once(at: int | None = None) -> int:
        if not failed:
            failed.append(at)
            raise ZeroDivisionError
        return mine(at)

    monkeypatch.setattr(node, "mine", fails_once)
    node.run()
    first = send(node, 0)
    until(lambda: node.rpc.receipt(first) is not None)
    assert failed
    until(lambda: node.failure is None)


def test_blocks_of_others_are_journaled_while_running(node: AnvilNode) -> None:
    node.start()
    node.run()
    with Rpc(node.url) as other:
        other.call("evm_mine")
        other.call("evm_mine")
    until(lambda: node.saved_block == 2)


@pytest.mark.parametrize(("least", "made"), [(100, True), (1 << 30, False)])
def test_a_checkpoint_is_made_when_the_journal_outgrew_the_last_one_and_the_least_distance(
    tmp_path: Path, least: int, made: bool
) -> None:
    with AnvilNode(tmp_path, NodeSettings(checkpoint_bytes=least, block_seconds=0.02)) as node:
        node.run()

        def checkpoint() -> Path:
            return max(tmp_path.glob("state-*.json.gz"))

        def journaled(nonce: int, data: bytes) -> None:
            transaction = Transaction(nonce, 10**8, b"", EMITS_ONE_LOG + data)
            node.rpc.send_raw(transaction.sign(KEY, node.settings.chain_id))
            until(lambda: node.rpc.block_number() == nonce + 1)

        began = checkpoint()
        journaled(0, b"")
        journaled(1, b"")  # the journal is beyond 100 bytes, but not beyond the checkpoint
        assert checkpoint() == began
        journaled(2, os.urandom(2 * began.stat().st_size))
        if made:
            until(lambda: checkpoint() != began)
        journaled(3, b"")
        assert (checkpoint() != began) == made


def test_the_clock_of_the_chain_never_goes_back(node: AnvilNode) -> None:
    node.start()
    ahead = int(time.time()) + 10_000
    node.mine(at=ahead)
    node.mine()
    kill(node)
    node.start()
    node.mine()
    times = [int((node.rpc.block(number) or {})["timestamp"], 16) for number in (1, 2, 3)]
    assert times == [ahead, ahead, ahead]


def test_two_processes_cannot_run_one_folder(node: AnvilNode) -> None:
    node.start()
    with pytest.raises(NodeBusy):
        AnvilNode(node.folder).start()


def test_a_port_in_use_is_said(node: AnvilNode, tmp_path: Path) -> None:
    node.start()
    port = int(node.url.rsplit(":", 1)[1])
    with pytest.raises(NodeBusy, match=str(port)):
        AnvilNode(tmp_path / "other", NodeSettings(port=port)).start()


def test_a_folder_belongs_to_one_chain_id(node: AnvilNode) -> None:
    node.start()
    node.stop()
    with pytest.raises(NodeStateDamaged, match=r"a chain with chainId 1337; .*chainId 4242.* settings the chain began"):
        AnvilNode(node.folder, NodeSettings(chain_id=4242)).start()


def test_a_folder_of_a_version_that_did_not_keep_the_chains_beginning_is_named_as_such(node: AnvilNode) -> None:
    node.start()
    node.stop()
    (node.folder / "chain.json").write_text('{"chainId": 1337, "hardfork": "berlin"}')
    with pytest.raises(NodeStateDamaged, match="without began and gasLimit: an earlier version") as refused:
        node.start()
    assert "another data folder" in str(refused.value)
    assert "settings" not in str(refused.value)


@pytest.mark.parametrize("content", ["", "[]", "{"])
def test_an_unreadable_note_of_the_chains_beginning_is_said(node: AnvilNode, content: str) -> None:
    node.start()
    node.stop()
    (node.folder / "chain.json").write_text(content)
    with pytest.raises(NodeStateDamaged, match=r"chain\.json is no JSON object"):
        node.start()


def test_a_missing_program_is_said_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTLEDGER_ANVIL", "/nowhere/anvil")
    with pytest.raises(NodeMissing, match="scripts/setup"):
        find_anvil()


def test_the_journal_holds_the_transactions_as_they_were_signed(node: AnvilNode) -> None:
    node.start()
    hashes = mined(node, 0, 2)
    blocks = list(read_journal(max(node.folder.glob("blocks-*"))))
    assert [[transaction_hash(raw) for raw in block.raws] for block in blocks] == [[h] for h in hashes]


def test_senders_without_coins_pay_nothing(node: AnvilNode) -> None:
    node.start()
    (tx,) = mined(node, 0, 1)
    receipt = node.rpc.receipt(tx)
    assert receipt is not None
    assert receipt["status"] == "0x1"
    assert int(receipt["effectiveGasPrice"], 16) == 0
