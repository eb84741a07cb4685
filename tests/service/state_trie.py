"""A chain's state as a liar would write it: accounts with code, under one root, each with its proof.

Source: Yellow Paper, appendix D.
"""

from collections.abc import Mapping

from muniment.chain.rlp import Item, encode
from muniment.hashing import keccak_bytes

EMPTY_ROOT = keccak_bytes(encode(b""))


def state_of(codes: Mapping[str, bytes]) -> tuple[bytes, dict[str, list[str]]]:
    """The state root over accounts by address, and the nodes that prove each, in 0x hex."""
    keys = {keccak_bytes(bytes.fromhex(address[2:])).hex(): address for address in codes}
    values = {key: encode([b"", b"", EMPTY_ROOT, keccak_bytes(codes[keys[key]])]) for key in keys}
    proofs: dict[str, list[str]] = {key: [] for key in keys}
    root = _node(values, 0, proofs)
    return root, {keys[key]: list(reversed(nodes)) for key, nodes in proofs.items()}


def _node(values: Mapping[str, bytes], depth: int, proofs: dict[str, list[str]]) -> bytes:
    first, *others = sorted(values)
    if not others:
        return _written([_packed(first[depth:], leaf=True), values[first]], values, proofs)
    last, shared = others[-1], depth
    while first[shared] == last[shared]:
        shared += 1
    if shared > depth:
        child = _node(values, shared, proofs)
        return _written([_packed(first[depth:shared], leaf=False), child], values, proofs)
    items: list[Item] = []
    for digit in "0123456789abcdef":
        below = {key: value for key, value in values.items() if key[depth] == digit}
        items.append(_node(below, depth + 1, proofs) if below else b"")
    return _written([*items, b""], values, proofs)


def _written(items: list[Item], values: Mapping[str, bytes], proofs: dict[str, list[str]]) -> bytes:
    raw = encode(items)
    for key in values:
        proofs[key].append("0x" + raw.hex())
    return keccak_bytes(raw)


def _packed(digits: str, *, leaf: bool) -> bytes:
    kind = 2 if leaf else 0
    return bytes.fromhex(f"{kind + 1}{digits}" if len(digits) % 2 else f"{kind}0{digits}")
