"""Who signs: everybody whose right is at stake, once, for exactly this; agents and banks with a licence."""

import pytest
from brownie import web3

from tests.contracts.conveyance.deals import (
    BILL_SIGNED,
    CONTRACT_SIGNED,
    DUTY_PAID,
    FINANCED,
    GB,
    LISTED,
    OFFER_ACCEPTED,
    PENDING_TITLE,
    PRICE,
    REGISTERED,
    consent,
    lien,
    papers,
    words,
)
from tests.contracts.helpers import NEVER, ZERO_ID, keccak, now, reverts, typed

SIGNED = {
    "list": ("ListTitle", 0),
    "accept": ("AcceptOffer", LISTED),
    "contract": ("SignContract", OFFER_ACCEPTED),
    "finance": ("FinanceSale", PENDING_TITLE),
    "bill": ("SignBillOfSale", FINANCED),
    "cancel": ("CancelSale", FINANCED),
}


@pytest.fixture
def ready(world, deal):
    """A deal with everybody in it, right before a step; with what is signed there, and by whom."""

    def made(step):
        the = deal()
        the.listing["sellersBank"] = world.sellers_bank.id
        the.means |= {"mortgage": lien(world.buyers_bank, 1_000_000), "rank": 1}
        kind, status = SIGNED[step]
        if status:
            the.to(status)
        if step == "finance":
            the.deposit()
        both = (*the.sellers, *the.buyers)
        message, signers = {
            "list": ({"listing": the.listing}, (*the.sellers, world.agent)),
            "accept": ({"sale": the.id, "offer": the.offer}, both),
            "contract": (
                {"sale": the.id, "offer": the.offer, "terms": the.terms},
                (*both, world.agent, world.sellers_bank),
            ),
            "finance": ({"sale": the.id, "finance": the.means}, (world.buyers_bank, *the.buyers)),
            "bill": (
                {
                    "sale": the.id,
                    "title": the.title,
                    "price": the.offer["price"],
                    "currency": the.offer["currency"],
                    "bill": the.bill_of_sale,
                },
                both,
            ),
            "cancel": ({"sale": the.id, "documentHash": keccak("an agreement")}, both),
        }[step]
        return the, getattr(the, step), kind, message, signers

    return made


@pytest.mark.parametrize("step", SIGNED)
def test_everybody_signs(world, ready, step):
    """Must refuse a step when anybody's consent is missing, forged, late, another's, or for another contract."""
    the, do, kind, message, signers = ready(step)
    for place, signer in enumerate(signers):
        sound = the.consents(kind, message, *signers)
        with reverts("ConsentsRefused", len(signers) - 1, len(signers)):
            do(sound[:place] + sound[place + 1 :])
        forged = consent(world, kind, message, world.unlicensed, party=signer.id)
        with reverts("SignatureInvalid", signer.key.address):
            do([*sound[:place], forged, *sound[place + 1 :]])
        late = now() - 1
        with reverts("DeadlinePassed", late):
            do([*sound[:place], consent(world, kind, message, signer, deadline=late), *sound[place + 1 :]])
        elsewhere = consent(world, kind, message, signer, contract=("Conveyance", world.stranger.address))
        with reverts("SignatureInvalid", signer.key.address):
            do([*sound[:place], elsewhere, *sound[place + 1 :]])
    sound = the.consents(kind, message, *signers)
    with reverts("ConsentsRefused", len(signers) + 1, len(signers)):
        do([*sound, sound[0]])
    do(sound)


@pytest.mark.parametrize("step", SIGNED)
def test_consents_serve_once(world, ready, step):
    """Must refuse a consent whose nonce was used before."""
    the, do, kind, message, signers = ready(step)
    sound = the.consents(kind, message, *signers)
    used = consent(world, kind, message, signers[0])
    fields = {"party": signers[0].id, "nonce": used[2], "deadline": NEVER}
    signature = web3.eth.account.sign_message(typed(world.sales, "CancelNonce", fields), signers[0].key.key).signature
    world.sales.cancelNonce(signers[0].id, used[2], NEVER, bytes(signature), world.relay)
    with reverts("NonceUsed", signers[0].id, used[2]):
        do([used, *sound[1:]])
    do(sound)


def test_another_sales_consents(world, deal):
    """Must refuse what was signed for another sale."""
    the = deal().to(LISTED)
    other = deal(ref="another", seed="another").to(LISTED)
    message = {"sale": other.id, "offer": the.offer}
    with reverts("SignatureInvalid", world.anna.key.address):
        the.accept(the.consents("AcceptOffer", message, *the.sellers, *the.buyers))


@pytest.mark.parametrize("who", ["agent", "sellers_bank", "buyers_bank"])
def test_licences(world, deal, who):
    """Must refuse an agent, or a bank, without a credential of that kind."""
    the = deal()
    credentials = world.credentials
    kind = credentials.ESTATE_AGENT() if who == "agent" else credentials.BANK()
    the.listing["sellersBank"] = world.sellers_bank.id
    step = {"agent": "list", "sellers_bank": "contract", "buyers_bank": "finance"}[who]
    if step != "list":
        the.to({"contract": OFFER_ACCEPTED, "finance": PENDING_TITLE}[step])
    if step == "finance":
        the.deposit()
    credentials.revoke(getattr(world, who).id, kind, 5, {"from": world.licensing})
    with reverts("CredentialWithdrawn", getattr(world, who).id, kind, 5):
        getattr(the, step)()


def test_never_licensed(world, deal):
    """Must refuse whoever calls itself a bank."""
    the = deal(bank=False)
    the.offer["buyersBank"] = world.unlicensed.id
    the.to(PENDING_TITLE)
    the.deposit()
    given = the.consents("FinanceSale", {"sale": the.id, "finance": the.means}, world.unlicensed)
    with reverts("CredentialMissing", world.unlicensed.id, world.credentials.BANK()):
        the.finance(given)


def test_agents_licence_at_the_contract(world, deal):
    """Must ask for the agent's licence again when the contract is signed."""
    the = deal().to(OFFER_ACCEPTED)
    kind = world.credentials.ESTATE_AGENT()
    world.credentials.revoke(world.agent.id, kind, 5, {"from": world.licensing})
    with reverts("CredentialWithdrawn", world.agent.id, kind, 5):
        the.contract()


def test_nobody_but_the_parties(world, deal):
    """Must go without agent and banks where the parties do."""
    the = deal(agent=False, bank=False)
    the.means["documentHash"] = ZERO_ID
    the.to(REGISTERED)


def test_a_word_needs_a_bank(world, deal):
    """Must refuse money in no token, or a mortgage, when the buyers chose no bank."""
    the = deal(token=None)
    the.offer["buyersBank"] = ZERO_ID
    the.to(PENDING_TITLE)
    with reverts("BankMissing", the.id):
        the.finance([])
    the = deal(ref="another", bank=False)
    the.to(PENDING_TITLE)
    the.deposit()
    the.means["mortgage"] = lien(world.buyers_bank, 1)
    with reverts("MortgageRefused", the.id):
        the.finance([])
    the.means["mortgage"]["creditor"] = ZERO_ID
    with reverts("BankMissing", the.id):
        the.finance([])


def test_bank_always_signs(world, deal):
    """Must not let anyone spend the bank's money without its mortgage."""
    the = deal().to(PENDING_TITLE)
    the.deposit()
    with reverts("ConsentsRefused", 0, 1):
        the.finance([])


@pytest.mark.parametrize("spoilt", ["kind", "creditor", "amount", "currency", "deedHash", "rank", "documentHash"])
def test_mortgage(world, deal, with_liens, spoilt):
    """Must refuse a mortgage of another bank, one that lacks a term, and a rank that it will not have."""
    the = with_liens(deal(), 400_000, 0).to(PENDING_TITLE)
    the.deposit()
    the.means |= {"mortgage": lien(world.buyers_bank, 1_000_000), "rank": 2}
    if spoilt in the.means:
        the.means[spoilt] = {"rank": 3, "documentHash": ZERO_ID}[spoilt]
    else:
        wrong = {"kind": 2, "creditor": world.lender.id, "amount": 0}
        the.means["mortgage"] |= {spoilt: wrong.get(spoilt, ZERO_ID)}
    with reverts("DocumentMissing" if spoilt == "documentHash" else "MortgageRefused", the.id):
        the.finance()


# ── Powers of attorney ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("act", "place"), [("land.sell", 0), ("land.buy", 2)])
def test_power_of_attorney(world, deal, power, act, place):
    """Must let an attorney sign for a seller, or a buyer, under a power for that, and for nothing else."""
    the = deal().to(LISTED)
    principal = (*the.sellers, *the.buyers)[place]
    message = {"sale": the.id, "offer": the.offer}
    sound = the.consents("AcceptOffer", message, *the.sellers, *the.buyers)
    wrong = power(principal, "land.charge")
    sound[place] = consent(world, "AcceptOffer", message, world.attorney, party=principal.id, power=wrong)
    with reverts("PowerOutOfScope", wrong):
        the.accept(sound)


@pytest.mark.parametrize("floor", [PRICE, PRICE + 1])
def test_price_floor(world, deal, power, floor):
    """Must let an attorney sell at the floor of the power, and not below it."""
    the = deal().to(LISTED)
    given = power(world.anna, "land.sell", floor=floor, currency=the.offer["currency"], subject=the.title)
    message = {"sale": the.id, "offer": the.offer}
    sound = the.consents("AcceptOffer", message, *the.sellers, *the.buyers)
    sound[0] = consent(world, "AcceptOffer", message, world.attorney, party=world.anna.id, power=given)
    if floor > PRICE:
        with reverts("PriceRefused", given, PRICE, floor):
            the.accept(sound)
    else:
        the.accept(sound)


def test_power_of_a_buyer(world, deal, power):
    """Must let an attorney buy."""
    the = deal().to(LISTED)
    given = power(world.carl, "land.buy")
    message = {"sale": the.id, "offer": the.offer}
    sound = the.consents("AcceptOffer", message, *the.sellers, *the.buyers)
    sound[2] = consent(world, "AcceptOffer", message, world.attorney, party=world.carl.id, power=given)
    the.accept(sound)


# ── Who is who ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_sellers_are_all_holders(world, deal):
    """Must refuse to list without a holder, with a stranger, out of order, or a title that nobody registered."""
    the = deal()
    for sellers in ([world.anna], [world.bert, world.anna], [world.anna, world.carl], []):
        the.listing["sellers"] = [seller.id for seller in sellers]
        the.sellers = sellers
        with reverts("SellersRefused", the.title):
            the.list()
    the.listing["title"] = keccak("no title")
    with reverts("TitleUnknown", keccak("no title")):
        the.list()


@pytest.mark.parametrize(
    ("denominator", "numerators", "error"),
    [
        (2, (1,), "SharesNotWhole"),
        (3, (1, 1), "SharesNotWhole"),
        (2, (2, 0), "ShareMissing"),
        (1, (), "HoldersRefused"),
    ],
)
def test_shares_sum_to_one(world, deal, denominator, numerators, error):
    """Must refuse an offer whose shares do not sum to one."""
    the = deal().to(LISTED)
    buyers = [world.carl, world.dora][: len(numerators)]
    the.buyers = buyers
    the.offer |= {
        "denominator": denominator,
        "shares": [{"holder": b.id, "numerator": n} for b, n in zip(buyers, numerators, strict=True)],
    }
    with reverts(error, ...):
        the.accept()


def test_no_price(deal):
    """Must refuse an offer of nothing."""
    the = deal().to(LISTED)
    the.offer["price"] = 0
    with reverts("PriceMissing", the.id):
        the.accept()


@pytest.mark.parametrize("step", ["lodge", "duty"])
def test_registrar(world, deal, step, court, admin, other_officer):
    """Must let a registrar of the register's keeper lodge and confirm, and nobody else."""
    the = deal(token=None).to(CONTRACT_SIGNED if step == "lodge" else BILL_SIGNED)
    for by, error in ((court, "ScopeMissing"), (admin, "NotAnOfficer"), (other_officer, "OtherAgency")):
        with reverts(error, ...):
            getattr(the, step)(by=by)
    getattr(the, step)()


def test_receipt(world, deal):
    """Must ask for the receipt of the duty, and refuse one where the duty is in escrow."""
    the = deal(token=None).to(BILL_SIGNED)
    taken = (words(the.listing), words(the.offer), words(the.terms), ZERO_ID)
    with reverts("DocumentMissing", the.id):
        world.sales.confirmDuty(*taken, {"from": world.registrar})
    with reverts("WrongStep", the.id, BILL_SIGNED):
        the.settle()
    the = deal(ref="another").to(BILL_SIGNED)
    taken = (words(the.listing), words(the.offer), words(the.terms), keccak("a receipt"))
    with reverts("WrongMoney", the.id, the.offer["currency"]):
        world.sales.confirmDuty(*taken, {"from": world.registrar})


def test_seller_without_a_wallet(world, entry, identity_officer, second_identity_officer):
    """Must ask for a bank that says where the money of a party without a wallet goes, and then sell for it."""
    record = keccak("record of one without a wallet")
    party = str(world.parties.partyIdOf(world.ids.land, record))
    made = world.titles.register(GB, entry("hers", shares=[(party, 1)]), {"from": world.registrar})
    world.payout_of[party] = world.payout_of[world.anna.id]

    class Absent:
        id = party
        key = world.anna.key

    def attested(kind, message, *others, nonce):
        full = message | {"party": party, "nonce": nonce, "deadline": NEVER}
        signable = typed(world.sales, kind, full)
        digest = web3.keccak(b"\x19\x01" + signable.header + signable.body)
        for officer in (identity_officer, second_identity_officer):
            world.parties.attest(world.ids.land, record, digest, keccak("seen"), {"from": officer})
        given = [consent(world, kind, message, other) for other in others]
        return [(ZERO_ID, ZERO_ID, nonce, NEVER, b""), *given]

    for place, bank in enumerate((ZERO_ID, world.sellers_bank.id)):
        the = papers(
            world, str(made.return_value), [Absent], [world.carl], token=world.money.FairMoney, seed=str(place)
        )
        the.listing["sellersBank"] = bank
        first = 10 * place
        the.list(attested("ListTitle", {"listing": the.listing}, world.agent, nonce=first))
        offered = {"sale": the.id, "offer": the.offer}
        the.accept(attested("AcceptOffer", offered, world.carl, nonce=first + 1))
        contract = offered | {"terms": the.terms}
        if bank == ZERO_ID:
            with reverts("SellerUnbanked", the.id, party):
                the.contract([(ZERO_ID, ZERO_ID, 0, NEVER, b"")] * 3)
        else:
            others = (world.carl, world.agent, world.sellers_bank)
            the.contract(attested("SignContract", contract, *others, nonce=first + 2))
            assert the.status == CONTRACT_SIGNED


def test_duty_is_confirmed_once(deal):
    """Must refuse a second receipt."""
    the = deal(token=None).to(DUTY_PAID)
    with reverts("WrongStep", the.id, DUTY_PAID):
        the.duty()
