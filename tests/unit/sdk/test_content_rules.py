"""The number of a new document stands in its content, where verification looks for it."""

import pytest

from portledger import resources
from portledger.domain.errors import InvalidInput
from portledger.formats.document import Document
from portledger.sdk.content_rules import numbered

CERTIFICATE = resources.kind("certificate-of-origin")


def test_an_application_without_a_number_of_its_own_is_sealed_with_the_one_it_is_filed_under() -> None:
    filed = numbered(
        CERTIFICATE, Document(CERTIFICATE.id, "WBC-1", {"header": {"certificateNumber": "WBC-1"}}), "WBC-1"
    )
    assert filed.datasets["header"] == {"certificateNumber": "WBC-1", "applicationNumber": "WBC-1"}


def test_a_number_that_only_differs_in_spelling_stays_as_it_is_written() -> None:
    filed = numbered(CERTIFICATE, Document(CERTIFICATE.id, "", {"header": {"applicationNumber": "a 17"}}), "A17")
    assert filed.datasets["header"]["applicationNumber"] == "a 17"


def test_content_that_gives_itself_another_number_than_the_act_is_refused_before_it_is_signed() -> None:
    with pytest.raises(InvalidInput, match="applicationNumber"):
        numbered(CERTIFICATE, Document(CERTIFICATE.id, "A17", {"header": {"applicationNumber": "A17"}}), "A18")
