"""What a secret ballot costs: alone and in batches, mid-election and into words that are still zero.

An election is a box with a double of the trustees' ceremony, whose key is known here; the roll, the ballots and their
proofs are real. Voters come in random order, one unit to a batch.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from web3 import Web3
from web3.contract import Contract

from bench import gas_semaphore, npm_peers
from bench.gas_land import create_address
from bench.node import compile_peers, deploy, sent
from muniment.ballots.crypto.hints import added_by, sum_hints
from muniment.ballots.crypto.packing import pack_ballots
from muniment.ballots.model import Ballot, Ciphertext, ContestForm, ContestKind, Point, UnitRoll
from muniment.ballots.roll import roll_tree
from muniment.hashing import keccak
from tests.vectors.ballots import Voter, World

DAY = 86_400
WORD = 256  # voters of whom one word says whether they voted
NOBODY = bytes(32)


@dataclass(frozen=True)
class Shape:
    """One contest, the roll of each of some units, and how many ballots go into a batch."""

    kind: str
    form: ContestForm
    place: str
    size: int
    units: int
    batch: int


QUESTION, CHOICE = ContestForm.choice(2), ContestForm.choice(4)
# What Warszawa-Wesoła asked in 2021: 1 to 15 of 40 projects.
APPROVAL = ContestForm.points(40, 1, 1, 15)
# Batches are as long as nodes take them, 128 KiB; of the approval's ballots, 16 million gas take 7.
# A choice of 4 cannot be decoded for more than some 18,750 voters.
SHAPES = (
    Shape("1 of 2", QUESTION, "unit of 2^17", 2**17 - 1, 1, 112),
    Shape("1 of 2", QUESTION, "unit of 1,024", 1_024, 112, 139),
    Shape("1 of 4", CHOICE, "unit of 18,700", 18_700, 1, 85),
    Shape("1 of 4", CHOICE, "unit of 1,024", 1_024, 112, 95),
    Shape("approval of 40", APPROVAL, "unit of 1,024", 1_024, 112, 7),
)
TARGETS = {
    "ballot, 1 of 2, in a batch, unit of 2^17": 60_000,
    "ballot, 1 of 2, in a batch, unit of 1,024": 52_000,
    "ballot, 1 of 4, in a batch, unit of 18,700": 90_000,
    "ballot, 1 of 4, in a batch, unit of 1,024": 82_000,
    "ballot, 1 of 2, alone, unit of 1,024": 130_000,
    "ballot, 1 of 4, alone, unit of 1,024": 160_000,
}
# Published by their makers, or measured on their sources elsewhere.
PUBLISHED = {
    "MACI v3 (per voter)": {"value": 1_000_000, "published": True},
    "Cicada (Prague)": {"value": 577_000, "published": True},
    "Open Vote Network": {"value": 3_200_000, "published": True},
}
SEMAPHORE = "Semaphore (not secret)"


def peers(web3: Web3) -> dict[str, dict[str, Any]]:
    """Act → peer → what the same costs there: Semaphore's is measured where npm can install it."""
    measured = npm_peers.installed()
    semaphore = {"value": gas_semaphore.vote(web3)} if measured else {"value": 285_000, "published": True}
    return dict.fromkeys(TARGETS, PUBLISHED | {SEMAPHORE: semaphore})


@dataclass(frozen=True)
class OneUnit(World):
    """An election in whose first unit voters vote; of the others' rolls there are only the hashes."""

    def _voters(self, unit: int, size: int) -> tuple[Voter, ...]:
        return () if unit else super()._voters(unit, size)

    @cached_property
    def rolls(self) -> tuple[UnitRoll, ...]:
        """Each unit's roll."""
        first = roll_tree(0, [voter.credential for voter in self.voters[0]]).root
        roots = [keccak(f"roll {unit}".encode()) if unit else first for unit in range(len(self.sizes))]
        return tuple(
            UnitRoll(unit, size, size, size + 1, root)
            for unit, (size, root) in enumerate(zip(self.sizes, roots, strict=True))
        )


@dataclass(frozen=True)
class Key:
    """An election key: the contract and the setup that it comes from, and the secret that nobody should know."""

    ceremony: Contract
    setup: bytes
    manifest_hash: str
    secret: int


class Scene:
    """A node on which one box after the other is opened and voted in."""

    def __init__(self, web3: Web3, artifacts: Path) -> None:
        self.web3, self.artifacts = web3, artifacts
        self.maker, self.relayer = web3.eth.accounts[:2]
        agencies = deploy(web3, artifacts, "AgencyRegistry", self.maker, sender=self.maker)
        plain = World("gas", (QUESTION,), sizes=(1,))
        known = (agencies.address, NOBODY, plain.manifest_hash, tuple(plain.key))
        double = deploy(web3, compile_peers(), "CeremonyDouble", *known, sender=self.maker)
        self.key = Key(double, NOBODY, plain.manifest_hash, plain.secret_key)

    def measure(self) -> dict[str, tuple[int, float]]:
        """Act → (how many ballots one transaction took, gas for each)."""
        return {
            act: (count, gas // count)
            for shape in SHAPES
            for act, count, gas in Election(self.web3, self.artifacts, self.key, shape).acts()
        }


class Election:
    """An open box; whoever relays sends ballots to it."""

    def __init__(self, web3: Web3, artifacts: Path, key: Key, shape: Shape) -> None:
        self.web3, self.shape = web3, shape
        maker, self.relayer = web3.eth.accounts[:2]
        opens = web3.eth.get_block("latest")["timestamp"] + DAY
        address = create_address(maker, web3.eth.get_transaction_count(maker))
        self.world = OneUnit(
            "gas",
            (shape.form,),
            chain_id=web3.eth.chain_id,
            box=address.lower(),
            ceremony=key.ceremony.address.lower(),
            manifest_hash=key.manifest_hash,
            opens_at=opens,
            closes_at=opens + DAY,
            secret_key=key.secret,
            sizes=(shape.size,) * shape.units,
        )
        self.rolls = [(roll.unit, roll.lines, roll.issued, roll.eligible, roll.root) for roll in self.world.rolls]
        schedule = (opens, opens + DAY, self.world.min_ballots)
        opening = (key.ceremony.address, key.setup, *schedule, NOBODY, [shape.form.pack()])
        self.box = deploy(web3, artifacts, "BallotBox", opening, self.rolls, sender=maker)
        web3.provider.make_request("evm_setNextBlockTimestamp", [opens])
        self.random = random.Random(f"{shape.size} {shape.units} {shape.kind}")  # noqa: S311 -- the same in every run
        self.order = self.random.sample(range(shape.size), min(shape.size, 4 * shape.batch))
        self.selections: list[tuple[int, ...]] = []

    def acts(self) -> Iterator[tuple[str, int, int]]:
        """The batch into fresh words, then what a batch and one ballot cost once every word has a voter."""
        batch, kind, place = self.shape.batch, self.shape.kind, self.shape.place
        fresh, usual = self.order[:batch], self.order[batch : 2 * batch]
        lone, plain = self.order[2 * batch : 2 * batch + 2]
        yield f"ballot, {kind}, in a batch into fresh words, {place}", batch, self.cast(fresh)
        later = {*usual, lone, plain}
        self.touch({index // WORD for index in later} - {index // WORD for index in fresh}, later)
        yield f"ballot, {kind}, in a batch, {place}", batch, self.cast(usual)
        yield f"ballot, {kind}, alone, {place}", 1, self.cast([lone], hinted=True)
        yield f"ballot, {kind}, alone without hints, {place}", 1, self.cast([plain])

    def touch(self, words: set[int], but: set[int]) -> None:
        """Let one voter of each word vote."""
        voters = [
            next(i for i in range(word * WORD, min(self.shape.size, word * WORD + WORD)) if i not in but)
            for word in sorted(words)
        ]
        for start in range(0, len(voters), self.shape.batch):
            self.cast(voters[start : start + self.shape.batch])

    def cast(self, indices: Sequence[int], *, hinted: bool = False) -> int:
        """The gas of one call with a ballot of each of these voters."""
        ballots = [self._ballot(index) for index in indices]
        path = list(self.world.units.path(0))
        hints = sum_hints(self._sums(), added_by(ballots)) if hinted else b""
        function: Any = self.box.functions.cast(self.rolls[0], path, pack_ballots(ballots), hints)
        return int(sent(self.web3, function, self.relayer)["gasUsed"])

    def _sums(self) -> list[Ciphertext]:
        """What the box has added up."""
        sums = [self.box.functions.sumOf(0, place).call() for place in range(self.world.paper().ciphertexts)]
        return [Ciphertext(Point(*a), Point(*b)) for a, b in sums]

    def _ballot(self, index: int) -> Ballot:
        self.selections.append(self._selection())
        return self.world.ballot(self.world.voters[0][index], self.selections[-1:])[0]

    def _selection(self) -> tuple[int, ...]:
        """One option of a choice; of an approval some, within its bounds."""
        form = self.shape.form
        if form.kind == ContestKind.CHOICE:
            return (self.random.randrange(form.options),)
        chosen = self.random.sample(range(form.options), self.random.randint(form.minimum, form.maximum))
        return tuple(int(option in chosen) for option in range(form.options))
