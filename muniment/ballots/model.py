"""What an election's ballots are made of, and the rules that their forms keep (`docs/ballots-protocol.md`)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from math import comb
from typing import NamedTuple, Self

from muniment.errors import Refused

# Standards for Efficient Cryptography 2, section 2.4.1: secp256k1.
FIELD = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

MOST_CONTESTS = 8
MOST_CIPHERTEXTS = 64  # of a ballot
MOST_BRANCHES = 512  # of a ballot
MOST_UNITS = 112  # the creation of a box with many more does not fit into a transaction (EIP-3860)
MOST_SHARES = 360  # of a contest's count: its ciphertexts times the threshold
MOST_CHOICES = 8  # values of a choice, a blank among them
MOST_OPTIONS = 64  # of points
MOST_POINTS = 15  # for one option
WIDEST_SUM = 63  # between the fewest and the most points of a contest
MOST_CANDIDATES = 2**40  # counts that the tally may have to try


class Point(NamedTuple):
    """A point of secp256k1 in affine coordinates; (0, 0) stands for infinity."""

    x: int
    y: int


INFINITY = Point(0, 0)
GENERATOR = Point(
    0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)


class Ciphertext(NamedTuple):
    """A = rG, B = rH + mG: m votes under the election key H. Also a sum of such."""

    a: Point
    b: Point


class ContestKind(IntEnum):
    """How a contest is voted on."""

    CHOICE = 1  # one of the options
    POINTS = 2  # some points for each; approval when one is the most


@dataclass(frozen=True)
class ContestForm:
    """One contest's form. Of a choice, `most`, `minimum` and `maximum` are 0; of points, `blank` is False."""

    kind: ContestKind
    options: int
    most: int = 0
    minimum: int = 0
    maximum: int = 0
    blank: bool = False

    @classmethod
    def choice(cls, options: int, *, blank: bool = False) -> Self:
        """One of the options, or none of them where a blank is allowed."""
        return cls(ContestKind.CHOICE, options, blank=blank)

    @classmethod
    def points(cls, options: int, most: int, minimum: int, maximum: int) -> Self:
        """Up to `most` points for each option, from `minimum` to `maximum` in all."""
        return cls(ContestKind.POINTS, options, most, minimum, maximum)

    @classmethod
    def unpack(cls, packed: int) -> Self:
        """The form that the contracts hold in a word (`IBallotBox.ContestForm`).

        Raises Refused(FormUnreadable) when no form packs so; whether its numbers make sense, `refusal` says.
        """
        kind, options, most = packed >> 56, packed >> 48 & 0xFF, packed >> 40 & 0xFF
        minimum, maximum, blank = packed >> 24 & 0xFFFF, packed >> 8 & 0xFFFF, packed & 0xFF
        if kind not in (ContestKind.CHOICE, ContestKind.POINTS) or blank > 1:
            raise Refused("FormUnreadable", form=packed)
        return cls(ContestKind(kind), options, most, minimum, maximum, bool(blank))

    def pack(self) -> int:
        """The word: kind << 56 | options << 48 | most << 40 | minimum << 24 | maximum << 8 | blank."""
        return (
            self.kind << 56
            | self.options << 48
            | self.most << 40
            | self.minimum << 24
            | self.maximum << 8
            | int(self.blank)
        )

    @property
    def refused(self) -> bool:
        """Whether it has too few or too many options, bounds that nobody can keep, or a number where none belongs."""
        if self.kind == ContestKind.CHOICE:
            listed = 2 <= self.options + self.blank <= MOST_CHOICES and self.options >= 1
            return not listed or bool(self.most or self.minimum or self.maximum)
        return (
            self.blank
            or not 1 <= self.options <= MOST_OPTIONS
            or not 1 <= self.most <= MOST_POINTS
            or not self.minimum <= self.maximum <= self.options * self.most
            or self.maximum < 1
            or self.maximum - self.minimum > WIDEST_SUM
        )

    @property
    def ciphertexts(self) -> int:
        """How many ciphertexts the contest takes on a ballot."""
        return 1 if self.kind == ContestKind.CHOICE else self.options

    @property
    def counts(self) -> int:
        """How many numbers its result has: one for each option, and one for blanks where they are allowed."""
        return self.options + self.blank

    @property
    def sum_is_proved(self) -> bool:
        """Whether the sum of the points needs a proof: it does when its bounds forbid anything."""
        free = self.minimum == 0 and self.maximum == self.options * self.most
        return self.kind == ContestKind.POINTS and not free

    def values(self, width: int) -> tuple[int, ...]:
        """What one ciphertext may hold: M^0 … M^(n−1) and 0 for a blank, M = 2^width; or 0 … most."""
        if self.kind == ContestKind.POINTS:
            return tuple(range(self.most + 1))
        return tuple(1 << width * option for option in range(self.options)) + (0,) * self.blank

    def sum_values(self) -> tuple[int, ...]:
        """What all points of a ballot may come to."""
        return tuple(range(self.minimum, self.maximum + 1))

    def proofs(self, width: int) -> Iterator[tuple[int | None, tuple[int, ...]]]:
        """Each proof in order: which of the contest's ciphertexts (None: their sum) holds which values."""
        values = self.values(width)
        for place in range(self.ciphertexts):
            yield place, values
        if self.sum_is_proved:
            yield None, self.sum_values()

    def is_decodable(self, width: int, ballots: int) -> bool:
        """Whether a count of so many ballots can be found again: 2^40 candidates at most, and values below the order.

        For a choice one count is what the others leave; so C(ballots + k − 1, k − 1) candidates for k values.
        """
        if self.kind == ContestKind.POINTS:
            return self.most * ballots < MOST_CANDIDATES
        values = self.options + self.blank
        return self.options * width <= 255 and comb(ballots + values - 1, values - 1) <= MOST_CANDIDATES

    def messages(self, selection: Sequence[int], width: int) -> tuple[int, ...]:
        """What each ciphertext holds for a voter's selection.

        Of a choice the selection is the option's number alone, a blank's that after the last option's; of points it
        is each option's. Raises Refused(SelectionRefused) when the form forbids it.
        """
        if self.kind == ContestKind.CHOICE:
            values = self.values(width)
            if len(selection) != 1 or not 0 <= selection[0] < len(values):
                raise Refused("SelectionRefused", selection=list(selection))
            return (values[selection[0]],)
        kept = len(selection) == self.options and all(0 <= points <= self.most for points in selection)
        if not kept or not self.minimum <= sum(selection) <= self.maximum:
            raise Refused("SelectionRefused", selection=list(selection))
        return tuple(selection)


def check_forms(contests: Sequence[ContestForm], width: int, units: Sequence["UnitRoll"], min_ballots: int) -> None:
    """Check what the box checks when it is opened.

    Raises Refused(FormRefused, BallotTooLarge or ContestUndecodable).
    """
    if not 1 <= len(contests) <= MOST_CONTESTS:
        raise Refused("FormRefused", contest=len(contests), form=0)
    for number, form in enumerate(contests):
        if form.refused:
            raise Refused("FormRefused", contest=number, form=form.pack())
    ciphertexts = sum(form.ciphertexts for form in contests)
    branches = sum(len(values) for form in contests for _, values in form.proofs(width))
    if ciphertexts > MOST_CIPHERTEXTS or branches > MOST_BRANCHES:
        raise Refused("BallotTooLarge", ciphertexts=ciphertexts, branches=branches)
    for number, form in enumerate(contests):
        for roll in units:
            if not form.is_decodable(width, roll.lines + 2 * min_ballots):
                raise Refused("ContestUndecodable", contest=number, unit=roll.unit)


def width_of(lines: int) -> int:
    """Bits of M, the least power of two above the whole roll, all units' lines together."""
    return lines.bit_length()


@dataclass(frozen=True)
class UnitRoll:
    """The roll of one unit: lines on it, signatures issued for it, voters eligible, and the root over its lines."""

    unit: int
    lines: int
    issued: int
    eligible: int
    root: str


@dataclass(frozen=True)
class Group:
    """Units from first to last whose ballots are decrypted together."""

    first_unit: int
    last_unit: int
    ballots: int


@dataclass(frozen=True)
class UnitTurnout:
    """Ballots of a unit that count, and batches cast so far."""

    ballots: int
    batches: int


class Skipped(IntEnum):
    """Why a ballot of a batch was passed over."""

    NONE = 0
    BARRED = 1
    PREVIOUS_CHANGED = 2


class BallotFlags(IntEnum):
    """What a ballot replaces."""

    FIRST = 0
    REPLACES_BATCHED = 1
    REPLACES_REPLACEMENT = 2


@dataclass(frozen=True)
class Branch:
    """One value's part of a proof: challenge c, response z, address(a), b; and the hints U = zH and the slope."""

    challenge: int
    response: int
    commitment: str
    b: Point
    u: Point
    slope: int


Proof = tuple[Branch, ...]


@dataclass(frozen=True)
class EqualLogs:
    """Proof that D = x·S for the x of X = xG: challenge c, response z, b, and the hints U = zS and the slope."""

    challenge: int
    response: int
    b: Point
    u: Point
    slope: int


@dataclass(frozen=True)
class Possession:
    """Schnorr's proof that somebody knows p with P = pG."""

    challenge: int
    response: int


@dataclass(frozen=True)
class BatchPlace:
    """Where a ballot lies: the batch's number, the leaf's, and the siblings up to the batch's root."""

    batch: int
    place: int
    path: tuple[str, ...]


@dataclass(frozen=True)
class Replaced:
    """The ballot that another takes the place of; `place` is None where the chain keeps its tracker in a word."""

    ciphertexts: tuple[Ciphertext, ...]
    previous: str
    proofs_hash: str
    place: BatchPlace | None


@dataclass(frozen=True)
class Ballot:
    """A ballot as it is cast. `signature` is 64 bytes, empty for one that is not signed: made to be tested.

    `previous` is the tracker of the ballot that it replaces, zero for none.
    """

    index: int
    credential: str
    previous: str
    ciphertexts: tuple[Ciphertext, ...]
    proofs: tuple[Proof, ...]
    path: tuple[str, ...] = ()
    signature: bytes = b""
    replaced: Replaced | None = None

    @property
    def flags(self) -> BallotFlags:
        """Which kind of ballot it is."""
        if self.replaced is None:
            return BallotFlags.FIRST
        return BallotFlags.REPLACES_BATCHED if self.replaced.place else BallotFlags.REPLACES_REPLACEMENT


@dataclass(frozen=True)
class BallotPaper:
    """What ballots of one unit are made for and judged by.

    `domain` is the box's EIP-712 separator, `width` that of M, `roll` the unit's.
    """

    election: str
    domain: str
    key: Point
    width: int
    contests: tuple[ContestForm, ...]
    roll: UnitRoll

    @cached_property
    def ciphertexts(self) -> int:
        """How many ciphertexts a ballot has."""
        return sum(form.ciphertexts for form in self.contests)

    @cached_property
    def proofs(self) -> tuple["ProofPlan", ...]:
        """Every proof of a ballot, in order."""
        plans = []
        first = 0
        for contest, form in enumerate(self.contests):
            for place, values in form.proofs(self.width):
                start, length = (first, form.ciphertexts) if place is None else (first + place, 1)
                plans.append(ProofPlan(contest, range(start, start + length), values))
            first += form.ciphertexts
        return tuple(plans)


@dataclass(frozen=True)
class ProofPlan:
    """One proof: of which contest, over the sum of which ciphertexts (through the ballot), and their values."""

    contest: int
    ciphertexts: range
    values: tuple[int, ...]


@dataclass(frozen=True)
class BallotOpening:
    """What a test of a ballot reveals (Benaloh's challenge): the randomness r of each ciphertext and the selections.

    With it go what the tracker covers besides. A ballot that was opened is never signed.
    """

    index: int
    credential: str
    previous: str
    randomness: tuple[int, ...]
    selections: tuple[tuple[int, ...], ...]
    proofs_hash: str
