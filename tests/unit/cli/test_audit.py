"""`portledger audit` from an archive: report, moments, differences, and every failure with its exit code."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import pytest
from tests.support.chronicle import Chronicle, whole_life

from portledger.cli.audit import parse_moment
from portledger.cli.exit_codes import Exit
from portledger.cli.main import main
from portledger.domain.errors import InvalidInput
from portledger.domain.events import ActionApplied
from portledger.domain.hashing import keccak
from portledger.sdk.audit import Moment

Say = Callable[..., tuple[int, str, str]]


@lru_cache(maxsize=1)
def life() -> Chronicle:
    return whole_life()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "port.archive"
    path.write_bytes(life().archive())
    return path


@pytest.fixture
def forged(tmp_path: Path) -> Path:
    """An archive in which the content of the first act is another."""
    events = list(life().events)
    at = next(n for n, event in enumerate(events) if isinstance(event, ActionApplied))
    events[at] = replace(events[at], content=keccak(b"other"))  # type: ignore[call-arg]
    path = tmp_path / "forged.archive"
    path.write_bytes(life().archive(events))
    return path


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Say:
    """Runs `portledger audit …`: exit code, stdout, stderr."""
    monkeypatch.setenv("PORTLEDGER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("PORTLEDGER_NODE", raising=False)

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["audit", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_an_archive_that_holds_ends_with_a_report(say: Say, archive: Path) -> None:
    code, out, _ = say("ledger", "--archive", archive)
    assert code == Exit.DONE
    assert "58 events follow from each other" in out
    assert "SURRENDERED_FOR_DELIVERY" in out
    assert "unfreeze" in out
    assert "locked" in out
    assert life().model.ledger_head.hex() in out


def test_the_report_as_json_has_all_of_it(say: Say, archive: Path) -> None:
    code, out, _ = say("ledger", "--archive", archive, "--json")
    value = json.loads(out)
    assert code == Exit.DONE
    assert value["holds"] is True
    assert value["failure"] is None
    assert value["counts"] == {
        "documents": 3, "acts": 11, "notes": 4, "freezes": 2, "parties": 5, "accounts": 7, "accountsRemoved": 1,
    }  # fmt: skip
    assert len(value["powersOverTime"]) == 9
    assert value["ledgerHead"] == life().model.ledger_head.hex()


def test_a_forged_archive_names_the_entry_and_reports_up_to_it(say: Say, forged: Path) -> None:
    code, out, err = say("ledger", "--archive", forged)
    assert code == Exit.VERIFICATION
    assert "ISSUE of document" in err
    assert "recomputed" in err
    assert "remedy" in err
    assert "It holds" not in out
    code, out, err = say("ledger", "--archive", forged, "--json")
    value = json.loads(out)
    assert code == Exit.VERIFICATION
    assert value["holds"] is False
    assert value["failure"]["parameters"]["event"] == 11
    assert json.loads(err)["error"] == {**value["failure"], "step": "digest"}


def test_a_damaged_archive_names_the_line(say: Say, archive: Path) -> None:
    archive.write_bytes(archive.read_bytes()[:-30])
    code, _, err = say("ledger", "--archive", archive)
    assert code == Exit.INPUT
    assert "ArchiveDamaged" in err


def test_a_state_file_is_written_and_used(say: Say, archive: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    for _ in range(2):
        code, _, _ = say("ledger", "--archive", archive, "--resume", state)
        assert code == Exit.DONE
        assert state.exists()
    state.write_text("rubbish\n")
    assert say("ledger", "--archive", archive, "--resume", state)[0] == Exit.INPUT


def test_a_head_from_elsewhere_must_come_out(say: Say, archive: Path) -> None:
    head = life().model.ledger_head.hex()
    assert say("ledger", "--archive", archive, "--ledger-head", head)[0] == Exit.DONE
    assert say("ledger", "--archive", archive, "--ledger-head", "0x" + "11" * 32)[0] == Exit.VERIFICATION
    assert say("ledger", "--archive", archive, "--ledger-head", "11")[0] == Exit.INPUT


@pytest.mark.parametrize(
    "arguments",
    [
        ["ledger"],
        ["ledger", "--node", "http://127.0.0.1:1"],
        ["ledger", "--node", "http://127.0.0.1:1", "--ledger", "5f5f"],
        ["export", "--out", "x", "--node", "http://127.0.0.1:1"],
        ["at", "yesterday", "--archive", "ARCHIVE"],
        ["at", "2026-13-01", "--archive", "ARCHIVE"],
        ["ledger", "--archive", "ARCHIVE", "--to-block", "5"],
        ["ledger", "--archive", "ARCHIVE", "--ledger", "0x" + "11" * 20],
        ["ledger", "--archive", "nowhere"],
        ["ledger", "--archive", "."],
    ],
)
def test_what_cannot_be_meant_is_refused(say: Say, archive: Path, arguments: list[str]) -> None:
    code, _, err = say(*[str(archive) if one == "ARCHIVE" else one for one in arguments])
    assert code == Exit.INPUT
    assert "remedy" in err or "allowed" in err


def test_a_node_that_does_not_answer_is_named(say: Say) -> None:
    code, _, err = say("ledger", "--node", "http://127.0.0.1:1", "--ledger", "0x" + "11" * 20)
    assert code == Exit.UNREACHABLE
    assert "127.0.0.1:1" in err


def test_who_held_what_at_a_block_and_at_a_date(say: Say, archive: Path) -> None:
    accept = [event for event in life().events if isinstance(event, ActionApplied)][1]
    code, out, _ = say("at", accept.block, "--archive", archive, "--json")
    assert code == Exit.DONE
    (bill,) = json.loads(out)["documents"]
    assert (bill["state"], bill["possessor"]) == ("ISSUED", life().numbers["shipper"])
    day = f"{datetime.fromtimestamp(accept.time, UTC):%Y-%m-%d}"
    code, out, _ = say("at", day, "--archive", archive)
    assert code == Exit.DONE
    assert "bearer" in out
    assert "certificate" not in out


def test_holdings_of_one_party(say: Say, archive: Path) -> None:
    code, out, _ = say("at", "2030-01-01", "--archive", archive, "--party", life().numbers["customs"], "--json")
    assert code == Exit.DONE
    assert [one["kind"] for one in json.loads(out)["documents"]] == ["certificate-of-origin"]


def test_a_forged_past_shows_nobody_s_holdings(say: Say, forged: Path) -> None:
    code, out, err = say("at", "2030-01-01", "--archive", forged)
    assert code == Exit.VERIFICATION
    assert out == ""
    assert "AuditFailed" in err


def test_what_changed_between_two_blocks(say: Say, archive: Path) -> None:
    acts = [event for event in life().events if isinstance(event, ActionApplied)]
    code, out, _ = say("diff", acts[0].block, acts[1].block, "--archive", archive, "--json")
    value = json.loads(out)
    assert code == Exit.DONE
    assert value["events"] == {"ActionApplied": 1}
    (bill,) = value["documents"]
    assert bill["changed"]["state"] == {"from": "OFFERED", "to": "ISSUED"}
    code, out, _ = say("diff", acts[0].block, "2030-01-01", "--archive", archive)
    assert code == Exit.DONE
    assert "OFFERED → SURRENDERED_FOR_DELIVERY" in out
    assert "cancel order" in out


def test_two_moments_in_the_wrong_order_are_refused(say: Say, archive: Path) -> None:
    assert say("diff", "2030-01-01", "2026-01-01", "--archive", archive)[0] == Exit.INPUT
    assert say("diff", "120", "110", "--archive", archive)[0] == Exit.INPUT


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1234", Moment(block=1234)),
        ("1970-01-01", Moment(time=86_399)),
        ("1970-01-01T00:01:00Z", Moment(time=60)),
        ("1970-01-01T00:01:00", Moment(time=60)),
        ("1970-01-01T09:01:00+09:00", Moment(time=60)),
    ],
)
def test_moments_are_read_as_people_write_them(text: str, moment: Moment) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize("text", ["", "-1", "0x10", "2026-02-30", "now", "99999999999999", "2026-01-01T25:00:00Z"])
def test_other_moments_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_moment(text)


def test_a_whole_archive_may_not_be_unpacked(say: Say, archive: Path) -> None:
    archive.write_bytes(gzip.decompress(archive.read_bytes()))
    code, _, err = say("ledger", "--archive", archive)
    assert code == Exit.INPUT
    assert "no gzip" in err


@pytest.mark.parametrize(("ahead", "warned"), [(3600, True), (60, False), (-86_400, False)])
def test_a_ledger_from_the_future_is_remarked(
    say: Say, archive: Path, ahead: int, warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portledger.cli.audit.time.time", lambda: life().header().last_time - ahead)
    code, out, _ = say("ledger", "--archive", archive)
    assert code == Exit.DONE
    assert ("still to come" in out) == warned
