"""The conditions that a kind puts on its content, in CEL (docs/protocol §3, "checks").

An expression sees every dataset that it needs under the dataset's name. Three functions are ours, because CEL has no
decimal numbers: `total(list, 'member')` adds decimal strings, `decimal(text)` gives their one canonical spelling, and
`compare(a, b)` is -1, 0 or 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from portledger.domain.errors import InvalidInput, KindError
from portledger.domain.kinds import Check, KindFile


@dataclass(frozen=True, slots=True)
class Failure:
    """A check that does not hold. why: empty, or what kept it from being worked out."""

    check: Check
    why: str = ""


def failures(kind: KindFile, datasets: Mapping[str, Any]) -> list[Failure]:
    """The checks that do not hold, of those whose datasets are all there."""
    failed = []
    for check in kind.checks:
        if all(name in datasets for name in check.needs):
            try:
                holds = _program(check.cel).evaluate({name: _celled(datasets[name]) for name in check.needs})
            except Exception as error:  # noqa: BLE001 - celpy raises what Python raised inside
                failed.append(Failure(check, f"{type(error).__name__}: {error}"))
                continue
            if isinstance(holds, Exception) or not bool(holds):
                failed.append(Failure(check, str(holds) if isinstance(holds, Exception) else ""))
    return failed


def require(kind: KindFile, datasets: Mapping[str, Any]) -> None:
    """Raises InvalidInput with the title of the first check that does not hold."""
    for failure in failures(kind, datasets):
        raise InvalidInput(
            f"check {failure.check.name} of {kind.id}",
            failure.why or "content for which it is false",
            failure.check.title["en"],
            "Correct the content.",
        )


def lint(kind: KindFile) -> list[KindError]:
    """The checks of a kind that are no CEL."""
    findings = []
    for check in kind.checks:
        try:
            _program(check.cel)
        except Exception as error:  # noqa: BLE001 - whatever the parser says, the kind file is wrong
            findings.append(KindError(f"{kind.id} checks.{check.name}", str(error)[:200], "an expression in CEL"))
    return findings


@lru_cache(maxsize=256)
def _program(expression: str) -> Any:
    import celpy  # a quarter of a second, and only who checks content pays it

    environment = celpy.Environment()
    functions: dict[str, Any] = {"total": _total, "decimal": _decimal, "compare": _compare}
    return environment.program(environment.compile(expression), functions=functions)


def _celled(value: Any) -> Any:
    from celpy.adapter import json_to_cel

    return json_to_cel(value)


def _number(text: Any) -> Decimal:
    try:
        return Decimal(str(text))
    except InvalidOperation as error:
        raise InvalidInput("decimal", repr(str(text)[:40]), "a decimal string") from error  # celpy hides a ValueError


def _spelled(number: Decimal) -> Any:
    from celpy import celtypes

    return celtypes.StringType("0" if number == 0 else format(number.normalize(), "f"))


def _total(items: Any, member: Any) -> Any:
    return _spelled(sum((_number(item[member]) for item in items), Decimal(0)))


def _decimal(text: Any) -> Any:
    return _spelled(_number(text))


def _compare(left: Any, right: Any) -> Any:
    from celpy import celtypes

    a, b = _number(left), _number(right)
    return celtypes.IntType((a > b) - (a < b))
