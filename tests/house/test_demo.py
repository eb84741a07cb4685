"""What `./run demo` must come through: another demo, a chain that one left behind, text that looks like markup."""

from pathlib import Path

import pytest

from demo import __main__ as demo
from demo.node import Node, StageError, free_port
from demo.stories.ballots_poll import published


def test_one_demo_at_a_time(tmp_path: Path) -> None:
    """Two nodes that keep their chains in one file spoil it: the second demo must end with a sentence."""
    with demo.alone_in(tmp_path), pytest.raises(StageError, match="Another demo"), demo.alone_in(tmp_path):
        pass
    with demo.alone_in(tmp_path):
        pass


def test_a_chain_left_running_keeps_others_out(tmp_path: Path) -> None:
    """A node that outlives its demo still writes its file: until it has ended no other demo may begin."""
    node = Node(tmp_path, free_port())
    try:
        with demo.alone_in(tmp_path):
            node.start()
        with pytest.raises(StageError, match=f"kill {node.pid}"), demo.alone_in(tmp_path):
            pass
    finally:
        node.stop()
    with demo.alone_in(tmp_path):
        pass


def test_a_refusal_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """A file's name is text, whatever brackets it has."""
    assert demo.main(["--once", "--parcels", "/nowhere/[/red].geojson"]) == 1
    assert "/nowhere/[/red].geojson" in capsys.readouterr().err.replace("\n", "")


def test_an_election_with_too_many_voters(tmp_path: Path) -> None:
    """Must be told in the planner's words, with what helps in a demo: fewer voters."""
    path, voters = tmp_path / "city.pb", 30_000
    path.write_text(
        f"META\nkey;value\ndescription;City\nnum_votes;{voters}\nvote_type;choose-1\nPROJECTS\nproject_id;cost;name\n"
        + "".join(f"{number};1;P{number}\n" for number in range(7))
        + "VOTES\nvoter_id;vote\n"
        + "".join(f"{number};{number % 7}\n" for number in range(voters))
    )
    with pytest.raises(StageError, match=r"approval with total 1.*`--limit`"):
        published(path, None)
    assert sum(unit.eligible for unit in published(path, 100).units) == 100
