"""Completing a file on the command line (--set)."""

import json
from pathlib import Path

import pytest

from portledger import samples
from portledger.cli.files import read_document
from portledger.domain.errors import InvalidInput

CERTIFICATE = Path(samples.__file__).parent / "certificate_of_origin_rcep.json"


def test_a_list_s_item_is_completed_by_its_index() -> None:
    document = read_document(CERTIFICATE, completed=['/items/0/quantity={"value":"7","unit":"PK"}'])
    assert json.loads(json.dumps(document.datasets["goods"]))["items"][0]["quantity"] == {"value": "7", "unit": "PK"}


@pytest.mark.parametrize("path", ["/items/99/quantity", "/items/first/quantity", "/items/99"])
def test_an_item_that_the_list_does_not_have_is_refused(path: str) -> None:
    with pytest.raises(InvalidInput, match="path through objects"):
        read_document(CERTIFICATE, completed=[f"{path}=1"])
