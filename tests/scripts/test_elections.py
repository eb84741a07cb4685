"""`open_election` and `close_election`: from the manifest to the groups, by two officers."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from muniment.chain.rpc import Rpc
from tests.scripts.office import COLLEAGUE, Office
from tests.scripts.tools import REGISTRAR, STRANGER
from tests.service.ballots.election import DAY, FIRST, HOUR, Election

COLLEAGUES = ("--officer", COLLEAGUE, "--yes")


class Wire:
    """The node as the election's helpers ask it."""

    def __init__(self, office: Office) -> None:
        self.call = office.node.call
        self.rpc = Rpc([office.node.url])

    def mine(self) -> None:
        """Make a block."""
        self.call("evm_mine")


@pytest.fixture
def election(office: Office) -> Iterator[Election]:
    """An election of the office's agency, of which there is a manifest."""
    wire = Wire(office)
    made = Election(wire)  # type: ignore[arg-type]  # it asks no more of a node than this
    entry = office.shell.record()["contracts"]["TrusteeCeremony"]
    made.at["TrusteeCeremony"], made.abis["TrusteeCeremony"] = entry["address"], entry["abi"]
    made.accounts = [account.lower() for account in office.node.call("eth_accounts")]
    made.officers, made.trustees, made.relayer = [REGISTRAR, COLLEAGUE], made.accounts[4:9], made.accounts[9]
    made.agency = "0x" + office.agency.hex()
    made.make_manifest()
    yield made
    wire.rpc.close()


def told(office: Office, script: str, *words: str) -> dict[str, Any]:
    """What a script says with --json."""
    found: dict[str, Any] = json.loads(office.shell.run(script, *words, "--json").splitlines()[-1])
    return found


def written(folder: Path, name: str, value: Any) -> str:
    """A file of JSON."""
    path = folder / name
    path.write_text(json.dumps(value))
    return str(path)


def test_an_election_is_opened_and_closed(office: Office, election: Election, tmp_path: Path) -> None:
    """Must begin once, create a box once, register it by two officers, put the closing off by two, and join."""
    shell = office.shell
    manifest = tmp_path / "manifest.json"
    manifest.write_bytes(election.manifest.content)
    begin = ("open_election", "begin", str(manifest), "--period", str(HOUR), "--yes")
    assert "3 of 5" in shell.run(*begin, "--dry-run")
    assert told(office, *begin)["setup"] == election.setup
    assert "Stands already" in shell.run(*begin)

    setup = ("--setup", election.setup)
    election.enrol()
    roll, log = written(tmp_path, "roll.json", election.roll), written(tmp_path, "log.json", election.log)
    create = ("open_election", "create", *setup, "--roll", roll, "--log", log, "--yes")
    assert "has no key yet" in shell.run(*create, status=1)
    election.make_key()
    bad = json.loads(json.dumps(election.roll))
    lines = bad["units"][FIRST]["lines"]
    lines[0][2] = lines[1][2]
    wrong = written(tmp_path, "bad.json", bad)
    refused = shell.run("open_election", "create", *setup, "--roll", wrong, "--log", log, "--yes", status=1)
    assert "has not signed this credential" in refused
    assert "6 lines in 6 units" in shell.run(*create, "--dry-run")
    box = told(office, *create)["box"]
    assert told(office, *create) == {"setup": election.setup, "box": box, "stands": True, "sent": False}

    register = ("open_election", "register", *setup, "--yes")
    assert told(office, *register)["box"] == box
    assert "another officer has to confirm" in shell.run("open_election", "confirm", "--yes", status=1)
    assert "Done in block" in shell.run("open_election", "confirm", *COLLEAGUES)
    status = told(office, "open_election", "status", *setup)
    assert status == {"setup": election.setup, "stage": "ready", "created": [box], "box": box}

    schedule = election.manifest.schedule
    election.wait_until(schedule.opens)
    of_box = ("--box", box)
    later = ("close_election", "postpone", *of_box, "--until", str(schedule.closes + HOUR), "--yes")
    assert told(office, *later)["stands"]
    assert "Done in block" in shell.run("close_election", "confirm", *of_box, *COLLEAGUES)
    too_late = ("close_election", "postpone", *of_box, "--until", str(schedule.closes + 2 * DAY), "--yes")
    assert "PostponementRefused" in shell.run(*too_late, status=1)
    join = ("close_election", "join", *of_box, "--most", "3", "--yes")
    assert "NotClosed" in shell.run(*join, status=1)
    election.wait_until(schedule.closes + 2 * HOUR)
    joined = told(office, *join)
    assert len(joined.pop("transactions")) == 2
    assert joined == {"ballots": 0, "closes": schedule.closes + HOUR, "groups": 0, "joined": True, "uncounted": []}


def test_refuses_what_is_no_box(office: Office, election: Election) -> None:
    """Must send nothing for another contract, for a ceremony that there is not, and from an outsider."""
    height = office.node.height()
    registry = office.shell.record()["contracts"]["PartyRegistry"]["address"]
    for words in (("status", "--box", registry), ("join", "--box", STRANGER, "--yes")):
        assert "no ballot box" in office.shell.run("close_election", *words, status=1)
    register = ("register", "--setup", election.setup, "--yes")
    assert "0 boxes were created" in office.shell.run("open_election", *register, status=1)
    assert office.node.height() == height
