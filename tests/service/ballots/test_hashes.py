"""Hashes of the protocol beside those of the ABI and of EIP-712 as other people's code has them."""

from typing import Any

import pytest
from eth_abi import encode
from eth_account.messages import encode_typed_data
from eth_utils import keccak

from muniment.ballots import hashes
from muniment.ballots.model import GENERATOR, Ciphertext, Possession, UnitRoll

WORD, OTHER = "0x" + "a1" * 32, "0x" + "b2" * 32
ACCOUNT = "0x" + "c3" * 20
X, Y = GENERATOR


def expected(tag: str, types: str, *values: Any) -> str:
    """keccak256(abi.encode(keccak256(tag), values…))."""
    listed = [bytes.fromhex(one[2:]) if isinstance(one, str) and len(one) == 66 else one for one in values]
    whole = encode(["bytes32", *types.split(",")], [keccak(text=f"Muniment.{tag}.v1"), *listed])
    return "0x" + keccak(whole).hex()


def test_ids_are_those_of_the_protocol() -> None:
    """Every name must be made of what the table of the protocol lists, in that order."""
    ids = {
        hashes.setup_id(1, ACCOUNT, WORD, OTHER): expected(
            "BallotSetup", "uint256,address,bytes32,bytes32", 1, ACCOUNT, WORD, OTHER
        ),
        hashes.election_id(1, ACCOUNT, GENERATOR, WORD, OTHER, 5, 6): expected(
            "Election",
            "uint256,address,uint256,uint256,bytes32,bytes32,uint40,uint40",
            1,
            ACCOUNT,
            X,
            Y,
            WORD,
            OTHER,
            5,
            6,
        ),
        hashes.roll_line(3, 4, ACCOUNT): expected("RollLine", "uint32,uint32,address", 3, 4, ACCOUNT),
        hashes.unit_leaf(UnitRoll(1, 2, 3, 4, WORD)): expected(
            "BallotUnit", "uint32,uint32,uint32,uint32,bytes32", 1, 2, 3, 4, WORD
        ),
        hashes.enrolment_leaf(WORD, 7, 1, OTHER, WORD, OTHER): expected(
            "Enrolment", "bytes32,uint256,uint32,bytes32,bytes32,bytes32", WORD, 7, 1, OTHER, WORD, OTHER
        ),
        hashes.content_hash(WORD, 1, ACCOUNT, [Ciphertext(GENERATOR, GENERATOR)]): expected(
            "BallotContent", "bytes32,uint32,address,uint256[4]", WORD, 1, ACCOUNT, [X, Y, X, Y]
        ),
        hashes.tracker_of(WORD, OTHER, WORD): expected("BallotTracker", "bytes32,bytes32,bytes32", WORD, OTHER, WORD),
        hashes.batch_leaf(9, WORD): expected("BallotLeaf", "uint32,bytes32", 9, WORD),
    }
    for made, wanted in ids.items():
        assert made == wanted


def test_challenges_are_those_of_the_protocol() -> None:
    """Challenges must cover what the protocol lists, mod q."""
    q = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    branch = (ACCOUNT, GENERATOR)
    account = int(ACCOUNT, 16)
    proof = expected(
        "BallotProof",
        "bytes32,bytes32,uint256,uint256,uint256,uint256[2],uint256[6]",
        WORD,
        OTHER,
        1,
        5,
        2,
        [1, 512],
        [account, X, Y] * 2,
    )
    assert hashes.proof_challenge(WORD, OTHER, 1, 5, (1, 512), [branch, branch]) == int(proof, 16) % q
    total = Ciphertext(GENERATOR, GENERATOR)
    share = expected(
        "TallyShare",
        "bytes32,uint256,uint256,uint256,uint256[2],uint256[4],uint256[2],address,uint256[2]",
        WORD,
        1,
        2,
        3,
        [X, Y],
        [X, Y, X, Y],
        [X, Y],
        ACCOUNT,
        [X, Y],
    )
    made = hashes.share_challenge(WORD, 1, 2, 3, GENERATOR, total, GENERATOR, ACCOUNT, GENERATOR)
    assert made == int(share, 16) % q
    known = expected("Possession", "bytes32,address,uint8,uint256[2],address", WORD, ACCOUNT, 2, [X, Y], ACCOUNT)
    assert hashes.possession_challenge(WORD, ACCOUNT, 2, GENERATOR, ACCOUNT) == int(known, 16) % q


def test_the_ceremony_s_hashes_are_those_of_its_interface() -> None:
    """A trustee's commitment and the mask of a dealt share."""
    proofs = (Possession(1, 2), Possession(3, 4))
    commitment = expected(
        "TrusteeCommitment", "bytes32,address,uint256,uint256[6],uint256[4]", WORD, ACCOUNT, 2, [X, Y] * 3, [1, 2, 3, 4]
    )
    made = hashes.trustee_commitment(WORD, ACCOUNT, [GENERATOR, GENERATOR], GENERATOR, *proofs)
    assert made == commitment
    mask = expected("DealtShare", "bytes32,uint256,uint256,uint256,uint256", WORD, 1, 2, X, Y)
    assert hashes.share_mask(WORD, 1, 2, GENERATOR) == int(mask, 16)
    message = keccak(text="Muniment.BallotCredential.v1") + encode(
        ["bytes32", "uint32", "address"], [bytes.fromhex(WORD[2:]), 4, ACCOUNT]
    )
    assert hashes.credential_message(WORD, 4, ACCOUNT) == message


@pytest.mark.parametrize(
    ("primary", "members", "message", "made"),
    [
        ("CastBallot", "bytes32 tracker", {"tracker": WORD}, lambda domain: hashes.cast_digest(domain, WORD)),
        (
            "Withdrawal",
            "uint32 unit,uint32 index",
            {"unit": 3, "index": 4},
            lambda domain: hashes.withdrawal_digest(domain, 3, 4),
        ),
        (
            "PaperBallot",
            "uint32 unit,uint32 index,uint32 number",
            {"unit": 3, "index": 4, "number": 5},
            lambda domain: hashes.paper_digest(domain, 3, 4, 5),
        ),
        (
            "EnrolVoter",
            "bytes32 setup,uint32 unit,bytes32 voter,bytes32 blinded,uint256 deadline",
            {"setup": WORD, "unit": 3, "voter": OTHER, "blinded": WORD, "deadline": 99},
            lambda domain: hashes.enrolment_digest(domain, WORD, 3, OTHER, WORD, 99),
        ),
    ],
)
def test_digests_are_those_of_eip_712(primary: str, members: str, message: dict[str, Any], made: Any) -> None:
    """What wallets hash must be what is checked."""

    def described(text: str) -> list[dict[str, str]]:
        return [dict(zip(("type", "name"), one.split(), strict=True)) for one in text.split(",")]

    domain = {"name": "Muniment Ballots", "version": "1", "chainId": 31_337, "verifyingContract": ACCOUNT}
    signable = encode_typed_data(
        full_message={
            "types": {
                "EIP712Domain": described("string name,string version,uint256 chainId,address verifyingContract"),
                primary: described(members),
            },
            "primaryType": primary,
            "domain": domain,
            "message": message,
        }
    )
    digest = keccak(b"\x19" + signable.version + signable.header + signable.body)
    assert made(hashes.domain_separator(31_337, ACCOUNT)) == "0x" + digest.hex()


def test_values_that_are_no_words_are_refused() -> None:
    """Text of a strange length and numbers beyond a word must not be hashed as something else."""
    with pytest.raises(ValueError, match="neither"):
        hashes.words("0x1234")
    with pytest.raises(OverflowError):
        hashes.words(2**256)
