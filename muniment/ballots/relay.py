"""The relay: takes ballots, signs that it has them, and has them cast.

A ballot is checked as the box will check it, stored together with the intent to cast it, and only then acknowledged.
Whoever holds the receipt of a ballot that never came to the chain can show that the relay had it, as far as its key is
known to be the relay's (`muniment.ballots.receipts`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection, Engine, insert, select, update

from muniment.ballots.crypto.ballot import check_ballot, check_batched
from muniment.ballots.crypto.checking import sound
from muniment.ballots.crypto.packing import unpack_ballots
from muniment.ballots.hashes import words
from muniment.ballots.model import Ballot, BallotFlags, BallotPaper
from muniment.ballots.papers import Election, election_at
from muniment.ballots.states import BallotState
from muniment.ballots.submit import cast_request
from muniment.chain.outbox import enqueue
from muniment.chain.signer import TypedSigner, account_of
from muniment.config import Settings
from muniment.db.answers import as_of
from muniment.db.engine import reading, writing
from muniment.db.schema import ballot_batches, ballot_receipts, ballot_withdrawals, ballots, elections, intents
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak_bytes

MOST_AT_ONCE = 64
_RECEIPT = keccak_bytes(b"BallotReceipt(bytes32 tracker,uint32 unit,uint32 index,uint40 receivedAt)")


class ReceiptSigner(Protocol):
    """The relayer's key."""

    @property
    def address(self) -> str:
        """Whose receipts these are."""

    def sign(self, separator: bytes, struct_hash: bytes) -> str:
        """The signature over a message of an EIP-712 domain, both by their hashes."""


def open_signer(settings: Settings) -> TypedSigner:
    """The relayer's key: that of the outbox. Raises Refused without one, KeystoreUnusable when it does not open."""
    return TypedSigner(account_of(settings))


@dataclass(frozen=True)
class Outcome:
    """What became of one ballot: a receipt, or why it was not taken. A ballot on the chain needs no receipt."""

    tracker: str | None
    unit: int
    index: int | None = None
    received_at: int | None = None
    receipt: str | None = None
    refused: Refused | None = None


@dataclass(frozen=True)
class _Checked:
    """A ballot that holds in itself."""

    tracker: str
    ballot: Ballot
    packed: bytes


def receive(
    engine: Engine, signer: ReceiptSigner, box: str, unit: int, packed: Sequence[bytes], now: int
) -> list[Outcome]:
    """Take ballots of one unit, each for itself; the same ballot again gets the same receipt.

    Raises Refused for all of them: ElectionUnknown, UnitUnknown, NotOpen.
    """
    with reading(engine) as connection:
        election = election_at(connection, box)
        _check_open(connection, election, now)
    # The dear part holds no lock on the database.
    outcomes = _checked(election, unit, packed)
    with writing(engine) as connection:
        # One after the other: two ballots of one voter at once would both be the first.
        connection.execute(select(elections.c.box).where(elections.c.box == box).with_for_update())
        return [
            outcome if isinstance(outcome, Outcome) else _store(connection, signer, election, unit, outcome, now)
            for outcome in outcomes
        ]


def receipt_hash(tracker: str, unit: int, index: int, received_at: int) -> bytes:
    """The struct hash of BallotReceipt (EIP-712), in the box's domain."""
    return keccak_bytes(words(_RECEIPT, tracker, unit, index, received_at))


def _check_open(connection: Connection, election: Election, now: int) -> None:
    """The relay stops as announced. Before the chain itself has come to the opening, the box would refuse."""
    known = as_of(connection)
    if known is None or known.time < election.opens_at or now >= election.closes_at:
        raise Refused("NotOpen", time=now, opensAt=election.opens_at, until=election.closes_at)


def _checked(election: Election, unit: int, packed: Sequence[bytes]) -> "list[_Checked | Outcome]":
    """Check many at once, and one by one when one of them is bad."""
    paper = election.paper(unit)
    read = [_read(paper, unit, one) for one in packed]
    given = [one for one in read if not isinstance(one, Outcome)]
    found: Sequence[str | Refused] | None = sound(paper, b"".join(raw for _, raw in given))
    judged = iter(found or [_tracker(paper, ballot) for ballot, _ in given])
    return [one if isinstance(one, Outcome) else _outcome(unit, next(judged), *one) for one in read]


def _outcome(unit: int, judged: str | Refused, ballot: Ballot, packed: bytes) -> "_Checked | Outcome":
    return Outcome(None, unit, refused=judged) if isinstance(judged, Refused) else _Checked(judged, ballot, packed)


def _read(paper: BallotPaper, unit: int, packed: bytes) -> tuple[Ballot, bytes] | Outcome:
    """Exactly one ballot: two of them in a row are read as each alone."""
    try:
        first, *more = unpack_ballots(paper, packed)
    except Refused as refused:
        return Outcome(None, unit, refused=refused)
    if more:
        return Outcome(None, unit, refused=Refused("BallotsMalformed", length=len(packed)))
    return first, packed


def _tracker(paper: BallotPaper, ballot: Ballot) -> str | Refused:
    try:
        return check_ballot(paper, ballot)
    except Refused as refused:
        return refused


def _store(
    connection: Connection, signer: ReceiptSigner, election: Election, unit: int, given: _Checked, now: int
) -> Outcome:
    tracker, ballot = given.tracker, given.ballot
    mine = (ballot_receipts.c.box == election.box, ballot_receipts.c.tracker == tracker)
    known = connection.execute(select(ballot_receipts).where(*mine)).one_or_none()
    failed = known is not None and _is_refused(connection, known.intent_key)
    if known is not None and not failed:
        return Outcome(tracker, unit, ballot.index, known.received_at, known.signature)
    try:
        if _stands(connection, election, unit, given):
            return Outcome(tracker, unit, ballot.index)
    except Refused as refused:
        return Outcome(tracker, unit, ballot.index, refused=refused)
    if known is not None:
        # What the chain did not take once, perhaps a node that was behind, is tried again: the receipt stands.
        anew = update(intents).where(intents.c.key == known.intent_key, intents.c.state == "refused")
        connection.execute(anew.values(state="queued", reason=None, updated_at=now))
        return Outcome(tracker, unit, ballot.index, known.received_at, known.signature)
    request = cast_request(election, unit, tracker, ballot, given.packed)
    receipt = signer.sign(bytes.fromhex(election.domain[2:]), receipt_hash(tracker, unit, ballot.index, now))
    connection.execute(
        insert(ballot_receipts).values(
            box=election.box,
            tracker=tracker,
            unit=unit,
            voter_index=ballot.index,
            previous=ballot.previous,
            received_at=now,
            signature=receipt,
            relayer=signer.address,
            intent_key=request.key,
        )
    )
    enqueue(connection, request, now)
    return Outcome(tracker, unit, ballot.index, now, receipt)


def _is_refused(connection: Connection, key: str) -> bool:
    return connection.execute(select(intents.c.state).where(intents.c.key == key)).scalar_one_or_none() == "refused"


def _stands(connection: Connection, election: Election, unit: int, given: _Checked) -> bool:
    """Whether the chain counts this very ballot already. Raises Refused where it would skip or refuse it."""
    ballot, index = given.ballot, given.ballot.index
    voter = (ballots.c.box == election.box, ballots.c.unit == unit, ballots.c.voter_index == index)
    cast = {row.tracker: row for row in connection.execute(select(ballots).where(*voter))}
    own = cast.get(given.tracker)
    if own is not None and own.state != BallotState.SKIPPED:
        return True
    barred = select(ballot_withdrawals.c.unit).where(
        ballot_withdrawals.c.box == election.box,
        ballot_withdrawals.c.unit == unit,
        ballot_withdrawals.c.voter_index == index,
    )
    if connection.execute(barred).first() is not None:
        raise Refused("VoterBarred", unit=unit, index=index)
    waiting = _waiting(connection, election, unit, index) - set(cast)
    current = next((row for row in cast.values() if row.state == BallotState.COUNTED), None)
    if ballot.previous in waiting:
        raise Refused("BallotWaits", tracker=ballot.previous)
    if ballot.previous != (ZERO_HASH if current is None else current.tracker):
        if ballot.previous == ZERO_HASH and current is not None:
            raise Refused("VotedAlready", tracker=current.tracker)
        raise Refused("BallotOvertaken", tracker=ZERO_HASH if current is None else current.tracker)
    if waiting:
        raise Refused("VotedAlready", tracker=min(waiting))
    if current is not None:
        _check_place(connection, election, unit, ballot, current.batch)
    return False


def _waiting(connection: Connection, election: Election, unit: int, index: int) -> set[str]:
    """The voter's ballots that are on their way, as far as this relay knows."""
    query = (
        select(ballot_receipts.c.tracker)
        .join(intents, intents.c.key == ballot_receipts.c.intent_key)
        .where(
            ballot_receipts.c.box == election.box,
            ballot_receipts.c.unit == unit,
            ballot_receipts.c.voter_index == index,
            intents.c.state != "refused",
        )
    )
    return set(connection.execute(query).scalars())


def _check_place(connection: Connection, election: Election, unit: int, ballot: Ballot, batch: int | None) -> None:
    """Whether the ballot that is replaced is said to lie where it lies. Raises Refused(FlagsRefused, NotInBatch)."""
    flags = BallotFlags.REPLACES_REPLACEMENT if batch is None else BallotFlags.REPLACES_BATCHED
    if ballot.flags is not flags:
        raise Refused("FlagsRefused", flags=int(ballot.flags))
    place = ballot.replaced.place if ballot.replaced else None
    if place is not None:
        named = (ballot_batches.c.box == election.box, ballot_batches.c.unit == unit)
        query = select(ballot_batches.c.root).where(*named, ballot_batches.c.batch == place.batch)
        check_batched(ballot, connection.execute(query).scalar_one_or_none() or ZERO_HASH)
