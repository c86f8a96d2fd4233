"""The system as the harness runs it: behind the proxy, with a clock that can jump, with a mistake if one is asked for.

PORTLEDGER_PROXY: the address at which the system finds its own node; PORTLEDGER_CLOCK: a file with the seconds by which
the clock is wrong; PORTLEDGER_BREAK: of broken.MISTAKES. All three are taken in the gateway's worker too, which begins
by this module.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_clock = os.environ.get("PORTLEDGER_CLOCK")
if _clock is not None and not hasattr(time, "portledger_real"):
    # Before anything else: some keep the clock as they find it.
    _real, _file = time.time, Path(_clock)
    time.portledger_real = _real  # type: ignore[attr-defined]

    def _jumping() -> float:
        try:
            return _real() + float(_file.read_text() or 0)
        except OSError:
            return _real()

    time.time = _jumping

from tests.faults.harness import broken  # noqa: E402 - after the clock

from portledger.domain.errors import PortledgerError  # noqa: E402
from portledger.gateway import system  # noqa: E402
from portledger.gateway.settings import ENVIRONMENT, Settings  # noqa: E402


def behind_proxy(proxy: str) -> None:
    start = system.System._start_node

    def hidden(self: system.System) -> str:
        start(self)
        return proxy

    system.System._start_node = hidden  # type: ignore[method-assign]


if mistake := os.environ.get("PORTLEDGER_BREAK"):
    broken.apply(mistake)

if __name__ == "__main__":
    if where := os.environ.get("PORTLEDGER_PROXY"):
        behind_proxy(where)
    try:
        system.run(Settings.from_json(os.environ[ENVIRONMENT]))
    except PortledgerError as failure:
        system.log.critical("system_ended", error=str(failure))
        sys.exit(1)
