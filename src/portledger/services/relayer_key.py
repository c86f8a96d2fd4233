"""Which account the relayer sends from: to be seen by the operator, and changed while the relayer works.

What is named here is put to work by the relayer that has the lease, once it can sign with it and all that it sent from
the account before is final.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from portledger.domain.errors import InvalidInput
from portledger.services.ledger import Databases
from portledger.store import outbox, read_model, relayer_keys
from portledger.store.relayer_keys import Named


@dataclass(frozen=True, slots=True)
class Shown:
    """since: unix seconds, of that state; in_flight: transactions that have no outcome yet."""

    address: bytes
    state: str
    since: float
    in_flight: int


def look(databases: Databases) -> list[Shown]:
    """In the order in which they were named."""
    with databases.relay.connect() as connection:
        named = relayer_keys.all_named(connection)
        flying = Counter(one.sender for one in outbox.unsettled(connection))
    return [Shown(one.address, *_state(one), flying[one.address]) for one in named]


def _state(one: Named) -> tuple[str, float]:
    if one.ended_at is not None:
        return "former", one.ended_at
    return ("next", one.named_at) if one.began_at is None else ("at work", one.began_at)


def name(databases: Databases, address: bytes, now: float) -> None:
    """Raises InvalidInput for an account that can do something on the ledger, Conflict as relayer_keys.name_next."""
    with databases.ledger.connect() as connection:
        power = address in read_model.power_holders(connection).values()
        if power or read_model.account(connection, address) is not None:
            raise InvalidInput(
                "--next", f"0x{address.hex()}, {'a power' if power else 'a party'}'s", "an account without any power",
                "Make a new key: whoever has the relayer's must not be able to do anything on the ledger.",
            )  # fmt: skip
    with databases.relay.begin() as connection:
        relayer_keys.name_next(connection, address, now)


def withdraw(databases: Databases) -> bytes:
    """Raises NotFound when nothing waits."""
    with databases.relay.begin() as connection:
        return relayer_keys.withdraw(connection)
