"""Land titles in full: what stands on each, what weighs on it, what became of it; registers that moved in."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

HASH = sa.String(66)
ADDRESS = sa.String(42)
UINT = sa.String(78)


def upgrade() -> None:
    """Make the tables; let titles have neither reference nor officer, and be retired."""
    with op.batch_alter_table("titles") as titles:
        titles.alter_column("ref", existing_type=sa.Text(), nullable=True)
        titles.alter_column("officer", existing_type=ADDRESS, nullable=True)
        titles.add_column(sa.Column("retired_at", sa.BigInteger()))
        titles.add_column(sa.Column("retired_by", sa.String(12)))
    _complete_images()
    op.create_table(
        "title_references",
        sa.Column("title", HASH, nullable=False),
        sa.Column("jurisdiction", sa.String(8), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("title", name=op.f("pk_title_references")),
    )
    op.create_index(op.f("ix_title_references_ref"), "title_references", ["ref"])
    op.create_table(
        "published_terms",
        sa.Column("id", HASH, nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_terms")),
    )
    op.create_table(
        "land_acts",
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", HASH, nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("officer", sa.String(100)),
        sa.Column("intent_key", sa.String(200)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("act", name=op.f("pk_land_acts")),
    )
    op.create_index(op.f("ix_land_acts_subject"), "land_acts", ["subject"])
    op.create_table(
        "land_consents",
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("party", HASH, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("nonce", UINT, nullable=False),
        sa.Column("power", HASH),
        sa.Column("attorney", HASH),
        sa.Column("signature", sa.Text()),
        sa.Column("signed_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["act"], ["land_acts.act"], name=op.f("fk_land_consents_act")),
        sa.PrimaryKeyConstraint("act", "party", name=op.f("pk_land_consents")),
    )
    op.create_table(
        "land_signatures",
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("party", HASH, nullable=False),
        sa.Column("representative", HASH, nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["act"], ["land_acts.act"], name=op.f("fk_land_signatures_act")),
        sa.PrimaryKeyConstraint("act", "party", "representative", name=op.f("pk_land_signatures")),
    )
    op.create_table(
        "mentions",
        sa.Column("subject", HASH, nullable=False),
        sa.Column("event_block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("log_index", sa.Integer(), autoincrement=False, nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("subject", "event_block", "log_index", name=op.f("pk_mentions")),
    )
    op.create_index(op.f("ix_mentions_block_number"), "mentions", ["block_number"])
    op.create_table(
        "title_lineage",
        sa.Column("parent", HASH, nullable=False),
        sa.Column("child", HASH, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("parent", "child", name=op.f("pk_title_lineage")),
    )
    op.create_index(op.f("ix_title_lineage_block_number"), "title_lineage", ["block_number"])
    op.create_index(op.f("ix_title_lineage_child"), "title_lineage", ["child"])
    op.create_table(
        "restrictions",
        sa.Column("restriction", HASH, nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("title", HASH, nullable=False),
        sa.Column("by", HASH, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("source_hash", HASH, nullable=False),
        sa.Column("officer", ADDRESS, nullable=False),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger()),
        sa.Column("lifted_by", ADDRESS),
        sa.Column("lifted_source", HASH),
        sa.Column("tx_hash", HASH, nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("restriction", name=op.f("pk_restrictions")),
    )
    op.create_index(op.f("ix_restrictions_block_number"), "restrictions", ["block_number"])
    op.create_index(op.f("ix_restrictions_by"), "restrictions", ["by"])
    op.create_table(
        "title_restrictions",
        sa.Column("title", HASH, nullable=False),
        sa.Column("restriction", HASH, nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("title", "restriction", name=op.f("pk_title_restrictions")),
    )
    op.create_index(op.f("ix_title_restrictions_block_number"), "title_restrictions", ["block_number"])
    op.create_index(op.f("ix_title_restrictions_restriction"), "title_restrictions", ["restriction"])
    op.create_table(
        "title_notices",
        sa.Column("title", HASH, nullable=False),
        sa.Column("sale", HASH, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("title", name=op.f("pk_title_notices")),
    )
    op.create_index(op.f("ix_title_notices_block_number"), "title_notices", ["block_number"])
    op.create_index(op.f("ix_title_notices_sale"), "title_notices", ["sale"])
    op.create_table(
        "grade_proposals",
        sa.Column("title", HASH, nullable=False),
        sa.Column("grade", sa.Integer(), nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=False),
        sa.Column("officer", ADDRESS, nullable=False),
        sa.Column("source_hash", HASH, nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("title", name=op.f("pk_grade_proposals")),
    )
    op.create_index(op.f("ix_grade_proposals_block_number"), "grade_proposals", ["block_number"])
    op.create_table(
        "liens",
        sa.Column("lien", HASH, nullable=False),
        sa.Column("kind", sa.Integer()),
        sa.Column("creditor", HASH),
        sa.Column("amount", UINT),
        sa.Column("currency", HASH),
        sa.Column("deed_hash", HASH),
        sa.Column("holder", HASH),
        *_block(),
        sa.PrimaryKeyConstraint("lien", name=op.f("pk_liens")),
    )
    op.create_index(op.f("ix_liens_block_number"), "liens", ["block_number"])
    op.create_index(op.f("ix_liens_holder"), "liens", ["holder"])
    op.create_table(
        "title_liens",
        sa.Column("title", HASH, nullable=False),
        sa.Column("lien", HASH, nullable=False),
        sa.Column("rank", sa.Integer()),
        sa.Column("legal_date", sa.BigInteger(), nullable=False),
        sa.Column("sale", HASH),
        sa.Column("entered_by", ADDRESS),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.String(12)),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_by", ADDRESS),
        sa.Column("end_source", HASH),
        sa.Column("tx_hash", HASH, nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("title", "lien", name=op.f("pk_title_liens")),
    )
    op.create_index(op.f("ix_title_liens_block_number"), "title_liens", ["block_number"])
    op.create_index(op.f("ix_title_liens_lien"), "title_liens", ["lien"])
    op.create_table(
        "interests",
        sa.Column("interest", HASH, nullable=False),
        sa.Column("kind", sa.Integer()),
        sa.Column("beneficiary", HASH),
        sa.Column("dominant", HASH),
        sa.Column("until", sa.BigInteger()),
        sa.Column("deed_hash", HASH),
        *_block(),
        sa.PrimaryKeyConstraint("interest", name=op.f("pk_interests")),
    )
    op.create_index(op.f("ix_interests_beneficiary"), "interests", ["beneficiary"])
    op.create_index(op.f("ix_interests_block_number"), "interests", ["block_number"])
    op.create_index(op.f("ix_interests_dominant"), "interests", ["dominant"])
    op.create_table(
        "title_interests",
        sa.Column("title", HASH, nullable=False),
        sa.Column("interest", HASH, nullable=False),
        sa.Column("place", sa.Integer()),
        sa.Column("legal_date", sa.BigInteger(), nullable=False),
        sa.Column("entered_by", ADDRESS),
        sa.Column("entered_at", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.String(12)),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_by", ADDRESS),
        sa.Column("end_source", HASH),
        sa.Column("tx_hash", HASH, nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("title", "interest", name=op.f("pk_title_interests")),
    )
    op.create_index(op.f("ix_title_interests_block_number"), "title_interests", ["block_number"])
    op.create_index(op.f("ix_title_interests_interest"), "title_interests", ["interest"])
    op.create_table(
        "migration_roots",
        sa.Column("jurisdiction", sa.String(24), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("root", HASH, nullable=False),
        sa.Column("count", UINT, nullable=False),
        sa.Column("first", HASH, nullable=False),
        sa.Column("last", HASH, nullable=False),
        sa.Column("leaves_hash", HASH, nullable=False),
        sa.Column("predecessor", HASH, nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=False),
        sa.Column("freezes", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger()),
        sa.Column("changes", sa.Integer(), nullable=False),
        sa.Column("officer", ADDRESS, nullable=False),
        sa.Column("proposed_at", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.Integer()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("ended_by", ADDRESS),
        sa.Column("end_order", HASH),
        sa.Column("end_index", UINT),
        sa.Column("tx_hash", HASH, nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("jurisdiction", "number", name=op.f("pk_migration_roots")),
    )
    op.create_index(op.f("ix_migration_roots_block_number"), "migration_roots", ["block_number"])
    op.create_index(op.f("ix_migration_roots_root"), "migration_roots", ["root"])
    op.create_table(
        "migration_freezes",
        sa.Column("freeze", HASH, nullable=False),
        sa.Column("jurisdiction", sa.String(24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("court", HASH, nullable=False),
        sa.Column("officer", ADDRESS, nullable=False),
        sa.Column("order_hash", HASH, nullable=False),
        sa.Column("frozen_at", sa.BigInteger(), nullable=False),
        sa.Column("lifted_at", sa.BigInteger()),
        sa.Column("lifted_by", ADDRESS),
        sa.Column("lifted_order", HASH),
        sa.Column("tx_hash", HASH, nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("freeze", name=op.f("pk_migration_freezes")),
    )
    op.create_index(op.f("ix_migration_freezes_block_number"), "migration_freezes", ["block_number"])
    op.create_index(op.f("ix_migration_freezes_root"), "migration_freezes", ["jurisdiction", "number"])
    op.create_table(
        "migration_releases",
        sa.Column("jurisdiction", sa.String(24), nullable=False),
        sa.Column("title", HASH, nullable=False),
        sa.Column("order_hash", HASH, nullable=False),
        sa.Column("officer", ADDRESS, nullable=False),
        sa.Column("released_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("jurisdiction", "title", name=op.f("pk_migration_releases")),
    )
    op.create_index(op.f("ix_migration_releases_block_number"), "migration_releases", ["block_number"])


def _complete_images() -> None:
    """Give the images of titles in the journal the columns that titles have from now on."""
    connection = op.get_bind()
    images = sa.table("journal", sa.column("id"), sa.column("table_name"), sa.column("row"))
    kept = connection.execute(sa.select(images.c.id, images.c.row).where(images.c.table_name == "titles")).all()
    for one in kept:
        row = json.dumps({**json.loads(one.row), "retired_at": None, "retired_by": None})
        connection.execute(images.update().where(images.c.id == one.id).values(row=row))


def _block() -> tuple[sa.Column[int], sa.Column[str]]:
    return sa.Column("block_number", sa.BigInteger(), nullable=False), sa.Column("block_hash", HASH, nullable=False)
