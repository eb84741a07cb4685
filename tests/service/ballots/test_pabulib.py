"""Reading Pabulib's files: what is kept, what disagrees, what is refused and where."""

from pathlib import Path

import pytest

from muniment.ballots.pabulib import PabulibRefused, parse, read

DATA = Path(__file__).resolve().parents[4] / "shared/data/ballots"
FILES = {
    "poland_zabrze_2021_.pb": (7784, (603, 1664, 968, 0, 3240, 1309, 0)),
    "poland_gdansk_2020_letnica.pb": (256, (510, 502)),
    "poland_gdansk_2020_rudniki.pb": (163, (498, 86)),
}

CHOICE = """META
key;value
description;Playground or bench
num_projects;2
num_votes;3
vote_type;approval
min_length;1
max_length;1
language;polish
PROJECTS
project_id;cost;votes;name
P1;100;2;Playground
P2;50;1;Bench
VOTES
voter_id;vote;district
1;P1;North
2;P2;
3;P1;South
"""

POINTS = """META
key;value
vote_type;cumulative
max_sum_points;5
min_sum_points;1
PROJECTS
project_id;score
A;6
B;3
VOTES
voter_id;vote;points
1;A,B;2,3
2;A;4
"""


def changed(text: str, old: str, new: str) -> bytes:
    """The text with one part replaced, which must be in it."""
    assert old in text
    return text.replace(old, new, 1).encode()


def test_a_choice() -> None:
    """One of few options must become a choice, with every voter's district and the published counts."""
    election = parse(CHOICE.encode())
    assert election.contest == {
        "title": "Playground or bench",
        "options": ["Playground", "Bench"],
        "form": "choice",
        "blank": False,
    }
    assert [(voter.district, voter.choice) for voter in election.voters] == [("North", 0), (None, 1), ("South", 0)]
    assert election.districts == (("North", 1), ("South", 1), (None, 1))
    assert election.expected == ((2, 1), "published")
    assert election.remarks == ()
    assert election.language == "pl"


def test_points() -> None:
    """Points must run parallel to the projects, and their published count be the score."""
    election = parse(POINTS.encode())
    assert election.contest["form"] == "points"
    assert {key: election.contest[key] for key in ("most", "minimum", "maximum")} == {
        "most": 5,
        "minimum": 1,
        "maximum": 5,
    }
    assert [voter.points for voter in election.voters] == [(2, 3), (4, 0)]
    assert election.expected == ((6, 3), "published")


def test_many_options_are_approved() -> None:
    """One option out of more than a choice can hold must become points with one in all."""
    rows = "".join(f"X{number};0\n" for number in range(9))
    text = changed(CHOICE, "P1;100;2;Playground\nP2;50;1;Bench\n", rows).decode()
    text = text.replace("project_id;cost;votes;name", "project_id;cost").replace("P1", "X1").replace("P2", "X2")
    contest = parse(text.encode()).contest
    assert (contest["form"], contest["most"], contest["minimum"], contest["maximum"]) == ("points", 1, 1, 1)


def test_a_blank_is_a_choice() -> None:
    """Where nothing need be chosen, a row without a vote must count as a blank."""
    election = parse(changed(CHOICE.replace("min_length;1", "min_length;0"), "2;P2;", "2;;"))
    assert election.contest["blank"] is True
    assert (election.voters[1].choice, election.blanks, election.counts) == (None, 1, (2, 0))


def test_a_header_that_disagrees() -> None:
    """A wrong number of votes, or of a project's, must be kept beside what the rows say."""
    wrong = parse(changed(CHOICE.replace("num_votes;3", "num_votes;4"), "P1;100;2", "P1;100;3"))
    assert wrong.remarks == (
        "The header says 4 votes; the file has 3 rows of them.",
        "The file publishes 3 for P1; its rows add up to 2.",
    )
    assert wrong.published == (3, 1)
    assert wrong.expected == ((2, 1), "recount")


def test_a_part_of_the_voters() -> None:
    """Nothing is published of the first few voters alone: they must be recounted."""
    some = parse(CHOICE.encode()).limited(2)
    assert (len(some.voters), some.published, some.expected) == (2, None, ((1, 1), "recount"))
    assert parse(CHOICE.encode()).limited(3).published == (2, 1)


def test_quotes_line_ends_and_a_byte_order_mark() -> None:
    """A name may have a semicolon in quotes; Windows' line ends and the mark must not matter."""
    text = CHOICE.replace(";Bench", ';"Bench; two seats"').replace("\n", "\r\n")
    election = parse(b"\xef\xbb\xbf" + text.encode())
    assert election.projects[1].name == "Bench; two seats"


@pytest.mark.parametrize(
    ("kind", "old", "new", "sentence"),
    [
        ("choice", "2;P2;\n", "2;P2\n", "Line 17 has 2 cells where its header has 3."),
        ("choice", "2;P2;", "2;P9;", "Line 17 votes for P9, which is no project of the file."),
        ("choice", "2;P2;", "1;P2;", "Line 17 has a voter_id that is empty or was there before."),
        ("choice", "2;P2;", "2;;", "Line 17 has 0 in all, where 1 to 1 are allowed."),
        ("choice", "2;P2;", "2;P1,P2;", "Line 17 has 2 in all, where 1 to 1 are allowed."),
        ("choice", "2;P2;", '2;"P2;', "Line 18 cannot be divided into cells"),
        ("choice", "P2;50;1;Bench", "P1;50;1;Bench", "Line 13 has the project P1 a second time."),
        ("choice", "P2;50;1;", "P2;50;one;", "Line 13 has 'one' for votes, which is no whole number."),
        ("choice", "P2;50;1;Bench", "P2;50;1", "Line 13 has 3 cells where its header has 4."),
        ("choice", "voter_id;vote;district", "voter_id;district;other", "Line 15 has no column vote."),
        ("choice", "voter_id;vote;district", "voter_id;vote;vote", "Line 15 names a column twice."),
        ("choice", "VOTES\n", "", "The section VOTES is missing"),
        ("choice", "PROJECTS\n", "VOTES\n", "Line 10 begins VOTES where"),
        ("choice", "META\n", "key;value\n", "Line 1 stands before META."),
        ("choice", "vote_type;approval", "vote_type;ordinal", "The vote_type is 'ordinal'"),
        ("choice", "num_votes;3", "vote_type;approval", "Line 6 gives vote_type a second time."),
        ("choice", "max_length;1", "max_length;many", "The header gives 'many' for max_length"),
        ("choice", "1;P1;North\n2;P2;\n3;P1;South\n", "", "The section VOTES has no row."),
        ("points", "1;A,B;2,3", "1;A,B;2", "Line 12 names 2 projects and gives points to 1."),
        ("points", "1;A,B;2,3", "1;A,B;2,4", "Line 12 has 6 in all, where 1 to 5 are allowed."),
        ("points", "1;A,B;2,3", "1;A,A;2,3", "Line 12 votes for a project twice."),
        ("points", "1;A,B;2,3", "1;A,B;-2,3", "Line 12 has '-2' for points"),
        ("points", "1;A,B;2,3", "1;A;6", "Line 12 gives A 6 points, more than 5."),
        ("points", "max_sum_points;5", "max_points;16", "An option can get 16 points"),
        ("points", "min_sum_points;1", "min_sum_points;6", "No ballot can have at least 6 and at most 5 in all."),
    ],
)
def test_a_malformed_file_is_refused(kind: str, old: str, new: str, sentence: str) -> None:
    """Each mistake must be told in one sentence with its line."""
    with pytest.raises(PabulibRefused) as refused:
        parse(changed({"choice": CHOICE, "points": POINTS}[kind], old, new))
    assert str(refused.value).startswith(sentence)
    assert str(refused.value).endswith(".")


def test_bytes_that_are_no_text() -> None:
    """Bytes that are not UTF-8 must be refused with their line, and a missing file with its name."""
    with pytest.raises(PabulibRefused, match=r"Line 3 is not UTF-8\."):
        parse(b"META\nkey;value\nunit;Gda\xf1sk\n")
    with pytest.raises(PabulibRefused, match="nowhere"):
        read(Path("/nowhere/at.pb"))


@pytest.mark.parametrize("name", FILES)
def test_published_files(name: str) -> None:
    """The files' rows must add up to what was published, though their headers name one vote too many."""
    if not (DATA / name).exists():
        pytest.skip(f"the published election {name} is not beside the project")
    voters, counts = FILES[name]
    election = read(DATA / name)
    assert len(election.voters) == voters
    assert election.expected == (counts, "published")
    assert any("votes" in remark for remark in election.remarks)


def test_approval_of_many() -> None:
    """The approval file must become points of one each, 1 to 15 in all."""
    path = DATA / "poland_warszawa_2021_wesola.pb"
    if not path.exists():
        pytest.skip("the published election is not beside the project")
    election = read(path)
    bounds = [election.contest[key] for key in ("most", "minimum", "maximum")]
    assert (bounds, len(election.voters), election.expected[1]) == ([1, 1, 15], 1487, "published")
