"""Ballots in the pages' own code: the shared vectors, the hostile corpus, and ballots mutated bit by bit."""

import json
import os
import random
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from muniment.ballots.crypto.group import add
from muniment.ballots.crypto.hints import added_by, opposite, sum_hints
from muniment.ballots.model import GENERATOR, INFINITY, Ciphertext
from tests.dapp.node_process import NodeProcess
from tests.service.nodes import ROOT
from tests.vectors.ballots import SELECTIONS, drawing, worlds

FOLDER = ROOT / "tests" / "vectors"
VECTORS = json.loads((FOLDER / "ballots.json").read_text())
HOSTILE = json.loads((FOLDER / "ballots_hostile.json").read_text())
ELECTIONS = {election["name"]: election for election in VECTORS["elections"]}
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ZERO = "0x" + "00" * 32
MUTATIONS = 3_000 if os.environ.get("MUNIMENT_DEEP") else 60
SPOILT = 25_000 if os.environ.get("MUNIMENT_DEEP") else 50  # of each election's ballots
PLACES = ("proof", "branch", "ciphertext")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """The pages' code, built as the pages are."""
    started = NodeProcess("ballots.mjs", tmp_path_factory.mktemp("ballots"))
    yield started
    started.close()


def voter_of(election: dict[str, Any], unit: int, index: int) -> dict[str, Any]:
    """A voter of a vector's roll."""
    return dict(next(voter for voter in election["units"][unit]["voters"] if voter["index"] == index))


def selections_of(election: dict[str, Any], ballot: dict[str, Any]) -> list[Any]:
    """A vector's selections as the pages have them: an option's place, or None for a blank; or points."""
    return [
        (chosen[0] if chosen[0] < form["options"] else None) if form["kind"] == "choice" else chosen
        for form, chosen in zip(election["contests"], ballot["selections"], strict=True)
    ]


def ciphertexts_of(ballot: dict[str, Any]) -> list[Any]:
    """A vector's points by ciphertext."""
    points = ballot["ciphertexts"]
    return [points[at : at + 2] for at in range(0, len(points), 2)]


def replaced_by(election: dict[str, Any], ballot: dict[str, Any]) -> dict[str, Any] | None:
    """The ballot that another replaces, as it is packed with it."""
    if ballot["previous"] == ZERO:
        return None
    old = next(one for one in election["ballots"] if one["tracker"] == ballot["previous"])
    batch = election["batch"]
    known = {"ciphertexts": ciphertexts_of(old), "previous": old["previous"], "proofsHash": old["proofsHash"]}
    if old["name"] not in batch["ballots"]:
        return known
    place = batch["ballots"].index(old["name"])
    return known | {"batch": {"number": 0, "place": place, "path": batch["paths"][place]}}


def drawn(election: dict[str, Any], ballot: dict[str, Any]) -> list[str]:
    """The random numbers that a vector's ballot was made from."""
    seed = "" if ballot["previous"] == ZERO else ballot["previous"]
    draw = drawing(f"{election['name']} {ballot['unit']} {ballot['index']} {seed}")
    return [hex(draw()) for _ in range(400)]


EVERY = [(election["name"], ballot["name"]) for election in VECTORS["elections"] for ballot in election["ballots"]]


@pytest.mark.parametrize(("name", "which"), EVERY)
def test_a_ballot_has_the_vectors_bytes(pages: NodeProcess, name: str, which: str) -> None:
    """From the same random numbers the pages must make the same ciphertexts, proofs, signature and bytes."""
    election = ELECTIONS[name]
    ballot = next(one for one in election["ballots"] if one["name"] == which)
    made = pages.ask(
        "make", election=election, unit=ballot["unit"], voter=voter_of(election, ballot["unit"], ballot["index"]),
        selections=selections_of(election, ballot), previous=ballot["previous"],
        replaced=replaced_by(election, ballot), scalars=drawn(election, ballot),
    )  # fmt: skip
    assert made["opening"]["randomness"] == ballot["randomness"]
    assert {key: made[key] for key in ("content", "proofsHash", "tracker", "packed")} == {
        key: ballot[key] for key in ("content", "proofsHash", "tracker", "packed")
    }
    opened = pages.ask("open", election=election, opening=made["opening"], tracker=made["tracker"])
    assert opened == {"selections": selections_of(election, ballot)}


@pytest.mark.parametrize(("name", "which"), EVERY)
def test_a_vector_is_accepted(pages: NodeProcess, name: str, which: str) -> None:
    """Each valid ballot must be accepted, alone and among many, with its tracker."""
    election = ELECTIONS[name]
    ballot = next(one for one in election["ballots"] if one["name"] == which)
    said = pages.ask(
        "check", election=election, unit=ballot["unit"], packed=ballot["packed"], roots=[election["batch"]["root"]]
    )
    assert said == {"trackers": [ballot["tracker"]], "many": [None]}


def hexed(ciphertexts: Sequence[Ciphertext]) -> list[Any]:
    """Ciphertexts as the pages read them."""
    return [[[hex(point.x), hex(point.y)] for point in one] for one in ciphertexts]


def test_hints_are_the_boxs(pages: NodeProcess) -> None:
    """Of a ballot and of one that replaces another, for sums of every kind, the pages' hints must be ours."""
    world = worlds()["several"]
    chosen = SELECTIONS["several"]
    first, other = (world.ballot(world.voters[0][index], chosen[index])[0] for index in range(2))
    again, _ = world.replacement(first, 0, chosen[2], None)
    usual = [Ciphertext(add(GENERATOR, one.a), add(world.key, one.b)) for one in first.ciphertexts]
    nothing = [Ciphertext(INFINITY, INFINITY)] * len(usual)
    for sums in (usual, list(first.ciphertexts), list(other.ciphertexts), opposite(other.ciphertexts), nothing):
        for ballot in (other, again):
            replaced = hexed(ballot.replaced.ciphertexts) if ballot.replaced else None
            given = pages.ask("hints", sums=hexed(sums), ciphertexts=hexed(ballot.ciphertexts), replaced=replaced)
            assert given == "0x" + sum_hints(sums, added_by([ballot])).hex()


def roots_of(pages: NodeProcess, election: dict[str, Any], case: dict[str, Any]) -> list[str]:
    """The roots of a unit's batches, when the calls before a case were cast."""
    roots = []
    for call in case["before"]:
        said = pages.ask("check", election=election, unit=case["unit"], packed=call, roots=roots)
        first = [index for index, flags in _heads(said, call) if flags == 0]
        if first:
            leaves = [
                pages.ask("hash", tag="BallotLeaf", values=[index, tracker])
                for (index, flags), tracker in zip(_heads(said, call), said["trackers"], strict=True)
                if flags == 0
            ]
            roots.append(pages.ask("root", leaves=leaves)["root"])
    return roots


def _heads(said: dict[str, Any], call: str) -> list[tuple[int, int]]:
    """Index and flags of each ballot of a call, all of one length."""
    size = (len(call) - 2) // len(said["trackers"])
    heads = [call[2 + at * size :] for at in range(len(said["trackers"]))]
    return [(int(head[:8], 16), int(head[8:10], 16)) for head in heads]


@pytest.mark.parametrize("case", HOSTILE["ballots"], ids=[case["name"] for case in HOSTILE["ballots"]])
def test_the_hostile_corpus(pages: NodeProcess, case: dict[str, Any]) -> None:
    """Each bad ballot must be refused under its own name, at its own place; the verifier must say the same."""
    election = ELECTIONS[case["election"]]
    said = pages.ask(
        "check", election=election, unit=case["unit"], packed=case["packed"], roots=roots_of(pages, election, case)
    )
    assert said.get("refused") == case["error"], said
    place = {key: value for key, value in case["arguments"].items() if key in PLACES}
    assert {key: said[key] for key in PLACES if key in said} == place
    many = said["many"]
    if isinstance(many, dict):
        assert many["refused"] == case["error"]
    elif case["error"] not in ("ReplacedRefused", "NotInBatch"):  # the verifier asks these of the chain's state
        assert case["error"] in many


@pytest.mark.parametrize("case", HOSTILE["chain"], ids=[case["name"] for case in HOSTILE["chain"]])
def test_what_only_the_chain_can_tell(pages: NodeProcess, case: dict[str, Any]) -> None:
    """Ballots that are raced, replayed, or of equal, opposite or cancelling points must be good in themselves."""
    election = ELECTIONS[case["election"]]
    said = pages.ask(
        "check", election=election, unit=case["unit"], packed=case["packed"], roots=roots_of(pages, election, case)
    )
    assert "refused" not in said, said
    assert said["many"] == [None] * len(said["trackers"])


def test_mutated_ballots(pages: NodeProcess) -> None:
    """A ballot with any bit flipped must be refused, one by one and among many."""
    chance = random.Random("ballots")
    ballots = [(election, ballot) for election in VECTORS["elections"] for ballot in election["ballots"]]
    for _ in range(MUTATIONS):
        election, ballot = chance.choice(ballots)
        packed = bytearray.fromhex(ballot["packed"][2:])
        packed[chance.randrange(len(packed))] ^= 1 << chance.randrange(8)
        said = pages.ask(
            "check", election=election, unit=ballot["unit"], packed="0x" + packed.hex(),
            roots=[election["batch"]["root"]],
        )  # fmt: skip
        assert "refused" in said, (ballot["name"], packed.hex())
        if said["refused"] not in ("ReplacedRefused", "NotInBatch"):
            assert said["many"] != [None], (ballot["name"], packed.hex())


@pytest.mark.parametrize("name", ELECTIONS)
def test_ballots_spoilt_by_their_voters(pages: NodeProcess, name: str) -> None:
    """A ballot changed anyhow, and signed again by its voter, must be taken neither alone nor among many."""
    election = ELECTIONS[name]
    ballots = [
        {
            "unit": ballot["unit"],
            "packed": ballot["packed"],
            "secret": voter_of(election, ballot["unit"], ballot["index"])["scalar"],
        }
        for ballot in election["ballots"]
    ]
    said = pages.ask("spoil", election=election, ballots=ballots, root=election["batch"]["root"], count=SPOILT)
    assert said["taken"] == []
    assert said["same"] < SPOILT / 2


def test_names(pages: NodeProcess) -> None:
    """Ids, digests and leaves must be the vectors'."""
    for election in VECTORS["elections"]:
        setup = [election[key] for key in ("chainId", "ceremony", "agency", "manifestHash")]
        assert pages.ask("hash", tag="BallotSetup", values=setup) == election["setup"]
        named = [
            *(election["chainId"], election["box"], *election["key"], election["rollRoot"], election["manifestHash"]),
            *(election["opensAt"], election["closesAt"]),
        ]
        assert pages.ask("hash", tag="Election", values=named) == election["election"]
        for ballot in election["ballots"]:
            voter = voter_of(election, ballot["unit"], ballot["index"])
            digests = pages.ask(
                "digests", chain=election["chainId"], box=election["box"], tracker=ballot["tracker"],
                unit=ballot["unit"], index=ballot["index"],
            )  # fmt: skip
            assert digests == [ballot["digest"], voter["withdrawalDigest"]]
    names = VECTORS["names"]
    said = names["credentialMessage"]
    message = pages.ask("message", setup=names["setup"], unit=said["unit"], credential=said["credential"])
    assert message == said["message"]
    enrolment = names["enrolment"]
    values = [names["setup"], enrolment["sequence"], enrolment["unit"]]
    values += [names[key] for key in ("voter", "blinded", "authority")]
    assert pages.ask("hash", tag="Enrolment", values=values) == enrolment["leaf"]


def test_trees(pages: NodeProcess) -> None:
    """Trees of every small size must have the vectors' roots and paths."""
    for tree in VECTORS["trees"]:
        assert pages.ask("root", leaves=tree["leaves"]) == {"root": tree["root"], "paths": tree["paths"]}


@pytest.mark.parametrize("vector", VECTORS["shares"])
def test_shares(pages: NodeProcess, vector: dict[str, Any]) -> None:
    """A trustee's share must hold, and no longer when it is another's, of another group, or any number is changed."""
    assert pages.ask("share", vector=vector) is True
    for changed in ({"group": 1}, {"trustee": 2}, {"ciphertext": 1}, {"election": ZERO}):
        assert pages.ask("share", vector=vector | changed) == {"refused": "ShareRefused"}
    for name in ("challenge", "response", "slope"):
        said = pages.ask("share", vector=vector | {name: hex(int(vector[name], 16) + 1)})
        assert said == {"refused": "ShareRefused"}
    for name in ("share", "total", "key", "u", "b"):
        turned = list(vector[name])
        turned[1] = hex((1 << 256) - (1 << 32) - 977 - int(turned[1], 16))
        assert pages.ask("share", vector=vector | {name: turned}) == {"refused": "ShareRefused"}


def test_lagrange(pages: NodeProcess) -> None:
    """λ_j must be Π m/(m − j) over the other trustees m, so that shares sum up to what they share."""
    chance = random.Random("factors")
    coefficients = [chance.randrange(1, ORDER) for _ in range(3)]
    among = [2, 3, 5]
    shared = sum(
        int(pages.ask("factor", trustee=j, among=among), 16) * sum(c * j**k for k, c in enumerate(coefficients))
        for j in among
    )
    assert shared % ORDER == coefficients[0]


def test_the_verifiers_arithmetic(pages: NodeProcess) -> None:
    """Multiplying many points at once must give what the curve's library gives, for edge cases too."""
    chance = random.Random("points")
    scalars = [0, 1, 2, 7, 8, 15, 16, ORDER - 1, ORDER - 2, ORDER // 2, 1 << 128, (1 << 128) - 1, 1 << 255]
    pairs = [[hex(chance.choice(scalars)), hex(one)] for one in scalars]
    pairs += [[hex(chance.randrange(ORDER)), hex(chance.randrange(ORDER))] for _ in range(20)]
    for election in VECTORS["elections"][:2]:
        assert pages.ask("multiply", point=election["key"], scalars=pairs) is True


def test_sums_that_vanish(pages: NodeProcess) -> None:
    """A sum of multiples must be found to vanish when it does, and only then."""
    chance = random.Random("sums")
    for size in (1, 2, 5, 40):
        terms = [(chance.randrange(1, ORDER), chance.choice((chance.randrange(ORDER), 3, 0))) for _ in range(size)]
        left = -sum(point * scalar for point, scalar in terms) % ORDER
        for wrong in (0, 1):
            given = [[hex(point), hex(scalar)] for point, scalar in terms] + [["0x1", hex((left + wrong) % ORDER)]]
            assert pages.ask("vanish", terms=given) is (wrong == 0)


def test_another_opening(pages: NodeProcess) -> None:
    """An opening must be refused with another selection, other randomness, or for another tracker."""
    election = ELECTIONS["several"]
    ballot = election["ballots"][0]
    made = pages.ask(
        "make", election=election, unit=0, voter=voter_of(election, 0, 0), selections=selections_of(election, ballot),
        scalars=drawn(election, ballot),
    )  # fmt: skip
    opening = made["opening"]
    other = [0, *opening["selections"][1:]]
    assert other != opening["selections"]
    turned = [hex(ORDER - int(opening["randomness"][0], 16)), *opening["randomness"][1:]]
    for changed in (
        {"selections": other}, {"randomness": turned}, {"randomness": opening["randomness"][1:]},
        {"previous": opening["proofsHash"]}, {"proofsHash": ZERO}, {"unit": 1}, {"election": ZERO},
    ):  # fmt: skip
        said = pages.ask("open", election=election, opening=opening | changed, tracker=made["tracker"])
        assert said == {"refused": "OpeningRefused"}, changed
    said = pages.ask("open", election=election, opening=opening | {"selections": []}, tracker=made["tracker"])
    assert said == {"refused": "SelectionRefused"}


@pytest.mark.parametrize(
    ("name", "selections"),
    [
        ("choice", [4]), ("choice", [None]), ("choice", [-1]), ("choice", [0.5]), ("choice", [[0]]), ("choice", []),
        ("approval", [[2, 0, 0, 0]]), ("approval", [[1, 0, 0]]), ("approval", [1]), ("approval", [[-1, 1, 0, 0]]),
        ("several", [0, [3, 3, 0], [0, 0], 0]), ("several", [0, [0, 0, 0], [0, 0], 0]),
    ],
)  # fmt: skip
def test_selections_that_no_paper_allows(pages: NodeProcess, name: str, selections: list[Any]) -> None:
    """What a form does not allow must be refused before anything is encrypted."""
    opening = {
        "election": ELECTIONS[name]["election"], "unit": 0, "credential": "0x" + "00" * 20, "previous": ZERO,
        "selections": selections, "randomness": [], "proofsHash": ZERO,
    }  # fmt: skip
    said = pages.ask("open", election=ELECTIONS[name], opening=opening, tracker=ZERO)
    assert said == {"refused": "SelectionRefused"}


def test_trackers_to_read_aloud(pages: NodeProcess) -> None:
    """A tracker in groups of four must be read back as itself."""
    for election in VECTORS["elections"]:
        for ballot in election["ballots"]:
            said = pages.ask("groups", tracker=ballot["tracker"])
            assert said["read"] == ballot["tracker"]
            assert [len(group) for group in said["shown"].split()] == [4] * 13


@pytest.mark.parametrize(
    ("ballots", "least", "groups"),
    [
        ([20, 20], 20, [(0, 0, 20), (1, 1, 20)]),
        ([19, 20, 3], 20, [(0, 2, 42)]),
        ([20, 0, 5], 20, [(0, 2, 25)]),
        ([5, 5], 20, []),
        ([5, 16, 20, 1, 19], 20, [(0, 1, 21), (2, 2, 20), (3, 4, 20)]),
    ],
)
def test_units_are_joined(
    pages: NodeProcess, ballots: list[int], least: int, groups: list[tuple[int, int, int]]
) -> None:
    """Units with too few ballots must be joined with the next, a remainder with the last group."""
    said = pages.ask("joined", ballots=ballots, least=least)
    assert [(one["firstUnit"], one["lastUnit"], one["ballots"]) for one in said] == groups


def test_forms(pages: NodeProcess) -> None:
    """A form must be packed as it was, and one that is none, too large, or not to be counted be refused."""
    good = [[contest["packed"] for contest in election["contests"]] for election in VECTORS["elections"]]
    for packed in good:
        assert pages.ask("forms", contests=packed, lines=[5, 1], minBallots=2) == {"packed": packed}
    bad = {
        "0x0000000000000000": "FormRefused",
        "0x0300000000000000": "FormRefused",
        "0x0101000000000000": "FormRefused",  # one option, no blank
        "0x0104010000000000": "FormRefused",  # most of a choice
        "0x0104000000000002": "FormRefused",  # blank of two
        "0x0109000000000000": "FormRefused",
        "0x0203010002000100": "FormRefused",  # minimum above maximum
        "0x0203010000000400": "FormRefused",  # maximum beyond all
        "0x0241010000000100": "FormRefused",  # 65 options
        "0x0203100000000100": "FormRefused",  # 16 points
    }
    for packed, name in bad.items():
        assert pages.ask("forms", contests=[packed], lines=[5], minBallots=2) == {"refused": name}, packed
    assert pages.ask("forms", contests=[good[0][0]], lines=[20_000], minBallots=2) == {"refused": "ContestUndecodable"}
    large = "0x0240010000002000"
    assert pages.ask("forms", contests=[large, large], lines=[5], minBallots=2) == {"refused": "BallotTooLarge"}


def test_enrolment(pages: NodeProcess) -> None:
    """Must end with a credential that the announced key signed; another key, signature or file must be refused."""
    said = pages.ask("enrol", setup="0x" + "5e" * 32)
    assert said["signed"] is True
    assert said["again"] is True
    assert said["submission"] == ["setup", "unit", "credential", "randomizer", "signature"]
    assert said["refused"] == ["EnrolmentRefused"] * 6


def test_the_answer_of_an_office(pages: NodeProcess) -> None:
    """Must name no voter and no credential; an answer to another request, or with another key, must be refused."""
    setup = "0x" + "5e" * 32
    said = pages.ask("office", setup=setup, chain=31337)
    request = {"format": "Muniment.EnrolmentRequest.v1", "chain": 31337, "setup": setup, "unit": 1}
    assert said["request"] == request | {"blinded": said["blinded"]}
    assert said["taken"] is True
    assert set(said["refused"].values()) == {"AnswerRefused"}, said["refused"]
    assert len(said["refused"]) == 11


@pytest.mark.parametrize(
    ("now", "first", "last"), [(500, 1_000, 1_750), (1_200, 1_200, 1_750), (1_750, 1_750, 1_750), (1_900, 1_900, 1_900)]
)
def test_a_time_for_handing_in(pages: NodeProcess, now: int, first: int, last: int) -> None:
    """Must lie in the window, not before now, and leave its last quarter; in that quarter it is now."""
    drawn = pages.ask("times", now=now, opens=1_000, closes=2_000, count=2_000)
    assert all(first <= at <= last for at in drawn)
    assert max(drawn) - min(drawn) >= 0.9 * (last - first)


@pytest.mark.parametrize(
    ("now", "first", "last"),
    [(1_000, 1_120, 1_600), (3_800, 3_840, 4_000), (4_000, 4_000, 4_000), (4_500, 4_500, 4_500)],
)
def test_a_moment_that_passed_is_drawn_anew(pages: NodeProcess, now: int, first: int, last: int) -> None:
    """Must be two to ten minutes after the visit, sooner before the last quarter, and at once in it."""
    drawn = pages.ask("times", late=True, now=now, opens=1_000, closes=5_000, count=2_000)
    assert all(first <= at <= last for at in drawn)
    assert max(drawn) - min(drawn) >= 0.9 * (last - first)
