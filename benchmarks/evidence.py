"""Making evidence: a bundle with 1,000 hand-overs from the gateway's databases, its size, and a presentation's size.

Prints JSON lines {name, value, unit, peer, peer_value}. No chain: the read model is filled from the events of a history
that the pure rules made, and the kept proof leads through a storage trie of 20,000 words. Times are the best of a few
requests; what a request does is all of it: read, choose the nodes, encode. The peer's figure is for reading the same
history from its node, 1,012 calls; it makes no file.
"""

from __future__ import annotations

import gzip
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.support.bft import sealed_header
from tests.support.evidence import GOVERNOR, REGISTRAR, account_leaf, storage
from tests.support.histories import DOMAIN, GUARDIAN, START, Town
from tests.support.tries import build

from benchmarks.verify import PEERS, best_of, handed_over
from portledger import resources
from portledger.chain.deploy import Deployment
from portledger.chain.rpc import Rpc
from portledger.domain.calls_decode import call_digest
from portledger.domain.events import ActionApplied, KindDefined, LedgerEvent, PartyChanged, Where
from portledger.domain.hashing import keccak, word
from portledger.evidence import bundle, headers, making, presentation, rlp
from portledger.evidence.history import Act, PowerEntry
from portledger.evidence.making import Form
from portledger.evidence.presentation import Presentation
from portledger.services.ledger import Databases, Ledger
from portledger.services.prove import Prover
from portledger.store import projection, proofs
from portledger.store.proofs import KeptProof, ProvenBlock
from portledger.store.read_model import Block
from portledger.vault.contents import seal_content
from portledger.vault.manifest import Place

WORDS: Final = 20_000
"""Words in the ledger's storage beside the document's."""
CALL: Final = b"\0\0\0\1" + b"the table of a kind, as long as one" * 300
HOLDERS: Final = (GOVERNOR, REGISTRAR, GUARDIAN)


def log0(town: Town) -> tuple[KindDefined, PowerEntry]:
    """The consortium's one entry, as event and as evidence."""
    kind = town.kind
    made = PowerEntry(
        call_digest(CALL), *HOLDERS, kind.number, kind.kind_digest, word(GOVERNOR), START - 100
    )  # fmt: skip
    head = making.log0_head([made])
    where = Where(0, START - 100, 0, bytes(32))
    return KindDefined(where, kind.number, kind.kind_digest, kind.file_digest, head, GOVERNOR, CALL), made


def events(town: Town) -> Iterator[LedgerEvent]:
    """What the ledger would have said, in order."""
    yield log0(town)[0]
    told: list[tuple[int, int, Any]] = []
    for party, log in town.logs.items():
        told += [(one.block, party, (party, one)) for one in log]
    told += [(one.block, 0, one) for one in town.entries]
    for index, (block, _, one) in enumerate(sorted(told, key=lambda item: item[:2])):
        if isinstance(one, Act):
            act = one.action
            yield ActionApplied(
                Where(block, one.time, index, bytes(32)), act.document, one.digest, one.head, one.control, act.terms(),
                act.content, act.document_reference, act.detail, one.signatures,
            )  # fmt: skip
        else:
            party, entry = one
            yield PartyChanged(
                Where(block, entry.time, index, bytes(32)), party, entry.digest, entry.party_word, entry.profile,
                entry.encryption_key, entry.account_word, entry.signers, entry.head, entry.call,
            )  # fmt: skip


def filled(town: Town, folder: Path) -> Prover:
    """A gateway's databases with this history and a proof of it, and the prover on them; its node answers nothing."""
    ledger = Ledger(
        Deployment(DOMAIN.chain_id, DOMAIN.ledger, DOMAIN.salt, bytes(32), 0, bytes(32)), Databases.open(folder),
        resources.kinds(),
    )  # fmt: skip
    with ledger.databases.ledger.begin() as connection:
        projection.apply(connection, events(town), ledger.effects_of)
        projection.move_cursor(connection, Block(town.block + 1, bytes(32), town.time + 10))
    words = storage(town, [log0(town)[1]]) | {int.from_bytes(keccak(word(n)), "big"): n + 1 for n in range(WORDS)}
    tree = build({keccak(word(slot)): rlp.encode(rlp.encode_integer(value)) for slot, value in words.items()})
    state = build({keccak(DOMAIN.ledger): account_leaf("none", tree.root)})
    raw = sealed_header("none", town.block + 1, town.time + 10, state.root, keccak(b"parent"), [], [])
    header = headers.parse("none", raw)
    told = tuple(town.entries)
    wanted = making.Wanted(
        town.document, town.kind.number, frozenset(making.parties_of(told)), frozenset(making.signers_of(told)),
        frozenset(), stamped=True,
    )  # fmt: skip
    nodes, proven = making.needed_nodes(DOMAIN, "none", header, (*state.nodes.values(), *tree.nodes.values()), wanted)
    control, head, notes = (word(proven[name]) for name in ("control", "head", "notesHead"))
    block = ProvenBlock(header.hash, header.number, header.raw)
    with ledger.databases.proofs.begin() as connection:
        proofs.keep(connection, [KeptProof(town.document, block, control, head, notes, wanted.accounts, nodes)])
        proofs.keep_first_holders(connection, HOLDERS)
    return Prover(ledger, Rpc("http://127.0.0.1:9"))


def beside(town: Town, *, mandatory_too: bool) -> tuple[int, int]:
    """Bytes that a presentation has besides the history, as it is and compressed.

    It shows three of a dataset's sixty fields, and what the kind makes mandatory when asked to.
    """
    place = Place(DOMAIN.chain_id, DOMAIN.ledger, town.document, town.kind.number)
    mandatory = [path.removeprefix("/header/") for path in town.kind.mandatory]
    values = {
        "header": dict.fromkeys(mandatory, "EXAMPLE-0042"),
        "cargo": {f"field{n}": f"value {n}" for n in range(60)},
    }
    opened = seal_content(place, [one.name for one in town.kind.datasets], values).opened
    shown = [("cargo", opened["cargo"].tree.prove(f"/field{n}")) for n in (7, 23, 42)]
    if mandatory_too:
        shown += [("header", opened["header"].tree.prove(f"/{name}")) for name in mandatory]
    made = Presentation(
        evidence=_closed(town), others=(), fields=tuple(shown), absent=(), equal=(), audience="Customs of Osaka",
        purpose="import declaration", created_at=START, expires_at=START + 604_800, party=1, signature=os.urandom(65),
    )  # fmt: skip
    whole, history = presentation.dump(made), bundle.dump(made.evidence)
    return len(whole) - len(history), len(gzip.compress(whole)) - len(gzip.compress(history))


def _closed(town: Town) -> bundle.Bundle:
    with tempfile.TemporaryDirectory() as folder:
        return bundle.load(filled(town, Path(folder)).evidence(town.document, Form()))


def processor_time(prover: Prover, town: Town) -> float:
    """Milliseconds that one request takes of one core, whatever else the machine does: the least of a few."""
    least = float("inf")
    for _ in range(7):
        began = time.process_time()
        prover.evidence(town.document, Form())
        least = min(least, time.process_time() - began)
    return round(least * 1000, 2)


def line(name: str, value: float, unit: str, peer: str | None = None, peer_value: float | None = None) -> None:
    told = {"name": name, "value": value, "unit": unit, "peer": peer, "peer_value": peer_value}
    print(json.dumps(told), flush=True)


def main() -> None:
    peer, there = PEERS["peer"], PEERS["time"]["history.1000transfers"]["value"]
    for name, town in (("ten_acts", handed_over(4)), ("handovers1000", handed_over(1000))):
        with tempfile.TemporaryDirectory() as folder:
            prover = filled(town, Path(folder))
            made = prover.evidence(town.document, Form())
            took = best_of(lambda prover=prover, town=town: prover.evidence(town.document, Form()), 7)  # type: ignore[misc]
            own = processor_time(prover, town)
        known = name == "handovers1000"
        line(f"evidence.make.{name}", took, "ms", peer if known else None, there if known else None)
        line(f"evidence.make.{name}.processor", own, "ms")
        line(f"evidence.size.{name}", round(len(made) / 1000, 1), "kB")
        line(f"evidence.size.{name}.gz", round(len(gzip.compress(made)) / 1000, 1), "kB")
    for name, mandatory_too in (("3of60", False), ("3of60.with_mandatory", True)):
        plain, packed = beside(handed_over(4), mandatory_too=mandatory_too)
        line(f"presentation.beside.{name}", plain, "bytes")
        line(f"presentation.beside.{name}.gz", packed, "bytes")


if __name__ == "__main__":
    main()
