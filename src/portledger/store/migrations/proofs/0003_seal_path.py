"""The headers by which validators hand over, and how far they were looked for."""

import sqlalchemy as sa
from alembic import op

revision = "proofs_0003"
down_revision = "proofs_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seal_path",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "seal_walk",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("start", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("seal_walk")
    op.drop_table("seal_path")
