"""Sessions and keys of machines: what each opens, for how long, and how it ends."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from tests.support.gateway import Gateway, Trader

from portledger.domain.codes import FULL_SCOPE, PartyAct, Role, Scope
from portledger.domain.parties import account_value
from portledger.formats import api_json as wire

from .conftest import Cast


@pytest.fixture
def trader(gateway: Gateway) -> Trader:
    """A party of three accounts, of which a test may end anything."""
    return gateway.register(Role.SHIPPER_OR_CONSIGNEE, accounts=3)


def signed_in(gateway: Gateway, trader: Trader, account: int = 0, **asked: Any) -> dict[str, Any]:
    key = trader.keys[account]
    message = gateway.siwe_message(bytes.fromhex(Account.from_key(key).address[2:]), gateway.nonce())
    signature = bytes(Account.sign_message(encode_defunct(text=message), key).signature).hex()
    answer = gateway.http.post("/v1/sessions", json={"message": message, "signature": signature, **asked})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def made(gateway: Gateway, headers: dict[str, str], scopes: list[str], **asked: Any) -> httpx.Response:
    return gateway.http.post("/v1/api-keys", json={"name": "a machine", "scopes": scopes, **asked}, headers=headers)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


class TestSessions:
    def test_a_session_has_no_more_scopes_than_were_asked_for(self, gateway: Gateway, trader: Trader) -> None:
        reading = bearer(signed_in(gateway, trader, scopes=["read"])["token"])
        assert gateway.http.get("/v1/documents", headers=reading).status_code == 200
        refused = gateway.http.post(f"/v1/parties/{trader.party}/profile", json=trader.profile, headers=reading)
        assert code(refused) == (403, "AccessMissing")
        assert code(gateway.http.get("/v1/api-keys", headers=reading)) == (403, "AccessMissing")

    def test_an_account_that_may_not_administer_gets_no_session_that_does(self, gateway: Gateway) -> None:
        keys, party = gateway.new_keys(2), gateway.ledger().next_party
        scopes = [FULL_SCOPE, int(Scope.ISSUE)]
        asked, profile, raw = gateway.registration(party, keys, Role.CARRIER, scopes=scopes)
        answer = gateway.http.post("/v1/registrations", content=wire.encode(asked))
        request = answer.json()["requestId"]
        while gateway.http.get(f"/v1/registrations/{request}").json()["status"] != "registered":
            time.sleep(0.02)
        clerk = Trader(party, keys, raw, profile)
        assert signed_in(gateway, clerk, 0)["scopes"] == ["read", "submit", "admin"]
        assert signed_in(gateway, clerk, 1, scopes=["read", "admin"])["scopes"] == ["read"]

    def test_a_party_sees_its_open_sessions_and_ends_one(self, gateway: Gateway, trader: Trader) -> None:
        other = bearer(signed_in(gateway, trader, 1)["token"])
        items = gateway.http.get("/v1/sessions", headers=trader.headers).json()["items"]
        assert [one["current"] for one in items] == [False, True]
        assert all(trader.token not in str(one) for one in items)
        ended = gateway.http.delete(f"/v1/sessions/{items[0]['id']}", headers=trader.headers)
        assert ended.status_code == 204
        assert code(gateway.http.get("/v1/documents", headers=other)) == (401, "NotSignedIn")
        assert gateway.http.get("/v1/documents", headers=trader.headers).status_code == 200

    def test_a_stream_ends_with_its_session_and_is_no_failure(
        self, gateway: Gateway, cast: Cast, trader: Trader, folder: Path
    ) -> None:
        listening = {**bearer(signed_in(gateway, trader, 1)["token"]), "accept": "text/event-stream"}
        with gateway.http.stream("GET", "/v1/events", headers=listening) as stream:
            parts = stream.iter_bytes()
            assert next(parts).startswith(b": portledger")
            current = {name: one for name, one in listening.items() if name != "accept"}
            assert gateway.http.delete("/v1/sessions/current", headers=current).status_code == 204
            gateway.issue(cast.carrier, cast.shipper.party)  # something to be woken by
            for _ in parts:
                pass
            asked = stream.headers["x-request-id"]
        said = [line for line in (folder / "system.log").read_text().splitlines() if asked in line]
        assert [json.loads(line)["event"] for line in said] in (["answered", "stream_ended"], ["stream_ended"])

    def test_a_session_s_id_opens_nothing(self, gateway: Gateway, trader: Trader) -> None:
        (mine,) = gateway.http.get("/v1/sessions", headers=trader.headers).json()["items"]
        assert code(gateway.http.get("/v1/documents", headers=bearer(mine["id"]))) == (401, "NotSignedIn")

    def test_another_party_s_session_cannot_be_ended(self, gateway: Gateway, cast: Cast, trader: Trader) -> None:
        (mine,) = gateway.http.get("/v1/sessions", headers=trader.headers).json()["items"]
        refused = gateway.http.delete(f"/v1/sessions/{mine['id']}", headers=cast.stranger.headers)
        assert code(refused) == (404, "NotFound")
        assert gateway.http.get("/v1/documents", headers=trader.headers).status_code == 200

    def test_signing_out_ends_the_session_at_once(self, gateway: Gateway, trader: Trader) -> None:
        gone = bearer(signed_in(gateway, trader)["token"])
        assert gateway.http.delete("/v1/sessions/current", headers=gone).status_code == 204
        assert code(gateway.http.get("/v1/documents", headers=gone)) == (401, "NotSignedIn")


class TestKeys:
    def test_a_key_does_what_its_scopes_say_for_its_party(self, gateway: Gateway, trader: Trader) -> None:
        key = bearer(made(gateway, trader.headers, ["read"]).json()["key"])
        assert gateway.http.get("/v1/documents", headers=key).status_code == 200
        refused = gateway.http.post(f"/v1/parties/{trader.party}/profile", json=trader.profile, headers=key)
        assert code(refused) == (403, "AccessMissing")

    def test_a_key_that_may_not_submit_carries_no_act_either(self, gateway: Gateway, cast: Cast) -> None:
        """Nobody needs a session for an act; but what a machine was not given it shall not do by leaving it out."""
        key = bearer(made(gateway, cast.carrier.headers, ["read"]).json()["key"])
        signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
        body = wire.encode({"action": wire.signed_action_json(signed), "manifest": content.manifest.members()})
        for _ in range(2):  # looked up, then remembered
            assert code(gateway.http.post("/v1/actions", content=body, headers=key)) == (403, "AccessMissing")

    def test_the_text_of_a_key_is_shown_once(self, gateway: Gateway, trader: Trader) -> None:
        answer = made(gateway, trader.headers, ["read"])
        listed = gateway.http.get("/v1/api-keys", headers=trader.headers)
        assert [one["id"] for one in listed.json()["items"]] == [answer.json()["id"]]
        assert answer.json()["key"].split("_", 2)[2] not in listed.text

    def test_a_revoked_key_ends_at_once(self, gateway: Gateway, trader: Trader) -> None:
        answer = made(gateway, trader.headers, ["read"]).json()
        key = bearer(answer["key"])
        assert gateway.http.get("/v1/documents", headers=key).status_code == 200
        assert gateway.http.delete(f"/v1/api-keys/{answer['id']}", headers=trader.headers).status_code == 204
        assert code(gateway.http.get("/v1/documents", headers=key)) == (401, "NotSignedIn")

    def test_a_session_gives_a_key_no_scope_that_it_lacks(self, gateway: Gateway, trader: Trader) -> None:
        admin = bearer(signed_in(gateway, trader, scopes=["admin"])["token"])
        assert code(made(gateway, admin, ["read"])) == (403, "AccessMissing")
        assert made(gateway, admin, ["admin"]).status_code == 201

    def test_a_key_makes_no_keys(self, gateway: Gateway, trader: Trader) -> None:
        key = bearer(made(gateway, trader.headers, ["read", "submit", "admin"]).json()["key"])
        assert code(made(gateway, key, ["read"])) == (403, "Forbidden")

    def test_a_key_dies_with_the_account_whose_session_made_it(self, gateway: Gateway, trader: Trader) -> None:
        second = signed_in(gateway, trader, 1)
        key = bearer(made(gateway, bearer(second["token"]), ["read"]).json()["key"])
        assert gateway.http.get("/v1/documents", headers=key).status_code == 200
        value = account_value(bytes.fromhex(second["account"][2:]))
        answer = gateway.party_act(
            trader, PartyAct.REMOVE_ACCOUNT, value, nonce=0, signers=[trader.keys[0], trader.keys[2]]
        )
        assert gateway.wait(answer.json()["digest"]).status == "final"
        assert code(gateway.http.get("/v1/documents", headers=key)) == (401, "NotSignedIn")
        assert code(gateway.http.get("/v1/documents", headers=bearer(second["token"]))) == (401, "NotSignedIn")

    @pytest.mark.parametrize(
        ("change", "pointer"),
        [
            ({"name": ""}, "/name"),
            ({"name": "a\nb"}, "/name"),
            ({"scopes": []}, "/scopes"),
            ({"scopes": ["root"]}, "/scopes"),
            ({"scopes": [1]}, "/scopes/0"),
            ({"expiresAt": 1}, "/expiresAt"),
            ({"expiresAt": "soon"}, "/expiresAt"),
        ],
    )
    def test_a_wrong_member_is_named_by_its_pointer_and_nothing_is_made(
        self, gateway: Gateway, cast: Cast, change: dict[str, Any], pointer: str
    ) -> None:
        body = {"name": "wrong", "scopes": ["read"], **change}
        answer = gateway.http.post("/v1/api-keys", json=body, headers=cast.bank.headers)
        assert (code(answer), answer.json().get("pointer")) == ((400, "InvalidInput"), pointer)
        assert {"found", "allowed", "remedy", "requestId"} <= answer.json().keys()
        assert gateway.http.get("/v1/api-keys", headers=cast.bank.headers).json()["items"] == []
