"""Compiles contracts/ with the pinned solc and writes what is committed of them.

  src/portledger/chain/artifacts/DocumentLedger.json   abi, bytecode, digest and size of the runtime code, settings
  tests/contracts/artifacts/*.json                     the same of the tests' own contracts
  contracts/snapshots/storage.json                     storage layout: slot, offset, type of every variable
  contracts/snapshots/size.json                        bytes of runtime code, of the 24,576 that EIP-170 allows

`--check` compiles, writes nothing, and fails when a committed file differs. The digest is over the runtime code with
zeroes where the constructor writes its immutables; on a chain they are filled in (docs/protocol §7, step 2).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from sha3 import keccak_256

ROOT = Path(__file__).resolve().parents[1]
CONTRACTS = ROOT / "contracts"
SOLC = ROOT / "scripts" / "solc" / "solcx" / "solc-v0.8.34"
SIZE_LIMIT = 24_576
"""Bytes of runtime code, EIP-170."""
SETTINGS: dict[str, Any] = {
    "evmVersion": "berlin",
    "viaIR": False,
    "optimizer": {"enabled": True, "runs": 200},
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
}
OUTPUTS = {
    "contracts/DocumentLedger.sol:DocumentLedger": "src/portledger/chain/artifacts/DocumentLedger.json",
    "contracts/test/Formulas.sol:Formulas": "tests/contracts/artifacts/Formulas.json",
    "contracts/test/Wrapper.sol:Wrapper": "tests/contracts/artifacts/Wrapper.json",
}
LAYOUT_OF = "contracts/DocumentLedger.sol:DocumentLedger"
_IMPORT = re.compile(r'^import\s[^;]*?"([^"]+)";', re.MULTILINE)


def sources() -> dict[str, dict[str, str]]:
    """Name -> text of all of contracts/ and, found through the imports, of the library files that they use."""
    found: dict[str, dict[str, str]] = {}
    todo = [path.relative_to(ROOT).as_posix() for path in sorted(CONTRACTS.rglob("*.sol"))]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        path = ROOT / "node_modules" / name if name.startswith("@") else ROOT / name
        if not path.exists():
            raise SystemExit(f"compile_contracts: {name} is missing: run scripts/setup")
        text = path.read_text()
        found[name] = {"content": text}
        for imported in _IMPORT.findall(text):
            todo.append(joined(name, imported) if imported.startswith(".") else imported)
    return dict(sorted(found.items()))


def joined(importer: str, imported: str) -> str:
    """`contracts/a/B.sol` + `../C.sol` -> `contracts/C.sol`"""
    parts = importer.split("/")[:-1]
    for part in imported.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def compiled(settings: dict[str, Any] = SETTINGS) -> dict[str, Any]:
    """solc's standard JSON output. Fails on errors and on warnings."""
    wanted = ["abi", "evm.bytecode.object", "evm.deployedBytecode", "storageLayout"]
    request = {
        "language": "Solidity",
        "sources": sources(),
        "settings": {**settings, "outputSelection": {"*": {"*": wanted, "": ["ast"]}}},
    }
    answer = subprocess.run(
        [str(SOLC), "--standard-json"], input=json.dumps(request), text=True, capture_output=True, cwd=ROOT, check=False
    )
    if answer.returncode:
        raise SystemExit(f"compile_contracts: the compiler failed: {answer.stderr.strip()[-2000:]}")
    output: dict[str, Any] = json.loads(answer.stdout)
    problems = [e["formattedMessage"] for e in output.get("errors", []) if e["severity"] != "info"]
    if problems:
        raise SystemExit("\n".join(problems))
    return output


def declared(node: Any) -> dict[str, str]:
    """The compiler's number of every variable in a syntax tree -> its name."""
    found: dict[str, str] = {}
    if isinstance(node, dict):
        if node.get("nodeType") == "VariableDeclaration":
            found[str(node["id"])] = node["name"]
        node = list(node.values())
    for part in node if isinstance(node, list) else ():
        found |= declared(part)
    return found


def artifact(name: str, contract: dict[str, Any], variables: dict[str, str]) -> dict[str, Any]:
    runtime = contract["evm"]["deployedBytecode"]["object"]
    return {
        "contract": name,
        "compiler": {"solc": "0.8.34", **SETTINGS},
        "runtimeSize": len(runtime) // 2,
        "runtimeDigest": "0x" + keccak_256(bytes.fromhex(runtime)).hexdigest(),
        "immutables": sorted(
            (place["start"], place["length"], variables[number])
            for number, places in contract["evm"]["deployedBytecode"].get("immutableReferences", {}).items()
            for place in places
        ),
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "runtime": "0x" + runtime,
        "abi": contract["abi"],
    }


def layout(contract: dict[str, Any]) -> list[dict[str, Any]]:
    """Variables in their order, structs with their members; types by name, without the compiler's node numbers."""
    types = contract["storageLayout"]["types"]

    def rows(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {
                "slot": int(entry["slot"]),
                "offset": entry["offset"],
                "label": entry["label"],
                "type": types[entry["type"]]["label"],
            }
            for entry in entries
        ]

    variables = rows(contract["storageLayout"]["storage"])
    structs = {t["label"]: rows(t["members"]) for t in types.values() if "members" in t}
    return [*variables, {"structs": dict(sorted(structs.items()))}]


def files(output: dict[str, Any]) -> dict[Path, str]:
    """What is to be committed: path -> text."""
    contracts = {f"{file}:{name}": c for file, of in output["contracts"].items() for name, c in of.items()}
    variables = declared([source["ast"] for source in output["sources"].values()])
    texts: dict[Path, str] = {}
    sizes = {}
    for name, path in OUTPUTS.items():
        made = artifact(name, contracts[name], variables)
        texts[ROOT / path] = pretty(made)
        sizes[name.rsplit(":", 1)[1]] = made["runtimeSize"]
    texts[CONTRACTS / "snapshots" / "storage.json"] = pretty(layout(contracts[LAYOUT_OF]))
    texts[CONTRACTS / "snapshots" / "size.json"] = pretty({**sizes, "limit": SIZE_LIMIT})
    if sizes["DocumentLedger"] > SIZE_LIMIT:
        print(
            f"compile_contracts: DocumentLedger has {sizes['DocumentLedger']} bytes, {SIZE_LIMIT} allowed",
            file=sys.stderr,
        )
        if "--oversize" not in sys.argv:
            raise SystemExit(1)
    return texts


def pretty(value: Any) -> str:
    return json.dumps(value, indent=1) + "\n"


def main() -> int:
    texts = files(compiled())
    if "--check" in sys.argv[1:]:
        stale = [path for path, text in texts.items() if not path.exists() or path.read_text() != text]
        for path in stale:
            print(
                f"compile_contracts: {path.relative_to(ROOT)} is stale: run scripts/compile_contracts", file=sys.stderr
            )
        return 1 if stale else 0
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
