"""A wallet in the browser signs: one of the tests' own, as EIP-1193 and EIP-6963 say, behind a key in Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import encode_defunct
from tests.desk.browser.conftest import Visit
from tests.desk.conftest import PASSPHRASE, Office
from tests.support.browsers import Window

from portledger.domain.signatures import address_of
from portledger.formats.api_json import address_text
from portledger.vault import keys as key_files
from portledger.vault.keys import new_account

PROVIDER = """(announced) => {
    const provider = { request: async ({ method, params }) => {
        const { answer, code } = JSON.parse(await askWallet(method, JSON.stringify(params ?? [])));
        if (code) throw Object.assign(new Error('wallet'), { code });
        return answer;
    } };
    if (!announced) { window.ethereum = provider; return; }
    const detail = Object.freeze({ info: { uuid: 'a-b', name: 'Wallet <b>of</b> tests' }, provider });
    const announce = () => window.dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail }));
    window.addEventListener('eip6963:requestProvider', announce);
    announce();
}"""
REJECTED, UNKNOWN_CHAIN = 4001, 4902


@dataclass
class FakeWallet:
    """What the injected provider answers. chain: that it is set to; known: chains that it can change to."""

    key: bytes
    chain: int
    known: tuple[int, ...] = ()
    refuses: str = ""
    """A method that the person rejects."""
    asked: list[tuple[str, Any]] = field(default_factory=list)

    def inject(self, window: Window, *, announced: bool = False) -> None:
        window.context.expose_function("askWallet", self.answer)
        window.context.add_init_script(f"({PROVIDER})({json.dumps(announced)})")

    def answer(self, method: str, params: str) -> str:
        told = json.loads(params)
        self.asked.append((method, told))
        if method == self.refuses:
            return json.dumps({"code": REJECTED})
        return json.dumps(self._of(method, told))

    def _of(self, method: str, told: Any) -> dict[str, Any]:
        match method:
            case "eth_requestAccounts":
                return {"answer": [EthAccount.from_key(self.key).address]}
            case "eth_chainId":
                return {"answer": hex(self.chain)}
            case "wallet_switchEthereumChain":
                wanted = int(told[0]["chainId"], 16)
                if wanted not in self.known:
                    return {"code": UNKNOWN_CHAIN}
                self.chain = wanted
                return {"answer": None}
            case "eth_signTypedData_v4":
                signed = EthAccount.sign_typed_data(self.key, full_message=json.loads(told[1]))
            case "personal_sign":
                signed = EthAccount.sign_message(encode_defunct(hexstr=told[0]), self.key)
            case _:
                raise AssertionError(method)
        return {"answer": "0x" + signed.signature.hex().removeprefix("0x")}

    def signed(self) -> list[Any]:
        return [told for method, told in self.asked if method == "eth_signTypedData_v4"]


@pytest.fixture(scope="module")
def key(office: Office) -> bytes:
    return key_files.load(office.keys / "shipper.json", PASSPHRASE).accounts[0]


@pytest.fixture(scope="module")
def chain(office: Office) -> int:
    return office.carrier.ledger.chain_id


def to_summary(window: Window, bill: str) -> None:
    window.page.goto(f"{window.origin}/as/shipper/documents/{bill}/ACCEPT")


@pytest.mark.parametrize("announced", [False, True], ids=["window.ethereum", "EIP-6963"])
def test_the_wallet_signs_what_the_page_shows_and_the_bill_is_accepted(
    office: Office, visit: Visit, key: bytes, chain: int, announced: bool
) -> None:
    bill, wallet = office.bill(), FakeWallet(key, 1, known=(chain,))
    with visit("shipper") as (window, _):
        wallet.inject(window, announced=announced)
        to_summary(window, bill)
        with window.page.expect_navigation():
            window.page.click("#wallet-do")
        assert window.page.is_visible(".success")
        assert window.troubles() == []
    ((account, told),) = wallet.signed()
    assert account == address_text(address_of(key))
    assert json.loads(told)["message"]["document"] == "0x" + bill
    assert json.loads(told)["domain"]["chainId"] == chain
    assert office.carrier.record(bill).possessor == office.shipper


SAID: dict[str, tuple[Callable[[bytes, int], FakeWallet], str, str]] = {
    "rejects the signature": (
        lambda key, chain: FakeWallet(key, chain, refuses="eth_signTypedData_v4"),
        "It was rejected in the wallet.", "ウォレットで拒否されました。",
    ),
    "rejects the connection": (
        lambda key, chain: FakeWallet(key, chain, refuses="eth_requestAccounts"),
        "It was rejected in the wallet.", "ウォレットで拒否されました。",
    ),
    "has a foreign account": (
        lambda _, chain: FakeWallet(new_account(), chain),
        "The wallet offers no account that may sign this.", "ウォレットで選ばれているアカウントでは署名できません。",
    ),
    "does not know the chain": (
        lambda key, _: FakeWallet(key, 1),
        "The wallet is set to another chain", "ウォレットが別のチェーンに設定されており",
    ),
    "stays on its chain": (
        lambda key, chain: FakeWallet(key, 1, known=(chain,), refuses="wallet_switchEthereumChain"),
        "It was rejected in the wallet.", "ウォレットで拒否されました。",
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("case", SAID)
def test_a_wallet_that_does_not_sign_is_told_in_words_and_nothing_is_lost(
    office: Office, visit: Visit, key: bytes, chain: int, case: str, language: str
) -> None:
    make, *words = SAID[case]
    bill, wallet = office.bill(), make(key, chain)
    with visit("shipper", language) as (window, _):
        wallet.inject(window)
        to_summary(window, bill)
        window.page.click("#wallet-do")
        expected = words[language == "ja"]
        window.page.wait_for_function(
            "(words) => document.getElementById('wallet-said').textContent.includes(words)", arg=expected
        )
        assert "署名は行われていません" in window.text() or "Nothing was signed" in window.text()
        assert office.carrier.record(bill).possessor == office.carrier.party
        wallet.key, wallet.chain, wallet.refuses = key, chain, ""
        with window.page.expect_navigation():
            window.page.click("#wallet-do")
        assert window.page.is_visible(".success")
        assert window.troubles() == []
    assert office.carrier.record(bill).possessor == office.shipper


def test_without_a_wallet_the_page_says_so_and_the_key_file_still_signs(office: Office, visit: Visit) -> None:
    bill = office.bill()
    with visit("shipper") as (window, _):
        to_summary(window, bill)
        window.page.click("#wallet-do")
        assert "There is no wallet in this browser." in window.page.inner_text("#wallet-said")
        with window.page.expect_navigation():
            window.page.click("#sign button")
        assert window.page.is_visible(".success")
    assert office.carrier.record(bill).possessor == office.shipper
