"""Property alerts: what was told of titles, whom it concerns, and who is told."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

HASH = sa.String(66)
SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "title_alerts",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("title", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("notice", SERIAL, nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name=op.f("fk_title_alerts_notice")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_title_alerts")),
        sa.UniqueConstraint(
            "block_hash", "log_index", "title", "turn", name=op.f("uq_title_alerts_block_hash_log_index_title_turn")
        ),
    )
    op.create_index(op.f("ix_title_alerts_block_number"), "title_alerts", ["block_number"])
    op.create_table(
        "alert_parties",
        sa.Column("party", HASH, nullable=False),
        sa.Column("notice", SERIAL, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name=op.f("fk_alert_parties_notice")),
        sa.PrimaryKeyConstraint("party", "notice", name=op.f("pk_alert_parties")),
    )
    op.create_table(
        "alert_watches",
        sa.Column("party", HASH, nullable=False),
        sa.Column("subscription", SERIAL, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["subscription"], ["subscriptions.id"], name=op.f("fk_alert_watches_subscription")),
        sa.PrimaryKeyConstraint("party", "subscription", name=op.f("pk_alert_watches")),
    )
    op.create_table(
        "alert_cursors",
        sa.Column("chain_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_alert_cursors")),
    )
