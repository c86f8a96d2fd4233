"""The PDF that the desk makes is PDF/A-3a, as far as its objects show it; no character of ours is without a glyph."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from portledger.desk.errors import GlyphMissing
from portledger.desk.paper import Paper, Part, Section, pdf
from portledger.desk.words import LANGUAGES, WORDS

pypdf = pytest.importorskip("pypdf")
pytest.importorskip("typst")

ROOT = Path(__file__).parents[3]
NAMES = "株式会社髙﨑商店　横浜第２倉庫　１２３－４５６７　吉𠮷 神神 ﾊﾝｶｸ ①㈱"
EVIDENCE = b'{"evidence": "of a document"}'
FORBIDDEN = {
    "/JavaScript", "/JS", "/Launch", "/AA", "/OpenAction", "/Encrypt", "/RichMedia", "/Movie", "/Sound", "/SubmitForm",
    "/ImportData", "/GoToR", "/GoToE", "/XFA", "/AcroForm", "/SetOCGState", "/Rendition",
}  # fmt: skip
"""What acts by itself, or hides: forbidden in PDF/A, and by us."""


def paper(*notes: str, language: str = "ja") -> Paper:
    sections = [Section("記録", [("占有者", NAMES), ("id", "ab" * 300)], [Part("内容", [("船積港", "横浜")])])]
    return Paper(
        f"船荷証券 · {NAMES}", language, "ab" * 32, list(notes), sections, "abc.evidence.json", "証拠ファイル",
        "https://gateway.example/verify",
    )  # fmt: skip


@cache
def made() -> bytes:
    return pdf(paper(NAMES), EVIDENCE, 1_795_737_599)


def reader() -> Any:
    return pypdf.PdfReader(io.BytesIO(made()))


def objects() -> Iterator[Any]:
    """Every object of the file, those inside others too."""
    waiting = [reader().trailer]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, pypdf.generic.IndirectObject):
            if one.idnum in seen:
                continue
            seen.add(one.idnum)
            one = one.get_object()
        yield one
        if isinstance(one, dict):
            waiting += [dict.__getitem__(one, name) for name in one]
        elif isinstance(one, list):
            waiting += [list.__getitem__(one, at) for at in range(len(one))]


def test_it_says_that_it_is_pdf_a_3a() -> None:
    xmp = reader().trailer["/Root"]["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert NAMES in xmp


def test_it_has_an_output_intent_with_a_profile_of_its_own() -> None:
    (intent,) = reader().trailer["/Root"]["/OutputIntents"]
    assert intent["/S"] == "/GTS_PDFA1"
    profile = intent["/DestOutputProfile"].get_object()
    assert profile.get_data()[36:40] == b"acsp"


def test_the_evidence_is_attached_as_the_standard_wants_it() -> None:
    root = reader().trailer["/Root"]
    (file,) = [one.get_object() for one in root["/AF"]]
    assert (file["/Type"], file["/AFRelationship"], file["/UF"]) == ("/Filespec", "/Data", "abc.evidence.json")
    stream = file["/EF"]["/F"].get_object()
    assert stream["/Subtype"] == "/application/json"
    assert "/ModDate" in stream["/Params"]
    assert stream.get_data() == EVIDENCE
    ((name, (inside,)),) = reader().attachments.items()
    assert (name, inside) == ("abc.evidence.json", EVIDENCE)


def test_every_font_is_embedded_and_maps_to_unicode() -> None:
    fonts = [one for one in objects() if isinstance(one, dict) and one.get("/Type") == "/Font"]
    assert fonts
    for font in fonts:
        if font["/Subtype"] == "/Type0":
            assert font["/Encoding"] == "/Identity-H"
            assert b"beginbf" in font["/ToUnicode"].get_object().get_data()
        else:
            descriptor = font["/FontDescriptor"]
            assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor), font["/BaseFont"]
            assert font["/BaseFont"][7:8] == "+", "a subset, named as one"


def test_names_are_read_out_of_it_letter_by_letter() -> None:
    text = "".join(page.extract_text() for page in reader().pages).replace("\n", "")
    for wanted in ("髙﨑", "第２", "１２３－４５６７", "𠮷", "神", "①㈱"):
        assert wanted in text


def test_nothing_in_it_acts_by_itself() -> None:
    found = {name for one in objects() if isinstance(one, dict) for name in one} | {
        str(one["/S"]) for one in objects() if isinstance(one, dict) and isinstance(one.get("/S"), str)
    }
    assert found & FORBIDDEN == set()


def test_it_is_tagged_and_says_its_language_and_title() -> None:
    root = reader().trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "ja"
    assert "/StructTreeRoot" in root


def test_the_same_values_make_the_same_bytes() -> None:
    assert pdf(paper(NAMES), EVIDENCE, 1_795_737_599) == made()


def test_every_character_of_our_own_words_labels_and_kinds_has_a_glyph() -> None:
    """Where this fails a word was written with a character that the PDF's font lacks."""
    files = [*(ROOT / "protocol").rglob("*.toml")]
    assert len(files) > 5
    ours = "".join([*(text for pair in WORDS.values() for text in pair), *(one.read_text() for one in files)])
    characters = "".join(sorted({one for one in ours if one.isprintable()}))
    for language in LANGUAGES:
        assert pdf(paper(characters, language=language), EVIDENCE, 0).startswith(b"%PDF-1.7")


def test_a_character_that_the_font_lacks_is_named_and_nothing_is_made() -> None:
    with pytest.raises(GlyphMissing) as refused:
        pdf(paper("ship \U0001f6a2"), EVIDENCE, 0)
    assert "U+1F6A2" in refused.value.found
