"""An act may be carried by anybody; what its signatures do not cover is the acting party's own word."""

import os
from typing import Any

import httpx
from eth_account import Account
from eth_utils.address import to_checksum_address
from tests.support.gateway import Gateway, Trader

from portledger.chain.encoding import execute
from portledger.chain.rpc import Rpc
from portledger.domain.actions import SignedAction
from portledger.domain.hashing import sha256
from portledger.formats import api_json as wire
from portledger.vault.contents import SealedContent

from .conftest import Cast


def offered(
    gateway: Gateway, who: Trader | None, signed: SignedAction, content: SealedContent | None = None, **members: Any
) -> httpx.Response:
    """The act, offered by a signed-in party or by nobody in particular."""
    body: dict[str, Any] = {"action": wire.signed_action_json(signed), **members}
    if content is not None:
        body["manifest"] = content.manifest.members()
    return gateway.http.post("/v1/actions", content=wire.encode(body), headers=who.headers if who else {})


def detail_blob(gateway: Gateway, who: Trader, document: bytes) -> str | None:
    history = gateway.http.get(f"/v1/documents/{document.hex()}/history", headers=who.headers)
    found = wire.decode(history.content, wire.History).entries[0].details
    return found.detail_blob if found else None


def uploaded(gateway: Gateway) -> str:
    blob = os.urandom(300)
    assert gateway.put_blob(blob).status_code == 201
    return sha256(blob).hex()


def test_contents_that_come_after_their_bare_act_are_kept(gateway: Gateway, cast: Cast, node: str) -> None:
    """Somebody else took the act to the ledger; the party then leaves manifest and detail here, and gets its 202."""
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party, detail=os.urandom(32))
    document, sealed = signed.action.document, {"detailBlob": uploaded(gateway)}
    carry(node, gateway, signed)
    path = f"/v1/documents/{document.hex()}/manifest"
    gateway.wait_carried(signed)
    assert gateway.http.get(path, headers=cast.carrier.headers).status_code == 404
    answer = offered(gateway, cast.carrier, signed, content, details=sealed)
    assert (answer.status_code, answer.json()["status"]) == (202, "final")
    assert gateway.http.get(path, headers=cast.carrier.headers).json()["manifest"] == content.manifest.members()
    assert detail_blob(gateway, cast.shipper, document) == sealed["detailBlob"]
    first = f"/v1/blobs/{next(iter(content.blobs)).hex()}"
    assert gateway.http.get(first, headers=cast.carrier.headers).status_code == 200


def carry(node: str, gateway: Gateway, signed: SignedAction) -> None:
    """Takes an act to the ledger past the gateway, from an account that has to do with nothing."""
    sender = Account.create()
    transaction = {
        "nonce": 0,
        "gasPrice": 0,
        "gas": 10**6,
        "to": to_checksum_address(gateway.domain.ledger),
        "value": 0,
    }
    raw = sender.sign_transaction({**transaction, "data": execute(signed), "chainId": gateway.domain.chain_id})
    with Rpc(node) as rpc:
        rpc.call("eth_sendRawTransaction", "0x" + bytes(raw.raw_transaction).hex())


def test_a_stranger_that_offers_an_act_first_does_not_decide_where_its_detail_lies(
    gateway: Gateway, cast: Cast
) -> None:
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party, detail=os.urandom(32))
    document, wrong, right = signed.action.document, uploaded(gateway), uploaded(gateway)
    assert offered(gateway, None, signed, content, details={"detailBlob": wrong}).status_code == 202
    gateway.wait(gateway.digest(signed))
    assert offered(gateway, cast.carrier, signed, content, details={"detailBlob": right}).status_code == 202
    assert detail_blob(gateway, cast.shipper, document) == right


def test_of_a_known_act_nobody_else_changes_detail_or_files(gateway: Gateway, cast: Cast) -> None:
    """The signatures are not even looked at again when an act is known: anybody could add files to its document."""
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party, detail=os.urandom(32))
    first, other = uploaded(gateway), uploaded(gateway)
    gateway.final(signed, content, details={"detailBlob": first})
    for who in (None, cast.shipper):
        for members in ({"details": {"detailBlob": other}}, {"attachments": [other]}):
            answer = offered(gateway, who, signed, content, **members)
            assert (answer.status_code, answer.json()["code"]) == (403, "Forbidden")
    assert offered(gateway, None, signed, content, details={"detailBlob": first}).status_code == 202
    assert detail_blob(gateway, cast.shipper, signed.action.document) == first
    assert gateway.http.get(f"/v1/blobs/{other}", headers=cast.shipper.headers).status_code == 404


def test_an_act_without_a_detail_names_no_blob_of_one(gateway: Gateway, cast: Cast) -> None:
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
    answer = offered(gateway, cast.carrier, signed, content, details={"detailBlob": uploaded(gateway)})
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidInput")
