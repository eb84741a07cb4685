"""A key ceremony without a chain: trustees who deal to each other, for the tests of what comes after."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from muniment.ballots.model import ORDER, Point
from muniment.ballots.trustees.ceremony import (
    TrusteeSecret,
    deal,
    decryption_secret,
    draw_secret,
    joint_key,
    open_share,
    share_for,
    trustee_key,
)

SETUP = "0x" + "5e" * 32


def drawing(seed: int) -> Callable[[], int]:
    """Scalars that are the same in every run."""
    source = random.Random(seed)
    return lambda: source.randrange(1, ORDER)


@dataclass(frozen=True)
class Dealt:
    """Who was in, by place from 1: their secrets x_j and keys X_j; and the election key H."""

    trustees: tuple[TrusteeSecret, ...]
    secrets: dict[int, int]
    keys: dict[int, Point]
    key: Point


def deal_all(threshold: int, trustees: int, out: Sequence[int] = (), seed: int = 1) -> Dealt:
    """A ceremony of honest trustees, of whom some are out at the end."""
    draw = drawing(seed)
    members = tuple(draw_secret(SETUP, f"0x{place:040x}", threshold, draw) for place in range(1, trustees + 1))
    sealing = {place: member.revealed.encryption_key for place, member in enumerate(members, 1)}
    dealt = {place: deal(member, place, sealing, trustees) for place, member in enumerate(members, 1)}
    staying = [place for place in range(1, trustees + 1) if place not in out]
    coefficients = [members[place - 1].revealed.coefficients for place in staying]
    secrets = {}
    for place in staying:
        member = members[place - 1]
        secrets[place] = decryption_secret(
            [
                share_for(member.polynomial, place)
                if dealer == place
                else open_share(member, dealer, place, sealing[dealer], dealt[dealer][place - 1])
                for dealer in staying
            ]
        )
    keys = {place: trustee_key(coefficients, place) for place in staying}
    return Dealt(members, secrets, keys, joint_key(coefficients))
