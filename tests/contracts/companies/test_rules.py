"""What an agency asks of companies: set by its admin, and good for every step from then on."""

import pytest
from brownie import ZERO_ADDRESS

from tests.contracts.companies.cases import FEE, Case
from tests.contracts.helpers import CLOSED, SUSPENDED, ZERO_ID, keccak, plain, reverts


@pytest.fixture
def set_rules(world):
    """Set the land agency's rules; a test changes what it is about."""

    def send(by=None, agency=world.ids.land, **changes):
        rules = {
            "feeToken": world.tokens.FairToken,
            "fee": FEE,
            "payee": world.people.treasury,
            "contactKind": world.kinds.contact,
            "founderKinds": [world.kinds.e_resident],
        } | changes
        return world.companies.setRules(agency, tuple(rules.values()), {"from": by or world.people.admin})

    return send


def test_set(world, set_rules):
    """Must keep the rules whole, and tell so in one event."""
    kinds = [world.kinds.e_resident, world.kinds.local]
    tx = set_rules(fee=1, founderKinds=kinds)
    token, treasury = world.tokens.FairToken.address, world.people.treasury.address
    found = world.companies.rulesOf(world.ids.land)
    assert plain(found) == (token, 1, treasury, world.kinds.contact, tuple(kinds))
    assert tx.events["RulesSet"] == {
        "agency": world.ids.land,
        "feeToken": token,
        "fee": 1,
        "payee": treasury,
        "contactKind": world.kinds.contact,
        "founderKinds": tuple(kinds),
    }
    set_rules(founderKinds=[])
    assert plain(world.companies.rulesOf(world.ids.land))[4] == ()


def test_by_the_admin_alone(world, set_rules):
    """Must refuse everyone but the agency's admin."""
    for caller in (world.people.other_admin, world.people.company_registrar):
        with reverts("NotAdmin", world.ids.land, caller):
            set_rules(by=caller)


def test_suspended_agency(world, set_rules):
    """Must refuse the admin of a suspended agency, whose key may be in wrong hands."""
    world.agencies.changeStatus(world.ids.land, SUSPENDED, {"from": world.people.root})
    with reverts("AgencyNotActive", world.ids.land, SUSPENDED):
        set_rules(payee=world.people.stranger)


def test_closed_agency(world, set_rules):
    """Must let the admin of the agency above set the rules of a closed agency, and its own admin no more."""
    world.agencies.changeStatus(world.ids.land, CLOSED, {"from": world.people.root})
    with reverts("NotAdmin", world.ids.land, world.people.admin):
        set_rules()
    set_rules(by=world.people.parent_admin, contactKind=ZERO_ID)
    assert plain(world.companies.rulesOf(world.ids.land))[3] == ZERO_ID
    for status in (SUSPENDED, CLOSED):
        world.agencies.changeStatus(world.ids.ministry, status, {"from": world.people.root})
        with reverts("AgencyNotActive", world.ids.ministry, status):
            set_rules(by=world.people.parent_admin)


@pytest.mark.parametrize(
    "changes",
    [
        {"founderKinds": [keccak("no kind")]},
        {"contactKind": keccak("no kind")},
        {"payee": ZERO_ADDRESS},
        {"feeToken": "0x" + "99" * 20},
    ],
    ids=["founders", "contact", "payee", "token"],
)
def test_refused(world, set_rules, changes):
    """Must refuse a kind that nobody defined, a fee that nobody receives, and a token that is no contract."""
    with reverts("RulesRefused", world.ids.land):
        set_rules(**changes)


def test_own_pocket(world, set_rules):
    """Must refuse the registry itself as the payee, because it could not pay out."""
    with reverts("RulesRefused", world.ids.land):
        set_rules(payee=world.companies)


def test_eight_kinds(world, set_rules):
    """Must take eight kinds of founders and refuse nine."""
    set_rules(founderKinds=[world.kinds.e_resident] * 8)
    with reverts("RulesRefused", world.ids.land):
        set_rules(founderKinds=[world.kinds.e_resident] * 9)


def test_missing(world, case):
    """Must take no reservation for an agency without rules, and take one when the rules ask for nothing."""
    case.agency = world.ids.tax
    by = {"from": world.people.other_officer}
    with reverts("RulesMissing", world.ids.tax):
        case.reserve(by=by)
    nothing = (ZERO_ADDRESS, 0, ZERO_ADDRESS, ZERO_ID, [])
    world.companies.setRules(world.ids.tax, nothing, {"from": world.people.other_admin})
    case.reserve(by=by)


def test_nothing_asked(world, set_rules):
    """Must enter a company without a fee, with any founders and any contact, where the rules ask for none of it."""
    set_rules(feeToken=ZERO_ADDRESS, fee=0, payee=ZERO_ADDRESS, contactKind=ZERO_ID, founderKinds=[])
    case = Case(world)
    who = case.who
    case.founders = (who.outsider.party,)
    case.file = case.file.changed(contact=who.director.party)
    case.reserve(applicant=who.outsider)
    case.anchor(issuer=who.outsider.party)
    case.lodge()
    case.accept()
    case.enter()
    assert str(world.companies.companyOf(case.company)[2]) == case.party
