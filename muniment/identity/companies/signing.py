"""What persons sign about companies: typed data in the company registry's domain."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from muniment.chain.deployment import Deployment
from muniment.identity.companies.model import CONTRACT
from muniment.identity.signing import check_settled, party_signature
from muniment.identity.submit import Relay
from muniment.identity.typed import Domain, typed_data


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
