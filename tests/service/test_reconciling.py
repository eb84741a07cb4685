"""The agency's tables against the chain: every way in which they come apart, and a report that can be trusted."""

import json
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from sqlalchemy import Engine, Table, delete, insert, select, update

from muniment.chain.typed_data import signed_by
from muniment.db.engine import open_engine, reading, writing
from muniment.db.schema import checkpoints, geometries, intents, parcels, party_records, shares, titles
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.land.importing import import_parcels
from muniment.land.model import Entry, Grade, Share, entry_of, jurisdiction_bytes, whole_shares
from muniment.land.parcels import Options
from muniment.land.project import HANDLERS
from muniment.reconciling import Scope, check_signed, digest_of, reconcile, repair, sign
from muniment.sentences import catalogue
from tests.service.projecting import event, project
from tests.service.test_cli import EXAMPLE, Cli, on_chain

__all__ = ["on_chain"]

AGENCY, OFFICER, OTHER = keccak(b"agency"), "0x" + "0f" * 20, keccak(b"other")


class Plain:
    """Seals nothing."""

    def seal_or_none(self, text: str | None) -> str | None:
        """As it is."""
        return text

    unseal_or_none = seal_or_none


def entries_of(store: Engine) -> list[Entry]:
    """What the agency asked for."""
    with reading(store) as connection:
        return [entry_of(json.loads(body)) for body in connection.execute(select(intents.c.body)).scalars()]


def registered(store: Engine, entry: Entry) -> None:
    """The chain has it."""
    given = {
        "title": entry.title, "jurisdiction": "0x" + jurisdiction_bytes(entry.jurisdiction).hex(), "agency": AGENCY,
        "ref": entry.ref, "geometryHash": entry.geometry_hash, "area": entry.area_dm2, "grade": int(entry.grade),
        "denominator": entry.denominator, "sourceHash": entry.source_hash, "legalDate": entry.legal_date,
        "officer": OFFICER, "shares": [{"holder": s.holder, "numerator": s.numerator} for s in entry.shares],
    }  # fmt: skip
    project(store, HANDLERS, event("TitleRegistry", "TitleRegistered", **given))


@pytest.fixture
def content() -> bytes:
    """An agency's file of three parcels."""
    lines = Path(EXAMPLE).read_text(encoding="utf-8").splitlines()[:4]
    return ("\n".join(lines).rstrip(",") + "\n]}").encode()


@pytest.fixture
def agency(any_database: Engine, content: bytes) -> Engine:
    """Three parcels were imported; the chain was read, and has nothing."""
    import_parcels(any_database, "f", content, Options("GB"), AGENCY, Plain(), 5)  # type: ignore[arg-type]
    row = {"chain_id": 1, "genesis_hash": "0x0", "number": 9, "hash": "0x" + "99" * 32, "time": 99}
    with writing(any_database) as connection:
        connection.execute(insert(checkpoints).values(**row, safe_number=6, finalized_number=3))
    return any_database


@pytest.fixture
def equal(agency: Engine) -> Engine:
    """The chain has all three."""
    for entry in entries_of(agency):
        registered(agency, entry)
    with writing(agency) as connection:
        connection.execute(update(intents).values(state="finalized"))
    return agency


def never() -> Any:
    """Nothing of the chain is asked."""
    raise AssertionError


def report_of(store: Engine, **scope: Any) -> dict[str, Any]:
    """The report."""
    return reconcile(store, never, never, Scope(**scope), 77)


def names(report: dict[str, Any]) -> list[str]:
    """The names of all that differs."""
    return [one["difference"].removeprefix("Differs") for one in report["differences"]]


def test_equal(equal: Engine) -> None:
    """What was registered as it was asked for must be equal, and all of it be counted."""
    report = report_of(equal)
    assert (report["equal"], report["differences"], report["jurisdictions"]) == (True, [], ["GB"])
    assert report["compared"]["parcels"] == report["compared"]["titles"] == 3
    assert report["as_of"]["number"] == 9


def test_before_anything_was_read(any_database: Engine) -> None:
    """Without a block there must be no report, rather than one that says all is missing."""
    with pytest.raises(Refused, match="NothingRead"):
        report_of(any_database)


@pytest.mark.parametrize(
    ("state", "name", "how"),
    [
        ("queued", "Pending", "wait"),
        ("broadcast", "Pending", "wait"),
        ("parked", "Stopped", "person"),
        ("refused", "Stopped", "queue"),
        ("finalized", "Lost", "person"),
    ],
)
def test_not_on_the_chain(agency: Engine, state: str, name: str, how: str) -> None:
    """A parcel without a title must be told with how its request stands, and who can mend it."""
    with writing(agency) as connection:
        connection.execute(update(intents).values(state=state, reason='{"error":"RegisterUnknown"}'))
    report = report_of(agency)
    assert names(report) == [name] * 3
    assert {one["repair"] for one in report["differences"]} == {how}


def test_without_a_request(agency: Engine) -> None:
    """A parcel whose request was lost must be told as such."""
    with writing(agency) as connection:
        connection.execute(delete(intents))
    assert names(report_of(agency)) == ["Unqueued"] * 3


def change(table: Table, **values: Any) -> Callable[[Engine, Entry], None]:
    """A change of the row of the entry's title, geometry or party."""

    def done(store: Engine, entry: Entry) -> None:
        keys = {titles: (titles.c.title, entry.title), geometries: (geometries.c.geometry_hash, entry.geometry_hash),
                party_records: (party_records.c.party, entry.shares[0].holder)}  # fmt: skip
        column, value = keys[table]
        with writing(store) as connection:
            connection.execute(update(table).where(column == value).values(**values))

    return done


def conveyed(store: Engine, entry: Entry) -> None:
    """Somebody else holds it now."""
    denominator, parts = whole_shares([(OTHER, Fraction(1, 2)), (entry.shares[0].holder, Fraction(1, 2))])
    with writing(store) as connection:
        connection.execute(update(titles).where(titles.c.title == entry.title).values(denominator=denominator))
        connection.execute(delete(shares).where(shares.c.title == entry.title))
        for place, part in enumerate(parts):
            row = {"title": entry.title, "holder": part.holder, "numerator": part.numerator, "place": place}
            connection.execute(insert(shares).values(**row, block_number=7, block_hash="0x7"))


def lost(store: Engine, entry: Entry) -> None:
    """The agency's row is gone."""
    with writing(store) as connection:
        connection.execute(delete(parcels).where(parcels.c.title == entry.title))


@pytest.mark.parametrize(
    ("happened", "name"),
    [
        (change(titles, area_dm2=1), "Area"),
        (change(titles, grade=3), "Grade"),
        (change(titles, geometry_hash="0x" + "11" * 32), "Geometry"),
        (change(titles, retired_at=9, retired_by="division"), "Retired"),
        (change(titles, ref="another's"), "Read"),
        (change(geometries, canonical="{}"), "Bytes"),
        (change(party_records, commitment=keccak(b"x")), "Party"),
        (conveyed, "Holders"),
        (lost, "Unknown"),
    ],
)
def test_each_difference(equal: Engine, happened: Callable[[Engine, Entry], None], name: str) -> None:
    """Each must be found by itself, be about the right title, and be told in whole sentences."""
    entry = entries_of(equal)[1]
    happened(equal, entry)
    report = report_of(equal)
    (one,) = report["differences"]
    assert one["difference"] == f"Differs{name}"
    assert one["subject"] in (entry.title, entry.shares[0].holder)
    assert one["sentence"].endswith(".")
    assert "?" not in one["sentence"]


def test_sources(equal: Engine, content: bytes) -> None:
    """A source that titles name must be among the agency's files, where these are given."""
    assert report_of(equal, sources=[keccak(content), keccak(b"another")])["equal"]
    (one,) = report_of(equal, sources=[keccak(b"another")])["differences"]
    assert (one["difference"], one["titles"], one["source"]) == ("DiffersSource", 3, keccak(content))


def test_other_jurisdictions_are_left_out(equal: Engine) -> None:
    """Only the jurisdictions asked for must be compared."""
    registered(equal, Entry("SE", "a", "0x" + "11" * 32, 5, Grade.ABSOLUTE, 1, (Share(OTHER, 1),)))
    assert report_of(equal)["equal"]
    assert names(report_of(equal, jurisdictions=["SE"])) == ["Unknown"]


def test_repair(agency: Engine) -> None:
    """What was refused must be queued again once, what waits for a person be left."""
    with writing(agency) as connection:
        connection.execute(update(intents).values(state="refused", reason='{"error":"RegisterUnknown"}'))
        parked = connection.execute(select(intents.c.key).order_by(intents.c.id).limit(1)).scalar_one()
        connection.execute(update(intents).where(intents.c.key == parked).values(state="parked"))
    report = report_of(agency)
    assert len(repair(agency, report, 78)) == 2
    assert repair(agency, report, 79) == []
    assert sorted(names(report_of(agency))) == ["Pending", "Pending", "Stopped"]


def test_a_signed_report(equal: Engine) -> None:
    """Whoever has the report must see who signed it, and any change of it."""
    report = report_of(equal)
    assert check_signed(report) is None
    account = Account.create()
    sign(report, account.address, partial(signed_by, account))
    read = json.loads(json.dumps(report))
    assert check_signed(read) == account.address.lower()
    with pytest.raises(Refused, match="ReportAltered"):
        check_signed({**read, "equal": False})
    with pytest.raises(Refused, match="ReportAltered"):
        check_signed({**(other := {**read, "equal": False}), "digest": digest_of(other)})
    with pytest.raises(Refused, match="ReportAltered"):
        check_signed({**read, "signature": {**read["signature"], "key": OFFICER}})
    for broken in ({}, {"digest": 1}, {**read, "signature": {}}, {**read, "signature": "0x"}):
        with pytest.raises(Refused, match=r"Report\w+"):
            check_signed(broken)


def test_findings_name_what_the_catalogue_has() -> None:
    """Every name that the comparisons use must have a sentence."""
    root = Path(__file__).resolve().parents[2] / "muniment"
    for path in (root / "land" / "reconciling.py", root / "documents" / "reconciling.py"):
        used = {word.split('"')[0] for word in path.read_text().split('"')[1::2] if word.startswith("Differs")}
        assert used
        assert used <= set(catalogue("en"))


def test_on_a_chain(on_chain: Cli, content: bytes) -> None:
    """Against the contracts themselves all must be equal, until either side is changed; the exit code tells."""
    path = on_chain.folder / "few.geojson"
    path.write_bytes(content)
    assert on_chain.json("reconcile", code=1)["error"] == "NothingRead"
    on_chain.json("land", "import", str(path), "--jurisdiction", "GB")
    on_chain.json("work", "--until-idle", "--timeout", "200")
    words = ("reconcile", "--chain", "--source", str(path), "-o", "report.json")
    report = on_chain.json(*words, "--sign")
    assert (report["equal"], report["compared"]["titles on chain"]) == (True, 3)
    assert on_chain.json("reconcile", "--verify", "report.json")["key"] == report["signature"]["key"]
    assert on_chain.json(*words, "--sample", "2")["compared"]["titles on chain"] == 2

    store = open_engine(on_chain.env["MUNIMENT_DATABASE_URL"])
    with writing(store) as connection:
        connection.execute(update(titles).where(titles.c.title == report_title(store)).values(version=2))
    (one,) = on_chain.json(*words, code=2)["differences"]
    assert (one["difference"], one["subject"]) == ("DiffersRead", report_title(store))
    assert on_chain.run(*words).returncode == 2
    assert on_chain.json("reconcile")["equal"]  # the contracts were not asked
    name = report_title(store)
    with writing(store) as connection:
        ref = connection.execute(select(parcels.c.ref).where(parcels.c.title == name)).scalar_one()
        connection.execute(update(titles).where(titles.c.title == name).values(version=1, ref="0"))
        connection.execute(update(parcels).where(parcels.c.title == name).values(ref="0"))
    (one,) = on_chain.json(*words, code=2)["differences"]
    assert (one["difference"], one["subject"]) == ("DiffersRead", name)
    with writing(store) as connection:
        connection.execute(update(parcels).where(parcels.c.title == name).values(ref=ref))
    with writing(store) as connection:
        connection.execute(delete(titles).where(titles.c.title == report_title(store)))
    found = on_chain.json(*words, code=2)
    assert sorted(names(found)) == ["Lost", "Read"]
    on_chain.json("index", "rebuild", "--yes")
    assert on_chain.json(*words)["equal"]


def report_title(store: Engine) -> str:
    """The title of the first parcel."""
    with reading(store) as connection:
        return str(connection.execute(select(parcels.c.title).order_by(parcels.c.ref).limit(1)).scalar_one())
