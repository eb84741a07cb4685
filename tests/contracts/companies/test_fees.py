"""The fee: in a token, by anyone or from a citizen's wallet, or attested; settled once and in full."""

import pytest
from brownie import ZERO_ADDRESS
from brownie.exceptions import VirtualMachineError
from eth_account import Account

from tests.contracts.companies.cases import FEE, SOURCE, STRUCK_OFF, Case, told
from tests.contracts.helpers import CLOSED, NEVER, SUSPENDED, ZERO_ID, keccak, now, reverts, wait

APPLICATION = 90 * 24 * 3600


@pytest.fixture
def purse(world):
    """Give a citizen's wallet, or an account, money in a token, and let the registry take the fee from an account."""

    def fill(owner, token=None, amount=FEE, approve=True):
        token = token or world.tokens.FairToken
        token.mint(owner, amount, {"from": world.people.stranger})
        if approve:
            token.approve(world.companies, amount, {"from": owner})
        return token

    return fill


@pytest.fixture
def use(world):
    """Let the land agency ask for its fee in another token, or another fee."""

    def send(token=None, fee=FEE):
        token = token or world.tokens.FairToken
        rules = (token, fee, world.people.treasury, world.kinds.contact, [world.kinds.e_resident, world.kinds.local])
        world.companies.setRules(world.ids.land, rules, {"from": world.people.admin})
        return token

    return send


def permit(world, citizen, amount=FEE, deadline=NEVER, nonce=0):
    """A citizen's permit (EIP-2612) for the registry."""
    token = world.tokens.FairToken
    fields = {"owner": "address", "spender": "address", "value": "uint256", "nonce": "uint256", "deadline": "uint256"}
    signed = Account.sign_typed_data(
        citizen.wallet.key,
        domain_data={
            "name": "Fair Token",
            "version": "1",
            "chainId": world.companies.eip712Domain()[3],
            "verifyingContract": token.address,
        },
        message_types={"Permit": [{"name": name, "type": kind} for name, kind in fields.items()]},
        message_data={
            "owner": citizen.wallet.address,
            "spender": world.companies.address,
            "value": amount,
            "nonce": nonce,
            "deadline": deadline,
        },
    )
    return (deadline, signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big"))


# ── By the payer itself ─────────────────────────────────────────────────────────────────────────────────────────


def test_paid(filed, world, purse):
    """Must move the fee to the payee, keep that it is settled, and tell so in one event."""
    token, payer = purse(world.people.citizen), world.people.citizen
    tx = filed.pay(payer)
    assert (token.balanceOf(world.people.treasury), token.balanceOf(payer)) == (FEE, 0)
    assert filed.c.companyOf(filed.company)[7:9] == (False, True)
    assert told(tx, "FeePaid") == {"company": filed.company, "payer": payer, "token": token.address, "amount": FEE}
    with reverts("FeeSettledAlready", filed.company):
        filed.pay(payer)


def test_nothing_to_pay_in_a_token(filed, world, use):
    """Must refuse money where the agency asks for none, or wants it attested."""
    use(fee=0)
    with reverts("FeeNotInToken", filed.company):
        filed.pay(world.people.stranger)
    rules = (ZERO_ADDRESS, FEE, ZERO_ADDRESS, world.kinds.contact, [])
    world.companies.setRules(world.ids.land, rules, {"from": world.people.admin})
    with reverts("FeeNotInToken", filed.company):
        filed.pay(world.people.stranger)
    with reverts("FeeNotInToken", filed.company):
        filed.pay_for()


def test_paid_between_articles_and_entry(case, filed, world, purse):
    """Must take no fee before the articles, nor once the application ran out or was released."""
    purse(world.people.citizen)
    payer = world.people.citizen
    case.reserve(key=keccak("another key"), nonce=600)
    with reverts("StepRefused", case.company, 1):
        case.pay(payer)
    wait(APPLICATION)
    with reverts("ApplicationExpired", filed.company, filed.c.companyOf(filed.company)[5]):
        filed.pay(payer)
    filed.c.refuse(filed.company, SOURCE, filed.by_registrar)
    with reverts("StepRefused", filed.company, 4):
        filed.pay(payer)


# ── Tokens that misbehave ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "received"), [("TakingToken", FEE - 1), ("GivingToken", FEE + 1), ("RobbingToken", 0)]
)
def test_payees_balance_counts(filed, world, purse, use, name, received):
    """Must refuse a token by which the payee receives anything but the fee, and leave everything as it was."""
    token = purse(world.people.citizen, use(getattr(world.tokens, name)))
    token.mint(world.people.treasury, 10 * FEE, filed.by_anyone)
    with reverts("FeeShort", filed.company, received, FEE):
        filed.pay(world.people.citizen, token)
    assert token.balanceOf(world.people.citizen) == FEE
    assert not filed.c.companyOf(filed.company)[8]


def test_token_that_only_says_no(filed, world, purse, use):
    """Must refuse a token that answers false where others revert."""
    token = purse(world.people.citizen, use(world.tokens.RefusingToken))
    with reverts("SafeERC20FailedOperation", token.address):
        filed.pay(world.people.citizen, token)


def test_token_that_says_nothing(filed, world, purse, use):
    """Must take a token that moves the fee and answers nothing."""
    token = purse(world.people.citizen, use(world.tokens.SilentToken))
    filed.pay(world.people.citizen, token)
    assert token.balanceOf(world.people.treasury) == FEE


def test_token_that_calls_back(filed, world, purse, use):
    """Must find the fee settled when the token itself pays for the same company in the middle of the payment."""
    token = purse(world.people.citizen, use(world.tokens.CallingToken))
    token.plan(filed.c, filed.c.payFee.encode_input(filed.company, token, FEE), filed.by_anyone)
    with reverts("FeeSettledAlready", filed.company):
        filed.pay(world.people.citizen, token)


def test_token_that_pays_for_another(filed, world, purse, use):
    """Must refuse a payment in whose middle the payee receives another, lest one count for two."""
    other = Case(world, start=700)
    other.reserve(key=keccak("another key"))
    other.lodge()
    token = purse(world.people.citizen, use(world.tokens.CallingToken))
    token.mint(token, FEE, filed.by_anyone)
    token.plan(filed.c, filed.c.payFee.encode_input(other.company, token, FEE), filed.by_anyone)
    with reverts("FeeShort", filed.company, 2 * FEE, FEE):
        filed.pay(world.people.citizen, token)
    assert [filed.c.companyOf(each.company)[8] for each in (filed, other)] == [False, False]


# ── From a citizen's wallet ─────────────────────────────────────────────────────────────────────────────────────


def test_paid_for_a_citizen(filed, world, purse):
    """Must move the fee from a wallet that sent nothing, by its permit and its party's signature."""
    applicant = world.citizens.applicant
    token = purse(applicant.wallet.address, approve=False)
    tx = filed.pay_for(nonce=500, permit=permit(world, applicant))
    assert (token.balanceOf(world.people.treasury), token.balanceOf(applicant.wallet.address)) == (FEE, 0)
    assert filed.c.nonceUsed(applicant.party, 500)
    assert told(tx, "FeePaid") == {
        "company": filed.company,
        "payer": applicant.wallet.address,
        "token": token.address,
        "amount": FEE,
    }


def test_anyone_may_pay(filed, world, purse):
    """Must take the fee from a citizen who has no other part in the company."""
    purse(world.citizens.outsider.wallet.address, approve=False)
    filed.pay_for(payer=world.citizens.outsider, permit=permit(world, world.citizens.outsider))
    assert filed.c.companyOf(filed.company)[8]


def test_permit_handed_in_before(filed, world, purse):
    """Must pay all the same when somebody else handed in the permit first."""
    applicant = world.citizens.applicant
    token = purse(applicant.wallet.address, approve=False)
    given = permit(world, applicant)
    token.permit(applicant.wallet.address, filed.c, FEE, *given, filed.by_anyone)
    filed.pay_for(permit=given)
    assert token.balanceOf(world.people.treasury) == FEE


def test_allowance_stands(filed, world, purse):
    """Must pay without a permit where the allowance stands."""
    applicant = world.citizens.applicant
    token = purse(applicant.wallet.address, approve=False)
    token.permit(applicant.wallet.address, filed.c, FEE, *permit(world, applicant), filed.by_anyone)
    filed.pay_for()
    assert token.balanceOf(world.people.treasury) == FEE


def test_no_allowance(filed, world, purse):
    """Must pay nothing where the permit is no good, and keep the nonce."""
    applicant = world.citizens.applicant
    purse(applicant.wallet.address, approve=False)
    bad = permit(world, applicant, amount=FEE - 1)
    with pytest.raises(VirtualMachineError):
        filed.pay_for(nonce=500, permit=bad)
    assert not filed.c.nonceUsed(applicant.party, 500)
    assert not filed.c.companyOf(filed.company)[8]


@pytest.mark.parametrize(
    "changes",
    [
        {"party": keccak("another party")},
        {"company": keccak("another company")},
        {"token": ZERO_ADDRESS},
        {"amount": FEE - 1},
        {"nonce": 900},
        {"deadline": NEVER - 1},
        {"chain_id": 1},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_value_is_signed(filed, world, purse, changes):
    """Must take nothing from a wallet whose party has not signed for exactly this."""
    applicant = world.citizens.applicant
    nonce = {"nonce": 500}
    message = {"company": filed.company, "token": world.tokens.FairToken.address, "amount": FEE, "deadline": NEVER}
    signature = filed.signed(applicant, "PayFee", **(message | nonce | changes))
    arguments = (applicant.party, world.tokens.FairToken, FEE, 500, NEVER, signature, (0, 0, ZERO_ID, ZERO_ID))
    with reverts("SignatureInvalid", applicant.wallet.address):
        filed.c.payFeeFor(filed.company, *arguments, filed.by_anyone)


def test_rules_changed_since(filed, world, purse, use):
    """Must refuse when fee or token are others than the payer signed for."""
    applicant = world.citizens.applicant
    purse(applicant.wallet.address, approve=False, amount=10 * FEE)
    given = permit(world, applicant)
    use(fee=FEE + 1)
    with reverts("FeeChanged", filed.company, world.tokens.FairToken.address, FEE + 1):
        filed.pay_for(permit=given)
    use(world.tokens.SilentToken)
    with reverts("FeeChanged", filed.company, world.tokens.SilentToken.address, FEE):
        filed.pay_for(permit=given)
    use()
    filed.pay_for(permit=given)


def test_dearer_since(filed, world, purse, use):
    """Must take no more, and nothing in another token, than the caller named, whatever it allowed."""
    token, payer = purse(world.people.citizen, amount=10 * FEE), world.people.citizen
    use(fee=10 * FEE)
    with reverts("FeeChanged", filed.company, token.address, 10 * FEE):
        filed.pay(payer)
    other = use(world.tokens.SilentToken)
    with reverts("FeeChanged", filed.company, other.address, FEE):
        filed.pay(payer)


@pytest.mark.parametrize("status", [SUSPENDED, CLOSED])
def test_agency_is_active(filed, world, purse, agencies, status):
    """Must take no money for an agency that is suspended, whose payee may be a thief's, or closed."""
    purse(world.people.citizen)
    agencies.changeStatus(world.ids.land, status, {"from": world.people.root})
    with reverts("AgencyNotActive", world.ids.land, status):
        filed.pay(world.people.citizen)
    with reverts("AgencyNotActive", world.ids.land, status):
        filed.pay_for()


def test_late_and_replayed(filed, world, purse):
    """Must refuse a payment after its deadline, and a nonce that has served."""
    applicant = world.citizens.applicant
    late = now() - 1
    with reverts("DeadlinePassed", late):
        filed.pay_for(deadline=late)
    cancelled = filed.signed(applicant, "CancelNonce", nonce=500, deadline=NEVER)
    filed.c.cancelNonce(applicant.party, 500, NEVER, cancelled, filed.by_anyone)
    with reverts("NonceUsed", applicant.party, 500):
        filed.pay_for(nonce=500)


def test_payer_has_a_wallet(filed, world):
    """Must refuse a payer without a wallet."""
    nobody = keccak("a party without a wallet")
    arguments = (nobody, world.tokens.FairToken, FEE, 1, NEVER, b"", (0, 0, ZERO_ID, ZERO_ID))
    with reverts("PartyUnbound", nobody):
        filed.c.payFeeFor(filed.company, *arguments, filed.by_anyone)


# ── Attested ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_attested(filed, world):
    """Must settle the fee by a registrar's word and a receipt, and tell so in one event."""
    with reverts("SourceMissing", filed.company):
        filed.c.attestFee(filed.company, ZERO_ID, filed.by_registrar)
    tx = filed.c.attestFee(filed.company, SOURCE, filed.by_registrar)
    officer = world.people.company_registrar
    assert told(tx, "FeeAttested") == {"company": filed.company, "officer": officer, "receipt": SOURCE}
    assert filed.c.companyOf(filed.company)[7:9] == (False, True)
    with reverts("FeeSettledAlready", filed.company):
        filed.attest()
    with reverts("FeeSettledAlready", filed.company):
        filed.pay_for()


def test_attested_between_articles_and_entry(case, entered):
    """Must attest no fee before the articles, nor after the entry."""
    case.reserve(key=keccak("another key"), nonce=600)
    with reverts("StepRefused", case.company, 1):
        case.attest()
    with reverts("StepRefused", entered.company, 3):
        entered.attest()
    entered.strike_off()
    with reverts("StepRefused", entered.company, STRUCK_OFF):
        entered.attest()
