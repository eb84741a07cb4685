"""`enrol_voter`: two officers enrol a voter who cannot sign, each having looked."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from muniment.ballots.crypto.group import address_of, draw_scalar, multiply
from muniment.ballots.enrolment import blind, counter, keys
from muniment.ballots.enrolment.eligible import import_eligible
from muniment.ballots.hashes import credential_message
from muniment.ballots.setups import setup_of
from muniment.config import Settings
from muniment.db.engine import reading, writing
from muniment.db.schema import ballot_issuances, ballot_keys
from muniment.services import Services, build
from tests.scripts.office import COLLEAGUE, FRESH, Office
from tests.scripts.test_elections import Wire, told, written
from tests.scripts.tools import REGISTRAR, STRANGER
from tests.service.ballots.election import DAY, FIRST, HOUR, SECOND, Election
from tests.service.companies.stage import read_all

MARI, KALLE = "Mari Maasikas, 48001010000", "Kalle Kask, 38001010000"
SCRIPT = "enrol_voter"


@dataclass
class Envelope:
    """A credential as the voter's browser makes it, and the request's file."""

    setup: str
    unit: int
    key: blind.PublicKey
    prepared: bytes
    blinded: bytes
    secret: int

    @classmethod
    def make(cls, election: Election, unit: int) -> "Envelope":
        """A fresh one."""
        key = election.unit_keys[unit].public
        message = credential_message(election.setup, unit, address_of(multiply(draw_scalar())))
        prepared, _ = blind.prepare(message)
        return cls(election.setup, unit, key, prepared, *blind.blind(key, prepared))

    @property
    def request(self) -> dict[str, Any]:
        """What the browser saves."""
        named = {"format": counter.REQUEST, "chain": 31_337, "setup": self.setup, "unit": self.unit}
        return {**named, "blinded": blind.to_text(self.blinded)}


@dataclass
class Counter:
    """The office's counter while enrolment is open."""

    office: Office
    election: Election
    services: Services
    folder: Path
    made: int = 0

    def file(self, value: Any) -> str:
        """A file of JSON."""
        self.made += 1
        return written(self.folder, f"file{self.made}.json", value)

    def new(self) -> str:
        """The name of a file that is not there."""
        self.made += 1
        return str(self.folder / f"new{self.made}.json")

    def begin(self, request: dict[str, Any], *words: str, voter: str = MARI, officer: str = REGISTRAR) -> list[str]:
        """What the first officer types."""
        who = ("--voter", voter, "--officer", officer, "--yes")
        return [SCRIPT, "begin", self.file(request), *who, "--output", self.new(), *words]

    def confirm(
        self, proposal: str, request: dict[str, Any], *words: str, voter: str = MARI, officer: str = COLLEAGUE
    ) -> list[str]:
        """What the second officer types."""
        who = ("--voter", voter, "--officer", officer, "--yes")
        return [SCRIPT, "confirm", proposal, "--request", self.file(request), *who, "--output", self.new(), *words]

    def run(self, typed: list[str], status: int = 0) -> str:
        """What a script says."""
        return self.office.shell.run(*typed, status=status)

    def told(self, typed: list[str]) -> dict[str, Any]:
        """What a script says with --json."""
        return told(self.office, *typed)

    @property
    def issued(self) -> list[Any]:
        """The office's log."""
        with reading(self.services.engine) as connection:
            return list(connection.execute(select(ballot_issuances)).all())


@pytest.fixture
def at_counter(office: Office, tmp_path: Path) -> Iterator[Counter]:
    """An election that is enrolling; Mari is listed in unit 1 and Kalle in unit 3, neither with a party."""
    wire = Wire(office)
    election = Election(wire)  # type: ignore[arg-type]  # it asks no more of a node than this
    entry = office.shell.record()["contracts"]["TrusteeCeremony"]
    election.at["TrusteeCeremony"], election.abis["TrusteeCeremony"] = entry["address"], entry["abi"]
    election.accounts = [account.lower() for account in office.node.call("eth_accounts")]
    election.trustees, election.agency = election.accounts[4:9], "0x" + office.agency.hex()
    election.make_manifest()
    manifest = tmp_path / "manifest.json"
    manifest.write_bytes(election.manifest.content)
    office.shell.run("open_election", "begin", str(manifest), "--period", str(HOUR), "--yes")
    election.wait_until(election.manifest.schedule.enrolment_opens)
    office.shell.env["MUNIMENT_DATABASE_URL"] = url = f"sqlite:///{tmp_path}/office.db"
    services = build(Settings(rpc_urls=(office.node.url,), database_url=url, deployments=office.shell.deployments))
    read_all(services)
    with writing(services.engine) as connection:
        for key in election.unit_keys:
            row = {"modulus_hash": keys.hash_of(key.public), "modulus": key.modulus, "made_at": 0}
            connection.execute(insert(ballot_keys).values(**row, private=services.sealer.seal(key.pem)))
        lines = ["voter,unit", f'"{MARI}",{FIRST}', f'"{KALLE}",{SECOND}']
        import_eligible(connection, services.sealer, setup_of(connection, election.setup), lines)
    yield Counter(office, election, services, tmp_path)
    services.rpc.close()
    wire.rpc.close()
    services.engine.dispose()


def test_two_officers_enrol_a_voter(at_counter: Counter) -> None:
    """Must show both the same, sign nothing on a dry run, refuse one officer twice, and answer so that it opens."""
    desk, envelope = at_counter, Envelope.make(at_counter.election, FIRST)
    dry = desk.begin(envelope.request, "--dry-run")
    said = desk.run(dry)
    assert f"{FIRST}, Ward {FIRST}" in said
    assert "not yet" in said
    assert not Path(dry[dry.index("--output") + 1]).exists()
    begun = desk.told(desk.begin(envelope.request))
    proposal = begun["proposal"]
    assert "another officer has to confirm" in desk.run(
        desk.confirm(proposal, envelope.request, officer=REGISTRAR), status=1
    )
    dry = desk.confirm(proposal, envelope.request, "--dry-run")
    assert f"First      {REGISTRAR}" in desk.run(dry)
    assert not Path(dry[dry.index("--output") + 1]).exists()
    assert desk.issued == []

    done = desk.told(desk.confirm(proposal, envelope.request))
    answer = json.loads(Path(done["answer"]).read_text())
    assert set(answer) == {"format", "setup", "unit", "blinded", "signature"}
    assert (answer["format"], answer["blinded"]) == (counter.ANSWER, envelope.request["blinded"])
    blind.finalize(envelope.key, envelope.prepared, blind.from_text(answer["signature"]), envelope.secret)
    (line,) = desk.issued
    authority = json.loads(line.authority)
    assert [one["key"] for one in authority["officers"]] == sorted([REGISTRAR, COLLEAGUE])
    assert (line.voter, line.blinded) == (begun["voter"], begun["blinded"])
    # An answer that was lost is given again; another envelope is not signed.
    again = desk.confirm(proposal, envelope.request)
    assert "already, with this envelope" in desk.run(again)
    assert json.loads(Path(again[again.index("--output") + 1]).read_text()) == answer
    second = Envelope.make(desk.election, FIRST).request
    assert "has been enrolled already" in desk.run(desk.begin(second), status=1)
    assert len(desk.issued) == 1
    assert "Mari" not in desk.office.shell.said + str(tuple(line)) + Path(proposal).read_text() + str(answer)


def test_what_was_changed_between_the_two(at_counter: Counter) -> None:
    """Must refuse a proposal or request that is not what the first officer saw, and issue nothing."""
    desk, envelope = at_counter, Envelope.make(at_counter.election, FIRST)
    other = Envelope.make(desk.election, FIRST)
    proposal = Path(desk.told(desk.begin(envelope.request))["proposal"])
    known = json.loads(proposal.read_text())
    swapped = {**known, "blinded": other.request["blinded"]}
    changes: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
        (known, other.request, MARI, "not what the first officer signed for"),
        (swapped, other.request, MARI, "signature"),  # both were changed: the first officer's signature shows it
        (known, envelope.request, KALLE, "belongs to unit"),
        ({**known, "officer": COLLEAGUE}, envelope.request, MARI, "another officer has to confirm"),
    ]
    for changed, request, voter, why in changes:
        said = desk.run(desk.confirm(desk.file(changed), request, voter=voter), status=1)
        assert why in said, (changed, said)
    assert "is no Muniment.EnrolmentProposal.v1" in desk.run(
        desk.confirm(desk.file(envelope.request), envelope.request), status=2
    )
    assert desk.issued == []
    desk.office.retire(REGISTRAR)  # since the first officer signed
    read_all(desk.services)
    said = desk.run(desk.confirm(str(proposal), envelope.request), status=1)
    assert "two different current election officers" in said
    assert desk.issued == []


def test_whom_and_what_no_officer_signs_for(at_counter: Counter) -> None:
    """Must refuse who is not listed, other units, chains, elections and envelopes, and whoever may not stand in."""
    desk, envelope = at_counter, Envelope.make(at_counter.election, FIRST)
    request = envelope.request
    wrong: list[tuple[dict[str, Any], str, int]] = [
        ({**request, "chain": 1}, "on chain 1, and this is chain 31337", 1),
        (Envelope.make(desk.election, SECOND).request, f"belongs to unit {FIRST}", 1),
        ({**request, "blinded": "+"}, "base64url", 2),
        ({**request, "voter": MARI}, "is no Muniment.EnrolmentRequest.v1", 2),
    ]
    for changed, why, status in wrong:
        said = desk.run(desk.begin(changed), status=status)
        assert why in said, (changed, said)
    assert "does not list this voter" in desk.run(desk.begin(request, voter="Nobody"), status=1)
    said = desk.run([word for word in desk.begin(request) if word not in ("--voter", MARI)], status=2)
    assert "nobody to ask for the voter" in said
    desk.office.accredit(FRESH)
    read_all(desk.services)
    for officer in (FRESH, STRANGER):
        said = desk.run(desk.begin(request, officer=officer), status=1)
        assert "two different current election officers" in said
    taken = desk.begin(request)
    Path(taken[taken.index("--output") + 1]).write_text("dear")
    assert "exists already" in desk.run(taken, status=2)
    assert Path(taken[taken.index("--output") + 1]).read_text() == "dear"
    desk.election.wait_until(desk.election.manifest.schedule.enrolment_opens + DAY)
    read_all(desk.services)
    assert "Enrolment is open from" in desk.run(desk.begin(request), status=1)
    assert desk.issued == []
