"""The gateway's worker dies again and again: the system brings it back, or ends and says why."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.victim import Victim

from portledger.gateway import system


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    one = Victim(tmp_path)
    one.will_die_at()
    one.start()
    yield one
    one.close()


def wait_for_end(victim: Victim, seconds: float) -> int:
    assert victim.running is not None
    return victim.running.process.wait(seconds)


def test_a_worker_that_dies_again_within_seconds_is_brought_back(victim: Victim) -> None:
    """Which its server takes for a reason to end."""
    victim.prepare()
    offers = victim.issues(2)
    victim.offer(offers)
    until = time.monotonic() + 60
    while "gateway_ended" not in victim.log():
        assert time.monotonic() < until
        victim.kill_worker()
        time.sleep(0.05)
    victim.revive()
    victim.finish(offers)
    victim.check()


def test_a_worker_that_never_stays_up_ends_the_system_with_a_message(victim: Victim) -> None:
    assert victim.running is not None
    deployment = victim.settings.data / "deployment.json"
    kept = deployment.read_bytes()
    deployment.unlink()
    victim.kill_worker()
    assert wait_for_end(victim, 120) == 1
    said = victim.log()
    assert f"a gateway whose worker died {2 * system.GATEWAY_ENDS} times" in said
    assert not victim.node_runs()
    deployment.write_bytes(kept)
    victim.restart()
    victim.prepare()


def test_a_worker_whose_server_died_before_it_could_look_ends() -> None:
    """It would go on at the same port, with the dead server's node, beside the next server's worker."""
    code = (
        "import time; from portledger.gateway.app import _die_with_parent; _die_with_parent(1 << 30); time.sleep(600)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120, check=False).returncode == 1


def test_a_signal_while_the_gateway_is_down_stops_the_system_in_order(victim: Victim) -> None:
    assert victim.running is not None
    (victim.settings.data / "deployment.json").rename(victim.settings.data / "deployment.gone")
    victim.kill_worker()
    until = time.monotonic() + 60
    while "gateway_ended" not in victim.log():
        assert time.monotonic() < until
        time.sleep(0.01)
    victim.running.process.send_signal(signal.SIGTERM)
    assert wait_for_end(victim, 30) == 0
    assert not victim.node_runs()
