"""Files of a draft: sealed as soon as they are chosen, kept sealed beside it, uploaded when it is signed."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import Any, Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from portledger.desk import drafts
from portledger.desk.drafts import Draft
from portledger.desk.files import row
from portledger.desk.pages import Pages
from portledger.desk.requests import FORM, UPLOAD, Upload, party
from portledger.desk.safety import MAX_UPLOAD
from portledger.desk.signing import said
from portledger.desk.state import Desk
from portledger.domain.errors import PortledgerError
from portledger.domain.kind_file import KindFile
from portledger.domain.vault_errors import AttachmentRefused
from portledger.formats.document import Document
from portledger.sdk import attaching
from portledger.sdk.party import PartySession
from portledger.sdk.signing import Unsigned

SORT: Final = "attached"
MOST: Final = 20
"""Files of one draft."""


def takes_files(kind: KindFile) -> bool:
    return any(one.attachments for one in kind.datasets)


def add(app: FastAPI, desk: Desk) -> None:
    """The pages under /as/NAME/drafts/DRAFT/files."""

    def kept(session: PartySession, draft: str) -> Draft:
        """Raises 404 where the kind takes no files."""
        found = drafts.from_json(desk.shelf(session, drafts.SORT).get(draft))
        if not takes_files(found.kind):
            raise HTTPException(404)
        return found

    @app.get("/as/{name}/drafts/{draft}/files")
    def show(name: str, draft: str) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            return _page(pages, draft, kept(session, draft))

    @app.post("/as/{name}/drafts/{draft}/files")
    def take(name: str, draft: str, sent: UPLOAD) -> Response:
        with desk.lock:
            session, pages = party(desk, name)
            written = kept(session, draft)
            if note := _refused(written, sent):
                return _page(pages, draft, written, {"note": note, "found": ""})
            try:
                _keep(desk, session, draft, written, sent.name, sent.data)
            except AttachmentRefused as refused:
                return _page(pages, draft, written, said(refused, "attached.named"))
            return RedirectResponse(f"/as/{quote(name)}/drafts/{draft}/files", 303)

    @app.post("/as/{name}/drafts/{draft}/files/remove")
    def remove(name: str, draft: str, given: FORM) -> Response:
        with desk.lock:
            session, _ = party(desk, name)
            written = kept(session, draft)
            gone = [one for one in written.files if one.kept == given.get("file")]
            written.files = [one for one in written.files if one not in gone]
            drafts.keep(desk.shelf(session, drafts.SORT), draft, written, session.now())
            for one in gone:
                desk.shelf(session, SORT).delete(one.kept)
            return RedirectResponse(f"/as/{quote(name)}/drafts/{draft}/files", 303)


def _refused(draft: Draft, sent: Upload) -> str:
    """The key of why no further file can be taken, or empty."""
    if sent.oversize:
        return "attached.large"
    if not sent.name:
        return "attached.none"
    return "attached.many" if len(draft.files) >= MOST else ""


def _keep(desk: Desk, session: PartySession, name: str, draft: Draft, file: str, data: bytes) -> None:
    """The sealed bytes first, then the draft that names them. Raises AttachmentRefused, NotKept."""
    made, sealed = attaching.sealed(file, data)
    shelf = desk.shelf(session, SORT)
    kept = shelf.new_name()
    shelf.put(kept, {"sealed": b64encode(sealed).decode()})
    draft.files.append(drafts.File(kept, made.to_value()))
    drafts.keep(desk.shelf(session, drafts.SORT), name, draft, session.now())


def listed(draft: Draft, document: Document) -> Document:
    """The document with the draft's files in its list."""
    if not draft.files:
        return document
    return document.extended(draft.kind, {"ext:/files": [one.value for one in draft.files]})


def upload(desk: Desk, session: PartySession, draft: str, act: Unsigned) -> bool:
    """Sends the sealed files that the act lists to the gateway; false where the draft's are others by now.

    Raises NotKept, CiphertextMismatch and what uploading raises; the draft stays as it is.
    """
    files = drafts.from_json(desk.shelf(session, drafts.SORT).get(draft)).files
    kept = {attaching.Attachment.from_value(one.value).blob.hex(): one.kept for one in files}
    if set(act.attachments) != set(kept):
        return False
    for blob in act.attachments:
        session.client.put_blob(b64decode(desk.shelf(session, SORT).get(kept[blob])["sealed"]))
    return True


def forget(desk: Desk, session: PartySession, name: str) -> None:
    """Deletes a draft with its files."""
    shelf = desk.shelf(session, drafts.SORT)
    try:
        files = drafts.from_json(shelf.get(name)).files
    except PortledgerError:
        files = []
    shelf.delete(name)
    for one in files:
        desk.shelf(session, SORT).delete(one.kept)


def rows(pages: Pages, draft: Draft) -> list[dict[str, Any]]:
    """The draft's files as lines of a table."""
    return [{**row(pages, attaching.Attachment.from_value(one.value)), "kept": one.kept} for one in draft.files]


def _page(pages: Pages, name: str, draft: Draft, refused: dict[str, str] | None = None) -> Response:
    return pages.show(
        "attached.html", 409 if refused else 200,
        draft=name, kind=draft.kind.title[pages.language], files=rows(pages, draft), problem=refused,
        limits=pages.w("attached.limits", count=str(MOST), size=str(MAX_UPLOAD // 2**20)),
    )  # fmt: skip
