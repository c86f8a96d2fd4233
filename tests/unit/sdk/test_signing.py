"""An act before its signatures: what a wallet is asked to sign, and whose signatures make it whole."""

import json

import pytest
from eth_account import Account as EthAccount
from eth_account.messages import _hash_eip191_message, encode_typed_data

from portledger import resources
from portledger.domain.actions import Action, Domain
from portledger.domain.codes import FULL_SCOPE, Scope
from portledger.domain.errors import InvalidInput, ScopeMissing, SignaturesRefused
from portledger.domain.parties import Account
from portledger.domain.records import Control
from portledger.domain.signatures import address_of, recover, sign, split
from portledger.sdk.signing import Unsigned, from_wallet
from portledger.vault.keys import new_account

EBL = resources.kind("ebl-negotiable")
FULL, TITLES, FILINGS, REMOVED, STRANGER = (new_account() for _ in range(5))
ACCOUNTS = {
    address_of(FULL): Account(7, 1, 0, FULL_SCOPE),
    address_of(TITLES): Account(7, 1, 0, Scope.TITLE),
    address_of(FILINGS): Account(7, 1, 0, Scope.FILING),
    address_of(REMOVED): Account(7, 1, 5, FULL_SCOPE),
}
LARGEST = {"epoch": 2**32 - 1, "deadline": 2**40 - 1, "endorsee": 2**32 - 1, "quantity": 2**24 - 1}
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def unsigned(needed: int = 1, **terms: int) -> Unsigned:
    action = Action(
        kind=EBL.number, verb=EBL.verb("OFFER").number, document=bytes(range(32)), previous=bytes(31) + b"\x01",
        actor=7, **{"epoch": 1, "deadline": 1_800_000_000, "counterparty": 9, **terms},
    )  # fmt: skip
    domain = Domain(20260, bytes(range(20)), bytes(range(1, 33)))
    return Unsigned(action, domain, "OFFER", EBL, Control(), int(Scope.TITLE), needed, ACCOUNTS)


@pytest.mark.parametrize("terms", [{}, LARGEST], ids=["everyday", "largest"])
def test_what_a_wallet_signs_as_json_is_the_acts_digest(terms: dict[str, int]) -> None:
    act = unsigned(**terms)
    told = json.loads(json.dumps(act.typed_data))
    assert bytes(_hash_eip191_message(encode_typed_data(full_message=told))) == act.digest
    assert told["message"]["intent"] == "Bill of lading: OFFER"
    answer = EthAccount.sign_typed_data(FULL, full_message=told).signature.hex()
    assert act.signer(from_wallet("0x" + answer.removeprefix("0x"))) == address_of(FULL)


def test_every_number_in_it_is_one_that_a_browser_keeps_exactly() -> None:
    numbers = [one for one in unsigned(**LARGEST).typed_data["message"].values() if isinstance(one, int)]
    assert max(numbers) < 2**53


def test_it_names_the_active_accounts_that_have_the_scope() -> None:
    assert unsigned().able == tuple(sorted((address_of(FULL), address_of(TITLES))))


def test_signatures_in_any_order_become_one_prepared_act_ascending_by_account() -> None:
    act = unsigned(2)
    pair = [sign(act.digest, key) for key in (FULL, TITLES)]
    made = act.signed(pair)
    assert made == act.signed(reversed(pair))
    assert [recover(act.digest, one) for one in split(made.signed.signatures)] == list(act.able)
    assert (made.signed.action, made.digest, made.verb) == (act.action, act.digest, "OFFER")


def test_too_few_too_many_and_one_twice_are_refused() -> None:
    act = unsigned(2)
    first, second = (sign(act.digest, key) for key in (FULL, TITLES))
    for given in ([], [first], [first, first], [first, second, second]):
        with pytest.raises(SignaturesRefused):
            act.signed(given)
    with pytest.raises(SignaturesRefused):
        unsigned(1).signed([first, second])


@pytest.mark.parametrize(
    ("key", "error"),
    [(STRANGER, SignaturesRefused), (REMOVED, SignaturesRefused), (FILINGS, ScopeMissing)],
    ids=["a stranger", "removed", "of another scope"],  # keys are new in each of the processes that share these tests
)
def test_an_account_that_may_not_sign_is_refused(key: bytes, error: type[Exception]) -> None:
    act = unsigned()
    with pytest.raises(error):
        act.signed([sign(act.digest, key)])


def test_a_signature_of_another_act_or_with_a_high_s_is_refused() -> None:
    act = unsigned()
    good = sign(act.digest, FULL)
    high = good[:32] + (_ORDER - int.from_bytes(good[32:64], "big")).to_bytes(32, "big") + bytes([55 - good[64]])
    for wrong in (sign(unsigned(counterparty=10).digest, FULL), high, good[:64], good + b"\x00"):
        with pytest.raises(SignaturesRefused):
            act.signed([wrong])


@pytest.mark.parametrize(("v", "kept"), [(0, 27), (1, 28), (27, 27), (28, 28), (2, 2)])
def test_a_wallets_v_of_0_and_1_becomes_the_ledgers(v: int, kept: int) -> None:
    assert from_wallet("0x" + "11" * 64 + f"{v:02X}")[64] == kept


@pytest.mark.parametrize("text", ["", "0x", "11" * 65, "0x" + "11" * 64, "0x" + "zz" * 65, "0x" + "11" * 66, "ü" * 132])
def test_an_answer_that_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        from_wallet(text)
