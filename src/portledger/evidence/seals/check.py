"""Step 1: a block was sealed by enough of the validators whom the policy trusts (docs/protocol/seals.md).

The same for every engine that seals. A header lists the set that sealed it. Its seals must be of members of that list,
all different, at least ceil(2N/3) of them. Whether that list is the right one is decided by the set in force: the one
the policy names, until enough of *its* members seal a chain of blocks that lists another.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Final

from portledger.domain.errors import InvalidInput, SignaturesRefused
from portledger.domain.signatures import recover
from portledger.domain.verification_errors import OutsidePolicy
from portledger.evidence import headers
from portledger.evidence.headers import Engine, Header
from portledger.evidence.result import TITLES, Step
from portledger.evidence.seals.adapter import Sealing, Signed, refused

MAX_PATH: Final = 1000
"""Headers of a path; sets of validators change a few times a year."""
_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
"""Of the curve secp256k1."""


class Level(StrEnum):
    """How far a block is final by what the evidence itself shows."""

    SEALED = "sealed"
    UNSEALED = "unsealed"


@dataclass(frozen=True, slots=True)
class Trust:
    """A set of validators that the policy trusts to seal the blocks after `height`, until it hands over to another.

    validators: addresses, 20 bytes each, all different; their order means nothing.
    """

    height: int
    validators: tuple[bytes, ...]

    def __post_init__(self) -> None:
        """Raises InvalidInput."""
        if self.height < 0:
            raise InvalidInput("height", str(self.height), "0 or more")
        if not self.validators or any(len(one) != 20 for one in self.validators):
            raise InvalidInput("validators", f"{len(self.validators)} of them", "addresses of 20 bytes, at least one")
        if len(set(self.validators)) != len(self.validators):
            raise InvalidInput("validators", "one of them twice", "each of them once")


@dataclass(frozen=True, slots=True)
class SealedHeader:
    """A header with who sealed it, in the order of the seals; nobody where the level is unsealed."""

    header: Header
    level: Level
    signers: tuple[bytes, ...]


def quorum(members: int) -> int:
    """How many of so many validators make a block final: two thirds, rounded up."""
    return -(-2 * members // 3)


def check(engine: Engine | str, path: Sequence[bytes], header: bytes, trusted: Sequence[Trust]) -> SealedHeader:
    """The block's header, once it is shown that validators whom the policy trusts sealed it.

    path: header RLPs, ascending, that lead from a trusted set to the one that sealed the block: wherever the set
    changed, the first block of the new set, and the blocks right after it as far as needed until a quorum of the old
    set has sealed one of them. trusted: in any order; the set with the greatest height below the block's counts, path
    headers at or below that height are checked and change nothing.

    Raises VerificationError (step 1) for a malformed header and for wrong, doubled or too few seals; OutsidePolicy when
    all seals are in order, but nobody trusted hands over to the set that made them.
    """
    if len(path) > MAX_PATH:
        raise refused(f"a path of {len(path)} headers", f"{MAX_PATH} at most")
    if headers.adapter(engine).sealing is None:
        if path:
            raise refused(f"a path of {len(path)} headers", "none, since this engine has no validators")
        return SealedHeader(headers.parse(engine, header), Level.UNSEALED, ())
    blocks = [_Block.read(engine, raw) for raw in (*path, header)]
    for before, after in pairwise(blocks):
        if after.header.number <= before.header.number:
            raise refused(
                f"header of block {after.header.number} after that of {before.header.number}", "ascending headers"
            )
    last = blocks[-1]
    trust = _trust(trusted, last.header)
    force = _Force(trust.height, frozenset(trust.validators))
    for block in blocks:
        if block.header.number > trust.height:
            force.carry(block)
    if force.open is not None:
        raise force.not_handed_over()
    return SealedHeader(last.header, Level.SEALED, last.signers)


def path_of(engine: Engine | str, trust: Trust, series: Iterable[bytes]) -> list[bytes]:
    """The headers out of a series that `check` needs as its path, to go from a trusted set to the newest block's.

    series: header RLPs of all blocks after the trusted height, ascending, none left out. Seals are checked only where
    the set changes. Raises as `check`.
    """
    of_seals = headers.adapter(engine).sealing
    force, done = _Force(trust.height, frozenset(trust.validators)), 0
    path: list[bytes] = []
    for raw in series:
        if of_seals is None or frozenset(of_seals(headers.read(engine, raw)[1]).validators) == force.members:
            # Back to the set in force before it handed over: the headers in between lead nowhere.
            path, force.open, force.endorsers = path[:done], None, set()
            continue
        force.carry(_Block.read(engine, raw))
        path.append(raw)
        if force.open is None:
            done = len(path)
    return path


def listed_in(engine: Engine | str, header: bytes) -> Trust:
    """The set that a header lists, as if it were trusted as of its block. Only for engines that seal."""
    parsed, fields = headers.read(engine, header)
    sealing = headers.adapter(engine).sealing
    assert sealing is not None
    return Trust(parsed.number, sealing(fields).validators)


@dataclass(frozen=True, slots=True)
class Walk:
    """How far somebody has followed the headers of a chain, who trusts none of them.

    start: the header whose set the path goes out from; path: header RLPs, as `check` needs them from that set on.
    """

    start: bytes
    path: tuple[bytes, ...] = ()

    def on(self, engine: Engine | str, found: Sequence[bytes]) -> tuple[Walk, OutsidePolicy | None]:
        """The walk after these headers, which follow on those it has seen.

        Raises VerificationError for one that is none. Where the old set did not hand over, it begins anew at the last
        of them: a verifier must be told of a newer set from there on. The failure then comes beside it.
        """
        try:
            return Walk(self.start, tuple(path_of(engine, listed_in(engine, self.start), [*self.path, *found]))), None
        except OutsidePolicy as failure:
            return Walk(found[-1]), failure


@dataclass(frozen=True, slots=True)
class _Block:
    """A header whose seals fit the validators that it lists itself."""

    header: Header
    listed: frozenset[bytes]
    signers: tuple[bytes, ...]

    @classmethod
    def read(cls, engine: Engine | str, raw: bytes) -> _Block:
        header, fields = headers.read(engine, raw)
        of_seals = headers.adapter(engine).sealing
        assert of_seals is not None
        found = of_seals(fields)
        return cls(header, _listed(header, found), _signers(header, found))


@dataclass(slots=True)
class _Force:
    """The set in force, and a handover that is not complete yet: its newest block, and which members have sealed."""

    height: int
    members: frozenset[bytes]
    open: _Block | None = None
    endorsers: set[bytes] = field(default_factory=set)

    def carry(self, block: _Block) -> None:
        """Go on to the next header. Raises OutsidePolicy when it breaks off a handover."""
        if self.open is not None and not (
            block.header.parent_hash == self.open.header.hash and block.listed == self.open.listed
        ):
            raise self.not_handed_over()
        if block.listed == self.members:
            return
        self.open = block
        self.endorsers |= self.members.intersection(block.signers)
        if len(self.endorsers) >= quorum(len(self.members)):
            self.height, self.members = block.header.number, block.listed
            self.open, self.endorsers = None, set()

    def not_handed_over(self) -> OutsidePolicy:
        assert self.open is not None
        members, block = len(self.members), self.open.header.number
        return OutsidePolicy(
            int(Step.BLOCK),
            TITLES[Step.BLOCK],
            f"block {block}, sealed by other validators than those in force after block {self.height}, of whom "
            f"{len(self.endorsers)} of {members} sealed it or the blocks before it that list the others",
            f"the set in force, or {quorum(members)} of its {members} members under the change",
        )


def _trust(trusted: Sequence[Trust], header: Header) -> Trust:
    """The newest set that was trusted before the block."""
    before = [trust for trust in trusted if trust.height < header.number]
    if not before:
        known = ", ".join(str(trust.height) for trust in sorted(trusted, key=lambda trust: trust.height))
        raise OutsidePolicy(
            int(Step.BLOCK),
            TITLES[Step.BLOCK],
            f"block {header.number}",
            f"a block after one whose validators the policy names ({known or 'it names none'})",
        )
    return max(before, key=lambda trust: trust.height)


def _listed(header: Header, found: Sealing) -> frozenset[bytes]:
    """The validators of a header, each once."""
    if not found.validators:
        raise refused(
            f"block {header.number} lists no validators",
            "the validators in the header",
            "Evidence from chains that keep their validators in a contract is not sealed evidence.",
        )
    listed = frozenset(found.validators)
    if len(listed) != len(found.validators):
        raise refused(f"block {header.number} lists a validator twice", "each validator once")
    return listed


def _signers(header: Header, found: Sealing) -> tuple[bytes, ...]:
    """Who sealed a header: members of its list, all different, a quorum. Raises VerificationError."""
    members = set(found.validators)
    signers = [_member(header, one, members) for one in found.committed]
    if len(set(signers)) != len(signers):
        raise refused(f"block {header.number} with two seals of one validator", "one seal of each")
    if len(signers) < quorum(len(members)):
        raise refused(
            f"block {header.number} with {len(signers)} seals", f"{quorum(len(members))} of {len(members)} validators"
        )
    if found.proposer is not None:
        _member(header, found.proposer, members)
    return tuple(signers)


def _member(header: Header, signed: Signed, members: set[bytes]) -> bytes:
    """The validator who made a seal. Raises VerificationError."""
    try:
        signer = recover(signed.digest, _usual(signed.seal))
    except SignaturesRefused as failure:
        raise refused(f"block {header.number} with a seal that fits no key", "65 bytes r, s, v") from failure
    if signer not in members:
        raise refused(f"block {header.number} with a seal of 0x{signer.hex()}", "seals of the validators it lists")
    return signer


def _usual(seal: bytes) -> bytes:
    """A seal in the ledger's form of signatures: v 27 or 28, s in the lower half.

    Engines write v as 0 or 1 and take s from either half; the two halves are one signature, and nothing hashes it.
    """
    v, s = seal[64], int.from_bytes(seal[32:64], "big")
    if v > 1 or not 0 < s < _ORDER:
        return b""
    if s > _ORDER // 2:
        s, v = _ORDER - s, 1 - v
    return seal[:32] + s.to_bytes(32, "big") + bytes([27 + v])
