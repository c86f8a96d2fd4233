"""Bad input: each gets a clear answer, in a process that has not memory or time to spare."""

from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.corpus import NOW, Life, life_to, presentation
from tests.support.evidence import CODE, bundle_of

from portledger.cli.exit_codes import Exit
from portledger.evidence import making
from portledger.evidence.bundle import MAX_BYTES, MAX_KIND, MAX_PARTS, Bundle, dump
from portledger.vault import canonical

MEMORY: Final = 2 << 30
"""Bytes of address space that a verification has."""
SECONDS: Final = 60
"""Of processor time; it takes a few."""
POLICY: Final = """
schema = "portledger/policy/1"
[[ledger]]
chain_id = 1337
engine = "none"
code = "CODE"
"""


def verify(folder: Path, data: bytes | Path, name: str = "file.evidence.json", at: int | None = None) -> dict[str, Any]:
    """What `portledger verify --json` says of a file, with its exit code, under the limits."""
    file = data if isinstance(data, Path) else folder / name
    if isinstance(data, bytes):
        file.write_bytes(data)
    policy = folder / "policy.toml"
    policy.write_text(POLICY.replace("CODE", CODE.hex()))
    program = "from portledger.cli.main import run; run()"
    command = [sys.executable, "-c", program, "verify", str(file), "--json", "--policy", str(policy)]
    ran = subprocess.run(
        [*command, "--at", str(NOW if at is None else at)],
        capture_output=True, text=True, check=False, preexec_fn=_limited,
    )  # fmt: skip
    assert not ran.stderr, ran.stderr[-2000:]
    told = json.loads(ran.stdout)
    return {**told, "exit": ran.returncode}


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


@cache
def life() -> Life:
    return life_to("ebl-negotiable", "ISSUED")


@cache
def bundle() -> Bundle:
    return life().bundle("none", show=("header",))


def changed(**members: Any) -> bytes:
    return canonical.encode({**canonical.decode_canonical(dump(bundle())), **members})


def ends(told: dict[str, Any]) -> tuple[str, int | None, int]:
    return told["verdict"], told["step"], told["exit"]


NOT_EVIDENCE: Final = ("malformed", 0, int(Exit.INPUT))


def test_a_good_file_fits_well_within_the_limits(tmp_path: Path) -> None:
    assert ends(verify(tmp_path, dump(bundle()))) == ("unsealed", None, int(Exit.UNSEALED))


# --- great ----------------------------------------------------------------------------------------------------------


def test_a_file_of_a_gigabyte(tmp_path: Path) -> None:
    file = tmp_path / "great.evidence.json"
    with file.open("wb") as sparse:
        sparse.truncate(1 << 30)
    told = verify(tmp_path, file)
    assert ends(told) == NOT_EVIDENCE
    assert f"more than {MAX_BYTES} bytes" in told["found"]


GREAT: Final[dict[str, bytes]] = {
    "brackets as far as they go": b"[" * MAX_BYTES,
    "as many lists as are parsed": b"[" + b"[]," * (MAX_PARTS // 2 - 2) + b"0]",
    "as many objects as are parsed": b"[" + b'{"":0},' * (MAX_PARTS // 2 - 2) + b"0]",
    "as many members as are parsed": b"{" + b",".join(b'"%07x":0' % at for at in range(MAX_PARTS - 1)) + b"}",
    "more parts than are parsed": b"[" + b"0," * MAX_PARTS + b"0]",
    "one long text": b'["' + b"a" * (MAX_BYTES - 4) + b'"]',
    "one long text of rare characters": b'["' + "\U0001f6a2".encode() * (MAX_BYTES // 4 - 1) + b'"]',
    "a long name over many items": b'{"' + b"a" * (MAX_BYTES // 2) + b'":[' + b"0," * 999_999 + b"9007199254740993]}",
    "a number of a million digits": b"[" + b"9" * 1_000_000 + b"]",
    "nested for ever": b"[" * 900_000 + b"]" * 900_000,
    "nested a bit too deep, often": b"[" + (b"[" * 80 + b"]" * 80 + b",") * 20_000 + b"0]",
    "a long text that is not in NFC": b'["' + "e\u0301".encode() * 10_000_000 + b'"]',
}


@pytest.mark.parametrize("name", GREAT)
def test_a_text_that_asks_for_more_than_it_is_worth(tmp_path: Path, name: str) -> None:
    assert ends(verify(tmp_path, GREAT[name])) == NOT_EVIDENCE


@pytest.mark.parametrize("name", ["brackets as far as they go", "one long text", "nested for ever"])
def test_a_small_file_that_inflates_to_a_great_one(tmp_path: Path, name: str) -> None:
    assert ends(verify(tmp_path, gzip.compress(GREAT[name], 1))) == NOT_EVIDENCE


def test_a_zip_bomb(tmp_path: Path) -> None:
    bomb = gzip.compress(gzip.compress(b"\0" * (1 << 30), 9), 9)
    for data in (bomb, gzip.decompress(bomb)):
        assert ends(verify(tmp_path, data, "file.evidence.json.gz")) == NOT_EVIDENCE


def test_many_files_of_gzip_in_one(tmp_path: Path) -> None:
    half = len(dump(bundle())) // 2
    parts = gzip.compress(dump(bundle())[:half]) + gzip.compress(dump(bundle())[half:])
    assert ends(verify(tmp_path, parts)) == NOT_EVIDENCE


def test_a_dataset_whose_pointers_would_fill_the_memory(tmp_path: Path) -> None:
    """Its issuer sealed it: manifest, key and act are right. A name of a megabyte over half a million items."""
    value = {"a" * 1_000_000: [0] * 500_000}
    shown = life().bundle("none", show=("header", "cargo"))
    opened = tuple(replace(one, value=value) if one.dataset == "cargo" else one for one in shown.opened)
    told = verify(tmp_path, dump(replace(shown, opened=opened)))
    assert ends(told) == ("invalid", 13, int(Exit.VERIFICATION))
    assert "characters" in told["found"]


def test_as_many_entries_as_a_file_holds(tmp_path: Path) -> None:
    """Each with all signatures that there may be, none of them anybody's."""
    (first, *_) = bundle().entries
    more = replace(first, signatures=b"\x11" * 32 + b"\x22" * 32 + b"\x1b") if hasattr(first, "signatures") else first
    told = verify(tmp_path, dump(replace(bundle(), entries=(first, *(more,) * 20_000))))
    assert told["verdict"] == "invalid"


def test_a_kind_file_of_many_mistakes(tmp_path: Path) -> None:
    rows = [{"state": "A", "verb": "B"}] * 3_000
    kind = {**bundle().kind, "rows": rows, "states": [{"name": f"S{at}"} for at in range(1_000)]}
    assert len(canonical.encode(kind)) < MAX_KIND
    assert ends(verify(tmp_path, dump(replace(bundle(), kind=kind)))) == ("invalid", 4, int(Exit.VERIFICATION))


# --- foreign --------------------------------------------------------------------------------------------------------


def test_a_file_of_another_ledger(tmp_path: Path) -> None:
    ledger = {"chainId": 4711, "address": "0x" + "11" * 20, "salt": "22" * 32}
    told = verify(tmp_path, changed(ledger=ledger))
    assert ends(told) == ("outside-policy", 1, int(Exit.OUTSIDE_POLICY))
    assert "chain 4711" in told["found"]


def test_a_file_of_another_ledger_on_the_same_chain(tmp_path: Path) -> None:
    ledger = {"chainId": 1337, "address": "0x" + "11" * 20, "salt": "22" * 32}
    assert ends(verify(tmp_path, changed(ledger=ledger))) == ("invalid", 2, int(Exit.VERIFICATION))


@pytest.mark.parametrize(
    "schema", ["portledger/evidence/2", "portledger/evidence/0", "portledger/presentation/1", "x", 1]
)
def test_a_file_of_another_version(tmp_path: Path, schema: object) -> None:
    assert ends(verify(tmp_path, changed(schema=schema))) == NOT_EVIDENCE


def test_a_file_of_an_unknown_kind(tmp_path: Path) -> None:
    kind = {**bundle().kind, "number": 0x0999, "id": "unknown"}
    assert ends(verify(tmp_path, changed(kind=kind))) == ("invalid", 4, int(Exit.VERIFICATION))


def test_a_kind_that_the_ledger_sealed_and_nobody_trusts(tmp_path: Path) -> None:
    """It differs by one title: the ledger sealed it, the policy does not know it."""
    from tests.support.histories import Town

    from portledger.domain.kinds import parse

    source = {**bundle().kind, "title": {"en": "Bill of sale", "ja": "売渡証"}}
    town = Town(parse(dict(source)))
    town.register("carrier", "carrier")
    town.register("shipper", "shipperOrConsignee")
    town.act("ISSUE", 1, counterparty=2, endorsee=2, content=b"\1" * 32, document_reference=b"\2" * 32)
    file = replace(bundle_of(town), kind=source)
    assert ends(verify(tmp_path, dump(file))) == ("outside-policy", 4, int(Exit.OUTSIDE_POLICY))


def test_a_file_from_the_future(tmp_path: Path) -> None:
    told = verify(tmp_path, dump(bundle()), at=life().town.time - 3600)
    assert ends(told) == ("invalid", 15, int(Exit.VERIFICATION))


def test_a_presentation_from_the_future_and_one_from_the_past(tmp_path: Path) -> None:
    shown = canonical.encode(presentation(life_to("ebl-negotiable", "ISSUED", thresholds=2), "none").to_json())
    for at, word in ((NOW - 7200, "made"), (NOW + 400 * 86400, "expired")):
        told = verify(tmp_path, shown, "file.presentation.json", at=at)
        assert ends(told) == ("invalid", 15, int(Exit.VERIFICATION))
        assert word in told["found"]


def test_a_history_without_an_entry(tmp_path: Path) -> None:
    assert ends(verify(tmp_path, changed(entries=[]))) == NOT_EVIDENCE


def test_a_suffix_of_a_document_that_has_none(tmp_path: Path) -> None:
    start = making.suffix(bundle().entries)[0]
    assert start is None
    opening = {"previous": "00" * 32, "digest": "11" * 32, "control": "00" * 32, "signers": "00" * 32, "time": 0}
    assert ends(verify(tmp_path, changed(start=opening))) == ("invalid", 5, int(Exit.VERIFICATION))


@pytest.mark.parametrize("data", [b"", b"\n", b"{}", b"null", b"[]", b"\0", b"\xff\xfe", b"\x1f\x8b", b"%PDF-1.7"])
def test_what_is_no_file_of_ours(tmp_path: Path, data: bytes) -> None:
    assert ends(verify(tmp_path, data)) == NOT_EVIDENCE
