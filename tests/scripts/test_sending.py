"""What scripts make of a node that tells of a transaction in two steps, or of several nodes behind one address."""

from types import SimpleNamespace
from typing import Any

import pytest
from web3.exceptions import TransactionNotFound

from scripts.common import sending
from scripts.common.settings import Refused
from tests.scripts.tools import STRANGER


class Lagging:
    """A node that counts a transaction at once, and shows its receipt when it was asked `times` times."""

    def __init__(self, times: int) -> None:
        self.times = times

    def get_transaction_count(self, _address: str, _block: str) -> int:
        """One transaction is mined."""
        return 1

    def get_transaction_receipt(self, transaction: str) -> dict[str, Any]:
        """The receipt, late."""
        self.times -= 1
        if self.times >= 0:
            raise TransactionNotFound("not yet")
        return {"transactionHash": transaction, "status": 1}


def session(eth: Lagging) -> Any:
    """A run on a local node."""
    web3 = SimpleNamespace(eth=eth, to_checksum_address=lambda address: address)
    return SimpleNamespace(web3=web3, network=SimpleNamespace(local=True), args=SimpleNamespace(timeout=60))


def test_receipt_shown_late() -> None:
    """Must not take a transaction for replaced whose receipt shows a moment after its nonce counts as used."""
    assert sending.wait(session(Lagging(5)), STRANGER, 0, ["0x1", "0x2"])["status"] == 1


def test_nonce_used_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Must say so when no receipt shows up, and not wait for ever."""
    monkeypatch.setattr(sending, "LOCAL_LAG", 0.3)
    with pytest.raises(Refused, match=r"Nonce 0 of .* was used by another transaction"):
        sending.wait(session(Lagging(10**9)), STRANGER, 0, ["0x1"])
