"""`migrate_register`: the tree from an agency's file; its root proposed by two, stopped, refuted, annulled."""

import json
from hashlib import sha256
from typing import Any

import pytest
from eth_utils import keccak

from muniment.access.model import agency_named
from muniment.identity.model import party_id
from muniment.land.geometry import canonical_geometry
from muniment.land.migration.build import as_published
from tests.scripts.office import COLLEAGUE, COURT, DAY, DOMAIN, Office
from tests.scripts.tools import REGISTRAR

ORDER = ("--order", "order.pdf", "--yes")
SECOND = ("confirm", "--officer", COLLEAGUE, "--yes")
GB = ("--jurisdiction", "GB")
ONE = ("--root", "1")
WINDOW = 30 * DAY
COMMITMENTS = ["0x" + keccak(text=name).hex() for name in ("Alice", "Boris")]
HOLDERS = [party_id(agency_named(DOMAIN), commitment) for commitment in COMMITMENTS]
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [0.001, 0], [0.001, 0.001], [0, 0.001], [0, 0]]]}


def lines(count: int = 5) -> list[dict[str, Any]]:
    """Titles as an agency would write them down, in no order."""
    shares = [[HOLDERS[0], 1], [HOLDERS[1], 2]]
    canonical = canonical_geometry(SQUARE)
    record = {"geometry_hash": canonical.hash, "area_dm2": canonical.area_dm2, "grade": "absolute", "denominator": 3}
    return [{"ref": f"Torp 1:{number}", **record, "shares": shares} for number in range(count)]


def migrate(office: Office, *words: str, status: int = 0) -> str:
    """Run the command."""
    return office.shell.run("migrate_register", *words, status=status)


def told(office: Office, *words: str) -> dict[str, Any]:
    """What the command says in JSON."""
    return json.loads(migrate(office, *words, "--json").splitlines()[-1])


def built(office: Office, titles: list[dict[str, Any]] | None = None, name: str = "register.jsonl") -> dict[str, Any]:
    """What build says of a file of JSON lines."""
    given = lines() if titles is None else titles
    (office.shell.folder / name).write_text("".join(json.dumps(one) + "\n" for one in given))
    (office.shell.folder / "order.pdf").write_text("the order")
    return told(office, "build", name, *GB)


@pytest.fixture
def proposed(office: Office) -> dict[str, Any]:
    """A register that two registrars proposed."""
    made = built(office)
    migrate(office, "propose", made["tree"], "--yes")
    migrate(office, *SECOND, "--leaves", made["jsonl"])
    return made


def state(office: Office) -> str:
    """How the first root stands."""
    return str(told(office, "status", *GB)["roots"][0]["status"])


def test_builds_the_same_tree_from_every_format(office: Office) -> None:
    """Must make one root of JSON lines, CSV and GeoJSON, beside the file whose SHA-256 it names; without a node."""
    office.shell.env["MUNIMENT_LOCAL_RPC_URL"] = "http://127.0.0.1:1"
    made, folder = built(office), office.shell.folder
    assert (made["count"], made["jurisdiction"]) == (5, "GB")
    assert made["leaves_hash"] == "0x" + sha256((folder / made["jsonl"]).read_bytes()).hexdigest()
    assert made["tree"] == f"GB-{made['root'][2:18]}.tree"
    assert not list(folder.glob(".migration-*"))

    titles = lines()
    shares = f"{HOLDERS[0]}=1/3;{HOLDERS[1]}=2/3"
    rows = [f"{one['ref']},{one['geometry_hash']},{one['area_dm2']},3,{shares},," for one in reversed(titles)]
    table = "ref,geometry_hash,area_dm2,grade,shares,liens,interests\n" + "\n".join(rows) + "\n"
    (folder / "register.csv").write_text(table)
    features = [
        {"type": "Feature", "id": one["ref"], "geometry": SQUARE}
        | {"properties": {"holders": [{"commitment": COMMITMENTS[n], "share": f"{n + 1}/3"} for n in (0, 1)]}}
        for one in titles
    ]
    (folder / "register.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    for words in (("register.csv",), ("register.geojson", "--agency", DOMAIN)):
        other = told(office, "build", *words, *GB, "--into", "elsewhere")
        assert (other["root"], other["leaves_hash"]) == (made["root"], made["leaves_hash"])

    retired = [*titles, {"ref": "Torp 2:1"}]
    (folder / "register.csv").write_text(table + "Torp 2:1,,,,,,\n")
    assert told(office, "build", "register.csv", *GB)["root"] == built(office, retired)["root"]


def test_names_every_fault_of_a_file_and_writes_nothing(office: Office) -> None:
    """Must say line by line what is wrong, and leave nothing half done."""
    folder, sound = office.shell.folder, lines(1)[0]
    faulty = [
        *(sound, sound | {"area_dm2": 1.5}, sound | {"shares": [[HOLDERS[0], 1]]}, {"shares": [[HOLDERS[0], 1]]}),
        *([], sound | {"grade": "best"}, sound | {"liens": ["0x12"]}, sound | {"ref": ""}),
    ]
    (folder / "bad.jsonl").write_text("".join(json.dumps(one) + "\n" for one in faulty) + "{\n")
    said = migrate(office, "build", "bad.jsonl", *GB, status=2)
    assert [number for number in range(1, 10) if f"bad.jsonl:{number}: " in said] == list(range(2, 10))
    (folder / "bad.csv").write_text("ref,geometry_hash,area_dm2,grade,shares\nTorp 1:1,0x12\nTorp 1:2,,,,half\n")
    said = migrate(office, "build", "bad.csv", *GB, status=2)
    assert "bad.csv:2: the line has more or fewer columns" in said
    assert "bad.csv:3: “half” is no share" in said
    (folder / "bad.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "id": "a", "geometry": SQUARE}]})
    )
    assert "has holders with their commitments" in migrate(office, "build", "bad.geojson", *GB, status=2)
    (folder / "twice.jsonl").write_text(f"{json.dumps(sound)}\n" * 2)
    assert "occurs twice" in migrate(office, "build", "twice.jsonl", *GB, status=1)
    (folder / "none.jsonl").write_text("")
    assert "no titles to move" in migrate(office, "build", "none.jsonl", *GB, status=1)
    assert "cannot be read" in migrate(office, "build", "absent.jsonl", *GB, status=2)
    assert "by its name's end" in migrate(office, "build", "register.xlsx", *GB, status=2)
    assert not [*folder.glob("GB-*"), *folder.glob(".migration-*")]


def test_two_registrars_propose_a_root_that_takes_effect(office: Office) -> None:
    """Must propose with both, the second from the published file, and let the root take effect after the window."""
    made, folder = built(office), office.shell.folder
    first = told(office, "propose", made["tree"], "--yes")
    assert first["sent"]
    assert first["root"] == made["root"]
    assert told(office, "status", *GB)["roots"] == []
    (folder / "other.jsonl").write_text((folder / made["jsonl"]).read_text() + " ")
    assert "has the SHA-256" in migrate(office, *SECOND, "--leaves", "other.jsonl", status=1)
    said = migrate(office, *SECOND, "--leaves", made["jsonl"])
    assert "Titles     5, from 0x" in said
    assert f"SHA-256 {made['leaves_hash'][2:]}" in said
    (root,) = told(office, "status", *GB)["roots"]
    assert (root["status"], root["count"], root["root"]) == ("pending", 5, made["root"])
    assert told(office, "propose", made["tree"], "--yes")["stands"]

    successor = built(office, lines(6))
    told(office, "propose", successor["tree"], "--predecessor", made["root"], "--yes")
    assert "confirmed with --leaves" in migrate(office, *SECOND, status=2)
    said = migrate(office, *SECOND, "--leaves", successor["jsonl"])
    assert f"Continues  the root {made['root']}" in said
    assert "Beside     the roots 1" in said
    office.wait(WINDOW)
    assert [one["status"] for one in told(office, "status", *GB)["roots"]] == ["in effect", "in effect"]


def test_refuses_a_broken_tree(office: Office) -> None:
    """Must reckon every hash anew before anything is proposed, and send nothing."""
    made, height = built(office), office.node.height()
    path = office.shell.folder / made["tree"]
    content = bytearray(path.read_bytes())
    content[-40] ^= 1
    path.write_bytes(content)
    assert "is not the whole and unchanged file" in migrate(office, "propose", made["tree"], "--yes", status=1)
    path.write_bytes(b"")
    assert "cannot be used" in migrate(office, "propose", made["tree"], "--yes", status=1)
    assert office.node.height() == height


def test_a_registrar_takes_a_root_back(office: Office, proposed: dict[str, Any]) -> None:
    """Must take back a pending root, once, and none that took effect."""
    assert "has no root 2" in migrate(office, "withdraw-root", *GB, "--root", "2", "--yes", status=1)
    snapshot = office.node.call("evm_snapshot")
    assert told(office, "withdraw-root", *GB, *ONE, "--yes")["sent"]
    assert (state(office), told(office, "withdraw-root", *GB, *ONE, "--yes")["stands"]) == ("withdrawn", True)
    office.node.call("evm_revert", snapshot)
    office.wait(WINDOW)
    assert "RootTookEffect" in migrate(office, "withdraw-root", *GB, *ONE, "--yes", status=1)


def test_courts_stop_a_root_and_registrars_annul_it(office: Office, proposed: dict[str, Any]) -> None:
    """Must stop a root by a court's officer, lift that, and annul a stopped one that took effect by two registrars."""
    court = ("--officer", COURT)
    assert "ScopeMissing" in migrate(office, "freeze", *GB, *ONE, *ORDER, status=1)
    office.wait(WINDOW)
    freeze = told(office, "freeze", *GB, *ONE, *ORDER, *court)["freeze"]
    assert state(office) == "frozen"
    assert told(office, "freeze", *GB, *ONE, *ORDER, *court)["stands"]
    lift = ("lift", "--freeze", freeze, *ORDER, *court)
    assert told(office, *lift)["sent"]
    assert told(office, *lift)["stands"]
    assert state(office) == "in effect"
    assert "takes a new order" in migrate(office, "freeze", *GB, *ONE, *ORDER, *court, status=1)

    annul = ("annul", *GB, *ONE, *ORDER)
    assert "AnnulmentRefused" in migrate(office, *annul, status=1)
    (office.shell.folder / "second.pdf").write_text("another order")
    migrate(office, "freeze", *GB, *ONE, "--order", "second.pdf", "--yes", *court)
    migrate(office, *annul)
    assert "named the order" in migrate(office, *SECOND, "--order", "second.pdf", status=1)
    migrate(office, *SECOND, "--order", "order.pdf")
    assert state(office) == "annulled"
    assert told(office, *annul)["stands"]


def test_two_registrars_release_a_title(office: Office, proposed: dict[str, Any]) -> None:
    """Must take one title out of the roots, by its reference, with two registrars."""
    release = ("release", *GB, "--title", "Torp 1:1", *ORDER)
    title = told(office, *release)["title"]
    migrate(office, *SECOND)
    functions = office.contract("TitleMigration").functions
    assert functions.released(b"GB".ljust(8, b"\0"), title).call()
    assert told(office, *release)["stands"]


def test_anyone_refutes_a_file_that_is_out_of_order(office: Office, proposed: dict[str, Any]) -> None:
    """Must prove two neighbours out of order from the published file; refuse for one in order, or another."""
    refute = ("refute", *GB, "--leaves", proposed["jsonl"], "--yes")
    assert "nothing to refute" in migrate(office, *refute, *ONE, status=1)

    folder = office.shell.folder
    sound = (folder / proposed["jsonl"]).read_text().splitlines(keepends=True)
    (folder / "swapped.jsonl").write_text("".join([sound[0], sound[2], sound[1], *sound[3:]]))
    with as_published("GB", folder / "swapped.jsonl", folder / "swapped.tree") as tree:
        moved = (tree.root, tree.count, tree.title_id(0), tree.title_id(-1), tree.leaves_hash, bytes(32))
        edges = tree.edges()
    propose = office.contract("TitleMigration").functions.propose(b"GB".ljust(8, b"\0"), moved, edges)
    office.send(propose, REGISTRAR)
    said = migrate(office, *SECOND, "--leaves", "swapped.jsonl", status=1)
    assert "lines 2 and 3 are out of order" in said
    office.send(propose, COLLEAGUE)
    refute = ("refute", *GB, "--root", "2", "--yes", "--leaves")
    assert "has the SHA-256" in migrate(office, *refute, proposed["jsonl"], status=1)
    assert told(office, *refute, "swapped.jsonl")["sent"]
    assert told(office, "status", *GB)["roots"][1]["status"] == "refuted"
