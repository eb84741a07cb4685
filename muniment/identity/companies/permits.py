"""Permits (EIP-2612): what a wallet signs so that a token lets the company registry draw the fee."""

from collections.abc import Mapping, Sequence
from typing import Any

from muniment.chain.abi import Abi, encode_call
from muniment.chain.codec import AbiDataRefused, head_size, members_of
from muniment.chain.rpc import Rpc, RpcError
from muniment.errors import Refused

NO_PERMIT = {"deadline": 0, "v": 0, "r": "0x" + "00" * 32, "s": "0x" + "00" * 32}

_DOMAIN_OUTPUTS = [
    {"name": name, "type": kind}
    for name, kind in (
        ("fields", "bytes1"),
        ("name", "string"),
        ("version", "string"),
        ("chainId", "uint256"),
        ("verifyingContract", "address"),
        ("salt", "bytes32"),
    )
]
_ABI: Abi = [
    {"type": "function", "name": "eip712Domain", "inputs": []},
    {"type": "function", "name": "nonces", "inputs": [{"name": "owner", "type": "address"}]},
]
_TYPES = {
    "EIP712Domain": "string name,string version,uint256 chainId,address verifyingContract",
    "Permit": "address owner,address spender,uint256 value,uint256 nonce,uint256 deadline",
}


def permit_data(rpc: Rpc, token: str, owner: str, spender: str, value: int, deadline: int) -> dict[str, Any] | None:
    """Permit as typed data; None for a token that offers none (EIP-2612, with its domain by EIP-5267)."""
    try:
        domain = _ask(rpc, token, "eip712Domain", (), _DOMAIN_OUTPUTS)
        nonce = _ask(rpc, token, "nonces", (owner,), [{"name": "nonce", "type": "uint256"}])["nonce"]
    except (RpcError, AbiDataRefused, ValueError):
        return None
    if domain["fields"] != "0x0f" or domain["verifyingContract"] != token:
        return None
    return {
        "types": {name: _described(members) for name, members in _TYPES.items()},
        "primaryType": "Permit",
        "domain": {name: domain[name] for name in ("name", "version", "chainId", "verifyingContract")},
        "message": {
            "owner": owner,
            "spender": spender,
            "value": str(value),
            "nonce": str(nonce),
            "deadline": deadline,
        },
    }


def permit_struct(signature: str, deadline: int) -> Mapping[str, Any]:
    """The contract's Permit of a signature over the typed data (65 bytes, as 0x hex). Raises Refused."""
    raw = bytes.fromhex(signature.removeprefix("0x")) if len(signature) == 132 else b""
    if len(raw) != 65 or not deadline:
        raise Refused("PermitRefused")
    v = raw[64] + 27 if raw[64] < 27 else raw[64]
    return {"deadline": deadline, "v": v, "r": "0x" + raw[:32].hex(), "s": "0x" + raw[32:64].hex()}


def _ask(rpc: Rpc, token: str, function: str, given: Sequence[Any], outputs: list[dict[str, Any]]) -> dict[str, Any]:
    answer = rpc.call("eth_call", [{"to": token, "data": encode_call(_ABI, function, given)}, "latest"])
    raw, members = bytes.fromhex(str(answer).removeprefix("0x")), members_of(outputs)
    if len(raw) < head_size(members):
        raise AbiDataRefused(f"{function} answered {len(raw)} bytes")
    return {member.name: member.read(raw, member.at, 0) for member in members}


def _described(members: str) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for kind, name in (part.split() for part in members.split(","))]
