"""The tables, in four databases. The first three have one writing process each, so that nobody waits for a lock.

intake   written by the gateway, durable at every commit: all that was accepted from outside and exists nowhere else.
relay    written by the relayer: transactions with their nonces, and the outcome of everything accepted.
ledger   written by the indexer: the read model. Every row comes from the chain and can be rebuilt from it.
proofs   written by the keeper of proofs, by the gateway when one is asked for that is not kept, and by the operator's
         `admin stamp`: what a node may forget, and time stamps, durable at every commit. Every write of proofs first
         takes the lock of the one row of `proof_state`.

Digests and ids are 32 bytes, accounts 20, packed words 32 (big-endian), times unix seconds. Position of a log
on the chain = block << 20 | index of the log in the block: one ascending number, the key of what came from a log.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)


class Bytes(LargeBinary):
    """Bytes as they are. SQLAlchemy's own type wraps each value for drivers that need it; neither of ours does, and the
    wrapping took longer than the statement."""

    cache_ok = True

    def bind_processor(self, dialect: Any) -> None:
        return None

    def result_processor(self, dialect: Any, coltype: Any) -> None:
        return None


_Big = BigInteger().with_variant(Integer, "sqlite")
"""SQLite's own row number only serves columns declared INTEGER."""

PREFIX: Final = 8
"""Bytes of a digest that an index keeps where it need not tell every two digests apart."""


def prefix(column: str) -> ColumnElement[bytes]:
    """The beginning of a column of digests, as an index keeps it: written out, since an index serves only its own
    expression. column: with its table's name where a query joins others."""
    return literal_column(f"substr({column}, 1, {PREFIX})", LargeBinary)


DERIVED: Final = "derived"
"""In a column's info: it repeats what other rows say, so that two read models are equal whether they have it or not."""

POSITION_SHIFT: Final = 20
"""Logs of one block are numbered below 2^20."""

# --- intake ---------------------------------------------------------------------------------------------------------

intake = MetaData()

outbox = Table(
    "outbox",
    intake,
    # Ascends in the order of acceptance; never reused.
    Column("id", _Big, primary_key=True, autoincrement=True),
    Column("type", SmallInteger, nullable=False),  # outbox.Type
    Column("digest", Bytes(32), nullable=False),
    # 0, and one more each time the same signed bytes are offered again after the ledger refused them.
    Column("attempt", SmallInteger, nullable=False),
    Column("document", Bytes(32)),
    Column("party", BigInteger),
    Column("sender", SmallInteger, nullable=False),  # outbox.Sender: whose key sends the transaction
    Column("previous", Bytes(32)),  # acts on the control track: what they build on
    Column("body", Bytes, nullable=False),  # acts: the ABI tuple of a SignedAction; others: whole calldata
    Column("received_at", Float, nullable=False),
    UniqueConstraint("digest", "attempt"),
)
# The few rows that are no acts on documents, by party.
Index("outbox_by_party", outbox.c.party, sqlite_where=outbox.c.type != 1, postgresql_where=outbox.c.type != 1)

manifests = Table(
    "manifests",
    intake,
    Column("content", Bytes(32), primary_key=True),
    Column("document", Bytes(32), nullable=False),
    Column("version", Integer, nullable=False),
    Column("body", Bytes, nullable=False),  # canonical JSON
    Index("manifests_by_document", "document"),
)

manifest_blobs = Table(
    "manifest_blobs",
    intake,
    # Whose manifests to look into for a blob: the first PREFIX bytes of its digest and of the documents whose manifests
    # name it. Digests fall anywhere in a table, and each act brings a dozen: whole ones cost most of an act's commit.
    Column("blob", Bytes(8), primary_key=True),
    Column("document", Bytes(8), primary_key=True),
    sqlite_with_rowid=False,
)

blob_uses = Table(
    "blob_uses",
    intake,
    # The blobs that a document names outside its manifests: attached files, and with dataset "" sealed details.
    Column("sha256", Bytes(32), primary_key=True),
    Column("document", Bytes(32), primary_key=True),
    Column("dataset", String(64), primary_key=True),
    sqlite_with_rowid=False,
)

details = Table(
    "details",
    intake,
    Column("digest", Bytes(32), primary_key=True),  # of the act
    Column("blob", Bytes(32), nullable=False),
)

blobs = Table(
    "blobs",
    intake,
    Column("sha256", Bytes(32), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("received_at", Float, nullable=False),
)

grants = Table(
    "grants",
    intake,
    Column("id", _Big, primary_key=True, autoincrement=True),
    Column("document", Bytes(32), nullable=False),
    Column("dataset", String(64), nullable=False),
    Column("sealed_version", Integer, nullable=False),
    Column("recipient", BigInteger, nullable=False),
    Column("granter", BigInteger, nullable=False),
    Column("sealed", Bytes, nullable=False),
    Column("digest", Bytes(32), nullable=False),  # SHA-256 of `sealed`: the same grant again is no second one
    Column("created_at", Float, nullable=False),
    UniqueConstraint("document", "recipient", "dataset", "sealed_version", "granter", "digest"),
)

profiles = Table(
    "profiles",
    intake,
    Column("digest", Bytes(32), primary_key=True),
    Column("body", Bytes, nullable=False),  # canonical JSON
)

encryption_keys = Table(
    "encryption_keys",
    intake,
    Column("digest", Bytes(32), primary_key=True),
    Column("raw", Bytes, nullable=False),
)

registrations = Table(
    "registrations",
    intake,
    Column("id", String(32), primary_key=True),
    Column("party", BigInteger, nullable=False),  # the id that the consents name
    Column("digest", Bytes(32), nullable=False),  # of the outbox row once it is admitted
    Column("body", Bytes, nullable=False),  # the request's JSON
    Column("status", String(16), nullable=False),  # waiting, approved, refused
    Column("reason", Text),
    Column("created_at", Float, nullable=False),
    Index("registrations_by_party", "party"),
)

nonces = Table(
    "nonces",
    intake,
    Column("nonce", String(64), primary_key=True),
    Column("expires_at", Float, nullable=False),
)

sessions = Table(
    "sessions",
    intake,
    Column("token_hash", Bytes(32), primary_key=True),
    Column("account", Bytes(20), nullable=False),
    Column("party", BigInteger, nullable=False),
    Column("expires_at", Float, nullable=False),
    Column("scopes", SmallInteger, nullable=False, server_default="0"),  # services.access.Access
    Column("created_at", Float, nullable=False, server_default="0"),
    Index("sessions_by_party", "party"),
)

# --- relay ----------------------------------------------------------------------------------------------------------

relay = MetaData()

transactions = Table(
    "transactions",
    relay,
    Column("id", _Big, primary_key=True, autoincrement=True),
    Column("sender", Bytes(20), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("hash", Bytes(32), nullable=False, unique=True),
    Column("raw", Bytes, nullable=False),
    Column("items", Bytes, nullable=False),  # outbox ids, 8 bytes each, little-endian
    Column("state", SmallInteger, nullable=False),  # outbox.Sent
    Column("block", BigInteger),
    Column("created_at", Float, nullable=False),
    UniqueConstraint("sender", "nonce"),
    Index("transactions_by_state", "state"),
)

outcomes = Table(
    "outcomes",
    relay,
    # Ascends in the order in which outcomes became known: what waiters follow.
    Column("seq", _Big, primary_key=True, autoincrement=True),
    Column("outbox_id", BigInteger, nullable=False, unique=True),
    Column("digest", Bytes(32), nullable=False),
    Column("final", SmallInteger, nullable=False),  # 1 applied, 0 refused
    Column("block", BigInteger, nullable=False),
    Column("tx", Bytes(32), nullable=False),
    Column("reason", Bytes),  # the ledger's ABI-encoded error
    Column("known_at", Float, nullable=False),
)

# --- ledger: the read model ------------------------------------------------------------------------------------------

ledger = MetaData()

cursor = Table(
    "cursor",
    ledger,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("block", BigInteger, nullable=False),
    Column("hash", Bytes(32), nullable=False),
    Column("time", BigInteger, nullable=False),
    # The contract's running hash over everything, as of that block: equal = same history, whatever the block's hash.
    Column("ledger_head", Bytes(32), nullable=False),
)

documents = Table(
    "documents",
    ledger,
    Column("document", Bytes(32), primary_key=True),
    Column("control", Bytes(32), nullable=False),
    Column("head", Bytes(32), nullable=False),
    Column("notes_head", Bytes(32), nullable=False),
    Column("kind", Integer, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("secured", BigInteger, nullable=False),
    Column("frozen_until", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("created", BigInteger, nullable=False),  # position of the creating log: the order of lists
)

involvements = Table(
    "involvements",
    ledger,
    # Every document that a party is or was a party to.
    Column("party", BigInteger, primary_key=True, autoincrement=False),
    Column("created", BigInteger, primary_key=True, autoincrement=False),  # position of the document's creating log
    Column("document", Bytes(32), nullable=False),
    Index("involvements_by_creation", "created"),
    sqlite_with_rowid=False,
)

history = Table(
    "history",
    ledger,
    Column("position", _Big, primary_key=True, autoincrement=False),
    Column("document", Bytes(32), nullable=False),
    Column("track", SmallInteger, nullable=False),  # read_model.Track
    Column("digest", Bytes(32), nullable=False),
    Column("head", Bytes(32), nullable=False),
    Column("control", Bytes(32), nullable=False),
    Column("previous", Bytes(32)),
    Column("terms", Bytes(32)),
    Column("content", Bytes(32)),
    Column("reference", Bytes(32)),
    Column("detail", Bytes(32)),
    Column("signatures", Bytes),
    Column("until", BigInteger),
    Column("sender", Bytes(20)),
    Column("time", BigInteger, nullable=False),
    Column("tx", Bytes(32), nullable=False),
    # Position of the document's creating log: documents made together lie together in an index, and an act touches no
    # page of its own. Empty in rows that versions before this column wrote.
    Column("created", BigInteger, info={DERIVED: True}),
    Index("history_by_creation", "created", "position"),
    # Digests fall anywhere in an index; half as many pages of it are touched when it holds only their beginnings.
    Index(
        "history_without_creation",
        prefix("document"),
        "position",
        sqlite_where=text("created IS NULL"),
        postgresql_where=text("created IS NULL"),
    ),
    Index("history_by_digest", prefix("digest")),
)

refusals = Table(
    "refusals",
    ledger,
    # ActionRefused events; they mean something only to the sender of their transaction.
    Column("tx", Bytes(32), primary_key=True),
    Column("digest", Bytes(32), primary_key=True),
    Column("block", BigInteger, nullable=False),
    Column("reason", Bytes, nullable=False),
)

claims = Table(
    "claims",
    ledger,
    Column("claim", Bytes(32), primary_key=True),
    Column("document", Bytes(32), nullable=False),
)

parties = Table(
    "parties",
    ledger,
    Column("party", BigInteger, primary_key=True, autoincrement=False),
    Column("word", Bytes(32), nullable=False),
    Column("profile", Bytes(32), nullable=False),
    Column("encryption_key", Bytes(32), nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("head", Bytes(32), nullable=False),
)

accounts = Table(
    "accounts",
    ledger,
    Column("account", Bytes(20), primary_key=True),
    Column("word", Bytes(32), nullable=False),
    Column("party", BigInteger, nullable=False),
    Index("accounts_by_party", "party"),
)

party_log = Table(
    "party_log",
    ledger,
    Column("position", _Big, primary_key=True, autoincrement=False),
    Column("party", BigInteger, nullable=False),  # 0 = the consortium's log
    Column("digest", Bytes(32), nullable=False),
    Column("word", Bytes(32), nullable=False),
    Column("profile", Bytes(32), nullable=False),
    Column("encryption_key", Bytes(32), nullable=False),
    Column("account_word", Bytes(32), nullable=False),
    Column("signers", Bytes(32), nullable=False),
    Column("head", Bytes(32), nullable=False),
    Column("call", Bytes, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("tx", Bytes(32), nullable=False),
    Index("party_log_by_party", "party", "position"),
    Index("party_log_by_digest", "digest"),
)

consortium_log = Table(
    "consortium_log",
    ledger,
    # Log 0: kinds defined and powers appointed. number: the kind or the power.
    Column("position", _Big, primary_key=True, autoincrement=False),
    Column("event", String(16), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind_digest", Bytes(32)),
    Column("file_digest", Bytes(32)),
    Column("account", Bytes(20)),
    Column("ready_at", BigInteger),
    Column("head", Bytes(32), nullable=False),
    Column("sender", Bytes(20), nullable=False),
    Column("call", Bytes, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("tx", Bytes(32), nullable=False),
)

changes = Table(
    "changes",
    ledger,
    Column("change", Bytes(32), primary_key=True),
    Column("party", BigInteger, nullable=False),
    Column("what", SmallInteger, nullable=False),
    Column("source", SmallInteger, nullable=False),
    Column("value", Bytes(32), nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("ready_at", BigInteger, nullable=False),
    Column("dead", SmallInteger, nullable=False),
    Index("changes_by_party", "party"),
)

kinds = Table(
    "kinds",
    ledger,
    Column("kind", Integer, primary_key=True, autoincrement=False),
    Column("kind_digest", Bytes(32), nullable=False),
    Column("file_digest", Bytes(32), nullable=False),
)

powers = Table(
    "powers",
    ledger,
    Column("power", SmallInteger, primary_key=True, autoincrement=False),
    Column("account", Bytes(20), nullable=False),
    Column("pending", Bytes(20)),
    Column("ready_at", BigInteger),
)

# --- proofs ---------------------------------------------------------------------------------------------------------

proofs = MetaData()

proof_state = Table(
    "proof_state",
    proofs,
    Column("id", Integer, primary_key=True, autoincrement=False),
    # How far the read model's history was looked through: for records that ended, and in the last nightly round.
    Column("ended", BigInteger, nullable=False),
    Column("nightly", BigInteger, nullable=False),
    Column("nightly_at", Float, nullable=False),
    # Who held the powers before the first entry of log 0: governor, registrar, guardian, 20 bytes each, joined.
    Column("first_holders", Bytes(60)),
)

proof_blocks = Table(
    "proof_blocks",
    proofs,
    Column("hash", Bytes(32), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("header", Bytes, nullable=False),  # RLP
)

proof_nodes = Table(
    "proof_nodes",
    proofs,
    # One row for each node of a trie, however many proofs share it.
    Column("id", _Big, primary_key=True, autoincrement=True),
    Column("hash", Bytes(32), nullable=False, unique=True),
    Column("node", Bytes, nullable=False),  # RLP
)

document_proofs = Table(
    "document_proofs",
    proofs,
    # The newest proof of each document, with the words that it proves.
    Column("document", Bytes(32), primary_key=True),
    Column("block", Bytes(32), nullable=False),
    Column("control", Bytes(32), nullable=False),
    Column("head", Bytes(32), nullable=False),
    Column("notes_head", Bytes(32), nullable=False),
    Column("accounts", Bytes, nullable=False),  # who signed anything up to the block, 20 bytes each, ascending
    Column("nodes", Bytes, nullable=False),  # ids of proof_nodes, 8 bytes each, little-endian
)

stamps = Table(
    "stamps",
    proofs,
    # Every outside time stamp that was ever taken, for good.
    Column("digest", Bytes(32), primary_key=True),  # SHA-256 of the token
    Column("block", Bytes(32), nullable=False),  # the block's hash
    Column("number", BigInteger, nullable=False),
    Column("ledger_head", Bytes(32), nullable=False),
    Column("time", BigInteger, nullable=False),  # the token's
    Column("certificate", Bytes(32), nullable=False),  # SHA-256 of the signer's
    Column("authority", Text, nullable=False),  # the address that was asked
    Column("token", Bytes, nullable=False),  # DER
    Index("stamps_by_block", "block"),
)

seal_path = Table(
    "seal_path",
    proofs,
    # The headers by which the validators since the deployment handed over, for who trusts an earlier set.
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("header", Bytes, nullable=False),  # RLP
)

seal_walk = Table(
    "seal_walk",
    proofs,
    # The last block whose header was looked at, and the header whose set the path begins with.
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("looked_at", BigInteger, nullable=False),
    Column("start", Bytes, nullable=False),
)
