"""The desk: a paper ballot for each credential that withdrew, to whoever can sign with it, and never a second one."""

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from muniment.ballots import desk, hashes
from muniment.ballots.papers import election_at
from muniment.cli import ballots_standing
from muniment.cli.main import app
from muniment.db.engine import reading, writing
from muniment.db.schema import paper_ballots
from muniment.errors import Refused
from tests.service.ballots.stage import Polls, Voter, build_polls, signature_of
from tests.service.ballots.test_live import enrolled
from tests.service.nodes import Node


@pytest.fixture
def polls(anvil: Callable[..., Node], database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Polls:
    """An agency whose commands find this election."""
    made = build_polls(anvil(), database, tmp_path)
    monkeypatch.setattr(ballots_standing, "build", lambda _: made.services)
    monkeypatch.setattr(ballots_standing, "PAUSE", 0.02)
    return made


def standing(polls: Polls, code: str, *options: str) -> Any:
    """What the command says."""
    return CliRunner().invoke(app, ["ballots", "standing", polls.setup, code, "--json", "--wait", "0", *options])


def answer(polls: Polls, voter: Voter, index: int, number: int, status: int = 200, by: Voter | None = None) -> Any:
    """What the voter's page sends once the number is entered."""
    digest = hashes.paper_digest(polls.paper(voter.unit).domain, voter.unit, index, number)
    sent = {"unit": voter.unit, "index": index, "number": number, "signature": signature_of(digest, by or voter)}
    return polls.post(polls.path("paper-ballots"), status, **sent)


def number_of(polls: Polls, index: int, other_than: int | None = None) -> int:
    """The number that the desk tells, as soon as it is there."""
    for _ in range(1_000):
        with reading(polls.services.engine) as connection:
            query = select(paper_ballots.c.number).where(paper_ballots.c.voter_index == index)
            found = connection.execute(query).scalar_one_or_none()
        if found is not None and found != other_than:
            return int(found)
        threading.Event().wait(0.02)
    raise AssertionError("the desk told no number within 20 s")


def at_desk(polls: Polls, voter: Voter, index: int, *options: str) -> Any:
    """The whole way at a desk: the officer types the code, the voter enters the number."""
    told: list[Any] = []
    with reading(polls.services.engine) as connection:
        old = connection.execute(select(paper_ballots.c.number)).scalar()
    code = desk.code_of(voter.unit, index)
    officer = threading.Thread(target=lambda: told.append(standing(polls, code, "--wait", "30", *options)))
    officer.start()
    answer(polls, voter, index, number_of(polls, index, old))
    officer.join()
    return told[0]


def test_one_paper_ballot_for_a_credential(polls: Polls) -> None:
    """Not withdrawn: none. Withdrawn, final and shown: one. At any desk after that: none."""
    enrolled(polls, (2,))
    voter = polls.voters[0]
    index, _ = polls.place(voter)
    code = desk.code_of(0, index)
    refused = standing(polls, code)
    assert (refused.exit_code, json.loads(refused.stdout)["standing"]) == (3, "not withdrawn")
    cast = polls.ballot(voter, [(0,), (1, 0)])
    polls.cast(0, cast)
    polls.all_done()
    assert polls.withdraw(voter, cast) == index

    done = at_desk(polls, voter, index)
    told = json.loads(done.stdout)
    assert (done.exit_code, told["standing"], told["code"]) == (0, "hand out", code)
    assert told["sentence"] == "Barred: hand out a paper ballot of unit 0, unit 0."
    again = standing(polls, code)
    assert (again.exit_code, json.loads(again.stdout)["standing"]) == (6, "given already")
    assert re.search("handed out for 0-[01] already, on .* UTC", json.loads(again.stdout)["sentence"])


def test_a_code_that_is_somebody_elses(polls: Polls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever reads on the chain who withdrew, and says that code, must get nothing without the key."""
    enrolled(polls, (2,))
    voter, thief = polls.voters
    index = polls.withdraw(voter)
    code = desk.code_of(0, index)
    silent = standing(polls, code)
    assert (silent.exit_code, json.loads(silent.stdout)["standing"]) == (7, "no answer")
    number = number_of(polls, index)
    assert answer(polls, voter, index, number, 422, by=thief)["error"] == "NumberNotSigned"
    assert answer(polls, voter, index, (number + 1) % desk.NUMBERS, 409)["error"] == "DeskNumberRefused"
    # What the voter signed for a desk that did not wait is worth nothing at the next one, even for the same number.
    answer(polls, voter, index, number)
    with monkeypatch.context() as drawn:
        drawn.setattr(desk.secrets, "randbelow", lambda _: number)
        assert standing(polls, code).exit_code == 7
    assert standing(polls, code).exit_code == 7
    assert answer(polls, voter, index, number, 409)["error"] == "DeskNumberRefused"
    assert at_desk(polls, voter, index).exit_code == 0
    for wrong in ({"unit": 9}, {"index": 2}, {"index": -1}, {"number": 2**32}, {"signature": "0x"}):
        sent = {"unit": 0, "index": index, "number": number, "signature": "0x" + "11" * 65, **wrong}
        assert polls.web.post(polls.path("paper-ballots"), json=sent).status_code in (404, 422), wrong


def test_two_desks_at_once(polls: Polls) -> None:
    """Must give one ballot at most: the desk that asked before is told that another asks now."""
    enrolled(polls, (2,))
    voter = polls.voters[0]
    index = polls.withdraw(voter)
    with reading(polls.services.engine) as connection:
        election = election_at(connection, polls.box)
    with writing(polls.services.engine) as connection:
        first = desk.ask(connection, election, 0, index)
        second = desk.ask(connection, election, 0, index)
    answer(polls, voter, index, second)
    with writing(polls.services.engine) as connection:
        for act in (desk.is_answered, lambda *place: desk.hand_out(*place, 1)):
            with pytest.raises(Refused, match="PaperAskedElsewhere"):
                act(connection, election, 0, index, first)
        assert desk.is_answered(connection, election, 0, index, second)
        desk.hand_out(connection, election, 0, index, second, 1)
        for act in (lambda *place: desk.hand_out(*place, second, 2), desk.ask):
            with pytest.raises(Refused, match="PaperGivenAlready"):
                act(connection, election, 0, index)


def test_withdrawn_and_not_final(polls: Polls) -> None:
    """Must wait for the block: one that is replaced could take the withdrawal with it."""
    enrolled(polls, (2,))
    voter = polls.voters[0]
    index = polls.withdraw(voter, settled=False)
    polls.services.worker.step()
    polls.registry.node.mine()
    code = desk.code_of(0, index)
    early = standing(polls, code)
    assert (early.exit_code, json.loads(early.stdout)["standing"]) == (4, "not final")
    assert at_desk(polls, voter, index, "--block", "latest").exit_code == 0


def test_places_that_are_none(polls: Polls) -> None:
    """Must be said to be unknown, whatever was typed; so must an election."""
    enrolled(polls, (2,))
    for code in ("0-2", "1-0", "0", "", "0-0-0", "0--1", "٠-٠", "0x0-1", "9" * 30 + "-0", "4294967296-0"):
        told = standing(polls, code)
        assert (told.exit_code, json.loads(told.stdout)["standing"]) == (5, "unknown place"), code
    nothing = CliRunner().invoke(app, ["ballots", "standing", "0x" + "1" * 64, "0-0"])
    assert nothing.exit_code != 0
    assert "ElectionUnknown" in str(nothing.exception)
