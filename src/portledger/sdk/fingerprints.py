"""Words that two people read to each other to know that they speak of the same ledger or party.

Eight words of a list of 2,048 (BIP 39's, English or Japanese) stand for the first 88 bits of a SHA-256. The two lists
have nothing to do with each other: whoever compares uses one language.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib import resources
from typing import Final

from portledger.domain.hashing import sha256
from portledger.formats import api_json as wire
from portledger.vault.canonical import encode

WORDS: Final = 8
_LISTS: Final = {"en": "english", "ja": "japanese"}


@lru_cache(maxsize=2)
def _words(language: str) -> tuple[str, ...]:
    file = resources.files("eth_account.hdaccount") / "wordlist" / f"{_LISTS[language]}.txt"
    return tuple(unicodedata.normalize("NFC", file.read_text(encoding="utf-8")).split())


def spoken(digest: bytes, language: str = "en") -> str:
    """A digest of at least 11 bytes as words. language: en or ja."""
    bits = int.from_bytes(digest[:11], "big")
    places = [bits >> 11 * (WORDS - 1 - at) & 0x7FF for at in range(WORDS)]
    return " ".join(_words(language)[place] for place in places)


def ledger_digest(told: wire.LedgerJson) -> bytes:
    """What makes a ledger this one: chain, address, salt, genesis, code."""
    return sha256(encode({
        "chainId": told.chain_id,
        "codeDigest": told.code_digest,
        "genesis": told.genesis,
        "ledger": told.ledger.lower(),
        "salt": told.salt,
    }))  # fmt: skip


def party_digest(log: wire.PartyLogEntry) -> bytes:
    """What makes a party this one: the first entry of its log, which its own accounts consented to."""
    return bytes.fromhex(log.head)
