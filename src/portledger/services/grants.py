"""Grants: content keys sealed to one party's encryption key. The gateway keeps them and can open none."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine

from portledger.domain.errors import InvalidInput
from portledger.domain.kinds import KindFile
from portledger.formats import api_json as wire
from portledger.store.database import or_ignore
from portledger.store.tables import grants

MAX_SEALED: Final = 8192
"""Bytes; a grant has 1,136 bytes of overhead and a key."""
MAX_ITEMS: Final = 1000


def keep(
    intake: Engine, document: bytes, granter: int, kind: KindFile | None, items: list[wire.GrantJson], now: float
) -> int:
    """Keeps the grants; the same grant again changes nothing. Raises InvalidInput."""
    if not 1 <= len(items) <= MAX_ITEMS:
        raise InvalidInput("$.items", f"{len(items)} items", f"1 to {MAX_ITEMS}")
    rows = []
    for at, item in enumerate(items):
        where = f"$.items[{at}]"
        sealed = wire.base64_bytes(item.sealed, where + ".sealed")
        if len(sealed) > MAX_SEALED:
            raise InvalidInput(where + ".sealed", f"{len(sealed)} bytes", f"at most {MAX_SEALED}")
        if kind is not None and item.dataset:
            kind.dataset(item.dataset)
        if not 0 < item.recipient < 1 << 32 or not 0 <= item.sealed_version < 1 << 16:
            raise InvalidInput(where, f"recipient {item.recipient}", "a party and the dataset's sealedVersion")
        rows.append(
            {
                "document": document,
                "dataset": item.dataset,
                "sealed_version": item.sealed_version,
                "recipient": item.recipient,
                "granter": granter,
                "sealed": sealed,
                "created_at": now,
            }
        )
    with intake.begin() as connection:
        connection.execute(or_ignore(connection, grants), rows)
    return len(rows)
