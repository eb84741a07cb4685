"""What an adversary tries between the steps of a sale: to slip a lease in, to lie of means, to pay where nobody is."""

import pytest
from eth_account import Account

from tests.contracts.conveyance.deals import (
    BILL_SIGNED,
    CONTRACT_SIGNED,
    EURO,
    FEE,
    FINANCED,
    GB,
    LISTED,
    OFFER_ACCEPTED,
    PENDING_TITLE,
    PERSON,
    PRICE,
    REGISTERED,
    consent,
    currency_of,
    lien,
    papers,
    words,
)
from tests.contracts.helpers import DAY, NEVER, ZERO_ID, keccak, next_block_at, now, plain, reverts, sign, wait

NO_FINANCE = "0x6cf229e5caa09f0a2e660ac13bab739c53b2a71c61d4c52b90ba5413125a3ed0"


@pytest.fixture
def lease(world):
    """Let the lender have a title's use for a year, as its holders sign; the terms."""

    def done(title, *holders):
        terms = {
            "kind": 1,
            "beneficiary": world.lender.id,
            "dominant": ZERO_ID,
            "until": now() + 365 * DAY,
            "deedHash": keccak("a lease"),
        }
        message = {"title": title, "version": 1, "interest": terms, "legalDate": 0}
        given = [consent(world, "GrantInterest", message, each, contract=world.liens) for each in holders]
        world.liens.enterInterest(title, words(terms), 0, given, {"from": world.registrar})
        return terms

    return done


# ── What weighs on the title ────────────────────────────────────────────────────────────────────────────────────


def test_lease_between_contract_and_lodging(world, deal, lease):
    """Must not keep a title for buyers who signed before the sellers let it to somebody."""
    the = deal().to(CONTRACT_SIGNED)
    before = str(world.liens.revisionOf(the.title))
    assert str(world.sales.saleOf(the.id)["closing"]) == before
    lease(the.title, *the.sellers)
    with reverts("PaperDiffers", the.id, str(world.liens.revisionOf(the.title)), before):
        the.lodge()
    the.cancel()


def test_lease_before_the_contract(world, deal, lease):
    """Must sell a title with its lease when that stood there as the contract was signed, and keep new ones off."""
    the = deal().to(OFFER_ACCEPTED)
    lease(the.title, *the.sellers)
    for step in (the.contract, the.lodge):
        step()
    with reverts("NoticeStands", the.title, the.id, the.terms["completeBy"]):
        lease(the.title, *the.sellers)
    for step in (the.deposit, the.finance, the.bill, the.settle):
        step()
    assert len(world.liens.interestsOf(the.title)) == 1


def test_lease_given_up_once_lodged(world, deal, lease):
    """Must let a lease go while the title is kept for the buyers: that harms nobody."""
    the = deal().to(OFFER_ACCEPTED)
    terms = lease(the.title, *the.sellers)
    for step in (the.contract, the.lodge, the.deposit, the.finance, the.bill):
        step()
    message = {"interest": str(world.liens.interestIdOf(words(terms))), "titles": [the.title]}
    given = consent(world, "EndInterest", message, world.lender, contract=world.liens)
    world.liens.endInterest([the.title], words(terms), [given], world.relay)
    the.settle()
    assert len(world.liens.interestsOf(the.title)) == 0


def test_kept_lien_moves_to_another_rank(world, deal, with_liens):
    """Must see that a lien was postponed since the contract, though the same ones stand."""
    the = with_liens(deal(), 0, 0).to(CONTRACT_SIGNED)
    first, second = (fate["lien"] for fate in the.terms["liens"])
    message = {"title": the.title, "lien": first, "behind": second, "rank": 2}
    given = consent(world, "PostponeLien", message, world.lender, contract=world.liens)
    world.liens.postpone(the.title, words(the.mortgages[0]), second, 2, given, world.relay)
    with reverts("LiensChanged", the.id, ...):
        the.lodge()


def test_notice_is_the_sales_alone(world, deal, with_liens):
    """Must let nobody charge, let, postpone, divide or burden a title that is kept for a sale, but a court."""
    the = with_liens(deal(), 0, 0).to(PENDING_TITLE)
    stands = ("NoticeStands", the.title, the.id, the.terms["completeBy"])
    first, second = (fate["lien"] for fate in the.terms["liens"])
    message = {"title": the.title, "lien": first, "behind": second, "rank": 2}
    given = consent(world, "PostponeLien", message, world.lender, contract=world.liens)
    with reverts(*stands):
        world.liens.postpone(the.title, words(the.mortgages[0]), second, 2, given, world.relay)
    with reverts(*stands):
        world.liens.enter(the.title, words(lien(world.lender, 1)), 0, 0, [], {"from": world.registrar})
    with reverts(*stands):
        world.liens.enterByOrder(the.title, (2, world.lender.id, 1, EURO, keccak("tax")), 0, {"from": world.registrar})
    with reverts(*stands):
        world.titles.enterCaveat(the.title, world.dora.id, now() + DAY, keccak("claim"), {"from": world.registrar})
    with reverts(*stands):
        world.titles.subdivide(the.title, [], (keccak("survey"), 0), [], [], {"from": world.registrar})


# ── Titles that are no more, or not there ───────────────────────────────────────────────────────────────────────


def _divide(world, title, holder, refs):
    parts = [
        {"ref": ref, "geometryHash": keccak(ref), "area": area} for ref, area in zip(refs, (1, 1_234_566), strict=True)
    ]
    source = (keccak("a survey"), 0)
    message = {"title": title, "version": 1, "parts": parts, "sourceHash": source[0], "legalDate": 0}
    given = [consent(world, "SubdivideTitle", message, holder, contract=world.titles)]
    world.titles.subdivide(title, words(parts), source, given, [], {"from": world.registrar})


@pytest.mark.parametrize("version", [1, 2])
def test_divided_title_is_listed(world, deal, version):
    """Must refuse to list a title that was divided, at its old version and at its last."""
    the = deal(sellers=[world.anna])
    _divide(world, the.title, world.anna, ("north", "south"))
    the.listing["version"] = version
    error = ("VersionStale", the.title, 1, 2) if version == 1 else ("SellersRefused", the.title)
    with reverts(*error):
        the.list()
    # It has no holders any more, which is not a title that nobody need sign for.
    the.listing["sellers"], the.sellers = [], []
    with reverts(*error):
        the.list()


def test_divided_after_the_contract(world, deal):
    """Must refuse to lodge on a title that was divided meanwhile, and end all the same."""
    the = deal(sellers=[world.anna]).to(CONTRACT_SIGNED)
    _divide(world, the.title, world.anna, ("north", "south"))
    with reverts("TitleIsRetired", the.title):
        the.lodge()
    the.cancel()


def test_divided_after_the_notice(world, deal):
    """Must give the money back though the title was divided once the notice was over."""
    the = deal(sellers=[world.anna]).to(BILL_SIGNED)
    wait(60 * DAY)
    _divide(world, the.title, world.anna, ("north", "south"))
    the.expire()
    world.escrow.refund(the.id, world.payer, world.relay)
    assert world.escrow.creditOf(the.token, world.payer) == the.due


# ── Means that nobody signed ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("lie", ["document", "rank", "amount", "creditor"])
def test_means_of_nobody(world, deal, lie):
    """Must let a stranger tell of no loan, rank or creditor where the buyers chose no bank and nobody signs."""
    the = deal(agent=False, bank=False).to(PENDING_TITLE)
    the.deposit()
    the.means["documentHash"] = ZERO_ID
    sound = words(the.means)
    if lie == "document":
        the.means["documentHash"] = keccak("a lie")
    elif lie == "rank":
        the.means["rank"] = 7
    else:
        the.means["mortgage"] |= {"amount": 1} if lie == "amount" else {"creditor": world.dora.id}
    with reverts("PaperDiffers", the.id, ...):
        the.finance([])
    papers_ = (words(the.listing), words(the.offer), words(the.terms))
    world.sales.finance(*papers_, sound, [], world.relay)
    assert str(world.sales.saleOf(the.id)["closing"]) == NO_FINANCE


# ── Payees ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("where", ["token", "sales", "escrow"])
def test_register_is_paid_where_somebody_fetches(world, where):
    """Must refuse rates that send the duty where it would lie for ever."""
    token = world.money.FairMoney
    payee = {"token": token, "sales": world.sales, "escrow": world.escrow}[where]
    with reverts("RatesRefused", GB, currency_of(token)):
        world.escrow.setRates(GB, currency_of(token), (True, 1, 1, payee, 1), {"from": world.admin})


@pytest.mark.parametrize("where", ["token", "sales"])
def test_payoff_where_nobody_fetches(world, deal, with_liens, where):
    """Must refuse to pay a lien off to the token, or to the sales, and settle once the statement names somebody."""
    the = with_liens(deal(), 400_000).to(BILL_SIGNED)
    payout = {"token": the.token, "sales": world.sales}[where].address
    with reverts("PayeeRefused", payout):
        the.settle([the.payoff(the.mortgages[0], 400_000, payout=payout)])
    the.settle()
    with reverts("PayeeRefused", payout):
        world.escrow.withdraw(the.token, payout, {"from": world.lender_payout})


def test_refund_twice_by_others(world, deal):
    """Must pay each payer once, whoever asks and however often, and leave nothing behind."""
    the = deal().to(FINANCED)
    the.cancel()
    world.escrow.refund(the.id, world.payer, {"from": world.second_payer})
    with reverts("NothingDue", world.payer):
        world.escrow.refund(the.id, world.payer, {"from": world.payer})
    world.escrow.withdrawFor(the.token, world.payer, world.relay)
    for way in (
        lambda: world.escrow.withdrawFor(the.token, world.payer, world.relay),
        lambda: world.escrow.withdraw(the.token, world.stranger, {"from": world.payer}),
    ):
        with reverts("NothingDue", world.payer):
            way()
    assert the.token.balanceOf(world.escrow) == 0


# ── What changes in the middle ──────────────────────────────────────────────────────────────────────────────────


def test_dearer_duty_in_between(world, deal):
    """Must take the duty of the contract, whatever the register takes later."""
    the = deal().to(CONTRACT_SIGNED)
    rates = (True, 10 * PERSON, 0, world.treasury, 100 * FEE)
    world.escrow.setRates(GB, the.offer["currency"], rates, {"from": world.admin})
    for step in (the.lodge, the.deposit, the.finance, the.bill, the.settle):
        step()
    assert world.escrow.creditOf(the.token, world.treasury) == the.terms["duty"]


def test_another_payee_in_between(world, deal):
    """Must pay the duty to whom the register names when the sale is settled."""
    the = deal().to(BILL_SIGNED)
    rates = (True, PERSON, 0, world.second_payer, FEE)
    world.escrow.setRates(GB, the.offer["currency"], rates, {"from": world.admin})
    the.settle()
    assert world.escrow.creditOf(the.token, world.second_payer) == the.terms["duty"]


@pytest.mark.parametrize("who", ["agent", "sellers_bank", "buyers_bank"])
def test_licence_lost_after_signing(world, deal, who):
    """Must carry out what was signed while the licence stood."""
    the = deal()
    the.listing["sellersBank"] = world.sellers_bank.id
    the.to(FINANCED)
    kind = world.credentials.ESTATE_AGENT() if who == "agent" else world.credentials.BANK()
    world.credentials.revoke(getattr(world, who).id, kind, 5, {"from": world.licensing})
    the.bill()
    the.settle()


def test_wallet_changed_in_between(world, deal):
    """Must ask for the party's present wallet: what the old one signed and nobody sent is worth nothing."""
    the = deal().to(FINANCED)
    handed = {"price": the.offer["price"], "currency": the.offer["currency"], "bill": the.bill_of_sale}
    message = {"sale": the.id, "title": the.title} | handed
    old = the.consents("SignBillOfSale", message, *the.sellers, *the.buyers)
    carl = world.carl
    key = _rotated(world, carl)
    with reverts("SignatureInvalid", key.address):
        the.bill(old)
    again = type(carl)(**vars(carl) | {"key": key})
    the.bill(the.consents("SignBillOfSale", message, *the.sellers, again))
    the.settle()
    assert plain(world.titles.sharesOf(the.title)) == (1, ((carl.id, 1),))


def _rotated(world, person):
    """Another wallet of the same person."""
    key = Account.from_key(keccak("another wallet"))
    message = {"party": person.id, "from": person.key.address, "to": key.address, "nonce": 1, "deadline": NEVER}
    both = [sign(each, world.parties, "RotateWallet", message) for each in (person.key, key)]
    world.parties.rotate(person.id, key.address, 1, NEVER, *both, world.relay)
    return key


# ── Consents and relayers ───────────────────────────────────────────────────────────────────────────────────────


def test_consent_of_another_chain(world, deal):
    """Must refuse what was signed for the same sale on another chain."""
    the = deal().to(LISTED)
    message = {"sale": the.id, "offer": the.offer}
    sound = the.consents("AcceptOffer", message, *the.sellers, *the.buyers)
    full = message | {"party": world.anna.id, "nonce": 10**6, "deadline": NEVER}
    foreign = sign(world.anna.key, world.sales, "AcceptOffer", full, chain_id=1)
    sound[0] = (ZERO_ID, ZERO_ID, 10**6, NEVER, foreign)
    with reverts("SignatureInvalid", world.anna.key.address):
        the.accept(sound)


def test_consent_of_another_version(world, deal, second_registrar):
    """Must not sell a changed title on what was signed for it as it was."""
    the = deal().to(LISTED)
    given = the.consents("ListTitle", {"listing": the.listing}, *the.sellers, world.agent)
    corrected = (keccak("geometry"), 1_234_567, 3, 2, [(each.id, 1) for each in the.sellers])
    for by in (world.registrar, second_registrar):
        world.titles.rectify(the.title, corrected, (keccak("an order"), 0), {"from": by})
    the.listing["version"] = 2
    with reverts("SignatureInvalid", world.anna.key.address):
        the.list(given)


def test_consents_in_another_order(world, deal):
    """Must not take one party's consent for another's, so that a relayer gains nothing by turning them."""
    the = deal().to(LISTED)
    sound = the.consents("AcceptOffer", {"sale": the.id, "offer": the.offer}, *the.sellers, *the.buyers)
    with reverts("SignatureInvalid", ...):
        the.accept([sound[1], sound[0], sound[2]])
    with reverts("SignatureInvalid", ...):
        the.accept([sound[0], sound[2], sound[1]])
    the.accept(sound)
    with reverts("WrongStep", the.id, OFFER_ACCEPTED):
        the.accept(sound)


def test_sellers_consent_to_cancel_is_not_the_buyers(world, deal):
    """Must not end an accepted sale on what sellers signed while they were alone."""
    the = deal().to(LISTED)
    message = {"sale": the.id, "documentHash": keccak("an agreement")}
    early = the.consents("CancelSale", message, *the.sellers)
    the.accept()
    with reverts("ConsentsRefused", 2, 3):
        the.cancel(early)
    with reverts("SignatureInvalid", world.carl.key.address):
        the.cancel([*early, consent(world, "CancelSale", message, world.dora, party=world.carl.id)])


def test_buyer_is_a_seller(world, deal):
    """Must let one of two sellers buy the whole, with a signature in each role, and share out every unit."""
    the = deal(buyers=[world.anna])
    message = {"sale": the.id, "offer": the.offer}
    the.list()
    one = the.consents("AcceptOffer", message, world.anna, world.bert)
    with reverts("NonceUsed", world.anna.id, one[0][2]):
        the.accept([*one, one[0]])
    the.accept()
    for step in (the.contract, the.lodge, the.deposit, the.finance, the.bill, the.settle):
        step()
    assert plain(world.titles.sharesOf(the.title)) == (1, ((world.anna.id, 1),))
    assert the.token.balanceOf(world.escrow) == the.due


def test_attorney_at_every_price(world, deal, power):
    """Must hold an attorney to the floor at each step: the price asked to list, the price agreed afterwards."""
    the = deal()
    given = power(world.anna, "land.sell", floor=PRICE + 1, currency=the.offer["currency"], subject=the.title)

    def by_attorney(kind, message, *others):
        signed = consent(world, kind, message, world.attorney, party=world.anna.id, power=given)
        return [signed, *the.consents(kind, message, *others)]

    the.list(by_attorney("ListTitle", {"listing": the.listing}, world.bert, world.agent))
    the.accept()
    below = ("PriceRefused", given, PRICE, PRICE + 1)
    message = {"sale": the.id, "offer": the.offer, "terms": the.terms}
    with reverts(*below):
        the.contract(by_attorney("SignContract", message, world.bert, world.carl, world.agent))
    for step in (the.contract, the.lodge, the.deposit, the.finance):
        step()
    handed = {"price": the.offer["price"], "currency": the.offer["currency"], "bill": the.bill_of_sale}
    message = {"sale": the.id, "title": the.title} | handed
    with reverts(*below):
        the.bill(by_attorney("SignBillOfSale", message, world.bert, world.carl))
    message = {"sale": the.id, "documentHash": keccak("an agreement")}
    with reverts(*below):
        the.cancel(by_attorney("CancelSale", message, world.bert, world.carl))


@pytest.mark.parametrize(
    ("step", "act", "who"),
    [
        ("contract", "land.mediate", "agent"),
        ("contract", "land.receive", "sellers_bank"),
        ("finance", "land.lend", "buyers_bank"),
        ("finance", "land.charge", "carl"),
    ],
)
def test_attorney_of_each_role(world, deal, power, step, act, who):
    """Must let an attorney of agent, bank or borrower sign under the power of that name, and not under one to sell."""
    the = deal()
    the.listing["sellersBank"] = world.sellers_bank.id
    the.means |= {"mortgage": lien(world.buyers_bank, 1_000_000), "rank": 1}
    the.before(step)
    principal = getattr(world, who)
    if step == "contract":
        kind, message = "SignContract", {"sale": the.id, "offer": the.offer, "terms": the.terms}
        signers = [*the.sellers, *the.buyers, world.agent, world.sellers_bank]
    else:
        kind, message = "FinanceSale", {"sale": the.id, "finance": the.means}
        signers = [world.buyers_bank, *the.buyers]
    place = [each.id for each in signers].index(principal.id)
    given = the.consents(kind, message, *signers)
    for name, nonce in (("land.sell", 1), (act, 2)):
        granted = power(principal, name, subject=the.title, nonce=nonce)
        given[place] = consent(world, kind, message, world.attorney, party=principal.id, power=granted)
        if name == act:
            getattr(the, step)(given)
        else:
            with reverts("PowerOutOfScope", granted):
                getattr(the, step)(given)


def test_attorney_of_a_lien_holder(world, deal, with_liens, power):
    """Must let the holder's attorney state what a payoff costs, for that lien."""
    the = with_liens(deal(), 400_000).to(BILL_SIGNED)
    terms = the.mortgages[0]
    given = power(world.lender, "land.discharge", subject=the.terms["liens"][0]["lien"])
    statement = the.payoff(terms, 400_000, signer=world.attorney, party=world.lender.id, power=given)
    the.settle([statement])


# ── Chains ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_circle(world, owned):
    """Must not register two sales of which each pays for the other."""
    token = world.money.FairMoney
    one = papers(world, owned(world.anna, ref="one"), [world.anna], [world.bert], token=token, seed="one")
    two = papers(world, owned(world.bert, ref="two"), [world.bert], [world.anna], token=token, seed="two")
    for first, second in ((one, two), (two, one)):
        first.terms |= {"feeds": second.id, "feedAmount": 1000}
        second.terms["fed"] = 1000
    for each in (one, two):
        each.to(BILL_SIGNED)
    with reverts("FeedDiffers", one.id, 0, 1000):
        world.sales.settle([one.settlement(), two.settlement()], world.relay)
    with reverts("FeedDiffers", two.id, 0, 1000):
        world.sales.settle([two.settlement(), one.settlement()], world.relay)
    for each in (one, two):
        each.cancel()
        world.escrow.refund(each.id, world.payer, world.relay)
    assert world.escrow.creditOf(token, world.payer) == one.due + two.due


def test_wholly_fed(world, owned):
    """Must register a sale that pays for itself with another's money alone, with nothing paid in."""
    token = world.money.FairMoney
    flat = papers(world, owned(world.carl, ref="flat"), [world.carl], [world.anna], token=token, price=9_000_000)
    hut = papers(world, owned(world.bert, ref="hut"), [world.bert], [world.carl], token=token, price=1_000_000)
    whole = hut.offer["price"] + hut.terms["duty"]
    flat.terms |= {"feeds": hut.id, "feedAmount": whole}
    hut.terms["fed"] = whole
    flat.to(BILL_SIGNED)
    for step in ("list", "accept", "contract", "lodge", "finance", "bill"):
        getattr(hut, step)()
    world.sales.settle([flat.settlement(), hut.settlement()], world.relay)
    assert hut.status == REGISTERED
    assert token.balanceOf(world.escrow) == flat.due


# ── The exact second ────────────────────────────────────────────────────────────────────────────────────────────


def test_ends_one_second_later(world, deal):
    """Must let anyone end a sale one second after the last, and not in it."""
    the = deal().to(PENDING_TITLE)
    deadline = world.sales.saleOf(the.id)["deadline"]
    next_block_at(deadline + 1)
    the.expire()


def test_notice_without_its_sale(world, deal):
    """Must free the title at once when a sale ends before its notice would."""
    the = deal().to(PENDING_TITLE)
    next_block_at(the.terms["financeBy"] + 1)
    the.expire()
    assert world.titles.noticeOf(the.title)["until"] == 0
    other = papers(world, the.title, the.sellers, [world.dora], token=the.token, seed="next")
    other.to(PENDING_TITLE)
