"""A secret vote that anyone can check: keys by five trustees, credentials that nobody can tell apart, counts."""

import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import Any

from demo.node import StageError
from demo.stage import AGENCY_DOMAIN, ROOT, Stage
from demo.stories.ballots_acts import Acts
from demo.stories.ballots_office import EnrolmentOffice, facts_of, named_officers
from demo.stories.ballots_poll import Poll, made_up, published
from demo.stories.ballots_trustees import SIZE, THRESHOLD, Trustees
from demo.stories.ballots_voters import Cast, Credential, vote
from muniment.access.model import agency_named
from muniment.ballots.hashes import domain_separator
from muniment.ballots.manifest import Manifest, build
from muniment.ballots.model import BallotPaper, Point, UnitRoll, width_of
from muniment.ballots.roll import roll_tree

HOUR, DAY = 3_600, 86_400
PERIOD = 2 * HOUR  # seconds of a stage of the ceremony, at most
GRACE = HOUR
BYTES_AT_ONCE, BALLOTS_AT_ONCE = 100_000, 64  # of one request to the relay
PATIENCE = 3 * HOUR  # seconds: thousands of ballots on a small machine
VERIFIER = ROOT / "dapp" / "verifier" / "verify-election.mjs"


def tell(stage: Stage, options: Any) -> dict[str, Any]:
    """Hold an election from the keys to the counts; have both verifiers check it.

    Returns:
        The facts of the story: what the chain counted, and what the verifiers make of it.

    Raises:
        StageError: something does not add up.
    """
    start = time.monotonic()
    poll = made_up() if options.election is None else published(options.election, options.limit)
    with ProcessPoolExecutor(len(os.sched_getaffinity(0)), multiprocessing.get_context("spawn")) as workers:
        return Story(stage, poll, workers, with_acts=options.election is None).tell(start)


class Story:
    """One election, with voters, trustees and an office of its own."""

    def __init__(self, stage: Stage, poll: Poll, workers: Executor, *, with_acts: bool) -> None:
        self.stage, self.poll, self.workers = stage, poll, workers
        self.say = stage.console.print
        self.with_acts = with_acts
        self.folder = stage.folder / f"election-{stage.now()}"
        self.folder.mkdir()

    def tell(self, start: float) -> dict[str, Any]:
        """Tell the story; `start` is on the monotonic clock."""
        poll = self.poll
        self.say(f"\n[bold]{poll.title}[/]: {len(poll.voters):,} voters in {len(poll.units)} units")
        trustees = Trustees(self.stage, self.folder, self.workers)
        # Its officers count as two pairs of eyes two days after they are accredited: before enrolment opens.
        office = EnrolmentOffice(self.stage, self.workers)
        try:
            self._announce(trustees)
            trustees.make_key(self.setup)
            self.say(f"  ✓ {SIZE} trustees have made a key; any {THRESHOLD} can decrypt sums, fewer learn nothing")
            self._enrol(office)
            self._open()
            self._vote(office)
        finally:
            office.close()
        self._close()
        shares = trustees.decrypt()
        self.say(f"  ✓ {len(shares)} of {SIZE} trustees came to decrypt; any {THRESHOLD} are enough")
        trustees.tally(self.setup, shares)
        results = self._results()
        return self._facts(results, start)

    # ── Before the ballots ──────────────────────────────────────────────────────────────────────────────────────

    def _announce(self, trustees: Trustees) -> None:
        poll, now = self.poll, self.stage.now()
        moduli = self.stage.muniment("ballots", "keys", "make", str(len(poll.units)))["keys"]
        names = ("enrolmentOpens", "enrolmentCloses", "rollCloses", "opens", "closes")
        times = tuple(now + days * DAY for days in (3, 4, 5, 6, 7))
        self.manifest: Manifest = build(
            {
                "agency": agency_named(AGENCY_DOMAIN),
                "title": poll.title,
                "language": poll.language,
                "contests": list(poll.contests),
                "units": [
                    {"name": unit.name, "area": unit.area, "eligible": unit.eligible, "key": key}
                    for unit, key in zip(poll.units, moduli, strict=True)
                ],
                "minBallots": poll.least,
                "trustees": [one.account for one in trustees.all],
                "threshold": THRESHOLD,
                "schedule": dict(zip(names, times, strict=True)),
            }
        )
        path = self.folder / "manifest.json"
        path.write_bytes(self.manifest.content)
        self.first, self.second = named_officers(self.stage)
        told = self._script("begin", str(path), "--period", str(PERIOD))
        self.setup = str(told["setup"])
        self.say(f"  ✓ announced: contests, units with their keys, trustees, times; the setup is {self.setup}")

    def _enrol(self, office: EnrolmentOffice) -> None:
        schedule = self.manifest.schedule
        self._phase("ready")
        names = office.list_voters(self.setup, self.poll, self.folder / "voters.csv")
        self._pass_to(schedule.enrolment_opens)
        self.credentials: list[Credential] = office.enrol(self.setup, self.manifest, self.poll, names)
        self._pass_to(schedule.enrolment_closes)
        office.take_credentials(self.setup, self.credentials)
        self._pass_to(schedule.roll_closes)
        self.roll, self.log = self.folder / "roll.json", self.folder / "log.json"
        self.stage.muniment("ballots", "roll", "build", self.setup, "-o", str(self.roll))
        self.stage.run_muniment("ballots", "roll", "log", self.setup, "-o", str(self.log))
        self.say("  ✓ everybody is enrolled: two officers vouch for each name, no credential can be told from another")

    def _open(self) -> None:
        files = ("--roll", str(self.roll), "--log", str(self.log))
        self.box = str(self._script("create", "--setup", self.setup, *files)["box"])
        self._script("register", "--setup", self.setup)
        self.stage.script("open_election", "confirm", *files, "--officer", self.second)
        self._phase("registered")
        self._pass_to(self.manifest.schedule.opens)
        self._phase("open")
        self.say(f"  ✓ two officers have opened the box {self.box}")

    def _script(self, *words: str) -> dict[str, Any]:
        return self.stage.script("open_election", *words, "--officer", self.first)

    # ── Ballots ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _vote(self, office: EnrolmentOffice) -> None:
        papers = self._papers()
        published_roll = json.loads(self.roll.read_text())
        lines = [[line[0] for line in unit["lines"]] for unit in published_roll["units"]]
        trees = [roll_tree(unit, credentials) for unit, credentials in enumerate(lines)]
        places = [{credential: index for index, credential in enumerate(unit)} for unit in lines]
        tasks = []
        for voter, credential in zip(self.poll.voters, self.credentials, strict=True):
            index = places[voter.unit][credential.address]
            paper = papers[voter.unit]
            tasks.append((paper, credential, index, trees[voter.unit].path(index), voter.selections))
        self.first_block = self.stage.head() + 1
        cast = office.worked("  Voters make ballots", vote, tasks)
        self._relay(cast)
        self._wait_for(len(cast))
        self.last_block = self.stage.head()
        self.counts, self.ballots = self.poll.counts, len(cast)
        if self.with_acts:
            turns = [(*task, one) for task, one in zip(tasks, cast, strict=True)]
            acts = Acts(self.stage, self.setup, self.poll, turns)
            self.counts, self.ballots = acts.tell()

    def _papers(self) -> list[BallotPaper]:
        told = facts_of(self.stage, self.setup)
        key = Point(*(int(told["opening"]["key"][axis], 16) for axis in ("x", "y")))
        rolls = [
            UnitRoll(one["unit"], one["lines"], one["issued"], one["eligible"], one["root"]) for one in told["units"]
        ]
        width = width_of(sum(roll.lines for roll in rolls))
        domain = domain_separator(told["chain_id"], self.box)
        return [BallotPaper(told["election"], domain, key, width, self.manifest.forms, roll) for roll in rolls]

    def _relay(self, cast: Sequence[Cast]) -> None:
        by_unit: dict[int, list[Cast]] = defaultdict(list)
        for one in cast:
            by_unit[one.unit].append(one)
        with self.stage.progress() as bars:
            bar = bars.add_task("  The relay takes them", total=len(cast))
            for unit, ballots in by_unit.items():
                size = max(len(one.packed) for one in ballots)
                step = max(1, min(BALLOTS_AT_ONCE, BYTES_AT_ONCE // size))
                for at in range(0, len(ballots), step):
                    some = ballots[at : at + step]
                    body = {"unit": unit, "ballots": ["0x" + one.packed.hex() for one in some]}
                    outcomes = self.stage.api("POST", f"/api/elections/{self.setup}/ballots", body)["outcomes"]
                    for one, outcome in zip(some, outcomes, strict=True):
                        if outcome.get("tracker") != one.tracker or outcome.get("receipt") is None:
                            raise StageError(f"The relay refused the ballot {one.tracker}: {outcome}")
                    bars.advance(bar, len(some))

    def _wait_for(self, ballots: int) -> None:
        with self.stage.progress() as bars:
            bar = bars.add_task("  The chain counts them in", total=ballots)

            def done() -> bool:
                there = int(facts_of(self.stage, self.setup)["ballots"])
                bars.update(bar, completed=there)
                return there == ballots

            self.stage.until(done, "all ballots are on the chain", PATIENCE)

    # ── Counts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _close(self) -> None:
        self._pass_to(self.manifest.schedule.closes + GRACE)
        self._phase("counting")
        self.say("  ✓ closed; units with too few ballots are joined with others")

    def _results(self) -> list[tuple[int, ...]]:
        self._phase("counted")
        told = self.stage.api("GET", f"/api/elections/{self.setup}/results")
        return [(*one["counts"], *(() if one["blank"] is None else (one["blank"],))) for one in told["contests"]]

    def _facts(self, results: Sequence[tuple[int, ...]], start: float) -> dict[str, Any]:
        match = tuple(results) == tuple(self.counts)
        self.say(f"  ✓ counted: {'the same as' if match else 'OTHER THAN'} {self.poll.source}")
        python, found = self._verified()
        script = self._verified_elsewhere()
        self.say(f"  ✓ verified by anyone: Python says {python}, JavaScript says {script}")
        if not match or (python, script) != ("VALID", "VALID"):
            raise StageError(f"The counts are {results}, and should be {self.counts}; {python}, {script}: {found}")
        self.say(f"\n  the election: {self.stage.url}/elections/{self.setup}", soft_wrap=True)
        return {
            "story": "ballots",
            "ballots": self.ballots,
            "counts_match": match,
            "verifier_python": python,
            "verifier_js": script,
            "gas_per_ballot": self._gas() // len(self.poll.voters),
            "units": len(self.poll.units),
            "compared_with": self.poll.source,
            "seconds": round(time.monotonic() - start, 1),
        }

    def _verified(self) -> tuple[str, Any]:
        """The verdict of `muniment ballots verify`, which asks the node, and the service for roll and log alone."""
        where = f"{self.stage.url}/api/elections/{self.setup}/roll"
        words = ("ballots", "verify", self.box, "--rpc", self.stage.node.url, "--roll", where)
        told = self.stage.muniment(*words, codes=(0, 1, 3))
        return str(told["verdict"]), told["findings"][:3]

    def _verified_elsewhere(self) -> str:
        """The verdict of the verifier in JavaScript, which shares no code with the other."""
        build = ["npm", "exec", "--", "vite", "build", "--config", "dapp/verifier.config.ts", "--logLevel", "error"]
        subprocess.run(build, cwd=ROOT, check=True, stdout=sys.stderr)
        node = ["node", str(VERIFIER), "--rpc", self.stage.node.url, "--box", self.box]
        command = [*node, "--roll", str(self.roll), "--log", str(self.log), "--json"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        if done.returncode == 2:
            raise StageError("The verifier in JavaScript could not read the election.")
        return str(json.loads(done.stdout)["verdict"])

    def _gas(self) -> int:
        """Gas of all transactions that cast the voters' first ballots."""
        rpc = self.stage.node.rpc
        asked = {"address": self.box, "fromBlock": hex(self.first_block), "toBlock": hex(self.last_block)}
        hashes = sorted({log["transactionHash"] for log in rpc.call("eth_getLogs", [asked])})
        return sum(int(rpc.call("eth_getTransactionReceipt", [one])["gasUsed"], 16) for one in hashes)

    # ── Time ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _pass_to(self, moment: int) -> None:
        """Let time pass on the chain, and wait until the service knows."""
        ahead = moment - self.stage.now()
        if ahead > 0:
            self.stage.node.pass_time(ahead + 1)
        self.stage.until(
            lambda: int(facts_of(self.stage, self.setup)["now"]) >= moment, "the service has read the latest block"
        )

    def _phase(self, wanted: str) -> None:
        self.stage.until(
            lambda: facts_of(self.stage, self.setup)["phase"] == wanted, f"the election is {wanted}", PATIENCE
        )
