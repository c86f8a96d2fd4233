"""A signing service is not believed: only exactly what was asked for, signed by the account asked, is taken."""

import time
from collections.abc import Iterator

import pytest
from tests.support.signing_service import CHAIN_ID, LIES, SigningService, signing_service

from portledger.chain.remote_signer import SigningService as Remote
from portledger.chain.remote_signer import check
from portledger.chain.signers import KeySigner, Ring, SignerLied, SignerRefused, SignerUnreachable, of_keys
from portledger.chain.transactions import Transaction
from portledger.domain.errors import InvalidInput
from portledger.domain.signatures import address_of
from portledger.domain.vault_errors import WrongKey

KEY, OTHER = b"\1" * 32, b"\2" * 32
CALL = Transaction(nonce=3, gas=500_000, to=b"\xaa" * 20, data=b"\x01\x02" * 300)
CREATION = Transaction(nonce=0, gas=10**7, to=b"", data=b"\x60" * 20_000)


@pytest.fixture
def service() -> Iterator[SigningService]:
    with signing_service(KEY, OTHER) as made:
        yield made


@pytest.mark.parametrize("transaction", [CALL, CREATION], ids=["call", "creation"])
def test_what_it_signs_is_what_a_key_of_ours_would_sign(service: SigningService, transaction: Transaction) -> None:
    signer = Remote(service.url).signer(address_of(KEY))
    assert signer.sign(transaction, CHAIN_ID) == KeySigner(KEY).sign(transaction, CHAIN_ID)


def test_it_says_which_accounts_it_has(service: SigningService) -> None:
    assert list(Remote(service.url).addresses()) == [address_of(KEY), address_of(OTHER)]


@pytest.mark.parametrize("lie", [*LIES, "other key", "high s", "typed", "tail", "garbage", "empty"])
def test_anything_else_than_what_it_was_asked_for_is_refused(service: SigningService, lie: str) -> None:
    service.mode = lie
    named = {"other key": "from 0x", "high s": "no chain takes", "typed": "type 02", "tail": "length"}
    words = {**named, "garbage": "length", "empty": "type none", "chainId": f"chainId {CHAIN_ID}"}
    with pytest.raises(SignerLied, match=words.get(lie, lie)):
        Remote(service.url).signer(address_of(KEY)).sign(CALL, CHAIN_ID)


def test_a_service_that_was_started_for_another_chain_is_refused() -> None:
    with signing_service(KEY, chain_id=1) as service, pytest.raises(SignerLied, match="another chain"):
        Remote(service.url).signer(address_of(KEY)).sign(CALL, CHAIN_ID)


def test_every_byte_that_is_changed_of_a_signed_transaction_is_noticed() -> None:
    raw = KeySigner(KEY).sign(CALL, CHAIN_ID)
    check(raw, CALL, CHAIN_ID, address_of(KEY))
    for at in range(len(raw)):
        for bit in (1, 0x80):
            with pytest.raises(SignerLied):
                check(raw[:at] + bytes([raw[at] ^ bit]) + raw[at + 1 :], CALL, CHAIN_ID, address_of(KEY))
    for length in range(len(raw)):
        with pytest.raises(SignerLied):
            check(raw[:length], CALL, CHAIN_ID, address_of(KEY))


@pytest.mark.parametrize(
    "nonsense",
    ["http 500", "redirects", "no json", "a list", "another id", "no hex", "a number", "huge", "silent", "drips"],
)
def test_an_answer_that_cannot_be_used_is_no_answer(service: SigningService, nonsense: str) -> None:
    service.mode = nonsense
    with pytest.raises(SignerUnreachable):
        Remote(service.url, seconds=0.3).signer(address_of(KEY)).sign(CALL, CHAIN_ID)
    assert service.asked == ["eth_signTransaction"]  # one request, and nobody was led elsewhere


def test_a_service_that_drips_bytes_is_cut_off_all_the_same(service: SigningService) -> None:
    service.mode = "drips"
    began = time.monotonic()
    with pytest.raises(SignerUnreachable):
        Remote(service.url, seconds=0.3).signer(address_of(KEY)).sign(CALL, CHAIN_ID)
    assert time.monotonic() - began < 60  # it would drip for more than an hour


def test_nobody_at_its_address_is_no_answer(service: SigningService) -> None:
    with pytest.raises(SignerUnreachable, match="an answer"):
        Remote("http://127.0.0.1:1").addresses()
    with pytest.raises(SignerUnreachable, match="such as"):
        Remote("ftp://127.0.0.1").addresses()


def test_a_refusal_says_its_words_and_no_more_than_can_be_read(service: SigningService) -> None:
    service.mode = "refuses"
    with pytest.raises(SignerRefused, match="From account is locked") as caught:
        Remote(service.url).signer(address_of(KEY)).sign(CALL, CHAIN_ID)
    assert len(str(caught.value)) < 600
    assert str(caught.value).isprintable()


def test_it_is_shown_its_token_and_the_token_stands_in_no_message() -> None:
    with signing_service(KEY, token="correct-horse-battery") as service:
        assert list(Remote(service.url, token="correct-horse-battery").addresses()) == [address_of(KEY)]
        for wrong in (None, "another-secret-token"):
            remote = Remote(service.url, token=wrong)
            with pytest.raises(SignerRefused, match="HTTP 401") as caught:
                remote.addresses()
            assert "another-secret-token" not in str(caught.value) + repr(remote)


def test_a_request_that_is_too_large_for_it_is_a_refusal() -> None:
    with signing_service(KEY, largest=500) as service, pytest.raises(SignerRefused, match="HTTP 413"):
        Remote(service.url).signer(address_of(KEY)).sign(CALL, CHAIN_ID)


# --- the ring of keys -------------------------------------------------------------------------------------------------


def test_a_ring_finds_a_key_that_came_later(service: SigningService) -> None:
    service.keys = [KEY]
    ring = Ring([Remote(service.url)])
    assert ring.first().address == address_of(KEY)
    assert ring.find(address_of(OTHER)) is None
    service.keys.append(OTHER)
    found = ring.find(address_of(OTHER))
    assert found is not None
    assert found.address == address_of(OTHER)


def test_a_ring_of_several_keys_must_be_told_with_which_to_begin(service: SigningService) -> None:
    with pytest.raises(InvalidInput, match="--relayer-address"):
        Ring([Remote(service.url)]).first()
    assert Ring([Remote(service.url)], address_of(OTHER)).first().address == address_of(OTHER)
    with pytest.raises(WrongKey, match="no key of 0x"):
        Ring([Remote(service.url)], bytes(20)).first()


def test_a_source_that_does_not_answer_does_not_hide_the_keys_of_the_others() -> None:
    ring = Ring([Remote("http://127.0.0.1:1"), *of_keys(KEY).sources])
    found = ring.find(address_of(KEY))
    assert found is not None
    with pytest.raises(SignerUnreachable):
        ring.find(address_of(OTHER))


def test_no_signer_shows_its_key() -> None:
    assert KEY.hex() not in repr(KeySigner(KEY))
    assert repr(KEY) not in repr(of_keys(KEY))
