"""The universal verifier: an honest election is valid, and no part of it can be changed unseen."""

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from muniment.ballots.ceremony_steps import Call
from muniment.ballots.hashes import domain_separator
from muniment.ballots.verifying.contracts import ContractCode, Contracts
from muniment.ballots.verifying.events import BOX, CEREMONY, Event
from muniment.ballots.verifying.findings import Findings, TranscriptRefused, Verdict
from muniment.ballots.verifying.judging import Judge, Judged, Mapped, Task, pool
from muniment.ballots.verifying.rolls import check_log, log_root
from muniment.ballots.verifying.transcript import parse
from muniment.ballots.verifying.verifier import Verification, verify
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH
from tests.service.ballots.corpus.calldata import ARGUMENTS, bits
from tests.service.ballots.corpus.cases import CASES, Fault, at_fault
from tests.service.ballots.corpus.hostile_office import LIES, HostileOffice
from tests.service.ballots.election import Election
from tests.service.ballots.forgeries import (
    BAD_AUTHORITIES,
    BAD_JSON,
    CODE_FOUND,
    FORGERIES,
    GOOD_AUTHORITIES,
    GOOD_JSON,
    ROLL_FOUND,
    forged,
    renumber,
    state_rewritten,
)
from tests.service.ballots.mutations import mutations, sample
from tests.service.nodes import Node

BUILT = Contracts.built()
Verify = Callable[[Any], Verification]
HAPPENED = [event for event in (*CEREMONY, *BOX) if event.name not in ("CeremonyFailed", "ClosingPostponed")]


@pytest.fixture(scope="module")
def held() -> Iterator[Election]:
    """The election, held to its end."""
    with Node() as node:
        election = Election(node)
        election.hold()
        yield election


@pytest.fixture(scope="module")
def transcript(held: Election) -> dict[str, Any]:
    """Its transcript, as a file would have it."""
    return json.loads(json.dumps(held.transcript()))  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def verified() -> Verify:
    """The verifier; ballots that it judged before, the very same bytes under the same rules, are not judged again."""
    known: dict[Task, list[Judged]] = {}

    def mapped(work: Judge, tasks: Sequence[Task]) -> Iterator[list[Judged]]:
        for task in tasks:
            if task not in known:
                known[task] = work(task)
            yield known[task]

    def judging(_ballots: int) -> AbstractContextManager[Mapped]:
        return nullcontext(mapped)

    return lambda given: verify(given, BUILT, judging)


def test_an_honest_election_is_valid(transcript: dict[str, Any], verified: Verify) -> None:
    """Must find nothing, and the counts that were voted: re-votes, the late ballot and the withdrawal considered."""
    outcome = verified(transcript)
    assert (outcome.verdict, outcome.findings) == (Verdict.VALID, ())
    assert (outcome.ballots, outcome.cast) == (5, 9)
    park, paths = outcome.results
    assert (park.counts, park.blank, park.areas) == ((3, 1), 1, {"East": (0, 1, 1), "West": (3, 0, 0)})
    assert (paths.counts, paths.blank, paths.areas) == ((6, 5), None, {"East": (1, 3), "West": (5, 2)})


def test_a_pool_says_the_same(transcript: dict[str, Any]) -> None:
    """Must come to the same in several processes."""
    outcome = verify(transcript, BUILT, lambda _: pool(1_000, workers=2))
    assert outcome.verdict is Verdict.VALID


def test_no_field_can_be_changed(transcript: dict[str, Any], verified: Verify) -> None:
    """Must lose its validity by any change of one field: one of each kind, in a deep run every one."""
    survivors = [
        (one.path, one.act, one.value)
        for one in (mutations(transcript) if os.environ.get("MUNIMENT_DEEP") else sample(transcript, 1))
        if verified(one.of(transcript)).verdict is Verdict.VALID
    ]
    assert survivors == []


# ── Changes that keep the hashes ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("call", "argument"), ARGUMENTS)
def test_no_byte_of_the_calldata_can_be_changed(
    held: Election, transcript: dict[str, Any], verified: Verify, call: Call, argument: int
) -> None:
    """Must look at the bytes of ballots, signatures and shares themselves, not only at the hash of the transaction."""
    tried = list(bits(held, transcript, call, argument, 300 if os.environ.get("MUNIMENT_DEEP") else 12))
    assert tried
    for one in tried:
        assert verified(one.of(transcript)).verdict is Verdict.INVALID, one.value["raw"]


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
def test_a_forgery_that_hangs_together(
    transcript: dict[str, Any], verified: Verify, forgery: Callable[[dict[str, Any]], None]
) -> None:
    """Must be found though every hash and every view was written anew."""
    assert verified(forged(transcript, forgery)).verdict is Verdict.INVALID


@pytest.mark.parametrize("act", [renumber, state_rewritten], ids=lambda act: act.__name__)
def test_hashes_written_anew_are_no_fault(
    transcript: dict[str, Any], verified: Verify, act: Callable[[dict[str, Any]], None]
) -> None:
    """What all forgeries have in common must not be what is found."""
    assert verified(forged(transcript, act)).verdict is Verdict.VALID


@pytest.mark.parametrize(("forgery", "found"), CODE_FOUND.items())
def test_forged_code_is_all_that_is_found(
    transcript: dict[str, Any], verified: Verify, forgery: Callable[[dict[str, Any]], None], found: set[str]
) -> None:
    """Must find other code for what it is, though whoever forged it wrote a state that proves it."""
    assert {finding.what for finding in verified(forged(transcript, forgery)).findings} == found


@pytest.mark.parametrize(("forgery", "found"), ROLL_FOUND.items())
def test_forged_rolls_are_found_for_what_they_are(
    transcript: dict[str, Any], verified: Verify, forgery: Callable[[dict[str, Any]], None], found: str
) -> None:
    """Must name a roll of nobody, and a root over nothing."""
    assert found in {finding.what for finding in verified(forged(transcript, forgery)).findings}


@pytest.mark.parametrize(
    ("name", "field", "other"),
    [
        ("box", "runtime", ZERO_HASH),
        ("box", "immutables", ()),
        ("box", "creation", ZERO_HASH),
        ("box", "length", 1),
        ("ceremony", "runtime", ZERO_HASH),
        ("ceremony", "immutables", ()),
    ],
)
def test_contracts_of_other_sources_are_found(transcript: dict[str, Any], name: str, field: str, other: Any) -> None:
    """Must ask that box and ceremony are what these sources compile to, as it stands and as it was created."""
    contracts = replace(BUILT, **{name: replace(getattr(BUILT, name), **{field: other})})
    outcome = verify(transcript, contracts)
    assert {finding.what for finding in outcome.findings} == {"CodeUnknown"}


def test_code_is_known_without_its_metadata() -> None:
    """Must know code by what runs; what it is created by, by its length too, where arguments begin."""
    runtime = bytes.fromhex("7f" + "00" * 32 + "5f5f" + "a1" * 51 + "0033")
    creation = b"\x60\x80" + runtime
    known = ContractCode.of(creation, runtime)
    assert known.immutables == (1,)
    metadata, value = b"\xb2" * 51 + b"\x00\x33", b"\x11" * 32
    assert known.stands(b"\x7f" + value + runtime[33:35] + metadata)
    assert not known.stands(b"\x7f" + value + b"\x5f\x60" + metadata)
    assert not known.stands(b"")
    assert known.is_created_by(creation[:37] + metadata)
    assert not known.is_created_by(creation[:37] + b"\xb2" + metadata[:-1] + b"\x34")
    assert not known.is_created_by(creation[:36] + b"\x60" + metadata)
    assert not known.is_created_by(b"")


def test_artifacts_that_are_not_there(tmp_path: Path) -> None:
    """Must say so where the contracts are not compiled, and verify nothing then."""
    with pytest.raises(Refused, match="ContractsUncompiled"):
        Contracts.built(tmp_path)
    (tmp_path / "BallotBox.json").write_text("{}")
    with pytest.raises(Refused, match="ContractsUncompiled"):
        Contracts.built(tmp_path)


# ── The end of the hostile corpus ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("fault", "found"), CASES.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_a_fault_is_found_for_what_it_is(
    held: Election, transcript: dict[str, Any], verified: Verify, fault: Fault, found: tuple[str, ...]
) -> None:
    """Must name the fault first, and nothing but what follows from it."""
    names = [finding.what for finding in verified(at_fault(held, transcript, fault)).findings]
    assert names[:1] == [found[0]]
    assert set(names) <= set(found)


def test_an_office_that_lies_is_found_out(verified: Verify) -> None:
    """Must find lines out of order, a credential on two, more lines than signatures, and a voter who got two."""
    with Node() as node:
        office = HostileOffice(node)
        office.hold()
        outcome = verified(office.transcript())
    assert {(finding.what, finding.where) for finding in outcome.findings} == LIES


# ── The log, and what is no JSON that all agree on ──────────────────────────────────────────────────────────────────


def judged(held: Election, act: Callable[[list[dict[str, Any]]], None]) -> list[str]:
    """What is found in a log that is changed, under the root that it then has."""
    log = json.loads(json.dumps(held.log))
    act(log["entries"])
    found = Findings()
    domain = domain_separator(held.chain_id, held.at["TrusteeCeremony"])
    try:
        check_log(log, held.setup, held.rolls, log_root(log, held.setup), domain, found)
    except TranscriptRefused:
        return ["TranscriptRefused"]
    return [finding.what for finding in found.all]


@pytest.mark.parametrize("act", BAD_AUTHORITIES, ids=lambda act: act.__name__)
def test_what_allowed_an_enrolment_is_checked(held: Election, act: Callable[[list[dict[str, Any]]], None]) -> None:
    """Must find an enrolment that nobody allowed, under whatever root the box was given."""
    assert judged(held, act)


@pytest.mark.parametrize("act", GOOD_AUTHORITIES, ids=lambda act: act.__name__)
def test_what_the_log_cannot_tell_is_no_fault(held: Election, act: Callable[[list[dict[str, Any]]], None]) -> None:
    """Must leave alone what only the chain of that time could judge."""
    assert judged(held, act) == []


def test_json_on_which_readers_differ_is_refused() -> None:
    """Must refuse doubled keys, numbers that are not whole or too large, and what is no JSON; nothing else."""
    for text in BAD_JSON:
        with pytest.raises(TranscriptRefused):
            parse(text)
    for text in GOOD_JSON:
        assert parse(text) == json.loads(text)


# ── What is missing, doubled or too much ────────────────────────────────────────────────────────────────────────────


def without(transcript: dict[str, Any], event: Event) -> dict[str, Any]:
    """The transcript without the last log of this event, and without its transaction where it has no other."""
    made: dict[str, Any] = json.loads(json.dumps(transcript))
    topic = "0x" + event.topic.hex()
    for block in reversed(made["blocks"]):
        for one in block["transactions"]:
            kept = [log for log in one["logs"] if log["topics"][0] != topic]
            if len(kept) < len(one["logs"]):
                one["logs"] = kept
                block["transactions"] = [other for other in block["transactions"] if other["logs"]]
                made["blocks"] = [other for other in made["blocks"] if other["transactions"]]
                return made
    raise AssertionError(f"no {event.name} happened")


@pytest.mark.parametrize("event", HAPPENED, ids=lambda event: event.name)
def test_a_missing_event_is_found(transcript: dict[str, Any], verified: Verify, event: Event) -> None:
    """Must find that an event is not there, also where the whole transaction is kept back."""
    assert verified(without(transcript, event)).verdict is not Verdict.VALID


def test_what_is_not_there_yet_makes_it_incomplete(held: Election) -> None:
    """Must tell an election that is not counted from one that is wrong."""
    outcome = verify(held.uncounted, BUILT)
    assert outcome.verdict is Verdict.INCOMPLETE
    assert {finding.what for finding in outcome.findings} == {"NotCounted"}
    outcome = verify(held.voting, BUILT)
    assert outcome.verdict is Verdict.INCOMPLETE
    assert {finding.what for finding in outcome.findings} == {"NotJoined"}


def test_what_is_no_transcript_is_invalid() -> None:
    """Must never fail on what it is given."""
    given: Any
    for given in (None, [], {}, {"format": "Muniment.BallotTranscript.v1"}, "x", 1):
        outcome = verify(given, BUILT)
        assert outcome.verdict is Verdict.INVALID
        assert [finding.what for finding in outcome.findings] == ["TranscriptRefused"]
