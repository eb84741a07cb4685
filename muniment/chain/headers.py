"""Block headers, and what their log bloom says about our contracts (Ethereum Yellow Paper, 4.3.1 and equation 30)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from eth_hash.auto import keccak

from muniment.chain.rpc import Rpc, block_tag

BLOOM_BITS = 2048


class NodeInconsistent(Exception):
    """A node's answers do not fit together: it is behind, is changing its mind, or is wrong. Ask again later.

    Never a reason to change what is stored.
    """


class Header(NamedTuple):
    """A block's header as far as the indexer needs it. Time in Unix seconds; the bloom as one number."""

    number: int
    hash: str
    parent_hash: str
    time: int
    bloom: int


def header_of(answer: Any) -> Header:
    """Read an answer of eth_getBlockByNumber. Raises NodeInconsistent when it is null or no block."""
    try:
        return Header(
            int(answer["number"], 16),
            answer["hash"].lower(),
            answer["parentHash"].lower(),
            int(answer["timestamp"], 16),
            int(answer.get("logsBloom") or "0x0", 16),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NodeInconsistent(f"A node has no readable block where it should ({type(error).__name__}).") from error


def asked(number: int) -> tuple[str, list[Any]]:
    """The request for one header."""
    return "eth_getBlockByNumber", [block_tag(number), False]


def linked(answers: Sequence[Any], first: int) -> list[Header]:
    """The headers `first`, `first` + 1, … Raises NodeInconsistent unless each is the child of the one before."""
    headers = [header_of(answer) for answer in answers]
    for place, header in enumerate(headers):
        if header.number != first + place or (place and header.parent_hash != headers[place - 1].hash):
            raise NodeInconsistent(
                f"A node's block {first + place} does not follow from its block {first + place - 1}."
            )
    return headers


def fetch_headers(rpc: Rpc, first: int, last: int) -> list[Header]:
    """Headers `first`..`last`, in one HTTP request, checked to be one chain."""
    return linked(rpc.batch([asked(number) for number in range(first, last + 1)]), first)


def bloom_mask(value: bytes) -> int:
    """The three bits that an address or a topic sets in a log bloom."""
    digest = keccak(value)
    mask = 0
    for at in (0, 2, 4):
        mask |= 1 << (int.from_bytes(digest[at : at + 2], "big") % BLOOM_BITS)
    return mask


@dataclass(frozen=True)
class Watch:
    """Which logs a block may hold for us: per contract the mask of its address and those of its events' topics."""

    masks: tuple[tuple[int, tuple[int, ...]], ...]

    @classmethod
    def of(cls, topics: Mapping[str, Sequence[str]]) -> "Watch":
        """Watch for these first topics of these addresses, both 0x text."""
        return cls(tuple((_mask(address), tuple(map(_mask, listed))) for address, listed in topics.items()))

    def may_concern(self, bloom: int) -> bool:
        """False when the block certainly holds no log of ours; true otherwise, at times wrongly."""
        return any(
            bloom & address == address and any(bloom & topic == topic for topic in topics)
            for address, topics in self.masks
        )


def _mask(text: str) -> int:
    return bloom_mask(bytes.fromhex(text[2:]))


def says_much(bloom: int) -> bool:
    """Whether a match in this bloom is strong evidence: with half of all bits set, one address in eight matches."""
    return bloom.bit_count() <= BLOOM_BITS // 2
