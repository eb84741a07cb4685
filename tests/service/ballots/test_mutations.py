"""Ballots changed at random: accepted nowhere."""

import os
import random

from muniment.ballots.crypto.ballot import check_batched, tracker
from muniment.ballots.crypto.checking import check_ballots
from muniment.ballots.crypto.group import sign
from muniment.ballots.crypto.packing import pack_ballot, unpack_ballots
from muniment.ballots.hashes import cast_digest
from muniment.ballots.model import FIELD, ORDER, BatchPlace
from muniment.errors import Refused
from tests.vectors.ballots import SELECTIONS, World, worlds

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


def mutated(packed: bytes, chance: random.Random) -> bytes:
    """The bytes with one place changed: a bit, a byte, a word in one of many ways, two words exchanged, a cut."""
    made = bytearray(packed)
    at = chance.randrange(len(made))
    start = chance.randrange(len(made) - 31)
    word = int.from_bytes(made[start : start + 32], "big")
    words = (
        0,
        1,
        2**256 - 1,
        word + 1,
        word - 1,
        ORDER - word,
        FIELD - word,
        word + ORDER,
        word + FIELD,
        ORDER,
        FIELD,
        chance.getrandbits(256),
        chance.getrandbits(64),
    )
    match chance.randrange(8):
        case 0:
            made[at] ^= 1 << chance.randrange(8)
        case 1:
            made[at] = chance.randrange(256)
        case 2 | 3 | 4:
            made[start : start + 32] = (chance.choice(words) % 2**256).to_bytes(32, "big")
        case 5:
            other = chance.randrange(len(made) - 31)
            made[start : start + 32], made[other : other + 32] = made[other : other + 32], made[start : start + 32]
        case 6:
            del made[at : at + chance.choice((1, 20, 32, 64))]
        case _:
            made[at:at] = chance.randbytes(chance.choice((1, 20, 32, 64)))
    return bytes(made)


def signed_again(world: World, index: int, packed: bytes) -> bytes:
    """The bytes with the voter's signature over what they say now: the voter may be the attacker."""
    paper = world.paper()
    try:
        (ballot,) = unpack_ballots(paper, packed)
    except (Refused, ValueError):
        return packed
    digest = cast_digest(paper.domain, tracker(paper, ballot))
    return packed[:25] + sign(bytes.fromhex(digest[2:]), world.voters[0][index].secret) + packed[89:]


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
    """Whatever single change must make the ballot bad, or leave it as it was."""
    chance = random.Random(SEED)
    ballots = originals()
    assert all(accepted(world, packed, root) for world, _, packed, root in ballots)
    for number in range(MUTATIONS):
        world, index, packed, root = chance.choice(ballots)
        changed = mutated(packed, chance)
        if chance.randrange(2):
            changed = signed_again(world, index, changed)
        assert changed == packed or not accepted(world, changed, root), (SEED, number, world.name, changed.hex())
