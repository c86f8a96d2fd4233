"""Named places at which a process can be made to die, for the tests that kill it between any two steps.

Active only when the environment says PORTLEDGER_FAULT=name, or name:3 for the third time the place is passed.
"""

from __future__ import annotations

import os
import signal

_NAME, _, _COUNT = os.environ.get("PORTLEDGER_FAULT", "").partition(":")
_left = int(_COUNT or 1)


def point(name: str) -> None:
    """Dies here, as by `kill -9`, when the environment names this place."""
    global _left
    if name != _NAME:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
