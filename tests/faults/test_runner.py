"""The harness itself: interrupted, it ends what it started and says how far it came."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.faults.harness import rigs, run

ROOT = Path(__file__).parents[2]


def test_where_no_postgresql_is_installed_the_run_says_what_it_left_out_and_does_as_many_faults(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[tuple[object, int]] = []

    def attack(rig: object, faults: int, _say: object, _progress: object) -> list[str]:
        done.append((rig, faults))
        return []

    monkeypatch.setattr(rigs, "programs", lambda: None)
    monkeypatch.setattr(run, "own_node", lambda *_: "own")
    monkeypatch.setattr(run, "reorganising_node", lambda *_: "reorganising")
    monkeypatch.setattr(run, "_run", attack)
    monkeypatch.setattr(run.signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["run", "--faults", "100"])
    assert run.main() == 0
    out, err = capsys.readouterr()
    assert done == [("own", 67), ("reorganising", 33)]
    assert err.startswith("skipped: PostgreSQL is not installed")
    assert json.loads(out.splitlines()[-1])["skipped"] == [err.strip()]


def started_in(folder: Path) -> list[str]:
    """Command lines and environments of living processes that name the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int(process.name) == os.getpid():
                continue
            said = (process / "cmdline").read_bytes() + b" " + (process / "environ").read_bytes()
            state = (process / "stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if os.fsencode(folder) in said and state != "Z":
            found.append(said.decode(errors="replace")[:200])
    return found


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_an_interrupted_run_leaves_no_process_behind_and_says_how_far_it_came(
    number: signal.Signals, tmp_path: Path
) -> None:
    runner = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.harness.run", "--faults", "1000", "--seed", "5"],
        cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        until = time.monotonic() + 300
        while not any("anvil" in one for one in started_in(tmp_path)):
            assert runner.poll() is None, runner.communicate()
            assert time.monotonic() < until
            time.sleep(0.2)
        time.sleep(5)
        runner.send_signal(number)
        out, err = runner.communicate(timeout=300)
    finally:
        runner.kill()
    assert runner.returncode == 128 + number, err
    told = json.loads(out.splitlines()[-1])
    assert (told["interrupted"], told["seed"]) == (number, 5)
    assert started_in(tmp_path) == []
    assert not list(tmp_path.glob("portledger-faults-*"))
