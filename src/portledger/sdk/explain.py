"""The ledger's numbers in the words of the kind files, for people: what was found and what would be allowed."""

from __future__ import annotations

from typing import Final

from portledger import resources
from portledger.domain import party_rules
from portledger.domain.codes import BEARER, Parameter
from portledger.domain.errors import BadParameter, NoRule, PortledgerError

_PARTIES: Final = (Parameter.COUNTERPARTY, Parameter.ENDORSEE)
_REGISTRY: Final = {
    party_rules.LISTS: "length of a list",
    party_rules.THRESHOLD: "threshold, or full accounts",
    party_rules.BARRED: "recovery barred",
    party_rules.SCOPE: "scope",
    party_rules.WHAT: "kind of change",
    party_rules.VALUE: "value",
    party_rules.UNTIL: "end of the stop",
    party_rules.ORDER_DIGEST: "order's digest",
    party_rules.ADDRESS: "account",
}
"""The registry's own parameters by name (docs/protocol §11)."""


def found_and_allowed(error: PortledgerError) -> tuple[str, str]:
    """The error's `found` and `allowed` with names and shares in place of numbers, where they are known."""
    if isinstance(error, NoRule) and error.kind in resources.kinds():
        return _no_rule(error)
    if isinstance(error, BadParameter):
        return _bad_parameter(error)
    return error.found, error.allowed


def _no_rule(error: NoRule) -> tuple[str, str]:
    """Verb, state and kind by name; of a verb that makes documents: its number has a document."""
    kind = resources.kinds()[error.kind]
    verb = next((one.name for one in kind.verbs.values() if one.number == error.verb), f"verb {error.verb}")
    state = next((one.name for one in kind.states.values() if one.number == error.state), f"state {error.state}")
    if error.state and kind.rule(0, error.verb) is not None:
        return f"a document under this number already, in state {state}", "a number that you never used"
    there = ", ".join(kind.verb_name(number) for number in kind.verbs_in(error.state))
    return f"{verb} in state {state} of {kind.title['en']}", f"{there or 'nothing more, it has ended'} in this state"


def _bad_parameter(error: BadParameter) -> tuple[str, str]:
    if error.parameter == Parameter.QUANTITY:
        return f"{_share(error.found_value)} used", f"{_share(error.allowed_value)} of what is certified"
    if error.parameter in _PARTIES:
        return f"{error.name} {_party(error.found_value)}", f"{_party(error.allowed_value)}, or as the row's mode says"
    if error.parameter == party_rules.ALREADY:
        return "nothing to change: it is so already", "a change"
    if error.parameter == party_rules.BARRED and error.allowed_value:
        return (
            f"{error.found_value} full accounts",
            f"{error.allowed_value} full accounts and a threshold of 2, or more",
        )
    name = _REGISTRY.get(error.parameter, error.name)
    return f"{name} = {error.found_value}", f"{name} = {error.allowed_value}, or as its rule says"


def _share(ppm: int) -> str:
    """Parts per million as per cent."""
    return f"{ppm / 10_000:.4f}".rstrip("0").rstrip(".") + " %"


def _party(party: int) -> str:
    return {0: "nobody", BEARER: "bearer"}.get(party, f"party {party}")
