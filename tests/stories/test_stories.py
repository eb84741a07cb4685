"""The demo must run: the main job on the example's parcels, and an election from its keys to both verifiers."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from demo import __main__ as demo
from demo.node import free_port
from demo.stage import Stage


def told(name: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The facts with which a story ends, told on a stage of its own."""
    stage = Stage(folder, free_port(), free_port(), "EE", Console(stderr=True, highlight=False))
    asked = demo.arguments(["--once", "--json", "--story", name])
    assert demo.tell(asked, demo.EXAMPLE, stage) == 0
    facts: dict[str, Any] = json.loads(capfd.readouterr().out.splitlines()[-1])
    return facts


def test_parcels_become_titles(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Every parcel of the example must become a title."""
    facts = told("parcels", tmp_path, capfd)
    features = len(json.loads(demo.EXAMPLE.read_text())["features"])
    assert (facts["registered"], facts["rejected"]) == (features, 0)


def test_a_secret_vote_is_counted_and_verified(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The counts must be what was voted, and both verifiers say so."""
    facts = told("ballots", tmp_path, capfd)
    assert facts["counts_match"] is True
    assert (facts["verifier_python"], facts["verifier_js"]) == ("VALID", "VALID")
