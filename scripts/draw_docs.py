"""Draws what can be drawn: pages of the kinds, the page of the errors, schemas of the datasets, the API's types."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from draw_types import typescript  # noqa: E402

from portledger import resources  # noqa: E402
from portledger.domain.errors import LedgerError, PortledgerError  # noqa: E402
from portledger.domain.kinds_text import errors_page, page  # noqa: E402
from portledger.formats import checks, schema  # noqa: E402
from portledger.gateway.app import described  # noqa: E402


def load_errors() -> None:
    """Imports every module that adds errors to the tree, wherever it lives."""
    package = ROOT / "src/portledger"
    for path in sorted([*package.rglob("*errors.py"), *package.rglob("refusals.py")]):
        importlib.import_module(".".join(["portledger", *path.relative_to(package).with_suffix("").parts]))


def drawings() -> Iterator[tuple[Path, str]]:
    """(file, what it must say)"""
    for kind in resources.kinds().values():
        for finding in checks.lint(kind):
            raise finding
        yield ROOT / f"docs/protocol/kinds/{kind.id}.md", page(kind)
        for dataset in kind.datasets:
            text = json.dumps(schema.drawn(kind, dataset), indent=1, ensure_ascii=False) + "\n"
            yield ROOT / f"protocol/schemas/{kind.id}/{dataset.name}.json", text
    api = described()
    yield ROOT / "protocol/api/openapi.json", json.dumps(api, indent=1, ensure_ascii=False) + "\n"
    yield ROOT / "protocol/api/types.ts", typescript(api)
    yield ROOT / "docs/protocol/errors.md", errors_page(PortledgerError, _signature)


def _signature(error: type[PortledgerError]) -> str:
    return error.signature() if issubclass(error, LedgerError) else ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when something is stale")
    check = parser.parse_args().check
    load_errors()
    wanted = dict(drawings())
    old = [*ROOT.glob("protocol/schemas/*/*.json"), *ROOT.glob("docs/protocol/kinds/*.md")]
    stale = [path for path in old if path not in wanted]
    stale += [path for path, text in wanted.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        name = path.relative_to(ROOT)
        if check:
            print(f"{name} is stale: run scripts/draw_docs", file=sys.stderr)
        elif path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], encoding="utf-8")
            print(f"drew {name}")
        else:
            path.unlink()
            print(f"removed {name}, which no kind file has any more")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
