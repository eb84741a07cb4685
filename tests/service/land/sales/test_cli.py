"""`muniment sales` and `muniment notices`: one sentence or one line of JSON, and nothing half done."""

import json
from pathlib import Path

import pytest

from muniment.hashing import keccak
from tests.service.test_cli import Cli

NOBODY = keccak(b"nobody")


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """The program over an empty database."""
    return Cli(tmp_path)


def test_a_document_is_hashed(cli: Cli, tmp_path: Path) -> None:
    """The hash must be that of the file's bytes; a file that is none must be one sentence."""
    document = tmp_path / "contract.pdf"
    document.write_bytes(b"a contract")
    hashed = cli.json("sales", "hash", str(document))
    assert hashed == [{"file": str(document), "documentHash": keccak(b"a contract")}]
    done = cli.run("sales", "hash", str(tmp_path / "nothing"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be read" in " ".join(done.stderr.split())


def test_what_there_is_not_is_said_in_one_sentence(cli: Cli) -> None:
    """Unknown sales, papers, steps and subscriptions must end in exit 1 and a sentence."""
    for words in (
        ("sales", "show", NOBODY),
        ("sales", "paper", "0" * 32),
        ("sales", "list", "--status", "sold"),
        ("sales", "lodge", NOBODY, "--officer", "one"),
        ("sales", "confirm-duty", NOBODY, "--officer", "one", "--receipt", "7"),
        ("sales", "settle", NOBODY),
        ("notices", "unsubscribe", "7"),
        ("notices", "subscribe", "http://example.org", "--kind", "sale.reminder"),
        ("notices", "subscribe", "https://10.0.0.1/", "--kind", "sale.reminder"),
    ):
        done = cli.run(*words)
        assert (done.returncode, done.stdout) == (1, ""), words
        assert done.stderr.strip().endswith("."), words
        assert "Traceback" not in done.stderr


def test_subscriptions_are_kept_and_secrets_shown_once(cli: Cli) -> None:
    """A subscription must show its secret when it is made, and never again."""
    made = cli.json("notices", "subscribe", "https://example.org/hook", "--kind", "sale.reminder")
    assert len(made["secret"]) >= 32
    listed = cli.run("notices", "subscriptions", "--json")
    assert made["secret"] not in listed.stdout
    assert [one["url"] for one in json.loads(listed.stdout)] == ["https://example.org/hook"]
    assert cli.run("notices", "unsubscribe", str(made["subscription"])).returncode == 0
    assert cli.json("notices", "list") == []
    assert cli.json("sales", "list")["page"]["total"] == 0
    assert cli.json("sales", "rates", "GB") == []
