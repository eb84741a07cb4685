"""The articles: anchored by the applicant, signed by every founder and every member of the board."""

import pytest
from brownie import ZERO_ADDRESS, accounts
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.companies.cases import (
    ADDRESS,
    ARTICLES,
    KEY,
    NEW_ARTICLES,
    RESERVED,
    SIGNED,
    SOURCE,
    YEAR,
    begin_recovery,
    listed,
    spoil,
    told,
)
from tests.contracts.helpers import DAY, NEVER, ZERO_ID, keccak, next_block_at, now, plain, reverts, typed, wait

APPLICATION = 90 * DAY
FILE = "(uint8,bytes32[],bytes32,bytes32,bytes32)"


def words(parties):
    """PartyIds as bytes."""
    return [bytes.fromhex(party[2:]) for party in parties]


@pytest.fixture
def anchored(case):
    """A case with a reserved name and anchored articles."""
    case.reserve()
    case.anchor()
    return case


def test_filed(anchored):
    """Must keep the hash of founders and file, wait ninety days for the entry, and tell so in one event."""
    case = anchored
    tx = case.lodge()
    until = tx.timestamp + APPLICATION
    file = (2, words(case.file.board), *words([case.file.contact, ARTICLES, ADDRESS]))
    file_hash = "0x" + keccak_bytes(encode(["bytes32[]", FILE], [words(case.founders), file])).hex()
    applicant = case.who.applicant.party
    record = (case.agency, applicant, ZERO_ID, KEY, SIGNED, until, 0, False, False, file_hash)
    assert plain(case.c.companyOf(case.company)) == record
    assert told(tx, "ArticlesSigned") == {
        "company": case.company,
        "founders": case.founders,
        "file": (2, case.file.board, case.file.contact, ARTICLES, ADDRESS),
        "until": until,
    }


def test_every_signature_takes_a_nonce_of_its_signer(anchored):
    """Must use one nonce of each signer and no other's."""
    case = anchored
    everyone = listed(*case.founders, *case.file.board)
    signatures = case.articles_signed(everyone)
    case.lodge(signatures=signatures)
    for party, nonce, _ in signatures:
        assert [each for each in everyone if case.c.nonceUsed(each, nonce)] == [party]


# ── Founders ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_founders(anchored):
    """Must refuse no founders, more than sixteen, some out of order or twice, and some without the applicant."""
    case = anchored
    applicant, cofounder = case.who.applicant.party, case.who.cofounder.party
    many = listed(applicant, *(keccak(f"founder {n}") for n in range(16)))
    for founders in ((), case.founders[::-1], (applicant, applicant), (cofounder,), (ZERO_ID, applicant), many):
        with reverts("FoundersRefused", case.company, len(founders)):
            case.lodge(founders=founders, signatures=[])


@pytest.mark.parametrize("flaw", ["missing", "expired", "revoked", "not yet", "suspect"])
def test_founder_holds_a_credential(anchored, world, flaw):
    """Must refuse founders unless each holds one of the credentials that the agency asks for, now."""
    case, party = anchored, world.citizens.cofounder.party
    spoil(world, party, world.kinds.local, flaw)
    with reverts("FounderNotEligible", case.company, party):
        case.lodge()


def test_any_of_the_credentials_will_do(anchored, world):
    """Must take a founder who holds another of the credentials instead."""
    party = world.citizens.cofounder.party
    world.credentials.revoke(party, world.kinds.local, 5, {"from": world.people.licensing_officer})
    officer = {"from": world.people.residency_officer}
    world.credentials.issue(world.ids.land, party, world.kinds.e_resident, 0, now() + YEAR, SOURCE, officer)
    anchored.lodge()


# ── File ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_company_without_a_board(anchored):
    """Must refuse a company without a board."""
    with reverts("BoardMissing", anchored.company):
        anchored.lodge(file=anchored.file.changed(board=()))


@pytest.mark.parametrize("threshold", [0, 3])
def test_threshold_can_be_reached(anchored, threshold):
    """Must refuse a threshold of none, and of more than there are."""
    with reverts("BoardRefused", anchored.company, threshold, 2):
        anchored.lodge(file=anchored.file.changed(threshold=threshold))


def test_seventeen_on_the_board(anchored):
    """Must refuse a board of more than sixteen."""
    many = listed(*(keccak(f"member {n}") for n in range(17)))
    with reverts("BoardRefused", anchored.company, 2, 17):
        anchored.lodge(file=anchored.file.changed(board=many), signatures=[])


def test_board_in_order(anchored):
    """Must refuse a member who comes twice, out of order, or is nobody."""
    first, second = anchored.file.board
    for board, wrong in (((second, first), first), ((first, first), first), ((ZERO_ID, first), ZERO_ID)):
        with reverts("BoardOrder", anchored.company, wrong):
            anchored.lodge(file=anchored.file.changed(board=board), signatures=[])


def test_organisation_on_the_board(anchored, world):
    """Must refuse an organisation on the board: persons sign for a company."""
    case, people = anchored, world.people
    record = keccak("record of a club")
    club = str(world.parties.partyIdOf(world.ids.land, record))
    for officer in (people.identity_officer, people.second_identity_officer):
        world.parties.setRepresentation(world.ids.land, record, 1, [case.who.outsider.party], SOURCE, {"from": officer})
    board = listed(club, case.who.applicant.party)
    with reverts("RepresentativeNotPerson", case.party, club):
        case.lodge(file=case.file.changed(board=board), signatures=[])


def test_file_is_complete(anchored):
    """Must refuse a file without a contact or an address."""
    for changes in ({"contact": ZERO_ID}, {"addressHash": ZERO_ID}):
        with reverts("FileIncomplete", anchored.company):
            anchored.lodge(file=anchored.file.changed(**changes))


# ── Articles ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_articles_are_anchored_by_the_applicant(case, world):
    """Must refuse articles that nobody anchored, or a co-founder or an officer instead of the applicant."""
    case.reserve()
    with reverts("ArticlesMissing", case.company, ARTICLES):
        case.lodge()
    case.anchor(issuer=case.who.cofounder.party)
    world.documents.issue(world.ids.land, (ARTICLES, ZERO_ID, 1, 0), {"from": world.people.issuer})
    with reverts("ArticlesMissing", case.company, ARTICLES):
        case.lodge()
    with reverts("ArticlesMissing", case.company, ZERO_ID):
        case.lodge(file=case.file.changed(articles=ZERO_ID))


@pytest.mark.parametrize("reason", [1, 6])
def test_articles_stand(anchored, world, reason):
    """Must refuse articles that the applicant has revoked or put on hold."""
    applicant = world.citizens.applicant
    own = accounts.at(applicant.wallet.address, force=True)
    world.documents.revokeRoot(applicant.party, ARTICLES, reason, {"from": own})
    with reverts("ArticlesMissing", anchored.company, ARTICLES):
        anchored.lodge()


def test_superseded_articles(anchored, world):
    """Must refuse articles that others have taken the place of."""
    applicant = world.citizens.applicant
    anchored.anchor(NEW_ARTICLES)
    own = accounts.at(applicant.wallet.address, force=True)
    world.documents.supersedeRoot(applicant.party, ARTICLES, NEW_ARTICLES, {"from": own})
    with reverts("ArticlesMissing", anchored.company, ARTICLES):
        anchored.lodge()


def test_articles_that_ran_out(case):
    """Must take articles to the last second of their time, and no longer."""
    case.reserve()
    end = now() + DAY
    case.anchor(expires=end)
    next_block_at(end)
    with reverts("ArticlesMissing", case.company, ARTICLES):
        case.lodge()


def test_articles_just_in_time(case):
    """Must take articles in the last second of their time."""
    case.reserve()
    end = now() + DAY
    case.anchor(expires=end)
    next_block_at(end - 1)
    case.lodge()


# ── Signatures ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_everyone_signs(anchored):
    """Must refuse when a founder or a member of the board has not signed, and name the first who is missing."""
    case = anchored
    everyone = case.articles_signed(listed(*case.founders, *case.file.board))
    assert len(everyone) == 3
    for n in range(3):
        with reverts("SignatoryRefused", case.company, everyone[n][0]):
            case.lodge(signatures=everyone[:n] + everyone[n + 1 :])


def test_nobody_else_signs(anchored):
    """Must refuse a signature that nobody asked for, at any place, and name who gave it."""
    case = anchored
    everyone = listed(*case.founders, *case.file.board)
    for stranger in (case.who.outsider.party, "0x" + "00" * 31 + "01", "0x" + "ff" * 32):
        parties = listed(*everyone, stranger)
        given = dict(zip(everyone, case.articles_signed(everyone), strict=True))
        signatures = [given.get(party, (party, 0, b"")) for party in parties]
        with reverts("SignatoryRefused", case.company, stranger):
            case.lodge(signatures=signatures)


def test_twice_is_once(anchored):
    """Must refuse signatures out of order, and one that comes twice."""
    case = anchored
    everyone = case.articles_signed(listed(*case.founders, *case.file.board))
    with reverts("SignatoryRefused", case.company, everyone[0][0]):
        case.lodge(signatures=everyone[::-1])
    with reverts("SignatoryRefused", case.company, everyone[0][0]):
        case.lodge(signatures=[everyone[0], *everyone])


@pytest.mark.parametrize(
    "changes",
    [
        {"party": keccak("another party")},
        {"company": keccak("another company")},
        {"founders": [keccak("another founder")]},
        {"nonce": 900},
        {"deadline": NEVER - 1},
        {"chain_id": 1},
        {"contract": ("CompanyRegistry", "0x" + "99" * 20)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_value_is_signed(anchored, changes):
    """Must refuse a signature over anything but these articles, here, by this person."""
    case = anchored
    everyone = case.articles_signed(listed(*case.founders, *case.file.board))
    party, nonce, _ = everyone[-1]
    message = {"company": case.company, "founders": list(case.founders), "file": case.file.message}
    message |= {"nonce": nonce, "deadline": NEVER} | changes
    everyone[-1] = (party, nonce, case.signed(case.citizen(party), "SignArticles", **message))
    with reverts("SignatureInvalid", case.citizen(party).wallet.address):
        case.lodge(signatures=everyone)


@pytest.mark.parametrize(
    "changes",
    [{"threshold": 1}, {"board": ()}, {"contact": ZERO_ID}, {"articles": ZERO_ID}, {"addressHash": ZERO_ID}],
    ids=lambda changes: next(iter(changes)),
)
def test_every_value_of_the_file_is_signed(anchored, changes):
    """Must refuse a signature over a file that differs in anything."""
    case = anchored
    everyone = listed(*case.founders, *case.file.board)
    other = case.articles_signed(everyone, file=case.file.changed(**changes))
    with reverts("SignatureInvalid", case.citizen(everyone[0]).wallet.address):
        case.lodge(signatures=other)


def test_signed_for_another(anchored):
    """Must refuse one person's signature in another's place."""
    case = anchored
    everyone = case.articles_signed(listed(*case.founders, *case.file.board))
    mixed = [everyone[0], (everyone[1][0], *everyone[0][1:]), everyone[2]]
    with reverts("SignatureInvalid", case.citizen(everyone[1][0]).wallet.address):
        case.lodge(signatures=mixed)


def test_late_and_replayed(anchored):
    """Must refuse signatures after their deadline, and nonces that have served."""
    case = anchored
    late = now() - 1
    with reverts("DeadlinePassed", late):
        case.lodge(deadline=late)
    everyone = case.articles_signed(listed(*case.founders, *case.file.board))
    party, nonce, _ = everyone[1]
    cancelled = case.signed(case.citizen(party), "CancelNonce", nonce=nonce, deadline=NEVER)
    case.c.cancelNonce(party, nonce, NEVER, cancelled, case.by_anyone)
    with reverts("NonceUsed", party, nonce):
        case.lodge(signatures=everyone)


def test_founder_under_recovery(anchored, world, second_wallet):
    """Must take no signature of a founder whose wallet is being recovered, by the old wallet or the new."""
    case = anchored
    ready_at = begin_recovery(world, world.citizens.cofounder, second_wallet)
    with reverts("RecoveryPending", world.citizens.cofounder.party, ready_at):
        case.lodge()
    world.citizens.cofounder.wallet, old = second_wallet, world.citizens.cofounder.wallet
    try:
        with reverts("RecoveryPending", world.citizens.cofounder.party, ready_at):
            case.lodge()
        wait(14 * DAY)
        world.parties.completeRecovery(world.citizens.cofounder.party, case.by_anyone)
        case.lodge()
    finally:
        world.citizens.cofounder.wallet = old


def test_founder_without_a_wallet(anchored, world):
    """Must take a founder without a wallet when two officers attested exactly what the founder would have signed."""
    case, people = anchored, world.people
    record = keccak("record of somebody without a wallet")
    unbound = str(world.parties.partyIdOf(world.ids.land, record))
    by_licensing = {"from": people.licensing_officer}
    world.credentials.issue(world.ids.land, unbound, world.kinds.local, 0, now() + YEAR, SOURCE, by_licensing)
    case.founders = listed(case.who.applicant.party, unbound)
    message = {"party": unbound, "company": case.company, "founders": list(case.founders), "file": case.file.message}
    signable = typed(case.c, "SignArticles", message | {"nonce": 5, "deadline": NEVER})
    digest = "0x" + keccak_bytes(b"\x19" + signable.version + signable.header + signable.body).hex()

    everyone = [
        (unbound, 5, b"") if party == unbound else case.articles_signed([party])[0]
        for party in listed(*case.founders, *case.file.board)
    ]
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        case.lodge(signatures=everyone)
    for officer in (people.identity_officer, people.second_identity_officer):
        world.parties.attest(world.ids.land, record, digest, SOURCE, {"from": officer})
    case.lodge(signatures=everyone)


# ── Steps ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_filed_once_and_in_time(case):
    """Must refuse articles without a reservation, after they were filed, and from the second it has run out."""
    case.company = keccak("no company")
    with reverts("StepRefused", case.company, 0):
        case.lodge(signatures=[])
    until = case.reserve().timestamp + 30 * DAY
    case.anchor()
    next_block_at(until)
    with reverts("ApplicationExpired", case.company, until):
        case.lodge()
    assert case.c.companyOf(case.company)[4] == RESERVED


def test_filed_again(filed):
    """Must refuse other articles once some are signed."""
    with reverts("StepRefused", filed.company, SIGNED):
        filed.lodge()


# ── Contact ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_contact_accepts(filed):
    """Must keep that the contact accepted, use one nonce, and tell so in one event."""
    tx = filed.accept(nonce=500)
    contact = filed.who.contact.party
    assert tx.events["ContactAccepted"] == {"company": filed.company, "contact": contact}
    assert filed.c.companyOf(filed.company)[7:9] == (True, False)
    assert filed.c.nonceUsed(contact, 500)
    with reverts("ContactAcceptedAlready", filed.company):
        filed.accept()


def test_contact_of_the_file(filed):
    """Must refuse another's signature, another file, and a signature over another file or for another company."""
    contact = filed.who.contact
    with reverts("SignatureInvalid", contact.wallet.address):
        filed.accept(signer=filed.who.outsider, party=contact.party)
    for changes in ({"company": keccak("another company")}, {"chain_id": 1}):
        with reverts("SignatureInvalid", contact.wallet.address):
            filed.accept(**changes)
    board = filed.file.board[:1]
    for other in ({"threshold": 1}, {"board": board}, {"articles": NEW_ARTICLES}, {"addressHash": SOURCE}):
        with reverts("SignatureInvalid", contact.wallet.address):
            filed.accept(shown=filed.file.changed(**other))
    with reverts("FileChanged", filed.company):
        filed.accept(file=filed.file.changed(contact=filed.who.outsider.party))
    with reverts("FileChanged", filed.company):
        filed.accept(founders=filed.founders[:1])


def test_contact_late_and_replayed(filed):
    """Must refuse the contact's signature after its deadline, and a nonce that has served."""
    late = now() - 1
    with reverts("DeadlinePassed", late):
        filed.accept(deadline=late)
    contact = filed.who.contact
    cancelled = filed.signed(contact, "CancelNonce", nonce=500, deadline=NEVER)
    filed.c.cancelNonce(contact.party, 500, NEVER, cancelled, filed.by_anyone)
    with reverts("NonceUsed", contact.party, 500):
        filed.accept(nonce=500)


@pytest.mark.parametrize(
    ("flaw", "error"),
    [
        ("missing", "CredentialMissing"),
        ("expired", "CredentialExpired"),
        ("revoked", "CredentialWithdrawn"),
        ("not yet", "CredentialNotYet"),
        ("suspect", "CredentialSuspect"),
    ],
)
def test_contact_holds_a_credential(filed, world, flaw, error):
    """Must refuse a contact without the credential that the agency asks for, and say why."""
    spoil(world, world.citizens.contact.party, world.kinds.contact, flaw)
    with reverts(error, ...):
        filed.accept()


def test_contact_accepts_in_time(case, filed):
    """Must refuse the contact before the articles and once the application ran out."""
    case.reserve(key=keccak("another key"), nonce=600)
    with reverts("StepRefused", case.company, RESERVED):
        case.accept(nonce=601)
    wait(APPLICATION)
    with reverts("ApplicationExpired", filed.company, filed.c.companyOf(filed.company)[5]):
        filed.accept()
