"""Recursive Length Prefix: how Ethereum writes bytes and lists of them (Yellow Paper, appendix B)."""

from collections.abc import Sequence
from typing import TypeAlias

Rlp: TypeAlias = "bytes | list[Rlp]"
Item: TypeAlias = "bytes | Sequence[Item]"
_DEEPEST = 8  # lists within lists: a trie's branch may hold short nodes whole


class RlpRefused(ValueError):
    """Bytes that are no RLP, or not in its only form."""


def encode(item: Item) -> bytes:
    """Write an item."""
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _head(len(item), 0x80) + item
    body = b"".join(map(encode, item))
    return _head(len(body), 0xC0) + body


def decode(raw: bytes) -> Rlp:
    """Read one item that fills all bytes, in its only form. Raises RlpRefused."""
    item, end = _item(raw, 0, _DEEPEST)
    if end != len(raw):
        raise RlpRefused("bytes follow an RLP item")
    return item


def _head(length: int, kind: int) -> bytes:
    if length < 56:
        return bytes([kind + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([kind + 55 + len(size)]) + size


def _item(raw: bytes, at: int, deepest: int) -> tuple[Rlp, int]:
    if at >= len(raw):
        raise RlpRefused("RLP ends early")
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
            raise RlpRefused("an RLP length is not in its shortest form")
    end = start + length
    if end > len(raw):
        raise RlpRefused("RLP ends early")
    if not is_list:
        if length == 1 and raw[start] < 0x80:
            raise RlpRefused("an RLP byte is not in its shortest form")
        return raw[start:end], end
    if not deepest:
        raise RlpRefused("RLP is nested too deep")
    items = []
    while start < end:
        item, start = _item(raw, start, deepest - 1)
        items.append(item)
    if start != end:
        raise RlpRefused("an RLP list ends amid an item")
    return items, end
