"""Forms of contests: what packs, what is allowed, what a tally can decode."""

import pytest

from muniment.ballots.model import BallotPaper, ContestForm, ContestKind, UnitRoll, check_forms, width_of
from muniment.errors import Refused
from tests.vectors.ballots import FORMS, worlds

ROLL = UnitRoll(0, 260, 260, 260, "0x" + "00" * 32)


@pytest.mark.parametrize("form", [form for forms in FORMS.values() for form in forms])
def test_a_form_packs_as_the_interface_says(form: ContestForm) -> None:
    """The word is kind << 56 | options << 48 | most << 40 | minimum << 24 | maximum << 8 | blank, and back."""
    raw = form.pack().to_bytes(8, "big")
    assert (raw[0], raw[1], raw[2], raw[7]) == (form.kind, form.options, form.most, form.blank)
    assert (int.from_bytes(raw[3:5], "big"), int.from_bytes(raw[5:7], "big")) == (form.minimum, form.maximum)
    assert ContestForm.unpack(form.pack()) == form
    assert not form.refused


@pytest.mark.parametrize("packed", [0, 3 << 56, 1 << 56 | 2 << 48 | 2, 1 << 64 | 1 << 56])
def test_what_is_no_form_is_refused(packed: int) -> None:
    """A kind that there is not, and a blank that is neither yes nor no."""
    with pytest.raises(Refused, match="FormUnreadable"):
        ContestForm.unpack(packed)


@pytest.mark.parametrize(
    "form",
    [
        ContestForm.choice(1),
        ContestForm.choice(9),
        ContestForm.choice(8, blank=True),
        ContestForm(ContestKind.CHOICE, 0, blank=True),
        ContestForm(ContestKind.CHOICE, 3, most=1),
        ContestForm(ContestKind.CHOICE, 3, minimum=1),
        ContestForm(ContestKind.CHOICE, 3, maximum=1),
        ContestForm.points(0, 1, 0, 1),
        ContestForm.points(65, 1, 0, 1),
        ContestForm.points(3, 0, 0, 1),
        ContestForm.points(3, 16, 0, 1),
        ContestForm.points(3, 1, 2, 1),
        ContestForm.points(3, 1, 0, 4),
        ContestForm.points(3, 1, 0, 0),
        ContestForm.points(10, 15, 0, 64),
        ContestForm(ContestKind.POINTS, 3, 1, 0, 1, blank=True),
    ],
)
def test_a_form_that_nobody_can_keep_is_refused(form: ContestForm) -> None:
    """Too few or too many options, bounds out of reach, a number where none belongs."""
    assert form.refused
    with pytest.raises(Refused, match="FormRefused"):
        check_forms([form], 9, [ROLL], 20)


@pytest.mark.parametrize(("values", "ballots", "fits"), [(7, 300, True), (4, 18_752, True), (4, 18_753, False)])
def test_a_choice_is_decodable_up_to_a_bound(values: int, ballots: int, fits: bool) -> None:
    """C(N + k − 1, k − 1) must be 2^40 at most."""
    assert ContestForm.choice(values).is_decodable(9, ballots) == fits
    assert ContestForm.choice(values - 1, blank=True).is_decodable(9, ballots) == fits


def test_values_stay_below_the_order() -> None:
    """The options times WIDTH must be 255 at most."""
    assert ContestForm.choice(8).is_decodable(31, 1)
    assert not ContestForm.choice(8).is_decodable(32, 1)


def test_points_are_decodable_up_to_a_bound() -> None:
    """The most points times N must be below 2^40."""
    assert ContestForm.points(3, 15, 0, 45).is_decodable(9, 73_300_775_185)
    assert not ContestForm.points(3, 15, 0, 45).is_decodable(9, 73_300_775_186)


def test_an_election_is_refused_whole() -> None:
    """No contest, too many, too large a ballot, a unit too large for its tally."""
    choice, wide = ContestForm.choice(4), ContestForm.points(60, 15, 0, 63)
    for contests, name in (
        ([], "FormRefused"),
        ([choice] * 9, "FormRefused"),
        ([wide, ContestForm.points(5, 1, 0, 5)], "BallotTooLarge"),
        ([wide], "BallotTooLarge"),
        ([choice, ContestForm.choice(8)], "ContestUndecodable"),
    ):
        with pytest.raises(Refused) as refused:
            check_forms(contests, 9, [ROLL], 20)
        assert refused.value.name == name
    assert refused.value.arguments == {"contest": 1, "unit": 0}
    check_forms([choice] * 8, 9, [ROLL], 20)


@pytest.mark.parametrize(
    ("form", "selection"),
    [
        (ContestForm.choice(3), (3,)),
        (ContestForm.choice(3), (-1,)),
        (ContestForm.choice(3), ()),
        (ContestForm.choice(3), (0, 1)),
        (ContestForm.choice(3, blank=True), (4,)),
        (ContestForm.points(3, 5, 1, 5), (0, 0, 0)),
        (ContestForm.points(3, 5, 1, 5), (5, 1, 0)),
        (ContestForm.points(3, 5, 1, 5), (6, 0, 0)),
        (ContestForm.points(3, 5, 1, 5), (2, -1, 0)),
        (ContestForm.points(3, 5, 1, 5), (1, 1)),
    ],
)
def test_a_selection_keeps_the_form(form: ContestForm, selection: tuple[int, ...]) -> None:
    """What the form forbids must not be encrypted."""
    with pytest.raises(Refused, match="SelectionRefused"):
        form.messages(selection, 9)


def test_a_choice_is_written_in_powers() -> None:
    """Option j is M^j, a blank 0."""
    form = ContestForm.choice(3, blank=True)
    assert form.values(9) == (1, 512, 512**2, 0)
    assert [form.messages((option,), 9) for option in range(4)] == [(1,), (512,), (512**2,), (0,)]
    assert (width_of(511), width_of(512)) == (9, 10)


def test_proofs_are_laid_out_contest_by_contest() -> None:
    """Each ciphertext has one, then the sum, unless its bounds forbid nothing."""
    paper: BallotPaper = worlds()["several"].paper()
    laid = [(plan.contest, list(plan.ciphertexts), len(plan.values)) for plan in paper.proofs]
    points = [(1, [1], 6), (1, [2], 6), (1, [3], 6), (1, [1, 2, 3], 5)]
    assert laid == [(0, [0], 3), *points, (2, [4], 2), (2, [5], 2), (3, [6], 3)]
    assert paper.ciphertexts == 7
