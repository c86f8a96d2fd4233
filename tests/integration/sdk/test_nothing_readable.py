"""After a whole life of a document nothing readable is left with the operator: no content, no key, no credential.

Searched are the data folder (databases with their journals, blobs, logs, the chain), the folders of a PostgreSQL and an
S3 server, the metrics, and the memory of the processes that serve: what a core file of them would hold. A control value
that must be found in each place shows that the search sees.

Credentials are not sought in memory: a token comes with each request, and is in the gateway's memory as long as the
request's bytes are. What of them is kept is their digest.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from tests.integration.sdk.conftest import SAMPLES, Port, open_port
from tests.support.postgres import WHY_NOT as NO_POSTGRES
from tests.support.postgres import Postgres, programs
from tests.support.s3 import BUCKET, S3Server, program
from tests.support.s3 import WHY_NOT as NO_S3

from portledger.cli.demo_search import files, search
from portledger.formats.strict_json import read_json
from portledger.gateway.system import Running
from portledger.sdk.party import PartySession

PROBE = "Ullage-Hematite 55310-QQ"
"""What a client sent by mistake."""
NOTE = "Qanat-Zephyr liquorice under seal 99471-KX"
"""Content that no sample, no log and no program holds by itself."""


@dataclass(frozen=True)
class Place:
    """folders: of everything that is kept; settled: has written what a server still holds in memory."""

    port: Port
    folders: dict[str, Path]
    settled: Callable[[], None] = lambda: None


@pytest.fixture(scope="module", params=["files", "servers"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    if request.param == "files":
        port = request.getfixturevalue("port")
        yield Place(port, {"data": port.data, "blobs": port.data / "blobs"})
        return
    for found, why in ((programs(), NO_POSTGRES), (program(), NO_S3)):
        if found is None:
            pytest.skip(why)
    data = tmp_path_factory.mktemp("served")
    with Postgres() as server, S3Server() as store:
        database, payloads = server.new_database(), f"s3://{BUCKET}/sealed"

        def settled() -> None:
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute("CHECKPOINT")

        with open_port(data, store.environment, database=database, payloads=payloads) as port:
            yield Place(port, {"data": data, "tables": server.folder, "blobs": store.folder}, settled)


@dataclass(frozen=True)
class Life:
    """texts: of the contents; secrets: the parties' keys; sealed: a content as it is kept."""

    texts: list[str]
    secrets: dict[str, bytes]
    credentials: dict[str, bytes]
    document: str
    sealed: bytes


@pytest.fixture(scope="module")
def life(place: Place) -> Life:
    """After issue, hand-over, remark and end."""
    port = place.port
    carrier, holder = port.join("carrier", issuer=True), port.join("shipperOrConsignee")
    done = carrier.new_document(port.bill(), counterparty=holder.party, endorsee=holder.party)
    holder.accept(holder.inspect(done.document))
    holder.remark(done.document, NOTE)
    credentials = _credentials(port.url, carrier)
    holder.surrender_for_delivery(done.document)
    carrier.accept_surrender(done.document)
    given = read_json((SAMPLES / "transport_document_negotiable.json").read_bytes())
    goods = given["consignmentItems"][0]["descriptionOfGoods"][0]
    texts = [NOTE, goods, given["documentParties"]["shipper"]["partyContactDetails"][0]["email"]]
    secrets = {**_secrets("carrier", carrier), **_secrets("holder", holder)}
    return Life(texts, secrets, credentials, done.document, _sealed(port.url, carrier, done.document))


def _sealed(url: str, who: PartySession, document: str) -> bytes:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {who.client.token}"}, trust_env=False) as http:
        manifest = http.get(f"/v1/documents/{document}/manifest").json()["manifest"]
        return http.get(f"/v1/blobs/{manifest['datasets'][0]['ciphertextSha256']}").content


def _credentials(url: str, who: PartySession) -> dict[str, bytes]:
    token = who.client.token
    assert token is not None
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as http:
        made = http.post("/v1/api-keys", json={"name": "scan", "scopes": ["read"]}, headers={"Idempotency-Key": "scan"})
        key = made.json()["key"]
        assert http.get("/v1/documents", headers={"Authorization": f"Bearer {key}"}).status_code == 200
        body = {"url": "https://hook.invalid/"}
        hook = http.post("/v1/webhooks", json=body, headers={"Idempotency-Key": "hook"})
        secret = hook.json()["secret"].removeprefix("whsec_")
        # What goes wrong is logged, and must not be logged with what was sent.
        http.post("/v1/actions", json={"action": PROBE})
        http.get("/v1/documents", headers={"Authorization": f"Bearer {key}x"})
        http.get(f"/v1/documents/{PROBE}")
    return {
        "session token": token.encode(),
        "machine's key": key.split("_", 2)[2].encode(),
        "webhook's secret": secret.encode(),
        "webhook's secret, raw": base64.b64decode(secret),
    }


def _secrets(name: str, who: PartySession) -> dict[str, bytes]:
    keys = who.wallet.keys
    found = {f"{name}'s account": keys.accounts[0]}
    found |= {f"{name}'s encryption key {number}": one.seed for number, one in enumerate(keys.encryption)}
    return {
        f"{one}, {how}": spelled
        for one, raw in found.items()
        for how, spelled in (("raw", raw), ("hex", raw.hex().encode()), ("base64", base64.b64encode(raw)))
    }


def hits(needles: dict[str, bytes], places: list[tuple[str, bytes]]) -> list[str]:
    return [f"{name} in {where}" for where, data in places for name, needle in needles.items() if needle in data]


def test_no_file_holds_content_keys_or_credentials(place: Place, life: Life) -> None:
    place.settled()
    found = {name: list(files(folder)) for name, folder in place.folders.items()}
    assert "system.log" in {Path(name).name for name, _ in found["data"]}
    document = {"the document": bytes.fromhex(life.document)}  # the search sees
    assert hits(document, found.get("tables", found["data"]))
    assert hits({"a sealed content": life.sealed[:4096]}, found["blobs"])
    places = [one for every in found.values() for one in every]
    assert search(life.texts, places) == []
    assert hits({**life.secrets, **life.credentials}, places) == []
    assert [where for where, data in places if PROBE.encode() in data] == []


def test_no_metric_holds_a_content_a_name_or_a_document(place: Place, life: Life) -> None:
    body = httpx.get(f"{place.port.operator}/metrics", trust_env=False).content
    assert b"portledger_acts_accepted_total" in body
    assert search([*life.texts, life.document], [("metrics", body)]) == []
    assert hits({**life.secrets, **life.credentials}, [("metrics", body)]) == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads the memory of processes as Linux shows it")
def test_no_core_file_of_a_serving_process_would_hold_content_or_keys(place: Place, life: Life) -> None:
    found: list[str] = []
    seen = 0
    for where, data in memories(place.port.running):
        seen += life.document.encode() in data or bytes.fromhex(life.document) in data
        found += [f"{one.value} in {where} ({one.how})" for one in search(life.texts, [(where, data)])]
        found += hits(life.secrets, [(where, data)])
    assert seen  # the search sees
    assert found == []


def memories(running: Running) -> Iterator[tuple[str, bytes]]:
    """The writable memory of every process of the system, region by region."""
    group = os.getpgid(running.process.pid)
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _group(int(process.name)) == group:
            yield from _regions(process)


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def _regions(process: Path) -> Iterator[tuple[str, bytes]]:
    name = (process / "comm").read_text().strip()
    with (process / "mem").open("rb", 0) as memory:
        for line in (process / "maps").read_text().splitlines():
            span, rights, *_ = line.split()
            start, end = (int(part, 16) for part in span.split("-"))
            if not rights.startswith("rw") or "[v" in line:
                continue
            try:
                memory.seek(start)
                yield f"memory of {name} at {span}", memory.read(end - start)
            except OSError:
                continue
