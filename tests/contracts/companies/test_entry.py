"""The entry: a registrar judges everything once more, and the company is a party whose board signs for it."""

from types import SimpleNamespace

import pytest
from brownie import ZERO_ADDRESS, accounts
from eth_abi import encode
from eth_account import Account
from eth_utils import keccak as keccak_bytes

from tests.contracts.companies.cases import (
    ARTICLES,
    ENTERED,
    KEY,
    NEW_ARTICLES,
    NUMBER,
    SOURCE,
    Case,
    listed,
    spoil,
    told,
)
from tests.contracts.helpers import CLOSED, DAY, NEVER, ZERO_ID, keccak, next_block_at, plain, reverts, sign, typed

APPLICATION = 90 * DAY


def test_entered(ready, world):
    """Must make the company a party with its board, find it by name and number, and tell so in two events."""
    case = ready
    tx = case.enter()
    party = case.party
    assert str(tx.return_value) == party
    record = plain(case.c.companyOf(case.company))
    assert record[:9] == (case.agency, case.who.applicant.party, party, KEY, ENTERED, 0, 1, True, True)
    assert str(case.c.companyWithNumber(case.agency, NUMBER)) == case.company
    assert str(case.c.holderOfName(case.agency, KEY)) == case.company
    assert plain(world.parties.representationOf(party)) == (1, 2, case.file.board)
    assert told(tx, "CompanyEntered") == {
        "company": case.company,
        "party": party,
        "agency": case.agency,
        "number": NUMBER,
        "officer": world.people.company_registrar,
    }
    assert told(tx, "RepresentationSet") == {
        "party": party,
        "version": 1,
        "threshold": 2,
        "representatives": case.file.board,
        "by": case.c.address,
        "evidence": ZERO_ID,
    }
    with reverts("StepRefused", case.company, ENTERED):
        case.enter(number="2")


def test_file_hash_after_entry(entered):
    """Must keep the hash of the file alone from the entry on."""
    file = entered.file
    words = [bytes.fromhex(word[2:]) for word in (*file.board, file.contact, file.articles, file.addressHash)]
    value = (file.threshold, words[:2], *words[2:])
    expected = "0x" + keccak_bytes(encode(["(uint8,bytes32[],bytes32,bytes32,bytes32)"], [value])).hex()
    assert str(entered.c.companyOf(entered.company)[9]) == expected


def test_company_signs(entered, world):
    """Must let the board together, and nobody alone, sign a document for the company."""
    applicant, director = world.citizens.applicant, world.citizens.director
    root = keccak("root of a contract")
    message = {"issuer": entered.party, "root": root, "schema": ZERO_ID, "count": 1, "expiresAt": 0}
    message |= {"policy": ZERO_ID, "nonce": 0, "deadline": NEVER}
    for signers in ([applicant], [director], [applicant, world.citizens.cofounder]):
        alone = entered.together(signers, "Approval", contract=world.documents, **message)
        with reverts("SignatureInvalid", ZERO_ADDRESS):
            world.documents.issueAsParty(entered.party, (root, ZERO_ID, 1, 0), 0, NEVER, alone, entered.by_anyone)
    both = entered.together([applicant, director], "Approval", contract=world.documents, **message)
    world.documents.issueAsParty(entered.party, (root, ZERO_ID, 1, 0), 0, NEVER, both, entered.by_anyone)
    assert world.documents.anchorOf(entered.party, root)[4] == 3


def test_everything_is_there(filed):
    """Must refuse the entry before the contact accepted and before the fee is settled, in whatever order they come."""
    with reverts("ContactNotAccepted", filed.company):
        filed.enter()
    filed.accept()
    with reverts("FeeMissing", filed.company):
        filed.enter()
    filed.attest()
    filed.enter()


def test_fee_before_contact(filed):
    """Must refuse the entry when only the fee is settled."""
    filed.attest()
    with reverts("ContactNotAccepted", filed.company):
        filed.enter()


def test_filed_before(case):
    """Must refuse the entry of what was never reserved, and of a name alone."""
    case.company = keccak("no company")
    with reverts("StepRefused", case.company, 0):
        case.enter()
    case.reserve()
    with reverts("StepRefused", case.company, 1):
        case.enter()


@pytest.mark.parametrize(
    "changes",
    [
        {"threshold": 1},
        {"board": ()},
        {"contact": ZERO_ID},
        {"articles": NEW_ARTICLES},
        {"addressHash": ARTICLES},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_file_as_filed(ready, changes):
    """Must refuse a file that differs in anything from the one that was signed."""
    with reverts("FileChanged", ready.company):
        ready.enter(file=ready.file.changed(**changes))


def test_founders_as_filed(ready):
    """Must refuse other founders than those who signed."""
    with reverts("FileChanged", ready.company):
        ready.enter(founders=ready.founders[:1])


def test_run_out_to_the_second(ready):
    """Must enter in the last second of the application and no later."""
    until = ready.c.companyOf(ready.company)[5]
    next_block_at(until)
    with reverts("ApplicationExpired", ready.company, until):
        ready.enter()


def test_last_second(ready):
    """Must enter in the last second of the application."""
    next_block_at(ready.c.companyOf(ready.company)[5] - 1)
    ready.enter()


@pytest.mark.parametrize("flaw", ["missing", "expired", "revoked", "not yet", "suspect"])
def test_founder_still_eligible(ready, world, flaw):
    """Must refuse the entry when a founder's credential is no good any more."""
    party = world.citizens.cofounder.party
    spoil(world, party, world.kinds.local, flaw)
    with reverts("FounderNotEligible", ready.company, party):
        ready.enter()


@pytest.mark.parametrize(
    ("flaw", "error"),
    [
        ("missing", "CredentialMissing"),
        ("expired", "CredentialExpired"),
        ("revoked", "CredentialWithdrawn"),
        ("not yet", "CredentialNotYet"),
    ],
)
def test_contact_still_licensed(ready, world, flaw, error):
    """Must refuse the entry when the contact's credential is no good any more, and say why."""
    spoil(world, world.citizens.contact.party, world.kinds.contact, flaw)
    with reverts(error, ...):
        ready.enter()


def test_suspect_contact(ready, world):
    """Must refuse the entry when the contact's credential turns out to be a thief's."""
    party, kind = world.citizens.contact.party, world.kinds.contact
    rules = list(world.companies.rulesOf(world.ids.land))
    world.companies.setRules(world.ids.land, (*rules[:4], []), {"from": world.people.admin})
    spoil(world, party, kind, "suspect")
    with reverts("CredentialSuspect", party, kind):
        ready.enter()


@pytest.mark.parametrize("reason", [1, 6])
def test_articles_still_stand(ready, world, reason):
    """Must refuse the entry when the articles were revoked or put on hold since."""
    own = accounts.at(world.citizens.applicant.wallet.address, force=True)
    world.documents.revokeRoot(world.citizens.applicant.party, ARTICLES, reason, {"from": own})
    with reverts("ArticlesMissing", ready.company, ARTICLES):
        ready.enter()


def test_member_became_an_organisation(ready, world):
    """Must refuse the entry when a member of the board is an organisation by now."""
    case, people = Case(world, start=700), world.people
    record = keccak("record of somebody without a wallet")
    unbound = str(world.parties.partyIdOf(world.ids.land, record))
    case.file = case.file.changed(board=listed(case.who.applicant.party, unbound))
    case.reserve(key=keccak("another key"))
    # Officers stand in for the member, who has no wallet.
    message = {"party": unbound, "company": case.company, "founders": list(case.founders), "file": case.file.message}
    signable = typed(case.c, "SignArticles", message | {"nonce": 5, "deadline": NEVER})
    digest = "0x" + keccak_bytes(b"\x19" + signable.version + signable.header + signable.body).hex()
    officers = (people.identity_officer, people.second_identity_officer)
    for officer in officers:
        world.parties.attest(world.ids.land, record, digest, SOURCE, {"from": officer})
    everyone = [
        (unbound, 5, b"") if party == unbound else case.articles_signed([party])[0]
        for party in listed(*case.founders, *case.file.board)
    ]
    case.lodge(signatures=everyone)
    case.accept()
    case.attest()
    for officer in officers:
        world.parties.setRepresentation(world.ids.land, record, 1, [case.who.outsider.party], SOURCE, {"from": officer})
    with reverts("RepresentativeNotPerson", case.party, unbound):
        case.enter()


def test_rules_changed_since(ready, world):
    """Must ask for what the rules ask for at the entry, and not for what they asked before."""
    rules = list(world.companies.rulesOf(world.ids.land))
    by_admin = {"from": world.people.admin}
    world.companies.setRules(world.ids.land, (*rules[:3], world.kinds.local, rules[4]), by_admin)
    with reverts("CredentialMissing", world.citizens.contact.party, world.kinds.local):
        ready.enter()
    world.companies.setRules(world.ids.land, (*rules[:3], ZERO_ID, []), by_admin)
    ready.enter()


@pytest.mark.parametrize("number", ["", "1" * 33])
def test_number_has_a_length(ready, number):
    """Must refuse a number that is empty or too long."""
    with reverts("NumberRefused", len(number)):
        ready.enter(number=number)


def test_number_taken(entered, world):
    """Must refuse a number that a company of the agency has, and free none when that one is struck off."""
    other = Case(world, start=700)
    other.reserve(key=keccak("another key"))
    other.lodge()
    other.accept()
    other.attest()
    with reverts("NumberTaken", world.ids.land, entered.company):
        other.enter()
    entered.strike_off()
    with reverts("NumberTaken", world.ids.land, entered.company):
        other.enter()
    other.enter(number="9" * 32)
    assert str(other.c.companyWithNumber(world.ids.land, "9" * 32)) == other.company
    assert str(other.c.companyWithNumber(world.ids.tax, "9" * 32)) == ZERO_ID


def test_by_a_registrar_of_the_agency(ready, world):
    """Must refuse other officers, and other agencies' registrars."""
    with reverts("ScopeMissing", world.people.registrar, world.state.scope.companies):
        ready.enter(by={"from": world.people.registrar})
    with reverts("OtherAgency", world.people.other_officer, world.ids.land):
        ready.enter(by={"from": world.people.other_officer})


def test_closed_agency(ready, world, agencies):
    """Must let a registrar of the agency above enter what a closed agency left behind, and take nothing new."""
    above = accounts[36]
    by_parent = {"from": world.people.parent_admin}
    agencies.accredit(world.ids.ministry, above, world.state.scope.companies, 0, world.state.end, by_parent)
    with reverts("OtherAgency", above, world.ids.land):
        ready.enter(by={"from": above})
    agencies.changeStatus(world.ids.land, CLOSED, {"from": world.people.root})
    with reverts("AgencyNotActive", world.ids.land, CLOSED):
        Case(world).reserve(key=keccak("another key"), nonce=600, by={"from": above})
    ready.enter(by={"from": above})


def test_largest_company(world):
    """Must take sixteen founders and sixteen others on the board within the gas of one transaction."""
    case, by_licensing = Case(world), {"from": world.people.licensing_officer}
    made = []
    for n in range(31):
        record, signer = keccak(f"record {n}"), Account.from_key(keccak(f"key {n}"))
        party = str(world.parties.partyIdOf(world.ids.land, record))
        signature = sign(
            signer,
            world.parties,
            "BindWallet",
            {"party": party, "wallet": signer.address, "nonce": 0, "deadline": NEVER},
        )
        by = {"from": world.people.identity_officer}
        world.parties.bind(record, signer.address, 0, NEVER, signature, by)
        made.append(SimpleNamespace(party=party, wallet=signer))
    for each in made[:15]:
        world.credentials.issue(world.ids.land, each.party, world.kinds.local, 0, 2**40 - 1, SOURCE, by_licensing)
    case.citizen = {each.party: each for each in (*made, *vars(case.who).values())}.__getitem__
    case.founders = listed(case.who.applicant.party, *(each.party for each in made[:15]))
    case.file = case.file.changed(board=listed(*(each.party for each in made[15:])), threshold=16)
    case.ready()
    case.enter()
    assert len(world.parties.representationOf(case.party)[2]) == 16
