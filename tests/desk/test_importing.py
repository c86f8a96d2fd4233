"""Files of a person become documents: rows looked through, shown, signed once, sent once, whatever happens between."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.desk.conftest import SAMPLE, Office, Visitor, summary_of
from tests.desk.test_selecting import QUIET, quiet

from portledger import samples
from portledger.desk import importing, jobs, writing
from portledger.desk.requests import _InMemory
from portledger.domain.errors import NoRule, PortledgerError
from portledger.domain.refusals import NotFound
from portledger.domain.vault_errors import GrantRefused
from portledger.formats import codelists
from portledger.sdk.bulk import BulkSession
from portledger.sdk.client import Client
from portledger.sdk.errors import GatewayUnreachable, NodeUnreachable
from portledger.sdk.party import PartySession

TITLES = (
    "送り状番号,Invoice date,売主 名称,Buyer / Name,品名,Item / Quantity / Amount,数量 単位,通貨,価格 金額,"
    "貨物代金の合計"
)
LINE = '{number},2026/10/12,株式会社髙﨑,Laem Thong Water,Pumps,４８,PCE,USD,"83,640",83640'


def table(*numbers: str) -> str:
    return "\n".join([TITLES, *(LINE.format(number=number) for number in numbers)])


def sent(visitor: Visitor, data: bytes, code: int = 200, kind: str = "commercial-invoice", key: str = "shipper") -> Any:
    visitor.unlock(key)
    answer = visitor.http.post(
        f"/as/{key}/import",
        data={"token": visitor.desk.form_token, "kind": kind},
        files={"file": ("rows.csv", data)},
        headers={"Origin": visitor.origin},
        timeout=120,
    )
    assert answer.status_code == code, answer.text
    return answer


def finished(visitor: Visitor, place: str) -> str:
    visitor.desk.jobs.wait(place.rpartition("/")[2], 60)
    return visitor.get(place)


def ours(office: Office, name: str) -> list[str]:
    """The invoices that the carrier received and whose number begins so."""
    if office.carrier.signed_in_until < time.time() + 60:
        office.carrier.sign_in()
    found = []
    for record in office.carrier.client.documents():
        if record.kind_id == "commercial-invoice":
            number = office.carrier.open(record.document).values()["header"]["invoiceNumber"]
            found += [number] if number.startswith(name) else []
    return sorted(found)


def carrier(visitor: Visitor, place: str) -> str:
    return re.findall(r'value="(\d+)"(?: selected)?>Example Line', visitor.get(place))[0]


def shown(visitor: Visitor, place: str) -> str:
    return visitor.post(place, do="check", endorsee=carrier(visitor, place))


def test_twenty_rows_are_looked_through_shown_signed_once_and_arrive(office: Office, visitor: Visitor) -> None:
    numbers = [f"MANY-{number:02}" for number in range(20)]
    answer = sent(visitor, table(*numbers).encode("cp932"))
    place = answer.url.path
    assert "20 of 20 rows can be signed" in answer.text
    page = shown(visitor, place)
    assert "You sign 20 documents: Commercial invoice" in page
    assert "Commercial invoice: SUBMIT" in page
    assert "MANY-19" in page
    visitor.post(f"{place}/sign", summary=summary_of(page))
    done = finished(visitor, place)
    assert "20 of 20" in done
    assert "On the ledger: 20 · refused: 0" in done
    assert ours(office, "MANY-") == numbers
    visitor.post(f"{place}/sign", 409, summary=summary_of(page))
    visitor.post(f"{place}/continue")
    finished(visitor, place)
    assert ours(office, "MANY-") == numbers
    (document, *_) = re.findall(r"/documents/([0-9a-f]{64})", done)
    assert "MANY-" in visitor.get(f"/as/shipper/documents/{document}")


def test_each_problem_names_row_field_and_what_was_expected_and_the_good_rows_go(
    office: Office, visitor: Visitor
) -> None:
    lines = table("MIX-1", "MIX-2", "MIX-1", "MIX-4").split("\n")
    lines[2] = lines[2].replace("2026/10/12", "yesterday").replace("USD", "<b>XXQ</b>")
    lines[4] = lines[4].replace("83640", "83641")
    answer = sent(visitor, "\n".join(lines).encode())
    place, page = answer.url.path, answer.text
    assert "1 of 4 rows can be signed" in page
    problems = re.sub(r"<[^>]+>", " ", page.split("Rows that must be put right first")[1])
    problems = re.sub(r"\s+", " ", problems)
    assert "3 MIX-2" in problems
    assert "Header / Invoice date: yesterday Expected a date such as 2026-11-26." in problems
    assert "Prices / Currency: &lt;b&gt;XXQ&lt;/b&gt; Expected one of" in problems
    assert "4 MIX-1 Header / Invoice number: MIX-1 This number stands in line 2 already." in problems
    assert "5 MIX-4 The whole document:: The prices add up" in problems
    draft = visitor.post(place, do="draft:1")
    assert 'value="yesterday"' in draft
    assert "from the file: Invoice date (3)" in draft
    page = shown(visitor, place)
    assert "3 rows with mistakes are left out." in page
    visitor.post(f"{place}/sign", summary=summary_of(page))
    finished(visitor, place)
    assert ours(office, "MIX-") == ["MIX-1"]


def test_a_column_without_a_known_title_is_given_its_field_by_hand(office: Office, visitor: Visitor) -> None:
    data = table("HAND-1").replace("送り状番号", "うちの番号")
    answer = sent(visitor, data.encode())
    assert "0 of 1 rows can be signed" in answer.text
    page = visitor.post(answer.url.path, do="map", **{"column-0": "/header/invoiceNumber"})
    assert "1 of 1 rows can be signed" in page
    page = visitor.post(answer.url.path, do="map", **{"column-0": "/header/made/up", "column-1": "/header/chainId"})
    assert "0 of 1 rows can be signed" in page


def test_without_an_addressee_nothing_is_shown_to_sign(visitor: Visitor) -> None:
    answer = sent(visitor, table("NOBODY-1").encode())
    page = visitor.post(answer.url.path, 422, do="check", endorsee="")
    assert "This is needed." in page
    assert 'name="summary"' not in page


def test_what_was_shown_is_what_is_signed_and_nothing_that_changed_since(office: Office, visitor: Visitor) -> None:
    place = sent(visitor, table("CHANGED-1").encode()).url.path
    summary = summary_of(shown(visitor, place))
    visitor.post(place, do="map", endorsee=carrier(visitor, place), **{"column-3": ""})
    visitor.post(f"{place}/sign", 409, summary=summary)
    visitor.post(f"{place}/sign", 409, summary="made up")
    visitor.post(f"{place}/continue", 404)
    assert ours(office, "CHANGED-") == []


def test_a_port_of_several_is_asked_for_in_its_row_and_a_code_of_no_list_is_told_before_signing(
    visitor: Visitor,
) -> None:
    codelists.add({"port": {"GBDVR": ("Dover", "Dover"), "USDOV": ("Dover", "Dover")}})
    try:
        titles, *rows = table("DOVER-1", "DOVER-2", "DOVER-3").split("\n")
        ports = ("Dover", "USDOV", "GBDOV")
        data = "\n".join([f"{titles},/route/pol/UNLocationCode", *map(",".join, zip(rows, ports, strict=True))])
        answer = sent(visitor, data.encode())
        assert "2 of 3 rows can be signed" in answer.text
        assert "Which of these is meant: GBDVR Dover, USDOV Dover?" in answer.text
        page = shown(visitor, answer.url.path)
        assert re.findall(r'class="doubt">([^<]+)<', page) == [
            "Route / Port of loading / UN/LOCODE: GBDOV: no such code in the whole list that was added to this desk. "
            "Look whether it is right."
        ]
    finally:
        codelists.clear()


def test_other_pages_answer_while_the_rows_of_a_file_are_looked_through(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.unlock("shipper")
    judged, begun, count = writing.judged, threading.Event(), 0

    def slow(*given: Any) -> Any:
        nonlocal count
        begun.set()
        count += 1
        time.sleep(0.05)
        return judged(*given)

    monkeypatch.setattr(writing, "judged", slow)
    data = table(*(f"SLOW-{number}" for number in range(100))).encode()
    taking = threading.Thread(target=sent, args=(visitor, data))
    taking.start()
    try:
        assert begun.wait(60)
        visitor.get("/as/shipper/new")
        assert count < 50, f"the page had to wait until {count} rows were looked through"
    finally:
        taking.join()


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Has something done once between two rows, the next time that rows are looked through."""
    judge = importing.judge

    def arrange(act: Callable[[], object]) -> None:
        def judging(job: jobs.Job, held: Any) -> None:
            entered = 0

            def between() -> Any:
                nonlocal entered
                entered += 1
                if entered == 2:
                    monkeypatch.setattr(importing, "judge", judge)
                    act()
                return held()

            judge(job, between)
            assert entered > 1

        monkeypatch.setattr(importing, "judge", judging)
        monkeypatch.setattr(importing, "HELD", 0)

    return arrange


def test_an_import_that_was_given_up_while_its_rows_were_looked_through_is_not_kept_again(
    visitor: Visitor, meanwhile: Any
) -> None:
    place = sent(visitor, table("GIVEN-UP-1", "GIVEN-UP-2").encode()).url.path
    endorsee = carrier(visitor, place)
    meanwhile(lambda: visitor.post(f"{place}/delete"))
    page = visitor.post(place, 409, do="check", endorsee=endorsee)
    assert "nothing under this name" in page
    assert visitor.http.get(place).status_code == 409


def test_an_import_that_was_signed_while_its_rows_were_looked_through_goes_on_as_it_was_signed(
    office: Office, visitor: Visitor, meanwhile: Any
) -> None:
    place = sent(visitor, table("SIGNED-1", "SIGNED-2").encode()).url.path
    summary = summary_of(shown(visitor, place))
    endorsee = carrier(visitor, place)

    def sign() -> None:
        visitor.post(f"{place}/sign", summary=summary)
        finished(visitor, place)

    meanwhile(sign)
    page = visitor.post(place, 409, do="map", endorsee=endorsee, **{"column-3": ""})
    assert "this import was signed, or changed on another page" in page
    assert "On the ledger: 2 · refused: 0" in visitor.get(place)
    visitor.post(f"{place}/sign", 409, summary=summary)
    assert ours(office, "SIGNED-") == ["SIGNED-1", "SIGNED-2"]


def test_a_file_whose_rows_were_looked_through_when_the_desk_was_locked_is_kept_to_be_sent_again(
    visitor: Visitor, meanwhile: Any
) -> None:
    visitor.unlock("shipper")
    before = len(visitor.desk.shelf(visitor.desk.session("shipper"), jobs.SORT).names())
    meanwhile(visitor.desk.lock_up)
    assert sent(visitor, table("LOCKED-1", "LOCKED-2").encode()).url.path == "/unlock"
    page = visitor.unlock("shipper")
    assert len(visitor.desk.shelf(visitor.desk.session("shipper"), jobs.SORT).names()) == before
    (form,) = re.findall(r'name="form" value="([^"]+)"', page)
    again = visitor.http.post(
        "/as/shipper/again",
        data={"token": visitor.desk.form_token, "form": form, "do": "send"},
        headers={"Origin": visitor.origin},
    )
    assert "2 of 2 rows can be signed" in again.text


CRASHES = ("before anything is sent", "after the act was sent", "before the keys are given")


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Lets the desk's job die once, at a named place, as if the machine had stopped there."""

    def at(place: str) -> None:
        def die(*_: Any, **__: Any) -> Any:
            monkeypatch.undo()
            raise GatewayUnreachable("a machine that stopped", "one that goes on")

        if place == CRASHES[0]:
            monkeypatch.setattr(BulkSession, "send_all", die)
        elif place == CRASHES[2]:
            monkeypatch.setattr(BulkSession, "_give_keys", die)
        else:
            submitted = BulkSession.request

            def request(self: BulkSession, prepared: Any) -> Any:
                asked = submitted(self, prepared)
                self.client.submit(asked)
                die()

            monkeypatch.setattr(BulkSession, "request", request)

    return at


@pytest.mark.parametrize("place", CRASHES)
def test_a_job_that_stopped_is_continued_and_every_row_is_one_document_that_opens(
    office: Office, visitor: Visitor, crash: Any, place: str
) -> None:
    name = f"STOP{CRASHES.index(place)}-"
    at = sent(visitor, table(f"{name}1", f"{name}2").encode()).url.path
    page = shown(visitor, at)
    crash(place)
    visitor.post(f"{at}/sign", summary=summary_of(page))
    stopped = finished(visitor, at)
    assert "It has stopped." in stopped
    assert "a machine that stopped" in stopped
    visitor.post("/lock")
    visitor.unlock("shipper")
    visitor.post(f"{at}/continue")
    done = finished(visitor, at)
    assert "On the ledger: 2 · refused: 0" in done
    assert ours(office, name) == [f"{name}1", f"{name}2"]
    for document in re.findall(r"/documents/([0-9a-f]{64})", done):
        assert name in visitor.get(f"/as/shipper/documents/{document}")


@pytest.mark.parametrize("error", QUIET, ids=lambda error: type(error).__name__)
def test_a_row_that_was_sent_is_not_told_as_refused_because_the_gateway_does_not_say_what_became_of_it(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, error: PortledgerError
) -> None:
    name = f"{type(error).__name__[:6]}-"
    at = sent(visitor, table(f"{name}1", f"{name}2").encode()).url.path
    page = shown(visitor, at)
    with monkeypatch.context() as patched:
        send = BulkSession.send_all

        def last(self: BulkSession, prepared: Any) -> Any:
            """They are taken, and from then on nothing is told."""
            quiet(patched, error)
            return send(self, prepared)

        patched.setattr(BulkSession, "send_all", last)
        visitor.post(f"{at}/sign", summary=summary_of(page))
        assert "On the ledger: 0 · refused: 0" in finished(visitor, at)
        visitor.post(f"{at}/delete", 409)
        visitor.post(f"{at}/continue")
        assert "refused: 0" in finished(visitor, at)
    visitor.post(f"{at}/continue")
    done = finished(visitor, at)
    assert "On the ledger: 2 · refused: 0" in done
    assert ours(office, name) == [f"{name}1", f"{name}2"]
    for document in re.findall(r"/documents/([0-9a-f]{64})", done):
        assert name in visitor.get(f"/as/shipper/documents/{document}")


def unfit(monkeypatch: pytest.MonkeyPatch, office: Office, error: PortledgerError) -> None:
    """The carrier cannot be given keys."""
    asked = BulkSession._recipient

    def recipient(self: BulkSession, party: int) -> Any:
        if party == office.carrier.party:
            raise error
        return asked(self, party)

    monkeypatch.setattr(BulkSession, "_recipient", recipient)


def test_rows_whose_keys_one_party_cannot_be_given_are_on_the_ledger_open_to_their_issuer_and_say_so(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = sent(visitor, table("UNFIT-1", "UNFIT-2").encode()).url.path
    page = shown(visitor, at)
    with monkeypatch.context() as patched:
        unfit(patched, office, GrantRefused("grant", "a key", "the one of its log"))
        visitor.post(f"{at}/sign", summary=summary_of(page))
        done = finished(visitor, at)
    assert "On the ledger: 2 · refused: 0" in done
    assert done.count("keys could not be given") == 2
    for document in re.findall(r"/documents/([0-9a-f]{64})", done):
        assert "UNFIT-" in visitor.get(f"/as/shipper/documents/{document}")
        session = visitor.desk.session("shipper")
        assert session is not None
        session.grant(document, office.carrier.party)
    assert ours(office, "UNFIT-") == ["UNFIT-1", "UNFIT-2"], "given as the page says"


def test_keys_that_could_not_be_given_for_a_moment_are_given_when_the_job_is_continued(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = sent(visitor, table("LATER-1", "LATER-2").encode()).url.path
    page = shown(visitor, at)
    with monkeypatch.context() as patched:
        unfit(patched, office, NodeUnreachable("no answer", "a node"))
        visitor.post(f"{at}/sign", summary=summary_of(page))
        assert "On the ledger: 0 · refused: 0" in finished(visitor, at)
    visitor.post(f"{at}/continue")
    assert "On the ledger: 2 · refused: 0" in finished(visitor, at)
    assert ours(office, "LATER-") == ["LATER-1", "LATER-2"]


def test_a_running_job_asks_for_its_page_again_and_locking_the_desk_stops_it(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "BATCH", 1)
    going, reached = threading.Event(), threading.Event()
    sends = BulkSession.send_all

    def held(self: BulkSession, prepared: Any) -> Any:
        reached.set()
        assert going.wait(60)
        return sends(self, prepared)

    monkeypatch.setattr(BulkSession, "send_all", held)
    place = sent(visitor, table("LOCK-1", "LOCK-2").encode()).url.path
    visitor.post(f"{place}/sign", summary=summary_of(shown(visitor, place)))
    assert reached.wait(60)
    answer = visitor.http.get(place)
    assert "0 of 2" in answer.text
    seconds, _, at = answer.headers["refresh"].partition("; url=")
    assert (seconds, at.partition("?")[0]) == ("2", place)
    used = visitor.desk._used
    assert visitor.http.get(at).headers["refresh"] == answer.headers["refresh"]
    assert visitor.desk._used == used, "nobody uses the desk by watching a run: it locks all the same"
    visitor.get(place)
    assert visitor.desk._used > used
    visitor.post(f"{place}/continue")
    visitor.post("/lock")
    going.set()
    visitor.desk.jobs.wait(place.rpartition("/")[2], 60)
    visitor.unlock("shipper")
    answer = visitor.http.get(place)
    assert "refresh" not in answer.headers
    assert "On the ledger: 1 · refused: 0" in answer.text
    visitor.post(f"{place}/continue")
    assert "On the ledger: 2 · refused: 0" in finished(visitor, place)
    assert ours(office, "LOCK-") == ["LOCK-1", "LOCK-2"]


def test_a_bill_whose_number_is_taken_is_refused_row_by_row(office: Office, visitor: Visitor) -> None:
    earlier = office.carrier.open(office.bill()).values()["header"]["blNumber"]
    titles = "B/L,Carrier,List of the carrier's code,荷送人 名称,ブッキング番号,品名"
    data = f"{titles}\n{earlier},ONE,SMDG,Hamakaze,BK1,Pumps\nFRESH-1,ONE,SMDG,Hamakaze,BK1,Pumps"
    data = data.replace("B/L", "Bill of lading number")
    page = sent(visitor, data.encode(), kind="ebl-negotiable", key="carrier").text
    assert "1 of 2 rows can be signed" in page
    assert "issued a document under this number already" in page


JSONS = {
    "ebl-negotiable": ("carrier", "transport_document_negotiable", "PLLTYO2604417"),
    "shipping-instruction": ("shipper", "shipping_instruction", "PLLB2604417"),
    "commercial-invoice": ("shipper", "commercial_invoice", "HKZ-26-1093"),
    "certificate-of-origin": ("shipper", "certificate_of_origin_rcep", "HKZ-CO-26-0311"),
}


@pytest.mark.parametrize("kind", JSONS)
def test_a_json_document_becomes_a_draft_with_all_that_is_in_it(visitor: Visitor, kind: str) -> None:
    key, name, number = JSONS[kind]
    data = (Path(samples.__file__).parent / f"{name}.json").read_bytes()
    answer = sent(visitor, data, kind=kind, key=key)
    assert "/drafts/" in answer.url.path
    assert f'value="{number}"' in answer.text
    assert "from the file: /" in answer.text


@pytest.mark.parametrize(
    "data", [b"", b"{", b'{"a": 1, "a": 2}', b"PK\x03\x04rubbish", b"\x00\x01", b'{"items": 7e999}', b"titles alone"]
)
def test_a_file_that_is_none_is_refused_with_what_was_expected(visitor: Visitor, data: bytes) -> None:
    assert "Expected" in sent(visitor, data, 409).text


def test_a_file_from_another_page_or_too_large_is_refused(visitor: Visitor) -> None:
    visitor.unlock("shipper")
    files = {"file": ("rows.csv", table("X-1").encode())}
    path, good = "/as/shipper/import", {"Origin": visitor.origin}
    for token, headers in (("made up", good), (visitor.desk.form_token, {"Origin": "http://evil.example"})):
        answer = visitor.http.post(path, data={"token": token}, files=files, headers=headers)
        assert answer.status_code == 403
    large = {"file": ("rows.csv", bytes(9 * 2**20))}
    answer = visitor.http.post(path, data={"token": visitor.desk.form_token}, files=large, headers=good)
    assert answer.status_code == 413
    assert "The file is larger than 8 MB" in answer.text
    nothing = visitor.http.post(
        path, data={"token": visitor.desk.form_token, "kind": "made-up"}, files=files, headers=good
    )
    assert nothing.status_code == 404


def test_a_file_on_its_way_never_lies_on_the_disk_nor_does_a_job_in_clear(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tempfile

    def rolled(*_: Any) -> None:
        raise AssertionError("a file went to the disk in clear")

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", rolled)
    assert _InMemory.spool_max_size > 8 * 2**20
    rows = table("DISK-1").replace("Pumps", "Pumps" + "x" * 4900)
    sent(
        visitor,
        "\n".join([rows] + [rows.split("\n")[1].replace("DISK-1", f"DISK-{n}") for n in range(2, 240)]).encode(),
    )
    for path in visitor.desk.files.rglob("*.sealed"):
        assert b"DISK-" not in path.read_bytes()


def test_a_job_belongs_to_its_party(visitor: Visitor) -> None:
    place = sent(visitor, table("MINE-1").encode()).url.path
    visitor.unlock("carrier")
    assert visitor.http.get(place.replace("shipper", "carrier")).status_code == 409
    with pytest.raises(PortledgerError):
        visitor.desk.shelf(visitor.desk.session("carrier"), "job").get(place.rpartition("/")[2])
    assert SAMPLE.exists()


def test_an_act_that_comes_late_and_is_met_by_the_next_one_is_neither_refused_nor_are_its_keys_lost(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = sent(visitor, table("BEHIND-1").encode()).url.path
    page = shown(visitor, at)
    submit: Any = Client.submit_batch
    held: list[Any] = []

    def slow(self: Client, requests: Any) -> Any:
        if not held:  # taken up by a gateway too busy to answer in time
            held.append(requests)
            raise GatewayUnreachable("no answer", "one")
        if len(held) == 1:
            held.append(None)
            submit(self, held[0])  # which comes to it now
        return submit(self, requests)

    with monkeypatch.context() as patched:
        patched.setattr(Client, "submit_batch", slow)
        visitor.post(f"{at}/sign", summary=summary_of(page))
        assert "On the ledger: 0 · refused: 0" in finished(visitor, at)
        visitor.post(f"{at}/continue")
        done = finished(visitor, at)
    time.sleep(1)
    assert "refused: 1" not in done
    visitor.post(f"{at}/continue")
    assert "On the ledger: 1 · refused: 0" in finished(visitor, at)
    assert ours(office, "BEHIND-") == ["BEHIND-1"]


def test_what_a_gateway_says_it_refused_and_carries_all_the_same_is_found_and_opens(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = sent(visitor, table("LIED-1").encode()).url.path
    page = shown(visitor, at)
    submit: Any = Client.submit_batch

    def refusing(self: BulkSession, prepared: Any) -> Any:
        self.client.put_blobs([blob for one in prepared for blob in one.content.blobs.values()])
        submit(self.client, [self.request(one) for one in prepared])
        return [NoRule(kind=1, state=0, verb=1) for _ in prepared]

    def unknown(self: Client, *_: Any, **__: Any) -> Any:
        raise NotFound("nothing under this name", "something that was accepted here")

    with monkeypatch.context() as patched:
        patched.setattr(BulkSession, "send_all", refusing)
        patched.setattr(Client, "status", unknown)
        patched.setattr(Client, "document", unknown)
        visitor.post(f"{at}/sign", summary=summary_of(page))
        assert "On the ledger: 0 · refused: 1" in finished(visitor, at)
    session = visitor.desk.session("shipper")
    (row,) = visitor.desk.shelf(session, jobs.SORT).get(at.rpartition("/")[2])["rows"]
    session.client.until_final(row["digests"][0])
    visitor.post(f"{at}/delete", 409)
    assert "Look for the refused ones once more" in visitor.get(at)
    visitor.post(f"{at}/continue")
    page = finished(visitor, at)
    assert "On the ledger: 1 · refused: 0" in page
    assert "Look for the refused ones once more" not in page
    assert session.open(row["document"]).closed == []
    assert "LIED-1" in ours(office, "LIED-")


def test_a_run_is_not_given_up_while_the_first_of_two_acts_of_a_row_is_on_its_way(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = sent(visitor, table("TWICE-1").encode()).url.path
    page = shown(visitor, at)
    submit: Any = Client.submit_batch
    held: list[Any] = []

    def slow(self: Client, requests: Any) -> Any:
        held.append((self.token, requests))
        raise GatewayUnreachable("no answer", "one")

    with monkeypatch.context() as patched:
        patched.setattr(Client, "submit_batch", slow)
        visitor.post(f"{at}/sign", summary=summary_of(page))
        finished(visitor, at)
        visitor.post(f"{at}/continue")
        assert "On the ledger: 0 · refused: 0" in finished(visitor, at)
    assert len(held) == 2
    asked: Any = PartySession.is_refused

    def meanwhile(self: PartySession, digest: str) -> Any:
        with Client(office.url) as client:
            client.token = held[0][0]
            submit(client, held[0][1])
        return asked(self, digest)

    with monkeypatch.context() as patched:
        patched.setattr(PartySession, "is_refused", meanwhile)
        visitor.post(f"{at}/delete", 409)


def refused(visitor: Visitor, monkeypatch: pytest.MonkeyPatch, number: str) -> tuple[str, Any]:
    """A row whose act a gateway that is slow takes only later."""
    at = sent(visitor, table(number).encode()).url.path
    page = shown(visitor, at)
    later: list[Any] = []

    def refusing(self: BulkSession, prepared: Any) -> Any:
        self.client.put_blobs([blob for one in prepared for blob in one.content.blobs.values()])
        later.extend(self.request(one) for one in prepared)
        return [NoRule(kind=1, state=0, verb=1) for _ in prepared]

    with monkeypatch.context() as patched:
        patched.setattr(BulkSession, "send_all", refusing)
        visitor.post(f"{at}/sign", summary=summary_of(page))
        assert "On the ledger: 0 · refused: 1" in finished(visitor, at)
    return at, later


def test_a_list_is_not_deleted_while_the_act_of_a_refused_row_is_on_its_way(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, later = refused(visitor, monkeypatch, "ONWAY-1")
    session = visitor.desk.session("shipper")
    (row,) = visitor.desk.shelf(session, jobs.SORT).get(at.rpartition("/")[2])["rows"]
    session.client.submit_batch(later)
    assert session.is_sent(row["digests"][0])
    with monkeypatch.context() as patched:
        patched.setattr(PartySession, "exists", lambda self, document: False)  # the block is not there yet
        visitor.post(f"{at}/delete", 409)
    session.client.until_final(row["digests"][0])
    assert session.record(row["document"]).document == row["document"]
    visitor.post(f"{at}/continue")
    assert "On the ledger: 1 · refused: 0" in finished(visitor, at)
    visitor.post(f"{at}/delete")


def test_a_refused_row_that_is_found_says_no_more_that_it_was_refused(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    at, later = refused(visitor, monkeypatch, "SAID-1")
    session = visitor.desk.session("shipper")
    (row,) = visitor.desk.shelf(session, jobs.SORT).get(at.rpartition("/")[2])["rows"]
    session.client.submit_batch(later)
    session.client.until_final(row["digests"][0])
    visitor.post(f"{at}/continue")
    page = finished(visitor, at)
    assert "On the ledger: 1 · refused: 0" in page
    assert row["why"][:20] not in page
