"""What stands on titles at a moment: by time, by lien, by root; as the handlers leave it, on each engine."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from muniment.chain.events import Event
from muniment.db.engine import reading, writing
from muniment.db.rows import RowMissing
from muniment.db.schema import mentions, migration_roots, published_terms, title_liens, title_references
from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak
from muniment.land.encumbrances import lien, liens_held, liens_of
from muniment.land.model import RestrictionKind, RootStatus, lien_id, title_id
from muniment.land.project import HANDLERS
from muniment.land.queries import holdings, search, title
from muniment.land.roots import roots_of
from muniment.land.standing import MOST_LINES, check_free, restrictions_of
from tests.service.projecting import TIME, event, project, rows_of

GB = "0x4742000000000000"
FARM, BANK, ANNA, SALE, OFFICER = (keccak(name) for name in (b"farm", b"bank", b"anna", b"sale", b"officer"))
DEED, ORDER = keccak(b"deed"), keccak(b"order")
EURO = "0x" + b"EUR".ljust(32, b"\0").hex()
LIEN = {"kind": 1, "creditor": BANK, "amount": 2**256 - 1, "currency": EURO, "deedHash": DEED}


def registered(name: str = FARM, ref: str = "farm", **changes: Any) -> Event:
    """A title that Anna holds."""
    given = {
        "title": name, "jurisdiction": GB, "agency": "0xa", "officer": "0xf", "ref": ref, "geometryHash": DEED,
        "area": 2**64 - 1, "grade": 1, "denominator": 1, "shares": [{"holder": ANNA, "numerator": 1}],
        "sourceHash": ZERO_HASH, "legalDate": 0,
    }  # fmt: skip
    return event("TitleRegistry", "TitleRegistered", **{**given, **changes})


def admitted(name: str = FARM) -> Event:
    """A title that moved in."""
    shares = [{"holder": ANNA, "numerator": 1}]
    given = {"title": name, "jurisdiction": GB, "geometryHash": DEED, "area": 5, "grade": 2, "denominator": 1}
    return event("TitleRegistry", "TitleAdmitted", **given, shares=shares)


def of(name: str, block: int = 7, title: str = FARM, **arguments: Any) -> Event:
    """An event of the title registry about a title."""
    return event("TitleRegistry", name, block, title=title, **arguments)


def about(name: str, block: int = 7, **arguments: Any) -> Event:
    """An event of the lien registry."""
    return event("LienRegistry", name, block, **arguments)


def moved(name: str, block: int = 7, number: int = 1, **arguments: Any) -> Event:
    """An event of the migration about a root."""
    return event("TitleMigration", name, block, jurisdiction=GB, number=number, **arguments)


def proposed(number: int = 1) -> Event:
    """A root that takes effect 100 seconds after its block."""
    register = {
        "root": DEED, "count": 2**64 - 1, "first": "0x1", "last": "0x2", "leavesHash": "0x3", "predecessor": ZERO_HASH,
    }  # fmt: skip
    made = {"root": DEED, "officer": "0xf", "readyAt": TIME + 184, "register": register}
    return moved("RootProposed", number=number, **made)


def test_time_ends_caveats_and_notices(any_database: Engine) -> None:
    """A caveat and a notice must stand until their last second and no longer, a freeze until it is lifted."""
    until = TIME + 500
    project(
        any_database,
        HANDLERS,
        registered(),
        of("CaveatEntered", caveat="0xc", claimant=BANK, officer="0xf", until=until, sourceHash=DEED),
        of("NoticeSet", sale=SALE, until=until),
        of("TitleFrozen", freeze="0xd", court="0xe", officer="0xf", order=ORDER),
    )
    with reading(any_database) as connection:
        for now, standing in ((until, ["FreezeStands", "CaveatStands", "NoticeStands"]), (until + 1, ["FreezeStands"])):
            found = title(connection, FARM, now)
            assert found is not None
            assert [one.name for one in found.obstacles] == standing
            (line,) = search(connection, "farm", now=now).lines
            (held,) = holdings(connection, ANNA, now=now).lines
            expected = (True, now == until, now == until)
            assert (line.frozen, line.caveat, line.notice) == (held.frozen, held.caveat, held.notice) == expected
            assert len(restrictions_of(connection, FARM, RestrictionKind.CAVEAT, now).ended) == (now > until)
    lifted = of("FreezeLifted", 8, freeze="0xd", officer="0xf", order=ORDER)
    project(any_database, HANDLERS, lifted, of("NoticeCleared", 8, sale=SALE))
    with reading(any_database) as connection:
        found = title(connection, FARM, until)
        assert found is not None
        assert (found.notice, found.freezes, found.caveats, found.conveyable) == (None, 0, 1, False)
        (ended,) = restrictions_of(connection, FARM, RestrictionKind.FREEZE, until).ended
        assert (ended.lifted_by, ended.lifted_source, ended.lifted_at) == ("0xf", ORDER, TIME + 96)


def test_a_freeze_behind_many_that_were_lifted(any_database: Engine) -> None:
    """However many restrictions began and ended since, one that still stands must stand in the way."""
    stands = of("TitleFrozen", freeze="0xstands", court="0xe", officer="0xf", order=ORDER)
    project(any_database, HANDLERS, registered(), stands)
    for number in range(MOST_LINES):
        name = f"0x{number:x}"
        frozen = of("TitleFrozen", 8, freeze=name, court="0xother", officer="0xf", order=ORDER)
        project(any_database, HANDLERS, frozen, of("FreezeLifted", 8, freeze=name, officer="0xf", order=ORDER))
    with reading(any_database) as connection:
        found = title(connection, FARM, TIME + 500)
        assert found is not None
        assert (found.freezes, found.conveyable) == (1, False)
        with pytest.raises(Refused, match="FreezeStands"):
            check_free(connection, FARM, TIME + 500, RestrictionKind.FREEZE)


def test_a_sale_passes_the_title_and_uses_its_notice_up(any_database: Engine) -> None:
    """The buyers must hold it, the sellers nothing, and what it rests on be the bill of sale."""
    halves = [{"holder": BANK, "numerator": 1}, {"holder": SALE, "numerator": 1}]
    sold = {"version": 2, "denominator": 2, "shares": halves, "sourceHash": ORDER, "legalDate": 20_260_701}
    project(any_database, HANDLERS, registered(), of("NoticeSet", sale=SALE, until=2**40 - 1))
    project(any_database, HANDLERS, of("TitleConveyed", 8, sale=SALE, **sold))
    with reading(any_database) as connection:
        found = title(connection, FARM, TIME)
        assert found is not None
        assert [share.holder for share in found.shares] == [BANK, SALE]
        assert (found.version, found.source_hash, found.legal_date, found.notice) == (2, ORDER, 20_260_701, None)
        assert (found.tx_hash, found.block_number, found.officer) == ("0xt8", 8, "0xf")
        assert holdings(connection, ANNA).lines == ()


def test_terms_of_a_lien_that_moved_in(any_database: Engine) -> None:
    """Nobody can know them but by its id; published, they must be told, and an assignment outlast a new entry."""
    name = lien_id(LIEN)
    project(
        any_database,
        HANDLERS,
        admitted(),
        about("EncumbrancesCarried", title=FARM, liens=[ORDER, name], interests=[DEED]),
    )
    with reading(any_database) as connection:
        found = liens_of(connection, FARM)
        assert [(line.lien, line.rank, line.kind, line.holder) for line in found.liens] == [
            (ORDER, 1, None, None),
            (name, 2, None, None),
        ]
        admission = title(connection, FARM)
        assert admission is not None
        assert (admission.ref, admission.ref_published, admission.origin) == (FARM, False, "admitted")
    with writing(any_database) as connection:
        connection.execute(
            insert(published_terms).values(id=name, terms=json.dumps({**LIEN, "amount": str(2**256 - 1)}))
        )
        connection.execute(insert(title_references).values(title=FARM, jurisdiction="GB", ref="Old farm 1:1"))
    with reading(any_database) as connection:
        told = liens_of(connection, FARM).liens[1]
        assert (told.amount, told.creditor, told.holder, told.currency_text) == (2**256 - 1, BANK, BANK, "EUR")
        assert [line.ref for line in search(connection, "old FARM").lines] == ["Old farm 1:1"]
    project(any_database, HANDLERS, about("LienAssigned", 8, lien=name, **{"from": BANK, "to": ANNA}))
    discharged = about("LienDischarged", 9, title=FARM, lien=name, officer=ZERO_ADDRESS, source=ZERO_HASH)
    project(any_database, HANDLERS, discharged)
    terms = {name: LIEN[name] for name in ("creditor", "kind", "amount", "currency", "deedHash")}
    entered = {"title": FARM, "lien": name, **terms, "rank": 2, "legalDate": 0, "by": "0xf", "sale": SALE}
    project(any_database, HANDLERS, about("LienEntered", 10, **entered))
    with reading(any_database) as connection:
        (line,) = liens_held(connection, ANNA).lines
        assert (line.rank, line.end, line.sale, line.amount) == (2, None, SALE, 2**256 - 1)
        answer = lien(connection, name)
        assert answer is not None
        assert answer.holder == ANNA
        assert lien(connection, DEED) is None


def test_a_lien_that_stands_nowhere_is_an_error(database: Engine) -> None:
    """A discharge of what no event entered must stop the reader, not pass."""
    discharged = about("LienDischarged", title=FARM, lien=ORDER, officer="0xf", source=ORDER)
    with pytest.raises(RowMissing):
        project(database, HANDLERS, registered(), discharged)
    assert rows_of(database, title_liens) == []


def test_roots_by_time_and_by_their_end(any_database: Engine) -> None:
    """A root must be pending, then in effect; frozen in between; withdrawn, refuted or annulled for good."""
    project(any_database, HANDLERS, *(proposed(number) for number in range(1, 5)))

    def statuses(now: int) -> list[RootStatus]:
        with reading(any_database) as connection:
            return [root.status for root in roots_of(connection, "GB", now).roots]

    assert statuses(TIME + 183) == [RootStatus.PENDING] * 4
    assert statuses(TIME + 184) == [RootStatus.IN_EFFECT] * 4
    project(
        any_database,
        HANDLERS,
        moved("RootFrozen", 8, freeze="0xa", court="0xc", officer="0xf", order=ORDER),
        moved("RootWithdrawn", 8, number=2, officer="0xf"),
        moved("RootRefuted", 8, number=3, index=2**63, by="0x9"),
        moved("RootAnnulled", 8, number=4, officer="0xf", order=ORDER),
    )
    ends = [RootStatus.WITHDRAWN, RootStatus.REFUTED, RootStatus.ANNULLED]
    assert statuses(TIME + 10_000) == [RootStatus.FROZEN, *ends]
    assert rows_of(any_database, migration_roots)[2]["end_index"] == 2**63
    lifted = moved("RootFreezeLifted", 9, freeze="0xa", officer="0xf", order=ORDER, readyAt=TIME + 1_000)
    project(any_database, HANDLERS, lifted)
    assert statuses(TIME + 999) == [RootStatus.PENDING, *ends]
    assert statuses(TIME + 1_000) == [RootStatus.IN_EFFECT, *ends]
    with reading(any_database) as connection:
        (stop,) = roots_of(connection, "GB", TIME).roots[0].freezes
        assert (stop.court, stop.lifted_order) == ("0xc", ORDER)
        assert roots_of(connection, "GB", TIME).roots[0].count == 2**64 - 1


def test_who_is_mentioned(any_database: Engine) -> None:
    """A merged title, and one out of the roots, must find the event in its history though another is its subject."""
    north, south = title_id("GB", "north"), title_id("GB", "south")
    project(any_database, HANDLERS, registered(north, "north"), registered(south, "south"), registered())
    merged = event("TitleRegistry", "TitlesMerged", 8, whole=FARM, titles=[north, south])
    released = event("TitleMigration", "TitleReleased", 9, jurisdiction=GB, title=SALE, officer="0xf", order=ORDER)
    project(any_database, HANDLERS, merged, released)
    assert {(row["subject"], row["event_block"]) for row in rows_of(any_database, mentions)} == {
        (north, 8),
        (south, 8),
        (SALE, 9),
    }
    with reading(any_database) as connection:
        whole, part = title(connection, FARM), title(connection, north)
        assert whole is not None
        assert part is not None
        assert [one.ref for one in whole.parents] == ["north", "south"]
        assert (part.retired_by, part.version, part.shares) == ("merger", 2, ())
        assert [one.name for one in part.obstacles] == ["TitleIsRetired"]


def test_a_part_carries_the_caveats_that_stand(any_database: Engine) -> None:
    """By the time of the block that divides: one whose time is over must stay behind, and so must one withdrawn."""
    until = {"0xc": TIME + 96, "0xd": TIME + 95, "0xe": TIME + 500}
    entered = [
        of("CaveatEntered", caveat=name, claimant=BANK, officer="0xf", until=last, sourceHash=DEED)
        for name, last in until.items()
    ]
    withdrawn = of("CaveatWithdrawn", caveat="0xe", officer=ZERO_ADDRESS, sourceHash=ZERO_HASH)
    part = title_id("GB", "part")
    divided = of("TitleSubdivided", 8, version=2, parts=[part])
    project(any_database, HANDLERS, registered(), *entered, withdrawn, registered(part, "part"), divided)
    with reading(any_database) as connection:
        (carried,) = restrictions_of(connection, part, RestrictionKind.CAVEAT, TIME).standing
        assert carried.restriction == "0xc"
        assert restrictions_of(connection, part, RestrictionKind.CAVEAT, TIME).ended == ()
