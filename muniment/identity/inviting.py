"""Staff invite a citizen, after an identity check, to link a wallet to a party."""

import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from muniment.db.schema import invitations, party_records, wallets
from muniment.errors import Refused
from muniment.identity.model import INVITATION_LIFETIME, code_hash, new_code


@dataclass(frozen=True)
class Invited:
    """A fresh invitation. The code is shown this once: only its hash is stored."""

    code: str
    party: str
    nonce: int
    expires_at: int


def invite(connection: Connection, party: str, now: int, lifetime: int = INVITATION_LIFETIME) -> Invited:
    """Make a one-time code for a party, valid for `lifetime` seconds; an unused older one ends.

    Raises Refused when the agency has no record of the party, or none any more, or the party has a wallet.
    """
    party = party.lower()
    known = connection.execute(select(party_records.c.erased_at).where(party_records.c.party == party)).one_or_none()
    if known is None:
        raise Refused("PartyUnknown", party=party)
    if known.erased_at is not None:
        raise Refused("RecordErased", party=party)
    wallet = connection.execute(select(wallets.c.wallet).where(wallets.c.party == party)).scalar_one_or_none()
    if wallet is not None:
        raise Refused("PartyBoundAlready", party=party, wallet=wallet)
    connection.execute(delete(invitations).where(invitations.c.party == party, invitations.c.intent_key.is_(None)))
    invited = Invited(new_code(), party, secrets.randbits(256), now + lifetime)
    connection.execute(
        invitations.insert().values(
            code_hash=code_hash(invited.code),
            party=party,
            nonce=invited.nonce,
            expires_at=invited.expires_at,
            created_at=now,
        )
    )
    return invited
