"""The manifest: what it says, the bytes that go on the chain, and everything that is refused before they do."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785

from muniment.ballots import manifest
from muniment.ballots.manifest import build, encode_modulus, parse, read
from muniment.ballots.model import ContestForm
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.sentences import sentence_of

MODULI = [encode_modulus(2**2047 + 2 * number + 1) for number in range(3)]
GOOD: dict[str, Any] = {
    "agency": "0x" + "a9" * 32,
    "title": "Budżet obywatelski",
    "language": "pl",
    "contests": [
        {"title": "One", "form": "choice", "options": ["A", "B", "C"], "blank": True},
        {"title": "Some", "form": "points", "options": ["A", "B"], "most": 5, "minimum": 1, "maximum": 5},
    ],
    "units": [
        {"name": "North 1", "area": "North", "eligible": 290, "key": MODULI[0]},
        {"name": "North 2", "area": "North", "eligible": 100, "key": MODULI[1]},
    ],
    "minBallots": 20,
    "trustees": [f"0x{number:040x}" for number in (1, 2, 3)],
    "threshold": 2,
    "schedule": {"enrolmentOpens": 1, "enrolmentCloses": 2, "rollCloses": 3, "opens": 4, "closes": 5},
}

Change = Callable[[dict[str, Any]], Any]


def changed(change: Change) -> dict[str, Any]:
    """The good manifest with one thing changed."""
    made = copy.deepcopy(GOOD)
    change(made)
    return made


def put(*path: Any, value: Any) -> Change:
    """Set what stands at a path."""

    def change(made: dict[str, Any]) -> None:
        held: Any = made
        for key in path[:-1]:
            held = held[key]
        held[path[-1]] = value

    return change


def test_what_a_manifest_says() -> None:
    """Forms, units, times and bytes must be those that were written."""
    made = build(GOOD)
    assert made.forms == (ContestForm.choice(3, blank=True), ContestForm.points(2, 5, 1, 5))
    assert made.contests[0].options == ("A", "B", "C")
    assert [(unit.area, unit.eligible, unit.modulus) for unit in made.units] == [
        ("North", 290, 2**2047 + 1),
        ("North", 100, 2**2047 + 3),
    ]
    assert (made.eligible, made.min_ballots, made.threshold) == (390, 20, 2)
    assert (made.schedule.enrolment_opens, made.schedule.closes) == (1, 5)
    assert made.content == rfc8785.dumps(GOOD)
    assert made.hash == keccak(made.content)
    assert parse(made.content) == made


@pytest.mark.parametrize("content", [b"[" * 90_000, b'{"agency":' + b"1" * 90_000 + b"}", b"\xff", b"", b"NaN", b"\0"])
@pytest.mark.parametrize("reader", [parse, read])
def test_what_no_reader_holds(reader: Callable[[bytes], Any], content: bytes) -> None:
    """Anybody may announce any bytes: they must be refused, so that the list of elections goes on."""
    with pytest.raises(Refused, match="ManifestMalformed"):
        reader(content)


def test_only_canonical_bytes_are_parsed() -> None:
    """What stands on the chain must be the one way to write it; a file by hand may be written in any."""
    pretty = json.dumps(GOOD, indent=2).encode()
    assert read(pretty) == build(GOOD)
    with pytest.raises(Refused, match="not canonical"):
        parse(pretty)
    content = build(GOOD).content
    for other in (
        content + b" ",
        content.replace(b'"most":5', b'"most":5,"most":5'),
        content.replace(b'"threshold":2', b'"threshold":2.0'),
    ):
        assert other != content
        with pytest.raises(Refused, match="ManifestMalformed"):
            parse(other)
    for broken in (b"", b"\xff", b"[]", b"null", content[:-1], b"[" * 10**5):
        with pytest.raises(Refused, match="ManifestMalformed"):
            read(broken)


@pytest.mark.parametrize("path", [(), ("contests", 0), ("contests", 1), ("units", 0), ("schedule",)])
def test_keys_are_exact(path: tuple[Any, ...]) -> None:
    """No key may be missing, and none be there that means nothing."""

    def at(made: dict[str, Any]) -> dict[str, Any]:
        held: Any = made
        for key in path:
            held = held[key]
        return held

    with pytest.raises(Refused, match="unknown key 'more'"):
        build(changed(lambda made: at(made).update(more=1)))
    for key in at(GOOD):
        with pytest.raises(Refused, match="ManifestMalformed"):
            build(changed(lambda made, key=key: at(made).pop(key)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("agency", value="0x" + "00" * 32), "its agency"),
        (put("agency", value="0x" + "A9" * 32), "its agency"),
        (put("language", value="polish"), "its language"),
        (put("title", value=" "), "its title"),
        (put("title", value="a\nb"), "its title"),
        (put("title", value="x" * 501), "its title"),
        (put("title", value="\ud800"), "its title"),
        (put("contests", value={}), "contests are no list"),
        (put("contests", 0, "form", value="ranking"), "neither choice nor points"),
        (put("contests", 0, "blank", value=1), "neither true nor false"),
        (put("contests", 0, "options", value=["A", "A"]), "two options of one name"),
        (put("contests", 0, "options", 1, value=7), "an option of contest 1"),
        (put("contests", 1, "most", value=True), "most of contest 2"),
        (put("contests", 1, "maximum", value=2**16), "maximum of contest 2"),
        (put("units", value=[]), "it has 0 units"),
        (put("units", 0, "eligible", value=0), "eligible of unit 0"),
        (put("units", 1, "name", value="North 1"), "two units have one name"),
        (put("units", 1, "key", value=MODULI[0]), "two units have one key"),
        (put("units", 0, "key", value="!" * 342), "is not base64url"),
        (put("units", 0, "key", value=7), "is not base64url"),
        (put("units", 0, "key", value=MODULI[0] + "=="), "padding"),
        (put("units", 0, "key", value="AAAA" + MODULI[0]), "padding or leading zeros"),
        (put("units", 0, "key", value=encode_modulus(2**2046 + 1)), "no RSA modulus"),
        (put("units", 0, "key", value=encode_modulus(2**2047)), "no RSA modulus"),
        (put("minBallots", value=0), "minBallots"),
        (put("minBallots", value=20.0), "minBallots"),
        (put("trustees", value=["0x" + "01" * 20]), "it has 1 trustees"),
        (put("trustees", 0, value="0x" + "00" * 20), "a trustee is no address"),
        (put("trustees", 0, value="0x" + "AB" * 20), "a trustee is no address"),
        (put("trustees", 0, value=GOOD["trustees"][1]), "a trustee is named twice"),
        (put("threshold", value=1), "not more than half"),
        (put("threshold", value=4), "not more than half"),
        (put("schedule", "opens", value=2), "not in the order"),
        (put("schedule", "closes", value=4), "not in the order"),
        (put("schedule", "closes", value=5 + 60 * 86_400), "60 days"),
        (put("schedule", "closes", value=2**40), "closes is no whole number"),
        (put("schedule", "closes", value="5"), "closes is no whole number"),
    ],
)
def test_what_is_wrong_is_told(change: Change, words: str) -> None:
    """Each mistake must be told in one sentence that names it."""
    with pytest.raises(Refused) as refused:
        build(changed(change))
    told = sentence_of(refused.value)
    assert words in told
    assert told.startswith("The election's manifest is refused: ")
    assert told.count(". ") == 0


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (put("contests", value=[]), "FormRefused"),
        (put("contests", value=[GOOD["contests"][0]] * 9), "FormRefused"),
        (put("contests", 0, "options", value=["A"] + [f"O{number}" for number in range(7)]), "FormRefused"),
        (put("contests", 1, "minimum", value=6), "FormRefused"),
        (put("contests", 1, "most", value=16), "FormRefused"),
        (put("contests", 1, "most", value=300), "FormRefused"),
        (put("contests", 1, "options", value=[f"O{number}" for number in range(64)]), "BallotTooLarge"),
        (put("contests", 0, "options", value=[f"O{number}" for number in range(7)]), "ContestUndecodable"),
    ],
)
def test_what_the_box_would_refuse_is_refused_now(change: Change, error: str) -> None:
    """Forms that no box takes, and contests that nobody could count, must be refused before the ceremony."""
    with pytest.raises(Refused, match=error):
        build(changed(change))


def test_a_count_fits_a_transaction() -> None:
    """A contest whose count takes more than 360 shares must be refused before the ceremony."""
    given = changed(put("trustees", value=[f"0x{number:040x}" for number in range(1, 17)]))
    given["threshold"] = 10
    for options, refused in ((36, False), (37, True)):
        named = [f"O{number}" for number in range(options)]
        given["contests"][1] |= {"options": named, "most": 1, "minimum": 0, "maximum": 1}
        if not refused:
            build(given)
            continue
        with pytest.raises(Refused) as told:
            build(given)
        assert (told.value.name, told.value.arguments) == ("CountTooLarge", {"contest": 1, "shares": 370})


def test_a_contest_must_be_decodable_in_every_unit() -> None:
    """The bound must be kept with 2·minBallots more: 7 values and 300 ballots are the most."""

    def choice(eligible: int, least: int) -> dict[str, Any]:
        made = changed(put("contests", 0, value={**GOOD["contests"][0], "options": list("ABCDEF")}))
        made["units"][1]["eligible"], made["units"][0]["eligible"], made["minBallots"] = eligible, 100, least
        return made

    build(choice(260, 20))
    for eligible, least in ((261, 20), (260, 21)):
        with pytest.raises(Refused, match="unit=1"):
            build(choice(eligible, least))


def test_a_manifest_fits_the_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than the ceremony takes must be refused; as many units as a box takes must fit."""
    unit = GOOD["units"][0]
    many = [
        {**unit, "name": f"Unit {number}", "key": encode_modulus(2**2047 + 2 * number + 1)} for number in range(112)
    ]
    content = build(changed(put("units", value=many))).content
    assert len(content) < manifest.LARGEST
    with pytest.raises(Refused, match="it has 113 units"):
        build(changed(put("units", value=[*many, {**unit, "name": "One more"}])))
    monkeypatch.setattr(manifest, "LARGEST", len(content) - 1)
    with pytest.raises(Refused, match="bytes, more than"):
        build(changed(put("units", value=many)))
