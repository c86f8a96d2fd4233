"""What every page of a party begins with: its form, its open keys, a document by its verified history."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from portledger.desk.pages import Pages
from portledger.desk.safety import most
from portledger.desk.state import Desk
from portledger.domain.kind_file import KindFile
from portledger.domain.records import Control
from portledger.sdk.party import PartySession

_ID: Final = re.compile(r"[0-9a-f]{64}")


class Elsewhere(Exception):
    """The page needs something first: the keys of a locked party."""


async def form(request: Request) -> dict[str, str]:
    """A form's fields. Raises 413 for more bytes than the page takes, 403 where it is not from a page of this desk."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most(request.url.path):
            raise HTTPException(413)
    given = {name: text.strip() for name, text in parse_qsl(body.decode(errors="replace"), keep_blank_values=True)}
    if not request.app.state.desk.own_form(given.get("token", "")):
        raise HTTPException(403)
    return given


FORM = Annotated[dict[str, str], Depends(form)]


def party(desk: Desk, name: str) -> tuple[PartySession, Pages]:
    """The unlocked party of a page. Raises Elsewhere when it is locked."""
    session = desk.session(name)
    if session is None:
        raise Elsewhere
    desk.touch()
    return session, Pages(desk, session, name)


def proven(session: PartySession, document: str) -> tuple[KindFile, Control, bytes]:
    """(kind, control, head) by the verified history: what a page says of a record is not the gateway's word."""
    if not _ID.fullmatch(document):
        raise HTTPException(404)
    history = session.proven(document)
    last = history.entries[-1]
    control = Control.unpack(last.control)
    return session.kind(control.kind), control, last.head
