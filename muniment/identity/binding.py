"""An invited citizen's wallet becomes the wallet of a party: the first signature that the service relays."""

import re
from collections.abc import Container
from typing import Any

from sqlalchemy import Connection, Row, select, update

from muniment.chain.deployment import Deployment
from muniment.chain.outbox import KeyReused, Receipt, Request, enqueue
from muniment.db.schema import invitations, party_records
from muniment.errors import Refused
from muniment.identity.model import code_hash
from muniment.identity.signing import NONE, Question, check_deadline, wallet_signature
from muniment.identity.typed import Domain

_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


def bind_request(
    connection: Connection,
    deployment: Deployment,
    code: str,
    wallet: str,
    nonce: int,
    deadline: int,
    signature: str,
    now: int,
    accepted: Container[Question] = NONE,
) -> Receipt:
    """Check an invited citizen's signature over BindWallet and queue the act, in the caller's transaction.

    The nonce is the invitation's; `deadline` and `now` are Unix seconds. A signature that is no key's must be among
    those that the chain `accepted`. The same request again gives the same receipt. Raises Refused.
    """
    wallet = wallet.lower()
    if not _ADDRESS.fullmatch(wallet) or not int(wallet, 16):
        raise Refused("WalletMissing")
    invited = _invited(connection, code, now)
    if nonce != invited.nonce:
        raise Refused("NonceRefused")
    check_deadline(deadline, now)
    message = {"party": invited.party, "wallet": wallet, "nonce": nonce, "deadline": deadline}
    domain = Domain.of(deployment, "PartyRegistry")
    signature = wallet_signature(domain, "BindWallet", message, wallet, signature, accepted)
    body = {
        "commitment": invited.commitment,
        "wallet": wallet,
        "nonce": str(nonce),
        "deadline": deadline,
        "signature": signature,
    }
    request = Request(f"identity.bind:{invited.party}:{nonce}", "identity.bind", invited.party, body)
    try:
        receipt = enqueue(connection, request, now)
    except KeyReused:
        raise Refused("InvitationUsed") from None
    connection.execute(
        update(invitations).where(invitations.c.code_hash == invited.code_hash).values(intent_key=request.key)
    )
    return receipt


def _invited(connection: Connection, code: str, now: int) -> Row[Any]:
    """The invitation of a code with its party's commitment. Raises Refused when it is unknown or has expired."""
    row = connection.execute(
        select(invitations, party_records.c.commitment)
        .join(party_records, party_records.c.party == invitations.c.party)
        .where(invitations.c.code_hash == code_hash(code))
    ).one_or_none()
    if row is None:
        raise Refused("InvitationUnknown")
    if row.expires_at <= now:
        raise Refused("InvitationExpired", expires_at=row.expires_at)
    return row
