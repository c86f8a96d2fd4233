"""What can go wrong at the desk alone."""

from __future__ import annotations

from typing import ClassVar

from portledger.domain.refusals import Refusal


class PdfPartsMissing(Refusal):
    """The packages that make a PDF are not installed."""

    REMEDY: ClassVar[str] = "Install them with: pip install 'portledger[pdf]'. The evidence file needs none of them."


class GlyphMissing(Refusal):
    """The PDF's fonts have no glyph for a character of the document; a PDF that hides it would be wrong."""

    REMEDY: ClassVar[str] = "Hand the evidence file out instead: it holds every character, and its page shows them."
