"""The first tables of the proofs database."""

import sqlalchemy as sa
from alembic import op

revision = "proofs_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "proof_state",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=False),
        sa.Column("nightly", sa.BigInteger(), nullable=False),
        sa.Column("nightly_at", sa.Float(), nullable=False),
        sa.Column("first_holders", sa.LargeBinary(length=60), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "proof_blocks",
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "proof_nodes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("node", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash"),
    )
    op.create_table(
        "document_proofs",
        sa.Column("document", sa.LargeBinary(length=32), nullable=False),
        sa.Column("block", sa.LargeBinary(length=32), nullable=False),
        sa.Column("control", sa.LargeBinary(length=32), nullable=False),
        sa.Column("head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("notes_head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("accounts", sa.LargeBinary(), nullable=False),
        sa.Column("nodes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("document"),
    )
    op.execute("INSERT INTO proof_state (id, ended, nightly, nightly_at) VALUES (1, 0, 0, 0)")


def downgrade() -> None:
    op.drop_table("document_proofs")
    op.drop_table("proof_nodes")
    op.drop_table("proof_blocks")
    op.drop_table("proof_state")
