"""Signed acts: what a wallet signs and what the ledger hashes (docs/protocol §1, §11).

The type strings are written by hand here and in Solidity on purpose; protocol/vectors/ hold the two together. Digests
are computed by joining fixed-width words: an act has no member of variable length but its words, which go in as a hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from portledger.domain.codes import ZERO, PartyAct
from portledger.domain.errors import BadParameter, InvalidInput
from portledger.domain.hashing import abi_words, keccak

DOMAIN_TYPE: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
ACTION_TYPE: Final = (
    "Action(string intent,bytes32 document,bytes32 previous,bytes32 content,bytes32 documentReference,bytes32 detail,"
    "uint16 kind,uint8 verb,uint32 actor,uint32 epoch,uint32 counterparty,uint32 endorsee,uint24 quantity,"
    "uint40 deadline)"
)
PARTY_ACTION_TYPE: Final = (
    "PartyAction(string intent,uint32 party,uint32 nonce,uint8 what,bytes32 value,uint40 deadline)"
)
VETO_TYPE: Final = "Veto(string intent,uint32 party,bytes32 change)"
CONSENT_TYPE: Final = "AccountConsent(string intent,uint32 party,address account,uint8 scope,bytes32 registration)"
DISCLOSURE_TYPE: Final = (
    "Disclosure(string intent,uint32 party,bytes32 document,bytes32 head,bytes32 disclosed,string audience,"
    "string purpose,uint40 createdAt,uint40 expiresAt)"
)

NAME: Final = "portledger"
VERSION: Final = "1"
VETO_WORDS: Final = "Party: VETO CHANGE"
CONSENT_WORDS: Final = "Party: CONSENT"
DISCLOSURE_WORDS: Final = "Evidence: DISCLOSE"

_DOMAIN_HASH: Final = keccak(DOMAIN_TYPE.encode())
_ACTION_HASH: Final = keccak(ACTION_TYPE.encode())
_PARTY_ACTION_HASH: Final = keccak(PARTY_ACTION_TYPE.encode())
_VETO_HASH: Final = keccak(VETO_TYPE.encode())
_CONSENT_HASH: Final = keccak(CONSENT_TYPE.encode())
_DISCLOSURE_HASH: Final = keccak(DISCLOSURE_TYPE.encode())
_NAME_HASH: Final = keccak(NAME.encode())
_VERSION_HASH: Final = keccak(VERSION.encode())


def _members(type_string: str) -> list[dict[str, str]]:
    inside = type_string[type_string.index("(") + 1 : -1]
    return [dict(zip(("type", "name"), member.split(" "), strict=True)) for member in inside.split(",")]


TYPES: Final[dict[str, list[dict[str, str]]]] = {
    type_string[: type_string.index("(")]: _members(type_string)
    for type_string in (DOMAIN_TYPE, ACTION_TYPE, PARTY_ACTION_TYPE, VETO_TYPE, CONSENT_TYPE, DISCLOSURE_TYPE)
}
"""The same types in the form of eth_signTypedData_v4."""


@lru_cache(maxsize=4096)
def words_hash(words: str) -> bytes:
    """keccak256 of the words that a wallet shows: how `intent` goes into a digest."""
    return keccak(words.encode())


@dataclass(frozen=True, slots=True)
class Domain:
    """The EIP-712 domain of one deployed ledger.

    ledger: the contract's address, 20 bytes; salt: 32 bytes, keccak of consortium name, genesis hash, random.
    """

    chain_id: int
    ledger: bytes
    salt: bytes

    def separator(self) -> bytes:
        """The 32-byte domain separator."""
        return _separator(self)

    def typed(self, primary: str, message: dict[str, Any]) -> dict[str, Any]:
        """A whole typed-data document for eth_signTypedData_v4."""
        return {
            "types": {"EIP712Domain": TYPES["EIP712Domain"], primary: TYPES[primary]},
            "primaryType": primary,
            "domain": {
                "name": NAME,
                "version": VERSION,
                "chainId": self.chain_id,
                "verifyingContract": "0x" + self.ledger.hex(),
                "salt": "0x" + self.salt.hex(),
            },
            "message": message,
        }


@lru_cache(maxsize=64)
def _separator(domain: Domain) -> bytes:
    return keccak(_DOMAIN_HASH, _NAME_HASH, _VERSION_HASH, abi_words(domain.chain_id, domain.ledger), domain.salt)


def _typed_digest(domain: Domain, struct_hash: bytes) -> bytes:
    return keccak(b"\x19\x01", _separator(domain), struct_hash)


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _refuse(where: str, found: object, allowed: str) -> None:
    raise InvalidInput(where=where, found=str(found), allowed=allowed)


def _want(where: str, value: int, bits: int) -> None:
    if not 0 <= value < 1 << bits:
        _refuse(where, value, f"an integer of {bits} bits")


def _want_bytes(where: str, value: bytes, length: int) -> None:
    if len(value) != length:
        _refuse(where, f"{len(value)} bytes", f"{length} bytes")


@dataclass(frozen=True, slots=True)
class Action:
    """One change of a document. Digests are 32 bytes; ZERO = none. deadline: unix seconds.

    Raises InvalidInput for a value that does not fit its ABI type.
    """

    kind: int
    verb: int
    document: bytes
    previous: bytes
    actor: int
    epoch: int
    deadline: int
    content: bytes = ZERO
    document_reference: bytes = ZERO
    detail: bytes = ZERO
    counterparty: int = 0
    endorsee: int = 0
    quantity: int = 0

    def __post_init__(self) -> None:
        if not (
            0 <= self.kind < 1 << 16
            and 0 <= self.verb < 1 << 8
            and 0 <= self.actor < 1 << 32
            and 0 <= self.epoch < 1 << 32
            and 0 <= self.counterparty < 1 << 32
            and 0 <= self.endorsee < 1 << 32
            and 0 <= self.quantity < 1 << 24
            and 0 <= self.deadline < 1 << 40
            and len(self.document)
            == len(self.previous)
            == len(self.content)
            == len(self.document_reference)
            == len(self.detail)
            == 32
        ):
            self._refuse_precisely()

    def _refuse_precisely(self) -> None:
        for name, bits in _TERMS:
            _want(f"$.action.{name}", getattr(self, name), bits)
        for name in ("document", "previous", "content", "document_reference", "detail"):
            _want_bytes(f"$.action.{name}", getattr(self, name), 32)

    def terms(self) -> int:
        """The packed word: kind, verb, actor, epoch, counterparty, endorsee, quantity, deadline from low to high."""
        return (
            self.kind
            | self.verb << 16
            | self.actor << 24
            | self.epoch << 56
            | self.counterparty << 88
            | self.endorsee << 120
            | self.quantity << 152
            | self.deadline << 176
        )

    @classmethod
    def from_terms(
        cls, terms: int, document: bytes, previous: bytes, content: bytes, document_reference: bytes, detail: bytes
    ) -> Action:
        """The act in a SignedAction of the chain. Raises BadParameter (terms) when one of the top bits is set."""
        if terms >> 216:
            raise BadParameter(parameter=0, found=terms, allowed=(1 << 216) - 1)
        numbers = {}
        for name, bits in _TERMS:
            numbers[name] = terms & ((1 << bits) - 1)
            terms >>= bits
        return cls(
            document=document,
            previous=previous,
            content=content,
            document_reference=document_reference,
            detail=detail,
            **numbers,
        )

    def struct_hash(self, intent_hash: bytes) -> bytes:
        return keccak(
            _ACTION_HASH,
            intent_hash,
            self.document,
            self.previous,
            self.content,
            self.document_reference,
            self.detail,
            self.kind.to_bytes(32, "big"),
            self.verb.to_bytes(32, "big"),
            self.actor.to_bytes(32, "big"),
            self.epoch.to_bytes(32, "big"),
            self.counterparty.to_bytes(32, "big"),
            self.endorsee.to_bytes(32, "big"),
            self.quantity.to_bytes(32, "big"),
            self.deadline.to_bytes(32, "big"),
        )

    def digest(self, domain: Domain, intent: str) -> bytes:
        """What the party signs. intent: the words of (kind, verb) from the kind file."""
        return _typed_digest(domain, self.struct_hash(words_hash(intent)))

    def digest_with(self, domain: Domain, intent_hash: bytes) -> bytes:
        """The same, from the hash of the words, which is all that the ledger stores."""
        return _typed_digest(domain, self.struct_hash(intent_hash))

    def typed_data(self, domain: Domain, intent: str) -> dict[str, Any]:
        """The document that eth_signTypedData_v4 takes; a wallet shows `intent` first."""
        return domain.typed(
            "Action",
            {
                "intent": intent,
                "document": _hex(self.document),
                "previous": _hex(self.previous),
                "content": _hex(self.content),
                "documentReference": _hex(self.document_reference),
                "detail": _hex(self.detail),
                "kind": self.kind,
                "verb": self.verb,
                "actor": self.actor,
                "epoch": self.epoch,
                "counterparty": self.counterparty,
                "endorsee": self.endorsee,
                "quantity": self.quantity,
                "deadline": self.deadline,
            },
        )


_TERMS: Final = (
    ("kind", 16),
    ("verb", 8),
    ("actor", 32),
    ("epoch", 32),
    ("counterparty", 32),
    ("endorsee", 32),
    ("quantity", 24),
    ("deadline", 40),
)
"""Low to high; the 40 bits above must be zero."""


@dataclass(frozen=True, slots=True)
class SignedAction:
    """An act and its signatures, 65 bytes each, ascending by signer."""

    action: Action
    signatures: bytes


@dataclass(frozen=True, slots=True)
class PartyAction:
    """One act of a party on itself (docs/protocol §11). value: 32 bytes; deadline: unix seconds."""

    party: int
    nonce: int
    what: int
    value: bytes
    deadline: int

    def __post_init__(self) -> None:
        for name, bits in (("party", 32), ("nonce", 32), ("what", 8), ("deadline", 40)):
            _want(f"$.partyAction.{name}", getattr(self, name), bits)
        _want_bytes("$.partyAction.value", self.value, 32)

    @property
    def words(self) -> str:
        """What the wallet shows. Raises InvalidInput for an act that no wallet can be asked for."""
        if self.what not in PartyAct._value2member_map_:
            _refuse("$.partyAction.what", self.what, "1 to 11")
        return PartyAct(self.what).words

    def digest(self, domain: Domain) -> bytes:
        words = abi_words(words_hash(self.words), self.party, self.nonce, self.what, self.value, self.deadline)
        return _typed_digest(domain, keccak(_PARTY_ACTION_HASH, words))

    def typed_data(self, domain: Domain) -> dict[str, Any]:
        return domain.typed(
            "PartyAction",
            {
                "intent": self.words,
                "party": self.party,
                "nonce": self.nonce,
                "what": self.what,
                "value": _hex(self.value),
                "deadline": self.deadline,
            },
        )


@dataclass(frozen=True, slots=True)
class SignedPartyAction:
    """consent: the new account's signature when one is added, else empty."""

    party_action: PartyAction
    signatures: bytes
    consent: bytes = b""


@dataclass(frozen=True, slots=True)
class Veto:
    """A party's word against a change of itself. change: the changeId, 32 bytes."""

    party: int
    change: bytes

    def digest(self, domain: Domain) -> bytes:
        return _typed_digest(domain, keccak(_VETO_HASH, abi_words(words_hash(VETO_WORDS), self.party, self.change)))

    def typed_data(self, domain: Domain) -> dict[str, Any]:
        return domain.typed("Veto", {"intent": VETO_WORDS, "party": self.party, "change": _hex(self.change)})


@dataclass(frozen=True, slots=True)
class AccountConsent:
    """A new account's word that it wants to belong to the party.

    account: 20 bytes; registration: Registration.digest(), the changeId, or the digest of the PartyAction that adds it.
    """

    party: int
    account: bytes
    scope: int
    registration: bytes

    def digest(self, domain: Domain) -> bytes:
        words = abi_words(words_hash(CONSENT_WORDS), self.party, self.account, self.scope, self.registration)
        return _typed_digest(domain, keccak(_CONSENT_HASH, words))

    def typed_data(self, domain: Domain) -> dict[str, Any]:
        return domain.typed(
            "AccountConsent",
            {
                "intent": CONSENT_WORDS,
                "party": self.party,
                "account": _hex(self.account),
                "scope": self.scope,
                "registration": _hex(self.registration),
            },
        )


@dataclass(frozen=True, slots=True)
class Registration:
    """Everything a party starts with. profile, encryption_key: digests, 32 bytes; accounts: 20 bytes each.

    scopes and consents run parallel to accounts; a consent is the account's signature, 65 bytes.
    """

    profile: bytes
    roles: int
    encryption_key: bytes
    threshold: int
    recovery_barred: bool
    accounts: tuple[bytes, ...]
    scopes: tuple[int, ...]
    consents: tuple[bytes, ...] = ()

    def digest(self) -> bytes:
        """keccak256(abi.encode(profile, roles, encryptionKey, threshold, recoveryBarred, accounts, scopes))."""
        accounts_at = 7 * 32
        scopes_at = accounts_at + 32 * (1 + len(self.accounts))
        return keccak(
            abi_words(self.profile, self.roles, self.encryption_key, self.threshold, int(self.recovery_barred)),
            abi_words(accounts_at, scopes_at),
            abi_words(len(self.accounts), *self.accounts),
            abi_words(len(self.scopes), *self.scopes),
        )


def document_id(kind: int, creator: int, document_reference: bytes) -> bytes:
    """keccak256(abi.encode(uint16(kind >> 8), uint32 creator, bytes32 documentReference)): the family, not the kind."""
    return keccak(abi_words(kind >> 8, creator, document_reference))


def claim_id(family: int, certifier: int, document_reference: bytes) -> bytes:
    """The place of a certificate's number: one per family, certifier and reference."""
    return keccak(abi_words(family, certifier, document_reference))


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What who shows parts of a document signs: to whom, for what, until when (docs/protocol/evidence.md).

    head: the record's; disclosed: digest over the proofs shown; times: unix seconds. Never sent to the ledger.
    Raises InvalidInput for a value that does not fit its ABI type.
    """

    party: int
    document: bytes
    head: bytes
    disclosed: bytes
    audience: str
    purpose: str
    created_at: int
    expires_at: int

    def __post_init__(self) -> None:
        _want("$.party", self.party, 32)
        for name in ("document", "head", "disclosed"):
            _want_bytes(f"$.{name}", getattr(self, name), 32)
        _want("$.createdAt", self.created_at, 40)
        _want("$.expiresAt", self.expires_at, 40)

    def digest(self, domain: Domain) -> bytes:
        return _typed_digest(
            domain,
            keccak(
                _DISCLOSURE_HASH,
                words_hash(DISCLOSURE_WORDS),
                abi_words(self.party),
                self.document,
                self.head,
                self.disclosed,
                keccak(self.audience.encode()),
                keccak(self.purpose.encode()),
                abi_words(self.created_at, self.expires_at),
            ),
        )

    def typed_data(self, domain: Domain) -> dict[str, Any]:
        return domain.typed(
            "Disclosure",
            {
                "intent": DISCLOSURE_WORDS,
                "party": self.party,
                "document": _hex(self.document),
                "head": _hex(self.head),
                "disclosed": _hex(self.disclosed),
                "audience": self.audience,
                "purpose": self.purpose,
                "createdAt": self.created_at,
                "expiresAt": self.expires_at,
            },
        )
