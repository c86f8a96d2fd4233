"""What a party believes of a gateway: nothing that it could make up, as far as that can be checked.

A gateway is asked which ledger this is, and for the logs of parties. The first answers are kept in a file beside the
keys (trust on first use); later ones must go on from them. A party's log is replayed from its own signatures. Where a
node is named, its word replaces the gateway's, at first use too.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from portledger.domain.actions import Domain
from portledger.domain.events import PartyChanged
from portledger.domain.hashing import abi_words, json_digest
from portledger.evidence.history import PartyEntry, party_entry_of
from portledger.evidence.party_log import PartyTimeline, replay
from portledger.formats import api_json as wire
from portledger.sdk.client import Client
from portledger.sdk.errors import GatewayProblem, LedgerChanged, LogChanged
from portledger.sdk.verify import LogReader

SUFFIX: Final = ".known"
"""alice.json has what alice knows of the ledger beside it in alice.known."""
_IDENTITY: Final = ("chainId", "ledger", "salt", "genesis", "codeDigest")


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a party's log was seen: so many entries, the last with this head (64 hex)."""

    entries: int
    head: str


class Known:
    """What was learnt of the ledger and its parties, kept in a file; path None: for as long as the process lives."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._kept: dict[str, Any] = {}

    @classmethod
    def beside(cls, key_file: Path | None) -> Known:
        """The file beside a key file."""
        return cls(key_file.with_suffix(SUFFIX) if key_file else None)

    def ledger(self, told: wire.LedgerJson) -> wire.LedgerJson:
        """The answer, when it names the ledger known here, or none is known yet. Raises LedgerChanged."""
        values = (told.chain_id, told.ledger.lower(), told.salt, told.genesis, told.code_digest)
        identity = dict(zip(_IDENTITY, values, strict=True))
        kept = self._read()
        if "ledger" not in kept:
            self._write({**kept, "ledger": identity})
        elif kept["ledger"] != identity:
            other = [name for name in _IDENTITY if kept["ledger"].get(name) != identity[name]]
            raise LedgerChanged(
                ", ".join(f"{name} {identity[name]}" for name in other),
                ", ".join(f"{name} {kept['ledger'].get(name)}" for name in other) + f" ({self.path or 'this session'})",
            )
        return told

    def check(self, party: int, entries: Sequence[PartyEntry]) -> None:
        """Raises LogChanged unless a log goes on from the one seen before."""
        before = self._seen(party)
        if before is None:
            return
        count = before.entries
        if len(entries) < count or entries[count - 1].head.hex() != before.head:
            found = f"{len(entries)} entries" if len(entries) < count else f"head {entries[count - 1].head.hex()}"
            raise LogChanged(
                f"a log of party {party} with {found}",
                f"head {before.head} at entry {count}, as seen before",
                party=party,
            )

    def log(self, party: int, entries: Sequence[PartyEntry]) -> None:
        """Takes note of a log that was replayed; one that was not may be rubbish, and honest ones would not go on from
        it. Raises LogChanged."""
        self.check(party, entries)
        seen = Seen(len(entries), entries[-1].head.hex())
        if seen != self._seen(party):
            kept = self._read()
            parties = {**kept.get("parties", {}), str(party): {"entries": seen.entries, "head": seen.head}}
            self._write({**kept, "parties": parties})

    def _seen(self, party: int) -> Seen | None:
        before = self._read().get("parties", {}).get(str(party))
        return None if before is None else Seen(int(before["entries"]), str(before["head"]))

    def _read(self) -> dict[str, Any]:
        """Raises LedgerChanged for a file that cannot be read: it may not be passed over as if it said nothing."""
        if self.path is None:
            return self._kept
        try:
            value = json.loads(self.path.read_text())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as wrong:
            raise LedgerChanged(f"{self.path}: {wrong}", "the file as it was written") from wrong
        if not isinstance(value, dict):
            raise LedgerChanged(f"{self.path}: a {type(value).__name__}", "the file as it was written")
        return value

    def _write(self, value: dict[str, Any]) -> None:
        """Whole or not at all."""
        self._kept = value
        if self.path is None:
            return
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".known.")
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(value, file, indent=1)
            os.replace(name, self.path)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise


def fetch_log(client: Client, party: int) -> tuple[PartyEntry, ...]:
    """A party's log as the gateway tells it: to be replayed before anything of it is believed."""
    return tuple(
        PartyEntry(
            digest=wire.digest(entry.digest, "$.digest"),
            party_word=int(entry.party_word, 16),
            profile=wire.digest(entry.profile, "$.profile"),
            encryption_key=wire.digest(entry.encryption_key, "$.encryptionKey"),
            account_word=int(entry.account_word, 16),
            signers=wire.digest(entry.signers, "$.signers"),
            head=wire.digest(entry.head, "$.head"),
            call=wire.hex_bytes(entry.call, "$.call"),
            time=entry.time,
            block=entry.block,
        )
        for entry in client.party_log(party)
    )


def timeline(client: Client, domain: Domain, party: int, known: Known, node: LogReader | None = None) -> PartyTimeline:
    """A party's life, replayed from its own signatures: by the node's events where there is one, else the gateway's
    answer, which must go on from what was seen before.

    Raises VerificationError (step 8), LogChanged.
    """
    if node is None:
        entries = fetch_log(client, party)
    else:
        events = node.events(domain.ledger, (PartyChanged,), [abi_words(party)])
        entries = tuple(party_entry_of(event) for event in events if isinstance(event, PartyChanged))
    if not entries:
        raise GatewayProblem(f"an empty log of party {party}", "at least its registration")
    line = replay(domain, party, entries, entries[-1].head)
    known.log(party, entries)
    return line


def profile(client: Client, domain: Domain, party: int, known: Known, node: LogReader | None = None) -> dict[str, Any]:
    """Who a party is: the profile whose digest stands in its log. Raises as `timeline`; GatewayProblem for another."""
    return checked_profile(client.profile(party), timeline(client, domain, party, known, node).profiles[-1])


def checked_profile(told: dict[str, Any], digest: bytes) -> dict[str, Any]:
    """The profile, if it is the one with this digest. Raises GatewayProblem: a name decides whom a title goes to."""
    if json_digest(told) != digest:
        raise GatewayProblem(
            f"a profile with digest {json_digest(told).hex()}", f"{digest.hex()}, the one in the party's log",
            "The gateway shows another name for this party than the ledger: do not rely on it.",
        )  # fmt: skip
    return told
