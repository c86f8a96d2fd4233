"""An act before its signatures, and with them, wherever they come from: a key file, a wallet, another person. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from portledger.domain.actions import Action, Domain, SignedAction
from portledger.domain.errors import InvalidInput, ScopeMissing, SignaturesRefused
from portledger.domain.kinds import KindFile
from portledger.domain.parties import Account
from portledger.domain.records import Control
from portledger.domain.signatures import recover
from portledger.vault.contents import SealedContent
from portledger.vault.details import SealedDetail

_SIGNATURE: Final = re.compile(r"0x[0-9a-fA-F]{130}")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A signed act with everything that must be uploaded before it; nothing has been sent yet."""

    signed: SignedAction
    digest: bytes
    verb: str
    kind: KindFile
    before: Control
    content: SealedContent | None = field(default=None, repr=False)
    detail: SealedDetail | None = field(default=None, repr=False)
    attachments: tuple[str, ...] = ()
    """SHA-256 of the sealed files that the content lists, 64 hex each; uploaded already."""


@dataclass(frozen=True, slots=True)
class Unsigned:
    """An act that is whole but for its signatures: nothing of it changes any more.

    scope: bits of which a signer's account needs one; needed: how many signatures, exactly; accounts: the party's, by
    address (20 bytes), as the gateway told; attachments: as in Prepared.
    """

    action: Action
    domain: Domain
    verb: str
    kind: KindFile
    before: Control
    scope: int
    needed: int
    accounts: Mapping[bytes, Account] = field(repr=False)
    content: SealedContent | None = field(default=None, repr=False)
    detail: SealedDetail | None = field(default=None, repr=False)
    attachments: tuple[str, ...] = ()

    @property
    def intent(self) -> str:
        """The words that a wallet shows first."""
        return self.kind.intent(self.action.verb)

    @property
    def digest(self) -> bytes:
        """The 32 bytes that every signature is over."""
        return self.action.digest(self.domain, self.intent)

    @property
    def typed_data(self) -> dict[str, Any]:
        """For eth_signTypedData_v4; its digest is `digest`."""
        return self.action.typed_data(self.domain, self.intent)

    @property
    def able(self) -> tuple[bytes, ...]:
        """The party's accounts that may sign it, 20 bytes each, ascending."""
        return tuple(
            sorted(one for one, account in self.accounts.items() if account.active and account.covers(self.scope))
        )

    def by(self, accounts: Iterable[bytes], needed: int) -> Unsigned:
        """The same act for these accounts of the party (20 bytes each) and no other, of which so many must sign:
        whatever the gateway says of the party by now."""
        return replace(
            self, needed=needed, accounts={one: self.accounts[one] for one in accounts if one in self.accounts}
        )

    def signer(self, signature: bytes) -> bytes:
        """The account that made a signature of 65 bytes. Raises SignaturesRefused, ScopeMissing."""
        account = recover(self.digest, signature, self.action.actor)
        known = self.accounts.get(account)
        if known is None or not known.active:
            raise SignaturesRefused(party=self.action.actor, given=0, needed=self.needed)
        if not known.covers(self.scope):
            raise ScopeMissing(account=account, scope=known.scope, needed=self.scope)
        return account

    def signed(self, signatures: Iterable[bytes]) -> Prepared:
        """With exactly as many signatures as it needs, in any order, each of another account.

        signatures: 65 bytes each. Raises SignaturesRefused, ScopeMissing.
        """
        given = list(signatures)
        by_signer = {self.signer(one): one for one in given}
        if not len(given) == len(by_signer) == self.needed:
            raise SignaturesRefused(party=self.action.actor, given=len(by_signer), needed=self.needed)
        joined = b"".join(by_signer[account] for account in sorted(by_signer))
        return Prepared(
            SignedAction(self.action, joined), self.digest, self.verb, self.kind, self.before, self.content,
            self.detail, self.attachments,
        )  # fmt: skip


def from_wallet(text: str) -> bytes:
    """The signature, 65 bytes, that a wallet answered with: 0x and 130 hex digits. Raises InvalidInput.

    Some hardware wallets say 0 or 1 for v; the ledger knows 27 and 28 only.
    """
    if not _SIGNATURE.fullmatch(text):
        raise InvalidInput("signature", repr(text[:140]), "0x and 130 hex digits")
    raw = bytes.fromhex(text[2:])
    return raw[:64] + bytes([raw[64] + 27]) if raw[64] in (0, 1) else raw
