"""Storage slots: each helper looks where the compiler has put the variable (contracts/snapshots/storage.json)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from portledger.domain.hashing import abi_words, keccak
from portledger.evidence import slots

SNAPSHOT = json.loads((Path(__file__).parents[3] / "contracts" / "snapshots" / "storage.json").read_text())
VARIABLES = {entry["label"]: entry for entry in SNAPSHOT if "label" in entry}
(STRUCTS,) = (entry["structs"] for entry in SNAPSHOT if "structs" in entry)
DOCUMENT, ADDRESS = keccak(b"document"), keccak(b"address")[:20]
MAPPINGS: dict[str, tuple[Callable[[], int], str, int | bytes]] = {
    "_parties": (lambda: slots.party(7), "uint256", 7),
    "_accounts": (lambda: slots.account(ADDRESS), "address", ADDRESS),
    "profile": (lambda: slots.profile(7), "uint32", 7),
    "encryptionKey": (lambda: slots.encryption_key(7), "uint32", 7),
    "partyHead": (lambda: slots.party_head(7), "uint32", 7),
    "_records": (lambda: slots.control(DOCUMENT), "bytes32", DOCUMENT),
    "notesHead": (lambda: slots.notes_head(DOCUMENT), "bytes32", DOCUMENT),
    "kindDigest": (lambda: slots.kind_digest(0x0101), "uint16", 0x0101),
    "claims": (lambda: slots.claim(DOCUMENT), "bytes32", DOCUMENT),
    "extension": (lambda: slots.extension(DOCUMENT), "bytes32", DOCUMENT),
}


@pytest.mark.parametrize("label", MAPPINGS)
def test_a_mapping_s_word_lies_where_the_layout_says(label: str) -> None:
    slot_of, key_type, key = MAPPINGS[label]
    variable = VARIABLES[label]
    assert variable["type"].startswith(f"mapping({key_type} => ")
    assert variable["offset"] == 0
    assert slot_of() == int.from_bytes(keccak(abi_words(key, variable["slot"])), "big")


def test_a_record_is_its_control_and_then_its_head() -> None:
    members = {member["label"]: member for member in STRUCTS["struct IDocumentLedger.Record"]}
    assert (members["control"]["slot"], members["control"]["offset"]) == (0, 0)
    assert (members["head"]["slot"], members["head"]["offset"]) == (1, 0)
    assert slots.head(DOCUMENT) == slots.control(DOCUMENT) + 1


def test_the_ledger_s_head_has_a_slot_of_its_own() -> None:
    variable = VARIABLES["ledgerHead"]
    assert (slots.ledger_head(), 0, "bytes32") == (variable["slot"], variable["offset"], variable["type"])
