"""Killed while a key, a webhook or a secret is made: repeated with its Idempotency-Key, there is one of it, not two."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.faults.steps import MAKING
from tests.support.databases import ENGINES
from tests.support.gateway import Trader
from tests.support.victim import Victim

from portledger.domain.codes import Role


@pytest.fixture(scope="module", params=ENGINES)
def victim(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    database = None if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    one = Victim(tmp_path_factory.mktemp("victim"), database=database)
    one.will_die_at()
    one.start()
    yield one
    one.close()


@pytest.fixture(scope="module")
def trader(victim: Victim) -> Trader:
    return victim.gateway.register(Role.BANK)


def listed(victim: Victim, trader: Trader, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = victim.gateway.http.get(path, headers=trader.headers).json()["items"]
    return items


@pytest.mark.parametrize("step", MAKING)
def test_what_was_asked_for_once_is_made_once(step: str, victim: Victim, trader: Trader) -> None:
    what = step.partition(".")[0]
    headers = {**trader.headers, "Idempotency-Key": os.urandom(8).hex()}
    hook = {"url": "https://erp.example.com/hooks", "types": []}
    path, body = {
        "credential": ("/v1/api-keys", {"name": "a machine", "scopes": ["read"]}),
        "webhook": ("/v1/webhooks", hook),
        "secret": ("/v1/webhooks", {"overlap": 3600}),
    }[what]
    secrets = []
    if what == "secret":
        made = victim.gateway.http.post(path, json=hook, headers=trader.headers).json()
        path, secrets = f"{path}/{made['id']}/secret", [made["secret"]]
    before = [] if what == "secret" else listed(victim, trader, path)
    victim.restart()  # a system whose worker dies six times in a minute gives up, as it should
    victim.will_die_at(step)
    with pytest.raises(httpx.TransportError):
        victim.gateway.http.post(path, json=body, headers=headers)
    victim.died()
    victim.revive()
    while (answer := victim.gateway.http.post(path, json=body, headers=headers)).status_code == 409:
        victim.let_claims_run_out()
    assert answer.status_code in (200, 201), answer.text
    again = victim.gateway.http.post(path, json=body, headers=headers)
    assert (again.content, again.headers["idempotency-replayed"]) == (answer.content, "true")
    if what == "secret":
        assert victim.generation(path.split("/")[3]) == 2
        assert answer.json()["secret"] not in secrets
    else:
        assert len(listed(victim, trader, path)) == len(before) + 1
