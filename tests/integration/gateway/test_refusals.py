"""Everything that is refused at the door: a typed problem that names the step, and nothing written."""

import contextlib
import os
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select, text
from tests.support.gateway import DAY, Gateway

from portledger.domain.actions import SignedAction
from portledger.domain.codes import ZERO
from portledger.domain.hashing import sha256
from portledger.formats import api_json as wire
from portledger.gateway.settings import Settings
from portledger.store.tables import outbox

from .conftest import Cast


def rows(intake: Engine) -> dict[str, int]:
    """How many rows every table of the intake database has that an act could write."""
    with intake.connect() as connection:
        names = ("outbox", "manifests", "manifest_blobs", "blob_uses", "details")
        return {name: connection.execute(text(f"select count(*) from {name}")).scalar_one() for name in names}


@pytest.fixture
def _nothing_written(intake: Engine) -> Iterator[None]:
    before = rows(intake)
    yield
    assert rows(intake) == before


def problem(answer: httpx.Response, status: int, code: str, step: str | None = None) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert (answer.status_code, found["code"], found.get("step")) == (status, code, step), found
    assert found["type"] == f"/problems/{code}"
    assert found["found"]
    assert found["allowed"]
    assert found["remedy"]
    return found


@pytest.fixture
def issued(gateway: Gateway, cast: Cast) -> bytes:
    return gateway.issue(cast.carrier, cast.shipper.party)


@pytest.mark.usefixtures("_nothing_written")
class TestMalformed:
    def test_json_that_does_not_parse(self, gateway: Gateway) -> None:
        problem(gateway.http.post("/v1/actions", content=b'{"action": '), 400, "InvalidInput")

    def test_bytes_that_are_not_utf8(self, gateway: Gateway) -> None:
        problem(gateway.http.post("/v1/actions", content=b'{"action": "\xff"}'), 400, "InvalidInput")

    def test_an_unknown_member_is_named(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
        found = problem(gateway.post(signed, content, surprise=1), 400, "InvalidInput")
        assert "surprise" in found["found"]

    def test_a_member_of_the_wrong_type_is_named_by_its_path(self, gateway: Gateway) -> None:
        answer = gateway.http.post("/v1/actions", content=b'{"action": {"kind": "ebl"}}')
        assert problem(answer, 400, "InvalidInput")["parameters"]["where"] == "$.action.kind"

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("document", "xyz"),
            ("previous", "0x" + "00" * 31),
            ("signatures", "abc"),
            ("kind", 1 << 16),
            ("quantity", -1),
        ],
    )
    def test_a_value_that_does_not_fit(self, gateway: Gateway, cast: Cast, member: str, value: object) -> None:
        signed, _ = gateway.issue_act(cast.carrier, cast.shipper.party)
        body = wire.decode(wire.encode(wire.signed_action_json(signed)), dict[str, Any])
        problem(gateway.http.post("/v1/actions", json={"action": {**body, member: value}}), 400, "InvalidInput")

    def test_a_body_above_the_limit(self, gateway: Gateway) -> None:
        problem(gateway.http.post("/v1/actions", content=b" " * (4 << 20) + b"{}"), 413, "BodyTooLarge")

    def test_a_body_above_the_limit_in_chunks(self, gateway: Gateway) -> None:
        def chunks() -> Iterator[bytes]:
            for _ in range(80):
                yield b" " * (1 << 16)

        refused = gateway.http.post("/v1/actions", content=chunks())
        problem(refused, 413, "BodyTooLarge")
        assert refused.headers["connection"] == "close"
        assert gateway.http.get("/v1/ledger").status_code == 200

    def test_more_than_a_thousand_items(self, gateway: Gateway, cast: Cast) -> None:
        signed, _ = gateway.issue_act(cast.carrier, cast.shipper.party)
        item = wire.SubmitRequest(action=wire.signed_action_json(signed))
        body = wire.encode(wire.BatchRequest(actions=[item] * 1001))
        problem(gateway.http.post("/v1/actions/batch", content=body), 400, "InvalidInput")


@pytest.mark.usefixtures("_nothing_written")
class TestForeign:
    def test_another_chain(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
        problem(gateway.post(signed, content, chainId=1), 409, "WrongChain")

    def test_another_ledger(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
        problem(gateway.post(signed, content, ledger="0x" + "11" * 20), 409, "WrongLedger")

    def test_a_signature_for_another_ledger(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
        mine, gateway.domain = gateway.domain, replace(gateway.domain, salt=os.urandom(32))
        try:
            foreign = gateway.prepare(cast.carrier, "ISSUE", signed.action.document, **_members(signed))
        finally:
            gateway.domain = mine
        problem(gateway.post(foreign, content), 403, "SignaturesRefused", "13 signatures")


def _members(signed: SignedAction) -> dict[str, Any]:
    act = signed.action
    return {
        "previous": act.previous,
        "content": act.content,
        "document_reference": act.document_reference,
        "counterparty": act.counterparty,
        "endorsee": act.endorsee,
    }


class TestTheLedgersOwnChecks:
    """Each is found by the dry run, with the ledger's name for it and the number of the check."""

    def test_a_passed_deadline(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party, deadline=int(time.time()) - 5)
        problem(gateway.post(signed, content), 410, "Expired", "2 deadline")

    def test_a_deadline_too_far_ahead(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party, deadline=int(time.time()) + 31 * DAY)
        problem(gateway.post(signed, content), 422, "DeadlineTooFar", "2 deadline")

    def test_an_unknown_kind(self, gateway: Gateway, cast: Cast) -> None:
        signed, _ = gateway.issue_act(cast.carrier, cast.shipper.party)
        unknown = replace(signed, action=replace(signed.action, kind=0x0999))
        problem(gateway.post(unknown), 422, "KindUnknown", "4 rule")

    def test_a_verb_that_the_state_does_not_have(self, gateway: Gateway, cast: Cast, issued: bytes) -> None:
        head = bytes.fromhex(gateway.record(issued, cast.shipper).head)
        signed = gateway.prepare(cast.shipper, "SURRENDER_FOR_DELIVERY", issued, previous=head)
        problem(gateway.post(signed), 409, "NoRule", "4 rule")

    def test_a_document_id_that_does_not_follow(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
        wrong = gateway.prepare(cast.carrier, "ISSUE", os.urandom(32), **_members(signed))
        problem(gateway.post(wrong), 422, "WrongDocumentId", "6 document id")
        assert content.manifest

    def test_an_unknown_party(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(replace(cast.carrier, party=99_999), cast.shipper.party)
        problem(gateway.post(signed, content), 403, "PartyInactive", "7 actor")

    def test_a_passed_epoch(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party, epoch=2)
        problem(gateway.post(signed, content), 403, "EpochPassed", "8 epoch")

    def test_a_role_that_is_missing(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.shipper, cast.consignee.party)
        problem(gateway.post(signed, content), 403, "RoleMissing", "9 roles")

    def test_a_party_that_is_not_the_offeree(self, gateway: Gateway, cast: Cast, issued: bytes) -> None:
        head = bytes.fromhex(gateway.record(issued, cast.carrier).head)
        members = {"previous": head, "counterparty": cast.carrier.party, "endorsee": cast.shipper.party}
        signed = gateway.prepare(cast.stranger, "ACCEPT", issued, **members)
        problem(gateway.post(signed), 403, "NotAllowed", "10 who")

    def test_a_parameter_that_the_row_does_not_take(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party, endorsee=cast.carrier.party)
        problem(gateway.post(signed, content), 422, "BadParameter", "11 parameters")

    def test_an_unknown_counterparty(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.carrier, 99_999, endorsee=cast.shipper.party)
        problem(gateway.post(signed, content), 403, "PartyInactive", "11 parameters")

    def test_a_stale_previous(self, gateway: Gateway, cast: Cast, issued: bytes) -> None:
        members = {"previous": os.urandom(32), "counterparty": cast.carrier.party, "endorsee": cast.shipper.party}
        found = problem(
            gateway.post(gateway.prepare(cast.shipper, "ACCEPT", issued, **members)),
            409,
            "StalePrevious",
            "12 previous",
        )
        assert found["parameters"]["head"] == gateway.record(issued, cast.shipper).head

    def test_a_forged_signature(self, gateway: Gateway, cast: Cast, issued: bytes) -> None:
        head = bytes.fromhex(gateway.record(issued, cast.carrier).head)
        members = {"previous": head, "counterparty": cast.carrier.party, "endorsee": cast.shipper.party}
        signed = gateway.prepare(cast.shipper, "ACCEPT", issued, signers=cast.stranger.keys, **members)
        problem(gateway.post(signed), 403, "SignaturesRefused", "13 signatures")

    def test_the_same_number_twice(self, gateway: Gateway, cast: Cast) -> None:
        reference = os.urandom(32)
        gateway.issue(cast.carrier, cast.shipper.party, reference=reference)
        signed, content = gateway.issue_act(cast.carrier, cast.consignee.party, reference=reference)
        problem(gateway.post(signed, content), 409, "NoRule", "4 rule")


class TestContents:
    def test_an_act_that_writes_content_without_its_manifest(self, gateway: Gateway, cast: Cast) -> None:
        signed, _ = gateway.issue_act(cast.carrier, cast.shipper.party)
        problem(gateway.post(signed), 422, "ManifestMissing")

    def test_a_manifest_of_another_document(self, gateway: Gateway, cast: Cast) -> None:
        signed, _ = gateway.issue_act(cast.carrier, cast.shipper.party)
        _, other = gateway.issue_act(cast.carrier, cast.shipper.party)
        problem(gateway.post(signed, other), 422, "ManifestMismatch")

    def test_a_manifest_that_lacks_a_dataset(self, gateway: Gateway, cast: Cast) -> None:
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
        less = {**content.manifest.members(), "datasets": content.manifest.members()["datasets"][:-1]}
        body = {"action": wire.signed_action_json(signed), "manifest": less}
        problem(gateway.http.post("/v1/actions", content=wire.encode(body)), 422, "ManifestMismatch")

    def test_a_blob_that_was_not_uploaded(self, gateway: Gateway, cast: Cast, intake: Engine) -> None:
        before = rows(intake)
        signed, _ = gateway.issue_act(cast.carrier, cast.shipper.party)
        content = gateway.sealed(signed.action.document, upload=False, text=os.urandom(8).hex())
        members = {**_members(signed), "content": content.manifest.digest()}
        signed = gateway.prepare(cast.carrier, "ISSUE", signed.action.document, **members)
        found = problem(gateway.post(signed, content), 422, "BlobMissing")
        assert content.manifest.datasets[0].ciphertext_sha256.hex() in found["found"]
        assert rows(intake) == before

    def test_bytes_that_do_not_hash_to_their_name_are_not_kept(
        self, gateway: Gateway, cast: Cast, folder: Path
    ) -> None:
        name, mine = sha256(b"right").hex(), cast.carrier.headers
        problem(gateway.http.put(f"/v1/blobs/{name}", content=b"wrong", headers=mine), 422, "BlobDigestMismatch")
        assert not list((folder / "blobs").rglob(name))
        assert not list((folder / "blobs" / "incoming").glob("*"))
        assert gateway.http.put(f"/v1/blobs/{name}", content=b"right", headers=mine).status_code == 201
        assert gateway.http.put(f"/v1/blobs/{name}", content=b"right", headers=mine).status_code == 200

    def test_a_blob_in_chunks_above_the_limit_that_is_set(self, gateway: Gateway, cast: Cast, folder: Path) -> None:
        """Without an announced length, too, the gateway's own limit holds, not the store's."""
        limit = Settings(data=folder).blob_limit

        def chunks() -> Iterator[bytes]:
            part = bytes(1 << 20)
            yield from (part for _ in range((limit >> 20) + 1))

        # A client of its own: the gateway answers, and closes, before it has all.
        with httpx.Client(base_url=gateway.url, timeout=60, trust_env=False) as client:
            answer = client.put(f"/v1/blobs/{'00' * 32}", content=chunks(), headers=cast.carrier.headers)
        problem(answer, 413, "BlobTooLarge")

    def test_bytes_of_who_is_no_member_are_not_kept(self, gateway: Gateway, folder: Path) -> None:
        """Else anybody at all could fill the disk, 100 MB at a time."""
        name = sha256(b"a stranger's").hex()
        problem(gateway.http.put(f"/v1/blobs/{name}", content=b"a stranger's"), 401, "NotSignedIn")
        assert not list((folder / "blobs").rglob(name))

    def test_a_blob_that_is_announced_too_large(self, gateway: Gateway) -> None:
        url = httpx.URL(gateway.url)
        with socket.create_connection((url.host, url.port), timeout=10) as connection:
            head = f"PUT /v1/blobs/{'00' * 32} HTTP/1.1\r\nhost: {url.host}\r\ncontent-length: {200 << 20}\r\n\r\n"
            connection.sendall(head.encode())
            assert b" 413 " in connection.recv(4096).split(b"\r\n")[0]


class TestRepeats:
    def test_the_same_act_again_is_one_act(self, gateway: Gateway, cast: Cast, intake: Engine) -> None:
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
        first = gateway.post(signed, content)
        second = gateway.post(signed, content)
        assert (first.status_code, second.status_code) == (202, 202)
        assert first.json()["digest"] == second.json()["digest"]
        gateway.wait(gateway.digest(signed))
        assert gateway.post(signed, content).json()["status"] == "final"
        with intake.connect() as connection:
            found = connection.execute(select(outbox.c.id).where(outbox.c.digest == gateway.digest(signed)))
            assert len(found.all()) == 1

    def test_a_second_act_on_a_document_waits_for_the_first(self, gateway: Gateway, cast: Cast, issued: bytes) -> None:
        head = bytes.fromhex(gateway.record(issued, cast.carrier).head)
        accept = gateway.prepare(
            cast.shipper,
            "ACCEPT",
            issued,
            previous=head,
            counterparty=cast.carrier.party,
            endorsee=cast.shipper.party,
        )
        withdraw = gateway.prepare(cast.carrier, "WITHDRAW", issued, previous=head)
        body = wire.BatchRequest(
            actions=[wire.SubmitRequest(action=wire.signed_action_json(one)) for one in (accept, withdraw)]
        )
        items = gateway.http.post("/v1/actions/batch", content=wire.encode(body)).json()["items"]
        assert items[0]["status"] == "accepted"
        assert items[1]["problem"]["code"] == "InFlight"
        assert gateway.wait(gateway.digest(accept)).status == "final"
        problem(gateway.post(withdraw), 409, "NoRule", "4 rule")

    def test_a_batch_judges_each_item_by_itself(self, gateway: Gateway, cast: Cast) -> None:
        good, content = gateway.issue_act(cast.carrier, cast.shipper.party)
        bad = replace(good, signatures=bytes(65))
        items = [
            wire.SubmitRequest(action=wire.signed_action_json(one), manifest=content.manifest.members())
            for one in (bad, good, good)
        ]
        answer = gateway.http.post("/v1/actions/batch", content=wire.encode(wire.BatchRequest(actions=items)))
        assert answer.status_code == 202
        found = answer.json()["items"]
        assert found[0]["problem"]["code"] == "SignaturesRefused"
        assert found[1]["status"] == found[2]["status"] == "accepted"
        assert gateway.wait(found[1]["digest"]).status == "final"


def test_a_problem_has_a_page_that_explains_it(gateway: Gateway) -> None:
    found = gateway.http.get("/problems/StalePrevious").json()
    assert found["step"] == "12 previous"
    assert found["remedy"]
    page = gateway.http.get("/problems/StalePrevious", headers={"accept": "text/html"})
    assert "<h1>StalePrevious</h1>" in page.text
    assert gateway.http.get("/problems/<script>").status_code == 404


def test_an_unknown_path_and_a_wrong_method_are_problems_too(gateway: Gateway) -> None:
    problem(gateway.http.get("/v1/nothing"), 404, "NotFound")
    assert gateway.http.get("/v1/actions").status_code == 405
    assert gateway.http.get("/v1/actions/" + ZERO.hex()).json()["code"] == "NotFound"


class TestOdd:
    """What nobody sends by accident: answered as any other mistake, and nothing of it is kept."""

    @pytest.mark.parametrize(
        "path",
        [
            "/v1/documents?cursor=99999999999999999999",
            "/v1/documents?cursor=%C2%B2",
            "/v1/documents?cursor=-1",
            "/v1/documents?party=99999999999999999999",
            "/v1/documents?kind=99999999999999999999",
            "/v1/documents?limit=" + "9" * 5000,
            "/v1/documents?limit=-1",
            "/v1/parties?cursor=99999999999999999999",
            "/v1/parties/%C2%B2",
            "/v1/parties/" + "9" * 5000,
            "/v1/events?cursor=%C2%B2",
            "/v1/events?cursor=" + "9" * 5000,
            "/v1/documents/" + "00" * 32 + "/manifest?version=99999999999999999999",
            "/v1/actions/" + "00" * 32 + "?wait=nan",
            "/v1/actions/" + "00" * 32 + "?wait=inf",
        ],
    )
    def test_a_number_that_is_none_or_too_large(self, gateway: Gateway, cast: Cast, path: str) -> None:
        answer = gateway.http.get(path, headers=cast.auditor.headers)
        assert answer.status_code in (400, 404), answer.text
        assert answer.json()["code"] in ("InvalidInput", "NotFound")

    @pytest.mark.parametrize(
        "body",
        [
            b'{"a": 1.5}',
            b'{"a": 99999999999999999999}',
            b'{"a": ' + b"[" * 500 + b"]" * 500 + b"}",
            b'{"a": "\\ud800"}',
        ],
    )
    def test_a_profile_that_has_no_canonical_form(self, gateway: Gateway, cast: Cast, body: bytes) -> None:
        path = f"/v1/parties/{cast.bank.party}/profile"
        answer = gateway.http.post(path, content=body, headers=cast.bank.headers)
        assert answer.status_code in (400, 422), answer.text
        asked, _, _ = gateway.registration(gateway.ledger().next_party, gateway.new_keys(1), 1)
        sent = wire.encode(asked).replace(wire.encode(asked.profile), body)
        assert gateway.http.post("/v1/registrations", content=sent).status_code in (400, 422)

    def test_a_registration_larger_than_any_party_s(self, gateway: Gateway) -> None:
        party = gateway.ledger().next_party
        asked, _, _ = gateway.registration(party, gateway.new_keys(16), 1)
        problem(gateway.http.post("/v1/registrations", content=wire.encode(asked)), 400, "InvalidInput")
        asked, _, _ = gateway.registration(party, gateway.new_keys(1), 1)
        asked.profile["name"] = "x" * (65 << 10)
        problem(gateway.http.post("/v1/registrations", content=wire.encode(asked)), 400, "InvalidInput")

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/v1/registrations/%00"), ("GET", "/v1/webhooks/wh_%00"), ("DELETE", "/v1/api-keys/a%00b"),
            ("DELETE", "/v1/sessions/%00"), ("GET", "/v1/kinds/%00"), ("GET", "/problems/%00"),
        ],
    )  # fmt: skip
    def test_a_name_that_not_every_database_can_be_asked_for(
        self, gateway: Gateway, cast: Cast, method: str, path: str
    ) -> None:
        problem(gateway.http.request(method, path, headers=cast.carrier.headers), 404, "NotFound")

    def test_methods_of_a_client_s_own_invention_make_no_counters(
        self, gateway: Gateway, operator: httpx.Client
    ) -> None:
        def counted() -> float:
            text = operator.get("/metrics").text
            assert "INVENTED" not in text
            lines = re.findall(
                r'^portledger_request_seconds_count{method="other",route="[^"]*",status="405"} (.*)$',
                text,
                re.MULTILINE,
            )
            return sum(map(float, lines))

        before = counted()
        for number in range(5):
            assert gateway.http.request(f"INVENTED{number}", "/v1/ledger").status_code == 405
        assert counted() == before + 5

    def test_a_party_listens_to_sixteen_streams_and_no_more(self, gateway: Gateway, cast: Cast) -> None:
        headers = {**cast.customs.headers, "accept": "text/event-stream"}
        with contextlib.ExitStack() as open_streams:

            def opened(asking: dict[str, str]) -> int:
                one = open_streams.enter_context(gateway.http.stream("GET", "/v1/events", headers=asking, timeout=10))
                if one.status_code == 200:
                    parts.append(one.iter_bytes())  # kept: else the connection closes
                    assert next(parts[-1]).startswith(b": portledger")
                return one.status_code

            parts: list[Iterator[bytes]] = []
            assert [opened(headers) for _ in range(17)] == [200] * 16 + [503]
            assert opened({**cast.bank.headers, "accept": "text/event-stream"}) == 200
        until = time.monotonic() + 30
        while True:  # the places are free again once the server has noticed
            with gateway.http.stream("GET", "/v1/events", headers=headers) as again:
                if again.status_code == 200:
                    break
            assert time.monotonic() < until
            time.sleep(0.1)
