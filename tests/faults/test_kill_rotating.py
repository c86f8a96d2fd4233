"""Killed at every named step between one key of the relayer's and the next, under load, then started again."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import select
from tests.faults.steps import ROTATING
from tests.support.node import key
from tests.support.victim import SECONDS, Victim

from portledger.cli import operator
from portledger.domain.signatures import address_of
from portledger.gateway.settings import RelayerKeySettings
from portledger.store import tables
from portledger.store.database import open_database, sqlite_url

KEYS = [key(f"operator {number}") for number in range(len(ROTATING) + 2)]
ADDRESSES = [address_of(one) for one in KEYS]


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    folder = tmp_path_factory.mktemp("victim")
    file = folder / "keys"
    file.write_text("".join(one.hex() + "\n" for one in KEYS))
    file.chmod(0o600)
    one = Victim(folder, relayer=RelayerKeySettings(key_file=str(file), address="0x" + ADDRESSES[0].hex()))
    one.will_die_at()
    one.start()
    one.prepare()
    yield one
    one.close()


def states(victim: Victim) -> list[str]:
    return [one.state for one in operator.relayer_keys(victim.settings.data)]


def changed(victim: Victim, number: int) -> None:
    """Waits until the key of this number is at work."""
    until = time.monotonic() + SECONDS
    while states(victim) != ["former"] * number + ["at work"]:
        assert time.monotonic() < until, states(victim)
        time.sleep(0.05)


def senders(victim: Victim) -> list[bytes]:
    engine = open_database(sqlite_url(victim.settings.data, "relay"), "relay")
    try:
        with engine.connect() as connection:
            query = select(tables.transactions.c.sender).order_by(tables.transactions.c.id)
            return [one for one in connection.execute(query).scalars() if one in ADDRESSES]
    finally:
        engine.dispose()


@pytest.mark.parametrize("step", ROTATING)
def test_everything_is_final_once_after_a_death_at(step: str, victim: Victim) -> None:
    number = ROTATING.index(step) + 1
    before, after = victim.issues(20), victim.acts()
    victim.offer(before)
    victim.will_die_at(step)
    operator.name_relayer_key(victim.settings.data, ADDRESSES[number])
    victim.offer(after)
    victim.died()
    victim.restart()
    victim.finish([*before, *after])
    changed(victim, number)
    last = victim.issues(1)  # what came before may all have gone out with the former key
    victim.offer(last)
    victim.finish(last)
    victim.check()
    assert senders(victim)[-1] == ADDRESSES[number]


def test_acts_that_come_in_throughout_are_final_once_and_each_key_has_sent_after_the_one_before(victim: Victim) -> None:
    offers = []
    for turn in range(12):
        fresh = victim.issues(10)
        victim.offer(fresh)
        offers += fresh
        if turn == 4:
            operator.name_relayer_key(victim.settings.data, ADDRESSES[-1])
        if turn == 10:
            changed(victim, len(ADDRESSES) - 1)
    victim.finish(offers)
    victim.check()
    sent = senders(victim)
    assert set(sent) == set(ADDRESSES)
    assert sent == sorted(sent, key=ADDRESSES.index)


def test_no_key_was_said_to_anybody(victim: Victim) -> None:
    kept = [path for path in victim.settings.data.rglob("*") if path.is_file()]
    for one in KEYS:
        assert one.hex() not in victim.log()
        assert not [path for path in kept if one in path.read_bytes() or one.hex().encode() in path.read_bytes()]


def test_nobody_signs_in_with_the_relayers_key(victim: Victim) -> None:
    message = victim.gateway.siwe_message(ADDRESSES[-1], victim.gateway.nonce())
    answer = victim.gateway.post_session(KEYS[-1], message)
    assert answer.status_code in (401, 403)
    assert "token" not in answer.text.split('"type"')[0]
