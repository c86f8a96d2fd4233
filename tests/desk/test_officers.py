"""Officers at the desk, over HTTP: a second one's key file, how many must sign, and a file brought to another desk."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from tests.desk.conftest import PASSPHRASE, Office, Visitor, browsing, desk_at

from portledger.desk import members
from portledger.domain.actions import AccountConsent
from portledger.domain.codes import DAY, FULL_SCOPE
from portledger.domain.refusals import Unavailable
from portledger.domain.signatures import address_of, recover
from portledger.formats import api_json as wire
from portledger.gateway.settings import Settings
from portledger.gateway.system import free_port, running
from portledger.sdk import officers as opens
from portledger.sdk.client import Client
from portledger.sdk.errors import GatewayUnreachable
from portledger.sdk.party import PartySession
from portledger.sdk.registration import Profile, register, wait_registered
from portledger.vault import keys as key_files

SECRET = "his own four different words"
FORM = {"file": "second", "scope": "full", "passphrase": SECRET, "again": SECRET}


@contextmanager
def desk_of(folder: Path, url: str) -> Iterator[Visitor]:
    with (
        desk_at(folder, url) as (desk, origin, link),
        browsing(origin) as http,
    ):
        http.get(link)
        yield Visitor(http, origin, desk)


def with_accounts(url: str, folder: Path, count: int) -> Path:
    """The folder of a new bank's desk, its key file with so many accounts."""
    keys = key_files.generate(count)
    with Client(url) as client:
        asked = register(client, keys, Profile("Bank of One", "JP", ("bank",)))
        keys = keys.with_party(wait_registered(client, asked.request_id))
    folder.mkdir(parents=True)
    key_files.save(folder / "first.json", keys, PASSPHRASE, key_files.FAST)
    return folder


@pytest.fixture
def first(office: Office, tmp_path: Path) -> Iterator[Visitor]:
    """The desk of an officer whose key file has three accounts, unlocked."""
    with desk_of(with_accounts(office.url, tmp_path / "first" / "keys", 3), office.url) as desk:
        desk.unlock("first")
        yield desk


def summary_of(page: str) -> str:
    """The one token of a summary's page, which may have two forms."""
    (token,) = set(re.findall(r'name="summary" value="([^"]+)"', page))
    return token


def me(visitor: Visitor) -> wire.PartyJson:
    session = visitor.desk.session("first")
    assert session is not None
    return session.me()


def fetched(visitor: Visitor, summary: str) -> bytes:
    """The officer's key file, as the browser saves it."""
    fields = {"token": visitor.desk.form_token, "summary": summary}
    answer = visitor.http.post("/as/first/officers/file", data=fields, headers={"Origin": visitor.origin})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith('attachment; filename="second.json"')
    assert answer.headers["cache-control"] == "no-store"
    return answer.content


def made(visitor: Visitor) -> bytes:
    """A second officer's key file whose account is on the ledger."""
    summary = summary_of(visitor.post("/as/first/officers/new", **FORM))
    data = fetched(visitor, summary)
    assert "Signed, and on the ledger." in visitor.post("/as/first/officers/sign", summary=summary)
    return data


def set_threshold(visitor: Visitor, number: str) -> None:
    page = visitor.post("/as/first/officers/threshold", threshold=number)
    visitor.post("/as/first/officers/sign", summary=summary_of(page))


def brought(visitor: Visitor, data: bytes, code: int = 200, at: str = "/bring", **fields: str) -> str:
    answer = visitor.http.post(
        at,
        data={"token": visitor.desk.form_token, "passphrase": SECRET, **fields},
        files={"file": ("second.json", data)},
        headers={"Origin": visitor.origin},
    )
    assert answer.status_code == code, answer.text
    return answer.text


def test_the_page_shows_accounts_scopes_and_how_many_must_sign(first: Visitor) -> None:
    number = me(first).party
    assert 'href="/as/first/officers"' in first.get(f"/as/first/parties/{number}")
    page = first.get("/as/first/officers")
    assert "Of the 3 accounts that may sign everything, 1 must sign what is critical." in page
    assert all(one.account in page for one in me(first).accounts)
    assert page.count("in the key file of this desk") == 3
    assert "need two people" in page


def test_the_page_speaks_japanese(first: Visitor) -> None:
    first.desk.language = "ja"
    assert "担当者と署名" in first.get("/as/first/officers")
    assert "鍵ファイルを持ち込む" in first.get("/bring")


def test_a_second_officer_opens_his_file_on_another_desk_and_signs_what_the_first_began(
    office: Office, first: Visitor, tmp_path: Path
) -> None:
    data = made(first)
    account = wire.address_text(address_of(key_files.open_keys(json.loads(data), SECRET).accounts[0]))
    assert account in first.get("/as/first/officers")
    assert "not here" in first.get("/as/first/officers")
    number = me(first).party
    for own in [one.account for one in me(first).accounts if one.account != account][:2]:
        page = first.post("/as/first/officers/remove", account=own)
        first.post("/as/first/officers/sign", summary=summary_of(page))
        if me(first).full_accounts == 3:
            set_threshold(first, "2")
    assert (me(first).threshold, me(first).full_accounts) == (2, 2)
    assert "key file alone can give" not in first.get("/as/first/officers")
    bill = office.bill(to=number)
    page = f"/as/first/documents/{bill}"
    first.post(f"{page}/sign", summary=summary_of(first.get(f"{page}/ACCEPT")))
    (to,) = re.findall(r'value="(\d+)">Example Bank', first.get(f"{page}/OFFER").split('id="endorsee"')[0])
    first.post(f"{page}/sign", summary=summary_of(first.post(f"{page}/OFFER", counterparty=to, endorsee="")))
    assert office.carrier.record(bill).offeree == 0, "one signature of two is not enough"
    with desk_of(tmp_path / "second" / "keys", office.url) as second:
        assert "second" in brought(second, data)
        inbox = second.post("/unlock", key="second", passphrase=SECRET)
        (act,) = re.findall(r'href="(/as/second/waiting/[0-9a-f]+)"', inbox)
        second.post(f"{act}/sign", summary=summary_of(second.get(act)))
    assert office.carrier.record(bill).offeree == int(to)


def test_the_file_is_given_once_and_nothing_of_it_is_on_the_desk_s_disk(first: Visitor) -> None:
    summary = summary_of(first.post("/as/first/officers/new", **FORM))
    fetched(first, summary)
    assert "given already" in first.post("/as/first/officers/file", 410, summary=summary)
    assert {one.name for one in first.desk.keys.iterdir()} == {"first.json", "first.known"}
    assert not first.desk.files.exists() or not list(first.desk.files.rglob("*second*"))


def test_an_account_is_not_added_before_its_key_file_was_saved(first: Visitor) -> None:
    summary = summary_of(first.post("/as/first/officers/new", **FORM))
    assert "save the officer" in first.post("/as/first/officers/sign", 409, summary=summary)
    assert len(me(first).accounts) == 3
    fetched(first, summary)
    first.post("/as/first/officers/sign", summary=summary)
    assert len(me(first).accounts) == 4


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"again": "his own four different worms"}, "The two are not the same."),
        ({"passphrase": "short", "again": "short"}, "Too short"),
        ({"file": "../up"}, "letters, digits and hyphens"),
        ({"scope": "queen"}, "This is needed."),
    ],
    ids=["mistyped", "short", "name", "scope"],
)
def test_a_mistake_is_shown_beside_its_field_and_makes_nothing(
    first: Visitor, wrong: dict[str, str], said: str
) -> None:
    page = first.post("/as/first/officers/new", 422, **{**FORM, **wrong})
    assert said in page
    assert SECRET not in page
    assert not first.desk._own_changes


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("4", "4 is more than the 3 active accounts"),
        ("0", "A number from 1 to 15."),
        ("1", "It is 1 already."),
        ("001" + "0" * 5_000, "A number from 1 to 15."),
        ("0015", "A number from 1 to 15."),
    ],
    ids=["many", "none", "same", "endless", "long"],
)
def test_a_number_that_cannot_be_is_refused_with_the_reason(first: Visitor, number: str, said: str) -> None:
    assert said in first.post("/as/first/officers/threshold", 422, threshold=number)
    assert me(first).threshold == 1


def test_how_many_must_sign_changes_once_its_summary_was_signed(first: Visitor) -> None:
    page = first.post("/as/first/officers/threshold", threshold="2")
    assert "It takes effect at once." in page
    assert me(first).threshold == 1
    first.post("/as/first/officers/sign", summary=summary_of(page))
    assert me(first).threshold == 2


def test_a_summary_signs_once(first: Visitor) -> None:
    summary = summary_of(first.post("/as/first/officers/threshold", threshold="2"))
    first.post("/as/first/officers/sign", summary=summary)
    assert "Nothing was signed" in first.post("/as/first/officers/sign", 409, summary=summary)
    assert "Nothing was signed" in first.post("/as/first/officers/sign", 409, summary="made up")


def before_it_came(self: Client, request: wire.PartyActRequest) -> wire.ActionStatus:
    raise Unavailable("the database does not answer", "one that does")


def after_it_came(self: Client, request: wire.PartyActRequest) -> wire.ActionStatus:
    party_act(self, request)
    raise GatewayUnreachable("no answer", "a running gateway")


party_act = Client.party_act


@pytest.mark.parametrize("fails", [before_it_came, after_it_came])
def test_a_gateway_that_fails_once_costs_neither_the_summary_nor_the_officer_s_file(
    office: Office, first: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: Callable[..., Any]
) -> None:
    summary = summary_of(first.post("/as/first/officers/new", **FORM))
    data = fetched(first, summary)
    with monkeypatch.context() as broken:
        broken.setattr(Client, "party_act", fails)
        page = first.post("/as/first/officers/sign", 409, summary=summary)
    assert "It is not known yet whether this reached the ledger." in page
    assert "document" not in page.split("<main")[1].split("</main>")[0]
    assert "Save the key file" not in page, "it was given"
    assert summary_of(page) == summary
    assert "Signed, and on the ledger." in first.post("/as/first/officers/sign", summary=summary)
    assert len(me(first).accounts) == 4
    assert "Nothing was signed" in first.post("/as/first/officers/sign", 409, summary=summary)
    with desk_of(tmp_path / "second" / "keys", office.url) as second:
        brought(second, data)
        assert "Inbox" in second.post("/unlock", key="second", passphrase=SECRET)


def test_without_a_gateway_the_summary_is_shown_again(first: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = first.post("/as/first/officers/threshold", threshold="2")

    def away(self: Client, *_: object, **__: object) -> None:
        raise GatewayUnreachable("no answer", "a running gateway")

    with monkeypatch.context() as broken:
        broken.setattr(Client, "_request", away)
        page = first.post("/as/first/officers/sign", 409, summary=summary_of(shown))
    assert summary_of(page) == summary_of(shown)
    assert page.count("</code> · everything</dd>") == 2, "it names who signs, as before"
    first.post("/as/first/officers/sign", summary=summary_of(page))
    assert me(first).threshold == 2


def test_what_the_ledger_refuses_is_shown_no_more_and_the_page_says_why(first: Visitor) -> None:
    late = summary_of(first.post("/as/first/officers/threshold", threshold="3"))
    set_threshold(first, "2")
    page = first.post("/as/first/officers/sign", 409, summary=late)
    assert "That did not work" in page
    assert "<h1>Officers and signatures</h1>" in page
    assert "Nothing was signed" in first.post("/as/first/officers/sign", 409, summary=late)
    assert me(first).threshold == 2


def test_after_a_lock_nothing_that_was_shown_is_signed_or_given(first: Visitor) -> None:
    summary = summary_of(first.post("/as/first/officers/new", **FORM))
    first.post("/lock")
    first.unlock("first")
    first.post("/as/first/officers/file", 410, summary=summary)
    first.post("/as/first/officers/sign", 409, summary=summary)
    assert len(me(first).accounts) == 3


def test_a_form_of_another_origin_changes_nothing(first: Visitor) -> None:
    summary = summary_of(first.post("/as/first/officers/threshold", threshold="2"))
    for path in ("/as/first/officers/new", "/as/first/officers/sign", "/as/first/officers/file", "/bring"):
        fields = {"token": first.desk.form_token, "summary": summary, **FORM}
        assert first.http.post(path, data=fields, headers={"Origin": "http://evil.example"}).status_code == 403
    first.post("/as/first/officers/sign", 403, summary=summary, token="made up")
    assert me(first).threshold == 1


def test_an_account_is_removed_but_never_below_what_must_sign(first: Visitor) -> None:
    accounts = [one.account for one in me(first).accounts]
    page = first.post("/as/first/officers/remove", account=accounts[2])
    first.post("/as/first/officers/sign", summary=summary_of(page))
    assert me(first).full_accounts == 2
    set_threshold(first, "2")
    refused = first.post("/as/first/officers/remove", 422, account=accounts[1])
    assert "1 accounts that may sign everything would be left, and 2 must sign" in refused
    assert "Choose one of the active accounts." in first.post("/as/first/officers/remove", 422, account=accounts[2])
    assert me(first).full_accounts == 2


def test_whose_last_account_was_removed_is_led_to_the_page_that_unlocks_with_its_keys_closed(first: Visitor) -> None:
    data = made(first)
    other = wire.address_text(address_of(key_files.open_keys(json.loads(data), SECRET).accounts[0]))
    own = [one.account for one in me(first).accounts if one.account != other]
    for account in own:
        shown = first.post("/as/first/officers/remove", account=account)
        page = first.post("/as/first/officers/sign", summary=summary_of(shown))
    assert "<h1>Unlock" in page
    assert first.desk.open_parties() == []
    assert not first.desk._pages._pages
    for path in ("/", "/as/first/", "/as/first/officers"):
        assert first.http.get(path).url.path == "/unlock"
    assert "That did not work" in first.post("/unlock", 409, key="first", passphrase=PASSPHRASE)


def test_a_gateway_that_is_away_after_an_account_was_removed_costs_nothing(
    first: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = first.desk.session("first")
    assert session is not None
    signed_in = wire.address_text(session.wallet.keys.addresses()[0])
    shown = first.post("/as/first/officers/remove", account=signed_in)

    def away(self: PartySession) -> None:
        raise GatewayUnreachable("no answer", "a running gateway")

    with monkeypatch.context() as broken:
        broken.setattr(PartySession, "sign_in", away)
        first.http.post(
            "/as/first/officers/sign",
            data={"token": first.desk.form_token, "summary": summary_of(shown)},
            headers={"Origin": first.origin},
        )
    assert "Of the 2 accounts" in first.get("/as/first/officers")
    assert "Inbox" in first.get("/as/first/")


def test_with_one_account_in_the_key_file_the_summary_names_the_delay(office: Office, tmp_path: Path) -> None:
    with desk_of(with_accounts(office.url, tmp_path / "alone" / "keys", 1), office.url) as alone:
        alone.unlock("first")
        page = alone.post("/as/first/officers/new", **FORM)
        assert "It takes effect after 7 days" in page
        data = fetched(alone, summary_of(page))
        assert "Changes that wait" in alone.post("/as/first/officers/sign", summary=summary_of(page))
        assert [one.scope for one in me(alone).accounts] == [FULL_SCOPE]
        with desk_of(tmp_path / "other" / "keys", office.url) as other:
            assert "was not added to the party yet" in brought(other, data, 422)
            assert other.desk.key_files() == []


def test_an_account_whose_delay_has_passed_is_brought_in_by_its_officer_with_his_file(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger's clock stands before the delay's end, so the ledger has the last word, and says no."""
    asked: list[tuple[str, bytes]] = []
    enact = Client.enact

    def heard(self: Client, change: str, consent: bytes = b"") -> wire.ActionStatus:
        asked.append((change, consent))
        return enact(self, change, consent)

    monkeypatch.setattr(Client, "enact", heard)
    with desk_of(with_accounts(office.url, tmp_path / "alone" / "keys", 1), office.url) as alone:
        alone.unlock("first")
        summary = summary_of(alone.post("/as/first/officers/new", **FORM))
        data, other = fetched(alone, summary), alone.desk.key_path("first").read_bytes()
        alone.post("/as/first/officers/sign", summary=summary)
        (change,) = me(alone).open_changes
        at = {"at": "/as/first/officers/bring", "change": change.change_id}
        assert at["at"] not in alone.get("/as/first/officers")
        look = alone.get(f"/as/first/changes/{change.change_id}")
        assert 'href="/as/first/officers"' in look
        assert "/enact" not in look
        with monkeypatch.context() as later:
            later.setattr(members, "time", SimpleNamespace(time=lambda: time.time() + 8 * DAY))
            assert at["at"] in alone.get("/as/first/officers")
            assert "It does not open the file." in brought(alone, data, 422, **at, passphrase="not his words")
            assert "not the key file that holds the account" in brought(alone, other, 422, **at, passphrase=PASSPHRASE)
        brought(alone, data, 404, at=at["at"], change="0" * 64)
        assert asked == []
        assert "That did not work" in brought(alone, data, 409, **at)
        ((named, consent),) = asked
        account = key_files.open_keys(json.loads(data), SECRET).addresses()[0]
        session = alone.desk.session("first")
        assert session is not None
        word = AccountConsent(session.party, account, FULL_SCOPE, bytes.fromhex(named))
        assert (named, recover(word.digest(session.domain), consent)) == (change.change_id, account)
        assert len(me(alone).accounts) == 1
        assert SECRET not in repr(vars(alone.desk))


def test_an_officer_s_file_that_is_too_large_is_said_to_be_so(first: Visitor) -> None:
    page = brought(first, b"x" * (9 * 2**20), 413, "/as/first/officers/bring", change="0" * 64)
    assert "Too large for a key file." in page
    assert 'href="/as/first/officers"' in page


def test_after_seven_days_of_the_ledger_s_clock_the_officer_s_account_is_on_the_ledger_and_his_file_opens_a_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = free_port("127.0.0.1")
    settings = Settings(data=tmp_path / "port", port=0, node_port=node, block_seconds=0.05, log_level="warning")
    with running(settings) as system:
        keys = with_accounts(system.url, tmp_path / "alone" / "keys", 1)
        with desk_of(keys, system.url) as alone, desk_of(tmp_path / "other" / "keys", system.url) as other:
            alone.unlock("first")
            data = made(alone)
            (change,) = me(alone).open_changes
            bring = "/as/first/officers/bring"
            brought(alone, data, 409, bring, change=change.change_id)
            for method, values in (("evm_increaseTime", [7 * DAY + 60]), ("evm_mine", [])):
                asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": values}
                assert "error" not in httpx.post(f"http://127.0.0.1:{node}", json=asked).json()
            monkeypatch.setattr(members, "time", SimpleNamespace(time=lambda: time.time() + 8 * DAY))
            assert f'value="{change.change_id}"' in alone.get("/as/first/officers")
            assert "It does not open the file." in brought(
                alone, data, 422, bring, change=change.change_id, passphrase="not his words"
            )
            opened, others = opens.opened, list[bool]()

            def look() -> None:
                others.append(alone.desk.lock.acquire(timeout=5))
                if others[-1]:
                    alone.desk.lock.release()

            def watched(sent: bytes, passphrase: str) -> key_files.Keys:
                another = threading.Thread(target=look)
                another.start()
                another.join()
                return opened(sent, passphrase)

            monkeypatch.setattr(opens, "opened", watched)
            assert "Signed, and on the ledger." in brought(alone, data, at=bring, change=change.change_id)
            assert others == [True], "while the file is opened other pages go on"
            assert [one.scope for one in me(alone).accounts] == [FULL_SCOPE] * 2
            assert me(alone).open_changes == []
            brought(other, data)
            assert "Inbox" in other.post("/unlock", key="second", passphrase=SECRET)


def test_the_page_says_when_one_key_file_can_do_what_needs_two(first: Visitor) -> None:
    assert "key file alone can give 3 signatures" in first.get("/as/first/officers")
    set_threshold(first, "2")
    assert "key file alone can give 3 signatures" in first.get("/as/first/officers")


def test_a_brought_file_must_open_be_a_key_file_and_never_replaces_one(
    office: Office, first: Visitor, tmp_path: Path
) -> None:
    data = made(first)
    with desk_of(tmp_path / "second" / "keys", office.url) as second:
        assert "It does not open the file." in brought(second, data, 422, passphrase="not his words")
        assert "not the key file of a registered party" in brought(second, b'{"portledger": 1}', 422)
        assert "not the key file of a registered party" in brought(second, b"no JSON", 422)
        hostile = json.loads(data)
        hostile["crypto"]["kdfparams"] |= {"n": 2**70, "r": 0}
        costly = json.loads(data)
        costly["portledger"]["accounts"] = [key_files.seal_keys(key_files.generate(), SECRET, key_files.FAST)]
        mistyped = {**json.loads(data), "address": 1}
        for one in (*map(json.dumps, (hostile, costly, mistyped)), "[" * 50_000):
            assert "not the key file of a registered party" in brought(second, one.encode(), 422)
        assert "Too large for a key file." in brought(second, b"x" * 300_000, 422)
        assert "letters, digits and hyphens" in brought(second, data, 422, name="../up")
        assert second.desk.key_files() == []
        brought(second, data)
        kept = second.desk.key_path("second").read_bytes()
        assert kept == data
        assert "There is a key file of this name." in brought(second, data + b" ", 422)
        assert second.desk.key_path("second").read_bytes() == kept
