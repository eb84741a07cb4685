"""What code an account has, proven under a block's state root (EIP-1186; Yellow Paper, appendix D).

Whoever trusts a block's hash need not trust the node that shows the code.
"""

from collections.abc import Sequence

from muniment.chain.rlp import Rlp, RlpRefused, decode
from muniment.hashing import keccak_bytes

_DIGITS = 64  # hexadecimal, of a key: the hash of the address
_BRANCH, _SHORT = 17, 2  # items of a node
_CODE_HASH = 3  # of an account's nonce, balance, storage root and code hash


class ProofRefused(ValueError):
    """Nodes that do not lead from the root to the account."""


def proven_code_hash(root: bytes, address: str, nodes: Sequence[bytes]) -> bytes:
    """keccak256 of the code at an address, by the nodes from a state root down to the account. Raises ProofRefused.

    Every node must be needed, and each is named by its hash: an account's own is too long to be part of another.
    """
    key, expected, at = keccak_bytes(bytes.fromhex(address[2:])).hex(), root, 0
    for place, raw in enumerate(nodes):
        if keccak_bytes(raw) != expected:
            raise ProofRefused("a node has another hash than the one that leads to it")
        node = _list(raw)
        if len(node) == _BRANCH and at < _DIGITS:
            expected, at = _bytes(node[int(key[at], 16)]), at + 1
            continue
        if len(node) != _SHORT:
            raise ProofRefused("a node is none")
        digits, is_leaf = _path(_bytes(node[0]))
        if key[at : at + len(digits)] != digits:
            raise ProofRefused("the nodes lead to another account")
        at += len(digits)
        if not is_leaf:
            expected = _bytes(node[1])
            continue
        account = _list(_bytes(node[1]))
        if at != _DIGITS or place != len(nodes) - 1 or len(account) != _CODE_HASH + 1:
            raise ProofRefused("the nodes do not end with an account")
        return _bytes(account[_CODE_HASH])
    raise ProofRefused("the nodes do not lead to an account")


def _path(packed: bytes) -> tuple[str, bool]:
    """The digits that a leaf or an extension stands for, and whether it is a leaf (hex-prefix encoding)."""
    text = packed.hex()
    if text[:1] in ("1", "3"):
        return text[1:], text[0] == "3"
    if text[:2] in ("00", "20"):
        return text[2:], text[0] == "2"
    raise ProofRefused("a node's path is none")


def _list(raw: bytes) -> list[Rlp]:
    try:
        read = decode(raw)
    except RlpRefused as error:
        raise ProofRefused(str(error)) from error
    if not isinstance(read, list):
        raise ProofRefused("a node is no list")
    return read


def _bytes(item: Rlp) -> bytes:
    if not isinstance(item, bytes):
        raise ProofRefused("a node holds a list where bytes belong")
    return item
