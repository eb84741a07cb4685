"""The independent verifier in JavaScript against a whole election on a real node."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from muniment.ballots.verifying.contracts import Contracts
from muniment.ballots.verifying.events import WITHDRAW
from muniment.ballots.verifying.rolls import log_root
from muniment.chain.rlp import encode
from muniment.hashing import ZERO_HASH, keccak
from tests.dapp.node_process import NodeProcess
from tests.dapp.test_ballots import pages  # noqa: F401 -- a fixture
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
from tests.service.ballots.mutations import Mutation, mutations, sample
from tests.service.nodes import ROOT, Node
from tests.service.state_trie import state_of

DEEP = bool(os.environ.get("MUNIMENT_DEEP"))


@pytest.fixture(scope="module")
def election() -> Iterator[Election]:
    """An election, held to its end."""
    with Node() as node:
        held = Election(node)
        held.hold()
        yield held


@pytest.fixture(scope="module")
def transcript(election: Election) -> dict[str, Any]:
    """Its transcript, as the service gathers it."""
    return dict(json.loads(json.dumps(election.transcript())))


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The verifier as one file for Node."""
    folder = tmp_path_factory.mktemp("verifier")
    command = ["npx", "vite", "build", "--config", "dapp/verifier.config.ts", "--outDir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "verify-election.mjs"


def run(program: Path, *words: str) -> tuple[int, dict[str, Any]]:
    """The exit status, and the one line that the verifier prints."""
    done = subprocess.run(["node", program, "--json", *words], capture_output=True, text=True, timeout=300)
    assert done.returncode in {0, 1, 3}, done.stderr
    return done.returncode, dict(json.loads(done.stdout))


def test_an_honest_election_from_a_node(
    election: Election, transcript: dict[str, Any], program: Path, tmp_path: Path
) -> None:
    """Must gather from a node what the service gathers, and find the election valid, with the counts voted."""
    words = ["--rpc", election.node.url, "--box", election.box, "--workers", "1"]
    for name, content in (("roll", election.roll), ("log", election.log)):
        (tmp_path / name).write_text(json.dumps(content))
        words += [f"--{name}", str(tmp_path / name)]
    status, said = run(program, *words, "--save", str(tmp_path / "saved"))
    assert (status, said["verdict"], said["findings"], said["ballots"]) == (0, "VALID", [], 5)
    park, paths = said["results"]
    assert (park["counts"], park["blank"], park["areas"]) == ([3, 1], 1, {"East": [0, 1, 1], "West": [3, 0, 0]})
    assert (paths["counts"], paths["areas"]) == ([6, 5], {"East": [1, 3], "West": [5, 2]})
    saved = json.loads((tmp_path / "saved").read_text())
    heads = ("head",)  # the node may have gone on
    assert {key: saved[key] for key in saved if key not in heads} == {
        key: transcript[key] for key in transcript if key not in heads
    }


def test_an_election_under_way(election: Election, program: Path, tmp_path: Path) -> None:
    """Must be incomplete while ballots come in, and until all is counted: nothing is wrong, and nothing proven."""
    for name, held, missing in (("voting", election.voting, "NotJoined"), ("closed", election.uncounted, "NotJoined")):
        (tmp_path / name).write_text(json.dumps(held))
        status, said = run(program, "--transcript", str(tmp_path / name))
        assert (status, said["verdict"], said["results"]) == (3, "INCOMPLETE", [])
        assert said["findings"], missing


def test_a_forged_result(transcript: dict[str, Any], program: Path, tmp_path: Path) -> None:
    """Must tell by its exit status that an election is not what it seems."""
    transcript = json.loads(json.dumps(transcript))
    transcript["views"]["results"][0][0] = ["1", "1", "0"]
    (tmp_path / "forged").write_text(json.dumps(transcript))
    status, said = run(program, "--transcript", str(tmp_path / "forged"))
    assert (status, said["verdict"]) == (1, "INVALID")
    assert said["findings"][0]["where"] == "views.results[0]"


def test_bad_words(program: Path) -> None:
    """Words that mean nothing must end with status 2, apart from every verdict."""
    for words in ((), ("--rpc", "http://127.0.0.1:1"), ("--nothing",), ("--transcript", "/nowhere")):
        done = subprocess.run(["node", program, *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2, words
        assert done.stderr


def test_no_field_can_be_changed(transcript: dict[str, Any], pages: NodeProcess) -> None:  # noqa: F811
    """The verdict must change with any one field: one of each kind, in a deep run every one."""
    untouched = Mutation(("chain",), "set", transcript["chain"])
    every = list(mutations(transcript)) if DEEP else sample(transcript, 1)
    tried = [untouched, *every, untouched]
    survived = pages.ask("survivors", transcript=transcript, mutations=[one.as_json() for one in tried])
    assert [tried[place] for place in survived] == [untouched, untouched]


def test_no_byte_of_the_calldata_can_be_changed(
    election: Election,
    transcript: dict[str, Any],
    pages: NodeProcess,  # noqa: F811
) -> None:
    """Must look at the bytes of ballots, signatures and shares themselves, not only at the hash of the transaction."""
    tried = [
        one
        for call, argument in ARGUMENTS
        for one in islice(
            bits(election, transcript, call, argument, 300 if DEEP else 4), None if DEEP or call is WITHDRAW else 1
        )
    ]
    survived = pages.ask("survivors", transcript=transcript, mutations=[one.as_json() for one in tried])
    assert [tried[place].value["raw"] for place in survived] == []


@pytest.mark.parametrize(("fault", "found"), CASES.items(), ids=lambda one: getattr(one, "__name__", ""))
def test_a_fault_is_found_for_what_it_is(
    election: Election,
    transcript: dict[str, Any],
    pages: NodeProcess,  # noqa: F811
    fault: Fault,
    found: tuple[str, ...],
) -> None:
    """Must name the fault first, and nothing but what follows from it, as the service does."""
    said = pages.ask("verify", transcript=json.dumps(at_fault(election, transcript, fault)))
    names = [finding["what"] for finding in said["findings"]]
    assert names[:1] == [found[0]]
    assert set(names) <= set(found)


def test_an_office_that_lies_is_found_out(pages: NodeProcess) -> None:  # noqa: F811
    """Must find lines out of order, a credential on two, more lines than signatures, and a voter who got two."""
    with Node() as node:
        office = HostileOffice(node)
        office.hold()
        said = pages.ask("verify", transcript=json.dumps(office.transcript()))
    assert {(finding["what"], finding["where"]) for finding in said["findings"]} == LIES


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
def test_a_forgery_that_hangs_together(
    transcript: dict[str, Any],
    pages: NodeProcess,  # noqa: F811
    forgery: Callable[[dict[str, Any]], None],
) -> None:
    """Must be found though every hash and every view was written anew, as the service finds it."""
    said = pages.ask("verify", transcript=json.dumps(forged(transcript, forgery)))
    assert said["verdict"] == "INVALID"


@pytest.mark.parametrize("act", [renumber, state_rewritten], ids=lambda act: act.__name__)
def test_hashes_written_anew_are_no_fault(
    transcript: dict[str, Any],
    pages: NodeProcess,  # noqa: F811
    act: Callable[[dict[str, Any]], None],
) -> None:
    """What all forgeries have in common must not be what is found."""
    assert pages.ask("verify", transcript=json.dumps(forged(transcript, act)))["verdict"] == "VALID"


@pytest.mark.parametrize(("forgery", "found"), CODE_FOUND.items())
def test_forged_code_is_all_that_is_found(
    transcript: dict[str, Any],
    pages: NodeProcess,  # noqa: F811
    forgery: Callable[[dict[str, Any]], None],
    found: set[str],
) -> None:
    """Must find other code for what it is, though whoever forged it wrote a state that proves it."""
    said = pages.ask("verify", transcript=json.dumps(forged(transcript, forgery)))
    assert {finding["what"] for finding in said["findings"]} == found


@pytest.mark.parametrize(("forgery", "found"), ROLL_FOUND.items())
def test_forged_rolls_are_found_for_what_they_are(
    transcript: dict[str, Any],
    pages: NodeProcess,  # noqa: F811
    forgery: Callable[[dict[str, Any]], None],
    found: str,
) -> None:
    """Must name a roll of nobody, and a root over nothing."""
    said = pages.ask("verify", transcript=json.dumps(forged(transcript, forgery)))
    assert found in {finding["what"] for finding in said["findings"]}


def test_it_is_built_for_the_code_that_is_compiled(pages: NodeProcess) -> None:  # noqa: F811
    """The constant in the bundle must be what the service's verifier reads from the compiler's artifacts."""
    told = {name: vars(one) | {"immutables": list(one.immutables)} for name, one in vars(Contracts.built()).items()}
    assert pages.ask("contracts") == told


@pytest.mark.parametrize(
    ("name", "field", "other"),
    [
        ("box", "runtime", ZERO_HASH),
        ("box", "immutables", []),
        ("box", "creation", ZERO_HASH),
        ("box", "length", 1),
        ("ceremony", "runtime", ZERO_HASH),
        ("ceremony", "immutables", []),
    ],
)
def test_contracts_of_other_sources_are_found(
    transcript: dict[str, Any],
    pages: NodeProcess,  # noqa: F811
    name: str,
    field: str,
    other: Any,
) -> None:
    """Must ask that box and ceremony are what these sources compile to, as it stands and as it was created."""
    contracts = pages.ask("contracts")
    contracts[name][field] = other
    said = pages.ask("verify", transcript=json.dumps(transcript), contracts=contracts)
    assert {finding["what"] for finding in said["findings"]} == {"CodeUnknown"}


def test_proofs_of_states_of_every_size(pages: NodeProcess) -> None:  # noqa: F811
    """Must follow an account's nodes, and no other's, to the hash of its code."""
    codes = {f"0x{number:040x}": bytes([number]) * number for number in range(1, 100)}
    for count in (1, 2, 99):
        own = dict(list(codes.items())[:count])
        root, proofs = state_of(own)
        for address, code in list(own.items())[:20]:
            asked = {"state": "0x" + root.hex(), "address": address}
            right = proofs[address]
            assert pages.ask("proof", **asked, proof=right) == keccak(code)
            for wrong in ([], right[:-1], [*right, right[-1]], [right[-1]] * 2):
                assert pages.ask("proof", **asked, proof=wrong) is None
            other = "0x" + "ab" * 20
            assert pages.ask("proof", state=asked["state"], address=other, proof=right) is None
    nodes: list[Any] = [[], [b"\x20"], [b"\x40", b""], [b"\x20", [b"", b""]], [b""] * 17, [[b"\x20"], b""]]
    for node in nodes:
        raw = encode(node)
        asked = {"state": keccak(raw), "address": "0x" + "11" * 20}
        assert pages.ask("proof", **asked, proof=["0x" + raw.hex()]) is None


@pytest.mark.parametrize("act", [*GOOD_AUTHORITIES, *BAD_AUTHORITIES], ids=lambda act: act.__name__)
def test_what_allowed_an_enrolment_is_checked(
    election: Election,
    pages: NodeProcess,  # noqa: F811
    act: Callable[[list[dict[str, Any]]], None],
) -> None:
    """Must find an enrolment that nobody allowed, under whatever root the box was given, as the service finds it."""
    log = json.loads(json.dumps(election.log))
    act(log["entries"])
    units = [vars(one) for one in election.rolls]
    where = {"setup": election.setup, "chain": str(election.chain_id), "ceremony": election.at["TrusteeCeremony"]}
    found = pages.ask("log", log=json.dumps(log), units=units, root=log_root(log, election.setup), **where)
    assert bool(found) is (act in BAD_AUTHORITIES), found


def test_json_on_which_readers_differ_is_refused(pages: NodeProcess) -> None:  # noqa: F811
    """Must refuse doubled keys, numbers that are not whole or too large, and what is no JSON, as the service does."""
    for text in BAD_JSON:
        assert pages.ask("json", text=text) == {"refused": True}, text
    for text in GOOD_JSON:
        assert pages.ask("json", text=text) == {"value": json.loads(text)}, text


def test_a_doubled_key_spoils_a_transcript(transcript: dict[str, Any], pages: NodeProcess) -> None:  # noqa: F811
    """Must not take of two values the one that suits."""
    text = json.dumps(transcript)
    for doubled in (
        text.replace('"by": "officers"', '"by": "voter", "by": "officers"', 1),
        text[:-1] + ', "chain": "1"}',
    ):
        assert pages.ask("verify", transcript=doubled)["verdict"] == "INVALID"
    words = text.replace('"deadline": ', '"deadline": 9007199254740993, "deadline": ', 1)
    assert pages.ask("verify", transcript=words)["findings"][0]["what"] == "TranscriptUnreadable"
