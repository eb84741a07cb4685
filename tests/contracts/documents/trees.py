"""Documents, their leaves and their trees, written down a second time: from the interface, and from OpenZeppelin."""

from eth_abi import encode
from eth_utils import keccak

from tests.contracts.helpers import keccak as named

NOT_ANCHORED, AFTER_COMPROMISE, REVOKED, SUSPENDED, EXPIRED, SUPERSEDED, BEFORE_RETIRED, VALID = range(8)
NONE, OFFICER, CO_SIGNED, PARTY = range(4)
ROOT_STANDING, ROOT_HELD, ROOT_REVOKED, ROOT_SUPERSEDED = range(4)
KEY_COMPROMISE, BY_SUCCESSOR, HOLD = 1, 4, 6

ROOT, OTHER_ROOT = named("a root"), named("another root")
SCHEMA = named("schema of a diploma")

LEAF = keccak(text="Muniment.Document.Leaf.v1")
TYPES = ("bytes32", "uint256", "address", "bytes32", "bytes32", "bytes32", "bytes32", "uint64", "uint64")


def hashed(leaf, chain_id, registry):
    """The leaf of a document's fields, in the order of the interface's Leaf, as bytes."""
    words = [bytes.fromhex(word[2:]) for word in leaf[:4]]
    return keccak(keccak(encode(TYPES, (LEAF, chain_id, registry, *words, *leaf[4:]))))


def joined(left, right):
    """A node over two others, whatever their order."""
    return keccak(min(left, right) + max(left, right))


class Tree:
    """A complete binary tree in an array, as OpenZeppelin lays it out: leaves sorted, the lowest one last."""

    def __init__(self, leaves):
        count = len(leaves)
        self._nodes = [b""] * (count - 1) + sorted(leaves, reverse=True)
        for place in reversed(range(count - 1)):
            self._nodes[place] = joined(self._nodes[2 * place + 1], self._nodes[2 * place + 2])

    @property
    def root(self):
        """The root as hex text."""
        return "0x" + self._nodes[0].hex()

    def proof(self, leaf):
        """The siblings from a leaf, or from any other node, upwards, as hex text."""
        place, siblings = self._nodes.index(leaf), []
        while place > 0:
            siblings.append("0x" + self._nodes[place + 1 if place % 2 else place - 1].hex())
            place = (place - 1) // 2
        return siblings


def diploma(issuer, index, schema=SCHEMA, expires=0):
    """A leaf's fields: document and commitment made up from the index."""
    made = ["0x" + keccak(text=f"{what} {index}").hex() for what in ("document", "commitment")]
    return (issuer, schema, *made, index, expires)
