"""k of n at the desk, over HTTP: two officers of one party, each with a desk and a key file of his own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.desk.conftest import PASSPHRASE, SAMPLE, Office, Visitor, desk_at, joined, summary_of
from tests.desk.test_signing import asked_of, signed_by

from portledger.domain.codes import FULL_SCOPE, Scope
from portledger.domain.signatures import address_of
from portledger.formats import api_json as wire
from portledger.formats import dcsa
from portledger.formats.strict_json import read_json
from portledger.gateway.settings import Settings
from portledger.gateway.system import free_port, running
from portledger.sdk import attaching
from portledger.sdk.client import Client
from portledger.sdk.party import PartySession
from portledger.sdk.registration import Profile, register, wait_registered
from portledger.sdk.wallet import Wallet
from portledger.vault import keys as key_files
from portledger.vault.keys import Keys


@dataclass
class Two:
    """A party whose critical acts need two of its three full accounts; the fourth signs filings only. whole: a session
    with all of them; folder: of its officers' desks."""

    url: str
    whole: PartySession
    keys: Keys
    folder: Path

    @property
    def party(self) -> int:
        return self.whole.party

    def account(self, at: int) -> str:
        return wire.address_text(address_of(self.keys.accounts[at]))

    def key_file(self, folder: Path, name: str, *accounts: int) -> None:
        """An officer's key file with these accounts, unless it is there."""
        folder.mkdir(parents=True, exist_ok=True)
        own = replace(self.keys, accounts=tuple(self.keys.accounts[at] for at in accounts))
        if not (folder / f"{name}.json").exists():
            key_files.save(folder / f"{name}.json", own, PASSPHRASE, key_files.FAST)

    @contextmanager
    def desk(self, name: str, *accounts: int, language: str = "en") -> Iterator[Visitor]:
        """An officer's desk, his key file with these accounts open."""
        folder = self.folder / name / "keys"
        self.key_file(folder, name, *accounts)
        with (
            desk_at(folder, self.url, language) as (desk, origin, link),
            httpx.Client(base_url=origin, follow_redirects=True, timeout=30) as http,
        ):
            http.get(link)
            visitor = Visitor(http, origin, desk)
            visitor.unlock(name)
            yield visitor


def two(url: str, folder: Path, name: str = "Bank of Two", role: str = "bank", threshold: int = 2) -> Two:
    """threshold: how many accounts must sign what is critical."""
    keys = key_files.generate(4, reference=role == "carrier")
    client = Client(url)
    scopes = [FULL_SCOPE] * 3 + [Scope.FILING]
    asked = register(client, keys, Profile(name, "JP", (role,)), threshold=threshold, scopes=scopes)
    keys = keys.with_party(wait_registered(client, asked.request_id))
    session = PartySession(client, Wallet(keys))
    session.sign_in()
    return Two(url, session, keys, folder)


@pytest.fixture(scope="module")
def bank(office: Office, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    made = two(office.url, tmp_path_factory.mktemp("officers"))
    yield made
    made.whole.client.close()


def held(office: Office, bank: Two) -> str:
    """A bill that the party possesses."""
    document = office.bill(to=bank.party)
    bank.whole.sign_in()
    bank.whole.accept(bank.whole.inspect(document))
    return document


@pytest.fixture
def bill(office: Office, bank: Two) -> str:
    return held(office, bank)


@pytest.fixture
def desks(bank: Two) -> Iterator[tuple[Visitor, Visitor]]:
    """Two officers' desks; nothing waits any longer after a test."""
    with bank.desk("first", 0) as first, bank.desk("second", 1) as second:
        yield first, second
    for one in bank.whole.client.waiting():
        bank.whole.client.delete_waiting(one.digest, submitted=True)


def summarised(visitor: Visitor, name: str, bill: str, to: int) -> str:
    return visitor.post(f"/as/{name}/documents/{bill}/OFFER", counterparty=str(to), endorsee="")


def proposed(visitor: Visitor, name: str, bill: str, to: int) -> tuple[str, str]:
    """(address of the waiting act, its page to the first officer)."""
    shown = summarised(visitor, name, bill, to)
    page = visitor.post(f"/as/{name}/documents/{bill}/sign", summary=summary_of(shown))
    (digest,) = set(re.findall(rf"/as/{name}/waiting/([0-9a-f]{{64}})/withdraw", page))
    return f"waiting/{digest}", page


def section(inbox: str) -> str:
    """What the inbox says of acts that wait."""
    return inbox.split('aria-labelledby="collecting"')[1].split("</section>")[0] if "collecting" in inbox else ""


def count_of(inbox: str, turn: str) -> int:
    (count,) = re.findall(rf'<h2 id="{turn}">[^<]*<span class="count">(\d+)<', inbox)
    return int(count)


def test_the_summary_says_that_the_act_will_wait_and_signing_it_proposes(
    office: Office, bank: Two, bill: str, desks: tuple[Visitor, Visitor]
) -> None:
    first, _ = desks
    shown = summarised(first, "first", bill, office.shipper)
    assert "needs signatures of 2 different accounts of your party; 1 will still be missing" in shown
    assert ">Sign; it waits for another officer</button>" in shown
    assert ">Sign</button>" not in shown
    place, page = proposed(first, "first", bill, office.shipper)
    assert bank.whole.record(bill).offeree == 0, "nothing has happened yet"
    assert f"<code>{bank.account(0)}</code> · signed by you" in page
    assert "You have signed this. Missing signatures of other officers: 1." in page
    assert 'id="sign"' not in page
    assert 'id="wallet"' not in page
    line = section(first.get("/as/first/"))
    assert place in line
    assert "signed by you" in line
    assert "your signature" not in line


def test_the_second_officer_finds_it_in_the_inbox_reads_it_signs_it_and_it_is_sent(
    office: Office, bank: Two, bill: str, desks: tuple[Visitor, Visitor]
) -> None:
    first, second = desks
    before = count_of(second.get("/as/second/"), "todo")
    place, _ = proposed(first, "first", bill, office.shipper)
    inbox = second.get("/as/second/")
    line = section(inbox)
    assert count_of(inbox, "todo") == before + 1
    assert "Acts that wait for your signature: 1" in inbox
    for said in (
        bill[:12],
        bank.account(0)[:10],
        "your signature",
        bank.whole.kind("ebl-negotiable").verb("OFFER").title["en"],
    ):
        assert said in line
    assert re.search(r"<time>\d{4}-\d\d-\d\d \d\d:\d\d</time>", line)
    page = second.get(f"/as/second/{place}")
    for said in (
        "Bill of lading: OFFER", f"Possession leaves you when {office.name_of('shipper').split(' <')[0]}",
        "Nothing happened since", "computed anew", bill, f"<code>{bank.account(0)}</code></li>",
        f"The key file signs, with</p><ul><li><code>{bank.account(1)}</code>",
    ):  # fmt: skip
        assert said in page
    done = second.post(f"/as/second/{place}/sign", summary=summary_of(page))
    assert "Signed, and on the ledger." in done
    assert bank.whole.record(bill).offeree == office.shipper
    assert len(bank.whole.history(bill)[-1].signers) == 2
    assert section(second.get("/as/second/")) == section(first.get("/as/first/")) == ""
    assert bill in first.get(f"/as/first/{place}"), "who opens it now is led to the document"


def test_nothing_is_signed_without_the_page_that_shows_it_and_once(
    office: Office, bank: Two, bill: str, desks: tuple[Visitor, Visitor]
) -> None:
    first, second = desks
    place, _ = proposed(first, "first", bill, office.shipper)
    other, _ = proposed(first, "first", bill, int(re.findall(r"\d+", office.name_of("bank"))[0]))
    second.post(f"/as/second/{place}/sign", 409)
    second.post(f"/as/second/{place}/sign", 409, summary="made up")
    second.post(f"/as/second/{place}/sign", 403, summary="made up", token="made up")
    shown = summary_of(second.get(f"/as/second/{place}"))
    assert "Nothing was signed" in second.post(f"/as/second/{other}/sign", 409, summary=shown)
    assert "Nothing was signed" in second.post(f"/as/second/documents/{bill}/sign", 409, summary=shown)
    digest = place.removeprefix("waiting/")
    assert "Nothing was signed" in second.post(f"/as/second/documents/{digest}/sign", 409, summary=shown)
    assert bank.whole.record(bill).offeree == 0
    second.post(f"/as/second/{place}/sign", summary=shown)
    assert "Nothing was signed" in second.post(f"/as/second/{place}/sign", 409, summary=shown)
    assert bank.whole.record(bill).offeree == office.shipper


def test_an_account_never_counts_twice_at_whichever_desk(
    office: Office, bank: Two, bill: str, desks: tuple[Visitor, Visitor]
) -> None:
    first, _ = desks
    place, _ = proposed(first, "first", bill, office.shipper)
    _, page = proposed(first, "first", bill, office.shipper)
    assert "Missing signatures of other officers: 1." in page
    with bank.desk("copy", 0) as copy:
        page = copy.get(f"/as/copy/{place}")
        assert "signed by you" in page
        assert 'name="summary"' not in page
    assert bank.whole.collected(place.removeprefix("waiting/")).missing == 1


def test_any_officer_withdraws_it(office: Office, bank: Two, bill: str, desks: tuple[Visitor, Visitor]) -> None:
    first, second = desks
    place, _ = proposed(first, "first", bill, office.shipper)
    shown = summary_of(second.get(f"/as/second/{place}"))
    assert "Inbox" in second.post(f"/as/second/{place}/withdraw")
    assert place not in first.get("/as/first/")
    answer = first.http.get(f"/as/first/{place}")
    assert (answer.status_code, "waits any longer" in answer.text) == (410, True)
    second.post(f"/as/second/{place}/sign", 410, summary=shown)
    assert bank.whole.record(bill).offeree == 0


@pytest.mark.parametrize("opened_again", [False, True], ids=["locked", "opened_again"])
def test_a_desk_that_is_locked_while_files_are_checked_signs_nothing_and_says_so(
    office: Office, bank: Two, bill: str, desks: tuple[Visitor, Visitor], monkeypatch: pytest.MonkeyPatch,
    opened_again: bool,
) -> None:  # fmt: skip
    first, second = desks
    place, _ = proposed(first, "first", bill, office.shipper)
    summary = summary_of(second.get(f"/as/second/{place}"))

    def check(session: PartySession, one: object) -> None:
        second.desk.lock_up()
        if opened_again:
            second.desk.unlock("second", PASSPHRASE)
        session.client.ledger()

    with monkeypatch.context() as checked:
        checked.setattr(attaching, "of_act", lambda _: [object()])
        checked.setattr(attaching, "check_file", check)
        answer = second.http.post(
            f"/as/second/{place}/sign",
            data={"token": second.desk.form_token, "summary": summary},
            headers={"Origin": second.origin},
        )
    if opened_again:
        assert (answer.status_code, "Nothing was signed" in answer.text) == (409, True)
    else:
        assert (answer.status_code, answer.url.path) == (200, "/unlock")
    assert bank.whole.record(bill).offeree == 0


def moved(bank: Two, place: str, bill: str) -> None:
    bank.whole.blank_endorse(bill)


def altered(bank: Two, place: str, bill: str) -> None:
    digest = place.removeprefix("waiting/")
    kept = bank.whole.client.waiting_act(digest)
    raw = bytearray(wire.base64_bytes(kept.sealed, "sealed"))
    raw[-20] ^= 1
    bank.whole.client.put_waiting(digest, bytes(raw), bank.whole.now() + 3600, tag=kept.tag)


@pytest.mark.parametrize(
    ("happens", "words"),
    [
        (moved, ("Something happened to the document", "文書に変更がありました")),
        (altered, ("What came is not what an officer of your party signed", "担当者が署名・封緘したものと一致しない")),
    ],
)
def test_what_can_not_be_signed_any_more_is_told_in_words_and_can_only_be_withdrawn(
    office: Office, bank: Two, bill: str, desks: tuple[Visitor, Visitor], happens: Any, words: tuple[str, str]
) -> None:
    first, second = desks
    place, _ = proposed(first, "first", bill, office.shipper)
    shown = summary_of(second.get(f"/as/second/{place}"))
    happens(bank, place, bill)
    assert words[0] in second.post(f"/as/second/{place}/sign", 409, summary=shown)
    for language, said in zip(("en", "ja"), words, strict=True):
        second.desk.language = language
        page = second.http.get(f"/as/second/{place}").text
        assert said in page
        assert 'name="summary"' not in page
        assert said in section(second.get("/as/second/"))
    assert len(bank.whole.history(bill)[-1].signers) == (2 if happens is moved else 1)
    second.post(f"/as/second/{place}/withdraw")
    assert place not in second.get("/as/second/")


def test_after_the_deadline_nothing_is_signed(
    office: Office, bank: Two, bill: str, desks: tuple[Visitor, Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = desks
    place, _ = proposed(first, "first", bill, office.shipper)
    shown = summary_of(second.get(f"/as/second/{place}"))
    session = second.desk.session("second")
    assert session is not None
    late = session.now() + 90_000
    monkeypatch.setattr(session, "_clock", lambda: late)
    assert "Its deadline has passed" in second.post(f"/as/second/{place}/sign", 409, summary=shown)
    assert bank.whole.record(bill).offeree == 0


def test_a_wallet_adds_a_signature_where_the_key_file_lacks_one(
    office: Office, bank: Two, bill: str, desks: tuple[Visitor, Visitor]
) -> None:
    """It completes what waits; of accounts that have signed it is not asked."""
    first, _ = desks
    place, _ = proposed(first, "first", bill, office.shipper)
    with bank.desk("reader", 3) as reader:
        page = reader.get(f"/as/reader/{place}")
        assert "The key file cannot sign this act alone." in page
        assert asked_of(page)["accounts"].count("0x") == 2
        assert bank.account(0) not in asked_of(page)["accounts"], "it has signed"
        mine = signed_by(bank.keys.accounts[0], page)
        wrong = reader.post(f"/as/reader/{place}/sign", 409, summary=summary_of(page), signature="0x" + "00" * 65)
        assert "What came from the wallet is no signature" in wrong
        same = reader.post(f"/as/reader/{place}/sign", 409, summary=summary_of(wrong), signature=mine)
        assert bank.whole.record(bill).offeree == 0
        done = reader.post(
            f"/as/reader/{place}/sign", summary=summary_of(same), signature=signed_by(bank.keys.accounts[2], same)
        )
        assert "Signed, and on the ledger." in done
    assert bank.whole.record(bill).offeree == office.shipper


@pytest.mark.parametrize(
    ("file", "by"), [((0,), 1), ((0,), 0), ((0, 1), 2), ((3,), 2)],
    ids=["another account", "the key file's own account", "a file that could sign alone", "a file that may not sign"],
)  # fmt: skip
def test_a_wallet_s_signature_waits_as_its_page_says_and_the_key_file_adds_nothing(
    office: Office, bank: Two, bill: str, tmp_path: Path, file: tuple[int, ...], by: int
) -> None:
    with replace(bank, folder=tmp_path).desk("mixed", *file) as mixed:
        shown = summarised(mixed, "mixed", bill, office.shipper)
        assert "the key file adds nothing to that. This act needs 2 signatures; 1 will still be missing." in shown
        given = signed_by(bank.keys.accounts[by], shown)
        page = mixed.post(f"/as/mixed/documents/{bill}/sign", summary=summary_of(shown), signature=given)
        (line,) = [one for one in bank.whole.waiting() if one.found and one.found.act.action.document.hex() == bill]
        assert line.found is not None
        assert [wire.address_text(one) for one in line.found.signatures] == [bank.account(by)]
        assert bank.whole.record(bill).offeree == 0, "nothing is sent"
        assert f"/as/mixed/waiting/{line.digest}/withdraw" in page
    with replace(bank, folder=tmp_path).desk("other", 1 if by != 1 else 2) as other:
        shown = other.get(f"/as/other/waiting/{line.digest}")
        other.post(f"/as/other/waiting/{line.digest}/sign", summary=summary_of(shown))
    assert bank.whole.record(bill).offeree == office.shipper


def test_the_key_file_s_button_signs_with_the_accounts_that_its_page_names(
    office: Office, bank: Two, bill: str, tmp_path: Path
) -> None:
    with replace(bank, folder=tmp_path).desk("both", 0, 1, 2) as both:
        shown = summarised(both, "both", bill, office.shipper)
        named = shown.split("The key file signs, with")[1].split("</ul>")[0]
        assert [at for at in range(3) if bank.account(at) in named] == [0, 1]
        done = both.post(f"/as/both/documents/{bill}/sign", summary=summary_of(shown))
    assert "Signed, and on the ledger." in done
    assert sorted(bank.whole.history(bill)[-1].signers) == sorted(bank.account(at) for at in (0, 1))


def test_a_file_signs_no_more_than_was_shown_where_the_gateway_puts_older_signatures_back(
    office: Office, bank: Two, bill: str, tmp_path: Path
) -> None:
    """The page named nobody of the key file, since all had signed: what comes meanwhile changes nothing of that."""
    with replace(bank, folder=tmp_path).desk("pair", 0, 1) as pair:
        act = bank.whole.unsigned(bill, "OFFER", counterparty=office.shipper)
        digest = bank.whole.propose(act, own=[address_of(bank.keys.accounts[2])]).digest
        older = bank.whole.client.waiting_act(digest)
        bank.whole.cosign(digest, sends=False, own=[address_of(bank.keys.accounts[0])])
        shown = pair.get(f"/as/pair/waiting/{digest}")
        assert ">Send it</button>" in shown
        newer = bank.whole.client.waiting_act(digest)
        sealed = wire.base64_bytes(older.sealed, "$")
        bank.whole.client.put_waiting(digest, sealed, act.action.deadline, tag=newer.tag)
        pair.post(f"/as/pair/waiting/{digest}/sign", 409, summary=summary_of(shown))
    assert bank.whole.record(bill).offeree == 0
    bank.whole.stop_waiting(digest)


def test_another_party_s_desk_neither_sees_nor_signs_nor_withdraws_it(
    office: Office, bank: Two, bill: str, desks: tuple[Visitor, Visitor], visitor: Visitor
) -> None:
    place, _ = proposed(desks[0], "first", bill, office.shipper)
    visitor.unlock("shipper")
    assert section(visitor.get("/as/shipper/")) == ""
    assert visitor.http.get(f"/as/shipper/{place}").status_code == 410
    visitor.post(f"/as/shipper/{place}/withdraw")
    assert place in desks[1].get("/as/second/")
    assert visitor.http.get("/as/shipper/waiting/nonsense").status_code == 404


def test_the_pages_speak_japanese(office: Office, bank: Two, bill: str, desks: tuple[Visitor, Visitor]) -> None:
    first, second = desks
    first.desk.language = second.desk.language = "ja"
    assert "ほかの担当者の署名を待つ" in summarised(first, "first", bill, office.shipper)
    place, page = proposed(first, "first", bill, office.shipper)
    assert "あなたは署名済みです" in page
    assert "署名待ち" in second.get("/as/second/")
    assert "不足している署名" in second.get(f"/as/second/{place}")


def test_an_act_outlives_the_gateway_s_restart_between_the_two_signatures(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "port", port=free_port("127.0.0.1"), block_seconds=0.05, log_level="warning")
    with ExitStack() as stack:
        with running(settings) as system:
            line = two(system.url, tmp_path, "Line of Two", "carrier")
            stack.callback(line.whole.client.close)
            shipper = joined(system.url, tmp_path, "shipper", "Shipper", "shipperOrConsignee")
            value = read_json(SAMPLE.read_bytes()) | {"transportDocumentReference": "DESKTWO2600001"}
            first, second = (stack.enter_context(line.desk(name, at)) for at, name in enumerate(("first", "second")))
            session = first.desk.session("first")
            assert session is not None
            unsigned = session.unsigned_new(dcsa.document(value), counterparty=shipper.party, endorsee=shipper.party)
            digest = session.propose(unsigned).digest
        with running(settings) as system:
            page = second.get(f"/as/second/waiting/{digest}")
            assert "DESKTWO2600001" in page, "new contents are read before they are signed"
            assert "The ledger has no document of this number yet" in page
            assert "Possession" in page or "to the order" in page
            done = second.post(f"/as/second/waiting/{digest}/sign", summary=summary_of(page))
            assert "Signed, and on the ledger." in done
            assert "DESKTWO2600001" in done
