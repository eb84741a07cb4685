"""The plan of a deployment: every nonce, and so every address, up front; and as the operator reads it.

The contracts of the land name each other, so some are given addresses where nothing stands yet. That holds only as long
as each is created with the nonce that was planned for it.
"""

import itertools
from typing import Any

from scripts.common import code, creation, sending
from scripts.common.session import Session
from scripts.common.verification import ORDER, arguments_of

GAS_PER_BYTE = 200 + 18  # code deposit; calldata and init code
GAS_BESIDES = 300_000  # the transaction, the creation and the constructor


def missing(partial: dict[str, Any]) -> list[str]:
    """The contracts that an unfinished deployment is to create, in the order of their nonces at first."""
    return [name for name in ORDER if name not in partial["kept"]]


def arguments(partial: dict[str, Any]) -> dict[str, list[str]]:
    """The constructor arguments of everything that is to be created."""
    planned = {name: entry["address"] for name, entry in partial["contracts"].items()}
    return _arguments(partial, partial["kept"] | planned)


def _arguments(partial: dict[str, Any], addresses: dict[str, str]) -> dict[str, list[str]]:
    return {name: arguments_of(name, partial["root"], addresses) for name in missing(partial)}


def assign(session: Session, partial: dict[str, Any], least: int = 0) -> None:
    """Plan what is not created yet, with nonces from `least` on, and what was built on an address that is no longer.

    What stands and names only addresses that hold stays as it is; the rest of what stands is abandoned. Raises Refused.
    """
    deployer, before = partial["deployer"], partial["contracts"]
    sending.settle(session, deployer, least)  # what is on its way is created or lost after this
    stays = {name: entry for name, entry in before.items() if _stands(session, entry)}
    free = sending.settle(session, deployer, max([least, *(entry["nonce"] + 1 for entry in stays.values())]))
    while True:
        ahead = itertools.count(free)
        nonces = {name: stays[name]["nonce"] if name in stays else next(ahead) for name in missing(partial)}
        addresses = {name: creation.address_at(deployer, nonce) for name, nonce in nonces.items()}
        wanted = _arguments(partial, partial["kept"] | addresses)
        astray = [name for name, entry in stays.items() if entry["constructor_arguments"] != wanted[name]]
        if not astray:
            break
        for name in astray:
            partial["abandoned"].append({"name": name, "address": stays.pop(name)["address"]})
    partial["contracts"] = {
        name: stays.get(name)
        or {
            "nonce": nonce,
            "address": addresses[name],
            "constructor_arguments": wanted[name],
            "creation_hash": code.hash_of(code.creation_code(session, name, wanted[name])),
            "transactions": [],
        }
        for name, nonce in nonces.items()
    }


def _stands(session: Session, entry: dict[str, Any]) -> bool:
    receipt = creation.mined(session, entry)
    return receipt is not None and receipt["status"] == 1


def print_plan(session: Session, partial: dict[str, Any]) -> None:
    """Say what will be done, and what it costs at most. `partial` is an unfinished deployment, as deploy.begun says."""
    deployer, root, done = partial["deployer"], partial["root"], partial["contracts"]
    fees = sending.fees(session)
    balance = session.web3.eth.get_balance(session.web3.to_checksum_address(deployer))
    kind = "a contract" if code.standing_code(session, root) else "a plain key"
    session.say(f"Network    {session.network.name}, chain {session.network.chain_id}, node {session.network.host}")
    session.say(f"Deployer   {deployer}, {balance / 10**18:.6f} ETH; holds no power afterwards")
    session.say(f"Root       {root}, {kind}" + ("" if session.network.local else "; in production a Safe or timelock"))
    total = 0
    for name in ORDER:
        if name in partial["kept"]:
            session.say(f"Contract   {name}: {partial['kept'][name]}, stands and is kept")
            continue
        code.require_sizes(session, name)
        size = len(code.runtime_code(session, name))
        gas = GAS_PER_BYTE * size + GAS_BESIDES
        if name in done and code.standing_code(session, done[name]["address"]):
            session.say(f"Contract   {name}: {done[name]['address']}, stands already")
            continue
        total += gas
        word = "begun" if name in done and done[name]["transactions"] else "planned"
        begun = f", {word} at {done[name]['address']}" if name in done else ""
        session.say(f"Contract   {name}: {size:,} bytes, about {gas:,} gas{begun}")
    session.say(
        f"Cost       at most about {total * fees.most / 10**18:.6f} ETH: {total:,} gas at {fees.most / 10**9:.3f} gwei"
        f" (base fee now {fees.base / 10**9:.3f}, ceiling {session.ceiling / 10**9:.3f})"
    )
