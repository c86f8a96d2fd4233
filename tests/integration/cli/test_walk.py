"""Whole lives of documents, and of parties, by the commands that people type."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.integration.cli.conftest import Desk
from tests.support.shared_data import shared
from tests.support.terminal import LINE, environment, on_a_terminal

from portledger import samples
from portledger.gateway.settings import Settings
from portledger.gateway.system import running

SAMPLES = Path(samples.__file__).parent
STRAIGHT = SAMPLES / "transport_document_straight.json"
SIMPLE = {
    "cooId": "EXCO-0001",
    "documentName": "Certificate of origin, simple form",
    "issueIn": "Example Chamber",
    "exporterDetails": {"exportCountry": "AU", "exporterName": "Example Wines"},
    "importerDetails": {"importCountry": "SG", "importerName": "Example Imports"},
    "descriptionOfGoods": {"numberAndKindOfPackage": "Pinot noir", "hsCode": "2204.21", "invoiceNumber": "1122"},
    "firstSignatoryAuthentication": {"actualDate": "2026-07-02", "statement": "The goods originate in Australia."},
}
"""The form that TradeTrust's simple template has; it says nothing of quantities."""


def issued(desk: Desk, number: str, *more: str) -> str:
    words = ["--to", "shipper", "--endorsee", "consignee", "--number", number, *more]
    return str(desk.json("doc", "new", str(STRAIGHT), *words, as_="carrier")["document"])


def one_byte_changed(path: Path) -> bytes:
    """Changes a byte; the bytes as they were."""
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    return whole


def test_a_straight_bill_is_issued_handed_on_opened_and_surrendered(desk: Desk, tmp_path: Path) -> None:
    bill = issued(desk, "WALK1")
    (waiting,) = [turn for turn in desk.json("inbox", as_="shipper") if turn["document"] == bill]
    assert waiting["verbs"] == ["ACCEPT", "DECLINE"]
    assert "Everything checked" in desk.run("doc", "inspect", bill, as_="shipper")
    assert desk.act("accept", bill, "--yes", as_="shipper") == "ISSUED"
    assert desk.act("offer", bill[:8], "--to", "consignee", as_="shipper") == "OFFERED"
    assert desk.act("decline", bill, "--reason", "too early", as_="consignee") == "ISSUED"
    assert desk.act("offer", bill, "--to", "consignee", as_="shipper") == "OFFERED"
    assert desk.act("accept", bill, "--yes", as_="consignee") == "ISSUED"
    given = json.loads(STRAIGHT.read_text())
    for holder in ("carrier", "consignee"):
        assert desk.json("doc", "open", bill, as_=holder) == {**given, "transportDocumentReference": "WALK1"}
    assert desk.act("surrender", bill, as_="consignee") == "PENDING_SURRENDER_FOR_DELIVERY"
    assert desk.act("reject-surrender", bill, "--reason", "charges open", as_="carrier") == "ISSUED"
    assert desk.act("surrender", bill, as_="consignee") == "PENDING_SURRENDER_FOR_DELIVERY"
    assert desk.act("accept-surrender", bill, as_="carrier") == "SURRENDERED_FOR_DELIVERY"
    verified = desk.json("verify", bill, as_="consignee")
    assert (verified["state"], verified["final"], verified["acts"]) == ("SURRENDERED_FOR_DELIVERY", True, 10)
    refused = desk.json("doc", "surrender", bill, as_="consignee", code=4)
    assert refused["error"]["code"] == "NoRule"


def test_parties_are_shown_by_their_names(desk: Desk) -> None:
    bill = issued(desk, "WALK2")
    desk.act("accept", bill, "--yes", as_="shipper")
    for command in (["doc", "show", bill], ["doc", "list"], ["doc", "history", bill]):
        shown = desk.run(*command, as_="shipper")
        assert "Example Line (" in shown
        assert "Example Trading (" in shown
    assert "offered to  Example Imports (" in desk.run("doc", "offer", bill, "--to", "consignee", as_="shipper")


def test_a_surrendered_bill_is_amended_and_the_first_version_stays_readable(desk: Desk, tmp_path: Path) -> None:
    bill = issued(desk, "WALK3")
    desk.act("accept", bill, "--yes", as_="shipper")
    desk.act("surrender", bill, "--for", "amendment", "--reason", "clause", "--changes", "a remark", as_="shipper")
    assert desk.act("accept-surrender", bill, as_="carrier") == "SURRENDERED_FOR_AMENDMENT"
    before = desk.json("doc", "open", bill, as_="carrier")
    file = tmp_path / "amended.json"
    file.write_text(json.dumps({**before, "termsAndConditions": "As amended"}))
    words = ["--reason", "clause", "--endorsee", "consignee"]
    assert desk.act("amend", bill, str(file), *words, as_="carrier") == "AMENDED"
    assert desk.act("accept", bill, "--yes", as_="shipper") == "ISSUED"
    assert desk.json("doc", "open", bill, as_="shipper")["termsAndConditions"] == "As amended"
    assert desk.json("doc", "open", bill, "--version", "1", as_="shipper") == before


def test_attached_files_reach_the_next_holder_and_a_changed_byte_of_any_is_found(desk: Desk, tmp_path: Path) -> None:
    for folder, text in (("one", "first"), ("two", "second")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "list.txt").write_text(text)
    files = [word for folder in ("one", "two") for word in ("--attach", str(tmp_path / folder / "list.txt"))]
    bill = issued(desk, "WALK4", *files)
    desk.act("accept", bill, "--yes", as_="shipper")
    desk.act("offer", bill, "--to", "consignee", as_="shipper")
    desk.act("accept", bill, "--yes", as_="consignee")
    saved = tmp_path / "saved"
    for _ in ("fetched", "there already"):
        desk.run("doc", "attachments", bill, "--save", str(saved), as_="consignee")
        assert {path.name: path.read_text() for path in saved.iterdir()} == {
            "list.txt": "first", "list-2.txt": "second",
        }  # fmt: skip
    session = json.loads((desk.home / "sessions" / "consignee.json").read_text())
    names = {path.name for path in (desk.data / "blobs").rglob("*") if path.is_file()}
    fresh = issued(desk, "WALK5", *files[:2])
    added = {path.name for path in (desk.data / "blobs").rglob("*") if path.is_file()} - names
    assert session["token"]
    assert added
    for name in sorted(added):
        before = one_byte_changed(desk.blob(name))
        failed = desk.json("verify", fresh, as_="shipper", code=8)["error"]
        assert failed["step"].startswith(("12 ", "13 "))
        assert failed["parameters"]["entry"] == "list.txt" or name in failed["found"] + failed["allowed"]
        desk.blob(name).write_bytes(before)
    assert desk.json("verify", fresh, as_="shipper")["files"][0]["name"] == "list.txt"


def test_a_simple_certificate_is_applied_for_certified_verified_and_used_up(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "simple.json"
    file.write_text(json.dumps(SIMPLE))
    missing = desk.json("doc", "new", str(file), "--to", "chamber", as_="exporter", code=3)["error"]
    assert (missing["found"], missing["parameters"]["where"]) == ("no quantity", f"{file} at /items/0")
    words = ["--to", "chamber", "--set", '/items/0/quantity={"value": "100", "unit": "CS"}']
    applied = desk.json("doc", "new", str(file), *words, as_="exporter")
    paper, state = applied["document"], applied["record"]["state"]
    assert state == "APPLIED"
    assert desk.act("return", paper, "--reason", "importer", as_="chamber") == "RETURNED"
    corrected = tmp_path / "corrected.json"
    corrected.write_text(json.dumps(desk.json("doc", "open", paper, as_="exporter")))
    assert desk.act("resubmit", paper, str(corrected), as_="exporter") == "APPLIED"
    assert desk.act("approve", paper, as_="chamber") == "APPROVED"
    assert desk.act("certify", paper, "--number", "EXCO-0001", "--user", "customs", as_="chamber") == "ISSUED"
    assert desk.act("note", paper, "--result", "genuine", as_="customs") == "ISSUED"
    used = desk.json("doc", "use", paper, "--item", "1=40", "--declaration", "A1", as_="customs")["record"]
    assert (used["state"], used["used"]) == ("PARTIALLY_USED", 400_000)
    too_much = desk.json("doc", "use", paper, "--item", "1=70", "--declaration", "A2", as_="customs", code=4)
    assert too_much["error"]["code"] == "BadParameter"
    words = ["--item", "1=30", "--reason", "typing error"]
    assert desk.act("correct-use", paper, *words, as_="customs") == "PARTIALLY_USED"
    assert desk.act("use", paper, "--item", "1=70", "--declaration", "A2", "--full", as_="customs") == "USED"
    assert "used              100 %" in desk.run("doc", "show", paper, as_="exporter")
    assert desk.json("verify", paper, as_="customs")["state"] == "USED"


BILLS = {
    "ebl-api-3.0.0-straight-bl.json": ["--set", "/carrierCode=EXLN"],
    "ebl-api-3.0.0-negotiable-bl.json": ["--set", "/carrierCode=EXLN"],
    "eblissuance-v3.0.0-request.json": [],
}


@pytest.mark.parametrize("name", BILLS)
def test_dcsa_s_own_messages_live_to_their_end(desk: Desk, name: str) -> None:
    file = shared(f"dcsa/messages/{name}")
    if file is None:
        pytest.skip("the shared sample data is not there")
    number = "S" + name.upper()[-16:-5].replace("_", "-")
    words = ["--to", "shipper", "--endorsee", "shipper" if "nego" in name else "consignee", "--number", number]
    bill = desk.json("doc", "new", str(file), *words, *BILLS[name], as_="carrier")["document"]
    desk.act("accept", bill, "--yes", as_="shipper")
    if "nego" in name:
        desk.act("endorse", bill, "--to", "consignee", as_="shipper")
    desk.act("offer", bill, "--to", "consignee", as_="shipper")
    desk.act("accept", bill, "--yes", as_="consignee")
    assert desk.json("doc", "open", bill, as_="consignee")["transportDocumentReference"] == number
    desk.act("surrender", bill, as_="consignee")
    assert desk.act("accept-surrender", bill, as_="carrier") == "SURRENDERED_FOR_DELIVERY"
    assert desk.json("verify", bill, as_="shipper")["final"] is True


CERTIFICATES: dict[str, Any] = {
    "ChaftaCoo_sampleV2.json": ([], ["1=2", "2=2", "3=2"]),
    "SimpleCoo_sampleV2.json": (["--set", '/items/0/quantity={"value": "100", "unit": "CS"}'], ["1=100"]),
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_real_certificates_live_to_their_end(desk: Desk, name: str) -> None:
    file = shared(f"certificates-of-origin/{name}")
    if file is None:
        pytest.skip("the shared sample data is not there")
    completed, used = CERTIFICATES[name]
    paper = desk.json("doc", "new", str(file), "--to", "chamber", *completed, as_="exporter")["document"]
    number = "REAL-" + name[:6].upper()
    assert desk.act("certify", paper, "--number", number, "--user", "customs", as_="chamber") == "ISSUED"
    items = [word for item in used for word in ("--item", item)]
    assert desk.act("use", paper, *items, "--declaration", "A1", "--full", as_="customs") == "USED"
    assert desk.json("verify", paper, as_="customs")["used"] == 1_000_000


def test_files_that_are_no_certificate_say_what_they_are(desk: Desk) -> None:
    schema = shared("certificates-of-origin/snapshot-PreferentialCoO-D23B.json")
    credentials = shared("certificates-of-origin/ChaftaCoo_sampleW3C.json")
    if schema is None or credentials is None:
        pytest.skip("the shared sample data is not there")
    assert "a JSON Schema" in desk.run("doc", "new", str(schema), "--to", "chamber", as_="exporter", code=3)
    said = desk.run("doc", "new", str(credentials), "--to", "chamber", as_="exporter", code=3)
    assert "2 documents under names of their own" in said


def test_a_document_that_is_not_yours_is_not_found_by_its_id_nor_by_its_beginning(desk: Desk) -> None:
    bill = issued(desk, "WALK6")
    for named in (bill, bill[:8]):
        assert desk.json("doc", "show", named, as_="stranger", code=5)["error"]["code"] == "NotFound"


def test_a_party_whose_first_account_was_removed_goes_on(desk: Desk) -> None:
    first = desk.json("key", "show", "bank")["accounts"][0]
    desk.run("party", "list", as_="bank")
    desk.run("party", "add-account", "--scope", "filing", as_="bank")
    assert "removed. Final" in desk.run("party", "remove-account", first, as_="bank")
    assert "removed 20" in desk.run("party", "show", as_="bank")
    desk.run("inbox", as_="bank")


def test_a_change_by_one_signature_says_that_it_waits_and_is_vetoed_by_the_id_shown(desk: Desk) -> None:
    words = ["party", "set-threshold", "2", "--one-signature"]
    assert "Proposed, open to a veto" in desk.run(*words, as_="stranger")
    (change,) = desk.json("party", "show", as_="stranger")["openChanges"]
    shown = desk.run("party", "show", as_="stranger")
    assert change["changeId"] in shown
    assert "SET THRESHOLD 2, asked for by the party" in shown
    desk.run("party", "veto", change["changeId"], as_="stranger")
    assert "open change" not in desk.run("party", "show", as_="stranger")


def test_a_suspension_is_shown_and_its_end_too(desk: Desk) -> None:
    number = desk.json("key", "show", "stranger")["party"]
    data = ["--data", str(desk.data)]
    desk.run("consortium", "suspend", str(number), "--days", "3", *data)
    assert "suspended until 20" in desk.run("party", "show", as_="stranger")
    assert "suspended until 20" in desk.run("party", "list", as_="bank")
    desk.run("consortium", "reinstate", str(number), *data)
    assert "state      active" in desk.run("party", "show", as_="stranger")


def test_a_wrong_role_names_the_option_before_a_passphrase_is_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PORTLEDGER_PASSPHRASE")
    words = ["party", "register", "--name", "X", "--country", "JP", "--role", "pirate"]
    error = desk.json(*words, as_="stranger", code=3)["error"]
    assert error["parameters"]["where"] == "--role"
    assert "carrier" in error["allowed"]


def test_a_registrar_that_takes_its_time_is_waited_for_aloud(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.run("key", "new", "late")
    words = ["party", "register", "--name", "Late Ltd", "--country", "JP", "--role", "bank"]
    monkeypatch.setattr("portledger.cli.party.AT_ONCE_SECONDS", 0.0)
    assert "waiting for the registrar" in desk.run(*words, as_="late")


def test_every_reading_command_prints_the_same_json_on_a_terminal_and_in_a_pipe(desk: Desk) -> None:
    bill = issued(desk, "WALK7")
    desk.act("accept", bill, "--yes", as_="shipper")
    commands = [
        ["inbox", "--all"], ["party", "list"], ["party", "show"], ["key", "show"], ["config", "show"],
        ["doc", "list"], ["doc", "show", bill], ["doc", "history", bill], ["doc", "attachments", bill],
        ["doc", "open", bill], ["doc", "show", "00" * 32],
    ]  # fmt: skip
    for words in commands:
        arguments = [*words, "--json", "--as", "shipper"]
        piped = subprocess.run(
            [*LINE, *arguments], capture_output=True, stdin=subprocess.DEVNULL, env=environment(), check=False
        )
        json.loads(piped.stdout or piped.stderr)
        assert on_a_terminal(arguments) == piped.stdout + piped.stderr, words


def test_acts_that_need_two_signatures_are_signed_from_two_key_files(desk: Desk) -> None:
    desk.run("key", "new", "office", "--accounts", "2")
    words = ["--name", "Example Forwarding", "--country", "JP", "--role", "shipperOrConsignee"]
    desk.run("party", "register", *words, as_="office")
    desk.run("key", "new", "colleague", "--accounts", "1")
    desk.run("party", "add-account", "--of", "colleague", as_="office")
    first, second = desk.json("key", "show", "office")["accounts"]
    desk.run("party", "remove-account", second, as_="office")
    desk.run("party", "set-threshold", "2", "--key", "colleague", as_="office")
    party = desk.json("party", "show", as_="office")
    kept = {account["account"] for account in party["accounts"] if not account["removedAt"]}
    assert kept == {first, *desk.json("key", "show", "colleague")["accounts"]}
    assert party["threshold"] == 2
    words = ["--to", "office", "--endorsee", "office", "--number", "WALK8"]
    file = SAMPLES / "transport_document_negotiable.json"
    bill = desk.json("doc", "new", str(file), *words, as_="carrier")["document"]
    desk.act("accept", bill, "--yes", as_="office")
    alone = desk.json("doc", "offer", bill, "--to", "consignee", as_="office", code=7)["error"]
    assert alone["code"] == "KeyMissing"
    assert "--key" in alone["remedy"]
    assert "--propose" in alone["remedy"]
    assert desk.act("offer", bill, "--to", "consignee", "--key", "colleague", as_="office") == "OFFERED"
    desk.act("withdraw", bill, as_="office")
    the_colleague_signs_what_waits(desk, bill)


def the_colleague_signs_what_waits(desk: Desk, bill: str) -> None:
    """One signature after the other, from a key file each, at machines of their own."""
    desk.run("key", "share", "colleague", as_="office")
    assert desk.json("key", "show", "colleague")["party"] == desk.json("key", "show", "office")["party"]
    proposed = desk.json("doc", "offer", bill, "--to", "consignee", "--propose", as_="office")
    assert (proposed["status"]["status"], proposed["missing"]) == ("waiting", 1)
    act = proposed["digest"]
    assert desk.json("waiting", "sign", act, "--yes", as_="office", code=7)["error"]["code"] == "KeyMissing"
    (line,) = desk.json("waiting", "list", as_="colleague")
    assert (line["digest"], line["verb"], line["missing"]) == (act, "OFFER", 1)
    assert "Example Imports (" in desk.run("waiting", "show", act[:12], as_="colleague")
    signed = desk.json("waiting", "sign", act[:12], "--yes", as_="colleague")
    assert signed["record"]["state"] == "OFFERED"
    assert desk.json("waiting", "sign", act, "--yes", as_="office")["digest"] == act, "told that it is done"
    desk.act("withdraw", bill, as_="office")
    proposed = desk.json("doc", "endorse", bill, "--to", "bearer", "--propose", as_="colleague")
    assert "waits no longer" in desk.run("waiting", "withdraw", proposed["digest"][:12], as_="office")
    assert desk.json("waiting", "list", as_="colleague") == []
    assert desk.json("waiting", "sign", proposed["digest"][:12], as_="office", code=5)["error"]["code"] == "NotFound"


def test_a_refused_registration_tells_the_registrar_s_reason(desk: Desk, tmp_path: Path) -> None:
    with running(Settings(data=tmp_path / "port", port=0, admit_automatically=False)) as system:
        data, gateway = ["--data", str(system.folder)], ["--gateway", system.url]
        desk.run("key", "new", "unknown")
        words = ["--name", "Never Ltd", "--country", "JP", "--role", "bank", "--wait", "0"]
        waiting = desk.json("party", "register", *words, *gateway, as_="unknown", code=9)["error"]
        (asked,) = desk.json("consortium", "registrations", *data)
        assert asked["requestId"] in waiting["remedy"]
        desk.run("consortium", "refuse", asked["requestId"], "--reason", "no register entry", *data)
        refused = desk.json("party", "resume", asked["requestId"], *gateway, as_="unknown", code=5)["error"]
        assert refused["code"] == "NotAdmitted"
        assert "no register entry" in refused["found"]
