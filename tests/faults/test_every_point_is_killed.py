"""The kill tests name every point at which the code lets itself be killed, and no other."""

import re
from collections import Counter
from pathlib import Path

from tests.faults.steps import killed

import portledger

SOURCES = sorted(Path(portledger.__file__).parent.rglob("*.py"))
NAMED = re.compile(r'faults\.point\("([a-z_]+\.[a-z_]+)"\)')


def points() -> Counter[str]:
    return Counter(name for path in SOURCES for name in NAMED.findall(path.read_text()))


def test_every_point_of_the_code_is_killed_by_a_test_and_every_test_names_a_point() -> None:
    assert set(points()) == killed()


def test_a_name_stands_for_one_place() -> None:
    """Otherwise a test kills at the first one only."""
    assert [name for name, count in points().items() if count > 1] == []


def test_every_point_has_its_name_written_out() -> None:
    calls = sum(path.read_text().count("faults.point(") for path in SOURCES)
    assert calls == points().total()
