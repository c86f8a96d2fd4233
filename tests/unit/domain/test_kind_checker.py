"""Every rule of the checker has a file that breaks it, and a finding that says where, what and what would be right."""

import re
from pathlib import Path

import pytest

from portledger import resources
from portledger.domain import kinds
from portledger.domain.errors import KindError

GOOD = """
id = "receipt"
number = 0x7701
title = { en = "Receipt", ja = "受領証" }
standard = "ours"
mandatory = ["/header/chainId", "/header/ledger"]
states = [
  { name = "OPEN", number = 1, progress = "processing", title = { en = "Open", ja = "有効" } },
  { name = "CLOSED", number = 2, progress = "done", final = true, title = { en = "Closed", ja = "終了" } },
]
verbs = [
  { name = "MAKE", number = 1, intent = "Receipt: MAKE", title = { en = "Make", ja = "作成" } },
  { name = "CLOSE", number = 2, intent = "Receipt: CLOSE", title = { en = "Close", ja = "終了" }, detail = ["why"], required = ["why"] },
  { name = "SAY", number = 3, intent = "Receipt: SAY", title = { en = "Say", ja = "注記" } },
]
rows = [
  { state = "NONE", verb = "MAKE", next = "OPEN", who = ["role"], roles = ["carrier"], effects = ["create"], content = "new", reference = "set", class = "issue" },
  { state = "OPEN", verb = "SAY", next = "OPEN", who = ["issuer"], flags = ["note"], class = "issue" },
  { state = "OPEN", verb = "CLOSE", next = "CLOSED", who = ["issuer", "possessor"], flags = ["all"], class = "issue" },
]
[datasets.header]
title = { en = "Header", ja = "基本事項" }
readers = { issuer = "OPEN" }
[datasets.header.fields]
chainId = "ext:/chainId"
ledger = "ext:/ledger"
number = "/number"
[datasets.other]
title = { en = "Rest", ja = "その他" }
readers = { issuer = "OPEN" }
fields = { rest = "" }
[checks.one]
title = { en = "One", ja = "一" }
needs = ["header"]
cel = "true"
"""  # noqa: E501 - rows are lines


def findings(*changes: tuple[str, str]) -> list[KindError]:
    text = GOOD
    for old, new in changes:
        assert old in text, f"nothing to replace: {old}"
        text = text.replace(old, new, 1)
    return kinds.lint(text, "bad.toml")


def test_the_good_file_has_no_findings() -> None:
    assert findings() == []
    assert kinds.load(GOOD.encode()).define_arguments()[0] == 0x7701


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # names
        ('who = ["issuer"]', 'who = ["isuer"]', r"rows\[2\] \(OPEN, SAY\): found who 'isuer'"),
        ('effects = ["create"]', 'effects = ["creat"]', r"found effects 'creat'; allowed: create, "),
        ('flags = ["note"]', 'flags = ["notes"]', "found flags 'notes'"),
        ('roles = ["carrier"]', 'roles = ["captain"]', "found roles 'captain'; allowed: carrier"),
        ('next = "CLOSED"', 'next = "SHUT"', r"found next 'SHUT'; allowed: OPEN, CLOSED"),
        ('next = "CLOSED"', 'next = "NONE"', "found next 'NONE'"),
        ('verb = "SAY"', 'verb = "SPEAK"', r"found verb 'SPEAK'; allowed: MAKE, CLOSE, SAY"),
        ('state = "OPEN", verb = "SAY"', 'state = "AJAR", verb = "SAY"', "found state 'AJAR'; allowed: NONE, OPEN"),
        ('class = "issue" },\n]', 'class = "admin" },\n]', "found class 'admin'; allowed: filing, issue, title"),
        ('content = "new"', 'content = "fresh"', "found content 'fresh'; allowed: none, new"),
        ('reference = "set"', 'counterparty = "anybody", reference = "set"', "found counterparty 'anybody'"),
        ('flags = ["note"]', 'flags = ["note"], colour = "red"', "found unknown member colour"),
        ('standard = "ours"', 'standard = "ours"\ncolour = "red"', "found unknown member colour"),
        ('who = ["issuer"], flags', 'who = ["issuer", "issuer"], flags', "every name once"),
        ('who = ["issuer"], flags', "who = [], flags", "nobody who may act"),
        # states and verbs
        ("number = 2, progress", "number = 1, progress", "found number 1 a second time"),
        ("number = 2, progress", "number = 64, progress", "an integer from 1 to 63"),
        ('name = "CLOSED"', 'name = "closed"', "a name in capitals"),
        ('name = "CLOSED"', 'name = "NONE"', "the record that does not exist"),
        (
            'progress = "done"',
            'progress = "ready"',
            "found progress 'ready'; allowed: todo, processing, done, cancelled",
        ),
        ("final = true", 'final = "yes"', "true or false"),
        ('intent = "Receipt: SAY"', 'intent = "Receipt: CLOSE"', "used twice"),
        ('intent = "Receipt: SAY"', 'intent = "受領証"', "printable ASCII"),
        ('required = ["why"]', 'required = ["because"]', "found required because"),
        ('ja = "有効"', 'jp = "有効"', "both not empty"),
        ('{ name = "SAY", number = 3', '{ name = "CLOSE", number = 3', "the name CLOSE a second time"),
        # rows
        ('state = "OPEN", verb = "SAY"', 'state = "OPEN", verb = "CLOSE"', "a second row for this state and verb"),
        ('effects = ["create"], ', "", "a creating row outside NONE, or another row in it"),
        ('flags = ["note"]', 'flags = ["note"], effects = ["clear"]', "a note row with effects"),
        ('roles = ["carrier"], ', "", "who = role without roles"),
        ('content = "new", ', "", 'content "new" exactly with effect create or new_content'),
        ('reference = "set", ', "", 'reference "set" in a creating row'),
        ('flags = ["all"]', 'flags = ["all"], effects = ["new_content"]', "contradict each other"),
        # graph
        ('next = "CLOSED", who', 'next = "OPEN", who', "a state that no row leads to"),
        (", final = true", "", "no ending can be reached"),
        ('progress = "processing", title', 'progress = "processing", final = true, title', "a row in a final state"),
        ('verb = "SAY", next', 'verb = "MAKE", next', "a verb that no row uses"),
        # content
        ('number = "/number"', 'number = "number"', "an RFC 6901 pointer"),
        ('number = "/number"', 'number = "/a/*/b"', "an RFC 6901 pointer"),
        ('number = "/number"', 'number = "/number"\nagain = "/number/part"', "every fact in one dataset"),
        ('fields = { rest = "" }', 'fields = { rest = "", number = "/n" }', "every item in one dataset"),
        ('fields = { rest = "" }', 'fields = { rest = "/rest" }', "no field that takes what no other names"),
        ('number = "/number"', 'number = ""', 'exactly one field with the path ""'),
        ('ledger = "ext:/ledger"\n', "", "the document names its ledger"),
        ('"/header/ledger"]', '"/header/number"]', "/header/ledger may be hidden"),
        ('"/header/ledger"]', '"/header/ledger", "/header/place"]', "found path /header/place, which does not exist"),
        ('readers = { issuer = "OPEN" }', 'readers = { captain = "OPEN" }', "found reader captain; allowed: issuer"),
        ('readers = { issuer = "OPEN" }', 'readers = { issuer = "AJAR" }', "reader issuer: found first state 'AJAR'"),
        ('readers = { issuer = "OPEN" }', "readers = { issuer = 1 }", "reader issuer: found first state 1"),
        ('readers = { issuer = "OPEN" }', "readers = {}", "at least one reader"),
        ('needs = ["header"]', 'needs = ["headers"]', "found needs headers; allowed: header, other"),
        ('cel = "true"', "cel = 1", "an expression in CEL"),
        ("[datasets.other]", "[datasets.Other]", "a name in camelCase"),
        (
            'title = { en = "Rest", ja = "その他" }',
            'title = { en = "Rest", ja = "その他" }\nattachments = 1',
            "true or false",
        ),
        # identity
        ('id = "receipt"', 'id = "Receipt"', "lower-case words joined by hyphens"),
        ("number = 0x7701", "number = 0x77", "an integer from 256 to 65535"),
        ("number = 0x7701", "number = true", "an integer from 256 to 65535"),
        ('standard = "ours"', "standard = 1", "a text"),
        ('standard = "ours"', 'standard = "ours"\ndecimals = ["a"]', "RFC 6901 pointers"),
        ('standard = "ours"', 'standard = "ours"\ndetail = ["a", "a"]', "a name that stands there twice"),
    ],
)
def test_a_file_that_breaks_a_rule_is_found(old: str, new: str, expected: str) -> None:
    texts = [str(finding) for finding in findings((old, new))]
    assert any(re.search(expected, text) for text in texts), texts
    assert all(text.startswith("bad.toml") for text in texts)
    assert all(finding.remedy for finding in findings((old, new)))


@pytest.mark.parametrize("part", ["states", "verbs", "rows"])
def test_a_file_without_one_of_its_lists_is_refused(part: str) -> None:
    lists = re.sub(rf"^{part} = \[.*?^\]$", f"{part} = []", GOOD, flags=re.MULTILINE | re.DOTALL)
    assert any("not empty" in str(finding) for finding in kinds.lint(lists))


@pytest.mark.parametrize("value", ["1", "[]", "{ a = 1 }", '"x"'])
@pytest.mark.parametrize("part", ["states", "verbs", "rows", "datasets", "checks", "mandatory", "detail", "title"])
def test_a_member_of_the_wrong_type_is_a_finding_and_never_a_crash(part: str, value: str) -> None:
    text = re.sub(rf"^{part} = (\[.*?^\]|.*?)$", "", GOOD, flags=re.MULTILINE | re.DOTALL)
    text = re.sub(rf"^\[{part}\..*?(?=^\[(?!{part})|\Z)", "", text, flags=re.MULTILINE | re.DOTALL)
    found = kinds.lint(f"{part} = {value}\n{text}")
    assert found or (part, value) in {("detail", "[]")}


def test_lint_lists_every_finding_and_parse_raises_the_first() -> None:
    changes = (('progress = "done"', 'progress = "ready"'), ("number = 0x7701", "number = 1"))
    assert len(findings(*changes)) == 2
    text = GOOD.replace(*changes[0], 1).replace(*changes[1], 1)
    with pytest.raises(KindError) as refused:
        kinds.load(text.encode(), "bad.toml")
    assert str(refused.value) == str(findings(*changes)[0])


def test_a_text_that_is_no_toml_is_one_finding() -> None:
    assert [finding.where for finding in kinds.lint("states = [", "bad.toml")] == ["bad.toml"]


def test_a_name_with_two_numbers_in_a_family_is_found() -> None:
    first = kinds.load(GOOD.encode())
    second = GOOD.replace("0x7701", "0x7702").replace('"receipt"', '"receipt-two"')
    second = second.replace('name = "SAY", number = 3', 'name = "SAY", number = 4')
    found = kinds.lint_family([first, kinds.load(second.encode())])
    assert [str(finding) for finding in found] == [
        "receipt-two verb SAY: found number 4; allowed: number 3, as in receipt. "
        "Give a name one number in all variants of a family."
    ]


def test_one_number_or_id_for_two_files_is_found() -> None:
    first = kinds.load(GOOD.encode())
    assert len(kinds.lint_family([first, first])) == 2


@pytest.mark.parametrize("file", sorted((resources.protocol_folder() / "kinds").iterdir()), ids=lambda file: file.stem)
def test_the_shipped_files_have_no_findings(file: Path) -> None:
    assert kinds.lint(file.read_text(), file.name) == []


def test_a_finding_names_file_and_row_and_what_stood_there_and_what_may() -> None:
    (finding,) = findings(('who = ["issuer"], flags', 'who = ["issuing"], flags'))
    assert finding.where == "bad.toml: rows[2] (OPEN, SAY)"
    assert finding.found == "who 'issuing'"
    assert "issuer, possessor" in finding.allowed
    assert "kind lint" in finding.remedy
