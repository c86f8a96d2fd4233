"""Rows of a file whose acts need two officers: they wait, each for itself, and are sent when the second has signed."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.desk.conftest import SAMPLE, Office, Visitor, summary_of
from tests.desk.test_cosigning import gone_on, signed
from tests.desk.test_importing import finished
from tests.desk.test_importing import sent as imported
from tests.desk.test_selecting import boxes
from tests.desk.test_waiting import Two, two

from portledger import resources
from portledger.desk import jobs
from portledger.domain.refusals import BodyTooSlow, Conflict
from portledger.formats import dcsa, filling, labels
from portledger.formats.strict_json import read_json
from portledger.sdk.bulk import BulkSession
from portledger.sdk.errors import GatewayUnreachable

BILLS = "ebl-negotiable"


@pytest.fixture(scope="module")
def line(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    made = two(office.url, tmp_path_factory.mktemp("line"), "Line of Two", "carrier")
    yield made
    made.whole.client.close()


def bills(*numbers: str) -> bytes:
    """A file whose columns are pointers and whose rows are the sample bill under other numbers."""
    sample = dcsa.document(read_json(SAMPLE.read_bytes()))
    form = labels.form(resources.kind(BILLS))
    texts = {at: text for at, text in filling.texts_of(form, sample.datasets).texts.items() if text}
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(texts)
    writer.writerows([{**texts, "/header/blNumber": number}[at] for at in texts] for number in numbers)
    return file.getvalue().encode()


def shown(visitor: Visitor, office: Office, *numbers: str, key: str = "first") -> tuple[str, str]:
    """(the import's address, the page before it is signed)"""
    place = imported(visitor, bills(*numbers), kind=BILLS, key=key).url.path
    to = str(office.shipper)
    return place, visitor.post(place, do="check", counterparty=to, endorsee=to)


def waiting(page: str) -> list[str]:
    return re.findall(r"/as/first/waiting/([0-9a-f]{64})", page)


def test_rows_that_need_two_officers_say_so_wait_and_are_documents_when_the_second_has_signed(
    office: Office, line: Two
) -> None:
    with line.desk("first", 0) as first, line.desk("second", 1) as second:
        place, page = shown(first, office, "TWO-1", "TWO-2")
        assert "Each needs signatures of 2 different accounts of your party; 1 will still be missing." in page
        assert line.account(0) in page
        assert line.account(1) not in page
        first.post(f"{place}/sign", summary=summary_of(page))
        page = finished(first, place)
        assert "On the ledger: 0 · waiting for a co-signer: 2 · refused: 0" in page
        digests = waiting(page)
        assert len(digests) == 2
        for digest in digests:
            look = second.get(f"/as/second/waiting/{digest}")
            assert "TWO-" in look
            second.post(f"/as/second/waiting/{digest}/sign", summary=summary_of(look))
    line.whole.sign_in()
    made = [one.document for one in line.whole.client.documents() if one.kind_id == BILLS]
    numbers = {line.whole.open(one).values()["header"]["blNumber"] for one in made}
    assert {"TWO-1", "TWO-2"} <= numbers


@pytest.mark.parametrize("place", ["before it waits", "after it waits"])
def test_what_stopped_while_it_was_made_to_wait_is_continued_and_waits_once(
    office: Office, line: Two, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    propose, died = BulkSession.propose, []

    def dying(self: BulkSession, *rest: Any, **named: Any) -> Any:
        if not died:
            died.append(True)
            if place.startswith("after"):
                propose(self, *rest, **named)
            raise GatewayUnreachable("a machine that stopped", "one that goes on")
        return propose(self, *rest, **named)

    monkeypatch.setattr(BulkSession, "propose", dying)
    with line.desk("first", 0) as first:
        before = len(line.whole.client.waiting())
        at, page = shown(first, office, f"STOPPED-{place[:2]}")
        first.post(f"{at}/sign", summary=summary_of(page))
        assert "It has stopped." in finished(first, at)
        first.post(f"{at}/continue")
        (digest,) = waiting(finished(first, at))
        assert len(line.whole.client.waiting()) == before + 1
        first.post(f"/as/first/waiting/{digest}/withdraw")


def test_when_no_more_may_wait_the_rest_is_left_and_can_be_given_up_or_continued(
    office: Office, line: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose, done = BulkSession.propose, []

    def full(self: BulkSession, *rest: Any, **named: Any) -> Any:
        if len(done) == 1:
            raise Conflict("100 waiting acts of party 4", "at most 100", "Sign or withdraw one first.")
        done.append(True)
        return propose(self, *rest, **named)

    with line.desk("first", 0) as first:
        at, page = shown(first, office, "FULL-1", "FULL-2", "FULL-3")
        with monkeypatch.context() as patched:
            patched.setattr(BulkSession, "propose", full)
            first.post(f"{at}/sign", summary=summary_of(page))
            page = finished(first, at)
        assert "waiting for a co-signer: 1 · refused: 0" in page
        assert "100 waiting acts" in page
        assert "Give up the rest" in page
        first.post(f"{at}/continue")
        page = finished(first, at)
        assert "waiting for a co-signer: 3 · refused: 0" in page
        for digest in waiting(page):
            first.post(f"/as/first/waiting/{digest}/withdraw")


def test_new_documents_that_are_signed_together_are_named_before_they_are_there(
    office: Office, line: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopping(*_: Any, **__: Any) -> Any:
        raise GatewayUnreachable("a machine that stopped", "one that goes on")

    with line.desk("first", 0) as first, line.desk("second", 1) as second:
        at, page = shown(first, office, "NEW-1", "NEW-2")
        first.post(f"{at}/sign", summary=summary_of(page))
        page = second.post("/as/second/waiting", **boxes(*waiting(finished(first, at))))
        with monkeypatch.context() as patched:
            patched.setattr(BulkSession, "cosign_all", stopping)
            run = signed(second, page)
            told = second.get(run)
        assert "It has stopped." in told
        assert told.count("Bill of lading, negotiable · <code>") == 2
        assert "/as/second/documents/" not in told
        assert gone_on(second, run).count("/as/second/documents/") == 2


def test_a_key_file_that_may_not_sign_them_is_told_so_before(office: Office, line: Two) -> None:
    with line.desk("clerk", 3) as clerk:
        place, page = shown(clerk, office, "CLERK-1", key="clerk")
        assert "No account of the key file may sign this." in page
        assert f"{place}/sign" not in page


def test_rows_are_signed_by_the_accounts_that_the_page_named_and_no_others(office: Office, line: Two) -> None:
    with line.desk("pair", 0, 1) as pair:
        _, page = shown(pair, office, "PAIR-1", key="pair")
        assert line.account(0) in page
        assert line.account(1) in page
        assert "will still be missing" not in page
    act = line.whole.unsigned_new(
        dcsa.document(read_json(SAMPLE.read_bytes())), counterparty=office.shipper, endorsee=office.shipper
    )
    named = act.able[:1]
    assert act.by(named, 1).able == named
    job = jobs.from_json(jobs.to_json(jobs.Job(act.kind, [], [], [], signers=[named[0].hex()], needed=2)))
    assert (job.signers, job.needed) == ([named[0].hex()], 2)


def test_a_body_that_came_too_slowly_refuses_no_row(office: Office, line: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(*_: Any, **__: Any) -> Any:
        raise BodyTooSlow("a body that came too slowly", "a faster one")

    with line.desk("first", 0) as first:
        at, page = shown(first, office, "SLOW-1")
        with monkeypatch.context() as patched:
            patched.setattr(BulkSession, "propose", slow)
            first.post(f"{at}/sign", summary=summary_of(page))
            assert "refused: 0" in finished(first, at)


def test_a_list_with_a_row_whose_number_was_taken_meanwhile_can_be_deleted(office: Office, visitor: Visitor) -> None:
    to = str(office.shipper)
    lists = [imported(visitor, bills("TAKEN-1"), kind="ebl-negotiable", key="carrier").url.path for _ in range(2)]
    pages = [visitor.post(at, do="check", counterparty=to, endorsee=to) for at in lists]
    for at, page in zip(lists, pages, strict=True):
        visitor.post(f"{at}/sign", summary=summary_of(page))
        done = finished(visitor, at)
    assert "On the ledger: 0 · refused: 1" in done
    visitor.post(f"{at}/continue")
    finished(visitor, at)
    visitor.post(f"{at}/delete")
