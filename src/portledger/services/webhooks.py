"""Webhooks: a party's orders where its events shall be sent. What was sent is the sender's (relay/webhooks.py).

Their secrets are in no database: each is derived from the gateway's own key, the webhook's id and a number that
rotation raises. Signatures follow Standard Webhooks, bodies CloudEvents 1.0.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets as random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from portledger.domain.errors import InvalidInput
from portledger.domain.refusals import Conflict, NotFound
from portledger.durable import sync
from portledger.services.addresses import require_url
from portledger.services.feed import TYPES
from portledger.store.api_tables import marks, webhooks
from portledger.store.database import or_ignore, write_alone

MAX_WEBHOOKS: Final = 20
"""Of one party."""
MAX_OVERLAP: Final = 7 * 86_400
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - what every secret of Standard Webhooks begins with


@dataclass(frozen=True, slots=True)
class Webhook:
    """types: of events, () = all; from_position: the event after which this run began; times: unix seconds."""

    id: str
    party: int
    url: str
    types: tuple[str, ...]
    generation: int
    previous_until: float
    run: int
    from_position: int
    retries: int
    created_at: float


@dataclass(frozen=True, slots=True)
class Secrets:
    """master: 32 bytes, the gateway's own."""

    master: bytes

    @classmethod
    def load(cls, path: Path) -> Secrets:
        """The key in a file of 64 hex digits, made when there is none. Raises InvalidInput for another content."""
        if not path.exists():
            _make(path)
        try:
            master = bytes.fromhex(path.read_text().strip())
        except ValueError:
            master = b""
        if len(master) != 32:
            raise InvalidInput(path.name, f"{len(master)} bytes", "64 hex digits", "Restore the file from its copy.")
        return cls(master)

    @property
    def mark(self) -> bytes:
        """32 bytes that tell two keys apart, and nothing about them."""
        return hmac.digest(self.master, b"portledger mark", "sha256")

    def of(self, webhook_id: str, generation: int) -> bytes:
        """32 bytes: the key of the signatures."""
        return hmac.digest(self.master, f"portledger webhook {webhook_id} {generation}".encode(), "sha256")

    def shown(self, webhook: Webhook) -> str:
        """As the receiver's library takes it."""
        return SECRET_PREFIX + base64.b64encode(self.of(webhook.id, webhook.generation)).decode()

    def headers(self, webhook: Webhook, message_id: str, body: bytes, now: float) -> dict[str, str]:
        """webhook-id, webhook-timestamp and webhook-signature; for a time after a rotation signed with both secrets."""
        generations = [webhook.generation]
        if webhook.generation > 1 and webhook.previous_until > now:
            generations.append(webhook.generation - 1)
        stamp = str(int(now))
        said = [signature(self.of(webhook.id, one), message_id, stamp, body) for one in generations]
        return {"webhook-id": message_id, "webhook-timestamp": stamp, "webhook-signature": " ".join(said)}


MARK: Final = "webhooks.key"


def key_path(folder: Path, key_file: str) -> Path:
    """key_file: ApiSettings.webhook_key; "" = the data folder's own."""
    return Path(key_file) if key_file else folder / MARK


def secrets_of(folder: Path, key_file: str, intake: Engine) -> Secrets:
    """The key, the same for all processes on one database: with different ones, each machine would show its receivers
    another secret than the sender signs with. The first process leaves the key's mark in the database. A key is made
    only where there was none before. Raises InvalidInput, Conflict."""
    path = key_path(folder, key_file)
    # The mark first: it is left by who has the file already, so that two that begin at once on one folder agree.
    if _mark(intake) is not None and not path.exists():
        raise Conflict(f"no {path.name}, and a database whose webhooks are signed with one", "that key", SAME_KEY)
    secrets = Secrets.load(path)
    with intake.begin() as connection:
        connection.execute(or_ignore(connection, marks), {"name": MARK, "mark": secrets.mark})
    if not fits(intake, secrets):
        raise Conflict(f"another {path.name} than this database's webhooks are signed with", "the same one", SAME_KEY)
    return secrets


SAME_KEY: Final = (
    "Give every gateway and relayer the same file (--webhook-key), or the one in the backup; a lost or a stolen one is "
    "replaced with `portledger admin webhook-key --take`."
)


def _mark(intake: Engine) -> bytes | None:
    with intake.connect() as connection:
        found = connection.execute(select(marks.c.mark).where(marks.c.name == MARK)).scalar()
    return None if found is None else bytes(found)


def is_marked(intake: Engine) -> bool:
    """Whether this database's webhooks are signed with a key, which nobody but that file has."""
    return _mark(intake) is not None


def fits(intake: Engine, secrets: Secrets) -> bool | None:
    """Whether it is the key that this database's webhooks are signed with; None when there was none yet."""
    found = _mark(intake)
    return None if found is None else hmac.compare_digest(found, secrets.mark)


def take(intake: Engine, secrets: Secrets) -> None:
    """From the next starts on, it is this one: every webhook then has another secret, which its owner asks for anew."""
    with intake.begin() as connection:
        connection.execute(delete(marks).where(marks.c.name == MARK))
        connection.execute(insert(marks).values(name=MARK, mark=secrets.mark))


def signature(secret: bytes, message_id: str, stamp: str, body: bytes) -> str:
    """v1 of Standard Webhooks."""
    mac = hmac.new(secret, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(mac).decode()


def _make(path: Path) -> None:
    """Only one of several processes makes it, and nobody sees half of it."""
    temporary = path.with_name(f"{path.name}.{random.token_hex(4)}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(random.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    # The tables' mark of it is on the disk soon; the file's name must not come later.
    sync(path.parent)


_COLUMNS: Final[tuple[Any, ...]] = tuple(
    webhooks.c[name]
    for name in (
        "id", "party", "url", "types", "generation", "previous_until", "run", "from_position", "retries", "created_at",
    )
)  # fmt: skip


def _webhook(row: Any) -> Webhook:
    webhook_id, party, url, types, *rest = row
    return Webhook(webhook_id, party, url, tuple(types.split()), *rest)


Told = Callable[[Connection, Webhook], None]
"""Called in the transaction that makes or changes a webhook; what it raises undoes it."""


def create(
    intake: Engine,
    party: int,
    url: str,
    types: Sequence[str],
    after: int,
    now: float,
    *,
    private: bool,
    told: Told = lambda *_: None,
) -> Webhook:
    """after: the event after which it begins; told: see Told. Raises AddressRefused, InvalidInput, Conflict."""
    require_url(url, private)
    for one in types:
        if one not in TYPES:
            raise InvalidInput("$.types", repr(one[:60]), ", ".join(TYPES))
    made = Webhook(f"wh_{random.token_hex(8)}", party, url, tuple(dict.fromkeys(types)), 1, 0, 1, after, 0, now)
    with intake.begin() as connection:
        write_alone(connection, "webhooks of parties")
        count = select(func.count()).select_from(webhooks).where(webhooks.c.party == party)
        if (connection.execute(count).scalar() or 0) >= MAX_WEBHOOKS:
            raise Conflict(f"{MAX_WEBHOOKS} webhooks of party {party}", f"at most {MAX_WEBHOOKS}", "Delete one first.")
        connection.execute(
            insert(webhooks).values(
                id=made.id,
                party=party,
                url=url,
                types=" ".join(made.types),
                generation=1,
                previous_until=0,
                run=1,
                from_position=after,
                retries=0,
                created_at=now,
            )
        )
        told(connection, made)
    return made


def every(intake: Engine, party: int | None = None) -> list[Webhook]:
    """All of a party, or of everybody; oldest first."""
    query = select(*_COLUMNS).order_by(webhooks.c.created_at, webhooks.c.id)
    with intake.connect() as connection:
        rows = connection.execute(query if party is None else query.where(webhooks.c.party == party))
        return [_webhook(row) for row in rows]


def one(intake: Engine, party: int, webhook_id: str) -> Webhook:
    """Raises NotFound for what is no webhook of the party."""
    with intake.connect() as connection:
        return _one(connection, party, webhook_id)


def _one(connection: Connection, party: int, webhook_id: str) -> Webhook:
    query = select(*_COLUMNS).where(webhooks.c.party == party, webhooks.c.id == webhook_id)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(f"webhook {webhook_id[:40]}", "a webhook of your party")
    return _webhook(row)


def remove(intake: Engine, party: int, webhook_id: str) -> None:
    """Nothing is sent any more; what the sender has of it is dropped with its next step. Raises NotFound."""
    one(intake, party, webhook_id)
    with intake.begin() as connection:
        connection.execute(delete(webhooks).where(webhooks.c.id == webhook_id))


def rotate(
    intake: Engine, party: int, webhook_id: str, overlap: int, now: float, told: Told = lambda *_: None
) -> Webhook:
    """A new secret; the old one signs, too, for `overlap` seconds. told: see Told. Raises InvalidInput, NotFound."""
    if not 0 <= overlap <= MAX_OVERLAP:
        raise InvalidInput("$.overlap", str(overlap), f"0 to {MAX_OVERLAP} seconds")
    values = {"generation": webhooks.c.generation + 1, "previous_until": now + overlap}
    return _changed(intake, party, webhook_id, values, told)


def replay(intake: Engine, party: int, webhook_id: str, after: int) -> Webhook:
    """Everything after that event once more, in a new run; what was under way is dropped. Raises NotFound."""
    return _changed(intake, party, webhook_id, {"run": webhooks.c.run + 1, "from_position": after})


def retry(intake: Engine, party: int, webhook_id: str) -> Webhook:
    """What is parked is tried once more, from its first pause on. Raises NotFound."""
    return _changed(intake, party, webhook_id, {"retries": webhooks.c.retries + 1})


def _changed(
    intake: Engine, party: int, webhook_id: str, values: dict[str, Any], told: Told = lambda *_: None
) -> Webhook:
    with intake.begin() as connection:
        mine = (webhooks.c.id == webhook_id) & (webhooks.c.party == party)
        connection.execute(update(webhooks).where(mine).values(**values))
        changed = _one(connection, party, webhook_id)
        told(connection, changed)
    return changed
