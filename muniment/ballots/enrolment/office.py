"""The enrolment office: signs one credential of every voter, and knows none.

Each signature rests on the voter's own or on two officers', and is written into a log that anybody can check. What
the voter has signed is blinded: neither its credential nor, among the credentials of a unit, its line can be found
from the log.
"""

import json
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785
from sqlalchemy import Connection, func, insert, select

from muniment.access.model import KeyStanding, Officer, Scope
from muniment.ballots.enrolment.blind import PrivateKey, blind_sign, to_text
from muniment.ballots.enrolment.keys import key_of
from muniment.ballots.hashes import enrolment_leaf
from muniment.ballots.roll import Tree
from muniment.ballots.setups import Setup, setup_of
from muniment.ballots.states import CEREMONY
from muniment.chain.deployment import Deployment
from muniment.db.schema import ballot_issuances, ballot_voters, officers
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from muniment.identity import signing
from muniment.identity.model import Seals
from muniment.identity.typed import Domain

SIGNING_TIME = 24 * 3_600  # seconds that a voter has between reading what it signs and sending it
MATURITY = 48 * 3_600  # seconds before an officer counts as one of two (`DualControl`)


@dataclass(frozen=True)
class Office:
    """Who issues, and when: `now` in Unix seconds; `accepted` are signatures that the chain was asked about."""

    deployment: Deployment
    sealer: Seals
    now: int
    accepted: Container[signing.Question] = signing.NONE

    @property
    def domain(self) -> Domain:
        """What enrolments are signed for. Raises Refused where the network holds no elections."""
        return Domain.of(self.deployment, CEREMONY)


@dataclass(frozen=True)
class Enrolment:
    """What is asked for: a signature over a blinded message, allowed by the voter or by officers (key, signature)."""

    voter: str
    unit: int
    blinded: bytes
    deadline: int
    signature: str | None = None
    officers: tuple[tuple[str, str], ...] = ()

    @property
    def blinded_hash(self) -> str:
        """What stands for the blinded message in the log."""
        return keccak(self.blinded)


@dataclass(frozen=True)
class Issued:
    """A line of the log with the blind signature (base64url)."""

    sequence: int
    unit: int
    voter: str
    blinded: str
    signature: str


def message_of(setup: Setup, voter: str, unit: int, blinded: str, deadline: int) -> dict[str, Any]:
    """What is signed: EnrolVoter's message."""
    return {"setup": setup.setup, "unit": unit, "voter": voter, "blinded": blinded, "deadline": deadline}


def deadline_of(setup: Setup, now: int) -> int:
    """The last second at which what is signed now will do."""
    return min(now + SIGNING_TIME, setup.manifest.schedule.enrolment_closes)


def check_window(setup: Setup, now: int) -> None:
    """Raise Refused(EnrolmentClosed) before enrolment opens and after it closes."""
    schedule = setup.manifest.schedule
    if not schedule.enrolment_opens <= now < schedule.enrolment_closes or setup.box is not None:
        raise Refused("EnrolmentClosed", opens=schedule.enrolment_opens, closes=schedule.enrolment_closes)


def unit_of(connection: Connection, setup: Setup, voter: str) -> int | None:
    """The unit that the agency lists a voter under."""
    mine = (ballot_voters.c.setup == setup.setup, ballot_voters.c.voter == voter)
    unit: int | None = connection.execute(select(ballot_voters.c.unit).where(*mine)).scalar_one_or_none()
    return unit


def issued_to(connection: Connection, setup: Setup, voter: str) -> Issued | None:
    """The voter's line of the log."""
    mine = (ballot_issuances.c.setup == setup.setup, ballot_issuances.c.voter == voter)
    row = connection.execute(select(ballot_issuances).where(*mine)).one_or_none()
    return None if row is None else Issued(row.sequence, row.unit, row.voter, row.blinded, row.signature)


def check_envelope(connection: Connection, setup: Setup, voter: str, blinded: str) -> None:
    """Raise Refused(BlindedTaken) for an envelope that was signed for another voter: two would share one credential."""
    same = (ballot_issuances.c.setup == setup.setup, ballot_issuances.c.blinded == blinded)
    if connection.execute(select(ballot_issuances.c.sequence).where(*same, ballot_issuances.c.voter != voter)).first():
        raise Refused("BlindedTaken", blinded=blinded)


def issue(connection: Connection, office: Office, setup: Setup, asked: Enrolment) -> Issued:
    """Sign a voter's blinded credential and write it into the log. `setup` is locked (`setup_of(…, lock=True)`).

    The same again gets the same signature. Raises Refused: EnrolmentClosed, NotEligible, WrongUnit, EnrolledAlready,
    BlindedTaken, BlindedRefused, OfficersRefused, UnitKeyMissing, UnitKeyReused, and what judges signatures.
    """
    (issued,) = issue_many(connection, office, setup, [asked])
    return issued


def issue_many(
    connection: Connection,
    office: Office,
    setup: Setup,
    wanted: Sequence[Enrolment],
    sign: Callable[[Sequence[tuple[PrivateKey, bytes]]], Iterable[bytes]] | None = None,
) -> list[Issued]:
    """The same for many voters, all or none; `sign` may spread the signing over processes."""
    check_window(setup, office.now)
    keys: dict[int, PrivateKey] = {}
    new: list[tuple[Enrolment, str]] = []
    known: dict[str, Issued] = {}
    for asked in wanted:
        authority = _authority(connection, office, setup, asked)
        before = issued_to(connection, setup, asked.voter)
        if before is not None and (before.unit, before.blinded) != (asked.unit, asked.blinded_hash):
            raise Refused("EnrolledAlready", voter=asked.voter)
        if before is not None:
            known[asked.voter] = before
            continue
        check_envelope(connection, setup, asked.voter, asked.blinded_hash)
        if asked.unit not in keys:
            keys[asked.unit] = _key(connection, office, setup, asked.unit)
        new.append((asked, authority))
    signatures = (sign or _sign)([(keys[asked.unit], asked.blinded) for asked, _ in new])
    sequence = _next(connection, setup)
    rows = []
    envelopes: dict[str, str] = {}
    for place, ((asked, authority), signature) in enumerate(zip(new, signatures, strict=True)):
        issued = Issued(sequence + place, asked.unit, asked.voter, asked.blinded_hash, to_text(signature))
        if asked.voter in known:
            raise Refused("EnrolledAlready", voter=asked.voter)
        if envelopes.setdefault(asked.blinded_hash, asked.voter) != asked.voter:
            raise Refused("BlindedTaken", blinded=asked.blinded_hash)
        known[asked.voter] = issued
        rows.append({"setup": setup.setup, "authority": authority, **vars(issued)})
    if rows:
        connection.execute(insert(ballot_issuances), rows)
    return [known[asked.voter] for asked in wanted]


def _key(connection: Connection, office: Office, setup: Setup, unit: int) -> PrivateKey:
    """The key of a unit. Raises Refused(UnitKeyMissing, UnitKeyReused).

    Nobody sees what is signed: with a key of two elections, a voter of one would get a line of the other's roll.
    """
    modulus = setup.manifest.units[unit].modulus
    key = key_of(connection, office.sealer, modulus)  # locked: two elections that share it are judged in turn
    mine = (ballot_issuances.c.setup == setup.setup, ballot_issuances.c.unit == unit)
    if connection.execute(select(ballot_issuances.c.sequence).where(*mine).limit(1)).one_or_none() is None:
        _check_unused(connection, setup, unit, modulus)
    return key


def _check_unused(connection: Connection, setup: Setup, unit: int, modulus: int) -> None:
    """Raise Refused(UnitKeyReused) where another election has signed with the key; from then on it refuses ours."""
    others = select(ballot_issuances.c.setup).where(ballot_issuances.c.setup != setup.setup).distinct()
    for other in connection.execute(others).scalars():
        if any(held.modulus == modulus for held in setup_of(connection, other).manifest.units):
            raise Refused("UnitKeyReused", unit=unit, setup=other)


def _sign(wanted: Sequence[tuple[PrivateKey, bytes]]) -> list[bytes]:
    return [blind_sign(key, blinded) for key, blinded in wanted]


def _next(connection: Connection, setup: Setup) -> int:
    last = select(func.max(ballot_issuances.c.sequence)).where(ballot_issuances.c.setup == setup.setup)
    highest = connection.execute(last).scalar_one()
    return 0 if highest is None else int(highest) + 1


# ── What allows it ──────────────────────────────────────────────────────────────────────────────────────────────


def _authority(connection: Connection, office: Office, setup: Setup, asked: Enrolment) -> str:
    """What allows an enrolment, as canonical JSON for the log. Raises Refused."""
    unit = unit_of(connection, setup, asked.voter)
    if unit is None:
        raise Refused("NotEligible", voter=asked.voter)
    if unit != asked.unit:
        raise Refused("WrongUnit", voter=asked.voter, unit=unit)
    signing.check_deadline(asked.deadline, office.now)
    message = message_of(setup, asked.voter, asked.unit, asked.blinded_hash, asked.deadline)
    told: dict[str, Any] = {"deadline": asked.deadline}
    if asked.signature is not None:
        signing.check_settled(connection, asked.voter)
        told |= {"by": "voter"}
        told["signature"] = signing.party_signature(
            connection, office.domain, "EnrolVoter", message, asked.voter, asked.signature, office.accepted
        )
    else:
        told |= {"by": "officers", "officers": _officers(connection, office, setup, message, asked.officers)}
    return rfc8785.dumps(told).decode()


def _officers(
    connection: Connection,
    office: Office,
    setup: Setup,
    message: dict[str, Any],
    signed: Sequence[tuple[str, str]],
) -> list[dict[str, str]]:
    """Two different election officers of the agency, none accredited just now. Raises Refused."""
    if len({key for key, _ in signed}) != 2 or len(signed) != 2:
        raise Refused("OfficersRefused", agency=setup.agency)
    told = []
    for key, signature in sorted(signed):
        check_officer(connection, setup, key, office.now)
        normal = signing.wallet_signature(office.domain, "EnrolVoter", message, key, signature, office.accepted)
        told.append({"key": key, "signature": normal})
    return told


def check_officer(connection: Connection, setup: Setup, key: str, now: int) -> None:
    """Raise Refused(OfficersRefused) for a key that cannot be one of two: no election officer here, or too new."""
    row = connection.execute(select(officers).where(officers.c.key == key)).one_or_none()
    if row is None or row.agency != setup.agency or not _may(row, now):
        raise Refused("OfficersRefused", agency=setup.agency)


def _may(row: Any, now: int) -> bool:
    officer = Officer(
        row.key, row.agency, Scope(int(row.scopes)), row.not_before, row.not_after, row.compromised_since,
        row.accredited_at,
    )  # fmt: skip
    # As on the chain: who was accredited just now is no second pair of eyes.
    mature = now >= max(officer.accredited_at, officer.not_before) + MATURITY
    return mature and officer.standing_at(now) is KeyStanding.CURRENT and Scope.ELECTION_OFFICER in officer.scopes


# ── The log ─────────────────────────────────────────────────────────────────────────────────────────────────────


def log_of(connection: Connection, setup: str) -> dict[str, Any]:
    """Every enrolment in order, as it is published."""
    mine = select(ballot_issuances).where(ballot_issuances.c.setup == setup).order_by(ballot_issuances.c.sequence)
    entries = [
        {"unit": row.unit, "voter": row.voter, "blinded": row.blinded, "authority": json.loads(row.authority)}
        for row in connection.execute(mine)
    ]
    return {"setup": setup, "entries": entries}


def log_text(connection: Connection, setup: str) -> str:
    """The log as canonical JSON (RFC 8785)."""
    return rfc8785.dumps(log_of(connection, setup)).decode()


def log_root(connection: Connection, setup: str) -> str:
    """The root over the log; zero while it is empty."""
    entries = log_of(connection, setup)["entries"]
    leaves = [
        enrolment_leaf(
            setup, place, entry["unit"], entry["voter"], entry["blinded"], keccak(rfc8785.dumps(entry["authority"]))
        )
        for place, entry in enumerate(entries)
    ]
    return Tree(leaves).root if leaves else ZERO_HASH


def issued_by_unit(connection: Connection, setup: str) -> dict[int, int]:
    """How many signatures were given, by unit."""
    unit = ballot_issuances.c.unit
    query = select(unit, func.count()).where(ballot_issuances.c.setup == setup).group_by(unit)
    return dict(connection.execute(query).all())
