"""The system around the gateway: the same folder again, Java's header, the stream of events, its own description."""

import os
import signal
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.gateway import Gateway

from portledger.domain.codes import PartyAct, Role
from portledger.formats import api_json as wire
from portledger.gateway.settings import Settings
from portledger.gateway.system import Running, running

from .conftest import Cast


def test_a_system_stops_cleanly_and_starts_again_on_its_folder(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", port=0, block_seconds=0.05)
    with running(settings) as system:
        gateway = Gateway(system.url)
        carrier, shipper = gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE)
        document = gateway.issue(carrier, shipper.party)
        before = gateway.record(document, carrier)
        known = gateway.ledger()
        gateway.close()
    assert system.process.returncode == 0
    assert (tmp_path / "data" / "consortium" / "passphrase").stat().st_mode & 0o077 == 0
    with running(settings) as system:
        gateway = Gateway(system.url)
        assert (gateway.ledger().ledger, gateway.ledger().salt) == (known.ledger, known.salt)
        assert gateway.record(document, carrier) == before  # the session lives on, too
        gateway.act(
            shipper_again(gateway, shipper), document, "ACCEPT", counterparty=carrier.party, endorsee=shipper.party
        )
        gateway.close()


def shipper_again(gateway: Gateway, trader: Any) -> Any:
    gateway.sign_in(trader)
    return trader


def test_a_second_system_on_the_folder_is_refused(system: Running) -> None:
    from portledger.domain.refusals import Conflict
    from portledger.gateway.system import System

    with pytest.raises(Conflict):
        System(Settings(data=system.folder)).start()


def test_a_killed_worker_is_replaced(tmp_path: Path) -> None:
    with running(Settings(data=tmp_path / "data", port=0, block_seconds=0.05)) as system:
        gateway = Gateway(system.url)
        children = Path(f"/proc/{system.process.pid}/task/{system.process.pid}/children").read_text().split()
        workers = [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        assert len(workers) == 1
        os.kill(workers[0], signal.SIGKILL)
        gateway.close()
        from portledger.gateway.system import wait_until_ready

        wait_until_ready(system.url)
        Gateway(system.url).close()


def test_a_body_survives_the_header_that_java_sends(gateway: Gateway, cast: Cast) -> None:
    """java.net.http asks for HTTP/2 with every first request; some servers then lose the body."""
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
    body = wire.encode({"action": wire.signed_action_json(signed), "manifest": content.manifest.members()})
    url = httpx.URL(gateway.url)
    head = (
        f"POST /v1/actions HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: {len(body)}\r\n"
        f"Host: {url.host}:{url.port}\r\nHTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA\r\nUpgrade: h2c\r\n"
        "User-Agent: Java-http-client/17\r\nContent-Type: application/json\r\n\r\n"
    )
    with socket.create_connection((url.host, url.port), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        answer = connection.recv(65_536)
    assert b" 202 " in answer.split(b"\r\n")[0], answer
    assert gateway.wait(gateway.digest(signed)).status == "final"


def test_a_filter_leaves_out_what_was_not_asked_for_and_its_pages_still_end(gateway: Gateway, cast: Cast) -> None:
    first, second = (gateway.issue(cast.carrier, cast.shipper.party) for _ in range(2))

    def all_of(**asked: str) -> list[dict[str, object]]:
        found, cursor = [], "0"
        while True:
            page = gateway.http.get(
                "/v1/events", params={"cursor": cursor, **asked}, headers=cast.shipper.headers
            ).json()
            if page["next"] == cursor:
                return found
            found, cursor = found + page["items"], page["next"]

    everything = all_of()
    of_first = all_of(document=first.hex())
    assert {one["subject"] for one in of_first} == {f"documents/{first.hex()}"}
    assert of_first == [one for one in everything if one["subject"] == f"documents/{first.hex()}"]
    parties = all_of(type="portledger.party.changed")
    assert parties == [one for one in everything if one["type"] == "portledger.party.changed"]
    assert parties
    assert all_of(type="portledger.party.changed", document=second.hex()) == []
    hidden = gateway.http.get("/v1/events", params={"document": first.hex()}, headers=cast.stranger.headers).json()
    assert (hidden["items"], hidden["next"]) == ([], "0")
    for asked in ({"type": "portledger.anything"}, {"type": ""}, {"document": "12"}, {"document": ""}):
        refused = gateway.http.get("/v1/events", params=asked, headers=cast.shipper.headers)
        assert (refused.status_code, refused.json()["code"]) == (400, "InvalidInput")


def test_events_come_as_pages_and_as_a_stream_that_resumes(gateway: Gateway, cast: Cast) -> None:
    start = gateway.http.get("/v1/events", headers=cast.shipper.headers)
    cursor = start.json()["next"]
    while (page := gateway.http.get("/v1/events", params={"cursor": cursor}, headers=cast.shipper.headers).json())[
        "items"
    ]:
        cursor = page["next"]
    document = gateway.issue(cast.carrier, cast.shipper.party)
    (event,) = gateway.http.get("/v1/events", params={"cursor": cursor}, headers=cast.shipper.headers).json()["items"]
    assert event["specversion"] == "1.0"
    assert event["type"] == "portledger.document.acted"
    assert event["subject"] == f"documents/{document.hex()}"
    assert (event["data"]["verb"], event["data"]["state"]) == ("ISSUE", "OFFERED")
    unseen = gateway.http.get("/v1/events", params={"cursor": cursor}, headers=cast.stranger.headers).json()
    assert unseen["items"] == []

    headers = {**cast.shipper.headers, "accept": "text/event-stream", "last-event-id": cursor}
    with (
        httpx.Client(base_url=gateway.url, timeout=20, trust_env=False) as client,
        client.stream("GET", "/v1/events", headers=headers) as stream,
    ):
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("id:")) == f"id: {event['id']}"
        gateway.act(cast.shipper, document, "ACCEPT", counterparty=cast.carrier.party, endorsee=cast.shipper.party)
        assert '"verb":"ACCEPT"' in next(line for line in lines if line.startswith("data:") and "ACCEPT" in line)


def test_the_description_names_every_path_with_its_problems(gateway: Gateway) -> None:
    described = gateway.http.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    submit = described["paths"]["/v1/actions"]["post"]
    assert submit["requestBody"]["content"]["application/json"]["example"]["action"]["verb"] == 3
    assert "StalePrevious" in submit["responses"]["default"]["description"]
    assert {"/v1/ledger", "/v1/blobs/{sha256}", "/v1/events", "/livez"} <= described["paths"].keys()
    wire.decode(wire.encode(submit["requestBody"]["content"]["application/json"]["example"]), wire.SubmitRequest)


def test_liveness_and_readiness_part_by_part(gateway: Gateway) -> None:
    assert gateway.http.get("/livez").json() == {"status": "ok"}
    ready = gateway.http.get("/readyz").json()
    assert ready["status"] == "ok"
    assert ready["confirmed"] <= ready["node"]
    assert ready["parts"] == dict.fromkeys(["database", "schema", "node", "payloads", "reading"], "ok")


class TestParties:
    def test_a_party_shows_its_accounts_log_profile_and_key(self, gateway: Gateway, cast: Cast) -> None:
        bank, headers = cast.bank, cast.carrier.headers
        party = wire.decode(gateway.http.get(f"/v1/parties/{bank.party}", headers=headers).content, wire.PartyJson)
        assert (party.role_names, party.epoch, party.nonce, party.full_accounts) == (["bank"], 1, 0, 1)
        assert [one.account for one in party.accounts] == [wire.address_text(bank.address)]
        log = wire.decode(gateway.http.get(f"/v1/parties/{bank.party}/log", headers=headers).content, wire.PartyLog)
        assert log.entries[-1].head == party.head
        assert gateway.http.get(f"/v1/parties/{bank.party}/profile", headers=headers).json() == bank.profile
        key = gateway.http.get(f"/v1/parties/{bank.party}/encryption-key", headers=headers).json()
        assert wire.base64_bytes(key["encryptionKey"], "") == bank.encryption_key
        listed = gateway.http.get("/v1/parties", params={"limit": 200}, headers=headers).json()["items"]
        assert bank.party in {one["party"] for one in listed}
        assert gateway.http.get("/v1/parties/99999", headers=headers).status_code == 404

    def test_a_bumped_epoch_kills_what_was_signed_before(self, gateway: Gateway) -> None:
        carrier, shipper = gateway.register(Role.CARRIER), gateway.register(Role.SHIPPER_OR_CONSIGNEE)
        held, content = gateway.issue_act(carrier, shipper.party)
        answer = gateway.party_act(carrier, PartyAct.BUMP_EPOCH, nonce=0)
        assert answer.status_code == 202, answer.text
        assert gateway.wait(answer.json()["digest"]).status == "final"
        assert gateway.post(held, content).json()["code"] == "EpochPassed"
        found = gateway.http.get(f"/v1/parties/{carrier.party}", headers=carrier.headers).json()
        assert (found["epoch"], found["nonce"]) == (2, 1)

    def test_a_party_act_that_the_ledger_would_refuse_is_refused(self, gateway: Gateway, cast: Cast) -> None:
        answer = gateway.party_act(cast.bank, PartyAct.BUMP_EPOCH, nonce=0, signers=cast.stranger.keys)
        assert (answer.status_code, answer.json()["code"]) == (403, "SignaturesRefused")
        answer = gateway.party_act(cast.bank, PartyAct.UNLOCK, nonce=0)
        assert (answer.status_code, answer.json()["code"]) == (422, "BadParameter")

    def test_one_signature_opens_a_change_that_another_account_vetoes(self, gateway: Gateway) -> None:
        from portledger.domain.actions import Veto
        from portledger.domain.parties import account_value
        from portledger.domain.signatures import address_of, sign

        shipper = gateway.register(Role.SHIPPER_OR_CONSIGNEE, accounts=3, threshold=1)
        victim = account_value(address_of(shipper.keys[1]))
        answer = gateway.party_act(shipper, PartyAct.REMOVE_ACCOUNT, victim, nonce=0, signers=shipper.keys[:1])
        assert gateway.wait(answer.json()["digest"]).status == "final", answer.text
        path = f"/v1/parties/{shipper.party}"
        (change,) = gateway.http.get(path, headers=shipper.headers).json()["openChanges"]
        assert change["whatName"] == "REMOVE_ACCOUNT"
        early = gateway.http.post("/v1/enactments", json={"changeId": change["changeId"]})
        assert early.json()["code"] == "NotReady"
        change_id = bytes.fromhex(change["changeId"])
        signature = sign(Veto(shipper.party, change_id).digest(gateway.domain), shipper.keys[1])
        body = {"changeId": change["changeId"], "signature": signature.hex()}
        answer = gateway.http.post("/v1/vetoes", json=body)
        assert gateway.wait(answer.json()["digest"]).status == "final", answer.text
        assert gateway.http.get(path, headers=shipper.headers).json()["openChanges"] == []
        assert gateway.http.post("/v1/vetoes", json={**body, "changeId": "00" * 32}).status_code == 404

    def test_a_registration_under_another_id_is_refused_and_says_which(self, gateway: Gateway) -> None:
        keys, party = gateway.new_keys(1), gateway.ledger().next_party
        asked, _, _ = gateway.registration(party + 1, keys, Role.BANK)
        answer = gateway.http.post("/v1/registrations", content=wire.encode(asked))
        assert (answer.status_code, answer.json()["parameters"]) == (409, {"party": party})

    def test_a_registration_without_consent_is_refused_by_the_ledger(self, gateway: Gateway) -> None:
        keys, party = gateway.new_keys(1), gateway.ledger().next_party
        asked, _, _ = gateway.registration(party, keys, Role.BANK)
        asked.registration.consents[0] = "00" * 65
        answer = gateway.http.post("/v1/registrations", content=wire.encode(asked))
        path = f"/v1/registrations/{answer.json()['requestId']}"
        for _ in range(200):
            found = gateway.http.get(path).json()
            if found["status"] == "refused":
                break
        assert found["problem"]["code"] == "BadConsent"
        assert gateway.ledger().next_party == party  # the id is free again
        gateway.register(Role.BANK, sign_in=False)

    def test_a_new_encryption_key_is_left_before_the_act_that_names_it(self, gateway: Gateway) -> None:
        from portledger.domain.hashing import sha256

        bank = gateway.register(Role.BANK)
        raw = os.urandom(1216)
        path = f"/v1/parties/{bank.party}/encryption-key"
        body = {"encryptionKey": wire.base64_text(raw)}
        assert gateway.http.post(path, json=body, headers=bank.headers).status_code == 204
        other = f"/v1/parties/{bank.party + 1}/encryption-key"
        assert gateway.http.post(other, json=body, headers=bank.headers).status_code == 403
        answer = gateway.party_act(bank, PartyAct.ROTATE_ENCRYPTION_KEY, sha256(raw), nonce=0)
        assert gateway.wait(answer.json()["digest"]).status == "final"
        found = gateway.http.get(path, headers=bank.headers).json()
        assert wire.base64_bytes(found["encryptionKey"], "") == raw
