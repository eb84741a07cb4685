"""The four contracts know each other for good, and titles that moved in are asked for where they are kept."""

import pytest
from brownie import LienRegistry, TitleRegistry

from tests.contracts.helpers import ABSOLUTE, NO_GRADE, ZERO_ID, keccak, plain, reverts
from tests.contracts.land.conftest import GB, GEOMETRY, holder, shares

PROOF = b"a proof"


def test_wired(land, agencies, parties):
    """Must name the others, and they the titles."""
    assert land.titles.LIENS() == land.liens
    assert land.titles.MIGRATION() == land.migration
    assert land.titles.CONVEYANCE() == land.conveyance
    assert land.titles.PARTIES() == land.liens.PARTIES() == parties
    assert land.titles.AGENCIES() == land.liens.AGENCIES() == agencies
    assert land.liens.TITLES() == land.titles


@pytest.mark.parametrize("place", range(3))
def test_wrong_wires(land, agencies, parties, stranger, place):
    """Must refuse to be made beside a contract that works for another registry."""
    by = {"from": stranger}
    address = stranger.get_deployment_address(stranger.nonce + 3)
    liens = LienRegistry.deploy(agencies, parties, address, by)
    made = [liens, land.doubles.MigrationDouble.deploy(address, by), land.doubles.ConveyanceDouble.deploy(address, by)]
    made[place] = (land.liens, land.migration, land.conveyance)[place]
    with reverts("NotWired", made[place].address):
        TitleRegistry.deploy(agencies, parties, *made, by)


@pytest.fixture
def migrated(title_of):
    """A title as the register that moved in holds it."""

    def leaf(ref="old 1", **changes):
        fields = {
            "title": title_of(ref),
            "jurisdiction": GB,
            "geometryHash": GEOMETRY,
            "area": 500,
            "grade": ABSOLUTE,
            "denominator": 2,
            "shares": shares(1, 1),
            "liens": [],
            "interests": [],
        } | changes
        return tuple(fields.values())

    return leaf


@pytest.fixture
def admit(titles, land, stranger):
    """Admit a leaf that the migration double believes."""

    def done(leaf, proof=PROOF):
        land.migration.believe(leaf[0], PROOF, {"from": stranger})
        return titles.admit(leaf, proof, {"from": stranger})

    return done


def test_admitted(titles, admit, migrated, title_of):
    """Must write down what moved in at version 1, keep its geometry in the event alone, and tell so by anyone."""
    tx = admit(migrated())
    title = title_of("old 1")
    assert plain(titles.titleOf(title)) == (ZERO_ID, 500, 2, GB, 1, ABSOLUTE, tuple(shares(1, 1)))
    event = dict(tx.events["TitleAdmitted"])
    assert event | {"shares": plain(event["shares"])} == {
        "title": title,
        "jurisdiction": GB,
        "geometryHash": GEOMETRY,
        "area": 500,
        "grade": ABSOLUTE,
        "denominator": 2,
        "shares": tuple(shares(1, 1)),
    }
    assert len(tx.events) == 1


def test_admitted_with_its_burdens(liens, admit, migrated, title_of):
    """Must carry in liens in their rank, and leases."""
    burdens = [keccak("lien 2"), keccak("lien 1")]
    tx = admit(migrated(liens=burdens, interests=[keccak("a lease")]))
    assert plain(liens.liensOf(title_of("old 1"))) == tuple(burdens)
    assert plain(liens.interestsOf(title_of("old 1"))) == (keccak("a lease"),)
    event = tx.events["EncumbrancesCarried"]
    assert plain(event["liens"]) == tuple(burdens)
    assert plain(event["interests"]) == (keccak("a lease"),)


def test_admitted_once(titles, admit, migrated, register, title_of):
    """Must refuse what stands already, admitted or registered."""
    admit(migrated())
    with reverts("TitleExists", title_of("old 1")):
        admit(migrated())
    register("old 2")
    with reverts("TitleExists", title_of("old 2")):
        admit(migrated("old 2"))


def test_proof(titles, admit, migrated, title_of):
    """Must refuse what the migration does not believe."""
    with reverts("TitleUnproven", title_of("old 1")):
        admit(migrated(), b"another proof")


@pytest.mark.parametrize("gap", [{"geometryHash": ZERO_ID}, {"area": 0}, {"grade": NO_GRADE}])
def test_admitted_whole(admit, migrated, title_of, gap):
    """Must refuse a leaf without geometry, area or grade, though it is proven."""
    with reverts("EntryIncomplete", title_of("old 1")):
        admit(migrated(**gap))


def test_admitted_shares(admit, migrated, title_of):
    """Must refuse a leaf whose shares do not sum to one, though it is proven."""
    with reverts("SharesNotWhole", title_of("old 1"), 1, 2):
        admit(migrated(shares=[(holder(1), 1)]))


def test_absence(titles, land, registrar, stranger, entry, title_of):
    """Must ask for a proof of absence where a register moved in, one by one and in a batch."""
    land.migration.expect(GB, PROOF, {"from": stranger})
    by = {"from": registrar}
    with reverts("AbsenceUnproven", GB, title_of("new")):
        titles.register(GB, entry("new"), by)
    with reverts("AbsenceUnproven", GB, title_of("new")):
        titles.registerBatch(GB, [entry("new")], by)
    with reverts("AbsenceUnproven", GB, title_of("new")):
        titles.registerAbsent(GB, entry("new"), b"wrong", by)
    titles.registerAbsent(GB, entry("new"), PROOF, by)
    assert titles.exists(title_of("new"))


def test_burdens_come_from_the_titles_alone(liens, stranger, title_of):
    """Must let nobody but the title registry carry liens from title to title."""
    by = {"from": stranger}
    with reverts("NotTitles", stranger):
        liens.carryIn(title_of(), [keccak("a lien")], [], by)
    with reverts("NotTitles", stranger):
        liens.carryToParts(title_of(), [title_of("x")], by)
    with reverts("NotTitles", stranger):
        liens.carryToWhole([title_of()], title_of("x"), by)
