"""What elections ask of the chain: ballots that were received, withdrawals, the joining of units."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from muniment.ballots.crypto.hints import opposite, sum_hints
from muniment.ballots.crypto.packing import ciphertext_places, ciphertexts_at
from muniment.ballots.model import Ballot, BallotPaper, Ciphertext, Point
from muniment.ballots.papers import Election
from muniment.ballots.states import BOX
from muniment.chain.abi import ChainError
from muniment.chain.outbox import Act, Ask, Call, Request, Weight
from muniment.chain.views import View
from muniment.hashing import keccak

# Gas, at most. Of a call: what it takes anyway, and for each ciphertext's sum, written for the first time or with hints
# that are all wrong. Of a ballot: beside what its parts take, and for each branch of a proof, ciphertext and byte.
_CALL = 150_000
_SUM = 50_000
_BALLOT = 25_000
_BRANCH = 12_000
_CIPHERTEXT = 4_000
_BYTE = 17
_REPLACING = 90_000
_MOST = 500  # ballots of one call: fewer than its leaves have places
_UNITS = 200  # ciphertexts of units joined in one call


def cast_request(election: Election, unit: int, tracker: str, ballot: Ballot, packed: bytes) -> Request:
    """Cast a ballot, together with others of its unit."""
    paper = election.paper(unit)
    adds, subtracts = ciphertext_places(ballot, len(packed))
    body = {
        "box": election.box,
        "roll": asdict(paper.roll),
        "unitPath": list(election.unit_path(unit)),
        "ballot": "0x" + packed.hex(),
        "ciphertexts": paper.ciphertexts,
        "adds": adds,
        "subtracts": subtracts,
        "callGas": _CALL + _SUM * paper.ciphertexts,
        "gas": gas_of(paper, ballot, len(packed)),
    }
    return Request(f"ballots.cast:{tracker}", "ballots.cast", f"{election.box}:{unit}", body)


def gas_of(paper: BallotPaper, ballot: Ballot, length: int) -> int:
    """The most gas that a ballot of so many bytes takes in a batch."""
    branches = sum(len(plan.values) for plan in paper.proofs)
    replacing = _REPLACING + _CIPHERTEXT * paper.ciphertexts if ballot.replaced else 0
    return _BALLOT + _BRANCH * branches + _CIPHERTEXT * paper.ciphertexts + _BYTE * length + replacing


def withdraw_request(
    election: Election, index: int, unit: int, credential: str, path: Sequence[str], signature: str, replaced: str
) -> Request:
    """Withdraw a voter's ballot and bar the voter, as its credential signed."""
    body = {
        "box": election.box,
        "roll": asdict(election.paper(unit).roll),
        "unitPath": list(election.unit_path(unit)),
        "index": index,
        "credential": credential,
        "rollPath": list(path),
        "signature": signature,
        "replaced": replaced,
    }
    # What names another ballot than the one that stands then is refused by the box: it must not stand in the way.
    named = keccak(bytes.fromhex(signature[2:] + replaced[2:]))
    key = f"ballots.withdraw:{election.box}:{unit}:{index}:{named}"
    return Request(key, "ballots.withdraw", f"{election.box}:{unit}", body)


def join_request(box: str, joined: int, ciphertexts: int) -> Request:
    """Put the next units into groups, after `joined` that are in theirs."""
    body = {"box": box, "most": max(1, _UNITS // ciphertexts)}
    return Request(f"ballots.join:{box}:{joined}", "ballots.join", box, body)


def _cast(bodies: Sequence[Mapping[str, Any]]) -> Call:
    first = bodies[0]
    ballots = "0x" + "".join(body["ballot"][2:] for body in bodies)
    return Call(BOX, "cast", (first["roll"], first["unitPath"], ballots, "0x"), first["box"])


def _hint(call: Call, bodies: Sequence[Mapping[str, Any]], ask: Ask) -> Call:
    """The call with hints for its unit's sums as they are."""
    unit, length = bodies[0]["roll"]["unit"], bodies[0]["ciphertexts"]
    told = ask([View(BOX, "sumOf", (unit, place), call.address) for place in range(length)])
    if any(isinstance(one, ChainError) for one in told):
        return call
    sums = [Ciphertext(Point(**one["a"]), Point(**one["b"])) for one in told]
    added = []
    for body in bodies:
        packed = bytes.fromhex(body["ballot"][2:])
        added.append(ciphertexts_at(packed, body["adds"], length))
        if body["subtracts"] is not None:
            added.append(opposite(ciphertexts_at(packed, body["subtracts"], length)))
    hints = "0x" + sum_hints(sums, added).hex()
    return replace(call, arguments=(*call.arguments[:-1], hints))


def _withdraw(bodies: Sequence[Mapping[str, Any]]) -> Call:
    (body,) = bodies
    names = ("roll", "unitPath", "index", "credential", "rollPath", "signature", "replaced")
    return Call(BOX, "withdraw", tuple(body[name] for name in names), body["box"])


def _join(bodies: Sequence[Mapping[str, Any]]) -> Call:
    (body,) = bodies
    return Call(BOX, "join", (body["most"],), body["box"])


ACTS = (
    Act("ballots.cast", _cast, _MOST, Weight(lambda body: int(body["callGas"]), lambda body: int(body["gas"])), _hint),
    Act("ballots.withdraw", _withdraw),
    Act("ballots.join", _join),
)
FUNCTIONS = ((BOX, "cast"), (BOX, "withdraw"), (BOX, "join"))
