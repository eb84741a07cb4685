"""Recompute groups and sums, and check every published count against the trustees' shares."""

from collections.abc import Sequence
from dataclasses import dataclass

from muniment.ballots.crypto.group import add, is_on_curve, multiply, negate
from muniment.ballots.crypto.proofs import check_equal_logs
from muniment.ballots.hashes import share_challenge
from muniment.ballots.model import (
    FIELD,
    GENERATOR,
    INFINITY,
    ORDER,
    Ciphertext,
    ContestForm,
    ContestKind,
    EqualLogs,
    Group,
    Point,
)
from muniment.ballots.verifying.events import COUNT, Told, arguments
from muniment.ballots.verifying.findings import Findings

RECORD = 353  # bytes of one trustee's share of one ciphertext


@dataclass(frozen=True)
class Record:
    """One trustee's share of one ciphertext: D with its proof, λ, and E = λD."""

    place: int
    share: Point
    proof: EqualLogs
    factor: int
    multiple: Point

    @classmethod
    def unpack(cls, raw: bytes) -> "Record":
        """Read 353 bytes (docs/ballots-protocol.md, "Counting")."""
        place, words = raw[0], [int.from_bytes(raw[at : at + 32], "big") for at in range(1, RECORD, 32)]
        dx, dy, c, z, bx, ux, uy, slope, factor, ex, ey = words
        b = Point(bx, -(uy + slope * (bx - ux)) % FIELD)
        return cls(place, Point(dx, dy), EqualLogs(c, z, b, Point(ux, uy), slope), factor, Point(ex, ey))


@dataclass(frozen=True)
class Decryption:
    """What shares are checked against: the election, its keys by place (infinity for who is out), its threshold."""

    election: str
    key: Point
    keys: Sequence[Point]
    threshold: int
    forms: Sequence[ContestForm]
    width: int


def groups_of(ballots: Sequence[int], least: int) -> tuple[Group, ...]:
    """Units in order, joined with the next until they have enough ballots, a remainder with the last group."""
    groups: list[Group] = []
    first = gathered = 0
    for unit, own in enumerate(ballots):
        gathered += own
        if gathered >= least:
            groups.append(Group(first, unit, gathered))
            first, gathered = unit + 1, 0
    if groups and first < len(ballots):
        last = groups[-1]
        groups[-1] = Group(last.first_unit, len(ballots) - 1, last.ballots + gathered)
    return tuple(groups)


def usable(total: Ciphertext, key: Point) -> Ciphertext:
    """A sum that the chain can work with: (G, H) is added until no point is infinity or has x ≥ q."""
    while any(point == INFINITY or point.x >= ORDER for point in total):
        total = Ciphertext(add(total.a, GENERATOR), add(total.b, key))
    return total


def plausible(form: ContestForm, counts: Sequence[int], ballots: int) -> bool:
    """Whether so many ballots can make these counts."""
    if len(counts) != form.counts:
        return False
    if form.kind is ContestKind.CHOICE:
        return sum(counts) == ballots
    bounds = form.minimum * ballots <= sum(counts) <= form.maximum * ballots
    return bounds and all(count <= form.most * ballots for count in counts)


def check_count(
    told: Told, group: Group, sums: Sequence[Ciphertext], given: Decryption, box: str, found: Findings
) -> None:
    """Check one ContestCounted and the shares in its transaction; `sums` are of every ciphertext of the ballot."""
    number, contest, counts = told["group"], told["contest"], tuple(told["counts"])
    form, where = given.forms[contest], told.where
    found.require(told["ballots"] == group.ballots, "CountedBallotsDiffer", where, "The group has another number.")
    # Counts of more options than there are would be looked for in shares that nobody sent.
    if not found.require(
        plausible(form, counts, group.ballots), "CountsRefused", where, "No ballots could make these counts."
    ):
        return
    called = arguments(COUNT, told.sent, box)
    if called is None:
        found.wrong("NotDirect", where, "The shares are not in the transaction.")
        return
    if not found.require(
        called[:2] == (number, contest) and tuple(called[2]) == counts,
        "CountDiffers",
        where,
        "The event has other counts.",
    ):
        return
    own = told["by"] == told.sent.transaction.sender
    found.require(own, "SenderDiffers", where, "Another account sent the transaction.")
    shares = called[3]
    if not found.require(
        len(shares) == RECORD * given.threshold * form.ciphertexts,
        "SharesMalformed",
        where,
        "The shares' length is wrong.",
    ):
        return
    first = sum(one.ciphertexts for one in given.forms[:contest])
    used = 0
    for own_place, message in enumerate(_messages(form, counts, given.width)):
        size = RECORD * given.threshold
        records = [
            Record.unpack(shares[at : at + RECORD]) for at in range(own_place * size, (own_place + 1) * size, RECORD)
        ]
        used |= sum(1 << record.place - 1 for record in records if record.place)
        ciphertext = first + own_place
        total = usable(sums[ciphertext], given.key)
        if _check_records(records, number, ciphertext, total, given, where, found):
            decrypted = add(*(record.multiple for record in records))
            right = add(total.b, negate(multiply(message))) == decrypted
            found.require(
                right, "ResultRefused", where, f"The shares of ciphertext {ciphertext} decrypt to another count."
            )
    found.require(used == told["trustees"], "TrusteesDiffer", where, "Other trustees' shares were used.")


def _messages(form: ContestForm, counts: Sequence[int], width: int) -> list[int]:
    """What each ciphertext's sum holds: Σ counts·M^i of a choice, the blanks being nothing; the count of points."""
    if form.kind is ContestKind.CHOICE:
        return [sum(count << width * option for option, count in enumerate(counts[: form.options]))]
    return list(counts)


def _check_records(
    records: Sequence[Record],
    group: int,
    ciphertext: int,
    total: Ciphertext,
    given: Decryption,
    where: str,
    found: Findings,
) -> bool:
    places = [record.place for record in records]
    known = all(0 < place <= len(given.keys) and given.keys[place - 1] != INFINITY for place in places)
    if not known or places != sorted(set(places)):
        found.wrong(
            "ShareTrusteeRefused", where, f"The shares of ciphertext {ciphertext} are not of trustees in order."
        )
        return False
    for record in records:
        says = f"Trustee {record.place}'s share of ciphertext {ciphertext} does not hold."
        if not found.require(_holds(record, places, group, ciphertext, total, given), "ShareRefused", where, says):
            return False
    return True


def _holds(
    record: Record, places: Sequence[int], group: int, ciphertext: int, total: Ciphertext, given: Decryption
) -> bool:
    key, share = given.keys[record.place - 1], record.share
    if not is_on_curve(share):
        return False

    def challenge(commitment: str, b: Point) -> int:
        return share_challenge(given.election, group, ciphertext, record.place, key, total, share, commitment, b)

    factor = 1
    for other in places:
        if other != record.place:
            factor = factor * other * pow(other - record.place, -1, ORDER) % ORDER
    right = record.factor == factor and record.multiple == multiply(factor, share)
    return right and check_equal_logs(key, total.a, share, challenge, record.proof)
