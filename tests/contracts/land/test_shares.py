"""Shares: 1 to 32 holders in ascending order whose numerators sum to the denominator, exactly."""

import pytest

from tests.contracts.helpers import plain, reverts
from tests.contracts.land.conftest import GEOMETRY, SOURCE, holder, shares

U64 = 2**64 - 1


@pytest.mark.parametrize(
    ("denominator", "numerators"),
    [
        (1, (1,)),
        (2, (1, 1)),
        (4, (2, 2)),
        (12, (3, 4, 5)),
        (7, (1, 1, 1, 1, 3)),
        (32, (1,) * 32),
        (U64, (U64 - 31, *(1,) * 31)),
    ],
)
def test_kept_exactly(titles, register, title_of, denominator, numerators):
    """Must give back every share as entered, in order, from one holder to 32."""
    entered = shares(*numerators)
    register(denominator=denominator, shares=entered)
    title = titles.titleOf(title_of())
    assert title["denominator"] == denominator
    assert plain(title["shares"]) == tuple(entered)


@pytest.mark.parametrize(
    ("denominator", "numerators"),
    [
        (2, (1,)),
        (2, (2,)),
        (1, (2,)),
        (0, (1,)),
        (3, (1, 1)),
        (1, (1, 1)),
        (0, (1, 1)),
        (U64, (U64, U64)),
        (0, (U64, 1)),
    ],
)
def test_whole(register, title_of, denominator, numerators):
    """Must refuse shares that do not sum to one, and a sole holder not written 1/1; no sum wraps around."""
    with reverts("SharesNotWhole", title_of(), sum(numerators), denominator):
        register(denominator=denominator, shares=shares(*numerators))


@pytest.mark.parametrize("numerators", [(0, 1), (1, 0), (0,)])
def test_nobody_holds_nothing(register, title_of, numerators):
    """Must refuse a share of zero and name its holder."""
    with reverts("ShareMissing", title_of(), holder(numerators.index(0) + 1)):
        register(shares=shares(*numerators))


@pytest.mark.parametrize("holders", [(2, 1), (1, 1), (1, 3, 2), (0,), (0, 1), (1, 2, 2)])
def test_order(register, title_of, holders):
    """Must refuse holders that are zero, twice there or out of order, and name the first that is."""
    wrong = next(
        number for index, number in enumerate(holders) if number == 0 or (index and number <= holders[index - 1])
    )
    with reverts("HolderOrder", title_of(), holder(wrong)):
        register(denominator=len(holders), shares=[(holder(number), 1) for number in holders])


@pytest.mark.parametrize("count", [0, 33])
def test_count(titles, register, title_of, count):
    """Must refuse a title without holders, and one with more than the limit."""
    assert titles.MAX_HOLDERS() == 32
    with reverts("HoldersRefused", title_of(), count):
        register(denominator=count, shares=shares(*(1,) * count))


def test_nothing_is_left_behind(titles, register, title_of):
    """Must not let a refused entry leave shares behind that a later, smaller one would show."""
    with reverts("SharesNotWhole", title_of(), 3, 4):
        register(denominator=4, shares=shares(1, 1, 1))
    register(shares=shares(1))
    assert plain(titles.titleOf(title_of())["shares"]) == ((holder(1), 1),)


def test_kept_from_form_to_form(titles, register, title_of, by_two):
    """Must give back the shares of now, whether all parts are equal, not, or equal and written with more."""
    register()
    for denominator, numerators in ((2, (1, 1)), (3, (1, 2)), (2, (1, 1)), (4, (2, 2)), (3, (1, 1, 1)), (1, (1,))):
        entered = shares(*numerators)
        by_two(titles.rectify, title_of(), (GEOMETRY, 1, 3, denominator, entered), SOURCE)
        title = titles.titleOf(title_of())
        assert (title["denominator"], plain(title["shares"])) == (denominator, tuple(entered))
