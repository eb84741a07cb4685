"""What single voters do besides: test a ballot, vote again, withdraw to vote on paper."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from demo.node import StageError
from demo.stage import Stage
from demo.stories.ballots_poll import Poll, counted
from demo.stories.ballots_voters import Cast, Credential, Selections, cast_of, signed65
from muniment.ballots.crypto.ballot import check_opening, prepare_ballot, replacing, tracker
from muniment.ballots.crypto.packing import pack_replaced, unpack_ballots
from muniment.ballots.hashes import withdrawal_digest
from muniment.ballots.model import BallotPaper, BatchPlace, Replaced

# Of a voter: what its ballots are made for, its credential, index and path on the roll, its selections, its ballot.
Turn = tuple[BallotPaper, Credential, int, Sequence[str], Selections, Cast]
TESTER, CHANGER, LEAVER = 0, 1, 2  # places among the voters


class Acts:
    """Three voters of the made-up election."""

    def __init__(self, stage: Stage, setup: str, poll: Poll, turns: Sequence[Turn]) -> None:
        self.stage, self.setup, self.poll, self.turns = stage, setup, poll, turns

    def tell(self) -> tuple[tuple[tuple[int, ...], ...], int]:
        """Carry them out; gives the counts that a tally must find now, and how many ballots are left."""
        self._test(self.turns[TESTER])
        self.stage.console.print("  ✓ a voter tested a ballot on a second device: it holds what was chosen; never cast")
        changed = self._change(self.turns[CHANGER])
        self.stage.console.print("  ✓ a voter voted again: the last ballot counts")
        self._leave(self.turns[LEAVER])
        self.stage.console.print("  ✓ a voter withdrew the ballot at the desk, and votes on paper")
        voters = [replace(self.poll.voters[CHANGER], selections=changed) if place == CHANGER else voter
                  for place, voter in enumerate(self.poll.voters) if place != LEAVER]  # fmt: skip
        return counted(self.poll.contests, voters), len(voters)

    def _test(self, turn: Turn) -> None:
        """A ballot that is opened instead of signed (Benaloh's challenge); its tracker must never be on the chain."""
        paper, credential, index, path, selections, _ = turn
        made, opening = prepare_ballot(paper, index, credential.address, selections, path=path)
        check_opening(paper, tracker(paper, made), opening)
        self.stage.refused("GET", f"/api/elections/{self.setup}/ballots/{tracker(paper, made)}")

    def _change(self, turn: Turn) -> tuple[tuple[int, ...], ...]:
        paper, credential, index, path, _, before = turn
        selections = ((3,), (0, 0, 0, 1))
        again = cast_of(paper, credential, index, path, selections, self._replaced(turn), before.tracker)
        body = {"unit": credential.unit, "ballots": ["0x" + again.packed.hex()]}
        (outcome,) = self.stage.api("POST", f"/api/elections/{self.setup}/ballots", body)["outcomes"]
        if outcome.get("receipt") is None:
            raise StageError(f"The relay refused a second ballot: {outcome}")
        self.stage.until(lambda: self._standing(again.tracker) == "counted", "the second ballot counts")
        return selections

    def _leave(self, turn: Turn) -> None:
        paper, credential, index, _, _, cast = turn
        digest = withdrawal_digest(paper.domain, credential.unit, index)
        body = {
            "unit": credential.unit,
            "index": index,
            "credential": credential.address,
            "signature": signed65(digest, credential.secret),
            "replaced": "0x01" + pack_replaced(self._replaced(turn)).hex(),
        }
        intent = self.stage.api("POST", f"/api/elections/{self.setup}/withdrawals", body)
        self.stage.settled(str(intent["key"]))
        self.stage.until(lambda: self._standing(cast.tracker) == "withdrawn", "the ballot is withdrawn")

    def _replaced(self, turn: Turn) -> Replaced:
        """The ballot that a voter has on the chain, and where in its batch it lies."""
        paper, *_, cast = turn
        told = self._told(cast.tracker)
        place = BatchPlace(told["batch"], told["place"], tuple(told["path"]))
        return replacing(unpack_ballots(paper, cast.packed)[0], place)

    def _standing(self, of: str) -> str:
        return str(self._told(of)["state"])

    def _told(self, of: str) -> dict[str, Any]:
        return self.stage.api("GET", f"/api/elections/{self.setup}/ballots/{of}")
