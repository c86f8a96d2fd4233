"""An evidence file, checked with nothing but a policy and the time (docs/protocol/evidence.md, "The steps").

The ledger's facts are proven here, from the header down to the storage slots (1 to 3); `verify` goes on with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import orjson

from portledger.domain import kinds
from portledger.domain.actions import claim_id
from portledger.domain.codes import CONSORTIUM, ZERO
from portledger.domain.errors import KindError, SignaturesRefused, moment
from portledger.domain.kinds import KindFile
from portledger.domain.records import Control
from portledger.domain.signatures import recover, split
from portledger.domain.verification_errors import VerificationError
from portledger.evidence import reference, slots, stamps, trie
from portledger.evidence.bundle import Bundle, OpenedDataset
from portledger.evidence.content import Content
from portledger.evidence.headers import Engine, Header
from portledger.evidence.history import Act, History, LedgerFacts
from portledger.evidence.policy import CodeOf, LedgerRule, Policy
from portledger.evidence.result import SEALED, TITLES, UNSEALED, Result, Status, Step, StepReport
from portledger.evidence.seals.check import Level, SealedHeader
from portledger.evidence.seals.check import check as check_seals
from portledger.evidence.verify import verify
from portledger.vault import canonical
from portledger.vault import manifest as manifests
from portledger.vault.manifest import Manifest
from portledger.vault.sealing import reopen

CLOCK_SKEW: Final = 300
"""Seconds by which a block or a presentation may come from the future."""
HEADER: Final = "header"
"""The dataset that holds a document's number."""


@dataclass(frozen=True, slots=True)
class Release:
    """What comes with this release: the digest of its contract's code, by ledger, and the digests of its kinds."""

    code_of: CodeOf
    kinds: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Proven:
    """A file whose history and content hold, before the policy's last demands. newest: the manifest of the present
    version, where it is shown; header: the block."""

    bundle: Bundle
    history: History
    facts: LedgerFacts
    result: Result
    newest: Manifest | None
    header: Header


def verify_bundle(bundle: Bundle, policy: Policy, release: Release, now: int) -> Result:
    """Steps 1 to 15 on a file whose form was read. now: unix seconds of whoever verifies.

    Raises VerificationError with the step that fails; OutsidePolicy, a kind of it, where the evidence may be right.
    """
    return conclude(prove(bundle, policy, release), policy, now)


def prove(bundle: Bundle, policy: Policy, release: Release, shown: Mapping[str, Any] | None = None) -> Proven:
    """Steps 1 to 14. shown: fields of the dataset "header" that a presentation shows, for step 11."""
    rule = policy.ledger(bundle.domain, bundle.engine)
    sealed = check_seals(bundle.engine, bundle.path, bundle.header, rule.validators)
    policy.check_level(sealed.level is Level.SEALED)
    recovered = _recovered(bundle)
    facts, reports = _facts(bundle, sealed, rule, policy, release, set(recovered.values()))
    kind = _kind(bundle, facts)
    recorded = Control.unpack(facts.control).kind
    if facts.control and (kind.number, kind.kind_digest) == (recorded, facts.kind_digest):
        policy.check_kind(kind.kind_digest, release.kinds)
    history = History(
        document=bundle.document,
        kind=kind,
        entries=bundle.entries,
        notes=bundle.notes,
        parties={one.party: one.log for one in bundle.parties},
        start=bundle.start,
        consortium=bundle.consortium,
        profiles={one.party: one.profile for one in bundle.parties if one.profile is not None},
    )
    content = _Shown(bundle, history, facts, shown).content()
    result = verify(history, facts, content, reports, recovered)
    level = SEALED if sealed.level is Level.SEALED else UNSEALED
    newest = manifests.parse(content.manifest) if content.manifest is not None else None
    return Proven(bundle, history, facts, replace(result, level=level), newest, sealed.header)


def conclude(proven: Proven, policy: Policy, now: int) -> Result:
    """Step 15: time stamps and the policy's demands."""
    bundle, facts = proven.bundle, proven.facts
    stamped = stamps.earliest(
        bundle.stamps, stamps.imprint(bundle.domain, proven.header.hash, facts.ledger_head), policy
    )
    policy.check_stamped(stamped is not None)
    if facts.time > now + CLOCK_SKEW:
        raise _wrong(Step.RESULT, f"a block of {moment(facts.time)}", f"not after {moment(now)}")
    policy.check_age(facts.time, now)
    policy.check_roles(_roles(proven))
    return replace(proven.result, stamped_at=stamped)


# --- 1 to 3 ----------------------------------------------------------------------------------------------------------


def _facts(
    bundle: Bundle, sealed: SealedHeader, rule: LedgerRule, policy: Policy, release: Release, signers: Iterable[bytes]
) -> tuple[LedgerFacts, list[StepReport]]:
    """What the ledger holds at the block, every word proven."""
    header, domain = sealed.header, bundle.domain
    nodes = trie.Nodes(bundle.proof)
    account = trie.account(header.state_root, domain.ledger, nodes, Engine(bundle.engine))
    policy.check_code(rule, domain, account.code_hash, release.code_of)
    read = _Storage(account.storage_root, nodes)
    control = read.word(slots.control(bundle.document))
    kind = Control.unpack(control).kind
    extension = read.word(slots.extension(bundle.document))
    facts = LedgerFacts(
        domain=domain,
        block=header.number,
        time=header.time,
        control=control,
        head=read.digest(slots.head(bundle.document)),
        notes_head=read.digest(slots.notes_head(bundle.document)),
        kind_digest=read.digest(slots.kind_digest(kind)),
        party_heads={
            party: read.digest(slots.party_head(party))
            for party in (CONSORTIUM, *(one.party for one in bundle.parties))
        },
        secured_party=extension & 0xFFFFFFFF,
        frozen_until=extension >> 32 & (1 << 40) - 1,
        ledger_head=read.digest(slots.ledger_head()) if bundle.stamps else ZERO,
        accounts=read.where_shown({one: slots.account(one) for one in signers}),
        claims={
            claim: document.to_bytes(32, "big")
            for claim, document in read.where_shown({one: slots.claim(one) for one in _claims(bundle)}).items()
        },
    )
    if unused := nodes.unused():
        raise _wrong(Step.STORAGE, f"node {unused[0].hex()} that proves nothing", "only nodes that are needed")
    signed = f", sealed by {len(sealed.signers)} validators" if sealed.signers else ", sealed by nobody"
    ledger = f"ledger 0x{domain.ledger.hex()}, code {account.code_hash.hex()[:16]}…"
    return facts, [
        StepReport(Step.BLOCK, Status.CHECKED, f"block {header.number} of {moment(header.time)}{signed}"),
        StepReport(Step.ACCOUNT, Status.CHECKED, ledger),
        StepReport(Step.STORAGE, Status.CHECKED, f"{read.count} words under {len(bundle.proof)} nodes"),
    ]


@dataclass(slots=True)
class _Storage:
    root: bytes
    nodes: trie.Nodes
    count: int = 0

    def word(self, slot: int) -> int:
        self.count += 1
        return trie.storage(self.root, slot, self.nodes)

    def digest(self, slot: int) -> bytes:
        return self.word(slot).to_bytes(32, "big")

    def where_shown(self, wanted: Mapping[bytes, int]) -> dict[bytes, int]:
        """The words whose proof is there; the steps that need another one say so."""
        found = {}
        for name, slot in wanted.items():
            try:
                found[name] = self.word(slot)
            except VerificationError:
                continue
        return found


def _acts(bundle: Bundle) -> list[Act]:
    return [item for item in (*bundle.entries, *bundle.notes) if isinstance(item, Act)]


def _recovered(bundle: Bundle) -> dict[tuple[bytes, bytes], bytes]:
    """Who made each signature of an act or a note; signatures that fit no key fail later."""
    found: dict[tuple[bytes, bytes], bytes] = {}
    for item in _acts(bundle):
        for piece in split(item.signatures):
            try:
                found[item.digest, piece] = recover(item.digest, piece)
            except SignaturesRefused:
                continue
    return found


def _claims(bundle: Bundle) -> list[bytes]:
    actions = [item.action for item in _acts(bundle) if item.action.document_reference != ZERO]
    return [claim_id(act.kind >> 8, act.actor, act.document_reference) for act in actions]


# --- 4 ---------------------------------------------------------------------------------------------------------------


def _kind(bundle: Bundle, facts: LedgerFacts) -> KindFile:
    """The kind file, which must be one; `verify` compares it with the ledger. Raises VerificationError (4)."""
    if not facts.control:
        return _NO_KIND  # `verify` says first that there is no record
    try:
        return _parsed(canonical.encode_checked(bundle.kind))
    except KindError as failure:
        raise _wrong(Step.KIND, failure.found, failure.allowed, failure.where) from failure


@lru_cache(maxsize=64)
def _parsed(text: bytes) -> KindFile:
    """The kind of a file's canonical bytes; the same few come again and again."""
    return kinds.parse(orjson.loads(text), "kind")


_NO_KIND: Final = KindFile(0, "none", {}, "", {}, {}, {}, (), (), (), (), ZERO, ZERO)


# --- 11 to 14 --------------------------------------------------------------------------------------------------------


class _Shown:
    """What the file shows of the content, for `verify` to check. header: what is known of the dataset of that name."""

    def __init__(self, bundle: Bundle, history: History, facts: LedgerFacts, shown: Mapping[str, Any] | None) -> None:
        self.bundle, self.history, self.facts = bundle, history, facts
        opened = {one.dataset: one for one in bundle.opened}
        self.whole = HEADER in opened
        value = opened[HEADER].value if self.whole else shown
        self.header: Mapping[str, Any] = value if isinstance(value, dict) else {}

    def content(self) -> Content:
        bundle, newest = self.bundle, None
        older = bundle.manifests
        if older and older[-1].get("version") == Control.unpack(self.facts.control).version:
            newest, older = older[-1], older[:-1]
        return Content(
            manifest=newest,
            older=older,
            opened={one.dataset: one for one in bundle.opened},
            open_dataset=self._open if newest is not None else None,
            before_datasets=self.ordered,
            details=bundle.details or {},
            check_number=self._number if self.header else None,
        )

    def ordered(self) -> None:
        """Opened datasets stand in the newest manifest's order, each once. Raises VerificationError (13)."""
        listed = self.bundle.manifests[-1]["datasets"] if self.bundle.manifests else []
        names = [dataset["name"] for dataset in listed]
        shown = [one.dataset for one in self.bundle.opened]
        if shown != [name for name in names if name in shown]:
            found = f"datasets {', '.join(shown)}"[:200]
            raise _wrong(Step.DATASETS, found, "datasets of the newest manifest, in its order, once")

    def _open(self, entry: Mapping[str, Any], held: OpenedDataset) -> Any:
        """The value of a dataset that is shown whole. Raises VaultError."""
        manifest = manifests.parse(self.bundle.manifests[-1])
        named = manifest.entry(entry["name"])
        return reopen(manifest.place, named, held.key, held.seed, held.carried, held.value).value

    def _number(self) -> str:
        return reference.number(self.history, self.header, self.history.profiles.get, whole=self.whole)


# --- 15 --------------------------------------------------------------------------------------------------------------


def _roles(proven: Proven) -> int:
    """The roles that signers of acts held when they signed, all together."""
    held = 0
    for actor, time in {(item.action.actor, item.time) for item in proven.history.acts()}:
        for party in proven.result.parties[actor].at(time):
            held |= party.roles if party else 0
    return held


def _wrong(step: Step, found: str, expected: str, entry: str = "") -> VerificationError:
    return VerificationError(int(step), TITLES[step], found, expected, entry=entry)
