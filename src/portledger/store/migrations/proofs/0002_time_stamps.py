"""Outside time stamps of blocks."""

import sqlalchemy as sa
from alembic import op

revision = "proofs_0002"
down_revision = "proofs_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stamps",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("block", sa.LargeBinary(length=32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("ledger_head", sa.LargeBinary(length=32), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("certificate", sa.LargeBinary(length=32), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("token", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("stamps_by_block", "stamps", ["block"])


def downgrade() -> None:
    op.drop_table("stamps")
