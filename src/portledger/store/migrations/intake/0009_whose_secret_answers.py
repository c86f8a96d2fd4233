"""Whose quota the kept answers with secrets count against: before, each session had one of its own.

What stands here already, or a process of the version before writes beside the new one, counts against nobody's; it is
forgotten within a day.
"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0009"
down_revision = "intake_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("idempotency", sa.Column("party", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("idempotency", "party")
