"""Steps 11 to 14: number, manifest, datasets and details, as far as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from tests.support.histories import DOMAIN, START, Town

from portledger.domain.codes import DAY
from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import json_digest, keccak, sha256
from portledger.domain.verification_errors import VerificationError
from portledger.evidence.content import Content
from portledger.evidence.result import Result, Status, Step
from portledger.evidence.verify import verify
from portledger.resources import kind as shipped_kind

HEADER = {"chainId": DOMAIN.chain_id, "ledger": "0x" + DOMAIN.ledger.hex()}


def manifest(town: Town, **members: Any) -> dict[str, Any]:
    """A manifest of version 2 with the kind's datasets; ciphertexts and commitments are stand-ins of the right form."""
    datasets = [
        {
            "name": dataset.name,
            "sealedVersion": 1,
            "nonce": "00" * 12,
            "size": 64,
            "ciphertextSha256": sha256(dataset.name.encode()).hex(),
            "keyCommitment": "00" * 32,
            "root": "00" * 32,
        }
        for dataset in town.kind.datasets
    ]
    whole = {
        "chainId": DOMAIN.chain_id,
        "ledger": "0x" + DOMAIN.ledger.hex(),
        "document": town.document.hex(),
        "kind": town.kind.number,
        "version": 2,
        "datasets": datasets,
    }
    return {**whole, **members}


class Certificate(Town):
    """A certificate whose second content is the manifest given, used twice in part, then corrected."""

    def __init__(self, **members: Any) -> None:
        super().__init__(shipped_kind("certificate-of-origin"))
        exporter = self.register("exporter", "shipperOrConsignee")
        chamber = self.register("chamber", "certifier")
        customs = self.register("customs", "customs")
        self.act("APPLY", exporter, counterparty=chamber, content=keccak(b"draft"), document_reference=keccak(b"a"))
        self.manifest = manifest(self, **members)
        self.act(
            "CERTIFY",
            chamber,
            endorsee=customs,
            content=json_digest(self.manifest),
            document_reference=keccak(b"certificate"),
        )
        self.details: dict[bytes, dict[str, Any]] = {}
        self.use("USE_PART", 400_000, row("100", "40", "40"))
        self.use("USE_PART", 700_000, row("100", "30", "70"), row("50", "5", "5", item="2"))
        self.use("CORRECT_USE", 650_000, row("100", "-5", "65"), row("50", "0", "5", item="2"))

    def use(self, verb: str, quantity: int, *rows: dict[str, str]) -> bytes:
        detail = {"schema": "portledger/detail/1", "salt": "00" * 16, "items": list(rows)}
        made = self.act(verb, self.names["customs"], detail=json_digest(detail), quantity=quantity)
        self.details[made.digest] = detail
        return made.digest

    def content(self, **members: Any) -> Content:
        return Content(**{"manifest": self.manifest, **members})

    def verified(self, **members: Any) -> Result:
        return verify(self.history(), self.facts(), self.content(**members))


def row(certified: str, used: str, total: str, item: str = "1") -> dict[str, str]:
    return {"item": item, "certified": certified, "used": used, "total": total, "unit": "KGM"}


def refused(town: Certificate, **members: Any) -> VerificationError:
    with pytest.raises(VerificationError) as failure:
        town.verified(**members)
    return failure.value


def open_dataset(entry: Mapping[str, Any], held: Any) -> Any:
    if held == "wrong key":
        raise InvalidInput(entry["name"], "another key", "the key of the commitment")
    return held


def statuses(result: Result) -> dict[int, str]:
    return {int(report.step): report.status.value for report in result.steps}


# --- 12 --------------------------------------------------------------------------------------------------------------


def test_the_manifest_of_the_last_content_act_is_accepted() -> None:
    found = statuses(Certificate().verified())
    assert found[Step.MANIFEST] == Status.CHECKED
    assert found[Step.DATASETS] == Status.NOT_SHOWN
    assert found[Step.DETAILS] == Status.NOT_SHOWN


def test_a_manifest_with_another_digest_is_refused() -> None:
    town = Certificate()
    assert refused(town, manifest={**town.manifest, "version": 3}).step == Step.MANIFEST


OTHERS: dict[str, dict[str, Any]] = {
    "chain": {"chainId": 1},
    "ledger": {"ledger": "0x" + "00" * 20},
    "document": {"document": "00" * 32},
    "kind": {"kind": 0x0101},
    "version": {"version": 1},
    "another member": {"more": 1},
    "datasets missing": {"datasets": []},
    "datasets no list": {"datasets": {}},
    "dataset without a name": {"datasets": [{}]},
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_signed_manifest_that_names_something_else_is_refused(name: str) -> None:
    """Signed and on the ledger, and still not this document's: step 12 reads what it says of itself."""
    assert refused(Certificate(**OTHERS[name])).step == Step.MANIFEST


def test_a_dataset_twice_is_refused() -> None:
    twice = [{"name": "header"}, {"name": "header"}]
    assert refused(Certificate(datasets=twice)).step == Step.MANIFEST


def test_ciphertexts_at_hand_are_compared_with_the_manifest() -> None:
    town = Certificate()
    good = {name: sha256(name.encode()) for name in ("header", "goods")}
    assert "2 ciphertexts" in town.verified(blobs=good).steps[11].checked


def test_one_byte_of_a_stored_blob_is_noticed_at_step_12() -> None:
    failure = refused(Certificate(), blobs={"goods": sha256(b"goods with one byte changed")})
    assert (failure.step, failure.entry) == (Step.MANIFEST, "goods")
    assert "ciphertext" in failure.remedy


def test_a_blob_of_no_dataset_is_refused() -> None:
    assert refused(Certificate(), blobs={"secret": bytes(32)}).step == Step.MANIFEST


# --- 13 --------------------------------------------------------------------------------------------------------------


def test_opened_datasets_are_handed_back() -> None:
    result = Certificate().verified(opened={"header": HEADER, "goods": {}}, open_dataset=open_dataset)
    assert result.values == {"header": HEADER, "goods": {}}
    assert statuses(result)[Step.DATASETS] == Status.CHECKED


def test_a_dataset_that_does_not_open_is_named() -> None:
    failure = refused(Certificate(), opened={"goods": "wrong key"}, open_dataset=open_dataset)
    assert (failure.step, failure.entry) == (Step.DATASETS, "goods")


def test_a_dataset_without_a_check_is_not_believed() -> None:
    assert refused(Certificate(), opened={"goods": {}}).step == Step.DATASETS


@pytest.mark.parametrize("member", HEADER)
def test_a_document_that_names_another_ledger_is_refused(member: str) -> None:
    header = {**HEADER, member: "0x00"}
    assert refused(Certificate(), opened={"header": header}, open_dataset=open_dataset).step == Step.DATASETS


# --- 11 --------------------------------------------------------------------------------------------------------------


def test_the_number_is_reported_when_its_check_holds() -> None:
    result = Certificate().verified(check_number=lambda: "CO-513")
    assert "number CO-513" in result.steps[10].checked


def test_a_number_that_is_not_the_reference_s_is_refused() -> None:
    def wrong() -> str:
        raise InvalidInput("number", "another", "the signed one")

    assert refused(Certificate(), check_number=wrong).step == Step.REFERENCE


# --- 14 --------------------------------------------------------------------------------------------------------------


def test_D1_quantities_of_a_certificate_add_up() -> None:
    town = Certificate()
    report = town.verified(details=town.details).steps[13]
    assert report.status is Status.CHECKED
    assert "3 uses add up" in report.checked


def test_a_detail_that_was_not_signed_is_refused() -> None:
    town = Certificate()
    digest = next(iter(town.details))
    assert refused(town, details={digest: {"items": []}}).step == Step.DETAILS


def test_a_detail_of_no_act_is_refused() -> None:
    assert refused(Certificate(), details={keccak(b"x"): {}}).step == Step.DETAILS


USES: dict[str, tuple[int, dict[str, str]]] = {
    "totals that do not add up": (900_000, row("100", "10", "90")),
    "more than was certified": (1_000_000, row("100", "41", "101")),
    "a public share below the detail's": (650_000, row("100", "10", "75")),
    "a total below zero": (650_000, row("100", "0", "-1")),
    "no number": (650_000, row("100", "ten", "75")),
    "no certified quantity": (650_000, row("0", "0", "0")),
}


@pytest.mark.parametrize("name", USES)
def test_D1_a_use_that_the_details_contradict_is_refused(name: str) -> None:
    town = Certificate()
    quantity, item = USES[name]
    town.use("USE_PART", quantity, item, row("50", "0", "5", item="2"))
    assert refused(town, details=town.details).step == Step.DETAILS


def test_X6_items_may_be_used_unevenly() -> None:
    """Item 1 stands at 65 %; 5 of 50 of item 2 are used after it, and the public share stays."""
    town = Certificate()
    town.use("USE_PART", 650_000, row("100", "0", "65"), row("50", "5", "10", item="2"))
    assert town.verified(details=town.details).control.used == 650_000


def test_a_use_without_items_is_refused() -> None:
    town = Certificate()
    detail = {"schema": "portledger/detail/1"}
    made = town.act("USE_PART", town.names["customs"], detail=json_digest(detail), quantity=650_000)
    assert refused(town, details={**town.details, made.digest: detail}).step == Step.DETAILS


def test_a_closed_detail_only_breaks_the_chain_of_totals() -> None:
    town = Certificate()
    first, *rest = town.details
    assert town.verified(details={digest: town.details[digest] for digest in rest}).acts == 5
    assert first not in rest


def test_a_closed_detail_leaves_open_what_it_used_of_other_items() -> None:
    """Behind it 90 % of another item were used: neither that item's total nor the greatest share is known any more."""
    town = Certificate()
    closed = town.use("USE_PART", 900_000, row("200", "180", "180", item="3"))
    town.use("USE_PART", 900_000, row("100", "5", "70"))
    town.use("USE_PART", 950_000, row("200", "10", "190", item="3"))
    shown = {digest: detail for digest, detail in town.details.items() if digest != closed}
    assert town.verified(details=shown).control.used == 950_000


def test_a_public_share_below_an_open_detail_is_refused_after_a_closed_one_too() -> None:
    town = Certificate()
    closed = town.use("USE_PART", 650_000, row("100", "0", "65"))
    town.use("USE_PART", 650_000, row("100", "15", "80"))
    shown = {digest: detail for digest, detail in town.details.items() if digest != closed}
    assert refused(town, details=shown).step == Step.DETAILS


def test_an_item_is_listed_once_in_a_use() -> None:
    town = Certificate()
    town.use("USE_PART", 650_000, row("100", "35", "100"), row("100", "0", "65"))
    assert refused(town, details=town.details).step == Step.DETAILS


def test_true_is_no_unit_of_one() -> None:
    town = Certificate()
    item: dict[str, Any] = {**row("10", "1", "1", item="3"), "unit": 1}
    town.use("USE_PART", 650_000, item)
    town.use("USE_PART", 650_000, {**row("10", "1", "2", item="3"), "unit": True})
    assert refused(town, details=town.details).step == Step.DETAILS


@pytest.mark.parametrize("day", ["2027-02-30", "20270115", "tomorrow", "", 20270115, ["2027-01-15"], {}])
def test_a_last_day_that_is_no_date_is_said_to_be_none(day: Any) -> None:
    town = Certificate()
    (remark,) = town.verified(opened={"header": {**HEADER, "validUntil": day}}, open_dataset=open_dataset).remarks
    assert "is no date" in remark


def test_a_use_in_a_year_that_no_calendar_has_is_late() -> None:
    town = Certificate()
    town.time = 2**40 - DAY - 20
    town.use("USE_PART", 750_000, row("100", "10", "75"))
    header = {**HEADER, "validUntil": "9999-12-31"}
    assert len(town.verified(opened={"header": header}, open_dataset=open_dataset).remarks) == 1


def test_a_use_after_the_last_day_is_named() -> None:
    town = Certificate()
    header = {**HEADER, "validUntil": "2027-01-15"}
    assert town.verified(opened={"header": header}, open_dataset=open_dataset).remarks == ()
    town.time = START + 2 * DAY
    town.use("USE_PART", 750_000, row("100", "10", "75"), row("50", "0", "5", item="2"))
    (remark,) = town.verified(opened={"header": header}, open_dataset=open_dataset).remarks
    assert "after the last day" in remark
