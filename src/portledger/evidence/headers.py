"""Block headers as the chain's consensus engine writes and hashes them (docs/protocol/seals.md)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from portledger.domain.errors import InvalidInput
from portledger.evidence.seals.adapter import Adapter, Fields
from portledger.evidence.seals.istanbul import ISTANBUL
from portledger.evidence.seals.none import NONE
from portledger.evidence.seals.qbft import QBFT


class Engine(StrEnum):
    """How a chain's blocks become final: nobody seals them (development), QBFT (Besu, GoQuorum), Istanbul (Kaia)."""

    NONE = "none"
    QBFT = "qbft"
    ISTANBUL = "istanbul"


_ADAPTERS: Final[dict[Engine, Adapter]] = {Engine.NONE: NONE, Engine.QBFT: QBFT, Engine.ISTANBUL: ISTANBUL}


@dataclass(frozen=True, slots=True)
class Header:
    """One block. hash: what the chain calls it by; time: unix seconds; extra: extraData; raw: the RLP it was read from.

    Hashes and roots are 32 bytes.
    """

    hash: bytes
    parent_hash: bytes
    state_root: bytes
    number: int
    time: int
    extra: bytes
    raw: bytes


def parse(engine: Engine | str, raw: bytes) -> Header:
    """A header from its RLP. The hash follows from the bytes; seals are not looked at.

    Raises VerificationError (step 1) for what is no header of this engine, InvalidInput for an unknown engine.
    """
    return read(engine, raw)[0]


def read(engine: Engine | str, raw: bytes) -> tuple[Header, Fields]:
    """As `parse`, with the fields for who reads on."""
    kind = adapter(engine)
    layout = kind.layout
    fields = layout.read(raw)
    header = Header(
        hash=kind.block_hash(fields),
        parent_hash=fields[layout.parent],
        state_root=fields[layout.state],
        number=layout.integer(fields, layout.number),
        time=layout.integer(fields, layout.time),
        extra=fields[layout.extra],
        raw=raw,
    )
    return header, fields


def adapter(engine: Engine | str) -> Adapter:
    """What is particular to an engine. Raises InvalidInput for an unknown name."""
    try:
        return _ADAPTERS[Engine(engine)]
    except ValueError:
        raise InvalidInput("engine", str(engine)[:40], f"one of {', '.join(Engine)}") from None
