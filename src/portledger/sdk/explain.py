"""The ledger's numbers in the words of the kind files, for people: what was found and what would be allowed."""

from __future__ import annotations

from portledger import resources
from portledger.domain.errors import NoRule, PortledgerError


def found_and_allowed(error: PortledgerError) -> tuple[str, str]:
    """The error's `found` and `allowed`; of NoRule with the names of verb, state and kind, if the kind is shipped."""
    if not isinstance(error, NoRule) or error.kind not in resources.kinds():
        return error.found, error.allowed
    kind = resources.kinds()[error.kind]
    verb = next((one.name for one in kind.verbs.values() if one.number == error.verb), f"verb {error.verb}")
    state = next((one.name for one in kind.states.values() if one.number == error.state), f"state {error.state}")
    there = ", ".join(kind.verb_name(number) for number in kind.verbs_in(error.state))
    return f"{verb} in state {state} of {kind.title['en']}", f"{there or 'nothing more, it has ended'} in this state"
