"""The registrar's and the auditor's pages, and what a party sees of what is done to it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.desk.conftest import PASSPHRASE, Office, Visitor, browsing, summary_of

from portledger.cli import operator
from portledger.cli.desk import registrar
from portledger.desk.powers import Powers
from portledger.formats import dcsa
from portledger.formats.strict_json import read_json
from portledger.gateway.settings import Settings
from portledger.gateway.system import free_port, running
from portledger.sdk.client import Client
from portledger.sdk.party import PartySession
from portledger.sdk.registration import Profile, register
from portledger.sdk.wallet import Wallet
from portledger.vault import keys as key_files

from .conftest import SAMPLE


@dataclass
class Port(Office):
    """A system whose registrar decides. data: its folder; node: its node's address."""

    data: Path = Path()
    node: str = ""

    def ask(self, file: str, name: str, role: str, accounts: int = 1) -> str:
        """A key file and a request for it, not answered; the request's id."""
        keys = key_files.generate(accounts, reference=role == "carrier")
        path = self.keys / f"{file}.json"
        key_files.save(path, keys, PASSPHRASE, key_files.FAST)
        with Client(self.url) as client:
            asked = register(client, keys, Profile(name, "JP", (role,), lei="529900T8BM49AURSDO54"))
        path.with_suffix(".request").write_text(f'{{"requestId": "{asked.request_id}", "gateway": "{self.url}"}}')
        return asked.request_id

    def join(self, file: str, name: str, role: str) -> Wallet:
        party = operator.admit(self.data, self.ask(file, name, role)).party
        path = self.keys / f"{file}.json"
        keys = key_files.load(path, PASSPHRASE).with_party(party)
        key_files.save(path, keys, PASSPHRASE, key_files.FAST)
        path.with_suffix(".request").unlink()
        return Wallet(keys, path)

    @contextmanager
    def visit(self, powers: Powers | None = None, language: str = "en") -> Iterator[Visitor]:
        with (
            self.desk(language) as (desk, origin, link),
            browsing(origin) as http,
        ):
            desk.powers, desk.node = powers, self.node
            http.get(link)
            yield Visitor(http, origin, desk)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    folder = tmp_path_factory.mktemp("powers")
    keys = folder / "keys"
    keys.mkdir()
    node_port = free_port("127.0.0.1")
    settings = Settings(
        data=folder / "port", port=0, node_port=node_port, block_seconds=0.05, log_level="warning",
        admit_automatically=False,
    )  # fmt: skip
    with running(settings) as system, Client(system.url) as client:
        made = Port(system.url, keys, None, 0, data=folder / "port", node=f"http://127.0.0.1:{node_port}")  # type: ignore[arg-type]
        carrier = made.join("carrier", "Example Line", "carrier")
        shipper = made.join("shipper", "株式会社髙﨑", "shipperOrConsignee")
        made.join("auditor", "Example Audit", "auditor")
        session = PartySession(client, carrier)
        session.sign_in()
        yield replace(made, carrier=session, shipper=shipper.party)


@pytest.fixture
def powers(port: Port) -> Powers:
    return registrar(port.data)


@pytest.fixture(autouse=True)
def _cheap_key_files(monkeypatch: pytest.MonkeyPatch) -> None:
    save = key_files.save
    monkeypatch.setattr(
        key_files, "save", lambda path, keys, secret, cost=key_files.FAST: save(path, keys, secret, cost)
    )


def bill(port: Port, number: str) -> str:
    value = read_json(SAMPLE.read_bytes()) | {"transportDocumentReference": number}
    return port.carrier.new_document(dcsa.document(value), counterparty=port.shipper, endorsee=port.shipper).document


# --- the registrar ---------------------------------------------------------------------------------------------------


def test_the_registrar_sees_a_request_checks_it_and_admits(port: Port, powers: Powers) -> None:
    request = port.ask("newcomer", 'New <b>Trading "Ltd"', "forwarder")
    with port.visit(powers) as visitor:
        assert "has not answered yet" in visitor.get("/new/newcomer/status")
        visitor.post("/unlock", 409, key="newcomer", passphrase=PASSPHRASE)
        assert "New &lt;b&gt;Trading" in visitor.get("/consortium")
        page = visitor.get(f"/consortium/requests/{request}")
        assert "CHECK DIGITS DO NOT FIT" in page
        assert "Have three" in page
        done = visitor.post(f"/consortium/requests/{request}/admit")
        assert "New &lt;b&gt;Trading" in done
        assert "You are admitted" in visitor.get("/new/newcomer/status")
        assert "Inbox" in visitor.post("/unlock", key="newcomer", passphrase=PASSPHRASE)
        assert visitor.http.get(f"/consortium/requests/{request}").status_code == 404


def test_a_refusal_needs_a_reason_and_the_newcomer_reads_it(port: Port, powers: Powers) -> None:
    request = port.ask("unwanted", "Unwanted Ltd", "forwarder")
    with port.visit(powers) as visitor:
        assert "This is needed." in visitor.post(f"/consortium/requests/{request}/refuse", 422, reason="")
        visitor.post(f"/consortium/requests/{request}/refuse", reason="no <i>register</i> entry")
        page = visitor.get("/new/unwanted/status")
        assert "no &lt;i&gt;register&lt;/i&gt; entry" in page
        assert "Ask again" in page


def test_a_proposal_shows_its_delay_and_the_party_says_no_in_two_clicks(port: Port, powers: Powers) -> None:
    with port.visit(powers) as visitor:
        order = visitor.post(f"/consortium/parties/{port.shipper}/roles", **{"role.bank": "1"})
        assert "It waits for 7 days" in order
        assert "The business roles become: Bank" in order
        done = visitor.post(f"/consortium/parties/{port.shipper}/do", summary=summary_of(order))
        assert "It is on the ledger." in done
        assert "the registrar" in done
        document = bill(port, "POWER2600001")
        inbox = visitor.unlock("shipper")
        for page in (inbox, visitor.get(f"/as/shipper/documents/{document}"), visitor.get("/as/shipper/parties")):
            assert "Your party is about to be changed" in page
        (link,) = re.findall(r'href="(/as/shipper/changes/[0-9a-f]{64})"', inbox)
        page = visitor.get(link)  # the first click
        assert "The business roles become: Bank" in page
        (veto,) = re.findall(r'action="(/as/shipper/changes/[0-9a-f]{64}/veto)"', page)
        visitor.post(veto)  # the second
        assert "Your party is about to be changed" not in visitor.get("/as/shipper/")
        assert "the registrar" not in visitor.get(f"/consortium/parties/{port.shipper}")
        assert visitor.http.get(link).status_code == 404


def test_another_party_can_neither_look_at_a_change_nor_veto_it(port: Port, powers: Powers) -> None:
    powers.propose(port.shipper, 3, (1).to_bytes(32, "big"))
    with port.visit() as visitor:
        visitor.unlock("shipper")
        visitor.unlock("carrier")
        (change,) = re.findall(r'href="/as/shipper/changes/([0-9a-f]{64})"', visitor.get("/as/shipper/"))
        assert "about to be changed" not in visitor.get("/as/carrier/")
        assert visitor.http.get(f"/as/carrier/changes/{change}").status_code == 404
        visitor.post(f"/as/carrier/changes/{change}/veto", 404)
        visitor.post(f"/as/shipper/changes/{change}/veto", 403, token="made up")
        assert "by the registrar" not in visitor.get(f"/as/carrier/parties/{port.carrier.party}")
        visitor.post(f"/as/shipper/changes/{change}/enact", 409)  # its delay has not passed
        visitor.post(f"/as/shipper/changes/{change}/veto")


def test_a_suspension_is_shown_before_it_is_carried_and_ends_with_reinstating(port: Port, powers: Powers) -> None:
    party = port.join("sleeper", "Sleepy Ltd", "forwarder").party
    path = f"/consortium/parties/{party}"
    with port.visit(powers) as visitor:
        assert "1 to 30" in visitor.post(f"{path}/suspend", 422, days="31")
        order = visitor.post(f"{path}/suspend", days="10")
        assert "can neither act nor be named" in order
        assert "suspended until" not in visitor.get(path)
        assert "suspended until" in visitor.post(f"{path}/do", summary=summary_of(order))
        order = visitor.post(f"{path}/reinstate")
        assert "suspended until" not in visitor.post(f"{path}/do", summary=summary_of(order))


def test_an_order_is_carried_once_and_for_the_party_that_was_shown(port: Port, powers: Powers) -> None:
    with port.visit(powers) as visitor:
        shown = summary_of(visitor.post(f"/consortium/parties/{port.shipper}/suspend", days="1"))
        visitor.post(f"/consortium/parties/{port.carrier.party}/do", 409, summary=shown)
        visitor.post(f"/consortium/parties/{port.shipper}/do", 409, summary="made up")
        visitor.post(f"/consortium/parties/{port.shipper}/do", 403, summary=shown, token="made up")
    assert operator.members(port.data)[port.shipper - 1][0].suspended_until == 0


@pytest.mark.parametrize("call", ["register", "order", "freeze"])
def test_there_is_no_other_order(port: Port, powers: Powers, call: str) -> None:
    with port.visit(powers) as visitor:
        visitor.post(f"/consortium/parties/{port.shipper}/{call}", 404)


def test_a_desk_without_the_powers_has_none_of_the_registrar_s_pages(port: Port) -> None:
    with port.visit() as visitor:
        visitor.unlock("carrier")
        for path in ("/consortium", f"/consortium/parties/{port.shipper}", "/consortium/requests/x"):
            assert visitor.http.get(path).status_code == 404
        for path in (f"parties/{port.shipper}/suspend", f"parties/{port.shipper}/do", "requests/x/admit"):
            visitor.post(f"/consortium/{path}", 404, days="1")


def test_a_locked_desk_has_no_powers_until_it_is_started_again(port: Port, powers: Powers) -> None:
    with port.visit(powers) as visitor:
        shown = summary_of(visitor.post(f"/consortium/parties/{port.shipper}/suspend", days="1"))
        visitor.post("/lock")
        assert "Start the desk again" in visitor.http.get("/consortium").text
        visitor.post(f"/consortium/parties/{port.shipper}/do", 403, summary=shown)
        page = visitor.post("/consortium/requests/any/refuse", 403, reason="no <i>register</i> entry")
        assert "What you had typed:" in page
        assert "no &lt;i&gt;register&lt;/i&gt; entry" in page


# --- who others are --------------------------------------------------------------------------------------------------


def test_the_address_book_names_parties_and_one_s_page_has_its_words_and_check_digits(port: Port) -> None:
    with port.visit() as visitor:
        visitor.unlock("carrier")
        assert "株式会社髙﨑" in visitor.get("/as/carrier/parties")
        page = visitor.get(f"/as/carrier/parties/{port.shipper}")
        assert "CHECK DIGITS DO NOT FIT" in page
        (words,) = re.findall(r'class="words">([^<]+)<', page)
        assert len(words.split()) == 8
        visitor.unlock("shipper")
        assert words in visitor.get(f"/as/shipper/parties/{port.shipper}")
        assert visitor.http.get("/as/carrier/parties/999").status_code == 409


# --- the auditor -----------------------------------------------------------------------------------------------------


def audited(visitor: Visitor) -> str:
    page = visitor.post("/as/auditor/audit")
    for _ in range(200):
        if "Under way" not in page:
            return page
        time.sleep(0.05)
        page = visitor.get("/as/auditor/audit")
    raise AssertionError("an audit of a small ledger that does not end")


def test_an_auditor_replays_the_ledger_and_sees_powers_and_holdings(port: Port) -> None:
    document = bill(port, "POWER2600002")
    with port.visit() as visitor:
        visitor.unlock("auditor")
        assert 'href="/as/auditor/audit"' in visitor.get("/as/auditor/")
        page = audited(visitor)
        assert "Everything holds" in page
        assert "registrar" in page
        held = visitor.post("/as/auditor/audit/holdings", day="2099-01-01", party=str(port.carrier.party))
        assert document[:12] in held
        assert document[:12] not in visitor.post("/as/auditor/audit/holdings", day="2099-01-01", party="999")
        history = visitor.get(f"/as/auditor/documents/{document}")
        assert "Example Line" in history
        assert "POWER2600002" not in history


@pytest.mark.parametrize("fields", [{"day": "yesterday"}, {"day": ""}, {"day": "2026-11-26", "party": "x"}], ids=str)
def test_a_wrong_day_or_party_is_told_beside_its_field(port: Port, fields: dict[str, str]) -> None:
    with port.visit() as visitor:
        visitor.unlock("auditor")
        assert 'aria-invalid="true"' in visitor.post("/as/auditor/audit/holdings", 422, **fields)


def test_only_an_auditor_has_the_auditor_s_pages(port: Port) -> None:
    with port.visit() as visitor:
        inbox = visitor.unlock("carrier")
        assert "/audit" not in inbox
        assert visitor.http.get("/as/carrier/audit").status_code == 404
        visitor.post("/as/carrier/audit", 404)
        visitor.post("/as/carrier/audit/holdings", 404, day="2099-01-01")


def test_without_a_node_the_auditor_is_told_how_to_name_one(port: Port) -> None:
    with port.visit() as visitor:
        visitor.desk.node = None
        visitor.unlock("auditor")
        assert "portledger config set node" in visitor.get("/as/auditor/audit")
        visitor.post("/as/auditor/audit", 409)


def test_a_node_that_does_not_answer_is_no_audit_that_holds(port: Port) -> None:
    with port.visit() as visitor:
        visitor.unlock("auditor")
        visitor.desk.node = "http://127.0.0.1:9"
        page = audited(visitor)
        assert "Everything holds" not in page
        assert "That did not work" in page


def test_the_pages_speak_japanese(port: Port, powers: Powers) -> None:
    request = port.ask("later", "後日商事", "forwarder")
    with port.visit(powers, "ja") as visitor:
        assert "参加の申請" in visitor.get("/consortium")
        assert "参加を認める" in visitor.get(f"/consortium/requests/{request}")
        path = f"/consortium/parties/{port.shipper}"
        assert "停止日数" in visitor.get(path)
        assert "行為も指名もできません" in visitor.post(f"{path}/suspend", days="1")
        visitor.unlock("auditor")
        assert "監査を始める" in visitor.get("/as/auditor/audit")
        assert "参加者一覧" in visitor.get("/as/auditor/parties")
        assert "参加者の照合語" in visitor.get(f"/as/auditor/parties/{port.shipper}")
        visitor.post(f"/consortium/requests/{request}/refuse", reason="試験")


def test_a_frozen_document_says_by_when_it_is_free_again(port: Port) -> None:
    document = bill(port, "POWER2600003")
    until = int(time.time()) + 86_400
    operator.carry(port.data, "guardian", "freeze", (bytes.fromhex(document), until, b"\1" * 32), None)
    with port.visit() as visitor:
        for _ in range(100):
            inbox = visitor.unlock("shipper")
            if "frozen until" in inbox:
                break
            time.sleep(0.05)
        row = inbox.split(f"/documents/{document}")[1].split("</tr>")[0]
        assert re.search(r"frozen until \d{4}-\d\d-\d\d \d\d:\d\d UTC", row)
