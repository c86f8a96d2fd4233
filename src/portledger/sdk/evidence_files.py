"""Verifying evidence files and presentations: no gateway, no node, no keys (docs/protocol/evidence.md)."""

from __future__ import annotations

import json
import time
from functools import lru_cache
from pathlib import Path

from portledger import resources
from portledger.domain.errors import InvalidInput
from portledger.domain.verification_errors import Malformed
from portledger.evidence import policy as policies
from portledger.evidence.bundle import MAX_BYTES
from portledger.evidence.bundle_verify import Release
from portledger.evidence.policy import Policy
from portledger.evidence.verdict import Class, Verdict, judge


@lru_cache(maxsize=1)
def release() -> Release:
    """This release's contract code and kinds: what a policy means by them."""
    return Release(resources.release_code_digest, frozenset(kind.kind_digest for kind in resources.kinds().values()))


def verify_file(path: Path, policy: Policy = policies.DEFAULT, now: int | None = None) -> Verdict:
    """The verdict on one file. now: unix seconds at which age and expiry are judged, by default the clock's.

    Raises InvalidInput for a path that cannot be read; everything else is in the verdict.
    """
    try:
        data = read_bounded(path)
    except Malformed as failure:
        return Verdict(Class.MALFORMED, failure=failure)
    return judge(data, policy, release(), int(time.time()) if now is None else now)


def read_bounded(path: Path) -> bytes:
    """A file's bytes, at most MAX_BYTES. Raises Malformed for more, InvalidInput where it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as failure:
        raise InvalidInput(str(path), failure.strerror or str(failure), "a file that can be read") from failure
    if len(data) > MAX_BYTES:
        raise Malformed("", f"more than {MAX_BYTES} bytes", f"at most {MAX_BYTES}")
    return data


def read_policy(path: Path) -> Policy:
    """A policy from a TOML or JSON file. Raises InvalidInput."""
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as failure:
        raise InvalidInput(str(path), str(failure), "a policy file (TOML or JSON)") from failure
    if path.suffix != ".json":
        return policies.read(text)
    try:
        return policies.parse(json.loads(text))
    except ValueError as failure:
        raise InvalidInput(str(path), str(failure), "JSON") from failure
