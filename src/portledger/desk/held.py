"""Forms that came while a party was locked, and what was typed before: in memory, sealed to the party.

Locked, the desk can seal and not open. What is kept is bounded, in no address, and forgotten when a person locks the
desk.
"""

from __future__ import annotations

import json
import secrets
import threading
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from portledger.sdk.own_seal import EncryptionKey, seal, unseal

FORMS: Final = 10
"""How many forms are kept; the oldest are forgotten."""
BYTES: Final = 24 * 2**20
"""Of all kept forms together, sealed: two with the largest file."""
_INFO: Final = b"portledger/desk/held"


@dataclass(frozen=True, slots=True)
class Form:
    """path: where it was sent to; data: of the file that came with it, None = no file; name: the file's; came: when,
    unix seconds."""

    path: str
    given: dict[str, str] = field(repr=False)
    data: bytes | None = field(default=None, repr=False)
    name: str = ""
    came: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """A form that is sent once more, as it was kept. cleared: how often all had been forgotten by then."""

    token: str
    party: str
    sealed: bytes = field(repr=False)
    cleared: int


class Held:
    """What one desk keeps while its parties are locked. Parties are named by their key files."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cleared = 0
        self._forms: dict[str, tuple[str, bytes]] = {}
        """Token -> (party, sealed form)."""
        self._typed: dict[str, bytes] = {}
        """Party -> sealed answers to its forms, by their addresses."""

    def keep(self, party: str, public: bytes, form: Form) -> None:
        """public: the party's encryption key, 1216 bytes: only its holder reads the form again. A form that alone is
        larger than all may be is not kept."""
        data = None if form.data is None else b64encode(form.data).decode()
        told = {"path": form.path, "given": form.given, "data": data, "name": form.name, "came": form.came}
        sealed = _sealed(public, told)
        if len(sealed) > BYTES:
            return
        with self._lock:
            self._add(secrets.token_urlsafe(24), party, sealed)

    def _add(self, token: str, party: str, sealed: bytes) -> None:
        self._forms[token] = party, sealed
        while len(self._forms) > FORMS or sum(len(one) for _, one in self._forms.values()) > BYTES:
            self._forms.pop(next(iter(self._forms)))

    def has(self, party: str) -> bool:
        with self._lock:
            return any(one == party for one, _ in self._forms.values())

    def newest(self) -> str:
        """Whose the newest form is; empty where there is none."""
        with self._lock:
            return next((party for party, _ in reversed(self._forms.values())), "")

    def forms(self, party: str, keys: Iterable[EncryptionKey]) -> dict[str, Form]:
        """By token, what these keys of the party open, newest first."""
        private, found = list(keys), {}
        with self._lock:
            kept = list(reversed(self._forms.items()))
        for token, (one, sealed) in kept:
            told = _opened(private, sealed) if one == party else None
            if told is not None:
                data = None if told["data"] is None else b64decode(told["data"])
                found[token] = Form(told["path"], told["given"], data, told["name"], told["came"])
        return found

    def take(self, token: str) -> Taken | None:
        """A form, once: nobody else finds it from now on."""
        with self._lock:
            found = self._forms.pop(token, None)
            return Taken(token, *found, self._cleared) if found else None

    def put_back(self, taken: Taken) -> None:
        """Keeps a form that was taken and not used, unless all were forgotten meanwhile."""
        with self._lock:
            if taken.cleared == self._cleared:
                self._add(taken.token, taken.party, taken.sealed)

    def keep_typed(self, party: str, public: bytes, typed: Mapping[str, Mapping[str, str]]) -> None:
        """typed: a form's address -> what was typed there; in place of what was kept before."""
        self._typed[party] = _sealed(public, typed)

    def take_typed(self, party: str, keys: Iterable[EncryptionKey]) -> dict[str, dict[str, str]]:
        sealed = self._typed.pop(party, None)
        return (_opened(list(keys), sealed) or {}) if sealed is not None else {}

    def clear(self) -> None:
        with self._lock:
            self._cleared += 1
            self._forms.clear()
            self._typed.clear()


def _sealed(public: bytes, value: Any) -> bytes:
    return seal(public, json.dumps(value).encode(), _INFO)


def _opened(keys: list[EncryptionKey], sealed: bytes) -> Any:
    """None where none of the keys opens it."""
    opened = unseal(keys, sealed, _INFO)
    return None if opened is None else json.loads(opened)
