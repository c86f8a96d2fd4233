"""Making evidence files: from a gateway, with what this party can open in it, or from a node alone.

What a gateway or a node answers is verified before it is handed on, as far as that goes without a set of validators.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from portledger import resources
from portledger.domain.actions import Domain
from portledger.domain.calls_decode import Register, decode_call
from portledger.domain.codes import ZERO
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import keccak
from portledger.domain.refusals import Unavailable
from portledger.domain.verification_errors import OutsidePolicy
from portledger.evidence import bundle as files
from portledger.evidence import making, slots, trie
from portledger.evidence.block_json import header_of
from portledger.evidence.bundle import Bundle, OpenedDataset
from portledger.evidence.bundle_verify import verify_bundle
from portledger.evidence.headers import Engine, parse
from portledger.evidence.history import Act, Freeze, History
from portledger.evidence.making import Form
from portledger.evidence.policy import LedgerRule, Policy
from portledger.evidence.presentation import Presentation
from portledger.evidence.seals.check import MAX_PATH, Walk
from portledger.evidence.stamps import read as read_stamp
from portledger.sdk.errors import GatewayProblem, NodeUnreachable, NoGrant
from portledger.sdk.evidence_files import release
from portledger.sdk.node import Node
from portledger.sdk.opening import open_document
from portledger.sdk.verify import LogReader, gather

if TYPE_CHECKING:
    from portledger.sdk.session import Session

ALL: Final = "all"
"""Instead of the name of a dataset: every one that this party was granted."""
Watch = Callable[[float, int], None]
"""Told the share that is done, 0 to 1, and how many headers that was."""
_HEADERS: Final = 200
"""Headers asked for at a time."""
_HOLDERS: Final = tuple(keccak(f"{power}()".encode())[:4] for power in ("governor", "registrar", "guardian"))


# --- from a gateway --------------------------------------------------------------------------------------------------


def prove(
    session: Session,
    document: str,
    *,
    form: str = "whole",
    notes: str = "all",
    stamps: str = "all",
    opened: Sequence[str] = (),
    details: bool = False,
    newest: bool = False,
) -> Bundle:
    """The evidence of a document, with the datasets named opened (ALL: whatever this party may read) and, if wanted,
    the details that were sealed to it. stamps: all, none, or by one certificate (its SHA-256 in hex); newest: of the
    newest block, even where an older one would do.

    Raises VerificationError for what does not hold, NoGrant for a dataset that this party cannot open, InvalidInput.
    """
    made = fetch(session, document, form=form, notes=notes, stamps=stamps, newest=newest)
    if opened:
        made = replace(made, opened=open_in(session, made, opened))
    if details:
        made = replace(made, details=_details(session, made))
    check(made, session.domain, bytes.fromhex(session.ledger.code_digest))
    return made


def fetch(
    session: Session,
    document: str,
    *,
    form: str = "whole",
    notes: str = "all",
    stamps: str = "all",
    also: int | None = None,
    newest: bool = False,
) -> Bundle:
    """The gateway's file, nothing opened; of the ledger known here and this document, and not checked further."""
    made = files.load(session.client.evidence(document, form, notes, also, stamps=stamps, newest=newest))
    if made.document.hex() != document or made.domain != session.domain:
        raise GatewayProblem(
            f"evidence of document {made.document.hex()} on ledger 0x{made.domain.ledger.hex()}",
            f"document {document} on ledger 0x{session.domain.ledger.hex()}",
        )
    return made


def open_in(session: Session, made: Bundle, names: Sequence[str]) -> tuple[OpenedDataset, ...]:
    """The datasets, opened with this party's keys, in the order of the kind. Raises NoGrant, InvalidInput."""
    if not made.manifests:
        raise GatewayProblem(
            "evidence without a manifest", "the newest manifest, which the datasets are checked against"
        )
    known = [entry["name"] for entry in made.manifests[-1]["datasets"]]
    for name in names:
        if name not in (*known, ALL):
            raise InvalidInput("--open", name, f"{ALL}, or one of {', '.join(known)}")
    only = None if ALL in names else names
    found = open_document(session.client, made.document.hex(), session.party, session.wallet.encryption, only=only)
    if found.manifest.members() != made.manifests[-1]:
        raise GatewayProblem(f"version {found.manifest.version}", f"version {made.manifests[-1]['version']}")
    missing = [name for name in names if name not in (*found.opened, ALL)]
    if missing:
        raise NoGrant(f"no grant of {', '.join(missing)} to party {session.party}", "datasets that you can read")
    return tuple(
        OpenedDataset(name, found.keys[name], one.tree.salts.seed, one.carried, one.value)
        for name, one in ((name, found.opened[name]) for name in known if name in found.opened)
    )


def _details(session: Session, made: Bundle) -> dict[bytes, dict[str, Any]]:
    """By the act's digest: those of the shown acts that were sealed to this party."""
    shown = {one.digest for one in acts_of(made) if one.action.detail != ZERO}
    found = {}
    for entry in session.history(made.document.hex()):
        digest = bytes.fromhex(entry.digest)
        detail = session.detail(entry, made.document.hex()) if digest in shown else None
        if detail is not None:
            found[digest] = detail
    return found


def acts_of(made: Bundle) -> list[Act]:
    """The acts and notes that are shown."""
    return [one for one in (*made.entries, *made.notes) if isinstance(one, Act)]


def check(made: Bundle, domain: Domain, code: bytes | None = None) -> None:
    """Verifies evidence of this ledger, without a policy's further demands. code: the digest known of the contract.

    Raises VerificationError. Where validators seal the blocks, only a verifier with its policy can say more: nothing
    is checked then. Time stamps must hold, whoever made them.
    """
    rule = LedgerRule(domain.chain_id, made.engine, domain.ledger, domain.salt, code)
    authorities = frozenset(read_stamp(one).fingerprint for one in made.stamps)
    with suppress(OutsidePolicy):
        verify_bundle(made, Policy((rule,), stamps=authorities), release(), int(time.time()))


# --- from a node alone -----------------------------------------------------------------------------------------------


def prove_from_node(
    node: LogReader,
    ledger: bytes,
    document: bytes,
    form: Form | None = None,
    engine: Engine | str = Engine.NONE,
    *,
    since: int | None = None,
    progress: Watch | None = None,
) -> Bundle:
    """Evidence from a node's logs and proofs, with no gateway: no manifest, no profiles, nothing opened.

    ledger: 20 bytes; document: 32; engine: how the chain seals its blocks; since: the block whose validators whoever
    verifies trusts, from which on the headers are looked at for changes of the set (default: the ledger's first);
    progress: see Watch. Raises VerificationError, NodeUnreachable (a node that gives no logs
    from the beginning or no eth_getProof), InvalidInput.
    """
    domain = node.domain(ledger)
    history, facts = gather(node, domain, document)
    events = [one for one in node.power_events(ledger) if one.block <= facts.block]
    now = _holders(node, ledger, facts.block)
    story = making.Story(
        domain=domain,
        kind=history.kind,
        source=resources.kind_source(history.kind.number),
        document=document,
        entries=history.entries,
        notes=tuple(one for one in history.notes if isinstance(one, Act)),
        consortium=making.power_entries(events, making.first_holders(events, now, _seen_holders(history))),
        logs=history.parties,
        profiles={},
    )
    if since is None:
        since = next((one.block for one in events), facts.block)
    path = seal_path(node, Engine(engine), since, facts.block - 1, progress)
    made = making.make(story, replace(_proof(node, story, facts.block, Engine(engine)), path=path), form or Form())
    check(made, domain)
    return made


def seal_path(node: Node, engine: Engine, first: int, last: int, progress: Watch | None = None) -> tuple[bytes, ...]:
    """The headers by which the validators handed over from one block to another, RLP (docs/protocol/seals.md, "path").

    Raises NodeUnreachable, InvalidInput (headers that are not this engine's), VerificationError.
    """
    if engine == Engine.NONE or first > last:
        return ()
    walk: Walk | None = None
    for at in range(first, last + 1, _HEADERS):
        found = _headers(node, engine, range(at, min(at + _HEADERS, last + 1)))
        walk, _ = (walk or Walk(found[0])).on(engine, found)
        if progress is not None:
            progress((at + len(found) - first) / (last + 1 - first), at + len(found) - first)
    assert walk is not None
    return walk.path[-MAX_PATH:]


def _headers(node: Node, engine: Engine, numbers: Sequence[int]) -> list[bytes]:
    found = node.ask([_header_call(engine, one) for one in numbers])
    if not all(isinstance(one, dict) for one in found):
        raise NodeUnreachable(f"no blocks {numbers[0]} to {numbers[-1]} at {node.url}", "all headers since --since")
    return [header_of(engine, one).raw for one in found]


def _header_call(engine: Engine, block: int) -> tuple[str, list[Any]]:
    """Kaia's `eth_` answer leaves out what its header hash is made of."""
    method = "kaia_getBlockByNumber" if engine == Engine.ISTANBUL else "eth_getBlockByNumber"
    return method, [hex(block), False]


def _proof(node: LogReader, story: making.Story, block: int, engine: Engine) -> making.Proof:
    told = (*story.entries, *story.notes)
    accounts = frozenset(making.signers_of(told))
    wanted = making.Wanted(
        story.document, story.kind.number, frozenset(making.parties_of(told)), accounts,
        frozenset(making.claims_of(story.kind, story.entries)),
    )  # fmt: skip
    keys = [f"0x{slot:064x}" for slot in wanted.slots().values()]
    told_block, answer = node.ask([
        _header_call(engine, block),
        ("eth_getProof", ["0x" + story.domain.ledger.hex(), keys, hex(block)]),
    ])  # fmt: skip
    try:
        raw = [*answer["accountProof"], *(one for item in answer["storageProof"] for one in item["proof"])]
        nodes = tuple(bytes.fromhex(one[2:]) for one in dict.fromkeys(raw))
    except (KeyError, TypeError, ValueError) as failure:
        raise NodeUnreachable(f"no proof from {node.url} ({failure})", "an answer to eth_getProof") from failure
    return making.Proof(str(engine), header_of(engine, told_block).raw, nodes, accounts)


def _holders(node: LogReader, ledger: bytes, block: int) -> making.Holders:
    """Governor, registrar, guardian as of the block."""
    asked = [{"to": "0x" + ledger.hex(), "data": "0x" + selector.hex()} for selector in _HOLDERS]
    words = node.ask([("eth_call", [call, hex(block)]) for call in asked])
    governor, registrar, guardian = (bytes.fromhex(str(word)[2:])[12:] for word in words)
    return governor, registrar, guardian


def _seen_holders(history: History) -> list[bytes]:
    """Accounts that used a power in this history: among them may be one that lost it since."""
    senders = [one.sender for one in history.entries if isinstance(one, Freeze)]
    for log in history.parties.values():
        if isinstance(decode_call(log[0].call), Register):
            senders.append(log[0].signers[12:])
    return senders


# --- is it still so --------------------------------------------------------------------------------------------------


class Freshness(StrEnum):
    """What has happened to the record since the evidence was made."""

    FRESH = "fresh"
    NOTED = "noted"
    """Notes were added; the record itself is the same."""
    STALE = "stale"


Words = tuple[int, bytes, bytes]
"""control: the packed word; head, notesHead: 32 bytes."""


def proven_words(shown: Bundle | Presentation) -> Words:
    """What a file proves of its record. Raises VerificationError (1 to 3)."""
    made = shown.evidence if isinstance(shown, Presentation) else shown
    nodes = trie.Nodes(made.proof)
    state = parse(made.engine, made.header).state_root
    root = trie.account(state, made.domain.ledger, nodes, Engine(made.engine)).storage_root
    control, head, notes = (
        trie.storage(root, slot(made.document), nodes) for slot in (slots.control, slots.head, slots.notes_head)
    )
    return control, head.to_bytes(32, "big"), notes.to_bytes(32, "big")


def freshness(proven: Words, live: Words) -> Freshness:
    if proven == live:
        return Freshness.FRESH
    return Freshness.NOTED if proven[:2] == live[:2] else Freshness.STALE


def live_at_node(node: LogReader, domain: Domain, document: bytes) -> Words:
    """The record's present words by a node's word. Raises NodeUnreachable for a node of another ledger."""
    if node.domain(domain.ledger) != domain:
        raise NodeUnreachable(f"another ledger at {node.url}", f"chain {domain.chain_id}, salt {domain.salt.hex()}")
    return node.words(domain.ledger, document)


def live_at_gateway(session: Session, domain: Domain, document: bytes) -> Words:
    """The record's present words by the gateway's word. Raises Unavailable for a gateway of another ledger."""
    if session.domain != domain:
        raise Unavailable(
            f"a gateway of ledger 0x{session.domain.ledger.hex()}", f"ledger 0x{domain.ledger.hex()}",
            "Name a node or a gateway of the evidence's ledger.",
        )  # fmt: skip
    record = session.client.document(document.hex())
    return int(record.control, 16), bytes.fromhex(record.head), bytes.fromhex(record.notes_head)
