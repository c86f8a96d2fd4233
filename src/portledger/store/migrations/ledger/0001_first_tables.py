"""The first tables of the ledger database."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("account", sa.LargeBinary(length=20), nullable=False),
        sa.Column("word", sa.LargeBinary(length=32), nullable=False),
        sa.Column("party", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account"),
    )
    op.create_index("accounts_by_party", "accounts", ["party"], unique=False)
    op.create_table(
        "changes",
        sa.Column("change", sa.LargeBinary(length=32), nullable=False),
        sa.Column("party", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.SmallInteger(), nullable=False),
        sa.Column("source", sa.SmallInteger(), nullable=False),
        sa.Column("value", sa.LargeBinary(length=32), nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=False),
        sa.Column("dead", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("change"),
    )
    op.create_index("changes_by_party", "changes", ["party"], unique=False)
    op.create_table(
        "claims",
        sa.Column("claim", sa.LargeBinary(length=32), nullable=False),
        sa.Column("document", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("claim"),
    )
    op.create_table(
        "consortium_log",
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("event", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("file_digest", sa.LargeBinary(length=32), nullable=True),
        sa.Column("account", sa.LargeBinary(length=20), nullable=True),
        sa.Column("ready_at", sa.BigInteger(), nullable=True),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sender", sa.LargeBinary(length=20), nullable=False),
        sa.Column("call", sa.LargeBinary(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("tx", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "cursor",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("ledger_head", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "documents",
        sa.Column("document", sa.LargeBinary(length=32), nullable=False),
        sa.Column("control", sa.LargeBinary(length=32), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("notes_head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("secured", sa.BigInteger(), nullable=False),
        sa.Column("frozen_until", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("document"),
    )
    op.create_table(
        "history",
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("document", sa.LargeBinary(length=32), nullable=False),
        sa.Column("track", sa.SmallInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("control", sa.LargeBinary(length=32), nullable=False),
        sa.Column("previous", sa.LargeBinary(length=32), nullable=True),
        sa.Column("terms", sa.LargeBinary(length=32), nullable=True),
        sa.Column("content", sa.LargeBinary(length=32), nullable=True),
        sa.Column("reference", sa.LargeBinary(length=32), nullable=True),
        sa.Column("detail", sa.LargeBinary(length=32), nullable=True),
        sa.Column("signatures", sa.LargeBinary(), nullable=True),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("sender", sa.LargeBinary(length=20), nullable=True),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("tx", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("history_by_digest", "history", ["digest"], unique=False)
    op.create_index("history_by_document", "history", ["document", "position"], unique=False)
    op.create_table(
        "involvements",
        sa.Column("party", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("created", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("document", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("party", "created"),
        sqlite_with_rowid=False,
    )
    op.create_index("involvements_by_document", "involvements", ["document"], unique=False)
    op.create_table(
        "kinds",
        sa.Column("kind", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind_digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("file_digest", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("kind"),
    )
    op.create_table(
        "parties",
        sa.Column("party", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("word", sa.LargeBinary(length=32), nullable=False),
        sa.Column("profile", sa.LargeBinary(length=32), nullable=False),
        sa.Column("encryption_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("party"),
    )
    op.create_table(
        "party_log",
        sa.Column(
            "position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("party", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("word", sa.LargeBinary(length=32), nullable=False),
        sa.Column("profile", sa.LargeBinary(length=32), nullable=False),
        sa.Column("encryption_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("account_word", sa.LargeBinary(length=32), nullable=False),
        sa.Column("signers", sa.LargeBinary(length=32), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("call", sa.LargeBinary(), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("tx", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_index("party_log_by_digest", "party_log", ["digest"], unique=False)
    op.create_index("party_log_by_party", "party_log", ["party", "position"], unique=False)
    op.create_table(
        "powers",
        sa.Column("power", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("account", sa.LargeBinary(length=20), nullable=False),
        sa.Column("pending", sa.LargeBinary(length=20), nullable=True),
        sa.Column("ready_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("power"),
    )
    op.create_table(
        "refusals",
        sa.Column("tx", sa.LargeBinary(length=32), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tx", "digest"),
    )


def downgrade() -> None:
    op.drop_table("refusals")
    op.drop_table("powers")
    op.drop_index("party_log_by_party", table_name="party_log")
    op.drop_index("party_log_by_digest", table_name="party_log")
    op.drop_table("party_log")
    op.drop_table("parties")
    op.drop_table("kinds")
    op.drop_index("involvements_by_document", table_name="involvements")
    op.drop_table("involvements")
    op.drop_index("history_by_document", table_name="history")
    op.drop_index("history_by_digest", table_name="history")
    op.drop_table("history")
    op.drop_table("documents")
    op.drop_table("cursor")
    op.drop_table("consortium_log")
    op.drop_table("claims")
    op.drop_index("changes_by_party", table_name="changes")
    op.drop_table("changes")
    op.drop_index("accounts_by_party", table_name="accounts")
    op.drop_table("accounts")
