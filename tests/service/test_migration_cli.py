"""`muniment land migration`: building a register's tree, and proofs that convince without this service."""

import json
from pathlib import Path

import pytest

from muniment.land.migration.leaf import line_of
from tests.service.land.moving import title
from tests.service.test_cli import Cli


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    """The program without a chain."""
    return Cli(tmp_path, MUNIMENT_MIGRATIONS=str(tmp_path / "migrations"))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """An agency's export of five titles."""
    path = tmp_path / "export.jsonl"
    path.write_bytes(b"\n".join(line_of(title(f"old {number}")) for number in range(5)))
    return path


def test_from_export_to_judgement(cli: Cli, export: Path, tmp_path: Path) -> None:
    """Proofs of an export's titles, and of one that it lacks, must be judged right by the root alone."""
    built = cli.json("land", "migration", "build", str(export), "--jurisdiction", "GB")
    assert (built["count"], Path(built["tree"]).parent) == (5, tmp_path / "migrations")
    root = f"{built['root']}:5"
    common = ("--jurisdiction", "GB", "--tree", built["tree"])
    file = str(tmp_path / "proof.json")
    asked = {
        ("proof", "old 2"): ("presence", 1),
        ("absence", "new"): ("absence", 0),
        ("proof", built["first"], "--together", "3"): ("neighbours", 3),
    }
    for words, (kind, held) in asked.items():
        given = cli.json("land", "migration", *words, *common, "-o", file)
        assert json.loads(Path(file).read_text()) == given
        judged = cli.json("land", "migration", "verify", file, "--root", root)
        assert (judged["valid"], judged["kind"], judged["titles"]) == (True, kind, held)
        done = cli.run("land", "migration", "verify", file, "--root", "0x" + "11" * 32 + ":5")
        assert done.returncode == 1
        assert cli.run("land", "migration", "verify", file, "--root", root).returncode == 0


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("proof", "new"), "TitleNotMoved"),
        (("absence", "old 2"), "TitleMoved"),
        (("proof", "old 2", "--together", "9"), "NeighboursRefused"),
        (("proof", "old 2", "--tree", "missing.tree"), "FileUnreadable"),
        (("proof", "a\x00b"), "ReferenceUnreadable"),
    ],
)
def test_what_cannot_be_proven(cli: Cli, export: Path, words: tuple[str, ...], error: str) -> None:
    """Must be said in one sentence."""
    built = cli.json("land", "migration", "build", str(export), "--jurisdiction", "GB")
    told = cli.json("land", "migration", *words, "--jurisdiction", "GB", "--tree", built["tree"], code=1)
    assert told["error"] == error


@pytest.mark.parametrize(
    ("line", "error"),
    [(b"no title\n", "RegisterLineRefused"), (line_of(title("old 1")), "TitleTwice")],
)
def test_a_bad_export(cli: Cli, export: Path, tmp_path: Path, line: bytes, error: str) -> None:
    """Must be refused as a whole, with its line, and leave nothing behind."""
    export.write_bytes(export.read_bytes() + line)
    told = cli.json("land", "migration", "build", str(export), "--jurisdiction", "GB", code=1)
    assert told["error"] == error
    assert list((tmp_path / "migrations").iterdir()) == []


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"moved":[],"jurisdiction":"GB","title":"0x","proof":"0x","kind":"x"}']
)
def test_no_proof(cli: Cli, tmp_path: Path, text: str) -> None:
    """What is no proof must be refused, not judged."""
    (tmp_path / "proof.json").write_text(text)
    done = cli.json("land", "migration", "verify", "proof.json", "--root", "0x" + "11" * 32 + ":5", code=1)
    assert done["error"] == "ProofFileUnreadable"


def test_roots_of_a_fresh_service(cli: Cli) -> None:
    """Before anything was read, no root must be claimed to stand."""
    cli.run("db", "migrate")
    assert cli.json("land", "migration", "roots", "--jurisdiction", "GB")["roots"] == []
