"""A log on a full disk ends nobody who writes to it."""

import subprocess
import sys
from pathlib import Path

import pytest

SAYING = """
import structlog
from portledger.gateway.logs import configure
configure("info")
structlog.get_logger("x").warning("loop_failed", loop="relayer")
print("lives")
"""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_log_on_a_full_disk_ends_nobody_who_writes_to_it() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-c", SAYING], stdout=subprocess.PIPE, stderr=full, text=True, check=False
        )
    assert done.stdout == "lives\n"
