"""`court_order`: what a court's officer does alone, and what takes two registrars; money and sales are not touched."""

import json
from typing import Any

import pytest
from eth_utils import keccak

from tests.scripts.office import COLLEAGUE, COURT, FRESH, ZERO, Office
from tests.scripts.tools import REGISTRAR, STRANGER

GB, REF = b"GB".ljust(8, b"\0"), "Torp 1:1"
GEOMETRY = keccak(text="geometry")
ALICE, BORIS = sorted((keccak(text="Alice"), keccak(text="Boris")))
NAMED = ("--title", REF, "--jurisdiction", "GB")
ORDER = ("--order", "order.pdf", "--yes")
HASH = keccak(text="the order")
BY_COURT, BY_COLLEAGUE = ("--officer", COURT), ("--officer", COLLEAGUE)


def hexed(word: bytes) -> str:
    """Bytes as hex."""
    return "0x" + word.hex()


@pytest.fixture
def title(office: Office) -> bytes:
    """A title of Alice and Boris, half each, and an order on file."""
    (office.shell.folder / "order.pdf").write_text("the order")
    functions = office.contract("TitleRegistry").functions
    entry = (REF, GEOMETRY, 65_000, 3, 2, [(ALICE, 1), (BORIS, 1)], keccak(text="deed"), 0)
    office.send(functions.register(GB, entry), REGISTRAR)
    return bytes(functions.titleIdOf(GB, REF).call())


def order(office: Office, *words: str, status: int = 0) -> str:
    """Run the command."""
    return office.shell.run("court_order", *words, status=status)


def told(office: Office, *words: str) -> dict[str, Any]:
    """What the command says in JSON."""
    return json.loads(order(office, *words, "--json").splitlines()[-1])


def standing(office: Office) -> dict[str, Any]:
    """How the title stands."""
    return told(office, "status", *NAMED)


def test_a_court_freezes_and_lifts(office: Office, title: bytes) -> None:
    """Must freeze once for one order, by a court's officer alone, and lift that freeze; a new one takes a new order."""
    freeze = ("freeze", *NAMED, *ORDER)
    assert "ScopeMissing" in order(office, *freeze, status=1)
    assert "is no officer" in order(office, *freeze, "--officer", STRANGER, status=1)
    assert hexed(HASH) in order(office, *freeze, *BY_COURT, "--dry-run")
    assert standing(office)["freezes"] == []
    made = told(office, *freeze, *BY_COURT)
    assert (made["sent"], made["title"]) == (True, hexed(title))
    assert standing(office)["freezes"] == [made["freeze"]]
    assert told(office, *freeze, *BY_COURT)["stands"]

    transmit = ("transmit", *NAMED, *ORDER, "--kind", "court", "--share", hexed(ALICE))
    assert "FreezeStands" in order(office, *transmit, status=1)
    (office.shell.folder / "second.pdf").write_text("release it")
    lift = ("lift", *NAMED, "--order", "second.pdf", "--yes")
    assert "The contract refuses: OtherAgency" in order(office, *lift, status=1)
    assert told(office, *lift, *BY_COURT)["sent"]
    assert standing(office)["freezes"] == []
    assert "has no freeze" in order(office, *lift, *BY_COURT, status=1)
    assert told(office, "lift", "--freeze", made["freeze"], *ORDER, *BY_COURT)["stands"]
    assert "takes a new order" in order(office, *freeze, *BY_COURT, status=1)


def test_two_registrars_pass_a_title_on(office: Office, title: bytes) -> None:
    """Must record with the first registrar and pass the title with the second, who is shown shares before and after."""
    shares = ("--share", hexed(BORIS) + "=2/3", "--share", hexed(ALICE) + "=1/3")
    transmit = ("transmit", *NAMED, "--kind", "inheritance", *shares, "--date", "2026-03-01", *ORDER)
    first = told(office, *transmit)
    assert first["sent"]
    assert first["id"] == standing(office)["pending"][0]["id"]
    assert "another officer" in order(office, "confirm", "--yes", status=1)
    assert "too fresh" in fresh(office)
    assert standing(office)["shares"] == {hexed(ALICE): "1/2", hexed(BORIS): "1/2"}

    (office.shell.folder / "other.pdf").write_text("another order")
    said = order(office, "confirm", *BY_COLLEAGUE, "--order", "other.pdf", "--yes", status=1)
    assert f"named the order {hexed(HASH)}" in said
    said = order(office, "confirm", *BY_COLLEAGUE, "--order", "order.pdf", "--yes")
    assert f"Holders    {hexed(ALICE)} 1/2, {hexed(BORIS)} 1/2" in said
    assert f"Becomes    {hexed(ALICE)} 1/3, {hexed(BORIS)} 2/3" in said
    assert "Effect     2026-03-01" in said
    assert standing(office)["shares"] == {hexed(ALICE): "1/3", hexed(BORIS): "2/3"}
    assert standing(office)["pending"] == []
    assert told(office, *transmit)["stands"]


def fresh(office: Office) -> str:
    """What a registrar of today is told."""
    office.accredit(FRESH)
    return order(office, "confirm", "--officer", FRESH, "--yes", status=1)


def test_a_changed_title_makes_an_act_stale(office: Office, title: bytes) -> None:
    """Must not pass a title on that changed after the first registrar looked at it; withdrawn acts are gone."""
    order(office, "transmit", *NAMED, "--kind", "divorce", "--share", hexed(ALICE), *ORDER)
    functions = office.contract("TitleRegistry").functions
    source = (HASH, 0)
    for key in (REGISTRAR, COLLEAGUE):
        office.send(functions.transmit(title, 1, 1, [(BORIS, 1)], source), key)
    assert "is stale" in order(office, "confirm", *BY_COLLEAGUE, "--yes", status=1)
    assert standing(office)["shares"] == {hexed(BORIS): "1/1"}
    assert "Done in block" in order(office, "withdraw", "--yes")
    assert standing(office)["pending"] == []


def test_two_registrars_rectify(office: Office, title: bytes) -> None:
    """Must change only what is named, take geometry and area from a parcel's file, and say what changes."""
    parcel = {"type": "Polygon", "coordinates": [[[0, 0], [0.001, 0], [0.001, 0.001], [0, 0.001], [0, 0]]]}
    (office.shell.folder / "parcel.json").write_text(json.dumps({"type": "Feature", "geometry": parcel}))
    rectify = ("rectify", *NAMED, "--geometry", "parcel.json", "--grade", "qualified", *ORDER)
    order(office, *rectify)
    said = order(office, "confirm", *BY_COLLEAGUE, "--yes")
    assert "Area       650.00 m² becomes 12,3" in said
    assert "Grade      absolute becomes qualified" in said
    assert "Holders" not in said
    present = office.contract("TitleRegistry").functions.titleOf(title).call()
    assert (present.grade, present.version, present.denominator) == (2, 2, 2)
    assert present.geometryHash != GEOMETRY
    assert told(office, *rectify)["stands"]


def test_two_registrars_enter_and_discharge_a_lien(office: Office, title: bytes) -> None:
    """Must charge the title with a court's lien, and release it by its id, its terms read from the chain or a file."""
    enter = ("enter-lien", *NAMED, "--kind", "court", "--creditor", hexed(ALICE), "--amount", "120000", *ORDER)
    first = told(office, *enter, "--currency", "SEK")
    assert standing(office)["liens"] == []
    said = order(office, "confirm", *BY_COLLEAGUE, "--yes")
    assert "Amount     120,000 of the smallest unit of SEK" in said
    assert "Rank       1, behind all others" in said
    assert standing(office)["liens"] == [first["lien"]]
    assert told(office, *enter, "--currency", "SEK")["stands"]

    terms = {"kind": "court", "creditor": hexed(ALICE), "amount": "120000", "currency": "SEK", "deed_hash": hexed(HASH)}
    (office.shell.folder / "terms.json").write_text(json.dumps(terms | {"amount": "1"}))
    release = ("discharge-lien", *NAMED, "--lien", first["lien"], *ORDER)
    assert "not those of the lien" in order(office, *release, "--terms", "terms.json", status=1)
    (office.shell.folder / "terms.json").write_text(json.dumps(terms))
    order(office, *release, "--terms", "terms.json")
    assert "Rank       1 of 1" in order(office, "confirm", *BY_COLLEAGUE, "--yes")
    assert standing(office)["liens"] == []
    assert told(office, *release)["stands"]
    unknown = ("discharge-lien", *NAMED, "--lien", hexed(ZERO), *ORDER)
    assert "pass --terms" in order(office, *unknown, status=1)


def test_two_registrars_enter_and_end_a_lease(office: Office, title: bytes) -> None:
    """Must enter a lease and an easement that an order made, and end each."""
    lease = ("--kind", "lease", "--beneficiary", hexed(ALICE), "--until", "2090-01-01")
    functions = office.contract("TitleRegistry").functions
    office.send(functions.register(GB, ("Torp 1:2", GEOMETRY, 100, 3, 1, [(BORIS, 1)], HASH, 0)), REGISTRAR)
    easement = ("--kind", "easement", "--serves", hexed(functions.titleIdOf(GB, "Torp 1:2").call()))
    nowhere = ("--kind", "easement", "--serves", hexed(HASH))
    assert "There is no title" in order(office, "enter-interest", *NAMED, *nowhere, *ORDER, status=1)
    entered = []
    for kind in (lease, easement):
        entered.append(told(office, "enter-interest", *NAMED, *kind, *ORDER)["interest"])
        order(office, "confirm", *BY_COLLEAGUE, "--yes")
        assert standing(office)["interests"] == entered
    for interest in list(entered):
        end = ("end-interest", *NAMED, "--interest", interest, *ORDER)
        order(office, *end)
        order(office, "confirm", *BY_COLLEAGUE, "--yes")
        entered.remove(interest)
        assert standing(office)["interests"] == entered
        assert told(office, *end)["stands"]


def test_a_registrar_strikes_a_caveat_out(office: Office, title: bytes) -> None:
    """Must strike out a caveat, once, and take no freeze for one."""
    functions = office.contract("TitleRegistry").functions
    office.send(functions.enterCaveat(title, ALICE, office.now() + 86_400, keccak(text="a claim")), REGISTRAR)
    (caveat,) = standing(office)["caveats"]
    cancel = ("cancel-caveat", "--caveat", caveat, *ORDER)
    assert "Claimant   " + hexed(ALICE) in order(office, *cancel, "--dry-run")
    assert told(office, *cancel)["sent"]
    assert standing(office)["caveats"] == []
    assert told(office, *cancel)["stands"]
    frozen = told(office, "freeze", *NAMED, *ORDER, *BY_COURT)["freeze"]
    assert "There is no caveat" in order(office, "cancel-caveat", "--caveat", frozen, *ORDER, status=1)


def test_refuses_what_makes_no_sense(office: Office, title: bytes) -> None:
    """Must say in a sentence what is wrong with title, shares, amounts and orders, and send nothing."""
    height = office.node.height()
    share, transmit = ("--share", hexed(ALICE)), ("transmit", *NAMED, "--kind", "court")
    for words, sentence in (
        (("freeze", "--title", REF, *ORDER), "pass --jurisdiction"),
        (("freeze", *NAMED, "--order", "missing.pdf", "--yes"), "cannot be read"),
        (("freeze", *NAMED, "--order", hexed(ZERO), "--yes"), "not zero"),
        (("lift", *ORDER), "Say which freeze"),
        ((*transmit, *share, *share, *ORDER), "comes twice"),
        ((*transmit, "--share", hexed(ALICE) + "=1/2", *ORDER), "sum to 1/2"),
        ((*transmit, "--share", hexed(ALICE) + "=x", *ORDER), "is no share"),
        ((*transmit, *share, "--date", "2026-02-30", *ORDER), "is no time"),
        (("rectify", *NAMED, "--area", "0", *ORDER), "is no area"),
        (("rectify", *NAMED, "--geometry", "order.pdf", *ORDER), "is no GeoJSON"),
        (("enter-interest", *NAMED, "--kind", "lease", *ORDER), "either a --beneficiary"),
    ):
        assert sentence in order(office, *words, status=2)
    unknown = ("freeze", "--title", hexed(ZERO), *ORDER, *BY_COURT)
    assert "There is no title" in order(office, *unknown, status=1)
    elsewhere = ("freeze", "--title", hexed(title), "--jurisdiction", "SE", *ORDER, *BY_COURT)
    assert "is of GB, not of SE" in order(office, *elsewhere, status=1)
    assert told(office, "status", "--title", hexed(title), "--jurisdiction", "GB")["title"] == hexed(title)
    assert office.node.height() == height
