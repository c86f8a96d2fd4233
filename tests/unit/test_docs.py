"""The docs keep their promises: links lead somewhere, cited sections exist, figures are those of the snapshots."""

import json
import re
from pathlib import Path

import pytest

from portledger.evidence.result import Step

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
PROTOCOL = (ROOT / "docs" / "protocol" / "README.md").read_text()
GAS = {
    "ISSUE": "issue",
    "OFFER and ACCEPT": "handover",
    "ENDORSE": "endorse",
    "SURRENDER_FOR_DELIVERY": "surrender",
    "ACCEPT_SURRENDER": "accept_surrender",
    "APPLY": "apply",
    "CERTIFY": "certify",
    "USE_PART": "use_part",
}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    local = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_every_section_of_the_protocol_that_code_cites_exists() -> None:
    sections = {int(number) for number in re.findall(r"^## §(\d+) ", PROTOCOL, re.MULTILINE)}
    sources = [*(ROOT / "src").rglob("*.py"), *(ROOT / "contracts").rglob("*.sol")]
    cited = {
        int(number)
        for path in sources
        for text in re.findall(r"docs/protocol ((?:§\d+(?:, |-| and )?)+)", path.read_text())
        for number in re.findall(r"§(\d+)", text)
    }
    assert cited
    assert cited - sections == set()


def test_every_verification_step_is_explained() -> None:
    page = (ROOT / "docs" / "protocol" / "verification.md").read_text()
    explained = {int(n) for row in re.findall(r"^\| ([^|]*) \|", page, re.MULTILINE) for n in re.findall(r"\b\d+", row)}
    assert {int(step) for step in Step} - explained == set()


@pytest.mark.parametrize("act", GAS)
def test_the_gas_in_performance_md_is_the_snapshot_s(act: str) -> None:
    snapshot = json.loads((ROOT / "contracts" / "snapshots" / "gas.json").read_text())
    (row,) = re.findall(rf"^\| {act} \|.*$", (ROOT / "docs" / "performance.md").read_text(), re.MULTILINE)
    figures = [cell.strip().replace(",", "") for cell in row.split("|")[4:7]]
    names = [f"{GAS[act]}.{column}" for column in ("single", "batch100", "batch100.parties100")]
    assert figures == [str(snapshot[name]) for name in names]


def test_no_two_decisions_have_one_number() -> None:
    numbers = [int(path.name[:4]) for path in (ROOT / "docs" / "adr").glob("*.md")]
    assert min(numbers) == 1
    assert sorted(numbers) == sorted(set(numbers))


SECURITY = (ROOT / "docs" / "api_security.md").read_text()


def test_every_item_of_both_security_lists_is_answered() -> None:
    items = re.findall(r"^\| (API\d+|V\d+) ", SECURITY, re.MULTILINE)
    assert items == [*(f"API{number}" for number in range(1, 11)), *(f"V{number}" for number in range(1, 18))]


def test_every_file_of_tests_that_a_text_names_exists() -> None:
    code = [
        file
        for folder in ("src", "tests")
        for ending in ("py", "toml")
        for file in (ROOT / folder).rglob(f"*.{ending}")
    ]
    scripts = [one for one in (ROOT / "scripts").iterdir() if one.is_file()]
    texts = [*PAGES, ROOT / "pyproject.toml", *code, *scripts]
    named = {(file, name) for file in texts for name in re.findall(r"\btests/[\w/]+\.\w+", file.read_text())}
    assert len(named) > 50
    assert [(str(file), name) for file, name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_test_that_the_security_page_names_exists() -> None:
    named = re.findall(r"`((?:gateway|integration|unit)/\w[\w/]*\.py)((?:::\w+)*)`", SECURITY)
    assert len(named) > 40
    missing = []
    for file, names in named:
        path = ROOT / "tests" / re.sub(r"^gateway/", "integration/gateway/", file)
        text = path.read_text() if path.exists() else ""
        wanted = [name for name in names.split("::") if name]
        if not text or not all(re.search(rf"(def|class) {name}\b", text) for name in wanted):
            missing.append(file + names)
    assert missing == []
