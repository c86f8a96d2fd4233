"""What every page of a party begins with: its form, its open keys, a document by its verified history."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from portledger.desk.pages import Pages
from portledger.desk.safety import MAX_UPLOAD, most
from portledger.desk.state import Desk
from portledger.domain.kind_file import KindFile
from portledger.domain.records import Control
from portledger.sdk.party import PartySession

SENT: Final = "portledger.sent"
"""Of a request's scope: the form of a page that is sent once more (again.py); it was looked at when it came."""
_ID: Final = re.compile(r"[0-9a-f]{64}")


class Elsewhere(Exception):
    """The page needs something first: the keys of a locked party."""


async def form(request: Request) -> dict[str, str]:
    """A form's fields. Raises 413 for more bytes than the page takes, 403 where it is not from a page of this desk."""
    if (again := request.scope.get(SENT)) is not None:
        request.state.sent = again
        return dict(again.given if isinstance(again, Upload) else again)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most(request.url.path):
            raise HTTPException(413)
    given = {name: text.strip() for name, text in parse_qsl(body.decode(errors="replace"), keep_blank_values=True)}
    if not request.app.state.desk.own_form(given.get("token", "")):
        raise HTTPException(403)
    request.state.sent = given
    return given


class _InMemory(MultiPartParser):
    """Files of a form stay in memory: what is on its way to be sealed never lies on the disk in clear."""

    spool_max_size = 2 * MAX_UPLOAD


@dataclass(frozen=True, slots=True)
class Upload:
    """A form with one file. data: the file's bytes; name: the file's own, without folders; oversize: more was sent
    than the page takes, nothing of it was kept, and nothing else is known of it."""

    given: dict[str, str]
    data: bytes
    name: str = ""
    oversize: bool = False


async def upload(request: Request) -> Upload:
    """Raises 400 for what is no form with a file, 403 where it is not from a page of this desk."""
    if (again := request.scope.get(SENT)) is not None:
        request.state.sent = again
        return again if isinstance(again, Upload) else Upload(dict(again), b"")
    sent = request.state.sent = await _sent(request)
    return sent


async def _sent(request: Request) -> Upload:
    if int(request.headers.get("content-length", "0")) > most(request.url.path):
        async for _ in request.stream():  # read to its end, or no browser shows the answer
            pass
        return Upload({}, b"", oversize=True)
    try:
        sent = await _InMemory(request.headers, request.stream(), max_files=1, max_fields=20).parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as wrong:
        raise HTTPException(400) from wrong
    try:
        given = {name: value.strip() for name, value in sent.items() if isinstance(value, str)}
        if not request.app.state.desk.own_form(given.get("token", "")):
            raise HTTPException(403)
        file = sent.get("file")
        if file is None or isinstance(file, str):
            return Upload(given, b"")
        return Upload(given, await file.read(), re.split(r"[/\\]", file.filename or "")[-1])
    finally:
        await sent.close()


UPLOAD = Annotated[Upload, Depends(upload)]
FORM = Annotated[dict[str, str], Depends(form)]


def party(desk: Desk, name: str, *, used: bool = True) -> tuple[PartySession, Pages]:
    """The unlocked party of a page. used: by a person, not by a script. Raises Elsewhere when it is locked."""
    session = desk.session(name)
    if session is None:
        raise Elsewhere
    if used:
        desk.touch()
    return session, Pages(desk, session, name)


def document_id(text: str) -> str:
    """A document's id, 64 hex. Raises 404 for anything else."""
    if not _ID.fullmatch(text):
        raise HTTPException(404)
    return text


def proven(session: PartySession, document: str) -> tuple[KindFile, Control, bytes]:
    """(kind, control, head) by the verified history: what a page says of a record is not the gateway's word."""
    history = session.proven(document_id(document))
    last = history.entries[-1]
    control = Control.unpack(last.control)
    return session.kind(control.kind), control, last.head
