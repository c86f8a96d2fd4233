"""An index that nothing asks: digests fall anywhere in it, so that each outcome wrote a page of it."""

from alembic import op

revision = "relay_0007"
down_revision = "relay_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("outcomes_by_digest", table_name="outcomes")


def downgrade() -> None:
    op.create_index("outcomes_by_digest", "outcomes", ["digest"], unique=False)
