"""What it costs to find counts from a decrypted point: the shape of the two tables, and the time they take.

A count c_i is written as D_i·h_i + l_i with 0 ≤ l_i < D_i, D_i even. The small table holds every vector l; the large
steps go through every h with Σ D_i·h_i ≤ the bound. So the digits are split, not the options: the table has Π D_i
vectors, whatever the bound, and one table serves all units. Moved by half of Π D_i, a vector and its opposite have
the same x: only half of them are stored.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from math import comb, inf

LARGEST_TABLE = 2**24  # entries of 8 bytes
LARGEST_SEARCH = 2**40  # candidates; more are refused before an election is opened

# Seconds on one core, measured with muniment/ballots/counting/decoding.py; only their ratios matter to a plan.
TABLE_ENTRY = 2.1e-6
LARGE_STEP = 2.3e-6
EACH_SEARCH = 1.5e-3


@dataclass(frozen=True)
class Search:
    """One kind of search: `digits` free counts whose sum is at most `scale` times the ballots; `times` a unit.

    A choice with k values has k − 1 free counts (the last follows from the number of ballots); points with n options
    are n searches for one count of at most most·N.
    """

    digits: int
    scale: int = 1
    times: int = 1

    def candidates(self, ballots: int) -> int:
        """How many vectors of counts there are."""
        return comb(self.scale * ballots + self.digits, self.digits)

    def is_decodable(self, ballots: int) -> bool:
        """Whether no more than 2^40 vectors are to be told apart."""
        if self.scale == 1:
            return self.candidates(ballots) <= LARGEST_SEARCH
        return self.scale * ballots < LARGEST_SEARCH


@dataclass(frozen=True)
class Radices:
    """D for the first `digits` − `wider` digits, D + 2 for the others."""

    digits: int
    radix: int
    wider: int = 0

    @property
    def each(self) -> tuple[int, ...]:
        """The radix of every digit."""
        return (self.radix,) * (self.digits - self.wider) + (self.radix + 2,) * self.wider

    @property
    def entries(self) -> int:
        """Entries of the table."""
        return int(self.radix ** (self.digits - self.wider) * (self.radix + 2) ** self.wider // 2)

    def steps(self, bound: int) -> int:
        """Large steps for counts whose sum is at most `bound`."""
        return _steps(self.digits - self.wider, self.radix, self.wider, bound)


@cache
def _steps(narrow: int, radix: int, wide: int, bound: int) -> int:
    """Vectors h ≥ 0 with radix·(sum of the narrow ones) + (radix + 2)·(sum of the wide ones) ≤ bound."""
    if wide == 0:
        return comb(bound // radix + narrow, narrow)
    return sum(
        comb(some + wide - 1, wide - 1) * comb((bound - (radix + 2) * some) // radix + narrow, narrow)
        for some in range(bound // (radix + 2) + 1)
    )


@cache
def tables_for(digits: int) -> tuple[Radices, ...]:
    """The tables that are considered, smallest first, each at least a tenth larger than the one before."""
    found: list[Radices] = []
    for table in _all_tables(digits):
        if table.entries > LARGEST_TABLE:
            break
        if not found or 10 * table.entries >= 11 * found[-1].entries:
            found.append(table)
    return tuple(found)


def _all_tables(digits: int) -> Iterator[Radices]:
    for half in count(1):
        if digits == 1:  # itself divided into two even ones, so that points are sums of two
            yield Radices(1, 4 * half * half)
            yield Radices(1, 4 * half * (half + 1))
        else:
            yield from (Radices(digits, 2 * half, wider) for wider in range(digits))


def seconds(search: Search, table: Radices, ballots: Sequence[int]) -> float:
    """Time to make the table and to search once for each group of so many ballots (times `search.times`)."""
    steps = sum(table.steps(search.scale * some) for some in ballots)
    each = steps * LARGE_STEP + len(ballots) * EACH_SEARCH
    return table.entries * TABLE_ENTRY + search.times * each


def best_table(search: Search, ballots: Sequence[int], widest: int | None = None) -> Radices:
    """The table with which groups of these sizes are searched in the least time.

    `widest` is M, which no radix of several digits may exceed: or two vectors would have one point.
    """
    best, least = tables_for(search.digits)[0], inf
    for table in tables_for(search.digits):
        fits = widest is None or search.digits == 1 or max(table.each) <= widest
        cost = seconds(search, table, ballots)
        if fits and cost < least:
            best, least = table, cost
    return best
