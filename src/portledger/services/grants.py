"""Grants: content keys sealed to one party's encryption key. The gateway keeps them and can open none.

A grant is added and never takes the place of another: neither may a granter take back what it gave, nor is a grant to
a party's new encryption key lost because there was one to the former key.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, select

from portledger.domain.errors import InvalidInput
from portledger.domain.hashing import sha256
from portledger.domain.kinds import KindFile
from portledger.formats import api_json as wire
from portledger.store.database import or_ignore
from portledger.store.tables import grants

MAX_SEALED: Final = 8192
"""Bytes; a grant has 1,136 bytes of overhead and a key."""
MAX_ITEMS: Final = 1000
MAX_KEPT: Final = 32
"""Grants of one sealed version of a dataset by one party to another; to itself only the newest are kept."""
_SAME: Final = ("document", "recipient", "dataset", "sealed_version", "granter")


def keep(
    intake: Engine, document: bytes, granter: int, kind: KindFile | None, items: list[wire.GrantJson], now: float
) -> int:
    """Keeps the grants; the same grant again changes nothing. Raises InvalidInput."""
    if not 1 <= len(items) <= MAX_ITEMS:
        raise InvalidInput("$.items", f"{len(items)} items", f"1 to {MAX_ITEMS}")
    rows = [_row(document, granter, kind, item, now, f"$.items[{at}]") for at, item in enumerate(items)]
    with intake.begin() as connection:
        connection.execute(or_ignore(connection, grants), rows)
        _bound(connection, rows)
    return len(rows)


def _row(
    document: bytes, granter: int, kind: KindFile | None, item: wire.GrantJson, now: float, where: str
) -> dict[str, Any]:
    sealed = wire.base64_bytes(item.sealed, where + ".sealed")
    if len(sealed) > MAX_SEALED:
        raise InvalidInput(where + ".sealed", f"{len(sealed)} bytes", f"at most {MAX_SEALED}")
    if kind is not None:
        kind.dataset(item.dataset)
    elif not (1 <= len(item.dataset) <= 64 and item.dataset.isascii() and item.dataset.isprintable()):
        raise InvalidInput(where + ".dataset", repr(item.dataset[:64]), "the name of a dataset")
    if not 0 < item.recipient < 1 << 32 or not 0 < item.sealed_version < 1 << 16:
        raise InvalidInput(where, f"recipient {item.recipient}", "a party and the dataset's sealedVersion")
    return {
        "document": document,
        "dataset": item.dataset,
        "sealed_version": item.sealed_version,
        "recipient": item.recipient,
        "granter": granter,
        "sealed": sealed,
        "digest": sha256(sealed),
        "created_at": now,
    }


def _bound(connection: Connection, rows: Iterable[dict[str, Any]]) -> None:
    """Raises InvalidInput, which takes everything back, where one party has given another the same thing too often."""
    for same in {tuple(row[name] for name in _SAME) for row in rows}:
        named = dict(zip(_SAME, same, strict=True))
        alike = [grants.c[name] == value for name, value in named.items()]
        count = connection.execute(select(func.count()).select_from(grants).where(*alike)).scalar() or 0
        if count <= MAX_KEPT:
            continue
        if named["granter"] != named["recipient"]:
            raise InvalidInput(
                "$.items", f"{count} grants of {named['dataset']} to party {named['recipient']}", f"at most {MAX_KEPT}"
            )
        newest = select(grants.c.id).where(*alike).order_by(grants.c.id.desc()).limit(MAX_KEPT)
        connection.execute(delete(grants).where(*alike, grants.c.id.not_in(newest)))
