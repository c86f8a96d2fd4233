"""The files that travel with the package: kinds, roles, schemas, vectors.

In a wheel they lie under portledger/_protocol, in a checkout in the protocol folder at the top.
"""

from __future__ import annotations

import json
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from portledger.domain.actions import Domain
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import keccak
from portledger.domain.kinds import KindFile, RoleFile, lint_family, load, parse_roles


@lru_cache(maxsize=1)
def protocol_folder() -> Path:
    """Where the rules as data lie. Raises InvalidInput when the installation lacks them."""
    package = Path(__file__).parent
    for folder in (package / "_protocol", package.parents[1] / "protocol"):
        if folder.is_dir():
            return folder
    raise InvalidInput(str(package), "no protocol folder", "portledger/_protocol", "Install portledger again.")


@lru_cache(maxsize=1)
def verify_page() -> bytes:
    """The second verifier as one HTML page (verifier/). Raises InvalidInput when the installation lacks it."""
    package = Path(__file__).parent
    for file in (package / "_verifier" / "verify.html", package.parents[1] / "verifier" / "dist" / "verify.html"):
        if file.is_file():
            return file.read_bytes()
    raise InvalidInput(str(package), "no verify page", "portledger/_verifier/verify.html", "Install portledger again.")


def read(path: str) -> bytes:
    """One file below the protocol folder, such as "kinds/ebl_negotiable.toml"."""
    return (protocol_folder() / path).read_bytes()


@lru_cache(maxsize=1)
def kinds() -> dict[int, KindFile]:
    """All kinds that this version ships, by number, ascending. Raises KindError when a file breaks a rule."""
    files = sorted((protocol_folder() / "kinds").glob("*.toml"))
    loaded = sorted((load(file.read_bytes(), file.name) for file in files), key=lambda kind: kind.number)
    if findings := lint_family(loaded):
        raise findings[0]
    return {kind.number: kind for kind in loaded}


@lru_cache(maxsize=64)
def kind_source(number: int) -> dict[str, Any]:
    """The parsed file of a kind: what its fileDigest is the digest of. Raises InvalidInput for an unknown one."""
    wanted = kind(number).number
    for file in (protocol_folder() / "kinds").glob("*.toml"):
        data = tomllib.loads(file.read_text())
        if data.get("number") == wanted:
            return data
    raise InvalidInput("kind", str(number), "a kind that this version ships")


def kind(which: int | str) -> KindFile:
    """One kind by number (0x0101, "0x0101", "257") or id ("ebl-negotiable"). Raises InvalidInput for an unknown one."""
    for candidate in kinds().values():
        if which in (candidate.number, candidate.id, str(candidate.number)) or (
            isinstance(which, str) and which.lower() == f"0x{candidate.number:04x}"
        ):
            return candidate
    names = ", ".join(f"{known.id} (0x{known.number:04x})" for known in kinds().values())
    raise InvalidInput("kind", str(which), names)


@lru_cache(maxsize=1)
def roles() -> dict[str, RoleFile]:
    """The business roles by name, with bit and titles."""
    return parse_roles(read("roles.toml"))


@lru_cache(maxsize=1)
def _ledger_code() -> tuple[bytes, tuple[tuple[int, int, str], ...]]:
    file = Path(__file__).parent / "chain" / "artifacts" / "DocumentLedger.json"
    made = json.loads(file.read_bytes())
    places = tuple((start, length, name) for start, length, name in made["immutables"])
    return bytes.fromhex(made["runtime"].removeprefix("0x")), places


@lru_cache(maxsize=64)
def release_code_digest(domain: Domain) -> bytes:
    """keccak256 of this release's contract as it stands deployed at `domain`, its immutable words filled in.

    32 bytes: what the ledger's account holds as its code digest when nobody put other code there
    (docs/protocol §7, step 2).
    """
    runtime, places = _ledger_code()
    words = {"salt": domain.salt, "SEPARATOR": domain.separator(), "CHAIN": domain.chain_id.to_bytes(32, "big")}
    code = bytearray(runtime)
    for start, length, name in places:
        code[start : start + length] = words[name]
    return keccak(bytes(code))
