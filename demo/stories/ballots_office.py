"""The town's enrolment office: its list, two officers who vouch for every voter, blind signatures, the roll."""

import csv
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, TypeVar

from demo import staff
from demo.stage import AGENCY_DOMAIN, Stage
from demo.stories.ballots_poll import Poll
from demo.stories.ballots_voters import Asking, Credential, ask, sign_blindly, signed65, unblind
from demo.university import FOREVER, send
from muniment.access.model import Scope, agency_named
from muniment.ballots.crypto.group import address_of, draw_scalar, multiply
from muniment.ballots.enrolment import eligible, office, roll_building
from muniment.ballots.enrolment.blind import PrivateKey, from_text, to_text
from muniment.ballots.hashes import domain_separator, enrolment_digest
from muniment.ballots.manifest import Manifest
from muniment.ballots.setups import setup_of
from muniment.db.engine import open_engine, reading, writing
from muniment.hashing import keccak
from muniment.identity.sealing import open_sealer

Task, Made = TypeVar("Task"), TypeVar("Made")
AT_ONCE = 128  # voters in one transaction of the database


class EnrolmentOffice:
    """The office for one election. Its two officers sign with keys of their own."""

    def __init__(self, stage: Stage, workers: Executor) -> None:
        self.stage, self.workers = stage, workers
        self.engine = open_engine(stage.settings.database_url)
        self.sealer = open_sealer(stage.settings)
        self.officers = [draw_scalar() for _ in range(2)]
        rpc = stage.node.rpc
        admin = rpc.call("eth_accounts", [])[staff.ADMIN_PLACE]
        for secret in self.officers:
            key = address_of(multiply(secret))
            accredited = (agency_named(AGENCY_DOMAIN), key, int(Scope.ELECTION_OFFICER), 0, FOREVER)
            send(rpc, stage.deployment, admin, "AgencyRegistry", "accredit", *accredited)

    def list_voters(self, setup: str, poll: Poll, path: Path) -> list[str]:
        """Take in the agency's list; gives each voter's name in the log."""
        references = [f"voter {number}" for number in range(len(poll.voters))]
        with path.open("w", newline="") as file:
            table = csv.writer(file)
            table.writerow(("voter", "unit"))
            table.writerows((name, voter.unit) for name, voter in zip(references, poll.voters, strict=True))
        self.stage.muniment("ballots", "eligible", "import", setup, str(path))
        with reading(self.engine) as connection:
            salt = eligible.salt_of(connection, self.sealer, setup_of(connection, setup))
        return [eligible.voter_of(salt, name) for name in references]

    def enrol(self, setup: str, manifest: Manifest, poll: Poll, names: Sequence[str]) -> list[Credential]:
        """Sign every voter's blinded credential; gives the credentials, which only the voters know."""
        moduli = [unit.modulus for unit in manifest.units]
        tasks = [(setup, voter.unit, moduli[voter.unit]) for voter in poll.voters]
        asked = self.worked("  Voters draw credentials", ask, tasks)
        # Unit by unit: to open a unit's key takes longer than to sign with it.
        order = sorted(range(len(asked)), key=lambda place: asked[place].unit)
        signed: dict[int, bytes] = {}
        with self.stage.progress() as bars:
            bar = bars.add_task("  The office signs blindly", total=len(asked))
            for at in range(0, len(order), AT_ONCE):
                some = order[at : at + AT_ONCE]
                issued = self._issue(setup, [names[place] for place in some], [asked[place] for place in some])
                signed |= zip(some, issued, strict=True)
                bars.advance(bar, len(some))
        finished = [(one, moduli[one.unit], signed[place]) for place, one in enumerate(asked)]
        return self.worked("  Voters unblind", unblind, finished)

    def _issue(self, setup: str, names: Sequence[str], asked: Sequence[Asking]) -> list[bytes]:
        now = self.stage.now()
        with writing(self.engine) as connection:
            desk = office.Office(self.stage.deployment, self.sealer, now)
            found = setup_of(connection, setup, lock=True)
            deadline = office.deadline_of(found, now)
            ceremony = self.stage.deployment.contracts["TrusteeCeremony"].address
            domain = domain_separator(self.stage.deployment.chain_id, ceremony)
            wanted = []
            for name, one in zip(names, asked, strict=True):
                digest = enrolment_digest(domain, setup, one.unit, name, keccak(one.blinded), deadline)
                vouched = tuple((address_of(multiply(key)), signed65(digest, key)) for key in self.officers)
                wanted.append(office.Enrolment(name, one.unit, one.blinded, deadline, officers=vouched))
            issued = office.issue_many(connection, desk, found, wanted, self._sign)
        return [from_text(one.signature) for one in issued]

    def _sign(self, wanted: Sequence[tuple[PrivateKey, bytes]]) -> Iterable[bytes]:
        return self.workers.map(sign_blindly, [(key.pem, blinded) for key, blinded in wanted], chunksize=8)

    def take_credentials(self, setup: str, credentials: Sequence[Credential]) -> None:
        """The second window, without names: in the order of the credentials, so that nothing tells of the first."""
        ordered = sorted(credentials, key=lambda one: one.address)
        with self.stage.progress() as bars:
            bar = bars.add_task("  Credentials come in", total=len(ordered))
            for at in range(0, len(ordered), AT_ONCE):
                with writing(self.engine) as connection:
                    found = setup_of(connection, setup)
                    for one in ordered[at : at + AT_ONCE]:
                        words = (one.unit, one.address, to_text(one.randomizer), to_text(one.signature))
                        roll_building.submit(connection, found, *words, self.stage.now())
                        bars.advance(bar)

    def worked(self, what: str, work: Callable[[Task], Made], tasks: Sequence[Task]) -> list[Made]:
        """Do the same for many, in the pool, with a progress bar."""
        made = []
        with self.stage.progress() as bars:
            bar = bars.add_task(what, total=len(tasks))
            for one in self.workers.map(work, tasks, chunksize=8):
                made.append(one)
                bars.advance(bar)
        return made

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


def named_officers(stage: Stage) -> tuple[str, str]:
    """The officers who open the election, accounts of the node."""
    return staff.officers(stage.node.rpc)


def facts_of(stage: Stage, setup: str) -> dict[str, Any]:
    """What the service says of the election."""
    return stage.api("GET", f"/api/elections/{setup}")
