"""Acts that wait for a party's other officers: kept sealed, for that party alone, and no signature lost."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine, func, insert, select, update
from tests.support.gateway import Gateway, Trader

from portledger.domain.codes import MAX_DEADLINE_AHEAD
from portledger.formats import api_json as wire
from portledger.formats.api_json import MAX_ATTACHMENTS, MAX_WAITING_BYTES
from portledger.services import waiting
from portledger.services.waiting import KEPT_AFTER, MAX_WAITING
from portledger.store.api_tables import waiting_acts
from portledger.store.database import database_url, open_database
from portledger.store.tables import blob_uses, outbox
from portledger.store.tables import intake as intake_tables

from .conftest import Cast


@pytest.fixture
def digest() -> str:
    return os.urandom(32).hex()


def put(
    gateway: Gateway, who: Trader, digest: str, sealed: bytes, *, tag: str | None = None, ahead: int = 3600,
    blobs: tuple[str, ...] = (),
) -> httpx.Response:  # fmt: skip
    headers = who.headers if tag is None else {**who.headers, "If-Match": f'"{tag}"'}
    body: dict[str, object] = {"sealed": base64.b64encode(sealed).decode(), "deadline": int(time.time()) + ahead}
    if blobs:
        body["blobs"] = list(blobs)
    return gateway.http.put(f"/v1/waiting/{digest}", json=body, headers=headers)


def got(gateway: Gateway, who: Trader, digest: str) -> httpx.Response:
    return gateway.http.get(f"/v1/waiting/{digest}", headers=who.headers)


def sealed_in(answer: httpx.Response) -> bytes:
    assert answer.status_code == 200, answer.text
    return base64.b64decode(answer.json()["sealed"])


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_what_was_put_is_listed_and_read_back_with_its_tag(gateway: Gateway, cast: Cast, digest: str) -> None:
    made = put(gateway, cast.bank, digest, b"sealed")
    assert made.status_code == 201
    read = got(gateway, cast.bank, digest)
    assert sealed_in(read) == b"sealed"
    assert read.headers["etag"] == made.headers["etag"] == f'"{made.json()["tag"]}"'
    listed = gateway.http.get("/v1/waiting", headers=cast.bank.headers).json()["items"]
    assert made.json() in listed
    assert all("sealed" not in one for one in listed)


def test_another_party_sees_nothing_of_it_and_cannot_take_it_away(gateway: Gateway, cast: Cast, digest: str) -> None:
    put(gateway, cast.bank, digest, b"sealed")
    assert code(got(gateway, cast.stranger, digest)) == (404, "NotFound")
    assert digest not in gateway.http.get("/v1/waiting", headers=cast.stranger.headers).text
    assert gateway.http.delete(f"/v1/waiting/{digest}", headers=cast.stranger.headers).status_code == 204
    assert put(gateway, cast.stranger, digest, b"a stranger's own").status_code == 201
    assert sealed_in(got(gateway, cast.bank, digest)) == b"sealed"


def uploaded(gateway: Gateway, who: Trader) -> str:
    data = os.urandom(64)
    sha256 = hashlib.sha256(data).hexdigest()
    assert gateway.http.put(f"/v1/blobs/{sha256}", content=data, headers=who.headers).status_code == 201
    return sha256


def fetched(gateway: Gateway, who: Trader, blob: str) -> int:
    return gateway.http.get(f"/v1/blobs/{blob}", headers=who.headers).status_code


def test_a_file_that_a_waiting_act_lists_is_its_party_s_to_fetch_as_long_as_it_waits(
    gateway: Gateway, cast: Cast, digest: str
) -> None:
    first, second, other = (uploaded(gateway, cast.bank) for _ in range(3))
    assert fetched(gateway, cast.bank, second) == 404, "nothing lists it yet"
    made = put(gateway, cast.bank, digest, b"one signature", blobs=(first, second)).json()
    assert [fetched(gateway, cast.bank, one) for one in (first, second, other)] == [200, 200, 404]
    assert [fetched(gateway, cast.stranger, one) for one in (first, second)] == [404, 404]
    put(gateway, cast.bank, digest, b"two signatures", tag=made["tag"], blobs=(first, second))
    assert fetched(gateway, cast.bank, second) == 200, "a signature more takes nothing away"
    gateway.http.delete(f"/v1/waiting/{digest}", headers=cast.bank.headers)
    assert fetched(gateway, cast.bank, second) == 404


def test_after_its_deadline_a_waiting_act_gives_no_files(
    gateway: Gateway, cast: Cast, digest: str, intake: Engine
) -> None:
    blob = uploaded(gateway, cast.bank)
    put(gateway, cast.bank, digest, b"sealed", blobs=(blob,))
    with intake.begin() as connection:
        late = update(waiting_acts).where(waiting_acts.c.digest == bytes.fromhex(digest))
        connection.execute(late.values(deadline=int(time.time()) - 1))
    assert fetched(gateway, cast.bank, blob) == 404


def test_listing_what_a_document_has_named_gives_nobody_a_right_to_it(
    gateway: Gateway, cast: Cast, digest: str, intake: Engine
) -> None:
    """Neither does a digest that is not there."""
    data = os.urandom(64)
    sha256 = hashlib.sha256(data).digest()
    gateway.http.put(f"/v1/blobs/{sha256.hex()}", content=data, headers=cast.bank.headers)
    with intake.begin() as connection:
        connection.execute(insert(blob_uses).values(sha256=sha256, document=os.urandom(32), dataset=""))
    put(gateway, cast.stranger, digest, b"sealed", blobs=(sha256.hex(), "ab" * 32))
    assert fetched(gateway, cast.stranger, sha256.hex()) == 404
    assert fetched(gateway, cast.stranger, "ab" * 32) == 404


def test_a_waiting_act_carries_as_many_files_as_an_act_may_have_and_neither_more(
    gateway: Gateway, cast: Cast, digest: str
) -> None:
    """Else an act that one officer alone could send could not wait for the second."""
    signed, content = gateway.issue_act(cast.carrier, cast.shipper.party)
    act = {"action": wire.signed_action_json(signed), "manifest": content.manifest.members()}
    *files, last = (uploaded(gateway, cast.carrier) for _ in range(MAX_ATTACHMENTS + 1))

    def offered(names: list[str]) -> httpx.Response:
        body = wire.encode({**act, "attachments": names})
        return gateway.http.post("/v1/actions", content=body, headers=cast.carrier.headers)

    for refused, where in (
        (offered([*files, last]), "/attachments"),
        (put(gateway, cast.carrier, digest, b"sealed", blobs=(*files, last)), "/blobs"),
    ):
        assert code(refused) == (400, "InvalidInput")
        problem = refused.json()
        said = (problem["pointer"], problem["found"], problem["allowed"])
        assert said == (where, f"{MAX_ATTACHMENTS + 1} files", f"at most {MAX_ATTACHMENTS}")
    assert code(got(gateway, cast.carrier, digest)) == (404, "NotFound")
    assert put(gateway, cast.carrier, digest, b"sealed", blobs=tuple(files)).status_code == 201
    assert fetched(gateway, cast.carrier, files[-1]) == 200
    assert offered(files).status_code == 202


def test_the_description_says_how_many_files_an_act_may_have_waiting_or_not(gateway: Gateway) -> None:
    shapes = gateway.http.get("/openapi.json").json()["components"]["schemas"]
    found = {name: [key for key, member in shape.get("properties", {}).items() if member.get("maxItems")]
             for name, shape in shapes.items()}  # fmt: skip
    assert {name: keys for name, keys in found.items() if keys} == {
        "SubmitRequest": ["attachments"],
        "WaitingRequest": ["blobs"],
    }
    assert shapes["SubmitRequest"]["properties"]["attachments"]["maxItems"] == MAX_ATTACHMENTS
    assert shapes["WaitingRequest"]["properties"]["blobs"]["maxItems"] == MAX_ATTACHMENTS


@pytest.mark.parametrize("blobs", [("ab",), ("zz" * 32,)], ids=["short", "no hex"])
def test_files_that_cannot_be_listed_are_refused_and_nothing_is_kept(
    gateway: Gateway, cast: Cast, digest: str, blobs: tuple[str, ...]
) -> None:
    assert code(put(gateway, cast.bank, digest, b"sealed", blobs=blobs)) == (400, "InvalidInput")
    assert code(got(gateway, cast.bank, digest)) == (404, "NotFound")


def test_a_change_names_what_it_changes(gateway: Gateway, cast: Cast, digest: str) -> None:
    first = put(gateway, cast.bank, digest, b"one signature").json()["tag"]
    assert code(put(gateway, cast.bank, digest, b"blind")) == (412, "PreconditionFailed")
    assert code(put(gateway, cast.bank, digest, b"of another", tag="00" * 32)) == (412, "PreconditionFailed")
    changed = put(gateway, cast.bank, digest, b"two signatures", tag=first)
    assert changed.status_code == 200
    assert code(put(gateway, cast.bank, digest, b"late", tag=first)) == (412, "PreconditionFailed")
    assert sealed_in(got(gateway, cast.bank, digest)) == b"two signatures"


def test_the_same_change_sent_twice_is_one(gateway: Gateway, cast: Cast, digest: str) -> None:
    first = put(gateway, cast.bank, digest, b"one").json()["tag"]
    assert put(gateway, cast.bank, digest, b"one").status_code == 200
    assert put(gateway, cast.bank, digest, b"two", tag=first).status_code == 200
    assert put(gateway, cast.bank, digest, b"two", tag=first).status_code == 200, "its answer was lost on the way"


def test_of_many_who_change_at_once_exactly_one_does(gateway: Gateway, cast: Cast, digest: str) -> None:
    first = put(gateway, cast.bank, digest, b"one").json()["tag"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda at: put(gateway, cast.bank, digest, b"by %d" % at, tag=first), range(8)))
    (winner,) = [at for at, answer in enumerate(answers) if answer.status_code == 200]
    assert {answer.status_code for at, answer in enumerate(answers) if at != winner} == {412}
    assert sealed_in(got(gateway, cast.bank, digest)) == b"by %d" % winner


def test_what_was_withdrawn_is_not_changed_any_more(gateway: Gateway, cast: Cast, digest: str) -> None:
    first = put(gateway, cast.bank, digest, b"one").json()["tag"]
    for _ in range(2):
        assert gateway.http.delete(f"/v1/waiting/{digest}", headers=cast.bank.headers).status_code == 204
    assert code(got(gateway, cast.bank, digest)) == (404, "NotFound")
    assert code(put(gateway, cast.bank, digest, b"two", tag=first)) == (404, "NotFound")


def test_after_its_deadline_it_is_gone_and_the_next_one_sweeps_it_away(
    gateway: Gateway, cast: Cast, digest: str, intake: Engine
) -> None:
    tag = put(gateway, cast.bank, digest, b"one").json()["tag"]
    mine = waiting_acts.c.digest == bytes.fromhex(digest)
    with intake.begin() as connection:
        connection.execute(update(waiting_acts).where(mine).values(deadline=int(time.time()) - 1))
    assert code(got(gateway, cast.bank, digest)) == (404, "NotFound")
    assert digest not in gateway.http.get("/v1/waiting", headers=cast.bank.headers).text
    assert code(put(gateway, cast.bank, digest, b"two", tag=tag)) == (404, "NotFound")
    put(gateway, cast.bank, os.urandom(32).hex(), b"another")
    with intake.connect() as connection:
        assert connection.execute(select(func.count()).select_from(waiting_acts).where(mine)).scalar() == 0


def test_what_was_submitted_is_kept_a_week_after_its_deadline(gateway: Gateway, cast: Cast, intake: Engine) -> None:
    """The keys of what it writes may be nowhere else."""
    with intake.connect() as connection:
        digest = bytes(connection.execute(select(outbox.c.digest).limit(1)).scalar_one()).hex()
    put(gateway, cast.bank, digest, b"sealed")
    mine = waiting_acts.c.digest == bytes.fromhex(digest)

    def ended(ago: int) -> None:
        with intake.begin() as connection:
            connection.execute(update(waiting_acts).where(mine).values(deadline=int(time.time()) - ago))
        put(gateway, cast.bank, os.urandom(32).hex(), b"another")

    ended(KEPT_AFTER - 60)
    assert sealed_in(got(gateway, cast.bank, digest)) == b"sealed"
    assert digest in gateway.http.get("/v1/waiting", headers=cast.bank.headers).text
    with intake.connect() as connection:
        assert connection.execute(select(func.count()).select_from(waiting_acts).where(mine)).scalar() == 1
    ended(KEPT_AFTER)
    assert code(got(gateway, cast.bank, digest)) == (404, "NotFound")
    with intake.connect() as connection:
        assert connection.execute(select(func.count()).select_from(waiting_acts).where(mine)).scalar() == 0


@pytest.mark.parametrize(
    ("sealed", "ahead"),
    [
        (b"", 3600),
        (bytes(MAX_WAITING_BYTES + 1), 3600),
        (b"sealed", 0),
        (b"sealed", -5),
        (b"x", MAX_DEADLINE_AHEAD + 60),
    ],
    ids=["empty", "too large", "now", "past", "too far"],
)
def test_what_is_out_of_bounds_is_refused_and_changes_nothing(
    gateway: Gateway, cast: Cast, digest: str, sealed: bytes, ahead: int
) -> None:
    assert code(put(gateway, cast.bank, digest, sealed, ahead=ahead)) == (400, "InvalidInput")
    assert code(got(gateway, cast.bank, digest)) == (404, "NotFound")


@pytest.mark.parametrize("given", ["*", "abc", '"abc"', 'W/"' + "0" * 64 + '"'])
def test_an_if_match_that_names_no_tag_is_refused(gateway: Gateway, cast: Cast, digest: str, given: str) -> None:
    body = {"sealed": "AAEC", "deadline": int(time.time()) + 60}
    answer = gateway.http.put(f"/v1/waiting/{digest}", json=body, headers={**cast.bank.headers, "If-Match": given})
    assert code(answer) == (400, "InvalidInput")


def test_a_party_has_a_bounded_number_of_them(gateway: Gateway, cast: Cast, intake: Engine) -> None:
    now, party = time.time(), cast.auditor.party
    for at in range(MAX_WAITING):
        waiting.put(intake, party, at.to_bytes(32, "big"), b"one", int(now) + 60, None, now)
    assert code(put(gateway, cast.auditor, "ff" * 32, b"one too many")) == (409, "Conflict")
    first = got(gateway, cast.auditor, bytes(32).hex()).json()["tag"]
    assert put(gateway, cast.auditor, bytes(32).hex(), b"signed once more", tag=first).status_code == 200
    assert put(gateway, cast.bank, "ff" * 32, b"of another party").status_code == 201


def test_what_is_kept_after_its_deadline_takes_no_more_room_than_a_party_has(tmp_path: Path) -> None:
    party, now = 777_778, 2_000_000_000.0
    own = open_database(database_url(tmp_path, None, "intake"), "intake")
    intake_tables.create_all(own)
    rounds: list[set[bytes]] = []
    for _ in range(3):
        digests = [os.urandom(32) for _ in range(MAX_WAITING)]
        sent = {"type": 1, "attempt": 0, "sender": 0, "body": b"", "received_at": now}
        with own.begin() as connection:
            connection.execute(insert(outbox), [{"digest": one, **sent} for one in digests])
        for one in digests:
            waiting.put(own, party, one, b"x", int(now) + 1, None, now)
        now += 2
        rounds.append(set(digests))
    with own.connect() as connection:
        kept = {bytes(one) for one in connection.execute(select(waiting_acts.c.digest)).scalars()}
    assert kept == rounds[1] | rounds[2], "what ended first goes first"
    own.dispose()


def test_acts_that_wait_push_none_out_that_was_submitted(tmp_path: Path) -> None:
    """An import of a hundred rows for two officers, a minute after an act whose keys are nowhere else."""
    party, now, sent = 777_779, 2_000_000_000.0, os.urandom(32)
    own = open_database(database_url(tmp_path, None, "intake"), "intake")
    intake_tables.create_all(own)
    with own.begin() as connection:
        connection.execute(
            insert(outbox), {"digest": sent, "type": 1, "attempt": 0, "sender": 0, "body": b"", "received_at": now}
        )
    waiting.put(own, party, sent, b"keys", int(now) + 1, None, now)
    for _ in range(MAX_WAITING):
        waiting.put(own, party, os.urandom(32), b"x", int(now) + 900, None, now + 60)
    assert waiting.one(own, party, sent, now + 60).sealed == b"keys"
    own.dispose()
