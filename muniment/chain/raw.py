"""Blocks and transactions as the chain hashes them: written from a node's answers, read back from their bytes.

Whoever trusts a block's or a transaction's hash need not trust the node that shows it (Yellow Paper 4.3 and 4.4;
EIP-2718, 2930, 1559, 4844, 7702; EIP-4895, 4788, 7685 for the header's later fields).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from coincurve import PublicKey
from eth_hash.auto import keccak

from muniment.chain.rlp import Item, RlpRefused, decode, encode


class RawRefused(ValueError):
    """Bytes that are no header or no signed transaction, or an answer from which none can be written."""


@dataclass(frozen=True)
class RawHeader:
    """What a header says. Time in Unix seconds; `state` is the root over all accounts."""

    hash: bytes
    state: bytes
    number: int
    time: int
    bloom: int


@dataclass(frozen=True)
class RawTransaction:
    """What a signed transaction says. `to` is None where it creates a contract; `chain` where it names none."""

    hash: bytes
    sender: str
    nonce: int
    to: str | None
    input: bytes
    chain: int | None

    @property
    def created(self) -> str:
        """The address of the contract that it creates (Yellow Paper, equation 87)."""
        place = encode([bytes.fromhex(self.sender[2:]), _big_endian(self.nonce)])
        return "0x" + keccak(place)[-20:].hex()


# The header's fields in their order; those after the first fifteen came with forks, each with all before it.
_HEADER = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty",
    "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce",
    "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash",
)  # fmt: skip
_HEADER_NUMBERS = frozenset(
    ("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas")
)
# A transaction's fields by its type, without the signature.
_TRANSACTION = {
    0: ("nonce", "gasPrice", "gas", "to", "value", "input"),
    1: ("chainId", "nonce", "gasPrice", "gas", "to", "value", "input", "accessList"),
    2: ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "input", "accessList"),
    3: ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "input", "accessList",
        "maxFeePerBlobGas", "blobVersionedHashes"),
    4: ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "input", "accessList",
        "authorizationList"),
}  # fmt: skip
_BYTES = frozenset(("to", "input"))
_AUTHORIZATION = ("chainId", "address", "nonce", "yParity", "r", "s")


def encode_header(block: Mapping[str, Any]) -> bytes:
    """The RLP of a header from the answer of eth_getBlockBy…. Raises RawRefused."""
    items: list[Item] = []
    try:
        for name in _HEADER:
            value = block.get(name)
            if value is None:
                break
            items.append(_number(value) if name in _HEADER_NUMBERS else _bytes(value))
    except (TypeError, ValueError) as error:
        raise RawRefused(f"A node sent a header that cannot be read ({error}).") from error
    return encode(items)


def decode_header(raw: bytes) -> RawHeader:
    """Read a header. Raises RawRefused."""
    items = _list(raw, "header")
    if len(items) < 15 or not all(isinstance(item, bytes) for item in items) or len(items[6]) != 256:
        raise RawRefused("The header is none.")
    state, bloom = items[3], int.from_bytes(items[6], "big")
    return RawHeader(keccak(raw), state, _int(items[8]), _int(items[11]), bloom)


def encode_transaction(answer: Mapping[str, Any]) -> bytes:
    """The signed bytes of a transaction from the answer of eth_getTransactionBy…. Raises RawRefused."""
    try:
        kind = int(answer.get("type", "0x0"), 16)
        if kind not in _TRANSACTION:
            raise RawRefused(f"The transaction {answer['hash']} is of the type {kind}, which is unknown here.")
        items = [_field(name, answer) for name in _TRANSACTION[kind]]
        parity = answer.get("yParity", answer["v"]) if kind else answer["v"]
        items += [_number(parity), _number(answer["r"]), _number(answer["s"])]
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, RawRefused):
            raise
        raise RawRefused(f"A node sent a transaction that cannot be read ({type(error).__name__}: {error}).") from error
    body = encode(items)
    return bytes([kind]) + body if kind else body


def decode_transaction(raw: bytes) -> RawTransaction:
    """Read a signed transaction, and recover who sent it. Raises RawRefused."""
    kind = raw[0] if raw[:1] and raw[0] < 0x80 else 0
    items = _list(raw[1:] if kind else raw, "transaction")
    names = _TRANSACTION.get(kind)
    if names is None or len(items) != len(names) + 3:
        raise RawRefused("The transaction is of no known kind.")
    fields = dict(zip(names, items[:-3], strict=True))
    nonce, to, data = (fields[name] for name in ("nonce", "to", "input"))
    if not all(isinstance(one, bytes) for one in (nonce, to, data, *items[-3:])) or len(to) not in (0, 20):
        raise RawRefused("The transaction's fields are none.")
    v, r, s = map(_int, items[-3:])
    if kind:
        chain: int | None = _int(fields["chainId"])
        signed, parity = bytes([kind]) + encode(items[:-3]), v
    elif v >= 35:  # EIP-155
        chain, parity = divmod(v - 35, 2)
        signed = encode([*items[:-3], _big_endian(chain), b"", b""])
    else:
        chain, signed, parity = None, encode(items[:-3]), v - 27
    sender = _recovered(keccak(signed), r, s, parity)
    return RawTransaction(keccak(raw), sender, _int(nonce), "0x" + to.hex() if to else None, data, chain)


def _recovered(digest: bytes, r: int, s: int, parity: int) -> str:
    if parity not in (0, 1) or r >> 256 or s >> 256:
        raise RawRefused("The transaction is not signed.")
    try:
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
        key = PublicKey.from_signature_and_message(signature, digest, hasher=None)
    except Exception as error:  # coincurve raises a bare Exception where no key can be recovered
        raise RawRefused("The transaction is not signed.") from error
    return "0x" + keccak(key.format(compressed=False)[1:])[-20:].hex()


def _list(raw: bytes, what: str) -> list[Any]:
    try:
        items = decode(raw)
    except RlpRefused as error:
        raise RawRefused(f"The {what} is not RLP.") from error
    if not isinstance(items, list):
        raise RawRefused(f"The {what} is no list.")
    return items


def _field(name: str, answer: Mapping[str, Any]) -> Item:
    value = answer.get(name)
    if name == "accessList":
        return [[_bytes(one["address"]), [_bytes(key) for key in one["storageKeys"]]] for one in value or ()]
    if name == "authorizationList":
        return [
            [_bytes(one[part]) if part == "address" else _number(one[part]) for part in _AUTHORIZATION]
            for one in value or ()
        ]
    if name == "blobVersionedHashes":
        return [_bytes(one) for one in value or ()]
    if name in _BYTES:
        return b"" if value is None else _bytes(value)
    return _number(answer[name])


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("0x"))


def _number(value: str) -> bytes:
    return _big_endian(int(value, 16))


def _big_endian(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _int(raw: Any) -> int:
    """A number in its only form. Raises RawRefused."""
    if not isinstance(raw, bytes) or raw[:1] == b"\0":
        raise RawRefused("A number is a list, or has a leading zero.")
    return int.from_bytes(raw, "big")
