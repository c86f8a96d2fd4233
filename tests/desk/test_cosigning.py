"""Many acts that wait, signed by the second officer in one go: each shown, each once, each with a result of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.desk.conftest import Office, Visitor, summary_of
from tests.desk.test_selecting import QUIET, boxes, quiet, result
from tests.desk.test_waiting import Two, held, proposed, section, two

from portledger.desk import cosigned
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.refusals import NotFound, Unavailable
from portledger.formats.api_json import ActionStatus
from portledger.sdk import attaching
from portledger.sdk.bulk import BulkSession
from portledger.sdk.client import Client
from portledger.sdk.errors import GatewayProblem, GatewayUnreachable, NodeUnreachable
from portledger.sdk.party import PartySession

MANY = "/as/second/waiting"


@pytest.fixture(scope="module")
def bank(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    made = two(office.url, tmp_path_factory.mktemp("officers"), "Bank of Many")
    yield made
    made.whole.client.close()


@pytest.fixture
def desks(bank: Two) -> Iterator[tuple[Visitor, Visitor]]:
    with bank.desk("first", 0) as first, bank.desk("second", 1) as second:
        yield first, second
    for one in bank.whole.client.waiting():
        bank.whole.client.delete_waiting(one.digest, submitted=True)


@pytest.fixture
def bills(office: Office, bank: Two) -> tuple[str, ...]:
    return tuple(held(office, bank) for _ in range(3))


@pytest.fixture
def acts(office: Office, desks: tuple[Visitor, Visitor], bills: tuple[str, ...]) -> tuple[str, ...]:
    """Digests of an offer of each bill to the shipper, signed by the first officer."""
    return tuple(proposed(desks[0], "first", bill, office.shipper)[0].removeprefix("waiting/") for bill in bills)


def shown(visitor: Visitor, *digests: str, code: int = 200) -> str:
    return visitor.post(MANY, code, **boxes(*digests))


def signed(visitor: Visitor, page: str) -> str:
    """The address of the run's page, once it has ended."""
    answer = visitor.http.post(
        f"{MANY}/sign",
        data={"token": visitor.desk.form_token, "summary": summary_of(page)},
        headers={"Origin": visitor.origin},
        follow_redirects=False,
    )
    assert answer.status_code == 303, answer.text
    place = answer.headers["location"]
    visitor.desk.jobs.wait(place.rpartition("/")[2], 60)
    return place


def gone_on(visitor: Visitor, place: str) -> str:
    visitor.post(f"{place}/continue")
    visitor.desk.jobs.wait(place.rpartition("/")[2], 60)
    return visitor.get(place)


def offerees(bank: Two, *bills: str) -> list[int]:
    return [bank.whole.record(one).offeree for one in bills]


def test_acts_that_wait_are_chosen_shown_with_what_they_do_and_signed_with_one_click(
    office: Office, bank: Two, bills: tuple[str, ...], acts: tuple[str, ...], desks: tuple[Visitor, Visitor]
) -> None:
    first, second = desks
    assert "pick." not in section(first.get("/as/first/")), "who has signed has nothing to choose"
    line = section(second.get("/as/second/"))
    assert [f'name="pick.{one}"' in line for one in acts] == [True] * 3
    assert " checked" not in line
    assert line.count(office.name_of("shipper").split(" <")[0]) == 3, "to whom"
    assert section(second.get("/as/second/select/collecting")).count(" checked") == 3
    page = shown(second, *acts)
    assert "Acts that wait for your signature: 3" in page
    assert len(re.findall(r'lang="en">Bill of lading: OFFER', page)) == 3
    assert page.count("Possession leaves you when ") == 3
    assert page.count("computed anew") == 3
    assert "<dd>" not in page.split("<h3>")[1].split("<details")[0], "no detail where the act has none"
    assert page.count(f'<code class="value">{bank.account(0)}</code>') == 3
    assert f"<code>{bank.account(1)}</code>" in page
    assert offerees(bank, *bills) == [0, 0, 0], "nothing is signed yet"
    told = second.get(signed(second, page))
    assert result(told) == (3, 0, 0)
    assert offerees(bank, *bills) == [office.shipper] * 3
    assert {len(bank.whole.history(one)[-1].signers) for one in bills} == {2}
    assert section(second.get("/as/second/")) == ""


def test_a_summary_signs_once_and_only_what_it_was_shown_for(
    bank: Two, bills: tuple[str, ...], acts: tuple[str, ...], desks: tuple[Visitor, Visitor]
) -> None:
    first, second = desks
    token = summary_of(shown(second, *acts[:2]))
    assert "Nothing was signed" in second.post(f"{MANY}/{acts[0]}/sign", 409, summary=token)
    assert "Nothing was signed" in second.post("/as/second/many/sign", 409, summary=token)
    assert "Nothing was signed" in first.post("/as/first/waiting/sign", 409, summary=token)
    second.post(f"{MANY}/sign", 403, summary=token, token="made up")
    signed(second, f'name="summary" value="{token}"')
    assert "Nothing was signed" in second.post(f"{MANY}/sign", 409, summary=token)
    assert [one > 0 for one in offerees(bank, *bills)] == [True, True, False]


def test_what_cannot_be_signed_is_left_out_with_its_reason_and_the_rest_is_shown(
    office: Office, bank: Two, bills: tuple[str, ...], acts: tuple[str, ...], desks: tuple[Visitor, Visitor]
) -> None:
    first, second = desks
    other, _ = proposed(first, "first", bills[0], int(re.findall(r"\d+", office.name_of("bank"))[0]))
    bank.whole.blank_endorse(bills[1])
    second.post(f"{MANY}/{acts[2]}/withdraw")
    page = shown(second, *acts, other.removeprefix("waiting/"), "e" * 64)
    assert "Acts that wait for your signature: 1" in page
    assert "Left out, and not signed: 4" in page
    assert "Something happened to the document after this was proposed" in page
    assert page.count("Nothing of this waits any longer") == 2
    assert "Another act selected is on the same document" in page
    nothing = second.post("/as/second/waiting", 409, **boxes(acts[1]))
    assert 'name="summary"' not in nothing
    mine = first.post("/as/first/waiting", 409, **boxes(acts[0]))
    assert "You have signed it" in mine
    assert "No act was selected" in second.post(MANY, 422)
    assert "More were selected" in second.post(MANY, 422, **boxes(*(f"{one:064x}" for one in range(101))))


def test_what_changed_after_the_summary_is_refused_and_holds_up_no_other(
    office: Office, bank: Two, bills: tuple[str, ...], acts: tuple[str, ...], desks: tuple[Visitor, Visitor]
) -> None:
    _, second = desks
    page = shown(second, *acts)
    bank.whole.blank_endorse(bills[0])
    second.post(f"{MANY}/{acts[1]}/withdraw")
    told = second.get(signed(second, page))
    assert result(told) == (1, 0, 2)
    assert "StalePrevious" in told
    assert f"/as/second/documents/{bills[0]}" in told
    assert "NotFound" in told
    assert offerees(bank, *bills) == [0, 0, office.shipper]


def test_another_officer_who_was_quicker_is_no_mistake(
    office: Office, bank: Two, bills: tuple[str, ...], acts: tuple[str, ...], desks: tuple[Visitor, Visitor]
) -> None:
    _, second = desks
    page = shown(second, *acts)
    with bank.desk("third", 2) as third:
        alone = third.get(f"/as/third/waiting/{acts[1]}")
        third.post(f"/as/third/waiting/{acts[1]}/sign", summary=summary_of(alone))
    assert "It has been sent already" in second.post(MANY, 409, **boxes(acts[1]))
    assert result(second.get(signed(second, page))) == (3, 0, 0)
    assert offerees(bank, *bills) == [office.shipper] * 3


STOPS = ("before it signs", "after it signed", "while it waits")


@pytest.mark.parametrize("place", STOPS)
def test_a_run_that_stopped_is_continued_and_every_act_is_on_the_ledger_once(
    office: Office, bank: Two, bills: tuple[str, ...], acts: tuple[str, ...], desks: tuple[Visitor, Visitor],
    monkeypatch: pytest.MonkeyPatch, place: str,
) -> None:  # fmt: skip
    _, second = desks
    cosign_all, cosigned_one = BulkSession.cosign_all, BulkSession._cosigned
    gone = GatewayUnreachable("a machine that stopped", "one that runs")

    def stopping(self: BulkSession, wanted: Any, *rest: Any) -> Any:
        if place == STOPS[1]:
            cosign_all(self, wanted, *rest)
        raise gone

    def first_pass(self: BulkSession, digest: str, own: Any, *, wait: bool) -> Any:
        if wait:
            raise gone
        return cosigned_one(self, digest, own, wait=wait)

    page = shown(second, *acts)
    with monkeypatch.context() as patched:
        if place == STOPS[2]:
            patched.setattr(BulkSession, "_cosigned", first_pass)
        else:
            patched.setattr(BulkSession, "cosign_all", stopping)
        at = signed(second, page)
        stopped = second.get(at)
        assert result(stopped) == (0, 0, 0)
        assert "a machine that stopped" in stopped
        if place != STOPS[0]:  # the gateway has the acts
            second.post(f"{at}/delete", 409)
    second.post("/lock")
    second.unlock("second")
    assert "It has stopped." in second.get("/as/second/")
    assert result(gone_on(second, at)) == (3, 0, 0)
    assert offerees(bank, *bills) == [office.shipper] * 3
    for bill, digest in zip(bills, acts, strict=True):
        assert [one.digest for one in bank.whole.history(bill)].count(digest) == 1
    second.post(f"{at}/delete")
    assert at not in second.get("/as/second/")


@pytest.mark.parametrize("error", QUIET, ids=lambda error: type(error).__name__)
def test_what_was_signed_is_not_told_as_refused_because_the_gateway_does_not_say_what_became_of_it(
    bank: Two, bills: tuple[str, ...], acts: tuple[str, ...], desks: tuple[Visitor, Visitor],
    monkeypatch: pytest.MonkeyPatch, error: PortledgerError,
) -> None:  # fmt: skip
    _, second = desks
    page, cosign_all = shown(second, *acts), BulkSession.cosign_all
    with monkeypatch.context() as patched:

        def last(self: BulkSession, wanted: Any, *rest: Any) -> Any:
            quiet(patched, error)
            return cosign_all(self, wanted, *rest)

        patched.setattr(BulkSession, "cosign_all", last)
        at = signed(second, page)
        assert result(second.get(at)) == (0, 0, 0)
        assert "3 of them may be on the ledger already" in second.get(at)
    assert result(gone_on(second, at)) == (3, 0, 0)
    assert all(offerees(bank, *bills))


def test_an_act_whose_keys_cannot_be_given_is_on_the_ledger_and_says_so(
    bank: Two, bills: tuple[str, ...], acts: tuple[str, ...], desks: tuple[Visitor, Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    _, second = desks

    def none(self: BulkSession, *_: Any) -> None:
        raise InvalidInput("key", "none", "a key")

    monkeypatch.setattr(BulkSession, "_give_keys_in", none)
    told = second.get(signed(second, shown(second, *acts)))
    assert result(told) == (3, 0, 0)
    assert told.count("keys could not be given") == 3
    assert all(offerees(bank, *bills))


def test_nothing_is_signed_whose_files_do_not_open(
    bank: Two, bills: tuple[str, ...], acts: tuple[str, ...], desks: tuple[Visitor, Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    _, second = desks
    one = attaching.sealed("a.txt", b"a")[0]
    monkeypatch.setattr(attaching, "of_act", lambda act: [one] if act.action.document.hex() == bills[0] else [])
    page = shown(second, *acts)
    assert one.sha256.hex() in page
    assert "You sign these files too" in page
    told = second.get(signed(second, page))
    assert result(told) == (2, 0, 1)
    assert "an attached file that cannot be opened" in told
    assert [one > 0 for one in offerees(bank, *bills)] == [False, True, True]
    assert acts[0] in section(second.get("/as/second/"))


def test_a_row_whose_answer_alone_is_missing_holds_up_no_other_and_what_never_came_can_be_given_up(
    bank: Two, bills: tuple[str, ...], acts: tuple[str, ...], desks: tuple[Visitor, Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    _, second = desks
    page, collected = shown(second, *acts), BulkSession.collected

    def damaged(self: BulkSession, digest: str) -> Any:
        if digest == acts[0]:
            raise QUIET[0]  # a blob that the store lost, say; everything else is answered
        return collected(self, digest)

    monkeypatch.setattr(BulkSession, "collected", damaged)
    at = signed(second, page)
    told = second.get(at)
    assert result(told) == (2, 0, 0)
    assert "1 of them may be on the ledger already" in told
    assert result(gone_on(second, at)) == (2, 0, 0)
    second.post(f"{at}/delete")
    assert at not in second.get("/as/second/")
    assert [one > 0 for one in offerees(bank, *bills)] == [False, True, True]


def test_a_node_or_gateway_that_is_away_makes_no_act_an_altered_one(
    acts: tuple[str, ...], desks: tuple[Visitor, Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second = desks

    def away(self: PartySession, digest: str) -> Any:
        raise NodeUnreachable("no answer", "a node")

    monkeypatch.setattr(PartySession, "collected", away)
    assert section(second.get("/as/second/")).count("It could not be looked at just now") == 3
    left_out = shown(second, *acts, code=409)
    assert left_out.count("It could not be looked at just now") == 3


def test_of_three_signatures_the_second_s_are_kept_and_the_acts_wait_on(office: Office, tmp_path: Path) -> None:
    made = two(office.url, tmp_path, "Bank of Three", threshold=3)
    try:
        bill = held(office, made)
        with made.desk("first", 0) as first, made.desk("second", 1) as second:
            digest = proposed(first, "first", bill, office.shipper)[0].removeprefix("waiting/")
            page = shown(second, digest)
            assert "1 more signatures of other officers are needed" in page
            at = signed(second, page)
            assert result(second.get(at)) == (0, 1, 0)
            assert f"/as/second/waiting/{digest}" in second.get(at)
            assert made.whole.collected(digest).missing == 1
    finally:
        made.whole.client.close()


def test_a_signature_that_was_taken_before_the_run_stopped_is_found_again(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = two(office.url, tmp_path, "Bank of Stops", threshold=3)
    cosign_all = BulkSession.cosign_all

    def stopping(self: BulkSession, wanted: Any, *rest: Any) -> Any:
        cosign_all(self, wanted, *rest)
        raise GatewayUnreachable("a machine that stopped", "one that runs")

    try:
        bill = held(office, made)
        with made.desk("first", 0) as first, made.desk("second", 1) as second:
            digest = proposed(first, "first", bill, office.shipper)[0].removeprefix("waiting/")
            page = shown(second, digest)
            with monkeypatch.context() as patched:
                patched.setattr(BulkSession, "cosign_all", stopping)
                at = signed(second, page)
                assert result(second.get(at)) == (0, 0, 0)
            assert result(gone_on(second, at)) == (0, 1, 0)
    finally:
        made.whole.client.close()


def test_what_is_kept_of_a_run_lies_sealed_and_is_the_run(
    bank: Two, acts: tuple[str, ...], desks: tuple[Visitor, Visitor]
) -> None:
    _, second = desks
    place = signed(second, shown(second, *acts))
    session = second.desk.session("second")
    assert session is not None
    told = second.desk.shelf(session, cosigned.SORT).get(place.rpartition("/")[2])
    kept = cosigned.from_json(told)
    assert [row.digest for row in kept.rows] == list(acts)
    assert kept.to_json() == told
    for path in (one for one in second.desk.files.rglob("*") if one.is_file()):
        assert not [digest for digest in acts if digest.encode() in path.read_bytes()]


def test_a_busy_gateway_is_told_and_no_page_shown(
    acts: tuple[str, ...], desks: tuple[Visitor, Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, second = desks

    def busy(self: Client, digest: str) -> Any:
        raise QUIET[0]

    monkeypatch.setattr(Client, "waiting_act", busy)
    assert 'name="summary"' not in shown(second, *acts, code=409)


@pytest.mark.parametrize(
    "error",
    [
        Unavailable("the payload store does not answer", "one that does"),
        GatewayProblem("HTTP 502", "an answer of a gateway"),
        GatewayUnreachable("a broken download (ReadTimeout)", "the whole blob"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_file_that_a_busy_gateway_does_not_give_for_a_moment_refuses_no_act(
    bank: Two, bills: tuple[str, ...], acts: tuple[str, ...], desks: tuple[Visitor, Visitor],
    monkeypatch: pytest.MonkeyPatch, error: PortledgerError,
) -> None:  # fmt: skip
    _, second = desks
    one = attaching.sealed("a.txt", b"a")[0]
    monkeypatch.setattr(attaching, "of_act", lambda act: [one])
    page = shown(second, *acts)

    def busy(self: Client, name: str) -> Any:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(Client, "stream_blob", busy)
        place = signed(second, page)
        told = second.get(place)
        assert result(told) == (0, 0, 0)
        assert "a.txt: " in told, "which file it waits for"
    monkeypatch.setattr(attaching, "check_file", lambda *_: None)
    told = gone_on(second, place)
    assert result(told) == (3, 0, 0)
    assert "a.txt: " not in told


def test_a_gateway_that_says_final_of_an_act_that_the_history_does_not_have_is_not_told_as_on_the_ledger(
    bank: Two, bills: tuple[str, ...], acts: tuple[str, ...], desks: tuple[Visitor, Visitor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    _, second = desks
    page = shown(second, *acts)
    asked, kept = Client.status, Client.waiting_act

    def final(self: Client, digest: str, wait: float = 0) -> Any:
        if digest == acts[0]:
            return ActionStatus(digest, "final", bills[0])
        return asked(self, digest, wait)

    def hidden(self: Client, digest: str) -> Any:
        if digest == acts[0]:
            raise NotFound("nothing", "an act")
        return kept(self, digest)

    with monkeypatch.context() as patched:
        patched.setattr(Client, "status", final)
        patched.setattr(Client, "waiting_act", hidden)
        told = second.get(signed(second, page))
    assert result(told)[0] == 2
