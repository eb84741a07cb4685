"""Whether a party signed, as far as the service can tell before the chain does, and what is wrong when it did not."""

import secrets
from collections.abc import Container, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, or_, select

from muniment.chain.abi import encode_call
from muniment.chain.typed_data import digest_of, normal_signature, signer_of, turned_around
from muniment.db.schema import attestations, events, intents, organisations, wallets
from muniment.errors import Refused
from muniment.identity.model import LONGEST_AHEAD
from muniment.identity.standing import pending_recovery
from muniment.identity.typed import Domain, typed_data

SIGNING_TIME = 24 * 3600  # seconds that a party has between reading what it signs and the chain
_LONGEST = 20_000  # hex digits: what 16 representatives sign; a book may not
_DAY = 24 * 3600
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
NONE: frozenset["Question"] = frozenset()
# Where wallets are often connected by mistake: public chains, their test chains, local ones.
_OTHER_CHAINS = (1, 11155111, 17000, 560048, 10, 56, 100, 137, 324, 8453, 42161, 43114, 59144, 31337, 1337)


class Question(NamedTuple):
    """Whether a signature over a digest is its signer's, where only the chain knows.

    The signer is a wallet that is a contract (its address), or a party without a wallet (its id).
    """

    signer: str
    digest: str
    signature: str


class Unjudged(Refused):
    """A signature that is no key's. It counts as wrong until the chain has answered the question."""

    def __init__(self, question: Question) -> None:
        """Name the signer, as for a wrong signature."""
        super().__init__("SignatureInvalid", wallet=question.signer)
        self.question = question


def fresh(now: int) -> dict[str, int]:
    """A nonce that nobody used, and the last second at which what is signed over it will do."""
    return {"nonce": secrets.randbits(256), "deadline": now + SIGNING_TIME}


def check_deadline(deadline: int, now: int) -> None:
    """Raise Refused for a deadline that has passed, or lies so far ahead that nobody would remember the signature."""
    if deadline <= now:
        raise Refused("DeadlinePassed", deadline=deadline)
    if deadline > now + LONGEST_AHEAD:
        raise Refused("DeadlineTooFar", deadline=deadline)


def check_settled(connection: Connection, party: str) -> None:
    """Raise Refused while the party's wallet is being recovered: it signs nothing but the veto."""
    recovery = pending_recovery(connection, party)
    if recovery is not None:
        raise Refused("RecoveryPending", party=party, readyAt=recovery.ready_at)


def check_nonce(connection: Connection, contract: str, party: str, nonce: int) -> None:
    """Raise Refused when an event of the contract shows that the party's nonce is spent."""
    # Numbers beyond 53 bits are text in `events`; the pattern only narrows what the database compares.
    told = (f'"nonce":"{nonce}"', f'"nonce":{nonce},', f'"nonce":{nonce}}}')
    spent = select(events.c.name).where(events.c.subject == party, events.c.contract == contract)
    for pattern in told:
        if connection.execute(spent.where(events.c.arguments.contains(pattern, autoescape=True)).limit(1)).first():
            raise Refused("NonceUsed", party=party, nonce=str(nonce))


def check_quota(connection: Connection, party: str, kind: str, most: int, now: int) -> None:
    """Raise Refused when the party has let the service pay for so many acts of the last 24 hours already.

    What was refused before anything was sent cost nothing, and does not count: whoever asks for what must fail would
    use up a party's day. Relayed acts have their party as lane. Vetoes count by themselves: whoever spends a party's
    quota must not take its last defence.
    """
    veto = intents.c.kind == "identity.veto"
    counted = select(func.count()).where(
        intents.c.lane == party,
        intents.c.created_at > now - _DAY,
        or_(intents.c.state != "refused", intents.c.transaction_id.is_not(None)),
        veto if kind == "identity.veto" else ~veto,
    )
    if connection.execute(counted).scalar_one() >= most:
        raise Refused("RelayQuota", party=party, most=most)


def wallet_of(connection: Connection, party: str) -> str | None:
    """The wallet that signs for a party now."""
    return connection.execute(select(wallets.c.wallet).where(wallets.c.party == party)).scalar_one_or_none()


def party_signature(
    connection: Connection,
    domain: Domain,
    primary: str,
    message: Mapping[str, Any],
    party: str,
    signature: str,
    accepted: Container[Question] = NONE,
) -> str:
    """A party's signature over typed data, as contracts want it. Raises Refused.

    That of an organisation, and that of a party without a wallet for which officers stand in (an empty one), must be
    among those that the chain `accepted`: else whoever sends anything would act in their name here.
    """
    wallet = wallet_of(connection, party)
    if wallet is not None:
        return wallet_signature(domain, primary, message, wallet, signature, accepted)
    check_party_signs(connection, party)
    normal = normal_or_refused(signature, party)
    check_accepted(Question(party, digest_of(typed_data(domain, primary, message)), normal), accepted)
    return normal


def check_accepted(question: Question, accepted: Container[Question]) -> None:
    """Raise Unjudged for a signature that the chain was not asked about."""
    if question not in accepted:
        raise Unjudged(question)


def check_party_signs(connection: Connection, party: str) -> None:
    """Raise Refused for a party without a wallet that nobody signs for."""
    of_organisation = select(organisations.c.party).where(organisations.c.party == party, organisations.c.threshold > 0)
    stood_in = select(attestations.c.party).where(attestations.c.party == party, attestations.c.withdrawn_at.is_(None))
    if all(connection.execute(query.limit(1)).first() is None for query in (of_organisation, stood_in)):
        raise Refused("PartyUnbound", party=party)


def wallet_signature(
    domain: Domain,
    primary: str,
    message: Mapping[str, Any],
    wallet: str,
    signature: str,
    accepted: Container[Question] = NONE,
) -> str:
    """A wallet's signature over typed data, as contracts want it.

    Raises Refused: SignatureMalleable when somebody turned it around, SignedForOtherChain when it would do elsewhere,
    else SignatureInvalid: Unjudged, since the wallet may be a contract, unless the chain `accepted` it.
    """
    normal = normal_or_refused(signature, wallet)
    asked = typed_data(domain, primary, message)
    if signer_of(asked, normal) == wallet:
        return normal
    low = turned_around(normal)
    if low is not None and signer_of(asked, low) == wallet:
        raise Refused("SignatureMalleable", wallet=wallet)
    for chain in _OTHER_CHAINS:
        if signer_of(typed_data(domain._replace(chain_id=chain), primary, message), normal) == wallet:
            raise Refused("SignedForOtherChain", wallet=wallet, chain=chain, expected=domain.chain_id)
    check_accepted(Question(wallet, digest_of(asked), normal), accepted)
    return normal


def normal_or_refused(signature: str, signer: str) -> str:
    """A signature as contracts want it. Raises Refused for what is none, and for one longer than any can be."""
    try:
        if len(signature) <= _LONGEST:
            return normal_signature(signature)
    except ValueError:
        pass
    raise Refused("SignatureInvalid", wallet=signer)


def joint(signatures: Mapping[str, str]) -> str:
    """An organisation's signature: abi.encode(RepresentativeSignature[]), ascending by representative."""
    parts = [{"representative": party, "signature": signatures[party]} for party in sorted(signatures)]
    return "0x" + encode_call([_REPRESENTATIVES], "signatures", (parts,))[10:]
