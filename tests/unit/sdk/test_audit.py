"""An audit from an archive: whole, interrupted, by several processes, as of a moment; what it is told to compare."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from tests.support.chronicle import Chronicle, archive, whole_life

from portledger import resources
from portledger.chain.artifacts import ledger_artifact
from portledger.domain.errors import InvalidInput
from portledger.domain.events import ActionApplied, LedgerEvent
from portledger.domain.hashing import keccak
from portledger.domain.signatures import recover
from portledger.evidence.audit import checkpoint
from portledger.evidence.audit.holdings import holdings
from portledger.evidence.audit.replay import AuditFailed, Auditor
from portledger.formats.archive import ArchiveDamaged, Reader
from portledger.sdk import logs, recovery
from portledger.sdk.audit import ArchiveSource, Audited, Moment, Replay, State, audit, new_auditor, replayed
from portledger.sdk.recovery import recover_many, recovered

KINDS = resources.kinds()


@lru_cache(maxsize=1)
def life() -> Chronicle:
    return whole_life()


@pytest.fixture
def town() -> Chronicle:
    return life()


@pytest.fixture
def path(tmp_path: Path, town: Chronicle) -> Path:
    return written(tmp_path / "ledger.archive", town.archive())


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def audited(path: Path, **values: Any) -> Audited:
    with ArchiveSource(path) as source:
        return audit(source, KINDS, **values)


# --- whole -----------------------------------------------------------------------------------------------------------


def test_an_archive_is_audited_to_the_ledger_s_head(path: Path, town: Chronicle) -> None:
    done = audited(path)
    assert done.failure is None
    assert done.report.head == town.model.ledger_head
    assert (done.report.block, done.report.time) == (town.header().last_block, town.header().last_time)


def test_a_failure_comes_with_the_report_up_to_it(tmp_path: Path, town: Chronicle) -> None:
    at = next(n for n, event in enumerate(town.events) if isinstance(event, ActionApplied))
    events = list(town.events)
    events[at] = replace(events[at], content=keccak(b"other"))  # type: ignore[call-arg]
    done = audited(written(tmp_path / "forged", town.archive(events)))
    assert done.failure is not None
    assert done.failure.number == at + 1
    assert done.report.block == town.events[at - 1].block
    assert sum(done.report.events.values()) == at


def test_a_head_that_is_known_from_elsewhere_is_compared(path: Path, town: Chronicle) -> None:
    assert audited(path, expected=town.model.ledger_head).failure is None
    found = audited(path, expected=keccak(b"another")).failure
    assert found is not None
    assert found.check == "ledgerHead"
    assert "not the one whose head you know" in found.remedy


def test_an_archive_whose_end_was_taken_away_with_a_closing_line_to_fit_is_seen_by_a_known_head(
    tmp_path: Path, town: Chronicle
) -> None:
    """Nothing within the file can show it: that is what a time stamp, a node or another auditor is for."""
    shorter = written(tmp_path / "shorter", town.archive(town.events[:-1]))
    assert audited(shorter).failure is None
    assert audited(shorter, expected=town.model.ledger_head).failure is not None


def test_a_file_that_is_not_there_or_no_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--archive"):
        ArchiveSource(tmp_path / "nothing")
    with pytest.raises(ArchiveDamaged):
        ArchiveSource(written(tmp_path / "other", b"hello"))


# --- several processes -----------------------------------------------------------------------------------------------


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Helpers from the first events on."""
    monkeypatch.setattr(recovery, "_ALONE", 1)
    monkeypatch.setattr(recovery, "BATCH", 4)


@pytest.mark.usefixtures("eager")
def test_helpers_change_nothing_but_the_time(path: Path) -> None:
    assert audited(path, processes=2) == audited(path)


@pytest.mark.usefixtures("eager")
def test_helpers_find_the_signers_that_the_model_would_find(town: Chronicle) -> None:
    """Until they are up nobody waits for them, so the events are told again and again."""

    def patient() -> Iterator[LedgerEvent]:
        for _ in range(2000):
            time.sleep(0.02)
            yield from town.events

    batches = recovered(patient(), 2)
    signers = next(known for _, known in batches if len(known) > 1)
    batches.close()
    for (digest, signature), signer in signers.items():
        assert recover_many(digest + signature) == signer == recover(digest, signature)


KILLED = """
import sys, time
from portledger.sdk import recovery
from tests.support.chronicle import whole_life

def endless(events):
    while True:
        time.sleep(0.02)
        yield from events

if __name__ == "__main__":
    recovery._ALONE, recovery.BATCH = 1, 4
    for _, known in recovery.recovered(endless(whole_life().events), 2):
        if len(known) > 1:
            import multiprocessing
            print(*[one.pid for one in multiprocessing.active_children()], flush=True)
            time.sleep(60)
"""


def test_helpers_end_with_an_audit_that_was_killed(tmp_path: Path) -> None:
    """A power cut of the process leaves nobody behind."""
    script = tmp_path / "killed.py"
    script.write_text(KILLED)
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": f"{root}:{root / 'src'}"}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        (helper,) = map(int, process.stdout.readline().split())
        process.kill()
    for _ in range(500):
        if not alive(helper):
            break
        time.sleep(0.02)
    assert not alive(helper)


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_signature_that_fits_no_key_has_no_signer() -> None:
    assert recover_many(bytes(97)) == bytes(20)
    assert recover_many(b"") == b""


@pytest.mark.usefixtures("eager")
def test_a_source_that_fails_fails_after_what_it_told_before(town: Chronicle) -> None:
    def failing() -> Iterator[LedgerEvent]:
        yield from town.events[:30]
        raise ArchiveDamaged("line 32", "rubbish", "an event")

    for processes in (1, 2):
        seen: list[LedgerEvent] = []
        batches = recovered(failing(), processes)
        with pytest.raises(ArchiveDamaged):
            seen.extend(event for batch, _ in batches for event in batch)
        assert seen == town.events[:30]


# --- interrupted -----------------------------------------------------------------------------------------------------


class Stopped(Exception):
    pass


def interrupted(path: Path, state: State, after: int) -> None:
    """An audit that writes its state between all blocks, and dies."""
    with ArchiveSource(path) as source:
        auditor = new_auditor(source.header, KINDS)
        replay = Replay(source, auditor)

        def between(known: Auditor) -> None:
            if known.taken >= after:
                raise Stopped
            state.between(known)

        with pytest.raises(Stopped):
            replay.advance(between=between)


@pytest.mark.parametrize("after", [2, 9, 31, 50])
def test_an_interrupted_audit_goes_on_and_ends_as_if_it_had_not_been(path: Path, tmp_path: Path, after: int) -> None:
    state = State(tmp_path / "state", seconds=0)
    interrupted(path, state, after)
    saved = state.load(KINDS)
    assert saved is not None
    assert 0 < saved.taken <= after
    assert audited(path, state=state) == audited(path)


def test_an_interruption_while_the_state_is_written_leaves_the_one_before(path: Path, tmp_path: Path) -> None:
    state = State(tmp_path / "state", seconds=0)
    interrupted(path, state, 20)
    (tmp_path / "state.new").write_text("half a li")
    assert audited(path, state=state).failure is None


def test_what_was_audited_is_not_audited_again_when_the_ledger_grew(tmp_path: Path, town: Chronicle) -> None:
    state = State(tmp_path / "state")
    assert audited(written(tmp_path / "early", town.archive(town.events[:40])), state=state).failure is None
    saved = state.load(KINDS)
    assert saved is not None
    assert saved.taken == 40
    assert audited(written(tmp_path / "late", town.archive()), state=state) == audited(tmp_path / "late")


def test_a_state_of_another_ledger_is_refused(path: Path, tmp_path: Path, town: Chronicle) -> None:
    state = State(tmp_path / "state")
    audited(path, state=state)
    other = archive(town.header(domain=replace(town.domain, salt=keccak(b"another"))), town.events)
    with pytest.raises(InvalidInput, match="another ledger"):
        audited(written(tmp_path / "other", other), state=state)


def test_a_state_of_another_past_of_the_ledger_is_refused(path: Path, tmp_path: Path, town: Chronicle) -> None:
    state = State(tmp_path / "state")
    auditor = Auditor(town.domain, town.header().powers, 100, KINDS)
    for event in town.events[:10]:
        auditor.take(event)
    auditor.ledger.ledger_head = keccak(b"another past")
    state.save(auditor)
    with pytest.raises(InvalidInput, match="ledgerHead"):
        audited(path, state=state)


def test_a_state_further_than_the_archive_is_refused(tmp_path: Path, town: Chronicle) -> None:
    state = State(tmp_path / "state")
    audited(written(tmp_path / "late", town.archive()), state=state)
    with pytest.raises(InvalidInput, match="no more than the source has"):
        audited(written(tmp_path / "early", town.archive(town.events[:40])), state=state)


def test_a_state_file_that_is_no_text_is_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="state file"):
        audited(path, state=State(written(tmp_path / "state", b"\xff\xfe")))


def test_the_state_file_is_text_that_a_person_can_look_into(path: Path, tmp_path: Path, town: Chronicle) -> None:
    state = State(tmp_path / "state")
    audited(path, state=state)
    lines = state.path.read_text().splitlines()
    assert json.loads(lines[0])["ledgerHead"] == town.model.ledger_head.hex()
    assert json.loads(lines[0])["schema"] == checkpoint.SCHEMA
    assert lines[-1].startswith("end ")


# --- moments ---------------------------------------------------------------------------------------------------------


def test_the_ledger_as_of_a_block_is_what_was_replayed_up_to_it(path: Path, town: Chronicle) -> None:
    for at in (0, 10, 25, 40, len(town.events) - 1):
        block = town.events[at].block
        wanted = [event for event in town.events if event.block <= block]
        with ArchiveSource(path) as source:
            for auditor in replayed(source, [Moment(block=block)], KINDS):
                assert auditor.taken == len(wanted)


def test_the_ledger_as_of_a_second_has_everything_of_that_second(path: Path, town: Chronicle) -> None:
    second = town.events[30].time
    with ArchiveSource(path) as source:
        for auditor in replayed(source, [Moment(time=second)], KINDS):
            assert auditor.taken == sum(event.time <= second for event in town.events)


def test_before_the_first_event_nobody_holds_anything(path: Path) -> None:
    with ArchiveSource(path) as source:
        for auditor in replayed(source, [Moment(time=1)], KINDS):
            assert list(holdings(auditor, 1)) == []


def test_a_moment_is_only_believed_when_the_rest_leads_to_the_claimed_head(tmp_path: Path, town: Chronicle) -> None:
    """What came later is not checked, but it must be the same ledger's future."""
    at = len(town.events) - 2
    events = list(town.events)
    events[at] = replace(events[at], head=keccak(b"other"))  # type: ignore[call-arg]
    path = written(tmp_path / "forged", town.archive(events))
    right, wrong = (one.head.hex().encode() for one in (town.events[at], events[at]))  # type: ignore[attr-defined]
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(wrong, right)))
    with ArchiveSource(path) as source:
        moments = replayed(source, [Moment(block=101)], KINDS)
        assert next(moments).taken == 1
        with pytest.raises(ArchiveDamaged):
            next(moments)


def test_a_forged_act_before_the_moment_is_named(tmp_path: Path, town: Chronicle) -> None:
    at = next(n for n, event in enumerate(town.events) if isinstance(event, ActionApplied))
    events = list(town.events)
    events[at] = replace(events[at], content=keccak(b"other"))  # type: ignore[call-arg]
    path = written(tmp_path / "forged", town.archive(events))
    with ArchiveSource(path) as source, pytest.raises(AuditFailed):
        list(replayed(source, [Moment(block=10_000)], KINDS))


# --- the reader of logs ----------------------------------------------------------------------------------------------


def test_the_table_of_events_is_the_contract_s_abi() -> None:
    told = {event.__name__: types.split(" ") for event, types in logs.EVENTS.items()}
    abi = {
        item["name"]: [one["type"] + ("*" if one["indexed"] else "") for one in item["inputs"]]
        for item in ledger_artifact().abi
        if item["type"] == "event"
    }
    assert told == abi


@pytest.mark.parametrize(
    "damage",
    [
        {"topics": []}, {"topics": ["0x" + "00" * 32]}, {"data": "0x"}, {"data": "0xzz"}, {"blockNumber": "x"},
        {"transactionHash": None}, {"logIndex": {}},
    ],
)  # fmt: skip
def test_a_log_of_another_form_is_refused(damage: dict[str, Any]) -> None:
    log = {
        "topics": [logs.TOPICS[ActionApplied], "0x" + "11" * 32, "0x" + "22" * 32], "data": "0x" + "00" * 32 * 8,
        "blockNumber": "0x1", "logIndex": "0x0", "transactionHash": "0x" + "33" * 32,
    }  # fmt: skip
    assert isinstance(logs.event_of(log, 5), ActionApplied)
    with pytest.raises(InvalidInput):
        logs.event_of({**log, **damage}, 5)


def test_an_archive_that_is_read_twice_from_one_stream_is_not(town: Chronicle) -> None:
    reader = Reader(io.BytesIO(town.archive()))
    assert len(list(reader.events())) == len(town.events)
    with pytest.raises(ArchiveDamaged):
        list(reader.events())
