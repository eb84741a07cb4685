"""Sales of titles, the papers that their parties sign; notices and who is told of them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

HASH = sa.String(66)
ADDRESS = sa.String(42)
UINT = sa.String(78)
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sale_papers",
        sa.Column("paper", sa.String(32), nullable=False),
        sa.Column("draft", HASH, nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("sale", HASH, nullable=False),
        sa.Column("title", HASH, nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("hash", HASH, nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("signed", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("intent_key", sa.String(200)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("paper", name=op.f("pk_sale_papers")),
        sa.UniqueConstraint("draft", name=op.f("uq_sale_papers_draft")),
    )
    op.create_index(op.f("ix_sale_papers_sale"), "sale_papers", ["sale"])
    op.create_index("ix_sale_papers_waiting", "sale_papers", ["missing", "deadline"])
    op.create_table(
        "sale_signatures",
        sa.Column("paper", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("party", HASH, nullable=False),
        sa.Column("nonce", UINT, nullable=False),
        sa.Column("power", HASH),
        sa.Column("attorney", HASH),
        sa.Column("signature", sa.Text()),
        sa.Column("signed_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(["paper"], ["sale_papers.paper"], name=op.f("fk_sale_signatures_paper")),
        sa.PrimaryKeyConstraint("paper", "place", name=op.f("pk_sale_signatures")),
    )
    op.create_index(op.f("ix_sale_signatures_party"), "sale_signatures", ["party"])
    op.create_table(
        "sale_acts",
        sa.Column("intent_key", sa.String(200), nullable=False),
        sa.Column("sale", HASH, nullable=False),
        sa.Column("act", sa.String(12), nullable=False),
        sa.Column("officer", sa.String(100), nullable=False),
        sa.Column("text", sa.Text()),
        sa.Column("salt", sa.Text()),
        sa.Column("done_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("intent_key", name=op.f("pk_sale_acts")),
    )
    op.create_index(op.f("ix_sale_acts_sale"), "sale_acts", ["sale"])
    op.create_table(
        "subscriptions",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("kinds", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriptions")),
    )
    op.create_table(
        "notices",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("subject", HASH, nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("key", name=op.f("uq_notices_key")),
    )
    op.create_index(op.f("ix_notices_subject"), "notices", ["subject"])
    op.create_table(
        "deliveries",
        sa.Column("notice", SERIAL, nullable=False, autoincrement=False),
        sa.Column("subscription", SERIAL, nullable=False, autoincrement=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name=op.f("fk_deliveries_notice")),
        sa.ForeignKeyConstraint(["subscription"], ["subscriptions.id"], name=op.f("fk_deliveries_subscription")),
        sa.PrimaryKeyConstraint("notice", "subscription", name=op.f("pk_deliveries")),
    )
    op.create_index("ix_deliveries_state", "deliveries", ["state", "due_at"])
    op.create_table(
        "sales",
        sa.Column("sale", HASH, nullable=False),
        sa.Column("title", HASH, nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("listing", sa.Text(), nullable=False),
        sa.Column("offer", sa.Text()),
        sa.Column("terms", sa.Text()),
        sa.Column("finance", sa.Text()),
        sa.Column("bill", sa.Text()),
        sa.Column("offer_hash", HASH, nullable=False),
        sa.Column("terms_hash", HASH, nullable=False),
        sa.Column("closing", HASH, nullable=False),
        sa.Column("currency", HASH, nullable=False),
        sa.Column("price", UINT, nullable=False),
        sa.Column("lodgement", UINT),
        sa.Column("notice_until", sa.BigInteger()),
        sa.Column("officer", ADDRESS),
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("open", UINT, nullable=False),
        sa.Column("released", sa.Text()),
        sa.Column("listed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("sale", name=op.f("pk_sales")),
    )
    op.create_index(op.f("ix_sales_title"), "sales", ["title"])
    op.create_index(op.f("ix_sales_block_number"), "sales", ["block_number"])
    op.create_index("ix_sales_status", "sales", ["status", "deadline"])
    op.create_index("ix_sales_listed", "sales", ["listed_at"])
    op.create_table(
        "sale_parties",
        sa.Column("sale", HASH, nullable=False),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("party", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("sale", "role", "place", name=op.f("pk_sale_parties")),
    )
    op.create_index(op.f("ix_sale_parties_block_number"), "sale_parties", ["block_number"])
    op.create_index("ix_sale_parties_party", "sale_parties", ["party"])
    op.create_table(
        "sale_deposits",
        sa.Column("sale", HASH, nullable=False),
        sa.Column("payer", ADDRESS, nullable=False),
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("paid", UINT, nullable=False),
        sa.Column("refunded", UINT, nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("sale", "payer", name=op.f("pk_sale_deposits")),
    )
    op.create_index(op.f("ix_sale_deposits_block_number"), "sale_deposits", ["block_number"])
    op.create_table(
        "sale_payoffs",
        sa.Column("sale", HASH, nullable=False),
        sa.Column("lien", HASH, nullable=False),
        sa.Column("holder", HASH, nullable=False),
        sa.Column("currency", HASH, nullable=False),
        sa.Column("amount", UINT, nullable=False),
        sa.Column("payout", ADDRESS, nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("sale", "lien", name=op.f("pk_sale_payoffs")),
    )
    op.create_index(op.f("ix_sale_payoffs_block_number"), "sale_payoffs", ["block_number"])
    op.create_table(
        "sale_credits",
        sa.Column("token", ADDRESS, nullable=False),
        sa.Column("payee", ADDRESS, nullable=False),
        sa.Column("amount", UINT, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("token", "payee", name=op.f("pk_sale_credits")),
    )
    op.create_index(op.f("ix_sale_credits_block_number"), "sale_credits", ["block_number"])
    op.create_index("ix_sale_credits_payee", "sale_credits", ["payee"])
    op.create_table(
        "sale_rates",
        sa.Column("jurisdiction", sa.String(24), nullable=False),
        sa.Column("currency", HASH, nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("person", sa.BigInteger(), nullable=False),
        sa.Column("organisation", sa.BigInteger(), nullable=False),
        sa.Column("payee", ADDRESS, nullable=False),
        sa.Column("fee", UINT, nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("jurisdiction", "currency", name=op.f("pk_sale_rates")),
    )
    op.create_index(op.f("ix_sale_rates_block_number"), "sale_rates", ["block_number"])
