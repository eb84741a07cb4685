"""Every table of the service, in one place.

Three kinds, never mixed:

- *the agency's own* (`parcels`, `party_records`, `invitations`, `geometries`, `residency_*`,
  `company_filings`, `company_signatures`, `company_decisions`, `title_references`, `published_terms`, `land_acts`,
  `land_consents`, `land_signatures`, `sale_papers`, `sale_signatures`, `sale_acts`, `subscriptions`, `notices`,
  `deliveries`, `title_alerts`, `alert_*`, `ballot_keys`, `ballot_voters`, `ballot_salts`, `ballot_issuances`,
  `ballot_credentials`, `ballot_rolls`, `ballot_receipts`, `ballot_shares`, `paper_ballots`): written by staff, imports
  and whoever signs;
- *the outbox* (`intents`, `transactions`, `signers`): written by `submit` and the worker;
- *read tables* (`events` and below): written by the indexer alone, and rebuilt from the chain at will.

Conventions: ids, hashes and addresses are lower-case hex text with 0x; times are Unix seconds (UTC) of the block;
areas are square decimetres. Every row of a read table carries the block that last changed it.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Uint(TypeDecorator[int]):
    """An unsigned Solidity integer of up to 256 bits, as decimal text: SQL integers end at 63 bits."""

    impl = String(78)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write the number as decimal text."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Read the decimal text as a number."""
        return None if value is None else int(value)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

HASH = String(66)
ADDRESS = String(42)
SERIAL = BigInteger().with_variant(Integer, "sqlite")

# ── The agency's own ────────────────────────────────────────────────────────────────────────────────────────────

# Published by hash: anyone may have the bytes, and checks them against the title's geometry hash.
geometries = Table(
    "geometries",
    metadata,
    Column("geometry_hash", HASH, primary_key=True),
    Column("canonical", Text, nullable=False),  # RFC 8785 text of a GeoJSON Polygon or MultiPolygon
    Column("west", Integer, nullable=False),  # bounding box in 1e-7 degrees
    Column("south", Integer, nullable=False),
    Column("east", Integer, nullable=False),
    Column("north", Integer, nullable=False),
)
Index("ix_geometries_box", geometries.c.west, geometries.c.south, geometries.c.east, geometries.c.north)

parcels = Table(
    "parcels",
    metadata,
    Column("jurisdiction", String(8), primary_key=True),
    Column("ref", String(100), primary_key=True),
    Column("title", HASH, nullable=False, unique=True),
    Column("geometry_hash", HASH, ForeignKey("geometries.geometry_hash"), nullable=False),
    Column("area_dm2", BigInteger, nullable=False),
    Column("party", HASH, nullable=False),
    Column("source_name", Text, nullable=False),
    Column("source_line", Integer, nullable=False),
    Column("repaired_by_dm2", BigInteger),  # how repair changed the area; null when the geometry is as delivered
    Column("intent_key", String(200), nullable=False),
    Column("imported_at", BigInteger, nullable=False),
)

# Private: salt and record are sealed (muniment.identity.sealing). The commitment is the salted hash of the record;
# without the salt nobody can tell whose it is.
party_records = Table(
    "party_records",
    metadata,
    Column("party", HASH, primary_key=True),
    Column("agency", HASH, nullable=False),
    Column("commitment", HASH, nullable=False),
    Column("salt", Text),  # null once erased
    Column("record", Text),  # canonical JSON of the identity record; null once erased
    Column("created_at", BigInteger, nullable=False),
    Column("erased_at", BigInteger),
)

# A one-time code that a citizen gets after an identity check, to bind a wallet with.
invitations = Table(
    "invitations",
    metadata,
    Column("code_hash", HASH, primary_key=True),
    Column("party", HASH, ForeignKey("party_records.party"), nullable=False),
    Column("nonce", Uint, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("intent_key", String(200)),  # set once a wallet has signed
    Column("created_at", BigInteger, nullable=False),
)

# An application for e-residency. What is said of the person is sealed (muniment.identity.sealing), and null once
# erased; the rest stays: when it was made, who checked and decided.
residency_cases = Table(
    "residency_cases",
    metadata,
    Column("case", String(12), primary_key=True),
    Column("token_hash", HASH, nullable=False, unique=True),  # of what the applicant follows the case by
    Column("agency", HASH, nullable=False),
    Column("given_name", Text),
    Column("family_name", Text),
    Column("date_of_birth", Text),
    Column("nationality", Text),
    Column("document_number", Text),
    Column("email", Text),
    Column("reason", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("erased_at", BigInteger),
)

# One row for each look at one thing; a later one counts, the earlier stays.
residency_checks = Table(
    "residency_checks",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("case", String(12), ForeignKey("residency_cases.case"), nullable=False, index=True),
    Column("check", String(20), nullable=False),  # identity_document likeness sanctions
    Column("officer", String(100), nullable=False),
    Column("passed", Integer, nullable=False),
    Column("note", Text),  # sealed; null once erased
    Column("checked_at", BigInteger, nullable=False),
)

# The key is the case: nothing is decided twice.
residency_decisions = Table(
    "residency_decisions",
    metadata,
    Column("case", String(12), ForeignKey("residency_cases.case"), primary_key=True),
    Column("approved", Integer, nullable=False),
    Column("officer", String(100), nullable=False),
    Column("reason", Text),  # of a refusal, sealed; null once erased
    Column("years", Integer),
    Column("party", HASH, index=True),
    Column("intent_key", String(200)),
    Column("salt", Text),  # of the credential's source hash, sealed; null once erased
    Column("decided_at", BigInteger, nullable=False),
)

# What several people sign together: a company's founding, a change, its end.
company_filings = Table(
    "company_filings",
    metadata,
    Column("filing", String(32), primary_key=True),  # random, so that only those know it who were told
    Column("kind", String(12), nullable=False),  # FilingKind
    Column("company", HASH, nullable=False, index=True),
    Column("version", BigInteger, nullable=False),  # on file when it was opened
    Column("founders", Text, nullable=False),  # JSON lists of ids, and a CompanyFile as JSON
    Column("file", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("address", Text),  # sealed, as is its salt; null once erased
    Column("address_salt", Text),
    Column("nonce", Uint, nullable=False),  # the company's; unused in a founding
    Column("deadline", BigInteger, nullable=False),
    Column("intent_key", String(200)),  # set once enough have signed
    Column("created_at", BigInteger, nullable=False),
)

company_signatures = Table(
    "company_signatures",
    metadata,
    Column("filing", String(32), ForeignKey("company_filings.filing"), primary_key=True),
    Column("part", String(12), primary_key=True),  # Part
    Column("party", HASH, primary_key=True),
    Column("nonce", Uint, nullable=False),
    Column("signature", Text),
    Column("signed_at", BigInteger),
)

# What registrars decided on paper. The chain holds the salted hash alone.
company_decisions = Table(
    "company_decisions",
    metadata,
    Column("source_hash", HASH, primary_key=True),
    Column("company", HASH, nullable=False, index=True),
    Column("kind", String(12), nullable=False),  # refusal fee entry
    Column("officer", String(100), nullable=False),
    Column("text", Text),  # sealed, as is the salt
    Column("salt", Text),
    Column("decided_at", BigInteger, nullable=False),
)

# Published, and checked by hash as geometries are: the reference behind a title's id, where no event tells it since the
# title moved in with its register.
title_references = Table(
    "title_references",
    metadata,
    Column("title", HASH, primary_key=True),
    Column("jurisdiction", String(8), nullable=False),
    Column("ref", Text, nullable=False),
)
Index("ix_title_references_ref", title_references.c.ref)

# Published likewise: the terms behind the id of a lien, a lease or an easement that moved in.
published_terms = Table(
    "published_terms",
    metadata,
    Column("id", HASH, primary_key=True),
    Column("terms", Text, nullable=False),  # the contract's struct as JSON
)

# An act on a title for which parties sign: what it says, and what became of it.
land_acts = Table(
    "land_acts",
    metadata,
    Column("act", String(32), primary_key=True),  # random, so that only those know it who were told
    Column("kind", String(20), nullable=False),  # ActKind
    Column("subject", HASH, nullable=False, index=True),  # the title, lien, interest or caveat
    Column("terms", Text, nullable=False),  # JSON
    Column("deadline", BigInteger, nullable=False),
    Column("officer", String(100)),  # who let it go to the chain, where that takes a registrar
    Column("intent_key", String(200)),
    Column("created_at", BigInteger, nullable=False),
)

land_consents = Table(
    "land_consents",
    metadata,
    Column("act", String(32), ForeignKey("land_acts.act"), primary_key=True),
    Column("party", HASH, primary_key=True),  # whose right is at stake
    Column("place", Integer, nullable=False),
    Column("nonce", Uint, nullable=False),
    Column("power", HASH),  # null where the party signs itself
    Column("attorney", HASH),
    Column("signature", Text),
    Column("signed_at", BigInteger),
)

# What representatives of an organisation signed, until there are enough of them.
land_signatures = Table(
    "land_signatures",
    metadata,
    Column("act", String(32), ForeignKey("land_acts.act"), primary_key=True),
    Column("party", HASH, primary_key=True),
    Column("representative", HASH, primary_key=True),
    Column("signature", Text, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
)

# A paper of a sale that several people sign: listing, offer, contract, finance, bill, payoff, cancellation.
sale_papers = Table(
    "sale_papers",
    metadata,
    Column("paper", String(32), primary_key=True),  # random, so that only those know it who were told
    Column("draft", HASH, nullable=False, unique=True),  # what is drafted again is the same paper
    Column("kind", String(12), nullable=False),  # PaperKind
    Column("sale", HASH, nullable=False, index=True),
    Column("title", HASH, nullable=False),
    Column("document", Text, nullable=False),  # the struct as JSON
    Column("hash", HASH, nullable=False),
    Column("deadline", BigInteger, nullable=False),  # of the signatures
    Column("missing", Integer, nullable=False),  # signatures
    Column("signed", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),  # how often it was queued
    Column("intent_key", String(200)),  # the latest
    Column("created_at", BigInteger, nullable=False),
)
Index("ix_sale_papers_waiting", sale_papers.c.missing, sale_papers.c.deadline)

sale_signatures = Table(
    "sale_signatures",
    metadata,
    Column("paper", String(32), ForeignKey("sale_papers.paper"), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),  # in the order of the contract's consents
    Column("role", String(12), nullable=False),  # Role
    Column("party", HASH, nullable=False, index=True),
    Column("nonce", Uint, nullable=False),
    Column("power", HASH),  # of attorney, under which another signed
    Column("attorney", HASH),
    Column("signature", Text),
    Column("signed_at", BigInteger),
)

# What a registrar did in a sale, and on what. The chain holds a receipt's salted hash alone.
sale_acts = Table(
    "sale_acts",
    metadata,
    Column("intent_key", String(200), primary_key=True),
    Column("sale", HASH, nullable=False, index=True),
    Column("act", String(12), nullable=False),  # lodge duty
    Column("officer", String(100), nullable=False),
    Column("text", Text),  # sealed, as is the salt
    Column("salt", Text),
    Column("done_at", BigInteger, nullable=False),
)

# Who is told what by webhook. The secret is sealed (muniment.identity.sealing).
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("kinds", Text, nullable=False),  # JSON list
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

# What there is to tell, in order: the cursor of whoever missed something.
notices = Table(
    "notices",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),  # one key, one notice, for ever
    Column("kind", String(40), nullable=False),
    Column("subject", HASH, nullable=False, index=True),
    Column("facts", Text, nullable=False),  # RFC 8785
    Column("created_at", BigInteger, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("notice", SERIAL, ForeignKey("notices.id"), primary_key=True, autoincrement=False),
    Column("subscription", SERIAL, ForeignKey("subscriptions.id"), primary_key=True, autoincrement=False),
    Column("state", String(12), nullable=False),  # waiting taken given_up
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),  # of the next attempt
    Column("reason", Text),  # why the last attempt failed
    Column("updated_at", BigInteger, nullable=False),
)
Index("ix_deliveries_state", deliveries.c.state, deliveries.c.due_at)

# What was told of titles. A block that left the chain is told of again: `withdrawn_at` is when.
title_alerts = Table(
    "title_alerts",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("title", HASH, nullable=False),
    Column("block_number", BigInteger, nullable=False, index=True),
    Column("block_hash", HASH, nullable=False),
    Column("log_index", Integer, nullable=False),
    Column("turn", Integer, nullable=False),  # how often the block had been here before
    Column("notice", SERIAL, ForeignKey("notices.id"), nullable=False),
    Column("withdrawn_at", BigInteger),
    UniqueConstraint("block_hash", "log_index", "title", "turn"),
)

# Whom an alert concerns: who held the title before or after, and whoever else the event names.
alert_parties = Table(
    "alert_parties",
    metadata,
    Column("party", HASH, primary_key=True),
    Column("notice", SERIAL, ForeignKey("notices.id"), primary_key=True, autoincrement=False),
)

# Which subscriptions are told of one party's titles alone.
alert_watches = Table(
    "alert_watches",
    metadata,
    Column("party", HASH, primary_key=True),
    Column("subscription", SERIAL, ForeignKey("subscriptions.id"), primary_key=True, autoincrement=False),
)

# Up to which block nothing can come any more that was not told; what was read before the first is not told.
alert_cursors = Table(
    "alert_cursors",
    metadata,
    Column("chain_id", BigInteger, primary_key=True, autoincrement=False),
    Column("block_number", BigInteger, nullable=False),
)

# ── Ballots: what the enrolment office and the relay keep ───────────────────────────────────────────────────────
#
# No row of a credential names a voter, a signature's blinding or a time, and none can be brought into the order of
# arrival: who enrolled and who votes must not be linked by whoever reads the database.

# The office's keys, one for each unit of an election; the private part is sealed (muniment.identity.sealing).
ballot_keys = Table(
    "ballot_keys",
    metadata,
    Column("modulus_hash", HASH, primary_key=True),  # keccak256 of the modulus' bytes
    Column("modulus", Text, nullable=False),  # base64url
    Column("private", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
)

# Who may enrol, as the agency says.
ballot_voters = Table(
    "ballot_voters",
    metadata,
    Column("setup", HASH, primary_key=True),
    Column("voter", HASH, primary_key=True),  # a party, or a salted hash for whoever is none
    Column("unit", Integer, nullable=False),
)
Index("ix_ballot_voters_unit", ballot_voters.c.setup, ballot_voters.c.unit)

# What the reference of a voter who is no party was hashed with, so that the office finds the voter again.
ballot_salts = Table(
    "ballot_salts",
    metadata,
    Column("setup", HASH, primary_key=True),
    Column("salt", Text, nullable=False),  # sealed
)

# The office's log: who got a signature, over what nobody can read.
ballot_issuances = Table(
    "ballot_issuances",
    metadata,
    Column("setup", HASH, primary_key=True),
    Column("sequence", Integer, primary_key=True, autoincrement=False),
    Column("unit", Integer, nullable=False),
    Column("voter", HASH, nullable=False),
    Column("blinded", HASH, nullable=False),  # keccak256 of the blinded message
    Column("authority", Text, nullable=False),  # RFC 8785
    Column("signature", Text, nullable=False),  # blind, base64url: to be given again
    UniqueConstraint("setup", "voter"),
)
# One envelope holds one credential: two voters with the same would be one line of the roll.
Index("ix_ballot_issuances_blinded", ballot_issuances.c.setup, ballot_issuances.c.blinded)
Index("ix_ballot_issuances_unit", ballot_issuances.c.setup, ballot_issuances.c.unit)

# Without a row number: SQLite keeps these rows by their key alone.
ballot_credentials = Table(
    "ballot_credentials",
    metadata,
    Column("setup", HASH, primary_key=True),
    Column("unit", Integer, primary_key=True, autoincrement=False),
    Column("credential", ADDRESS, primary_key=True),
    Column("randomizer", String(43), nullable=False),  # base64url
    Column("signature", Text, nullable=False),  # base64url
    sqlite_with_rowid=False,
)

# The roll as it was published; the log as of then.
ballot_rolls = Table(
    "ballot_rolls",
    metadata,
    Column("setup", HASH, primary_key=True),
    Column("roll", Text, nullable=False),
    Column("roll_root", HASH, nullable=False),
    Column("log_root", HASH, nullable=False),
    Column("units", Text, nullable=False),  # JSON list of UnitRoll
    Column("built_at", BigInteger, nullable=False),
)

# Ballots that the relay took, with its receipts.
ballot_receipts = Table(
    "ballot_receipts",
    metadata,
    Column("box", ADDRESS, primary_key=True),
    Column("tracker", HASH, primary_key=True),
    Column("unit", Integer, nullable=False),
    Column("voter_index", BigInteger, nullable=False),
    Column("previous", HASH, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("signature", String(132), nullable=False),  # the relayer's, over BallotReceipt
    Column("relayer", ADDRESS, nullable=False),
    Column("intent_key", String(200), nullable=False, unique=True),
)
Index("ix_ballot_receipts_voter", ballot_receipts.c.box, ballot_receipts.c.unit, ballot_receipts.c.voter_index)

# Trustees' shares of the decryption of all groups, until somebody counts with them.
ballot_shares = Table(
    "ballot_shares",
    metadata,
    Column("box", ADDRESS, primary_key=True),
    Column("trustee", Integer, primary_key=True, autoincrement=False),  # place, from 1
    Column("shares", Text, nullable=False),  # JSON
)

# Voters who came to a desk to vote on paper: the number that they were told last, and who was given a ballot.
paper_ballots = Table(
    "paper_ballots",
    metadata,
    Column("box", ADDRESS, primary_key=True),
    Column("unit", BigInteger, primary_key=True, autoincrement=False),
    Column("voter_index", BigInteger, primary_key=True, autoincrement=False),
    Column("number", Integer, nullable=False),
    Column("signature", String(132)),  # the credential's, over PaperBallot with this number
    Column("handed_at", BigInteger),
)

# ── Outbox ──────────────────────────────────────────────────────────────────────────────────────────────────────

transactions = Table(
    "transactions",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("chain_id", BigInteger, nullable=False),
    Column("signer", ADDRESS, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("hash", HASH, nullable=False, unique=True),
    Column("raw", LargeBinary, nullable=False),  # the signed bytes, stored before they are first sent
    # signed broadcast included safe finalized; replaced by a dearer one, of which either may be mined;
    # reverted, and for good: failed; dropped: its nonce was used by another
    Column("state", String(12), nullable=False),
    Column("contract", ADDRESS, nullable=False),
    Column("gas_limit", BigInteger, nullable=False),
    Column("max_fee", Uint, nullable=False),  # wei per gas
    Column("tip", Uint, nullable=False),  # wei per gas
    Column("replaces", SERIAL, ForeignKey("transactions.id")),
    Column("sent_at_block", BigInteger),
    Column("block_number", BigInteger),
    Column("block_hash", HASH),
    Column("gas_used", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
Index("ix_transactions_nonce", transactions.c.signer, transactions.c.chain_id, transactions.c.nonce)
Index("ix_transactions_state", transactions.c.state)

intents = Table(
    "intents",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),  # idempotency: one key, one act, for ever
    Column("kind", String(40), nullable=False),  # "land.register"
    Column("lane", String(100), nullable=False),  # intents of one kind and lane may share a transaction
    Column("body", Text, nullable=False),  # RFC 8785
    Column("body_hash", HASH, nullable=False),
    Column("state", String(12), nullable=False),  # queued signed broadcast included safe finalized refused parked
    Column("reason", Text),  # why refused or parked: {"error": name, "arguments": {...}} as JSON
    Column("transaction_id", SERIAL, ForeignKey("transactions.id")),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
Index("ix_intents_state", intents.c.state, intents.c.id)
Index("ix_intents_lane", intents.c.lane, intents.c.created_at)
Index("ix_intents_transaction_id", intents.c.transaction_id)

signers = Table(
    "signers",
    metadata,
    Column("chain_id", BigInteger, primary_key=True),
    Column("signer", ADDRESS, primary_key=True),
    Column("next_nonce", BigInteger, nullable=False),
    Column("holder", String(64)),  # the worker that holds the lease
    Column("lease_until", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),  # grows with each lease; a paused worker's writes name an old one
)

# ── Indexer ─────────────────────────────────────────────────────────────────────────────────────────────────────

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("chain_id", BigInteger, primary_key=True),
    Column("genesis_hash", HASH, nullable=False),
    Column("number", BigInteger, nullable=False),  # all blocks up to here are projected
    Column("hash", HASH, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("safe_number", BigInteger, nullable=False),
    Column("finalized_number", BigInteger, nullable=False),
    Column("halted", Text),  # why the indexer stopped for good; null while it runs
)

# Hashes of recent blocks, to find the common ancestor after a reorganisation.
blocks = Table(
    "blocks",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", HASH, nullable=False),
    Column("parent_hash", HASH, nullable=False),
    Column("time", BigInteger, nullable=False),
)

# Before-images of updated and deleted rows. Inserted rows need none: they name their block.
journal = Table(
    "journal",
    metadata,
    Column("id", SERIAL, primary_key=True),
    Column("block_number", BigInteger, nullable=False, index=True),
    Column("table_name", String(40), nullable=False),
    Column("row", Text, nullable=False),  # JSON of the row as it was
)


def _block() -> tuple[Column[int], Column[str]]:
    """The block that last changed the row."""
    return Column("block_number", BigInteger, nullable=False, index=True), Column("block_hash", HASH, nullable=False)


# ── Read tables: every event, and what the events add up to ─────────────────────────────────────────────────────

events = Table(
    "events",
    metadata,
    Column("block_number", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    Column("block_hash", HASH, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    Column("contract", String(40), nullable=False),
    Column("name", String(40), nullable=False),
    Column("subject", HASH, nullable=False),  # the first indexed argument: the title, party, agency … it is about
    Column("arguments", Text, nullable=False),  # canonical JSON
)
Index("ix_events_subject", events.c.subject, events.c.block_number, events.c.log_index)

# Whom an event is about beside its subject: the titles that were merged, or that an assigned lien weighs on.
mentions = Table(
    "mentions",
    metadata,
    Column("subject", HASH, primary_key=True),
    Column("event_block", BigInteger, primary_key=True, autoincrement=False),
    Column("log_index", Integer, primary_key=True, autoincrement=False),
    *_block(),
)

agencies = Table(
    "agencies",
    metadata,
    Column("agency", HASH, primary_key=True),
    Column("parent", HASH, nullable=False),
    Column("admin", ADDRESS, nullable=False),
    Column("scopes", Uint, nullable=False),
    Column("status", Integer, nullable=False),  # AgencyStatus
    Column("domain_hash", HASH, nullable=False),
    Column("registered_at", BigInteger, nullable=False),
    *_block(),
)

officers = Table(
    "officers",
    metadata,
    Column("key", ADDRESS, primary_key=True),
    Column("agency", HASH, nullable=False, index=True),
    Column("scopes", Uint, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("not_after", BigInteger, nullable=False),
    Column("compromised_since", BigInteger),
    Column("accredited_at", BigInteger, nullable=False),
    Column("officer_id", BigInteger, index=True),  # Officer.id, by which credentials name who issued them
    *_block(),
)

pending_acts = Table(
    "pending_acts",
    metadata,
    Column("act", HASH, primary_key=True),
    Column("target", ADDRESS, nullable=False),
    Column("agency", HASH, nullable=False, index=True),
    Column("officer", ADDRESS, nullable=False),
    Column("scope", Uint, nullable=False),
    Column("version", Uint, nullable=False),
    Column("deadline", BigInteger, nullable=False),
    Column("calldata", Text, nullable=False),
    *_block(),
)

wallets = Table(
    "wallets",
    metadata,
    Column("party", HASH, primary_key=True),
    Column("wallet", ADDRESS, nullable=False, index=True),
    Column("agency", HASH, nullable=False),
    Column("bound_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)

recoveries = Table(
    "recoveries",
    metadata,
    Column("party", HASH, primary_key=True),
    Column("attempt", BigInteger, primary_key=True, autoincrement=False),
    Column("wallet", ADDRESS, nullable=False),  # the new one
    Column("ready_at", BigInteger, nullable=False),
    Column("evidence", HASH, nullable=False),
    Column("court_order", HASH, nullable=False),  # zero: it can be vetoed
    Column("state", String(12), nullable=False),  # begun vetoed cancelled completed
    Column("begun_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("tx_hash", HASH, nullable=False),  # of its latest event
    *_block(),
)
Index("ix_recoveries_state", recoveries.c.state, recoveries.c.ready_at)

attestations = Table(
    "attestations",
    metadata,
    Column("party", HASH, primary_key=True),
    Column("digest", HASH, primary_key=True),
    Column("agency", HASH, nullable=False),
    Column("evidence", HASH, nullable=False),
    Column("attested_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)

organisations = Table(
    "organisations",
    metadata,
    Column("party", HASH, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("threshold", Integer, nullable=False),  # 0 once it has ended
    Column("representatives", Text, nullable=False),  # JSON list of persons, ascending
    Column("set_by", ADDRESS, nullable=False),  # the second officer, or the registry that keeps it
    Column("evidence", HASH, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)

# The same lists by person: for whom does somebody sign?
representatives = Table(
    "representatives",
    metadata,
    Column("party", HASH, primary_key=True),
    Column("representative", HASH, primary_key=True),
    *_block(),
)
Index("ix_representatives_representative", representatives.c.representative)

powers = Table(
    "powers",
    metadata,
    Column("power", HASH, primary_key=True),
    Column("principal", HASH, nullable=False, index=True),
    Column("attorney", HASH, nullable=False, index=True),
    Column("act", Text, nullable=False),
    Column("subject", HASH, nullable=False),  # zero: any
    Column("price_floor", Uint, nullable=False),
    Column("currency", HASH, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("nonce", Uint, nullable=False),
    Column("granted_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Column("revoked_by", HASH),
    Column("tx_hash", HASH, nullable=False),  # of its latest event
    *_block(),
)

credential_kinds = Table(
    "credential_kinds",
    metadata,
    Column("kind", HASH, primary_key=True),
    Column("agency", HASH, nullable=False),  # zero: known everywhere
    Column("name", Text, nullable=False),
    Column("scope", Uint, nullable=False),  # the power that issues it
    *_block(),
)

credentials = Table(
    "credentials",
    metadata,
    Column("party", HASH, primary_key=True),
    Column("kind", HASH, primary_key=True),
    Column("agency", HASH, nullable=False),
    Column("officer_id", BigInteger, nullable=False),  # whose key issued it
    Column("issued_at", BigInteger, nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    Column("source_hash", HASH, nullable=False),
    Column("revoked_at", BigInteger),
    Column("reason", Integer),  # of revocation, RFC 5280; null while it stands
    Column("tx_hash", HASH, nullable=False),  # of its latest event
    *_block(),
)
Index("ix_credentials_kind", credentials.c.kind, credentials.c.agency)

company_rules = Table(
    "company_rules",
    metadata,
    Column("agency", HASH, primary_key=True),
    Column("fee_token", ADDRESS, nullable=False),  # zero: fees are attested
    Column("fee", Uint, nullable=False),  # in the token's units
    Column("payee", ADDRESS, nullable=False),
    Column("contact_kind", HASH, nullable=False),
    Column("founder_kinds", Text, nullable=False),  # JSON list
    Column("set_at", BigInteger, nullable=False),
    *_block(),
)

companies = Table(
    "companies",
    metadata,
    Column("company", HASH, primary_key=True),
    Column("agency", HASH, nullable=False),
    Column("applicant", HASH, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_folded", Text, nullable=False),  # case folded, to search by
    Column("name_key", HASH, nullable=False),
    Column("status", Integer, nullable=False),  # CompanyStatus
    Column("until", BigInteger, nullable=False),  # when reservation or application runs out; 0 for never
    Column("party", HASH, index=True),  # the company itself, once entered
    Column("number", Text),  # the register's own
    Column("version", BigInteger, nullable=False),
    Column("founders", Text, nullable=False),  # JSON lists
    Column("threshold", Integer, nullable=False),
    Column("board", Text, nullable=False),
    Column("contact", HASH, nullable=False),  # zero, as below, before the articles are signed
    Column("articles", HASH, nullable=False),
    Column("address_hash", HASH, nullable=False),
    Column("contact_accepted", Integer, nullable=False),
    Column("fee_settled", Integer, nullable=False),
    Column("officer", ADDRESS),
    Column("reserved_at", BigInteger, nullable=False),
    Column("entered_at", BigInteger),
    Column("changed_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),  # of its latest event
    *_block(),
)
Index("ix_companies_name_key", companies.c.agency, companies.c.name_key)
Index("ix_companies_number", companies.c.agency, companies.c.number)

# What was on file, entry by entry.
company_files = Table(
    "company_files",
    metadata,
    Column("company", HASH, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("threshold", Integer, nullable=False),
    Column("board", Text, nullable=False),  # JSON list
    Column("contact", HASH, nullable=False),
    Column("articles", HASH, nullable=False),
    Column("address_hash", HASH, nullable=False),
    Column("officer", ADDRESS, nullable=False),
    Column("court_order", HASH, nullable=False),
    Column("filed_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)

# Who holds which post now: applicant, founder, board, contact.
company_posts = Table(
    "company_posts",
    metadata,
    Column("company", HASH, primary_key=True),
    Column("party", HASH, primary_key=True),
    Column("post", String(12), primary_key=True),
    Column("since", BigInteger, nullable=False),
    *_block(),
)
Index("ix_company_posts_party", company_posts.c.party)

registers = Table(
    "registers",
    metadata,
    Column("jurisdiction", String(24), primary_key=True),
    Column("agency", HASH, nullable=False),
    Column("status", Integer, nullable=False),  # RegisterStatus
    *_block(),
)

titles = Table(
    "titles",
    metadata,
    Column("title", HASH, primary_key=True),
    Column("jurisdiction", String(24), nullable=False),
    Column("ref", Text),  # null where the title moved in with its register
    Column("agency", HASH, nullable=False),
    Column("geometry_hash", HASH, nullable=False, index=True),
    Column("area_dm2", Uint, nullable=False),
    Column("grade", Integer, nullable=False),  # Grade
    Column("denominator", Uint, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("source_hash", HASH, nullable=False),  # of the latest change; zero when not recorded
    Column("legal_date", BigInteger, nullable=False),  # YYYYMMDD, 0 when not recorded
    Column("officer", ADDRESS),  # who registered it; null where it moved in with its register
    Column("registered_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    Column("retired_at", BigInteger),
    Column("retired_by", String(12)),  # division merger
    *_block(),
    UniqueConstraint("jurisdiction", "ref"),
)
Index("ix_titles_ref", titles.c.ref)

# Which titles were made out of which.
title_lineage = Table(
    "title_lineage",
    metadata,
    Column("parent", HASH, primary_key=True),
    Column("child", HASH, primary_key=True, index=True),
    Column("kind", String(12), nullable=False),  # division merger
    Column("place", Integer, nullable=False),  # among the parts, or the titles merged
    *_block(),
)

shares = Table(
    "shares",
    metadata,
    Column("title", HASH, primary_key=True),
    Column("holder", HASH, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("numerator", Uint, nullable=False),
    *_block(),
)
Index("ix_shares_holder", shares.c.holder)

# Freezes and caveats, also those that ended.
restrictions = Table(
    "restrictions",
    metadata,
    Column("restriction", HASH, primary_key=True),
    Column("kind", Integer, nullable=False),  # RestrictionKind
    Column("title", HASH, nullable=False),  # the one that it was entered on
    Column("by", HASH, nullable=False),  # the court's agency, or the claimant
    Column("until", BigInteger, nullable=False),  # 0 for a freeze
    Column("source_hash", HASH, nullable=False),
    Column("officer", ADDRESS, nullable=False),
    Column("entered_at", BigInteger, nullable=False),
    Column("lifted_at", BigInteger),
    Column("lifted_by", ADDRESS),  # null where the claimant withdrew it
    Column("lifted_source", HASH),
    Column("tx_hash", HASH, nullable=False),  # of its latest event
    *_block(),
)
Index("ix_restrictions_by", restrictions.c.by)

# Which titles carry them: the one that it was entered on, and its parts.
title_restrictions = Table(
    "title_restrictions",
    metadata,
    Column("title", HASH, primary_key=True),
    Column("restriction", HASH, primary_key=True, index=True),
    *_block(),
)

# A sale's lock, until it is cleared or used; also one whose time is over.
title_notices = Table(
    "title_notices",
    metadata,
    Column("title", HASH, primary_key=True),
    Column("sale", HASH, nullable=False, index=True),
    Column("until", BigInteger, nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)

grade_proposals = Table(
    "grade_proposals",
    metadata,
    Column("title", HASH, primary_key=True),
    Column("grade", Integer, nullable=False),  # Grade
    Column("ready_at", BigInteger, nullable=False),
    Column("officer", ADDRESS, nullable=False),
    Column("source_hash", HASH, nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)

# Terms and holder of each lien; null where it moved in with its register and nobody told them on chain.
liens = Table(
    "liens",
    metadata,
    Column("lien", HASH, primary_key=True),
    Column("kind", Integer),  # LienKind
    Column("creditor", HASH),  # its first holder
    Column("amount", Uint),  # in the currency's smallest unit
    Column("currency", HASH),
    Column("deed_hash", HASH),
    Column("holder", HASH, index=True),
    *_block(),
)

title_liens = Table(
    "title_liens",
    metadata,
    Column("title", HASH, primary_key=True),
    Column("lien", HASH, primary_key=True, index=True),
    Column("rank", Integer),  # from 1; null once it ended here
    Column("legal_date", BigInteger, nullable=False),  # YYYYMMDD, 0 when not recorded
    Column("sale", HASH),  # that it paid for
    Column("entered_by", ADDRESS),  # null where it moved in
    Column("entered_at", BigInteger, nullable=False),
    Column("end", String(12)),  # discharged; carried: to the titles that were made out of this one
    Column("ended_at", BigInteger),
    Column("ended_by", ADDRESS),  # null where the holder signed, or a sale paid it off
    Column("end_source", HASH),  # the order, or the sale
    Column("tx_hash", HASH, nullable=False),  # of its latest event
    *_block(),
)

# Terms of leases and easements; null as with liens.
interests = Table(
    "interests",
    metadata,
    Column("interest", HASH, primary_key=True),
    Column("kind", Integer),  # InterestKind
    Column("beneficiary", HASH, index=True),  # null for an easement that serves a title
    Column("dominant", HASH, index=True),
    Column("until", BigInteger),  # 0: without an end
    Column("deed_hash", HASH),
    *_block(),
)

title_interests = Table(
    "title_interests",
    metadata,
    Column("title", HASH, primary_key=True),
    Column("interest", HASH, primary_key=True, index=True),
    Column("place", Integer),  # from 1, in the contract's order; null once it ended here
    Column("legal_date", BigInteger, nullable=False),
    Column("entered_by", ADDRESS),
    Column("entered_at", BigInteger, nullable=False),
    Column("end", String(12)),  # released ordered carried expired
    Column("ended_at", BigInteger),
    Column("ended_by", ADDRESS),
    Column("end_source", HASH),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)

# Registers that moved in.
migration_roots = Table(
    "migration_roots",
    metadata,
    Column("jurisdiction", String(24), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("root", HASH, nullable=False, index=True),
    Column("count", Uint, nullable=False),
    Column("first", HASH, nullable=False),
    Column("last", HASH, nullable=False),
    Column("leaves_hash", HASH, nullable=False),
    Column("predecessor", HASH, nullable=False),  # zero: none
    Column("ready_at", BigInteger, nullable=False),
    Column("freezes", Integer, nullable=False),  # that stand
    Column("stopped_at", BigInteger),  # by the first of them
    Column("changes", Integer, nullable=False),
    Column("officer", ADDRESS, nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("end", Integer),  # RootStatus: Withdrawn, Refuted or Annulled; null while it stands
    Column("ended_at", BigInteger),
    Column("ended_by", ADDRESS),
    Column("end_order", HASH),  # of an annulment
    Column("end_index", Uint),  # of a refutation: the first of the two leaves
    Column("tx_hash", HASH, nullable=False),  # of its latest event
    *_block(),
)

migration_freezes = Table(
    "migration_freezes",
    metadata,
    Column("freeze", HASH, primary_key=True),
    Column("jurisdiction", String(24), nullable=False),
    Column("number", Integer, nullable=False),
    Column("court", HASH, nullable=False),
    Column("officer", ADDRESS, nullable=False),
    Column("order_hash", HASH, nullable=False),
    Column("frozen_at", BigInteger, nullable=False),
    Column("lifted_at", BigInteger),
    Column("lifted_by", ADDRESS),
    Column("lifted_order", HASH),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)
Index("ix_migration_freezes_root", migration_freezes.c.jurisdiction, migration_freezes.c.number)

# Titles taken out of every root of their jurisdiction.
migration_releases = Table(
    "migration_releases",
    metadata,
    Column("jurisdiction", String(24), primary_key=True),
    Column("title", HASH, primary_key=True),
    Column("order_hash", HASH, nullable=False),
    Column("officer", ADDRESS, nullable=False),
    Column("released_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)

documents_anchors = Table(
    "documents_anchors",
    metadata,
    Column("issuer", HASH, primary_key=True),
    Column("root", HASH, primary_key=True),
    Column("schema", HASH, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),  # 0: never
    Column("kind", Integer, nullable=False),  # AnchorKind
    Column("key_id", BigInteger, nullable=False),  # 0 where no officer issued alone
    Column("policy", HASH, nullable=False),
    Column("members", Text, nullable=False),  # JSON list of those who approved
    Column("issued_at", BigInteger, nullable=False),
    Column("status", Integer, nullable=False),  # AnchorStatus
    Column("reason", Integer),  # why the root was revoked or held
    Column("changed_at", BigInteger),  # when its status last changed
    Column("successor", HASH),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)
Index("ix_documents_anchors_root", documents_anchors.c.root)

# A row for each document that was ever revoked or held.
documents_revocations = Table(
    "documents_revocations",
    metadata,
    Column("issuer", HASH, primary_key=True),
    Column("root", HASH, primary_key=True),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("held", Integer, nullable=False),  # 1 while on hold
    Column("reason", Integer),  # null until it is revoked for good
    Column("revoked_at", BigInteger),
    Column("successor", HASH),
    Column("successor_index", BigInteger),
    *_block(),
)

documents_policies = Table(
    "documents_policies",
    metadata,
    Column("policy", HASH, primary_key=True),
    Column("agency", HASH, nullable=False, index=True),
    Column("allowed", Integer, nullable=False),
    Column("threshold", Integer, nullable=False),
    Column("members", Text, nullable=False),  # JSON list
    *_block(),
)

# What `drop and rebuild` may drop. The order is that of creation; there are no foreign keys between them.
# ── Read tables of sales: of amounts every number is decimal text, as in `events` ───────────────────────────────

sales = Table(
    "sales",
    metadata,
    Column("sale", HASH, primary_key=True),
    Column("title", HASH, nullable=False, index=True),
    Column("status", Integer, nullable=False),  # SaleStatus
    Column("deadline", BigInteger, nullable=False),  # of the next step
    Column("listing", Text, nullable=False),  # the papers' structs as JSON
    Column("offer", Text),
    Column("terms", Text),
    Column("finance", Text),
    Column("bill", Text),
    Column("offer_hash", HASH, nullable=False),  # as the contract keeps them
    Column("terms_hash", HASH, nullable=False),
    Column("closing", HASH, nullable=False),
    Column("currency", HASH, nullable=False),  # of the offer; before there is one, of the listing
    Column("price", Uint, nullable=False),
    Column("lodgement", Uint),
    Column("notice_until", BigInteger),
    Column("officer", ADDRESS),  # who lodged it
    Column("token", ADDRESS, nullable=False),  # of what is open in escrow
    Column("open", Uint, nullable=False),
    Column("released", Text),  # JSON list of credits, once it is settled
    Column("listed_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),  # of its latest event
    *_block(),
)
Index("ix_sales_status", sales.c.status, sales.c.deadline)
Index("ix_sales_listed", sales.c.listed_at)

sale_parties = Table(
    "sale_parties",
    metadata,
    Column("sale", HASH, primary_key=True),
    Column("role", String(12), primary_key=True),  # Role
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("party", HASH, nullable=False),
    *_block(),
)
Index("ix_sale_parties_party", sale_parties.c.party)

sale_deposits = Table(
    "sale_deposits",
    metadata,
    Column("sale", HASH, primary_key=True),
    Column("payer", ADDRESS, primary_key=True),
    Column("token", ADDRESS, nullable=False),
    Column("paid", Uint, nullable=False),
    Column("refunded", Uint, nullable=False),
    Column("tx_hash", HASH, nullable=False),  # of the latest event
    *_block(),
)

sale_payoffs = Table(
    "sale_payoffs",
    metadata,
    Column("sale", HASH, primary_key=True),
    Column("lien", HASH, primary_key=True),
    Column("holder", HASH, nullable=False),
    Column("currency", HASH, nullable=False),
    Column("amount", Uint, nullable=False),
    Column("payout", ADDRESS, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)

# What payees may fetch from the escrow.
sale_credits = Table(
    "sale_credits",
    metadata,
    Column("token", ADDRESS, primary_key=True),
    Column("payee", ADDRESS, primary_key=True),
    Column("amount", Uint, nullable=False),
    *_block(),
)
Index("ix_sale_credits_payee", sale_credits.c.payee)

sale_rates = Table(
    "sale_rates",
    metadata,
    Column("jurisdiction", String(24), primary_key=True),
    Column("currency", HASH, primary_key=True),
    Column("accepted", Integer, nullable=False),
    Column("person", BigInteger, nullable=False),  # millionths of the price
    Column("organisation", BigInteger, nullable=False),
    Column("payee", ADDRESS, nullable=False),
    Column("fee", Uint, nullable=False),
    Column("set_at", BigInteger, nullable=False),
    *_block(),
)

# ── Read tables of ballots ──────────────────────────────────────────────────────────────────────────────────────

# Contracts that the deployment does not name, by the event that made each known (muniment.chain.finding).
found_contracts = Table(
    "found_contracts",
    metadata,
    Column("address", ADDRESS, primary_key=True),
    Column("kind", String(40), nullable=False),
    *_block(),
)

ceremonies = Table(
    "ceremonies",
    metadata,
    Column("setup", HASH, primary_key=True),
    Column("agency", HASH, nullable=False, index=True),
    Column("officer", ADDRESS, nullable=False),
    Column("threshold", Integer, nullable=False),
    Column("period", BigInteger, nullable=False),
    Column("trustees", Integer, nullable=False),
    Column("manifest", Text, nullable=False),  # as published, where it is text
    Column("manifest_hash", HASH, nullable=False),
    Column("stage", Integer, nullable=False),  # CeremonyStage, as far as events tell
    Column("key_x", HASH),
    Column("key_y", HASH),
    Column("election", HASH, index=True),  # as the box calls it: another's may call itself the same
    Column("box", ADDRESS, unique=True),
    Column("begun_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),  # of its latest event
    *_block(),
)
Index("ix_ceremonies_begun", ceremonies.c.begun_at)

ceremony_trustees = Table(
    "ceremony_trustees",
    metadata,
    Column("setup", HASH, primary_key=True),
    Column("account", ADDRESS, primary_key=True),
    Column("place", Integer, nullable=False),  # from 1
    Column("committed", Integer, nullable=False),  # 0 or 1, as are the next three
    Column("revealed", Integer, nullable=False),
    Column("dealt", Integer, nullable=False),
    Column("confirmed", Integer, nullable=False),
    Column("missed", Integer),  # CeremonyStage at which it went out
    Column("key_x", HASH),
    Column("key_y", HASH),
    *_block(),
)

ceremony_complaints = Table(
    "ceremony_complaints",
    metadata,
    Column("setup", HASH, primary_key=True),
    Column("trustee", ADDRESS, primary_key=True),
    Column("dealer", ADDRESS, primary_key=True),
    Column("answered_at", BigInteger),
    *_block(),
)

elections = Table(
    "elections",
    metadata,
    Column("box", ADDRESS, primary_key=True),
    Column("election", HASH, nullable=False),
    Column("setup", HASH, nullable=False, unique=True),
    Column("roll_root", HASH, nullable=False),
    Column("log_root", HASH, nullable=False),
    Column("contests", Text, nullable=False),  # JSON list of packed forms as decimal text
    Column("units", BigInteger, nullable=False),
    Column("lines", BigInteger, nullable=False),
    Column("min_ballots", BigInteger, nullable=False),
    Column("opens_at", BigInteger, nullable=False),
    Column("announced", BigInteger, nullable=False),  # the closing, as announced at first
    Column("closes_at", BigInteger, nullable=False),
    Column("groups", BigInteger),  # once all units are in groups
    Column("grouped", BigInteger),  # ballots in groups
    Column("registered_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),  # of its latest event but casts
    *_block(),
)

election_units = Table(
    "election_units",
    metadata,
    Column("box", ADDRESS, primary_key=True),
    Column("unit", BigInteger, primary_key=True, autoincrement=False),
    Column("lines", BigInteger, nullable=False),
    Column("issued", BigInteger, nullable=False),
    Column("eligible", BigInteger, nullable=False),
    Column("root", HASH, nullable=False),
    Column("ballots", BigInteger, nullable=False),  # that count
    Column("batches", BigInteger, nullable=False),
    Column("group", BigInteger),
    *_block(),
)

ballot_batches = Table(
    "ballot_batches",
    metadata,
    Column("box", ADDRESS, primary_key=True),
    Column("unit", BigInteger, primary_key=True, autoincrement=False),
    Column("batch", BigInteger, primary_key=True, autoincrement=False),
    Column("root", HASH, nullable=False),
    Column("leaves", BigInteger, nullable=False),
    Column("cast_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)

ballots = Table(
    "ballots",
    metadata,
    Column("box", ADDRESS, primary_key=True),
    Column("tracker", HASH, primary_key=True),
    Column("unit", BigInteger, nullable=False),
    Column("voter_index", BigInteger, nullable=False),
    Column("state", Integer, nullable=False),  # BallotState
    Column("batch", BigInteger),  # of a first ballot, and its place among the batch's leaves
    Column("place", BigInteger),
    Column("previous", HASH),  # the tracker that it replaced
    Column("replaced_by", HASH),
    Column("skipped", Integer),  # Skipped: why it was passed over
    Column("cast_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)
Index("ix_ballots_voter", ballots.c.box, ballots.c.unit, ballots.c.voter_index)

# Voters who withdrew, and vote on paper.
ballot_withdrawals = Table(
    "ballot_withdrawals",
    metadata,
    Column("box", ADDRESS, primary_key=True),
    Column("unit", BigInteger, primary_key=True, autoincrement=False),
    Column("voter_index", BigInteger, primary_key=True, autoincrement=False),
    Column("tracker", HASH),  # that counted until then
    Column("withdrawn_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)

election_groups = Table(
    "election_groups",
    metadata,
    Column("box", ADDRESS, primary_key=True),
    Column("group", BigInteger, primary_key=True, autoincrement=False),
    Column("first_unit", BigInteger, nullable=False),
    Column("last_unit", BigInteger, nullable=False),
    Column("ballots", BigInteger, nullable=False),
    *_block(),
)

election_counts = Table(
    "election_counts",
    metadata,
    Column("box", ADDRESS, primary_key=True),
    Column("group", BigInteger, primary_key=True, autoincrement=False),
    Column("contest", Integer, primary_key=True, autoincrement=False),
    Column("ballots", BigInteger, nullable=False),
    Column("counts", Text, nullable=False),  # JSON list
    Column("trustees", Uint, nullable=False),  # bit j − 1 for place j
    Column("by", ADDRESS, nullable=False),
    Column("counted_at", BigInteger, nullable=False),
    Column("tx_hash", HASH, nullable=False),
    *_block(),
)

READ_TABLES: tuple[Table, ...] = (
    events,
    mentions,
    agencies,
    officers,
    pending_acts,
    wallets,
    recoveries,
    attestations,
    organisations,
    representatives,
    powers,
    credential_kinds,
    credentials,
    company_rules,
    companies,
    company_files,
    company_posts,
    registers,
    titles,
    title_lineage,
    shares,
    restrictions,
    title_restrictions,
    title_notices,
    grade_proposals,
    liens,
    title_liens,
    interests,
    title_interests,
    migration_roots,
    migration_freezes,
    migration_releases,
    documents_anchors,
    documents_revocations,
    documents_policies,
    sales,
    sale_parties,
    sale_deposits,
    sale_payoffs,
    sale_credits,
    sale_rates,
    found_contracts,
    ceremonies,
    ceremony_trustees,
    ceremony_complaints,
    elections,
    election_units,
    ballot_batches,
    ballots,
    ballot_withdrawals,
    election_groups,
    election_counts,
)
