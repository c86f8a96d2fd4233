"""A document as PDF/A-3: what a person reads on its pages, the evidence file inside, a QR code to the verify page.

The evidence is the proof, the pages are its reading: both are made from the same file. docs/adr/0026 says why Typst.
"""

from __future__ import annotations

import io
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

from portledger.desk.errors import GlyphMissing, PdfPartsMissing
from portledger.domain.errors import InvalidInput

STANDARD: Final[Literal["a-3a"]] = "a-3a"
"""PDF/A-3 with tags: archivable, with files inside, readable by screen readers."""
FONT: Final = "Noto Sans CJK JP"
_TEMPLATE: Final = Path(__file__).parent / "templates" / "paper.typ"
_NO_GLYPH: Final = re.compile(r"the text `\"?(?P<text>.+?)\"?` (?:could not be displayed|was not mapped|contains)")


@dataclass(frozen=True, slots=True)
class Part:
    title: str
    rows: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Section:
    """rows of (label, value), then parts with a title each."""

    title: str
    rows: list[tuple[str, str]]
    parts: list[Part]


@dataclass(frozen=True, slots=True)
class Paper:
    """language: en or ja; id: at the foot of each page; file, attached: name and description of the evidence inside;
    link: of the verify page; all of it as it is to be read."""

    title: str
    language: str
    id: str
    notes: list[str]
    sections: list[Section]
    file: str
    attached: str
    link: str


def pdf(paper: Paper, evidence: bytes, time: int) -> bytes:
    """The file's bytes, the same for the same values. time: of its making, unix seconds.

    Raises PdfPartsMissing, GlyphMissing (the characters that no font has), InvalidInput (a link too long for the code).
    """
    try:
        import segno
        import typst
        from noto_cjk_sans_jp_regular import FONT_PATH
    except ImportError as missing:
        raise PdfPartsMissing(f"no package {missing.name}", "typst, segno and the Japanese font") from missing
    try:
        code = segno.make_qr(paper.link, error="m")
    except segno.DataOverflowError as long:
        raise InvalidInput("verify page", f"{len(paper.link)} characters", "an address that a QR code holds") from long
    drawn = io.BytesIO()
    code.save(drawn, kind="svg", border=2, xmldecl=False)
    try:
        made = typst.compile(
            _TEMPLATE.read_bytes(),
            format="pdf",
            pdf_standards=STANDARD,
            font_paths=typst.Fonts(include_system_fonts=False, font_paths=[str(Path(str(FONT_PATH)).parent)]),
            timestamp=time,
            sys_inputs={
                "data": json.dumps({**asdict(paper), "font": FONT}, ensure_ascii=False),
                "evidence": evidence.decode(),
                "qr": drawn.getvalue().decode(),
            },
        )
    except typst.TypstError as refused:
        raise _named(f"{refused.message} {refused.diagnostic}") from refused
    assert isinstance(made, bytes)
    return made


def _named(told: str) -> GlyphMissing:
    """The characters without a glyph, by themselves and by their code points. Re-raises what is something else."""
    texts = dict.fromkeys(found["text"] for found in _NO_GLYPH.finditer(told))
    if not texts:
        raise RuntimeError(told)
    characters = dict.fromkeys("".join(texts))
    named = ", ".join(f"{one} (U+{ord(one):04X})" for one in characters)
    return GlyphMissing(f"no glyph for {named}", f"characters of {FONT}")
