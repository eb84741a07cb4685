"""The outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

HASH = sa.String(66)
ADDRESS = sa.String(42)
UINT = sa.String(78)  # up to 256 bits in decimal
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "transactions",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("signer", ADDRESS, nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("contract", ADDRESS, nullable=False),
        sa.Column("gas_limit", sa.BigInteger(), nullable=False),
        sa.Column("max_fee", UINT, nullable=False),
        sa.Column("tip", UINT, nullable=False),
        sa.Column("replaces", SERIAL),
        sa.Column("sent_at_block", sa.BigInteger()),
        sa.Column("block_number", sa.BigInteger()),
        sa.Column("block_hash", HASH),
        sa.Column("gas_used", sa.BigInteger()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["replaces"], ["transactions.id"], name=op.f("fk_transactions_replaces")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transactions")),
        sa.UniqueConstraint("hash", name=op.f("uq_transactions_hash")),
    )
    op.create_index("ix_transactions_nonce", "transactions", ["signer", "chain_id", "nonce"])
    op.create_index("ix_transactions_state", "transactions", ["state"])
    op.create_table(
        "intents",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("lane", sa.String(100), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_hash", HASH, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("transaction_id", SERIAL),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["transaction_id"], ["transactions.id"], name=op.f("fk_intents_transaction_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intents")),
        sa.UniqueConstraint("key", name=op.f("uq_intents_key")),
    )
    op.create_index("ix_intents_state", "intents", ["state", "id"])
    op.create_index("ix_intents_transaction_id", "intents", ["transaction_id"])
    op.create_table(
        "signers",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("signer", ADDRESS, nullable=False),
        sa.Column("next_nonce", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.String(64)),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "signer", name=op.f("pk_signers")),
    )
