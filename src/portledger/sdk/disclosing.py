"""Presentations: chosen fields of a document for one audience, each proven, signed by who discloses.

A field is named DATASET:/path (RFC 6901); a path to an object or a list means every field below it. The paths that the
kind makes mandatory are added by themselves, as absences where the document lacks them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from portledger.domain.errors import InvalidInput
from portledger.domain.signatures import address_of
from portledger.domain.vault_errors import ProofRefused
from portledger.evidence.bundle import Bundle
from portledger.evidence.party_log import replay
from portledger.evidence.presentation import MAX_OTHERS, MAX_TEXT, Equal, Presentation
from portledger.sdk import proving
from portledger.sdk.errors import KeyMissing
from portledger.vault import manifest as manifests
from portledger.vault.field_tree import Absence, FieldTree, Presence
from portledger.vault.sealing import reopen

if TYPE_CHECKING:
    from portledger.sdk.session import Session

DAY: Final = 86_400
MAX_VALID: Final = 3_650 * DAY
"""Seconds that a presentation may be valid: ten years."""
_FIELD: Final = re.compile(r"(?P<dataset>[^:=/]+):(?P<path>/.*)", re.DOTALL)
_EQUAL: Final = re.compile(
    r"(?P<here>[^:=/]+:/.*)=(?P<document>(?:0x)?[0-9a-fA-F]{6,64}):(?P<there>[^:=/]+:/.*)", re.DOTALL
)
_SPAN: Final = re.compile(r"([1-9][0-9]{0,8})([smhd])")
_LOOK: Final = "`portledger doc open --datasets` shows the fields by dataset."
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": DAY}


@dataclass(frozen=True, slots=True)
class Place:
    """One field, or everything below a path."""

    dataset: str
    path: str

    def __str__(self) -> str:
        return f"{self.dataset}:{self.path}"


@dataclass(frozen=True, slots=True)
class Same:
    """A field here and one of another document (64 hex), whose values are to be proven equal."""

    here: Place
    document: str
    there: Place


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is shown, proven absent, and proven equal; for whom, what for, and for how long (seconds)."""

    audience: str
    purpose: str
    valid: int
    fields: Sequence[Place] = ()
    absent: Sequence[Place] = ()
    equal: Sequence[Same] = ()

    def __post_init__(self) -> None:
        for name, text in (("--to", self.audience), ("--purpose", self.purpose)):
            if not 1 <= len(text) <= MAX_TEXT:
                raise InvalidInput(name, f"{len(text)} characters", f"1 to {MAX_TEXT}")
        if not 1 <= self.valid <= MAX_VALID:
            raise InvalidInput("--valid", f"{self.valid} s", f"1 s to {MAX_VALID // DAY} days")


def place_of(text: str, where: str = "--field") -> Place:
    """DATASET:/path. Raises InvalidInput."""
    found = _FIELD.fullmatch(text)
    if found is None:
        raise InvalidInput(where, repr(text[:80]), "DATASET:/path, such as route:/pol/locationName")
    return Place(found["dataset"], found["path"])


def same_of(text: str) -> Same:
    """DATASET:/path=DOCUMENT:DATASET:/path; the document may be shortened. Raises InvalidInput."""
    found = _EQUAL.fullmatch(text)
    if found is None:
        raise InvalidInput("--equal", repr(text[:80]), "DATASET:/path=DOCUMENT:DATASET:/path")
    document = found["document"].lower().removeprefix("0x")
    return Same(place_of(found["here"], "--equal"), document, place_of(found["there"], "--equal"))


def seconds_of(text: str) -> int:
    """30m, 12h, 7d. Raises InvalidInput."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise InvalidInput("--valid", repr(text[:40]), "a number and s, m, h or d, such as 7d")
    return int(found[1]) * _UNITS[found[2]]


# --- making ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Document:
    """One document with the trees of the datasets that proofs are taken from."""

    evidence: Bundle
    trees: dict[str, FieldTree] = field(repr=False)

    def tree(self, place: Place) -> FieldTree:
        return self.trees[place.dataset]


def disclose(
    session: Session, document: str, chosen: Chosen, *, form: str = "whole", notes: str = "all", stamps: str = "all"
) -> Presentation:
    """The presentation, signed. document: 64 hex digits.

    stamps: all, none, or by one certificate (its SHA-256 in hex).

    Raises NoGrant (a dataset that this party cannot open), InvalidInput (a field that is not there, or is there and was
    to be absent; values that are not equal or not carried over), KeyMissing, VerificationError.
    """
    kind = session.kind(session.client.document(document).kind)
    mandatory = [Place(dataset, "/" + rest) for dataset, rest in (path[1:].split("/", 1) for path in kind.mandatory)]
    here = [*chosen.fields, *chosen.absent, *(one.here for one in chosen.equal), *mandatory]
    subject = _opened(session, document, here, form=form, notes=notes, stamps=stamps)
    others, documents = _others(session, chosen.equal)
    absent = list(chosen.absent)
    fields = list(chosen.fields)
    for one in mandatory:
        (fields if one.path in subject.tree(one).paths() else absent).append(one)
    if len(documents) > MAX_OTHERS:
        raise InvalidInput("--equal", f"{len(documents)} other documents", f"at most {MAX_OTHERS}")
    now = session.now()
    made = Presentation(
        evidence=subject.evidence,
        others=tuple(one.evidence for one in others),
        fields=tuple(_present(subject, fields)),
        absent=tuple(_absent(subject, absent)),
        equal=tuple(_equal(subject, one, others[documents.index(one.document)], documents) for one in chosen.equal),
        audience=chosen.audience,
        purpose=chosen.purpose,
        created_at=now,
        expires_at=now + chosen.valid,
        party=session.party,
    )
    return _signed(session, made)


def _opened(session: Session, document: str, places: Iterable[Place], **form: Any) -> _Document:
    """The evidence with this party's log in it, and the trees of what is to be proven from."""
    places = tuple(places)
    wanted = sorted({one.dataset for one in places})
    made = proving.fetch(session, document, also=session.party, **form)
    known = [entry["name"] for entry in made.manifests[-1]["datasets"]] if made.manifests else []
    for place in places:
        if known and place.dataset not in known:
            raise InvalidInput(str(place), "no such dataset", ", ".join(known), _LOOK)
    if not _able(session, made):
        made = proving.fetch(session, document, also=session.party, newest=True, **form)
    proving.check(made, session.domain, bytes.fromhex(session.ledger.code_digest))
    opened = proving.open_in(session, made, wanted)
    manifest = manifests.parse(made.manifests[-1])
    return _Document(made, {
        one.dataset: reopen(
            manifest.place, manifest.entry(one.dataset), one.key, one.seed, one.carried, one.value
        ).tree
        for one in opened
    })  # fmt: skip


def _others(session: Session, equal: Sequence[Same]) -> tuple[list[_Document], list[str]]:
    """The other documents, each once, in the order named."""
    documents = list(dict.fromkeys(one.document for one in equal))
    found = [
        _opened(session, document, [one.there for one in equal if one.document == document], stamps="none")
        for document in documents
    ]
    return found, documents


def _present(subject: _Document, places: Iterable[Place]) -> list[tuple[str, Presence]]:
    found: dict[Place, Presence] = {}
    for place in places:
        for path in _leaves(subject.tree(place), place):
            found.setdefault(Place(place.dataset, path), subject.tree(place).prove(path))
    return [(place.dataset, proof) for place, proof in found.items()]


def _leaves(tree: FieldTree, place: Place) -> list[str]:
    """The field itself, or all fields below the path. Raises InvalidInput where there is none."""
    paths = tree.paths()
    if place.path in paths:
        return [place.path]
    below = [path for path in paths if path.startswith(place.path.rstrip("/") + "/")]
    if not below:
        raise InvalidInput(str(place), "no such field", f"a field of {place.dataset}", _LOOK)
    return below


def _absent(subject: _Document, places: Iterable[Place]) -> list[tuple[str, Absence]]:
    found: dict[Place, Absence] = {}
    for place in places:
        tree = subject.tree(place)
        below = [path for path in tree.paths() if path.startswith(place.path + "/")]
        if below or place.path in tree.paths():
            # Where only fields below it stand, a proof would succeed, and mislead.
            raise InvalidInput(
                str(place), "a field, or fields below it", "a path with nothing at it or below it", _LOOK
            )
        found.setdefault(place, tree.prove_absence(place.path))
    return [(place.dataset, proof) for place, proof in found.items()]


def _equal(subject: _Document, one: Same, other: _Document, documents: list[str]) -> Equal:
    try:
        proof = subject.tree(one.here).prove_equal(one.here.path, other.tree(one.there), one.there.path)
    except ProofRefused as failure:
        raise InvalidInput(
            f"{one.here} = {one.document[:12]}:{one.there}", failure.found, failure.allowed,
            "Only a value that one document took over from the other, with its salt, can be proven equal unseen.",
        ) from failure  # fmt: skip
    return Equal(one.here.dataset, documents.index(one.document), one.there.dataset, proof)


# --- signing ---------------------------------------------------------------------------------------------------------


def _able(session: Session, made: Bundle) -> list[bytes]:
    """This wallet's keys whose accounts are active at the evidence's block."""
    log = next(one.log for one in made.parties if one.party == session.party)
    accounts = replay(made.domain, session.party, log, log[-1].head).accounts
    return [
        key
        for key in session.wallet.keys.accounts
        if (account := accounts.get(address_of(key))) is not None and account.active
    ]


def _signed(session: Session, made: Presentation) -> Presentation:
    able = _able(session, made.evidence)
    if not able:
        raise KeyMissing(
            f"no active account of party {session.party} in the key file", "a key of an account that is active now",
            "Sign with the key file that holds one.",
        )  # fmt: skip
    return replace(made, signature=session.wallet.sign(made.statement().digest(made.evidence.domain), able[:1]))
