"""Signing in: what a message may be before anything reads it with care."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account import Account as Wallet
from eth_account.messages import encode_defunct
from sqlalchemy import Engine

from portledger.domain.parties import Account
from portledger.domain.refusals import SignInRefused
from portledger.sdk.wallet import sign_in_text
from portledger.services import sessions
from portledger.services.sessions import Site
from portledger.store.database import migrate, open_database, sqlite_url

SITE = Site("gateway.example:8600", "https://gateway.example:8600", 1337)
KEY = bytes(31) + b"\7"
ADDRESS = bytes.fromhex(Wallet.from_key(KEY).address[2:])
NOW = time.time() - 3_600
"""Another time than the machine's: nothing may look at its clock."""


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(sqlite_url(tmp_path, "intake"), "intake")
    migrate(engine, "intake")
    yield engine
    engine.dispose()


def signed_in(intake: Engine, message: str) -> str:
    signature = Wallet.sign_message(encode_defunct(text=message), KEY).signature
    token, _ = sessions.sign_in(intake, SITE, message, bytes(signature), lambda _: Account(5, 1, 0, 0xFF), NOW)
    return token


def text_of(intake: Engine) -> str:
    nonce, _ = sessions.new_nonce(intake, NOW)
    return sign_in_text(SITE.domain, SITE.uri, ADDRESS, SITE.chain_id, nonce, NOW)


def test_the_message_that_our_client_makes_signs_in(intake: Engine) -> None:
    assert sessions.find(intake, signed_in(intake, text_of(intake)), NOW) is not None


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "a" * 4_000_000,
        lambda text: text + "\nResources:\n" + "- http://a/b\n" * 300_000,
        lambda text: text.replace("Chain ID: 1337", "Chain ID: " + "9" * 100_000),
        lambda text: text.replace("URI: https", "URI: " + "https://" * 100_000),
        lambda text: text.replace("\n\nSign in", "\n\n" + "statement " * 100_000),
        lambda text: text + "\n",
        lambda text: "",
    ],
)
def test_a_text_of_another_form_never_reaches_the_grammar(
    intake: Engine, change: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes time with the square of the length: a few requests of anybody's would have stopped the gateway."""

    def grammar() -> None:
        raise AssertionError("the grammar was asked")

    monkeypatch.setattr(sessions, "_siwe", grammar)
    with pytest.raises(SignInRefused, match="EIP-4361"):
        sessions.sign_in(intake, SITE, change(text_of(intake)), bytes(65), lambda _: None, NOW)


@pytest.mark.parametrize("length", [0, 1, 64, 65, 66, 130])
@pytest.mark.parametrize("filled", [0x00, 0x01, 0x1B, 0xFF])
def test_no_signature_whatever_its_bytes_is_more_than_refused(intake: Engine, length: int, filled: int) -> None:
    with pytest.raises(SignInRefused):
        sessions.sign_in(intake, SITE, text_of(intake), bytes([filled]) * length, lambda _: Account(5, 1, 0, 1), NOW)
