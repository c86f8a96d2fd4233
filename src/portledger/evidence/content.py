"""Steps 11 to 14 on what is shown of a document's content: number, manifest, datasets, details (docs/protocol §7-§10).

Decrypting and the field trees live elsewhere: the caller hands in functions for them, and this room stays pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from heapq import heappop, heappush
from math import ceil
from typing import Any, Final

from portledger.domain.codes import DAY, MILLION, ZERO, QuantityMode
from portledger.domain.errors import InvalidInput, PortledgerError, moment
from portledger.domain.hashing import json_digest
from portledger.domain.kind_file import LEDGER_FIELDS
from portledger.domain.records import Control, state_in
from portledger.domain.vault_errors import VaultError
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.history import Act, History, LedgerFacts
from portledger.evidence.result import TITLES, Status, Step, StepReport
from portledger.vault import canonical
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
    before, written = 0, _contents(history)
    for manifest in content.older:
        version = manifest.get("version")
        if type(version) is not int or version <= before:
            raise _fail(Step.MANIFEST, f"version {version!r}"[:80], f"versions that ascend from {before + 1}")
        _one_manifest(manifest, version, written.get(version), history, facts)
        before = version
    newest = Control.unpack(facts.control).version
    if before >= newest and content.manifest is not None:
        raise _fail(Step.MANIFEST, f"version {before} twice", "each version once")
    if content.manifest is None:
        return {}
    return _one_manifest(content.manifest, newest, written.get(newest), history, facts)


def _one_manifest(
    manifest: Mapping[str, Any], version: int, written: bytes | None, history: History, facts: LedgerFacts
) -> dict[str, Mapping[str, Any]]:
    try:
        manifests.parse(manifest)
    except VaultError as failure:
        raise _fail(Step.MANIFEST, failure.found, failure.allowed, remedy=failure.remedy) from failure
    digest = _digest(manifest, Step.MANIFEST)
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


def _contents(history: History) -> dict[int, bytes]:
    """By version, the content of the act that wrote it, as far as such acts are shown."""
    found: dict[int, bytes] = {}
    for item in history.entries:
        if isinstance(item, Act) and item.action.content != ZERO:
            found.setdefault(Control.unpack(item.control).version, item.action.content)
    return found


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
            if type(found) is not type(own[path]) or found != own[path]:  # true equals 1
                raise _fail(Step.DATASETS, f"{item} {found!r}"[:80], f"{own[path]!r}, this ledger", dataset.name)


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
    """What is known of one item of a certificate: decimal amounts in one unit, which is kept as canonical JSON."""

    certified: Fraction
    total: Fraction
    unit: bytes

    @property
    def share(self) -> int:
        """Parts per million that are used, rounded up."""
        return ceil(self.total * MILLION / self.certified)


def _quantities(content: Content, history: History, goods: Mapping[str, _Item]) -> int:
    """How many uses with opened details were added up.

    goods: the certificate's items, where that dataset is opened.
    """
    if all(row.quantity == QuantityMode.ZERO for row in history.kind.rows.values()):
        return 0
    counted, state = 0, _first_state(history)
    sums = _Sums(goods, whole=history.start is None)
    for at, item in enumerate(history.entries):
        row = history.kind.rule(state, item.action.verb) if isinstance(item, Act) else None
        state = state_in(item.control)
        if not isinstance(item, Act) or row is None or row.quantity == QuantityMode.ZERO:
            continue
        detail = content.details.get(item.digest)
        if detail is None:
            sums.forget()
            continue
        sums.add(detail, item.action.quantity, f"act {at}")
        counted += 1
    return counted


def _first_state(history: History) -> int:
    return state_in(history.start.control) if history.start else 0


@dataclass(slots=True)
class _Sums:
    """The items of a certificate as the uses leave them; an item that a use does not list keeps its total.

    whole: every use so far was shown, so an item that none of them listed is unused, and no item is unknown.
    """

    goods: Mapping[str, _Item]
    whole: bool
    items: dict[str, _Item] = field(default_factory=dict)
    shares: list[tuple[int, str]] = field(default_factory=list)
    """A heap of (minus the share, item); what is no longer so is dropped when it comes up."""

    def forget(self) -> None:
        """A use whose detail is closed: it may have used anything."""
        self.items.clear()
        self.shares.clear()
        self.whole = False

    def add(self, detail: Mapping[str, Any], quantity: int, where: str) -> None:
        """One use or correction. Raises VerificationError where the totals do not follow, exceed what was certified, or
        the public share is another."""
        listed: set[str] = set()
        for number, item in enumerate(_items(detail, where)):
            name = item.get("item", str(number))
            if not isinstance(name, str) or name in listed:
                raise _fail(Step.DETAILS, f"item {name!r}"[:80], "each item's number as a string, once", where)
            listed.add(name)
            self._item(name, item, where)
        share = self._greatest()
        if quantity < share or (self.whole and quantity != share):
            raise _fail(Step.DETAILS, f"quantity {quantity}", f"{share} parts per million, by the detail", where)

    def _item(self, name: str, item: Mapping[str, Any], where: str) -> None:
        certified, used, total = (_decimal(item.get(key), key, where) for key in ("certified", "used", "total"))
        if not 0 <= total <= certified or certified == 0:
            raise _fail(Step.DETAILS, f"item {name}: total {item['total']}", f"0 to {item['certified']}", where)
        now, before = _Item(certified, total, canonical.encode(item.get("unit"))), self.items.get(name)
        for earlier in (before, self.goods.get(name)):
            if earlier is not None and (earlier.certified, earlier.unit) != (now.certified, now.unit):
                raise _fail(Step.DETAILS, f"item {name}: certified {item['certified']}", "what was certified", where)
        if self.goods and name not in self.goods:
            raise _fail(Step.DETAILS, f"item {name}", f"an item of the certificate: {', '.join(self.goods)}", where)
        held = before.total if before else Fraction(0)
        if (before or self.whole) and held + used != total:
            raise _fail(Step.DETAILS, f"item {name}: total {item['total']}", "what was used before and now", where)
        self.items[name] = now
        heappush(self.shares, (-now.share, name))

    def _greatest(self) -> int:
        while self.shares and -self.shares[0][0] != self.items[self.shares[0][1]].share:
            heappop(self.shares)
        return -self.shares[0][0] if self.shares else 0


def _goods(values: Mapping[str, Any]) -> dict[str, _Item]:
    """The items of an opened certificate, as far as they have number, quantity and unit."""
    goods = values.get("goods")
    listed = goods.get("items") if isinstance(goods, dict) else None
    found = {}
    for item in listed if isinstance(listed, list) else ():
        quantity = item.get("quantity") if isinstance(item, dict) else None
        number = item.get("number") if isinstance(item, dict) else None
        if not isinstance(quantity, dict) or type(number) not in (str, int):
            continue
        value = quantity.get("value")
        if type(value) in (str, int) and _DECIMAL.fullmatch(str(value)):
            found[str(number)] = _Item(Fraction(str(value)), Fraction(0), canonical.encode(quantity.get("unit")))
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
    if text is None:
        return []
    end = _end_of_day(text)
    if end is None:
        return [f"the last day of validity, {ascii(text)[:80]}, is no date"]
    late, state = [], _first_state(history)
    for at, item in enumerate(history.entries):
        row = history.kind.rule(state, item.action.verb) if isinstance(item, Act) else None
        state = state_in(item.control)
        if row is not None and row.quantity == QuantityMode.GROWS and item.time >= end:
            late.append(f"act {at}: used at {moment(item.time)}, after the last day of validity, {text[:10]}")
    return late


_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _end_of_day(text: Any) -> int | None:
    """The second after a day in UTC, which the text begins with (YYYY-MM-DD); None where it names none."""
    if not isinstance(text, str) or not _DATE.match(text):
        return None
    try:
        return int(datetime.fromisoformat(text[:10]).replace(tzinfo=UTC).timestamp()) + DAY
    except ValueError:
        return None


def _digest(value: Any, step: Step) -> bytes:
    """SHA-256 of the canonical JSON."""
    try:
        return json_digest(value)
    except (ValueError, TypeError, InvalidInput) as failure:
        raise _fail(step, f"no canonical JSON ({failure})", "JSON as RFC 8785 takes it") from failure
