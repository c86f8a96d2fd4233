"""Evidence files of a Town (tests.support.histories): the ledger's storage built as a trie, proven, under a header.

town = bill_of_lading()
judge(dump(bundle_of(town)), POLICY, RELEASE, town.time + 20)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.support.bft import addresses, sealed_header
from tests.support.histories import DOMAIN, GUARDIAN, REGISTRAR, START, Town, key
from tests.support.tries import build

from portledger.domain.actions import Domain
from portledger.domain.hashing import keccak, word
from portledger.evidence import making, rlp, slots, stamps
from portledger.evidence.bundle import Bundle, OpenedDataset
from portledger.evidence.bundle_verify import Release
from portledger.evidence.headers import parse
from portledger.evidence.history import PowerEntry
from portledger.evidence.policy import LedgerRule, Policy
from portledger.evidence.seals.check import Trust
from portledger.resources import kind_source, kinds

GOVERNOR = bytes.fromhex("cc" * 20)
CODE = keccak(b"code of the test ledger")
VALIDATORS = [key(f"validator {number}") for number in range(4)]
TRUSTED = Trust(0, tuple(addresses(VALIDATORS)))
LEDGER_HEAD = keccak(b"everything that happened")


def _code_of(domain: Domain) -> bytes:
    return CODE


RELEASE = Release(_code_of, frozenset(kind.kind_digest for kind in kinds().values()))
POLICY = Policy(
    (
        LedgerRule(DOMAIN.chain_id, "none"),
        LedgerRule(DOMAIN.chain_id, "qbft", validators=(TRUSTED,)),
        LedgerRule(DOMAIN.chain_id, "istanbul", validators=(TRUSTED,)),
    )
)
"""The Town's ledger, sealed by VALIDATORS or by nobody."""


def bundle_of(
    town: Town,
    engine: str = "none",
    form: making.Form | None = None,
    *,
    profiles: Mapping[int, Mapping[str, Any]] | None = None,
    manifests: tuple[Mapping[str, Any], ...] = (),
    opened: tuple[OpenedDataset, ...] = (),
    details: Mapping[bytes, Mapping[str, Any]] | None = None,
    stamped: Callable[[bytes], Sequence[bytes]] | None = None,
) -> Bundle:
    """The Town's document as an evidence file; what is opened is put in as given. stamped: the time-stamp tokens for an
    imprint (tests.support.tsa)."""
    log = consortium(town)
    tree = build(
        {keccak(word(slot)): rlp.encode(rlp.encode_integer(value)) for slot, value in storage(town, log).items()}
    )
    state = build({keccak(DOMAIN.ledger): account_leaf(engine, tree.root), keccak(b"somebody else"): b"\xc0"})
    header = sealed_header(
        engine, town.block + 1, town.time + 10, state.root, keccak(b"parent"), addresses(VALIDATORS), VALIDATORS[:3]
    )
    story = making.Story(
        domain=DOMAIN,
        kind=town.kind,
        source=kind_source(town.kind.number),
        document=town.document,
        entries=tuple(town.entries),
        notes=tuple(town.notes),
        consortium=log,
        logs={party: tuple(entries) for party, entries in town.logs.items()},
        profiles=profiles or {},
        manifests=manifests,
    )
    imprint = stamps.imprint(DOMAIN, parse(engine, header).hash, LEDGER_HEAD)
    tokens = tuple(stamped(imprint)) if stamped else ()
    proof = making.Proof(engine, header, (*state.nodes.values(), *tree.nodes.values()), stamps=tokens)
    made = making.make(story, proof, form or making.Form())
    return replace(made, opened=opened, details=details or {})


def account_leaf(engine: str, storage_root: bytes) -> bytes:
    """The ledger's account as the engine's state trie holds it."""
    if engine == "istanbul":
        key: list[rlp.Item] = [b"\x01", b"", b"", b"\x01", []]
        return b"\x02" + rlp.encode([key, storage_root, CODE, b"\x80"])
    return rlp.encode([b"\x01", b"", storage_root, CODE])


def storage(town: Town, log: Sequence[PowerEntry]) -> dict[int, int]:
    """Slot -> word of everything that evidence about the Town reads, and of one that it does not."""
    facts = town.facts()

    def number(digest: bytes) -> int:
        return int.from_bytes(digest, "big")

    words = {
        slots.control(town.document): facts.control,
        slots.head(town.document): number(facts.head),
        slots.notes_head(town.document): number(facts.notes_head),
        slots.extension(town.document): facts.secured_party | facts.frozen_until << 32,
        slots.kind_digest(town.kind.number): number(facts.kind_digest),
        slots.party_head(0): number(making.log0_head(log)),
        slots.ledger_head(): number(LEDGER_HEAD),
        slots.control(keccak(b"another document")): 12345,
    }
    words |= {slots.party_head(party): number(head) for party, head in facts.party_heads.items()}
    words |= {slots.account(address): account for address, account in facts.accounts.items()}
    words |= {slots.claim(claim): number(document) for claim, document in facts.claims.items()}
    return {slot: value for slot, value in words.items() if value}


def consortium(town: Town) -> tuple[PowerEntry, ...]:
    """Log 0: the kind was defined before anything else."""
    kind = town.kind
    call = keccak(b"call of defineKind")
    return (
        PowerEntry(call, GOVERNOR, REGISTRAR, GUARDIAN, kind.number, kind.kind_digest, word(GOVERNOR), START - 100),
    )
