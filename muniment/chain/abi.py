"""From values to calldata and from revert data to named errors, by the contracts' ABIs (Solidity ABI specification)."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_abi.grammar import ABIType, BasicType, TupleType, parse
from eth_hash.auto import keccak

Abi: TypeAlias = Sequence[Mapping[str, Any]]

_WORD = 32
_AROUND = 2**256

# The two errors that Solidity itself raises.
BUILT_IN: Abi = (
    {"type": "error", "name": "Error", "inputs": [{"name": "message", "type": "string"}]},
    {"type": "error", "name": "Panic", "inputs": [{"name": "code", "type": "uint256"}]},
)


class CallRefused(ValueError):
    """The values do not fit the function's parameters."""


@dataclass(frozen=True)
class ChainError:
    """Why a contract reverted: the custom error's name and its arguments by name (bytes and addresses as 0x hex)."""

    name: str
    arguments: dict[str, Any]


def canonical_type(parameter: Mapping[str, Any]) -> str:
    """Return a parameter's type as signatures write it: structs as tuples, e.g. "(bytes32,uint64)[]"."""
    kind = str(parameter["type"])
    if not kind.startswith("tuple"):
        return kind
    return "(" + ",".join(canonical_type(part) for part in parameter["components"]) + ")" + kind.removeprefix("tuple")


def selector(entry: Mapping[str, Any]) -> str:
    """Return the four bytes that name a function or an error, as 0x hex."""
    types = ",".join(canonical_type(parameter) for parameter in entry["inputs"])
    return "0x" + bytes(keccak(f"{entry['name']}({types})".encode()))[:4].hex()


def encode_call(abi: Abi, function: str, arguments: Sequence[Any]) -> str:
    """Return the calldata of `function`, as 0x hex.

    Structs come as mappings by field name or as sequences; bytes and addresses as 0x hex text; integers as int, or as
    decimal text where JSON could not hold them. Raises CallRefused when something does not fit.
    """
    fitting = [
        entry
        for entry in abi
        if entry["type"] == "function" and entry["name"] == function and len(entry["inputs"]) == len(arguments)
    ]
    if len(fitting) != 1:
        raise CallRefused(f"There is no one function {function} of {len(arguments)} parameters.")
    inputs = fitting[0]["inputs"]
    values = [_native(parameter, value) for parameter, value in zip(inputs, arguments, strict=True)]
    try:
        encoded = encode([canonical_type(parameter) for parameter in inputs], values)
    except (EncodingError, OverflowError, UnicodeEncodeError) as error:
        raise CallRefused(f"{function} does not take these values: {type(error).__name__}.") from error
    return selector(fitting[0]) + encoded.hex()


def decode_call(abi: Abi, data: str) -> tuple[str, dict[str, Any]] | None:
    """Function and arguments by name of calldata (0x hex), in JSON's kinds; None when the ABI knows no such call."""
    for entry in abi:
        if entry["type"] != "function" or selector(entry) != data[:10].lower():
            continue
        try:
            values = decode([canonical_type(parameter) for parameter in entry["inputs"]], bytes.fromhex(data[10:]))
        except (DecodingError, ValueError, OverflowError):
            return None
        named = zip(entry["inputs"], values, strict=True)
        return entry["name"], {parameter["name"]: _text(parameter, value) for parameter, value in named}
    return None


def encode_values(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """Write values of the ABI types, e.g. "(uint32,bytes32)[]"; addresses as 0x text. Raises CallRefused."""
    try:
        return bytes(encode(types, values))
    except (EncodingError, OverflowError, TypeError, ValueError) as error:
        raise CallRefused(f"The values are not of the types {', '.join(types)}.") from error


def decode_values(types: Sequence[str], raw: bytes, canonical: bool = True) -> tuple[Any, ...]:
    """Read values of the ABI types. Raises CallRefused.

    `canonical` refuses bytes that the compiler would not have written, as it writes events and answers. Calldata comes
    from strangers, and contracts read it more kindly: without, what they can read is read here too, and to the same.
    """
    try:
        if not canonical:
            return _members([parse(kind) for kind in types], raw, 0)
        values = tuple(decode(types, raw))
        if encode(types, values) == raw:
            return values
    except (DecodingError, EncodingError, OverflowError, ValueError) as error:
        raise CallRefused(f"The bytes are not of the types {', '.join(types)}.") from error
    raise CallRefused(f"The bytes are not the one way to write the types {', '.join(types)}.")


# A contract follows an offset wherever it points: among the heads, to bytes that are read already, over a gap; from
# within a struct backwards too, to what stands before it. What lies behind bytes up to the next word, and behind
# everything, it does not look at.


def _members(kinds: Sequence[ABIType], raw: bytes, base: int) -> tuple[Any, ...]:
    """The members of a tuple at byte `base`, from which their offsets count."""
    values, at = [], base
    for kind in kinds:
        values.append(_at(kind, raw, (base + _whole(raw, at)) % _AROUND if kind.is_dynamic else at))
        at += _size_of(kind)
    return tuple(values)


def _at(kind: ABIType, raw: bytes, at: int) -> Any:
    """The value whose bytes begin at `at`."""
    if kind.is_array:
        if not kind.is_dynamic:
            raise ValueError("lists of fixed length are not read")
        item, count, start = kind.item_type, _whole(raw, at), at + _WORD
        _require_within(raw, start + count * _size_of(item))
        return _members([item] * count, raw, start)
    if isinstance(kind, TupleType):
        return _members(kind.components, raw, at)
    if not isinstance(kind, BasicType):
        raise TypeError("eth_abi has a third kind of types")
    name = f"{kind.base}{kind.sub or ''}"
    if kind.is_dynamic:
        if name != "bytes":
            raise ValueError(f"values of the type {name} are not read")
        start = at + _WORD
        end = start + _whole(raw, at)
        _require_within(raw, end)
        return raw[start:end]
    _require_within(raw, at + _WORD)
    return decode([name], raw[at : at + _WORD])[0]


def _whole(raw: bytes, at: int) -> int:
    _require_within(raw, at + _WORD)
    return int.from_bytes(raw[at : at + _WORD], "big")


def _require_within(raw: bytes, end: int) -> None:
    if end > len(raw):
        raise ValueError("the bytes end before the value")


def _size_of(kind: ABIType) -> int:
    """Bytes of a value in the head: of an offset, where it lies elsewhere."""
    if isinstance(kind, TupleType) and not kind.is_array and not kind.is_dynamic:
        return sum(_size_of(part) for part in kind.components)
    return _WORD


def decode_error(abis: Iterable[Abi], data: str | None) -> ChainError | None:
    """Name the error in revert data (0x hex); None when there is none, or none that these ABIs know."""
    if not data or len(data) < 10:
        return None
    for abi in (BUILT_IN, *abis):
        for entry in abi:
            if entry["type"] != "error" or selector(entry) != data[:10].lower():
                continue
            types = [canonical_type(parameter) for parameter in entry["inputs"]]
            try:
                values = decode(types, bytes.fromhex(data[10:]))
            except (DecodingError, ValueError, OverflowError):
                return None
            named = zip(entry["inputs"], values, strict=True)
            return ChainError(entry["name"], {parameter["name"]: _text(parameter, value) for parameter, value in named})
    return None


def _native(parameter: Mapping[str, Any], value: Any) -> Any:
    """Turn a value of JSON's kinds into one that eth_abi takes."""
    kind = str(parameter["type"])
    if kind.endswith("]"):
        if isinstance(value, str | bytes | Mapping) or not isinstance(value, Sequence):
            raise CallRefused(f"{parameter['name']} is a list.")
        element = {**parameter, "type": kind[: kind.rindex("[")]}
        return [_native(element, part) for part in value]
    if kind == "tuple":
        return tuple(_native(part, held) for part, held in _fields(parameter, value))
    if kind.startswith("bytes") and isinstance(value, str):
        if not re.fullmatch("0x([0-9a-fA-F]{2})*", value) or kind not in ("bytes", f"bytes{len(value) // 2 - 1}"):
            # eth_abi would pad: half a hash is an error, not another hash.
            raise CallRefused(f"{parameter['name']} is no {kind}.")
        return bytes.fromhex(value[2:])
    if kind.startswith(("uint", "int")) and isinstance(value, str):
        if not re.fullmatch("-?[0-9]{1,78}", value):
            raise CallRefused(f"{parameter['name']} is no {kind}.")
        return int(value)
    return value


def _fields(parameter: Mapping[str, Any], value: Any) -> list[tuple[Mapping[str, Any], Any]]:
    """Pair a struct's fields with their values; none may be missing, none be too many."""
    parts = parameter["components"]
    if isinstance(value, Mapping):
        if value.keys() != {part["name"] for part in parts}:
            raise CallRefused(f"{parameter['name']} has the fields {', '.join(part['name'] for part in parts)}.")
        return [(part, value[part["name"]]) for part in parts]
    if not isinstance(value, Sequence) or isinstance(value, str | bytes) or len(value) != len(parts):
        raise CallRefused(f"{parameter['name']} has {len(parts)} fields.")
    return list(zip(parts, value, strict=True))


def _text(parameter: Mapping[str, Any], value: Any) -> Any:
    """Turn a decoded value into one of JSON's kinds: hex text, numbers, lists, mappings by field name."""
    kind = str(parameter["type"])
    if kind.endswith("]"):
        element = {**parameter, "type": kind[: kind.rindex("[")]}
        return [_text(element, part) for part in value]
    if kind == "tuple":
        parts = zip(parameter["components"], value, strict=True)
        return {part["name"]: _text(part, held) for part, held in parts}
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return value.lower() if kind == "address" else value
