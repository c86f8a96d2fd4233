"""What every request to the desk passes before any page: the loopback name, the origin, the size, and safe headers."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY: Final = 64 * 1024
"""Bytes of a form, but for the two below."""
MAX_DRAFT: Final = 2 * 2**20
"""Bytes of a document's form: hundreds of rows, each field with its name."""
MAX_UPLOAD: Final = 8 * 2**20
"""Bytes of a form with a file: a spreadsheet, JSON, or what is put to a draft."""
UPLOADS: Final = ("/import", "/files", "/bring")
"""Ends of the addresses that take files; what is larger they read past and say so (requests.py)."""
START: Final = "/start"
"""The one page that another program (the one that opens the browser) may lead to."""
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # `no-referrer` would make browsers send "Origin: null" with our own forms.
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
WITH_SCRIPT: Final = {
    "content-security-policy": f"{HEADERS['content-security-policy']}; script-src 'self'",
}
"""Instead, for pages that ask a browser's wallet: a script from our own file runs there, and none that a page holds."""
LISTENING: Final = {
    "content-security-policy": f"{WITH_SCRIPT['content-security-policy']}; connect-src 'self'",
}
"""Instead, for pages that listen for news: their script asks this desk, and nobody else."""
_READS: Final = frozenset({"GET", "HEAD"})


def most(path: str) -> int:
    """Bytes that a request to this page may have."""
    return MAX_UPLOAD if path.endswith(UPLOADS) else MAX_DRAFT if "/drafts/" in path else MAX_BODY


def refusal(method: str, path: str, headers: Headers, origin: str) -> str:
    """Why a request is refused, or empty. origin: the desk's own, such as http://127.0.0.1:8781.

    Another name than the loopback address is DNS rebinding; another origin, or a fetch from another site, is a page
    that is not ours.
    """
    if headers.get("host") != origin.removeprefix("http://"):
        return "wrong Host"
    reads = method in _READS
    if not (reads and path == START) and headers.get("origin", origin if reads else "") != origin:
        return "wrong Origin"
    if path != START and headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        return "another site"
    length = headers.get("content-length", "0")
    too_large = length.isdigit() and int(length) > most(path) and not path.endswith(UPLOADS)
    if not length.isdigit() or too_large or "transfer-encoding" in headers:
        return "too large"
    return ""


class Safety:
    """ASGI middleware: refuses what `refusal` names, and puts the safe headers on every answer."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self.app, self.origin = app, origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if headers.get("content-disposition", "").startswith("attachment"):
                    headers["content-security-policy"] += "; sandbox"
            await send(message)

        why = refusal(scope["method"], scope["path"], Headers(scope=scope), self.origin)
        answer: ASGIApp = PlainTextResponse(f"refused: {why}\n", 403) if why else self.app
        await answer(scope, receive, guarded)
