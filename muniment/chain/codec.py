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
from typing import Any, TypeAlias

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


def members_of(described: Sequence[dict[str, Any]], start: int = 0) -> list[tuple[str, int, Codec]]:
    """Name, offset in the head, and codec of each member of a tuple."""
    members = []
    for member in described:
        codec = codec_of(member)
        members.append((member["name"], start, codec))
        start += WORD if codec.dynamic else codec.size
    return members


def read_member(raw: bytes, at: int, base: int, codec: Codec) -> Any:
    """Read a member whose head is at `at`: in place, or where its offset, counted from `base`, points."""
    if codec.dynamic:
        at = base + int.from_bytes(raw[at : at + WORD], "big")
    if at + codec.size > len(raw):
        raise AbiDataRefused(f"a value at byte {at} lies beyond the {len(raw)} bytes of data")
    return codec.read(raw, at, base)


def readable(raw: bytes) -> str:
    r"""Text of bytes that should be UTF-8, which Solidity does not check: never fails, never merges two values.

    U+FFFD with two hex digits stands for a byte that is not UTF-8, for NUL, which PostgreSQL keeps in no text, and
    for each byte of U+FFFD itself, so that b"a\xff" and b"a\x00" stay apart.
    """
    try:
        text = raw.decode()
        if "\0" not in text and "\ufffd" not in text:
            return text
    except UnicodeDecodeError:
        text = raw.decode(errors="surrogateescape")
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character == "\0" or character == "\ufffd" or "\udc80" <= character <= "\udcff":
        return "".join(f"\ufffd{byte:02x}" for byte in character.encode(errors="surrogateescape"))
    return character


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
    size = sum(WORD if codec.dynamic else codec.size for _, _, codec in members)

    def read(raw: bytes, at: int, _base: int) -> dict[str, Any]:
        return {name: read_member(raw, at + offset, at, codec) for name, offset, codec in members}

    return Codec(size, any(codec.dynamic for _, _, codec in members), read, json_writer(members))


def _array(element: Codec) -> Codec:
    step = WORD if element.dynamic else element.size

    def read(raw: bytes, at: int, _base: int) -> list[Any]:
        start = at + WORD
        count = int.from_bytes(raw[at:start], "big")
        if count * step > len(raw) - start:
            raise AbiDataRefused(f"the {count} elements at byte {at} do not fit the data")
        return [read_member(raw, start + place * step, start, element) for place in range(count)]

    return Codec(WORD, True, read, lambda values: "[" + ",".join(map(element.write, values)) + "]")


def json_writer(members: Sequence[tuple[str, int, Codec]]) -> Write:
    """A writer of the members as an RFC 8785 object: keys sorted, nothing between tokens."""
    writers = [(name, codec.write) for name, _, codec in sorted(members)]
    template = "{" + ",".join(f"{to_json(name)}:%s" for name, _ in writers) + "}"
    return lambda values: template % tuple([write(values[name]) for name, write in writers])
