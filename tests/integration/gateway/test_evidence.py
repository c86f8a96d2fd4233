"""GET /v1/documents/{id}/evidence: who may ask, what is in the file, of which block, and that the verifier agrees."""

import httpx
import pytest
from tests.integration.gateway.conftest import Cast
from tests.support.gateway import Gateway, Trader
from tests.support.proving import judged

from portledger.evidence.history import Act


def ask(gateway: Gateway, document: bytes, who: Trader | None, **query: object) -> httpx.Response:
    headers = who.headers if who else {}
    return gateway.http.get(f"/v1/documents/{document.hex()}/evidence", params=query, headers=headers)


def fetched(gateway: Gateway, document: bytes, who: Trader, **query: object) -> bytes:
    answer = ask(gateway, document, who, **query)
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.fixture
def held(gateway: Gateway, cast: Cast) -> bytes:
    """A bill of lading that the shipper has taken and endorsed to the bank."""
    document = gateway.issue(cast.carrier, cast.shipper.party)
    gateway.act(cast.shipper, document, "ACCEPT", counterparty=cast.carrier.party, endorsee=cast.shipper.party)
    gateway.act(cast.shipper, document, "OFFER", counterparty=cast.bank.party, endorsee=cast.bank.party)
    gateway.act(cast.bank, document, "ACCEPT", counterparty=cast.shipper.party, endorsee=cast.bank.party)
    return document


def test_the_file_of_a_live_document_verifies(gateway: Gateway, cast: Cast, held: bytes) -> None:
    read, result = judged(fetched(gateway, held, cast.shipper))
    verbs = [gateway.kind().verb_name(one.action.verb) for one in read.entries if isinstance(one, Act)]
    assert verbs == ["ISSUE", "ACCEPT", "OFFER", "ACCEPT"]
    assert {one.party for one in read.parties} == {cast.carrier.party, cast.shipper.party, cast.bank.party}
    assert result.state == "ISSUED"
    assert result.control.possessor == cast.bank.party
