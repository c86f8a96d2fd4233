"""What was sent to webhooks, and what is still to be sent."""

import sqlalchemy as sa
from alembic import op

revision = "relay_0002"
down_revision = "relay_0001"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "webhook_progress",
        sa.Column("webhook", sa.String(length=20), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("retries", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("webhook"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("webhook", sa.String(length=20), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=60), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.Float(), nullable=False),
        sa.Column("first_at", sa.Float(), nullable=True),
        sa.Column("next_at", sa.Float(), nullable=False),
        sa.Column("done_at", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("webhook", "run", "position"),
    )
    op.create_index("deliveries_by_line", "deliveries", ["webhook", "state", "subject", "position"], unique=False)
    op.create_table(
        "delivery_attempts",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("delivery", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.Float(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("delivery_attempts_by_delivery", "delivery_attempts", ["delivery"], unique=False)


def downgrade() -> None:
    op.drop_index("delivery_attempts_by_delivery", table_name="delivery_attempts")
    op.drop_table("delivery_attempts")
    op.drop_index("deliveries_by_line", table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_table("webhook_progress")
