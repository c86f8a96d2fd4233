"""An evidence file, from the header down to the last note: what holds, and which step names what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.evidence import POLICY, RELEASE, bundle_of
from tests.support.histories import Town, bill_of_lading

from portledger.evidence import making
from portledger.evidence.bundle import dump
from portledger.evidence.verdict import Class, Verdict, judge


@pytest.fixture(scope="module")
def town() -> Town:
    return bill_of_lading()


def verdict(data: bytes, town: Town) -> Verdict:
    return judge(data, POLICY, RELEASE, town.time + 60)


@pytest.mark.parametrize(
    ("engine", "ends"), [("none", Class.UNSEALED), ("qbft", Class.VALID), ("istanbul", Class.VALID)]
)
def test_a_whole_life_is_verified_from_one_file(town: Town, engine: str, ends: Class) -> None:
    found = verdict(dump(bundle_of(town, engine)), town)
    assert found.failure is None
    assert found.verdict is ends
    assert found.result is not None
    assert found.result.acts + found.result.freezes == len(town.entries)
    assert [report.step for report in found.result.steps] == list(range(1, 16))


@pytest.mark.parametrize("notes", making.NOTES)
@pytest.mark.parametrize("form", making.FORMS)
def test_every_form_of_a_file_holds(town: Town, form: str, notes: str) -> None:
    found = verdict(dump(bundle_of(town, form=making.Form(form, notes, own=1))), town)
    assert found.failure is None


def test_a_file_without_its_last_act_is_refused_at_the_running_hash(town: Town) -> None:
    bundle = bundle_of(town)
    found = verdict(dump(replace(bundle, entries=bundle.entries[:-1])), town)
    assert (found.verdict, found.failure and found.failure.step) == (Class.INVALID, 6)
