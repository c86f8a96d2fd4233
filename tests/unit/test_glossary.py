"""docs/glossary.md knows every word that kind files, roles, the protocol's codes and the command line use."""

import re
from pathlib import Path

import pytest

from portledger.cli.main import build
from portledger.domain.codes import Power, Who
from portledger.resources import kinds, roles

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "glossary.md").read_text()
NO_WORDS = {"admin", "config", "doc"}
"""Groups that are no term of the field: the operator's work, settings, and the short form of document."""
"""Modules that are no command, and commands whose words explain themselves."""
DATA = re.compile(r"^\| (?!(?:term|verb|role) \| (?:meaning|日本語)|---)(.+) \|$", re.MULTILINE)


def rows(section: str) -> list[list[str]]:
    """The table rows below a heading; the first section has none."""
    text = TEXT.split(f"## {section}\n")[1].split("\n## ")[0] if section else TEXT.split("\n## ")[0]
    return [[cell.strip() for cell in match.split(" | ")] for match in DATA.findall(text)]


def terms() -> set[str]:
    """The first column, with alternatives (", ") apart and remarks in brackets left out."""
    joined = (re.sub(r" \(.*?\)", "", row[0]) for row in rows(""))
    return {term for cell in joined for term in cell.split(", ")}


def test_terms_are_in_order_and_each_once() -> None:
    firsts = [row[0].lower() for row in rows("")]
    assert firsts == sorted(firsts)
    assert len(set(firsts)) == len(firsts)


def test_every_term_has_a_meaning_and_a_japanese_word() -> None:
    assert [row[0] for row in rows("") if len(row) < 3 or not row[1] or not row[2]] == []


def test_every_verb_of_every_kind_is_explained_with_its_japanese_titles() -> None:
    explained = {row[0]: row[2].split("・") for row in rows("Verbs of the kinds")}
    wanted = {(verb.name, verb.title["ja"]) for kind in kinds().values() for verb in kind.verbs.values()}
    assert {(verb, title) for verb, titles in explained.items() for title in titles} == wanted


def test_every_business_role_is_listed_with_its_japanese_title() -> None:
    assert {row[0]: row[1] for row in rows("Business roles")} == {
        role.name: role.title["ja"] for role in roles().values()
    }


def test_every_relation_that_a_rule_may_name_is_a_term() -> None:
    named = {str(who.name).lower() for who in Who} - {"secured", "anyone", "named_endorsee"}
    assert named - terms() == set()


def test_every_power_is_a_term() -> None:
    assert {power.name.lower() for power in Power} - terms() == set()


@pytest.mark.parametrize("kind", kinds().values(), ids=lambda kind: kind.id)
def test_every_kind_is_a_term_in_both_languages(kind) -> None:  # type: ignore[no-untyped-def]
    english, japanese = kind.title["en"].split(",")[0].lower(), kind.title["ja"].split("（")[0]
    (row,) = (row for row in rows("") if re.sub(r" \(.*?\)", "", row[0]) == english)
    assert row[2] == japanese


def test_every_group_of_commands_is_a_term() -> None:
    groups = {group.name for group in build().registered_groups if group.name} - NO_WORDS
    assert groups
    words = {word for term in terms() for word in term.split()} | {"verify"}
    assert groups - words == set()
