"""What an audit must remember to go on after an interruption: lines of text, bound to the ledgerHead of their moment.

The first line is a JSON object (registry, powers, counts, place), then one line for each document and one for each
claim, then `end` with the SHA-256 of everything before it. It says what was verified by whoever wrote it: keep it as
you keep the verdict. The digest finds damage, not malice; the ledgerHead finds another ledger or another past.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from portledger.domain.actions import Domain
from portledger.domain.calls_decode import decode_define_kind
from portledger.domain.codes import PartyAct, Power, Source
from portledger.domain.errors import InvalidInput, PortledgerError
from portledger.domain.events import Where
from portledger.domain.kinds import KindFile, kind_digest
from portledger.domain.model import Kind
from portledger.domain.parties import Account, Change, Party
from portledger.domain.table import unpack
from portledger.evidence.audit.ledger import PACKED, PackedLedger
from portledger.evidence.audit.replay import Auditor, Holders, PowerUse

SCHEMA: Final = "portledger/audit-state/1"
_REMEDY: Final = "Start the audit anew, without this file."


def dump(auditor: Auditor) -> Iterator[str]:
    """The lines, without their line ends."""
    digest = hashlib.sha256()
    for line in _lines(auditor):
        digest.update(line.encode() + b"\n")
        yield line
    yield f"end {digest.hexdigest()}"


def _lines(auditor: Auditor) -> Iterator[str]:
    ledger = auditor.ledger
    yield json.dumps(_first(auditor), separators=(",", ":"), sort_keys=True)
    for document, packed in ledger.packed.items():
        notes = "".join(digest.hex() for digest in ledger.live_notes.get(document, ()))
        yield f"document {document.hex()} {packed.hex()} {notes}".rstrip()
    for claim, document in ledger.claims.items():
        yield f"claim {claim.hex()} {document.hex()}"


def _first(auditor: Auditor) -> dict[str, Any]:
    ledger, domain, last = auditor.ledger, auditor.ledger.domain, auditor.last
    return {
        "schema": SCHEMA,
        "chainId": domain.chain_id,
        "ledger": domain.ledger.hex(),
        "salt": domain.salt.hex(),
        "powers": [power.hex() for power in auditor.powers],
        "firstBlock": auditor.first_block,
        "events": auditor.taken,
        "last": [last.block, last.time, last.index, last.tx.hex()] if last else None,
        "ledgerHead": ledger.ledger_head.hex(),
        "counts": dict(auditor.counts),
        "uses": [[u.block, u.time, u.power, u.sender.hex(), u.what, u.on] for u in auditor.uses],
        "log0": [[h.number, h.block, h.time, h.what, h.governor.hex(), h.registrar.hex(), h.guardian.hex()]
                 for h in auditor.log0],
        "holders": [holder.hex() for holder in ledger.holders.values()],
        "pending": [[number, account.hex(), ready] for number, (account, ready) in ledger.pending.items()],
        "tables": [call.hex() for call in ledger.tables.values()],
        "heads": [[party, head.hex()] for party, head in ledger.party_heads.items()],
        "parties": [
            [number, f"{party.pack():x}", ledger.profiles[number].hex(), ledger.encryption_keys[number].hex(),
             ledger.nonces.get(number, 0)]
            for number, party in ledger.parties.items()
        ],
        "accounts": [[address.hex(), f"{account.pack():x}"] for address, account in ledger.accounts.items()],
        "changes": [
            [name.hex(), c.party, int(c.what), int(c.source), c.proposed_at, c.ready_at, c.dead, c.value.hex()]
            for name, c in ledger.changes.items()
        ],
        "places": [[party, int(source), int(what), name.hex()]
                   for (party, source, what), name in ledger.open_changes.items()],
    }  # fmt: skip


def load(lines: Iterable[str], kinds: Mapping[int, KindFile] | None = None) -> Auditor:
    """The auditor as it was. Raises InvalidInput for lines that are damaged, cut, or of another form."""
    digest = hashlib.sha256()
    auditor: Auditor | None = None
    try:
        for line in lines:
            word, _, rest = line.partition(" ")
            if word == "end":
                if auditor is None or rest != digest.hexdigest():
                    raise _bad("a digest that does not fit")
                return auditor
            digest.update(line.encode() + b"\n")
            if auditor is None:
                auditor = _auditor(json.loads(line), kinds)
            else:
                _line(auditor.ledger, word, rest.split(" "))
    except InvalidInput:
        raise
    except (PortledgerError, KeyError, ValueError, TypeError, IndexError, RecursionError) as failure:
        raise _bad(f"a line that does not fit ({type(failure).__name__})") from failure
    raise _bad("no end: the file was cut")


def _bad(found: str) -> InvalidInput:
    return InvalidInput("state file", found, f"a whole {SCHEMA}", _REMEDY)


def _line(ledger: PackedLedger, word: str, rest: list[str]) -> None:
    if word == "document":
        document, packed = bytes.fromhex(rest[0]), bytes.fromhex(rest[1])
        if len(document) != 32 or len(packed) not in PACKED:
            raise _bad("a document of another length")
        ledger.packed[document] = packed
        if len(rest) > 2:
            notes = bytes.fromhex(rest[2])
            ledger.live_notes[document] = tuple(notes[at : at + 32] for at in range(0, len(notes), 32))
            ledger.notes.update(ledger.live_notes[document])
    elif word == "claim":
        ledger.claims[bytes.fromhex(rest[0])] = bytes.fromhex(rest[1])
    else:
        raise _bad(f"a line {word[:20]!r}")


def _auditor(first: dict[str, Any], kinds: Mapping[int, KindFile] | None) -> Auditor:
    if first["schema"] != SCHEMA:
        raise _bad(f"schema {str(first['schema'])[:40]!r}")
    domain = Domain(first["chainId"], bytes.fromhex(first["ledger"]), bytes.fromhex(first["salt"]))
    auditor = Auditor(domain, [bytes.fromhex(power) for power in first["powers"]], first["firstBlock"], kinds)
    auditor.taken = first["events"]
    if first["last"] is not None:
        block, time, index, tx = first["last"]
        auditor.last = Where(block, time, index, bytes.fromhex(tx))
    auditor.counts = Counter(first["counts"])
    auditor.uses = [PowerUse(b, t, power, bytes.fromhex(s), what, on) for b, t, power, s, what, on in first["uses"]]
    auditor.log0 = [Holders(n, b, t, what, *map(bytes.fromhex, held)) for n, b, t, what, *held in first["log0"]]
    _registry(auditor.ledger, first)
    return auditor


def _registry(ledger: PackedLedger, first: dict[str, Any]) -> None:
    ledger.ledger_head = bytes.fromhex(first["ledgerHead"])
    ledger.holders = dict(zip(Power, map(bytes.fromhex, first["holders"]), strict=True))
    ledger.pending = {number: (bytes.fromhex(account), ready) for number, account, ready in first["pending"]}
    ledger.party_heads = {party: bytes.fromhex(head) for party, head in first["heads"]}
    for number, word, profile, key, nonce in first["parties"]:
        party = Party.unpack(int(word, 16))
        if party is None:
            raise _bad("a party of nothing")
        ledger.parties[number] = party
        ledger.profiles[number], ledger.encryption_keys[number] = bytes.fromhex(profile), bytes.fromhex(key)
        ledger.nonces[number] = nonce
    for address, word in first["accounts"]:
        account = Account.unpack(int(word, 16))
        if account is None:
            raise _bad("an account of nobody")
        ledger.accounts[bytes.fromhex(address)] = account
    for name, number, what, source, proposed, ready, dead, value in first["changes"]:
        ledger.changes[bytes.fromhex(name)] = Change(
            number, PartyAct(what), Source(source), proposed, ready, dead, bytes.fromhex(value)
        )
    for number, source, what, name in first["places"]:
        ledger.open_changes[number, Source(source), what] = bytes.fromhex(name)
    for text in first["tables"]:
        _table(ledger, bytes.fromhex(text))


def _table(ledger: PackedLedger, call: bytes) -> None:
    table = decode_define_kind(call)
    rules = {(key >> 8, key & 0xFF): unpack(word) for key, word in zip(table.keys, table.words, strict=True)}
    digest = kind_digest(table.file_digest, list(table.keys), list(table.words), list(table.verbs), list(table.intents))
    ledger.kinds[table.kind] = Kind(digest, rules, dict(zip(table.verbs, table.intents, strict=True)))
    ledger.tables[table.kind] = call
