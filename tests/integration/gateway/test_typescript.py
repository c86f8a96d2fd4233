"""The drawn TypeScript types: a client written with them compiles and talks to a gateway; slips do not compile."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from tests.support.gateway import Gateway
from tests.support.second_verifier import ROOT, VERIFIER, node

from .conftest import Cast

CLIENT = ROOT / "tests" / "support" / "typescript" / "client.ts"
OPTIONS = (
    "--skipLibCheck", "--strict", "--noUncheckedIndexedAccess", "--exactOptionalPropertyTypes", "--noUnusedLocals",
    "--target", "ES2022", "--module", "ES2022", "--moduleResolution", "Bundler", "--lib", "ES2022,DOM",
    "--types", "node", "--typeRoots", str(VERIFIER / "node_modules" / "@types"),
)  # fmt: skip


def compiled(source: Path, to: Path) -> subprocess.CompletedProcess[str]:
    compiler = VERIFIER / "node_modules" / "typescript" / "bin" / "tsc"
    asked = [
        node(),
        compiler,
        *OPTIONS,
        "--outDir",
        to,
        "--rootDir",
        ROOT if source == CLIENT else source.parent,
        source,
    ]
    return subprocess.run(asked, capture_output=True, text=True, check=False)


def test_a_client_of_the_drawn_types_talks_to_the_gateway(gateway: Gateway, cast: Cast, tmp_path: Path) -> None:
    document = gateway.issue(cast.carrier, cast.shipper.party)
    done = compiled(CLIENT, tmp_path)
    assert done.returncode == 0, done.stdout
    (script,) = tmp_path.rglob("client.js")
    runs = script.rename(script.with_suffix(".mjs"))
    said = subprocess.run(
        [node(), runs, gateway.url, cast.carrier.token, document.hex()], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    assert json.loads(said.stdout) == {
        "head": gateway.record(document, cast.carrier).head,
        "listed": True,
        "status": "final",
        "refused": "AddressRefused",
    }


@pytest.mark.parametrize(
    "slip",
    [
        'ask("GET /v1/document/{document}", { path: { document: "" } })',
        'ask("GET /v1/documents/{document}", { path: { documnet: "" } })',
        'ask("GET /v1/documents", { query: { progress: "prcessing" } })',
        'ask("POST /v1/api-keys", { body: { name: 1, scopes: [] } })',
        'ask("POST /v1/api-keys", { body: { scopes: [] } })',
        'ask("GET /v1/ledger", {}).then((one) => one.chainID)',
    ],
)
def test_a_slip_does_not_compile(tmp_path: Path, slip: str) -> None:
    (tmp_path / "types.ts").write_text((ROOT / "protocol" / "api" / "types.ts").read_text())
    ask = (
        'import type { Operations } from "./types";\n'
        'declare function ask<K extends keyof Operations>(o: K, a: Operations[K]["asks"]): '
        'Promise<Operations[K]["gives"]>;\n'
    )
    source = tmp_path / "slip.ts"
    source.write_text(f'{ask}export const right = ask("GET /v1/ledger", {{}});\n')
    assert compiled(source, tmp_path / "out").returncode == 0
    source.write_text(f"{ask}export const wrong = {slip};\n")
    assert compiled(source, tmp_path / "out").returncode != 0
