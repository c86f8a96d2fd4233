"""Blobs that manifests name are found by the beginnings of digests; `blob_uses` is for those outside manifests.

Its older rows stay as they are: they say the same.
"""

import sqlalchemy as sa
from alembic import op

revision = "intake_0007"
down_revision = "intake_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "manifest_blobs",
        sa.Column("blob", sa.LargeBinary(length=8), nullable=False),
        sa.Column("document", sa.LargeBinary(length=8), nullable=False),
        sa.PrimaryKeyConstraint("blob", "document"),
        sqlite_with_rowid=False,
    )
    op.create_index("manifests_by_document", "manifests", ["document"], unique=False)
    op.execute(
        "INSERT INTO manifest_blobs (blob, document) SELECT DISTINCT substr(sha256, 1, 8), substr(document, 1, 8)"
        " FROM blob_uses WHERE dataset <> ''"
    )


def downgrade() -> None:
    op.drop_index("manifests_by_document", table_name="manifests")
    op.drop_table("manifest_blobs")
