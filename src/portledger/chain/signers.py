"""Who signs transactions: a key in this process, or a service elsewhere that has it (chain/remote_signer.py).

A `Ring` is all the keys that a relayer can sign with, whose keys may come and go while it works: a key file is put into
the folder, the service has one account more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final, Protocol

from portledger.chain.rpc import ChainError
from portledger.chain.transactions import Transaction
from portledger.domain.errors import InvalidInput
from portledger.domain.signatures import address_of
from portledger.domain.vault_errors import VaultError, WrongKey

OTHER_KEY: Final = "Give its key, or name one that is there: portledger admin relayer-key --next ADDRESS."


class SignerError(ChainError):
    """A transaction was not signed."""


class SignerUnreachable(SignerError):
    """The signing service does not answer, or not in a form that can be used."""

    REMEDY: ClassVar[str] = "Check that it runs and that its address is right; what was accepted waits meanwhile."


class SignerRefused(SignerError):
    """The signing service answered that it does not sign this."""

    REMEDY: ClassVar[str] = "Read its message and its log: account, token, and how large a request may be."


class SignerLied(SignerError):
    """What the signing service gave back is not what it was asked to sign. Nothing of it was kept or sent."""

    REMEDY: ClassVar[str] = "Do not use this service until it is known why; check its chain id and its accounts first."


class Signer(Protocol):
    """One account. address: 20 bytes."""

    @property
    def address(self) -> bytes: ...

    def sign(self, transaction: Transaction, chain_id: int) -> bytes:
        """The signed bytes of exactly this transaction. Raises SignerError; then nothing was signed that counts."""
        ...


@dataclass(frozen=True, slots=True)
class KeySigner:
    """A secret key of 32 bytes in this process."""

    key: bytes = field(repr=False)
    address: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "address", address_of(self.key))

    def sign(self, transaction: Transaction, chain_id: int) -> bytes:
        return transaction.sign(self.key, chain_id)


class Source(Protocol):
    """Where keys come from. Asked again whenever a key is wanted that is not known yet."""

    def addresses(self) -> Sequence[bytes]:
        """Of the keys that are there now. Raises SignerError, VaultError."""
        ...

    def signer(self, address: bytes) -> Signer:
        """Of one of these addresses. Raises SignerError, VaultError."""
        ...


@dataclass(slots=True)
class Ring:
    """sources: in the order in which they are searched; begins: the address that a new ledger's relayer begins with."""

    sources: Sequence[Source]
    begins: bytes | None = None
    _known: dict[bytes, Signer] = field(default_factory=dict)

    def find(self, address: bytes) -> Signer | None:
        """None when no source has it. Raises the SignerError or VaultError of one that may have it and does not answer
        or open."""
        silent: SignerError | VaultError | None = None
        for source in self.sources if address not in self._known else ():
            try:
                if address in source.addresses():
                    self._known[address] = source.signer(address)
                    break
            except (SignerError, VaultError) as failure:
                silent = failure
        if address not in self._known and silent is not None:
            raise silent
        return self._known.get(address)

    def require(self, address: bytes) -> Signer:
        """As `find`. Raises WrongKey when no source has it."""
        found = self.find(address)
        if found is None:
            raise WrongKey("the relayer's key", f"no key of 0x{address.hex()}", "one that was given", OTHER_KEY)
        return found

    def first(self) -> Signer:
        """The one to begin with. Raises as `require`, and InvalidInput when several are there and none is named."""
        if self.begins is not None:
            return self.require(self.begins)
        for source in self.sources:
            found = source.addresses()
            if len(found) > 1:
                allowed = ", ".join(f"0x{one.hex()}" for one in found[:20])
                raise InvalidInput(
                    "relayer address", f"none, and {len(found)} keys", allowed,
                    "Say which of them begins: --relayer-address ADDRESS.",
                )  # fmt: skip
            if found:
                return self.require(found[0])
        raise WrongKey("the relayer's key", "no key in what was given", "a key file, a secret or a signing service")


def of_keys(*keys: bytes) -> Ring:
    """A ring of secret keys in this process; the first one begins."""
    return Ring([_Held({address_of(key): KeySigner(key) for key in keys})], address_of(keys[0]))


@dataclass(frozen=True, slots=True)
class _Held:
    signers: dict[bytes, KeySigner]

    def addresses(self) -> Sequence[bytes]:
        return list(self.signers)

    def signer(self, address: bytes) -> Signer:
        return self.signers[address]
