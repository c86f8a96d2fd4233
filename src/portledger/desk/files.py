"""The files beside a document: listed, checked, and handed out as downloads that nothing opens by itself."""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import Response

from portledger.desk.pages import Pages
from portledger.desk.plain import visible
from portledger.desk.requests import FORM, document_id, party, proven
from portledger.desk.state import Desk
from portledger.domain.errors import PortledgerError
from portledger.sdk import attaching
from portledger.sdk.attaching import Attachment
from portledger.sdk.party import PartySession

_ACTIVE: Final = re.compile(
    "app|appimage|bat|chm|cmd|com|command|cpl|desktop|dll|dmg|docm|dotm|exe|gadget|hta|html?|iso|jar|jse?|jsp|lnk|mht|"
    "mhtml|msc|msi|msp|pif|pl|pptm|ps1|psm1|py|rb|reg|scf|scr|sct|sh|shtml|svgz?|swf|url|vb|vbe|vbs|wsf|wsh|xhtml|xlam|"
    "xlsm|xltm|xml|xsl",
    re.IGNORECASE,
)
"""Ends of names of files that do something when they are opened, or that a browser runs as a page."""
_UNSAFE: Final = re.compile(r'[<>:"|?*/\\%]')
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /as/NAME/files/DOCUMENT."""

    @app.get("/as/{name}/files/{document}")
    def every(name: str, document: str) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            return _page(session, pages, document, {})

    @app.post("/as/{name}/files/{document}/check")
    def check(name: str, document: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            found = attaching.attachments(session, document_id(document))
        told = {}
        for number, one in enumerate(found):  # may take a while: others go on meanwhile
            try:
                attaching.check_file(session, one)
                told[number] = "files.good"
            except PortledgerError:
                told[number] = "files.damaged"
        with desk.lock:
            session, pages = party(desk, name)
            return _page(session, pages, document, told)

    @app.post("/as/{name}/files/{document}/{number}")
    def fetch(name: str, document: str, number: int, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            found = attaching.attachments(session, document_id(document))
        if not 0 < number <= len(found):
            raise HTTPException(404)
        one = found[number - 1]
        return download(attaching.read(session.client, one), attaching.file_names(found)[number - 1])


def download(data: bytes, name: str) -> Response:
    """A file to be saved, of no type that a browser would show, under a name that is safe on every system."""
    safe = safe_name(name)
    plain = "".join(one if one.isascii() and (one.isalnum() or one in "-._ ") else "_" for one in safe)
    where = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe)}"
    return Response(data, media_type="application/octet-stream", headers={"content-disposition": where})


def safe_name(name: str) -> str:
    """The name without what a system, a shell or an eye may take for something else."""
    kept = "".join(
        "_" if _UNSAFE.match(one) or unicodedata.category(one)[0] == "C" or unicodedata.category(one) in ("Zl", "Zp")
        else one
        for one in name
    ).strip(" .")  # fmt: skip
    kept = kept.lstrip("-~") or "file"
    return f"_{kept}" if _DEVICES.fullmatch(kept) else kept


def active(name: str) -> bool:
    """Whether a file of this name does something when it is opened."""
    return bool(_ACTIVE.fullmatch(safe_name(name).rpartition(".")[2]))


def _page(session: PartySession, pages: Pages, document: str, told: dict[int, str]) -> Response:
    """told: number of a file -> what its check found."""
    kind, _, _ = proven(session, document)
    found = attaching.attachments(session, document)
    return pages.show(
        "files.html",
        document=document,
        kind=kind.title[pages.language],
        files=[row(pages, one, told.get(number, "")) for number, one in enumerate(found)],
        checked=bool(told),
    )


def row(pages: Pages, one: Attachment, told: str = "") -> dict[str, Any]:
    """A file as a line of a table. told: what its check found, a key of words."""
    return {
        "name": visible(one.name),
        "type": visible(one.media_type),
        "size": size(one.size),
        "sha256": one.sha256.hex(),
        "active": active(one.name),
        "told": told,
    }


def size(count: int) -> str:
    """Bytes as people read them."""
    for unit, step in (("MB", 1_000_000), ("kB", 1_000)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count} B"
