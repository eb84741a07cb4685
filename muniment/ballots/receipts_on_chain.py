"""What the chain says of a receipt: what its ballot is judged by, whose the relay's key is, what became of the ballot.

A node is believed here; whoever does not believe it asks another, or verifies the whole election.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from muniment.access.model import KeyStanding
from muniment.ballots.hashes import domain_separator
from muniment.ballots.model import BallotPaper, ContestForm, Point, UnitRoll, width_of
from muniment.ballots.receipts import BallotReceipt
from muniment.ballots.registered import registered_boxes
from muniment.ballots.states import BOX
from muniment.ballots.trustees.ceremony_state import legible
from muniment.chain.deployment import Deployment
from muniment.chain.direct import event_logs
from muniment.chain.events import Decoder, Event
from muniment.chain.rpc import Block, Rpc
from muniment.chain.views import View, ask
from muniment.errors import Refused

REASONS = {1: "the voter had withdrawn", 2: "another ballot of the voter's came first"}


class Fate(StrEnum):
    """What became of the ballot of a receipt."""

    COUNTED = "counted"
    REPLACED = "replaced"
    SKIPPED = "skipped"
    WITHDRAWN = "withdrawn"
    WAITING = "waiting"  # not there, and the box takes ballots still
    MISSING = "missing"  # not there, and never will be


@dataclass(frozen=True)
class Found:
    """The ballot's fate; `by` is the tracker that replaced it, or why it was skipped.

    `standing` is another ballot of the same line that counts, `barred` whether the voter has withdrawn.
    """

    fate: Fate
    by: str | None = None
    standing: str | None = None
    barred: bool = False


@dataclass(frozen=True)
class BoxOnChain:
    """The box of a receipt as of a block. Times in Unix seconds; `ends` is the first at which it takes no ballot."""

    box: str
    agency: str
    units: tuple[UnitRoll, ...]
    closes: int
    ends: int
    head: Block
    events: tuple[Event, ...]
    key: Point
    election: str
    contests: tuple[ContestForm, ...]
    chain: int

    def paper(self, unit: int) -> BallotPaper:
        """What ballots of a unit are judged by. Raises Refused(UnitUnknown)."""
        if unit >= len(self.units):
            raise Refused("UnitUnknown", unit=unit)
        width = width_of(sum(roll.lines for roll in self.units))
        domain = domain_separator(self.chain, self.box)
        return BallotPaper(self.election, domain, self.key, width, self.contests, self.units[unit])


def read_box(rpc: Rpc, deployment: Deployment, receipt: BallotReceipt, block: int | str = "latest") -> BoxOnChain:
    """The registered box that a receipt names. Raises Refused(ReceiptOfChain, ReceiptOfNoBox), RpcUnavailable."""
    asked = rpc.chain_id()
    if not receipt.chain == asked == deployment.chain_id:
        raise Refused("ReceiptOfChain", chain=receipt.chain, asked=asked, network=deployment.network)
    if not registered_boxes(lambda: rpc, deployment)(receipt.box):
        raise Refused("ReceiptOfNoBox", box=receipt.box)
    with legible(rpc):
        return _read(rpc, deployment, receipt.box, block)


def _read(rpc: Rpc, deployment: Deployment, box: str, block: int | str) -> BoxOnChain:
    head = rpc.head(block)
    names = ("AGENCY", "ELECTION", "electionKey", "contests", "closesAt", "GRACE")
    agency, election, key, contests, closes, grace = (
        ask(rpc, deployment, View(BOX, name, (), box), head.number) for name in names
    )
    decoder = Decoder(deployment).following({box: BOX})
    logs = event_logs(rpc, box, [], deployment.start_block, head.number)
    events = tuple(decoder.decode(log, 0) for log in logs)
    opened = next(event for event in events if event.name == "BoxOpened").arguments
    return BoxOnChain(
        box,
        agency,
        tuple(UnitRoll(**unit) for unit in opened["units"]),
        closes,
        closes + grace,
        head,
        events,
        Point(key["x"], key["y"]),
        election,
        tuple(ContestForm.unpack(int(form)) for form in contests),
        deployment.chain_id,
    )


def standing_of(rpc: Rpc, deployment: Deployment, box: BoxOnChain, key: str, time: int) -> KeyStanding:
    """How a key stood with the agency that runs the election, at a time; Unknown where it is none of the agency's."""
    with legible(rpc):
        officer = ask(rpc, deployment, View("AgencyRegistry", "officerOf", (key,)), box.head.number)
        if officer["agency"] != box.agency:
            return KeyStanding.UNKNOWN
        return KeyStanding(ask(rpc, deployment, View("AgencyRegistry", "standingAt", (key, time)), box.head.number))


def fate_of(box: BoxOnChain, receipt: BallotReceipt) -> Found:
    """What became of the ballot, by the events of its line in the chain's order."""
    mine, found, standing, barred = receipt.tracker, None, None, False
    for name, given in _of_line(box.events, receipt.unit, receipt.index):
        if name == "BallotWithdrawn":
            barred = True
        if name == "BallotSkipped":
            if given["tracker"] == mine and found is None:  # one that counts, and came again, goes on counting
                found = Found(Fate.SKIPPED, REASONS.get(given["reason"]))
            continue
        if standing == mine:
            ended = name == "BallotReplaced"
            found = Found(Fate.REPLACED, given["tracker"]) if ended else Found(Fate.WITHDRAWN)
        standing = None if name == "BallotWithdrawn" else given["tracker"]
        if standing == mine:
            found = Found(Fate.COUNTED)
    other = None if standing == mine else standing
    if found is None:
        over = box.head.time >= box.ends
        found = Found(Fate.MISSING if over else Fate.WAITING)
    return Found(found.fate, found.by, other, barred)


def _of_line(events: Sequence[Event], unit: int, index: int) -> list[tuple[str, dict[str, Any]]]:
    """The events of one line of the roll; first ballots, each with its tracker, out of their batches."""
    own: list[tuple[str, dict[str, Any]]] = []
    for event in events:
        given = event.arguments
        if given.get("unit") != unit:
            continue
        if event.name == "BallotsCast":
            leaves = zip(given["indices"], given["trackers"], strict=True)
            own += [(event.name, {"tracker": tracker}) for line, tracker in leaves if line == index]
        elif event.name in ("BallotReplaced", "BallotSkipped", "BallotWithdrawn") and given["index"] == index:
            own.append((event.name, dict(given)))
    return own
