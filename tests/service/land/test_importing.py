"""Importing: all of a file's good parcels in one transaction, and nothing twice."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import Engine, func, select

from muniment.db.engine import migrate, open_engine, reading, writing
from muniment.db.schema import geometries, intents, parcels, party_records
from muniment.errors import Refused
from muniment.identity.model import commitment_of, party_id
from muniment.identity.sealing import Sealer, is_sealed
from muniment.land.importing import import_parcels
from muniment.land.kept import holders_of
from muniment.land.parcels import Options
from muniment.land.report import Report

ROOT = Path(__file__).resolve().parents[3]
AGENCY = "0x" + "a9" * 32
KEY = Fernet.generate_key()
SEALER = Sealer([KEY])
CITY = ROOT.parent / "shared" / "data" / "land" / "city-of-london.geojson"
needs_city = pytest.mark.skipif(not CITY.exists(), reason=f"the real parcels are not at {CITY}")


def parcel(ref: Any, west: float = 10.0, **more: Any) -> dict[str, Any]:
    """A feature with a square of about 70 m."""
    ring = [[west, 50], [west + 0.001, 50], [west + 0.001, 50.001], [west, 50.001], [west, 50]]
    properties = more.pop("properties", {})
    return {
        "type": "Feature",
        "id": ref,
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        **more,
    }


def collection(*features: Any, **members: Any) -> bytes:
    """A file of these features."""
    return json.dumps({"type": "FeatureCollection", **members, "features": features}).encode()


def take(database: Engine, content: bytes, dry_run: bool = False, **options: Any) -> Report:
    """Import a file for GB."""
    return import_parcels(database, "x.geojson", content, Options("GB", **options), AGENCY, SEALER, 1_000, dry_run)


def contents(database: Engine) -> list[list[Any]]:
    """Everything that an import writes."""
    with reading(database) as connection:
        return [
            sorted(map(tuple, connection.execute(select(table))))
            for table in (geometries, parcels, party_records, intents)
        ]


def names(report: Report) -> list[str]:
    """The reasons of the rejections, in the file's order."""
    return [rejection.error.name for rejection in report.rejected]


def test_a_parcel_is_stored_with_its_intent_and_its_party(database: Engine) -> None:
    """Parcel, geometry, salted party record and intent must come to be together, and agree."""
    report = take(database, collection(parcel(" Torp 1:1 ")))
    assert (report.features, len(report.queued), report.exit_code) == (1, 1, 0)
    with reading(database) as connection:
        row = connection.execute(select(parcels)).one()
        kept = connection.execute(select(party_records)).one()
        body = json.loads(connection.execute(select(intents.c.body)).scalar_one())
    assert row.ref == body["ref"] == "Torp 1:1"
    assert row.party == body["shares"][0]["holder"] == party_id(AGENCY, kept.commitment)
    assert kept.commitment == commitment_of(SEALER.unseal(kept.salt), SEALER.unseal(kept.record).encode())
    assert is_sealed(kept.salt)
    assert is_sealed(kept.record)
    assert (body["denominator"], body["area_dm2"], body["geometry_hash"]) == (1, row.area_dm2, row.geometry_hash)


def test_two_parcels_have_two_parties(database: Engine) -> None:
    """Titles whose holders are not named must not be linkable by a common party."""
    take(database, collection(parcel("a"), parcel("b", 11)))
    with reading(database) as connection:
        assert connection.execute(select(func.count(parcels.c.party.distinct()))).scalar_one() == 2


def test_running_it_again_changes_nothing(any_database: Engine) -> None:
    """The same file must find all its parcels there: no new row, no new salt, exit 0."""
    holders = [{"name": "Holder 1", "share": "1/3"}, {"commitment": "0x" + "c0" * 32, "share": "2/3"}]
    content = collection(parcel("a"), parcel("b", 11, properties={"holders": holders}))
    take(any_database, content)
    before = contents(any_database)
    report = take(any_database, content)
    assert (len(report.queued), len(report.unchanged), report.exit_code) == (0, 2, 0)
    assert contents(any_database) == before


@pytest.mark.parametrize("other", [parcel("a", 12), parcel("a", properties={"holders": [{"name": "Holder 9"}]})])
def test_changed_parcels_are_told_and_left_alone(database: Engine, other: dict[str, Any]) -> None:
    """A parcel that says something else than before must be reported, and the first must stand."""
    take(database, collection(parcel("a")))
    before = contents(database)
    report = take(database, collection(other))
    assert names(report) == ["ParcelChanged"]
    assert report.exit_code == 1
    assert contents(database) == before


def test_a_dry_run_writes_nothing(database: Engine) -> None:
    """With --dry-run the report must be that of the import, and the tables stay as they are."""
    report = take(database, collection(parcel("a"), parcel("a")), dry_run=True)
    assert (len(report.queued), names(report)) == (1, ["ReferenceTwice"])
    assert contents(database) == [[], [], [], []]


def test_good_features_go_on_beside_bad_ones(database: Engine) -> None:
    """Each kind of bad feature must be reported by its line and reason, and cost no other."""
    bowtie = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    features = [
        json.dumps(parcel("a")),
        json.dumps(parcel(None)),
        json.dumps(parcel("b", geometry=bowtie)),
        json.dumps(parcel("c", geometry={"type": "Polygon", "coordinates": []})),
        json.dumps(parcel("a", 11)),
        json.dumps(parcel("d", 400)),
        '{"type":"Feature",',
        json.dumps(parcel("x" * 101)),
        json.dumps({"type": "Thing"}),
        json.dumps(parcel("e", 13)),
    ]
    content = '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}"
    report = take(database, content.encode())
    assert [told.ref for told in report.queued] == ["a", "e"]
    assert [(told.line, told.error.name) for told in report.rejected] == [
        (3, "ReferenceMissing"),
        (4, "GeometryInvalid"),
        (5, "GeometryEmpty"),
        (6, "ReferenceTwice"),
        (7, "CoordinatesOutOfRange"),
        (8, "FeatureNotJson"),
        (9, "ReferenceRefused"),
        (10, "FeatureExpected"),
    ]
    assert (report.exit_code, report.features) == (2, 10)


def test_a_reference_whose_first_feature_was_bad_may_come_again(database: Engine) -> None:
    """A rejected feature must not block a good one of the same reference."""
    report = take(database, collection(parcel("a", geometry=None), parcel("a")))
    assert (names(report), len(report.queued)) == (["GeometryMissing"], 1)


@pytest.mark.parametrize(
    ("feature", "option", "ref"),
    [
        (parcel(7), None, "7"),
        (parcel(None, properties={"area": "landregistry-index:5"}), None, "landregistry-index:5"),
        (parcel(None, properties={"inspireId": "I1", "area": "A"}), None, "I1"),
        (parcel("id", properties={"parcel": "P"}), "parcel", "P"),
    ],
)
def test_references_are_found_where_agencies_put_them(
    database: Engine, feature: Any, option: str | None, ref: str
) -> None:
    """A reference must be read from the id, from the usual properties, or from the one that is named."""
    assert [told.ref for told in take(database, collection(feature), ref_property=option).queued] == [ref]


@pytest.mark.parametrize(
    "feature", [parcel(None, properties={"area": 512.5}), parcel(True), parcel(1.5), parcel(10**30), parcel([])]
)
def test_numbers_that_are_no_references_are_not_taken_for_one(database: Engine, feature: Any) -> None:
    """An area in square metres, a truth value or a fraction must not name a title."""
    assert take(database, collection(feature)).exit_code == 1


@pytest.mark.parametrize(
    ("holders", "name"),
    [
        ([{"name": "A", "share": "1/2"}], "SharesNotWhole"),
        ([{"name": "A", "share": "1/2"}, {"name": "B", "share": "1/0"}], "HoldersUnreadable"),
        ([{"name": "A"}, {"name": "B"}], "HoldersUnreadable"),
        ([{"share": "1/1"}], "HoldersUnreadable"),
        ([{"name": "A", "commitment": "0x" + "1" * 64}], "HoldersUnreadable"),
        ([{"commitment": "0x" + "0" * 64}], "HoldersUnreadable"),
        ([{"name": ""}], "HoldersUnreadable"),
        ({"name": "A"}, "HoldersUnreadable"),
        ([{"name": str(n), "share": "1/33"} for n in range(33)], "HoldersUnreadable"),
        ([{"commitment": "0x" + "1" * 64, "share": "1/2"}] * 2, "HolderTwice"),
    ],
)
def test_holders_that_make_no_whole_are_refused(database: Engine, holders: Any, name: str) -> None:
    """A title whose holders cannot be read, or whose shares are not one, must not be queued."""
    assert names(take(database, collection(parcel("a", properties={"holders": holders})))) == [name]


def test_shares_are_queued_exactly(database: Engine) -> None:
    """Three shares must reach the outbox over their common denominator, in ascending order of holder."""
    holders = [{"name": name, "share": share} for name, share in (("A", "1/2"), ("B", "1/3"), ("C", "1/6"))]
    take(database, collection(parcel("a", properties={"holders": holders})))
    with reading(database) as connection:
        body = json.loads(connection.execute(select(intents.c.body)).scalar_one())
        assert set(holders_of(connection, "GB", "a")) == {share["holder"] for share in body["shares"]}
    assert body["denominator"] == 6
    assert sorted(share["numerator"] for share in body["shares"]) == [1, 2, 3]
    assert [share["holder"] for share in body["shares"]] == sorted(share["holder"] for share in body["shares"])


def test_the_same_geometry_is_a_warning(database: Engine) -> None:
    """Several titles over one area must all be queued, and be named together."""
    report = take(database, collection(parcel("a"), parcel("b"), parcel("c", 11)))
    assert [[told.ref for told in group] for group in report.coincident] == [["a", "b"]]
    assert report.exit_code == 0


def test_one_name_on_two_titles_is_two_parties(database: Engine) -> None:
    """The same record must be salted anew for each title, or anybody could see that one person holds both."""
    holders = {"holders": [{"name": "Holder 1"}]}
    take(database, collection(parcel("a", properties=holders), parcel("b", 11, properties=holders)))
    with reading(database) as connection:
        kept = connection.execute(select(party_records)).all()
    assert len({SEALER.unseal(row.record) for row in kept}) == 1
    assert len({row.party for row in kept}) == len({SEALER.unseal(row.salt) for row in kept}) == 2
    assert len({row.record for row in kept}) == 2  # or the database alone would show it


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "NotGeoJson"),
        (collection(), "NoFeatures"),
        (b'{"type":"Feature","features":[1]}', "NotGeoJson"),
        (b'{"features":[1]}', "NotGeoJson"),
        (
            collection(parcel("a"), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}),
            "CrsRefused",
        ),
        (collection(parcel("a"), crs=None), "CrsRefused"),
        (
            json.dumps({"type": "FeatureCollection", "features": [parcel("a")], "crs": "EPSG:3006"}).encode(),
            "CrsRefused",
        ),
    ],
)
def test_files_that_cannot_be_used_are_refused_as_a_whole(database: Engine, content: bytes, name: str) -> None:
    """A file that is no collection, or in other coordinates, must change nothing and be told in one sentence."""
    with pytest.raises(Refused, match=name):
        take(database, content)
    assert contents(database) == [[], [], [], []]


@pytest.mark.parametrize("crs", ["urn:ogc:def:crs:OGC:1.3:CRS84", "EPSG:4326"])
def test_wgs84_by_name_is_read(database: Engine, crs: str) -> None:
    """A file that says that it is in WGS 84 must be read."""
    assert take(database, collection(parcel("a"), crs={"type": "name", "properties": {"name": crs}})).exit_code == 0


def test_a_key_in_use_is_told_and_costs_no_other(database: Engine) -> None:
    """A reference whose registration was asked for by another way must be reported, and write no parcel."""
    take(database, collection(parcel("a")))
    with writing(database) as connection:
        connection.execute(parcels.delete())
    report = take(database, collection(parcel("a"), parcel("b", 11)))
    assert (names(report), [told.ref for told in report.queued]) == (["KeyReused"], ["b"])
    assert len(contents(database)[1]) == 1


@pytest.mark.parametrize("delay", [0.0, 0.05, 0.15, 0.3, 0.6])
def test_killing_it_leaves_nothing_half_written(tmp_path: Path, delay: float) -> None:
    """After SIGKILL there must be all or nothing, and running it again must give the whole, once."""
    path = tmp_path / "many.geojson"
    path.write_bytes(collection(*(parcel(f"p{n}", n / 100) for n in range(1_200))))
    url = f"sqlite:///{tmp_path}/killed.db"
    database = open_engine(url)
    migrate(database)
    program = (
        "import sys; from pathlib import Path; from muniment.db.engine import open_engine;"
        "from muniment.land.importing import import_parcels; from muniment.land.parcels import Options;"
        "print('ready', flush=True);"
        "from muniment.identity.sealing import Sealer;"
        f"import_parcels(open_engine({url!r}), 'x', Path({str(path)!r}).read_bytes(), Options('GB'), {AGENCY!r},"
        f"Sealer([{KEY!r}]), 1,"
        "progress=lambda stage, done, total: stage == 'Writing' and print('writing', flush=True))"
    )
    run = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"
    assert run.stdout.readline() == "writing\n"
    time.sleep(delay)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    sizes = [len(table) for table in contents(database)]
    assert sizes in ([0] * 4, [1_200] * 4)
    report = take(database, path.read_bytes())
    assert len(report.good) == 1_200
    assert [len(table) for table in contents(database)] == [1_200] * 4
    database.dispose()


@needs_city
@pytest.mark.parametrize(("repair", "accepted", "rejected", "slivers"), [(False, 3_617, 86, 32), (True, 3_695, 8, 34)])
def test_the_city_of_london(database: Engine, repair: bool, accepted: int, rejected: int, slivers: int) -> None:
    """Of the real file, each polygon must be taken or rejected as docs/import.md says, and again the same way."""
    for run in range(2):
        report = take(database, CITY.read_bytes(), repair=repair)
        assert (report.features, len(report.good), len(report.rejected)) == (3_703, accepted, rejected)
        assert len(report.unchanged) == (accepted if run else 0)
        assert report.exit_code == 2
    assert len(report.slivers) == slivers
    assert (len(report.coincident), sum(map(len, report.coincident))) == (28, 64)
    assert len(report.repaired) == (78 if repair else 0)
    assert max((abs(told.geometry.repaired_by_dm2 or 0) for told in report.repaired), default=0) == (
        52 if repair else 0
    )


def test_the_example_is_whole_and_is_what_its_program_draws(database: Engine) -> None:
    """The made-up municipality must be drawn by its own program, and be taken without a word."""
    example = ROOT / "examples" / "municipality.geojson"
    sys.path.insert(0, str(ROOT))
    try:
        from examples.draw_municipality import draw
    finally:
        sys.path.remove(str(ROOT))
    assert draw() == example.read_text(encoding="utf-8")
    report = take(database, example.read_bytes())
    assert (report.exit_code, len(report.queued), report.coincident, report.slivers) == (0, 210, [], [])
    assert {len(told.holders) for told in report.queued} == {1, 2, 3}
    assert any('"MultiPolygon"' in told.geometry.text for told in report.queued)
