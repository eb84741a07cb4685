"""The events of the ceremony and the box, and the calls whose arguments a verifier reads (interfaces/ballots)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from eth_hash.auto import keccak

from muniment.ballots.ceremony_steps import POINT, REVEAL, Call
from muniment.ballots.verifying.findings import TranscriptRefused
from muniment.ballots.verifying.transcript import Log, Sent, Transcript
from muniment.chain.abi import CallRefused, decode_values, encode_values

ROLL = "(uint32,uint32,uint32,uint32,bytes32)"
OPENING = "(address,bytes32,uint40,uint40,uint32,bytes32,uint64[])"


@dataclass(frozen=True)
class Event:
    """An event's parameters, name to type, those in topics first."""

    name: str
    indexed: Mapping[str, str]
    rest: Mapping[str, str]

    @property
    def topic(self) -> bytes:
        """Its first topic."""
        return bytes(keccak(f"{self.name}({','.join((*self.indexed.values(), *self.rest.values()))})".encode()))

    def read(self, log: Log) -> dict[str, Any]:
        """A log's values by name. Raises CallRefused."""
        if len(log.topics) != 1 + len(self.indexed):
            raise CallRefused(f"{self.name} has {len(self.indexed)} values in topics.")
        topics = zip(self.indexed.items(), log.topics[1:], strict=True)
        values = {name: decode_values([kind], topic)[0] for (name, kind), topic in topics}
        return values | dict(zip(self.rest, decode_values(list(self.rest.values()), log.data), strict=True))


@dataclass(frozen=True)
class Told:
    """An event as it happened. A struct is the tuple of its members."""

    name: str
    values: Mapping[str, Any]
    sent: Sent

    @property
    def where(self) -> str:
        """Its place on the chain, for a finding."""
        return f"{self.sent.where}, {self.name}"

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


_SETUP = {"setup": "bytes32"}
_MEMBER = {"setup": "bytes32", "trustee": "address"}
_LINE = {"unit": "uint32", "index": "uint32"}

CEREMONY = (
    Event(
        "CeremonyBegun",
        {"setup": "bytes32", "agency": "bytes32"},
        {
            "officer": "address",
            "threshold": "uint8",
            "period": "uint40",
            "trustees": "address[]",
            "manifest": "bytes",
        },
    ),
    Event("TrusteeCommitted", _MEMBER, {"commitment": "bytes32"}),
    Event("TrusteeRevealed", _MEMBER, {"revealed": REVEAL}),
    Event("SharesDealt", _MEMBER, {"shares": "uint256[]"}),
    Event("ShareComplained", _MEMBER | {"dealer": "address"}, {}),
    Event("ComplaintAnswered", _SETUP | {"dealer": "address", "trustee": "address"}, {"share": "uint256"}),
    Event("ShareConfirmed", _MEMBER, {}),
    Event("TrusteeExcluded", _MEMBER, {"missed": "uint8"}),
    Event("CeremonyCompleted", _SETUP, {"key": POINT, "keys": f"{POINT}[]"}),
    Event("CeremonyFailed", _SETUP, {"left": "uint256"}),
    Event(
        "ElectionOpened",
        _SETUP | {"election": "bytes32", "box": "address"},
        {"rollRoot": "bytes32", "logRoot": "bytes32"},
    ),
)
BOX = (
    Event("BoxOpened", {"election": "bytes32", "setup": "bytes32"}, {"opening": OPENING, "units": f"{ROLL}[]"}),
    Event("ClosingPostponed", {}, {"previous": "uint40", "closesAt": "uint40"}),
    Event(
        "BallotsCast",
        {"unit": "uint32", "batch": "uint32"},
        {"ballots": "uint32", "root": "bytes32", "indices": "uint32[]", "trackers": "bytes32[]"},
    ),
    Event("BallotReplaced", _LINE, {"replaced": "bytes32", "tracker": "bytes32"}),
    Event("BallotSkipped", _LINE, {"tracker": "bytes32", "reason": "uint8"}),
    Event("BallotWithdrawn", _LINE, {"tracker": "bytes32", "ballots": "uint32"}),
    Event("UnitsJoined", {"group": "uint32"}, {"firstUnit": "uint32", "lastUnit": "uint32", "ballots": "uint32"}),
    Event("GroupsFixed", {}, {"groups": "uint32", "ballots": "uint32"}),
    Event(
        "ContestCounted",
        {"group": "uint32", "contest": "uint8"},
        {"ballots": "uint32", "counts": "uint32[]", "trustees": "uint256", "by": "address"},
    ),
)

CAST = Call("cast", (ROLL, "bytes32[]", "bytes", "bytes"))
WITHDRAW = Call("withdraw", (ROLL, "bytes32[]", "uint32", "address", "bytes32[]", "bytes", "bytes"))
COUNT = Call("count", ("uint32", "uint8", "uint32[]", "bytes"))


def told(transcript: Transcript) -> Iterator[Told]:
    """Every log as an event, in order. Raises TranscriptRefused at one that neither contract emits."""
    known = {
        (address, event.topic): event
        for address, events in ((transcript.ceremony, CEREMONY), (transcript.box, BOX))
        for event in events
    }
    for sent in transcript.sent:
        for log in sent.logs:
            event = known.get((log.address, log.topics[0]))
            if event is None:
                raise TranscriptRefused(sent.where, "a log is no event of the ceremony or the box")
            try:
                yield Told(event.name, event.read(log), sent)
            except CallRefused as error:
                raise TranscriptRefused(f"{sent.where}, {event.name}", str(error)) from error


def arguments(call: Call, sent: Sent, contract: str) -> tuple[Any, ...] | None:
    """The arguments of a transaction that calls a contract's function itself; None when it is another one."""
    try:
        return call.arguments(sent.transaction, contract)
    except CallRefused as error:
        raise TranscriptRefused(sent.where, str(error)) from error


def written(types: list[str], values: list[Any]) -> bytes:
    """ABI-encoded values."""
    return encode_values(types, values)
