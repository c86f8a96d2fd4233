"""A full disk: no file of relayer, indexer and gateway can be written any more.

Acts are refused in words, nothing half-written stays, and with space everything goes on. The disk is a limit on files,
which needs no privileges.
"""

import os
import resource
import time
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from tests.support.victim import Offer, Victim


def limit(victim: Victim, size: int) -> None:
    for pid in victim.processes():
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if size < 0 else size, hard))


def refused(answer: httpx.Response) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"]
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] in ("Unavailable", "PayloadStoreFailed")


def post(victim: Victim, offer: Offer) -> httpx.Response:
    return victim.gateway.http.post(offer.path, content=offer.body)


@pytest.fixture
def victim(tmp_path: Path) -> Victim:
    return Victim(tmp_path)


def test_on_a_full_disk_acts_are_refused_in_words_and_go_on_when_there_is_space(victim: Victim, tmp_path: Path) -> None:
    victim.will_die_at()
    try:
        victim.start()
        victim.prepare(sign_in=True)
        before, during, after = victim.issues(3), victim.issues(3), victim.issues(3)
        victim.offer(before)
        limit(victim, 0)
        for one in during:
            refused(post(victim, one))
        blob = os.urandom(200_000)
        name = sha256(blob).hexdigest()
        refused(victim.gateway.http.put(f"/v1/blobs/{name}", content=blob, headers=victim.carrier.headers))
        assert victim.gateway.http.get(f"/v1/actions/{during[0].digest.hex()}").status_code == 404
        time.sleep(2)  # the loops meet it too
        limit(victim, -1)
        found = victim.gateway.http.get(f"/v1/blobs/{name}", headers=victim.carrier.headers)
        assert found.status_code == 404
        answer = victim.gateway.http.put(f"/v1/blobs/{name}", content=blob, headers=victim.carrier.headers)
        assert answer.status_code in (200, 201), answer.text
        victim.offer([*during, *after])
        victim.finish([*before, *during, *after])
        victim.check(tmp_path / "scratch")
    finally:
        victim.close()
