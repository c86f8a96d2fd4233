"""Which attached files a waiting act lists, so that the officer who signs second can look at them before."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0008"
down_revision = "intake_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("waiting_acts", sa.Column("blobs", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("waiting_acts", "blobs")
