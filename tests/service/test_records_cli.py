"""`muniment land export` and `muniment land extract`."""

import json
from pathlib import Path

import pytest

from tests.service.test_cli import EXAMPLE, Cli, cli, on_chain

__all__ = ["cli", "on_chain"]


def test_taking_the_register_along(on_chain: Cli) -> None:
    """All titles must be exported, each also be printed, and what cannot be written leave nothing behind."""
    lines = Path(EXAMPLE).read_text(encoding="utf-8").splitlines()[:4]
    (on_chain.folder / "few.geojson").write_text("\n".join(lines).rstrip(",") + "\n]}", encoding="utf-8")
    taken = on_chain.json("land", "import", "few.geojson", "--jurisdiction", "GB")
    on_chain.json("work", "--until-idle", "--timeout", "200")
    told = on_chain.json("land", "export", "--ladm", "-o", "register.jsonl")
    assert told["titles"] == 3
    exported = [json.loads(line) for line in (on_chain.folder / "register.jsonl").read_text("utf-8").splitlines()]
    assert sorted(one["LA_BAUnit"]["name"] for one in exported) == sorted(taken["refs"])
    shown = on_chain.run("land", "export", "--ladm", "--jurisdiction", "SE")
    assert (shown.returncode, shown.stdout) == (0, "")
    made = on_chain.json("land", "extract", taken["refs"][0], "--jurisdiction", "GB", "-o", "one.pdf")
    assert made["title"] == taken["titles"][0]
    assert (on_chain.folder / "one.pdf").read_bytes().startswith(b"%PDF-1.7")
    assert on_chain.json("land", "extract", "none", "-o", "none.pdf", code=1)["error"] == "TitleUnknown"
    assert not (on_chain.folder / "none.pdf").exists()
    words = ("land", "extract", taken["titles"][0], "-o", "missing/one.pdf")
    assert on_chain.json(*words, code=1)["error"] == "FileUnwritable"
    assert on_chain.json("land", "export", "--ladm", "-o", "missing/r", code=1)["error"] == "FileUnwritable"


@pytest.mark.parametrize("words", [("export",), ("export", "--ladm"), ("extract", "a")])
def test_words_that_are_missing(cli: Cli, words: tuple[str, ...]) -> None:
    """What was left out must be named."""
    assert cli.json("land", *words, code=1)["error"] == "UsageError"


def test_watching_a_party(on_chain: Cli) -> None:
    """A subscription must be made for one party, its secret be shown, and what is no party or no address be refused."""
    party = "0x" + "AB" * 32
    made = on_chain.json("alerts", "watch", party, "https://bank.example/hook")
    assert made["party"] == party.lower()
    assert len(made["secret"]) > 20
    assert on_chain.json("alerts", "list", party) == {"alerts": [], "next": 0}
    assert on_chain.json("alerts", "watch", "Anna", "https://bank.example/hook", code=1)["error"] == "PartyUnknown"
    assert on_chain.json("alerts", "watch", party, "http://bank.example/", code=1)["error"] == "WebhookRefused"
