"""What a secret ballot costs: alone and in batches, mid-election and into words that are still zero.

An election is a box with a double of the trustees' ceremony, whose key is known here; the roll, the ballots and their
proofs are real. Voters come in random order, one unit to a batch.
"""

import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from web3 import Web3

from bench.gas_land import create_address
from bench.node import create, deploy, sent
from muniment.ballots.crypto.packing import pack_ballots
from muniment.ballots.model import Ballot, ContestForm
from tests.vectors.ballots import World

BATCH = 150
DAY = 86_400
WORD = 256  # voters of whom one word says whether they voted
UNITS = 112
# Roll of a unit, how many units, options. A choice of 4 cannot be decoded for more than some 18,750 voters.
SHAPES = (
    ("unit of 2^17", 2**17 - 1, 1, 2),
    ("unit of 1,024", 1_024, UNITS, 2),
    ("unit of 18,700", 18_700, 1, 4),
    ("unit of 1,024", 1_024, UNITS, 4),
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
    "Semaphore (not secret)": {"value": 285_000, "published": True},
}
PEERS = dict.fromkeys(TARGETS, PUBLISHED)


class Scene:
    """A node on which one box after the other is opened and voted in."""

    def __init__(self, web3: Web3, artifacts: Path) -> None:
        self.web3, self.artifacts = web3, artifacts
        self.maker, self.relayer = web3.eth.accounts[:2]
        self.agencies = deploy(web3, artifacts, "AgencyRegistry", self.maker, sender=self.maker)

    def measure(self) -> dict[str, tuple[int, float]]:
        """Act → (how many ballots one transaction took, gas for each)."""
        return {
            act: (count, gas // count)
            for name, size, units, options in SHAPES
            for act, count, gas in Election(self, size, units, options).acts(f"1 of {options}", name)
        }


class Election:
    """An open box of `units` units of `size` voters each, who choose one of `options`."""

    def __init__(self, scene: Scene, size: int, units: int, options: int) -> None:
        self.scene, self.size, self.options = scene, size, options
        web3, maker = scene.web3, scene.maker
        form, opens = ContestForm.choice(options), web3.eth.get_block("latest")["timestamp"] + DAY
        plain = World("gas", (form,), sizes=(1,))
        double = json.loads((scene.artifacts / "Ballots.sol" / "CeremonyDouble.json").read_text())
        known = (scene.agencies.address, bytes(32), plain.manifest_hash, tuple(plain.key))
        ceremony = create(web3, double["abi"], double["bytecode"]["object"], *known, sender=maker)
        address = create_address(maker, web3.eth.get_transaction_count(maker))
        self.world = World(
            "gas",
            (form,),
            chain_id=web3.eth.chain_id,
            box=address.lower(),
            ceremony=ceremony.address.lower(),
            opens_at=opens,
            closes_at=opens + DAY,
            sizes=(size,) * units,
        )
        self.rolls = [(roll.unit, roll.lines, roll.issued, roll.eligible, roll.root) for roll in self.world.rolls]
        opening = (ceremony.address, bytes(32), opens, opens + DAY, self.world.min_ballots, bytes(32), [form.pack()])
        self.box = deploy(web3, scene.artifacts, "BallotBox", opening, self.rolls, sender=maker)
        web3.provider.make_request("evm_setNextBlockTimestamp", [opens])
        self.random = random.Random(f"{size} {units} {options}")  # noqa: S311 -- the same voters in every run
        self.order = self.random.sample(range(size), min(size, 4 * BATCH))

    def acts(self, kind: str, place: str) -> Iterator[tuple[str, int, int]]:
        """The batch into fresh words, then what a batch and one ballot cost once every word has a voter."""
        fresh, usual = self.order[:BATCH], self.order[BATCH : 2 * BATCH]
        lone = self.order[2 * BATCH]
        yield f"ballot, {kind}, in a batch into fresh words, {place}", BATCH, self.cast(fresh)
        self.touch({index // WORD for index in (*usual, lone)} - {index // WORD for index in fresh}, {*usual, lone})
        yield f"ballot, {kind}, in a batch, {place}", BATCH, self.cast(usual)
        yield f"ballot, {kind}, alone, {place}", 1, self.cast([lone])

    def touch(self, words: set[int], but: set[int]) -> None:
        """Let one voter of each word vote."""
        voters = [
            next(i for i in range(word * WORD, min(self.size, word * WORD + WORD)) if i not in but)
            for word in sorted(words)
        ]
        for start in range(0, len(voters), BATCH):
            self.cast(voters[start : start + BATCH])

    def cast(self, indices: Sequence[int]) -> int:
        """The gas of one call with a ballot of each of these voters."""
        ballots = [self._ballot(index) for index in indices]
        path = list(self.world.units.path(0))
        function: Any = self.box.functions.cast(self.rolls[0], path, pack_ballots(ballots))
        return int(sent(self.scene.web3, function, self.scene.relayer)["gasUsed"])

    def _ballot(self, index: int) -> Ballot:
        return self.world.ballot(self.world.voters[0][index], ((self.random.randrange(self.options),),))[0]
