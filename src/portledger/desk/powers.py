"""What a registrar's desk can do besides: the consortium's powers, given to the desk by whoever starts it.

The powers' keys are on the system's machine, so this desk runs there (`portledger desk --consortium DIR`); the pages
know nothing of how a call is carried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

from portledger.domain.codes import DAY, PartyAct
from portledger.formats import api_json as wire

DELAYS: Final = {
    PartyAct.ADD_ACCOUNT: 14 * DAY,
    PartyAct.SET_THRESHOLD: 14 * DAY,
    PartyAct.SET_PROFILE: 14 * DAY,
    PartyAct.SET_ROLES: 7 * DAY,
}
"""How long a registrar's proposal waits, open to the party's veto (docs/protocol §11)."""
MAX_DAYS: Final = 30
"""Days that a suspension lasts at most."""


class Powers(Protocol):
    """The registrar's power, and the registry as this machine's own database has it. Errors are the ledger's."""

    def waiting(self) -> list[tuple[str, wire.RegistrationRequest]]: ...

    def admit(self, request: str) -> wire.RegistrationStatus: ...

    def refuse(self, request: str, reason: str) -> None: ...

    def parties(self) -> list[tuple[wire.PartyJson, dict[str, Any]]]:
        """Every party with its profile (empty where none was sent here)."""
        ...

    def propose(self, party: int, what: int, value: bytes) -> None: ...

    def suspend(self, party: int, until: int) -> None: ...

    def reinstate(self, party: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Order:
    """A registrar's act as it was shown. call: propose, suspend or reinstate; until: unix seconds."""

    call: str
    party: int
    what: int = 0
    value: bytes = b""
    until: int = 0

    def carry(self, powers: Powers) -> None:
        if self.call == "propose":
            powers.propose(self.party, self.what, self.value)
        elif self.call == "suspend":
            powers.suspend(self.party, self.until)
        else:
            powers.reinstate(self.party)
