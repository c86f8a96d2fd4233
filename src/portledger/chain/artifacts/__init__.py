"""The compiled contracts, as package data: running needs no compiler (scripts/compile_contracts writes the files)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import orjson


@dataclass(frozen=True, slots=True)
class Artifact:
    """abi: as solc writes it; bytecode: creation code without the constructor's arguments.

    runtime: the code as it stands on a chain, with zeroes at the immutables (start, length, name of the
    variable) that the constructor fills.
    """

    name: str
    abi: tuple[dict[str, Any], ...]
    bytecode: bytes
    runtime: bytes
    immutables: tuple[tuple[int, int, str], ...]

    def made(self, code: bytes) -> bool:
        """Whether this source made the code of a contract, whatever its constructor was given."""
        if len(code) != len(self.runtime):
            return False
        blank = bytearray(code)
        for start, length, _ in self.immutables:
            blank[start : start + length] = bytes(length)
        return bytes(blank) == self.runtime


@cache
def ledger_artifact() -> Artifact:
    """DocumentLedger, which is also the party registry."""
    return read("DocumentLedger")


def read(name: str) -> Artifact:
    """One compiled contract by its name."""
    content = orjson.loads(files(__package__).joinpath(f"{name}.json").read_bytes())
    return Artifact(
        name,
        tuple(content["abi"]),
        bytes.fromhex(content["bytecode"].removeprefix("0x")),
        bytes.fromhex(content["runtime"].removeprefix("0x")),
        tuple((start, length, name) for start, length, name in content["immutables"]),
    )
