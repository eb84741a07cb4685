"""Code proven under a state root."""

import pytest

from muniment.chain.account_proof import ProofRefused, proven_code_hash
from muniment.chain.rlp import encode
from muniment.hashing import keccak_bytes
from tests.service.nodes import Node
from tests.service.state_trie import state_of

MANY = {f"0x{number:040x}": bytes([number]) * number for number in range(1, 200)}


def nodes(proof: list[str]) -> list[bytes]:
    """A proof's nodes as bytes."""
    return [bytes.fromhex(node[2:]) for node in proof]


@pytest.mark.parametrize("count", [1, 2, 16, 199])
def test_the_code_of_every_account_is_proven(count: int) -> None:
    """Each account's own nodes must lead to its own code, in states of every depth."""
    codes = dict(list(MANY.items())[:count])
    root, proofs = state_of(codes)
    for address, code in codes.items():
        assert proven_code_hash(root, address, nodes(proofs[address])) == keccak_bytes(code)


def test_a_node_proves_what_it_has() -> None:
    """Must read what a real node answers, at its real root."""
    with Node() as node:
        account = node.call("eth_accounts")[0].lower()
        node.mine()
        head = node.call("eth_getBlockByNumber", "latest", False)
        proof = node.call("eth_getProof", account, [], head["number"])["accountProof"]
    root = bytes.fromhex(head["stateRoot"][2:])
    assert proven_code_hash(root, account, nodes(proof)) == keccak_bytes(b"")
    with pytest.raises(ProofRefused):
        proven_code_hash(root, "0x" + "ab" * 20, nodes(proof))


def test_what_does_not_lead_there_is_refused() -> None:
    """Must refuse another account's nodes, one too few, one too many, one changed, and another root."""
    root, proofs = state_of(MANY)
    own, other = list(MANY)[:2]
    right = nodes(proofs[own])
    wrong = [
        [],
        right[:-1],
        right[1:],
        [*right, right[-1]],
        nodes(proofs[other]),
        [*right[:-1], right[-1][:-1] + bytes([right[-1][-1] ^ 1])],
        [b"\x80"],
        [b""],
    ]
    for bad in wrong:
        with pytest.raises(ProofRefused):
            proven_code_hash(root, own, bad)
    with pytest.raises(ProofRefused):
        proven_code_hash(keccak_bytes(b"another"), own, right)
    alone, proof = state_of({other: b"code"})  # one leaf, whose path is all of the key
    with pytest.raises(ProofRefused):
        proven_code_hash(alone, own, nodes(proof[other]))


@pytest.mark.parametrize(
    "node",
    [
        [],
        [b"\x20"],
        [b"", b""],
        [b"\x40", b""],
        [b"\x21", b""],
        [[b"\x20"], b""],
        [b"\x20", [b"", b""]],
        [b""] * 17,
        [b""] * 16,
    ],
)
def test_a_root_of_no_sense_is_refused(node: list[bytes]) -> None:
    """Must refuse a root that hashes right and is no node of an account."""
    raw = encode(node)
    with pytest.raises(ProofRefused):
        proven_code_hash(keccak_bytes(raw), "0x" + "11" * 20, [raw])
