"""Ballots changed at random: accepted nowhere."""

import os
import random

from muniment.ballots.crypto.ballot import check_batched
from muniment.ballots.crypto.checking import check_ballots
from muniment.ballots.crypto.packing import pack_ballot, unpack_ballots
from muniment.ballots.model import BatchPlace
from muniment.errors import Refused
from tests.vectors.ballots import SELECTIONS, World, worlds
from tests.vectors.ballots_mutated import another

DEEP = bool(os.environ.get("MUNIMENT_DEEP"))
MUTATIONS = 100_000 if DEEP else 500
SEED = random.SystemRandom().getrandbits(64) if DEEP else 6


def originals() -> list[tuple[World, int, bytes, str]]:
    """Ballots of every form, first ones and replacements: voter, bytes, and the root of the batch replaced from."""
    found = []
    for world in worlds().values():
        chosen = SELECTIONS[world.name]
        first = [world.ballot(world.voters[0][place], chosen[0])[0] for place in range(3)]
        batch = world.batch(first)
        second, _ = world.replacement(first[1], 0, chosen[1], BatchPlace(0, 1, batch.path(1)))
        third, _ = world.replacement(second, 0, chosen[2], None)
        made = (first[0], first[2], second, third)
        found += [(world, ballot.index, pack_ballot(ballot), batch.root) for ballot in made]
    return found


def accepted(world: World, packed: bytes, root: str) -> bool:
    """Whether anything takes the ballot for one that may be cast."""
    paper = world.paper()
    try:
        check_ballots(paper, packed)
        for ballot in unpack_ballots(paper, packed):
            check_batched(ballot, root)
            place = ballot.replaced.place if ballot.replaced else None
            if place and place.batch:
                return False  # a batch that there is not
    except Refused:
        return False
    return True


def test_a_changed_ballot_is_accepted_nowhere() -> None:
    """Whatever single change must make the ballot bad."""
    chance = random.Random(SEED)
    ballots = originals()
    assert all(accepted(world, packed, root) for world, _, packed, root in ballots)
    for number in range(MUTATIONS):
        world, index, packed, root = chance.choice(ballots)
        changed = another(world, index, packed, chance)
        assert not accepted(world, changed, root), (SEED, number, world.name, changed.hex())
