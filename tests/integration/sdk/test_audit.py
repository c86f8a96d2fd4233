"""The audit of a real ledger: from a node's own logs and storage, exported, interrupted, and from a node that lies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.node import KEYS, Chain, deployed_chain, key
from tests.support.told import tell

from portledger import resources
from portledger.cli.exit_codes import Exit
from portledger.cli.main import main
from portledger.domain.errors import InvalidInput
from portledger.domain.events import ActionApplied
from portledger.domain.hashing import keccak
from portledger.domain.signatures import address_of
from portledger.evidence.audit.holdings import holdings
from portledger.evidence.audit.replay import AuditFailed
from portledger.formats.archive import Writer
from portledger.sdk.audit import ArchiveSource, Audited, Moment, NodeSource, State, audit, export, replayed
from portledger.sdk.errors import NodeUnreachable
from portledger.sdk.ledger_node import LedgerNode
from portledger.sdk.logs import TOPICS

KINDS = resources.kinds()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    """A chain on which something happened in every log; its time moves. Told once, then only read."""
    with deployed_chain(tmp_path_factory.mktemp("told")) as chain:
        tell(chain)
        yield chain


@pytest.fixture
def node(told: Chain) -> Iterator[LedgerNode]:
    with LedgerNode(told.url, told.deployment.ledger) as reader:
        yield reader


def audited(node: LedgerNode, **values: Any) -> Audited:
    return audit(NodeSource(node, node.header()), KINDS, **values)


def test_a_node_s_ledger_is_replayed_and_its_storage_compared(told: Chain, node: LedgerNode) -> None:
    done = audited(node)
    assert done.failure is None
    report = done.report
    assert report.head == told.ledger.ledger_head()
    assert (report.acts, report.notes, report.freezes, report.parties) == (7, 1, 1, 4)
    assert report.events["ActionRefused"] == 1
    assert report.documents == {("certificate-of-origin", "ISSUED"): 1, ("ebl-negotiable", "ISSUED"): 2}
    assert [(one.party, one.what) for one in report.open_changes] == [(3, "set threshold")]
    assert report.holders["guardian"] == address_of(key("successor"))
    assert report.remarks == ()


def test_the_header_says_which_ledger_it_is(told: Chain, node: LedgerNode) -> None:
    header = node.header()
    deployment = told.deployment
    assert (header.domain, header.first_block) == (deployment.domain(), deployment.block)
    assert header.code_digest == deployment.code_digest
    assert header.powers == tuple(map(address_of, (KEYS.governor, KEYS.registrar, KEYS.guardian)))
    assert header.last_time == told.now()


def test_the_powers_of_the_deployment_are_found_without_old_states(told: Chain) -> None:
    def forgets(method: str, params: list[Any]) -> bool:
        return method == "eth_call" and params[1] == hex(told.deployment.block)

    with liar(told, lambda *_: None, forgets) as node:
        header = node.header(told.deployment.block)
    assert header.powers == tuple(map(address_of, (KEYS.governor, KEYS.registrar, KEYS.guardian)))


def test_an_archive_of_a_node_is_audited_without_it(node: LedgerNode, tmp_path: Path) -> None:
    header, closing = export(node, tmp_path / "archive")
    with ArchiveSource(tmp_path / "archive") as source:
        done = audit(source, KINDS)
    assert done == audited(node)
    assert closing.ledger_head == done.report.head
    assert (header.last_block, header.last_time) == (done.report.block, done.report.time)


def test_two_exports_are_the_same_bytes(node: LedgerNode, tmp_path: Path) -> None:
    for name in ("one", "two"):
        export(node, tmp_path / name, last_block=node.newest())
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    with pytest.raises(InvalidInput, match="exists"):
        export(node, tmp_path / "one")


class Stopped(Exception):
    pass


def test_an_interrupted_export_goes_on_to_the_same_bytes(
    told: Chain, node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portledger.formats.archive.MEMBER_LINES", 4)
    last = node.newest()
    export(node, tmp_path / "whole", last_block=last)
    with monkeypatch.context() as at_once:
        at_once.setattr("portledger.sdk.audit.NodeSource.events", _failing(9))
        with pytest.raises(Stopped):
            export(node, tmp_path / "part", last_block=last)
    assert (tmp_path / "part.part").stat().st_size > 0
    assert not (tmp_path / "part").exists()
    told.mine()  # the chain went on: the archive still ends where it was begun to end
    export(node, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == (tmp_path / "whole").read_bytes()
    assert not (tmp_path / "part.part").exists()


def _failing(after: int) -> Callable[..., Iterator[Any]]:
    """NodeSource.events that breaks off."""
    whole = NodeSource.events

    def events(self: NodeSource, place: Any = None) -> Iterator[Any]:
        for count, event in enumerate(whole(self, place)):
            if count == after:
                raise Stopped
            yield event

    return events


def test_an_unfinished_archive_of_another_chain_is_not_gone_on_with(
    told: Chain, node: LedgerNode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portledger.sdk.audit.NodeSource.events", _failing(1))
    with pytest.raises(Stopped):
        export(node, tmp_path / "archive", last_block=node.newest() - 1)
    monkeypatch.undo()
    with pytest.raises(InvalidInput, match="unfinished"):
        export(node, tmp_path / "archive", last_block=node.newest())


def test_an_audit_of_a_node_goes_on_with_what_is_new(told: Chain, node: LedgerNode, tmp_path: Path) -> None:
    state = State(tmp_path / "state")
    early = node.newest() - 5
    assert audit(NodeSource(node, node.header(None, early)), KINDS, state=state).failure is None
    saved = state.load(KINDS)
    assert saved is not None
    assert saved.last is not None
    assert saved.last.block <= early
    assert audited(node, state=state) == audited(node)


def test_who_held_what_as_a_node_tells_it(told: Chain, node: LedgerNode) -> None:
    act = next(event for event in told.events() if isinstance(event, ActionApplied))
    for auditor in replayed(NodeSource(node, node.header(None, act.block)), [Moment(block=act.block)], KINDS):
        (held,) = holdings(auditor, act.time)
    assert (held.state, held.possessor) == ("OFFERED", 1)
    assert node.block_at(act.time, 0) >= act.block
    assert node.block_at(0, 5) == 4


def test_another_address_is_no_ledger(told: Chain) -> None:
    with LedgerNode(told.url, bytes(19) + b"\1") as node, pytest.raises(NodeUnreachable):
        node.header()


def test_blocks_that_are_not_there_are_refused(told: Chain, node: LedgerNode) -> None:
    with pytest.raises(InvalidInput, match="newest"):
        node.header(None, node.newest() + 1)
    with pytest.raises(InvalidInput, match="first block"):
        node.header(9, 8)


# --- nodes that lie --------------------------------------------------------------------------------------------------

Change = Callable[[str, list[Any], Any], Any]


def liar(chain: Chain, change: Change, fails: Callable[[str, list[Any]], bool] = lambda *_: False) -> LedgerNode:
    """A node between us and the true one, which changes answers (None: leaves them) or fails to give them."""
    true = httpx.Client(base_url=chain.url, trust_env=False)

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        answers = {one["id"]: one for one in true.post("/", json=asked).json()}
        for call in asked:
            one = answers[call["id"]]
            if fails(call["method"], call["params"]):
                one.pop("result", None)
                one["error"] = {"code": -32000, "message": "missing trie node"}
            elif "result" in one:
                changed = change(call["method"], call["params"], one["result"])
                one["result"] = one["result"] if changed is None else changed
        return httpx.Response(200, json=list(answers.values()))

    class Between(httpx.MockTransport):
        def close(self) -> None:
            true.close()

    return LedgerNode(chain.url, chain.deployment.ledger, transport=Between(answer))


def logs_changed(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Change:
    return lambda method, params, result: change(result) if method == "eth_getLogs" else None


def failure(node: LedgerNode) -> AuditFailed:
    with node:
        found = audit(NodeSource(node, node.header()), KINDS).failure
    assert found is not None
    return found


def test_a_node_that_hides_an_act_is_found_out_at_the_next_one(told: Chain) -> None:
    def hidden(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        issue = next(log for log in logs if log["topics"][0] == TOPICS[ActionApplied])
        return [log for log in logs if log is not issue]

    found = failure(liar(told, logs_changed(hidden)))
    assert "ACCEPT of document" in found.entry
    assert found.check == "digest"


def test_a_node_that_hides_the_last_log_is_found_out_by_its_own_storage(told: Chain, tmp_path: Path) -> None:
    found = failure(liar(told, logs_changed(lambda logs: logs[:-1])))
    assert found.check == "ledgerHead"
    with liar(told, logs_changed(lambda logs: logs[:-1])) as node, pytest.raises(AuditFailed, match="logs are incompl"):
        export(node, tmp_path / "archive")
    assert not (tmp_path / "archive").exists()


def test_a_node_that_alters_a_signature_is_found_out(told: Chain) -> None:
    def altered(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        at = next(n for n, log in enumerate(logs) if log["topics"][0] == TOPICS[ActionApplied])
        data = logs[at]["data"]
        place = 2 + 64 * 8  # the first byte of the signatures, behind offset and length
        logs[at] = {**logs[at], "data": data[:place] + ("0" if data[place] != "0" else "1") + data[place + 1 :]}
        return logs

    found = failure(liar(told, logs_changed(altered)))
    assert "SignaturesRefused" in found.check
    assert "ISSUE" in found.entry


def test_a_node_whose_storage_holds_another_record_is_found_out(told: Chain) -> None:
    """Its logs and its ledgerHead are right: only a look at every record tells."""
    control = "0x" + keccak(b"control(bytes32)")[:4].hex()

    def other(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_call" and params[0]["data"].startswith(control):
            return "0x" + (int(result, 16) ^ (7 << 32)).to_bytes(32, "big").hex()
        return None

    found = failure(liar(told, other))
    assert found.check == "control in the node's storage"
    assert found.entry.startswith("document ")


def test_a_node_that_answers_only_for_few_blocks_at_a_time_is_asked_for_few(told: Chain, node: LedgerNode) -> None:
    def many(method: str, params: list[Any]) -> bool:
        return method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) > 3

    with liar(told, lambda *_: None, many) as small:
        assert audited(small) == audited(node)


def test_a_node_that_forgets_states_while_it_is_read_is_believed_as_far_as_it_told(told: Chain) -> None:
    """The ledgerHead is asked for first; the records cannot be compared any more, and that is said."""
    heads = 0

    def forgets(method: str, params: list[Any]) -> bool:
        nonlocal heads
        if method == "eth_getLogs":
            heads += 1
        return method == "eth_call" and heads > 0

    first = told.deployment.block
    with liar(told, lambda *_: None, forgets) as node:
        assert audit(NodeSource(node, node.header(first)), KINDS, storage=False).failure is None
    heads = 0
    with liar(told, lambda *_: None, forgets) as node, pytest.raises(NodeUnreachable, match="--no-storage"):
        audit(NodeSource(node, node.header(first)), KINDS)


def test_a_node_without_the_state_of_the_last_block_proves_nothing(told: Chain, tmp_path: Path) -> None:
    last = told.rpc.block_number()

    def forgets(method: str, params: list[Any]) -> bool:
        return method == "eth_call" and params[1] == hex(last)

    first = told.deployment.block
    with liar(told, lambda *_: None, forgets) as node:
        with pytest.raises(NodeUnreachable, match="keeps old states"):
            audit(NodeSource(node, node.header(first)), KINDS)
        with pytest.raises(NodeUnreachable, match="keeps old states"):
            export(node, tmp_path / "archive", first_block=first)


def test_a_log_of_no_ledger_is_named(told: Chain) -> None:
    def foreign(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**log, "topics": ["0x" + "11" * 32]} for log in logs]

    with liar(told, logs_changed(foreign)) as node, pytest.raises(InvalidInput, match="event of the ledger"):
        audited(node)


# --- the command -----------------------------------------------------------------------------------------------------


@pytest.fixture
def say(told: Chain, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PORTLEDGER_HOME", str(tmp_path))
    ledger = "0x" + told.deployment.ledger.hex()

    def run(*arguments: object) -> tuple[int, str]:
        places = {"NODE": ["--node", told.url], "LEDGER": ["--ledger", ledger]}
        words = [word for one in arguments for word in places.get(str(one), [str(one)])]
        code = main(["audit", *words])
        return code, capsys.readouterr().out

    return run


def test_the_commands_on_a_node_and_on_its_archive_say_the_same(say: Any, tmp_path: Path, told: Chain) -> None:
    file = tmp_path / "port.archive"
    code, out = say("export", "NODE", "LEDGER", "--out", file, "--json")
    assert code == Exit.DONE
    assert json.loads(out)["ledgerHead"] == told.ledger.ledger_head().hex()
    for source in (("NODE", "LEDGER"), ("--archive", file), ("--archive", file, "NODE")):
        code, out = say("ledger", *source, "--json")
        assert code == Exit.DONE
        assert json.loads(out)["holds"] is True
    act = [event for event in told.events() if isinstance(event, ActionApplied)]
    for words in (("at", act[1].block), ("at", "2999-01-01"), ("diff", act[0].block, act[3].block)):
        told_by_node, told_by_archive = (
            say(*words, "NODE", "LEDGER", "--json"),
            say(*words, "--archive", file, "--json"),
        )
        assert told_by_node[0] == Exit.DONE
        assert told_by_node == told_by_archive


def test_the_past_is_shown_by_a_node_that_has_forgotten_its_states(
    say: Any, told: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came later is read for its heads, up to the state that the node still has."""
    block = next(event for event in told.events() if isinstance(event, ActionApplied)).block
    words = ("at", block, "NODE", "LEDGER", "--first-block", told.deployment.block, "--json")
    known = say(*words)
    assert known[0] == Exit.DONE

    def forgets(method: str, params: list[Any]) -> bool:
        return method == "eth_call" and params[1] not in ("latest", hex(told.rpc.block_number()))

    monkeypatch.setattr("portledger.cli.audit.LedgerNode", lambda *_: liar(told, lambda *_: None, forgets))
    assert say(*words) == known


def test_an_archive_that_ends_early_is_named_by_the_node(say: Any, tmp_path: Path, told: Chain) -> None:
    """Its closing line fits; that the ledger was further by then only the node knows."""
    with LedgerNode(told.url, told.deployment.ledger) as node:
        header = node.header()
        events = list(node.events_in(header.first_block, header.last_block))
    file = tmp_path / "early.archive"
    with file.open("wb") as sink:
        writer = Writer(sink, header)
        for event in events[:-2]:
            writer.add(event)
        writer.close()
    assert say("ledger", "--archive", file)[0] == Exit.DONE
    assert say("ledger", "--archive", file, "NODE")[0] == Exit.VERIFICATION


def test_the_commands_of_the_page_work_as_they_stand_there(
    say: Any, tmp_path: Path, told: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[3] / "docs" / "protocol" / "audit.md").read_text()
    commands = page.split("```sh\n")[1].split("```")[0].splitlines()
    assert len(commands) == 6
    monkeypatch.chdir(tmp_path)
    places = {"$NODE": told.url, "$LEDGER": "0x" + told.deployment.ledger.hex()}
    for one in commands:
        words = [places.get(word, word) for word in one.split()]
        assert words[:2] == ["portledger", "audit"]
        assert say(*words[2:])[0] == Exit.DONE, one
