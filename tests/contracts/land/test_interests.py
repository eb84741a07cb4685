"""Leases and easements: entered with the holders' signatures, given up by the other side, struck out in their time."""

import pytest
from brownie import ZERO_ADDRESS
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.helpers import DAY, ZERO_ID, keccak, next_block_at, now, plain, reverts
from tests.contracts.land.conftest import EASEMENT, GEOMETRY, INTEREST_FIELDS, LEASE, SALE, SOURCE, part

ORDER = keccak("an order")


@pytest.fixture
def lease(owners):
    """The terms of a lease to the claimant for ten years; a test changes what it is about."""

    def terms(**changes):
        fields = {
            "kind": LEASE,
            "beneficiary": owners.claimant.id,
            "dominant": ZERO_ID,
            "until": now() + 3650 * DAY,
            "deedHash": keccak("a lease"),
        } | changes
        return tuple(fields.values())

    return terms


@pytest.fixture
def way(lease):
    """The terms of a right of way for another title."""

    def terms(dominant, **changes):
        fields = {"kind": EASEMENT, "beneficiary": ZERO_ID, "dominant": dominant, "until": 0}
        return lease(**(fields | {"deedHash": keccak("a right of way")} | changes))

    return terms


@pytest.fixture
def interest_id(liens):
    """The id of a lease or an easement, as hex text."""
    return lambda terms: str(liens.interestIdOf(terms))


@pytest.fixture
def end(liens, stranger, consents, interest_id):
    """Give up a lease or an easement by the signatures of the other side."""

    def done(titles, terms, *signers, signed=None):
        message = {"interest": interest_id(terms), "titles": list(titles)} | (signed or {})
        given = consents(liens, "EndInterest", message, *signers)
        return liens.endInterest(list(titles), terms, given, {"from": stranger})

    return done


def test_id_is_derived_from_the_terms(lease, interest_id):
    """Must be the hash that the interface states."""
    kind, beneficiary, dominant, until, deed = lease()
    words = [keccak_bytes(text="Muniment.Interest.v1"), kind]
    words += [bytes.fromhex(beneficiary[2:]), bytes.fromhex(dominant[2:]), until, bytes.fromhex(deed[2:])]
    packed = encode(["bytes32", "uint8", "bytes32", "bytes32", "uint40", "bytes32"], words)
    assert interest_id((kind, beneficiary, dominant, until, deed)) == "0x" + keccak_bytes(packed).hex()


def test_entered(liens, registrar, owned, owners, grant, lease, interest_id):
    """Must weigh on the title, and be told with all its terms."""
    title, terms = owned(owners.anna, owners.bert), lease()
    tx = grant(title, terms, owners.anna, owners.bert)
    assert str(tx.return_value) == interest_id(terms)
    assert plain(liens.interestsOf(title)) == (interest_id(terms),)
    assert tx.events["InterestEntered"] == {
        "title": title,
        "interest": interest_id(terms),
        "beneficiary": owners.claimant.id,
        "kind": LEASE,
        "dominant": ZERO_ID,
        "until": terms[3],
        "deedHash": keccak("a lease"),
        "legalDate": 20_260_401,
        "officer": registrar,
    }
    with reverts("InterestExists", title, interest_id(terms)):
        grant(title, terms, owners.anna, owners.bert)


def test_sixteen(liens, owned, owners, grant, lease):
    """Must take 16 and no more."""
    title = owned(owners.anna)
    assert liens.MAX_INTERESTS() == 16
    for number in range(16):
        grant(title, lease(deedHash=keccak(f"lease {number}")), owners.anna)
    with reverts("InterestsFull", title):
        grant(title, lease(), owners.anna)


@pytest.mark.parametrize(
    "gap",
    [
        {"kind": 0},
        {"deedHash": ZERO_ID},
        {"beneficiary": ZERO_ID},
        {"until": 0},
        {"until": 1},
        {"kind": EASEMENT, "until": 1},
    ],
    ids=str,
)
def test_terms_are_complete(owned, owners, grant, lease, interest_id, gap):
    """Must refuse terms with something missing, an end in the past, and a lease without one."""
    title, terms = owned(owners.anna), lease(**gap)
    with reverts("InterestRefused", title, interest_id(terms)):
        grant(title, terms, owners.anna)


def test_dominant_title(liens, owned, owners, grant, lease, way, interest_id, title_of):
    """Must serve one other title that stands, or a party, and not both."""
    title, other = owned(owners.anna), owned(owners.bert, ref="other")
    for terms in (
        way(title),
        way(title_of("nowhere")),
        way(other, beneficiary=owners.claimant.id),
        lease(dominant=other, beneficiary=ZERO_ID),
    ):
        with reverts("InterestRefused", title, interest_id(terms)):
            grant(title, terms, owners.anna)
    grant(title, way(other), owners.anna)
    assert plain(liens.interestsOf(title)) == (interest_id(way(other)),)


def test_every_holder_signs(owned, owners, grant, lease):
    """Must refuse a lease that one of the holders did not sign."""
    title = owned(owners.anna, owners.bert)
    with reverts("ConsentsRefused", 1, 2):
        grant(title, lease(), owners.anna)
    with reverts("SignatureInvalid", owners.bert.key.address):
        grant(title, lease(), owners.anna, owners.claimant)


@pytest.mark.parametrize("change", ["title", "version", "legalDate", *INTEREST_FIELDS])
def test_every_value_is_signed(owned, owners, grant, lease, change):
    """Must refuse a signature over anything else."""
    title, terms = owned(owners.anna), lease()
    other = {"title": ORDER, "version": 2, "legalDate": 0, "kind": 2, "until": 1}.get(change, ORDER)
    signed = {change: other}
    if change in INTEREST_FIELDS:
        signed = {"interest": dict(zip(INTEREST_FIELDS, terms, strict=True)) | signed}
    with reverts("SignatureInvalid", owners.anna.key.address):
        grant(title, terms, owners.anna, signed=signed)


def test_what_stops_a_grant(liens, registrar, owned, owners, grant, lease, notice, freeze):
    """Must refuse a lease, by the holders or by order, while a freeze or a sale's notice stands."""
    title, terms = owned(owners.anna), lease()
    until = notice(title)
    with reverts("NoticeStands", title, SALE, until):
        grant(title, terms, owners.anna)
    with reverts("NoticeStands", title, SALE, until):
        liens.enterInterestByOrder(title, terms, 0, {"from": registrar})
    stands = freeze(title)
    with reverts("FreezeStands", title, stands):
        grant(title, terms, owners.anna)


def test_by_order(liens, registrar, second_registrar, owned, owners, by_two, way, interest_id, lease):
    """Must be entered and ended by two registrars with an order."""
    title, other = owned(owners.anna), owned(owners.bert, ref="other")
    terms = way(other, deedHash=ORDER)
    with reverts("InterestRefused", title, interest_id(lease(deedHash=ZERO_ID))):
        liens.enterInterestByOrder(title, lease(deedHash=ZERO_ID), 0, {"from": registrar})
    tx = by_two(liens.enterInterestByOrder, title, terms, 20_260_401)
    assert (tx.events["InterestEntered"]["officer"], tx.events["InterestEntered"]["deedHash"]) == (
        second_registrar,
        ORDER,
    )
    with reverts("OrderMissing", title):
        liens.endInterestByOrder(title, terms, ZERO_ID, {"from": registrar})
    tx = by_two(liens.endInterestByOrder, title, terms, ORDER)
    assert tx.events["InterestEnded"] == {
        "title": title,
        "interest": interest_id(terms),
        "officer": second_registrar,
        "source": ORDER,
    }
    assert plain(liens.interestsOf(title)) == ()


def test_given_up(liens, owned, owners, grant, lease, end, interest_id):
    """Must be given up by the beneficiary alone, on the titles that it names, once."""
    titles, terms = [owned(owners.anna, ref=ref) for ref in "AB"], lease()
    for title in titles:
        grant(title, terms, owners.anna)
    with reverts("SignatureInvalid", owners.claimant.key.address):
        end(titles, terms, owners.anna)
    with reverts("ConsentsRefused", 2, 1):
        end(titles, terms, owners.claimant, owners.claimant)
    for changes in ({"interest": ORDER}, {"titles": [ORDER]}):
        with reverts("SignatureInvalid", owners.claimant.key.address):
            end(titles, terms, owners.claimant, signed=changes)
    for count in (0, 17):
        with reverts("TitlesRefused", count):
            end(titles[:1] * count, terms, owners.claimant)
    tx = end(titles[:1], terms, owners.claimant)
    assert tx.events["InterestEnded"] == {
        "title": titles[0],
        "interest": interest_id(terms),
        "officer": ZERO_ADDRESS,
        "source": ZERO_ID,
    }
    with reverts("InterestMissing", titles[0], interest_id(terms)):
        end(titles, terms, owners.claimant)
    end(titles[1:], terms, owners.claimant)
    assert plain(liens.interestsOf(titles[1])) == ()


def test_given_up_by_the_dominant_title(liens, owned, owners, grant, way, end):
    """Must be given up by every holder of the title that it serves."""
    title, served = owned(owners.claimant), owned(owners.anna, owners.bert, ref="served")
    grant(title, way(served), owners.claimant)
    with reverts("ConsentsRefused", 1, 2):
        end([title], way(served), owners.anna)
    with reverts("SignatureInvalid", owners.bert.key.address):
        end([title], way(served), owners.anna, owners.claimant)
    end([title], way(served), owners.anna, owners.bert)
    assert plain(liens.interestsOf(title)) == ()


def test_dominant_title_retired(titles, liens, registrar, owned, owners, grant, way, end, by_two, consents):
    """Must leave the easement standing when the title that it serves is divided; an order ends it."""
    title, served = owned(owners.claimant), owned(owners.anna, ref="served", area=1000)
    grant(title, way(served), owners.claimant)
    parts = [part("A", 600), part("B", 400)]
    named = [{"ref": ref, "geometryHash": GEOMETRY, "area": area} for ref, _, area in parts]
    message = {"title": served, "version": 1, "parts": named, "sourceHash": SOURCE[0], "legalDate": SOURCE[1]}
    given = consents(titles, "SubdivideTitle", message, owners.anna)
    titles.subdivide(served, parts, SOURCE, given, [], {"from": registrar})
    with reverts("TitleIsRetired", served):
        end([title], way(served), owners.anna)
    by_two(liens.endInterestByOrder, title, way(served), ORDER)


def test_runs_out(liens, stranger, owned, owners, grant, lease, way, interest_id):
    """Must be struck out by anyone after its last second; an easement without end never."""
    title, other = owned(owners.anna), owned(owners.bert, ref="other")
    terms = lease()
    grant(title, terms, owners.anna)
    grant(title, way(other), owners.anna)
    with reverts("InterestStands", interest_id(way(other)), 0):
        liens.expireInterest(title, way(other), {"from": stranger})
    next_block_at(terms[3])
    with reverts("InterestStands", interest_id(terms), terms[3]):
        liens.expireInterest(title, terms, {"from": stranger})
    next_block_at(terms[3] + 1)
    tx = liens.expireInterest(title, terms, {"from": stranger})
    assert tx.events["InterestEnded"] == {
        "title": title,
        "interest": interest_id(terms),
        "officer": ZERO_ADDRESS,
        "source": ZERO_ID,
    }
    assert plain(liens.interestsOf(title)) == (interest_id(way(other)),)
