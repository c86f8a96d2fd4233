"""The demo as a newcomer runs it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from portledger.cli import demo_search
from portledger.cli.demo_cast import CAST, PASSPHRASE
from portledger.cli.demo_voice import WIDTH
from portledger.cli.main import main
from portledger.sdk.wallet import Wallet

MUST_FAIL = {
    "A former holder, the shipper, offers the bill once more to a bank": "NotAllowed",
    "The carrier issues a second original under the same number": "NoRule",
    "A stranger signs an offer in the consignee's name, with a key of its own": "SignaturesRefused",
    "... and the ledger itself: this signature was for a history that is past": "StalePrevious",
    "The customs use more pumps than were certified: 60 of 48": "BadParameter",
    "The auditor, who may see every record, asks for the bill's cargo": "NoGrant",
    "A forwarder changes the port of discharge in the customs' file": "VerificationError",
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """(the folder that it left, what it said)"""
    folder = tmp_path_factory.mktemp("demo") / "kept"
    command = "import sys; from portledger.cli.main import main; sys.exit(main(sys.argv[1:]))"
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", command, "demo", "--keep", str(folder)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    return folder, run.stdout


def test_everything_is_as_it_must_be(kept: tuple[Path, str]) -> None:
    outcome = json.loads((kept[0] / "outcome.json").read_text())
    assert outcome["ok"]
    assert [step["text"] for step in outcome["steps"] if not step["ok"]] == []
    assert outcome["plaintextFound"] == []
    happened = {step["text"]: step["happened"] for step in outcome["steps"]}
    for text, code in MUST_FAIL.items():
        assert happened[text] == code


def test_both_documents_verify_to_their_ends(kept: tuple[Path, str]) -> None:
    outcome = json.loads((kept[0] / "outcome.json").read_text())
    ends = [(one["state"], one["acts"], one["used"]) for one in outcome["verified"]]
    assert ends == [
        ("SURRENDERED_FOR_DELIVERY", 18, 0), ("SURRENDERED_FOR_DELIVERY", 18, 0), ("PARTIALLY_USED", 4, 250_000),
    ]  # fmt: skip


def test_the_files_are_verified_with_gateway_and_node_switched_off(kept: tuple[Path, str]) -> None:
    outcome = json.loads((kept[0] / "outcome.json").read_text())
    happened = {step["text"]: step["happened"] for step in outcome["steps"]}
    assert happened["Somebody asks the gateway, to be sure"] == "GatewayUnreachable"
    assert [one["verdict"] for one in outcome["offline"]] == ["unsealed", "unsealed"]
    assert [one["result"]["state"] for one in outcome["offline"]] == ["SURRENDERED_FOR_DELIVERY"] * 2


@pytest.mark.parametrize(
    ("name", "code"),
    [("bill.evidence.json", 10), ("for-customs.presentation.json", 10), ("forged-for-customs.presentation.json", 8)],
)
def test_the_kept_files_verify_by_the_command_that_it_names(kept: tuple[Path, str], name: str, code: int) -> None:
    folder = kept[0] / "evidence"
    assert f"portledger verify {folder / 'bill.evidence.json'} --policy {folder / 'policy.toml'}" in kept[1]
    assert main(["verify", str(folder / name), "--policy", str(folder / "policy.toml")]) == code


def test_the_embedded_ledger_is_trusted_without_a_policy(kept: tuple[Path, str]) -> None:
    assert main(["verify", str(kept[0] / "evidence" / "bill.evidence.json")]) == 10


def test_the_kept_archive_replays(kept: tuple[Path, str]) -> None:
    assert main(["audit", "ledger", "--archive", str(kept[0] / "evidence" / "ledger.archive")]) == 0


def test_it_explains_itself_in_lines_of_a_steady_width_without_colour(kept: tuple[Path, str]) -> None:
    story = kept[1].split("\nKept in ")[0]
    assert max(map(len, story.splitlines())) <= WIDTH + 2
    assert "\x1b" not in story
    assert story.isascii()
    assert "A bill of lading is the paper that stands for cargo on a ship" in story
    assert re.search(r"All as it must be: \d+ steps done, \d+ attempts refused", story)


def test_it_leaves_keys_that_open(kept: tuple[Path, str]) -> None:
    parties = [Wallet.open(kept[0] / "keys" / f"{role.key}.json", PASSPHRASE).party for role in CAST]
    assert parties == list(range(1, 11))


def test_the_kept_folder_holds_none_of_the_secrets_in_any_spelling(kept: tuple[Path, str]) -> None:
    from portledger.cli.demo import _sample

    bill, certificate = _sample("transport_document_negotiable.json"), _sample("certificate_of_origin_rcep.json")
    values = demo_search.secret_values(bill, certificate)
    assert len(set(values)) == 20
    assert demo_search.search(values, demo_search.files(kept[0] / "data")) == []


@pytest.mark.parametrize("how", sorted(demo_search.spellings("PLLTYO2604417")))
def test_the_search_finds_a_value_in_every_spelling(how: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\x00before" + demo_search.spellings("PLLTYO2604417")[how] + b"after")
    found = demo_search.search(["PLLTYO2604417"], demo_search.files(tmp_path))
    assert how in {one.how for one in found}


def test_the_search_looks_into_what_is_compressed_or_written_as_hex(tmp_path: Path) -> None:
    import gzip
    import zlib

    (tmp_path / "a.gz").write_bytes(gzip.compress(b"x PLLTYO2604417 y"))
    (tmp_path / "b.z").write_bytes(zlib.compress(b"x PLLTYO2604417 y"))
    (tmp_path / "c").write_text("0x" + ("PLLTYO2604417" + "." * 40).encode("utf-16-le").hex())
    found = {one.where for one in demo_search.search(["PLLTYO2604417"], demo_search.files(tmp_path))}
    assert found == {"a.gz (unpacked)", "b.z (unpacked)", "c (from hex)"}
