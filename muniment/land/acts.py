"""Acts on titles for which parties sign: what each is asked to sign, gathered until all have, then carried out.

What a party may do with its own right goes to the chain with the last signature. What a registrar enters waits for
one: `approve`. Whoever knows an act's id sees it; it names parties by their ids alone.
"""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select, update

from muniment.chain.deployment import Deployment
from muniment.chain.outbox import Request, enqueue
from muniment.db.schema import land_acts, land_consents, land_signatures
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH
from muniment.identity.asking import Asked, signers_of
from muniment.identity.model import LONGEST_AHEAD
from muniment.identity.signing import (
    check_deadline,
    check_quota,
    check_settled,
    joint,
    party_signature,
    wallet_of,
    wallet_signature,
)
from muniment.identity.standing import power as power_of
from muniment.identity.standing import representation_of
from muniment.identity.submit import Relay
from muniment.identity.typed import Domain, typed_data
from muniment.land.act_kinds import KINDS, ActKind, Kind
from muniment.land.act_terms import check_current, holders_of, read_terms


@dataclass(frozen=True)
class Signer:
    """One of those who are asked, and when they signed; an attorney where one signs under a power."""

    party: str
    signed_at: int | None
    power: str | None
    attorney: str | None
    representatives: tuple[str, ...]


@dataclass(frozen=True)
class Consents:
    """How an act stands. `by_registrar`: a registrar decides once all have signed, and `officer` is who did."""

    act: str
    kind: ActKind
    subject: str
    terms: Mapping[str, Any]
    deadline: int
    by_registrar: bool
    signers: tuple[Signer, ...]
    complete: bool
    officer: str | None
    intent_key: str | None


def open_act(connection: Connection, kind: ActKind, asked: Mapping[str, Any], now: int) -> str:
    """Open an act; return its id. `asked` is what the API takes, ids in lower case. Raises Refused."""
    terms = read_terms(connection, kind, asked, now)
    parties = holders_of(connection, kind, terms)
    act = secrets.token_hex(16)
    connection.execute(
        land_acts.insert().values(
            act=act,
            kind=kind.value,
            subject=KINDS[kind].subject(terms),
            terms=json.dumps(terms),
            deadline=now + LONGEST_AHEAD,
            created_at=now,
        )
    )
    for place, party in enumerate(parties):
        line = {"act": act, "party": party, "place": place, "nonce": secrets.randbits(256)}
        connection.execute(land_consents.insert().values(line))
    return act


def act_of(connection: Connection, act: str) -> Consents:
    """How an act stands. Raises Refused when there is none."""
    row, lines = _row(connection, act), _lines(connection, act)
    gathered: dict[str, list[str]] = {}
    for one in connection.execute(select(land_signatures).where(land_signatures.c.act == act)):
        gathered.setdefault(one.party, []).append(one.representative)
    return Consents(
        act=row.act,
        kind=ActKind(row.kind),
        subject=row.subject,
        terms=json.loads(row.terms),
        deadline=row.deadline,
        by_registrar=KINDS[ActKind(row.kind)].by_registrar,
        signers=tuple(
            Signer(line.party, line.signed_at, line.power, line.attorney, tuple(sorted(gathered.get(line.party, ()))))
            for line in lines
        ),
        complete=all(line.signature is not None for line in lines),
        officer=row.officer,
        intent_key=row.intent_key,
    )


def to_sign(connection: Connection, deployment: Deployment, act: str, party: str, attorney: str | None = None) -> Asked:
    """What a party, or an attorney for it, is asked to sign, and by which wallets. Raises Refused."""
    row, line = _row(connection, act), _line(connection, act, party)
    kind = KINDS[ActKind(row.kind)]
    data = typed_data(Domain.of(deployment, kind.contract), kind.primary, _message(kind, row, line))
    return Asked(kind.power, signers_of(connection, attorney or party), data)


def consent(
    connection: Connection,
    relay: Relay,
    act: str,
    party: str,
    signature: str,
    representative: str | None = None,
    power: str | None = None,
    attorney: str | None = None,
) -> Consents:
    """Take a signature. With the last one, what needs no registrar is queued; the same again changes nothing.

    `representative` signs for an organisation, which has signed once enough of them have; `attorney` under a power
    of the party. Raises Refused.
    """
    # Locked until the end of the transaction, so that of the last two signatures one finds the other.
    connection.execute(update(land_acts).where(land_acts.c.act == act).values(act=land_acts.c.act))
    row, line = _row(connection, act), _line(connection, act, party)
    kind = KINDS[ActKind(row.kind)]
    if line.signature is not None:
        return act_of(connection, act)
    check_deadline(row.deadline, relay.now)
    if (power is None) != (attorney is None):
        raise Refused("PowerUnknown", power=power or ZERO_HASH)
    if power is not None and attorney is not None:
        _check_power(connection, kind, row.subject, party, power, attorney, relay.now)
    signer = attorney or party
    check_settled(connection, signer)
    domain, message = Domain.of(relay.deployment, kind.contract), _message(kind, row, line)
    if representative is not None:
        given = _represented(connection, relay, row, line, signer, representative, (domain, message, signature))
    else:
        given = party_signature(connection, domain, kind.primary, message, signer, signature, relay.accepted)
    if given is not None:
        signed = {"signature": given, "signed_at": relay.now, "power": power, "attorney": attorney}
        connection.execute(update(land_consents).where(*_mine(act, party)).values(signed))
        if not kind.by_registrar and act_of(connection, act).complete:
            check_quota(connection, party, f"land.{row.kind}", relay.most, relay.now)
            _queue(connection, row, party, relay.now)
    return act_of(connection, act)


def approve(connection: Connection, act: str, officer: str, now: int) -> Consents:
    """Let what all have signed go to the chain, in a registrar's name. Again: the same intent. Raises Refused."""
    row, stands = _row(connection, act), act_of(connection, act)
    if not officer.strip():
        raise Refused("OfficerOrReasonMissing")
    if stands.intent_key is None:
        missing = sum(signer.signed_at is None for signer in stands.signers)
        if missing:
            raise Refused("SignaturesMissing", missing=missing)
        check_deadline(row.deadline, now)
        check_current(connection, stands.kind, stands.terms, now)
        connection.execute(update(land_acts).where(land_acts.c.act == act).values(officer=officer.strip()))
        _queue(connection, row, row.subject, now)
    return act_of(connection, act)


def _queue(connection: Connection, row: Row[Any], lane: str, now: int) -> None:
    consents = [
        {
            "power": line.power or ZERO_HASH,
            "attorney": line.attorney or ZERO_HASH,
            "nonce": str(line.nonce),
            "deadline": row.deadline,
            "signature": line.signature,
        }
        for line in _lines(connection, row.act)
    ]
    kind, body = f"land.{row.kind}", {**json.loads(row.terms), "consents": consents}
    receipt = enqueue(connection, Request(f"{kind}:{row.act}", kind, lane, body), now)
    connection.execute(update(land_acts).where(land_acts.c.act == row.act).values(intent_key=receipt.key))


def _represented(
    connection: Connection,
    relay: Relay,
    row: Row[Any],
    line: Row[Any],
    organisation: str,
    representative: str,
    given: tuple[Domain, Mapping[str, Any], str],
) -> str | None:
    """Keep what a representative signed; the organisation's signature once there are enough. Raises Refused."""
    domain, message, signature = given
    rule = representation_of(connection, organisation)
    if rule is None or rule.ended or representative not in rule.representatives:
        raise Refused("SignatoryRefused", party=representative)
    wallet = wallet_of(connection, representative)
    if wallet is None:
        raise Refused("PartyUnbound", party=representative)
    check_settled(connection, representative)
    primary = KINDS[ActKind(row.kind)].primary
    normal = wallet_signature(domain, primary, message, wallet, signature, relay.accepted)
    s = land_signatures.c
    mine = (s.act == row.act, s.party == line.party)
    connection.execute(land_signatures.delete().where(*mine, s.representative == representative))
    kept = {"act": row.act, "party": line.party, "representative": representative, "signature": normal}
    connection.execute(land_signatures.insert().values(**kept, signed_at=relay.now))
    rows = connection.execute(select(land_signatures).where(*mine).order_by(s.representative))
    # Who left the board since, or another organisation's board before an attorney was named, does not count.
    signed = {one.representative: one.signature for one in rows if one.representative in rule.representatives}
    if len(signed) < rule.threshold:
        return None
    return joint({one: signed[one] for one in sorted(signed)[: rule.threshold]})


def _check_power(
    connection: Connection, kind: Kind, subject: str, party: str, power: str, attorney: str, now: int
) -> None:
    """Raise Refused unless the power covers the act, as the contract judges it."""
    found = power_of(connection, power, now)
    if found is None:
        raise Refused("PowerUnknown", power=power)
    covered = found.act == kind.power and found.subject in (None, subject) and not found.price_floor
    if not covered or (found.principal, found.attorney) != (party, attorney):
        raise Refused("PowerOutOfScope", power=power)
    if found.state == "expired":
        raise Refused("PowerExpired", power=power, until=found.until)
    if found.state != "current":
        raise Refused("PowerSuspended" if found.state == "suspended" else "PowerEnded", power=power)


def _message(kind: Kind, row: Row[Any], line: Row[Any]) -> dict[str, Any]:
    end = {"party": line.party, "nonce": line.nonce, "deadline": row.deadline}
    return {**kind.message(json.loads(row.terms)), **end}


def _row(connection: Connection, act: str) -> Row[Any]:
    row = connection.execute(select(land_acts).where(land_acts.c.act == act)).one_or_none()
    if row is None:
        raise Refused("LandActUnknown")
    return row


def _lines(connection: Connection, act: str) -> Sequence[Row[Any]]:
    query = select(land_consents).where(land_consents.c.act == act).order_by(land_consents.c.place)
    return connection.execute(query).all()


def _line(connection: Connection, act: str, party: str) -> Row[Any]:
    line = connection.execute(select(land_consents).where(*_mine(act, party))).one_or_none()
    if line is None:
        raise Refused("SignatoryRefused", party=party)
    return line


def _mine(act: str, party: str) -> tuple[Any, Any]:
    return land_consents.c.act == act, land_consents.c.party == party
