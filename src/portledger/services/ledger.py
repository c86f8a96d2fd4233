"""What every use case needs: the databases, the ledger's identity, the kinds that this installation ships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from portledger.chain.deploy import Deployment
from portledger.domain.actions import Domain
from portledger.domain.kinds import KindFile
from portledger.domain.refusals import Unavailable
from portledger.store.database import Name, database_url, migrate, open_database

_SERVER: Final = "Check address, user and password, and that the server runs."


@dataclass(frozen=True, slots=True)
class Databases:
    """One engine each; see store/tables.py for who writes which."""

    intake: Engine
    relay: Engine
    ledger: Engine
    proofs: Engine

    @classmethod
    def open(cls, folder: Path, server: str | None = None) -> Databases:
        """The databases, brought to their newest form.

        folder: where the embedded ones lie; server: postgresql://… instead of them. Raises InvalidInput (an address of
        another database), Unavailable (no answer from the server).
        """
        names: tuple[Name, ...] = ("intake", "relay", "ledger", "proofs")
        engines = {name: open_database(database_url(folder, server, name), name) for name in names}
        try:
            for name, engine in engines.items():
                migrate(engine, name)
        except OperationalError as failure:
            if server is None:
                raise
            raise Unavailable("a database server that does not let us in", "one that does", _SERVER) from failure
        return cls(**engines)

    def close(self) -> None:
        for engine in (self.intake, self.relay, self.ledger, self.proofs):
            engine.dispose()


@dataclass(frozen=True, slots=True)
class Ledger:
    """One ledger as this gateway serves it."""

    deployment: Deployment
    databases: Databases
    kinds: Mapping[int, KindFile]

    @property
    def domain(self) -> Domain:
        return self.deployment.domain()

    def effects_of(self, kind: int, state: int, verb: int) -> int:
        """The effects of a row; 0 for a kind or row that is not known here."""
        file = self.kinds.get(kind)
        rule = file.rule(state, verb) if file else None
        return rule.effects if rule else 0
