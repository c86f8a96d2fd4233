"""A document's history is to be found by the position where the document was created: documents that are made together
lie together in that index, while their ids fall anywhere. Here the column; its index and the end of the former ones are
forms of their own: a table that changes is closed to its readers until the transaction ends, and an index takes long.
"""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0004"
down_revision = "ledger_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("history", sa.Column("created", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("history", "created")
