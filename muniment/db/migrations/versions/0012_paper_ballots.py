"""Paper ballots: what a desk asks a voter who withdrew, and which voters were given one."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "paper_ballots",
        sa.Column("box", sa.String(42), nullable=False),
        sa.Column("unit", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("voter_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("signature", sa.String(132)),
        sa.Column("handed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("box", "unit", "voter_index", name=op.f("pk_paper_ballots")),
    )
