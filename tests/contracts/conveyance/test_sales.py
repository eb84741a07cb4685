"""A whole sale in each kind of money: every step, what is told of it, and where the money and the title go."""

import pytest

from tests.contracts.conveyance.deals import (
    BILL_SIGNED,
    CONTRACT_SIGNED,
    DUTY_PAID,
    EURO,
    FEE,
    LISTED,
    NOBODY,
    OFFER_ACCEPTED,
    PENDING_TITLE,
    PRICE,
    REGISTERED,
    calls_of,
    duty_on,
    lien,
    papers,
    words,
)
from tests.contracts.helpers import ZERO_ID, keccak, plain, reverts


def credit(world, payee, token=None):
    """What a payee has to its credit."""
    return world.escrow.creditOf(token or world.money.FairMoney, payee)


def balanced(world, token=None):
    """Whether the escrow holds exactly what payees have to their credit."""
    token = token or world.money.FairMoney
    payees = {world.treasury, world.agent_payout, world.lender_payout, world.payer, world.second_payer}
    payees |= set(world.payout_of.values())
    return token.balanceOf(world.escrow) == sum(credit(world, payee, token) for payee in payees)


def test_in_escrow(world, deal, with_liens):
    """Must pay off one lien, keep another, enter the bank's, pay duty, agent and sellers, and pass the title."""
    the = with_liens(deal(), 400_000, 0)
    mortgage = lien(world.buyers_bank, 2_000_000, deed="a new mortgage")
    the.means |= {"mortgage": mortgage, "rank": 2}
    the.to(BILL_SIGNED)
    assert plain(world.escrow.openOf(the.id)) == (world.money.FairMoney.address, the.due)
    tx = the.settle()

    assert the.status == REGISTERED
    assert plain(world.titles.sharesOf(the.title)) == (1, ((world.carl.id, 1),))
    kept = the.terms["liens"][1]["lien"]
    entered = str(world.liens.lienIdOf(words(mortgage)))
    assert [str(each) for each in world.liens.liensOf(the.title)] == [kept, entered]
    assert world.titles.noticeOf(the.title)["until"] == 0
    rest = PRICE - 60_000 - 400_000
    assert credit(world, world.treasury) == duty_on(PRICE, (1, 1)) == FEE + PRICE * 15_000 // 1_000_000
    assert credit(world, world.agent_payout) == 60_000
    assert credit(world, world.lender_payout) == 400_000
    assert credit(world, world.payout_of[world.anna.id]) == rest // 2
    assert credit(world, world.payout_of[world.bert.id]) == rest - rest // 2
    assert plain(world.escrow.openOf(the.id)) == (NOBODY, 0)
    assert balanced(world)
    assert list(tx.events.keys()) == [
        "LienPaidOff",
        "LienDischarged",
        "LienEntered",
        "TitleConveyed",
        "DutyPaid",
        "Released",
        "SaleRegistered",
    ]
    assert dict(tx.events["LienPaidOff"]) == {
        "sale": the.id,
        "lien": the.terms["liens"][0]["lien"],
        "holder": world.lender.id,
        "currency": the.offer["currency"],
        "amount": 400_000,
        "payout": world.lender_payout,
    }
    conveyed = tx.events["TitleConveyed"]
    assert (conveyed["sourceHash"], conveyed["legalDate"]) == (the.bill_of_sale["documentHash"], 20_260_701)
    assert dict(tx.events["DutyPaid"]) == {
        "sale": the.id,
        "title": the.title,
        "currency": the.offer["currency"],
        "duty": the.terms["duty"],
        "officer": NOBODY,
        "receipt": ZERO_ID,
    }
    assert dict(tx.events["SaleRegistered"]) == {"sale": the.id, "title": the.title}


def test_by_a_banks_word(world, deal, with_liens):
    """Must pass the title when the bank answers for the price and a registrar saw the duty's receipt."""
    the = with_liens(deal(token=None), 400_000)
    the.means |= {"mortgage": lien(world.buyers_bank, 2_000_000), "rank": 1}
    the.to(DUTY_PAID)
    tx = the.settle()
    assert plain(world.titles.sharesOf(the.title)) == (1, ((world.carl.id, 1),))
    assert len(world.liens.liensOf(the.title)) == 1
    assert list(tx.events.keys()) == [
        "LienPaidOff", "LienDischarged", "LienEntered", "TitleConveyed", "SaleRegistered"
    ]  # fmt: skip


def test_every_step_is_told(world, deal):
    """Must tell each step with its whole paper, so that a sale can be rebuilt, and keep hashes and deadlines."""
    the = deal(token=None)
    first = the.list().events["SaleListed"]
    assert (first["sale"], first["title"], plain(first["listing"])) == (
        the.id, the.title, tuple(tuple(v) if isinstance(v, list) else v for v in words(the.listing))
    )  # fmt: skip
    assert plain(world.sales.saleOf(the.id)) == (LISTED, the.listing["until"], ZERO_ID, ZERO_ID, ZERO_ID)
    offered = the.accept().events["OfferAccepted"]
    assert plain(offered["offer"])[1] == ((world.carl.id, 1),)
    sale = world.sales.saleOf(the.id)
    assert (sale["status"], sale["deadline"]) == (OFFER_ACCEPTED, the.offer["until"])
    signed = the.contract().events["ContractSigned"]
    assert plain(signed["terms"])[2:5] == (60_000, NOBODY, the.terms["duty"])
    assert world.sales.saleOf(the.id)["deadline"] == the.terms["lodgeBy"]
    lodged = the.lodge()
    assert lodged.return_value == 1
    assert dict(lodged.events["SaleLodged"]) == {
        "sale": the.id,
        "title": the.title,
        "lodgement": 1,
        "officer": world.registrar,
        "until": the.terms["completeBy"],
    }
    assert plain(world.titles.noticeOf(the.title)) == (the.id, the.terms["completeBy"])
    assert world.sales.saleOf(the.id)["deadline"] == the.terms["financeBy"]
    financed = the.finance().events["SaleFinanced"]
    assert plain(financed["finance"])[1:] == (0, PRICE, the.means["documentHash"])
    assert world.sales.saleOf(the.id)["deadline"] == the.terms["completeBy"]
    assert plain(the.bill().events["BillOfSaleSigned"]["bill"]) == words(the.bill_of_sale)
    assert dict(the.duty().events["DutyPaid"]) == {
        "sale": the.id,
        "title": the.title,
        "currency": EURO,
        "duty": the.terms["duty"],
        "officer": world.registrar,
        "receipt": keccak("a receipt"),
    }
    assert dict(the.settle().events["SaleRegistered"]) == {"sale": the.id, "title": the.title}


def test_several_steps_in_one_transaction(world, deal):
    """Must carry several steps out in one transaction, all or none."""
    the = deal()
    sale = the.id
    the.to(CONTRACT_SIGNED)
    other = deal(ref="another", seed="another")
    calls = []
    for step, kind, message, signers in (
        ("list", "ListTitle", {"listing": other.listing}, (*other.sellers, world.agent)),
        (
            "acceptOffer",
            "AcceptOffer",
            {"sale": other.id, "offer": other.offer},
            (*other.sellers, *other.buyers),
        ),
        (
            "signContract",
            "SignContract",
            {"sale": other.id, "offer": other.offer, "terms": other.terms},
            (*other.sellers, *other.buyers, world.agent),
        ),
    ):
        count = {"list": 1, "acceptOffer": 2, "signContract": 3}[step]
        taken = (words(other.listing), words(other.offer), words(other.terms))[:count]
        calls.append(getattr(world.sales, step).encode_input(*taken, other.consents(kind, message, *signers)))
    with reverts("WrongStep", sale, CONTRACT_SIGNED):
        world.sales.multicall([*calls, world.sales.acceptOffer.encode_input(words(the.listing), words(the.offer), [])])
    world.sales.multicall(calls, world.relay)
    assert other.status == CONTRACT_SIGNED


def test_double_sale(world, deal):
    """Must let one of two sales of a parcel be lodged, and never the other once the first is registered."""
    the = deal().to(PENDING_TITLE)
    rival = papers(world, the.title, the.sellers, [world.dora], token=world.money.FairMoney, seed="rival").to(
        CONTRACT_SIGNED
    )
    with reverts("NoticeStands", the.title, the.id, the.terms["completeBy"]):
        rival.lodge()
    the.deposit()
    the.finance()
    the.bill()
    the.settle()
    with reverts("VersionStale", the.title, 1, 2):
        rival.lodge()


def test_listed_twice(deal):
    """Must refuse the same listing again, also after its end."""
    the = deal().to(LISTED)
    with reverts("SaleExists", the.id):
        the.list()
    the.cancel()
    with reverts("SaleExists", the.id):
        the.list()


@pytest.mark.parametrize("token", [True, False])
def test_gas(world, deal, with_liens, token, capsys):
    """Must pass the title within 60,000 gas in a settlement of its own; prints what each step of a sale costs."""
    the = with_liens(deal(token=world.money.FairMoney if token else None), 400_000)
    the.means |= {"mortgage": lien(world.buyers_bank, 2_000_000), "rank": 1}
    spent = {}
    for step in ("list", "accept", "contract", "lodge", "deposit", "finance", "bill", "duty", "settle"):
        tx = getattr(the, step)()
        spent[step] = tx.gas_used if tx else 0
    conveyed = calls_of(
        tx,
        world.titles.address,
        "convey(bytes32,bytes32,uint32,bytes32[],uint64,(bytes32,uint64)[],(bytes32,uint32))",
    )
    with capsys.disabled():
        print("\nwhole sale", "in escrow" if token else "by a bank's word", sum(spent.values()), spent, conveyed)
    assert len(conveyed) == 1
    assert conveyed[0] <= 60_000
