"""A document's history is found by the position where the document was created: documents that are made together lie
together in that index, while their ids fall anywhere.

Rows from before, and those that a process of the version before still writes, have no such position; a partial index
finds them by their ids, as ever.
"""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0004"
down_revision = "ledger_0003"
branch_labels = None
depends_on = None

_ID = sa.text("substr(document, 1, 8)")
_EMPTY = sa.text("created IS NULL")


def upgrade() -> None:
    op.add_column("history", sa.Column("created", sa.BigInteger(), nullable=True))
    op.drop_index("history_by_document", table_name="history")
    op.create_index(
        "history_by_document", "history", [_ID, "position"], unique=False, sqlite_where=_EMPTY, postgresql_where=_EMPTY
    )
    op.create_index("history_by_creation", "history", ["created", "position"], unique=False)
    op.drop_index("involvements_by_document", table_name="involvements")
    op.create_index("involvements_by_creation", "involvements", ["created"], unique=False)


def downgrade() -> None:
    op.drop_index("involvements_by_creation", table_name="involvements")
    op.create_index("involvements_by_document", "involvements", ["document"], unique=False)
    op.drop_index("history_by_creation", table_name="history")
    op.drop_index("history_by_document", table_name="history")
    op.create_index("history_by_document", "history", [_ID, "position"], unique=False)
    op.drop_column("history", "created")
