"""What persons sign about companies, and whether they did, as far as the service can tell before the chain."""

import secrets
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from muniment.chain.abi import encode_call
from muniment.chain.deployment import Deployment
from muniment.chain.typed_data import normal_signature, signer_of
from muniment.db.schema import wallets
from muniment.errors import Refused
from muniment.identity.companies.model import CONTRACT, LIFETIME
from muniment.identity.typed import Domain, typed_data

_LONGEST = 20_000  # hex digits: 16 representatives' signatures, of wallets that are contracts too
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


def fresh(now: int) -> dict[str, int]:
    """A nonce that nobody has used, and the last moment at which what is signed over it can be used."""
    return {"nonce": secrets.randbits(256), "deadline": now + LIFETIME}


def check_deadline(deadline: int, now: int) -> None:
    """Refuse a deadline that has passed, or lies further ahead than anybody needs."""
    if deadline <= now:
        raise Refused("DeadlinePassed", deadline=deadline)
    if deadline > now + LIFETIME:
        raise Refused("DeadlineTooFar", deadline=deadline)


def checked(
    connection: Connection, party: str, data: Mapping[str, Any], signature: str, contract_wallet: bool = False
) -> str:
    """The signature as contracts want it. Raises Refused when it is not by the party's wallet.

    A wallet that is a contract judges for itself (`contract_wallet`), and a party without a wallet in the read tables
    signs as an organisation, or by an attestation and an empty signature: that is left to the chain.
    """
    wallet = connection.execute(select(wallets.c.wallet).where(wallets.c.party == party)).scalar_one_or_none()
    try:
        given = normal_signature(signature[:_LONGEST])
    except ValueError:
        raise Refused("SignatureInvalid", wallet=wallet or party) from None
    if wallet is not None and not contract_wallet and signer_of(data, given) != wallet:
        raise Refused("SignatureInvalid", wallet=wallet)
    return given


def joint(signatures: Mapping[str, str]) -> str:
    """An organisation's signature: abi.encode(RepresentativeSignature[]), ascending by representative."""
    parts = [{"representative": party, "signature": signatures[party]} for party in sorted(signatures)]
    return "0x" + encode_call([_REPRESENTATIVES], "signatures", (parts,))[10:]
