"""Calldata and errors, by the Solidity ABI."""

import pytest
from eth_abi import encode
from hypothesis import given
from hypothesis import strategies as st

from muniment.chain.abi import (
    CallRefused,
    ChainError,
    decode_error,
    decode_values,
    encode_call,
    encode_values,
    selector,
)
from muniment.hashing import keccak

SHARE = {
    "name": "shares",
    "type": "tuple[]",
    "components": [{"name": "holder", "type": "bytes32"}, {"name": "numerator", "type": "uint64"}],
}
ABI = [
    {"type": "function", "name": "enter", "inputs": [{"name": "ref", "type": "string"}, SHARE]},
    {
        "type": "function",
        "name": "pay",
        "inputs": [{"name": "to", "type": "address"}, {"name": "n", "type": "uint256"}],
    },
    {"type": "function", "name": "note", "inputs": [{"name": "text", "type": "bytes"}]},
    {"type": "error", "name": "Wrong", "inputs": [{"name": "who", "type": "address"}, SHARE]},
    {"type": "error", "name": "Empty", "inputs": []},
]
HASH = "0x" + "ab" * 32


def test_selector() -> None:
    """Must name functions as the specification's own example does."""
    inputs = [{"name": "x", "type": "uint32"}, {"name": "y", "type": "bool"}]
    assert selector({"name": "baz", "inputs": inputs}) == "0xcdcd77c0"


def test_structs() -> None:
    """Must take a struct by names, in any order, as by position."""
    named = encode_call(ABI, "enter", ("Gävle", [{"numerator": 3, "holder": HASH}]))
    assert named == encode_call(ABI, "enter", ("Gävle", [(HASH, 3)]))
    expected = keccak(b"enter(string,(bytes32,uint64)[])")[:10]
    assert (
        named == expected + encode(["string", "(bytes32,uint64)[]"], ["Gävle", [(bytes.fromhex("ab" * 32), 3)]]).hex()
    )


@given(st.integers(0, 2**256 - 1))
def test_integers(number: int) -> None:
    """Must take any uint256 as a number and as decimal text."""
    to = "0x" + "11" * 20
    assert encode_call(ABI, "pay", (to, number)) == encode_call(ABI, "pay", (to, str(number)))
    assert int(encode_call(ABI, "pay", (to, number))[-64:], 16) == number


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("enter", ("a", [{"holder": HASH}])),
        ("enter", ("a", [{"holder": HASH, "numerator": 1, "more": 1}])),
        ("enter", ("a", [(HASH,)])),
        ("enter", ("a", [("0x" + "ab" * 31, 1)])),
        ("enter", ("a", [("ab" * 32, 1)])),
        ("enter", ("a", [(HASH, 2**64)])),
        ("enter", ("a", [(HASH, -1)])),
        ("enter", ("a", HASH)),
        ("enter", ("half \ud800", [])),
        ("enter", ("a",)),
        ("none", ()),
        ("pay", ("0x11", 1)),
        ("pay", ("0x" + "11" * 20, str(2**256))),
        ("pay", ("0x" + "11" * 20, "1_000")),
        ("pay", ("0x" + "11" * 20, "9" * 10_000)),
        ("pay", ("0x" + "11" * 20, 1.5)),
        ("pay", ("0x" + "11" * 20, None)),
        ("note", ("0xabc",)),
    ],
)
def test_what_does_not_fit(function: str, arguments: tuple[object, ...]) -> None:
    """Must refuse rather than cut, pad or guess."""
    with pytest.raises(CallRefused):
        encode_call(ABI, function, arguments)


def test_errors() -> None:
    """Must name a custom error with its arguments in JSON's kinds, whichever contract it comes from."""
    words = encode(["address", "(bytes32,uint64)[]"], ["0x" + "AB" * 20, [(b"\1" * 32, 2**64 - 1)]]).hex()
    shares = [{"holder": "0x" + "01" * 32, "numerator": 2**64 - 1}]
    found = decode_error([[], ABI], selector(ABI[3]) + words)
    assert found == ChainError("Wrong", {"who": "0x" + "ab" * 20, "shares": shares})
    assert decode_error([ABI], selector(ABI[4])) == ChainError("Empty", {})
    assert decode_error([ABI], "0x08c379a0" + encode(["string"], ["no"]).hex()) == ChainError(
        "Error", {"message": "no"}
    )
    assert decode_error([ABI], "0x4e487b71" + encode(["uint256"], [17]).hex()) == ChainError("Panic", {"code": 17})


@pytest.mark.parametrize(
    "data", [None, "", "0x", "0x1234", "0xdeadbeef", "0xzz", selector(ABI[3]) + "00", "0x08c379a0ff"]
)
def test_unknown_errors(data: str | None) -> None:
    """Must give None for revert data that no ABI explains, garbled data included."""
    assert decode_error([ABI], data) is None


CAST = ("(uint32,uint32,bytes32)", "bytes32[]", "bytes")
HEADS = 5 * 32
ROLL = (0, 2, b"\7" * 32)


def test_calldata_is_read_as_contracts_read_it() -> None:
    """Wherever offsets point, and whatever stands where nobody looks, strangers' calldata must say the same."""
    path, packed = (b"\1" * 32, b"\2" * 32), b"ballots"
    raw = encode_values(CAST, (ROLL, path, packed))
    of_path, of_packed = (raw[HEADS:][:96], raw[HEADS + 96 :])

    def written(*offsets: int, behind: bytes) -> bytes:
        return raw[: 3 * 32] + b"".join(offset.to_bytes(32, "big") for offset in offsets) + behind

    for other in (
        raw + b"behind everything",
        raw[:-25],  # without the zeros behind the last bytes
        raw[:-1] + b"\1",
        written(HEADS + 64, HEADS, behind=of_packed + of_path),
        written(HEADS + 1, HEADS + 97, behind=b"\1" + of_path + of_packed),
    ):
        assert other != raw
        assert decode_values(CAST, other, canonical=False) == (ROLL, path, packed)
        with pytest.raises(CallRefused):
            decode_values(CAST, other)
    # The zero of the first word is an empty list's length, the second word is the length of two bytes.
    assert decode_values(CAST, written(0, 32, behind=b""), canonical=False) == (ROLL, (), b"\7\7")
    for cut in (raw[: HEADS + 96], raw[:-26], written(HEADS, 2**255, behind=of_path), raw[:31]):
        with pytest.raises(CallRefused):
            decode_values(CAST, cut, canonical=False)
    nested = ("((uint256,uint256)[],(uint256,uint256))", "uint64[]")
    values = (((((1, 2), (3, 4)), (5, 6))), (7, 8, 9))
    assert decode_values(nested, encode_values(nested, values), canonical=False) == values
    # Offsets in a struct have a sign: its list may stand before it.
    a_list, after = encode_values(("uint64",) * 3, (2, 1, 2)), encode_values(("uint64",) * 2, (3, 4))
    backwards = encode_values(("uint64",), (32 + 96,)) + a_list + (2**256 - 96).to_bytes(32, "big") + after
    struct = ("(uint64[],uint64,uint64)",)
    assert decode_values(struct, backwards, canonical=False) == (((1, 2), 3, 4),)
    too_far = backwards.replace((2**256 - 96).to_bytes(32, "big"), (2**256 - 129).to_bytes(32, "big"))
    with pytest.raises(CallRefused):
        decode_values(struct, too_far, canonical=False)
    for unread in ("string", "uint256[2]"):
        with pytest.raises(CallRefused):
            decode_values([unread], bytes(128), canonical=False)
