"""What trustees do in a ceremony, each by a transaction of its own (`interfaces/ballots/ITrusteeCeremony.sol`).

An event says only what a node says. The transaction that left it has its trustee's signature over the same values, and
who recovers that need trust no node.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from muniment.chain.abi import decode_values
from muniment.chain.raw import RawTransaction
from muniment.hashing import keccak

POINT = "(uint256,uint256)"
REVEAL = f"({POINT}[],{POINT},{POINT},{POINT})"


@dataclass(frozen=True)
class Call:
    """A function's name and the types of its parameters."""

    name: str
    types: tuple[str, ...]

    @property
    def selector(self) -> bytes:
        """The first four bytes of its calldata."""
        return bytes.fromhex(keccak(f"{self.name}({','.join(self.types)})".encode())[2:10])

    def arguments(self, transaction: RawTransaction, contract: str) -> tuple[Any, ...] | None:
        """The arguments of a transaction that calls this of a contract itself; None when it is another one.

        Raises CallRefused when they are not of the types, as the contract would have.
        """
        if transaction.to != contract or transaction.input[:4] != self.selector:
            return None
        return decode_values(self.types, transaction.input[4:], canonical=False)


@dataclass(frozen=True)
class Step:
    """How one event comes about: by the signature of whom the event's parameter `by` names, with this call.

    `told` are the event's parameters that are the call's arguments after the setup.
    """

    by: str
    call: Call
    told: tuple[str, ...]


STEPS: Mapping[str, Step] = {
    "TrusteeCommitted": Step("trustee", Call("commit", ("bytes32", "bytes32")), ("commitment",)),
    "TrusteeRevealed": Step("trustee", Call("reveal", ("bytes32", REVEAL)), ("revealed",)),
    "SharesDealt": Step("trustee", Call("deal", ("bytes32", "uint256[]")), ("shares",)),
    "ShareComplained": Step("trustee", Call("complain", ("bytes32", "address")), ("dealer",)),
    "ComplaintAnswered": Step("dealer", Call("answer", ("bytes32", "address", "uint256")), ("trustee", "share")),
    "ShareConfirmed": Step("trustee", Call("confirm", ("bytes32",)), ()),
}
