"""Prove what a Merkle-Patricia trie holds under a key, or that it holds nothing (Ethereum Yellow Paper, appendix D).

Nodes come from a hostile file as one heap and are looked up by their hash, so that nothing in their order matters.
"""

from collections.abc import Iterable
from typing import TypeAlias

from muniment.documents.merkle import keccak

Rlp: TypeAlias = "bytes | list[Rlp]"
_DEEPEST = 8  # lists within lists: a branch may hold short nodes whole


class TrieRefused(ValueError):
    """The nodes do not prove what is asked: one is missing, or not written as it must be."""


def decode_rlp(raw: bytes) -> Rlp:
    """One RLP item that fills all bytes, in its only encoding (Yellow Paper, appendix B). Raises TrieRefused."""
    item, end = _item(raw, 0, _DEEPEST)
    if end != len(raw):
        raise TrieRefused("bytes follow an RLP item")
    return item


class Nodes:
    """Trie nodes by their hash."""

    def __init__(self, raw: Iterable[bytes]) -> None:
        self._by_hash = {keccak(one): one for one in raw}

    def value(self, root: bytes, key: bytes) -> bytes:
        """The value under keccak256(key), as RLP; empty when the trie holds none. Raises TrieRefused."""
        path = _nibbles(keccak(key))
        node: Rlp = self._node(root)
        # Each step but the last consumes a nibble at least, so that no chain of nodes is endless.
        while isinstance(node, list):
            if len(node) == 17:
                if not path:
                    return _text(node[16])
                step, path = node[path[0]], path[1:]
            elif len(node) == 2:
                leaf, part = _unpacked(_text(node[0]))
                if path[: len(part)] != part or (leaf and len(path) != len(part)):
                    return b""
                if leaf:
                    return _text(node[1])
                if not part:
                    raise TrieRefused("an extension node leads nowhere")
                step, path = node[1], path[len(part) :]
            else:
                raise TrieRefused("a node has neither 2 nor 17 items")
            if step == b"":
                return b""
            node = step if isinstance(step, list) else self._node(step)
        raise TrieRefused("a node is no list")

    def _node(self, reference: bytes) -> Rlp:
        raw = self._by_hash.get(reference)
        if raw is None:
            raise TrieRefused("a node is missing")
        return decode_rlp(raw)


def _item(raw: bytes, at: int, deepest: int) -> tuple[Rlp, int]:
    if at >= len(raw):
        raise TrieRefused("RLP ends early")
    first = raw[at]
    if first < 0x80:
        return raw[at : at + 1], at + 1
    is_list = first >= 0xC0
    short = first - (0xC0 if is_list else 0x80)
    start, length = at + 1, short
    if short > 55:
        start += short - 55
        length = int.from_bytes(raw[at + 1 : start], "big")
        if length <= 55 or raw[at + 1 : at + 2] == b"\0":
            raise TrieRefused("an RLP length is not in its shortest form")
    end = start + length
    if end > len(raw):
        raise TrieRefused("RLP ends early")
    if not is_list:
        if length == 1 and raw[start] < 0x80:
            raise TrieRefused("an RLP byte is not in its shortest form")
        return raw[start:end], end
    if not deepest:
        raise TrieRefused("RLP is nested too deep")
    items = []
    while start < end:
        item, start = _item(raw, start, deepest - 1)
        items.append(item)
    if start != end:
        raise TrieRefused("an RLP list ends amid an item")
    return items, end


def _text(item: Rlp) -> bytes:
    if isinstance(item, list):
        raise TrieRefused("a list stands where bytes must")
    return item


def _nibbles(raw: bytes) -> tuple[int, ...]:
    return tuple(nibble for byte in raw for nibble in (byte >> 4, byte & 15))


def _unpacked(packed: bytes) -> tuple[bool, tuple[int, ...]]:
    """Whether a node is a leaf, and its part of the path (hex-prefix encoding, appendix C)."""
    nibbles = _nibbles(packed)
    if not nibbles or nibbles[0] > 3 or (not nibbles[0] & 1 and nibbles[1]):
        raise TrieRefused("a path is not hex-prefix encoded")
    return nibbles[0] > 1, nibbles[1 if nibbles[0] & 1 else 2 :]
