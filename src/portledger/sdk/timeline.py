"""What happened to a document, by its verified history: who, when, under which signatures, with what was said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portledger.domain.signatures import recover, split
from portledger.evidence.history import Act, Freeze
from portledger.formats.api_json import address_text
from portledger.sdk.reading import Reading


@dataclass(frozen=True, slots=True)
class Happened:
    """One act or note (verb, actor), or freeze (verb 0; until: unix seconds, 0 = its end).

    signers: accounts, recovered from the signatures; of a freeze the account that used its power. detail: what was
    sealed to this party; sealed: whether something was said, to whomever. time: unix seconds.
    """

    verb: int
    time: int
    signers: tuple[str, ...]
    actor: int = 0
    counterparty: int = 0
    endorsee: int = 0
    until: int = 0
    sealed: bool = False
    detail: Mapping[str, Any] | None = field(default=None, repr=False)


def timeline(session: Reading, document: str) -> list[Happened]:
    """Acts, notes and freezes in the order of time. Raises VerificationError."""
    history = session.proven(document)
    told = {entry.digest: entry for entry in session.history(document)}
    found = []
    every = [*history.entries, *(note for note in history.notes if isinstance(note, Act))]
    for one in sorted(every, key=lambda one: (one.block, one.time)):
        if isinstance(one, Freeze):
            found.append(Happened(0, one.time, (address_text(one.sender),), until=one.until))
            continue
        entry, act = told.get(one.digest.hex()), one.action
        found.append(
            Happened(
                verb=act.verb,
                time=one.time,
                signers=tuple(address_text(recover(one.digest, piece)) for piece in split(one.signatures)),
                actor=act.actor,
                counterparty=act.counterparty,
                endorsee=act.endorsee,
                sealed=any(act.detail),
                # What is sealed comes from the gateway by its digest: session.detail opens what the act names only.
                detail=session.detail(entry, document) if entry and any(act.detail) else None,
            )
        )
    return found
