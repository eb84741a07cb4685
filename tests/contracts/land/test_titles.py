"""Titles: entered once, completely, and told in one event from which all of it can be rebuilt."""

import pytest
from eth_abi import encode
from eth_utils import keccak as keccak_bytes

from tests.contracts.helpers import ABSOLUTE, MIRROR, NO_GRADE, PROVISIONAL, ZERO_ID, jurisdiction, plain, reverts
from tests.contracts.land.conftest import GB, holder, shares

U64 = 2**64 - 1
REF = "landregistry-index:12345678"


@pytest.mark.parametrize("ref", [REF, "Gävle Torp 1:1", "x", "y" * 100])
def test_id_is_derived_from_land(titles, ref):
    """Must be the hash that the interface states, the same in every register and its successors."""
    words = [keccak_bytes(text="Muniment.Title.v1"), bytes.fromhex(GB[2:]), keccak_bytes(ref.encode())]
    expected = "0x" + keccak_bytes(encode(["bytes32", "bytes8", "bytes32"], words)).hex()
    assert str(titles.titleIdOf(GB, ref)) == expected


def test_registered(titles, ids, registrar, register, title_of):
    """Must store the title as entered, at version 1, and tell everything in one event."""
    tx = register(REF, shares=shares(1))
    title = title_of(REF)
    assert str(tx.return_value) == title
    assert titles.exists(title)
    assert plain(titles.titleOf(title)) == ("0x" + "ab" * 32, 1_234_567, 1, GB, 1, ABSOLUTE, ((holder(1), 1),))
    event = dict(tx.events["TitleRegistered"])
    assert event | {"shares": plain(event["shares"])} == {
        "title": title,
        "jurisdiction": GB,
        "agency": ids.land,
        "officer": registrar,
        "ref": REF,
        "geometryHash": "0x" + "ab" * 32,
        "area": 1_234_567,
        "grade": ABSOLUTE,
        "denominator": 1,
        "shares": ((holder(1), 1),),
        "sourceHash": "0x" + "cd" * 32,
        "legalDate": 20_260_401,
    }
    assert len(tx.events) == 1


def test_extreme_values(titles, register, title_of):
    """Must store the largest and the smallest values of every packed field apart from each other."""
    register("big", area=U64, denominator=U64, shares=[(holder(1), 1), ("0x" + "ff" * 32, U64 - 1)])
    big = titles.titleOf(title_of("big"))
    assert plain(big) == (
        "0x" + "ab" * 32,
        U64,
        U64,
        GB,
        1,
        ABSOLUTE,
        ((holder(1), 1), ("0x" + "ff" * 32, U64 - 1)),
    )
    register("small", area=1, grade=PROVISIONAL, sourceHash=ZERO_ID, legalDate=0)
    small = titles.titleOf(title_of("small"))
    assert plain(small)[:6] == ("0x" + "ab" * 32, 1, 1, GB, 1, PROVISIONAL)


def test_registered_once(register, title_of):
    """Must refuse a title that exists, whatever else the entry says."""
    register()
    with reverts("TitleExists", title_of()):
        register(area=1, shares=shares(1))


def test_jurisdictions_are_apart(titles, ids, root, registrar, register, entry):
    """Must let two jurisdictions use one reference for different land."""
    sweden = jurisdiction("SE")
    titles.setRegister(sweden, ids.land, MIRROR, {"from": root})
    register()
    titles.register(sweden, entry(), {"from": registrar})
    assert titles.titleOf(titles.titleIdOf(sweden, REF))["jurisdiction"] == sweden


def test_reference_length(register):
    """Must take references of 1 to 100 bytes, counted in UTF-8."""
    register("ä" * 50)
    for ref in ("", "x" * 101, "ä" * 51):
        with reverts("ReferenceRefused", len(ref.encode())):
            register(ref)


@pytest.mark.parametrize("gap", [{"geometryHash": ZERO_ID}, {"area": 0}, {"grade": NO_GRADE}])
def test_entry_is_complete(register, title_of, gap):
    """Must refuse an entry without geometry, area or grade."""
    with reverts("EntryIncomplete", title_of()):
        register(**gap)


def test_unknown_grade(register):
    """Must refuse a grade that the law does not know."""
    with pytest.raises(Exception, match="revert"):
        register(grade=ABSOLUTE + 1)


def test_unknown_title(titles, title_of):
    """Must refuse to show what was never registered."""
    assert not titles.exists(title_of())
    with reverts("TitleUnknown", title_of()):
        titles.titleOf(title_of())
