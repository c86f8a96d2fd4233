"""Signing with a wallet in the browser, over HTTP: what the page holds ready, and how what comes back is checked."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account as EthAccount
from tests.desk.conftest import PASSPHRASE, Office, Visitor, browsing, desk_at, summary_of
from tests.desk.test_writing import INVOICE, begun

from portledger.domain.codes import FULL_SCOPE, Scope
from portledger.domain.signatures import address_of, sign
from portledger.formats.api_json import address_text
from portledger.sdk.client import Client
from portledger.sdk.registration import Profile, register, wait_registered
from portledger.vault import keys as key_files
from portledger.vault.keys import new_account


def asked_of(page: str) -> dict[str, str]:
    """The data attributes that the wallet's script reads."""
    (tag,) = re.findall(r'<div id="wallet"[^>]*>', page)
    return {name: html.unescape(text) for name, text in re.findall(r'data-([a-z-]+)="([^"]*)"', tag)}


def signed_by(key: bytes, page: str) -> str:
    """What a wallet with this key answers to the page."""
    told = json.loads(json.loads(asked_of(page)["payloads"])[""])
    return "0x" + EthAccount.sign_typed_data(key, full_message=told).signature.hex().removeprefix("0x")


@pytest.fixture
def apart(office: Office, visitor: Visitor) -> tuple[str, bytes]:
    """(the page of a bill that the shipper may accept, the account that its key file holds as well)."""
    visitor.unlock("shipper")
    key = key_files.load(office.keys / "shipper.json", PASSPHRASE).accounts[0]
    return f"/as/shipper/documents/{office.bill()}", key


def test_a_wallets_signature_over_what_the_page_shows_is_sent(
    office: Office, visitor: Visitor, apart: tuple[str, bytes]
) -> None:
    place, key = apart
    page = visitor.get(f"{place}/ACCEPT")
    asked = asked_of(page)
    assert (asked["method"], json.loads(asked["accounts"])) == ("eth_signTypedData_v4", [address_text(address_of(key))])
    told = json.loads(json.loads(asked["payloads"])[""])
    assert asked["chain"] == str(told["domain"]["chainId"])
    for member, value in told["message"].items():
        shown = re.search(rf"<dt><code>{member}</code></dt><dd><code class=\"value\">([^<]*)</code>", page)
        assert shown is not None
        assert html.unescape(shown[1]) == str(value)
    assert "Bill of lading: ACCEPT" in page
    visitor.post(f"{place}/sign", summary=summary_of(page), signature=signed_by(key, page))
    assert office.carrier.record(place[-64:]).possessor == office.shipper


@pytest.mark.parametrize(
    "answer",
    [
        lambda _, page: signed_by(new_account(), page),
        lambda key, _: "0x" + sign(bytes(32), key).hex(),
        lambda _, __: "0x" + "00" * 65,
        lambda _, __: "nonsense <b>",
    ],
    ids=["foreign account", "another act", "zeros", "no signature"],
)
def test_what_is_no_signature_of_this_act_is_refused_in_words_and_the_act_stays(
    office: Office, visitor: Visitor, apart: tuple[str, bytes], answer: Callable[[bytes, str], str]
) -> None:
    place, key = apart
    page = visitor.get(f"{place}/ACCEPT")
    again = visitor.post(f"{place}/sign", 409, summary=summary_of(page), signature=answer(key, page))
    assert "What came from the wallet is no signature" in again
    assert "nonsense <b>" not in again
    assert office.carrier.record(place[-64:]).possessor == office.carrier.party
    assert asked_of(again) == asked_of(page)
    visitor.post(f"{place}/sign", 409, summary=summary_of(page), signature=signed_by(key, page))
    visitor.post(f"{place}/sign", summary=summary_of(again), signature=signed_by(key, again))
    assert office.carrier.record(place[-64:]).possessor == office.shipper


def test_only_pages_that_ask_a_wallet_run_a_script_and_only_our_own_file(
    visitor: Visitor, apart: tuple[str, bytes]
) -> None:
    page = visitor.http.get(f"{apart[0]}/ACCEPT")
    assert page.headers["content-security-policy"].endswith("; script-src 'self'")
    assert re.findall(r"<script[^>]*>[^<]*", page.text) == ['<script src="/static/wallet.js" defer>']
    answered = visitor.http.post(
        f"{apart[0]}/sign",
        data={"token": visitor.desk.form_token, "summary": summary_of(page.text), "signature": "0x"},
        headers={"Origin": visitor.origin},
    )
    assert answered.url.path.startswith("/shown/")
    assert answered.headers["content-security-policy"] == page.headers["content-security-policy"]
    listening = visitor.http.get(apart[0])
    assert re.findall(r"<script[^>]*>[^<]*", listening.text) == ['<script src="/static/live.js" defer>']
    assert listening.headers["content-security-policy"].endswith("; script-src 'self'; connect-src 'self'")
    for path in (f"/as/shipper/out/{apart[0][-64:]}", "/as/shipper/parties", "/as/shipper/new"):
        other = visitor.http.get(path)
        assert other.status_code == 200
        assert "<script" not in other.text
        assert "script-src" not in other.headers["content-security-policy"]
    script = visitor.http.get("/static/wallet.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert not re.search(r"fetch|XMLHttp|innerHTML|eval|Storage|https?:", script.text)


def test_an_erp_key_of_scope_filing_signs_filings_and_nothing_else_and_the_page_says_so(
    office: Office, tmp_path: Path
) -> None:
    keys = key_files.generate(2)
    with Client(office.url) as client:
        asked = register(
            client, keys, Profile("Filing Shipper", "JP", ("shipperOrConsignee",)), scopes=[FULL_SCOPE, Scope.FILING]
        )
        keys = keys.with_party(wait_registered(client, asked.request_id))
    erp = keys.accounts[1]
    key_files.save(tmp_path / "erp.json", replace(keys, accounts=(erp,)), PASSPHRASE, key_files.FAST)
    bill = office.bill(to=keys.party)
    with (
        desk_at(tmp_path, office.url) as (desk, origin, link),
        browsing(origin) as http,
    ):
        http.get(link)
        visitor = Visitor(http, origin, desk)
        visitor.unlock("erp")
        page = visitor.get(f"/as/erp/documents/{bill}/ACCEPT")
        assert "The key file cannot sign this act alone. It takes signatures of accounts that may sign titles" in page
        assert f"<code>{address_text(address_of(erp))}</code> · filings" in page
        assert f"<code>{address_text(keys.addresses()[0])}</code> · everything" in page
        assert ">Sign</button>" not in page
        visitor.post(f"/as/erp/documents/{bill}/sign", 409, summary=summary_of(page))
        page = visitor.get(f"/as/erp/documents/{bill}/ACCEPT")
        refused = visitor.post(
            f"/as/erp/documents/{bill}/sign", 409, summary=summary_of(page), signature=signed_by(erp, page)
        )
        assert "These keys may not sign acts of this kind." in refused
        assert office.carrier.record(bill).possessor == office.carrier.party
        draft = begun(visitor, "erp", "commercial-invoice")
        page = visitor.post(draft, do="check", endorsee=str(office.carrier.party), **INVOICE)
        assert f"The key file signs, with</p><ul><li><code>{address_text(address_of(erp))}</code> · filings" in page
        done = visitor.post(f"{draft}/sign", summary=summary_of(page))
        assert "Signed, and on the ledger." in done
