"""The enrolment office signs an envelope of an election for one voter alone."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_ballot_issuances_blinded", "ballot_issuances", ["setup", "blinded"], unique=True)
