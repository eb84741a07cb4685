"""Documents: anchors, what was revoked, and who may co-sign."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HASH = sa.String(66)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "documents_anchors",
        sa.Column("issuer", HASH, nullable=False),
        sa.Column("root", HASH, nullable=False),
        sa.Column("schema", HASH, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.BigInteger(), nullable=False),
        sa.Column("policy", HASH, nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Integer()),
        sa.Column("changed_at", sa.BigInteger()),
        sa.Column("successor", HASH),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "root", name=op.f("pk_documents_anchors")),
    )
    op.create_index(op.f("ix_documents_anchors_block_number"), "documents_anchors", ["block_number"])
    op.create_index("ix_documents_anchors_root", "documents_anchors", ["root"])
    op.create_table(
        "documents_revocations",
        sa.Column("issuer", HASH, nullable=False),
        sa.Column("root", HASH, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("held", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Integer()),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("successor", HASH),
        sa.Column("successor_index", sa.BigInteger()),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("issuer", "root", "index", name=op.f("pk_documents_revocations")),
    )
    op.create_index(op.f("ix_documents_revocations_block_number"), "documents_revocations", ["block_number"])
    op.create_table(
        "documents_policies",
        sa.Column("policy", HASH, nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("allowed", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("policy", name=op.f("pk_documents_policies")),
    )
    op.create_index(op.f("ix_documents_policies_agency"), "documents_policies", ["agency"])
    op.create_index(op.f("ix_documents_policies_block_number"), "documents_policies", ["block_number"])
