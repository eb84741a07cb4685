"""Dividing and merging: area, shares, liens, leases and caveats are conserved, and a retired id never returns."""

import itertools

import pytest
from brownie import ZERO_ADDRESS, web3

from tests.contracts.helpers import (
    ABSOLUTE,
    MIRROR,
    NEVER,
    PROVISIONAL,
    QUALIFIED,
    ZERO_ID,
    jurisdiction,
    keccak,
    now,
    plain,
    reverts,
)
from tests.contracts.land.conftest import (
    CAVEAT,
    EASEMENT,
    FREEZE,
    GB,
    GEOMETRY,
    INHERITANCE,
    LEASE,
    NO_SOURCE,
    SALE,
    SOURCE,
    part,
    shares,
)

HALVES = (part("A", 600), part("B", 400))


def _named(parts):
    return [dict(zip(("ref", "geometryHash", "area"), each, strict=True)) for each in parts]


@pytest.fixture
def subdivide(titles, registrar, consents):
    """Divide a title with its holders' signatures over the same values, or over changed ones."""

    def done(title, *holders, parts=HALVES, source=SOURCE, absences=(), by=None, given=None, signed=None):
        message = {
            "title": title,
            "version": titles.titleOf(title)["version"] if titles.exists(title) else 1,
            "parts": _named(parts),
            "sourceHash": source[0],
            "legalDate": source[1],
        }
        given = consents(titles, "SubdivideTitle", message | (signed or {}), *holders) if given is None else given
        return titles.subdivide(title, list(parts), source, given, list(absences), {"from": by or registrar})

    return done


@pytest.fixture
def merge(titles, registrar, consents):
    """Merge titles with their holders' signatures."""

    def done(merged, *holders, whole=("AB", GEOMETRY, 1000), source=SOURCE, absence=b"", signed=None):
        message = {
            "titles": list(merged),
            "versions": [titles.titleOf(title)["version"] for title in merged if titles.exists(title)],
            "whole": _named([whole])[0],
            "sourceHash": source[0],
            "legalDate": source[1],
        }
        given = consents(titles, "MergeTitles", message | (signed or {}), *holders)
        return titles.merge(list(merged), whole, source, given, absence, {"from": registrar})

    return done


@pytest.fixture
def two(owned, owners, title_of):
    """Two titles of Anna and Bert, 600 and 400 dm², in the order of their ids."""

    def made(*holders, **changes):
        for ref, area in (("A", 600), ("B", 400)):
            owned(*(holders or (owners.anna, owners.bert)), ref=ref, area=area, **changes)
        return sorted(title_of(ref) for ref in "AB")

    return made


# ── Dividing ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_divided(titles, ids, registrar, owned, owners, subdivide, title_of):
    """Must retire the title, enter each part with its holders, shares and grade, and tell so."""
    title = owned(owners.anna, owners.bert, area=1000, grade=QUALIFIED)
    tx = subdivide(title, owners.anna, owners.bert)
    held = tuple((owner.id, 1) for owner in (owners.anna, owners.bert))
    for ref, area in (("A", 600), ("B", 400)):
        assert plain(titles.titleOf(title_of(ref))) == (GEOMETRY, area, 2, GB, 1, QUALIFIED, held)
    assert plain(tx.return_value) == (title_of("A"), title_of("B"))
    assert tx.events["TitleSubdivided"] == {"title": title, "version": 2, "parts": (title_of("A"), title_of("B"))}
    entered = tx.events["TitleRegistered"]
    assert [(event["ref"], event["area"], event["officer"]) for event in entered] == [
        ("A", 600, registrar),
        ("B", 400, registrar),
    ]
    assert [event["sourceHash"] for event in entered] == [SOURCE[0]] * 2
    assert [event["agency"] for event in entered] == [ids.land] * 2
    assert titles.retired(title)
    assert not titles.exists(title)
    assert plain(titles.titleOf(title)) == (GEOMETRY, 1000, 2, GB, 2, QUALIFIED, ())


def test_sixteen_parts(titles, owned, owners, subdivide, title_of):
    """Must divide into 16 parts and no more, and into no fewer than 2."""
    title = owned(owners.anna, area=160)
    assert titles.MAX_PARTS() == 16
    for count in (0, 1, 17):
        with reverts("PartsRefused", count):
            subdivide(title, owners.anna, parts=[part(f"part {n}", 10) for n in range(count)])
    subdivide(title, owners.anna, parts=[part(f"part {n}", 10) for n in range(16)])
    assert sum(titles.titleOf(title_of(f"part {n}"))["area"] for n in range(16)) == 160


@pytest.mark.parametrize("areas", [(600, 399), (600, 401), (2**64 - 1, 1001)])
def test_area_is_conserved(owned, owners, subdivide, areas):
    """Must refuse parts that have more or less land than the title; no sum wraps around."""
    title = owned(owners.anna, area=1000)
    with reverts("AreaNotConserved", 1000, sum(areas)):
        subdivide(title, owners.anna, parts=[part("A", areas[0]), part("B", areas[1])])


@pytest.mark.parametrize("gap", [("A", GEOMETRY, 0), ("A", ZERO_ID, 600)])
def test_parts_are_complete(owned, owners, subdivide, title_of, gap):
    """Must refuse a part without geometry or area."""
    title = owned(owners.anna, area=1000)
    with reverts("EntryIncomplete", title_of("A")):
        subdivide(title, owners.anna, parts=[gap, part("B", 400)])


def test_retired_for_good(titles, registrar, owned, owners, subdivide, title_of, register, court, land):
    """Must never take a retired id back, nor let anything be done to it."""
    title = owned(owners.anna, area=1000)
    subdivide(title, owners.anna)
    with reverts("TitleIsRetired", title):
        register()
    with reverts("TitleIsRetired", title):
        subdivide(title, owners.anna, parts=[part("C", 600), part("D", 400)])
    with reverts("TitleIsRetired", title):
        subdivide(title_of("A"), owners.anna, parts=[part("landregistry-index:12345678", 300), part("D", 300)])
    with reverts("TitleIsRetired", title):
        titles.freeze(title, keccak("order"), {"from": court})
    with reverts("TitleIsRetired", title):
        titles.transmit(title, INHERITANCE, 1, shares(1), SOURCE, {"from": registrar})
    with reverts("TitleIsRetired", title):
        titles.setNotice(title, SALE, now() + 60, {"from": land.by_sale})
    with reverts("TitleIsRetired", title):
        titles.sharesOf(title)
    with reverts("TitleIsRetired", title):
        titles.standingOf(title)
    leaf = (title, GB, GEOMETRY, 1000, ABSOLUTE, 1, shares(1), [], [])
    with reverts("TitleIsRetired", title):
        titles.admit(leaf, b"", {"from": court})


def test_parts_are_new(owned, owners, subdivide, title_of):
    """Must refuse a part whose id stands, or comes twice."""
    title = owned(owners.anna, area=1000)
    owned(owners.bert, ref="B")
    with reverts("TitleExists", title_of("B")):
        subdivide(title, owners.anna)
    with reverts("TitleExists", title_of("A")):
        subdivide(title, owners.anna, parts=[part("A", 600), part("A", 400)])


def test_every_holder_signs(owned, owners, subdivide):
    """Must refuse fewer or more consents than holders, and another's in place of one."""
    title = owned(owners.anna, owners.bert, area=1000)
    with reverts("ConsentsRefused", 1, 2):
        subdivide(title, owners.anna)
    with reverts("ConsentsRefused", 3, 2):
        subdivide(title, owners.anna, owners.bert, owners.bank)
    with reverts("SignatureInvalid", owners.bert.key.address):
        subdivide(title, owners.anna, owners.bank)
    with reverts("SignatureInvalid", owners.anna.key.address):
        subdivide(title, owners.bert, owners.anna)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": keccak("another title")},
        {"version": 2},
        {"parts": _named(reversed(HALVES))},
        {"parts": _named([part("A", 601), part("B", 400)])},
        {"parts": _named([part("A", 600, ZERO_ID), part("B", 400)])},
        {"sourceHash": ZERO_ID},
        {"legalDate": 0},
    ],
    ids=["title", "version", "order", "area", "geometry", "sourceHash", "legalDate"],
)
def test_every_value_is_signed(owned, owners, subdivide, changes):
    """Must refuse a signature over anything else."""
    title = owned(owners.anna, area=1000)
    with reverts("SignatureInvalid", owners.anna.key.address):
        subdivide(title, owners.anna, signed=changes)


def test_stale_consent(titles, owned, owners, subdivide, by_two):
    """Must refuse a consent to divide that was given for another state of the title."""
    title = owned(owners.anna, area=1000)
    correction = (GEOMETRY, 1000, QUALIFIED, 1, [(owners.anna.id, 1)])
    by_two(titles.rectify, title, correction, SOURCE)
    with reverts("SignatureInvalid", owners.anna.key.address):
        subdivide(title, owners.anna, signed={"version": 1})


def test_what_stops_a_division(owned, owners, subdivide, freeze, notice):
    """Must refuse to divide a frozen title, one that is being sold, and without a document."""
    frozen, sold = owned(owners.anna, area=1000), owned(owners.anna, ref="sold", area=1000)
    stands, until = freeze(frozen), notice(sold)
    with reverts("FreezeStands", frozen, stands):
        subdivide(frozen, owners.anna)
    with reverts("NoticeStands", sold, SALE, until):
        subdivide(sold, owners.anna)
    other = owned(owners.anna, ref="other", area=1000)
    with reverts("SourceMissing", other):
        subdivide(other, owners.anna, source=NO_SOURCE)


def test_burdens_go_to_every_part(
    titles, liens, registrar, owned, owners, subdivide, title_of, mortgage, lien_id, charge, grant, caveat
):
    """Must carry liens in their rank, leases and caveats to every part, and take them off the retired title."""
    title = owned(owners.anna, area=1000)
    first, second = mortgage(), mortgage(deedHash=keccak("second deed"), creditor=owners.other_bank.id)
    charge(title, first, owners.anna)
    charge(title, second, owners.anna)
    lease = (LEASE, owners.claimant.id, ZERO_ID, now() + 1000, keccak("a lease"))
    grant(title, lease, owners.anna)
    claim = caveat(title)
    tx = subdivide(title, owners.anna)
    ranked, leased = (lien_id(first), lien_id(second)), (str(liens.interestIdOf(lease)),)
    for ref in "AB":
        assert plain(liens.liensOf(title_of(ref))) == ranked
        assert plain(liens.interestsOf(title_of(ref))) == leased
        assert plain(titles.restrictionsOf(title_of(ref), CAVEAT)) == (claim,)
    carried = tx.events["EncumbrancesCarried"]
    assert [event["title"] for event in carried] == [title_of("A"), title_of("B")]
    assert all(plain(event["liens"]) == ranked and plain(event["interests"]) == leased for event in carried)
    assert plain(liens.liensOf(title)) == plain(liens.interestsOf(title)) == ()

    titles.cancelCaveat(claim, keccak("settled"), {"from": registrar})
    assert all(plain(titles.restrictionsOf(title_of(ref), CAVEAT)) == () for ref in "AB")


def test_ended_caveats_are_not_carried(titles, registrar, owned, owners, subdivide, title_of, caveat, freeze, court):
    """Must carry no caveat that was struck out, and no freeze that was lifted."""
    title = owned(owners.anna, area=1000)
    titles.cancelCaveat(caveat(title), keccak("settled"), {"from": registrar})
    titles.liftFreeze(freeze(title), keccak("lifted"), {"from": court})
    subdivide(title, owners.anna)
    assert plain(titles.restrictionsOf(title_of("A"), CAVEAT)) == ()
    assert plain(titles.restrictionsOf(title_of("A"), FREEZE)) == ()


def test_parts_where_a_register_moved_in(titles, land, stranger, owned, owners, subdivide, title_of):
    """Must ask for a proof of absence for every part."""
    title = owned(owners.anna, area=1000)
    land.migration.expect(GB, b"proof", {"from": stranger})
    with reverts("AbsenceUnproven", GB, title_of("A")):
        subdivide(title, owners.anna)
    with reverts("AbsenceUnproven", GB, title_of("B")):
        subdivide(title, owners.anna, absences=[b"proof", b""])
    with reverts("PartsRefused", 1):
        subdivide(title, owners.anna, absences=[b"proof"])
    subdivide(title, owners.anna, absences=[b"proof", b"proof"])


# ── Who signs ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def power(parties, stranger, owners, consents):
    """A power that Anna gave the attorney for an act; its id."""

    def given(act, subject):
        grant = {
            "principal": owners.anna.id,
            "attorney": owners.attorney.id,
            "act": act,
            "subject": subject,
            "priceFloor": 0,
            "currency": ZERO_ID,
            "until": now() + 1000,
        }
        nonce = next(numbers)
        signature = consents(parties, "GrantPower", grant, owners.anna, nonce=nonce)[0][4]
        sent = parties.grantPower((*grant.values(), nonce), NEVER, signature, {"from": stranger})
        return str(sent.events["PowerGranted"]["power"])

    numbers = itertools.count(77)
    return given


def test_by_power_of_attorney(owned, owners, subdivide, consents, titles, power):
    """Must let an attorney sign for a holder, within the power and no longer."""
    title, attorney = owned(owners.anna, area=1000), owners.attorney
    power_id = power("land.subdivide", title)

    def consent(act_title):
        message = {"title": act_title, "version": 1, "parts": _named(HALVES)}
        message |= {"sourceHash": SOURCE[0], "legalDate": SOURCE[1]}
        signed = consents(titles, "SubdivideTitle", message, attorney, nonce=3, party=owners.anna.id)[0]
        return [(power_id, attorney.id, *signed[2:])]

    other = owned(owners.anna, ref="other", area=1000)
    with reverts("PowerOutOfScope", power_id):
        subdivide(other, given=consent(other))
    subdivide(title, given=consent(title))
    assert titles.nonceUsed(attorney.id, 3)
    assert not titles.nonceUsed(owners.anna.id, 3)


def test_power_over_one_title_merges_no_other(titles, registrar, two, owners, consents, power):
    """Must ask an attorney for a power over all titles that merge: one over one title would swallow the others."""
    pair, whole = two(owners.anna), ("AB", GEOMETRY, 1000)
    together = "0x" + bytes(web3.keccak(b"".join(bytes.fromhex(title[2:]) for title in pair))).hex()
    message = {"titles": pair, "versions": [1, 1], "whole": _named([whole])[0]}
    message |= {"sourceHash": SOURCE[0], "legalDate": SOURCE[1]}
    signed = consents(titles, "MergeTitles", message, owners.attorney, party=owners.anna.id)[0]

    def merge_under(power_id):
        titles.merge(pair, whole, SOURCE, [(power_id, owners.attorney.id, *signed[2:])], b"", {"from": registrar})

    for title in pair:
        narrow = power("land.merge", title)
        with reverts("PowerOutOfScope", narrow):
            merge_under(narrow)
    merge_under(power("land.merge", together))


def test_attorney_without_power(owned, owners, subdivide, consents, titles):
    """Must not take an attorney's word that there is a power."""
    title = owned(owners.anna, area=1000)
    message = {"title": title, "version": 1, "parts": _named(HALVES), "sourceHash": SOURCE[0], "legalDate": SOURCE[1]}
    signed = consents(titles, "SubdivideTitle", message, owners.attorney, party=owners.anna.id)[0]
    with reverts("PowerUnknown", keccak("no power")):
        subdivide(title, given=[(keccak("no power"), owners.attorney.id, *signed[2:])])
    with reverts("SignatureInvalid", owners.anna.key.address):
        subdivide(title, given=[(ZERO_ID, owners.attorney.id, *signed[2:])])


def test_holder_without_wallet(
    parties, ids, identity_officer, second_identity_officer, titles, register, title_of, subdivide, digest_of
):
    """Must take two identity officers' attestation, and an empty signature, for a holder without a wallet."""
    record = keccak("an old lady")
    lady = str(parties.partyIdOf(ids.land, record))
    register(area=1000, shares=[(lady, 1)])
    title = title_of()
    message = {"title": title, "version": 1, "parts": _named(HALVES), "sourceHash": SOURCE[0], "legalDate": SOURCE[1]}
    digest = digest_of(titles, "SubdivideTitle", message | {"party": lady, "nonce": 0, "deadline": NEVER})
    given = [(ZERO_ID, ZERO_ID, 0, NEVER, b"")]
    with reverts("SignatureInvalid", ZERO_ADDRESS):
        subdivide(title, given=given)
    for officer in (identity_officer, second_identity_officer):
        parties.attest(ids.land, record, digest, keccak("her passport"), {"from": officer})
    subdivide(title, given=given)


def test_holder_under_recovery(
    parties, ids, identity_officer, second_identity_officer, owned, owners, subdivide, second_wallet, consents
):
    """Must refuse the signature of a wallet that is being recovered."""
    title, record = owned(owners.anna, area=1000), None
    for name in ("one holder", "another holder"):
        if str(parties.partyIdOf(ids.land, keccak(f"record of {name}"))) == owners.anna.id:
            record = keccak(f"record of {name}")
    message = {"wallet": second_wallet.address, "attempt": 1}
    new = type(owners.anna)(id=owners.anna.id, key=second_wallet)
    signature = consents(parties, "RecoverWallet", message, new)[0][4]
    arguments = (ids.land, record, second_wallet.address, keccak("evidence"), ZERO_ID, NEVER, signature)
    for officer in (identity_officer, second_identity_officer):
        parties.recover(*arguments, {"from": officer})
    with reverts("RecoveryPending", ...):
        subdivide(title, owners.anna)


# ── Merging ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_merged(titles, registrar, owners, two, merge, title_of):
    """Must retire the titles, enter the whole with their holders, and tell so."""
    pair = two()
    tx = merge(pair, owners.anna, owners.bert)
    held = tuple((owner.id, 1) for owner in (owners.anna, owners.bert))
    assert str(tx.return_value) == title_of("AB")
    assert plain(titles.titleOf(title_of("AB"))) == (GEOMETRY, 1000, 2, GB, 1, ABSOLUTE, held)
    assert tx.events["TitlesMerged"] == {"whole": title_of("AB"), "titles": tuple(pair)}
    entered = tx.events["TitleRegistered"]
    assert (entered["title"], entered["officer"]) == (title_of("AB"), registrar)
    assert all(titles.retired(title) for title in pair)
    with reverts("TitleIsRetired", pair[0]):
        merge(pair, owners.anna, owners.bert, whole=("again", GEOMETRY, 1000))


def test_divided_and_merged_again(titles, owned, owners, subdivide, merge, title_of):
    """Must merge what was divided into the same land under a new name, and no number of parts beyond 16."""
    title = owned(owners.anna, area=1600)
    subdivide(title, owners.anna, parts=[part(f"part {n}", 100) for n in range(16)])
    parts = sorted(title_of(f"part {n}") for n in range(16))
    with reverts("TitleIsRetired", title):
        merge(parts, owners.anna, whole=("landregistry-index:12345678", GEOMETRY, 1600))
    merge(parts, owners.anna, whole=("whole", GEOMETRY, 1600))
    assert titles.titleOf(title_of("whole"))["area"] == 1600


@pytest.mark.parametrize("count", [0, 1, 17])
def test_how_many(owned, owners, merge, count):
    """Must merge 2 to 16 titles."""
    titles = sorted(owned(owners.anna, ref=f"part {n}") for n in range(count))
    with reverts("PartsRefused", count):
        merge(titles, owners.anna)


def test_no_title_twice(owners, two, merge):
    """Must refuse titles out of order, and one that comes twice."""
    first, second = two()
    with reverts("TitleOrder", first):
        merge([second, first], owners.anna, owners.bert)
    with reverts("TitleOrder", first):
        merge([first, first], owners.anna, owners.bert, whole=("AA", GEOMETRY, 1200))


def test_lowest_grade(titles, registrar, entry, owned, owners, merge, title_of):
    """Must give the whole the lowest grade of its titles."""
    pair = [owned(owners.anna, ref=ref, area=500, grade=grade) for ref, grade in (("A", QUALIFIED), ("B", PROVISIONAL))]
    merge(sorted(pair), owners.anna)
    assert titles.titleOf(title_of("AB"))["grade"] == PROVISIONAL


def test_same_holders_in_same_shares(register, owners, merge, title_of, titles):
    """Must refuse other holders or other shares, and compare fractions, not denominators."""
    a, b = owners.anna.id, owners.bert.id
    register("halves", area=500, denominator=2, shares=[(a, 1), (b, 1)])
    register("fourths", area=500, denominator=4, shares=[(a, 2), (b, 2)])
    register("thirds", area=500, denominator=3, shares=[(a, 1), (b, 2)])
    register("annas", area=500, shares=[(a, 1)])
    for other in ("thirds", "annas"):
        pair = sorted((title_of("halves"), title_of(other)))
        with reverts("TitlesDiffer", *pair):
            merge(pair, owners.anna, owners.bert)
    merge(sorted((title_of("halves"), title_of("fourths"))), owners.anna, owners.bert)
    assert sum(share["numerator"] for share in titles.titleOf(title_of("AB"))["shares"]) in (2, 4)


def test_same_jurisdiction(titles, ids, root, registrar, entry, owned, owners, merge):
    """Must refuse titles of two jurisdictions."""
    sweden = jurisdiction("SE")
    titles.setRegister(sweden, ids.land, MIRROR, {"from": root})
    titles.register(sweden, entry("B", area=500, shares=[(owners.anna.id, 1)]), {"from": registrar})
    pair = sorted((owned(owners.anna, ref="A", area=500), str(titles.titleIdOf(sweden, "B"))))
    with reverts("TitlesDiffer", *pair):
        merge(pair, owners.anna)


@pytest.mark.parametrize("area", [999, 1001])
def test_whole_area(owners, two, merge, area):
    """Must refuse a whole with more or less land than its titles."""
    pair = two()
    with reverts("AreaNotConserved", 1000, area):
        merge(pair, owners.anna, owners.bert, whole=("AB", GEOMETRY, area))


def test_what_stops_a_merger(owners, two, merge, freeze, caveat, notice, titles, court, registrar):
    """Must refuse to merge what is frozen, claimed or being sold, and without a document."""
    pair = two()
    with reverts("SourceMissing", pair[0]):
        merge(pair, owners.anna, owners.bert, source=NO_SOURCE)
    stands = freeze(pair[1])
    with reverts("FreezeStands", pair[1], stands):
        merge(pair, owners.anna, owners.bert)
    titles.liftFreeze(stands, keccak("lifted"), {"from": court})
    claim = caveat(pair[1])
    with reverts("CaveatStands", pair[1], claim):
        merge(pair, owners.anna, owners.bert)
    titles.cancelCaveat(claim, keccak("settled"), {"from": registrar})
    until = notice(pair[0])
    with reverts("NoticeStands", pair[0], SALE, until):
        merge(pair, owners.anna, owners.bert)


@pytest.mark.parametrize(
    "changes",
    [
        {"titles": [keccak("a"), keccak("b")]},
        {"versions": [1, 2]},
        {"whole": _named([("AB", ZERO_ID, 1000)])[0]},
        {"sourceHash": ZERO_ID},
        {"legalDate": 0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_value_of_a_merger_is_signed(owners, two, merge, changes):
    """Must refuse a signature over anything else."""
    pair = two(owners.anna)
    with reverts("SignatureInvalid", owners.anna.key.address):
        merge(pair, owners.anna, signed=changes)


def test_same_liens_in_same_order(liens, owners, two, merge, charge, mortgage, lien_id, title_of):
    """Must refuse titles whose liens differ, or stand in another order, and carry those that agree."""
    first, second = two(owners.anna)
    one, other = mortgage(), mortgage(deedHash=keccak("second deed"))
    charge(first, one, owners.anna)
    with reverts("LiensDiffer", first, second):
        merge([first, second], owners.anna)
    charge(first, other, owners.anna)
    charge(second, other, owners.anna)
    charge(second, one, owners.anna)
    with reverts("LiensDiffer", first, second):
        merge([first, second], owners.anna)


def test_burdens_of_the_whole(liens, owners, two, merge, charge, grant, mortgage, lien_id, title_of):
    """Must carry the liens once, and the leases and easements of each title once."""
    first, second = two(owners.anna)
    for title in (first, second):
        charge(title, mortgage(), owners.anna)
    way = (EASEMENT, owners.bert.id, ZERO_ID, 0, keccak("a right of way"))
    lease = (LEASE, owners.claimant.id, ZERO_ID, now() + 1000, keccak("a lease"))
    grant(first, way, owners.anna)
    grant(second, lease, owners.anna)
    grant(second, way, owners.anna)
    tx = merge([first, second], owners.anna)
    whole, both = title_of("AB"), tuple(str(liens.interestIdOf(each)) for each in (way, lease))
    assert plain(liens.liensOf(whole)) == (lien_id(mortgage()),)
    assert plain(liens.interestsOf(whole)) == both
    event = tx.events["EncumbrancesCarried"]
    assert (event["title"], plain(event["liens"]), plain(event["interests"])) == (whole, (lien_id(mortgage()),), both)
    for title in (first, second):
        assert plain(liens.liensOf(title)) == plain(liens.interestsOf(title)) == ()


def test_whole_where_a_register_moved_in(land, stranger, owners, two, merge, title_of):
    """Must ask for a proof of absence of the whole."""
    pair = two(owners.anna)
    land.migration.expect(GB, b"proof", {"from": stranger})
    with reverts("AbsenceUnproven", GB, title_of("AB")):
        merge(pair, owners.anna)
    merge(pair, owners.anna, absence=b"proof")
