"""The independent verifier in JavaScript against a whole election on a real node."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dapp.test_ballots import Pages, pages  # noqa: F401 -- a fixture
from tests.service.ballots.election import Election
from tests.service.ballots.forgeries import FORGERIES, forged, renumber
from tests.service.ballots.mutations import mutations, sample
from tests.service.nodes import ROOT, Node

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


def test_no_field_can_be_changed(transcript: dict[str, Any], pages: Pages) -> None:  # noqa: F811
    """The verdict must change with any one field: one of each kind, in a deep run every one."""
    assert pages.ask("verify", transcript=json.dumps(transcript))["verdict"] == "VALID"
    survivors = [
        (mutation.path, mutation.act, mutation.value)
        for mutation in (mutations(transcript) if DEEP else sample(transcript, 1))
        if pages.ask("verify", transcript=json.dumps(mutation.of(transcript)))["verdict"] == "VALID"
    ]
    assert survivors == []


@pytest.mark.parametrize("forgery", FORGERIES, ids=lambda forgery: forgery.__name__)
def test_a_forgery_that_hangs_together(
    transcript: dict[str, Any],
    pages: Pages,  # noqa: F811
    forgery: Callable[[dict[str, Any]], None],
) -> None:
    """Must be found though every hash and every view was written anew, as the service finds it."""
    said = pages.ask("verify", transcript=json.dumps(forged(transcript, forgery)))
    assert said["verdict"] == "INVALID"


def test_hashes_written_anew_are_no_fault(transcript: dict[str, Any], pages: Pages) -> None:  # noqa: F811
    """What all forgeries have in common must not be what is found."""
    assert pages.ask("verify", transcript=json.dumps(forged(transcript, renumber)))["verdict"] == "VALID"
