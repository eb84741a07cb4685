"""No silent party, no court and no token keeps anybody's money: every state before registration has its exits."""

import pytest

from tests.contracts.conveyance.deals import (
    BILL_SIGNED,
    CANCELLED,
    CONTRACT_SIGNED,
    DUTY_PAID,
    EXPIRED,
    FINANCED,
    LISTED,
    OFFER_ACCEPTED,
    PENDING_TITLE,
    PRICE,
    REGISTERED,
    papers,
    words,
)
from tests.contracts.helpers import DAY, NEVER, ZERO_ID, keccak, next_block_at, plain, reverts, wait

STATES = (LISTED, OFFER_ACCEPTED, CONTRACT_SIGNED, PENDING_TITLE, FINANCED, BILL_SIGNED)
STEP_FROM = {
    LISTED: "accept",
    OFFER_ACCEPTED: "contract",
    CONTRACT_SIGNED: "lodge",
    PENDING_TITLE: "finance",
    FINANCED: "bill",
    BILL_SIGNED: "settle",
    DUTY_PAID: "settle",
}


def in_state(world, deal, status):
    """A deal in this state; by a bank's word where the state is that money's alone."""
    return deal(token=None if status == DUTY_PAID else world.money.FairMoney).to(status)


def refunded(world, the):
    """Whether whoever paid in gets all of it back."""
    paid = world.escrow.depositOf(the.id, world.payer)
    if paid == 0:
        return world.escrow.openOf(the.id)[1] == 0
    world.escrow.refund(the.id, world.payer, world.relay)
    world.escrow.withdrawFor(the.token, world.payer, world.relay)
    return the.token.balanceOf(world.payer) == paid and the.token.balanceOf(world.escrow) == 0


@pytest.mark.parametrize("status", [*STATES, DUTY_PAID])
def test_silent_party(world, deal, status):
    """Must go on until the last second, then refuse the step, and let anyone end the sale and get the money back."""
    the = in_state(world, deal, status)
    if status == PENDING_TITLE:
        the.deposit()
    deadline = world.sales.saleOf(the.id)["deadline"]
    with reverts("SaleNotOverdue", the.id, deadline):
        the.expire()
    next_block_at(deadline)
    with reverts("SaleNotOverdue", the.id, deadline):
        the.expire()
    wait(10)
    with reverts("SaleOverdue", the.id, deadline):
        getattr(the, STEP_FROM[status])()
    tx = the.expire()
    assert the.status == EXPIRED
    assert dict(tx.events["SaleExpired"]) == {
        "sale": the.id,
        "title": the.title,
        "before": status,
        "deadline": deadline,
    }
    assert world.titles.noticeOf(the.title)["until"] == 0
    assert refunded(world, the)
    with reverts("WrongStep", the.id, EXPIRED):
        the.expire()
    with reverts("WrongStep", the.id, EXPIRED):
        the.cancel([])


@pytest.mark.parametrize("status", [*STATES, DUTY_PAID])
def test_last_second(world, deal, status):
    """Must let the next step through in the last second."""
    the = in_state(world, deal, status)
    if status == PENDING_TITLE:
        the.deposit()
    next_block_at(world.sales.saleOf(the.id)["deadline"])
    if status in {LISTED, OFFER_ACCEPTED}:
        start = world.sales.saleOf(the.id)["deadline"]
        the.offer["until"] = max(the.offer["until"], start)
    getattr(the, STEP_FROM[status])()
    assert the.status > status


@pytest.mark.parametrize("status", [*STATES, DUTY_PAID])
def test_cancelled(world, deal, status):
    """Must end by agreement of sellers alone, then of both sides, free the title and give the money back."""
    the = in_state(world, deal, status)
    held = the.offer["price"] if status == PENDING_TITLE else 0
    if held:
        the.deposit(held)
    tx = the.cancel()
    assert the.status == CANCELLED
    assert dict(tx.events["SaleCancelled"]) == {
        "sale": the.id,
        "title": the.title,
        "before": status,
        "documentHash": keccak("an agreement"),
    }
    assert world.titles.noticeOf(the.title)["until"] == 0
    assert refunded(world, the)
    with reverts("WrongStep", the.id, CANCELLED):
        the.cancel([])


@pytest.mark.parametrize("status", STATES[1:])
def test_one_side_cannot_cancel(deal, status):
    """Must refuse to end a sale at the wish of one side."""
    the = deal().to(status)
    message = {"sale": the.id, "documentHash": keccak("an agreement")}
    with reverts("ConsentsRefused", 2, 3):
        the.cancel(the.consents("CancelSale", message, *the.sellers))
    with reverts("ConsentsRefused", 1, 3):
        the.cancel(the.consents("CancelSale", message, *the.buyers))


def test_no_exit_after_registration(world, deal):
    """Must refuse every exit, and every refund, once the title has passed."""
    the = deal().to(REGISTERED)
    wait(400 * DAY)
    for way in (the.expire, the.cancel):
        with reverts("WrongStep", the.id, REGISTERED):
            way()
    with reverts("SaleNotEnded", the.id):
        world.escrow.refund(the.id, world.payer)
    with reverts("WrongStep", the.id, REGISTERED):
        the.settle()


@pytest.mark.parametrize("status", [*STATES, DUTY_PAID])
def test_freeze_at_each_state(world, deal, freeze, status):
    """Must stop lodging and settlement and nothing else: other steps go on, deadlines run, the money comes back."""
    the = in_state(world, deal, status)
    if status == PENDING_TITLE:
        the.deposit()
    order = freeze(the.title)
    step = getattr(the, STEP_FROM[status])
    if status in {CONTRACT_SIGNED, BILL_SIGNED, DUTY_PAID}:
        with reverts("FreezeStands", the.title, order):
            step()
    else:
        step()
        assert the.status == status + 1
    wait(60 * DAY)
    the.expire()
    assert the.status == EXPIRED
    assert refunded(world, the)


@pytest.mark.parametrize("status", STATES)
def test_cancelled_under_a_freeze(world, deal, freeze, status):
    """Must let both sides part while a freeze stands, with the money back."""
    the = deal().to(status)
    freeze(the.title)
    the.cancel()
    assert refunded(world, the)


def test_lifted_freeze(world, deal, freeze):
    """Must go on where it stood when the court lifts its freeze in time."""
    the = deal().to(BILL_SIGNED)
    order = freeze(the.title)
    with reverts("FreezeStands", the.title, order):
        the.settle()
    world.titles.liftFreeze(order, keccak("a lifting order"), {"from": world.court})
    the.settle()


def test_refund_before_the_end(world, deal):
    """Must keep the money while the sale goes on."""
    the = deal().to(FINANCED)
    with reverts("SaleNotEnded", the.id):
        world.escrow.refund(the.id, world.payer)


def test_refund_once(world, deal):
    """Must give back once, to each payer its own, and nothing to others."""
    the = deal().to(PENDING_TITLE)
    the.deposit(1000)
    the.deposit(PRICE - 5000, payer=world.second_payer)
    the.cancel()
    tx = world.escrow.refund(the.id, world.payer, world.relay)
    assert dict(tx.events["Refunded"]) == {
        "sale": the.id,
        "payer": world.payer,
        "token": the.token,
        "amount": 1000,
    }
    for payer in (world.payer, world.stranger):
        with reverts("NothingDue", payer):
            world.escrow.refund(the.id, payer)
    assert world.escrow.openOf(the.id)[1] == PRICE - 5000
    world.escrow.refund(the.id, world.second_payer, world.relay)
    assert world.escrow.creditOf(the.token, world.second_payer) == PRICE - 5000
    assert world.escrow.openOf(the.id)[1] == 0


def test_a_later_sale_keeps_its_notice(world, deal):
    """Must not take the notice of the next sale away when the first, long overdue, is ended."""
    the = deal().to(PENDING_TITLE)
    wait(60 * DAY)
    other = papers(world, the.title, the.sellers, [world.dora], token=the.token, seed="later").to(PENDING_TITLE)
    the.expire()
    assert plain(world.titles.noticeOf(the.title))[0] == other.id


def test_court_passes_the_title(world, deal, second_registrar):
    """Must refuse to settle what was signed for another state of the title, and pay back."""
    the = deal().to(BILL_SIGNED)
    passed = (the.title, 3, 1, [(world.dora.id, 1)], (keccak("a judgment"), 0))
    world.titles.transmit(*passed, {"from": world.registrar})
    world.titles.transmit(*passed, {"from": second_registrar})
    with reverts("VersionStale", the.title, 1, 2):
        the.settle()
    the.cancel()
    assert refunded(world, the)


@pytest.mark.parametrize("status", [LISTED, OFFER_ACCEPTED, CONTRACT_SIGNED])
def test_stale_version(world, deal, status, second_registrar):
    """Must refuse to list, contract or lodge on a title that changed meanwhile."""
    the = deal()
    if status != LISTED:
        the.to(status)
    passed = (the.title, 1, 1, [(world.dora.id, 1)], (keccak("a will"), 0))
    world.titles.transmit(*passed, {"from": world.registrar})
    world.titles.transmit(*passed, {"from": second_registrar})
    step = {LISTED: the.list, OFFER_ACCEPTED: the.contract, CONTRACT_SIGNED: the.lodge}[status]
    with reverts("VersionStale", the.title, 1, 2):
        step()


def test_steps_in_order(world, deal):
    """Must refuse every step from every state but its own."""
    the = deal()
    steps = ("accept", "contract", "lodge", "finance", "bill", "settle")
    for place, status in enumerate((0, *STATES)):
        if status:
            the.to(status) if status == LISTED else getattr(
                the, {2: "accept", 3: "contract", 4: "lodge", 5: "finance", 6: "bill"}[status]
            )()
        if status == PENDING_TITLE:
            the.deposit()
        for offset, step in enumerate(steps):
            if offset == place - 1:
                continue
            with reverts("WrongStep", the.id, status):
                getattr(the, step)()
    with reverts("WrongStep", the.id, BILL_SIGNED):
        the.deposit(1)


@pytest.mark.parametrize("way", ["expire", "cancel"])
def test_no_sale(deal, way):
    """Must not end what never began."""
    the = deal()
    with reverts("WrongStep", the.id, 0):
        getattr(the, way)()


@pytest.mark.parametrize("paper", ["offer", "terms", "means", "bill_of_sale"])
def test_other_papers(world, deal, paper):
    """Must refuse to settle on any other paper than was signed."""
    the = deal().to(BILL_SIGNED)
    getattr(the, paper)["documentHash"] = keccak("another paper")
    with reverts("PaperDiffers", ...):
        the.settle()


def test_other_papers_on_the_way(world, deal):
    """Must refuse other papers at every step that takes them."""
    the = deal().to(OFFER_ACCEPTED)
    right, wrong = the.offer, the.offer | {"price": PRICE - 1}
    the.offer = wrong
    with reverts("PaperDiffers", ...):
        the.contract()
    the.offer = right
    the.contract()
    the.terms = the.terms | {"completeBy": the.terms["completeBy"] + DAY}
    with reverts("PaperDiffers", ...):
        the.lodge()
    the.terms = the.terms | {"completeBy": the.terms["completeBy"] - DAY}
    the.lodge()
    for step in (the.deposit, the.finance):
        for name in ("offer", "terms"):
            kept = getattr(the, name)
            setattr(the, name, kept | {"documentHash": keccak("another")})
            with reverts("PaperDiffers", ...):
                step()
            setattr(the, name, kept)
        step()
    the.offer = wrong
    for step in (the.bill, the.cancel):
        with reverts("PaperDiffers", ...):
            step()


def test_documents(deal):
    """Must ask for a document at every step that has one."""
    the = deal()
    for paper, step in (("listing", "list"), ("offer", "accept"), ("terms", "contract")):
        kept = getattr(the, paper)["documentHash"]
        getattr(the, paper)["documentHash"] = ZERO_ID
        with reverts("DocumentMissing", the.id):
            getattr(the, step)()
        getattr(the, paper)["documentHash"] = kept
        getattr(the, step)()
    the.lodge()
    the.deposit()
    the.finance()
    the.bill_of_sale["documentHash"] = ZERO_ID
    with reverts("DocumentMissing", the.id):
        the.bill()
    with reverts("DocumentMissing", the.id):
        the.world.sales.cancel(words(the.listing), words(the.offer), ZERO_ID, [])


def test_expired_offer(world, deal):
    """Must refuse to list, or to accept an offer, when its time is over already."""
    the = deal()
    the.listing["until"] = 1
    with reverts("SaleOverdue", the.id, 1):
        the.list()
    the = deal(ref="another")
    the.to(LISTED)
    the.offer["until"] = 1
    with reverts("SaleOverdue", the.id, 1):
        the.accept()


@pytest.mark.parametrize(
    "later",
    [
        {"lodgeBy": 1},
        {"financeBy": 1},
        {"completeBy": 1},
        {"lodgeBy": NEVER % 2**40, "financeBy": NEVER % 2**40 - 1, "completeBy": NEVER % 2**40},
    ],
)
def test_deadlines_of_a_contract(deal, later):
    """Must refuse deadlines that have passed or do not follow each other."""
    the = deal().to(OFFER_ACCEPTED)
    the.terms |= later
    with reverts("DeadlinesRefused", the.id):
        the.contract()


def test_too_long_a_notice(world, deal):
    """Must not keep a title longer than the registry lets it, and end as any other sale."""
    the = deal()
    the.terms["completeBy"] += 1000 * DAY
    the.to(CONTRACT_SIGNED)
    with reverts("NoticeRefused", the.title, the.id, the.terms["completeBy"]):
        the.lodge()
    wait(60 * DAY)
    the.expire()
