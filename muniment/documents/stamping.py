"""Where a root was anchored, for people to look up: the optional `issued` part of proof files."""

from typing import Any

from muniment.chain.abi import selector
from muniment.chain.codec import AbiDataRefused, members_of
from muniment.chain.deployment import Deployment
from muniment.chain.events import Decoder, topic_of
from muniment.chain.rpc import Rpc
from muniment.documents.proof import MOST_APPROVALS, Approval, Issued
from muniment.documents.source import ask
from muniment.errors import Refused

_LONGEST = 2 + 2 * 10_000  # a signature in a proof file, as 0x hex


def issued_at(rpc: Rpc, deployment: Deployment, issuer: str, root: str) -> Issued:
    """The transaction, block, key and approvals of a root. Raises Refused when the node has no such anchor.

    Approvals are read from the transaction when it went straight to the registry, and left out otherwise.
    """
    contract = deployment.contracts["DocumentRegistry"]
    (described,) = [one for one in contract.abi if one["type"] == "event" and one["name"] == "Issued"]
    asked = {
        "address": contract.address,
        "fromBlock": hex(contract.start_block),
        "toBlock": "latest",
        "topics": [topic_of(described), issuer, root],
    }
    logs = rpc.call("eth_getLogs", [asked])
    if not logs:
        raise Refused("NotAnchored", issuer=issuer, root=root)
    event = Decoder(deployment).decode(logs[0], 0)
    key_id = event.arguments["keyId"]
    key = ask(rpc, deployment.contracts["AgencyRegistry"], "keyOf", (key_id,))[0] if key_id else None
    transaction = rpc.call("eth_getTransactionByHash", [event.tx_hash])
    straight = str(transaction["to"]).lower() == contract.address
    approvals = _approvals(contract.abi, transaction["input"]) if straight else ()
    return Issued(event.tx_hash, event.block_number, event.block_hash, key, key_id, approvals)


def _approvals(abi: list[dict[str, Any]], data: str) -> tuple[Approval, ...]:
    """Who signed, from the call that carried the signatures."""
    for entry in abi:
        if entry["type"] == "function" and data.startswith(selector(entry)):
            raw = bytes.fromhex(data[10:])
            try:
                given = {member.name: member.read(raw, member.at, 0) for member in members_of(entry["inputs"])}
            except AbiDataRefused:
                return ()
            if entry["name"] == "issueAsParty":
                signed = [{"member": given["party"], "signature": given["signature"]}]
            else:
                signed = given.get("approvals", [])
            if len(signed) > MOST_APPROVALS or any(len(one["signature"]) > _LONGEST for one in signed):
                return ()
            return tuple(Approval(one["member"], one["signature"]) for one in signed)
    return ()
