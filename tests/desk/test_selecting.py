"""Several documents in one go: chosen in the inbox, all shown, signed once, a result for each, whatever happens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.desk.conftest import Office, Visitor, summary_of
from tests.desk.test_waiting import Two, two

from portledger.desk import outcomes, plain, running, several
from portledger.desk.jobs import Runner
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.refusals import Conflict, Forbidden, NotSignedIn, TooManyRequests, Unavailable
from portledger.sdk.bulk import BulkSession
from portledger.sdk.client import Client
from portledger.sdk.errors import GatewayProblem, GatewayUnreachable, NotFinalYet
from portledger.sdk.party import PartySession

MANY = "/as/shipper/many"


def boxes(*documents: str) -> dict[str, str]:
    return {f"pick.{one}": "1" for one in documents}


def shown(visitor: Visitor, *documents: str, act: str = "ACCEPT", code: int = 200, name: str = "shipper") -> str:
    return visitor.post(f"/as/{name}/many", code, act=act, **boxes(*documents))


def signed(visitor: Visitor, page: str, name: str = "shipper") -> str:
    """The address of the run's page, once it has ended."""
    answer = visitor.http.post(
        f"/as/{name}/many/sign",
        data={"token": visitor.desk.form_token, "summary": summary_of(page)},
        headers={"Origin": visitor.origin},
    )
    assert answer.status_code == 200, answer.text
    place = answer.url.path
    visitor.desk.jobs.wait(place.rpartition("/")[2], 60)
    return place


def result(page: str) -> tuple[int, int, int]:
    """(on the ledger, waiting, refused)"""
    ((done, waits, failed),) = re.findall(
        r"On the ledger: (\d+) · waiting for a co-signer: (\d+) · refused: (\d+)", page
    )
    return int(done), int(waits), int(failed)


def possessors(office: Office, *documents: str) -> set[int]:
    return {office.carrier.record(one).possessor for one in documents}


@pytest.fixture
def bills(office: Office) -> tuple[str, ...]:
    return tuple(office.bill() for _ in range(3))


def test_the_inbox_has_a_box_for_each_document_on_which_an_act_needs_nothing_typed(
    office: Office, visitor: Visitor, bills: tuple[str, ...]
) -> None:
    visitor.unlock("shipper")
    page = visitor.get("/as/shipper/")
    todo = page.split('<section class="todo"')[1].split("</section>")[0]
    for bill in bills:
        assert f'name="pick.{bill}"' in todo
    assert re.search(r'<option value="ACCEPT">Check and read before accepting \(\d+\)', todo)
    assert 'value="OFFER"' not in page
    assert " checked" not in page
    ticked = visitor.get("/as/shipper/select/todo")
    assert ticked.count(" checked") == min(todo.count('type="checkbox"'), several.MOST)
    assert visitor.http.get("/as/shipper/select/nothing").status_code == 404


def test_one_page_shows_each_document_with_its_inspection_and_effects_and_one_click_accepts_all(
    office: Office, visitor: Visitor, bills: tuple[str, ...]
) -> None:
    visitor.unlock("shipper")
    page = shown(visitor, *bills)
    assert "3 documents: Accept" in page
    one = visitor.get(f"/as/shipper/documents/{bills[0]}/ACCEPT")
    for sentence in re.findall(r"<li><bdi>(.*?)</bdi></li>", one):
        assert page.count(f"<li><bdi>{sentence}</bdi></li>") == 3
    for check in re.findall(r"<li>([^<]+)</li>", one.split('<ul class="ok">')[1].split("</ul>")[0]):
        assert page.count(f"<li>{check}</li>") == 3
    assert page.count('lang="en">Bill of lading: ACCEPT</strong>') == 3
    for bill in bills:
        assert page.count(bill) >= 1
        assert office.carrier.record(bill).head in page
    assert possessors(office, *bills) == {office.carrier.party}
    place = signed(visitor, page)
    assert result(visitor.get(place)) == (3, 0, 0)
    assert "3 of 3" in visitor.get(place)
    assert possessors(office, *bills) == {office.shipper}
    assert place in visitor.get("/as/shipper/")


def test_a_summary_signs_once_and_only_by_the_party_and_page_that_it_was_shown_on(
    office: Office, visitor: Visitor, bills: tuple[str, ...]
) -> None:
    visitor.unlock("carrier")
    visitor.unlock("shipper")
    token = summary_of(page := shown(visitor, *bills))
    told = "Nothing was signed"
    visitor.post(f"{MANY}/sign", 403, summary=token, token="made up")
    assert told in visitor.post(f"{MANY}/sign", 409)
    assert told in visitor.post(f"{MANY}/sign", 409, summary="made up")
    assert told in visitor.post("/as/carrier/many/sign", 409, summary=token)
    assert told in visitor.post(f"/as/shipper/documents/{bills[0]}/sign", 409, summary=token)
    assert told in visitor.post("/as/shipper/documents/several/sign", 409, summary=token)
    one = summary_of(visitor.get(f"/as/shipper/documents/{bills[0]}/ACCEPT"))
    assert told in visitor.post(f"{MANY}/sign", 409, summary=one)
    assert possessors(office, *bills) == {office.carrier.party}
    place = signed(visitor, page)
    assert told in visitor.post(f"{MANY}/sign", 409, summary=token)
    assert result(visitor.post(f"{place}/continue")) == (3, 0, 0)
    visitor.post("/lock")
    visitor.unlock("shipper")
    assert result(visitor.get(place)) == (3, 0, 0)


def test_a_document_that_changed_after_the_summary_is_refused_unsigned_and_holds_up_no_other(
    office: Office, visitor: Visitor, bills: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.unlock("shipper")
    page = shown(visitor, *bills)
    office.carrier.withdraw(bills[1])
    office.carrier.act(
        bills[1], "REOFFER", counterparty=office.shipper, endorsee=office.shipper
    )  # the same act would be possible again
    put = []
    sign = BulkSession.sign
    monkeypatch.setattr(BulkSession, "sign", lambda self, act, *rest: put.append(act) or sign(self, act, *rest))
    page = visitor.get(signed(visitor, page))
    assert result(page) == (2, 0, 1)
    assert "StalePrevious" in page
    assert possessors(office, bills[0], bills[2]) == {office.shipper}
    assert possessors(office, bills[1]) == {office.carrier.party}
    assert {one.action.document.hex() for one in put} == {bills[0], bills[2]}


def test_a_head_that_the_gateway_hides_from_the_desk_is_refused_by_the_ledger(
    office: Office, visitor: Visitor, bills: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.unlock("shipper")
    page = shown(visitor, *bills)
    office.carrier.withdraw(bills[1])
    office.carrier.act(bills[1], "REOFFER", counterparty=office.shipper, endorsee=office.shipper)
    monkeypatch.setattr(BulkSession, "check_head", lambda *_: None)
    page = visitor.get(signed(visitor, page))
    assert result(page) == (2, 0, 1)
    assert possessors(office, bills[1]) == {office.carrier.party}


def test_what_cannot_be_done_is_left_out_with_its_reason_and_the_rest_is_shown(
    office: Office, visitor: Visitor, bills: tuple[str, ...]
) -> None:
    visitor.unlock("shipper")
    office.carrier.withdraw(bills[0])
    page = shown(visitor, *bills, "0" * 64)
    assert "2 documents: Accept" in page
    assert "Left out, and not signed: 2" in page
    assert "This act is not possible here now" in page
    assert result(visitor.get(signed(visitor, page))) == (2, 0, 0)


@pytest.mark.parametrize("act", ["OFFER", "SURRENDER_FOR_AMENDMENT", "made up", ""])
def test_an_act_that_needs_something_typed_or_does_not_exist_is_shown_for_none(
    visitor: Visitor, bills: tuple[str, ...], act: str
) -> None:
    visitor.unlock("shipper")
    page = shown(visitor, *bills, act=act, code=409)
    assert "None of the selected documents" in page
    assert 'name="summary"' not in page


def test_nothing_or_too_much_selected_is_told(visitor: Visitor) -> None:
    visitor.unlock("shipper")
    assert "No document was selected" in shown(visitor, code=422)
    assert "No document was selected" in visitor.post(MANY, 422, act="ACCEPT", **{"pick.../x": "1"})
    many = [f"{number:064x}" for number in range(several.MOST + 1)]
    assert "More were selected" in shown(visitor, *many, code=422)


CRASHES = ("before anything is sent", "after the acts were sent")


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Lets the run die once, at a named place, as if the machine had stopped there."""

    def at(place: str) -> None:
        send, died = BulkSession.send_all, []

        def dying(self: BulkSession, prepared: Any) -> Any:
            if died:
                return send(self, prepared)
            died.append(True)
            if place == CRASHES[1]:
                send(self, prepared)
            raise GatewayUnreachable("nothing", "an answer")

        monkeypatch.setattr(BulkSession, "send_all", dying)

    return at


@pytest.mark.parametrize("place", CRASHES)
def test_a_run_that_stopped_is_continued_after_a_lock_and_every_act_is_on_the_ledger_once(
    office: Office, visitor: Visitor, bills: tuple[str, ...], crash: Any, place: str
) -> None:
    visitor.unlock("shipper")
    crash(place)
    at = signed(visitor, shown(visitor, *bills))
    assert "It has stopped." in visitor.get(at)
    visitor.post("/lock")
    visitor.unlock("shipper")
    assert "It has stopped." in visitor.get("/as/shipper/")
    visitor.post(f"{at}/continue")
    visitor.desk.jobs.wait(at.rpartition("/")[2], 60)
    assert result(visitor.get(at)) == (3, 0, 0)
    for bill in bills:
        assert [entry.action.verb for entry in office.carrier.history(bill) if entry.action].count(
            office.carrier.kind("ebl-negotiable").verb("ACCEPT").number
        ) == 1
    visitor.post(f"{at}/delete")
    assert at not in visitor.get("/as/shipper/")


def test_nothing_of_a_run_lies_readable_on_the_disk_and_no_signature_lies_there_at_all(
    visitor: Visitor, bills: tuple[str, ...], crash: Any
) -> None:
    visitor.unlock("shipper")
    crash(CRASHES[0])
    at = signed(visitor, shown(visitor, *bills))
    assert [path for path in visitor.desk.files.rglob("*.sealed") if bills[0].encode() in path.read_bytes()] == []
    session = visitor.desk.session("shipper")
    assert session is not None
    kept = visitor.desk.shelf(session, several.SORT).get(at.rpartition("/")[2])
    assert {row["action"]["signatures"] for row in kept["rows"]} == {""}


def test_what_is_kept_of_an_act_is_the_act(office: Office, visitor: Visitor, bills: tuple[str, ...]) -> None:
    visitor.unlock("shipper")
    session = visitor.desk.session("shipper")
    assert session is not None
    act = session.unsigned(bills[0], "ACCEPT", inspected=session.inspect(bills[0]))
    kept = several.Several(verb="ACCEPT", rows=[several.row_of(act, act.able[:1])]).to_json()
    row = several.from_json(kept).rows[0]
    assert (row.act(), row.control()) == (act.action, act.before)
    assert row.shown(act) == act
    another = {b"\1" * 20: next(iter(act.accounts.values()))}
    lie = replace(act, accounts=act.accounts | another, needed=2)
    assert row.shown(lie) == act, "only what the page named signs, whatever the gateway says afterwards"
    assert row.shown(replace(act, accounts=another)).able == ()
    again = visitor.desk.for_a_job(session)
    again.sign_in()
    assert again.again(row.act(), row.control()) == act
    again.client.close()


def answered(monkeypatch: pytest.MonkeyPatch, document: str, error: PortledgerError, sends: bool) -> None:
    """What is told of one document, once; sends: its act is sent all the same."""
    send, told = BulkSession.send_all, []

    def lying(self: BulkSession, prepared: Any) -> Any:
        hit = [one.signed.action.document.hex() == document and not told for one in prepared]
        told.extend(one for one in hit if one)
        outcomes = iter(send(self, [one for one, hits in zip(prepared, hit, strict=True) if sends or not hits]))
        return [error if hits and (not sends or next(outcomes) is None) else next(outcomes) for hits in hit]

    monkeypatch.setattr(BulkSession, "send_all", lying)


def test_an_act_that_is_not_final_in_time_holds_up_no_other_and_is_looked_for_when_the_run_is_continued(
    office: Office, visitor: Visitor, bills: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.unlock("shipper")
    monkeypatch.setattr(several, "BATCH", 1)
    answered(monkeypatch, bills[0], NotFinalYet("status pending", "final", digest="0" * 64), sends=True)
    place = signed(visitor, shown(visitor, *bills))
    page = visitor.get(place)
    assert result(page) == (2, 0, 0)
    assert "NotFinalYet" in page or "status pending" in page
    assert "1 of them may be on the ledger already" in page
    visitor.post(f"{place}/delete", 409)
    visitor.post(f"{place}/continue")
    visitor.desk.jobs.wait(place.rpartition("/")[2], 60)
    assert result(visitor.get(place)) == (3, 0, 0)
    assert possessors(office, *bills) == {office.shipper}


@pytest.mark.parametrize(("meanwhile", "code"), [("given up", 200), ("continued", 409)])
def test_what_became_of_a_run_while_the_gateway_was_asked_about_its_acts_counts(
    visitor: Visitor, bills: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, meanwhile: str, code: int
) -> None:
    """Two clicks on "Give up", or "Continue" in another window: its rows may then look as they did."""
    session = visitor.unlock("shipper") and visitor.desk.session("shipper")
    assert session
    answered(monkeypatch, bills[0], NotFinalYet("status pending", "final", digest="0" * 64), sends=True)
    place = signed(visitor, shown(visitor, *bills))
    shelf, job = visitor.desk.shelf(session, several.SORT), place.rpartition("/")[2]

    def asked(*_: object) -> bool:
        kept = shelf.get(job)
        if meanwhile == "given up":
            shelf.delete(job)
        else:
            shelf.put(job, {**kept, "changed": kept["changed"] + 1})
        return True

    monkeypatch.setattr(running, "_is_gone", asked)
    visitor.post(f"{place}/delete", code)
    assert (job in shelf.names()) is (meanwhile == "continued")


QUIET = [
    Unavailable("the database does not answer", "one that does"),
    TooManyRequests("100 in a minute", "60"),
    NotSignedIn("no session", "a session"),
    GatewayProblem("500", "an answer"),
    Forbidden("another party's", "one's own"),
]
"""What a gateway may say of acts that it took, without a word on whether they are on the ledger."""


def quiet(monkeypatch: pytest.MonkeyPatch, error: PortledgerError) -> None:
    def status(self: Client, digest: str, *, wait: float = 0) -> Any:
        raise error

    monkeypatch.setattr(Client, "status", status)


@pytest.mark.parametrize("error", QUIET, ids=lambda error: type(error).__name__)
def test_an_act_that_was_sent_is_not_told_as_refused_because_the_gateway_does_not_say_what_became_of_it(
    office: Office, visitor: Visitor, bills: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, error: PortledgerError
) -> None:
    visitor.unlock("shipper")
    page = shown(visitor, *bills)
    asked = Client.status
    with monkeypatch.context() as patched:
        send = BulkSession.send_all

        def last(self: BulkSession, prepared: Any) -> Any:
            """They are taken, and from then on nothing is told."""
            quiet(patched, error)
            return send(self, prepared)

        patched.setattr(BulkSession, "send_all", last)
        place = signed(visitor, page)
        told = visitor.get(place)
        assert result(told) == (0, 0, 0)
        assert "3 of them may be on the ledger already" in told
        visitor.post(f"{place}/delete", 409)
        visitor.post(f"{place}/continue")
        visitor.desk.jobs.wait(place.rpartition("/")[2], 60)
        assert result(visitor.get(place)) == (0, 0, 0)
    assert Client.status is asked
    visitor.post(f"{place}/continue")
    visitor.desk.jobs.wait(place.rpartition("/")[2], 60)
    assert result(visitor.get(place)) == (3, 0, 0)
    assert possessors(office, *bills) == {office.shipper}


def test_a_busy_gateway_refuses_nothing_that_was_not_sent(
    office: Office, visitor: Visitor, bills: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.unlock("shipper")
    page = shown(visitor, *bills)
    with monkeypatch.context() as patched:
        quiet(patched, QUIET[0])
        place = signed(visitor, page)
    told = visitor.get(place)
    assert result(told) == (0, 0, 0)
    assert "may be on the ledger already" not in told
    visitor.post(f"{place}/continue")
    visitor.desk.jobs.wait(place.rpartition("/")[2], 60)
    assert result(visitor.get(place)) == (3, 0, 0)
    assert possessors(office, *bills) == {office.shipper}


def test_an_act_that_is_on_the_ledger_is_done_whatever_went_wrong_after_it(
    office: Office, visitor: Visitor, bills: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.unlock("shipper")
    wrong = InvalidInput("key", "none", "a key")
    answered(monkeypatch, bills[0], wrong, sends=True)

    def none(self: BulkSession, action: Any, before: Any) -> None:
        raise wrong

    monkeypatch.setattr(BulkSession, "give_keys_of", none)
    page = visitor.get(signed(visitor, shown(visitor, *bills)))
    assert result(page) == (3, 0, 0)
    assert page.count("keys could not be given") == 1
    assert "It has stopped." not in page
    assert possessors(office, *bills) == {office.shipper}


def test_nothing_more_is_signed_once_the_desk_is_locked(
    office: Office, visitor: Visitor, bills: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.unlock("shipper")
    page, sign, made = shown(visitor, *bills), BulkSession.sign, []

    def locking(self: BulkSession, act: Any, *more: Any) -> Any:
        made.append(act)
        visitor.desk.lock_up()
        return sign(self, act, *more)

    with monkeypatch.context() as patched:
        patched.setattr(BulkSession, "sign", locking)
        answer = visitor.http.post(
            f"{MANY}/sign",
            data={"token": visitor.desk.form_token, "summary": summary_of(page)},
            headers={"Origin": visitor.origin},
            follow_redirects=False,
        )
        place = answer.headers["location"]
        visitor.desk.jobs.wait(place.rpartition("/")[2], 60)
    assert len(made) == 1
    assert possessors(office, *bills) == {office.carrier.party}, "and what was signed was not sent"
    visitor.unlock("shipper")
    assert "may be on the ledger already" not in visitor.get(place)
    visitor.post(f"{place}/continue")
    visitor.desk.jobs.wait(place.rpartition("/")[2], 60)
    assert result(visitor.get(place)) == (3, 0, 0)


def test_the_rest_of_a_run_that_stopped_can_be_given_up_and_is_then_never_sent(
    office: Office, visitor: Visitor, bills: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.unlock("shipper")
    monkeypatch.setattr(several, "BATCH", 1)
    send = BulkSession.send_all

    def last(self: BulkSession, prepared: Any) -> Any:
        visitor.desk.jobs.stop()
        return send(self, prepared)

    monkeypatch.setattr(BulkSession, "send_all", last)
    place = signed(visitor, shown(visitor, *bills))
    page = visitor.get(place)
    assert result(page) == (1, 0, 0)
    assert "Give up the rest" in page
    visitor.post(f"{place}/delete")
    assert place not in visitor.get("/as/shipper/")
    visitor.post(f"{place}/continue", 409)
    visitor.post(f"{place}/delete")
    assert [office.carrier.record(one).possessor == office.shipper for one in bills].count(True) == 1


def test_what_ended_while_it_was_asked_to_go_on_is_not_written_over(
    visitor: Visitor, bills: tuple[str, ...], crash: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.unlock("shipper")
    crash(CRASHES[0])
    place = signed(visitor, shown(visitor, *bills))
    session = visitor.desk.session("shipper")
    assert session is not None
    shelf, job = visitor.desk.shelf(session, several.SORT), place.rpartition("/")[2]
    kept = several.from_json(shelf.get(job))
    runs = Runner.runs

    def ending(self: Runner, name: str) -> bool:
        """The run's thread keeps its last word just as it is looked for."""
        for row in kept.rows:
            row.state = outcomes.DONE
        outcomes.keep(shelf, job, kept, 1)
        return runs(self, name)

    monkeypatch.setattr(Runner, "runs", ending)
    visitor.post(f"{place}/continue")
    monkeypatch.setattr(Runner, "runs", runs)
    visitor.desk.jobs.wait(job, 60)
    assert {row.state for row in several.from_json(shelf.get(job)).rows} == {outcomes.DONE}


@pytest.fixture(scope="module")
def bank(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    made = two(office.url, tmp_path_factory.mktemp("several"), "Bank of Several")
    yield made
    made.whole.client.close()


def test_when_no_more_may_wait_the_rest_is_left_and_can_be_continued(
    office: Office, bank: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    bills = [office.bill(to=bank.party) for _ in range(2)]
    for bill in bills:
        bank.whole.accept(bank.whole.inspect(bill))

    def full(self: BulkSession, *_: Any, **__: Any) -> Any:
        raise Conflict("100 acts that wait", "fewer")

    with bank.desk("first", 0) as first:
        page = shown(first, *bills, act="SURRENDER_FOR_DELIVERY", name="first")
        with monkeypatch.context() as patched:
            patched.setattr(BulkSession, "propose", full)
            place = signed(first, page, "first")
            assert result(first.get(place)) == (0, 0, 0)
            assert "100 acts that wait" in first.get(place)
        first.post(f"{place}/continue")
        first.desk.jobs.wait(place.rpartition("/")[2], 60)
        assert result(first.get(place)) == (0, 2, 0)


def test_acts_that_need_another_officer_wait_each_for_itself_and_say_so_before(office: Office, bank: Two) -> None:
    bills = [office.bill(to=bank.party) for _ in range(2)]
    bank.whole.sign_in()
    for bill in bills:
        bank.whole.accept(bank.whole.inspect(bill))
    with bank.desk("first", 0) as first:
        page = shown(first, *bills, act="SURRENDER_FOR_DELIVERY", name="first")
        assert "2 of them will wait for another officer" in page
        assert page.count("1 more signatures of other officers are needed") == 2
        place = signed(first, page, "first")
        page = first.get(place)
        assert result(page) == (0, 2, 0)
        digests = re.findall(r"/as/first/waiting/([0-9a-f]{64})", page)
        assert len(digests) == 2
        with bank.desk("second", 1) as second:
            for digest in digests:
                summary = summary_of(second.get(f"/as/second/waiting/{digest}"))
                second.post(f"/as/second/waiting/{digest}/sign", summary=summary)
    kind = bank.whole.kind("ebl-negotiable")
    assert {kind.state_name(bank.whole.record(bill).state) for bill in bills} == {"PENDING_SURRENDER_FOR_DELIVERY"}


def test_what_was_shown_to_wait_for_another_officer_waits_even_if_the_gateway_says_one_is_enough(
    office: Office, bank: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    bill = office.bill(to=bank.party)
    bank.whole.sign_in()
    bank.whole.accept(bank.whole.inspect(bill))
    with bank.desk("first", 0) as first:
        page = shown(first, bill, act="SURRENDER_FOR_DELIVERY", name="first")
        told = BulkSession.me
        monkeypatch.setattr(BulkSession, "me", lambda self: msgspec.structs.replace(told(self), threshold=1))
        page = first.get(signed(first, page, "first"))
        assert result(page) == (0, 1, 0)


def test_an_officer_whose_accounts_may_not_sign_is_told_so_and_nothing_is_shown_to_sign(
    office: Office, bank: Two
) -> None:
    bill = office.bill(to=bank.party)
    with bank.desk("clerk", 3) as clerk:
        page = shown(clerk, bill, name="clerk", code=409)
        assert "No account of the key file may sign this" in page


def test_what_a_page_cannot_show_whole_is_left_out_and_shown_whole_otherwise(
    office: Office, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Together they may be too long, though each by itself is not."""
    long = "a" * 30_000 + "THE END"
    bills = [office.bill(termsAndConditions=long) for _ in range(2)]
    visitor.unlock("shipper")
    page = shown(visitor, *bills)
    assert page.count("THE END") == 2
    assert "Left out" not in page
    for most, documents in ((50_000, 1), (30_000, 0)):
        monkeypatch.setattr(plain, "WHOLE_CHARACTERS", most)
        page = shown(visitor, *bills, code=200 if documents else 409)
        assert page.count("THE END") == documents
        assert f"Left out, and not signed: {2 - documents}" in page
        assert "longer than this page can show" in page


def test_contents_of_a_hostile_document_stay_harmless_among_many(office: Office, visitor: Visitor) -> None:
    bill = office.bill(termsAndConditions="<script>alert(1)</script>\u202e")
    visitor.unlock("shipper")
    page = shown(visitor, bill)
    assert "<script>" not in page
    assert "\u202e" not in page


def test_runs_belong_to_their_party(visitor: Visitor, bills: tuple[str, ...]) -> None:
    visitor.unlock("shipper")
    place = signed(visitor, shown(visitor, *bills))
    visitor.unlock("carrier")
    assert visitor.http.get(place.replace("shipper", "carrier")).status_code == 409
    assert isinstance(visitor.desk.session("carrier"), PartySession)
    assert Path(place).name not in visitor.get("/as/carrier/")
