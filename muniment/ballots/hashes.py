"""Every hash of the ballot protocol: keccak256 over 32-byte words of which the first is a tag.

Ids, trackers, roots and addresses are 0x text; numbers are int. Source: docs/ballots-protocol.md, "Names of things".
"""

from collections.abc import Iterable, Sequence
from functools import cache

from muniment.ballots.model import ORDER, Ciphertext, Point, Possession, Proof, UnitRoll
from muniment.hashing import keccak_bytes

Value = int | str | bytes | Point | Ciphertext | Iterable["Value"]

_DOMAIN_TYPE = keccak_bytes(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_CAST_TYPE = keccak_bytes(b"CastBallot(bytes32 tracker)")
_WITHDRAWAL_TYPE = keccak_bytes(b"Withdrawal(uint32 unit,uint32 index)")
_PAPER_TYPE = keccak_bytes(b"PaperBallot(uint32 unit,uint32 index,uint32 number)")
_ENROL_TYPE = keccak_bytes(b"EnrolVoter(bytes32 setup,uint32 unit,bytes32 voter,bytes32 blinded,uint256 deadline)")


@cache
def tag(name: str) -> bytes:
    """The first word of a hash: keccak256 of "Muniment.<name>.v1"."""
    return keccak_bytes(f"Muniment.{name}.v1".encode())


def words(*values: Value) -> bytes:
    """Values as `abi.encode` has them: numbers and addresses right-aligned, a point two words, a list its entries.

    Raises OverflowError for a number beyond a word, ValueError for text or bytes that are neither 20 nor 32 long.
    """
    encoded = bytearray()
    for value in values:
        if isinstance(value, int):
            encoded += value.to_bytes(32, "big")
        elif isinstance(value, str | bytes):
            raw = bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else value
            if len(raw) not in (20, 32):
                raise ValueError(f"{len(raw)} bytes are neither an address nor a word")
            encoded += raw.rjust(32, b"\0")
        else:
            encoded += words(*value)
    return bytes(encoded)


def hash_of(name: str, *values: Value) -> str:
    """`hash(T, a, b, …)` of the protocol."""
    return _text(keccak_bytes(tag(name) + words(*values)))


def scalar_of(name: str, *values: Value) -> int:
    """The same, mod q: a challenge."""
    return int.from_bytes(keccak_bytes(tag(name) + words(*values)), "big") % ORDER


def setup_id(chain_id: int, ceremony: str, agency: str, manifest_hash: str) -> str:
    """The name of an election's setup: its enrolment and its key ceremony."""
    return hash_of("BallotSetup", chain_id, ceremony, agency, manifest_hash)


def election_id(
    chain_id: int, box: str, key: Point, roll_root: str, manifest_hash: str, opens_at: int, closes_at: int
) -> str:
    """The name of an election; times (Unix seconds) as announced at first."""
    return hash_of("Election", chain_id, box, key, roll_root, manifest_hash, opens_at, closes_at)


def roll_line(unit: int, index: int, credential: str) -> str:
    """The leaf of one line of a unit's roll."""
    return hash_of("RollLine", unit, index, credential)


def unit_leaf(roll: UnitRoll) -> str:
    """The leaf of one unit under the election's roll root."""
    return hash_of("BallotUnit", roll.unit, roll.lines, roll.issued, roll.eligible, roll.root)


def enrolment_leaf(setup: str, sequence: int, unit: int, voter: str, blinded: str, authority: str) -> str:
    """The leaf of one enrolment under the log's root; `blinded` and `authority` are hashes."""
    return hash_of("Enrolment", setup, sequence, unit, voter, blinded, authority)


def content_hash(election: str, unit: int, credential: str, ciphertexts: Sequence[Ciphertext]) -> str:
    """What a ballot says, in secret, and for whom."""
    return hash_of("BallotContent", election, unit, credential, ciphertexts)


def proof_challenge(
    content: str,
    previous: str,
    contest: int,
    number: int,
    values: Sequence[int],
    branches: Iterable[tuple[str, Point]],
) -> int:
    """The challenge e of proof `number` of a ballot; of each branch address(a) and b."""
    return scalar_of("BallotProof", content, previous, contest, number, len(values), values, branches)


def proofs_hash(proofs: Iterable[Proof]) -> str:
    """What stands for all proofs in the tracker: challenge and response of each branch. The hints are outside."""
    return hash_of("BallotProofs", ((branch.challenge, branch.response) for proof in proofs for branch in proof))


def tracker_of(content: str, previous: str, proofs: str) -> str:
    """By which a voter finds the ballot again."""
    return hash_of("BallotTracker", content, previous, proofs)


def batch_leaf(index: int, tracker: str) -> str:
    """The leaf of one ballot in its batch."""
    return hash_of("BallotLeaf", index, tracker)


def share_challenge(
    election: str,
    group: int,
    ciphertext: int,
    trustee: int,
    trustee_key: Point,
    total: Ciphertext,
    share: Point,
    commitment: str,
    b: Point,
) -> int:
    """The challenge of a decryption share; `ciphertext` counts through the whole ballot, `commitment` is address(a)."""
    return scalar_of("TallyShare", election, group, ciphertext, trustee, trustee_key, total, share, commitment, b)


def possession_challenge(setup: str, trustee: str, kind: int, point: Point, commitment: str) -> int:
    """The challenge by which a trustee shows that it knows a point's secret; `kind` 1 constant term, 2 key."""
    return scalar_of("Possession", setup, trustee, kind, point, commitment)


def trustee_commitment(
    setup: str,
    trustee: str,
    coefficients: Sequence[Point],
    encryption_key: Point,
    constant_proof: Possession,
    key_proof: Possession,
) -> str:
    """What a trustee commits to before it reveals (`ITrusteeCeremony.commit`)."""
    proofs = (constant_proof.challenge, constant_proof.response, key_proof.challenge, key_proof.response)
    return hash_of("TrusteeCommitment", setup, trustee, len(coefficients), coefficients, encryption_key, proofs)


def share_mask(setup: str, dealer: int, recipient: int, shared: Point) -> int:
    """What a dealt share is encrypted with, by XOR (`ITrusteeCeremony.SharesDealt`)."""
    return int(hash_of("DealtShare", setup, dealer, recipient, shared), 16)


def credential_message(setup: str, unit: int, credential: str) -> bytes:
    """The 128 bytes that the enrolment office signs blindly."""
    return tag("BallotCredential") + words(setup, unit, credential)


def domain_separator(chain_id: int, contract: str) -> str:
    """The EIP-712 domain "Muniment Ballots" of a box, or of the ceremony for enrolments."""
    name, version = keccak_bytes(b"Muniment Ballots"), keccak_bytes(b"1")
    return _text(keccak_bytes(words(_DOMAIN_TYPE, name, version, chain_id, contract)))


def cast_digest(domain: str, tracker: str) -> str:
    """What the credential signs to cast a ballot."""
    return _digest(domain, _CAST_TYPE, tracker)


def withdrawal_digest(domain: str, unit: int, index: int) -> str:
    """What the credential signs to withdraw its ballot and be barred."""
    return _digest(domain, _WITHDRAWAL_TYPE, unit, index)


def paper_digest(domain: str, unit: int, index: int, number: int) -> str:
    """What the credential of a voter who withdrew signs at the desk, with the number that is told there."""
    return _digest(domain, _PAPER_TYPE, unit, index, number)


def enrolment_digest(domain: str, setup: str, unit: int, voter: str, blinded: str, deadline: int) -> str:
    """What the citizen's wallet or two officers sign for an enrolment; the domain is the ceremony's."""
    return _digest(domain, _ENROL_TYPE, setup, unit, voter, blinded, deadline)


def cast_digest_prefix(domain: str) -> tuple[bytes, bytes]:
    """What the digest of `cast_digest` is hashed from: its beginning, and its struct's before the tracker."""
    return b"\x19\x01" + words(domain), _CAST_TYPE


def _digest(domain: str, *message: Value) -> str:
    struct = keccak_bytes(words(*message))
    return _text(keccak_bytes(b"\x19\x01" + words(domain) + struct))


def _text(raw: bytes) -> str:
    return "0x" + raw.hex()
