"""The plan of a deployment, as the operator reads it before saying yes."""

from typing import Any

from scripts.common import code, sending
from scripts.common.session import Session
from scripts.common.verification import ORDER

GAS_PER_BYTE = 200 + 18  # code deposit; calldata and init code
GAS_BESIDES = 300_000  # the transaction, the creation and the constructor


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
        begun = f", begun at {done[name]['address']}" if name in done else ""
        session.say(f"Contract   {name}: {size:,} bytes, about {gas:,} gas{begun}")
    session.say(
        f"Cost       at most about {total * fees.most / 10**18:.6f} ETH: {total:,} gas at {fees.most / 10**9:.3f} gwei"
        f" (base fee now {fees.base / 10**9:.3f}, ceiling {session.ceiling / 10**9:.3f})"
    )
