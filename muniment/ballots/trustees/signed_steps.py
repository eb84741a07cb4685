"""What trustees did in a ceremony, by their own signatures. Of a node's word, only what its trustee signed is taken.

A node that lies could otherwise show another trustee's reveal with an encryption key of its own, and open every share
that is sealed under it; or invent a complaint, and have the share published that it asks for.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from muniment.ballots.ceremony_steps import STEPS
from muniment.chain.abi import CallRefused
from muniment.chain.events import Event
from muniment.chain.raw import RawRefused, RawTransaction, decode_transaction, encode_transaction
from muniment.chain.rpc import Request, Rpc, RpcUnavailable
from muniment.errors import Refused

AT_ONCE = 50  # transactions in one HTTP request; a ceremony has some hundred


@dataclass(frozen=True)
class Ceremony:
    """Which ceremony it is: nothing here comes from a node but through the setup's id."""

    setup: str
    chain: int
    contract: str
    trustees: Collection[str]


@dataclass(frozen=True)
class SignedStep:
    """A step of a trustee; `told` are its call's arguments after the setup, bytes as 0x text, structs as tuples."""

    name: str
    trustee: str
    told: tuple[Any, ...]


def signed_steps(rpc: Rpc, ceremony: Ceremony, events: Sequence[Event]) -> list[SignedStep]:
    """The trustees' steps among a ceremony's events, in order, each as the calldata of its transaction has it.

    Raises Refused(StepNotSigned) when an event is not what its trustee signed for this ceremony; RpcUnavailable when
    the node does not show a transaction.
    """
    steps = [event for event in events if event.name in STEPS]
    signed = []
    for at in range(0, len(steps), AT_ONCE):
        part = steps[at : at + AT_ONCE]
        requests: list[Request] = [("eth_getTransactionByHash", [event.tx_hash]) for event in part]
        for event, answer in zip(part, rpc.batch(requests), strict=True):
            if answer is None:
                raise RpcUnavailable(f"{rpc.hosts} does not show the transaction {event.tx_hash}. Use another node.")
            signed.append(_signed(ceremony, event, answer))
    return signed


def _signed(ceremony: Ceremony, event: Event, answer: Any) -> SignedStep:
    step = STEPS[event.name]
    trustee = str(event.arguments[step.by])
    told = tuple(_plain(event.arguments[name]) for name in step.told)
    try:
        transaction = decode_transaction(encode_transaction(answer))
        said = step.call.arguments(transaction, ceremony.contract)
    except (RawRefused, CallRefused):
        transaction, said = None, None
    if (
        transaction is None
        or not _is_by(transaction, ceremony, trustee, event.tx_hash)
        or _plain(said) != (ceremony.setup, *told)
    ):
        raise Refused("StepNotSigned", trustee=trustee, transaction=event.tx_hash)
    return SignedStep(event.name, trustee, told)


def _is_by(transaction: RawTransaction, ceremony: Ceremony, trustee: str, name: str) -> bool:
    # One that names no chain is taken as the verifiers take it: the setup that it is about is of one chain alone.
    return (
        "0x" + transaction.hash.hex() == name
        and transaction.chain in (None, ceremony.chain)
        and transaction.sender == trustee
        and trustee in ceremony.trustees
    )


def _plain(value: Any) -> Any:
    """A value in the same kinds, whether a log's reader made it or a call's: structs and lists as tuples, 0x text."""
    if isinstance(value, dict):
        return tuple(map(_plain, value.values()))
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return "0x" + value.hex() if isinstance(value, bytes) else value
