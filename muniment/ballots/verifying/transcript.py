"""The transcript of an election: all that a verifier needs, in one JSON file.

Blocks and transactions stand as their signed and hashed bytes, logs as the node gave them, and beside them what the
contracts answered at one block. The format is in docs/ballots-transcript.md.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from eth_hash.auto import keccak

from muniment.ballots.verifying.findings import TranscriptRefused
from muniment.chain.raw import RawHeader, RawRefused, RawTransaction, decode_header, decode_transaction

FORMAT = "Muniment.BallotTranscript.v1"
LARGEST = 2**53 - 1  # RFC 8259, section 6: beyond it, readers differ
KEYS = {"format", "chain", "ceremony", "box", "blocks", "head", "code", "views", "roll", "log"}
CONTRACTS = {"box", "ceremony"}


@dataclass(frozen=True)
class Log:
    """One log of the ceremony or the box."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True)
class Sent:
    """A transaction with the logs of ours that it left."""

    transaction: RawTransaction
    block: RawHeader
    logs: tuple[Log, ...]
    where: str


class CodeShown(NamedTuple):
    """A contract's runtime code, and the nodes of the head's state that prove it."""

    code: bytes
    proof: tuple[bytes, ...]


@dataclass(frozen=True)
class Transcript:
    """A transcript whose hashes fit its bytes. `views`, `roll` and `log` are as in the file; `code` by contract."""

    chain: int
    ceremony: str
    box: str
    sent: tuple[Sent, ...]
    head: RawHeader
    code: Mapping[str, CodeShown]
    views: Mapping[str, Any]
    roll: Mapping[str, Any]
    log: Mapping[str, Any]

    def logs(self, address: str) -> Iterator[tuple[Sent, Log]]:
        """Logs of one contract, in order."""
        for sent in self.sent:
            for log in sent.logs:
                if log.address == address:
                    yield sent, log


def parse(text: str | bytes) -> Any:
    """Read JSON in which no key comes twice, and every number is a whole one below 2^53: all readers then agree.

    Raises TranscriptRefused.
    """
    try:
        return json.loads(
            text, object_pairs_hook=_unrepeated, parse_int=_whole, parse_float=_no_number, parse_constant=_no_number
        )
    except (ValueError, RecursionError) as error:
        raise TranscriptRefused("$", f"it is not JSON ({error})") from error


def read(given: Any) -> Transcript:
    """Take a transcript apart. Raises TranscriptRefused where something in it has not its form or not its hash."""
    _keys(given, KEYS, "$")
    _require(given["format"] == FORMAT, "format", f"it is not {FORMAT}")
    blocks = _list(given["blocks"], "blocks")
    sent = tuple(one for place, block in enumerate(blocks) for one in _block(block, f"blocks[{place}]"))
    numbers = [one.block.number for one in sent]
    heights = list(dict.fromkeys(numbers))
    _require(heights == sorted(heights), "blocks", "their numbers do not rise")
    _require(len(heights) == len(blocks), "blocks", "a block comes twice")
    hashes = [one.transaction.hash for one in sent]
    _require(len(set(hashes)) == len(hashes), "blocks", "a transaction comes twice")
    head = _keys(given["head"], {"hash", "header"}, "head")
    ahead = _header(head, "head")
    _require(not numbers or numbers[-1] <= ahead.number, "head", "a block comes after it")
    for one in sent:
        _require(one.block.number < ahead.number or one.block.hash == ahead.hash, "head", "two blocks have its number")
    times = [*(one.block.time for one in sent), ahead.time]
    _require(times == sorted(times), "blocks", "their times fall")
    _object(given["views"], "views")
    return Transcript(
        chain=decimal(given["chain"], "chain"),
        ceremony=hexadecimal(given["ceremony"], 20, "ceremony"),
        box=hexadecimal(given["box"], 20, "box"),
        sent=sent,
        head=ahead,
        code={name: _code(shown, f"code.{name}") for name, shown in _keys(given["code"], CONTRACTS, "code").items()},
        views=given["views"],
        roll=_object(given["roll"], "roll"),
        log=_object(given["log"], "log"),
    )


def decimal(value: Any, where: str) -> int:
    """A number as decimal text in its only form. Raises TranscriptRefused."""
    if not isinstance(value, str) or not re.fullmatch(r"0|[1-9][0-9]{0,77}", value, re.ASCII):
        raise TranscriptRefused(where, "it is no number")
    return int(value)


def hexadecimal(value: Any, size: int | None, where: str) -> str:
    """0x text of so many bytes, of any number where None, in lower case. Raises TranscriptRefused."""
    length = "*" if size is None else f"{{{2 * size}}}"
    if not isinstance(value, str) or not re.fullmatch(f"0x[0-9a-f]{length}", value) or len(value) % 2:
        raise TranscriptRefused(where, "it is not 0x hex of its length")
    return value


def _code(given: Any, where: str) -> CodeShown:
    _keys(given, {"code", "proof"}, where)
    nodes = _list(given["proof"], f"{where}.proof")
    return CodeShown(_raw(given["code"], None, where), tuple(_raw(node, None, f"{where}.proof") for node in nodes))


def _block(block: Any, where: str) -> Iterator[Sent]:
    _keys(block, {"hash", "header", "transactions"}, where)
    header = _header(block, where)
    transactions = _list(block["transactions"], f"{where}.transactions")
    _require(bool(transactions), where, "it has no transaction")
    for place, given in enumerate(transactions):
        yield _sent(given, header, f"{where}.transactions[{place}]")


def _sent(given: Any, header: RawHeader, where: str) -> Sent:
    _keys(given, {"hash", "raw", "logs"}, where)
    try:
        transaction = decode_transaction(_raw(given["raw"], None, f"{where}.raw"))
    except RawRefused as error:
        raise TranscriptRefused(f"{where}.raw", str(error)) from error
    _require(transaction.hash == _raw(given["hash"], 32, f"{where}.hash"), where, "it has another hash")
    logs = tuple(_log(log, f"{where}.logs[{at}]") for at, log in enumerate(_list(given["logs"], f"{where}.logs")))
    _require(bool(logs), where, "no log speaks of it")
    for log in logs:
        spoken = [bytes.fromhex(log.address[2:]), *log.topics]
        _require(all(_blooms(one, header.bloom) for one in spoken), where, "its block's bloom has not its logs")
    place = f"block {header.number}, transaction 0x{transaction.hash.hex()}"
    return Sent(transaction, header, logs, place)


def _log(given: Any, where: str) -> Log:
    _keys(given, {"address", "topics", "data"}, where)
    topics = tuple(_raw(topic, 32, f"{where}.topics") for topic in _list(given["topics"], f"{where}.topics"))
    _require(1 <= len(topics) <= 4, where, "it has no topics, or too many")
    return Log(hexadecimal(given["address"], 20, f"{where}.address"), topics, _raw(given["data"], None, where))


def _header(given: Mapping[str, Any], where: str) -> RawHeader:
    try:
        header = decode_header(_raw(given["header"], None, f"{where}.header"))
    except RawRefused as error:
        raise TranscriptRefused(f"{where}.header", str(error)) from error
    _require(header.hash == _raw(given["hash"], 32, f"{where}.hash"), where, "its header has another hash")
    return header


def _blooms(spoken: bytes, bloom: int) -> bool:
    """Whether a block's bloom speaks of an address or a topic (Yellow Paper, equation 30)."""
    digest = keccak(spoken)
    return all(bloom >> (int.from_bytes(digest[at : at + 2], "big") & 2047) & 1 for at in (0, 2, 4))


def _raw(value: Any, size: int | None, where: str) -> bytes:
    return bytes.fromhex(hexadecimal(value, size, where)[2:])


def _keys(value: Any, keys: set[str], where: str) -> Mapping[str, Any]:
    found = _object(value, where)
    _require(set(found) == keys, where, f"it has other keys than {', '.join(sorted(keys))}")
    return found


def _object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TranscriptRefused(where, "it is no object")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise TranscriptRefused(where, "it is no list")
    return value


def _require(holds: bool, where: str, says: str) -> None:
    if not holds:
        raise TranscriptRefused(where, says)


def _unrepeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


def _whole(digits: str) -> int:
    if abs(number := int(digits)) > LARGEST:
        raise ValueError("a number is above 2^53 − 1")
    return number


def _no_number(name: str) -> Any:
    raise ValueError(f"{name[:20]} is no whole number")
