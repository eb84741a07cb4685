"""Find the counts in what a group's ballots were decrypted to: the point v·G with v = Σ c_i·M^i, or the count itself.

Baby steps and giant steps (Shanks) over the digits of the counts; `searching.py` says how they are divided. With
c_i = D_i·h_i + l_i the point is a sum of what the h and what the l stand for:

    S − N·v·G − Σ (D_i − 1)/2·w_i·G  =  Σ D_i·h_i·w_i·G  +  Σ (l_i − (D_i − 1)/2)·w_i·G

v is the value of the option that is left out, as its count is what the others leave; w_i is the value of another less
v. The table holds 8 bytes of the x of every last sum: of half of them, as opposites share it. Large steps subtract
every first sum from the left side and look the rest up; both are moved by a random point, so that no two points that
are added are equal or opposite, however ballots were chosen. What is found in the table is computed anew in full.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import isqrt

import numpy as np
import numpy.typing as npt

from muniment.ballots.counting.many_points import move, xs_of_differences, xs_of_sums
from muniment.ballots.counting.searching import Radices, Search, best_table
from muniment.ballots.crypto.group import add, draw_scalar, multiply
from muniment.ballots.model import ORDER, ContestForm, ContestKind, Point
from muniment.errors import Refused

Progress = Callable[[int, int], None]  # how many of how many table entries or large steps are done

_SEEN = 2**64 - 1  # the bits of x that the table keeps
_HALF = pow(2, -1, ORDER)
_AT_ONCE = 2**15  # large steps between two looks into the table


@dataclass(frozen=True)
class _Place:
    """Part of a digit: `unit` of the digit is one of the place, which goes through `size` values."""

    digit: int
    unit: int
    size: int


@dataclass(frozen=True)
class _Stride:
    """A vector h of some places: by how much it raises each digit, all digits together, and its point, moved."""

    total: int
    digits: tuple[int, ...]
    point: Point


class Decoder:
    """Finds vectors of counts whose weighted sum is known; its table serves every group."""

    def __init__(self, weights: Sequence[int], table: Radices, bound: int, progress: Progress | None = None) -> None:
        """Make the table. `weights` are the w_i, `bound` is the largest sum of the counts that will be asked for.

        Takes time and memory in proportion to `table.entries`.
        """
        if len(weights) != table.digits:
            raise ValueError(f"{len(weights)} weights are not {table.digits} digits")
        self._weights = tuple(weights)
        self._radices = table.each
        self._bound = bound
        self._make_table(progress or _ignore)
        self._make_strides()

    def find(self, point: Point, bound: int, progress: Progress | None = None) -> tuple[int, ...] | None:
        """Counts with Σ c_i·w_i·G = the point and a sum of at most `bound`, or None where there are none."""
        if bound > self._bound:
            raise ValueError(f"the table was made for sums up to {self._bound}, not {bound}")
        centre = sum((radix - 1) * weight for radix, weight in zip(self._radices, self._weights, strict=True)) * _HALF
        start = add(point, multiply(self._outer_shift + self._inner_shift - centre))
        outer = self._outer[: bisect_right(self._outer, bound, key=_total)]
        ends = [bisect_right(self._inner_totals, bound - stride.total) for stride in outer]
        starts = move([stride.point for stride in outer], start)
        found = self._search(starts, ends, progress or _ignore)
        for number, inner, entry in found:
            strides = outer[number].digits, self._inner[inner].digits
            for counts in self._vectors(strides, entry):
                if min(counts) >= 0 and sum(counts) <= bound and self._stands_for(counts, point):
                    return counts
        return None

    def _make_table(self, progress: Progress) -> None:
        """The x of the sum and of the difference of every two half vectors; in order, and where each stood."""
        places = list(_table_places(self._radices))
        middle = (len(places) + 1) // 2
        self._first, first = self._half_vectors(places[:middle])
        self._second, second = self._half_vectors(places[middle:])
        each = 2 * len(second)
        entries = np.empty(len(first) * each, np.uint64)
        for number, point in enumerate(first):
            entries[number * each : (number + 1) * each] = xs_of_sums(point, second, _SEEN)
            progress((number + 1) * each, len(entries))
        order = np.argsort(entries)
        self._table, self._order = entries[order], order.astype(np.uint32)

    def _half_vectors(self, places: Sequence[_Place]) -> tuple[list[tuple[int, ...]], list[Point]]:
        """Twice the digits of the vectors over these places, of two opposite ones one, and their points."""
        odd = [range(1 - place.size, place.size, 2) for place in places]
        odd[0] = range(1, places[0].size, 2)
        vectors = [self._digits(places, values) for values in product(*odd)]
        return vectors, [multiply(self._sum(vector) * _HALF) for vector in vectors]

    def _make_strides(self) -> None:
        """What is subtracted from the point: every vector h of the outer places, then of the inner ones."""
        places = list(_stride_places(self._radices, self._bound))
        middle = len(places) // 2
        self._outer_shift, self._inner_shift = draw_scalar(), draw_scalar()
        self._outer = self._strides(places[:middle], -1, -self._outer_shift)
        self._inner = self._strides(places[middle:], 1, self._inner_shift)
        self._inner_totals = [stride.total for stride in self._inner]
        self._inner_points = [stride.point for stride in self._inner]

    def _strides(self, places: Sequence[_Place], sign: int, shift: int) -> list[_Stride]:
        strides = []
        for values in _bounded(places, self._bound):
            digits = self._digits(places, values)
            strides.append(_Stride(sum(digits), digits, multiply(sign * self._sum(digits) + shift)))
        return sorted(strides, key=_total)

    def _search(
        self, starts: Sequence[Point], ends: Sequence[int], progress: Progress
    ) -> Iterator[tuple[int, int, int]]:
        """Which start less which inner stride has an x of the table, and which entry that is."""
        steps, done = sum(ends), 0
        while done < len(starts):
            first, many = done, 0
            while done < len(starts) and (many == 0 or many + ends[done] <= _AT_ONCE):
                many += ends[done]
                done += 1
            pairs = [(starts[at], self._inner_points[: ends[at]]) for at in range(first, done)]
            places = np.concatenate(([0], np.cumsum(ends[first:done])))
            for place, entry in self._look_up(np.array(xs_of_differences(pairs, _SEEN), np.uint64)):
                which = int(np.searchsorted(places, place, side="right")) - 1
                yield first + which, place - int(places[which]), entry
            progress(sum(ends[:done]), steps)

    def _look_up(self, seen: npt.NDArray[np.uint64]) -> Iterator[tuple[int, int]]:
        """Which of these stand in the table, and where they stood before it was brought into order."""
        order = np.argsort(seen)  # neighbours in the table are near each other in memory
        ranked = seen[order]
        at = np.searchsorted(self._table, ranked)
        inside = at < len(self._table)
        hits = np.nonzero(inside & (self._table[np.where(inside, at, 0)] == ranked))[0]
        for hit in hits.tolist():
            place = int(at[hit])
            while place < len(self._table) and self._table[place] == ranked[hit]:
                yield int(order[hit]), int(self._order[place])
                place += 1

    def _vectors(self, strides: Sequence[Sequence[int]], entry: int) -> Iterator[tuple[int, ...]]:
        """The two vectors of counts that a large step and an entry may mean: the entry's x is its opposite's too."""
        number, place = divmod(entry, 2 * len(self._second))
        sign = -1 if place % 2 else 1
        twice = [a + sign * b for a, b in zip(self._first[number], self._second[place // 2], strict=True)]
        for turn in (1, -1):
            yield tuple(
                outer + inner + (turn * odd + radix - 1) // 2
                for outer, inner, odd, radix in zip(*strides, twice, self._radices, strict=True)
            )

    def _digits(self, places: Sequence[_Place], values: Sequence[int]) -> tuple[int, ...]:
        digits = [0] * len(self._radices)
        for place, value in zip(places, values, strict=True):
            digits[place.digit] += place.unit * value
        return tuple(digits)

    def _sum(self, digits: Sequence[int]) -> int:
        return sum(digit * weight for digit, weight in zip(digits, self._weights, strict=True))

    def _stands_for(self, counts: Sequence[int], point: Point) -> bool:
        return multiply(self._sum(counts)) == point


class ContestDecoder:
    """Finds the counts of one contest, group by group."""

    def __init__(self, form: ContestForm, width: int, ballots: Sequence[int], progress: Progress | None = None) -> None:
        """Make the table that finds the counts of groups of these sizes soonest. M = 2^width.

        Raises Refused(ContestUndecodable) for a group with more than 2^40 possible counts.
        """
        self._form = form
        self._values = form.values(width)
        for group, some in enumerate(ballots):
            if not form.is_decodable(width, some):
                raise Refused("ContestUndecodable", contest=0, unit=group)
        largest = max(ballots)
        if form.kind == ContestKind.POINTS:
            self._left_out = 0
            weights: tuple[int, ...] = (1,)
            search = Search(1, form.most, form.options)
        else:
            # A blank counts 0; without blanks the first option is left out.
            self._left_out = 0 if form.blank else self._values[0]
            counted = self._values[:-1] if form.blank else self._values[1:]
            weights = tuple(value - self._left_out for value in counted)
            search = Search(len(weights))
        table = best_table(search, ballots, 1 << width)
        self._decoder = Decoder(weights, table, search.scale * largest, progress)

    def decode(self, points: Sequence[Point], ballots: int, progress: Progress | None = None) -> tuple[int, ...]:
        """The counts, as `ContestCounted` has them, of a group of so many ballots from its decrypted points.

        One point for each ciphertext of the contest. Raises Refused(NothingFits) when no counts do.
        """
        if len(points) != self._form.ciphertexts:
            raise ValueError(f"{len(points)} points are not the contest's {self._form.ciphertexts}")
        if self._form.kind == ContestKind.POINTS:
            return tuple(self._find(point, self._form.most * ballots, progress)[0] for point in points)
        rest = add(points[0], multiply(-self._left_out * ballots))
        counts = self._find(rest, ballots, progress)
        left = ballots - sum(counts)
        return (*counts, left) if self._form.blank else (left, *counts)

    def _find(self, point: Point, bound: int, progress: Progress | None) -> tuple[int, ...]:
        counts = self._decoder.find(point, bound, progress)
        if counts is None:
            raise Refused("NothingFits", bound=bound)
        return counts


def _table_places(radices: Sequence[int]) -> Iterator[_Place]:
    """The places over which the table goes; a single digit is two places, so that points are sums of two."""
    if len(radices) > 1:
        yield from (_Place(digit, 1, radix) for digit, radix in enumerate(radices))
        return
    fine = next(size for size in range(isqrt(radices[0]), 1, -1) if size % 2 == 0 and radices[0] % (2 * size) == 0)
    yield _Place(0, fine, radices[0] // fine)
    yield _Place(0, 1, fine)


def _stride_places(radices: Sequence[int], bound: int) -> Iterator[_Place]:
    """The places over which the large steps go, likewise."""
    if len(radices) > 1:
        yield from (_Place(digit, radix, bound // radix + 1) for digit, radix in enumerate(radices))
        return
    values = bound // radices[0] + 1
    fine = isqrt(values - 1) + 1
    yield _Place(0, radices[0] * fine, values // fine + 1)
    yield _Place(0, radices[0], fine)


def _bounded(places: Sequence[_Place], bound: int) -> Iterator[tuple[int, ...]]:
    """Every vector over the places with Σ unit·value ≤ bound."""
    if not places:
        yield ()
        return
    place, *others = places
    for value in range(min(place.size, bound // place.unit + 1)):
        for rest in _bounded(others, bound - place.unit * value):
            yield value, *rest


def _total(stride: _Stride) -> int:
    return stride.total


def _ignore(done: int, of: int) -> None:
    """No progress is shown."""
