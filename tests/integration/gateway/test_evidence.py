"""GET /v1/documents/{id}/evidence: who may ask, what is in the file, of which block, and that the verifier agrees."""

import asyncio
import os

import httpx
import pytest
from tests.integration.gateway.conftest import Cast
from tests.support.gateway import Gateway, Trader
from tests.support.proving import judged, schema_of

from portledger.evidence.history import Act, HiddenNote
from portledger.formats import api_json as wire
from portledger.gateway.app import create_app
from portledger.gateway.settings import Settings
from portledger.gateway.state import open_state


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


def test_only_who_may_read_the_history_gets_the_file(gateway: Gateway, cast: Cast, held: bytes) -> None:
    assert ask(gateway, held, None).status_code == 401
    refused = ask(gateway, held, cast.stranger)
    assert (refused.status_code, refused.json()["code"]) == (404, "NotFound")
    assert ask(gateway, b"\x01" * 32, cast.auditor).status_code == 404
    assert ask(gateway, held, cast.auditor).status_code == 200


def test_nothing_is_opened_and_the_manifest_is_the_newest(gateway: Gateway, cast: Cast, held: bytes) -> None:
    read, _ = judged(fetched(gateway, held, cast.shipper))
    assert read.opened == ()
    assert not read.details
    assert [one["version"] for one in read.manifests] == [1]


def test_an_etag_says_whether_the_file_is_the_same(gateway: Gateway, cast: Cast, held: bytes) -> None:
    first = ask(gateway, held, cast.shipper)
    path = f"/v1/documents/{held.hex()}/evidence"
    headers = {**cast.shipper.headers, "if-none-match": first.headers["etag"]}
    assert gateway.http.get(path, headers=headers).status_code == 304
    gateway.act(cast.bank, held, "REMARK", detail=os.urandom(32))
    later = gateway.http.get(path, headers=headers)
    assert later.status_code == 200
    assert len(judged(later.content)[0].entries) == 5


@pytest.mark.parametrize("query", [{"form": "half"}, {"notes": "some"}, {"also": "somebody"}, {"newest": "yes"}])
def test_an_unknown_form_is_refused_with_what_is_allowed(
    gateway: Gateway, cast: Cast, held: bytes, query: dict[str, str]
) -> None:
    answer = ask(gateway, held, cast.shipper, **query)
    assert answer.status_code == 400
    assert answer.json()["parameters"]["where"] == next(iter(query))


def test_another_party_is_shown_besides_when_asked_for(gateway: Gateway, cast: Cast, held: bytes) -> None:
    read, _ = judged(fetched(gateway, held, cast.auditor, also=cast.auditor.party))
    assert cast.auditor.party in {one.party for one in read.parties}
    assert cast.auditor.party not in {one.party for one in judged(fetched(gateway, held, cast.auditor))[0].parties}
    assert ask(gateway, held, cast.auditor, also=4_000_000).status_code == 404


# --- notes -----------------------------------------------------------------------------------------------------------

NOTES = 12


@pytest.fixture
def noted(gateway: Gateway, cast: Cast) -> bytes:
    """A certificate-like crowd of notes: the carrier writes twelve beside one act of the shipper."""
    document = gateway.issue(cast.carrier, cast.shipper.party)
    for _ in range(NOTES):
        gateway.act(cast.carrier, document, "NOTICE", detail=os.urandom(32))
    gateway.act(cast.shipper, document, "ACCEPT", counterparty=cast.carrier.party, endorsee=cast.shipper.party)
    gateway.act(cast.carrier, document, "NOTICE", detail=os.urandom(32))
    return document


def test_notes_are_shown_or_hidden_and_the_file_verifies_either_way(gateway: Gateway, cast: Cast, noted: bytes) -> None:
    shown = judged(fetched(gateway, noted, cast.shipper))[0]
    own = judged(fetched(gateway, noted, cast.carrier, notes="own"))[0]
    others = judged(fetched(gateway, noted, cast.shipper, notes="own"))[0]
    hidden = judged(fetched(gateway, noted, cast.shipper, notes="hidden"))[0]
    assert [type(one) for one in shown.notes] == [Act] * (NOTES + 1)
    assert own.notes == shown.notes
    assert [type(one) for one in others.notes] == [HiddenNote] * (NOTES + 1)
    assert hidden.notes == others.notes


# --- suffix ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def amended(gateway: Gateway, cast: Cast) -> bytes:
    """A bill of lading that was surrendered, amended and taken back, with a notice before and one after."""
    carrier, shipper = cast.carrier, cast.shipper
    signed, content = gateway.issue_act(carrier, shipper.party)
    document = signed.action.document
    gateway.final(signed, content)
    gateway.act(shipper, document, "ACCEPT", counterparty=carrier.party, endorsee=shipper.party)
    gateway.act(carrier, document, "NOTICE", detail=os.urandom(32))
    gateway.act(shipper, document, "SURRENDER_FOR_AMENDMENT", detail=os.urandom(32))
    gateway.act(carrier, document, "ACCEPT_SURRENDER", counterparty=shipper.party)
    following = gateway.amended(content, "coffee")
    head = bytes.fromhex(gateway.record(document, carrier).head)
    amend = gateway.prepare(
        carrier, "AMEND", document, previous=head, content=following.manifest.digest(), detail=os.urandom(32),
        counterparty=shipper.party, endorsee=shipper.party,
    )  # fmt: skip
    gateway.final(amend, following)
    gateway.act(shipper, document, "ACCEPT", counterparty=carrier.party, endorsee=shipper.party)
    gateway.act(carrier, document, "NOTICE", detail=os.urandom(32))
    return document


def test_the_suffix_begins_with_the_last_act_that_wrote_content(gateway: Gateway, cast: Cast, amended: bytes) -> None:
    whole = judged(fetched(gateway, amended, cast.shipper))[0]
    read, result = judged(fetched(gateway, amended, cast.shipper, form="suffix"))
    assert read.entries == whole.entries[4:]
    assert read.start is not None
    assert read.start.head == whole.entries[3].head
    assert [type(one) for one in read.notes] == [HiddenNote, Act]
    assert [one["version"] for one in read.manifests] == [2]
    assert not result.whole
    assert len(read.proof) <= len(whole.proof)


def test_a_document_that_never_got_new_content_has_only_the_whole_form(
    gateway: Gateway, cast: Cast, held: bytes
) -> None:
    assert fetched(gateway, held, cast.shipper, form="suffix") == fetched(gateway, held, cast.shipper)


# --- without a node --------------------------------------------------------------------------------------------------


def test_without_its_node_the_gateway_serves_what_it_kept_and_says_what_it_cannot(
    gateway: Gateway, cast: Cast, settings: Settings, held: bytes
) -> None:
    other = gateway.issue(cast.carrier, cast.shipper.party)
    kept = fetched(gateway, held, cast.shipper)
    state = open_state(settings, "http://127.0.0.1:9")

    async def asked(document: bytes) -> httpx.Response:
        transport = httpx.ASGITransport(app=create_app(state))
        async with httpx.AsyncClient(transport=transport, base_url="http://alone") as alone:
            return await alone.get(f"/v1/documents/{document.hex()}/evidence", headers=cast.shipper.headers)

    answer = asyncio.run(asked(held))
    assert (answer.status_code, answer.content) == (200, kept)
    refused = asyncio.run(asked(other))
    assert (refused.status_code, refused.json()["code"]) == (503, "Unavailable")
    assert "no proof from the node" in refused.json()["found"]
    assert refused.json()["remedy"]
    assert refused.headers["retry-after"] == "1"
    state.rpc.close()
    state.databases.close()


# --- who was let in --------------------------------------------------------------------------------------------------


def granted(gateway: Gateway, document: bytes, granter: Trader, to: Trader, dataset: str, sealed: str = "AAAA") -> None:
    item = wire.GrantJson(dataset=dataset, sealed_version=1, recipient=to.party, sealed=sealed)
    path = f"/v1/documents/{document.hex()}/grants"
    answer = gateway.http.post(path, content=wire.encode(wire.GrantsRequest(items=[item])), headers=granter.headers)
    assert answer.status_code == 204, answer.text


def test_every_party_to_the_document_sees_who_was_let_in_by_whom(gateway: Gateway, cast: Cast, held: bytes) -> None:
    first, second = (one.name for one in gateway.kind().datasets[:2])
    granted(gateway, held, cast.carrier, cast.customs, first)
    granted(gateway, held, cast.carrier, cast.customs, first, "BBBB")  # once more: still one line
    granted(gateway, held, cast.shipper, cast.customs, first)
    granted(gateway, held, cast.shipper, cast.consignee, second)
    granted(gateway, held, cast.shipper, cast.shipper, first)  # to itself: nobody was let in
    path = f"/v1/documents/{held.hex()}/disclosures"

    def seen(who: Trader) -> list[tuple[str, int, int]]:
        items = gateway.http.get(path, headers=who.headers).json()["items"]
        assert all("sealed" not in one for one in items)
        return [(one["dataset"], one["granter"], one["recipient"]) for one in items]

    everything = [
        (first, cast.carrier.party, cast.customs.party),
        (first, cast.shipper.party, cast.customs.party),
        (second, cast.shipper.party, cast.consignee.party),
    ]
    for who in (cast.carrier, cast.shipper, cast.bank, cast.auditor):
        assert seen(who) == everything
    assert seen(cast.customs) == everything[:2]
    assert seen(cast.consignee) == everything[2:]
    assert gateway.http.get(path, headers=cast.stranger.headers).status_code == 404
    assert gateway.http.get(path).status_code == 401


def test_the_description_shows_a_file_of_the_published_form(gateway: Gateway) -> None:
    described = gateway.http.get("/openapi.json").json()
    said = described["paths"]["/v1/documents/{document}/evidence"]["get"]
    shown = said["responses"]["200"]["content"]["application/json"]["example"]
    schema_of("evidence").validate(shown)
    assert {one["name"] for one in said["parameters"]} >= {"document", "form", "notes", "newest", "also"}
