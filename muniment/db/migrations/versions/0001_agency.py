"""The agency's own tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

HASH = sa.String(66)
UINT = sa.String(78)  # up to 256 bits in decimal


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "geometries",
        sa.Column("geometry_hash", HASH, nullable=False),
        sa.Column("canonical", sa.Text(), nullable=False),
        sa.Column("west", sa.Integer(), nullable=False),
        sa.Column("south", sa.Integer(), nullable=False),
        sa.Column("east", sa.Integer(), nullable=False),
        sa.Column("north", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("geometry_hash", name=op.f("pk_geometries")),
    )
    op.create_index("ix_geometries_box", "geometries", ["west", "south", "east", "north"])
    op.create_table(
        "parcels",
        sa.Column("jurisdiction", sa.String(8), nullable=False),
        sa.Column("ref", sa.String(100), nullable=False),
        sa.Column("title", HASH, nullable=False),
        sa.Column("geometry_hash", HASH, nullable=False),
        sa.Column("area_dm2", sa.BigInteger(), nullable=False),
        sa.Column("party", HASH, nullable=False),
        sa.Column("source_name", sa.Text(), nullable=False),
        sa.Column("source_line", sa.Integer(), nullable=False),
        sa.Column("repaired_by_dm2", sa.BigInteger()),
        sa.Column("intent_key", sa.String(200), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["geometry_hash"], ["geometries.geometry_hash"], name=op.f("fk_parcels_geometry_hash")),
        sa.PrimaryKeyConstraint("jurisdiction", "ref", name=op.f("pk_parcels")),
        sa.UniqueConstraint("title", name=op.f("uq_parcels_title")),
    )
    op.create_table(
        "party_records",
        sa.Column("party", HASH, nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("commitment", HASH, nullable=False),
        sa.Column("salt", HASH),
        sa.Column("record", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("party", name=op.f("pk_party_records")),
    )
    op.create_table(
        "invitations",
        sa.Column("code_hash", HASH, nullable=False),
        sa.Column("party", HASH, nullable=False),
        sa.Column("nonce", UINT, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("intent_key", sa.String(200)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["party"], ["party_records.party"], name=op.f("fk_invitations_party")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_invitations")),
    )
