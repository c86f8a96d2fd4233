"""The first time at a desk: from a machine without any key to the first accepted bill, in a real browser.

Run: scripts/bench first_path. A whole system of its own on this machine, blocks of one second, keys derived at full
cost; the machine's time alone, nobody reads anything.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from tests.support import browsers
from tests.support.newcomers import first_path, place

CLICKS, SECONDS = 12, 120
"""The targets."""


def main() -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        place(Path(folder), block_seconds=1) as there,
        browsers.running() as browser,
    ):
        walked = first_path(there, browser, Path(folder), "en")
    for name, value, unit, target in (
        ("first_path.machine_time", round(walked.seconds, 1), "s", SECONDS),
        ("first_path.clicks", walked.presses, "clicks", CLICKS),
    ):
        print(json.dumps({"name": name, "value": value, "unit": unit, "peer": "target", "peer_value": target}))


if __name__ == "__main__":
    main()
