"""Nonces that were spent on nothing, and nonces that somebody else spent."""

import sqlalchemy as sa
from alembic import op

revision = "relay_0005"
down_revision = "relay_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fillers",
        sa.Column("sender", sa.LargeBinary(20), nullable=False),
        sa.Column("nonce", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("sender", "nonce"),
    )
    op.create_table(
        "strangers",
        sa.Column("sender", sa.LargeBinary(20), nullable=False),
        sa.Column("nonce", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("seen_at", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("sender", "nonce"),
    )


def downgrade() -> None:
    op.drop_table("strangers")
    op.drop_table("fillers")
