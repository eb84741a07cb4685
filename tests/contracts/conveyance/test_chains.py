"""Chains: A sells to B who sells to C, all registered in one transaction or none, the money of one feeding the next."""

import pytest

from tests.contracts.conveyance.deals import (
    BILL_SIGNED,
    DUTY_PAID,
    OFFER_ACCEPTED,
    PRICE,
    REGISTERED,
    calls_of,
    duty_on,
    papers,
)
from tests.contracts.helpers import ZERO_ID, keccak, plain, reverts

CONVEY = "convey(bytes32,bytes32,uint32,bytes32[],uint64,(bytes32,uint64)[],(bytes32,uint32))"


def linked(first, second, amount):
    """Let the sellers' money of one deal pay for another."""
    first.terms |= {"feeds": second.id, "feedAmount": amount}
    second.terms["fed"] += amount


@pytest.fixture
def pair(world, owned):
    """Carl sells his flat to Anna, and buys Bert's house with that money and some of his own."""
    token = world.money.FairMoney
    flat = papers(world, owned(world.carl, ref="flat"), [world.carl], [world.anna], token=token, price=2_000_000)
    house = papers(world, owned(world.bert, ref="house"), [world.bert], [world.carl], token=token, price=3_000_000)
    linked(flat, house, 1_500_000)
    return flat, house


def settled(world, *deals):
    """Settle these together, in this order."""
    return world.sales.settle([deal.settlement() for deal in deals], world.relay)


def test_two_sales(world, pair):
    """Must register both at once, pay the house with the flat's money, and give out every unit."""
    flat, house = (deal.to(BILL_SIGNED) for deal in pair)
    assert house.due == 1_500_000 + duty_on(3_000_000, (1, 1))
    tx = settled(world, flat, house)
    assert plain(world.titles.sharesOf(flat.title)) == (1, ((world.anna.id, 1),))
    assert plain(world.titles.sharesOf(house.title)) == (1, ((world.carl.id, 1),))
    token, escrow = flat.token, world.escrow
    assert escrow.creditOf(token, world.payout_of[world.carl.id]) == 2_000_000 - 60_000 - 1_500_000
    assert escrow.creditOf(token, world.payout_of[world.bert.id]) == 3_000_000 - 60_000
    assert escrow.creditOf(token, world.agent_payout) == 120_000
    assert escrow.creditOf(token, world.treasury) == flat.terms["duty"] + house.terms["duty"]
    assert token.balanceOf(escrow) == flat.due + house.due
    for deal in (flat, house):
        assert escrow.openOf(deal.id)[1] == 0
    fed = tx.events["Released"][0]
    assert (fed["sale"], fed["feeds"], fed["fed"]) == (flat.id, house.id, 1_500_000)


def test_not_alone(world, pair):
    """Must not register the one without the other, nor in the wrong order, nor one of them twice."""
    flat, house = (deal.to(BILL_SIGNED) for deal in pair)
    with reverts("ChainBroken", flat.id, house.id):
        settled(world, flat)
    with reverts("FeedDiffers", house.id, 0, 1_500_000):
        settled(world, house)
    with reverts("FeedDiffers", house.id, 0, 1_500_000):
        settled(world, house, flat)
    with reverts("WrongStep", flat.id, REGISTERED):
        settled(world, flat, flat, house)
    assert flat.status == house.status == BILL_SIGNED
    settled(world, flat, house)


def test_freeze_stops_all(world, pair, freeze):
    """Must register none when one is frozen, and give everybody's money back."""
    flat, house = (deal.to(BILL_SIGNED) for deal in pair)
    order = freeze(house.title)
    with reverts("FreezeStands", house.title, order):
        settled(world, flat, house)
    for deal in (flat, house):
        deal.cancel()
        world.escrow.refund(deal.id, world.payer, world.relay)
    assert world.escrow.creditOf(flat.token, world.payer) == flat.due + house.due
    assert plain(world.titles.sharesOf(flat.title)) == (1, ((world.carl.id, 1),))


def test_one_falls_out(world, pair):
    """Must not register what should feed a sale that has ended."""
    flat, house = (deal.to(BILL_SIGNED) for deal in pair)
    house.cancel()
    with reverts("WrongStep", house.id, 9):
        settled(world, flat, house)
    with reverts("ChainBroken", flat.id, house.id):
        settled(world, flat)
    flat.cancel()


def test_other_feed_than_agreed(world, pair):
    """Must refuse to settle when less, or more, comes than the fed sale's contract says."""
    flat, house = pair
    house.terms["fed"] -= 1
    flat.to(BILL_SIGNED)
    house.to(BILL_SIGNED)
    with reverts("FeedDiffers", house.id, 1_500_000, 1_499_999):
        settled(world, flat, house)


def test_two_feed_one(world, owned):
    """Must let two sales pay for a third."""
    token = world.money.FairMoney
    sellers = (world.anna, world.dora)
    small = [
        papers(world, owned(each, ref=f"house {place}"), [each], [world.carl], token=token, price=500_000)
        for place, each in enumerate(sellers)
    ]
    big = papers(world, owned(world.bert, ref="big"), [world.bert], sorted(sellers, key=lambda s: s.id), token=token)
    for deal in small:
        linked(deal, big, 400_000)
    settled(world, *(deal.to(BILL_SIGNED) for deal in (*small, big)))
    assert big.status == REGISTERED
    assert token.balanceOf(world.escrow) == sum(deal.due for deal in (*small, big))


def test_fed_in_another_token(world, pair, owned):
    """Must not count one token for another."""
    flat, _ = pair
    other = papers(world, owned(world.bert, ref="other"), [world.bert], [world.carl], token=world.money.SilentMoney)
    flat.terms["feeds"] = other.id
    other.terms["fed"] = 1_500_000
    flat.to(BILL_SIGNED)
    other.to(BILL_SIGNED)
    with reverts("ChainBroken", flat.id, other.id):
        settled(world, flat, other)


@pytest.mark.parametrize(
    "changes",
    [
        {"feeds": keccak("a sale"), "feedAmount": 0},
        {"feeds": ZERO_ID, "feedAmount": 1},
        {"feeds": "itself", "feedAmount": 1},
        {"fed": PRICE + duty_on(PRICE, (1, 1)) + 1},
    ],
)
def test_bad_feeds(deal, changes):
    """Must refuse a contract that feeds nobody, nothing, itself, or is fed more than it costs."""
    the = deal().to(OFFER_ACCEPTED)
    the.terms |= changes
    if changes.get("feeds") == "itself":
        the.terms["feeds"] = the.id
    with reverts("FeedRefused", the.id, the.terms["feeds"]):
        the.contract()


@pytest.mark.parametrize("changes", [{"feeds": keccak("a sale"), "feedAmount": 1}, {"fed": 1}])
def test_no_feeds_without_a_token(deal, changes):
    """Must refuse to feed, or be fed, where the money is in no token."""
    the = deal(token=None).to(OFFER_ACCEPTED)
    the.terms |= changes
    with reverts("FeedRefused", the.id, the.terms["feeds"]):
        the.contract()


def test_by_banks_word(world, deal):
    """Must register sales together also where banks answer for the money."""
    first, second = (deal(token=None, ref=ref, seed=ref).to(DUTY_PAID) for ref in ("one", "two"))
    settled(world, first, second)
    assert first.status == second.status == REGISTERED


@pytest.mark.parametrize("length", [0, 9])
def test_too_long(world, deal, length):
    """Must refuse no sale at all, and more than eight."""
    settlement = deal().settlement()
    with reverts("ChainRefused", length):
        world.sales.settle([settlement] * length, world.relay)


def test_eight(world, owned, capsys):
    """Must register a chain of eight within one transaction, each title for 40,000 gas; prints what it costs."""
    people = [world.anna, world.bert, world.carl, world.dora, world.attorney, world.lender, world.unlicensed]
    people += [world.sellers_bank, world.buyers_bank]
    for place, each in enumerate(people):
        world.payout_of.setdefault(each.id, world.payout_of[world.anna.id] if place else None)
    deals = [
        papers(
            world,
            owned(seller, ref=f"house {place}"),
            [seller],
            [buyer],
            token=world.money.FairMoney,
            price=1_000_000 + 100_000 * place,
        )
        for place, (seller, buyer) in enumerate(zip(people[1:], people[:-1], strict=True))
    ]
    for place in range(7):
        linked(deals[place], deals[place + 1], 900_000)
    for deal in deals:
        deal.to(BILL_SIGNED)
    tx = settled(world, *deals)
    conveyed = calls_of(tx, world.titles.address, CONVEY)
    with capsys.disabled():
        print("\nchain of eight", tx.gas_used, "per title", conveyed)
    assert len(conveyed) == 8
    assert max(conveyed) <= 40_000
    assert tx.gas_used < 16_777_216
    assert all(deal.status == REGISTERED for deal in deals)
