"""From a desk without keys to a party that reads its inbox, and every mistake on the way."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.desk.conftest import Office, Visitor, browsing

from portledger.desk.arriving import corporate_number_fits, lei_fits
from portledger.desk.serving import start_link
from portledger.vault import keys as key_files

SECRET = "correct horse battery staple"
KEYS = {"name": "newcomer", "accounts": "3", "passphrase": SECRET, "again": SECRET}
PROFILE = {"organisation": "株式会社髙﨑 <b>", "country": "JP", "city": "横浜市", "role.forwarder": "1"}


@pytest.fixture(autouse=True)
def _cheap_key_files(monkeypatch: pytest.MonkeyPatch) -> None:
    save = key_files.save

    def cheap(path: Path, keys: key_files.Keys, passphrase: str) -> None:
        save(path, keys, passphrase, key_files.FAST)

    monkeypatch.setattr(key_files, "save", cheap)


@contextmanager
def arrived(office: Office, language: str = "en") -> Iterator[Visitor]:
    with (
        office.desk(language) as (desk, origin, link),
        browsing(origin) as http,
    ):
        http.get(link)
        yield Visitor(http, origin, desk)


@pytest.fixture
def empty(office: Office, tmp_path: Path) -> Iterator[Visitor]:
    """A desk whose machine has no key file yet."""
    with arrived(Office(office.url, tmp_path / "keys", office.carrier, office.shipper)) as visitor:
        yield visitor


def summary_of(page: str) -> str:
    (token,) = re.findall(r'name="summary" value="([^"]+)"', page)
    return token


def requested(visitor: Visitor) -> str:
    """Up to the page before the request is signed."""
    visitor.post("/new", **KEYS)
    visitor.post("/new/newcomer", passphrase=SECRET)
    return visitor.post("/new/newcomer/register", **PROFILE)


def test_a_newcomer_makes_keys_asks_and_reads_its_inbox(empty: Visitor) -> None:
    assert "There is no key file on this machine yet." in empty.get("/unlock")
    kept = empty.post("/new", **KEYS)
    assert "Write this down" in kept
    assert len(set(re.findall(r"0x[0-9a-fA-F]{40}", kept))) == 3
    assert "Name of the organisation" in empty.post("/new/newcomer", passphrase=SECRET)
    shown = empty.post("/new/newcomer/register", **PROFILE)
    assert "株式会社髙﨑 &lt;b&gt;" in shown
    assert "Forwarder" in shown or "forwarder" in shown
    page = empty.post("/new/newcomer/send", summary=summary_of(shown))
    for _ in range(100):
        if "You are admitted" in page:
            break
        page = empty.get("/new/newcomer/status")
    assert "You are admitted" in page
    inbox = empty.post("/unlock", key="newcomer", passphrase=SECRET)
    assert "Inbox" in inbox
    assert "株式会社髙﨑 &lt;b&gt;" in inbox
    assert empty.desk.new_files() == []
    assert not list(empty.desk.keys.glob("*.request"))


def test_a_request_survives_a_restart_of_the_desk(office: Office, tmp_path: Path) -> None:
    other = Office(office.url, tmp_path / "keys", office.carrier, office.shipper)
    with arrived(other) as visitor:
        visitor.post("/new/newcomer/send", summary=summary_of(requested(visitor)))
    with arrived(other) as visitor:
        assert "asked for admission" in visitor.get("/unlock")
        page = ""
        for _ in range(100):
            page = visitor.get("/new/newcomer/status")
            if "You are admitted" in page:
                break
        assert "You are admitted" in page
        visitor.post("/unlock", 409, key="newcomer", passphrase="wrong")
        assert "Inbox" in visitor.post("/unlock", key="newcomer", passphrase=SECRET)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": ""}, "1 to 40 letters"),
        ({"name": "../../elsewhere"}, "1 to 40 letters"),
        ({"name": "a b"}, "1 to 40 letters"),
        ({"accounts": "0"}, "A number from 1 to 15."),
        ({"accounts": "16"}, "A number from 1 to 15."),
        ({"accounts": "３"}, "A number from 1 to 15."),
        ({"passphrase": "short", "again": "short"}, "Too short"),
        ({"passphrase": "a" * 40, "again": "a" * 40}, "Too short"),
        ({"again": "another one"}, "The two are not the same."),
    ],
    ids=str,
)
def test_wrong_keys_are_told_beside_their_field_and_make_no_file(
    empty: Visitor, changed: dict[str, str], told: str
) -> None:
    page = empty.post("/new", 422, **{**KEYS, **changed})
    assert told in page
    assert not list(empty.desk.keys.parent.rglob("*.json"))
    assert SECRET not in page


def test_a_key_file_is_never_replaced(empty: Visitor) -> None:
    empty.post("/new", **KEYS)
    before = empty.desk.key_path("newcomer").read_bytes()
    assert "There is a key file of this name." in empty.post("/new", 422, **KEYS)
    assert empty.desk.key_path("newcomer").read_bytes() == before


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"organisation": ""}, "This is needed."),
        ({"country": "Japan"}, "Two capital letters"),
        ({"country": "j"}, "Two capital letters"),
        ({"lei": "529900T8BM49AURSDO56"}, "The check digits do not fit."),
        ({"number": "1234567890123"}, "The check digit of this corporate number does not fit."),
        ({"role.forwarder": ""}, "Tick at least one."),
    ],
    ids=str,
)
def test_a_wrong_profile_is_told_beside_its_field_and_nothing_typed_is_lost(
    empty: Visitor, changed: dict[str, str], told: str
) -> None:
    empty.post("/new", **KEYS)
    empty.post("/new/newcomer", passphrase=SECRET)
    page = empty.post("/new/newcomer/register", 422, **{**PROFILE, "street": '"1-2-3" <i>', **changed})
    assert told in page
    assert "&#34;1-2-3&#34; &lt;i&gt;" in page
    assert 'name="summary"' not in page


def test_a_profile_that_came_after_an_idle_lock_is_there_again_once_the_file_is_open(empty: Visitor) -> None:
    empty.post("/new", **KEYS)
    empty.post("/new/newcomer", passphrase=SECRET)
    empty.desk._used -= 3_600
    assert "Write this down" in empty.post("/new/newcomer/register", **PROFILE)
    assert "newcomer" not in empty.desk.joining
    page = empty.post("/new/newcomer", passphrase=SECRET)
    assert 'value="株式会社髙﨑 &lt;b&gt;"' in page
    assert 'value="横浜市"' in page
    assert re.search(r'name="role.forwarder" value="1" checked', page)


def test_codes_of_a_profile_are_understood_in_full_width_and_small_letters(empty: Visitor) -> None:
    empty.post("/new", **KEYS)
    assert "No key file of an admitted party" in empty.get("/unlock")
    empty.post("/new/newcomer", passphrase=SECRET)
    typed = {"country": "ｊｐ", "lei": "529900t8bm49aursdo55 ", "number": "７０００012050002"}
    page = empty.post("/new/newcomer/register", **{**PROFILE, **typed})
    assert 'name="summary"' in page
    for code in ("JP", "529900T8BM49AURSDO55", "7000012050002"):
        assert code in page


@pytest.mark.parametrize(
    ("text", "fits"), [("529900T8BM49AURSDO55", True), ("529900T8BM49AURSDO54", False), ("", False)]
)
def test_a_legal_entity_identifier_has_check_digits(text: str, fits: bool) -> None:
    assert lei_fits(text) is fits


@pytest.mark.parametrize(("text", "fits"), [("7000012050002", True), ("5000012050002", False), ("700001205000", False)])
def test_a_corporate_number_has_a_check_digit(text: str, fits: bool) -> None:
    assert corporate_number_fits(text) is fits


def test_the_passphrase_must_have_been_written_down_before_anything_is_asked(empty: Visitor) -> None:
    empty.post("/new", **KEYS)
    empty.post("/new/newcomer", 409, passphrase="guessed from memory")
    assert "Write this down" in empty.get("/new/newcomer/register")
    assert "Write this down" in empty.post("/new/newcomer/register", **PROFILE)


def test_a_request_is_sent_once_and_only_as_it_was_shown(empty: Visitor) -> None:
    shown = requested(empty)
    assert "Nothing was signed" in empty.post("/new/newcomer/send", 409, summary="made up")
    empty.post("/new/newcomer/send", summary=summary_of(shown))
    assert "Nothing was signed" in empty.post("/new/newcomer/send", 409, summary=summary_of(shown))


def test_a_locked_desk_forgets_keys_and_request(empty: Visitor) -> None:
    shown = requested(empty)
    empty.post("/lock")
    assert empty.desk.joining == {}
    empty.post("/new/newcomer/send", 409, summary=summary_of(shown))


def test_the_copy_of_the_key_file_is_the_sealed_file(empty: Visitor) -> None:
    empty.post("/new", **KEYS)
    answer = empty.http.post(
        "/new/newcomer/copy", data={"token": empty.desk.form_token}, headers={"Origin": empty.origin}
    )
    assert answer.content == empty.desk.key_path("newcomer").read_bytes()
    assert answer.headers["content-disposition"].startswith("attachment")
    empty.post("/new/newcomer/copy", 403, token="made up")


def test_a_registered_party_s_file_is_not_led_through_the_first_run(office: Office) -> None:
    with arrived(office) as visitor:
        for path in ("/new/shipper", "/new/shipper/register", "/new/shipper/status", "/new/nobody"):
            assert visitor.http.get(path).status_code == 404
        visitor.post("/new/shipper/copy", 404)


def test_gateway_and_ledger_are_shown_in_eight_words_of_the_page_s_language(office: Office) -> None:
    with arrived(office) as visitor:
        (english,) = re.findall(r'class="words">([^<]+)<', visitor.get("/unlock"))
        assert len(english.split()) == 8
        (same,) = re.findall(r'class="words">([^<]+)<', visitor.get("/new"))
        assert same == english
    with arrived(office, "ja") as visitor:
        (japanese,) = re.findall(r'class="words">([^<]+)<', visitor.get("/unlock"))
        assert len(japanese.split()) == 8
        assert re.fullmatch(r"[\u3041-\u309f ]+", japanese)


@pytest.mark.parametrize("address", ["", "ftp://x", "javascript:alert(1)", "http://", "http://a@b", "not an address"])
def test_a_gateway_that_is_no_address_is_refused_and_shown_again(office: Office, address: str) -> None:
    with arrived(office) as visitor:
        page = visitor.post("/gateway", 409, gateway=address)
        assert f'value="{html.escape(address)}"' in page
        assert visitor.desk.gateway == office.url


def test_another_gateway_locks_every_key_and_a_silent_one_is_not_taken(office: Office) -> None:
    with arrived(office) as visitor:
        visitor.unlock("shipper")
        visitor.post("/gateway", 409, gateway="http://127.0.0.1:9")
        assert visitor.desk.open_parties() == ["shipper"]
        assert "Unlock your keys" in visitor.post("/gateway", gateway=office.url + "/")
        assert visitor.desk.open_parties() == []
        assert visitor.desk.verify_page == f"{office.url}/verify"


def test_the_pages_speak_japanese(office: Office, tmp_path: Path) -> None:
    other = Office(office.url, tmp_path / "keys", office.carrier, office.shipper)
    with arrived(other, "ja") as visitor:
        assert "新しい参加者の鍵を作る" in visitor.get("/unlock")
        assert "手順 1／3" in visitor.get("/new")
        assert "書き留めてください" in visitor.post("/new", **KEYS)
        assert "組織の名称" in visitor.post("/new/newcomer", passphrase=SECRET)
        shown = visitor.post("/new/newcomer/register", **PROFILE)
        assert "次のアカウントがそれぞれ署名" in shown
        assert "申請の状況" in visitor.post("/new/newcomer/send", summary=summary_of(shown))


def test_the_start_link_of_a_desk_without_keys_leads_to_making_them(empty: Visitor) -> None:
    assert start_link(empty.desk, empty.origin, "en").startswith(empty.origin)
    assert 'href="/new"' in empty.get("/")
