"""Create one contract exactly once, however often the script is interrupted.

The nonce fixes a contract's address before anything is sent. A plan entry with nonce and address, then every signed
transaction, reaches the disk before the node does; a later run sends the same bytes again or replaces them at the same
nonce, and of those the chain takes one.
"""

from collections.abc import Callable
from typing import Any

import rlp
from eth_utils import keccak

from scripts.common import code, sending
from scripts.common.keys import Signer
from scripts.common.sending import Fees, Signed
from scripts.common.session import Session
from scripts.common.settings import Refused

BUMP = 1.125  # nodes take a replacement that offers at least a tenth more, on both fees


def address_at(deployer: str, nonce: int) -> str:
    """The address of a contract that `deployer` creates with this nonce (Yellow Paper, section 7)."""
    return "0x" + keccak(rlp.encode([bytes.fromhex(deployer[2:]), nonce]))[12:].hex()


def require_sound(session: Session, deployer: str, name: str, entry: dict[str, Any], arguments: list[str]) -> None:
    """Raise Refused for a plan entry that cannot be continued: altered by hand, or made from other sources."""
    try:
        whole = entry["address"] == address_at(deployer, entry["nonce"]) and all(
            code.hash_of(bytes.fromhex(signed["raw"][2:])) == signed["hash"] for signed in entry["transactions"]
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


def create(
    session: Session,
    signer: Signer,
    name: str,
    arguments: list[str],
    entries: dict[str, Any],
    save: Callable[[], None],
) -> dict[str, Any]:
    """Create a contract, or finish creating it. Gives its plan entry with the block and transaction; raises Refused."""
    if name not in entries:
        planned = 1 + max((entry["nonce"] for entry in entries.values()), default=-1)
        nonce = sending.settle(session, signer.address, planned)
        entries[name] = _plan(session, signer.address, name, arguments, nonce)
        save()
    entry = entries[name]
    require_sound(session, signer.address, name, entry, arguments)
    nonce, hashes = entry["nonce"], [signed["hash"] for signed in entry["transactions"]]
    receipt = sending.receipt_of(session, hashes)
    if receipt is None and sending.used(session, signer.address) > nonce:
        receipt = sending.late_receipt(session, hashes)
        if receipt is None:
            if not session.args.replan:
                raise Refused(
                    f"Nonce {nonce} of {signer.address}, meant for {name}, was used by another transaction. "
                    f"{name} was not created; if that is so for good, run again with --replan."
                )
            session.say(f"  {name}: nonce {nonce} is lost; planned anew.")
            del entries[name]
            return create(session, signer, name, arguments, entries, save)
    if receipt is None:
        _offer(session, signer, name, arguments, entry, save)
        hashes = [signed["hash"] for signed in entry["transactions"]]
        session.say(f"  {name}: sent as {hashes[-1]}")
        receipt = sending.wait(session, signer.address, nonce, hashes)
    transaction = "0x" + bytes(receipt["transactionHash"]).hex()
    if receipt["status"] != 1:
        del entries[name]
        save()
        raise Refused(f"{name} failed on chain ({transaction}) and was not created; run again to plan it anew.")
    standing = code.standing_code(session, entry["address"])
    if code.hash_of(standing) != entry["bytecode_hash"]:
        raise Refused(f"The code of {name} at {entry['address']} is not what the node worked out before sending.")
    entry |= {"transaction": transaction, "start_block": receipt["blockNumber"]}
    save()
    session.say(f"  {name}: {entry['address']}, block {receipt['blockNumber']}, {receipt['gasUsed']:,} gas")
    return entry


def _plan(session: Session, deployer: str, name: str, arguments: list[str], nonce: int) -> dict[str, Any]:
    creation = code.creation_code(session, name, arguments)
    try:
        # The node runs the constructor at the very nonce, so this is the code to come, immutables and all.
        runtime = bytes(session.web3.eth.call({"from": session.web3.to_checksum_address(deployer), "data": creation}))
    except ValueError as error:
        raise sending.refusal(session, error) from error
    if not code.same_runtime(code.runtime_code(session, name), runtime):
        raise Refused(f"{session.network.host} runs the constructor of {name} to other code than the compiler's.")
    return {
        "nonce": nonce,
        "address": address_at(deployer, nonce),
        "constructor_arguments": arguments,
        "creation_hash": code.hash_of(creation),
        "bytecode_hash": code.hash_of(runtime),
        "transactions": [],
    }


def _offer(
    session: Session,
    signer: Signer,
    name: str,
    arguments: list[str],
    entry: dict[str, Any],
    save: Callable[[], None],
) -> None:
    """Send the last signed transaction again, or sign one where there is none or the network has become dearer."""
    signed = entry["transactions"]
    last = signed[-1] if signed else None
    if last is None or sending.fees(session).base > last["most"]:
        least = Fees(0, int(last["tip"] * BUMP) + 1, int(last["most"] * BUMP) + 1) if last else None
        creation = "0x" + code.creation_code(session, name, arguments).hex()
        made, offer = sending.sign(session, signer, entry["nonce"], creation, least=least)
        last = {"hash": made.hash, "raw": made.raw, "tip": offer.tip, "most": offer.most}
        signed.append(last)
        save()
    sending.broadcast(session, Signed(last["hash"], last["raw"]))
