"""The verify page in a real browser. Skips where there is none (PORTLEDGER_CHROMIUM names one off the path)."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from tests.support import browsers, corpus
from tests.support.corpus import NOW, good
from tests.support.second_verifier import VERIFIER, node
from tests.support.write_corpus import POLICY_JSON

from portledger.evidence.bundle import dump


def toml(policy: dict[str, Any]) -> str:
    """The corpus's policy as people write one."""
    lines = [f'schema = "{policy["schema"]}"']
    for ledger in policy["ledger"]:
        lines += ["[[ledger]]", *(f"{name} = {json.dumps(ledger[name])}" for name in ("chain_id", "engine", "code"))]
        for trust in ledger["validators"]:
            lines += [
                "[[ledger.validators]]",
                f"height = {trust['height']}",
                f"accounts = {json.dumps(trust['accounts'])}",
            ]
    return "\n".join(lines) + "\n"


def hostile() -> bytes:
    """A valid file whose party is called what a page might take for markup."""
    names = ("carrier", "<img src=x onerror=alert(1)>", "bank", "consignee")
    with patch.object(corpus, "NAMES", names):
        return dump(corpus.life_to("ebl-negotiable", "ISSUED").bundle("qbft"))


def write_files(folder: Path) -> None:
    samples = good()
    presentation = samples["ebl-negotiable presentation"].data
    opened = samples["ebl-negotiable opened, two of three signers"].data
    changed = json.loads(opened)
    changed["entries"][2]["control"] = f"{int(changed['entries'][2]['control'], 16) ^ 3 << 32:064x}"
    files = {
        "presentation.json": presentation,
        "opened.json": opened,
        "unsealed.json": samples["ebl-negotiable AMENDED none"].data,
        "invalid.json": json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode(),
        "hostile.json": hostile(),
        "packed.json.gz": gzip.compress(presentation),
        "twice.json.gz": gzip.compress(presentation) + gzip.compress(presentation),
        "bomb.json.gz": gzip.compress(bytes(100 * 2**20)),
        "deep.json": b"[" * 1_000_000,
        "cut.json": opened[:-1000],
        "empty.json": b"",
        "policy.json": json.dumps(POLICY_JSON).encode(),
        "policy.toml": toml(POLICY_JSON).encode(),
        "now": str(NOW).encode(),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    with (folder / "flood.json").open("wb") as flood:
        flood.truncate(2**30)


@pytest.mark.skipif(browsers.missing(), reason=browsers.MISSING)
def test_the_page_in_a_real_browser(tmp_path: Path) -> None:
    write_files(tmp_path)
    done = subprocess.run(
        [node(), "--test", VERIFIER / "test" / "page.browser.mjs"],
        env={**os.environ, "PORTLEDGER_PAGE_FILES": str(tmp_path), "CHROMIUM": browsers.executable() or ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# skipped 0" in done.stdout
