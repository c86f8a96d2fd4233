"""QBFT, as Besu and GoQuorum run it, with the validators in the header (not in a contract).

extraData = RLP[vanity, [validator …], vote, round, [seal …]]. The block's hash leaves out round and seals, since both
may differ between nodes that finalised the same block; a seal signs the hash of the header with its round, without the
seals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portledger.domain.hashing import keccak
from portledger.domain.verification_errors import RlpError
from portledger.evidence import rlp
from portledger.evidence.seals.adapter import (
    ETHEREUM,
    Adapter,
    Fields,
    Sealing,
    Signed,
    decode_extra,
    refused,
    strings,
)

_VANITY: Final = 32
_ROUND_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Extra:
    """vanity: 32 bytes; validators: 20 bytes each; vote: not interpreted; seals: 65 bytes each."""

    vanity: bytes
    validators: tuple[bytes, ...]
    vote: list[rlp.Item]
    round: int
    seals: tuple[bytes, ...]

    @classmethod
    def read(cls, data: bytes) -> Extra:
        """Raises VerificationError (step 1)."""
        vanity, validators, vote, number, seals = decode_extra(data, 5)
        if isinstance(vanity, list) or len(vanity) != _VANITY:
            raise refused("extraData: vanity of another length", f"{_VANITY} bytes")
        if not isinstance(vote, list):
            raise refused("extraData: bytes as a vote", "a list, empty where nobody voted")
        try:
            parsed = rlp.integer(number, _ROUND_BYTES)
        except RlpError as failure:
            raise refused(f"extraData: round: {failure.found}", failure.allowed) from failure
        return cls(vanity, strings(validators, 20, "validators"), vote, parsed, strings(seals, 65, "seals"))

    def encode(self, *, with_round: bool, with_seals: bool) -> bytes:
        """As it stands in the header, or with a round of 0, or without the seals."""
        number = rlp.encode_integer(self.round if with_round else 0)
        seals: list[rlp.Item] = list(self.seals) if with_seals else []
        return rlp.encode([self.vanity, list(self.validators), self.vote, number, seals])


def block_hash(fields: Fields) -> bytes:
    return _hash(fields, Extra.read(fields[ETHEREUM.extra]), with_round=False)


def sealing(fields: Fields) -> Sealing:
    extra = Extra.read(fields[ETHEREUM.extra])
    digest = _hash(fields, extra, with_round=True)
    return Sealing(extra.validators, tuple(Signed(digest, seal) for seal in extra.seals))


def _hash(fields: Fields, extra: Extra, *, with_round: bool) -> bytes:
    changed: list[rlp.Item] = list(fields)
    changed[ETHEREUM.extra] = extra.encode(with_round=with_round, with_seals=False)
    return keccak(rlp.encode(changed))


QBFT: Final = Adapter(ETHEREUM, block_hash, sealing)
