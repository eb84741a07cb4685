"""Acts of people in authority: what stands, what is to be sent, and what must hold afterwards."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scripts.common import keys, sending
from scripts.common.session import Session
from scripts.common.settings import Refused


@dataclass(frozen=True)
class Act:
    """One call that somebody in authority makes.

    `holds` tells whether what it brings about stands already; it raises Refused when something else stands in its way.
    `role` names the settings of the key (root, admin, officer), `authority` is the address that must send it. `details`
    gives further lines of the plan, each a heading and what it says.
    """

    sentence: str
    role: str
    authority: str
    call: Any
    holds: Callable[[], bool]
    details: Callable[[], list[tuple[str, str]]] = list


def perform(session: Session, act: Act) -> dict[str, Any]:
    """Do what is still to do: nothing when it stands, calldata when nobody here holds the key, else send and assert.

    Gives {"act", "sent", "transaction" or "to" and "data"}. Raises Refused.
    """
    if not session.args.dry_run:
        sending.settle(session, act.authority)
    if act.holds():
        session.say(f"Stands already: {act.sentence}.")
        return {"act": act.sentence, "stands": True, "sent": False}
    to, data = str(act.call.address).lower(), act.call._encode_transaction_data()
    session.say(f"Plan       {act.sentence}")
    for heading, text in act.details():
        session.say(f"{heading:10} {text}")
    session.say(f"Network    {session.network.name}, chain {session.network.chain_id}, node {session.network.host}")
    session.say(f"By         {act.authority}, the {act.role}")
    gas = sending.simulate(session, act.authority, data, to)
    fees = sending.fees(session)
    cost = gas * fees.most / 10**18
    session.say(f"Cost       at most about {cost:.6f} ETH: {gas:,} gas at {fees.most / 10**9:.3f} gwei")
    unsent = {"act": act.sentence, "stands": False, "sent": False, "to": to, "data": data}
    if session.args.dry_run:
        return unsent
    signer = keys.signer(session, act.role, act.authority)
    if signer is None:
        session.say(f"No MUNIMENT_{act.role.upper()}_KEYSTORE signs for {act.authority}; nothing was sent.")
        session.say("To do it from a Safe, propose this transaction there, then run the same command again to check:")
        session.say(f"  to     {session.web3.to_checksum_address(to)}\n  value  0\n  data   {data}")
        return unsent
    session.confirm("Send?")
    return {"act": act.sentence, "stands": True, "sent": True, "transaction": _send(session, signer, act, data, to)}


def _send(session: Session, signer: keys.Signer, act: Act, data: str, to: str) -> str:
    nonce = sending.used(session, signer.address)
    signed, _ = sending.sign(session, signer, nonce, data, to)
    session.say(f"  sent as {signed.hash}")
    sending.broadcast(session, signed)
    receipt = sending.wait(session, signer.address, nonce, [signed.hash])
    if receipt["status"] != 1:
        raise Refused(f"Transaction {signed.hash} failed on chain; nothing changed. Run again to see why.")
    if not act.holds():
        raise Refused(f"Transaction {signed.hash} was mined, but this does not hold: {act.sentence}.")
    session.say(f"Done in block {receipt['blockNumber']}, {receipt['gasUsed']:,} gas: {act.sentence}.")
    return signed.hash
