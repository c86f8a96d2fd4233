"""Every attack of docs/protocol §13 has a test that names it, and docs/threat_model.md names tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ATTACKS = (
    *(f"A{number}" for number in range(1, 20)),
    *(f"B{number}" for number in range(1, 9)),
    *(f"C{number}" for number in range(1, 4)),
    "D1",
    *(f"E{number}" for number in range(1, 6)),
    *(f"F{number}" for number in range(1, 6)),
    *(f"G{number}" for number in range(1, 8)),
    *(f"H{number}" for number in range(1, 4)),
    *(f"X{number}" for number in range(1, 13)),
    *(f"X{number}" for number in range(14, 19)),
)
"""X13 was never given."""


@cache
def functions_by_file() -> dict[str, set[str]]:
    """Names of the test functions, by file relative to the repository."""
    found: dict[str, set[str]] = {}
    for path in (ROOT / "tests").rglob("test_*.py"):
        names = {
            node.name
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        }
        found[path.relative_to(ROOT).as_posix()] = names
    return found


def rows() -> dict[str, str]:
    """The attack table of the threat model: id -> the whole row."""
    text = (ROOT / "docs" / "threat_model.md").read_text()
    return {match[1]: match[0] for match in re.finditer(r"^\| ([A-HX]\d+) \|.*$", text, re.MULTILINE)}


@pytest.mark.parametrize("attack", ATTACKS)
def test_every_attack_has_a_test_that_names_it(attack: str) -> None:
    names = {name for names in functions_by_file().values() for name in names}
    assert any(name.startswith(f"test_{attack}_") for name in names)


def test_the_threat_model_has_one_row_for_each_attack() -> None:
    assert list(rows()) == list(ATTACKS)


@pytest.mark.parametrize("attack", ATTACKS)
def test_the_threat_model_names_tests_that_exist(attack: str) -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", rows().get(attack, ""))
    assert named
    assert [f"{path}::{name}" for path, name in named if name not in functions_by_file().get(path, set())] == []
