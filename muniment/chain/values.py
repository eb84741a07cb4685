"""abi.encode of values of JSON's kinds by the names of their types (Solidity ABI specification)."""

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode
from eth_abi.exceptions import ABITypeError, EncodingError, ParseError


class ValuesRefused(ValueError):
    """The values do not fit the types, or a type is none."""


def encode_values(types: Sequence[str], values: Any) -> bytes:
    """abi.encode(values): 0x hex for bytes and addresses, int or decimal text for integers. Raises ValuesRefused."""
    if not isinstance(values, list) or len(values) != len(types):
        raise ValuesRefused("there are not as many values as types")
    try:
        return encode(types, [_native(kind, value) for kind, value in zip(types, values, strict=True)])
    except (ABITypeError, EncodingError, ParseError, ValueError, TypeError, OverflowError, AttributeError) as error:
        raise ValuesRefused(f"the values do not fit their types ({type(error).__name__})") from None


def _native(kind: str, value: Any) -> Any:
    if kind.endswith("]"):
        element = kind[: kind.rindex("[")]
        return [_native(element, one) for one in value]
    if kind.startswith("bytes") and isinstance(value, str):
        return bytes.fromhex(value.removeprefix("0x"))
    if kind.startswith(("uint", "int")) and isinstance(value, str):
        return int(value)
    return value
