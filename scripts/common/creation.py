"""Create one contract exactly once, however often the script is interrupted.

The nonce fixes a contract's address before anything is sent (plan.py). The plan, then every signed transaction, reaches
the disk before the node does; a later run sends the same bytes again or replaces them at the same nonce, and of those
the chain takes one.
"""

from collections.abc import Callable
from typing import Any

import rlp
from eth_utils import keccak
from web3.exceptions import Web3Exception

from scripts.common import code, sending
from scripts.common.keys import Signer
from scripts.common.sending import Fees, Signed
from scripts.common.session import Session
from scripts.common.settings import Refused

BUMP = 1.125  # nodes take a replacement that offers at least a tenth more, on both fees


class NonceLost(Refused):
    """Something else used the nonce that a contract was to be created with."""

    def __init__(self, sentence: str, nonce: int) -> None:
        super().__init__(sentence)
        self.nonce = nonce


def address_at(deployer: str, nonce: int) -> str:
    """The address of a contract that `deployer` creates with this nonce (Yellow Paper, section 7)."""
    return "0x" + keccak(rlp.encode([bytes.fromhex(deployer[2:]), nonce]))[12:].hex()


def require_sound(session: Session, deployer: str, name: str, entry: dict[str, Any], arguments: list[str]) -> None:
    """Raise Refused for a plan entry that cannot be continued: altered by hand, or made from other sources."""
    try:
        whole = (
            entry["address"] == address_at(deployer, entry["nonce"])
            and entry["constructor_arguments"] == arguments
            and all(
                code.hash_of(bytes.fromhex(signed["raw"][2:])) == signed["hash"] for signed in entry["transactions"]
            )
        )
        created = entry["creation_hash"]
    except (KeyError, TypeError, ValueError):
        whole, created = False, ""
    if not whole:
        raise Refused(f"The record of {name} in the .partial.json does not add up; bring back a good copy of it.")
    if created != code.hash_of(code.creation_code(session, name, arguments)):
        raise Refused(
            f"{name} compiles to other code than when this deployment began; return to that version to finish it, or "
            "move the .partial.json away to begin another."
        )


def mined(session: Session, entry: dict[str, Any]) -> Any | None:
    """The receipt of the transaction that used up a planned nonce; None when none of its own did."""
    return sending.receipt_of(session, [signed["hash"] for signed in entry["transactions"]])


def create(session: Session, signer: Signer, name: str, entry: dict[str, Any], save: Callable[[], None]) -> None:
    """Create a planned contract, or finish creating it; its plan entry gains the block and transaction.

    Raises NonceLost when it can no longer be created as planned, and Refused.
    """
    nonce, receipt = entry["nonce"], mined(session, entry)
    if receipt is not None and receipt["status"] != 1:
        raise _lost(signer.address, name, nonce)
    if receipt is None:
        receipt = _late(session, signer.address, name, entry)
    if receipt is None:
        _offer(session, signer, name, entry, save)
        hashes = [signed["hash"] for signed in entry["transactions"]]
        session.say(f"  {name}: sent as {hashes[-1]}")
        receipt = sending.wait(session, signer.address, nonce, hashes)
    transaction = "0x" + bytes(receipt["transactionHash"]).hex()
    if receipt["status"] != 1:
        raise Refused(f"{name} failed on chain ({transaction}) and was not created; --replan plans it anew.")
    standing = code.standing_code(session, entry["address"])
    if code.hash_of(standing) != entry["bytecode_hash"]:
        raise Refused(f"The code of {name} at {entry['address']} is not what the node worked out before sending.")
    entry |= {"transaction": transaction, "start_block": receipt["blockNumber"]}
    save()
    session.say(f"  {name}: {entry['address']}, block {receipt['blockNumber']}, {receipt['gasUsed']:,} gas")


def _lost(deployer: str, name: str, nonce: int) -> NonceLost:
    return NonceLost(
        f"Nonce {nonce} of {deployer}, meant for {name}, was used by another transaction or by one that failed. "
        f"{name} was not created; if that is so for good, run again with --replan.",
        nonce,
    )


def _late(session: Session, deployer: str, name: str, entry: dict[str, Any]) -> Any | None:
    """The receipt of a transaction that used up the nonce just now; where nothing is signed yet, wait for the nonce.

    Raises NonceLost when another transaction used it up.
    """
    nonce, signed = entry["nonce"], entry["transactions"]
    reached = sending.used(session, deployer) if signed else sending.settle(session, deployer, nonce)
    if reached <= nonce:
        return None
    receipt = sending.late_receipt(session, [each["hash"] for each in signed])
    if receipt is None:
        raise _lost(deployer, name, nonce)
    return receipt


def _runtime(session: Session, deployer: str, name: str, creation: bytes) -> bytes:
    """The code to come, immutables and all: the node runs the constructor at the very nonce. Raises Refused."""
    try:
        runtime = bytes(session.web3.eth.call({"from": session.web3.to_checksum_address(deployer), "data": creation}))
    except (ValueError, Web3Exception) as error:
        raise sending.refusal(session, error) from error
    if not code.same_runtime(code.runtime_code(session, name), runtime):
        raise Refused(f"{session.network.host} runs the constructor of {name} to other code than the compiler's.")
    return runtime


def _offer(session: Session, signer: Signer, name: str, entry: dict[str, Any], save: Callable[[], None]) -> None:
    """Send the last signed transaction again, or sign one where there is none or the network has become dearer."""
    signed = entry["transactions"]
    last = signed[-1] if signed else None
    if last is None or sending.fees(session).base > last["most"]:
        least = Fees(0, int(last["tip"] * BUMP) + 1, int(last["most"] * BUMP) + 1) if last else None
        creation = code.creation_code(session, name, entry["constructor_arguments"])
        if last is None:
            entry["bytecode_hash"] = code.hash_of(_runtime(session, signer.address, name, creation))
        made, offer = sending.sign(session, signer, entry["nonce"], "0x" + creation.hex(), least=least)
        last = {"hash": made.hash, "raw": made.raw, "tip": offer.tip, "most": offer.most}
        signed.append(last)
        save()
    sending.broadcast(session, Signed(last["hash"], last["raw"]))
