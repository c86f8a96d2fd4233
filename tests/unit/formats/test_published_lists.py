"""Whole code lists as their makers publish them: read, added to what travels with the package, and searched."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.shared_data import SHARED as DATA

from portledger import resources
from portledger.cli import code_lists
from portledger.domain.errors import InvalidInput
from portledger.formats import codelists, filling, labels, published_lists, typed
from portledger.formats.labels import Node
from portledger.formats.typed import Mistake

LOCODE = ""","JP",,".JAPAN",,,,,,,,
,"JP","HKD","Hakodate","Hakodate","01","1-------","AI","0701","HKD","4147N 14044E",
,"JP","TYO","Tokyo (as published)","Tokyo","13","12345---","AI","0001",,"3541N 13945E",
"X","JP","XXX","A place that is left out","A place","13","1-------","XX","0001",,,
,"DE","MUC","München","Munchen","BY","-2345---","AI","0001",,"4808N 01134E",
,"US","PDX","Portland","Portland","OR","12345---","AI","0001",,"4531N 12240W",
,"US","PWM","Portland","Portland","ME","1-345---","AI","0001",,"4339N 07015W",
"""
LINERS = [
    {"linerSMDGCode": "ZZZ", "linerName": "Zig  Zag\nLine", "isActive": True},
    {"linerSMDGCode": "OLD", "linerName": "Gone Line", "isActive": False},
]
PORT = Node(("route", "pol", "UNLocationCode"), {"en": "Port", "ja": "港"}, "code", codes="port")


@pytest.fixture(autouse=True)
def _as_it_came() -> Iterator[None]:
    yield
    codelists.clear()


def added(text: str, name: str = "port", encoding: str = "utf-8") -> None:
    codelists.add({name: published_lists.read(name, f"{name}.csv", text.encode(encoding))})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_un_locode_is_read_as_it_is_published(encoding: str) -> None:
    found = published_lists.read("port", "port.csv", LOCODE.encode(encoding))
    assert found["JPHKD"] == ("Hakodate", "Hakodate")
    assert found["DEMUC"] == ("München", "Munchen")
    assert set(found) == {"JPHKD", "JPTYO", "DEMUC", "USPDX", "USPWM"}


def test_smdg_s_liners_are_read_as_they_are_published() -> None:
    found = published_lists.read("carrier", "carrier.json", json.dumps(LINERS).encode())
    assert found == {"ZZZ": ("Zig Zag Line", "Zig Zag Line")}


def test_a_plain_table_adds_to_any_list_and_titles_of_the_package_stay() -> None:
    added("code,en,ja\nXX,Crystal chests,水晶箱\nCS,Something else,\n", "package")
    assert codelists.entries("package", "ja")["XX"] == "水晶箱"
    assert codelists.entries("package", "en")["CS"] == codelists.everyday("package", "en")["CS"] != "Something else"
    assert "XX" not in codelists.everyday("package", "en")


@pytest.mark.parametrize(
    ("typed_text", "code"),
    [
        ("Hakodate", "JPHKD"),
        ("jphkd", "JPHKD"),
        ("München", "DEMUC"),
        ("munchen", "DEMUC"),
        ("東京", "JPTYO"),
        ("ＪＰＨＫＤ", "JPHKD"),
    ],
)
def test_a_port_is_typed_by_its_code_or_its_name_however_it_is_spelled(typed_text: str, code: str) -> None:
    added(LOCODE)
    assert typed.value_of(PORT, typed_text) == code


@pytest.mark.parametrize(
    ("typed_text", "told"),
    [
        ("Portland", "USPDX Portland, USPWM Portland"),
        ("Hakod", None),
        ("Munche", "DEMUC München"),
        ("東", "JPTYO Tokyo"),
    ],
)
def test_a_name_of_several_or_a_part_of_one_is_asked_for_again_with_what_it_may_mean(
    typed_text: str, told: str | None
) -> None:
    added(LOCODE)
    if told is None:
        assert typed.value_of(PORT, typed_text) == typed_text.upper(), "what may be a code is taken, as ever"
        return
    with pytest.raises(Mistake) as asked:
        typed.value_of(PORT, typed_text)
    assert (asked.value.key, dict(asked.value.names)) == ("which", {"some": told})


def asked(text: str) -> str:
    """What is named beside the field, since several may be meant."""
    with pytest.raises(Mistake) as mistake:
        typed.value_of(PORT, text)
    assert mistake.value.key == "which"
    return dict(mistake.value.names)["some"]


@pytest.mark.parametrize("typed_text", ["Dover", "dover", "DOVER", "Ｄｏｖｅｒ"])
def test_a_name_of_five_letters_that_several_places_have_is_asked_for_and_never_taken_as_a_code(
    typed_text: str,
) -> None:
    added("code,en\nGBDVR,Dover\nUSDOV,Dover\n")
    assert asked(typed_text) == "GBDVR Dover, USDOV Dover"
    assert typed.value_of(PORT, "USDOV") == "USDOV"


def test_a_name_that_is_also_another_place_s_code_is_asked_for_and_the_code_is_taken_with_a_doubt() -> None:
    added("code,en\nDELHI,Lagerlechfeld\nUSDHI,Delhi\n")
    assert asked("Delhi") == "DELHI Lagerlechfeld, USDHI Delhi"
    assert typed.value_of(PORT, "DELHI") == typed.value_of(PORT, "DELHI Lagerlechfeld") == "DELHI"
    told = Mistake("named_too", (("code", "DELHI Lagerlechfeld"), ("some", "USDHI Delhi")))
    assert typed.doubt(PORT, "DELHI") == told
    assert typed.doubt(PORT, "DELHI Lagerlechfeld") is None
    assert typed.doubt(PORT, "USDHI") is None


@pytest.mark.parametrize("typed_text", ["jptyo tokyo", "JPTYO 東京", "JPTYO Tok", "JPTYO (Tokyo)", "ＪＰＴＹＯ　Tokyo"])
def test_a_code_is_taken_with_its_own_title_behind_it(typed_text: str) -> None:
    assert typed.value_of(PORT, typed_text) == "JPTYO"


def test_other_words_behind_what_looks_like_a_code_make_it_a_question() -> None:
    added("code,en\nDELHI,Lagerlechfeld\nINDCT,Delhi Cantonment\n")
    assert asked("Delhi Cant") == "DELHI Lagerlechfeld, INDCT Delhi Cantonment"
    assert asked("DELHI airport") == "DELHI Lagerlechfeld"


def test_a_code_that_a_whole_list_does_not_have_is_taken_and_told() -> None:
    assert typed.doubt(PORT, "JPXXX") is None, "what travels with the package is no whole list"
    added(LOCODE)
    assert typed.value_of(PORT, "JPXXX") == "JPXXX"
    assert typed.doubt(PORT, "JPXXX") == Mistake("unknown_code", (("codes", "JPXXX"),))
    assert typed.doubt(PORT, "JPHKD") is typed.doubt(PORT, "Hakodate") is None
    form = labels.form(resources.kind("commercial-invoice"))
    filled = filling.blank(form)
    at = "/route/pol/UNLocationCode"
    for text, told in (("hakod", "HAKOD"), ("Hakodate", "")):
        filled.texts[at] = text
        wrong, doubtful = filling.faults(form, filled, filling.values_of(form, filled), {})
        assert at not in wrong
        assert (doubtful[at].names if told else doubtful) == ((("codes", told),) if told else {})


def test_what_a_country_adds_behind_the_six_digits_of_hs_is_no_stranger() -> None:
    several = Node(("cargo", "HSCodes"), {"en": "HS", "ja": "HS"}, "words", codes="hs")
    added("code,en\n841370,Centrifugal pumps\n", "hs")
    assert typed.doubt(several, "841370 8413.70 841370029 8413") is None
    assert typed.doubt(several, "841370 841399 999999") == Mistake("unknown_code", (("codes", "841399, 999999"),))


def many(count: int = 115_000) -> dict[str, tuple[str, str]]:
    """As many places as UN/LOCODE has, each with a name of its own."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    codes = (f"X{a}{b}{c}{d}" for a in letters for b in letters for c in letters for d in letters)
    return {
        code: (f"Place {number} am See", f"Place {number}") for number, code in zip(range(count), codes, strict=False)
    }


def test_a_thousand_names_and_parts_of_names_are_looked_up_in_a_whole_list_within_seconds() -> None:
    places = many()
    codelists.add({"port": places})
    begun = time.process_time()  # of this process alone, however busy the machine is
    for number, code in enumerate(list(places)[:500]):
        assert typed.value_of(PORT, f"place {number}") == code
        assert asked(f"ce {1000 + number % 10} am").endswith(f"Place {1000 + number % 10} am See")
    assert time.process_time() - begun < 10, "a walk through all entries for each took minutes"


_NAME = st.text("aAbBß ｂ東-", min_size=1, max_size=6)


@given(
    told=st.dictionaries(st.text("ABC", min_size=2, max_size=4), st.tuples(_NAME, _NAME), min_size=1, max_size=30),
    wanted=st.text("aAbBcCß ｂ東-", max_size=3),
    most=st.integers(1, 9),
)
def test_what_a_search_finds_is_what_comparing_every_entry_finds_in_the_same_order(
    told: dict[str, tuple[str, str]], wanted: str, most: int
) -> None:
    def rank(code: str, titles: list[str]) -> int | None:
        said = codelists.folded(wanted)
        found = (
            code.casefold().startswith(said), said in titles, any(one.startswith(said) for one in titles),
            any(said in one for one in titles),
        )  # fmt: skip
        return found.index(True) if any(found) else None

    codelists.clear()
    codelists.add({"port": told})
    ranks = {}
    for code, title in codelists.entries("port", "en").items():
        titles = [codelists.folded(title), codelists.folded(codelists.entries("port", "ja")[code])]
        if (found := rank(code, titles)) is not None:
            ranks[code] = found
    expected = sorted(ranks, key=lambda code: ranks[code])[:most]
    assert [code for code, _ in codelists.search("port", wanted, "en", most)] == expected


def test_an_exact_title_comes_before_those_that_hold_it() -> None:
    others = [number for number in range(22, 99) if not {"0", "1"} & set(str(number))]
    rows = "".join(f',"XX","A{number}","New Porto {number}","New Porto {number}",,,,,,,\n' for number in others)
    added(rows + ',"XX","ZZZ","Porto","Porto",,,,,,,\n')
    assert codelists.search("port", "Porto", "en")[0] == ("XXZZZ", "Porto")


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("country", b"code,en,ja\nXX,X,X\n", "a list 'country'"),
        ("ports", b"code,en,ja\nXX,X,X\n", "a list 'ports'"),
        ("port", b"a,b\n", "2 columns"),
        ("port", b',"JP","lower","x","x",,,,,,,\n', "'JPlower'"),
        ("port", b"", "no code"),
        ("port", b"code,en,ja\n,x,\n", "line 2"),
        ("port", b'"open', "unexpected end of data"),
        ("carrier", b"[1]", "no linerSMDGCode"),
        ("carrier", b"[", "no JSON"),
        ("carrier", b"[" * 100_000, "no JSON"),
    ],
)
def test_what_is_no_such_list_is_refused_with_its_place_and_adds_nothing(name: str, data: bytes, found: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        published_lists.read(name, "the file", data)
    assert "the file" in str(refused.value)
    assert found in str(refused.value)


def test_an_empty_line_is_passed_over_and_lines_are_still_counted_as_they_stand() -> None:
    lines = LOCODE.splitlines()
    holed = "\n".join(["", *lines[:2], "", " ,,", *lines[2:], "", ""])
    assert published_lists.read("port", "port.csv", holed.encode()) == published_lists.read(
        "port", "port.csv", LOCODE.encode()
    )
    assert published_lists.read("unit", "unit.csv", b"\ncode,en,ja\n\nXX,Crystal,\n") == {"XX": ("Crystal", "Crystal")}
    for bad in (',"JP","lower","x","x",,,,,,,', "a,b"):
        with pytest.raises(InvalidInput, match="line 11"):
            published_lists.read("port", "port.csv", f"{holed.rstrip()}\n{bad}\n".encode())


def test_files_whose_names_begin_with_no_list_s_are_told_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for name in ("2024-2 UNLOCODE CodeListPart1.csv", ".DS_Store", "LICENSE"):
        (tmp_path / name).write_text(LOCODE)
    assert code_lists.load(tmp_path) == ({}, ["2024-2 UNLOCODE CodeListPart1.csv", "LICENSE"])
    told = code_lists.said(*code_lists.load(tmp_path))
    assert "none found" in told
    assert "Not read" in told
    assert "'2024-2 UNLOCODE CodeListPart1.csv', 'LICENSE'" in told
    assert "such as port-1.csv" in told
    (tmp_path / "port-1.csv").write_text(LOCODE)
    assert "port 5." in code_lists.said(*code_lists.load(tmp_path))
    assert "Not read" not in code_lists.said({"port": 5}, [])


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: Path) -> bytes:
        raise AssertionError(f"{path} was read")

    with (tmp_path / "port.csv").open("wb") as file:
        file.truncate(published_lists.MAX_BYTES + 1)
    monkeypatch.setattr(Path, "read_bytes", read)
    with pytest.raises(InvalidInput, match=r"port\.csv"):
        code_lists.load(tmp_path)


def test_a_folder_s_files_are_added_by_their_names_and_one_that_is_wrong_adds_none(tmp_path: Path) -> None:
    (tmp_path / "port-JP.csv").write_text(LOCODE)
    (tmp_path / "carrier.json").write_text(json.dumps(LINERS))
    (tmp_path / "LICENSE").write_text("not a list")
    assert code_lists.load(tmp_path) == ({"carrier": 1, "port": 5}, ["LICENSE"])
    assert codelists.entries("port", "en")["JPHKD"] == "Hakodate"
    codelists.clear()
    (tmp_path / "unit.csv").write_text("a,b\n")
    with pytest.raises(InvalidInput, match=r"unit\.csv"):
        code_lists.load(tmp_path)
    assert "JPHKD" not in codelists.entries("port", "en")
    with pytest.raises(InvalidInput, match="--codes"):
        code_lists.load(tmp_path / "missing")


@pytest.mark.skipif(not (DATA / "locode").is_dir(), reason="the shared sample data is not here")
def test_the_published_files_of_ten_countries_and_all_liners_are_read(tmp_path: Path) -> None:
    for path in (DATA / "locode").glob("*.csv"):
        (tmp_path / f"port-{path.name}").write_bytes(path.read_bytes())
    (tmp_path / "carrier.json").write_bytes((DATA / "smdg" / "liner-codes_combined.json").read_bytes())
    told, _ = code_lists.load(tmp_path)
    assert told["port"] > 35_000
    assert told["carrier"] > 300
    assert typed.value_of(PORT, "Hakodate") == "JPHKD"
    assert codelists.entries("port", "ja")["JPTYO"] == "東京"
