"""Presentations: chosen fields of one document, proven, for one audience (docs/protocol/evidence.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from portledger.domain.actions import Disclosure
from portledger.domain.errors import PortledgerError, moment
from portledger.domain.hashing import json_digest
from portledger.domain.kind_file import LEDGER_FIELDS
from portledger.domain.signatures import recover
from portledger.domain.vault_errors import NotCanonical
from portledger.domain.verification_errors import Malformed, VerificationError
from portledger.evidence import bundle as files
from portledger.evidence.bundle import Bundle, readable
from portledger.evidence.bundle_verify import CLOCK_SKEW, HEADER, Proven, Release, conclude, prove
from portledger.evidence.policy import Policy
from portledger.evidence.result import TITLES, Result, Status, Step, StepReport
from portledger.vault import canonical
from portledger.vault.field_tree import MAX_DEPTH, Absence, Equality, Other, Presence, TreeRoot
from portledger.vault.manifest import Manifest

SCHEMA: Final = "portledger/presentation/1"
MAX_OTHERS: Final = 8
MAX_PROOFS: Final = 1_000
"""Fields, absences and equalities together."""
MAX_TEXT: Final = 200
MAX_PATH: Final = canonical.MAX_POINTER
"""Characters of a path."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Equal:
    """A field here and one of `others[other]` hold the same value under the same salt."""

    dataset: str
    other: int
    other_dataset: str
    proof: Equality


@dataclass(frozen=True, slots=True)
class Presentation:
    """fields, absent: (dataset, proof); party: who discloses; signature: 65 bytes; times: unix seconds."""

    evidence: Bundle
    others: tuple[Bundle, ...]
    fields: tuple[tuple[str, Presence], ...]
    absent: tuple[tuple[str, Absence], ...]
    equal: tuple[Equal, ...]
    audience: str
    purpose: str
    created_at: int
    expires_at: int
    party: int
    signature: bytes = b""

    def disclosed(self) -> bytes:
        """What the signature binds of the contents: SHA-256 of the JCS of the proofs and of the others' heads."""
        return json_digest(
            self._contents([{"document": one.document.hex(), "head": last_head(one).hex()} for one in self.others])
        )

    def _contents(self, others: list[Any]) -> dict[str, Any]:
        return {
            "fields": [{"dataset": dataset, **proof.to_json()} for dataset, proof in self.fields],
            "absent": [{"dataset": dataset, **proof.to_json()} for dataset, proof in self.absent],
            "equal": [_equal_json(one) for one in self.equal],
            "others": others,
        }

    def statement(self) -> Disclosure:
        """What the wallet signs."""
        return Disclosure(
            self.party, self.evidence.document, last_head(self.evidence), self.disclosed(), self.audience, self.purpose,
            self.created_at, self.expires_at,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        return {
            "schema": SCHEMA,
            "evidence": files.to_json(self.evidence),
            **self._contents([files.to_json(one) for one in self.others]),
            "audience": self.audience,
            "purpose": self.purpose,
            "createdAt": self.created_at,
            "expiresAt": self.expires_at,
            "party": self.party,
            "signature": self.signature.hex(),
        }


def dump(presentation: Presentation) -> bytes:
    """The file's bytes: canonical JSON. Raises InvalidInput as `bundle.dump`."""
    return readable(canonical.encode(presentation.to_json()))


def last_head(bundle: Bundle) -> bytes:
    """The record's head after the last entry shown."""
    return bundle.entries[-1].head


def _equal_json(one: Equal) -> dict[str, Any]:
    proof = one.proof.to_json()
    return {"dataset": one.dataset, "other": one.other, "otherDataset": one.other_dataset, **proof}


# --- reading: step 0 -------------------------------------------------------------------------------------------------

_NAMES: Final = frozenset(
    ("schema", "evidence", "others", "fields", "absent", "equal", "audience", "purpose", "createdAt", "expiresAt",
     "party", "signature")
)  # fmt: skip


def parse(value: Any) -> Presentation:
    """The presentation in a strict JSON value. Raises Malformed."""
    members = files.members_of(value, _NAMES, "")
    if members["schema"] != SCHEMA:
        raise Malformed("/schema", files.shown(members["schema"]), f"{SCHEMA}, this version's")
    found = Presentation(
        evidence=_closed(members["evidence"], "/evidence"),
        others=files.each(members["others"], MAX_OTHERS, "/others", _closed),
        fields=files.each(members["fields"], MAX_PROOFS, "/fields", _field),
        absent=files.each(members["absent"], MAX_PROOFS, "/absent", _absent),
        equal=files.each(members["equal"], MAX_PROOFS, "/equal", _equal),
        audience=files.text_of(members["audience"], MAX_TEXT, "/audience"),
        purpose=files.text_of(members["purpose"], MAX_TEXT, "/purpose"),
        created_at=files.integer_of(members["createdAt"], files.U40, "/createdAt"),
        expires_at=files.integer_of(members["expiresAt"], files.U40, "/expiresAt"),
        party=files.integer_of(members["party"], files.U32 - 1, "/party", 1),
        signature=_signature(members["signature"]),
    )
    if len(found.fields) + len(found.absent) + len(found.equal) > MAX_PROOFS:
        raise Malformed("", "more proofs", f"at most {MAX_PROOFS} fields, absences and equalities together")
    for number, one in enumerate(found.equal):
        if one.other >= len(found.others):
            raise Malformed(f"/equal/{number}/other", str(one.other), f"below {len(found.others)}")
    return found


def _closed(value: Any, at: str) -> Bundle:
    found = files.parse(value, at)
    if found.opened:
        raise Malformed(f"{at}/opened", "opened datasets", "none: a presentation shows fields")
    return found


def _signature(value: Any) -> bytes:
    found = files.bytes_of(value, 65, "/signature")
    if len(found) != 65:
        raise Malformed("/signature", f"{len(found)} bytes", "65")
    return found


def _field(value: Any, at: str) -> tuple[str, Presence]:
    members = files.members_of(value, {"dataset", "path", "value", "salt", "siblings"}, at)
    shown = members["value"]
    if isinstance(shown, dict | list) and shown:
        raise Malformed(f"{at}/value", "a value that is no leaf", "a scalar, {} or []")
    salt = files.salt_of(members["salt"], f"{at}/salt")
    return _name(members["dataset"], at), Presence(
        _path(members["path"], at), shown, salt, _siblings(members, "siblings", at)
    )


def _absent(value: Any, at: str) -> tuple[str, Absence]:
    members = files.members_of(value, {"dataset", "path", "siblings", "other"}, at)
    other = None
    if members["other"] is not None:
        inner = files.members_of(members["other"], {"position", "valueHash"}, f"{at}/other")
        other = Other(
            files.digest_of(inner["position"], f"{at}/other/position"),
            files.digest_of(inner["valueHash"], f"{at}/other/valueHash"),
        )
    proof = Absence(_path(members["path"], at), _siblings(members, "siblings", at), other)
    return _name(members["dataset"], at), proof


def _equal(value: Any, at: str) -> Equal:
    names = {"dataset", "path", "siblings", "other", "otherDataset", "otherPath", "otherSiblings", "valueHash"}
    members = files.members_of(value, names, at)
    proof = Equality(
        _path(members["path"], at),
        _siblings(members, "siblings", at),
        _path(members["otherPath"], at, "otherPath"),
        _siblings(members, "otherSiblings", at),
        files.digest_of(members["valueHash"], f"{at}/valueHash"),
    )
    return Equal(
        _name(members["dataset"], at),
        files.integer_of(members["other"], MAX_OTHERS, f"{at}/other"),
        _name(members["otherDataset"], at, "otherDataset"),
        proof,
    )


def _name(value: Any, at: str, member: str = "dataset") -> str:
    return files.text_of(value, 64, f"{at}/{member}")


def _path(value: Any, at: str, member: str = "path") -> str:
    if value == "":
        return ""
    path = files.text_of(value, MAX_PATH, f"{at}/{member}")
    try:
        canonical.tokens(path)
    except NotCanonical as failure:
        raise Malformed(f"{at}/{member}", files.shown(path), failure.allowed) from failure
    return path


def _siblings(members: Mapping[str, Any], member: str, at: str) -> tuple[bytes, ...]:
    return files.each(members[member], MAX_DEPTH, f"{at}/{member}", files.digest_of)


# --- checking --------------------------------------------------------------------------------------------------------


def verify_presentation(shown: Presentation, policy: Policy, release: Release, now: int) -> Result:
    """Steps 1 to 15 (docs/protocol/evidence.md). now: unix seconds of whoever verifies.

    Raises VerificationError with the step that fails; OutsidePolicy, a kind of it, where the evidence may be right.
    """
    header = {
        proof.path[1:]: proof.value for dataset, proof in shown.fields if dataset == HEADER and proof.path[:1] == "/"
    }
    subject = prove(shown.evidence, policy, release, header)
    others = [_other(number, one, policy, release) for number, one in enumerate(shown.others)]
    _fields(shown, subject, others)
    _mandatory(shown, subject)
    _own_ledger(shown, subject)
    result = conclude(subject, policy, now)
    _discloser(shown, subject, policy, now)
    proofs = len(shown.fields) + len(shown.absent) + len(shown.equal)
    report = StepReport(Step.DATASETS, Status.CHECKED, f"{proofs} fields, absences and equalities proven")
    steps = tuple(report if one.step is Step.DATASETS else one for one in result.steps)
    return replace(result, steps=steps)


def _other(number: int, one: Bundle, policy: Policy, release: Release) -> Proven:
    try:
        return prove(one, policy, release)
    except VerificationError as failure:
        where = f"other {number}, {failure.entry}" if failure.entry else f"other {number}"
        raise type(failure)(
            failure.step, failure.check, failure.found, failure.allowed, failure.remedy, where
        ) from failure


def _fields(shown: Presentation, subject: Proven, others: list[Proven]) -> None:
    """Every proof against the roots of the newest manifests."""
    for number, (dataset, field) in enumerate(shown.fields):
        with _proof(f"field {number}"):
            field.verify(_tree(subject, dataset))
    for number, (dataset, gone) in enumerate(shown.absent):
        with _proof(f"absent {number}"):
            gone.verify(_tree(subject, dataset))
    for number, one in enumerate(shown.equal):
        with _proof(f"equal {number}"):
            one.proof.verify(_tree(subject, one.dataset), _tree(others[one.other], one.other_dataset))


@contextmanager
def _proof(where: str) -> Iterator[None]:
    """What a proof's check refuses fails step 13."""
    try:
        yield
    except VerificationError:
        raise
    except PortledgerError as failure:
        raise _wrong(Step.DATASETS, failure.found, failure.allowed, where) from failure


def _tree(proven: Proven, dataset: str) -> TreeRoot:
    return _newest(proven).tree(dataset)


def _newest(proven: Proven) -> Manifest:
    if proven.newest is None:
        raise _wrong(Step.MANIFEST, "no manifest of the present version", "the newest manifest")
    return proven.newest


def _mandatory(shown: Presentation, subject: Proven) -> None:
    """No presentation hides what the kind makes mandatory: each path is shown, or proven not to be there."""
    seen = {f"/{dataset}{proof.path}" for dataset, proof in shown.fields}
    seen |= {f"/{dataset}{proof.path}" for dataset, proof in shown.absent}
    for path in subject.history.kind.mandatory:
        if path not in seen:
            raise _wrong(Step.DATASETS, f"no {path}"[:200], "every mandatory path, shown or proven absent")


def _own_ledger(shown: Presentation, subject: Proven) -> None:
    """The document itself names the ledger that it lives on; that it names none is no answer."""
    domain = subject.bundle.domain
    own = dict(zip(LEDGER_FIELDS, (domain.chain_id, "0x" + domain.ledger.hex()), strict=True))
    values = {f"/{dataset}{proof.path}": proof.value for dataset, proof in shown.fields}
    for dataset in subject.history.kind.datasets:
        for item, path in dataset.fields.items():
            if path not in own:
                continue
            found = values.get(f"/{dataset.name}/{item}")
            if type(found) is not type(own[path]) or found != own[path]:  # true equals 1
                raise _wrong(Step.DATASETS, f"{item} {found!r}"[:80], f"{own[path]!r}, this ledger", dataset.name)


def _discloser(shown: Presentation, subject: Proven, policy: Policy, now: int) -> None:
    """Step 15: who discloses, for whom, until when."""
    if not shown.created_at < shown.expires_at:
        raise _wrong(Step.RESULT, f"made {moment(shown.created_at)}, expires {moment(shown.expires_at)}", "later")
    if now > shown.expires_at:
        raise _wrong(Step.RESULT, f"a presentation that expired {moment(shown.expires_at)}", "one that is still valid")
    if shown.created_at > now + CLOCK_SKEW:
        raise _wrong(Step.RESULT, f"a presentation made {moment(shown.created_at)}", f"not after {moment(now)}")
    line = subject.result.parties.get(shown.party)
    if line is None:
        raise _wrong(
            Step.RESULT, f"disclosed by party {shown.party}, whose log is not shown", "a party of the evidence"
        )
    digest = shown.statement().digest(subject.bundle.domain)
    try:
        signer = recover(digest, shown.signature, shown.party)
    except PortledgerError as failure:
        raise _wrong(Step.RESULT, failure.found, failure.allowed, "disclosure") from failure
    account = line.accounts.get(signer)
    if account is None or not account.active:
        raise _wrong(
            Step.RESULT, f"signed by 0x{signer.hex()}", f"an active account of party {shown.party}", "disclosure"
        )
    policy.check_audience(shown.audience)


def _wrong(step: Step, found: str, expected: str, entry: str = "") -> VerificationError:
    return VerificationError(int(step), TITLES[step], found, expected, entry=entry)
