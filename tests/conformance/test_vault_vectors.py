"""The vault against vectors that a second implementation wrote (scripts/write_vault_vectors.py)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portledger.domain.hashing import sha256
from portledger.vault.field_tree import Absence, FieldTree, Presence, Salts
from portledger.vault.grants import EncryptionKey, Grant, grant_info, open_grant
from portledger.vault.manifest import load, parse
from portledger.vault.sealing import open_dataset

ROOT = Path(__file__).parents[2]


def vectors(name: str) -> Any:
    return json.loads((ROOT / "protocol" / "vectors" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", vectors("trees"), ids=lambda vector: json.loads(vector["aad"])["dataset"])
def test_roots_and_proofs_are_those_of_the_second_implementation(vector: dict[str, Any]) -> None:
    carried = {path: bytes.fromhex(salt) for path, salt in vector["carried"].items()}
    salts = Salts(bytes.fromhex(vector["seed"]), carried)
    tree = FieldTree.of(bytes.fromhex(vector["document"]), vector["aad"].encode(), salts, vector["value"])
    assert tree.root.hex() == vector["root"]
    for data in vector["presences"]:
        assert tree.prove(data["path"]).to_json() == data
        Presence.from_json(data).verify(tree.commitment)
    for data in vector["absences"]:
        assert tree.prove_absence(data["path"]).to_json() == data
        Absence.from_json(data).verify(tree.commitment)


@pytest.mark.parametrize("vector", vectors("manifests"), ids=lambda _: "manifest")
def test_manifests_and_ciphertexts_are_those_of_the_second_implementation(vector: dict[str, Any]) -> None:
    manifest = parse(vector["manifest"])
    assert manifest.encode() == vector["bytes"].encode()
    assert manifest.digest().hex() == vector["digest"]
    assert load(vector["bytes"].encode()) == manifest
    for data in vector["datasets"]:
        key, ciphertext = bytes.fromhex(data["key"]), bytes.fromhex(data["ciphertext"])
        assert open_dataset(manifest.place, manifest.entry(data["name"]), key, ciphertext).value == data["value"]


@pytest.mark.parametrize("vector", vectors("grants"), ids=lambda vector: vector["dataset"])
def test_grants_of_the_second_implementation_open(vector: dict[str, Any]) -> None:
    manifest = parse(vectors("manifests")[0]["manifest"])
    key = EncryptionKey(bytes.fromhex(vector["privateSeed"]))
    assert key.public.hex() == vector["public"]
    assert sha256(key.public).hex() == vector["publicDigest"]
    entry = manifest.entry(vector["dataset"])
    assert grant_info(manifest.place, entry, vector["recipient"]).hex() == vector["info"]
    grant = Grant(vector["dataset"], 1, vector["recipient"], bytes.fromhex(vector["sealed"]))
    assert open_grant(manifest, grant, vector["recipient"], key).hex() == vector["key"]


def test_the_vectors_are_what_the_second_implementation_writes() -> None:
    script = ROOT / "scripts" / "write_vault_vectors.py"
    subprocess.run([sys.executable, str(script), "--check"], check=True, capture_output=True)
