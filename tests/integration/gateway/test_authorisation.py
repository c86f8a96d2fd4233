"""One table: everybody at every operation. A row that is missing, or one of an operation that is gone, fails.

Requests that write are sent with what changes nothing, mostly a body that is refused once its sender was let in: there
400 and 422 mean "you may". 404 stands where a record's own rules say no, so that nobody
learns what exists.
"""

from __future__ import annotations

import base64
import os
import time
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from tests.support.gateway import Gateway, Trader

from portledger.formats import api_json as wire
from portledger.gateway.app import OPERATIONS

from .conftest import Cast

COLUMNS = (
    "nobody",  # no credential
    "forged",  # a token that was never given out
    "revoked",  # a key that was
    "stranger",  # a member that has nothing to do with the document
    "customs",  # an authority's role, and nothing to do with the document
    "carrier",  # its issuer; owner of the webhook, the key and the session that are asked for
    "shipper",  # its former holder
    "consignee",  # its holder
    "bank",  # one dataset was granted to it
    "auditor",  # records and histories, no contents
    "reader",  # a key of the carrier's with scope read
    "submitter",  # a key of the carrier's with scope submit
)
# fmt: off
TABLE: dict[str, str] = {
    # nobody forged revoked stranger customs carrier shipper consignee bank auditor reader submitter
    "GET /livez":                               "200 200 200 200 200 200 200 200 200 200 200 200",
    "GET /problems/{code}":                     "200 200 200 200 200 200 200 200 200 200 200 200",
    "GET /readyz":                              "200 200 200 200 200 200 200 200 200 200 200 200",
    "GET /verify":                              "200 200 200 200 200 200 200 200 200 200 200 200",
    "POST /v1/actions":                         "202 202 202 202 202 202 202 202 202 202 403 202",
    "POST /v1/actions/batch":                   "400 400 400 400 400 400 400 400 400 400 400 400",
    "GET /v1/actions/{digest}":                 "200 200 200 200 200 200 200 200 200 200 200 200",
    "GET /v1/api-keys":                         "401 401 401 200 200 200 200 200 200 200 403 403",
    "POST /v1/api-keys":                        "401 401 401 400 400 400 400 400 400 400 403 403",
    "DELETE /v1/api-keys/{key}":                "401 401 401 404 404 404 404 404 404 404 403 403",
    "POST /v1/blobs":                           "401 401 401 400 400 400 400 400 400 400 403 400",
    "GET /v1/blobs/{sha256}":                   "401 401 401 404 404 200 200 200 200 404 200 403",
    "GET /v1/blobs/{sha256} other":             "401 401 401 404 404 200 200 200 404 404 200 403",
    "PUT /v1/blobs/{sha256}":                   "401 401 401 422 422 422 422 422 422 422 403 422",
    "GET /v1/documents":                        "401 401 401 200 200 200 200 200 200 200 200 403",
    "GET /v1/documents/{document}":             "401 401 401 404 404 200 200 200 200 200 200 403",
    "GET /v1/documents/{document}/disclosures": "401 401 401 404 404 200 200 200 200 200 200 403",
    "GET /v1/documents/{document}/evidence":    "401 401 401 404 404 200 200 200 200 200 200 403",
    "GET /v1/documents/{document}/grants":      "401 401 401 404 404 200 200 200 200 200 200 403",
    "POST /v1/documents/{document}/grants":     "401 401 401 404 404 400 400 400 404 404 403 400",
    "GET /v1/documents/{document}/history":     "401 401 401 404 404 200 200 200 200 200 200 403",
    "GET /v1/documents/{document}/manifest":    "401 401 401 404 404 200 200 200 200 200 200 403",
    "POST /v1/enactments":                      "400 400 400 400 400 400 400 400 400 400 403 400",
    "GET /v1/events":                           "401 401 401 200 200 200 200 200 200 200 200 403",
    "GET /v1/kinds":                            "200 200 200 200 200 200 200 200 200 200 200 200",
    "GET /v1/kinds/{kind}":                     "200 200 200 200 200 200 200 200 200 200 200 200",
    "GET /v1/ledger":                           "200 200 200 200 200 200 200 200 200 200 200 200",
    "GET /v1/parties":                          "401 401 401 200 200 200 200 200 200 200 200 403",
    "GET /v1/parties/{party}":                  "401 401 401 200 200 200 200 200 200 200 200 403",
    "GET /v1/parties/{party}/encryption-key":   "401 401 401 200 200 200 200 200 200 200 200 403",
    "POST /v1/parties/{party}/encryption-key":  "401 401 401 403 403 204 403 403 403 403 403 204",
    "GET /v1/parties/{party}/log":              "401 401 401 200 200 200 200 200 200 200 200 403",
    "GET /v1/parties/{party}/profile":          "401 401 401 200 200 200 200 200 200 200 200 403",
    "POST /v1/parties/{party}/profile":         "401 401 401 403 403 204 403 403 403 403 403 204",
    "POST /v1/party-acts":                      "400 400 400 400 400 400 400 400 400 400 403 400",
    "POST /v1/registrations":                   "400 400 400 400 400 400 400 400 400 400 400 400",
    "GET /v1/registrations/{request}":          "404 404 404 404 404 404 404 404 404 404 404 404",
    "GET /v1/sessions":                         "401 401 401 200 200 200 200 200 200 200 403 403",
    "POST /v1/sessions":                        "400 400 400 400 400 400 400 400 400 400 400 400",
    "DELETE /v1/sessions/current":              "401 - - - - - - - - - - -",
    "POST /v1/sessions/nonce":                  "200 200 200 200 200 200 200 200 200 200 200 200",
    "DELETE /v1/sessions/{session}":            "401 401 401 404 404 404 404 404 404 404 403 403",
    "POST /v1/vetoes":                          "400 400 400 400 400 400 400 400 400 400 403 400",
    "GET /v1/waiting":                          "401 401 401 200 200 200 200 200 200 200 403 200",
    "DELETE /v1/waiting/{digest}":              "401 401 401 204 204 204 204 204 204 204 403 409",
    "GET /v1/waiting/{digest}":                 "401 401 401 404 404 200 404 404 404 404 403 200",
    "PUT /v1/waiting/{digest}":                 "401 401 401 400 400 400 400 400 400 400 403 400",
    "GET /v1/webhooks":                         "401 401 401 200 200 200 200 200 200 200 200 403",
    "POST /v1/webhooks":                        "401 401 401 400 400 400 400 400 400 400 403 403",
    "DELETE /v1/webhooks/{webhook}":            "401 401 401 404 404 404 404 404 404 404 403 403",
    "GET /v1/webhooks/{webhook}":               "401 401 401 404 404 200 404 404 404 404 200 403",
    "GET /v1/webhooks/{webhook}/deliveries":    "401 401 401 404 404 200 404 404 404 404 200 403",
    "POST /v1/webhooks/{webhook}/replay":       "401 401 401 404 404 202 404 404 404 404 403 403",
    "POST /v1/webhooks/{webhook}/retry":        "401 401 401 404 404 202 404 404 404 404 403 403",
    "POST /v1/webhooks/{webhook}/secret":       "401 401 401 404 404 200 404 404 404 404 403 403",
}
# fmt: on


@dataclass
class World:
    """A document with a life behind it, and what hangs on it."""

    document: str
    granted: str
    """A blob that the bank was granted."""
    other: str
    digest: str
    webhook: str
    key: str
    session: str
    act: bytes
    """A request that offers an act which is on the ledger already."""
    headers: dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def world(gateway: Gateway, cast: Cast) -> World:
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
    document = signed.action.document
    gateway.final(signed, content)
    shipper, consignee = cast.shipper, cast.consignee
    gateway.act(shipper, document, "ACCEPT", counterparty=cast.carrier.party, endorsee=shipper.party)
    gateway.act(shipper, document, "OFFER", counterparty=consignee.party, endorsee=consignee.party)
    gateway.act(consignee, document, "ACCEPT", counterparty=shipper.party, endorsee=consignee.party)
    first, second, *_ = content.manifest.names()
    sealed = base64.b64encode(os.urandom(1200)).decode()
    item = wire.GrantJson(dataset=first, sealed_version=1, recipient=cast.bank.party, sealed=sealed)
    left = gateway.http.post(
        f"/v1/documents/{document.hex()}/grants",
        content=wire.encode(wire.GrantsRequest(items=[item])),
        headers=cast.carrier.headers,
    )
    assert left.status_code == 204
    keys = {name: _key(gateway, cast.carrier, scopes) for name, scopes in _SCOPES.items()}
    gateway.http.delete(f"/v1/api-keys/{keys['revoked']['id']}", headers=cast.carrier.headers)
    waits = {"sealed": "AAEC", "deadline": int(time.time()) + 3600}
    put = gateway.http.put(f"/v1/waiting/{gateway.digest(signed).hex()}", json=waits, headers=cast.carrier.headers)
    assert put.status_code == 201, put.text
    hook = gateway.http.post("/v1/webhooks", json={"url": "https://hook.invalid/"}, headers=cast.carrier.headers).json()
    (mine,) = [
        one for one in gateway.http.get("/v1/sessions", headers=cast.carrier.headers).json()["items"] if one["current"]
    ]
    headers = {
        "nobody": {},
        "forged": {"Authorization": "Bearer " + "A" * 43},
        **{name: {"Authorization": f"Bearer {one['key']}"} for name, one in keys.items()},
        **{name: getattr(cast, name).headers for name in COLUMNS if isinstance(getattr(cast, name, None), Trader)},
    }
    return World(
        document.hex(),
        content.manifest.entry(first).ciphertext_sha256.hex(),
        content.manifest.entry(second).ciphertext_sha256.hex(),
        gateway.digest(signed).hex(),
        hook["id"],
        keys["reader"]["id"],
        mine["id"],
        wire.encode({"action": wire.signed_action_json(signed), "manifest": content.manifest.members()}),
        headers,
    )


_SCOPES = {"reader": ["read"], "submitter": ["submit"], "revoked": ["read", "submit", "admin"]}


def _key(gateway: Gateway, trader: Trader, scopes: list[str]) -> dict[str, Any]:
    answer = gateway.http.post("/v1/api-keys", json={"name": "table", "scopes": scopes}, headers=trader.headers)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def rows() -> list[str]:
    """METHOD path, and for objects of which there are two sorts a word more."""
    return [*(f"{one.method} {one.path}" for one in OPERATIONS), "GET /v1/blobs/{sha256} other"]


ENDING = {"DELETE /v1/sessions/current", "DELETE /v1/sessions/{session}", "DELETE /v1/api-keys/{key}",
          "DELETE /v1/webhooks/{webhook}", "DELETE /v1/waiting/{digest}"}  # fmt: skip
"""Asked for what is the carrier's, they would end it for the rest of the table: the carrier asks for an id that is
none."""


BODIES = {
    "PUT /v1/blobs/{sha256}": b"not what the digest says",
    "POST /v1/documents/{document}/grants": b'{"items": []}',
    "POST /v1/parties/{party}/encryption-key": b'{"encryptionKey": "AAAA"}',
    "POST /v1/webhooks/{webhook}/secret": b'{"overlap": 0}',
    "POST /v1/webhooks/{webhook}/replay": b'{"cursor": "0"}',
}


def ask(gateway: Gateway, cast: Cast, world: World, row: str, who: str) -> int:
    method, path, *sort = row.split()
    members = {
        "document": world.document,
        "sha256": world.other if sort else world.granted,
        "digest": world.digest,
        "webhook": world.webhook,
        "key": world.key,
        "session": world.session,
        "party": str(cast.carrier.party),
        "kind": "257",
        "request": "none",
        "code": "NotFound",
    }
    if row in ENDING and who == "carrier":
        members |= {"webhook": "none", "key": "none", "session": "none", "digest": "00" * 32}
    if row == "DELETE /v1/sessions/current" and world.headers[who]:
        return 0  # ended tokens have a test of their own; to ask here would end them
    body = BODIES.get(row, b"" if method in ("GET", "DELETE") else b'{"surprise": 1}')
    if row == "POST /v1/actions":
        body = world.act
    asked = gateway.http.build_request(method, path.format(**members), content=body, headers=world.headers[who])
    answer: httpx.Response = gateway.http.send(asked)
    return answer.status_code


def test_the_table_has_a_row_for_every_operation_and_no_other() -> None:
    assert sorted(TABLE) == sorted(rows())
    assert {len(line.split()) for line in TABLE.values()} == {len(COLUMNS)}


@pytest.mark.parametrize("row", rows())
def test_each_gets_what_the_table_says(gateway: Gateway, cast: Cast, world: World, row: str) -> None:
    found = {who: ask(gateway, cast, world, row, who) for who in COLUMNS}
    assert " ".join(str(status or "-") for status in found.values()) == TABLE[row]
