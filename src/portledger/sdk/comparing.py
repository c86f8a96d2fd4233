"""Two versions of a document, as far as a party may read either, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from portledger.domain.codes import ZERO
from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import KindFile
from portledger.domain.records import Control
from portledger.evidence.history import Act, History
from portledger.formats.comparing import Dataset, Side, datasets
from portledger.sdk.opening import OpenedDocument
from portledger.sdk.reading import Reading


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the contents: the act that wrote it. time: unix seconds."""

    number: int
    verb: int
    actor: int
    time: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """datasets: in the kind's order; versions: all that there are, oldest first."""

    kind: KindFile
    before: int
    after: int
    versions: tuple[Version, ...]
    datasets: tuple[Dataset, ...]


def versions(history: History) -> tuple[Version, ...]:
    """The versions that acts of a verified history wrote."""
    return tuple(
        Version(Control.unpack(one.control).version, one.action.verb, one.action.actor, one.time)
        for one in history.entries
        if isinstance(one, Act) and one.action.content != ZERO
    )


def compare(session: Reading, document: str, before: int | None = None, after: int | None = None) -> Comparison:
    """Compares two versions (default: the newest, and the one before the other), each opened with every check.

    Raises InvalidInput for versions that there are not, and what opening raises.
    """
    history = session.proven(document)
    known = versions(history)
    newest = known[-1].number
    after = newest if after is None else after
    before = after - 1 if before is None else before
    for one in (before, after):
        if one not in [version.number for version in known]:
            raise InvalidInput("version", str(one), f"1 to {newest}")
    found = datasets(_side(session.open(document, version=before)), _side(session.open(document, version=after)))
    return Comparison(history.kind, before, after, known, tuple(found))


def _side(opened: OpenedDocument) -> Side:
    return Side({one.name: one for one in opened.manifest.datasets}, opened.values())
