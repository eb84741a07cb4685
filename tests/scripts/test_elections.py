"""`open_election` and `close_election`: from the manifest to the groups, by two officers."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from muniment.ballots.hashes import setup_id
from muniment.ballots.model import UnitRoll
from muniment.chain.rpc import Rpc
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH
from scripts.common import boxes, code
from scripts.common.creation import address_at
from scripts.common.settings import Refused
from tests.scripts import forged_boxes
from tests.scripts.office import COLLEAGUE, Office
from tests.scripts.tools import REGISTRAR, STRANGER
from tests.service.ballots.ceremony_stage import manifest_of
from tests.service.ballots.election import DAY, FIRST, HOUR, Election

OTHER = b"\1" * 32
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
    own = ("--roll", roll, "--log", log)
    assert "another officer has to confirm" in shell.run("open_election", "confirm", *own, "--yes", status=1)
    assert "--roll" in shell.run("open_election", "confirm", *COLLEAGUES, status=2)
    refuses_forged_boxes(office, election, box, own)
    for files, differing in other_files(election, tmp_path).items():
        height = office.node.height()
        refused = shell.run("open_election", "confirm", *files, *COLLEAGUES, status=1)
        assert f"make; other are: {differing}. Nothing was sent." in refused
        assert office.node.height() == height
    confirmed = shell.run("open_election", "confirm", *own, *COLLEAGUES)
    assert "6 lines in 6 units, 12 signatures" in confirmed
    assert "the box has this roll, this log" in confirmed
    assert "Done in block" in confirmed
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


def other_files(election: Election, folder: Path) -> dict[tuple[str, ...], str]:
    """Rolls and logs that hold for themselves and are not what the box was given, and in what they differ."""
    short = json.loads(json.dumps(election.roll))
    short["units"][FIRST]["lines"].pop()
    unsigned, fewer = json.loads(json.dumps(election.roll)), dict(election.log)
    unsigned["units"][0]["issued"] -= 1
    fewer["entries"] = [entry for entry in election.log["entries"] if entry["unit"] != 0]
    log = written(folder, "log.json", election.log)
    rolls = written(folder, "short.json", short), written(folder, "unsigned.json", unsigned)
    logs = log, written(folder, "fewer.json", fewer)
    return {
        ("--roll", rolls[0], "--log", logs[0]): "the roll root, unit 1's lines, unit 1's root",
        ("--roll", rolls[1], "--log", logs[1]): "the log root, the roll root, unit 0's issued signatures",
    }


def refuses_forged_boxes(office: Office, election: Election, box: str, own: tuple[str, ...]) -> None:
    """The second officer must refuse a box of genuine code and views that came to be otherwise."""
    eth, genuine = office.web3.eth, office.web3.to_checksum_address(box)
    (log,) = eth.get_logs({"address": genuine, "fromBlock": 0})
    runtime, creation = bytes(eth.get_code(genuine)), bytes(eth.get_transaction(log["transactionHash"])["input"])
    slots = forged_boxes.slots_of(eth, genuine)
    for sent, says in (
        (forged_boxes.preset(runtime, slots), "told 0 times with what it was created"),
        (forged_boxes.preset_and_told(runtime, slots, log), "created by other code than these sources'"),
        (forged_boxes.preset_and_told(runtime, slots, {**log, "data": b""}), "cannot be read"),
        (forged_boxes.factory(creation), "created through another contract"),
    ):
        snapshot = office.node.call("evm_snapshot")
        made = str(election.mined({"from": REGISTRAR, "data": "0x" + sent.hex()})["contractAddress"]).lower()
        forged = made if eth.get_code(office.web3.to_checksum_address(made)) else address_at(made, 1)
        election.send(REGISTRAR, "TrusteeCeremony", "openElection", election.setup, forged)
        acts = told(office, "open_election", "pending")["pending"]
        (act,) = (act["id"] for act in acts if forged in act["act"])
        height = office.node.height()
        refused = office.shell.run("open_election", "confirm", "--act", act, *own, *COLLEAGUES, status=1)
        assert says in refused
        assert office.node.height() == height
        assert told(office, "open_election", "status", "--setup", election.setup)["created"] == [box]
        office.node.call("evm_revert", snapshot)


def standing(wanted: boxes.Opening, **changes: Any) -> Any:
    """Registries in which a genuine box stands as wanted but for these changes."""
    answers = {
        "CEREMONY": wanted.ceremony,
        "SETUP": wanted.setup,
        "contests": [form.pack() for form in wanted.manifest.forms],
        "MIN_BALLOTS": wanted.manifest.min_ballots,
        "OPENS_AT": wanted.manifest.schedule.opens,
        "closesAt": wanted.manifest.schedule.closes,
        "LOG_ROOT": bytes.fromhex(wanted.log_root[2:]),
        "ROLL_ROOT": bytes.fromhex(wanted.roll_root[2:]),
        **changes,
    }

    def function(name: str) -> Any:
        return lambda: SimpleNamespace(call=lambda: answers[name])

    box = SimpleNamespace(functions=SimpleNamespace(**{name: function(name) for name in answers}))
    return SimpleNamespace(contract=lambda _: box)


@pytest.fixture
def wanted(monkeypatch: pytest.MonkeyPatch) -> boxes.Opening:
    """What a box of two units is to be; every box is taken for a genuine one."""
    monkeypatch.setattr(boxes, "with_box", lambda registries, _: registries)
    times = SimpleNamespace(opens=10, closes=20)
    said = SimpleNamespace(forms=[SimpleNamespace(pack=lambda: 7)], min_ballots=2, schedule=times)
    rolls = (UnitRoll(0, 1, 1, 1, ZERO_HASH), UnitRoll(1, 2, 3, 4, ZERO_HASH))
    return boxes.Opening(bytes(32), said, rolls, ZERO_HASH, ZERO_ADDRESS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("view", "stands", "says"),
    [
        ("CEREMONY", STRANGER, "the ceremony"),
        ("SETUP", OTHER, "the setup"),
        ("contests", [7, 7], "the contests"),
        ("MIN_BALLOTS", 1, "the fewest ballots"),
        ("OPENS_AT", 9, "the opening"),
        ("closesAt", 21, "the closing"),
        ("LOG_ROOT", OTHER, "the log root"),
    ],
)
def test_in_what_a_box_differs(wanted: boxes.Opening, view: str, stands: Any, says: str) -> None:
    """Whatever a box was created with must be compared, and that which is other be named."""
    assert boxes.is_as_opened(standing(wanted), ZERO_ADDRESS, wanted)
    other = standing(wanted, **{view: stands})
    assert not boxes.is_as_opened(other, ZERO_ADDRESS, wanted)
    assert boxes.differences(other, ZERO_ADDRESS, wanted) == [says]


def test_in_which_unit_a_box_differs(wanted: boxes.Opening, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each number of each unit must be compared, and units that are too few or too many be told."""
    first, second = wanted.arguments[1]
    numbers = ["unit 1's lines", "unit 1's issued signatures", "unit 1's eligible voters", "unit 1's root"]
    for units, says in (
        ([first, (1, 3, 4, 5, OTHER)], numbers),
        ([first], ["the number of units"]),
        ([first, second, second], ["the number of units"]),
    ):
        monkeypatch.setattr(boxes, "created_with", lambda *_, units=units: units)
        other = standing(wanted, ROLL_ROOT=OTHER)
        assert boxes.differences(other, ZERO_ADDRESS, wanted) == ["the roll root", *says]


def test_longer_metadata_hides_no_arguments() -> None:
    """A constructor reads its arguments after the compiled length: what is sent must not be longer by anything."""
    metadata = b"meta\x00\x04"
    entry = {"type": "constructor", "inputs": [{"type": "uint256"}]}
    container = SimpleNamespace(abi=[entry], bytecode="0x" + (b"compiled" + metadata).hex())
    session: Any = SimpleNamespace(project={"BallotBox": container})
    sent = code.creation_code(session, "BallotBox", [1])
    assert code.same_creation(session, "BallotBox", [1], sent)
    assert code.same_creation(session, "BallotBox", [1], sent.replace(b"meta", b"atem"))
    false = code.creation_code(session, "BallotBox", [2])
    longer = false + (len(false) - len(b"compiled")).to_bytes(2, "big") + sent[-32:]
    assert code.body(longer[:-32]) == b"compiled"
    assert not code.same_creation(session, "BallotBox", [1], longer)


def test_the_manifest_is_the_setups(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node must not show another manifest than the one that chain, contract, agency and setup id cover."""
    said = manifest_of("0x" + "ab" * 32, [ZERO_ADDRESS[:-1] + "1", ZERO_ADDRESS[:-1] + "2"], 2)
    log = SimpleNamespace(process_log=lambda _: {"args": {"manifest": said.content}})
    ceremony = SimpleNamespace(address=STRANGER, events=SimpleNamespace(CeremonyBegun=lambda: log))
    session = SimpleNamespace(network=SimpleNamespace(chain_id=31337))
    record = {"contracts": {"TrusteeCeremony": {}}}
    node: Any = SimpleNamespace(session=session, record=record, contract=lambda _: ceremony)
    monkeypatch.setattr(boxes.verification, "logs", lambda *_: [{}])
    setup = bytes.fromhex(setup_id(31337, STRANGER.lower(), said.agency, said.hash)[2:])
    assert boxes.manifest_of(node, setup) == said
    with pytest.raises(Refused, match="another manifest"):
        boxes.manifest_of(node, OTHER)


def test_refuses_what_is_no_box(office: Office, election: Election) -> None:
    """Must send nothing for another contract, for a ceremony that there is not, and from an outsider."""
    height = office.node.height()
    registry = office.shell.record()["contracts"]["PartyRegistry"]["address"]
    for words in (("status", "--box", registry), ("join", "--box", STRANGER, "--yes")):
        assert "no ballot box" in office.shell.run("close_election", *words, status=1)
    register = ("register", "--setup", election.setup, "--yes")
    assert "0 boxes were created" in office.shell.run("open_election", *register, status=1)
    assert office.node.height() == height
