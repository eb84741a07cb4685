"""`muniment sales` and `muniment notices`: one sentence or one line of JSON, and nothing half done."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from muniment.hashing import keccak

Run = Callable[..., subprocess.CompletedProcess[str]]
NOBODY = keccak(b"nobody")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command over an empty database."""
    env = {"PATH": "/usr/bin:/bin", "MUNIMENT_DATABASE_URL": f"sqlite:///{tmp_path}/muniment.db"}

    def done(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "muniment.cli", *words]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)

    return done


def test_a_document_is_hashed(run: Run, tmp_path: Path) -> None:
    """The hash must be that of the file's bytes; a file that is none must be one sentence."""
    document = tmp_path / "contract.pdf"
    document.write_bytes(b"a contract")
    done = run("sales", "hash", str(document), "--json")
    assert (done.returncode, json.loads(done.stdout)) == (
        0,
        [{"file": str(document), "documentHash": keccak(b"a contract")}],
    )
    done = run("sales", "hash", str(tmp_path / "nothing"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "cannot be read" in " ".join(done.stderr.split())


def test_what_there_is_not_is_said_in_one_sentence(run: Run) -> None:
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
        done = run(*words)
        assert (done.returncode, done.stdout) == (1, ""), words
        assert done.stderr.strip().endswith("."), words
        assert "Traceback" not in done.stderr


def test_subscriptions_are_kept_and_secrets_shown_once(run: Run) -> None:
    """A subscription must show its secret when it is made, and never again."""
    made = json.loads(
        run("notices", "subscribe", "https://example.org/hook", "--kind", "sale.reminder", "--json").stdout
    )
    assert len(made["secret"]) >= 32
    listed = run("notices", "subscriptions", "--json")
    assert made["secret"] not in listed.stdout
    assert [one["url"] for one in json.loads(listed.stdout)] == ["https://example.org/hook"]
    assert run("notices", "unsubscribe", str(made["subscription"])).returncode == 0
    assert json.loads(run("notices", "list", "--json").stdout) == []
    assert json.loads(run("sales", "list", "--json").stdout)["page"]["total"] == 0
    assert json.loads(run("sales", "rates", "GB", "--json").stdout) == []
