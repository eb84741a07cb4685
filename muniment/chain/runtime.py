"""Whether a contract that somebody names runs the code that we compiled.

Two deployments of one source differ in their immutables' values, and two builds in the metadata at the end (Solidity
documentation, "Contract Metadata": CBOR, its length in the last two bytes). Everything else must be the same.
"""

from muniment.chain.deployment import ContractKind
from muniment.chain.rpc import Rpc, RpcUnavailable
from muniment.hashing import keccak

_WORD = 32
_LENGTH = 2  # bytes that hold the metadata's length
_PUSH0, _PUSH1, _PUSH32 = 0x5F, 0x60, 0x7F


def body(code: bytes) -> bytes:
    """Code without its metadata, which never runs."""
    metadata = int.from_bytes(code[-_LENGTH:], "big") + _LENGTH
    return code[: max(len(code) - metadata, 0)]


def immutables_of(compiled: bytes) -> tuple[int, ...]:
    """Where the compiler left 32 zero bytes for an immutable's value: a plain zero would be PUSH0."""
    places, at = [], 0
    while at < len(compiled):
        if compiled[at] == _PUSH32 and not any(compiled[at + 1 : at + 1 + _WORD]):
            places.append(at + 1)
        at += 1 + (compiled[at] - _PUSH0 if _PUSH1 <= compiled[at] <= _PUSH32 else 0)
    return tuple(places)


def body_hash(code: bytes, immutables: tuple[int, ...]) -> str:
    """keccak256 of runtime code without its metadata, with zeros for the 32 bytes at each place."""
    return keccak(_without(body(code), immutables))


def _without(code: bytes, immutables: tuple[int, ...]) -> bytes:
    body = bytearray(code)
    for place in immutables:
        if place + _WORD <= len(body):
            body[place : place + _WORD] = bytes(_WORD)
    return bytes(body)


def is_one_of(rpc: Rpc, kind: ContractKind, address: str, block: int | None = None) -> bool:
    """Whether the code at an address is that of the kind. Raises RpcUnavailable, RpcError.

    False too when the deployment does not say what the code is: then nobody can vouch for it.
    """
    answer = rpc.call("eth_getCode", [address, "latest" if block is None else hex(block)])
    try:
        code = bytes.fromhex(str(answer).removeprefix("0x"))
    except ValueError:
        raise RpcUnavailable("A node sent code that cannot be read.") from None
    return bool(code) and body_hash(code, kind.immutables) == kind.body_hash
