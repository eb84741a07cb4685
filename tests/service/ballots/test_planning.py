"""The planner of tally units: the rules it keeps, and that no other plan that keeps them is quicker."""

from itertools import combinations, pairwise, product
from math import ceil, comb
from pathlib import Path

import pytest

from muniment.ballots.counting.searching import LARGEST_TABLE, Radices, Search, best_table, seconds, tables_for
from muniment.ballots.model import ContestForm, width_of
from muniment.ballots.pabulib import read
from muniment.ballots.planning import (
    District,
    Plan,
    even_parts,
    join_districts,
    largest_unit,
    plan_units,
    searches_of,
)
from muniment.errors import Refused
from muniment.sentences import sentence_of

ZABRZE = Path(__file__).resolve().parents[4] / "shared/data/ballots/poland_zabrze_2021_.pb"
SEVEN = ContestForm.choice(7)
APPROVAL = ContestForm.points(40, 1, 1, 15)


def districts(*voters: int) -> list[District]:
    """Districts of these sizes."""
    return [District(f"D{place}", some) for place, some in enumerate(voters)]


def runs(count: int) -> list[tuple[tuple[int, ...], ...]]:
    """Every way of dividing a list of so many into runs."""
    ways = []
    for size in range(count):
        for cuts in combinations(range(1, count), size):
            edges = (0, *cuts, count)
            ways.append(tuple(tuple(range(a, b)) for a, b in pairwise(edges)))
    return ways


@pytest.mark.parametrize(
    ("voters", "least", "ceiling"),
    [
        ((5, 5, 5), 10, 9),
        ((1, 9, 2, 8, 30, 3, 3), 10, 9),
        ((25, 69, 400, 12, 264), 60, 9),
        ((4, 100, 4, 7, 100, 2), 10, 9),
        ((20, 20, 20, 20, 20), 10, 3),
        ((11, 30, 12, 10, 40, 10), 10, 4),
    ],
)
def test_districts_are_joined_as_evenly_as_can_be(voters: tuple[int, ...], least: int, ceiling: int) -> None:
    """As many areas as the floor and the ceiling allow, and of those the least sum of squares: by trying all."""

    def squares(way: tuple[tuple[int, ...], ...]) -> int:
        return sum(sum(voters[place] for place in area) ** 2 for area in way)

    allowed = [
        way
        for way in runs(len(voters))
        if len(way) <= ceiling and all(sum(voters[place] for place in area) >= least for area in way)
    ]
    most = max(map(len, allowed))
    joined = join_districts(voters, least, ceiling)
    assert joined in allowed
    assert (len(joined), squares(joined)) == (most, min(squares(way) for way in allowed if len(way) == most))


def quickest(sizes: list[int], searches: tuple[Search, ...], least: int, largest: int, ceiling: int) -> float:
    """The least time over every number of units of each area and every table."""
    numbers = [range(ceil(size / largest), max(size // least, 1) + 1) for size in sizes]
    times = []
    for chosen in product(*numbers):
        if sum(chosen) <= ceiling:
            parts = [part for size, number in zip(sizes, chosen, strict=True) for part in even_parts(size, number)]
            times.append(
                sum(min(seconds(search, table, parts) for table in tables_for(search.digits)) for search in searches)
            )
    return min(times)


@pytest.mark.parametrize(
    ("voters", "form", "least", "ceiling"),
    [
        ((300, 450), SEVEN, 60, 128),
        ((300, 450, 200), SEVEN, 40, 8),
        ((70, 700, 260), ContestForm.choice(6, blank=True), 60, 5),
        ((900, 100), ContestForm.choice(4), 60, 128),
        ((500, 333), ContestForm.choice(2), 60, 128),
        ((400, 150), APPROVAL, 60, 128),
        ((121, 180), ContestForm.choice(8), 30, 128),
    ],
)
def test_no_plan_is_quicker(voters: tuple[int, ...], form: ContestForm, least: int, ceiling: int) -> None:
    """The plan's time must be the least of all plans and tables."""
    plan = plan_units(districts(*voters), [form], 10, least=least, ceiling=ceiling)
    searches = searches_of([form])
    largest = largest_unit(searches, 10)
    assert plan.seconds == pytest.approx(quickest(list(voters), searches, least, largest, ceiling))


def test_two_kinds_of_contests() -> None:
    """With two kinds of contests the plan must still be the quickest on a small case."""
    forms = [ContestForm.choice(6), ContestForm.choice(4), ContestForm.choice(6)]
    plan = plan_units(districts(200, 310), forms, 10, least=50)
    searches = searches_of(forms)
    assert searches == (Search(5, 1, 2), Search(3, 1, 1))
    expected = quickest([200, 310], searches, 50, largest_unit(searches, 10), 128)
    assert plan.seconds == pytest.approx(expected)


def test_the_bound_alone_would_be_slow() -> None:
    """Units as large as can be decoded at all must cost many times what the plan does."""
    plan = plan_units(districts(3000), [SEVEN], 20)
    search = searches_of([SEVEN])[0]
    largest = largest_unit((search,), 20)
    parts = even_parts(3000, ceil(3000 / largest))
    assert seconds(search, best_table(search, parts), parts) > 10 * plan.seconds


def test_easy_contests_are_not_divided() -> None:
    """Where a search costs next to nothing, one unit must do."""
    assert len(plan_units(districts(5000), [ContestForm.choice(2)], 20).units) == 1
    assert len(plan_units(districts(1487), [APPROVAL], 20).units) == 1


def check(plan: Plan, voters: list[int], least: int, forms: list[ContestForm], min_ballots: int) -> None:
    """The rules that every plan keeps."""
    assert [place for area in plan.areas for place in area] == list(range(len(voters)))
    assert len(plan.units) <= 112
    for number, area in enumerate(plan.areas):
        sizes = [unit.voters for unit in plan.units if unit.area == number]
        assert sum(sizes) == sum(voters[place] for place in area)
        assert min(sizes) >= least
        assert max(sizes) - min(sizes) <= 1
    assert [unit.area for unit in plan.units] == sorted(unit.area for unit in plan.units)
    for unit in plan.units:
        for form in forms:
            assert form.is_decodable(20, unit.voters + 2 * min_ballots)


def test_zabrze(capsys: pytest.CaptureFixture[str]) -> None:
    """The published election's districts must be divided so that all counts are found in about a second."""
    if not ZABRZE.exists():
        pytest.skip("the published election is not beside the project")
    listed = [District(*counted) for counted in read(ZABRZE).districts]
    plan = plan_units(listed, [SEVEN], 20)
    check(plan, [district.voters for district in listed], 60, [SEVEN], 20)
    joined = [[listed[place].name for place in area] for area in plan.areas if len(area) > 1]
    assert joined == [["Zandka", "Maciejów"]]
    assert plan.areas[-1] == (len(listed) - 1,)  # those without a district are an area of their own
    assert listed[-1] == District(None, 264)
    with capsys.disabled():
        (search, table), *_ = plan.searches
        sizes = [unit.voters for unit in plan.units]
        print(
            f"\nZabrze: {len(plan.areas)} areas, {len(plan.units)} units of {min(sizes)} to {max(sizes)} voters, "
            f"a table of {table.entries} entries, {plan.seconds:.1f} s"
        )
    assert plan.seconds < 3
    assert search.digits == 6


@pytest.mark.parametrize("voters", [(1,), (59,), (3, 4), (61, 1), (10**5,)])
def test_any_size_is_planned(voters: tuple[int, ...]) -> None:
    """Few voters must make one unit, and many no more units than fit."""
    forms = [ContestForm.choice(3)]
    plan = plan_units(districts(*voters), forms, 20)
    check(plan, list(voters), min(60, sum(voters)), forms, 20)


@pytest.mark.parametrize(
    ("voters", "forms", "options", "error"),
    [
        ((), [SEVEN], {}, "PlanDistrictEmpty"),
        ((100, 0), [SEVEN], {}, "PlanDistrictEmpty"),
        ((10**6,), [SEVEN], {}, "PlanTooManyVoters"),
        ((1000,), [SEVEN], {"ceiling": 3}, "PlanTooManyVoters"),
        ((1000,), [ContestForm.choice(8)], {"least": 200}, "PlanUndecodable"),
        ((300,), [SEVEN], {"least": 250}, "PlanTooManyVoters"),
    ],
)
def test_what_cannot_be_planned_is_refused(
    voters: tuple[int, ...], forms: list[ContestForm], options: dict[str, int], error: str
) -> None:
    """Each obstacle must be told by its name."""
    with pytest.raises(Refused, match=error):
        plan_units(districts(*voters), forms, 20, **options)


def test_a_roll_too_large_for_a_choice_is_one_unit_as_approval() -> None:
    """Must be told what to do, and that must be true: the same voters and options, as approval with total 1."""
    voters, options = 10**6, SEVEN.options
    with pytest.raises(Refused) as refused:
        plan_units(districts(voters), [SEVEN], 20)
    assert refused.value.arguments == {"voters": voters, "ceiling": 112, "least": 60, "largest": 260}
    assert "Open each choice as approval with total 1 (form points, most 1, maximum 1)" in sentence_of(refused.value)
    form = ContestForm.points(options, 1, 1, 1)
    plan = plan_units(districts(voters), [form], 20, ceiling=1)
    assert [unit.voters for unit in plan.units] == [voters]
    assert form.is_decodable(width_of(voters), voters + 40)


def test_the_largest_unit() -> None:
    """The bound must be C(N + k − 1, k − 1) ≤ 2^40, with N = lines + 2·minBallots."""
    for values in range(2, 9):
        form = ContestForm.choice(values)
        largest = largest_unit(searches_of([form]), 20)
        if values > 2:  # with two values the roll would have to be longer than any
            assert comb(largest + 40 + values - 1, values - 1) <= 2**40 < comb(largest + 41 + values - 1, values - 1)
        assert form.is_decodable(8, largest + 40)
    assert largest_unit(searches_of([ContestForm.choice(7)]), 5) == 290


@pytest.mark.parametrize("digits", range(1, 8))
def test_tables_are_counted_right(digits: int) -> None:
    """Every table must have even radices and stay below 2^24 entries; steps must be counted as they are taken."""
    for table in tables_for(digits):
        assert all(radix % 2 == 0 for radix in table.each)
        assert table.entries <= LARGEST_TABLE
    table, bound = Radices(digits, 4, digits // 2), 13
    ranges = [range(bound // radix + 1) for radix in table.each]
    counted = sum(
        sum(radix * value for radix, value in zip(table.each, values, strict=True)) <= bound
        for values in product(*ranges)
    )
    assert table.steps(bound) == counted
