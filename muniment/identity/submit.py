"""What the party registry is asked for a citizen who signed: a wallet, its recovery, powers of attorney.

Every request is checked as the contract will check it, so that whoever signed wrongly hears it at once, and nothing is
queued that would be refused. What the chain shows as done is told as done, whoever sent it.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785
from sqlalchemy import Connection, or_, select

from muniment.chain.deployment import Deployment
from muniment.chain.happened import Happened, happened
from muniment.chain.outbox import Act, Call, Receipt, Request, enqueue
from muniment.db.schema import intents, party_records, wallets
from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak
from muniment.identity import signing
from muniment.identity.standing import pending_recovery, power, representation_of
from muniment.identity.telling import told_by
from muniment.identity.typed import Domain

CONTRACT = "PartyRegistry"
_LONGEST_ACT = 64  # bytes
_RETRY = 3_600  # seconds


@dataclass(frozen=True)
class Relay:
    """Who relays, and when: `now` is Unix seconds, `most` how many acts of a party are paid for in a day.

    `accepted` are signatures that are no key's and that the chain was asked about.
    """

    deployment: Deployment
    now: int
    most: int
    accepted: Container[signing.Question] = signing.NONE


@dataclass(frozen=True)
class PowerAsked:
    """What a power of attorney is to allow (`PowerGrant`); zero hashes for any subject and for no currency."""

    attorney: str
    act: str
    subject: str
    price_floor: int
    currency: str
    until: int
    nonce: int

    def message(self, principal: str, deadline: int) -> dict[str, Any]:
        """GrantPower's message."""
        return {**self.struct(principal), "deadline": deadline}

    def struct(self, principal: str) -> dict[str, Any]:
        """The contract's PowerGrant; numbers that JSON may lose are decimal text."""
        return {
            "principal": principal,
            "attorney": self.attorney,
            "act": self.act,
            "subject": self.subject,
            "priceFloor": str(self.price_floor),
            "currency": self.currency,
            "until": self.until,
            "nonce": str(self.nonce),
        }


def rotate(
    connection: Connection,
    relay: Relay,
    party: str,
    wallet: str,
    nonce: int,
    deadline: int,
    previous_signature: str,
    signature: str,
) -> Receipt | Happened:
    """Queue a change of wallet that both wallets signed (RotateWallet). Raises Refused."""
    body = {
        "party": party,
        "wallet": wallet,
        "nonce": str(nonce),
        "deadline": deadline,
        "previous_signature": previous_signature,
        "signature": signature,
    }

    def check() -> dict[str, Any]:
        previous = present_wallet(connection, party)
        signing.check_settled(connection, party)
        check_free(connection, wallet)
        signing.check_deadline(deadline, relay.now)
        signing.check_nonce(connection, CONTRACT, party, nonce)
        message = {"party": party, "from": previous, "to": wallet, "nonce": nonce, "deadline": deadline}
        domain, accepted = Domain.of(relay.deployment, CONTRACT), relay.accepted
        before = signing.wallet_signature(domain, "RotateWallet", message, previous, previous_signature, accepted)
        after = signing.wallet_signature(domain, "RotateWallet", message, wallet, signature, accepted)
        return {"previous_signature": before, "signature": after}

    return _relay(connection, relay, "rotate", party, body, check)


def cancel_nonce(
    connection: Connection, relay: Relay, party: str, nonce: int, deadline: int, signature: str
) -> Receipt | Happened:
    """Queue that a nonce is useless from now on (CancelNonce). Raises Refused."""
    body = {"party": party, "nonce": str(nonce), "deadline": deadline, "signature": signature}

    def check() -> dict[str, Any]:
        signing.check_deadline(deadline, relay.now)
        signing.check_settled(connection, party)
        signing.check_nonce(connection, CONTRACT, party, nonce)
        message = {"party": party, "nonce": nonce, "deadline": deadline}
        return {"signature": _signed(connection, relay, "CancelNonce", message, party, signature)}

    return _relay(connection, relay, "cancel_nonce", party, body, check)


def veto(
    connection: Connection, relay: Relay, party: str, attempt: int, deadline: int, signature: str
) -> Receipt | Happened:
    """Queue the present wallet's veto of a recovery (VetoRecovery). Raises Refused."""
    body = {"party": party, "attempt": attempt, "deadline": deadline, "signature": signature}

    def check() -> dict[str, Any]:
        recovery = pending_recovery(connection, party)
        if recovery is None or recovery.attempt != attempt:
            raise Refused("RecoveryMissing", party=party)
        if not recovery.vetoable:
            raise Refused("VetoRefused", party=party)
        if relay.now >= recovery.ready_at:
            raise Refused("VetoTooLate", party=party, readyAt=recovery.ready_at)
        signing.check_deadline(deadline, relay.now)
        message = {"party": party, "wallet": recovery.wallet, "attempt": attempt, "deadline": deadline}
        return {"signature": _signed(connection, relay, "VetoRecovery", message, party, signature)}

    return _relay(connection, relay, "veto", party, body, check)


def grant_power(
    connection: Connection, relay: Relay, principal: str, asked: PowerAsked, deadline: int, signature: str
) -> Receipt | Happened:
    """Queue a power of attorney that the principal signed (GrantPower). Raises Refused."""
    body = {"grant": asked.struct(principal), "deadline": deadline, "signature": signature}

    def check() -> dict[str, Any]:
        check_power(principal, asked, relay.now)
        signing.check_deadline(deadline, relay.now)
        signing.check_settled(connection, principal)
        signing.check_nonce(connection, CONTRACT, principal, asked.nonce)
        message = asked.message(principal, deadline)
        return {"signature": _signed(connection, relay, "GrantPower", message, principal, signature)}

    return _relay(connection, relay, "grant_power", principal, body, check)


def revoke_power(
    connection: Connection, relay: Relay, party: str, power_: str, deadline: int, signature: str
) -> Receipt | Happened:
    """Queue the end of a power, which its principal or its attorney signed (RevokePower). Raises Refused."""
    body = {"party": party, "power": power_, "deadline": deadline, "signature": signature}

    def check() -> dict[str, Any]:
        found = power(connection, power_, relay.now)
        if found is None:
            raise Refused("PowerUnknown", power=power_)
        if found.state in ("revoked", "ended"):
            raise Refused("PowerEnded", power=power_)
        if party not in (found.principal, found.attorney):
            raise Refused("NotOfPower", power=power_, party=party)
        signing.check_deadline(deadline, relay.now)
        signing.check_settled(connection, party)
        message = {"party": party, "power": power_, "deadline": deadline}
        return {"signature": _signed(connection, relay, "RevokePower", message, party, signature)}

    return _relay(connection, relay, "revoke_power", party, body, check)


def complete_recovery(connection: Connection, relay: Relay, party: str) -> Receipt | Happened:
    """Queue that a recovery completes, which anyone may ask for once its delay is over. Raises Refused."""
    recovery = pending_recovery(connection, party)
    if recovery is None:
        raise Refused("RecoveryMissing", party=party)
    if relay.now < recovery.ready_at:
        raise Refused("RecoveryTooEarly", party=party, readyAt=recovery.ready_at)
    return enqueue(connection, completion(connection, party, recovery.attempt, relay.now), relay.now)


def completion(connection: Connection, party: str, attempt: int, now: int) -> Request:
    """The request that completes one attempt: whoever asks, it is asked once.

    Only where a node refused it long ago, which it does when it lags behind, it is asked for again.
    """
    kind, body = "identity.complete_recovery", {"party": party, "attempt": attempt}
    key = f"{kind}:{party}:{attempt}"
    mine = or_(intents.c.key == key, intents.c.key.startswith(f"{key}:"))
    columns = (intents.c.key, intents.c.state, intents.c.updated_at)
    tried = connection.execute(select(*columns).where(mine).order_by(intents.c.id)).all()
    if tried:
        last = tried[-1]
        again = last.state == "refused" and last.updated_at <= now - _RETRY
        key = f"{key}:{len(tried)}" if again else last.key
    return Request(key, kind, f"recovery:{party}", body)


def cancel_recovery(connection: Connection, party: str, now: int) -> Receipt:
    """Queue that the officer stops a recovery. Raises Refused."""
    party = party.lower()
    query = select(party_records.c.agency, party_records.c.commitment).where(party_records.c.party == party)
    known = connection.execute(query).one_or_none()
    if known is None:
        raise Refused("PartyUnknown", party=party)
    recovery = pending_recovery(connection, party)
    if recovery is None:
        raise Refused("RecoveryMissing", party=party)
    kind = "identity.cancel_recovery"
    body = {"agency": known.agency, "commitment": known.commitment}
    request = Request(f"{kind}:{party}:{recovery.attempt}", kind, f"recovery:{party}", body)
    return enqueue(connection, request, now)


def check_power(principal: str, asked: PowerAsked, now: int) -> None:
    """Raise Refused for a power that the contract would not take."""
    sound = (
        asked.attorney not in (ZERO_HASH, principal)
        and 1 <= len(asked.act.encode()) <= _LONGEST_ACT
        and now <= asked.until < 2**40
        and (asked.price_floor == 0) == (asked.currency == ZERO_HASH)
    )
    if not sound:
        raise Refused("PowerRefused", principal=principal, attorney=asked.attorney)


def _relay(
    connection: Connection,
    relay: Relay,
    act: str,
    party: str,
    body: Mapping[str, Any],
    check: Callable[[], Mapping[str, Any]],
) -> Receipt | Happened:
    """Queue what was signed unless it is on its way or done.

    The key is made of what was signed: the same again asks for nothing new, and a better signature is not kept out by
    a bad one.
    """
    kind = f"identity.{act}"
    key = f"{kind}:{party}:{keccak(rfc8785.dumps(dict(body)))[:34]}"
    known = connection.execute(select(intents.c.state).where(intents.c.key == key)).scalar_one_or_none()
    if known is not None:
        return Receipt(key, known, new=False)
    told = told_by(kind, party, body)
    done = None if told is None else happened(connection, *told)
    if done is not None:
        return done
    checked = check()
    signing.check_quota(connection, party, kind, relay.most, relay.now)
    return enqueue(connection, Request(key, kind, party, {**body, **checked}), relay.now)


def _signed(
    connection: Connection, relay: Relay, primary: str, message: Mapping[str, Any], party: str, signature: str
) -> str:
    domain = Domain.of(relay.deployment, CONTRACT)
    return signing.party_signature(connection, domain, primary, message, party, signature, relay.accepted)


def present_wallet(connection: Connection, party: str) -> str:
    """The party's own wallet. Raises Refused when it has none, or is an organisation."""
    wallet = signing.wallet_of(connection, party)
    if wallet is None:
        if representation_of(connection, party) is not None:
            raise Refused("PartyIsOrganisation", party=party)
        raise Refused("PartyUnbound", party=party)
    return wallet


def check_free(connection: Connection, wallet: str) -> None:
    """Raise Refused for a wallet that is missing or stands for a party."""
    if wallet == ZERO_ADDRESS:
        raise Refused("WalletMissing")
    taken = connection.execute(select(wallets.c.party).where(wallets.c.wallet == wallet)).scalar_one_or_none()
    if taken is not None:
        raise Refused("WalletTaken", wallet=wallet, party=taken)


def _bind(bodies: Sequence[Mapping[str, Any]]) -> Call:
    """One call for one party."""
    (body,) = bodies
    arguments = (body["commitment"], body["wallet"], int(body["nonce"]), body["deadline"], body["signature"])
    return Call(CONTRACT, "bind", arguments)


def _plain(kind: str, function: str, *names: str) -> Act:
    """An act whose arguments stand in the body under these names."""

    def build(bodies: Sequence[Mapping[str, Any]]) -> Call:
        (body,) = bodies
        return Call(CONTRACT, function, tuple(body[name] for name in names))

    return Act(f"identity.{kind}", build)


ACTS = (
    Act("identity.bind", _bind),
    _plain("rotate", "rotate", "party", "wallet", "nonce", "deadline", "previous_signature", "signature"),
    _plain("cancel_nonce", "cancelNonce", "party", "nonce", "deadline", "signature"),
    _plain("veto", "vetoRecovery", "party", "deadline", "signature"),
    _plain("grant_power", "grantPower", "grant", "deadline", "signature"),
    _plain("revoke_power", "revokePower", "power", "party", "deadline", "signature"),
    _plain("complete_recovery", "completeRecovery", "party"),
    _plain("cancel_recovery", "cancelRecovery", "agency", "commitment"),
)
FUNCTIONS = tuple(
    (CONTRACT, name)
    for name in (
        "bind",
        "rotate",
        "cancelNonce",
        "vetoRecovery",
        "grantPower",
        "revokePower",
        "completeRecovery",
        "cancelRecovery",
    )
)
