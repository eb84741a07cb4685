"""A relay's receipt, as a voter keeps it: read from its file, and held against the ballot that it is for."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from muniment.ballots.crypto.ballot import check_ballot, tracker
from muniment.ballots.crypto.group import recover
from muniment.ballots.crypto.packing import unpack_ballots
from muniment.ballots.model import BallotPaper
from muniment.ballots.relay import receipt_hash
from muniment.ballots.verifying.findings import TranscriptRefused
from muniment.ballots.verifying.transcript import parse
from muniment.errors import Refused
from muniment.hashing import keccak_bytes
from muniment.sentences import sentence_of

FORMAT = "Muniment.BallotReceipt.v1"
_SIGNED = ("relayer", "received_at", "receipt")  # what a file lacks that was saved before the relay answered


@dataclass(frozen=True)
class BallotReceipt:
    """That `relayer` had a ballot, packed as it would cast it, at a time in Unix seconds. Hex is in lower case."""

    chain: int
    box: str
    election: str
    tracker: str
    unit: int
    index: int
    packed: str
    relayer: str
    received_at: int
    receipt: str


def _hex(digits: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and bool(re.fullmatch(f"0x[0-9a-f]{digits}", value))


def _below(bound: int) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and 0 <= value < bound


_SHAPES: dict[str, Callable[[Any], bool]] = {
    "chain": _below(2**53),
    "box": _hex("{40}"),
    "election": _hex("{64}"),
    "tracker": _hex("{64}"),
    "unit": _below(2**32),
    "index": _below(2**32),
    "packed": lambda value: _hex("+")(value) and len(value) % 2 == 0,
    "relayer": _hex("{40}"),
    "received_at": _below(2**37),  # in a year that calendars have
    "receipt": _hex("{130}"),
}


def read(content: bytes) -> BallotReceipt:
    """A receipt from its file. Raises Refused: ReceiptMalformed, or ReceiptUnsigned for a ballot without a receipt."""
    try:
        told = parse(content)
    except TranscriptRefused as error:
        raise Refused("ReceiptMalformed", why=error.says) from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise Refused("ReceiptMalformed", why=f"its format is not {FORMAT}")
    keys = set(told) - {"format"}
    if keys == set(_SHAPES) - set(_SIGNED):
        raise Refused("ReceiptUnsigned")
    if keys != set(_SHAPES):
        raise Refused("ReceiptMalformed", why=f"its members are not format, {', '.join(_SHAPES)}")
    given: dict[str, Any] = {key: told[key].lower() if isinstance(told[key], str) else told[key] for key in _SHAPES}
    for key, fits in _SHAPES.items():
        if not fits(given[key]):
            raise Refused("ReceiptMalformed", why=f"its {key} is none")
    return BallotReceipt(**given)


def check(receipt: BallotReceipt, paper: BallotPaper) -> None:
    """Raise Refused unless the ballot is a whole one of this paper, the receipt is for it, and `relayer` signed it.

    Refusals: ReceiptOfOther, ReceiptBallotBad, ReceiptForged.
    """
    if receipt.election != paper.election:
        raise Refused("ReceiptOfOther", what="election")
    try:
        ballot, *more = unpack_ballots(paper, bytes.fromhex(receipt.packed[2:]))
        made = tracker(paper, ballot)
    except Refused as refused:
        raise Refused("ReceiptBallotBad", why=sentence_of(refused)) from refused
    if more or (made, ballot.index) != (receipt.tracker, receipt.index):
        raise Refused("ReceiptOfOther", what="ballot")
    try:
        check_ballot(paper, ballot)
    except Refused as refused:
        raise Refused("ReceiptBallotBad", why=sentence_of(refused)) from refused
    if _signer(receipt, paper) != receipt.relayer:
        raise Refused("ReceiptForged", relayer=receipt.relayer)


def _signer(receipt: BallotReceipt, paper: BallotPaper) -> str | None:
    """Whose EIP-712 signature it is, in the box's domain."""
    signed, raw = receipt_hash(receipt.tracker, receipt.unit, receipt.index, receipt.received_at), receipt.receipt[2:]
    digest = keccak_bytes(b"\x19\x01" + bytes.fromhex(paper.domain[2:]) + signed)
    r, s, v = int(raw[:64], 16), int(raw[64:128], 16), int(raw[128:], 16)
    return recover(digest, r, s, v - 27) if v in (27, 28) else None
