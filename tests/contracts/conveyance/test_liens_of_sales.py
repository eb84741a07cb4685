"""Each lien on a title that is sold is paid off or taken over, as both sides signed, and none slips in."""

import pytest

from tests.contracts.conveyance.deals import (
    BILL_SIGNED,
    CONTRACT_SIGNED,
    EURO,
    OFFER_ACCEPTED,
    PRICE,
    REGISTERED,
    consent,
    words,
)
from tests.contracts.helpers import keccak, now, reverts


@pytest.fixture
def court_lien(world, second_registrar):
    """Charge a title by a court's judgment; the lien's id."""

    def done(title):
        terms = (3, world.lender.id, 1000, EURO, keccak("a judgment"))
        for by in (world.registrar, second_registrar):
            world.liens.enterByOrder(title, terms, 0, {"from": by})
        return str(world.liens.lienIdOf(terms))

    return done


def test_added_between_contract_and_title(world, deal, with_liens, court_lien):
    """Must see a lien that a court added after the contract, and let nothing pass under it; the money comes back."""
    the = with_liens(deal(), 400_000).to(BILL_SIGNED)
    added = court_lien(the.title)
    present = [the.terms["liens"][0]["lien"], added]
    assert [str(each) for each in world.liens.liensOf(the.title)] == present
    with reverts("LiensChanged", ...):
        the.settle()
    the.cancel()
    world.escrow.refund(the.id, world.payer, world.relay)
    assert world.escrow.creditOf(the.token, world.payer) == the.due


@pytest.mark.parametrize("status", [OFFER_ACCEPTED, CONTRACT_SIGNED])
def test_added_before(deal, with_liens, court_lien, status):
    """Must refuse to contract, or to lodge, over liens that are not the contract's."""
    the = with_liens(deal(), 400_000).to(status)
    court_lien(the.title)
    with reverts("LiensChanged", ...):
        (the.contract if status == OFFER_ACCEPTED else the.lodge)()


def test_every_lien_in_its_rank(deal, with_liens):
    """Must refuse a contract that leaves a lien out, invents one, or names them in another order."""
    the = with_liens(deal(), 400_000, 0).to(OFFER_ACCEPTED)
    first, second = the.terms["liens"]
    for fates in ([first], [second, first], [], [first, second, second], [first, first]):
        the.terms["liens"] = fates
        with reverts("LiensChanged", ...):
            the.contract()
    the.terms["liens"] = [first, second]
    the.contract()


def test_given_up_in_between(world, deal, with_liens):
    """Must not pay for a lien that its holder gave up meanwhile."""
    the = with_liens(deal(), 400_000).to(BILL_SIGNED)
    terms = words(the.mortgages[0])
    stated = the.stated()
    message = {"lien": the.terms["liens"][0]["lien"], "titles": [the.title]}
    given = consent(world, "DischargeLien", message, world.lender, contract=world.liens)
    world.liens.discharge([the.title], terms, given, world.relay)
    with reverts("LiensChanged", ...):
        the.settle(stated)


def test_statements(world, deal, with_liens):
    """Must ask for one statement for each lien that is paid off, in order of rank, within what the contract allows."""
    the = with_liens(deal(), 400_000, 0, 100_000).to(BILL_SIGNED)
    first, _kept, third = the.mortgages
    sound = the.stated()
    ids = [fate["lien"] for fate in the.terms["liens"]]
    for wrong in ([], sound[:1], [*sound, sound[0]]):
        with reverts("PayoffsRefused", the.id, len(wrong), 2):
            the.settle(wrong)
    with reverts("PayoffRefused", the.id, ids[2], 100_000):
        the.settle([sound[1], sound[0]])
    with reverts("PayoffRefused", the.id, ids[0], 400_001):
        the.settle([the.payoff(first, 400_001), sound[1]])
    with reverts("PayoffRefused", the.id, ids[1], 100_000):
        the.settle([sound[0], the.payoff(the.mortgages[1], 100_000)])
    less = the.payoff(third, 70_000)
    the.settle([sound[0], less])
    assert world.escrow.creditOf(the.token, world.lender_payout) == 470_000
    rest = PRICE - 60_000 - 470_000
    assert world.escrow.creditOf(the.token, world.payout_of[world.anna.id]) == rest // 2
    assert [str(each) for each in world.liens.liensOf(the.title)] == [ids[1]]


def test_statement_signed_by_the_holder(world, deal, with_liens):
    """Must refuse a statement that the holder did not sign, that is late, used, or for another payout or sale."""
    the = with_liens(deal(), 400_000).to(BILL_SIGNED)
    terms = the.mortgages[0]
    with reverts("SignatureInvalid", world.lender.key.address):
        the.settle([the.payoff(terms, 400_000, signer=world.unlicensed, party=world.lender.id)])
    late = now() - 1
    with reverts("DeadlinePassed", late):
        the.settle([the.payoff(terms, 400_000, deadline=late)])
    lien_terms, amount, payout, signed = the.payoff(terms, 400_000)
    with reverts("SignatureInvalid", world.lender.key.address):
        the.settle([(lien_terms, amount, str(world.stranger), signed)])
    with reverts("SignatureInvalid", world.lender.key.address):
        the.settle([(lien_terms, amount - 1, payout, signed)])
    the.settle([(lien_terms, amount, payout, signed)])


def test_statement_of_another_sale(world, deal, with_liens):
    """Must refuse a statement that was signed for another sale."""
    the = with_liens(deal(), 400_000).to(BILL_SIGNED)
    kept, the.listing = the.listing, the.listing | {"until": the.listing["until"] + 1}
    elsewhere = the.stated()
    the.listing = kept
    with reverts("SignatureInvalid", world.lender.key.address):
        the.settle(elsewhere)


def test_assigned_in_between(world, deal, with_liens):
    """Must ask whoever holds the lien at settlement, not who held it before."""
    the = with_liens(deal(), 400_000).to(BILL_SIGNED)
    terms = the.mortgages[0]
    old = the.stated()
    message = {"lien": the.terms["liens"][0]["lien"], "to": world.sellers_bank.id}
    given = consent(world, "AssignLien", message, world.lender, contract=world.liens)
    world.liens.assign(words(terms), world.sellers_bank.id, given, world.relay)
    with reverts("SignatureInvalid", world.sellers_bank.key.address):
        the.settle(old)
    tx = the.settle([the.payoff(terms, 400_000, signer=world.sellers_bank)])
    assert tx.events["LienPaidOff"]["holder"] == world.sellers_bank.id


def test_carried_over(world, deal, with_liens):
    """Must let the buyers take the title with its liens where they signed for that."""
    the = with_liens(deal(), 0, 0).to(REGISTERED)
    assert [str(each) for each in world.liens.liensOf(the.title)] == [fate["lien"] for fate in the.terms["liens"]]
    assert world.escrow.creditOf(the.token, world.lender_payout) == 0


def test_no_statement_where_all_is_kept(deal, with_liens):
    """Must refuse a statement for a lien that the buyers take over."""
    the = with_liens(deal(), 0).to(BILL_SIGNED)
    with reverts("PayoffsRefused", the.id, 1, 0):
        the.settle([the.payoff(the.mortgages[0], 1)])
