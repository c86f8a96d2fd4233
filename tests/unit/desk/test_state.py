"""What a desk keeps in memory, and when it forgets it."""

from pathlib import Path

from portledger.desk.state import Desk, Summary


class Opened:
    """A session as far as locking goes."""

    def __init__(self) -> None:
        self.client, self.node, self.closed = self, None, False

    def close(self) -> None:
        self.closed = True


def test_a_desk_that_is_not_used_locks_and_forgets_what_it_showed(tmp_path: Path) -> None:
    now = [0.0]
    desk, session = Desk(tmp_path, "http://127.0.0.1:1", idle=60, clock=lambda: now[0]), Opened()
    desk._open["shipper"] = session  # type: ignore[assignment]
    token = desk.shown(Summary(session, "ab", "OFFER", {}))  # type: ignore[arg-type]
    now[0] = 59
    desk.touch()
    now[0] = 118
    assert desk.open_parties() == ["shipper"]
    now[0] = 120
    assert desk.open_parties() == []
    assert session.closed
    assert desk.take(token, session, "ab") is None  # type: ignore[arg-type]


def test_the_ticket_is_spent_by_its_first_use_and_only_by_that(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "http://127.0.0.1:1")
    ticket = desk.ticket
    assert [desk.start("made up"), desk.start(ticket), desk.start(ticket), desk.start("")] == [
        False,
        True,
        False,
        False,
    ]


def test_a_file_that_is_no_key_file_is_not_offered(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("{}")
    assert Desk(tmp_path, "http://127.0.0.1:1").key_files() == []
