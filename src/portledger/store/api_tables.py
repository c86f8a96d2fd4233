"""The tables of the interface for systems: answers kept for repeated requests, keys of machines, webhooks.

What the gateway writes is in the intake database, what the sender of webhooks writes in the relayer's, which is written
by the same process: so each database keeps its one writer. Times are unix seconds, hashes SHA-256 of 32 bytes.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from portledger.store.tables import Bytes
from portledger.store.tables import intake as intake
from portledger.store.tables import relay as relay

_Big = BigInteger().with_variant(Integer, "sqlite")
_OF_A_CREDENTIAL = text("party IS NOT NULL")

idempotency = Table(
    "idempotency",
    intake,
    # Whose key: "party:N", or for who is not signed in "nobody"; for answers with a secret in them the credential's.
    Column("scope", String(80), primary_key=True),
    Column("key", Bytes(32), primary_key=True),  # hash of the key
    Column("fingerprint", Bytes(32), nullable=False),  # hash of method, path and body
    Column("claim", String(32), nullable=False),  # which attempt works on it
    Column("started_at", Float, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("status", SmallInteger),  # of the answer; empty while the request is in flight
    Column("headers", Text),  # JSON: the answer's own headers
    Column("body", Bytes),
    # Whose quota a credential's answers count against; a party's scope says it.
    Column("party", BigInteger),
    Index("idempotency_by_expiry", "expires_at"),
    Index("idempotency_by_party", "party", sqlite_where=_OF_A_CREDENTIAL, postgresql_where=_OF_A_CREDENTIAL),
)

api_keys = Table(
    "api_keys",
    intake,
    Column("id", String(16), primary_key=True),
    Column("key_hash", Bytes(32), nullable=False, unique=True),
    Column("party", BigInteger, nullable=False),
    Column("account", Bytes(20), nullable=False),  # whose session made it; it dies with the account
    Column("name", String(80), nullable=False),
    Column("scopes", SmallInteger, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("expires_at", Float),
    Column("revoked_at", Float),
    Index("api_keys_by_party", "party"),
)

webhooks = Table(
    "webhooks",
    intake,
    Column("id", String(20), primary_key=True),
    Column("party", BigInteger, nullable=False),
    Column("url", Text, nullable=False),
    Column("types", Text, nullable=False),  # names of events, separated by spaces; "" = all
    # The secrets are derived from the gateway's own key and this number: none is in the database.
    Column("generation", Integer, nullable=False),
    Column("previous_until", Float, nullable=False),  # until then the generation before signs, too
    # Counts replays: what the sender has of an earlier run is dropped, and it reads from `from_position` on.
    Column("run", Integer, nullable=False),
    Column("from_position", BigInteger, nullable=False),
    # Counts the owner's orders to try what is parked once more.
    Column("retries", Integer, nullable=False),
    Column("created_at", Float, nullable=False),
    Index("webhooks_by_party", "party"),
)

waiting_acts = Table(
    "waiting_acts",
    intake,
    # Acts that wait for signatures of the party's other officers. The gateway can read none of them (sealed to the
    # party's own key), so it knows of each only what stands here.
    Column("party", BigInteger, primary_key=True, autoincrement=False),
    Column("digest", Bytes(32), primary_key=True),  # of the act, as the party says
    Column("sealed", Bytes, nullable=False),
    Column("tag", Bytes(32), nullable=False),  # SHA-256 of `sealed`: what a change is compared with
    Column("size", Integer, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("blobs", Bytes),  # SHA-256 of the sealed files that it lists, one after the other; null = none
    Index("waiting_acts_by_deadline", "deadline"),
)

act_traces = Table(
    "act_traces",
    intake,
    # Of acts that a traced request brought, where traces are kept; the newest ones (store/traces.py).
    Column("outbox_id", BigInteger, primary_key=True, autoincrement=False),
    Column("traceparent", String(55), nullable=False),  # W3C Trace Context: of the span that the relayer's follow
)

uploads = Table(
    "uploads",
    intake,
    # What a party's sealed blobs added to the store on a day (whole days since 1970, UTC): services/quotas.py.
    Column("party", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("blobs", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
)

marks = Table(
    "marks",
    intake,
    # What every process on this database must have alike; by its mark, which tells nothing of it.
    Column("name", String(40), primary_key=True),
    Column("mark", Bytes(32), nullable=False),
)

webhook_progress = Table(
    "webhook_progress",
    relay,
    Column("webhook", String(20), primary_key=True),
    Column("run", Integer, nullable=False),
    Column("retries", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),  # events up to here are in `deliveries`
)

deliveries = Table(
    "deliveries",
    relay,
    Column("id", _Big, primary_key=True, autoincrement=True),
    Column("webhook", String(20), nullable=False),
    Column("run", Integer, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("subject", String(100), nullable=False),  # events of one subject go out one after the other
    Column("type", String(60), nullable=False),
    Column("body", Bytes, nullable=False),  # the CloudEvent as it is sent
    Column("state", SmallInteger, nullable=False),  # webhook_queue.DeliveryState
    Column("attempts", Integer, nullable=False),
    Column("queued_at", Float, nullable=False),
    Column("first_at", Float),  # of the first attempt
    Column("next_at", Float, nullable=False),  # of the next attempt
    Column("done_at", Float),
    UniqueConstraint("webhook", "run", "position"),
    Index("deliveries_by_line", "webhook", "state", "subject", "position"),
)

delivery_attempts = Table(
    "delivery_attempts",
    relay,
    Column("id", _Big, primary_key=True, autoincrement=True),
    Column("delivery", BigInteger, nullable=False),
    Column("at", Float, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("status", Integer),  # of the HTTP answer, if there was one
    Column("error", String(200), nullable=False),  # "" = delivered
    Index("delivery_attempts_by_delivery", "delivery"),
)
