"""Changes: the company's present board signs, whoever joins accepts, a registrar enters it; or a court orders it."""

import pytest
from brownie import ZERO_ADDRESS, accounts

from tests.contracts.companies.cases import (
    ADDRESS,
    ARTICLES,
    ENTERED,
    KEY,
    NEW_ARTICLES,
    RESERVED,
    SOURCE,
    STRUCK_OFF,
    listed,
    spoil,
    told,
)
from tests.contracts.helpers import CLOSED, DAY, NEVER, ZERO_ID, keccak, now, plain, reverts, wait

NEW_ADDRESS = keccak("salted hash of another address")


@pytest.fixture
def moved(entered):
    """The file with another address and nothing else."""
    return entered.file.changed(addressHash=NEW_ADDRESS)


@pytest.fixture
def handed_over(entered):
    """The file with a board of others: co-founder and outsider, of whom one signs."""
    who = entered.who
    return entered.file.changed(threshold=1, board=listed(who.cofounder.party, who.outsider.party))


def test_address_changed(entered, moved, world):
    """Must supersede the file, count a version, leave the board as it is, and tell so in one event."""
    tx = entered.change(moved, nonce=500)
    assert entered.version() == 2
    assert entered.c.nonceUsed(entered.party, 500)
    assert plain(world.parties.representationOf(entered.party))[1:] == (2, entered.file.board)
    assert told(tx, "CompanyChanged") == {
        "company": entered.company,
        "version": 2,
        "file": (2, entered.file.board, entered.file.contact, ARTICLES, NEW_ADDRESS),
        "officer": world.people.company_registrar,
        "courtOrder": ZERO_ID,
    }


def test_board_changed(entered, handed_over, world):
    """Must let the new board sign from then on, and the old one no more."""
    old = entered.board
    tx = entered.change(handed_over)
    assert plain(world.parties.representationOf(entered.party)) == (2, 1, handed_over.board)
    assert told(tx, "RepresentationSet")["representatives"] == handed_over.board
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        entered.dissolve(signers=old)
    entered.anchor(NEW_ARTICLES, issuer=entered.party)
    entered.dissolve(signers=[entered.who.outsider])


def test_document_of_the_old_board_stands(entered, handed_over, world):
    """Must leave standing what the old board signed for the company."""
    entered.anchor(NEW_ARTICLES, issuer=entered.party)
    entered.change(handed_over)
    assert plain(world.documents.anchorOf(entered.party, NEW_ARTICLES))[4:6] == (3, 0)


def test_contact_changed(entered, world):
    """Must let another contact take the place of the first, who accepts."""
    entered.change(entered.file.changed(contact=entered.who.outsider.party))
    assert entered.version() == 2


def test_contact_from_the_board(entered, handed_over):
    """Must ask a contact who joins the board as well for one signature alone."""
    entered.change(handed_over.changed(contact=entered.who.outsider.party))
    assert entered.version() == 2


def test_contact_is_licensed(entered, moved, world):
    """Must refuse a contact without the credential that the agency asks for, a new one and one who stays."""
    director = entered.who.director.party
    with reverts("CredentialMissing", director, world.kinds.contact):
        entered.change(entered.file.changed(contact=director))
    spoil(world, entered.file.contact, world.kinds.contact, "revoked")
    with reverts("CredentialWithdrawn", entered.who.contact.party, world.kinds.contact, 5):
        entered.change(moved, previous=entered.file)


def test_articles_changed(entered):
    """Must take new articles that the company itself has anchored, and none of its applicant's."""
    amended = entered.file.changed(articles=NEW_ARTICLES)
    with reverts("ArticlesMissing", entered.company, NEW_ARTICLES):
        entered.change(amended)
    entered.anchor(NEW_ARTICLES)
    with reverts("ArticlesMissing", entered.company, NEW_ARTICLES):
        entered.change(amended, previous=entered.file)
    entered.anchor(NEW_ARTICLES, issuer=entered.party)
    entered.change(amended)
    entered.change(amended.changed(addressHash=NEW_ADDRESS))
    assert entered.version() == 3


def test_articles_that_stay(entered, moved, world):
    """Must refuse to leave articles in force that no longer stand, unless the company has anchored them itself."""
    own = accounts.at(entered.who.applicant.wallet.address, force=True)
    world.documents.revokeRoot(entered.who.applicant.party, ARTICLES, 1, {"from": own})
    file = entered.file
    with reverts("ArticlesMissing", entered.company, ARTICLES):
        entered.change(moved)
    entered.anchor(ARTICLES, issuer=entered.party)
    entered.change(moved, previous=file)


def test_previous_file(entered, moved):
    """Must refuse when the file to supersede is not the one on record."""
    with reverts("FileChanged", entered.company):
        entered.change(moved, previous=moved)


def test_new_file_is_sound(entered):
    """Must refuse a new file without a board, with one that cannot sign, or without contact or address."""
    file, company = entered.file, entered.company
    with reverts("BoardMissing", company):
        entered.change(file.changed(board=()))
    with reverts("BoardRefused", company, 3, 2):
        entered.change(file.changed(threshold=3))
    with reverts("BoardOrder", company, file.board[0]):
        entered.change(file.changed(board=file.board[::-1]))
    with reverts("FileIncomplete", company):
        entered.change(file.changed(contact=ZERO_ID), joining=[])
    with reverts("RepresentativeNotPerson", entered.party, entered.party):
        entered.change(file.changed(board=listed(entered.party, *file.board)), joining=[])


# ── Signatures ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_under_the_present_rule(entered, moved):
    """Must refuse a change that too few of the present board signed."""
    for signers in ([entered.who.applicant], [entered.who.director], [entered.who.applicant, entered.who.cofounder]):
        with reverts("SignatureInvalid", ZERO_ADDRESS):
            entered.change(moved, signers=signers, previous=entered.file)


@pytest.mark.parametrize(
    "changes",
    [
        {"party": keccak("another party")},
        {"company": keccak("another company")},
        {"version": 1},
        {"version": 3},
        {"nonce": 900},
        {"deadline": NEVER - 1},
        {"chain_id": 1},
    ],
    ids=lambda changes: "-".join(map(str, *changes.items()))[:12],
)
def test_every_value_is_signed(entered, moved, changes):
    """Must refuse a signature over anything but this change of this company."""
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        entered.change(moved, nonce=500, wrong=changes)


def test_file_is_signed(entered, moved):
    """Must refuse a signature over another file than the one that is entered."""
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        entered.change(moved, wrong={"file": entered.file.message})


def test_change_serves_once(entered, moved):
    """Must refuse a change after its deadline, again with its nonce, and again when the file has come back."""
    first, late = entered.file, now() - 1
    with reverts("DeadlinePassed", late):
        entered.change(moved, deadline=late)
    entered.change(moved, nonce=500)
    with reverts("NonceUsed", entered.party, 500):
        entered.change(first, nonce=500)
    entered.change(first, previous=moved)
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        entered.change(moved, wrong={"version": 2})


def test_who_joins_accepts(entered, handed_over):
    """Must refuse a change without the word of each who joins, and with the word of somebody who does not."""
    first = entered.file
    joining = entered.posts(handed_over.board, handed_over)
    for n in range(2):
        with reverts("SignatoryRefused", entered.company, joining[n][0]):
            entered.change(handed_over, joining=joining[:n] + joining[n + 1 :], previous=first, signers=_of(entered))
    surplus = entered.posts(listed(*handed_over.board, entered.who.director.party), handed_over)
    with reverts("SignatoryRefused", entered.company, entered.who.director.party):
        entered.change(handed_over, joining=surplus, previous=first, signers=_of(entered))


def _of(case):
    """Those who sign for a company as it was founded."""
    return [case.who.applicant, case.who.director]


@pytest.mark.parametrize(
    "changes",
    [
        {"party": keccak("another party")},
        {"company": keccak("another company")},
        {"version": 1},
        {"chain_id": 1},
        {"contract": ("PartyRegistry", "0x" + "99" * 20)},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_who_joins_signs_every_value(entered, handed_over, changes):
    """Must refuse a word given for another company, version or chain."""
    first = entered.citizen(handed_over.board[0])
    joining = entered.posts(handed_over.board, handed_over, **changes)
    with reverts("SignatureInvalid", first.wallet.address):
        entered.change(handed_over, joining=joining)


def test_who_joins_signs_the_file(entered):
    """Must put nobody on the board who agreed to be the contact, nor on another board than the one that was shown."""
    outsider = entered.who.outsider
    contact = entered.file.changed(contact=outsider.party)
    board = entered.file.changed(board=listed(*entered.file.board, outsider.party))
    for shown, wanted in ((contact, board), (board, board.changed(threshold=1)), (board, contact)):
        with reverts("SignatureInvalid", outsider.wallet.address):
            entered.change(wanted, joining=entered.posts([outsider.party], shown))
    entered.change(board, joining=entered.posts([outsider.party], board))


def test_who_joins_signs_once(entered, handed_over):
    """Must refuse a nonce of a joining member that has served."""
    joining = entered.posts(handed_over.board, handed_over)
    party, nonce, _ = joining[0]
    cancelled = entered.signed(entered.citizen(party), "CancelNonce", nonce=nonce, deadline=NEVER)
    entered.c.cancelNonce(party, nonce, NEVER, cancelled, entered.by_anyone)
    with reverts("NonceUsed", party, nonce):
        entered.change(handed_over, joining=joining)


def test_who_stays_is_not_asked(entered):
    """Must ask nobody who is on the board already, and let a member leave."""
    entered.change(entered.file.changed(threshold=1, board=(entered.who.director.party,)), joining=[])
    assert entered.version() == 2


def test_company_cancels_a_nonce(entered, moved):
    """Must let the board cancel a nonce of the company, and with it a change that it signed before."""
    message = {"party": entered.party, "nonce": 500, "deadline": NEVER}
    signature = entered.together(entered.board, "CancelNonce", **message)
    entered.c.cancelNonce(entered.party, 500, NEVER, signature, entered.by_anyone)
    with reverts("NonceUsed", entered.party, 500):
        entered.change(moved, nonce=500)


def test_entered_companies_alone_change(case, entered, moved):
    """Must refuse to change what is not entered or has ended."""
    case.reserve(key=keccak("another key"), nonce=600)
    with reverts("StepRefused", case.company, RESERVED):
        case.change(moved)
    entered.strike_off()
    with reverts("StepRefused", entered.company, STRUCK_OFF):
        entered.change(moved, previous=entered.file)


# ── By order of a court ─────────────────────────────────────────────────────────────────────────────────────────


def test_ordered(entered, handed_over, world):
    """Must carry out a court's order by two registrars without anybody's signature, and tell so in one event."""
    first = entered.c.orderChange(entered.company, handed_over.struct, SOURCE, entered.by_registrar)
    assert not first.return_value
    assert entered.version() == 1
    tx = entered.c.orderChange(entered.company, handed_over.struct, SOURCE, entered.by_second)
    assert tx.return_value
    assert plain(world.parties.representationOf(entered.party)) == (2, 1, handed_over.board)
    assert told(tx, "CompanyChanged") == {
        "company": entered.company,
        "version": 2,
        "file": (1, handed_over.board, handed_over.contact, ARTICLES, ADDRESS),
        "officer": world.people.second_company_registrar,
        "courtOrder": SOURCE,
    }
    with reverts("FileChanged", entered.company):
        entered.change(handed_over.changed(addressHash=NEW_ADDRESS))
    entered.file = handed_over
    entered.change(handed_over.changed(addressHash=NEW_ADDRESS))


def test_ordered_by_two(entered, handed_over, agencies, world):
    """Must refuse the same registrar twice, and take different orders for different acts."""
    entered.c.orderChange(entered.company, handed_over.struct, SOURCE, entered.by_registrar)
    with reverts("SecondOfficerNeeded", ...):
        entered.c.orderChange(entered.company, handed_over.struct, SOURCE, entered.by_registrar)
    other = entered.c.orderChange(entered.company, handed_over.struct, keccak("another"), entered.by_second)
    assert not other.return_value
    assert entered.version() == 1


def test_stale_order(entered, moved, handed_over):
    """Must not complete an order on a company that has changed since the first registrar gave it."""
    entered.c.orderChange(entered.company, handed_over.struct, SOURCE, entered.by_registrar)
    entered.change(moved)
    assert not entered.c.orderChange(entered.company, handed_over.struct, SOURCE, entered.by_second).return_value
    assert entered.version() == 2


def test_order_from_before_the_end(entered, handed_over):
    """Must not bring a company back by an order that the first registrar gave before it was struck off."""
    entered.c.orderChange(entered.company, handed_over.struct, SOURCE, entered.by_registrar)
    entered.strike_off()
    assert not entered.c.orderChange(entered.company, handed_over.struct, SOURCE, entered.by_second).return_value
    assert entered.c.companyOf(entered.company)[4] == STRUCK_OFF


def test_order_serves_once(entered, handed_over):
    """Must ask for two registrars again when the same order is to be carried out a second time."""
    entered.order(handed_over)
    assert not entered.c.orderChange(entered.company, handed_over.struct, SOURCE, entered.by_second).return_value
    assert entered.version() == 2


def test_order_is_named_and_sound(case, entered, handed_over):
    """Must refuse an order without its hash, a file that is not sound, and a company that was never entered."""
    with reverts("SourceMissing", entered.company):
        entered.order(handed_over, court_order=ZERO_ID)
    with reverts("BoardMissing", entered.company):
        entered.order(handed_over.changed(board=()))
    case.reserve(key=keccak("another key"), nonce=600)
    with reverts("StepRefused", case.company, RESERVED):
        case.order(handed_over)


# ── The end ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_dissolved(entered, world):
    """Must end a company that asks for it, let nobody sign for it any more, and tell so in one event."""
    party = entered.party
    tx = entered.dissolve(nonce=500)
    assert told(tx, "CompanyStruckOff") == {
        "company": entered.company,
        "version": 2,
        "officer": world.people.company_registrar,
        "sourceHash": ZERO_ID,
    }
    record = plain(entered.c.companyOf(entered.company))
    assert (record[2], record[4], record[6]) == (party, STRUCK_OFF, 2)
    assert plain(world.parties.representationOf(party)) == (2, 0, ())
    assert entered.c.nonceUsed(party, 500)
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        entered.anchor(NEW_ARTICLES, issuer=party)
    with reverts("StepRefused", entered.company, STRUCK_OFF):
        entered.dissolve()


def test_dissolved_at_its_own_wish(entered):
    """Must refuse too few signatures, a late one, one for another company, and a nonce that has served."""
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        entered.dissolve(signers=[entered.who.applicant])
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        entered.dissolve(company=keccak("another company"))
    late = now() - 1
    with reverts("DeadlinePassed", late):
        entered.dissolve(deadline=late)
    entered.change(entered.file.changed(addressHash=NEW_ADDRESS), nonce=500)
    with reverts("NonceUsed", entered.party, 500):
        entered.dissolve(nonce=500)


def test_wish_from_before(entered, moved):
    """Must not dissolve a company by a wish from before a change, or from before a court brought it back."""
    entered.change(moved)
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        entered.dissolve(version=2)
    entered.strike_off()
    entered.order(moved)
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        entered.dissolve(version=3)
    entered.dissolve(version=5)


def test_struck_off(entered, world):
    """Must end a company by two registrars with a decision, and tell so in one event."""
    with reverts("SourceMissing", entered.company):
        entered.c.strikeOff(entered.company, ZERO_ID, entered.by_registrar)
    assert not entered.c.strikeOff(entered.company, SOURCE, entered.by_registrar).return_value
    assert entered.c.companyOf(entered.company)[4] == ENTERED
    with reverts("SecondOfficerNeeded", ...):
        entered.c.strikeOff(entered.company, SOURCE, entered.by_registrar)
    tx = entered.c.strikeOff(entered.company, SOURCE, entered.by_second)
    assert tx.return_value
    assert told(tx, "CompanyStruckOff") == {
        "company": entered.company,
        "version": 2,
        "officer": world.people.second_company_registrar,
        "sourceHash": SOURCE,
    }
    assert told(tx, "RepresentationEnded")["party"] == entered.party
    with reverts("StepRefused", entered.company, STRUCK_OFF):
        entered.c.strikeOff(entered.company, SOURCE, entered.by_registrar)


def test_nothing_signs_for_a_company_that_ended(entered, moved):
    """Must refuse every act that the board of a struck-off company signs."""
    entered.strike_off()
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        entered.anchor(NEW_ARTICLES, issuer=entered.party)
    message = {"party": entered.party, "nonce": 500, "deadline": NEVER}
    signature = entered.together(entered.board, "CancelNonce", **message)
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        entered.c.cancelNonce(entered.party, 500, NEVER, signature, entered.by_anyone)


def test_stale_strike_off(entered, moved):
    """Must not complete a strike-off of a company that has changed since, or came back from an earlier one."""
    entered.c.strikeOff(entered.company, SOURCE, entered.by_registrar)
    entered.change(moved)
    assert not entered.c.strikeOff(entered.company, SOURCE, entered.by_second).return_value
    assert entered.c.strikeOff(entered.company, SOURCE, entered.by_registrar).return_value
    entered.order(moved)
    assert not entered.c.strikeOff(entered.company, SOURCE, entered.by_second).return_value
    assert entered.c.companyOf(entered.company)[4] == ENTERED


def test_court_brings_it_back(entered, handed_over, world):
    """Must let a court's order bring a struck-off company back: the same party, name and number, its board anew."""
    party = entered.party
    entered.strike_off()
    entered.order(handed_over)
    record = plain(entered.c.companyOf(entered.company))
    assert (record[2], record[4], record[5], record[6]) == (party, ENTERED, 0, 3)
    assert str(entered.c.holderOfName(entered.agency, KEY)) == entered.company
    assert plain(world.parties.representationOf(party)) == (3, 1, handed_over.board)
    entered.anchor(NEW_ARTICLES, issuer=party)
    entered.change(handed_over.changed(articles=NEW_ARTICLES))
    assert entered.version() == 4


def test_closed_agency(entered, agencies, world):
    """Must let two registrars of the agency above strike off a company of a closed agency."""
    keys, by_parent = accounts[36:38], {"from": world.people.parent_admin}
    for key in keys:
        agencies.accredit(world.ids.ministry, key, world.state.scope.companies, 0, world.state.end, by_parent)
    wait(3 * DAY)
    agencies.changeStatus(world.ids.land, CLOSED, {"from": world.people.root})
    with reverts("OtherAgency", world.people.company_registrar, world.ids.ministry):
        entered.c.strikeOff(entered.company, SOURCE, entered.by_registrar)
    assert not entered.c.strikeOff(entered.company, SOURCE, {"from": keys[0]}).return_value
    assert entered.c.strikeOff(entered.company, SOURCE, {"from": keys[1]}).return_value
