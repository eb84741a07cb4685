"""The made-up university of the documents story: an agency with two custodians, and the acts of its admin."""

import time
from collections.abc import Sequence
from typing import Any

from demo.node import StageError
from muniment.access.model import AgencyStatus, Scope, agency_named, domain_hash
from muniment.chain.abi import encode_call
from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc
from muniment.documents.source import ask
from muniment.hashing import ZERO_HASH

DOMAIN = "university.example"
AGENCY = agency_named(DOMAIN)
SCOPES = int(Scope.DOCUMENT_ISSUER | Scope.KEY_CUSTODIAN)
# Places among the node's own accounts: the root is that of scripts.bootstrap.
ROOT_PLACE, ADMIN_PLACE, CUSTODIAN_PLACES = 1, 3, (4, 5)
FOREVER = 2**40 - 1
RECEIPT_TRIES = 100


def found(rpc: Rpc, deployment: Deployment) -> None:
    """Register the university and accredit its custodians, unless that is done."""
    if view(rpc, deployment, "AgencyRegistry", "agencyOf", AGENCY)["status"] != AgencyStatus.UNKNOWN:
        return
    accounts = rpc.call("eth_accounts", [])
    admin = accounts[ADMIN_PLACE]
    founding = (ZERO_HASH, admin, SCOPES, domain_hash(DOMAIN))
    send(rpc, deployment, accounts[ROOT_PLACE], "AgencyRegistry", "registerAgency", *founding)
    for place in CUSTODIAN_PLACES:
        accredit(rpc, deployment, accounts[place], Scope.KEY_CUSTODIAN)


def accredit(rpc: Rpc, deployment: Deployment, key: str, scope: Scope) -> None:
    """Give a key one power, from now on. By the university's admin."""
    admin = rpc.call("eth_accounts", [])[ADMIN_PLACE]
    send(rpc, deployment, admin, "AgencyRegistry", "accredit", AGENCY, key, int(scope), 0, FOREVER)


def retire(rpc: Rpc, deployment: Deployment, key: str) -> None:
    """End a key's powers now. By the university's admin."""
    admin = rpc.call("eth_accounts", [])[ADMIN_PLACE]
    send(rpc, deployment, admin, "AgencyRegistry", "retire", key, 0)


def mark_compromised(rpc: Rpc, deployment: Deployment, key: str, since: int) -> None:
    """Declare that a key was in wrong hands since a moment, Unix seconds. By both custodians, one after the other."""
    accounts = rpc.call("eth_accounts", [])
    for place in CUSTODIAN_PLACES:
        send(rpc, deployment, accounts[place], "AgencyRegistry", "markCompromised", key, since)


def send(rpc: Rpc, deployment: Deployment, sender: str, contract: str, function: str, *arguments: Any) -> None:
    """Send a call from one of the node's own accounts and wait for its block.

    Raises:
        StageError: it failed on the chain.
    """
    info = deployment.contracts[contract]
    call = {"from": sender, "to": info.address, "data": encode_call(info.abi, function, arguments)}
    rpc.call("eth_call", [call, "latest"])  # a refusal is told here, with its reason
    transaction = rpc.call("eth_sendTransaction", [call])
    for _ in range(RECEIPT_TRIES):
        receipt = rpc.call("eth_getTransactionReceipt", [transaction])
        if receipt is not None:
            if int(receipt["status"], 16) != 1:
                raise StageError(f"{contract}.{function} failed on the chain.")
            return
        time.sleep(0.1)
    raise StageError(f"{contract}.{function} does not get into a block.")


def view(rpc: Rpc, deployment: Deployment, contract: str, function: str, *arguments: Any) -> Any:
    """What a view with one output answers now."""
    return ask(rpc, deployment.contracts[contract], function, arguments)[0]


def anchored_at(rpc: Rpc, deployment: Deployment, root: str) -> int:
    """When a root of the university was anchored, Unix seconds."""
    return int(view(rpc, deployment, "DocumentRegistry", "anchorOf", AGENCY, root)["issuedAt"])


def logs_of(rpc: Rpc, deployment: Deployment, roots: Sequence[str]) -> list[dict[str, Any]]:
    """The logs of the document registry about some roots of the university, in the chain's order."""
    contract = deployment.contracts["DocumentRegistry"]
    asked = {
        "address": contract.address,
        "fromBlock": hex(contract.start_block),
        "toBlock": "latest",
        "topics": [None, AGENCY, list(roots)],
    }
    return list(rpc.call("eth_getLogs", [asked]))


def issued_in(rpc: Rpc, deployment: Deployment, root: str) -> int:
    """The block that took a root of the university."""
    return int(logs_of(rpc, deployment, [root])[0]["blockNumber"], 16)
