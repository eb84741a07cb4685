"""Prove what a Merkle-Patricia trie holds under a key, or that it holds nothing (Ethereum Yellow Paper, appendix D).

Nodes come from a hostile file as one heap and are looked up by their hash, so that nothing in their order matters.
"""

from collections.abc import Iterable

from muniment.chain.rlp import Rlp, RlpRefused, decode
from muniment.documents.merkle import keccak


class TrieRefused(ValueError):
    """The nodes do not prove what is asked: one is missing, or not written as it must be."""


def decode_rlp(raw: bytes) -> Rlp:
    """One RLP item that fills all bytes, in its only encoding. Raises TrieRefused."""
    try:
        return decode(raw)
    except RlpRefused as error:
        raise TrieRefused(str(error)) from error


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
