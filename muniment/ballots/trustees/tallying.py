"""From an election's box to its counts: what is to be decrypted, trustees' share files, and the calls of `count`.

A trustee decrypts sums that the box of its own ceremony shows, once no group changes any more, and nothing else: a box
that somebody else made, or a group of one ballot, would tell how a voter voted.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from muniment.ballots.counting.decoding import ContestDecoder
from muniment.ballots.model import Ciphertext, ContestForm, Group, Point
from muniment.ballots.states import BOX
from muniment.ballots.trustees.ceremony_state import CeremonyState, legible
from muniment.ballots.trustees.sharing import Share, Sum, choose_shares, countable, decrypt, make_share, pack_shares
from muniment.chain.abi import ChainError, encode_call
from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc
from muniment.chain.runtime import is_one_of
from muniment.chain.views import View, answers
from muniment.errors import Refused

FORMAT = "Muniment.TallyShares.v1"
_LARGEST = 64 * 2**20  # bytes of a share file


@dataclass(frozen=True)
class BoxState:
    """A box whose groups are fixed: the sums of each group by ciphertext, and the counts that stand, by contest."""

    address: str
    election: str
    width: int
    forms: tuple[ContestForm, ...]
    groups: tuple[Group, ...]
    sums: tuple[tuple[Sum, ...], ...]
    results: tuple[tuple[tuple[int, ...], ...], ...]

    def ciphertexts(self, contest: int) -> range:
        """The places of a contest's ciphertexts, counted through the whole ballot."""
        first = sum(form.ciphertexts for form in self.forms[:contest])
        return range(first, first + self.forms[contest].ciphertexts)


@dataclass(frozen=True)
class ShareFile:
    """One trustee's shares of all sums, by group and ciphertext."""

    election: str
    place: int
    shares: Mapping[tuple[int, int], Share]


@dataclass(frozen=True)
class Count:
    """What `count` takes for one contest of one group, and the trustees whose shares were found bad on the way."""

    group: int
    contest: int
    counts: tuple[int, ...]
    shares: bytes
    bad: tuple[int, ...]


def read_box(rpc: Rpc, deployment: Deployment, state: CeremonyState) -> BoxState:
    """The box that the ceremony registered. Raises Refused when there is none to decrypt yet, or it is another's."""
    with legible(rpc):
        return _read(rpc, deployment, state)


def _read(rpc: Rpc, deployment: Deployment, state: CeremonyState) -> BoxState:
    kind = deployment.kinds.get(BOX)
    if state.box is None or kind is None:
        raise Refused("ElectionNotOpened", setup=state.setup)
    if not is_one_of(rpc, kind, state.box, state.block):
        raise Refused("BoxCodeUnknown", box=state.box)
    box, manifest = state.box, state.manifest

    def ask(*views: tuple[Any, ...]) -> Iterator[Any]:
        asked = [View(BOX, view[0], view[1:], box) for view in views]
        return map(_unless_reverted, answers(rpc, deployment, asked, state.block))

    names = ("SETUP", "ELECTION", "contests", "MIN_BALLOTS", "UNITS", "electionKey", "WIDTH", "groupCount")
    setup, election, contests, least, units, key, width, (count, complete) = ask(*((name,) for name in names))
    told = setup, election, contests, least, units, Point(key["x"], key["y"])
    packed = [form.pack() for form in manifest.forms]
    if told != (state.setup, state.election, packed, manifest.min_ballots, len(manifest.units), state.key):
        raise Refused("BoxNotAsManifest", box=box)
    if not complete:
        raise Refused("GroupsOpen", box=box)
    groups = tuple(
        Group(one["firstUnit"], one["lastUnit"], one["ballots"])
        for one in ask(*(("groupOf", at) for at in range(count)))
    )
    if any(group.ballots < manifest.min_ballots for group in groups):
        raise Refused("BoxNotAsManifest", box=box)
    ciphertexts = sum(form.ciphertexts for form in manifest.forms)
    totals = ask(*(("sumOf", group.first_unit, place) for group in groups for place in range(ciphertexts)))
    sums = tuple(
        tuple(Sum(election, at, place, countable(_ciphertext(next(totals)), state.key)) for place in range(ciphertexts))
        for at in range(count)
    )
    counted = ask(*(("resultOf", at, contest) for at in range(count) for contest in range(len(packed))))
    results = tuple(tuple(tuple(next(counted)) for _ in packed) for _ in groups)
    return BoxState(box, election, width, manifest.forms, groups, sums, results)


def make_shares(box: BoxState, place: int, secret: int, progress: Callable[[int, int], None]) -> ShareFile:
    """The shares of the trustee at a place, whose secret is x_j, of every sum."""
    sums = [one for group in box.sums for one in group]
    shares = {}
    for done, what in enumerate(sums, 1):
        shares[what.group, what.ciphertext] = make_share(what, place, secret)
        progress(done, len(sums))
    return ShareFile(box.election, place, shares)


def counts_of(
    box: BoxState,
    files: Sequence[ShareFile],
    keys: Mapping[int, Point],
    threshold: int,
    progress: Callable[[str, int, int], None],
) -> Iterator[Count]:
    """Decrypt and decode every contest that is not counted yet.

    Raises Refused when good shares are missing, or nothing fits what was decrypted.
    """
    for file in files:
        if file.election != box.election:
            raise Refused("SharesOfOther", election=file.election)
    for contest, form in enumerate(box.forms):
        waiting = [at for at in range(len(box.groups)) if not box.results[at][contest]]
        if not waiting:
            continue
        title = f"Contest {contest + 1}"
        opened = {}
        for done, at in enumerate(waiting, 1):
            opened[at] = [_open(box.sums[at][place], files, keys, threshold) for place in box.ciphertexts(contest)]
            progress(f"{title}: checking shares", done, len(waiting))
        ballots = [box.groups[at].ballots for at in waiting]
        decoder = ContestDecoder(form, box.width, ballots, partial(progress, f"{title}: making the table"))
        for done, at in enumerate(waiting, 1):
            points = [decrypt(what.total, shares) for what, shares, _ in opened[at]]
            counts = decoder.decode(points, box.groups[at].ballots)
            bad = sorted({place for _, _, places in opened[at] for place in places})
            progress(f"{title}: counting", done, len(waiting))
            yield Count(
                at, contest, counts, pack_shares([(what, shares) for what, shares, _ in opened[at]]), tuple(bad)
            )


def encode_count(deployment: Deployment, count: Count) -> str:
    """The calldata that publishes a count."""
    arguments = [count.group, count.contest, list(count.counts), "0x" + count.shares.hex()]
    return encode_call(deployment.kinds[BOX].abi, "count", arguments)


def to_json(file: ShareFile) -> dict[str, Any]:
    """A share file as it is handed on: nothing in it is secret."""
    return {
        "format": FORMAT,
        "election": file.election,
        "trustee": file.place,
        "shares": [
            {
                "group": group,
                "ciphertext": ciphertext,
                "x": _word(share.point.x),
                "y": _word(share.point.y),
                "challenge": _word(share.challenge),
                "response": _word(share.response),
            }
            for (group, ciphertext), share in sorted(file.shares.items())
        ],
    }


def read_shares(path: Path) -> ShareFile:
    """Read a share file. Raises Refused when it is none."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST)
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=str(error.strerror)) from None
    try:
        return shares_of(json.loads(content))
    except (ValueError, RecursionError):
        raise Refused("SharesUnreadable", path=str(path)) from None


def shares_of(held: Any) -> ShareFile:
    """The shares of a share file's JSON. Raises ValueError when it is none."""
    try:
        place = _place(held)
        shares = {}
        for one in held["shares"]:
            x, y, challenge, response = (_number(one[name]) for name in ("x", "y", "challenge", "response"))
            shares[_whole(one["group"]), _whole(one["ciphertext"])] = Share(place, Point(x, y), challenge, response)
        return ShareFile(str(held["election"]), place, shares)
    except (KeyError, TypeError, AttributeError):
        raise ValueError("the file has another layout") from None


def _open(
    what: Sum, files: Sequence[ShareFile], keys: Mapping[int, Point], threshold: int
) -> tuple[Sum, list[Share], list[int]]:
    shares = [
        file.shares[what.group, what.ciphertext] for file in files if (what.group, what.ciphertext) in file.shares
    ]
    good, bad = choose_shares(what, shares, keys, threshold)
    return what, good, bad


def _ciphertext(told: Mapping[str, Mapping[str, int]]) -> Ciphertext:
    return Ciphertext(*(Point(told[name]["x"], told[name]["y"]) for name in ("a", "b")))


def _unless_reverted(answer: Any) -> Any:
    if isinstance(answer, ChainError):
        raise Refused(answer.name, **answer.arguments)
    return answer


def _place(held: Mapping[str, Any]) -> int:
    if held["format"] != FORMAT or not isinstance(held["trustee"], int) or not 1 <= held["trustee"] <= 255:
        raise ValueError
    return held["trustee"]


def _whole(number: Any) -> int:
    if type(number) is not int:
        raise ValueError
    return number


def _word(number: int) -> str:
    return f"0x{number:064x}"


def _number(text: Any) -> int:
    if not isinstance(text, str) or len(text) != 66 or not text.startswith("0x"):
        raise ValueError
    return int(text[2:], 16)
