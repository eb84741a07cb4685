"""How Brownie follows what the tests send: to its end, and never into another test."""

import time

from brownie import web3
from web3.exceptions import TransactionNotFound

from tests.contracts.helpers import followers, node, settle


def test_receipt_shown_late(stranger, target, monkeypatch):
    """Must not take a transaction for dropped whose receipt the node shows a moment after it counted it."""
    ask, asked = web3.manager.request_blocking, []

    def late(method, *given, **named):
        if method == "eth_getTransactionReceipt":
            asked.append(web3.eth.get_transaction_count(stranger.address))
            if len(asked) <= 3:
                raise TransactionNotFound("not yet")
        return ask(method, *given, **named)

    monkeypatch.setattr(web3.manager, "request_blocking", late)
    assert stranger.transfer(target, 1).status == 1
    assert len(asked) > 3


def test_left_without_a_block(stranger, target, monkeypatch):
    """Must have a block made for what a node forgot that makes blocks by itself, and for nothing that shall wait."""
    make_request = web3.provider.make_request
    forgetful = lambda method, given: {"result": True} if method == "anvil_getAutomine" else make_request(method, given)  # noqa: E731
    node("evm_setAutomine", False)
    sent = stranger.transfer(target, 1, required_confs=0)
    time.sleep(3)  # seconds; help would have come by now
    assert followers(), "a block was made that the test did not want"
    monkeypatch.setattr(web3.provider, "make_request", forgetful)
    settle()
    assert sent.status == 1


def test_sent_without_waiting(stranger, target):
    """Must have nobody follow a transaction any more once the test that sent it is over."""
    node("evm_setAutomine", False)
    sent = stranger.transfer(target, 1, required_confs=0)
    assert followers()
    node("evm_mine")
    settle()
    assert sent.status == 1
    assert followers() == []
