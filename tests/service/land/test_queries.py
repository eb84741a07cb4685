"""Answers about land: bounded pages, checked geometry, and how final each of them is."""

import json
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, update

from muniment.db.answers import Finality
from muniment.db.engine import reading, writing
from muniment.db.schema import checkpoints, events, geometries, registers, shares, titles, wallets
from muniment.hashing import keccak
from muniment.identity.queries import party
from muniment.land.geometry import canonical_geometry
from muniment.land.model import title_id
from muniment.land.queries import MAX_NEIGHBOURS, overview, search, title, title_of_ref

AGENCY, HOLDER, OTHER, OFFICER = "0x" + "a9" * 32, "0x" + "01" * 32, "0x" + "02" * 32, "0x" + "0f" * 20
BLOCK = {"block_hash": "0x" + "bb" * 32}


def enter(connection: Connection, ref: str, west: float = 10.0, block: int = 5, jurisdiction: str = "GB") -> str:
    """A registered title of two holders, as the indexer leaves it; return its id."""
    ring = [[west, 50], [west + 1e-4, 50], [west, 50.0001], [west, 50]]
    shape = canonical_geometry({"type": "Polygon", "coordinates": [ring]})
    sides = dict(zip(("west", "south", "east", "north"), shape.box, strict=True))
    known = connection.execute(geometries.select().where(geometries.c.geometry_hash == shape.hash)).first()
    if known is None:
        connection.execute(geometries.insert().values(geometry_hash=shape.hash, canonical=shape.text, **sides))
    name = title_id(jurisdiction, ref)
    row: dict[str, Any] = {
        "title": name, "jurisdiction": jurisdiction, "ref": ref, "agency": AGENCY, "geometry_hash": shape.hash,
        "area_dm2": shape.area_dm2, "grade": 1, "denominator": 3, "version": 1, "source_hash": "0x" + "00" * 32,
        "legal_date": 0, "officer": OFFICER, "registered_at": 1_000 + block, "tx_hash": "0x" + "77" * 32,
    }  # fmt: skip
    connection.execute(titles.insert().values(**row, block_number=block, **BLOCK))
    for place, (holder, numerator) in enumerate([(HOLDER, 1), (OTHER, 2)]):
        share = {"title": name, "holder": holder, "place": place, "numerator": numerator, "block_number": block}
        connection.execute(shares.insert().values(**share, **BLOCK))
    return name


@pytest.fixture
def read(any_database: Engine) -> Engine:
    """A chain read up to block 9, safe up to 6, final up to 3; on each engine in turn."""
    with writing(any_database) as connection:
        row = {"chain_id": 1, "genesis_hash": "0x0", "number": 9, "hash": "0x9", "time": 99}
        connection.execute(checkpoints.insert().values(**row, safe_number=6, finalized_number=3))
    return any_database


def test_every_answer_tells_how_final_it_is(read: Engine) -> None:
    """A row's block must be compared with what the chain calls safe and final."""
    with writing(read) as connection:
        names = [enter(connection, f"r{block}", block=block) for block in (3, 4, 6, 7)]
        found = [title(connection, name) for name in names]
    assert [one.finality if one else None for one in found] == [
        Finality.FINALIZED,
        Finality.SAFE,
        Finality.SAFE,
        Finality.INCLUDED,
    ]
    assert found[0] is not None
    assert found[0].as_of is not None
    assert found[0].as_of.number == 9


def test_before_anything_is_read_answers_are_empty(database: Engine) -> None:
    """Without a checkpoint nothing must be claimed, and nothing fail."""
    with reading(database) as connection:
        assert search(connection, "").as_of is None
        assert title(connection, "0x") is None
        assert overview(connection).titles == 0
        assert party(connection, HOLDER) is None


def test_a_title_answers_with_its_shares_register_and_history(read: Engine) -> None:
    """Shares must be exact fractions in their order, each with its wallet, and events stand oldest first."""
    with writing(read) as connection:
        name = enter(connection, "Gävle 1:1")
        connection.execute(
            registers.insert().values(jurisdiction="GB", agency=AGENCY, status=2, block_number=1, **BLOCK)
        )
        bound = {"party": OTHER, "wallet": OFFICER, "agency": AGENCY, "bound_at": 1, "tx_hash": "0x", "block_number": 2}
        connection.execute(wallets.insert().values(**bound, **BLOCK))
        for log in (4, 2):
            row = {"block_number": 5, "log_index": log, "time": 1, "tx_hash": "0x7", "contract": "C", "name": f"E{log}"}
            connection.execute(events.insert().values(**row, **BLOCK, subject=name, arguments="{}"))
        found = title_of_ref(connection, "GB", " Ga\u0308vle 1:1")
    assert found is not None
    assert [(str(share.part), share.wallet) for share in found.shares] == [("1/3", None), ("2/3", OFFICER)]
    assert (found.register_status.name, found.register_agency) == ("AUTHORITATIVE", AGENCY)
    assert ([line.name for line in found.history], found.history_length) == (["E2", "E4"], 2)


def test_an_altered_geometry_is_flagged_and_not_served(read: Engine) -> None:
    """Bytes that do not hash to the title's geometry hash must not be drawn, as a parcel or as a neighbour."""
    with writing(read) as connection:
        name, near = enter(connection, "a"), enter(connection, "b", 10.0002)
        before = title(connection, near)
        connection.execute(
            update(geometries)
            .where(geometries.c.west == 100_000_000)
            .values(canonical='{"type":"Polygon","coordinates":[]}')
        )
        altered, after = title(connection, name), title(connection, near)
    assert before is not None
    assert altered is not None
    assert after is not None
    assert [one.title for one in before.neighbours] == [name]
    assert (altered.geometry.state, altered.geometry.shape, altered.geometry.canonical) == ("altered", None, None)
    assert after.neighbours == ()


def test_a_geometry_that_is_not_published_is_told(read: Engine) -> None:
    """A title whose geometry the agency does not hold here must still be answered."""
    with writing(read) as connection:
        name = enter(connection, "a")
        connection.execute(geometries.delete())
        found = title(connection, name)
    assert found is not None
    assert (found.geometry.state, found.geometry.shape, found.neighbours) == ("missing", None, ())


def test_the_published_bytes_are_served_whole(read: Engine) -> None:
    """What is served must hash to the title's geometry hash, and the shape be the same bytes parsed."""
    with writing(read) as connection:
        found = title(connection, enter(connection, "a"))
    assert found is not None
    assert found.geometry.canonical is not None
    assert keccak(found.geometry.canonical.encode()) == found.geometry.hash
    assert found.geometry.shape == json.loads(found.geometry.canonical)


def test_neighbours_are_near_and_bounded(read: Engine) -> None:
    """At most 60 titles around a parcel must be given, the nearest first, and none from far away."""
    with writing(read) as connection:
        name = enter(connection, "middle")
        for number in range(MAX_NEIGHBOURS + 20):
            enter(connection, f"n{number}", 10.0001 + number * 1e-6)
        enter(connection, "far", 11)
        found = title(connection, name)
    assert found is not None
    assert [one.ref for one in found.neighbours] == [f"n{number}" for number in range(MAX_NEIGHBOURS)]


@pytest.mark.parametrize(
    ("text", "refs"),
    [
        ("", ["100%", "100x", "a_b", "aXb", "a\\b"]),
        ("100%", ["100%"]),
        ("a_b", ["a_b"]),
        ("\\", ["a\\b"]),
        ("axB", ["aXb"]),
        ("' OR 1=1 --", []),
        ("  100X ", ["100x"]),
    ],
)
def test_search_takes_every_sign_for_itself(read: Engine, text: str, refs: list[str]) -> None:
    """Wildcards and quotation marks must be searched for, not obeyed; case must not matter."""
    with writing(read) as connection:
        for number, ref in enumerate(("100%", "100x", "a_b", "aXb", "a\\b")):
            enter(connection, ref, 10 + number)
        assert sorted(line.ref for line in search(connection, text).lines) == sorted(refs)


def test_search_pages_are_bounded_and_complete(read: Engine) -> None:
    """Pages must not overlap, must hold everything, and no size must be taken that hurts."""
    with writing(read) as connection:
        for number in range(7):
            enter(connection, f"p{number}", 10 + number)
        pages = [search(connection, "p", page=page, size=3) for page in (1, 2, 3)]
        assert [line.ref for one in pages for line in one.lines] == [f"p{number}" for number in range(7)]
        assert (pages[0].page.total, pages[0].page.pages) == (7, 3)
        assert search(connection, "p", page=-5, size=10**9).page.size == 100
        assert search(connection, "p", page=10**30).lines == ()


def test_search_finds_ids_and_keeps_to_a_jurisdiction(read: Engine) -> None:
    """A title must be found by its id, and a jurisdiction leave the others out."""
    with writing(read) as connection:
        name = enter(connection, "a")
        enter(connection, "a", 11, jurisdiction="EE")
        assert [line.title for line in search(connection, name.upper().replace("0X", "0x")).lines] == [name]
        assert [line.jurisdiction for line in search(connection, "a", "EE").lines] == ["EE"]


def test_a_party_answers_with_what_it_holds(read: Engine) -> None:
    """A party's holdings must be exact and paged, whether or not it has a wallet."""
    with writing(read) as connection:
        for number in range(3):
            enter(connection, f"h{number}", 10 + number)
        found = party(connection, OTHER.upper().replace("0X", "0x"), size=2)
    assert found is not None
    assert (found.wallet, found.page.total) == (None, 3)
    assert [(line.ref, str(line.part)) for line in found.holdings] == [("h0", "2/3"), ("h1", "2/3")]


def test_the_overview_counts_what_stands(read: Engine) -> None:
    """Titles, holders and each register's titles must be counted from the read tables."""
    with writing(read) as connection:
        for number in range(3):
            enter(connection, f"o{number}", 10 + number, block=number + 1)
        for code in ("GB", "EE"):
            row = {"jurisdiction": code, "agency": AGENCY, "status": 1, "block_number": 1}
            connection.execute(registers.insert().values(**row, **BLOCK))
        found = overview(connection)
    assert (found.titles, found.holders, found.wallets) == (3, 2, 0)
    assert [(line.jurisdiction, line.titles) for line in found.registers] == [("EE", 0), ("GB", 3)]
    assert [line.ref for line in found.latest] == ["o2", "o1", "o0"]
