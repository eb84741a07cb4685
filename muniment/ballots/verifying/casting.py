"""Replay every ballot and every withdrawal: who stood where, what was passed over, which sums follow."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from muniment.ballots.crypto.ballot import check_batched
from muniment.ballots.crypto.group import add, is_on_curve, negate, recover
from muniment.ballots.crypto.packing import pack_replaced
from muniment.ballots.hashes import batch_leaf, withdrawal_digest
from muniment.ballots.model import (
    GENERATOR,
    ORDER,
    Ballot,
    BallotFlags,
    BallotPaper,
    BatchPlace,
    Ciphertext,
    Point,
    Replaced,
    Skipped,
    UnitRoll,
)
from muniment.ballots.roll import Tree, is_on_roll
from muniment.ballots.verifying.events import CAST, WITHDRAW, Told, arguments
from muniment.ballots.verifying.findings import Findings
from muniment.ballots.verifying.judging import Judged, Task
from muniment.ballots.verifying.transcript import Sent
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH


@dataclass
class Line:
    """A voter's line on a unit's roll: the ballot that stands, whether the chain keeps its tracker in a word."""

    standing: Judged | None = None
    place: BatchPlace | None = None
    word: str = ZERO_HASH
    voted: bool = False
    barred: bool = False


@dataclass
class Unit:
    """A unit while its ballots are replayed. `added` and `taken` are the ciphertexts of ballots, by ciphertext."""

    roll: UnitRoll
    paper: BallotPaper
    path: tuple[str, ...]
    lines: dict[int, Line] = field(default_factory=dict)
    roots: list[str] = field(default_factory=list)
    ballots: int = 0
    added: list[tuple[Ciphertext, ...]] = field(default_factory=list)
    taken: list[tuple[Ciphertext, ...]] = field(default_factory=list)

    def line(self, index: int) -> Line:
        """The line at an index, made where nothing has happened to it yet."""
        return self.lines.setdefault(index, Line())


def sums_of(units: Sequence[Unit]) -> tuple[Ciphertext, ...]:
    """The encrypted sums of all ballots of some units that count, by ciphertext, from (G, H)."""
    paper = units[0].paper
    added = [one for unit in units for one in unit.added]
    taken = [one for unit in units for one in unit.taken]
    return tuple(
        Ciphertext(
            _summed(GENERATOR, [one[at].a for one in added], [one[at].a for one in taken]),
            _summed(paper.key, [one[at].b for one in added], [one[at].b for one in taken]),
        )
        for at in range(paper.ciphertexts)
    )


def _summed(start: Point, added: Sequence[Point], taken: Sequence[Point]) -> Point:
    return add(start, *added, *map(negate, taken))


@dataclass(frozen=True)
class CastCall:
    """A transaction that casts ballots, as its calldata has it."""

    sent: Sent
    unit: Unit
    task: Task


def cast_calls(sent: Sequence[Sent], box: str, units: Sequence[Unit], found: Findings) -> Iterator[CastCall]:
    """Every transaction that casts, its roll and its path checked."""
    for one in sent:
        given = arguments(CAST, one, box)
        if given is None:
            continue
        roll, path, packed, _ = given  # nobody has to say the truth in hints
        unit = _unit_of(roll, path, units, one, found)
        if unit is not None:
            yield CastCall(one, unit, Task(unit.paper, packed))


def unit_roll(given: tuple[int, int, int, int, bytes]) -> UnitRoll:
    """A unit's roll as the ABI has it."""
    unit, lines, issued, eligible, root = given
    return UnitRoll(unit, lines, issued, eligible, "0x" + root.hex())


def _unit_of(roll: Any, path: Any, units: Sequence[Unit], sent: Sent, found: Findings) -> Unit | None:
    named = unit_roll(roll)
    siblings = tuple("0x" + one.hex() for one in path)
    unit = units[named.unit] if named.unit < len(units) else None
    if unit is None or named != unit.roll or siblings != unit.path:
        found.wrong("RollRefused", sent.where, "It names a unit's roll that is not of this election.")
        return None
    return unit


class Replay:
    """Goes through the box's transactions in order, and reckons the events that each must have left."""

    def __init__(self, units: Sequence[Unit], found: Findings) -> None:
        self.units = units
        self.found = found

    def cast(self, call: CastCall, judged: Sequence[Judged], told: Sequence[Told]) -> None:
        """Replay one transaction of ballots, each judged before."""
        unit, sent = call.unit, call.sent
        expected: list[tuple[str, dict[str, Any]]] = []
        leaves: list[tuple[int, Judged]] = []
        for number, one in enumerate(judged):
            where = f"{sent.where}, ballot {number}"
            if one.refused:
                self.found.wrong(one.refused[0], where, one.refused[1])
            self._ballot(unit, one, where, leaves, expected)
        if leaves:
            tree = Tree([batch_leaf(index, one.tracker) for index, one in leaves])
            for place, (index, _) in enumerate(leaves):
                unit.line(index).place = BatchPlace(len(unit.roots), place, tree.path(place))
            unit.ballots += len(leaves)
            expected.append((
                "BallotsCast",
                {
                    "unit": unit.roll.unit,
                    "batch": len(unit.roots),
                    "ballots": unit.ballots,
                    "root": _raw(tree.root),
                    "indices": tuple(index for index, _ in leaves),
                    "trackers": tuple(_raw(one.tracker) for _, one in leaves),
                },
            ))  # fmt: skip
            unit.roots.append(tree.root)
        self._compare(expected, told, sent)

    def _ballot(
        self,
        unit: Unit,
        one: Judged,
        where: str,
        leaves: list[tuple[int, Judged]],
        expected: list[tuple[str, dict[str, Any]]],
    ) -> None:
        ballot, line = one.ballot, unit.line(one.ballot.index)
        skipped = self._skipped(unit, ballot, line, where)
        named = {"unit": unit.roll.unit, "index": ballot.index}
        if skipped:
            expected.append(("BallotSkipped", named | {"tracker": _raw(one.tracker), "reason": int(skipped)}))
            return
        if ballot.replaced is None:
            leaves.append((ballot.index, one))
        else:
            unit.taken += _addable(ballot.replaced.ciphertexts)
            line.word = one.tracker
            hashes = {"replaced": _raw(ballot.previous), "tracker": _raw(one.tracker)}
            expected.append(("BallotReplaced", named | hashes))
        unit.added += _addable(ballot.ciphertexts)
        line.voted, line.standing = True, one

    def _skipped(self, unit: Unit, ballot: Ballot, line: Line, where: str) -> Skipped:
        """Why the ballot is passed over, if it is."""
        changed = Skipped.BARRED if line.barred else Skipped.PREVIOUS_CHANGED
        if ballot.replaced is None:
            return changed if line.voted else Skipped.NONE
        place = ballot.replaced.place
        if place is not None:
            try:
                check_batched(ballot, unit.roots[place.batch] if place.batch < len(unit.roots) else ZERO_HASH)
            except Refused as refused:
                self.found.wrong(refused.name, where, "The ballot that it replaces is in no such batch.")
        # A ballot in a batch stands as long as its voter has no word.
        own = ballot.previous if place is None else ZERO_HASH
        return changed if line.barred or line.word != own else Skipped.NONE

    def withdraw(self, sent: Sent, box: str, told: Sequence[Told]) -> None:
        """Replay one withdrawal."""
        given = arguments(WITHDRAW, sent, box)
        if given is None:
            self.found.wrong("NotDirect", sent.where, "A withdrawal's signature is not in its transaction.")
            return
        roll, path, index, credential, roll_path, signature, replaced = given
        unit = _unit_of(roll, path, self.units, sent, self.found)
        if unit is None:
            return
        siblings = tuple("0x" + one.hex() for one in roll_path)
        on_roll = is_on_roll(unit.roll.unit, index, credential, siblings, unit.roll.lines, unit.roll.root)
        self.found.require(on_roll, "NotOnRoll", sent.where, "The credential is not on that line of the roll.")
        digest = bytes.fromhex(withdrawal_digest(unit.paper.domain, unit.roll.unit, index)[2:])
        own = _signer(digest, signature) == credential
        self.found.require(own, "SignatureRefused", sent.where, "The credential has not signed the withdrawal.")
        line = unit.line(index)
        self.found.require(not line.barred, "VoterBarred", sent.where, "The voter was barred before.")
        standing = line.standing
        right = replaced == (b"" if standing is None else _withdrawn(line, standing))
        self.found.require(right, "BallotChanged", sent.where, "It names another ballot than the one that stands.")
        if standing is not None:
            unit.taken += _addable(standing.ballot.ciphertexts)
            unit.ballots -= 1
        line.barred, line.voted, line.standing = True, True, None
        tracker = ZERO_HASH if standing is None else standing.tracker
        values = {"unit": unit.roll.unit, "index": index, "tracker": _raw(tracker), "ballots": unit.ballots}
        self._compare([("BallotWithdrawn", values)], told, sent)

    def _compare(self, expected: Sequence[tuple[str, dict[str, Any]]], told: Sequence[Told], sent: Sent) -> None:
        given = [(one.name, dict(one.values)) for one in told]
        for place, (own, other) in enumerate(zip(expected, given, strict=False)):
            if own != other:
                where = f"{sent.where}, log {place}"
                self.found.wrong("EventDiffers", where, f"The ballots of the transaction make another {own[0]}.")
                return
        if len(expected) != len(given):
            says = f"Its ballots make {len(expected)} events, and it has {len(given)}."
            self.found.wrong("EventMissing" if len(expected) > len(given) else "EventDiffers", sent.where, says)


def _addable(ciphertexts: tuple[Ciphertext, ...]) -> list[tuple[Ciphertext, ...]]:
    """A ballot's ciphertexts; nothing where one is no point: such a ballot is refused, and no sum is right then."""
    return [ciphertexts] if all(is_on_curve(point) for one in ciphertexts for point in one) else []


def _withdrawn(line: Line, standing: Judged) -> bytes:
    """How a withdrawal names the ballot that stands."""
    batched = standing.ballot.flags is BallotFlags.FIRST
    flags = BallotFlags.REPLACES_BATCHED if batched else BallotFlags.REPLACES_REPLACEMENT
    return bytes([flags]) + pack_replaced(
        Replaced(
            standing.ballot.ciphertexts, standing.ballot.previous, standing.proofs, line.place if batched else None
        )
    )


def _signer(digest: bytes, signature: bytes) -> str | None:
    """Whose signature of 65 bytes (r, s, v) it is; None for nobody's and for a malleable one."""
    if len(signature) != 65 or signature[64] not in (27, 28):
        return None
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    return None if s > ORDER // 2 else recover(digest, r, s, signature[64] - 27)


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])
