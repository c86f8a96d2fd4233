"""Somebody new, with a machine that has no key, gets to the first accepted bill in a dozen clicks."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.support.first_path import NAME
from tests.support.newcomers import first_path, place

from portledger.desk.words import LANGUAGES, word

MOST_CLICKS = 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_no_key_to_the_first_accepted_bill_in_at_most_twelve_clicks(
    browser: Browser, tmp_path: Path, language: str
) -> None:
    with place(tmp_path, block_seconds=0.05) as there:
        walked = first_path(there, browser, tmp_path, language)
        record = there.issuer.record(walked.document)
    assert NAME in walked.said
    assert word("document.timeline", language) in walked.said
    assert record.possessor == record.endorsee != there.issuer.party
    assert walked.presses == len(walked.clicks) <= MOST_CLICKS, walked.clicks
