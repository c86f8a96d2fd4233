"""The indexes by documents' ids are not kept any longer. A process of the version before finds everything still, and
reads histories more slowly for as long as it runs beside the new one.
"""

import sqlalchemy as sa
from alembic import op

revision = "ledger_0006"
down_revision = "ledger_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("history_by_document", table_name="history")
    op.drop_index("involvements_by_document", table_name="involvements")


def downgrade() -> None:
    op.create_index("involvements_by_document", "involvements", ["document"], unique=False)
    op.create_index("history_by_document", "history", [sa.text("substr(document, 1, 8)"), "position"], unique=False)
