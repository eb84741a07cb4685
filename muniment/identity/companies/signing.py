"""What persons sign about companies: typed data in the company registry's domain, and a board's joint signature."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from muniment.chain.abi import encode_call
from muniment.chain.deployment import Deployment
from muniment.identity.companies.model import CONTRACT
from muniment.identity.signing import check_settled, party_signature
from muniment.identity.submit import Relay
from muniment.identity.typed import Domain, typed_data

_REPRESENTATIVES = {
    "type": "function",
    "name": "signatures",
    "inputs": [
        {
            "name": "signatures",
            "type": "tuple[]",
            "components": [{"name": "representative", "type": "bytes32"}, {"name": "signature", "type": "bytes"}],
        }
    ],
}


def data_of(deployment: Deployment, primary: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """Typed data in the company registry's domain. Raises Refused when the network has none."""
    return typed_data(Domain.of(deployment, CONTRACT), primary, message)


def checked(
    connection: Connection, relay: Relay, primary: str, message: Mapping[str, Any], party: str, signature: str
) -> str:
    """A party's signature over a message, as contracts want it. Raises Refused."""
    check_settled(connection, party)
    domain = Domain.of(relay.deployment, CONTRACT)
    return party_signature(connection, domain, primary, message, party, signature, relay.accepted)


def joint(signatures: Mapping[str, str]) -> str:
    """An organisation's signature: abi.encode(RepresentativeSignature[]), ascending by representative."""
    parts = [{"representative": party, "signature": signatures[party]} for party in sorted(signatures)]
    return "0x" + encode_call([_REPRESENTATIVES], "signatures", (parts,))[10:]
