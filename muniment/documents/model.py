"""Documents as the chain knows them (`interfaces/documents`): leaves, anchors, reasons; nothing of what they say."""

from dataclasses import dataclass
from enum import Enum, IntEnum

from muniment.hashing import keccak, keccak_words

LEAF_DOMAIN = keccak(b"Muniment.Document.Leaf.v1")
COMMITMENT_DOMAIN = keccak(b"Muniment.Document.Commitment.v1")
POLICY_DOMAIN = keccak(b"Muniment.Policy.v1")
WORD_BITS = 256  # documents whose revocation shares one storage word
MOST = 2**40 - 1  # largest index, count and time: uint40 on the chain
HOLD = 6
SUPERSEDED_REASON = 4


class AnchorKind(IntEnum):
    """Who issued a root."""

    NONE = 0
    OFFICER = 1
    CO_SIGNED = 2
    PARTY = 3


class AnchorStatus(IntEnum):
    """How a whole root stands. Held can be lifted."""

    STANDING = 0
    HELD = 1
    REVOKED = 2
    SUPERSEDED = 3


class Reason(IntEnum):
    """Why something was revoked: the codes of RFC 5280, section 5.3.1; 7 is not used there either."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    CA_COMPROMISE = 2
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5
    CERTIFICATE_HOLD = 6
    REMOVE_FROM_CRL = 8
    PRIVILEGE_WITHDRAWN = 9
    AA_COMPROMISE = 10


class Name(Enum):
    """The verdicts, in the order in which they are judged. CANNOT_TELL stands where the chain would be asked."""

    NOT_A_PROOF = "NOT_A_PROOF"
    ALTERED = "ALTERED"
    UNKNOWN_REGISTRY = "UNKNOWN_REGISTRY"
    CANNOT_TELL = "CANNOT_TELL"
    NOT_ANCHORED = "NOT_ANCHORED"
    ISSUER_UNAUTHORISED = "ISSUER_UNAUTHORISED"
    ISSUED_AFTER_COMPROMISE = "ISSUED_AFTER_COMPROMISE"
    REVOKED = "REVOKED"
    SUSPENDED = "SUSPENDED"
    EXPIRED = "EXPIRED"
    SUPERSEDED = "SUPERSEDED"
    VALID_ISSUED_BEFORE_KEY_RETIRED = "VALID_ISSUED_BEFORE_KEY_RETIRED"
    VALID = "VALID"


@dataclass(frozen=True)
class Leaf:
    """One document of a root. Hashes are 0x hex; `expires_at` is Unix seconds, 0 for never."""

    chain_id: int
    registry: str
    issuer: str
    schema: str
    doc_id: str
    commitment: str
    index: int
    expires_at: int

    def encoded(self) -> bytes:
        """abi.encode(LEAF_DOMAIN, chainId, registry, issuer, schema, docId, commitment, index, expiresAt)."""
        return (
            leaf_prefix(self.chain_id, self.registry, self.issuer, self.schema)
            + bytes.fromhex(self.doc_id[2:] + self.commitment[2:])
            + self.index.to_bytes(32, "big")
            + self.expires_at.to_bytes(32, "big")
        )


def leaf_prefix(chain_id: int, registry: str, issuer: str, schema: str) -> bytes:
    """The first five words of a leaf, the same for all documents of one root."""
    words = LEAF_DOMAIN[2:] + f"{chain_id:064x}" + registry[2:].rjust(64, "0") + issuer[2:] + schema[2:]
    return bytes.fromhex(words)


def commitment_of(salt: str, content_hash: str) -> str:
    """keccak256(abi.encode(COMMITMENT_DOMAIN, salt, contentHash)): says nothing of the content without the salt."""
    return keccak_words(COMMITMENT_DOMAIN, salt, content_hash)


def policy_id(agency: str, threshold: int, members: tuple[str, ...]) -> str:
    """keccak256(abi.encode(POLICY_DOMAIN, agency, uint8 threshold, bytes32[] members))."""
    head = bytes.fromhex(POLICY_DOMAIN[2:] + agency[2:]) + threshold.to_bytes(32, "big") + (128).to_bytes(32, "big")
    return keccak(head + len(members).to_bytes(32, "big") + b"".join(bytes.fromhex(member[2:]) for member in members))
