"""Ballots: the office's keys and log, credentials, the relay's receipts; ceremonies, boxes and what was cast."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

HASH = sa.String(66)
ADDRESS = sa.String(42)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "ballot_batches",
        sa.Column("box", ADDRESS, nullable=False),
        sa.Column("unit", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("batch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", HASH, nullable=False),
        sa.Column("leaves", sa.BigInteger(), nullable=False),
        sa.Column("cast_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("box", "unit", "batch", name=op.f("pk_ballot_batches")),
    )
    op.create_index(op.f("ix_ballot_batches_block_number"), "ballot_batches", ["block_number"])
    op.create_table(
        "ballot_credentials",
        sa.Column("setup", HASH, nullable=False),
        sa.Column("unit", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("credential", ADDRESS, nullable=False),
        sa.Column("randomizer", sa.String(43), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("setup", "unit", "credential", name=op.f("pk_ballot_credentials")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ballot_issuances",
        sa.Column("setup", HASH, nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("voter", HASH, nullable=False),
        sa.Column("blinded", HASH, nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("setup", "sequence", name=op.f("pk_ballot_issuances")),
        sa.UniqueConstraint("setup", "voter", name=op.f("uq_ballot_issuances_setup_voter")),
    )
    op.create_index("ix_ballot_issuances_unit", "ballot_issuances", ["setup", "unit"])
    op.create_table(
        "ballot_keys",
        sa.Column("modulus_hash", HASH, nullable=False),
        sa.Column("modulus", sa.Text(), nullable=False),
        sa.Column("private", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("modulus_hash", name=op.f("pk_ballot_keys")),
    )
    op.create_table(
        "ballot_receipts",
        sa.Column("box", ADDRESS, nullable=False),
        sa.Column("tracker", HASH, nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("voter_index", sa.BigInteger(), nullable=False),
        sa.Column("previous", HASH, nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("signature", sa.String(132), nullable=False),
        sa.Column("relayer", ADDRESS, nullable=False),
        sa.Column("intent_key", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("box", "tracker", name=op.f("pk_ballot_receipts")),
        sa.UniqueConstraint("intent_key", name=op.f("uq_ballot_receipts_intent_key")),
    )
    op.create_index("ix_ballot_receipts_voter", "ballot_receipts", ["box", "unit", "voter_index"])
    op.create_table(
        "ballot_rolls",
        sa.Column("setup", HASH, nullable=False),
        sa.Column("roll", sa.Text(), nullable=False),
        sa.Column("roll_root", HASH, nullable=False),
        sa.Column("log_root", HASH, nullable=False),
        sa.Column("units", sa.Text(), nullable=False),
        sa.Column("built_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("setup", name=op.f("pk_ballot_rolls")),
    )
    op.create_table(
        "ballot_salts",
        sa.Column("setup", HASH, nullable=False),
        sa.Column("salt", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("setup", name=op.f("pk_ballot_salts")),
    )
    op.create_table(
        "ballot_shares",
        sa.Column("box", ADDRESS, nullable=False),
        sa.Column("trustee", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shares", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("box", "trustee", name=op.f("pk_ballot_shares")),
    )
    op.create_table(
        "ballot_voters",
        sa.Column("setup", HASH, nullable=False),
        sa.Column("voter", HASH, nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("setup", "voter", name=op.f("pk_ballot_voters")),
    )
    op.create_index("ix_ballot_voters_unit", "ballot_voters", ["setup", "unit"])
    op.create_table(
        "ballot_withdrawals",
        sa.Column("box", ADDRESS, nullable=False),
        sa.Column("unit", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("voter_index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("tracker", HASH),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("box", "unit", "voter_index", name=op.f("pk_ballot_withdrawals")),
    )
    op.create_index(op.f("ix_ballot_withdrawals_block_number"), "ballot_withdrawals", ["block_number"])
    op.create_table(
        "ballots",
        sa.Column("box", ADDRESS, nullable=False),
        sa.Column("tracker", HASH, nullable=False),
        sa.Column("unit", sa.BigInteger(), nullable=False),
        sa.Column("voter_index", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Integer(), nullable=False),
        sa.Column("batch", sa.BigInteger()),
        sa.Column("place", sa.BigInteger()),
        sa.Column("previous", HASH),
        sa.Column("replaced_by", HASH),
        sa.Column("skipped", sa.Integer()),
        sa.Column("cast_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("box", "tracker", name=op.f("pk_ballots")),
    )
    op.create_index(op.f("ix_ballots_block_number"), "ballots", ["block_number"])
    op.create_index("ix_ballots_voter", "ballots", ["box", "unit", "voter_index"])
    op.create_table(
        "ceremonies",
        sa.Column("setup", HASH, nullable=False),
        sa.Column("agency", HASH, nullable=False),
        sa.Column("officer", ADDRESS, nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("period", sa.BigInteger(), nullable=False),
        sa.Column("trustees", sa.Integer(), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("manifest_hash", HASH, nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("key_x", HASH),
        sa.Column("key_y", HASH),
        sa.Column("election", HASH),
        sa.Column("box", ADDRESS),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("setup", name=op.f("pk_ceremonies")),
        sa.UniqueConstraint("box", name=op.f("uq_ceremonies_box")),
    )
    op.create_index(op.f("ix_ceremonies_agency"), "ceremonies", ["agency"])
    op.create_index(op.f("ix_ceremonies_election"), "ceremonies", ["election"])
    op.create_index("ix_ceremonies_begun", "ceremonies", ["begun_at"])
    op.create_index(op.f("ix_ceremonies_block_number"), "ceremonies", ["block_number"])
    op.create_table(
        "ceremony_complaints",
        sa.Column("setup", HASH, nullable=False),
        sa.Column("trustee", ADDRESS, nullable=False),
        sa.Column("dealer", ADDRESS, nullable=False),
        sa.Column("answered_at", sa.BigInteger()),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("setup", "trustee", "dealer", name=op.f("pk_ceremony_complaints")),
    )
    op.create_index(op.f("ix_ceremony_complaints_block_number"), "ceremony_complaints", ["block_number"])
    op.create_table(
        "ceremony_trustees",
        sa.Column("setup", HASH, nullable=False),
        sa.Column("account", ADDRESS, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("committed", sa.Integer(), nullable=False),
        sa.Column("revealed", sa.Integer(), nullable=False),
        sa.Column("dealt", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer()),
        sa.Column("key_x", HASH),
        sa.Column("key_y", HASH),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("setup", "account", name=op.f("pk_ceremony_trustees")),
    )
    op.create_index(op.f("ix_ceremony_trustees_block_number"), "ceremony_trustees", ["block_number"])
    op.create_table(
        "election_counts",
        sa.Column("box", ADDRESS, nullable=False),
        sa.Column("group", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contest", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ballots", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("trustees", sa.String(78), nullable=False),
        sa.Column("by", ADDRESS, nullable=False),
        sa.Column("counted_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("box", "group", "contest", name=op.f("pk_election_counts")),
    )
    op.create_index(op.f("ix_election_counts_block_number"), "election_counts", ["block_number"])
    op.create_table(
        "election_groups",
        sa.Column("box", ADDRESS, nullable=False),
        sa.Column("group", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first_unit", sa.BigInteger(), nullable=False),
        sa.Column("last_unit", sa.BigInteger(), nullable=False),
        sa.Column("ballots", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("box", "group", name=op.f("pk_election_groups")),
    )
    op.create_index(op.f("ix_election_groups_block_number"), "election_groups", ["block_number"])
    op.create_table(
        "election_units",
        sa.Column("box", ADDRESS, nullable=False),
        sa.Column("unit", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.Column("eligible", sa.BigInteger(), nullable=False),
        sa.Column("root", HASH, nullable=False),
        sa.Column("ballots", sa.BigInteger(), nullable=False),
        sa.Column("batches", sa.BigInteger(), nullable=False),
        sa.Column("group", sa.BigInteger()),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("box", "unit", name=op.f("pk_election_units")),
    )
    op.create_index(op.f("ix_election_units_block_number"), "election_units", ["block_number"])
    op.create_table(
        "elections",
        sa.Column("box", ADDRESS, nullable=False),
        sa.Column("election", HASH, nullable=False),
        sa.Column("setup", HASH, nullable=False),
        sa.Column("roll_root", HASH, nullable=False),
        sa.Column("log_root", HASH, nullable=False),
        sa.Column("contests", sa.Text(), nullable=False),
        sa.Column("units", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("min_ballots", sa.BigInteger(), nullable=False),
        sa.Column("opens_at", sa.BigInteger(), nullable=False),
        sa.Column("announced", sa.BigInteger(), nullable=False),
        sa.Column("closes_at", sa.BigInteger(), nullable=False),
        sa.Column("groups", sa.BigInteger()),
        sa.Column("grouped", sa.BigInteger()),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("tx_hash", HASH, nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("box", name=op.f("pk_elections")),
        sa.UniqueConstraint("setup", name=op.f("uq_elections_setup")),
    )
    op.create_index(op.f("ix_elections_block_number"), "elections", ["block_number"])
    op.create_table(
        "found_contracts",
        sa.Column("address", ADDRESS, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", HASH, nullable=False),
        sa.PrimaryKeyConstraint("address", name=op.f("pk_found_contracts")),
    )
    op.create_index(op.f("ix_found_contracts_block_number"), "found_contracts", ["block_number"])
