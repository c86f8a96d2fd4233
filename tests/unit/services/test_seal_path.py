"""The path of headers that evidence carries where validators seal the blocks: on the recorded networks."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Engine as Database
from tests.support.recorded_chains import Network, needs_recorded, network

from portledger.domain.verification_errors import OutsidePolicy
from portledger.evidence.headers import Engine
from portledger.evidence.seals.check import Level, Trust, check, path_of
from portledger.services import seal_path
from portledger.services.seal_path import SealPath
from portledger.store.database import migrate, open_database, sqlite_url

ENGINES = [Engine.QBFT, Engine.ISTANBUL]
FIRST = 1


@pytest.fixture
def proofs(tmp_path: Path) -> Iterator[Database]:
    one = open_database(sqlite_url(tmp_path, "proofs"), "proofs")
    migrate(one, "proofs")
    yield one
    one.dispose()


def walk(proofs: Database, chain: Network, asked: list[int] | None = None) -> SealPath:
    def read(first: int, last: int) -> Sequence[bytes]:
        if asked is not None:
            asked.extend(range(first, last + 1))
        return [chain.raw(number) for number in range(first, last + 1)]

    return SealPath(proofs, chain.engine, FIRST, read)


@needs_recorded
@pytest.mark.parametrize("engine", ENGINES)
def test_the_path_leads_from_the_first_set_to_the_last_block(engine: Engine, proofs: Database) -> None:
    chain = network(engine)
    last = len(chain.headers) - 1
    path = walk(proofs, chain)
    assert path.follow(last) == last
    assert path.follow(last) == 0
    sealed = check(engine, path.before(last), chain.raw(last), [chain.trust(FIRST)])
    assert sealed.level is Level.SEALED
    assert len(path.before(last)) >= 2


@needs_recorded
def test_without_the_path_a_changed_set_is_not_trusted(proofs: Database) -> None:
    chain = network(Engine.QBFT)
    path = walk(proofs, chain)
    path.follow(219)
    with pytest.raises(OutsidePolicy):
        check(Engine.QBFT, (), chain.raw(216), [chain.trust(FIRST)])
    assert check(Engine.QBFT, path.before(216), chain.raw(216), [chain.trust(FIRST)]).level is Level.SEALED


@needs_recorded
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_however_the_headers_come_the_path_is_the_same(
    engine: Engine, step: int, proofs: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seal_path, "STEP", step)
    chain = network(engine)
    last = len(chain.headers) - 1
    asked: list[int] = []
    for until in (100, 213, last):
        walk(proofs, chain, asked).follow(until)
    whole = path_of(engine, Trust(FIRST, chain.listed(FIRST)), [chain.raw(number) for number in range(2, last + 1)])
    assert walk(proofs, chain).before(last + 1) == tuple(whole)
    assert asked == list(range(FIRST, last + 1))


@needs_recorded
@pytest.mark.parametrize("engine", ENGINES)
def test_evidence_of_an_older_block_carries_only_what_is_below_it(engine: Engine, proofs: Database) -> None:
    chain = network(engine)
    path = walk(proofs, chain)
    path.follow(len(chain.headers) - 1)
    assert path.before(150) == ()
    check(engine, path.before(150), chain.raw(150), [chain.trust(FIRST)])
    assert len(path.before(10_000)) >= 2


def some_of(proofs: Database, chain: Network, numbers: Sequence[int]) -> SealPath:
    """A walk over these headers as if they were all."""

    def read(first: int, last: int) -> Sequence[bytes]:
        return [chain.raw(numbers[at - 1]) for at in range(first, last + 1)]

    path = SealPath(proofs, chain.engine, FIRST, read)
    path.follow(len(numbers))
    return path


@needs_recorded
def test_where_the_old_set_does_not_hand_over_the_path_begins_anew(proofs: Database) -> None:
    """Block 212 was sealed by two of the old four, and so was 214, which is no child of it."""
    chain = network(Engine.QBFT)
    path = some_of(proofs, chain, [*range(1, 213), 214])
    assert path.before(10_000) == ()
    sealed = check(Engine.QBFT, path.before(216), chain.raw(216), [chain.trust(214)])
    assert sealed.level is Level.SEALED


@needs_recorded
def test_a_handover_that_came_to_nothing_is_left_out(proofs: Database) -> None:
    """Block 212 lists another set; later ones list the first one again, as if it had never handed over."""
    chain = network(Engine.QBFT)
    last = len(chain.headers) - 1
    assert set(chain.listed(last)) == set(chain.listed(FIRST)) != set(chain.listed(212))
    path = some_of(proofs, chain, [*range(1, 213), last])
    assert path.before(10_000) == ()
    check(Engine.QBFT, (), chain.raw(last), [chain.trust(FIRST)])


def test_a_chain_that_nobody_seals_has_no_path(proofs: Database) -> None:
    def read(first: int, last: int) -> Sequence[bytes]:
        raise AssertionError("nothing is asked for")

    path = SealPath(proofs, Engine.NONE, FIRST, read)
    assert path.follow(1000) == 0
    assert path.before(1000) == ()
