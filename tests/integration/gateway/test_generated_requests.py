"""schemathesis over the whole description: whatever fits it or does not, no operation fails, and none lies about it.

It calls every operation with examples, with the edges of every schema and with generated values, and follows what one
answer gives into the next request. What it does not try is said, with the reason, in tests/support/schemathesis.toml.
"""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.gateway import Gateway

from portledger.domain.codes import Role

from .conftest import Cast

CONFIG = Path(__file__).parents[2] / "support" / "schemathesis.toml"


def run(gateway: Gateway, token: str, folder: Path) -> str:
    """What it printed. Asserts that it found nothing."""
    answer = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(CONFIG),
            "run", f"{gateway.url}/openapi.json", "--header", f"Authorization: Bearer {token}",
            "--max-examples", "15", "--generation-deterministic", "--workers", "1", "--no-color",
        ],
        cwd=folder, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout.split("= WARNINGS =")[0] + answer.stderr[-2000:]
    return answer.stdout


def test_generated_requests_find_nothing(gateway: Gateway, cast: Cast, tmp_path: Path) -> None:
    # A party of its own: its sessions and keys are asked to end.
    trader = gateway.register(Role.CARRIER)
    gateway.issue(trader, cast.shipper.party)
    printed = run(gateway, trader.token, tmp_path)
    tested = re.search(r"Tested: +(\d+)", printed)
    generated = re.search(r"(\d+) generated", printed)
    assert tested is not None
    assert generated is not None
    described = gateway.http.get("/openapi.json").json()["paths"]
    assert int(tested[1]) == sum(map(len, described.values())) - 3
    assert int(generated[1]) > 1000
