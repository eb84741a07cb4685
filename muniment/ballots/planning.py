"""Divide an election into tally units: small enough to find the counts quickly, large enough to keep them secret.

Rules, in this order:

1. A unit has at least `least` voters (three times the ballots that are decrypted together, unless said otherwise: with
   a turnout of a third it still is a group of its own) and is decodable in every contest if all of them vote.
2. An area is a district. Districts with fewer than `least` voters are joined with neighbours, in the order in which
   they are listed: into as many areas as possible, and of those ways the one whose areas are the most even (the least
   sum of squares), so that small joins small. Voters without a district are listed last and are an area like others.
3. An area's voters are divided evenly among its units: nobody is hidden in a smaller crowd than a neighbour.
4. There are at most `ceiling` units, so that the manifest with their keys fits the chain.
5. Of all plans that keep these rules, the one is chosen whose counts are found in the least time
   (`muniment/ballots/counting/searching.py`): one table for each kind of contest, and for each unit a search with it.

With contests of one kind the plan is the optimum over all tables considered. With several, tables and units are
improved in turn until neither gets better.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from muniment.ballots.counting.searching import Radices, Search, best_table, seconds, tables_for
from muniment.ballots.model import MOST_UNITS, ContestForm, ContestKind, width_of
from muniment.errors import Refused

CROWD = 3  # times minBallots: the fewest voters of a unit


@dataclass(frozen=True)
class District:
    """Voters who live together; without a name, those of whom no district is known."""

    name: str | None
    voters: int


@dataclass(frozen=True)
class PlannedUnit:
    """One unit: which area (place in the plan's list), its number within the area from 1, and its voters."""

    area: int
    number: int
    voters: int


@dataclass(frozen=True)
class Plan:
    """Units in the order of the manifest; `areas` are the districts (by place in the list given) of each area.

    `seconds` is the time that finding all counts is expected to take on one core, if everybody votes.
    """

    areas: tuple[tuple[int, ...], ...]
    units: tuple[PlannedUnit, ...]
    searches: tuple[tuple[Search, Radices], ...]
    seconds: float


def searches_of(forms: Iterable[ContestForm]) -> tuple[Search, ...]:
    """The kinds of searches that the contests need, each once, with how often a unit needs it."""
    times: dict[tuple[int, int], int] = {}
    for form in forms:
        kind = (form.counts - 1, 1) if form.kind == ContestKind.CHOICE else (1, form.most)
        times[kind] = times.get(kind, 0) + form.ciphertexts
    return tuple(Search(digits, scale, number) for (digits, scale), number in sorted(times.items(), reverse=True))


def plan_units(
    districts: Sequence[District],
    forms: Sequence[ContestForm],
    min_ballots: int,
    *,
    least: int | None = None,
    ceiling: int = MOST_UNITS,
) -> Plan:
    """The best plan. Raises Refused when no plan keeps the rules."""
    least = max(least or CROWD * min_ballots, 1)
    searches = searches_of(forms)
    voters = [district.voters for district in districts]
    total = sum(voters)
    if not voters or min(voters) < 1:
        raise Refused("PlanDistrictEmpty")
    largest = largest_unit(searches, min_ballots)
    if largest < least:
        raise Refused("PlanUndecodable", least=least, largest=largest)
    areas = join_districts(voters, min(least, total), ceiling)
    sizes = [sum(voters[place] for place in area) for area in areas]
    fewest = [ceil(size / largest) for size in sizes]
    most = [max(size // least, 1) for size in sizes]
    too_wide = any(form.kind == ContestKind.CHOICE and form.options * width_of(total) > 255 for form in forms)
    if too_wide or sum(fewest) > ceiling or any(low > high for low, high in zip(fewest, most, strict=True)):
        # Only choices come here: sums of points are searched one by one.
        raise Refused("PlanTooManyVoters", voters=total, ceiling=ceiling, least=least, largest=largest)
    numbers, tables = _divide(sizes, fewest, most, searches, ceiling)
    units = tuple(
        PlannedUnit(area, number, part)
        for area, (size, parts) in enumerate(zip(sizes, numbers, strict=True))
        for number, part in enumerate(even_parts(size, parts), 1)
    )
    ballots = [unit.voters for unit in units]
    cost = sum(seconds(search, table, ballots) for search, table in zip(searches, tables, strict=True))
    return Plan(areas, units, tuple(zip(searches, tables, strict=True)), cost)


def largest_unit(searches: Sequence[Search], min_ballots: int) -> int:
    """The most voters a unit can have so that every contest can be decoded, with 2·minBallots more joined to it."""
    low, high = 0, 2**31
    while low < high:
        middle = (low + high + 1) // 2
        if all(search.is_decodable(middle + 2 * min_ballots) for search in searches):
            low = middle
        else:
            high = middle - 1
    return low


def even_parts(size: int, parts: int) -> list[int]:
    """The size divided so that no part differs from another by more than one; the larger ones first."""
    each, more = divmod(size, parts)
    return [each + 1] * more + [each] * (parts - more)


def join_districts(voters: Sequence[int], least: int, ceiling: int) -> tuple[tuple[int, ...], ...]:
    """Divide the list into runs with at least so many voters each: as many runs as may be, then the most even.

    Raises Refused when there is no run with so many.
    """
    count, width = len(voters), min(len(voters), ceiling) + 1
    before = np.concatenate(([0], np.cumsum(voters))).astype(np.float64)
    # best[i][a]: the least sum of squares with which the first i districts make a runs; start[i][a]: the last one's.
    best = np.full((count + 1, width), np.inf)
    start = np.zeros((count + 1, width), dtype=np.int64)
    best[0][0] = 0.0
    for end in range(1, count + 1):
        for begin in range(end - 1, -1, -1):
            size = before[end] - before[begin]
            if size < least:
                continue
            tried = best[begin][:-1] + size * size
            better = tried < best[end][1:]
            best[end][1:][better] = tried[better]
            start[end][1:][better] = begin
    runs = int(np.max(np.nonzero(np.isfinite(best[count]))[0], initial=0))
    if runs == 0:
        raise Refused("PlanTooFewVoters", voters=int(before[-1]), least=least)
    joined, end = [], count
    for number in range(runs, 0, -1):
        begin = int(start[end][number])
        joined.append(tuple(range(begin, end)))
        end = begin
    return tuple(reversed(joined))


def _divide(
    sizes: Sequence[int], fewest: Sequence[int], most: Sequence[int], searches: Sequence[Search], ceiling: int
) -> tuple[list[int], list[Radices]]:
    """How many units each area has, and the table of each search."""
    tables = [_table_for(search, sizes, most) for search in searches]
    best: tuple[float, list[int], list[Radices]] | None = None
    while True:
        before = best[0] if best else None
        for place, search in enumerate(searches):
            for table in tables_for(search.digits):
                tried = [*tables[:place], table, *tables[place + 1 :]]
                cost, numbers = _numbers(sizes, fewest, most, list(zip(searches, tried, strict=True)), ceiling)
                if best is None or cost < best[0]:
                    best = cost, numbers, tried
            if best is not None:
                tables = best[2]
        if best is not None and (len(searches) == 1 or best[0] == before):
            return best[1], best[2]


def _table_for(search: Search, sizes: Sequence[int], most: Sequence[int]) -> Radices:
    """A table to begin with: the one for as many units as may be."""
    parts = [part for size, number in zip(sizes, most, strict=True) for part in even_parts(size, number)]
    return best_table(search, parts)


def _numbers(
    sizes: Sequence[int],
    fewest: Sequence[int],
    most: Sequence[int],
    searches: Sequence[tuple[Search, Radices]],
    ceiling: int,
) -> tuple[float, list[int]]:
    """With these tables: the least time, and how many units each area then has, at most `ceiling` in all."""
    options = []
    for size, low, high in zip(sizes, fewest, most, strict=True):
        numbers = range(low, min(high, ceiling) + 1)
        options.append((low, np.array([_cost(size, parts, searches) for parts in numbers])))
    fixed = sum(seconds(search, table, ()) for search, table in searches)
    chosen = [low + int(np.argmin(costs)) for low, costs in options]
    if sum(chosen) <= ceiling:
        return fixed + sum(float(np.min(costs)) for _, costs in options), chosen
    # The ceiling binds: the least time for the first areas with so many units in all, area by area.
    least = np.full(ceiling + 1, np.inf)
    least[0] = 0.0
    picks = []
    for low, costs in options:
        after = np.full(ceiling + 1, np.inf)
        pick = np.zeros(ceiling + 1, dtype=np.int64)
        for more, cost in enumerate(costs, low):
            tried = least[: ceiling + 1 - more] + cost
            better = tried < after[more:]
            after[more:][better] = tried[better]
            pick[more:][better] = more
        least = after
        picks.append(pick)
    used = int(np.argmin(least))
    total = float(least[used])
    chosen = []
    for pick in reversed(picks):
        chosen.append(int(pick[used]))
        used -= chosen[-1]
    return fixed + total, chosen[::-1]


def _cost(size: int, parts: int, searches: Sequence[tuple[Search, Radices]]) -> float:
    """Time of searching in all units of an area, without the tables'."""
    each, more = divmod(size, parts)
    return sum(
        more * seconds(search, table, (each + 1,)) + (parts - more) * seconds(search, table, (each,))
        for search, table in searches
    ) - parts * sum(seconds(search, table, ()) for search, table in searches)
