"""Which account the relayer sends from, which one comes next, and which ones were before."""

import sqlalchemy as sa
from alembic import op

revision = "relay_0006"
down_revision = "relay_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "relayer_keys",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("named_at", sa.Float(), nullable=False),
        sa.Column("began_at", sa.Float(), nullable=True),
        sa.Column("ended_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("relayer_keys")
