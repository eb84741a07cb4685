"""The universal verifier: from a transcript to a verdict, everything reckoned anew."""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from muniment.ballots import manifest as manifests
from muniment.ballots.hashes import domain_separator, election_id, setup_id, unit_leaf
from muniment.ballots.manifest import Manifest
from muniment.ballots.model import (
    BallotPaper,
    Ciphertext,
    ContestForm,
    Group,
    check_forms,
    width_of,
)
from muniment.ballots.roll import Tree
from muniment.ballots.states import CeremonyStage as Stage
from muniment.ballots.verifying import views
from muniment.ballots.verifying.casting import CastCall, Replay, Unit, cast_calls, sums_of, unit_roll
from muniment.ballots.verifying.contracts import Contracts, check_code
from muniment.ballots.verifying.counting import Decryption, check_count, groups_of
from muniment.ballots.verifying.events import BOX, CAST, OPENING, ROLL, Told, arguments, told, written
from muniment.ballots.verifying.findings import Finding, Findings, TranscriptRefused, Verdict
from muniment.ballots.verifying.judging import Judged, Mapped, here, judge
from muniment.ballots.verifying.key_ceremony import KeyCeremony, replay
from muniment.ballots.verifying.rolls import check_log, check_roll
from muniment.ballots.verifying.transcript import Transcript, read
from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak
from muniment.sentences import sentence_of

GRACE = 3_600  # seconds; IBallotBox.GRACE
LONGEST_DELAY = 86_400  # IBallotBox.LONGEST_DELAY

BOX_EVENTS = {event.name for event in BOX}
# Where one of the first has happened after one of the second, no contract of ours was at work.
BEFORE = (
    ("CeremonyCompleted", ("BoxOpened",)),
    ("BoxOpened", ("ElectionOpened", *sorted(BOX_EVENTS - {"BoxOpened"}))),
    ("UnitsJoined", ("GroupsFixed",)),
    ("GroupsFixed", ("ContestCounted",)),
)
CAST_EVENTS, WITHDRAWN = {"BallotsCast", "BallotReplaced", "BallotSkipped"}, "BallotWithdrawn"

Progress: TypeAlias = Callable[[str, int, int], None]  # what is done, how many, of how many
Judging: TypeAlias = Callable[[int], AbstractContextManager[Mapped]]  # for so many ballots


@dataclass(frozen=True)
class Result:
    """One contest's counts over all groups, and by area. An area whose units are counted with another's has none."""

    contest: int
    title: str
    options: tuple[str, ...]
    counts: tuple[int, ...]
    blank: int | None
    areas: Mapping[str, tuple[int, ...] | None]


@dataclass(frozen=True)
class Verification:
    """What came out. `ballots` count at the head, whose hash stands for the chain that was verified.

    `results` are empty until everything is counted.
    """

    verdict: Verdict
    election: str | None
    head: str | None
    title: str | None
    ballots: int
    cast: int
    findings: tuple[Finding, ...]
    results: tuple[Result, ...]
    seconds: float


def verify(
    given: Any, contracts: Contracts, judging: Judging | None = None, progress: Progress | None = None
) -> Verification:
    """Verify a transcript as JSON has it, of an election whose contracts must be these.

    Never raises for what is in it: what cannot be read is a finding.
    """
    start = time.monotonic()
    found = Findings()
    election = _Election(found, contracts, progress or (lambda *_: None), judging)
    try:
        election.verify(read(given))
    except TranscriptRefused as refused:
        found.wrong("TranscriptRefused", refused.where, f"{refused.says[:1].upper()}{refused.says[1:]}.")
    verdict = found.verdict
    return Verification(
        verdict=verdict,
        election=election.id,
        head=election.head,
        title=election.manifest.title if election.manifest else None,
        ballots=sum(unit.ballots for unit in election.units),
        cast=election.cast,
        findings=tuple(found.all),
        results=election.results() if verdict is Verdict.VALID else (),
        seconds=round(time.monotonic() - start, 2),
    )


@dataclass
class _Election:
    """An election while it is verified, step by step; each step stands on those before."""

    found: Findings
    contracts: Contracts
    progress: Progress
    judging: Judging | None
    manifest: Manifest | None = None
    id: str | None = None
    head: str | None = None
    cast: int = 0
    forms: tuple[ContestForm, ...] = ()
    units: list[Unit] = field(default_factory=list)
    groups: tuple[Group, ...] = ()
    counted: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)

    def verify(self, transcript: Transcript) -> None:
        """Go through everything; what is wrong goes into the findings."""
        self.transcript, self.head = transcript, "0x" + transcript.head.hash.hex()
        events = list(told(transcript))
        self.events: dict[str, list[Told]] = defaultdict(list)
        self.spoken: dict[bytes, list[Told]] = defaultdict(list)  # by transaction, the box's
        for one in events:
            self.events[one.name].append(one)
            if one.name in BOX_EVENTS:
                self.spoken[one.sent.transaction.hash].append(one)
        if not events or events[0].name != "CeremonyBegun" or len(self.events["CeremonyBegun"]) != 1:
            raise TranscriptRefused("blocks", "the first event is not CeremonyBegun, or it comes twice")
        for sent in transcript.sent:
            same = sent.transaction.chain in (None, transcript.chain)
            self.found.require(same, "ChainDiffers", sent.where, "The transaction was signed for another chain.")
        addresses = {"box": transcript.box, "ceremony": transcript.ceremony}
        check_code(transcript.code, addresses, transcript.head.state, self.contracts, self.found)
        self._order(events)
        self._setup(events)
        self._opening()
        if self.manifest is None or self.id is None:
            return
        self._casting()
        self._closing()
        self._counting()
        self._views()

    def _order(self, events: Sequence[Told]) -> None:
        """What must have happened before something else, whatever times the blocks say."""
        names = [one.name for one in events]
        for early, others in BEFORE:
            last = max((place for place, name in enumerate(names) if name == early), default=-1)
            for one in events[: max(last, 0)]:
                says = f"It happened before {early}."
                self.found.require(one.name not in others, "OrderDiffers", one.where, says)

    # ── Setup ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _setup(self, events: Sequence[Told]) -> None:
        """Names, manifest and key."""
        begun, found = events[0], self.found
        content: bytes = begun["manifest"]
        self.manifest_hash, self.agency = keccak(content), "0x" + begun["agency"].hex()
        self.setup = setup_id(self.transcript.chain, self.transcript.ceremony, self.agency, self.manifest_hash)
        for one in events:
            if "setup" in one.values and "0x" + one["setup"].hex() != self.setup:
                found.wrong("SetupDiffers", one.where, "Chain, ceremony, agency and manifest have another setup id.")
        try:
            self.manifest = manifests.parse(content)
        except Refused as refused:
            found.wrong(refused.name, begun.where, sentence_of(refused))
        else:
            said = self.manifest
            found.require(said.agency == self.agency, "AgencyDiffers", begun.where, "The manifest is another agency's.")
            same = said.trustees == tuple(begun["trustees"]) and said.threshold == begun["threshold"]
            found.require(
                same, "TrusteesDiffer", begun.where, "The manifest names other trustees, or another threshold."
            )
        steps = [one for one in events if one.name not in BOX_EVENTS | {"CeremonyBegun", "ElectionOpened"}]
        self.ceremony: KeyCeremony = replay(begun, steps, found)
        found.require(self.ceremony.stage is Stage.READY, "KeyMissing", "the ceremony", "It made no election key.")

    def _opening(self) -> None:
        """The box, as it was created and registered."""
        found, transcript, said = self.found, self.transcript, self.manifest
        if len(self.events["BoxOpened"]) != 1:
            raise TranscriptRefused("blocks", "there is not one event BoxOpened")
        opened = self.opened = self.events["BoxOpened"][0]
        ceremony, setup, opens, closes, least, log_root, packed = opened["opening"]
        self.opens, self.announced, self.least, self.log_root = opens, closes, least, "0x" + log_root.hex()
        self.rolls = tuple(map(unit_roll, opened["units"]))
        transaction = opened.sent.transaction
        created = transaction.to is None and transaction.created == transcript.box
        found.require(created, "BoxNotCreated", opened.where, "The transaction did not create it.")
        data = written([OPENING, f"{ROLL}[]"], [opened["opening"], opened["units"]])
        found.require(transaction.input.endswith(data), "OpeningDiffers", opened.where, "It was created otherwise.")
        ours = self.contracts.box.is_created_by(transaction.input[: -len(data)])
        found.require(ours, "CodeUnknown", opened.where, "It was created by other code than these sources compile to.")
        same = ceremony == transcript.ceremony and "0x" + setup.hex() == self.setup
        found.require(same, "SetupDiffers", opened.where, "The box is of another ceremony, or of another setup.")
        try:
            self.forms = tuple(map(ContestForm.unpack, packed))
        except Refused as refused:
            raise TranscriptRefused(opened.where, sentence_of(refused)) from refused
        self.width = width_of(sum(roll.lines for roll in self.rolls))
        try:
            check_forms(self.forms, self.width, self.rolls, least)
        except Refused as refused:
            found.wrong(refused.name, opened.where, sentence_of(refused))
        in_order = all(roll.unit == place for place, roll in enumerate(self.rolls))
        found.require(in_order, "UnitRefused", opened.where, "A unit is out of place.")
        found.require(self.width > 0, "RollEmpty", opened.where, "No unit has a line.")
        if said is None or not self.rolls:
            return
        found.require(said.forms == self.forms, "ContestsDiffer", opened.where, "The manifest has other contests.")
        found.require(said.min_ballots == least, "MinBallotsDiffer", opened.where, "The manifest has another number.")
        schedule = (said.schedule.opens, said.schedule.closes) == (opens, closes)
        found.require(schedule, "ScheduleDiffers", opened.where, "The manifest has other times.")
        found.require(len(said.units) == len(self.rolls), "UnitsDiffer", opened.where, "The manifest has other units.")
        self.roll_root = check_roll(transcript.roll, self.setup, said, self.rolls, found)
        signed_for = domain_separator(transcript.chain, transcript.ceremony)
        check_log(transcript.log, self.setup, self.rolls, self.log_root, signed_for, found)
        key = self.ceremony.key
        self.id = election_id(transcript.chain, transcript.box, key, self.roll_root, self.manifest_hash, opens, closes)
        found.require("0x" + opened["election"].hex() == self.id, "ElectionDiffers", opened.where, "It has another id.")
        self._registration()
        tree = Tree([unit_leaf(roll) for roll in self.rolls])
        domain = domain_separator(transcript.chain, transcript.box)
        self.units = [
            Unit(roll, BallotPaper(self.id, domain, key, self.width, self.forms, roll), tree.path(place))
            for place, roll in enumerate(self.rolls)
        ]

    def _registration(self) -> None:
        registered = self.events["ElectionOpened"]
        if not registered:
            self.found.awaited("BoxUnregistered", "the ceremony", "Two officers have not registered the box.")
            return
        one = registered[0]
        self.found.require(len(registered) == 1, "ElectionRepeated", one.where, "An election was registered twice.")
        values = (one["box"], *("0x" + one[name].hex() for name in ("election", "rollRoot", "logRoot")))
        own = (self.transcript.box, self.id, self.roll_root, self.log_root)
        self.found.require(values == own, "ElectionDiffers", one.where, "Another box, or other roots, were registered.")
        early = one.sent.block.time < self.opens
        self.found.require(early, "RegisteredLate", one.where, "The box was registered after it opened.")

    # ── Ballots ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _casting(self) -> None:
        box, found = self.transcript.box, self.found
        calls = {one.sent.transaction.hash: one for one in cast_calls(self.transcript.sent, box, self.units, found)}
        judged = self._judged(list(calls.values()))
        play = Replay(self.units, found)
        self.closes = self.announced
        for sent in self.transcript.sent:
            own = self.spoken[sent.transaction.hash]
            names = {one.name for one in own}
            for one in own:
                if one.name == "ClosingPostponed":
                    self._postpone(one)
            call = calls.get(sent.transaction.hash)
            if call is not None or names & (CAST_EVENTS | {WITHDRAWN}):
                inside = self.opens <= sent.block.time < self.closes + GRACE
                found.require(inside, "NotOpen", sent.where, "The box did not take ballots then.")
            if call is not None:
                play.cast(call, judged[sent.transaction.hash], own)
            elif WITHDRAWN in names:
                play.withdraw(sent, box, own)
            elif names & CAST_EVENTS and arguments(CAST, sent, box) is None:
                found.wrong("NotDirect", sent.where, "The ballots are not in the transaction.")

    def _judged(self, calls: Sequence[CastCall]) -> dict[bytes, list[Judged]]:
        """Every ballot judged in itself, by transaction."""
        if not calls:
            return {}
        size = 20 + 128 * sum(form.ciphertexts for form in self.forms)
        expected = sum(len(call.task.packed) // size for call in calls)
        judged: dict[bytes, list[Judged]] = {}
        done, whole = 0, sum(len(call.task.packed) for call in calls)
        with (self.judging or in_process)(expected) as mapped:
            answers = iter(mapped(judge, [call.task for call in calls]))
            for call in calls:
                try:
                    judged[call.sent.transaction.hash] = next(answers)
                except Refused as refused:
                    raise TranscriptRefused(call.sent.where, sentence_of(refused)) from refused
                self.cast += len(judged[call.sent.transaction.hash])
                done += len(call.task.packed)
                self.progress("Ballots", done, whole)
        return judged

    def _postpone(self, one: Told) -> None:
        holds = one["previous"] == self.closes < one["closesAt"] <= self.announced + LONGEST_DELAY
        early = one.sent.block.time < self.closes
        self.found.require(holds and early, "PostponementRefused", one.where, "The closing could not be put off so.")
        self.closes = one["closesAt"]

    # ── Closing and counting ────────────────────────────────────────────────────────────────────────────────────

    def _closing(self) -> None:
        """Groups, as they follow from the turnout."""
        found, joined, fixed = self.found, self.events["UnitsJoined"], self.events["GroupsFixed"]
        self.groups = groups_of([unit.ballots for unit in self.units], self.least)
        self.joined = bool(fixed)
        for one in (*joined, *fixed):
            late = one.sent.block.time >= self.closes + GRACE
            found.require(late, "NotClosed", one.where, "The box still took ballots then.")
        for number, one in enumerate(joined):
            given = one["group"], Group(one["firstUnit"], one["lastUnit"], one["ballots"])
            right = number < len(self.groups) and given == (number, self.groups[number])
            found.require(right, "GroupDiffers", one.where, "The turnout makes another group.")
        whole = not fixed or len(joined) == len(self.groups)
        found.require(whole, "GroupMissing", "the groups", "The turnout makes another number of groups.")
        if not fixed:
            found.awaited("NotJoined", "the groups", "The units are not in their groups yet.")
            return
        one = fixed[0]
        found.require(len(fixed) == 1, "GroupsRepeated", one.where, "The groups were fixed twice.")
        total = sum(group.ballots for group in self.groups)
        right = (one["groups"], one["ballots"]) == (len(self.groups), total)
        found.require(right, "GroupsDiffer", one.where, "The turnout makes other groups.")

    @cached_property
    def group_sums(self) -> list[tuple[Ciphertext, ...]]:
        """Of each group (G, H) and every ballot, by ciphertext."""
        return [sums_of(self.units[one.first_unit : one.last_unit + 1]) for one in self.groups]

    def _counting(self) -> None:
        found = self.found
        given = Decryption(
            self.id or "", self.ceremony.key, self.ceremony.keys, self.ceremony.threshold, self.forms, self.width
        )
        for one in self.events["ContestCounted"]:
            number, contest = one["group"], one["contest"]
            known = self.joined and number < len(self.groups) and contest < len(self.forms)
            if not found.require(known, "CountUncalled", one.where, "There is no such group or contest to count."):
                continue
            fresh = (number, contest) not in self.counted
            found.require(fresh, "CountedTwice", one.where, "The group's contest was counted before.")
            group = self.groups[number]
            check_count(one, group, self.group_sums[number], given, self.transcript.box, found)
            self.counted[number, contest] = tuple(one["counts"])
        if self.joined:
            for number in range(len(self.groups)):
                for contest in range(len(self.forms)):
                    if (number, contest) not in self.counted:
                        found.awaited("NotCounted", f"group {number}, contest {contest}", "It is not counted yet.")

    def results(self) -> tuple[Result, ...]:
        """Each contest's totals."""
        if self.manifest is None:
            return ()
        return tuple(self._result(contest, self.manifest) for contest in range(len(self.forms)))

    def _result(self, contest: int, said: Manifest) -> Result:
        form = self.forms[contest]
        totals = _added([self.counted[number, contest] for number in range(len(self.groups))], form.counts)
        areas: dict[str, tuple[int, ...] | None] = {unit.area: _added([], form.counts) for unit in said.units}
        for number, group in enumerate(self.groups):
            inside = {said.units[unit].area for unit in range(group.first_unit, group.last_unit + 1)}
            for area in inside:
                before = areas[area]
                alone = len(inside) == 1 and before is not None
                areas[area] = _added([before, self.counted[number, contest]], form.counts) if alone and before else None
        blank = totals[-1] if form.blank else None
        options = said.contests[contest].options
        return Result(contest, said.contests[contest].title, options, totals[: len(options)], blank, areas)

    # ── What the contracts answer ───────────────────────────────────────────────────────────────────────────────

    def _views(self) -> None:
        registered = self.events["ElectionOpened"]
        election = self.id if registered else ZERO_HASH
        box = self.transcript.box if registered else ZERO_ADDRESS
        named = {
            (one["unit"], one["index"])
            for name in ("BallotReplaced", "BallotSkipped", "BallotWithdrawn")
            for one in self.events[name]
            if one["unit"] < len(self.units)
        }
        fixed = self.groups if self.joined else ()
        expected = {
            "ceremony": views.ceremony_view(self.ceremony, self.agency, self.manifest_hash, election or "", box),
            "box": self._box_view(),
            "turnout": views.turnout_view(self.units),
            "batchRoots": [unit.roots for unit in self.units],
            "standings": views.standings_view(self.units, named),
            "sums": views.sums_view(self._shown_sums()),
            "groups": views.groups_view(fixed, self.joined),
            "results": [
                [
                    [str(count) for count in self.counted.get((number, contest), ())]
                    for contest in range(len(self.forms))
                ]
                for number in range(len(fixed))
            ],
        }
        views.compare(expected, self.transcript.views, "views", self.found)

    def _box_view(self) -> dict[str, Any]:
        return {
            "ceremony": self.transcript.ceremony,
            "agency": self.agency,
            "setup": self.setup,
            "election": self.id,
            "rollRoot": self.roll_root,
            "logRoot": self.log_root,
            "units": str(len(self.units)),
            "width": str(self.width),
            "minBallots": str(self.least),
            "opensAt": str(self.opens),
            "closesAt": str(self.closes),
            "grace": str(GRACE),
            "longestDelay": str(LONGEST_DELAY),
            "contests": [f"0x{form.pack():016x}" for form in self.forms],
            "key": views.point_text(self.ceremony.key),
        }

    def _shown_sums(self) -> list[tuple[int, Sequence[Ciphertext]]]:
        """Sums as the box shows them: of each unit until it closes, then of each group; none while units are joined."""
        if self.joined:
            return [(group.first_unit, sums) for group, sums in zip(self.groups, self.group_sums, strict=True)]
        if self.transcript.head.time < self.closes + GRACE:
            return [(place, sums_of([unit])) for place, unit in enumerate(self.units)]
        return []


def in_process(_ballots: int) -> AbstractContextManager[Mapped]:
    """Judge in this process."""
    return nullcontext(here)


def _added(parts: Sequence[tuple[int, ...]], length: int) -> tuple[int, ...]:
    return tuple(sum(part[at] for part in parts) for at in range(length))
