"""Kept answers with secrets are found by their party. A form of its own: readers go on while the index is built."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0010"
down_revision = "intake_0009"
branch_labels = None
depends_on = None

_OF_A_CREDENTIAL = sa.text("party IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "idempotency_by_party", "idempotency", ["party"], unique=False, sqlite_where=_OF_A_CREDENTIAL,
        postgresql_where=_OF_A_CREDENTIAL,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("idempotency_by_party", table_name="idempotency")
