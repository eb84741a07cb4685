"""Ballots changed at random in one place, as an attacker who tries things out would; for every verifier alike."""

import random

from muniment.ballots.crypto.ballot import tracker
from muniment.ballots.crypto.group import sign
from muniment.ballots.crypto.packing import unpack_ballots
from muniment.ballots.hashes import cast_digest
from muniment.ballots.model import FIELD, ORDER
from muniment.errors import Refused
from tests.vectors.ballots import World


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


def another(world: World, index: int, packed: bytes, chance: random.Random) -> bytes:
    """Other bytes than these, every second time signed again.

    Chance may write what stood there, and signing again mends a changed signature: then anew. No other two writings
    mean the same ballot: its signature has one form, and so has each scalar, coordinate, hint and place.
    """
    while True:
        changed = mutated(packed, chance)
        if chance.randrange(2):
            changed = signed_again(world, index, changed)
        if changed != packed:
            return changed
