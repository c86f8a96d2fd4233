"""A party's keys at work: signing acts with as many accounts as the ledger asks for, and signing in (EIP-4361)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import keccak
from portledger.domain.parties import Account
from portledger.domain.signatures import address_of, join, sign
from portledger.sdk.errors import KeyMissing
from portledger.vault import keys as key_files
from portledger.vault.grants import EncryptionKey
from portledger.vault.keys import Keys, PublicKeys
from portledger.vault.references import ReferenceKey

SIGN_IN_SECONDS: Final = 300
"""How long a sign-in message may be used."""
STATEMENT: Final = "Sign in to portledger: read the documents of your party. This does not act on any document."


@dataclass(frozen=True, slots=True)
class Wallet:
    """Opened keys, and the file they came from (None: nowhere but here).

    co_signers: secrets of further accounts of the party, from other key files: they sign with it where an act needs
    several signatures, and do nothing else.
    """

    keys: Keys
    path: Path | None = None
    co_signers: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def open(cls, path: Path, passphrase: str) -> Wallet:
        """Raises WrongPassphrase, KeyFileRefused."""
        return cls(key_files.load(path, passphrase), path)

    @property
    def party(self) -> int:
        """The party's id. Raises KeyMissing before the party is registered."""
        return _registered(self.keys.party, self.path)

    @property
    def encryption(self) -> tuple[EncryptionKey, ...]:
        """Newest first; former ones open old grants."""
        return self.keys.encryption

    @property
    def reference(self) -> ReferenceKey:
        """Raises KeyMissing when the file holds none."""
        if self.keys.reference is None:
            raise KeyMissing(
                "a key file without a reference key",
                "the key that turns document numbers into references (docs/protocol §10)",
                "Make issuers' keys with `portledger key new NAME --issuer`.",
            )
        return self.keys.reference

    def with_keys(self, keys: Keys) -> Wallet:
        return replace(self, keys=keys)

    def signers(
        self, accounts: dict[bytes, Account], scope: int, count: int, only: Iterable[bytes] = ()
    ) -> list[bytes]:
        """`count` wallet keys whose accounts are active on the ledger with this scope, the own file's first.

        accounts: the party's, by address; only: use these addresses (20 bytes) and no others. Raises KeyMissing.
        """
        wanted = set(only)
        able = [
            key
            for key in dict.fromkeys((*self.keys.accounts, *self.co_signers))
            if (account := accounts.get(address_of(key))) is not None
            and account.active
            and account.covers(scope)
            and (not wanted or address_of(key) in wanted)
        ]
        if len(able) < count:
            raise KeyMissing(
                f"{len(able)} accounts in the key files that may sign this (scope bit {scope})",
                f"{count} of the party's active accounts with that scope",
                "Name the other key files that hold them too (--key), let a critical act wait for other officers "
                "(--propose), or add an account with the scope.",
            )
        return able[:count]

    def sign(self, digest: bytes, signers: Sequence[bytes]) -> bytes:
        """The signatures over a digest, joined ascending by address."""
        return join(digest, signers)

    def sign_text(self, text: str, account: bytes | None = None) -> bytes:
        """An EIP-191 personal signature by an account (default: the first)."""
        key = self.keys.account(account) if account else self.keys.accounts[0]
        return sign(personal_digest(text), key)


def personal_digest(text: str) -> bytes:
    """What `personal_sign` signs (EIP-191 version 0x45)."""
    data = text.encode()
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(data)).encode() + data)


def sign_in_text(domain: str, uri: str, account: bytes, chain_id: int, nonce: str, now: float) -> str:
    """The EIP-4361 message. account: 20 bytes; now: unix seconds."""
    for name, value in (("domain", domain), ("uri", uri), ("nonce", nonce)):
        if not value.isprintable() or " " in value:
            raise InvalidInput(f"sign-in {name}", repr(value)[:80], "one word of printable characters")
    return "\n".join(
        (
            f"{domain} wants you to sign in with your Ethereum account:",
            checksummed(account),
            "",
            STATEMENT,
            "",
            f"URI: {uri}",
            "Version: 1",
            f"Chain ID: {chain_id}",
            f"Nonce: {nonce}",
            f"Issued At: {_iso(now)}",
            f"Expiration Time: {_iso(now + SIGN_IN_SECONDS)}",
        )
    )


def checksummed(account: bytes) -> str:
    """An address as 0x and 40 hex digits whose case is a checksum (EIP-55): EIP-4361 wants it so."""
    text = account.hex()
    marks = keccak(text.encode()).hex()
    return "0x" + "".join(c.upper() if int(mark, 16) >= 8 else c for c, mark in zip(text, marks, strict=False))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class PublicWallet:
    """What a key file says without its passphrase."""

    public: PublicKeys
    path: Path

    def party_or_refuse(self) -> int:
        """The party's id. Raises KeyMissing before the party is registered."""
        return _registered(self.public.party, self.path)


def public_of(path: Path) -> PublicWallet:
    """Raises KeyMissing when there is no such file, KeyFileRefused when it is none."""
    if not path.exists():
        raise KeyMissing(f"no key file {path}", "a key file", "Make one with `portledger key new NAME`.")
    return PublicWallet(key_files.read_public(path), path)


def _registered(party: int | None, path: Path | None) -> int:
    if party is None:
        raise KeyMissing(
            f"keys of no party ({path or 'in memory'})",
            "keys whose party is registered on the ledger",
            "Register with `portledger party register --as NAME …`.",
        )
    return party
