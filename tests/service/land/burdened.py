"""A title on which everything weighs that can, laid straight into the read tables."""

from typing import Any

from sqlalchemy import Connection, insert

from muniment.db import schema
from muniment.hashing import keccak

BLOCK = {"block_number": 60, "block_hash": keccak(b"60")}
TX = {"tx_hash": keccak(b"burden")}
BANK, COURT, TENANT, CLAIMANT = (keccak(name) for name in (b"bank", b"court", b"tenant", b"claimant"))
FREEZE, CAVEAT, LEASE, EASEMENT, SALE = (
    keccak(name) for name in (b"freeze", b"caveat", b"lease", b"easement", b"sale")
)
EUR = "0x" + b"EUR".ljust(32, b"\0").hex()
OFFICER = "0x" + "0f" * 20
NOW = 1_790_000_000


def lien(rank: int) -> str:
    """The id of the lien at a rank."""
    return keccak(f"lien {rank}".encode())


def put(connection: Connection, table: Any, **values: Any) -> None:
    """One row."""
    connection.execute(insert(table).values(**values, **BLOCK))


def burden(connection: Connection, title: str, dominant: str) -> None:
    """Two liens, the second of unknown terms; a lease, an easement, a freeze, a caveat, a notice."""
    terms = {
        "kind": 1,
        "creditor": BANK,
        "amount": 2**70,
        "currency": EUR,
        "deed_hash": keccak(b"deed"),
        "holder": BANK,
    }
    unknown = dict.fromkeys(terms)
    for rank, told in ((2, unknown), (1, terms)):
        put(connection, schema.liens, lien=lien(rank), **told)
        entered = {"legal_date": 20260401, "entered_by": OFFICER, "entered_at": NOW - 500, **TX}
        put(connection, schema.title_liens, title=title, lien=lien(rank), rank=rank, **entered)
    use = {"deed_hash": keccak(b"use"), "until": NOW + 10**9}
    put(connection, schema.interests, interest=LEASE, kind=1, beneficiary=TENANT, dominant=None, **use)
    put(
        connection,
        schema.interests,
        interest=EASEMENT,
        kind=2,
        beneficiary=None,
        dominant=dominant,
        **{**use, "until": 0},
    )
    for place, interest in enumerate((LEASE, EASEMENT), 1):
        entered = {"legal_date": 0, "entered_by": OFFICER, "entered_at": NOW - 400, **TX}
        put(connection, schema.title_interests, title=title, interest=interest, place=place, **entered)
    for name, kind, by, until in ((FREEZE, 1, COURT, 0), (CAVEAT, 2, CLAIMANT, NOW + 900)):
        told = {"source_hash": keccak(name.encode()), "officer": OFFICER, "entered_at": NOW - 300, **TX}
        put(connection, schema.restrictions, restriction=name, kind=kind, title=title, by=by, until=until, **told)
        put(connection, schema.title_restrictions, title=title, restriction=name)
    put(connection, schema.title_notices, title=title, sale=SALE, until=NOW + 800, set_at=NOW - 200, **TX)
    kept = {"version": 1, "threshold": 2, "representatives": "[]", "set_by": OFFICER, "evidence": keccak(b"e")}
    put(connection, schema.organisations, party=BANK, changed_at=NOW - 900, **kept, **TX)
