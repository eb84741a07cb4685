"""Identity: recoveries, attestations, organisations, powers of attorney, credentials; room for sealed records.

Records of before this revision stand in clear text until `muniment identity reseal` has run.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

HASH = sa.String(66)
ADDRESS = sa.String(42)
UINT = sa.String(78)


def upgrade() -> None:
    """Make the tables."""
    # Column by column: SQLite would make the table anew to widen one, and invitations point to its rows.
    op.add_column("party_records", sa.Column("wide", sa.Text()))
    op.execute("UPDATE party_records SET wide = salt")
    op.drop_column("party_records", "salt")
    op.execute("ALTER TABLE party_records RENAME COLUMN wide TO salt")
    op.add_column("party_records", sa.Column("erased_at", sa.BigInteger()))
    op.add_column("officers", sa.Column("officer_id", sa.BigInteger()))
    op.create_index(op.f("ix_officers_officer_id"), "officers", ["officer_id"])
    _number_officers()
    op.create_index("ix_intents_lane", "intents", ["lane", "created_at"])
    op.create_table(
        "recoveries",
        sa.Column("party", HASH, nullable=False),
        sa.Column("attempt", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("wallet", ADDRESS, nullable=False),
        sa.Column("ready_at", sa.BigInteger(), nullable=False),
        sa.Column("evidence", HASH, nullable=False),
        sa.Column("court_order", HASH, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger()),
        *_block(),
        sa.PrimaryKeyConstraint("party", "attempt", name=op.f("pk_recoveries")),
    )
    op.create_index("ix_recoveries_state", "recoveries", ["state", "ready_at"])
    op.create_table(
        "attestations",
        sa.Column("party", HASH, nullable=False),
        sa.Column("digest", HASH, nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("evidence", HASH, nullable=False),
        sa.Column("attested_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger()),
        *_block(),
        sa.PrimaryKeyConstraint("party", "digest", name=op.f("pk_attestations")),
    )
    op.create_table(
        "organisations",
        sa.Column("party", HASH, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("representatives", sa.Text(), nullable=False),
        sa.Column("set_by", ADDRESS, nullable=False),
        sa.Column("evidence", HASH, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        *_block(),
        sa.PrimaryKeyConstraint("party", name=op.f("pk_organisations")),
    )
    op.create_table(
        "representatives",
        sa.Column("party", HASH, nullable=False),
        sa.Column("representative", HASH, nullable=False),
        *_block()[1:],
        sa.PrimaryKeyConstraint("party", "representative", name=op.f("pk_representatives")),
    )
    op.create_index("ix_representatives_representative", "representatives", ["representative"])
    op.create_table(
        "powers",
        sa.Column("power", HASH, nullable=False),
        sa.Column("principal", HASH, nullable=False),
        sa.Column("attorney", HASH, nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", HASH, nullable=False),
        sa.Column("price_floor", UINT, nullable=False),
        sa.Column("currency", HASH, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("nonce", UINT, nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("revoked_by", HASH),
        *_block(),
        sa.PrimaryKeyConstraint("power", name=op.f("pk_powers")),
    )
    op.create_index(op.f("ix_powers_principal"), "powers", ["principal"])
    op.create_index(op.f("ix_powers_attorney"), "powers", ["attorney"])
    op.create_table(
        "credential_kinds",
        sa.Column("kind", HASH, nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", UINT, nullable=False),
        *_block()[1:],
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_credential_kinds")),
    )
    op.create_table(
        "credentials",
        sa.Column("party", HASH, nullable=False),
        sa.Column("kind", HASH, nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("officer_id", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("source_hash", HASH, nullable=False),
        sa.Column("revoked_at", sa.BigInteger()),
        sa.Column("reason", sa.Integer()),
        *_block(),
        sa.PrimaryKeyConstraint("party", "kind", name=op.f("pk_credentials")),
    )
    op.create_index("ix_credentials_kind", "credentials", ["kind", "agency"])
    for table in (
        "recoveries",
        "attestations",
        "organisations",
        "representatives",
        "powers",
        "credential_kinds",
        "credentials",
    ):
        op.create_index(op.f(f"ix_{table}_block_number"), table, ["block_number"])


def _number_officers() -> None:
    """Give the officers that were read before, and their images in the journal, the ids that their events name."""
    connection = op.get_bind()
    known = connection.execute(
        sa.text("SELECT arguments FROM events WHERE contract = 'AgencyRegistry' AND name = 'OfficerAccredited'")
    )
    ids = {given["key"]: given["id"] for given in map(json.loads, known.scalars().all())}
    for key, number in ids.items():
        named = {"key": key, "number": number}
        connection.execute(sa.text("UPDATE officers SET officer_id = :number WHERE key = :key"), named)
    images = connection.execute(sa.text("SELECT id, row FROM journal WHERE table_name = 'officers'")).all()
    for image in images:
        row = json.loads(image.row)
        written = {"id": image.id, "row": json.dumps({**row, "officer_id": ids.get(row["key"])})}
        connection.execute(sa.text("UPDATE journal SET row = :row WHERE id = :id"), written)


def _block() -> list[sa.Column[object]]:
    """The transaction and the block that last changed the row."""
    return [
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
    ]
