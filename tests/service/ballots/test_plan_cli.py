"""An officer plans units before there is a manifest."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from muniment.cli.main import app

DRAFT: dict[str, Any] = {
    "contests": [{"title": "Mayor", "form": "choice", "options": ["A", "B", "C", "D", "E", "F", "G"], "blank": False}],
    "minBallots": 10,
    "areas": [{"name": "North", "voters": 500}, {"name": "Island", "voters": 12}, {"name": "Port", "voters": 40}],
}


def planned(folder: Path, draft: Any, *options: str) -> Any:
    """What the command answers."""
    path = folder / "draft.json"
    path.write_text(json.dumps(draft))
    return CliRunner().invoke(app, ["ballots", "plan", str(path), *options])


def test_divides_large_areas_and_joins_small_ones(tmp_path: Path) -> None:
    """Must place every voter in one unit, none smaller than three times minBallots, small areas with a neighbour."""
    answer = planned(tmp_path, DRAFT, "--json")
    assert answer.exit_code == 0, answer.output
    units = json.loads(answer.stdout)["units"]
    assert sum(unit["eligible"] for unit in units) == 552
    assert min(unit["eligible"] for unit in units) >= 30
    assert {unit["area"] for unit in units} == {"North", "Island and Port"}
    names = [unit["name"] for unit in units if unit["area"] == "North"]
    assert names == [f"North {number}" for number in range(1, len(names) + 1)]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"minBallots": 0}, "minBallots"),
        ({"areas": [{"name": "North"}]}, "areas"),
        ({"areas": []}, "areas"),
        ({"more": 1}, "keys"),
        ({"contests": [{"title": "x", "form": "lottery"}]}, "form"),
    ],
)
def test_says_what_is_wrong_with_a_draft(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    """Must refuse a draft in one sentence that names the fault."""
    answer = planned(tmp_path, DRAFT | change)
    assert answer.exit_code != 0
    assert told in str(answer.output) + str(answer.exception)
