"""What tests of ballots do: open a box, cast and withdraw; and what the box must then hold, computed beside it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from brownie import web3

from muniment.ballots import hashes
from muniment.ballots.crypto import ballot as making
from muniment.ballots.crypto.group import add, multiply, sign, subtract
from muniment.ballots.crypto.packing import pack_ballots, pack_replaced, unpack_ballots
from muniment.ballots.model import GENERATOR, Ballot, BallotFlags, Ciphertext, Point, Skipped
from muniment.ballots.roll import Tree
from tests.contracts.helpers import DAY, next_block_at, now, plain
from tests.vectors.ballots import FORMS, Voter, World, sparse

ROOT = Path(__file__).parents[3]
ZERO = "0x" + "00" * 32


def world_of(name: str, **changes: Any) -> World:
    """An election of the vectors, elsewhere."""
    return sparse(**changes) if name == "sparse" else World(name, FORMS[name], **changes)


def placed(by: Any, ceremony: Any, ids: Any, begins: int, lasts: int = DAY) -> dict[str, Any]:
    """What a world says of the chain, when `by` creates its box next: where it stands, and when it is open."""
    return {
        "chain_id": web3.eth.chain_id,
        "box": by.get_deployment_address().lower(),
        "ceremony": ceremony.address.lower(),
        "agency": ids.land,
        "opens_at": begins,
        "closes_at": begins + lasts,
    }


def arguments_of(world: World, setup: str = ZERO, **changes: Any) -> list[Any]:
    """What the world's box is created with; a test changes the field it is about."""
    opening = {
        "ceremony": world.ceremony,
        "setup": setup,
        "opensAt": world.opens_at,
        "closesAt": world.closes_at,
        "minBallots": world.min_ballots,
        "logRoot": "0x" + "10" * 32,
        "contests": [form.pack() for form in world.contests],
        "units": [roll_of(world, unit) for unit in range(len(world.sizes))],
    } | changes
    units = opening.pop("units")
    return [tuple(opening.values()), units]


def roll_of(world: World, unit: int) -> tuple[Any, ...]:
    """A unit's roll as the box takes it."""
    roll = world.rolls[unit]
    return (roll.unit, roll.lines, roll.issued, roll.eligible, roll.root)


class Poll:
    """A world and its box, and a ledger of what the box must hold, kept by the rules and not by the box."""

    def __init__(self, world: World, box: Any, sender: Any) -> None:
        self.world, self.box, self.sender = world, box, sender
        self.forget()

    def forget(self) -> None:
        """Start anew, as the chain does for every test."""
        held = self.world.paper().ciphertexts
        start = Ciphertext(GENERATOR, self.world.key)
        self.sums = {unit: [start] * held for unit in range(len(self.world.sizes))}
        self.standing: dict[tuple[int, int], Ballot] = {}
        self.worded: set[tuple[int, int]] = set()
        self.barred: set[tuple[int, int]] = set()
        self.roots: dict[int, list[str]] = {unit: [] for unit in self.sums}

    def open(self) -> None:
        """Let the time come."""
        if now() < self.world.opens_at:
            next_block_at(self.world.opens_at)

    def send(self, packed: bytes, unit: int = 0, hints: bytes = b"", **by: Any) -> Any:
        """Send a call of `cast`; its receipt."""
        self.open()
        return self.box.cast(*self.arguments(packed, unit, hints), {"from": self.sender} | by)

    def arguments(self, packed: bytes, unit: int = 0, hints: bytes = b"") -> list[Any]:
        """What `cast` is called with."""
        return [roll_of(self.world, unit), list(self.world.units.path(unit)), packed, hints]

    def cast(self, packed: bytes | Sequence[Ballot], unit: int = 0, hints: bytes = b"") -> Any:
        """Send ballots, and look that events, sums, batches and standings are what they must be."""
        if not isinstance(packed, bytes):
            packed = pack_ballots(packed)
        receipt = self.send(packed, unit, hints)
        expected = self.enter(packed, unit)
        assert [told(event) for event in receipt.events] == expected
        self.check(unit)
        return receipt

    def check(self, unit: int) -> None:
        """Look at all that the box says of a unit."""
        sums = [self.box.sumOf(unit, place) for place in range(len(self.sums[unit]))]
        assert [plain(one) for one in sums] == [plain((tuple(one.a), tuple(one.b))) for one in self.sums[unit]]
        assert plain(self.box.turnoutOf(unit)) == (self.turnout(unit), len(self.roots[unit]))
        assert [str(self.box.batchRootOf(unit, batch)) for batch, _ in enumerate(self.roots[unit])] == self.roots[unit]
        assert int(str(self.box.batchRootOf(unit, len(self.roots[unit]))), 16) == 0
        for index in range(self.world.sizes[unit]):
            seat = (unit, index)
            own = self.tracker(unit, self.standing[seat]) if seat in self.worded & self.standing.keys() else ZERO
            voted, barred, tracker = self.box.standingOf(unit, index)
            assert (voted, barred, str(tracker)) == (seat in self.standing, seat in self.barred, own)

    def turnout(self, unit: int) -> int:
        """How many ballots of the unit count."""
        return sum(of == unit for of, _ in self.standing)

    def tracker(self, unit: int, ballot: Ballot) -> str:
        """The ballot's tracker."""
        return making.tracker(self.world.paper(unit), ballot)

    def plaintexts(self, unit: int = 0) -> list[Point]:
        """What the unit's sums hold, in the clear: the key's holder takes its part off."""
        return [
            subtract(one.b, multiply(self.world.secret_key, one.a))
            for one in (Ciphertext(Point(*sum_[0]), Point(*sum_[1])) for sum_ in self._asked(unit))
        ]

    def withdraw(self, voter: Voter, replaced: bytes = b"", **changes: Any) -> Any:
        """Withdraw as the voter asks at the desk; its receipt. A test changes what it is about."""
        self.open()
        taken = {
            "roll": roll_of(self.world, voter.unit),
            "unitPath": list(self.world.units.path(voter.unit)),
            "index": voter.index,
            "credential": voter.credential,
            "rollPath": list(voter.path),
            "signature": self.withdrawal(voter),
            "replaced": replaced,
        } | changes
        return self.box.withdraw(*taken.values(), {"from": self.sender})

    def withdrawal(self, voter: Voter, **changes: Any) -> bytes:
        """The credential's signature over the voter's withdrawal, in 65 bytes."""
        of = {"unit": voter.unit, "index": voter.index} | changes
        digest = hashes.withdrawal_digest(self.world.paper().domain, of["unit"], of["index"])
        return long_signature(sign(bytes.fromhex(digest[2:]), voter.secret))

    def take_out(self, voter: Voter) -> None:
        """Enter a withdrawal into the ledger."""
        seat = (voter.unit, voter.index)
        if seat in self.standing:
            self._count(voter.unit, self.standing.pop(seat).ciphertexts, subtract)
        self.worded.discard(seat)
        self.barred.add(seat)

    def _asked(self, unit: int) -> list[Any]:
        return [self.box.sumOf(unit, place) for place in range(len(self.sums[unit]))]

    def enter(self, packed: bytes, unit: int) -> list[Any]:
        """Enter a call's ballots into the ledger; the events it must make."""
        events, leaves = [], []
        for ballot in unpack_ballots(self.world.paper(unit), packed):
            seat, tracker = (unit, ballot.index), self.tracker(unit, ballot)
            before = self.standing.get(seat)
            stands = self.tracker(unit, before) if before else ZERO
            if seat in self.barred or stands != ballot.previous:
                reason = Skipped.BARRED if seat in self.barred else Skipped.PREVIOUS_CHANGED
                events.append(("BallotSkipped", unit, ballot.index, tracker, int(reason)))
                continue
            if (ballot.flags == BallotFlags.REPLACES_REPLACEMENT) != (seat in self.worded) and ballot.replaced:
                raise AssertionError("a replaced ballot is named by the wrong kind of place")
            self.standing[seat] = ballot
            self._count(unit, ballot.ciphertexts, add)
            if before:
                self._count(unit, before.ciphertexts, subtract)
                self.worded.add(seat)
                events.append(("BallotReplaced", unit, ballot.index, stands, tracker))
            else:
                leaves.append((ballot.index, tracker))
        if leaves:
            root = Tree([hashes.batch_leaf(*leaf) for leaf in leaves]).root
            batch = len(self.roots[unit])
            self.roots[unit].append(root)
            indices, trackers = zip(*leaves, strict=True)
            events.append(("BallotsCast", unit, batch, self.turnout(unit), root, indices, trackers))
        return events

    def _count(self, unit: int, ciphertexts: Sequence[Ciphertext], how: Any) -> None:
        self.sums[unit] = [
            Ciphertext(how(sum_.a, one.a), how(sum_.b, one.b))
            for sum_, one in zip(self.sums[unit], ciphertexts, strict=True)
        ]


def told(event: Any) -> tuple[Any, ...]:
    """An event as its name and its plain values."""

    def value(one: Any) -> Any:
        if isinstance(one, tuple | list):
            return tuple(value(part) for part in one)
        return one if isinstance(one, int) else str(one)

    return (event.name, *(value(one) for one in event.values()))


def named_as_replaced(ballot: Ballot, place: Any = None) -> bytes:
    """A ballot that stands, as a withdrawal names it."""
    replaced = making.replacing(ballot, place)
    flags = BallotFlags.REPLACES_BATCHED if place else BallotFlags.REPLACES_REPLACEMENT
    return bytes([flags]) + pack_replaced(replaced)


def long_signature(compact: bytes) -> bytes:
    """A signature of 64 bytes (EIP-2098) in 65."""
    parity, low = compact[32] >> 7, bytes([compact[32] & 0x7F])
    return compact[:32] + low + compact[33:] + bytes([27 + parity])
