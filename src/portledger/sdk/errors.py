"""What can go wrong on the party's side, and problems of the gateway turned back into domain errors."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from portledger.domain.errors import BY_NAME, InvalidInput, LedgerError, PortledgerError
from portledger.domain.refusals import (
    REFUSALS,
    BodyTooSlow,
    InFlight,
    NotSignedIn,
    QuotaUsedUp,
    Refusal,
    RequestInFlight,
    TooManyRequests,
    Unavailable,
)
from portledger.formats.api_json import Problem


class GatewayUnreachable(Refusal):
    """The gateway does not answer."""

    REMEDY: ClassVar[str] = "Start it with `portledger up`, or name its address with --gateway or PORTLEDGER_GATEWAY."


class NodeUnreachable(Refusal):
    """The node does not answer, or belongs to another chain."""

    REMEDY: ClassVar[str] = "Name a node of the ledger's chain with --node or PORTLEDGER_NODE."


class GatewayProblem(Refusal):
    """The gateway answered with something that this client does not know."""

    REMEDY: ClassVar[str] = "Compare the versions of client and gateway; the request is safe to repeat."


class NotFinalYet(Refusal):
    """The act was accepted and will reach the ledger, but did not within the time that the client waits."""

    REMEDY: ClassVar[str] = "Ask for the act's status by its digest later; sending the same act again is safe too."


class NotAdmitted(Refusal):
    """The registrar refused a registration."""

    REMEDY: ClassVar[str] = "Mend what the registrar names, and register again; the key file can be used for it."


class KindNotShipped(Refusal):
    """The ledger's kind is not the one whose file this client ships: its rules are not known here."""

    REMEDY: ClassVar[str] = "Install the release of portledger that ships this kind; never sign under unknown rules."


class KeyMissing(Refusal):
    """The wallet has not the key that this act needs."""

    REMEDY: ClassVar[str] = "Use the key file that holds it; `portledger key show` lists what a file holds."


class WaitingRefused(Refusal):
    """What waits for signatures is not what it says that it is: altered on its way, or no act of this party."""

    REMEDY: ClassVar[str] = "Do not sign it. Withdraw it, and ask the officer who made it to make it again."


class NotInHistory(WaitingRefused):
    """The gateway says that an act is on the ledger, and the document's verified history does not have it."""

    REMEDY: ClassVar[str] = "Ask again later: the gateway is behind, or lies. A node (--node) tells which."


class TooLargeToWait(Refusal):
    """An act with more content than the gateway keeps while it waits for other officers."""

    REMEDY: ClassVar[str] = "Put less into it, or sign it with enough accounts in one key file: then it need not wait."


class NotKept(Refusal):
    """A draft or job is not on the desk's disk, or could not be kept there."""

    REMEDY: ClassVar[str] = "Begin it again; what was signed already stands in the inbox."


class NotInspected(Refusal):
    """Accepting takes an inspection of exactly the content and history that are accepted."""

    REMEDY: ClassVar[str] = "Inspect the document again, read it, then accept."


class PastLastDay(Refusal):
    """The certificate's last day of validity has passed (docs/protocol §5): the client does not use it."""

    REMEDY: ClassVar[str] = "Ask the certifier for a new certificate."


class LedgerChanged(Refusal):
    """The gateway names another ledger than the one that these keys were first used with."""

    REMEDY: ClassVar[str] = (
        "Sign nothing. Ask the consortium whether the ledger was replaced; only if so, remove the file named above."
    )


class LogChanged(Refusal):
    """A party's log does not go on from what was seen of it before."""

    REMEDY: ClassVar[str] = (
        "Seal nothing to this party. The gateway is behind, or shows another log than before: compare with a node "
        "(--node) or another gateway."
    )


class NoGrant(Refusal):
    """Nobody has granted this party the key of a dataset."""

    REMEDY: ClassVar[str] = "Ask a party that can read it for a grant: `portledger grant DOCUMENT PARTY`."


AWAY: Final = (GatewayUnreachable, NodeUnreachable, Unavailable, TooManyRequests, NotSignedIn)
"""Gateway or node take nothing from this client for now: what else is asked is likely to end alike."""
UNDECIDED: Final = (
    *AWAY, NotFinalYet, NotInHistory, GatewayProblem, RequestInFlight, InFlight, BodyTooSlow, QuotaUsedUp,
)  # fmt: skip
"""These refuse no act: one that was sent may be on the ledger, or come there, and asking again later is safe. InFlight
speaks of another act on the document, which may be one of the same row."""

_OWN: Final = frozenset({"self", "found", "allowed", "remedy"})
"""What an error is made of besides its parameters, whatever a gateway calls those."""


def error_of(problem: Problem) -> PortledgerError:
    """The domain error that a problem stands for; its `at_step` is the numbered check that refused."""
    error = _rebuilt(problem)
    error.at_step = problem.step
    return error


def _rebuilt(problem: Problem) -> PortledgerError:
    if problem.code in BY_NAME:
        try:
            return _ledger_error(BY_NAME[problem.code], problem.parameters)
        except (KeyError, TypeError, ValueError):
            pass
    if problem.code == "InvalidInput":
        where = str(problem.parameters.get("where", "$"))
        return InvalidInput(where, problem.found, problem.allowed, problem.remedy)
    known = {**REFUSALS, **{leaf.__name__: leaf for leaf in Refusal.__subclasses__()}}
    kind = known.get(problem.code, GatewayProblem)
    found = problem.found or problem.detail or problem.title
    parameters = {name: value for name, value in problem.parameters.items() if name not in _OWN}
    return kind(found, problem.allowed, problem.remedy, **parameters)


def _ledger_error(kind: type[LedgerError], parameters: dict[str, Any]) -> LedgerError:
    """The error with its values read back from JSON by their ABI types."""
    names, types = kind.parameter_names(), kind.TYPES.split(",") if kind.TYPES else []
    values = {name: _value(parameters[_camel(name)], abi_type) for name, abi_type in zip(names, types, strict=True)}
    return kind(**values)


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def _value(value: Any, abi_type: str) -> Any:
    if abi_type.startswith("uint"):
        return int(value)
    if isinstance(value, str):
        return bytes.fromhex(value.removeprefix("0x"))
    return value
