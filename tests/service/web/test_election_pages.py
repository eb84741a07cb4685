"""Pages of elections in every phase, from answers that are made up here."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from muniment.ballots import queries
from muniment.ballots.ballot_codes import groups_of, read_code
from muniment.ballots.states import BallotState, Phase
from muniment.hashing import keccak
from muniment.web.language import LANGUAGES, load_catalogue
from tests.service.web.conftest import NOW
from tests.service.web.test_pages import Outline

SETUP = keccak(b"setup")
TRACKER = keccak(b"tracker")
BOX = "0x" + "b" * 40
HOSTILE = "<script>alert(1)</script>"
WAYS = ("", "/enrol", "/vote", "/test", "/paper", "/track", f"/track?tracker={TRACKER}", "/results", "/verify")
CONTESTS: list[dict[str, Any]] = [
    {"title": "Mayor", "form": "choice", "options": ["Ada", HOSTILE], "blank": True},
    {"title": "Parks", "form": "points", "options": ["North", "South"], "most": 1, "minimum": 1, "maximum": 1},
    {"title": "Budget", "form": "points", "options": ["Roads", "Trees"], "most": 5, "minimum": 1, "maximum": 5},
]
PLACES = {"block_number": 7, "finality": "safe", "tx_hash": TRACKER}


def election(phase: str, enrolment: str = "closed", roll: str = "published", box: bool = True) -> dict[str, Any]:
    """An election's answer, before or after its box."""
    windows = ("enrolmentOpens", "enrolmentCloses", "rollCloses", "opens", "closes")
    trustee = dict.fromkeys(("committed", "revealed", "dealt", "confirmed", "out"), False)
    late = {**trustee, "account": BOX, "out": True, "complaints": [{"dealer": BOX, "answered": True}]}
    unit = {"name": HOSTILE, "area": "West", "eligible": 9, "issued": 8, "lines": 7, "ballots": 6, "received": 1}
    return {
        "as_of": None, "setup": SETUP, "election": SETUP if box else None, "box": BOX if box else None, "agency": SETUP,
        "phase": phase, "opens": NOW, "closes": NOW + 9, "block_number": 7, "finality": "included",
        "manifest": {
            "title": HOSTILE, "language": "en", "contests": CONTESTS, "minBallots": 20,
            "units": [{"name": HOSTILE, "area": "West"}], "schedule": dict.fromkeys(windows, NOW),
        },
        "manifest_hash": SETUP, "enrolment": enrolment, "roll": roll, "units": [{**unit, "unit": 0}],
        "ceremony": {
            "stage": "review", "threshold": 2, "trustees": [{**trustee, "account": BOX, "complaints": []}, late]
        },
        "opening": {"closes_at": NOW + 9, "announced_closes_at": NOW, "key": {"x": SETUP, "y": SETUP}} if box else None,
    }  # fmt: skip


def results(counted: bool, undecrypted: bool = False) -> dict[str, Any]:
    """What was counted: everything, or nothing yet; an area that was counted with another has no counts."""
    contests = []
    for number, contest in enumerate(CONTESTS):
        blank = 1 if counted and number == 0 else None
        counts = {"counts": [2, 3] if counted else None, "blank": blank}
        areas = [
            {"area": "West", "ballots": 6, **counts},
            {"area": "East", "ballots": None, "counts": None, "blank": None},
        ]
        group = {"group": 0, "units": [0, 0], "areas": ["West"], "ballots": 6, **counts, "trustees": [1, 3], **PLACES}
        contests.append({"most": 1, **contest, "contest": number, **counts, "areas": areas, "groups": [group]})
    why = {"ballots": 6, "reason": "fewer than minBallots"} if undecrypted else None
    return {"ballots": 6, "complete": counted, "contests": contests, "undecrypted": why}


def asked(monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any], counts: dict[str, Any], state: str = "") -> None:
    """Let the pages find these answers."""
    ballot = {
        "tracker": TRACKER, "unit": 0, "index": 0, "state": state, "received_at": NOW, "replaced_by": TRACKER,
        "reason": None, "time": NOW, **PLACES,
    }  # fmt: skip
    if state == "waiting":
        ballot |= {"block_number": None, "finality": None, "time": None, "tx_hash": None, "replaced_by": None}
    if state == "refused":
        ballot["reason"] = {"error": "VotedAlready", "arguments": {}}
    monkeypatch.setattr(queries, "election", lambda *_: answer)
    monkeypatch.setattr(queries, "results", lambda *_: counts)
    monkeypatch.setattr(queries, "ballot", lambda *_: ballot)


def test_every_page_in_every_phase(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Must be sound HTML with the election's texts as text, in every language."""
    for phase in Phase:
        before = phase in (Phase.CEREMONY, Phase.FAILED, Phase.READY)
        counts = results(phase is Phase.COUNTED, phase is Phase.UNDECRYPTED)
        asked(monkeypatch, election(phase, box=not before), counts, "counted")
        for way in WAYS:
            for language in LANGUAGES if phase is Phase.COUNTED else LANGUAGES[:1]:
                answer = web.get(f"/elections/{SETUP}{way}{'&' if '?' in way else '?'}lang={language}")
                assert answer.status_code == 200, (phase, way)
                Outline(answer.text)
                assert HOSTILE not in answer.text, (phase, way)


def test_before_the_box_the_windows_are_told(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the key and the box the page must say what the office does."""
    for enrolment, roll, words in (
        ("before", "before", "Enrolment opens on"),
        ("open", "before", "Voters can enrol until"),
        ("closed", "open", "hands in the voting key until"),
        ("closed", "closed", "No more voting keys are taken."),
        ("closed", "published", "The roll is published."),
    ):
        asked(monkeypatch, election("ready", enrolment, roll, box=False), results(False))
        assert words in web.get(f"/elections/{SETUP}").text


def test_every_fate_of_a_ballot(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tracker must lead to one sentence, by its groups too; what is no tracker is said to be none."""
    said = set()
    for state in (*(state.name.lower() for state in BallotState), "waiting", "refused"):
        asked(monkeypatch, election("open"), results(False), state)
        text = web.get(f"/elections/{SETUP}/track", params={"tracker": groups_of(TRACKER).lower()}).text
        Outline(text)
        assert TRACKER in text
        said.add(load_catalogue()["en"](f"track.says.{state}") in text)
    assert said == {True}
    assert "This is no tracker." in web.get(f"/elections/{SETUP}/track?tracker=1").text


def test_undecrypted_is_said_plainly(web: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too few ballots: the page must say so, and show no contest."""
    asked(monkeypatch, election("undecrypted"), results(False, undecrypted=True))
    text = web.get(f"/elections/{SETUP}/results").text
    assert "These ballots are not decrypted." in text
    assert "Mayor" not in text


def test_unknown_elections(web: TestClient) -> None:
    """Must not be found, whatever the address says."""
    for name in (SETUP, BOX, "1", "0x" + "g" * 64):
        assert [web.get(f"/elections/{name}{way}").status_code for way in WAYS] == [404] * len(WAYS)


@pytest.mark.parametrize("tracker", [TRACKER, "0x" + "0" * 64, "0x" + "f" * 64])
def test_trackers_in_groups(tracker: str) -> None:
    """Must be read again however they are typed; a sign too few, or bits beyond the tracker, are none."""
    groups = groups_of(tracker)
    for typed in (
        groups,
        groups.lower(),
        groups.replace(" ", "-"),
        groups.replace("0", "O"),
        tracker.upper().replace("X", "x"),
    ):
        assert read_code(typed) == tracker
    assert read_code(groups[:-1]) is None
    assert read_code(groups[:-1] + ("1" if groups[-1] in "0G" else "Z")) is None
    assert read_code("U" * 52) is None
