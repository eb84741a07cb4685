"""What the events of `PartyRegistry` add up to: the wallet that stands for each party now.

A cancelled nonce changes no wallet; it stays in `events` alone.
"""

from muniment.chain.events import Event, Handler
from muniment.db.rows import Rows
from muniment.db.schema import wallets


def party_bound(event: Event, rows: Rows) -> None:
    """A party got its first wallet."""
    rows.put(
        wallets,
        {
            "party": event.arguments["party"],
            "wallet": event.arguments["wallet"],
            "agency": event.arguments["agency"],
            "bound_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )


def wallet_rotated(event: Event, rows: Rows) -> None:
    """The party moved to another wallet of its own."""
    rows.update(
        wallets,
        {"party": event.arguments["party"]},
        {"wallet": event.arguments["wallet"], "bound_at": event.time, "tx_hash": event.tx_hash},
    )


HANDLERS: dict[tuple[str, str], Handler] = {
    ("PartyRegistry", "PartyBound"): party_bound,
    ("PartyRegistry", "WalletRotated"): wallet_rotated,
}
