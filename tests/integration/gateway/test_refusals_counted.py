"""Every refusal is counted once by its code, whatever route and whichever layer it came from."""

import re

import httpx
import pytest
from tests.support.gateway import Gateway

from portledger.formats import api_json as wire

from .conftest import Cast


def counted(operator: httpx.Client) -> dict[tuple[str, str], float]:
    text = operator.get("/metrics").text
    rows = re.findall(r'^portledger_refusals_total{code="(\w+)",place="(\w+)"} (.*)$', text, re.MULTILINE)
    return {(code, place): float(count) for code, place, count in rows}


@pytest.mark.parametrize(
    ("method", "path", "who", "body", "status", "code"),
    [
        ("GET", "/v1/documents", None, b"", 401, "NotSignedIn"),
        ("GET", "/v1/documents/" + "00" * 32, "carrier", b"", 404, "NotFound"),
        ("POST", "/v1/parties/1/profile", "stranger", b"{}", 403, "Forbidden"),
        ("POST", "/v1/actions", None, b"{", 400, "InvalidInput"),
        ("POST", "/v1/actions", None, b" " * (5 << 20), 413, "BodyTooLarge"),
        ("PUT", "/v1/blobs/" + "00" * 32, "carrier", b"x", 422, "BlobDigestMismatch"),
        ("DELETE", "/v1/ledger", None, b"", 405, "MethodNotAllowed"),
        ("GET", "/no/such/path", None, b"", 404, "NotFound"),
    ],
)
def test_a_refusal_is_counted_once(
    gateway: Gateway, cast: Cast, operator: httpx.Client,
    method: str, path: str, who: str | None, body: bytes, status: int, code: str,
) -> None:  # fmt: skip
    before = counted(operator)
    headers = getattr(cast, who).headers if who else {}
    answer = gateway.http.request(method, path, content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    after = counted(operator)
    changed = {key: count - before.get(key, 0.0) for key, count in after.items() if count != before.get(key, 0.0)}
    assert changed == {(code, "answer"): 1.0}


def test_an_item_of_a_batch_is_counted_as_an_item(gateway: Gateway, cast: Cast, operator: httpx.Client) -> None:
    before = counted(operator).get(("Expired", "item"), 0.0)
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party, deadline=1)
    item = {"action": wire.signed_action_json(signed), "manifest": content.manifest.members()}
    answer = gateway.http.post("/v1/actions/batch", content=wire.encode({"actions": [item]}))
    assert answer.status_code == 202
    assert answer.json()["items"][0]["problem"]["code"] == "Expired"
    assert counted(operator)["Expired", "item"] == before + 1
