"""Read ABI-encoded values from bytes, and write them as canonical JSON.

One `Codec` per ABI type, made once per event, so that reading a log looks nothing up. The encoding is that of the
Solidity ABI specification, "Formal Specification of the Encoding"; padding must be zero, as the compiler writes it.

In Python a value is: int for uint, bool, 0x text for address, bytes and bytesN, text for string, a dict for a struct,
a list for an array. In JSON an integer type that can exceed 2^53 - 1 is always decimal text (RFC 8785 numbers are IEEE
doubles), so that a field keeps one type whatever its value.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from muniment.chain.text import readable

WORD = 32
_EXACT_BITS = 53  # integers below 2^53 survive a JSON parser
_ZEROS = bytes(WORD)
_ARRAY = re.compile(r"(.+)\[\]")
_SIZED = re.compile(r"(uint|bytes)([1-9][0-9]*)")

# Reads the value that starts at a byte offset; offsets within it count from its enclosing tuple, the third argument.
Read: TypeAlias = Callable[[bytes, int, int], Any]
Write: TypeAlias = Callable[[Any], str]

to_json = json.JSONEncoder(ensure_ascii=False).encode  # of text: the escapes of RFC 8785, section 3.2.2.2


class AbiTypeUnknown(ValueError):
    """An ABI names a type that the service does not read."""


class AbiDataRefused(ValueError):
    """Bytes that the compiler would not have written for this type."""


@dataclass(frozen=True)
class Codec:
    """How one ABI type is read and written. `size` is the bytes of its head; a dynamic type's head is an offset."""

    size: int
    dynamic: bool
    read: Read
    write: Write


class Member(NamedTuple):
    """A member of a tuple: `at` is where its head lies in the tuple, `read` reads it by that head."""

    name: str
    at: int
    read: Read
    codec: Codec

    @property
    def size(self) -> int:
        """Bytes of its head."""
        return WORD if self.codec.dynamic else self.codec.size


def codec_of(described: dict[str, Any]) -> Codec:
    """The codec of an ABI parameter ({"type", "components"?}). Raises AbiTypeUnknown."""
    name = described["type"]
    if array := _ARRAY.fullmatch(name):
        return _array(codec_of({**described, "type": array[1]}))
    if name == "tuple":
        return _tuple(described["components"])
    if name in _PLAIN:
        return _PLAIN[name]
    if sized := _SIZED.fullmatch(name):
        return _uint(int(sized[2])) if sized[1] == "uint" else _fixed_bytes(int(sized[2]))
    raise AbiTypeUnknown(f"The ABI names the type {name}, which the service does not read.")


def members_of(described: Sequence[dict[str, Any]]) -> list[Member]:
    """The members of a tuple, in its order."""
    codecs = [codec_of(member) for member in described]
    heads = sum(WORD if codec.dynamic else codec.size for codec in codecs)
    members, at = [], 0
    for member, codec in zip(described, codecs, strict=True):
        members.append(Member(member["name"], at, _in_head(codec, heads), codec))
        at += members[-1].size
    return members


def head_size(members: Sequence[Member]) -> int:
    """How many bytes the heads take: whoever reads the members must have checked that these are there."""
    return sum(member.size for member in members)


def _in_head(codec: Codec, heads: int) -> Read:
    """Read a value by its head: in place when it is static, else where the head points, counted from the tuple."""
    if not codec.dynamic:
        return codec.read
    return lambda raw, at, base: _follow(codec, raw, at, base, heads)


def _follow(codec: Codec, raw: bytes, at: int, base: int, heads: int) -> Any:
    """Read where the head at byte `at` points: behind all `heads` bytes of heads, as no value lies among them."""
    offset = int.from_bytes(raw[at : at + WORD], "big")
    target = base + offset
    if target + codec.size > len(raw):
        raise AbiDataRefused(f"the value of byte {at} lies beyond the {len(raw)} bytes of data")
    if offset < heads:
        raise AbiDataRefused(f"the value of byte {at} lies among the heads")
    return codec.read(raw, target, base)


def _quoted(value: object) -> str:
    return f'"{value}"'


def _uint(bits: int) -> Codec:
    bound = 1 << bits

    def read(raw: bytes, at: int, _base: int) -> int:
        value = int.from_bytes(raw[at : at + WORD], "big")
        if value >= bound:
            raise AbiDataRefused(f"the value at byte {at} exceeds uint{bits}")
        return value

    return Codec(WORD, False, read, _quoted if bits > _EXACT_BITS else str)


def _fixed_bytes(size: int) -> Codec:
    padding = bytes(WORD - size)

    def read(raw: bytes, at: int, _base: int) -> str:
        end = at + size
        if raw[end : at + WORD] != padding:
            raise AbiDataRefused(f"the bytes{size} at byte {at} has no zero padding")
        return "0x" + raw[at:end].hex()

    return Codec(WORD, False, read, _quoted)


def _read_address(raw: bytes, at: int, _base: int) -> str:
    if raw[at : at + 12] != _ZEROS[:12]:
        raise AbiDataRefused(f"the address at byte {at} has no zero padding")
    return "0x" + raw[at + 12 : at + WORD].hex()


def _read_bool(raw: bytes, at: int, _base: int) -> bool:
    value = int.from_bytes(raw[at : at + WORD], "big")
    if value > 1:
        raise AbiDataRefused(f"the bool at byte {at} is neither 0 nor 1")
    return value == 1


def _read_bytes(raw: bytes, at: int) -> bytes:
    start = at + WORD
    end = start + int.from_bytes(raw[at:start], "big")
    padded = end + -(end - start) % WORD
    if padded > len(raw):
        raise AbiDataRefused(f"the bytes at byte {at} end after the data")
    if raw[end:padded] != _ZEROS[: padded - end]:
        raise AbiDataRefused(f"the bytes at byte {at} have no zero padding")
    return raw[start:end]


_PLAIN = {
    "address": Codec(WORD, False, _read_address, _quoted),
    "bool": Codec(WORD, False, _read_bool, lambda value: "true" if value else "false"),
    "string": Codec(WORD, True, lambda raw, at, _base: readable(_read_bytes(raw, at)), to_json),
    "bytes": Codec(WORD, True, lambda raw, at, _base: "0x" + _read_bytes(raw, at).hex(), _quoted),
}


def _tuple(components: Sequence[dict[str, Any]]) -> Codec:
    members = members_of(components)
    heads = [(member.name, member.at, member.read) for member in members]

    def read(raw: bytes, at: int, _base: int) -> dict[str, Any]:
        return {name: read_head(raw, at + offset, at) for name, offset, read_head in heads}

    dynamic = any(member.codec.dynamic for member in members)
    return Codec(head_size(members), dynamic, read, json_writer(members))


def _array(element: Codec) -> Codec:
    step = WORD if element.dynamic else element.size

    def read(raw: bytes, at: int, _base: int) -> list[Any]:
        start = at + WORD
        count = int.from_bytes(raw[at:start], "big")
        if count * step > len(raw) - start:
            raise AbiDataRefused(f"the {count} elements at byte {at} do not fit the data")
        places = range(start, start + count * step, step)
        if element.dynamic:
            return [_follow(element, raw, place, start, count * step) for place in places]
        return [element.read(raw, place, start) for place in places]

    return Codec(WORD, True, read, lambda values: "[" + ",".join(map(element.write, values)) + "]")


def json_writer(members: Sequence[Member]) -> Write:
    """A writer of the members as an RFC 8785 object: keys sorted, nothing between tokens."""
    writers = sorted((member.name, member.codec.write) for member in members)
    template = "{" + ",".join(f"{to_json(name)}:%s" for name, _ in writers) + "}"
    return lambda values: template % tuple([write(values[name]) for name, write in writers])
