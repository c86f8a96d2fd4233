"""What happened, as CloudEvents 1.0: entries of documents and of parties in one stream, in the chain's order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import KindFile
from portledger.domain.records import Control
from portledger.formats import api_json as wire
from portledger.services.ledger import Ledger
from portledger.services.query import Viewer
from portledger.store import read_model
from portledger.store.read_model import Entry, LogEntry, Track
from portledger.store.tables import POSITION_SHIFT

SPECVERSION: Final = "1.0"
_PREFIX: Final = "portledger"
TYPES: Final = tuple(
    f"{_PREFIX}.{what}"
    for what in ("document.acted", "document.noted", "document.frozen", "document.unfrozen", "party.changed")
)
"""Every type of event."""


@dataclass(frozen=True, slots=True)
class Filter:
    """types: of events, () = all; document: only its events, None = those of all documents and parties."""

    types: tuple[str, ...] = ()
    document: bytes | None = None

    def __post_init__(self) -> None:
        """Raises InvalidInput."""
        for one in self.types:
            if one not in TYPES:
                raise InvalidInput("type", repr(one[:60]), ", ".join(TYPES))


ALL: Final = Filter()


@dataclass(frozen=True, slots=True)
class Page:
    """items: (position, event); last: everything up to this position was looked at; full: there may be more."""

    items: list[tuple[int, wire.CloudEvent]]
    last: int
    full: bool


def page(ledger: Ledger, who: Viewer, after: int, limit: int, only: Filter = ALL) -> Page:
    """What follows a position, of the viewer's documents and every party; auditors: of all documents. Looks at `limit`
    events, of which the filter may leave out some or all."""
    with ledger.databases.ledger.connect() as connection:
        # Each statement sees what is committed when it begins: a block that comes in between would show its later
        # events and not its earlier ones, which the cursor would pass for good.
        confirmed = read_model.confirmed(connection)
        if confirmed is None:
            return Page([], after, False)
        end = (confirmed.number + 1) << POSITION_SHIFT
        party = None if who.auditor else who.party
        entries = read_model.entries_after(connection, after, limit, party, only.document)
        logged = [] if only.document else read_model.party_entries_after(connection, after, limit)
    source = f"urn:portledger:{ledger.deployment.chain_id}:0x{ledger.deployment.ledger.hex()}"
    found = [(one.position, _of_document(one, source, ledger.kinds.get(_kind(one)))) for one in entries]
    found += [(one.position, _of_party(one, source)) for one in logged]
    looked = sorted((pair for pair in found if pair[0] < end), key=lambda pair: pair[0])[:limit]
    items = [pair for pair in looked if not only.types or pair[1].type in only.types]
    return Page(items, looked[-1][0] if looked else after, len(looked) == limit)


def _kind(entry: Entry) -> int:
    return Control.unpack(int.from_bytes(entry.control, "big")).kind


def _of_document(entry: Entry, source: str, kind: KindFile | None) -> wire.CloudEvent:
    control = Control.unpack(int.from_bytes(entry.control, "big"))
    data: dict[str, Any] = {
        "document": entry.document.hex(),
        "digest": entry.digest.hex(),
        "head": entry.head.hex(),
        "track": entry.track.word,
        "kind": control.kind,
        "state": kind.state_name(control.state) if kind else str(control.state),
        "issuer": control.issuer,
        "possessor": control.possessor,
        "endorsee": control.endorsee,
        "offeree": control.offeree,
        "block": entry.block,
        "transaction": entry.tx.hex(),
    }
    what = "frozen" if entry.until else "unfrozen"
    if entry.signed is not None:
        verb = entry.signed.action.verb
        data["verb"] = kind.verb_name(verb) if kind else str(verb)
        data["actor"] = entry.signed.action.actor
        what = "noted" if entry.track == Track.NOTES else "acted"
    return _event(entry.position, source, f"document.{what}", f"documents/{entry.document.hex()}", entry.time, data)


def _of_party(entry: LogEntry, source: str) -> wire.CloudEvent:
    data = {
        "party": entry.party,
        "digest": entry.digest.hex(),
        "head": entry.head.hex(),
        "block": entry.block,
        "transaction": entry.tx.hex(),
    }
    return _event(entry.position, source, "party.changed", f"parties/{entry.party}", entry.time, data)


def _event(position: int, source: str, kind: str, subject: str, time: int, data: dict[str, Any]) -> wire.CloudEvent:
    return wire.CloudEvent(
        specversion=SPECVERSION,
        id=str(position),
        source=source,
        type=f"{_PREFIX}.{kind}",
        time=datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        subject=subject,
        datacontenttype="application/json",
        data=data,
    )
