"""The indexes of the history hold only the beginnings of digests: half the pages are written for an act."""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0003"
down_revision = "ledger_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _drop()
    op.create_index("history_by_document", "history", [sa.text("substr(document, 1, 8)"), "position"], unique=False)
    op.create_index("history_by_digest", "history", [sa.text("substr(digest, 1, 8)")], unique=False)


def downgrade() -> None:
    _drop()
    op.create_index("history_by_document", "history", ["document", "position"], unique=False)
    op.create_index("history_by_digest", "history", ["digest"], unique=False)


def _drop() -> None:
    op.drop_index("history_by_document", table_name="history")
    op.drop_index("history_by_digest", table_name="history")
