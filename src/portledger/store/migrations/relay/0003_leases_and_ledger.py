"""Who may carry acts, and which ledger this is."""

import sqlalchemy as sa
from alembic import op

revision = "relay_0003"
down_revision = "relay_0002"
branch_labels = None
depends_on = None

_LEASES = (
    sa.Column("name", sa.String(length=64), nullable=False),
    sa.Column("token", sa.BigInteger(), nullable=False),
    sa.Column("holder", sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint("name"),
)


def upgrade() -> None:
    op.create_table("leases", *_LEASES)
    op.create_table(
        "ledger_kept",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("deployment", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("ledger_kept")
    op.drop_table("leases")
