"""Steps 11 to 14 on what is shown of a document's content: number, manifest, datasets, details (docs/protocol §7-§10).

Decrypting and the field trees live elsewhere: the caller hands in functions for them, and this room stays pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fractions import Fraction
from math import ceil
from typing import Any, Final

from portledger.domain.codes import MILLION, ZERO, QuantityMode
from portledger.domain.errors import InvalidInput, PortledgerError, moment
from portledger.domain.hashing import json_digest
from portledger.domain.kind_file import LEDGER_FIELDS
from portledger.domain.records import Control, state_in
from portledger.domain.vault_errors import VaultError
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.history import Act, History, LedgerFacts
from portledger.evidence.result import TITLES, Status, Step, StepReport
from portledger.vault import manifest as manifests

OpenDataset = Callable[[Mapping[str, Any], Any], Any]
"""(the manifest's entry, whatever the caller holds of the dataset) -> its value; raises PortledgerError (step 13)."""
CheckNumber = Callable[[], str]
"""The number, after its signature and key were checked, empty where it is not shown; raises PortledgerError."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is shown of the newest version.

    manifest: the parsed JSON, None where it is not shown; older: manifests of earlier versions, ascending; blobs:
    SHA-256 of the ciphertexts at hand, by dataset; opened: by dataset, whatever `open_dataset` takes; details: by the
    digest of their act.
    """

    manifest: Mapping[str, Any] | None
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    opened: Mapping[str, Any] = field(default_factory=dict)
    open_dataset: OpenDataset | None = None
    details: Mapping[bytes, Mapping[str, Any]] = field(default_factory=dict)
    check_number: CheckNumber | None = None
    older: tuple[Mapping[str, Any], ...] = ()
    before_datasets: Callable[[], None] | None = None
    """A check of the caller's between steps 12 and 13."""


def check(
    content: Content | None, history: History, facts: LedgerFacts
) -> tuple[Mapping[str, Any], list[StepReport], list[str]]:
    """Steps 12 to 14: the opened values, the reports, the remarks. Raises VerificationError."""
    if content is None:
        silent = [StepReport(step, Status.NOT_SHOWN, "no content given") for step in _CONTENT_STEPS]
        return {}, silent, []
    names = _manifests(content, history, facts)
    _blobs(content, names)
    if content.before_datasets is not None:
        content.before_datasets()
    values = _datasets(content, names)
    _own_ledger(values, history, facts)
    details = _details(content, history, _goods(values))
    shown = f"{len(names)} datasets, {len(content.blobs)} ciphertexts compared"
    reports = [
        StepReport(Step.MANIFEST, _seen(names), shown if names else "no manifest given"),
        StepReport(Step.DATASETS, _seen(values), f"{len(values)} of {len(names)} datasets opened"),
        StepReport(Step.DETAILS, _seen(content.details), details),
    ]
    return values, reports, late_uses(values, history)


_CONTENT_STEPS: Final = (Step.MANIFEST, Step.DATASETS, Step.DETAILS)


def _seen(shown: Mapping[Any, Any]) -> Status:
    return Status.CHECKED if shown else Status.NOT_SHOWN


def _fail(step: Step, found: object, expected: object, entry: str = "", remedy: str = "") -> VerificationError:
    return VerificationError(int(step), TITLES[step], str(found), str(expected), remedy, entry)


def check_number(content: Content | None, history: History) -> str:
    """Step 11: the number in clear, when it is shown. Empty when it is not."""
    if content is None or content.check_number is None:
        return ""
    try:
        return content.check_number()
    except PortledgerError as failure:
        raise _fail(Step.REFERENCE, failure.found, failure.allowed, remedy=failure.remedy) from failure


# --- 12 --------------------------------------------------------------------------------------------------------------


def _manifests(content: Content, history: History, facts: LedgerFacts) -> dict[str, Mapping[str, Any]]:
    """Every manifest shown, each written by an act that is shown; the newest one's datasets by name."""
    before = 0
    for manifest in content.older:
        version = manifest.get("version")
        if type(version) is not int or version <= before:
            raise _fail(Step.MANIFEST, f"version {version!r}"[:80], f"versions that ascend from {before + 1}")
        _one_manifest(manifest, version, history, facts)
        before = version
    newest = Control.unpack(facts.control).version
    if before >= newest and content.manifest is not None:
        raise _fail(Step.MANIFEST, f"version {before} twice", "each version once")
    return _one_manifest(content.manifest, newest, history, facts) if content.manifest is not None else {}


def _one_manifest(
    manifest: Mapping[str, Any], version: int, history: History, facts: LedgerFacts
) -> dict[str, Mapping[str, Any]]:
    try:
        manifests.parse(manifest)
    except VaultError as failure:
        raise _fail(Step.MANIFEST, failure.found, failure.allowed, remedy=failure.remedy) from failure
    digest, written = _digest(manifest, Step.MANIFEST), _written(history, version)
    if digest != written:
        raise _fail(
            Step.MANIFEST,
            f"manifest {digest.hex()}",
            f"{written.hex() if written else 'none'}, the content that an act wrote as version {version}",
            remedy="Fetch the manifest again; an older version has another digest.",
        )
    expected = {
        "chainId": facts.domain.chain_id,
        "ledger": "0x" + facts.domain.ledger.hex(),
        "document": history.document.hex(),
        "kind": Control.unpack(facts.control).kind,
        "version": version,
    }
    for member, value in expected.items():
        if manifest[member] != value:
            raise _fail(Step.MANIFEST, f"{member} {manifest[member]!r}", repr(value))
    names = {item["name"]: item for item in manifest["datasets"]}
    wanted = [dataset.name for dataset in history.kind.datasets]
    # As sets: a kind file inside canonical JSON has its datasets in the order of their names, not in its own.
    if names.keys() != set(wanted):
        raise _fail(Step.MANIFEST, f"datasets {', '.join(names)}", f"{', '.join(wanted)}, the kind's")
    return names


def _written(history: History, version: int) -> bytes | None:
    """The content of the act that wrote this version, None where no such act is shown."""
    for item in history.entries:
        if isinstance(item, Act) and item.action.content != ZERO and Control.unpack(item.control).version == version:
            return item.action.content
    return None


def _blobs(content: Content, names: Mapping[str, Mapping[str, Any]]) -> None:
    for name, digest in content.blobs.items():
        if name not in names:
            raise _fail(Step.MANIFEST, f"a ciphertext for {name}", f"one of {sorted(names)}")
        if names[name].get("ciphertextSha256") != digest.hex():
            raise _fail(
                Step.MANIFEST,
                f"ciphertext of {name} with SHA-256 {digest.hex()}",
                f"{names[name].get('ciphertextSha256')}, the manifest's",
                name,
                "The stored ciphertext was altered or lost: fetch it from another copy.",
            )


# --- 13 --------------------------------------------------------------------------------------------------------------


def _datasets(content: Content, names: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Each opened dataset against its commitment and root, by the caller's function."""
    values: dict[str, Any] = {}
    for name, held in content.opened.items():
        if name not in names or content.open_dataset is None:
            raise _fail(Step.DATASETS, f"dataset {name} without a check", f"one of {sorted(names)}", name)
        try:
            values[name] = content.open_dataset(names[name], held)
        except PortledgerError as failure:
            raise _fail(Step.DATASETS, failure.found, failure.allowed, name, failure.remedy) from failure
    return values


def _own_ledger(values: Mapping[str, Any], history: History, facts: LedgerFacts) -> None:
    """The document itself names the ledger that it lives on: half of what makes it the sole original."""
    own = dict(zip(LEDGER_FIELDS, (facts.domain.chain_id, "0x" + facts.domain.ledger.hex()), strict=True))
    for dataset in history.kind.datasets:
        for item, path in dataset.fields.items():
            if path not in own or dataset.name not in values:
                continue
            value = values[dataset.name]
            found = value.get(item) if isinstance(value, dict) else None
            if found != own[path]:
                raise _fail(Step.DATASETS, f"{item} {found!r}", f"{own[path]!r}, this ledger", dataset.name)


# --- 14 --------------------------------------------------------------------------------------------------------------


def _details(content: Content, history: History, goods: Mapping[str, _Item]) -> str:
    """Opened details are the signed ones; a certificate's quantities add up (docs/protocol §9)."""
    acts = history.acts()
    known = {item.digest for item in acts}
    strangers = set(content.details) - known
    if strangers:
        raise _fail(Step.DETAILS, f"a detail for act {min(strangers).hex()}", "an act of this history")
    for item in acts:
        if item.digest not in content.details:
            continue
        digest = _digest(content.details[item.digest], Step.DETAILS)
        if digest != item.action.detail:
            raise _fail(Step.DETAILS, f"detail {digest.hex()}", item.action.detail.hex(), f"act {item.digest.hex()}")
    counted = _quantities(content, history, goods)
    return f"{len(content.details)} details opened" + (f", quantities of {counted} uses add up" if counted else "")


@dataclass(frozen=True, slots=True)
class _Item:
    """What is known of one item of a certificate: decimal amounts in one unit."""

    certified: Fraction
    total: Fraction
    unit: Any


def _quantities(content: Content, history: History, goods: Mapping[str, _Item]) -> int:
    """How many uses with opened details were added up. A use whose detail is closed breaks the chain of totals.

    goods: the certificate's items, where that dataset is opened.
    """
    if all(row.quantity == QuantityMode.ZERO for row in history.kind.rows.values()):
        return 0
    counted, state = 0, _first_state(history)
    known: dict[str, _Item] | None = None if history.start else {}
    for at, item in enumerate(history.entries):
        row = history.kind.rule(state, item.action.verb) if isinstance(item, Act) else None
        state = state_in(item.control)
        if not isinstance(item, Act) or row is None or row.quantity == QuantityMode.ZERO:
            continue
        detail = content.details.get(item.digest)
        if detail is None:
            known = None
            continue
        known = _use(detail, item.action.quantity, known, goods, f"act {at}")
        counted += 1
    return counted


def _first_state(history: History) -> int:
    return state_in(history.start.control) if history.start else 0


def _use(
    detail: Mapping[str, Any], quantity: int, before: dict[str, _Item] | None, goods: Mapping[str, _Item], where: str
) -> dict[str, _Item]:
    """The items after one use or correction; an item that it does not list keeps its total.

    before: None where it is not known. Raises VerificationError where the totals do not follow, exceed what was
    certified, or the public share is another.
    """
    after = dict(before or {})
    for number, item in enumerate(_items(detail, where)):
        name = item.get("item", str(number))
        if not isinstance(name, str):
            raise _fail(Step.DETAILS, f"item {name!r}"[:80], "an item's number as a string", where)
        certified, used, total = (_decimal(item.get(key), key, where) for key in ("certified", "used", "total"))
        now = _Item(certified, total, item.get("unit"))
        if not 0 <= total <= certified or certified == 0:
            raise _fail(Step.DETAILS, f"item {name}: total {item['total']}", f"0 to {item['certified']}", where)
        for earlier in (after.get(name), goods.get(name)):
            if earlier is not None and (earlier.certified, earlier.unit) != (now.certified, now.unit):
                raise _fail(Step.DETAILS, f"item {name}: certified {item['certified']}", "what was certified", where)
        if goods and name not in goods:
            raise _fail(Step.DETAILS, f"item {name}", f"an item of the certificate: {', '.join(goods)}", where)
        if before is not None:
            held = before[name].total if name in before else Fraction(0)
            if held + used != total:
                raise _fail(Step.DETAILS, f"item {name}: total {item['total']}", "what was used before and now", where)
        after[name] = now
    share = max((item.total * MILLION / item.certified for item in after.values()), default=Fraction(0))
    if quantity != ceil(share):
        raise _fail(Step.DETAILS, f"quantity {quantity}", f"{ceil(share)} parts per million, by the detail", where)
    return after


def _goods(values: Mapping[str, Any]) -> dict[str, _Item]:
    """The items of an opened certificate, as far as they have number, quantity and unit."""
    goods = values.get("goods")
    listed = goods.get("items") if isinstance(goods, dict) else None
    found = {}
    for item in listed if isinstance(listed, list) else ():
        quantity = item.get("quantity") if isinstance(item, dict) else None
        number = item.get("number") if isinstance(item, dict) else None
        if (
            isinstance(quantity, dict)
            and isinstance(number, str | int)
            and _DECIMAL.fullmatch(str(quantity.get("value")))
        ):
            found[str(number)] = _Item(Fraction(str(quantity["value"])), Fraction(0), quantity.get("unit"))
    return found


def _items(detail: Mapping[str, Any], where: str) -> list[Mapping[str, Any]]:
    items = detail.get("items")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _fail(Step.DETAILS, "a use without a list of items", "items with certified, used, total", where)
    return items


_DECIMAL: Final = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")


def _decimal(value: Any, key: str, where: str) -> Fraction:
    """The exact value of a decimal string."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise _fail(Step.DETAILS, f"{key} {value!r}"[:80], "a decimal number as a string, such as 12.5", where)
    return Fraction(value)


def late_uses(values: Mapping[str, Any], history: History) -> list[str]:
    """The ledger has no calendar: a certificate's use after its last day is named here (docs/protocol §5)."""
    header = values.get("header")
    text = header.get("validUntil") if isinstance(header, dict) else None
    try:
        last = date.fromisoformat(str(text)[:10]) if text is not None else None
    except ValueError:
        return [f"the last day of validity {text!r} is no date"]
    late, state = [], _first_state(history)
    for at, item in enumerate(history.entries):
        row = history.kind.rule(state, item.action.verb) if isinstance(item, Act) else None
        state = state_in(item.control)
        if last is None or row is None or row.quantity != QuantityMode.GROWS:
            continue
        if datetime.fromtimestamp(item.time, UTC).date() > last:
            late.append(f"act {at}: used at {moment(item.time)}, after the last day of validity, {last.isoformat()}")
    return late


def _digest(value: Any, step: Step) -> bytes:
    """SHA-256 of the canonical JSON."""
    try:
        return json_digest(value)
    except (ValueError, TypeError, InvalidInput) as failure:
        raise _fail(step, f"no canonical JSON ({failure})", "JSON as RFC 8785 takes it") from failure
