"""What every use case needs: the databases, the ledger's identity, the kinds that this installation ships."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from portledger.chain.deploy import Deployment
from portledger.domain.actions import Domain
from portledger.domain.kinds import KindFile
from portledger.store.database import migrate, open_database, sqlite_url


@dataclass(frozen=True, slots=True)
class Databases:
    """One engine each; see store/tables.py for who writes which."""

    intake: Engine
    relay: Engine
    ledger: Engine
    proofs: Engine

    @classmethod
    def open(cls, folder: Path) -> Databases:
        """The embedded databases of a data folder, brought to their newest form."""
        found = cls(
            open_database(sqlite_url(folder, "intake"), "intake"),
            open_database(sqlite_url(folder, "relay"), "relay"),
            open_database(sqlite_url(folder, "ledger"), "ledger"),
            open_database(sqlite_url(folder, "proofs"), "proofs"),
        )
        migrate(found.intake, "intake")
        migrate(found.relay, "relay")
        migrate(found.ledger, "ledger")
        migrate(found.proofs, "proofs")
        return found

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
