"""Add points of secp256k1 many at a time, in affine coordinates with one inversion for all (Montgomery's trick).

About a microsecond a sum in plain Python: less than what one call of a C library costs that adds two points and
brings the sum to affine coordinates. Nothing here is in constant time or meant for secrets.

The points that are added must be finite, neither equal nor opposite: whoever calls sees to that, if need be by moving
one side by a random point. Where they are not, that one sum is wrong and the others are right.
"""

from collections.abc import Sequence

from muniment.ballots.model import FIELD, Point


def inverses(numbers: Sequence[int]) -> list[int]:
    """1/n mod p of each number; of a multiple of p, something else."""
    running = 1
    before = []
    for number in numbers:
        before.append(running)
        running = running * number % FIELD
    if running == 0:
        return inverses([number if number % FIELD else 1 for number in numbers])
    running = pow(running, -1, FIELD)
    found = []
    for number, product in zip(reversed(numbers), reversed(before), strict=True):
        found.append(running * product % FIELD)
        running = running * number % FIELD
    found.reverse()
    return found


def move(points: Sequence[Point], by: Point) -> list[Point]:
    """P + B of each point P."""
    x, y = by
    moved = []
    for point, inverse in zip(points, inverses([point.x - x for point in points]), strict=True):
        slope = (point.y - y) * inverse % FIELD
        third = (slope * slope - x - point.x) % FIELD
        moved.append(Point(third, (slope * (x - third) - y) % FIELD))
    return moved


def xs_of_sums(point: Point, others: Sequence[Point], mask: int) -> list[int]:
    """The lowest bits (those of the mask) of the x of P + Q and P − Q, for each other point Q: two numbers each."""
    x, y = point
    found = []
    for (other_x, other_y), inverse in zip(others, inverses([other.x - x for other in others]), strict=True):
        both = x + other_x
        slope = (other_y - y) * inverse % FIELD
        found.append((slope * slope - both) % FIELD & mask)
        slope = (other_y + y) * inverse % FIELD
        found.append((slope * slope - both) % FIELD & mask)
    return found


def xs_of_differences(pairs: Sequence[tuple[Point, Sequence[Point]]], mask: int) -> list[int]:
    """The lowest bits of the x of P − Q, for each pair's point P and each of its points Q, one after the other."""
    inverted = iter(inverses([other.x - point.x for point, others in pairs for other in others]))
    found = []
    for (x, y), others in pairs:
        # zip stops after the last of `others` before it takes another inverse.
        for (other_x, other_y), inverse in zip(others, inverted, strict=False):
            slope = (other_y + y) * inverse % FIELD
            found.append((slope * slope - x - other_x) % FIELD & mask)
    return found
