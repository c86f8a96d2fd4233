"""Sign-in, and the table of roles by objects: nobody sees documents that it is no party to."""

import base64
import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.gateway import Gateway, Trader

from portledger.domain.codes import PartyAct, Role
from portledger.domain.parties import account_value
from portledger.formats import api_json as wire
from portledger.vault.contents import SealedContent

from .conftest import Cast


class Deal:
    """A bill that went from carrier over shipper to consignee; the bank was granted one dataset."""

    def __init__(self, gateway: Gateway, cast: Cast) -> None:
        signed, self.content = gateway.issue_act(cast.carrier, cast.shipper.party)
        self.document = signed.action.document
        gateway.final(signed, self.content)
        gateway.act(cast.shipper, self.document, "ACCEPT", counterparty=cast.carrier.party, endorsee=cast.shipper.party)
        gateway.act(
            cast.shipper, self.document, "OFFER", counterparty=cast.consignee.party, endorsee=cast.consignee.party
        )
        gateway.act(
            cast.consignee,
            self.document,
            "ACCEPT",
            counterparty=cast.shipper.party,
            endorsee=cast.consignee.party,
        )
        self.dataset = self.content.manifest.names()[0]
        self.grant(gateway, cast.carrier, cast.bank)

    def grant(self, gateway: Gateway, granter: Trader, to: Trader) -> None:
        item = wire.GrantJson(
            dataset=self.dataset,
            sealed_version=1,
            recipient=to.party,
            sealed=base64.b64encode(os.urandom(1200)).decode(),
        )
        answer = gateway.http.post(
            f"/v1/documents/{self.document.hex()}/grants",
            content=wire.encode(wire.GrantsRequest(items=[item])),
            headers=granter.headers,
        )
        assert answer.status_code == 204, answer.text

    def blob(self, name: str) -> str:
        return self.content.manifest.entry(name).ciphertext_sha256.hex()


@pytest.fixture(scope="module")
def deal(gateway: Gateway, cast: Cast) -> Deal:
    return Deal(gateway, cast)


TABLE = {
    # who:       record, history, manifest, granted blob, other blob, grants
    "carrier": (200, 200, 200, 200, 200, 200),
    "shipper": (200, 200, 200, 200, 200, 200),  # a former holder keeps what it saw
    "consignee": (200, 200, 200, 200, 200, 200),
    "bank": (200, 200, 200, 200, 404, 200),  # no party, but granted one dataset
    "auditor": (200, 200, 200, 404, 404, 200),  # records and histories, no contents
    "customs": (404, 404, 404, 404, 404, 404),
    "stranger": (404, 404, 404, 404, 404, 404),
}


class TestBlobsByAnotherName:
    """Digests are no secrets: every party to a document sees its manifest. Naming one gives nothing."""

    def test_a_document_of_one_s_own_that_names_somebody_s_blob(self, gateway: Gateway, cast: Cast, deal: Deal) -> None:
        thief = gateway.register(Role.CARRIER | Role.SHIPPER_OR_CONSIGNEE)
        signed, content = gateway.issue_act(thief, cast.stranger.party)
        stolen = deal.blob(deal.content.manifest.names()[1])
        gateway.final(signed, content, attachments=[stolen])
        for who in (thief, cast.stranger):
            assert gateway.http.get(f"/v1/blobs/{stolen}", headers=who.headers).status_code == 404
        assert gateway.http.get(f"/v1/blobs/{stolen}", headers=cast.carrier.headers).status_code == 200

    def test_an_older_document_of_one_s_own_that_names_somebody_s_blob_later(
        self, gateway: Gateway, cast: Cast
    ) -> None:
        """What is older on the ledger would have named it first: so it names none that another document has."""
        thief, friend = gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE)
        older = gateway.issue(thief, friend.party)
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
        gateway.final(signed, content)
        stolen = content.manifest.datasets[0].ciphertext_sha256.hex()
        head = bytes.fromhex(gateway.record(older, friend).head)
        accept = gateway.prepare(
            friend, "ACCEPT", older, previous=head, counterparty=thief.party, endorsee=friend.party
        )
        asked = {"action": wire.signed_action_json(accept), "attachments": [stolen]}
        refused = gateway.http.post("/v1/actions", content=wire.encode(asked), headers=friend.headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "Forbidden")
        gateway.final(accept)
        again = gateway.http.post("/v1/actions", content=wire.encode(asked), headers=friend.headers)
        assert again.status_code == 403, "nor afterwards, with an act that is known"
        for who, code in ((thief, 404), (friend, 404), (cast.carrier, 200), (cast.shipper, 200)):
            assert gateway.http.get(f"/v1/blobs/{stolen}", headers=who.headers).status_code == code

    def test_a_waiting_act_of_one_s_own_that_lists_somebody_s_blobs(
        self, gateway: Gateway, cast: Cast, deal: Deal
    ) -> None:
        stolen = [deal.blob(name) for name in deal.content.manifest.names()]
        sealed = {"sealed": wire.base64_text(b"mine"), "deadline": int(time.time()) + 600, "blobs": stolen}
        made = gateway.http.put(f"/v1/waiting/{'5a' * 32}", json=sealed, headers=cast.stranger.headers)
        assert made.status_code == 201
        found = [gateway.http.get(f"/v1/blobs/{one}", headers=cast.stranger.headers).status_code for one in stolen]
        assert set(found) == {404}

    def test_a_file_of_an_act_that_is_a_dataset_of_the_same_document(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
        gateway.final(signed, content)
        document = signed.action.document
        blob = content.manifest.datasets[0].ciphertext_sha256.hex()
        head = bytes.fromhex(gateway.record(document, cast.shipper).head)
        accept = gateway.prepare(
            cast.shipper, "ACCEPT", document, previous=head, counterparty=cast.carrier.party,
            endorsee=cast.shipper.party,
        )  # fmt: skip
        asked = {"action": wire.signed_action_json(accept), "attachments": [blob]}
        refused = gateway.http.post("/v1/actions", content=wire.encode(asked), headers=cast.shipper.headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "Forbidden")
        gateway.final(accept)


def test_forty_fetch_a_blob_at_once_with_fewer_connections_to_the_database(
    gateway: Gateway, cast: Cast, deal: Deal
) -> None:
    """Nobody holds one connection while it waits for another."""
    path = f"/v1/blobs/{deal.blob(deal.dataset)}"
    with ThreadPoolExecutor(40) as pool:
        codes = list(pool.map(lambda _: gateway.http.get(path, headers=cast.bank.headers).status_code, range(120)))
    assert codes == [200] * 120


@pytest.mark.parametrize("who", TABLE)
def test_each_sees_what_the_records_and_the_kinds_readers_say(
    gateway: Gateway, cast: Cast, deal: Deal, who: str
) -> None:
    trader: Trader = getattr(cast, who)
    path = f"/v1/documents/{deal.document.hex()}"
    paths = (
        path,
        f"{path}/history",
        f"{path}/manifest",
        f"/v1/blobs/{deal.blob(deal.dataset)}",
        f"/v1/blobs/{deal.blob(deal.content.manifest.names()[1])}",
        f"{path}/grants",
    )
    found = tuple(gateway.http.get(one, headers=trader.headers).status_code for one in paths)
    assert found == TABLE[who]


def test_a_list_shows_ones_own_documents_and_an_auditor_all(gateway: Gateway, cast: Cast, deal: Deal) -> None:
    def listed(trader: Trader, **asked: object) -> set[str]:
        answer = gateway.http.get("/v1/documents", params={"limit": 200, **asked}, headers=trader.headers)
        return {one.document for one in wire.decode(answer.content, wire.DocumentsPage).items}

    document = deal.document.hex()
    assert document in listed(cast.carrier, state="ISSUED", kind=0x0101)
    assert document in listed(cast.shipper, progress="processing")
    assert document not in listed(cast.shipper, progress="done")
    assert document not in listed(cast.stranger)
    assert document not in listed(cast.stranger, party=cast.carrier.party)
    assert document in listed(cast.auditor)
    assert document in listed(cast.auditor, party=cast.consignee.party)
    assert document not in listed(cast.auditor, party=cast.stranger.party)


def test_a_list_comes_in_pages_newest_first(gateway: Gateway, cast: Cast, deal: Deal) -> None:
    made = [gateway.issue(cast.carrier, cast.shipper.party) for _ in range(3)]
    cursor, found = None, []
    while True:
        asked = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        answer = gateway.http.get("/v1/documents", params=asked, headers=cast.carrier.headers)
        page = wire.decode(answer.content, wire.DocumentsPage)
        found += [one.document for one in page.items]
        cursor = page.next
        if cursor is None:
            break
    assert found[:3] == [one.hex() for one in reversed(made)]
    assert len(found) == len(set(found))
    assert deal.document.hex() in found


def test_grants_reach_only_their_recipient_and_open_nothing_to_others(gateway: Gateway, cast: Cast, deal: Deal) -> None:
    path = f"/v1/documents/{deal.document.hex()}/grants"
    (mine,) = wire.decode(gateway.http.get(path, headers=cast.bank.headers).content, wire.GrantsAnswer).items
    assert (mine.dataset, mine.granter, mine.recipient) == (deal.dataset, cast.carrier.party, cast.bank.party)
    assert wire.decode(gateway.http.get(path, headers=cast.shipper.headers).content, wire.GrantsAnswer).items == []
    item = wire.GrantJson(dataset=deal.dataset, sealed_version=1, recipient=cast.stranger.party, sealed="AAAA")
    body = wire.encode(wire.GrantsRequest(items=[item]))
    assert gateway.http.post(path, content=body, headers=cast.stranger.headers).status_code == 404


def test_who_gave_a_grant_cannot_take_it_back_by_giving_another(gateway: Gateway, cast: Cast, deal: Deal) -> None:
    path = f"/v1/documents/{deal.document.hex()}/grants"

    def granted(granter: Trader, recipient: Trader, sealed: bytes) -> int:
        item = wire.GrantJson(
            dataset=deal.dataset,
            sealed_version=1,
            recipient=recipient.party,
            sealed=base64.b64encode(sealed).decode(),
        )
        body = wire.encode(wire.GrantsRequest(items=[item]))
        return gateway.http.post(path, content=body, headers=granter.headers).status_code

    def held(recipient: Trader) -> list[bytes]:
        answer = wire.decode(gateway.http.get(path, headers=recipient.headers).content, wire.GrantsAnswer)
        return [base64.b64decode(item.sealed) for item in answer.items]

    codes = [granted(cast.shipper, cast.consignee, b"%d" % number) for number in range(40)]
    assert codes == [204] * 32 + [400] * 8
    assert granted(cast.shipper, cast.consignee, b"0") == 204  # the same again is no other
    assert held(cast.consignee) == [b"%d" % number for number in range(32)]
    codes = [granted(cast.shipper, cast.shipper, b"%d" % number) for number in range(40)]
    assert codes == [204] * 40
    assert held(cast.shipper) == [b"%d" % number for number in range(8, 40)]  # to oneself: the newest


def test_the_issuer_may_grant_while_its_issue_is_under_way(gateway: Gateway, cast: Cast) -> None:
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
    assert gateway.post(signed, content).status_code == 202
    item = wire.GrantJson(
        dataset=content.manifest.names()[0], sealed_version=1, recipient=cast.shipper.party, sealed="AAAA"
    )
    body = wire.encode(wire.GrantsRequest(items=[item]))
    path = f"/v1/documents/{signed.action.document.hex()}/grants"
    assert gateway.http.post(path, content=body, headers=cast.carrier.headers).status_code == 204
    gateway.wait(gateway.digest(signed))
    assert len(gateway.http.get(path, headers=cast.shipper.headers).json()["items"]) == 1


def test_manifests_of_every_version_stay_readable(gateway: Gateway, cast: Cast) -> None:
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
    document = signed.action.document
    gateway.final(signed, content)
    shipper, carrier = cast.shipper, cast.carrier
    gateway.act(shipper, document, "ACCEPT", counterparty=carrier.party, endorsee=shipper.party)
    gateway.act(shipper, document, "SURRENDER_FOR_AMENDMENT", detail=os.urandom(32))
    gateway.act(carrier, document, "ACCEPT_SURRENDER", counterparty=shipper.party)
    amended: SealedContent = gateway.amended(content, "coffee")
    head = bytes.fromhex(gateway.record(document, carrier).head)
    amend = gateway.prepare(
        carrier, "AMEND", document, previous=head, content=amended.manifest.digest(), detail=os.urandom(32),
        counterparty=shipper.party, endorsee=shipper.party,
    )  # fmt: skip
    wrong = gateway.post(amend, content)
    assert wrong.json()["code"] == "ManifestMismatch"
    gateway.final(amend, amended)
    path = f"/v1/documents/{document.hex()}/manifest"
    newest = gateway.http.get(path, headers=shipper.headers).json()
    first = gateway.http.get(path, params={"version": 1}, headers=shipper.headers).json()
    assert (newest["version"], newest["manifest"]) == (2, amended.manifest.members())
    assert (first["version"], first["manifest"]) == (1, content.manifest.members())
    assert gateway.http.get(path, params={"version": 3}, headers=shipper.headers).status_code == 404


def test_an_etag_says_whether_anything_happened(gateway: Gateway, cast: Cast, deal: Deal) -> None:
    path = f"/v1/documents/{deal.document.hex()}"
    tag = gateway.http.get(path, headers=cast.carrier.headers).headers["etag"]
    again = gateway.http.get(path, headers={**cast.carrier.headers, "if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")


class TestSignIn:
    @pytest.mark.parametrize("path", ["/v1/documents", "/v1/parties", "/v1/events", "/v1/documents/" + "00" * 32])
    def test_reading_takes_a_session(self, gateway: Gateway, path: str) -> None:
        assert gateway.http.get(path).status_code == 401
        answer = gateway.http.get(path, headers={"Authorization": "Bearer nonsense"})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")

    def test_a_nonce_works_once(self, gateway: Gateway, cast: Cast) -> None:
        message = gateway.siwe_message(cast.carrier.address, gateway.nonce())
        assert gateway.post_session(cast.carrier.keys[0], message).status_code == 201
        assert gateway.post_session(cast.carrier.keys[0], message).json()["code"] == "SignInRefused"

    @pytest.mark.parametrize(
        "changes",
        [
            {"domain": "evil.example"},
            {"uri": "http://evil.example"},
            {"chain": 1},
            {"nonce": "0123456789abcdef"},
            {"lifetime": timedelta(seconds=-1)},
        ],
    )
    def test_a_message_for_somewhere_or_sometime_else_is_refused(
        self, gateway: Gateway, cast: Cast, changes: dict[str, object]
    ) -> None:
        message = gateway.siwe_message(cast.carrier.address, gateway.nonce(), **changes)  # type: ignore[arg-type]
        answer = gateway.post_session(cast.carrier.keys[0], message)
        assert (answer.status_code, answer.json()["code"]) == (401, "SignInRefused")

    def test_anothers_signature_is_refused(self, gateway: Gateway, cast: Cast) -> None:
        message = gateway.siwe_message(cast.carrier.address, gateway.nonce())
        assert gateway.post_session(cast.shipper.keys[0], message).status_code == 401
        body = {"message": gateway.siwe_message(cast.carrier.address, gateway.nonce()), "signature": "00" * 65}
        assert gateway.http.post("/v1/sessions", json=body).status_code == 401
        assert gateway.http.post("/v1/sessions", json={"message": "hello", "signature": "00"}).status_code == 401

    def test_an_account_of_no_party_is_refused(self, gateway: Gateway) -> None:
        (key,) = gateway.new_keys(1)
        trader = Trader(0, (key,), b"", {})
        answer = gateway.post_session(key, gateway.siwe_message(trader.address, gateway.nonce()))
        assert answer.json()["code"] == "SignInRefused"

    def test_a_session_ends_when_its_account_is_removed(self, gateway: Gateway) -> None:
        """A thief who signed in with a stolen key would else read, and leave grants, for eight hours more."""
        party = gateway.register(Role.BANK, accounts=3)
        thief = Trader(party.party, party.keys[2:], b"", {})
        gateway.sign_in(thief)
        assert gateway.http.get("/v1/parties", headers=thief.headers).status_code == 200
        removal = gateway.party_act(
            party, PartyAct.REMOVE_ACCOUNT, account_value(thief.address), nonce=0, signers=party.keys[:2]
        )
        gateway.wait(removal.json()["digest"])
        answer = gateway.http.get("/v1/parties", headers=thief.headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "NotSignedIn")
        assert gateway.http.get("/v1/parties", headers=party.headers).status_code == 200

    def test_a_session_ends_when_it_is_ended(self, gateway: Gateway, cast: Cast) -> None:
        mine = Trader(cast.bank.party, cast.bank.keys, b"", {})
        gateway.sign_in(mine)
        assert gateway.http.get("/v1/parties", headers=mine.headers).status_code == 200
        assert gateway.http.delete("/v1/sessions/current", headers=mine.headers).status_code == 204
        assert gateway.http.get("/v1/parties", headers=mine.headers).status_code == 401


def test_a_blob_that_was_damaged_in_the_store_gets_an_answer_that_says_so(
    gateway: Gateway, cast: Cast, deal: Deal, folder: Path
) -> None:
    name = deal.blob(deal.dataset)
    (stored,) = (folder / "blobs").rglob(name)
    whole = stored.read_bytes()
    stored.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        answer = gateway.http.get(f"/v1/blobs/{name}", headers=cast.carrier.headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "Unavailable")
        assert "damaged" in answer.json()["found"]
    finally:
        stored.write_bytes(whole)
    assert gateway.http.get(f"/v1/blobs/{name}", headers=cast.carrier.headers).content == whole
