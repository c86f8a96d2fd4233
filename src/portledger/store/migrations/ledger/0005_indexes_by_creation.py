"""The indexes by the position of creation. Readers go on while they are built; who writes waits.

Rows from before, and those that a process of the version before still writes, have no such position; a partial index
finds them by their ids, as ever.
"""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0005"
down_revision = "ledger_0004"
branch_labels = None
depends_on = None

_ID = sa.text("substr(document, 1, 8)")
_EMPTY = sa.text("created IS NULL")


def upgrade() -> None:
    op.create_index("history_by_creation", "history", ["created", "position"], unique=False)
    op.create_index(
        "history_without_creation", "history", [_ID, "position"], unique=False, sqlite_where=_EMPTY,
        postgresql_where=_EMPTY,
    )  # fmt: skip
    op.create_index("involvements_by_creation", "involvements", ["created"], unique=False)


def downgrade() -> None:
    op.drop_index("involvements_by_creation", table_name="involvements")
    op.drop_index("history_without_creation", table_name="history")
    op.drop_index("history_by_creation", table_name="history")
