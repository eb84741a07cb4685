"""The money of sales: exactly the price, measured by balance, and nobody's ever stuck."""

import pytest
from brownie import Conveyance, SaleEscrow, accounts

from tests.contracts.conveyance.deals import (
    BILL_SIGNED,
    CONTRACT_SIGNED,
    EURO,
    FEE,
    FINANCED,
    GB,
    NOBODY,
    OFFER_ACCEPTED,
    ORGANISATION,
    PENDING_TITLE,
    PERSON,
    PRICE,
    REGISTERED,
    currency_of,
    words,
)
from tests.contracts.helpers import SUSPENDED, ZERO_ID, keccak, node, plain, reverts


@pytest.mark.parametrize("off", [-1, 1])
def test_wrong_amount(world, deal, off):
    """Must refuse more than is due, and not begin to settle on less."""
    the = deal().to(PENDING_TITLE)
    if off > 0:
        with reverts("DepositExceedsDue", the.id, the.due + 1, the.due):
            the.deposit(the.due + 1)
    else:
        the.deposit(the.due - 1)
        with reverts("AmountRefused", the.id, the.due - 1, the.due):
            the.finance()
        with reverts("DepositExceedsDue", the.id, the.due + 1, the.due):
            the.deposit(2)
        the.deposit(1, payer=world.second_payer)
        the.finance()


@pytest.mark.parametrize("off", [-1, 1])
def test_banks_word_is_the_price(deal, off):
    """Must refuse a bank's word for anything but the price, and one beside the escrow."""
    the = deal(token=None).to(PENDING_TITLE)
    the.means["reserved"] += off
    with reverts("AmountRefused", the.id, PRICE + off, PRICE):
        the.finance()
    the.means |= {"reserved": PRICE, "documentHash": ZERO_ID}
    with reverts("DocumentMissing", the.id):
        the.finance()
    the = deal(ref="another").to(PENDING_TITLE)
    the.deposit()
    the.means["reserved"] = PRICE
    with reverts("AmountRefused", the.id, PRICE, 0):
        the.finance()


def test_payers(world, deal):
    """Must take money from the payers whom the buyers named, and from nobody else."""
    the = deal().to(PENDING_TITLE)
    with reverts("PayerRefused", the.id, world.stranger):
        the.deposit(payer=world.stranger)
    tx = the.deposit()
    assert dict(tx.events["Deposited"]) == {
        "sale": the.id,
        "payer": world.payer,
        "token": the.token,
        "amount": the.due,
    }


def test_no_escrow_without_a_token(world, deal):
    """Must refuse to take money where the bank answers for it."""
    the = deal(token=None).to(PENDING_TITLE)
    with reverts("WrongMoney", the.id, EURO):
        world.sales.deposit(words(the.listing), words(the.offer), words(the.terms), 1, {"from": world.payer})


# ── Hostile tokens ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("name", "off"), [("TakingMoney", -1), ("GivingMoney", 1)])
def test_other_amount_arrives(world, deal, name, off):
    """Must refuse a token of which more or less arrives, and owe nothing."""
    the = deal(token=getattr(world.money, name)).to(PENDING_TITLE)
    with reverts("DepositRefused", the.id, the.due + off, the.due):
        the.deposit()
    assert world.escrow.openOf(the.id)[1] == 0


def test_token_says_no(world, deal):
    """Must refuse a token that answers false and moves nothing."""
    the = deal(token=world.money.RefusingMoney).to(PENDING_TITLE)
    with reverts("SafeERC20FailedOperation", the.token):
        the.deposit()


def test_token_says_nothing(world, deal):
    """Must carry out a whole sale in a token that answers nothing."""
    the = deal(token=world.money.SilentMoney).to(REGISTERED)
    payee = world.payout_of[world.anna.id]
    due = world.escrow.creditOf(the.token, payee)
    world.escrow.withdrawFor(the.token, payee, world.relay)
    assert the.token.balanceOf(payee) == due > 0


def test_greedy_token(world, deal):
    """Must refuse to pay when the token takes more than was paid: it would be others' money."""
    the = deal(token=world.money.GreedyMoney).to(REGISTERED)
    payee = world.payout_of[world.anna.id]
    due = world.escrow.creditOf(the.token, payee)
    with reverts("WithdrawalRefused", the.token, due + 1, due):
        world.escrow.withdraw(the.token, payee, {"from": payee})
    assert world.escrow.creditOf(the.token, payee) == due


@pytest.mark.parametrize("way", ["withdrawFor", "refund", "settle"])
def test_re_entrance(world, deal, way):
    """Must not let a token act in the middle of a deposit."""
    token = world.money.CallingMoney
    first = deal(token=token, ref="first", seed="first").to(BILL_SIGNED if way == "settle" else REGISTERED)
    the = deal(token=token).to(PENDING_TITLE)
    payee = world.payout_of[world.anna.id]
    target, call = {
        "withdrawFor": (world.escrow, world.escrow.withdrawFor.encode_input(token, payee)),
        "refund": (world.escrow, world.escrow.refund.encode_input(first.id, world.payer)),
        "settle": (world.sales, world.sales.settle.encode_input([first.settlement()])),
    }[way]
    token.plan(target, call, world.relay)
    with reverts("ReentrancyGuardReentrantCall", ...):
        the.deposit()
    assert world.escrow.openOf(the.id)[1] == 0


def test_re_entrance_of_a_withdrawal(world, deal):
    """Must pay once when the token asks again while it pays."""
    token = world.money.CallingMoney
    deal(token=token).to(REGISTERED)
    payee = world.payout_of[world.anna.id]
    token.plan(world.escrow, world.escrow.withdrawFor.encode_input(token, payee), world.relay)
    with reverts("ReentrancyGuardReentrantCall", ...):
        world.escrow.withdrawFor(token, payee)


def test_deposit_within_a_deposit(world, deal):
    """Must not count one transfer twice when the token pays in again while it is asked to pay in."""
    token = world.money.CallingMoney
    the = deal(token=token)
    the.offer["payers"].append(str(token))
    the.to(PENDING_TITLE)
    inner = (words(the.listing), words(the.offer), words(the.terms), 1000)
    token.plan(world.sales, world.sales.deposit.encode_input(*inner), world.relay)
    with reverts("ReentrancyGuardReentrantCall", ...):
        the.deposit(1000)


def test_blocked_payee(world, deal):
    """Must register the sale though a payee is blocked, pay the others, and let the payee fetch it elsewhere."""
    token = world.money.BlockingMoney
    blocked = world.payout_of[world.anna.id]
    token.block_(blocked, True, world.relay)
    deal(token=token).to(REGISTERED)
    with reverts("Blocked", blocked):
        world.escrow.withdrawFor(token, blocked)
    due = world.escrow.creditOf(token, blocked)
    for payee in (world.payout_of[world.bert.id], world.agent_payout, world.treasury):
        world.escrow.withdrawFor(token, payee, world.relay)
    tx = world.escrow.withdraw(token, world.stranger, {"from": blocked})
    assert dict(tx.events["Withdrawn"]) == {"payee": blocked, "token": token, "to": world.stranger, "amount": due}
    assert token.balanceOf(world.stranger) == due
    assert token.balanceOf(world.escrow) == 0
    with reverts("NothingDue", blocked):
        world.escrow.withdraw(token, world.stranger, {"from": blocked})


@pytest.mark.parametrize("to", ["nobody", "escrow"])
def test_withdraw_to_nowhere(world, deal, to):
    """Must refuse to send money where nobody can fetch it."""
    deal().to(REGISTERED)
    where = {"nobody": NOBODY, "escrow": world.escrow.address}[to]
    with reverts("PayeeRefused", where):
        world.escrow.withdraw(world.money.FairMoney, where, {"from": world.treasury})


# ── Payouts ─────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", ["nobody", "token", "escrow", "sales"])
@pytest.mark.parametrize("whose", ["seller", "agent"])
def test_payouts_that_cannot_be_paid(world, deal, where, whose):
    """Must refuse a contract that pays a seller, or the agent, where nobody could fetch it."""
    the = deal().to(OFFER_ACCEPTED)
    to = {"nobody": NOBODY, "token": the.token.address, "escrow": world.escrow.address, "sales": world.sales.address}
    if whose == "agent":
        the.terms["agentPayout"] = to[where]
    else:
        the.terms["payouts"][1] = to[where]
    with reverts("PayoutRefused", the.id, to[where]):
        the.contract()


def test_a_payout_for_each_seller(world, deal):
    """Must refuse payouts that are too few or too many, and any where the money is in no token."""
    the = deal().to(OFFER_ACCEPTED)
    one = the.terms["payouts"][:1]
    for payouts in ([], one, one * 3):
        the.terms["payouts"] = payouts
        with reverts("PayoutRefused", the.id, NOBODY):
            the.contract()
    the = deal(token=None, ref="another").to(OFFER_ACCEPTED)
    the.terms["payouts"] = one * 2
    with reverts("PayoutRefused", the.id, NOBODY):
        the.contract()
    the.terms |= {"payouts": [], "agentPayout": str(world.agent_payout)}
    with reverts("PayoutRefused", the.id, world.agent_payout):
        the.contract()


def test_payoff_to_nowhere(world, deal, with_liens):
    """Must refuse a payoff statement that sends the money to nobody."""
    the = with_liens(deal(), 400_000).to(BILL_SIGNED)
    with reverts("PayeeRefused", NOBODY):
        the.settle([the.payoff(the.mortgages[0], 400_000, payout=NOBODY)])


def test_fee_without_an_agent(deal):
    """Must refuse a fee for nobody."""
    the = deal(agent=False).to(OFFER_ACCEPTED)
    the.terms["agentFee"] = 1
    with reverts("AgentMissing", the.id):
        the.contract()


def test_claims_within_the_price(world, deal, with_liens):
    """Must refuse a contract that promises more than the price, and take one that leaves the sellers nothing."""
    the = with_liens(deal(), PRICE - 60_000 + 1).to(OFFER_ACCEPTED)
    with reverts("ClaimsExceedPrice", the.id, PRICE + 1, PRICE):
        the.contract()
    the.terms["liens"][0]["payoff"] -= 1
    the.contract()
    for step in (the.lodge, the.deposit, the.finance, the.bill, the.settle):
        step()
    assert world.escrow.creditOf(the.token, world.payout_of[world.anna.id]) == 0


# ── Duty ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("off", [-1, 1])
def test_duty(deal, off):
    """Must refuse any duty but the register's."""
    the = deal().to(OFFER_ACCEPTED)
    the.terms["duty"] += off
    with reverts("DutyRefused", the.id, the.terms["duty"], the.terms["duty"] - off):
        the.contract()


@pytest.mark.parametrize(("price", "numerators"), [(100, (1, 2)), (PRICE, (1, 1)), (999, (333, 334)), (1, (1, 1))])
def test_duty_by_shares(world, price, numerators):
    """Must round each buyer's duty down on a part of the price, and the parts must sum to the price."""
    shares = [(each.id, n) for each, n in zip((world.carl, world.dora), numerators, strict=True)]
    whole, first = sum(numerators), price * numerators[0] // sum(numerators)
    expected = FEE + first * PERSON // 1_000_000 + (price - first) * PERSON // 1_000_000
    assert world.escrow.dutyOf(GB, EURO, price, whole, shares) == expected


def test_duty_by_kind(world, identity_officer, second_identity_officer):
    """Must take an organisation's rate of its share, and a person's of the rest, also once the organisation ended."""
    record = keccak("a company")
    company = str(world.parties.partyIdOf(world.ids.land, record))
    given = (world.ids.land, record, 1, [world.anna.id], keccak("statutes"))
    for officer in (identity_officer, second_identity_officer):
        world.parties.setRepresentation(*given, {"from": officer})
    shares = sorted([(company, 1), (world.carl.id, 1)])
    expected = FEE + 500_000 * PERSON // 1_000_000 + 500_000 * ORGANISATION // 1_000_000
    assert world.escrow.dutyOf(GB, EURO, 1_000_000, 2, shares) == expected
    for officer in (identity_officer, second_identity_officer):
        world.parties.endRepresentation(world.ids.land, record, keccak("end"), {"from": officer})
    assert world.escrow.dutyOf(GB, EURO, 1_000_000, 2, shares) == expected


def test_largest_duty(world):
    """Must refuse what does not fit into an amount."""
    most = 2**128 - 1
    world.escrow.setRates(GB, EURO, (True, 1_000_000, 0, NOBODY, most), {"from": world.admin})
    assert world.escrow.dutyOf(GB, EURO, 0, 1, [(world.carl.id, 1)]) == most
    with reverts("RatesRefused", GB, EURO):
        world.escrow.dutyOf(GB, EURO, most, 1, [(world.carl.id, 1)])


def test_rates(world, people):
    """Must be set by the admin of the register's keeper alone, tell it, and hold for contracts that follow."""
    rates = (True, 1, 2, NOBODY, 3)
    for by in (people.root, people.registrar, people.other_admin, people.stranger):
        with reverts("NotAdmin", GB, by):
            world.escrow.setRates(GB, EURO, rates, {"from": by})
    tx = world.escrow.setRates(GB, EURO, rates, {"from": world.admin})
    assert plain(tx.events["RatesSet"]["rates"]) == plain(world.escrow.ratesOf(GB, EURO)) == rates
    assert (tx.events["RatesSet"]["currency"], tx.events["RatesSet"]["admin"]) == (EURO, world.admin)
    world.agencies.changeStatus(world.ids.land, SUSPENDED, {"from": people.root})
    with reverts("NotAdmin", GB, world.admin):
        world.escrow.setRates(GB, EURO, rates, {"from": world.admin})


@pytest.mark.parametrize(
    ("currency", "rates"),
    [
        (ZERO_ID, (True, 1, 1, NOBODY, 1)),
        (EURO, (True, 1_000_001, 1, NOBODY, 1)),
        (EURO, (True, 1, 1_000_001, NOBODY, 1)),
        (EURO, (True, 1, 1, "treasury", 1)),
        ("token", (True, 1, 1, NOBODY, 1)),
        ("token", (True, 1, 1, "escrow", 1)),
        ("no contract", (True, 1, 1, "treasury", 1)),
    ],
)
def test_bad_rates(world, currency, rates):
    """Must refuse more than the whole, a token without payee or code, and a payee where there is no token."""
    named = {"token": currency_of(world.money.FairMoney), "no contract": "0x" + "00" * 31 + "aa"}
    payees = {"treasury": world.treasury.address, "escrow": world.escrow.address}
    currency = named.get(currency, currency)
    given = (*rates[:3], payees.get(rates[3], rates[3]), rates[4])
    with reverts("RatesRefused", GB, currency):
        world.escrow.setRates(GB, currency, given, {"from": world.admin})


def test_currency_off_the_list(world, deal):
    """Must refuse a new contract in a currency off the list, and carry out one that was signed before."""
    the = deal(token=world.money.SilentMoney).to(CONTRACT_SIGNED)
    other = deal(token=world.money.SilentMoney, ref="another").to(OFFER_ACCEPTED)
    currency = the.offer["currency"]
    world.escrow.setRates(GB, currency, (False, 0, 0, world.treasury, 0), {"from": world.admin})
    with reverts("CurrencyRefused", GB, currency):
        other.contract()
    for step in (the.lodge, the.deposit, the.finance, the.bill, the.settle):
        step()
    assert world.escrow.creditOf(the.token, world.treasury) == the.terms["duty"]


# ── Wiring ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_conveyance_alone(world, deal):
    """Must take and give out money at the word of the conveyance contract alone."""
    the = deal().to(FINANCED)
    for call in (
        lambda by: world.escrow.take(the.id, the.token, world.payer, 1, 10**9, by),
        lambda by: world.escrow.release(the.id, the.token, [], ZERO_ID, 0, by),
    ):
        with reverts("NotConveyance", world.stranger):
            call(world.relay)


def test_wiring(world, deployer):
    """Must refuse an escrow of another conveyance contract or registry, and liens of another registry."""
    assert world.sales.ESCROW() == world.escrow
    assert world.sales.LIENS() == world.liens
    assert world.escrow.CONVEYANCE() == world.sales
    assert world.escrow.TITLES() == world.sales.TITLES() == world.titles
    assert world.sales.MAX_CHAIN() == 8
    by = {"from": deployer}
    common = (world.agencies, world.parties)
    with reverts("NotWired", world.escrow):
        Conveyance.deploy(*common, world.credentials, world.titles, world.liens, world.escrow, by)
    with reverts("NotWired", world.liens):
        Conveyance.deploy(*common, world.credentials, world.stranger, world.liens, world.escrow, by)
    after = deployer.get_deployment_address(deployer.nonce + 1)
    other = SaleEscrow.deploy(*common, world.stranger, after, by)
    with reverts("NotWired", other):
        Conveyance.deploy(*common, world.credentials, world.titles, world.liens, other, by)


def test_nothing_more_than_is_open(world, deal):
    """Must not give out other than what the sale has open, whoever asks."""
    the = deal().to(FINANCED)
    node("anvil_impersonateAccount", world.sales.address)
    node("anvil_setBalance", world.sales.address, hex(10**18))
    by = {"from": accounts.at(world.sales.address, force=True)}
    for off in (-1, 1):
        with reverts("ReleaseRefused", the.id, the.due + off, the.due):
            world.escrow.release(the.id, the.token, [(world.treasury, the.due + off)], ZERO_ID, 0, by)
