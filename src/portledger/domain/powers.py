"""The three powers over the registry and the running hash over everything (docs/protocol §11, §2)."""

from __future__ import annotations

from portledger.domain.actions import Domain
from portledger.domain.codes import CONSORTIUM, DAY, ZERO, Power
from portledger.domain.errors import NotReady, PowerMissing
from portledger.domain.hashing import abi_words, entry, keccak
from portledger.domain.party_rules import ADDRESS, WHAT, bad
from portledger.domain.signatures import signers_word


class Powers:
    """Who is governor, registrar and guardian, who is to become it, and log 0, in which they write."""

    def __init__(self, domain: Domain, governor: bytes, registrar: bytes, guardian: bytes) -> None:
        """Raises BadParameter (address) unless the three are different and not zero (20 bytes each)."""
        self.domain = domain
        self.holders: dict[Power, bytes] = {}
        for power, holder in zip(Power, (governor, registrar, guardian), strict=True):
            self._check_appointee(holder)
            self.holders[power] = holder
        self.pending: dict[int, tuple[bytes, int]] = {}
        self.party_heads: dict[int, bytes] = {}
        self.ledger_head = ZERO

    def appoint(self, sender: bytes, power: int, account: bytes, now: int, call: bytes) -> None:
        """Raises PowerMissing, BadParameter."""
        self._check_power(Power.GOVERNOR, sender)
        if not 1 <= power <= Power.GUARDIAN:
            raise bad(WHAT, power, int(Power.GUARDIAN))
        self._check_appointee(account)
        self.pending[power] = (account, now + 7 * DAY)
        self._log_consortium(sender, now, call)

    def accept(self, sender: bytes, power: int, now: int, call: bytes) -> None:
        """Raises PowerMissing, NotReady, BadParameter (address)."""
        appointed, ready_at = self.pending.get(power, (bytes(20), 0))
        if sender != appointed:
            raise PowerMissing(power=power, sender=sender)
        if now < ready_at:
            raise NotReady(ready_at=ready_at)
        self._check_appointee(sender)
        del self.pending[power]
        self.holders[Power(power)] = sender
        self._log_consortium(sender, now, call)

    def _check_appointee(self, account: bytes) -> None:
        if account == bytes(20) or account in self.holders.values():
            raise bad(ADDRESS, int.from_bytes(account, "big"))

    def _check_power(self, power: Power, sender: bytes) -> None:
        if sender != self.holders[power]:
            raise PowerMissing(power=int(power), sender=sender)

    def _governor_or_registrar(self, sender: bytes) -> bool:
        """True for the governor, False for the registrar."""
        if sender == self.holders[Power.GOVERNOR]:
            return True
        self._check_power(Power.REGISTRAR, sender)
        return False

    def _log_consortium(self, sender: bytes, now: int, call: bytes, kind: int = 0, digest: bytes = ZERO) -> None:
        result = keccak(abi_words(*self.holders.values(), kind, digest))
        head = entry(self.party_heads.get(CONSORTIUM, ZERO), call, result, signers_word([sender]), now)
        self.party_heads[CONSORTIUM] = head
        self._chain(head)

    def _chain(self, head: bytes) -> None:
        self.ledger_head = keccak(self.ledger_head, head)
