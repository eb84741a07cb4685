"""What a party is asked to sign: typed data with a fresh nonce and a deadline, refused where the chain would refuse."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from muniment.chain.deployment import Deployment
from muniment.db.schema import recoveries, wallets
from muniment.errors import Refused
from muniment.identity.signing import SIGNING_TIME, check_nonce, check_settled, fresh, wallet_of
from muniment.identity.standing import pending_recovery, power, representation_of
from muniment.identity.submit import CONTRACT, PowerAsked, check_free, check_power, present_wallet
from muniment.identity.typed import Domain, typed_data


@dataclass(frozen=True)
class Asked:
    """Typed data for `eth_signTypedData_v4`, and the wallets that sign it.

    No wallets where the party has none: then officers stand in for it over the data's digest.
    """

    act: str
    signers: tuple[str, ...]
    typed_data: dict[str, Any]


def rotation(connection: Connection, deployment: Deployment, party: str, wallet: str, now: int) -> Asked:
    """A change of wallet, which both wallets sign."""
    previous = present_wallet(connection, party)
    check_settled(connection, party)
    check_free(connection, wallet)
    message = {"party": party, "from": previous, "to": wallet, **fresh(now)}
    return _asked(deployment, "rotate", "RotateWallet", (previous, wallet), message)


def recovery(connection: Connection, deployment: Deployment, party: str, wallet: str, now: int) -> Asked:
    """A new wallet for a party that lost its own, which the new wallet signs and two officers then ask for."""
    present_wallet(connection, party)
    check_settled(connection, party)
    check_free(connection, wallet)
    query = select(func.max(recoveries.c.attempt)).where(recoveries.c.party == party)
    attempt = (connection.execute(query).scalar_one() or 0) + 1
    message = {"party": party, "wallet": wallet, "attempt": attempt, "deadline": now + SIGNING_TIME}
    return _asked(deployment, "recover", "RecoverWallet", (wallet,), message)


def veto(connection: Connection, deployment: Deployment, party: str, now: int) -> Asked:
    """A veto of the recovery under way, which the present wallet signs."""
    pending = pending_recovery(connection, party)
    if pending is None:
        raise Refused("RecoveryMissing", party=party)
    if not pending.vetoable:
        raise Refused("VetoRefused", party=party)
    if now >= pending.ready_at:
        raise Refused("VetoTooLate", party=party, readyAt=pending.ready_at)
    message = {
        "party": party,
        "wallet": pending.wallet,
        "attempt": pending.attempt,
        "deadline": min(now + SIGNING_TIME, pending.ready_at),
    }
    return _asked(deployment, "veto", "VetoRecovery", signers_of(connection, party), message)


def grant(connection: Connection, deployment: Deployment, principal: str, wanted: PowerAsked, now: int) -> Asked:
    """A power of attorney, which the principal signs; the nonce of `wanted` is drawn anew."""
    check_power(principal, wanted, now)
    check_settled(connection, principal)
    drawn = fresh(now)
    message = {**wanted.struct(principal), **drawn}
    return _asked(deployment, "grant-power", "GrantPower", signers_of(connection, principal), message)


def revocation(connection: Connection, deployment: Deployment, party: str, power_: str, now: int) -> Asked:
    """The end of a power, which its principal or its attorney signs."""
    found = power(connection, power_, now)
    if found is None:
        raise Refused("PowerUnknown", power=power_)
    if party not in (found.principal, found.attorney):
        raise Refused("NotOfPower", power=power_, party=party)
    if found.state in ("revoked", "ended"):
        raise Refused("PowerEnded", power=power_)
    check_settled(connection, party)
    message = {"party": party, "power": power_, "deadline": now + SIGNING_TIME}
    return _asked(deployment, "revoke-power", "RevokePower", signers_of(connection, party), message)


def cancellation(connection: Connection, deployment: Deployment, party: str, nonce: int, now: int) -> Asked:
    """That a nonce be useless, which the party signs."""
    check_settled(connection, party)
    check_nonce(connection, CONTRACT, party, nonce)
    message = {"party": party, "nonce": nonce, "deadline": now + SIGNING_TIME}
    return _asked(deployment, "cancel-nonce", "CancelNonce", signers_of(connection, party), message)


def signers_of(connection: Connection, party: str) -> tuple[str, ...]:
    """The wallets that sign for a party: its own, or its representatives'."""
    own = wallet_of(connection, party)
    if own is not None:
        return (own,)
    organisation = representation_of(connection, party)
    persons = organisation.representatives if organisation else ()
    query = select(wallets.c.wallet).where(wallets.c.party.in_(persons)).order_by(wallets.c.party)
    return tuple(connection.execute(query).scalars())


def _asked(deployment: Deployment, act: str, primary: str, signers: tuple[str, ...], message: dict[str, Any]) -> Asked:
    return Asked(act, signers, typed_data(Domain.of(deployment, CONTRACT), primary, message))
