"""The wallet that stands for a party follows the events of PartyRegistry."""

from sqlalchemy import Engine

from muniment.db.schema import wallets
from muniment.identity.project import HANDLERS
from tests.service.projecting import TIME, event, project, rows_of

BOUND = {"party": "0x1", "wallet": "0x2", "agency": "0xa", "officer": "0x3", "nonce": 2**256 - 1}


def test_a_wallet_is_bound_and_rotated(any_database: Engine) -> None:
    """A party must have the wallet that it was bound to, then the one that it moved to, with that transaction."""
    bound = {
        "party": "0x1",
        "wallet": "0x2",
        "agency": "0xa",
        "bound_at": TIME + 84,
        "tx_hash": "0xt7",
        "block_number": 7,
        "block_hash": "0x7",
    }
    project(any_database, HANDLERS, event("PartyRegistry", "PartyBound", **BOUND))
    assert rows_of(any_database, wallets) == [bound]
    rotation = {"party": "0x1", "previous": "0x2", "wallet": "0x9", "nonce": 1}
    project(any_database, HANDLERS, event("PartyRegistry", "WalletRotated", 8, **rotation))
    moved = {"wallet": "0x9", "bound_at": TIME + 96, "tx_hash": "0xt8", "block_number": 8, "block_hash": "0x8"}
    assert rows_of(any_database, wallets) == [{**bound, **moved}]


def test_the_same_event_twice_changes_nothing(database: Engine) -> None:
    """Binding must be idempotent."""
    project(database, HANDLERS, event("PartyRegistry", "PartyBound", **BOUND))
    once = rows_of(database, wallets)
    project(database, HANDLERS, event("PartyRegistry", "PartyBound", **BOUND))
    assert rows_of(database, wallets) == once
