"""Sample data that lies outside the repository: tests that read it skip when it is not there."""

import os
from pathlib import Path

SHARED = Path(os.environ.get("PORTLEDGER_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data")
"""PORTLEDGER_SHARED_DATA, or ../shared/data beside the checkout."""


def shared(path: str) -> Path | None:
    """The file or folder, None when it is not there."""
    found = SHARED / path
    return found if found.exists() else None
