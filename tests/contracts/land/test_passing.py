"""How a title passes: by a sale, by inheritance, divorce or a court; and how it is put right."""

import pytest

from tests.contracts.helpers import ABSOLUTE, DAY, NO_GRADE, QUALIFIED, ZERO_ID, keccak, next_block_at, plain, reverts
from tests.contracts.land.conftest import (
    BY_COURT,
    DIVORCE,
    GB,
    GEOMETRY,
    INHERITANCE,
    NO_SOURCE,
    OTHER_SALE,
    SALE,
    SOURCE,
    holder,
    shares,
)

OTHER_GEOMETRY = "0x" + "ef" * 32
BUYER = holder(9)


@pytest.fixture
def convey(titles, land):
    """Convey a title to a sole buyer, or in the shares given."""

    def done(title, *sellers, sale=SALE, version=1, denominator=1, to=((BUYER, 1),), source=SOURCE, by=None):
        seller_ids = [seller if isinstance(seller, str) else seller.id for seller in sellers]
        return titles.convey(
            title, sale, version, seller_ids, denominator, list(to), source, {"from": by or land.by_sale}
        )

    return done


# ── Sales ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_conveyed(titles, owned, owners, notice, convey):
    """Must let the buyer hold the title at the next version, end the notice, and tell so."""
    title = owned(owners.anna, owners.bert)
    notice(title)
    tx = convey(title, owners.anna, owners.bert)
    assert plain(titles.titleOf(title)) == (GEOMETRY, 1_234_567, 1, GB, 2, ABSOLUTE, ((BUYER, 1),))
    assert plain(titles.noticeOf(title)) == (ZERO_ID, 0)
    event = dict(tx.events["TitleConveyed"])
    assert event | {"shares": plain(event["shares"])} == {
        "title": title,
        "sale": SALE,
        "version": 2,
        "denominator": 1,
        "shares": ((BUYER, 1),),
        "sourceHash": SOURCE[0],
        "legalDate": SOURCE[1],
    }
    assert len(tx.events) == 1


def test_to_many_and_back(titles, owned, owners, notice, convey):
    """Must hold exactly the new shares when a title goes from one holder to 32 and back to one."""
    title = owned(owners.anna)
    many = shares(*range(1, 33))
    notice(title)
    convey(title, owners.anna, denominator=sum(range(1, 33)), to=many)
    assert plain(titles.titleOf(title)["shares"]) == tuple(many)
    notice(title)
    convey(title, *(each for each, _ in many), version=2)
    assert plain(titles.sharesOf(title)) == (1, ((BUYER, 1),))
    notice(title)
    convey(title, BUYER, version=3, denominator=4, to=shares(1, 3))
    assert plain(titles.sharesOf(title)) == (4, tuple(shares(1, 3)))


def test_needs_its_own_notice(titles, owned, owners, notice, convey):
    """Must refuse a sale without its notice, with another's, and after its last second."""
    title = owned(owners.anna)
    for sale in (SALE, ZERO_ID):
        with reverts("NoticeMissing", title, sale):
            convey(title, owners.anna, sale=sale)
    until = notice(title)
    with reverts("NoticeMissing", title, OTHER_SALE):
        convey(title, owners.anna, sale=OTHER_SALE)
    next_block_at(until + 1)
    with reverts("NoticeMissing", title, SALE):
        convey(title, owners.anna)


def test_last_second_of_the_notice(owned, owners, notice, convey):
    """Must let the sale through in the last second."""
    title = owned(owners.anna)
    next_block_at(notice(title))
    convey(title, owners.anna)


def test_double_sale(owned, owners, notice, convey):
    """Must not sell twice under one notice."""
    title = owned(owners.anna)
    notice(title)
    convey(title, owners.anna)
    with reverts("NoticeMissing", title, SALE):
        convey(title, BUYER, version=2)


def test_stale_version(owned, owners, notice, convey, by_two, titles):
    """Must refuse a sale that was signed for another state of the title."""
    title = owned(owners.anna)
    notice(title)
    by_two(titles.transmit, title, BY_COURT, 1, [(owners.bert.id, 1)], SOURCE)
    with reverts("VersionStale", title, 1, 2):
        convey(title, owners.anna)


def test_nobody_else_loses(owned, owners, notice, convey):
    """Must refuse to take anything from a holder who does not sell."""
    title = owned(owners.anna, owners.bert)
    notice(title)
    with reverts("ShareLost", title, owners.bert.id):
        convey(title, owners.anna)
    with reverts("ShareLost", title, owners.anna.id):
        convey(title, owners.bert)
    less = sorted([(owners.bert.id, 333), (BUYER, 668)])
    with reverts("ShareLost", title, owners.bert.id):
        convey(title, owners.anna, denominator=1001, to=less)
    with reverts("ShareLost", title, owners.anna.id):
        convey(title)


@pytest.mark.parametrize("numerator", [1, 2, 3])
def test_part_of_a_share(titles, owned, owners, notice, convey, numerator):
    """Must let a holder sell a part, and another buy it, over any denominator."""
    title = owned(owners.anna, owners.bert)
    notice(title)
    to = [(owners.anna.id, 4 - numerator), (owners.bert.id, numerator)]
    if numerator < 2:
        with reverts("ShareLost", title, owners.bert.id):
            convey(title, owners.anna, denominator=4, to=to)
    else:
        convey(title, owners.anna, denominator=4, to=to)
        assert plain(titles.sharesOf(title)) == (4, tuple(to))


def test_sellers_hold(owned, owners, notice, convey):
    """Must refuse a seller who holds nothing, comes twice, or out of order."""
    title = owned(owners.anna, owners.bert)
    notice(title)
    with reverts("NotHolder", title, BUYER):
        convey(
            title, BUYER, owners.anna, owners.bert, to=sorted(((owners.anna.id, 1), (owners.bert.id, 1))), denominator=2
        )
    with reverts("ShareLost", title, owners.anna.id):
        convey(title, owners.bert, owners.anna)
    with reverts("ShareLost", title, owners.bert.id):
        convey(title, owners.anna, owners.anna, owners.bert)


def test_sold_shares_are_whole(owned, owners, notice, convey):
    """Must hold a sale to the rules of shares, and to a document."""
    title = owned(owners.anna)
    notice(title)
    with reverts("SharesNotWhole", title, 1, 2):
        convey(title, owners.anna, denominator=2)
    with reverts("HoldersRefused", title, 0):
        convey(title, owners.anna, to=())
    with reverts("SourceMissing", title):
        convey(title, owners.anna, source=NO_SOURCE)


def test_freeze_stops_a_sale(titles, court, owned, owners, notice, convey, freeze):
    """Must refuse a sale of a frozen title, though its notice stands, and let it through once that is lifted."""
    title = owned(owners.anna)
    notice(title)
    stands = freeze(title)
    with reverts("FreezeStands", title, stands):
        convey(title, owners.anna)
    titles.liftFreeze(stands, keccak("lifted"), {"from": court})
    convey(title, owners.anna)


def test_sale_of_nothing(convey, owners, title_of):
    """Must refuse to sell what is not there."""
    with reverts("TitleUnknown", title_of()):
        convey(title_of(), owners.anna)


@pytest.mark.parametrize("role", ["registrar", "court", "root", "stranger"])
def test_no_free_transfer(convey, people, owned, owners, notice, role):
    """Must let nobody but the conveyance contract register a sale."""
    title = owned(owners.anna)
    notice(title)
    with reverts("NotConveyance", getattr(people, role)):
        convey(title, owners.anna, by=getattr(people, role))


# ── Inheritance, divorce, courts ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", [INHERITANCE, DIVORCE, BY_COURT])
def test_transmitted(titles, second_registrar, owned, owners, by_two, kind):
    """Must pass the title by two registrars, and tell why."""
    title = owned(owners.anna)
    tx = by_two(titles.transmit, title, kind, 4, shares(1, 3), SOURCE)
    assert plain(titles.sharesOf(title)) == (4, tuple(shares(1, 3)))
    event = dict(tx.events["TitleTransmitted"])
    assert event | {"shares": plain(event["shares"])} == {
        "title": title,
        "kind": kind,
        "officer": second_registrar,
        "version": 2,
        "denominator": 4,
        "shares": tuple(shares(1, 3)),
        "sourceHash": SOURCE[0],
        "legalDate": SOURCE[1],
    }


def test_transmission_is_whole(titles, registrar, owned, owners):
    """Must refuse a transmission without kind, evidence or whole shares, from the first officer on."""
    title, by = owned(owners.anna), {"from": registrar}
    with reverts("TransmissionRefused", title):
        titles.transmit(title, 0, 1, shares(1), SOURCE, by)
    with reverts("SourceMissing", title):
        titles.transmit(title, INHERITANCE, 1, shares(1), NO_SOURCE, by)
    with reverts("SharesNotWhole", title, 1, 2):
        titles.transmit(title, INHERITANCE, 2, shares(1), SOURCE, by)


@pytest.mark.parametrize("kind", [INHERITANCE, DIVORCE, BY_COURT])
def test_what_a_court_passes_over(titles, registrar, owned, owners, caveat, notice, by_two, kind):
    """Must stop inheritance and divorce at a caveat and at a notice, and a court at neither."""
    claimed, sold = owned(owners.anna), owned(owners.anna, ref="sold")
    claim, until = caveat(claimed), notice(sold)
    if kind == BY_COURT:
        by_two(titles.transmit, claimed, kind, 1, shares(1), SOURCE)
        by_two(titles.transmit, sold, kind, 1, shares(1), SOURCE)
        assert plain(titles.noticeOf(sold)) == (SALE, until)
    else:
        with reverts("CaveatStands", claimed, claim):
            titles.transmit(claimed, kind, 1, shares(1), SOURCE, {"from": registrar})
        with reverts("NoticeStands", sold, SALE, until):
            titles.transmit(sold, kind, 1, shares(1), SOURCE, {"from": registrar})


@pytest.mark.parametrize("kind", [INHERITANCE, DIVORCE, BY_COURT])
def test_freeze_stops_every_transmission(titles, registrar, second_registrar, owned, owners, freeze, kind):
    """Must stop a transmission at a freeze, also one that the first officer sent before it."""
    title = owned(owners.anna)
    arguments = (title, kind, 1, shares(1), SOURCE)
    titles.transmit(*arguments, {"from": registrar})
    stands = freeze(title)
    with reverts("FreezeStands", title, stands):
        titles.transmit(*arguments, {"from": second_registrar})


def test_stale_approval(titles, registrar, second_registrar, owned, owners, by_two):
    """Must not run a first officer's approval on a title that changed since."""
    title = owned(owners.anna)
    arguments = (title, INHERITANCE, 1, shares(1), SOURCE)
    titles.transmit(*arguments, {"from": registrar})
    by_two(titles.transmit, title, DIVORCE, 1, [(owners.bert.id, 1)], SOURCE)
    tx = titles.transmit(*arguments, {"from": second_registrar})
    assert tx.return_value is False
    assert plain(titles.sharesOf(title)) == (1, ((owners.bert.id, 1),))


def test_two_registrars(titles, registrar, other_officer, ids, owned, owners):
    """Must not take one registrar for two, nor another agency's."""
    title = owned(owners.anna)
    arguments = (title, INHERITANCE, 1, shares(1), SOURCE)
    titles.transmit(*arguments, {"from": registrar})
    with reverts("SecondOfficerNeeded", ...):
        titles.transmit(*arguments, {"from": registrar})
    with reverts("NotKeeper", GB, ids.tax):
        titles.transmit(*arguments, {"from": other_officer})
    assert titles.titleOf(title)["version"] == 1


# ── Rectification ────────────────────────────────────────────────────────────────────────────────────────────────


def correction(**changes):
    """Everything that a title shall say."""
    fields = {
        "geometryHash": OTHER_GEOMETRY,
        "area": 777,
        "grade": QUALIFIED,
        "denominator": 4,
        "shares": shares(1, 3),
    } | changes
    return tuple(fields.values())


def test_rectified(titles, second_registrar, owned, owners, by_two):
    """Must write every field by two registrars with an order, and tell so."""
    title = owned(owners.anna)
    tx = by_two(titles.rectify, title, correction(), SOURCE)
    assert plain(titles.titleOf(title)) == (OTHER_GEOMETRY, 777, 4, GB, 2, QUALIFIED, tuple(shares(1, 3)))
    event = tx.events["TitleRectified"]
    assert (event["title"], event["officer"], event["version"]) == (title, second_registrar, 2)
    assert plain(event["correction"]) == (OTHER_GEOMETRY, 777, QUALIFIED, 4, tuple(shares(1, 3)))
    assert plain(event["source"]) == SOURCE


def test_rectification_is_whole(titles, registrar, owned, owners):
    """Must refuse a rectification without order, or to an incomplete record, from the first officer on."""
    title, by = owned(owners.anna), {"from": registrar}
    with reverts("SourceMissing", title):
        titles.rectify(title, correction(), NO_SOURCE, by)
    for gap in ({"geometryHash": ZERO_ID}, {"area": 0}, {"grade": NO_GRADE}):
        with reverts("EntryIncomplete", title):
            titles.rectify(title, correction(**gap), SOURCE, by)
    with reverts("SharesNotWhole", title, 4, 5):
        titles.rectify(title, correction(denominator=5), SOURCE, by)


def test_rectification_against_what_stands(titles, registrar, owned, owners, caveat, notice, freeze, by_two):
    """Must pass over a caveat and a notice, and stop at a freeze."""
    claimed, sold = owned(owners.anna), owned(owners.anna, ref="sold")
    caveat(claimed)
    notice(sold)
    by_two(titles.rectify, claimed, correction(), SOURCE)
    by_two(titles.rectify, sold, correction(), SOURCE)
    stands = freeze(sold)
    with reverts("FreezeStands", sold, stands):
        titles.rectify(sold, correction(area=1), SOURCE, {"from": registrar})


# ── Grades ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def proposed(titles, registrar, owned, owners):
    """A title of Anna's with a lower grade on its way; title and time."""
    title = owned(owners.anna)
    titles.proposeGrade(title, QUALIFIED, SOURCE[0], {"from": registrar})
    return title, titles.gradeProposalOf(title)["readyAt"]


def test_grade(titles, registrar, stranger, owned, owners):
    """Must take effect after the window, by anyone, and be told at both ends."""
    title = owned(owners.anna)
    tx = titles.proposeGrade(title, QUALIFIED, SOURCE[0], {"from": registrar})
    ready = tx.timestamp + 30 * DAY
    assert titles.GRADE_WINDOW() == 30 * DAY
    assert plain(titles.gradeProposalOf(title)) == (QUALIFIED, ready)
    assert tx.events["GradeProposed"] == {
        "title": title,
        "grade": QUALIFIED,
        "readyAt": ready,
        "officer": registrar,
        "sourceHash": SOURCE[0],
    }
    next_block_at(ready - 1)
    with reverts("GradeTooEarly", title, ready):
        titles.completeGrade(title, {"from": stranger})
    next_block_at(ready)
    tx = titles.completeGrade(title, {"from": stranger})
    assert tx.events["GradeChanged"] == {"title": title, "grade": QUALIFIED, "version": 2}
    assert (titles.titleOf(title)["grade"], titles.titleOf(title)["version"]) == (QUALIFIED, 2)
    assert plain(titles.gradeProposalOf(title)) == (0, 0)
    with reverts("GradeMissing", title):
        titles.completeGrade(title, {"from": stranger})


def test_grade_refused(titles, registrar, owned, owners):
    """Must refuse no grade, the present one, and one without a document."""
    title = owned(owners.anna)
    for grade in (NO_GRADE, ABSOLUTE):
        with reverts("GradeRefused", title, grade):
            titles.proposeGrade(title, grade, SOURCE[0], {"from": registrar})
    with reverts("SourceMissing", title):
        titles.proposeGrade(title, QUALIFIED, ZERO_ID, {"from": registrar})


def test_objections(titles, stranger, court, registrar, proposed, freeze, caveat):
    """Must wait for every freeze and caveat to be dealt with."""
    title, ready = proposed
    claim, stands = caveat(title, days=300), freeze(title)
    next_block_at(ready)
    with reverts("FreezeStands", title, stands):
        titles.completeGrade(title, {"from": stranger})
    titles.liftFreeze(stands, keccak("lifted"), {"from": court})
    with reverts("CaveatStands", title, claim):
        titles.completeGrade(title, {"from": stranger})
    titles.cancelCaveat(claim, keccak("unfounded"), {"from": registrar})
    titles.completeGrade(title, {"from": stranger})


def test_grade_waits_for_a_sale(titles, stranger, proposed, notice):
    """Must not take effect while a notice stands, when nobody could object and the sale's version would go stale."""
    title, ready = proposed
    until = notice(title, days=60)
    next_block_at(ready)
    with reverts("NoticeStands", title, SALE, until):
        titles.completeGrade(title, {"from": stranger})


def test_proposed_anew(titles, registrar, stranger, proposed):
    """Must begin the window anew with another proposal, and end it when taken back."""
    title, ready = proposed
    next_block_at(ready)
    titles.proposeGrade(title, 1, SOURCE[0], {"from": registrar})
    with reverts("GradeTooEarly", title, ready + 30 * DAY):
        titles.completeGrade(title, {"from": stranger})
    tx = titles.withdrawGrade(title, {"from": registrar})
    assert tx.events["GradeWithdrawn"] == {"title": title, "officer": registrar}
    with reverts("GradeMissing", title):
        titles.withdrawGrade(title, {"from": registrar})


def test_rectification_ends_a_proposal(titles, stranger, proposed, by_two):
    """Must not let a proposal take back what an order said since."""
    title, ready = proposed
    by_two(titles.rectify, title, correction(grade=ABSOLUTE), SOURCE)
    next_block_at(ready)
    with reverts("GradeMissing", title):
        titles.completeGrade(title, {"from": stranger})
