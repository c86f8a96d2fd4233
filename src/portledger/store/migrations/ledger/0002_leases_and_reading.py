"""Who may write the read model, and what the relayer has to know of the indexer."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0002"
down_revision = "ledger_0001"
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
    reading = op.create_table(
        "reading",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rebuilds", sa.BigInteger(), nullable=False),
        sa.Column("complete", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(reading, [{"id": 1, "rebuilds": 0, "complete": 0}])


def downgrade() -> None:
    op.drop_table("reading")
    op.drop_table("leases")
