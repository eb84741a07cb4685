"""`muniment ballots verify` as the runbook and the page tell people to type it."""

import html
import json
import re
import shlex
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from muniment.ballots.verifying import published
from muniment.cli.main import app
from muniment.errors import Refused
from muniment.sentences import sentence_of
from tests.service.ballots.stage import Polls, build_polls
from tests.service.ballots.test_live import enrolled
from tests.service.nodes import Node

ROOT = Path(__file__).resolve().parents[3]
RUNBOOK = next(
    line.strip()
    for line in (ROOT / "docs" / "key-ceremony.md").read_text().splitlines()
    if "muniment ballots verify" in line
)


@pytest.fixture
def polls(anvil: Callable[..., Node], database: Engine, tmp_path: Path) -> Polls:
    """An election with one ballot, open, on a machine that is not this one."""
    made = build_polls(anvil(), database, tmp_path)
    enrolled(made, (2,))
    made.cast(0, made.ballot(made.voters[0], [(0,), (1, 0)]))
    made.all_done()
    return made


@pytest.fixture
def elsewhere(polls: Polls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A trustee's machine: no database, a deployment, and the service's address."""
    with serving(polls) as service:
        monkeypatch.setenv("MUNIMENT_DATABASE_URL", f"sqlite:///{tmp_path / 'none' / 'muniment.db'}")
        monkeypatch.setenv("MUNIMENT_DEPLOYMENTS", str(tmp_path / "deployments"))
        monkeypatch.setenv("MUNIMENT_PUBLIC_URL", service)
        described(polls, tmp_path / "deployments" / "local.json")
        yield service
    assert not (tmp_path / "none").exists()  # looking for a database must not make one


@contextmanager
def serving(polls: Polls, *, lying: bool = False) -> Iterator[str]:
    """The service on loopback; one that lies answers about this election whatever is asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = polls.web.get(re.sub("0x[0-9a-f]+", polls.setup, self.path) if lying else self.path)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def described(polls: Polls, path: Path) -> None:
    """The deployment's file."""
    known = polls.registry.deployment
    genesis = polls.registry.rpc.block(0)
    assert genesis is not None
    contracts = {
        name: {"address": one.address, "abi": one.abi, "start_block": one.start_block}
        for name, one in known.contracts.items()
    }
    kinds = {
        name: {"abi": one.abi, "found_by": [one.contract, one.event, one.argument], "begins_with": one.begins_with}
        for name, one in known.kinds.items()
    }
    path.parent.mkdir(exist_ok=True)
    told = {"network": "local", "chain_id": known.chain_id, "genesis_hash": genesis.hash}
    path.write_text(json.dumps({**told, "contracts": contracts, "kinds": kinds}))


def typed(line: str, **places: str) -> Any:
    """Run a line as it is written, its capitals filled in."""
    for place, value in places.items():
        line = re.sub(rf"\b{place}\b", value, line)
    entry, *words = shlex.split(line)
    assert (entry, words[:3]) == ("./run", ["muniment", "ballots", "verify"])
    return CliRunner().invoke(app, [*words[1:], "--json"])


def names_of(polls: Polls) -> dict[str, str]:
    """The election's three names."""
    told = polls.get(f"/api/elections/{polls.setup}")
    return {name: told[name] for name in ("setup", "election", "box")}


def check(done: Any) -> None:
    """Nothing must be wrong, and only the closing be missing."""
    assert done.exit_code == 3, (done.stdout, done.exception)
    told = json.loads(done.stdout)
    assert (told["verdict"], told["ballots"]) == ("INCOMPLETE", 1)
    assert {one["what"] for one in told["findings"]} == {"NotJoined"}


def test_the_runbooks_line(polls: Polls, elsewhere: str) -> None:
    """Must verify the election by any of its names, with nothing but what a trustee's settings say."""
    for name in names_of(polls).values():
        check(typed(RUNBOOK, ELECTION=name, YOUR_NODE=polls.registry.node.url))
    check(typed(RUNBOOK, ELECTION="0x" + polls.setup[2:].upper(), YOUR_NODE=polls.registry.node.url))


def test_without_a_deployment(polls: Polls, elsewhere: str, tmp_path: Path) -> None:
    """The service must do, and one with a deployment of another chain."""
    node, described_at = polls.registry.node.url, tmp_path / "deployments" / "local.json"
    told = json.loads(described_at.read_text())
    told["genesis_hash"], told["contracts"]["TrusteeCeremony"]["address"] = "0x" + "77" * 32, "0x" + "99" * 20
    described_at.write_text(json.dumps(told))
    check(typed(RUNBOOK, ELECTION=polls.setup, YOUR_NODE=node))
    described_at.unlink()
    for name in names_of(polls).values():
        check(typed(RUNBOOK, ELECTION=name, YOUR_NODE=node))


def test_a_service_that_names_another_box(
    polls: Polls, elsewhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Must be refused, though that box's own election is in order."""
    (tmp_path / "deployments" / "local.json").unlink()
    with serving(polls, lying=True) as liar:
        monkeypatch.setenv("MUNIMENT_PUBLIC_URL", liar)
        refused = typed(RUNBOOK, ELECTION="0x" + "11" * 32, YOUR_NODE=polls.registry.node.url).exception
    assert refused.name == "BoxOfOther"


def test_where_the_database_is(polls: Polls, elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The office's own machine must need no service."""
    monkeypatch.setenv("MUNIMENT_DATABASE_URL", polls.services.settings.database_url)
    monkeypatch.setenv("MUNIMENT_PUBLIC_URL", "http://127.0.0.1:1")
    check(typed(RUNBOOK, ELECTION=polls.setup, YOUR_NODE=polls.registry.node.url))


def test_where_there_is_nothing(polls: Polls, elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Must say which setting, or which options; and that an election is unknown or has no box yet."""
    node = polls.registry.node.url
    monkeypatch.setenv("MUNIMENT_PUBLIC_URL", "http://127.0.0.1:1")
    refused = typed(RUNBOOK, ELECTION=polls.setup, YOUR_NODE=node).exception
    assert refused.name == "PublicationMissing"
    for told in ("MUNIMENT_PUBLIC_URL", "--roll and --log", "http://127.0.0.1:1", "ConnectError"):
        assert told in sentence_of(refused)
    for name in ("0x" + "11" * 32, "0x12"):
        assert typed(RUNBOOK, ELECTION=name, YOUR_NODE=node).exception.name == "ElectionUnknown"
    polls.begin((1,), "Another")
    assert typed(RUNBOOK, ELECTION=polls.setup, YOUR_NODE=node).exception.name == "ElectionNotOpened"


def test_roll_and_log_belong_together(polls: Polls, elsewhere: str, tmp_path: Path) -> None:
    """Must ask for the log of a roll that is a file, and not take another's."""
    roll = tmp_path / "roll.json"
    roll.write_text("{}")
    done = typed(f"{RUNBOOK} --roll {roll}", ELECTION=polls.setup, YOUR_NODE=polls.registry.node.url)
    assert (done.exit_code, done.exception.name) == (1, "LogMissing")


def test_a_service_that_never_ends(elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Must stop reading an answer that is too large for any transcript."""
    monkeypatch.setattr(published, "LARGEST", 5)
    with pytest.raises(Refused) as refused:
        published.json_of(f"{elsewhere}/api/elections")
    assert "more than 5 bytes" in sentence_of(refused.value)


def test_the_pages_line(polls: Polls, elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Must work for somebody who has no settings at all."""
    page = polls.web.get(f"/elections/{polls.setup}/verify").text
    (line,) = re.findall(r"<code[^>]*>(\./run muniment ballots verify [^<]*)</code>", page)
    line = html.unescape(line).replace(polls.services.settings.public_url, elsewhere)
    monkeypatch.setenv("MUNIMENT_PUBLIC_URL", "http://127.0.0.1:1")
    check(typed(line, YOUR_NODE=polls.registry.node.url))
    (other,) = re.findall(r"<code[^>]*>(\./run setup node [^<]*)</code>", page)
    words = shlex.split(html.unescape(other))
    assert words[2:4] == ["node", "dapp/verifier/verify-election.mjs"]
    assert dict(zip(words[4::2], words[5::2], strict=True)) == {
        "--rpc": "YOUR_NODE",
        "--box": polls.box,
        **{f"--{part}": f"{polls.services.settings.public_url}{polls.path(part)}" for part in ("roll", "log")},
    }


def test_a_box_that_says_anothers_name(polls: Polls, elsewhere: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Must not be taken for the election, though it was registered, for whatever ceremony, before the true one."""
    found = published.event_logs
    other = polls.registry.deployment.contracts["AgencyRegistry"].address
    false = {"topics": ["", "", "", "0x" + "00" * 12 + other[2:]]}
    monkeypatch.setattr(published, "event_logs", lambda *asked: [false, *found(*asked)])
    check(typed(RUNBOOK, ELECTION=names_of(polls)["election"], YOUR_NODE=polls.registry.node.url))
