"""Where the ledger keeps what: storage slots of DocumentLedger, as numbers (contracts/snapshots/storage.json).

A mapping's word lies at keccak(key as 32 bytes | the mapping's own slot as 32 bytes); a struct's further words follow.
"""

from __future__ import annotations

from typing import Final

from portledger.domain.hashing import abi_words, keccak

PARTIES: Final = 0
ACCOUNTS: Final = 1
PROFILES: Final = 2
ENCRYPTION_KEYS: Final = 3
PARTY_HEADS: Final = 4
LEDGER_HEAD: Final = 9
"""The one word that is no mapping and that evidence proves: the running hash over everything."""
RECORDS: Final = 13
NOTES_HEADS: Final = 14
KIND_DIGESTS: Final = 18
CLAIMS: Final = 19
EXTENSIONS: Final = 20


def mapped(key: int | bytes, mapping: int) -> int:
    """The slot of a mapping's word. key: a number, an address (20 bytes) or a bytes32."""
    return int.from_bytes(keccak(abi_words(key, mapping)), "big")


def party(number: int) -> int:
    """A party's word: roles, epoch, threshold and so on (docs/protocol §2)."""
    return mapped(number, PARTIES)


def account(address: bytes) -> int:
    """An account's word: whose it is, from when to when, with what scope. address: 20 bytes."""
    return mapped(address, ACCOUNTS)


def profile(number: int) -> int:
    return mapped(number, PROFILES)


def encryption_key(number: int) -> int:
    return mapped(number, ENCRYPTION_KEYS)


def party_head(number: int) -> int:
    """The running hash of a party's log; party 0 is the consortium."""
    return mapped(number, PARTY_HEADS)


def ledger_head() -> int:
    return LEDGER_HEAD


def control(document: bytes) -> int:
    """A record's packed state. document: 32 bytes."""
    return mapped(document, RECORDS)


def head(document: bytes) -> int:
    """A record's running hash, the word after its control. document: 32 bytes."""
    return (mapped(document, RECORDS) + 1) % 2**256


def notes_head(document: bytes) -> int:
    return mapped(document, NOTES_HEADS)


def extension(document: bytes) -> int:
    """Secured party and end of a freeze. document: 32 bytes."""
    return mapped(document, EXTENSIONS)


def kind_digest(kind: int) -> int:
    return mapped(kind, KIND_DIGESTS)


def claim(claim_id: bytes) -> int:
    """The document that holds a claimed number; claim_id: domain.actions.claim_id, 32 bytes."""
    return mapped(claim_id, CLAIMS)
