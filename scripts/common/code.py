"""Whether what stands on the chain is what the compiler made."""

from typing import Any

from eth_abi import encode
from eth_utils import keccak

from muniment.chain.runtime import immutables_of
from scripts.common.session import Session
from scripts.common.settings import Refused

MOST_RUNTIME = 24_576  # bytes, EIP-170
MOST_CREATION = 49_152  # bytes, EIP-3860


def hash_of(code: bytes) -> str:
    """keccak256 as lower-case hex."""
    return "0x" + keccak(code).hex()


def creation_code(session: Session, name: str, arguments: list[Any]) -> bytes:
    """What the creation transaction carries: the compiled code and its constructor arguments."""
    container = session.project[name]
    kinds = [_type(part) for entry in container.abi if entry["type"] == "constructor" for part in entry["inputs"]]
    return bytes.fromhex(container.bytecode.removeprefix("0x")) + encode(kinds, arguments)


def runtime_code(session: Session, name: str) -> bytes:
    """The compiled code of a contract as it will stand, with zeros for its immutables."""
    return bytes.fromhex(session.project[name]._build["deployedBytecode"].removeprefix("0x"))


def require_sizes(session: Session, name: str) -> None:
    """Raise Refused for a contract that the chain would not take."""
    runtime, creation = len(runtime_code(session, name)), len(session.project[name].bytecode) // 2
    if runtime > MOST_RUNTIME:
        raise Refused(f"{name} is {runtime:,} bytes; a contract has at most {MOST_RUNTIME:,} (EIP-170).")
    if creation > MOST_CREATION:
        raise Refused(f"{name} is created by {creation:,} bytes; the most is {MOST_CREATION:,} (EIP-3860).")


def body(code: bytes) -> bytes:
    """The code without the compiler's metadata: CBOR, its length in the last two bytes.

    It never runs, and changes with every comment in the source.
    """
    length = int.from_bytes(code[-2:], "big") + 2
    return code[:-length] if 2 < length < len(code) else code


def _type(part: dict[str, Any]) -> str:
    """A parameter's type, a struct as the tuple of its members."""
    if not part["type"].startswith("tuple"):
        return str(part["type"])
    return f"({','.join(map(_type, part['components']))}){part['type'].removeprefix('tuple')}"


def kinds(session: Session) -> dict[str, Any]:
    """Contracts that are made known by events, each with what tells a genuine one.

    `immutables` are places of 32 bytes in the code that differ from one to another; with zeros there and without
    metadata, the code hashes to `body_hash`.
    """
    compiled = body(runtime_code(session, "BallotBox"))
    return {
        "BallotBox": {
            "abi": session.project["BallotBox"].abi,
            "found_by": ["TrusteeCeremony", "ElectionOpened", "box"],
            "begins_with": "BoxOpened",
            "immutables": list(immutables_of(compiled)),
            "body_hash": hash_of(compiled),
        }
    }


def same_runtime(compiled: bytes, standing: bytes) -> bool:
    """Whether the code on chain is the compiled one, but for the values of its immutables and for metadata."""
    expected, found = bytearray(body(compiled)), bytearray(body(standing))
    if len(expected) != len(found):
        return False
    for place in immutables_of(bytes(expected)):
        found[place : place + 32] = bytes(32)
    return expected == found


def same_creation(session: Session, name: str, arguments: list[Any], sent: bytes) -> bool:
    """Whether a creation transaction carried the compiled code and these constructor arguments, but for metadata.

    The EVM is deterministic, so this settles the values of the immutables, which `same_runtime` leaves open.
    """
    compiled = bytes.fromhex(session.project[name].bytecode.removeprefix("0x"))
    encoded = creation_code(session, name, arguments)[len(compiled) :]
    # The constructor looks for its arguments right after the compiled length: longer metadata could hold others there.
    return (
        len(sent) == len(compiled) + len(encoded)
        and sent.endswith(encoded)
        and body(sent[: len(compiled)]) == body(compiled)
    )


def standing_code(session: Session, address: str) -> bytes:
    """The code at an address; empty when there is none."""
    return bytes(session.web3.eth.get_code(session.web3.to_checksum_address(address)))
