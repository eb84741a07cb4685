"""The read tables."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

HASH = sa.String(66)
ADDRESS = sa.String(42)
UINT = sa.String(78)  # up to 256 bits in decimal


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "events",
        sa.Column("block_number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("contract", sa.String(40), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("subject", HASH, nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("block_number", "log_index", name=op.f("pk_events")),
    )
    op.create_index("ix_events_subject", "events", ["subject", "block_number", "log_index"])
    op.create_table(
        "agencies",
        sa.Column("agency", HASH, nullable=False),
        sa.Column("parent", HASH, nullable=False),
        sa.Column("admin", ADDRESS, nullable=False),
        sa.Column("scopes", UINT, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("domain_hash", HASH, nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("agency", name=op.f("pk_agencies")),
    )
    op.create_index(op.f("ix_agencies_block_number"), "agencies", ["block_number"])
    op.create_table(
        "officers",
        sa.Column("key", ADDRESS, nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("scopes", UINT, nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("not_after", sa.BigInteger(), nullable=False),
        sa.Column("compromised_since", sa.BigInteger()),
        sa.Column("accredited_at", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_officers")),
    )
    op.create_index(op.f("ix_officers_agency"), "officers", ["agency"])
    op.create_index(op.f("ix_officers_block_number"), "officers", ["block_number"])
    op.create_table(
        "pending_acts",
        sa.Column("act", HASH, nullable=False),
        sa.Column("target", ADDRESS, nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("officer", ADDRESS, nullable=False),
        sa.Column("scope", UINT, nullable=False),
        sa.Column("version", UINT, nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("calldata", sa.Text(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("act", name=op.f("pk_pending_acts")),
    )
    op.create_index(op.f("ix_pending_acts_agency"), "pending_acts", ["agency"])
    op.create_index(op.f("ix_pending_acts_block_number"), "pending_acts", ["block_number"])
    op.create_table(
        "wallets",
        sa.Column("party", HASH, nullable=False),
        sa.Column("wallet", ADDRESS, nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("bound_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("party", name=op.f("pk_wallets")),
    )
    op.create_index(op.f("ix_wallets_block_number"), "wallets", ["block_number"])
    op.create_index(op.f("ix_wallets_wallet"), "wallets", ["wallet"])
    op.create_table(
        "registers",
        sa.Column("jurisdiction", sa.String(24), nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("jurisdiction", name=op.f("pk_registers")),
    )
    op.create_index(op.f("ix_registers_block_number"), "registers", ["block_number"])
    op.create_table(
        "titles",
        sa.Column("title", HASH, nullable=False),
        sa.Column("jurisdiction", sa.String(24), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("geometry_hash", HASH, nullable=False),
        sa.Column("area_dm2", UINT, nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("denominator", UINT, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("source_hash", HASH, nullable=False),
        sa.Column("legal_date", sa.BigInteger(), nullable=False),
        sa.Column("officer", ADDRESS, nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("title", name=op.f("pk_titles")),
        sa.UniqueConstraint("jurisdiction", "ref", name=op.f("uq_titles_jurisdiction_ref")),
    )
    op.create_index(op.f("ix_titles_block_number"), "titles", ["block_number"])
    op.create_index(op.f("ix_titles_geometry_hash"), "titles", ["geometry_hash"])
    op.create_index("ix_titles_ref", "titles", ["ref"])
    op.create_table(
        "shares",
        sa.Column("title", HASH, nullable=False),
        sa.Column("holder", HASH, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("numerator", UINT, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("title", "holder", name=op.f("pk_shares")),
    )
    op.create_index(op.f("ix_shares_block_number"), "shares", ["block_number"])
    op.create_index("ix_shares_holder", "shares", ["holder"])
