"""Names: held for one applicant for a while, for a company for ever."""

import pytest
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.companies.cases import (
    KEY,
    NAME,
    RELEASED,
    RESERVED,
    SIGNED,
    SOURCE,
    STRUCK_OFF,
    Case,
)
from tests.contracts.helpers import DAY, NEVER, ZERO_ID, keccak, next_block_at, now, plain, reverts, wait

RESERVATION, APPLICATION = 30 * DAY, 90 * DAY


def test_reserved(world, case):
    """Must hold the name for thirty days under the id that the interface states, and tell so in one event."""
    tx = case.reserve(nonce=7)
    applicant, until = world.citizens.applicant.party, tx.timestamp + RESERVATION
    words = [bytes.fromhex(word[2:]) for word in (world.ids.land, KEY, applicant)]
    types = ["bytes32"] * 4 + ["uint256"]
    made = "0x" + keccak_bytes(encode(types, [keccak_bytes(text="Muniment.Company.v1"), *words, 7])).hex()
    assert case.company == str(world.companies.companyIdOf(world.ids.land, KEY, applicant, 7)) == made
    assert str(world.companies.holderOfName(world.ids.land, KEY)) == made
    record = (world.ids.land, applicant, ZERO_ID, KEY, RESERVED, until, 0, False, False, ZERO_ID)
    assert plain(world.companies.companyOf(made)) == record
    assert world.companies.nonceUsed(applicant, 7)
    assert tx.events["NameReserved"] == {
        "company": made,
        "agency": world.ids.land,
        "applicant": applicant,
        "name": NAME,
        "nameKey": KEY,
        "until": until,
        "nonce": 7,
    }
    assert (world.companies.RESERVATION(), world.companies.APPLICATION()) == (RESERVATION, APPLICATION)


def test_look_alike(case, world):
    """Must refuse a name with the same key as one that is held, however it is written and whoever asks."""
    case.reserve()
    with reverts("NameTaken", KEY, case.company):
        Case(world).reserve(name="Kаugtöö OÜ", applicant=world.citizens.cofounder)


def test_names_are_an_agencys_own(case, world):
    """Must let two agencies hold the same name."""
    rules = world.companies.rulesOf(world.ids.land)
    world.companies.setRules(world.ids.tax, rules, {"from": world.people.other_admin})
    case.reserve()
    other = Case(world)
    other.agency = world.ids.tax
    other.reserve(nonce=900, by={"from": world.people.other_officer})
    assert str(world.companies.holderOfName(world.ids.land, KEY)) == case.company
    assert str(world.companies.holderOfName(world.ids.tax, KEY)) == other.company


@pytest.mark.parametrize(("name", "key", "length"), [("", KEY, 0), ("K" * 121, KEY, 121), (NAME, ZERO_ID, 19)])
def test_name_is_a_name(case, name, key, length):
    """Must refuse an empty name, one of more than 120 bytes, and one without a key."""
    with reverts("NameRefused", length):
        case.reserve(name=name, key=key)


def test_longest_name(case):
    """Must take a name of 120 bytes."""
    case.reserve(name="ö" * 60)


def test_by_a_registrar_of_the_agency(case, world):
    """Must refuse other officers and other agencies' registrars."""
    with reverts("ScopeMissing", world.people.registrar, world.state.scope.companies):
        case.reserve(by={"from": world.people.registrar})
    with reverts("OtherAgency", world.people.other_officer, world.ids.land):
        case.reserve(by={"from": world.people.other_officer})


@pytest.mark.parametrize(
    "changes",
    [
        {"party": keccak("another party")},
        {"agency": keccak("another agency")},
        {"name": "Kaugtöö"},
        {"nonce": 900},
        {"deadline": NEVER - 1},
        {"chain_id": 1},
        {"contract": ("CompanyRegistry", "0x" + "99" * 20)},
        {"contract": ("PartyRegistry", "0x" + "99" * 20)},
    ],
    ids=lambda changes: str(next(iter(changes.items()))[:1]),
)
def test_every_value_is_signed(case, changes):
    """Must refuse a signature over anything but what is reserved, here, by the applicant alone."""
    wrong = {"agency": case.agency, "name": NAME, "nonce": 5, "deadline": NEVER} | changes
    signature = case.signed(case.who.applicant, "ReserveName", **wrong)
    with reverts("SignatureInvalid", case.who.applicant.wallet.address):
        case.reserve(nonce=5, signature=signature)


def test_by_the_applicants_wallet(case):
    """Must refuse another citizen's signature over the right values."""
    message = {"agency": case.agency, "name": NAME, "nonce": 5, "deadline": NEVER}
    signature = case.signed(case.who.cofounder, "ReserveName", party=case.who.applicant.party, **message)
    with reverts("SignatureInvalid", case.who.applicant.wallet.address):
        case.reserve(nonce=5, signature=signature)


def test_high_s(case):
    """Must refuse a signature that somebody turned around."""
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    message = {"agency": case.agency, "name": NAME, "nonce": 5, "deadline": NEVER}
    given = case.signed(case.who.applicant, "ReserveName", **message)
    turned = given[:32] + (order - int.from_bytes(given[32:64], "big")).to_bytes(32, "big") + bytes([55 - given[64]])
    with reverts("SignatureMalleable", case.who.applicant.wallet.address):
        case.reserve(nonce=5, signature=turned)


def test_deadline(case):
    """Must take a signature at its very deadline and refuse it one second later."""
    deadline = now() + 100
    next_block_at(deadline + 1)
    with reverts("DeadlinePassed", deadline):
        case.reserve(deadline=deadline)
    deadline = now() + 100
    next_block_at(deadline)
    case.reserve(deadline=deadline)


def test_signature_serves_once(case):
    """Must refuse a replay: of the same reservation, and of the same nonce for another name."""
    case.reserve(nonce=5)
    case.c.refuse(case.company, SOURCE, case.by_registrar)
    with reverts("CompanyExists", case.company):
        case.reserve(nonce=5)
    with reverts("NonceUsed", case.who.applicant.party, 5):
        case.reserve(nonce=5, key=keccak("another key"))


def test_cancelled_nonce(case):
    """Must refuse what was signed over a nonce that its party has cancelled here, and tell so in one event."""
    party = case.who.applicant.party
    signature = case.signed(case.who.applicant, "CancelNonce", nonce=5, deadline=NEVER)
    tx = case.c.cancelNonce(party, 5, NEVER, signature, case.by_anyone)
    assert tx.events["NonceCancelled"] == {"party": party, "nonce": 5}
    with reverts("NonceUsed", party, 5):
        case.reserve(nonce=5)
    with reverts("SignatureInvalid", case.who.applicant.wallet.address):
        case.c.cancelNonce(party, 6, NEVER, signature, case.by_anyone)


def _withdraw(case, nonce=None, signer=None, deadline=NEVER, **changes):
    nonce = case.nonce() if nonce is None else nonce
    message = {"company": case.company, "nonce": nonce, "deadline": deadline} | changes
    signature = case.signed(signer or case.who.applicant, "WithdrawApplication", **message)
    return case.c.withdraw(case.company, nonce, deadline, signature, case.by_anyone)


@pytest.mark.parametrize("step", [RESERVED, SIGNED])
def test_withdrawn(case, world, step):
    """Must free the name when the applicant gives up, before or after the articles, and tell so in one event."""
    case.reserve() if step == RESERVED else case.filed()
    tx = _withdraw(case)
    assert tx.events["ApplicationReleased"] == {"company": case.company, "by": "0x" + "00" * 20, "sourceHash": ZERO_ID}
    assert case.c.companyOf(case.company)[4] == RELEASED
    assert str(case.c.holderOfName(world.ids.land, KEY)) == ZERO_ID
    with reverts("StepRefused", case.company, RELEASED):
        _withdraw(case)
    Case(world).reserve(nonce=900, applicant=world.citizens.cofounder)


def test_withdrawn_by_the_applicant_alone(case):
    """Must refuse a co-founder, a replay, a late signature and one for another company."""
    case.reserve()
    wallet = case.who.applicant.wallet.address
    with reverts("SignatureInvalid", wallet):
        _withdraw(case, signer=case.who.cofounder, party=case.who.applicant.party)
    with reverts("SignatureInvalid", wallet):
        _withdraw(case, company=keccak("another company"))
    with reverts("NonceUsed", case.who.applicant.party, 1):
        _withdraw(case, nonce=1)
    late = now() - 1
    with reverts("DeadlinePassed", late):
        _withdraw(case, deadline=late)


@pytest.mark.parametrize("step", [RESERVED, SIGNED])
def test_refused(case, world, step):
    """Must free the name when a registrar refuses with a decision, and tell so in one event."""
    case.reserve() if step == RESERVED else case.filed()
    with reverts("SourceMissing", case.company):
        case.c.refuse(case.company, ZERO_ID, case.by_registrar)
    tx = case.c.refuse(case.company, SOURCE, case.by_registrar)
    by = world.people.company_registrar
    assert tx.events["ApplicationReleased"] == {"company": case.company, "by": by, "sourceHash": SOURCE}
    assert str(case.c.holderOfName(world.ids.land, KEY)) == ZERO_ID
    with reverts("StepRefused", case.company, RELEASED):
        case.c.refuse(case.company, SOURCE, case.by_registrar)


def test_nothing_to_refuse(case, entered):
    """Must refuse to release what was never reserved or is entered already."""
    case.company = keccak("no company")
    with reverts("StepRefused", case.company, 0):
        case.c.refuse(case.company, SOURCE, case.by_registrar)
    with reverts("StepRefused", entered.company, 3):
        case.c.refuse(entered.company, SOURCE, case.by_registrar)


def test_run_out_to_the_second(case, world):
    """Must hold a name to the last second of its time, and free it with the next."""
    until = case.reserve().timestamp + RESERVATION
    other = Case(world)
    next_block_at(until - 1)
    with reverts("NameTaken", KEY, case.company):
        other.reserve(nonce=900)
    next_block_at(until)
    other.reserve(nonce=900)
    assert str(case.c.holderOfName(world.ids.land, KEY)) == other.company


def test_old_application_cannot_come_back(case, world):
    """Must not enter an application that ran out, nor let its release touch who holds the name since."""
    case.ready()
    wait(APPLICATION)
    until = case.c.companyOf(case.company)[5]
    assert str(case.c.holderOfName(world.ids.land, KEY)) == ZERO_ID
    other = Case(world)
    other.reserve(nonce=900, applicant=world.citizens.cofounder)
    with reverts("ApplicationExpired", case.company, until):
        case.enter()
    _withdraw(case)
    assert str(case.c.holderOfName(world.ids.land, KEY)) == other.company
    assert case.c.companyOf(other.company)[4] == RESERVED
    with reverts("StepRefused", case.company, RELEASED):
        case.enter()


def test_run_out_reservation_can_be_refused(case, world):
    """Must let a registrar close a reservation that ran out, to the harm of nobody."""
    case.reserve()
    wait(RESERVATION)
    other = Case(world)
    other.reserve(nonce=900)
    case.c.refuse(case.company, SOURCE, case.by_registrar)
    assert str(case.c.holderOfName(world.ids.land, KEY)) == other.company


def test_kept_by_companies(entered, world):
    """Must keep the name of a company for good, struck off or not."""
    with reverts("NameTaken", KEY, entered.company):
        Case(world).reserve(nonce=900)
    entered.strike_off()
    wait(10 * APPLICATION)
    assert entered.c.companyOf(entered.company)[4] == STRUCK_OFF
    with reverts("NameTaken", KEY, entered.company):
        Case(world).reserve(nonce=900)
    assert str(entered.c.holderOfName(world.ids.land, KEY)) == entered.company
