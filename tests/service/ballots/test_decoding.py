"""Finding counts from decrypted points."""

import random

import pytest

from muniment.ballots.counting.decoding import ContestDecoder, Decoder
from muniment.ballots.counting.many_points import inverses, move, xs_of_differences, xs_of_sums
from muniment.ballots.counting.searching import LARGEST_TABLE, Radices, tables_for
from muniment.ballots.crypto.group import add, multiply, negate
from muniment.ballots.model import FIELD, GENERATOR, INFINITY, ContestForm, Point
from muniment.errors import Refused

WIDTH = 13
CHOICES = [
    ContestForm.choice(2),
    ContestForm.choice(1, blank=True),
    ContestForm.choice(3),
    ContestForm.choice(4, blank=True),
    ContestForm.choice(7),
    ContestForm.choice(7, blank=True),
]


def counted(form: ContestForm, counts: tuple[int, ...], width: int = WIDTH) -> list[Point]:
    """What ballots with these counts are decrypted to."""
    if form.ciphertexts == len(counts) and form.most:
        return [multiply(count) for count in counts]
    values = form.values(width)
    return [multiply(sum(count * value for count, value in zip(counts, values, strict=True)))]


def divided(source: random.Random, total: int, parts: int) -> tuple[int, ...]:
    """Random counts with a sum, some of them zero."""
    cuts = sorted(source.choice([0, total, source.randint(0, total)]) for _ in range(parts - 1))
    return tuple(b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True))


@pytest.mark.parametrize("form", CHOICES, ids=lambda form: f"{form.counts} values, blank {form.blank}")
@pytest.mark.parametrize("ballots", [1, 2, 3, 20, 33])
def test_counts_of_a_choice(form: ContestForm, ballots: int) -> None:
    """Random counts, and all ballots for one option, must be found."""
    source = random.Random(ballots)
    decoder = ContestDecoder(form, WIDTH, [ballots])
    everyone = [tuple(ballots if at == option else 0 for at in range(form.counts)) for option in range(form.counts)]
    for counts in [*everyone, *(divided(source, ballots, form.counts) for _ in range(5))]:
        assert decoder.decode(counted(form, counts), ballots) == counts


def test_one_table_serves_all_groups() -> None:
    """Groups of other sizes than the largest must be found with the same table."""
    form, sizes = ContestForm.choice(5), [3, 60, 41, 17]
    decoder = ContestDecoder(form, WIDTH, sizes)
    source = random.Random(5)
    for ballots in sizes:
        counts = divided(source, ballots, 5)
        assert decoder.decode(counted(form, counts), ballots) == counts
    with pytest.raises(ValueError, match="not 61"):
        decoder.decode(counted(form, (61, 0, 0, 0, 0)), 61)


def test_points() -> None:
    """Each option's sum must be found, from nothing to the most for everybody."""
    form, ballots = ContestForm.points(6, 15, 0, 40), 163
    decoder = ContestDecoder(form, WIDTH, [ballots])
    counts = (0, 1, 15 * ballots, 15 * ballots - 1, 1000, 38)
    assert decoder.decode(counted(form, counts), ballots) == counts
    with pytest.raises(ValueError, match="5 points"):
        decoder.decode(counted(form, counts)[:5], ballots)


def test_a_small_roll() -> None:
    """With a roll of one, two or three M is small, and counts must not be mistaken for others."""
    for form in (ContestForm.choice(8), ContestForm.choice(7, blank=True)):
        for ballots, width in ((1, 1), (2, 2), (3, 2)):
            decoder = ContestDecoder(form, width, [ballots])
            for option in range(8):
                counts = tuple(ballots if at == option else 0 for at in range(8))
                assert decoder.decode(counted(form, counts, width), ballots) == counts


@pytest.mark.parametrize("form", [ContestForm.choice(4), ContestForm.choice(3, blank=True)])
def test_nothing_fits(form: ContestForm) -> None:
    """A point that no counts make must be refused: another number of ballots, a stray point, infinity."""
    decoder = ContestDecoder(form, WIDTH, [20])
    for point in (multiply(2**200 + 5), multiply(-1), counted(form, (21, 0, 0, 0))[0], multiply(2**13 * 21)):
        with pytest.raises(Refused, match="NothingFits"):
            decoder.decode([point], 20)
    points = ContestDecoder(ContestForm.points(1, 5, 0, 5), WIDTH, [20])
    for point in (multiply(101), multiply(-1)):
        with pytest.raises(Refused, match="NothingFits"):
            points.decode([point], 20)
    assert points.decode([INFINITY], 20) == (0,)


def test_only_blanks() -> None:
    """Nothing but blanks is infinity, and must be found."""
    decoder = ContestDecoder(ContestForm.choice(3, blank=True), WIDTH, [20])
    assert decoder.decode([INFINITY], 20) == (0, 0, 0, 20)


def test_what_cannot_be_decoded_is_refused() -> None:
    """More than 2^40 candidates must be refused before any work."""
    with pytest.raises(Refused, match="ContestUndecodable"):
        ContestDecoder(ContestForm.choice(7), WIDTH, [290, 401])


@pytest.mark.parametrize("digits", [1, 2, 3])
def test_every_table_finds_every_vector(digits: int) -> None:
    """Whatever the radices, each vector of counts must be found, those at the digits' edges among them."""
    weights = [1, 64**2 + 3, 64**4 + 9][:digits]
    source = random.Random(digits)
    for table in tables_for(digits)[:8]:
        decoder = Decoder(weights, table, 40)
        edges = {0, 1, 40, *(edge for radix in table.each for edge in (radix - 1, radix, radix + 1) if edge <= 40)}
        vectors = [(edge, *(0,) * (digits - 1)) for edge in edges]
        vectors += [divided(source, source.randint(0, 40), digits) for _ in range(10)]
        for counts in vectors:
            point = multiply(sum(count * weight for count, weight in zip(counts, weights, strict=True)))
            assert decoder.find(point, 40) == counts
    assert tables_for(digits)[-1].entries <= LARGEST_TABLE


def test_a_false_hit_is_checked() -> None:
    """What stands in the table by chance must not be taken for counts."""
    decoder = Decoder([1], Radices(1, 8), 40)
    decoder._table[:] = 0  # every large step that ends in these bits would be a hit
    seen = decoder._look_up
    decoder._look_up = lambda xs: iter([(0, 0), *seen(xs)])  # type: ignore[method-assign]
    assert decoder.find(multiply(39), 40) is None


def test_progress_is_told() -> None:
    """Table and search must tell how far they are, and end at the end."""
    told: list[tuple[int, int]] = []
    decoder = ContestDecoder(ContestForm.choice(4), WIDTH, [50], lambda done, of: told.append((done, of)))
    assert told[-1][0] == told[-1][1] > 0
    told.clear()
    with pytest.raises(Refused):
        decoder.decode([multiply(2**200)], 50, lambda done, of: told.append((done, of)))
    assert told[-1][0] == told[-1][1] > 0


def test_many_points_at_once() -> None:
    """Sums with a shared inversion must be those of the group."""
    points, base = [multiply(number) for number in (3, 5, 8, 13)], multiply(1000)
    assert move(points, base) == [add(point, base) for point in points]
    expected = [one.x for point in points for one in (add(base, point), add(base, negate(point)))]
    assert xs_of_sums(base, points, 2**256 - 1) == expected
    pairs = [(base, points[:3]), (GENERATOR, []), (GENERATOR, points)]
    differences = [add(one, negate(other)).x & 2**64 - 1 for one, others in pairs for other in others]
    assert xs_of_differences(pairs, 2**64 - 1) == differences
    assert [number * inverse % FIELD for number, inverse in zip((2, 7), inverses((2, 7)), strict=True)] == [1, 1]
    assert inverses((0, 7))[1] == pow(7, -1, FIELD)
