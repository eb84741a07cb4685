"""Companies and their filings; applications for e-residency."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

HASH = sa.String(66)
ADDRESS = sa.String(42)
UINT = sa.String(78)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "company_filings",
        sa.Column("filing", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("company", HASH, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("founders", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("address", sa.Text()),
        sa.Column("address_salt", sa.Text()),
        sa.Column("nonce", UINT, nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("intent_key", sa.String(200)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("filing", name=op.f("pk_company_filings")),
    )
    op.create_index(op.f("ix_company_filings_company"), "company_filings", ["company"])
    op.create_table(
        "residency_cases",
        sa.Column("case", sa.String(12), nullable=False),
        sa.Column("token_hash", HASH, nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("given_name", sa.Text()),
        sa.Column("family_name", sa.Text()),
        sa.Column("date_of_birth", sa.Text()),
        sa.Column("nationality", sa.Text()),
        sa.Column("document_number", sa.Text()),
        sa.Column("email", sa.Text()),
        sa.Column("reason", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("erased_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("case", name=op.f("pk_residency_cases")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_residency_cases_token_hash")),
    )
    op.create_table(
        "companies",
        sa.Column("company", HASH, nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("applicant", HASH, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.Column("name_key", HASH, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("party", HASH),
        sa.Column("number", sa.Text()),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("founders", sa.Text(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("contact", HASH, nullable=False),
        sa.Column("articles", HASH, nullable=False),
        sa.Column("address_hash", HASH, nullable=False),
        sa.Column("contact_accepted", sa.Integer(), nullable=False),
        sa.Column("fee_settled", sa.Integer(), nullable=False),
        sa.Column("officer", ADDRESS),
        sa.Column("reserved_at", sa.BigInteger(), nullable=False),
        sa.Column("entered_at", sa.BigInteger()),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("company", name=op.f("pk_companies")),
    )
    op.create_index(op.f("ix_companies_block_number"), "companies", ["block_number"])
    op.create_index("ix_companies_name_key", "companies", ["agency", "name_key"])
    op.create_index("ix_companies_number", "companies", ["agency", "number"])
    op.create_index(op.f("ix_companies_party"), "companies", ["party"])
    op.create_table(
        "company_decisions",
        sa.Column("source_hash", HASH, nullable=False),
        sa.Column("company", HASH, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("officer", sa.String(100), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("salt", sa.Text()),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source_hash", name=op.f("pk_company_decisions")),
    )
    op.create_index(op.f("ix_company_decisions_company"), "company_decisions", ["company"])
    op.create_table(
        "company_files",
        sa.Column("company", HASH, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("board", sa.Text(), nullable=False),
        sa.Column("contact", HASH, nullable=False),
        sa.Column("articles", HASH, nullable=False),
        sa.Column("address_hash", HASH, nullable=False),
        sa.Column("officer", ADDRESS, nullable=False),
        sa.Column("court_order", HASH, nullable=False),
        sa.Column("filed_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("company", "version", name=op.f("pk_company_files")),
    )
    op.create_index(op.f("ix_company_files_block_number"), "company_files", ["block_number"])
    op.create_table(
        "company_posts",
        sa.Column("company", HASH, nullable=False),
        sa.Column("party", HASH, nullable=False),
        sa.Column("post", sa.String(12), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("company", "party", "post", name=op.f("pk_company_posts")),
    )
    op.create_index(op.f("ix_company_posts_block_number"), "company_posts", ["block_number"])
    op.create_index("ix_company_posts_party", "company_posts", ["party"])
    op.create_table(
        "company_rules",
        sa.Column("agency", HASH, nullable=False),
        sa.Column("fee_token", ADDRESS, nullable=False),
        sa.Column("fee", UINT, nullable=False),
        sa.Column("payee", ADDRESS, nullable=False),
        sa.Column("contact_kind", HASH, nullable=False),
        sa.Column("founder_kinds", sa.Text(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("agency", name=op.f("pk_company_rules")),
    )
    op.create_index(op.f("ix_company_rules_block_number"), "company_rules", ["block_number"])
    op.create_table(
        "company_signatures",
        sa.Column("filing", sa.String(32), nullable=False),
        sa.Column("part", sa.String(12), nullable=False),
        sa.Column("party", HASH, nullable=False),
        sa.Column("nonce", UINT, nullable=False),
        sa.Column("signature", sa.Text()),
        sa.Column("signed_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["filing"], ["company_filings.filing"], name=op.f("fk_company_signatures_filing")),
        sa.PrimaryKeyConstraint("filing", "part", "party", name=op.f("pk_company_signatures")),
    )
    op.create_table(
        "residency_checks",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("case", sa.String(12), nullable=False),
        sa.Column("check", sa.String(20), nullable=False),
        sa.Column("officer", sa.String(100), nullable=False),
        sa.Column("passed", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text()),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["residency_cases.case"], name=op.f("fk_residency_checks_case")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residency_checks")),
    )
    op.create_index(op.f("ix_residency_checks_case"), "residency_checks", ["case"])
    op.create_table(
        "residency_decisions",
        sa.Column("case", sa.String(12), nullable=False),
        sa.Column("approved", sa.Integer(), nullable=False),
        sa.Column("officer", sa.String(100), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("years", sa.Integer()),
        sa.Column("party", HASH),
        sa.Column("intent_key", sa.String(200)),
        sa.Column("salt", sa.Text()),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case"], ["residency_cases.case"], name=op.f("fk_residency_decisions_case")),
        sa.PrimaryKeyConstraint("case", name=op.f("pk_residency_decisions")),
    )
    op.create_index(op.f("ix_residency_decisions_party"), "residency_decisions", ["party"])


def _block() -> tuple[sa.Column[int], sa.Column[str]]:
    return sa.Column("block_number", sa.BigInteger(), nullable=False), sa.Column("block_hash", HASH, nullable=False)
