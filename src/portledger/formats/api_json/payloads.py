"""Answers to an upload of sealed blobs."""

from __future__ import annotations

import msgspec

from portledger.formats.api_json.text import Answer, Problem


class BlobItem(msgspec.Struct, rename="camel", frozen=True, omit_defaults=True):
    """One blob's fate in POST /v1/blobs. new: it was not here before."""

    sha256: str
    size: int | None = None
    new: bool | None = None
    problem: Problem | None = None


class BlobsAnswer(Answer):
    items: list[BlobItem]


class BlobAnswer(Answer):
    sha256: str
    size: int
