"""Evidence files, presentations, freshness and grants, by the commands that people type."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from tests.integration.cli.conftest import Desk

from portledger import samples
from portledger.evidence import bundle
from portledger.evidence.bundle import MAX_BYTES
from portledger.evidence.verdict import read

STRAIGHT = Path(samples.__file__).parent / "transport_document_straight.json"


@pytest.fixture
def policy(desk: Desk, tmp_path: Path) -> Path:
    """Trusts the ledger of the desk's system."""
    deployment = json.loads((desk.data / "deployment.json").read_text())
    file = tmp_path / "policy.toml"
    file.write_text(
        f'schema = "portledger/policy/1"\n[[ledger]]\nchain_id = {deployment["chainId"]}\n'
        f'address = "{deployment["ledger"]}"\nengine = "none"\ncode = "release"\n'
    )
    return file


def issued(desk: Desk, number: str, *more: str) -> str:
    words = ["--to", "shipper", "--endorsee", "consignee", "--number", number, *more]
    bill = str(desk.json("doc", "new", str(STRAIGHT), *words, as_="carrier")["document"])
    desk.act("accept", bill, "--yes", as_="shipper")
    return bill


def test_a_bundle_is_written_verified_and_found_fresh_until_something_happens(
    desk: Desk, tmp_path: Path, policy: Path
) -> None:
    bill = issued(desk, "PROVE1")
    file = tmp_path / "bill.evidence.json"
    out, err = desk.both("doc", "prove", bill[:10], "--open", "header", "--out", str(file), as_="shipper")
    assert "2 acts" in out
    assert "Example Line (" in err
    assert "keeps closed" in err
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert "VALID BUT UNSEALED" in desk.run("verify", str(file), "--policy", str(policy), code=10)
    assert desk.json("fresh", str(file), as_="carrier")["freshness"] == "fresh"
    desk.act("offer", bill, "--to", "consignee", as_="shipper")
    assert "ask for newer evidence" in desk.run("fresh", str(file), as_="shipper", code=12)


def test_a_suffix_that_leaves_nothing_out_says_why(desk: Desk, tmp_path: Path) -> None:
    bill = issued(desk, "PROVE9")
    words = ["doc", "prove", bill, "--form", "suffix", "--out", str(tmp_path / "b.json")]
    out, err = desk.both(*words, as_="shipper")
    assert "the whole history" in out
    assert "only the creating act wrote content" in err


def test_json_says_what_is_in_the_file(desk: Desk, tmp_path: Path) -> None:
    bill = issued(desk, "PROVE2")
    file = tmp_path / "b.json.gz"
    told = desk.json("doc", "prove", bill, "--open", "all", "--details", "--gz", "--out", str(file), as_="shipper")
    made = bundle.load(gzip.decompress(file.read_bytes()))
    assert told["file"] == str(file)
    assert (told["document"], told["acts"], told["form"]) == (bill, 2, "whole")
    assert told["opened"] == [one.dataset for one in made.opened]
    assert read(file.read_bytes()) == made


def test_without_a_gateway_a_node_is_enough(desk: Desk, tmp_path: Path, policy: Path) -> None:
    bill = issued(desk, "PROVE3")
    ledger = json.loads((desk.data / "deployment.json").read_text())["ledger"]
    node = desk.node
    file = tmp_path / "node.json"
    words = ["doc", "prove", bill, "--from-node", node, "--ledger", ledger, "--out", str(file)]
    told = desk.json(*words, "--gateway", "http://127.0.0.1:9")
    assert told["acts"] == 2
    out, _ = desk.both("verify", str(file), "--policy", str(policy), "--json", code=10)
    assert json.loads(out)["verdict"] == "unsealed"
    assert desk.json("fresh", str(file), "--node", node, "--gateway", "http://127.0.0.1:9")["freshness"] == "fresh"
    short = desk.json("doc", "prove", bill[:12], "--from-node", node, "--ledger", ledger, code=3)
    assert "64 hex digits" in short["error"]["allowed"]


def test_a_presentation_shows_three_fields_for_one_receiver(desk: Desk, tmp_path: Path, policy: Path) -> None:
    bill = issued(desk, "PROVE4")
    file = tmp_path / "p.json"
    words = ["doc", "disclose", bill, "--field", "route:/pol", "--absent", "charges:/nothing", "--to", "Customs"]
    out, err = desk.both(*words, "--purpose", "import", "--valid", "12h", "--out", str(file), as_="shipper")
    assert "absent, proven" in out
    assert "Customs may conclude" in err
    assert "Not: anything about fields that are not shown" in err
    shown = desk.run("verify", str(file), "--policy", str(policy), code=10)
    assert "proven absent" in shown
    told = desk.json(*words, "--purpose", "import", "--out", str(file), as_="shipper")
    assert told["besideTheHistory"] < told["bytes"]
    assert {one["path"] for one in told["fields"]} >= {"/blNumber", "/pol/UNLocationCode"}


def test_what_cannot_be_disclosed_is_said_with_the_path(desk: Desk, tmp_path: Path) -> None:
    bill = issued(desk, "PROVE5")
    words = ["doc", "disclose", bill, "--to", "X", "--purpose", "Y", "--out", str(tmp_path / "p.json")]
    for more, where in (
        (["--field", "route:/nowhere"], "route:/nowhere"),
        (["--field", "rout:/pol"], "rout:/pol"),
        (["--absent", "header:/blNumber"], "header:/blNumber"),
        (["--field", "route/pol"], "--field"),
        (["--valid", "soon"], "--valid"),
        (["--equal", "route:/pol"], "--equal"),
    ):
        refused = desk.json(*words, *more, as_="shipper", code=3)
        assert refused["error"]["parameters"]["where"] == where
    assert not (tmp_path / "p.json").exists()
    assert desk.json(*words, as_="stranger", code=5)["error"]["code"] == "NotFound"


def test_equality_is_proven_where_a_value_was_carried_over(desk: Desk, tmp_path: Path, policy: Path) -> None:
    first = issued(desk, "PROVE6")
    second = issued(desk, "PROVE7", "--carry-from", first)
    file = tmp_path / "p.json"
    same = f"route:/pol/UNLocationCode={first[:16]}:route:/pol/UNLocationCode"
    words = ["doc", "disclose", second, "--equal", same, "--to", "Bank", "--purpose", "comparison", "--out", str(file)]
    assert f"equal, unseen, to {first[:12]}" in desk.run(*words, as_="shipper")
    assert "proven equal" in desk.run("verify", str(file), "--policy", str(policy), code=10)
    assert "JPTYO" not in json.dumps(json.loads(file.read_bytes())["equal"])


def test_the_parties_see_who_was_let_in(desk: Desk) -> None:
    bill = issued(desk, "PROVE8")
    desk.run("grant", bill, "customs", as_="shipper")
    rows = [line for line in desk.run("doc", "grants", bill, as_="carrier").splitlines() if "Example Customs (" in line]
    assert rows
    assert all("Example Trading (" in row for row in rows)


def test_a_file_that_is_no_evidence_is_refused(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    for data in (b"{}", b"[" * 100_000, b" " * (MAX_BYTES + 1)):
        file.write_bytes(data)
        assert desk.json("fresh", str(file), as_="shipper", code=3)["error"]["code"] == "Malformed"
    refused = desk.json("doc", "prove", "00" * 32, "--out", str(tmp_path), as_="shipper", code=5)
    assert refused["error"]["code"] == "NotFound"
