"""The stream of events while the indexer writes: a page skips nothing that a later page would have had to show."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from portledger.chain.deploy import Deployment
from portledger.domain.codes import ZERO, Role
from portledger.domain.records import Control
from portledger.services import feed
from portledger.services.ledger import Databases, Ledger
from portledger.services.query import Viewer
from portledger.store import projection, read_model
from portledger.store.read_model import Block, Track
from portledger.store.tables import POSITION_SHIFT, history, involvements, party_log

MEMBER, AUDITOR = Viewer(1, 0), Viewer(9, Role.AUDITOR)
DOCUMENT, TX = b"d" * 32, b"t" * 32


@pytest.fixture
def ledger(databases: Databases) -> Ledger:
    deployment = Deployment(1337, b"l" * 20, b"s" * 32, b"g" * 32, 0, b"c" * 32)
    return Ledger(deployment, databases, {})


def position(block: int, index: int) -> int:
    return block << POSITION_SHIFT | index


def entry_of_document(connection: Connection, block: int, index: int) -> None:
    connection.execute(
        insert(history).values(
            position=position(block, index), document=DOCUMENT, track=int(Track.FREEZE), digest=ZERO, head=ZERO,
            control=projection.word32(Control().pack()), detail=ZERO, until=5, sender=b"s" * 20, time=block, tx=TX,
            created=position(1, 0),
        )
    )  # fmt: skip


def entry_of_party(connection: Connection, block: int, index: int) -> None:
    connection.execute(
        insert(party_log).values(
            position=position(block, index), party=2, digest=ZERO, word=ZERO, profile=ZERO, encryption_key=ZERO,
            account_word=ZERO, signers=ZERO, head=ZERO, call=b"", time=block, tx=TX,
        )
    )  # fmt: skip


def index(databases: Databases, block: int) -> None:
    """One block with an entry of a document, then one of a party; in one commit, as the indexer does."""
    with databases.ledger.begin() as connection:
        if block == 1:
            connection.execute(insert(involvements).values(party=1, created=position(1, 0), document=DOCUMENT))
        entry_of_document(connection, block, 0)
        entry_of_party(connection, block, 1)
        projection.move_cursor(connection, Block(block, ZERO, block, ZERO))


def read_to_the_end(ledger: Ledger, who: Viewer) -> list[int]:
    found: list[int] = []
    while (page := feed.page(ledger, who, found[-1] if found else 0, 3)).items:
        found += [at for at, _ in page.items]
    return found


@pytest.mark.parametrize("who", [MEMBER, AUDITOR], ids=["member", "auditor"])
def test_a_block_that_is_indexed_between_the_two_readings_of_a_page_is_not_skipped(
    ledger: Ledger, who: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(ledger.databases, 1)
    real: Callable[..., Any] = read_model.party_entries_after
    coming = [2, 3]

    def meanwhile(connection: Connection, after: int, limit: int) -> Any:
        if coming:
            index(ledger.databases, coming.pop(0))
        return real(connection, after, limit)

    monkeypatch.setattr(read_model, "party_entries_after", meanwhile)
    assert read_to_the_end(ledger, who) == [position(block, at) for block in (1, 2, 3) for at in (0, 1)]


def test_before_the_first_block_there_is_nothing(ledger: Ledger) -> None:
    assert feed.page(ledger, MEMBER, 0, 3) == feed.Page([], 0, full=False)
