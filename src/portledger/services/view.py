"""The parties and accounts of the ledger in memory: every signed act asks for them, and they change seldom."""

from __future__ import annotations

from sqlalchemy import Connection

from portledger.domain.parties import Account, Party
from portledger.store import read_model


class PartyView:
    """What the read model says about parties and accounts; `refresh` takes the newer entries of the logs over."""

    def __init__(self) -> None:
        self._parties: dict[int, Party] = {}
        self._accounts: dict[bytes, Account] = {}
        self._position = -1

    def party(self, number: int) -> Party | None:
        return self._parties.get(number)

    def account(self, address: bytes) -> Account | None:
        return self._accounts.get(address)

    def refresh(self, connection: Connection) -> None:
        newest = read_model.last_party_position(connection)
        if newest == self._position:
            return
        if newest < self._position or self._position < 0:
            self._parties.clear()
            self._accounts.clear()
            changed = {one.party for one in read_model.list_parties(connection, 0, 1 << 31)}
        else:
            changed = {one.party for one in read_model.party_entries_after(connection, self._position, 1 << 31)}
        for number in changed:
            self._load(connection, number)
        self._position = newest

    def _load(self, connection: Connection, number: int) -> None:
        found = read_model.party(connection, number)
        if found is not None:
            self._parties[number] = found.word
        self._accounts.update(read_model.accounts_of(connection, number))
