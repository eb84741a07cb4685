"""The enrolment office looks whether an envelope of an election was signed for somebody before.

Not unique: a log in which one stands twice cannot be changed any more, its root may be in a box.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_ballot_issuances_blinded", "ballot_issuances", ["setup", "blinded"])
