"""Several grants of one dataset from one party to one recipient, told apart by their bytes."""

import hashlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "intake_0002"
down_revision = "intake_0001"
branch_labels = None
depends_on = None

_NAMES = ("id", "document", "dataset", "sealed_version", "recipient", "granter", "sealed", "created_at")
_GRANTS = sa.table("grants", *(sa.column(name) for name in _NAMES))


def _columns(digest: bool) -> list[sa.Column[Any]]:
    columns: list[sa.Column[Any]] = [
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("document", sa.LargeBinary(length=32), nullable=False),
        sa.Column("dataset", sa.String(length=64), nullable=False),
        sa.Column("sealed_version", sa.Integer(), nullable=False),
        sa.Column("recipient", sa.BigInteger(), nullable=False),
        sa.Column("granter", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Float(), nullable=False),
    ]
    return (
        [*columns[:-1], sa.Column("digest", sa.LargeBinary(length=32), nullable=False), columns[-1]]
        if digest
        else columns
    )


def upgrade() -> None:
    made = op.create_table(
        "grants_new",
        *_columns(True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("document", "recipient", "dataset", "sealed_version", "granter", "digest"),
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(_GRANTS).order_by(_GRANTS.c.id)).mappings().all():
        connection.execute(sa.insert(made).values(**row, digest=hashlib.sha256(row["sealed"]).digest()))
    op.drop_table("grants")
    op.rename_table("grants_new", "grants")


def downgrade() -> None:
    made = op.create_table(
        "grants_old",
        *_columns(False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("document", "dataset", "sealed_version", "recipient", "granter"),
    )
    same = [_GRANTS.c[name] for name in ("document", "dataset", "sealed_version", "recipient", "granter")]
    newest = sa.select(sa.func.max(_GRANTS.c.id)).group_by(*same)
    connection = op.get_bind()
    rows = connection.execute(sa.select(_GRANTS).where(_GRANTS.c.id.in_(newest)).order_by(_GRANTS.c.id))
    for row in rows.mappings().all():
        connection.execute(sa.insert(made).values(**row))
    op.drop_table("grants")
    op.rename_table("grants_old", "grants")
