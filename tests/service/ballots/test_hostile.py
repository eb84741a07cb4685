"""The hostile corpus: every bad ballot refused for the reason that it gives, by the simple check and the fast one."""

import pytest

from muniment.ballots.crypto.ballot import check_ballot, check_batched
from muniment.ballots.crypto.packing import unpack_ballots
from muniment.errors import Refused
from tests.vectors.ballots import sparse, worlds
from tests.vectors.ballots_hostile import Case, cases_of

CASES = cases_of(worlds() | {"sparse": sparse()})


def check(case: Case) -> None:
    """What a reader of the chain checks: the ballots in themselves, and in their batch."""
    paper = case.world.paper(case.unit)
    roots = [
        case.world.batch(unpack_ballots(paper, call), case.unit).root for call in case.before[:1]
    ]  # later calls of the corpus replace, and make no batch
    for ballot in unpack_ballots(paper, case.packed):
        check_ballot(paper, ballot)
        place = ballot.replaced.place if ballot.replaced else None
        if place is not None:
            check_batched(ballot, roots[place.batch] if place.batch < len(roots) else "0x" + "00" * 32)


@pytest.mark.parametrize("case", CASES["ballots"], ids=lambda case: case.name)
def test_a_bad_ballot_is_refused_for_what_is_bad(case: Case) -> None:
    """Each must be refused with the contract's error and its arguments."""
    with pytest.raises(Refused) as refused:
        check(case)
    assert (refused.value.name, dict(refused.value.arguments)) == (case.error, case.arguments)


@pytest.mark.parametrize("case", CASES["chain"], ids=lambda case: case.name)
def test_what_the_chain_judges_is_well_made(case: Case) -> None:
    """Ballots that only the box's state can refuse must be right in themselves."""
    check(case)
