"""Ballots: made, packed, checked, tested; one by one and many at once."""

import json
from dataclasses import replace

import pytest

from muniment.ballots.crypto import checking
from muniment.ballots.crypto.ballot import (
    check_ballot,
    check_opening,
    prepare_ballot,
    sign_ballot,
    tracker,
    tracker_of_replaced,
)
from muniment.ballots.crypto.checking import check_ballots
from muniment.ballots.crypto.packing import pack_ballot, pack_ballots, unpack_ballots
from muniment.ballots.model import Ballot, BallotPaper, BatchPlace
from muniment.errors import Refused
from tests.vectors.ballots import FILE, HOSTILE, SELECTIONS, World, sparse, vectors, worlds
from tests.vectors.ballots_hostile import cases_of

WORLDS = worlds()


@pytest.fixture(params=list(WORLDS), name="world")
def _world(request: pytest.FixtureRequest) -> World:
    return WORLDS[request.param]


def made(world: World) -> list[Ballot]:
    """A ballot of three voters, and one that replaces the second."""
    chosen = SELECTIONS[world.name]
    ballots = [world.ballot(world.voters[0][place], selection)[0] for place, selection in enumerate(chosen)]
    place = BatchPlace(0, 1, world.batch(ballots).path(1))
    return [*ballots, world.replacement(ballots[1], 0, chosen[0], place)[0]]


def test_a_ballot_survives_its_packing(world: World) -> None:
    """What is read must be what was packed, b.y and the last challenges among it."""
    ballots = made(world)
    assert unpack_ballots(world.paper(), pack_ballots(ballots)) == ballots


def test_ballots_hold(world: World) -> None:
    """A ballot that follows the protocol must be accepted, by both checks, with its tracker."""
    paper, ballots = world.paper(), made(world)
    wanted = [tracker(paper, ballot) for ballot in ballots]
    assert [check_ballot(paper, ballot) for ballot in ballots] == wanted
    assert check_ballots(paper, pack_ballots(ballots)) == wanted


def test_ballots_of_fresh_randomness_hold(world: World) -> None:
    """So must one that is made as a kiosk makes it; and no two are alike."""
    paper, voter, selections = world.paper(), world.voters[0][3], SELECTIONS[world.name][0]
    pair = []
    for _ in range(2):
        draft, _ = prepare_ballot(paper, voter.index, voter.credential, selections, path=voter.path)
        pair.append(sign_ballot(paper, draft, voter.secret))
    assert len(set(check_ballots(paper, pack_ballots(pair)))) == 2


def test_the_first_bad_ballot_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Among good ones, in whichever run it lies, the bad ballot must be the one refused."""
    world = WORLDS["choice"]
    paper = world.paper()
    good = [world.ballot(voter, ((0,),))[0] for voter in world.voters[0]]
    bad = replace(good[3], signature=good[2].signature)
    for run in (1, 2, 3, 1_024):
        monkeypatch.setattr(checking, "RUN", run)
        assert len(check_ballots(paper, pack_ballots(good))) == 5
        with pytest.raises(Refused) as refused:
            check_ballots(paper, pack_ballots([*good[:3], bad, good[4]]))
        assert (refused.value.name, refused.value.arguments["index"]) == ("SignatureRefused", 3)


def test_the_equation_alone_finds_a_false_point(monkeypatch: pytest.MonkeyPatch) -> None:
    """A branch whose U is another point, with the line to it, breaks nothing but the equation over the run."""
    cases = {case.name: case for case in cases_of(WORLDS | {"sparse": sparse()})["ballots"]}
    case = cases["U and the line of another point"]
    run = checking._Run(case.world.paper(), case.packed, 0)
    assert not run.holds()
    monkeypatch.setattr(checking.Points, "weighted_sum", lambda *_: None)
    assert checking._Run(case.world.paper(), case.packed, 0).holds()


@pytest.mark.parametrize("case", cases_of(WORLDS | {"sparse": sparse()})["ballots"], ids=lambda case: case.name)
def test_both_checks_refuse_alike(case) -> None:  # type: ignore[no-untyped-def]
    """The fast check must give the simple one's reason; what a batch holds neither of them judges."""
    paper = case.world.paper(case.unit)
    if case.error == "NotInBatch":
        assert check_ballots(paper, case.packed)
        return
    with pytest.raises(Refused) as refused:
        check_ballots(paper, case.packed)
    assert (refused.value.name, dict(refused.value.arguments)) == (case.error, case.arguments)


def test_a_test_opens_a_ballot(world: World) -> None:
    """A second device must find the selections in the tracker, and refuse any others."""
    paper = world.paper()
    voter, selections = world.voters[0][0], SELECTIONS[world.name][0]
    draft, opening = prepare_ballot(paper, voter.index, voter.credential, selections)
    shown = tracker(paper, draft)
    check_opening(paper, shown, opening)
    other = tuple(SELECTIONS[world.name][1])
    for lie in (
        replace(opening, selections=other),
        replace(opening, selections=()),
        replace(opening, selections=(*opening.selections[:-1], (99,))),
        replace(opening, randomness=(opening.randomness[0] + 1, *opening.randomness[1:])),
        replace(opening, randomness=opening.randomness[1:]),
        replace(opening, credential="0x" + "12" * 20),
        replace(opening, previous="0x" + "12" * 32),
        replace(opening, proofs_hash="0x" + "12" * 32),
    ):
        with pytest.raises(Refused, match="OpeningRefused"):
            check_opening(paper, shown, lie)
    with pytest.raises(Refused, match="OpeningRefused"):
        check_opening(paper, "0x" + "00" * 32, opening)


def test_hints_are_outside_the_tracker() -> None:
    """Whoever changes a hint must not change what the voter tracks."""
    world = WORLDS["choice"]
    ballot, _ = world.ballot(world.voters[0][0], ((1,),))
    hinted = replace(ballot.proofs[0][0], slope=5)
    assert tracker(world.paper(), replace(ballot, proofs=((hinted, *ballot.proofs[0][1:]),))) == tracker(
        world.paper(), ballot
    )


def test_another_s_secret_signs_nothing() -> None:
    """A ballot must be signed by its own credential."""
    world = WORLDS["choice"]
    ballot, _ = world.ballot(world.voters[0][0], ((1,),))
    with pytest.raises(ValueError, match="another credential"):
        sign_ballot(world.paper(), ballot, world.voters[0][1].secret)


def test_selections_fit_the_contests() -> None:
    """As many as there are contests, each in its form."""
    world = WORLDS["several"]
    voter = world.voters[0][0]
    for selections in (((0,),), ((3,), (1, 0, 0), (0, 0), (0,))):
        with pytest.raises(Refused, match="SelectionRefused"):
            prepare_ballot(world.paper(), voter.index, voter.credential, selections)


def test_the_ballot_replaced_is_named_by_its_tracker() -> None:
    """What is said of it must hash to the tracker that it was cast under."""
    world = WORLDS["several"]
    ballots = made(world)
    paper: BallotPaper = world.paper()
    replacement = ballots[3]
    assert replacement.replaced is not None
    assert tracker_of_replaced(paper, replacement.credential, replacement.replaced) == tracker(paper, ballots[1])
    assert replacement.previous == tracker(paper, ballots[1])


def test_the_vectors_are_what_the_code_makes() -> None:
    """Both files must be as they would be written now: other code reads them."""
    assert json.loads(FILE.read_text()) == json.loads(json.dumps(vectors()))
    cases = {kind: [case.told() for case in listed] for kind, listed in cases_of(WORLDS | {"sparse": sparse()}).items()}
    assert json.loads(HOSTILE.read_text()) == json.loads(json.dumps(cases))


def test_packing_refuses_what_does_not_fit() -> None:
    """A number too long for its place must not be cut."""
    world = WORLDS["choice"]
    ballot, _ = world.ballot(world.voters[0][0], ((1,),))
    with pytest.raises(OverflowError):
        pack_ballot(replace(ballot, index=2**32))
