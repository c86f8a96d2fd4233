"""What holds for many operations: tags, waiting, many at once, old forms, problems and their pages."""

from __future__ import annotations

import hashlib
import html
import os
import time
from typing import Any

import httpx
import pytest
from tests.support.gateway import Gateway

from portledger.formats import api_json as wire
from portledger.gateway import problems

from .conftest import Cast


def body_of(gateway: Gateway, cast: Cast) -> dict[str, Any]:
    """A request that issues a new bill."""
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
    found: dict[str, Any] = {
        "action": wire.decode(wire.encode(wire.signed_action_json(signed)), dict[str, Any]),
        "manifest": content.manifest.members(),
    }
    return found


def test_a_note_changes_the_tag_though_the_head_stays(gateway: Gateway, cast: Cast) -> None:
    document = gateway.issue(cast.carrier, cast.shipper.party)
    path = f"/v1/documents/{document.hex()}"
    before = gateway.http.get(path, headers=cast.carrier.headers)
    gateway.act(cast.carrier, document, "NOTICE", detail=os.urandom(32))
    asked = {**cast.carrier.headers, "if-none-match": before.headers["etag"]}
    after = gateway.http.get(path, headers=asked)
    assert after.status_code == 200
    assert after.json()["head"] == before.json()["head"]
    assert gateway.http.get(path, headers={**asked, "if-none-match": after.headers["etag"]}).status_code == 304


def test_what_a_browser_keeps_for_one_party_is_nothing_for_the_next(gateway: Gateway, cast: Cast) -> None:
    """Nor is a page of events a stream of them, nor a problem's page its JSON."""
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
    gateway.final(signed, content)
    blob = content.manifest.datasets[0].ciphertext_sha256.hex()
    for path in (f"/v1/blobs/{blob}", "/v1/documents", "/v1/events", "/problems/NotFound"):
        first = gateway.http.get(path, headers=cast.carrier.headers)
        tag = {"if-none-match": f'"other", W/{first.headers["etag"]}'}
        again = gateway.http.get(path, headers={**cast.carrier.headers, **tag})
        assert (first.status_code, again.status_code) == (200, 304)
        for answer in (first, again):
            assert {"authorization", "accept"} <= {one.strip() for one in answer.headers["vary"].split(",")}


@pytest.mark.parametrize("path", ["/v1/kinds", "/v1/documents", "/v1/parties", "/v1/webhooks", "/problems/NotFound"])
@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_every_reading_answers_304_to_who_has_it(gateway: Gateway, cast: Cast, path: str, form: str) -> None:
    first = gateway.http.get(path, headers=cast.bank.headers)
    asked = {**cast.bank.headers, "if-none-match": form.format(first.headers["etag"])}
    again = gateway.http.get(path, headers=asked)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = gateway.http.get(path, headers={**cast.bank.headers, "if-none-match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


def test_waiting_for_the_last_state_gives_it(gateway: Gateway, cast: Cast) -> None:
    answer = gateway.http.post("/v1/actions?wait=final&timeout=30", json=body_of(gateway, cast))
    assert (answer.status_code, answer.json()["status"]) == (200, "final")
    assert "deprecation" not in answer.headers


def test_a_batch_waits_for_all_and_answers_each_in_its_place(gateway: Gateway, cast: Cast) -> None:
    good, bad = body_of(gateway, cast), body_of(gateway, cast)
    bad["action"]["signatures"] = "00" * 65
    answer = gateway.http.post("/v1/actions/batch?wait=final", json={"actions": [bad, good, bad]})
    items = answer.json()["items"]
    assert answer.status_code == 200
    assert [item.get("status") for item in items] == [None, "final", None]
    assert [item["problem"]["code"] for item in (items[0], items[2])] == ["SignaturesRefused"] * 2


def test_a_limit_of_nothing_answers_at_once_with_the_present_state(gateway: Gateway, cast: Cast) -> None:
    answer = gateway.http.post("/v1/actions?wait=final&timeout=0", json=body_of(gateway, cast))
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")


def test_the_old_form_of_waiting_says_that_it_is_old(gateway: Gateway, cast: Cast) -> None:
    answer = gateway.http.post("/v1/actions?wait=10", json=body_of(gateway, cast))
    assert answer.json()["status"] == "final"
    assert int(answer.headers["deprecation"].removeprefix("@")) < time.time()
    assert 'rel="deprecation"' in answer.headers["link"]


def frame(blob: bytes, sha256: bytes | None = None) -> bytes:
    return (sha256 or hashlib.sha256(blob).digest()) + len(blob).to_bytes(8, "big") + blob


def uploaded(gateway: Gateway, cast: Cast, body: bytes) -> httpx.Response:
    def parts() -> Any:
        for at in range(0, len(body), 7000):  # frames do not end where parts do
            yield body[at : at + 7000]

    return gateway.http.post("/v1/blobs", content=parts(), headers=cast.carrier.headers)


def test_blobs_in_one_request_are_judged_one_by_one(gateway: Gateway, cast: Cast) -> None:
    one, other, wrong = os.urandom(100_000), os.urandom(1), os.urandom(50_000)
    body = frame(one) + frame(wrong, bytes(32)) + frame(other) + frame(one)
    items = uploaded(gateway, cast, body).json()["items"]
    assert [item.get("new") for item in items] == [True, None, True, False]
    assert items[1]["problem"]["code"] == "BlobDigestMismatch"
    assert [item["sha256"] for item in items[2:]] == [hashlib.sha256(blob).hexdigest() for blob in (other, one)]


@pytest.mark.parametrize("cut", [1, 39, 41, 1039])
def test_a_frame_that_ends_early_refuses_itself_and_keeps_what_came_before(
    gateway: Gateway, cast: Cast, cut: int
) -> None:
    whole, broken = os.urandom(500), os.urandom(1000)
    answer = uploaded(gateway, cast, frame(whole) + frame(broken)[:cut])
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidInput")
    again = uploaded(gateway, cast, frame(whole) + frame(broken))
    assert [item["new"] for item in again.json()["items"]] == [False, True]


def test_a_frame_that_announces_too_much_is_refused_before_it_is_read(gateway: Gateway, cast: Cast) -> None:
    answer = uploaded(gateway, cast, bytes(32) + (1 << 62).to_bytes(8, "big"))
    assert (answer.status_code, answer.json()["code"]) == (413, "BodyTooLarge")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"action": {"kind": "ebl"}}, "/action/kind"),
        ({"surprise": 1}, None),
        ({"actions": []}, "/actions"),
        ({"actions": [{"action": {"kind": []}}]}, "/actions/0/action/kind"),
    ],
)
def test_a_problem_names_the_member_by_its_json_pointer(
    gateway: Gateway, body: dict[str, Any], pointer: str | None
) -> None:
    path = "/v1/actions/batch" if "actions" in body else "/v1/actions"
    found = gateway.http.post(path, json=body).json()
    assert found["code"] == "InvalidInput"
    if pointer is not None:
        assert found["pointer"] == pointer


def test_every_type_of_problem_has_its_page(gateway: Gateway) -> None:
    codes = problems.catalogue()
    assert len(codes) > 80
    for code in ("InvalidInput", "TooManyRequests", "IdempotencyKeyReused", "InternalError", "StalePrevious"):
        shown = gateway.http.get(f"/problems/{code}", headers={"accept": "text/html"})
        assert shown.headers["content-type"].startswith("text/html")
        assert html.escape(str(codes[code]["title"])) in shown.text
        assert gateway.http.get(f"/problems/{code}").json()["remedy"]
