"""What a verifier trusts: ledgers, validator sets, kinds, ages, roles (docs/protocol/evidence.md, "The policy").

A policy raises OutsidePolicy for what it does not trust; it never answers false.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from portledger.domain.actions import Domain
from portledger.domain.codes import Role
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.verification_errors import OutsidePolicy
from portledger.evidence.result import TITLES, Step
from portledger.evidence.seals.check import Trust

SCHEMA: Final = "portledger/policy/1"
RELEASE: Final = "release"
EMBEDDED_CHAIN: Final = 1337
"""Chain id of the embedded development ledger, which the default policy trusts."""
CodeOf = Callable[[Domain], bytes]
"""The digest that this release's contract has when deployed there."""

_ADDRESS: Final = re.compile(r"0x[0-9a-f]{40}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_MAX: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class LedgerRule:
    """One trusted ledger. address, salt: None for any; code: digest of its code, None for this release's contract."""

    chain_id: int
    engine: str
    address: bytes | None = None
    salt: bytes | None = None
    code: bytes | None = None
    validators: tuple[Trust, ...] = ()

    def speaks_of(self, domain: Domain, engine: str) -> bool:
        return (
            self.chain_id == domain.chain_id
            and self.engine == engine
            and self.address in (None, domain.ledger)
            and self.salt in (None, domain.salt)
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """kinds: digests that are trusted besides none (empty: those that come with the verifier); greatest_age: seconds, 0
    = any; stamps: SHA-256 of the certificates of time-stamping authorities."""

    ledgers: tuple[LedgerRule, ...]
    kinds: frozenset[bytes] = frozenset()
    sealed: bool = False
    stamped: bool = False
    greatest_age: int = 0
    signed_by: tuple[str, ...] = ()
    audience: str = ""
    stamps: frozenset[bytes] = field(default_factory=frozenset)

    def ledger(self, domain: Domain, engine: str) -> LedgerRule:
        """The first rule for this ledger. Raises OutsidePolicy (step 1)."""
        for rule in self.ledgers:
            if rule.speaks_of(domain, engine):
                return rule
        known = ", ".join(f"chain {rule.chain_id} ({rule.engine})" for rule in self.ledgers) or "none"
        found = f"ledger 0x{domain.ledger.hex()} on chain {domain.chain_id} ({engine}), salt {domain.salt.hex()}"
        raise _outside(Step.BLOCK, found, f"a ledger of the policy: {known}")

    def check_code(self, rule: LedgerRule, domain: Domain, digest: bytes, release: CodeOf) -> None:
        """Raises OutsidePolicy (step 2) unless the account holds the code that the rule names."""
        wanted = release(domain) if rule.code is None else rule.code
        if digest != wanted:
            raise _outside(Step.ACCOUNT, f"code digest {digest.hex()}", wanted.hex())

    def check_kind(self, digest: bytes, shipped: frozenset[bytes]) -> None:
        """Raises OutsidePolicy (step 4). shipped: digests of the kinds that come with this release."""
        if digest not in (self.kinds or shipped):
            raise _outside(Step.KIND, f"kind digest {digest.hex()}", "a kind that the policy trusts")

    def check_level(self, sealed: bool) -> None:
        """Raises OutsidePolicy (step 1)."""
        if self.sealed and not sealed:
            raise _outside(Step.BLOCK, "a block that nobody sealed", "sealed evidence")

    def check_age(self, time: int, now: int) -> None:
        """Raises OutsidePolicy (step 15). time: the block's; now: of whoever verifies, unix seconds."""
        if self.greatest_age and now - time > self.greatest_age:
            raise _outside(
                Step.RESULT, f"evidence {now - time} s old", f"at most {self.greatest_age} s", "Ask for a newer one."
            )

    def check_roles(self, held: int) -> None:
        """Raises OutsidePolicy (step 15). held: the roles of all who signed an act, at that time."""
        for name in self.signed_by:
            if not held & Role.from_names([name]):
                raise _outside(Step.RESULT, f"no act signed by a party with role {name}", "one")

    def check_stamped(self, stamped: bool) -> None:
        if self.stamped and not stamped:
            raise _outside(Step.RESULT, "no outside time stamp", "stamped evidence")

    def check_audience(self, audience: str) -> None:
        if self.audience and audience != self.audience:
            raise _outside(Step.RESULT, f"a presentation for {audience!r}", repr(self.audience))


DEFAULT: Final = Policy((LedgerRule(EMBEDDED_CHAIN, "none"),))
"""The embedded ledger, this release's contract and kinds; nothing else."""


def read(text: str) -> Policy:
    """A policy from TOML. Raises InvalidInput."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise InvalidInput("policy", str(failure), "TOML 1.0") from failure
    return parse(data)


def parse(data: Any) -> Policy:
    """A policy from its parsed TOML or JSON. Raises InvalidInput with the member."""
    members = _table(data, "policy", {"schema", "ledger"}, {"kinds", "require", "stamp"})
    if members["schema"] != SCHEMA:
        raise InvalidInput("policy.schema", repr(members["schema"])[:80], SCHEMA)
    require = _table(
        members.get("require", {}), "require", set(),
        {"sealed", "stamped", "greatest_age", "signed_by", "audience"},
    )  # fmt: skip
    kinds = _table(members.get("kinds", {}), "kinds", set(), {"digests"})
    return Policy(
        ledgers=tuple(_ledger(one, f"ledger[{at}]") for at, one in enumerate(_list(members["ledger"], "ledger"))),
        kinds=frozenset(_digest(one, "kinds.digests") for one in _list(kinds.get("digests", []), "kinds.digests")),
        sealed=_flag(require.get("sealed", False), "require.sealed"),
        stamped=_flag(require.get("stamped", False), "require.stamped"),
        greatest_age=_integer(require.get("greatest_age", 0), "require.greatest_age"),
        signed_by=tuple(_role(one) for one in _list(require.get("signed_by", []), "require.signed_by")),
        audience=_text(require.get("audience", ""), "require.audience"),
        stamps=frozenset(
            _digest(_table(one, "stamp", {"certificate"}, set())["certificate"], "stamp.certificate")
            for one in _list(members.get("stamp", []), "stamp")
        ),
    )


def _ledger(data: Any, at: str) -> LedgerRule:
    members = _table(data, at, {"chain_id", "engine", "code"}, {"address", "salt", "validators"})
    if members["engine"] not in ("none", "qbft", "istanbul"):
        raise InvalidInput(f"{at}.engine", repr(members["engine"])[:80], "none, qbft, istanbul")
    return LedgerRule(
        chain_id=_integer(members["chain_id"], f"{at}.chain_id", 1),
        engine=members["engine"],
        address=_address(members["address"], f"{at}.address") if "address" in members else None,
        salt=_digest(members["salt"], f"{at}.salt") if "salt" in members else None,
        code=None if members["code"] == RELEASE else _digest(members["code"], f"{at}.code"),
        validators=tuple(
            _trust(one, f"{at}.validators[{number}]")
            for number, one in enumerate(_list(members.get("validators", []), f"{at}.validators"))
        ),
    )


def _trust(data: Any, at: str) -> Trust:
    members = _table(data, at, {"height", "accounts"}, set())
    accounts = tuple(_address(one, f"{at}.accounts") for one in _list(members["accounts"], f"{at}.accounts"))
    if not accounts or len(set(accounts)) != len(accounts):
        raise InvalidInput(f"{at}.accounts", f"{len(accounts)} accounts", "at least one, each once")
    return Trust(_integer(members["height"], f"{at}.height"), accounts)


def _table(data: Any, at: str, needed: set[str], allowed: set[str]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise InvalidInput(at, f"a {type(data).__name__}", "a table")
    unknown, missing = sorted(data.keys() - needed - allowed), sorted(needed - data.keys())
    if unknown or missing:
        found = ", ".join([*(f"unknown {name}" for name in unknown), *(f"no {name}" for name in missing)])
        raise InvalidInput(at, found, ", ".join(sorted(needed | allowed)))
    return data


def _list(value: Any, at: str) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidInput(at, f"a {type(value).__name__}", "a list")
    return value


def _flag(value: Any, at: str) -> bool:
    if type(value) is not bool:
        raise InvalidInput(at, repr(value)[:80], "true or false")
    return value


def _integer(value: Any, at: str, low: int = 0) -> int:
    if type(value) is not int or not low <= value <= _MAX:
        raise InvalidInput(at, repr(value)[:80], f"an integer from {low} to {_MAX}")
    return value


def _text(value: Any, at: str) -> str:
    if type(value) is not str:
        raise InvalidInput(at, repr(value)[:80], "a string")
    return value


def _role(value: Any) -> str:
    name = _text(value, "require.signed_by")
    try:
        Role.from_names([name])
    except (PortledgerError, KeyError) as failure:
        raise InvalidInput("require.signed_by", repr(name)[:80], "a business role's name") from failure
    return name


def _digest(value: Any, at: str) -> bytes:
    if type(value) is not str or not _DIGEST.fullmatch(value):
        raise InvalidInput(at, repr(value)[:80], "64 lower-case hex digits")
    return bytes.fromhex(value)


def _address(value: Any, at: str) -> bytes:
    if type(value) is not str or not _ADDRESS.fullmatch(value):
        raise InvalidInput(at, repr(value)[:80], "0x and 40 lower-case hex digits")
    return bytes.fromhex(value[2:])


def _outside(step: Step, found: str, allowed: str, remedy: str = "") -> OutsidePolicy:
    return OutsidePolicy(int(step), TITLES[step], found, allowed, remedy)
