"""Every text of the pages comes from the table of words, and stands there in both languages."""

import re
from pathlib import Path
from string import Formatter

import pytest

from portledger.desk.words import WORDS

DESK = Path(__file__).parents[3] / "src" / "portledger" / "desk"
TEMPLATES = sorted((DESK / "templates").glob("*.html"))
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
SAME_IN_BOTH = {"app.language"}
"""Names the other language, in that language."""


@pytest.mark.parametrize("page", TEMPLATES, ids=lambda page: page.name)
def test_no_page_has_text_of_its_own(page: Path) -> None:
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|<[^>]*>|&\w+;", " ", page.read_text(), flags=re.DOTALL)
    assert re.findall(r"[^\W\d_]+", text) == []


@pytest.mark.parametrize("key", sorted(set(WORDS) - SAME_IN_BOTH))
def test_every_text_is_english_and_japanese(key: str) -> None:
    english, japanese = WORDS[key]
    assert not JAPANESE.search(english)
    assert JAPANESE.search(japanese)


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_name_the_same_things(key: str) -> None:
    english, japanese = ({name for _, name, _, _ in Formatter().parse(text) if name} for text in WORDS[key])
    assert english == japanese


def test_every_word_is_used() -> None:
    sources = "".join(path.read_text() for path in [*TEMPLATES, *DESK.glob("*.py")] if path.name != "words.py")
    turns = {f"turn.{name}" for name in ("todo", "processing", "done", "cancelled")}
    assert {key for key in set(WORDS) - turns if not re.search(rf"[\"']{re.escape(key)}[\"']", sources)} == set()


def test_every_word_that_a_page_asks_for_exists() -> None:
    asked = {key for page in TEMPLATES for key in re.findall(r'\bw\("([\w.]+)"\)', page.read_text())}
    assert asked
    assert asked - set(WORDS) == set()
