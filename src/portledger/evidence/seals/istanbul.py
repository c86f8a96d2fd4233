"""Istanbul BFT as Kaia runs it: a header of its own, with the proposer's seal and the committed seals in extraData.

extraData = 32 bytes vanity | RLP[[validator …], proposerSeal, [seal …]]. The last byte of the vanity is the round,
which nothing covers. The block's hash leaves out round and committed seals; a committed seal signs keccak(hash | 02),
the proposer's keccak of the hash of the header without round and without any seal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portledger.domain.hashing import keccak
from portledger.evidence import rlp
from portledger.evidence.seals.adapter import (
    Adapter,
    Fields,
    Layout,
    Sealing,
    Signed,
    decode_extra,
    refused,
    strings,
)

KAIA: Final = Layout(
    sizes=(32, 20, 32, 32, 32, 256, 0, 0, 0, 0, 0, 0, 0, 0, 0), most=19, parent=0, state=2, number=7, time=9, extra=11
)
"""parentHash, rewardbase, stateRoot, transactionsRoot, receiptsRoot, logsBloom, blockScore, number, gasUsed, time,
timeFoS, extra, governance, vote, baseFee; then, by fork, randomReveal, mixHash, blobGasUsed, excessBlobGas."""
_VANITY: Final = 32
_COMMIT: Final = b"\x02"
"""The consensus message that a committed seal belongs to."""


@dataclass(frozen=True, slots=True)
class Extra:
    """vanity: 32 bytes, the last one is the round; validators: 20 bytes each; seals: 65 bytes each."""

    vanity: bytes
    validators: tuple[bytes, ...]
    proposer: bytes
    seals: tuple[bytes, ...]

    @classmethod
    def read(cls, data: bytes) -> Extra:
        """Raises VerificationError (step 1)."""
        if len(data) < _VANITY:
            raise refused(f"extraData of {len(data)} bytes", f"{_VANITY} bytes of vanity, then a list of 3")
        validators, proposer, seals = decode_extra(data[_VANITY:], 3)
        if isinstance(proposer, list) or len(proposer) != 65:
            raise refused("extraData: a proposer's seal of another length", "65 bytes")
        return cls(data[:_VANITY], strings(validators, 20, "validators"), proposer, strings(seals, 65, "seals"))

    @property
    def round(self) -> int:
        return self.vanity[-1]

    def encode(self, *, with_round: bool, with_proposer: bool, with_seals: bool) -> bytes:
        """As it stands in the header, or with parts of it empty."""
        vanity = self.vanity if with_round else self.vanity[:-1] + b"\0"
        proposer = self.proposer if with_proposer else b""
        seals: list[rlp.Item] = list(self.seals) if with_seals else []
        return vanity + rlp.encode([list(self.validators), proposer, seals])


def block_hash(fields: Fields) -> bytes:
    return _hash(fields, Extra.read(fields[KAIA.extra]), with_proposer=True)


def sealing(fields: Fields) -> Sealing:
    extra = Extra.read(fields[KAIA.extra])
    committed = keccak(_hash(fields, extra, with_proposer=True), _COMMIT)
    proposed = keccak(_hash(fields, extra, with_proposer=False))
    return Sealing(
        extra.validators, tuple(Signed(committed, seal) for seal in extra.seals), Signed(proposed, extra.proposer)
    )


def _hash(fields: Fields, extra: Extra, *, with_proposer: bool) -> bytes:
    changed: list[rlp.Item] = list(fields)
    changed[KAIA.extra] = extra.encode(with_round=False, with_proposer=with_proposer, with_seals=False)
    return keccak(rlp.encode(changed))


ISTANBUL: Final = Adapter(KAIA, block_hash, sealing)
