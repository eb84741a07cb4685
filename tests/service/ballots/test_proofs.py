"""Proofs: each true statement proven, each false one refused."""

import pytest

from muniment.ballots.crypto.group import address_of, multiply
from muniment.ballots.crypto.proofs import (
    check_equal_logs,
    check_one_of,
    check_possession,
    encrypt,
    prove_equal_logs,
    prove_one_of,
    prove_possession,
    sum_of,
)
from muniment.ballots.hashes import possession_challenge, scalar_of
from muniment.ballots.model import INFINITY, ORDER, Ciphertext, Point, Possession
from muniment.errors import Refused

KEY = multiply(0xABCDEF)
SETUP, TRUSTEE = "0x" + "51" * 32, "0x" + "7e" * 20


def challenge(branches: object) -> int:
    """A challenge over the branches alone."""
    return scalar_of("Test", branches)  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [(1, 512), (0, 1, 2, 3, 4, 5), (1, 512, 512**2, 512**3, 0), tuple(range(64))])
def test_every_value_can_be_proven(values: tuple[int, ...]) -> None:
    """Each value of the list must have a proof that holds, and none that holds for another ciphertext."""
    for true in {0, 1, len(values) - 1}:
        ciphertext = encrypt(KEY, values[true], 99)
        proof = prove_one_of(KEY, ciphertext, values, true, 99, challenge)
        check_one_of(KEY, ciphertext, values, challenge, proof)
        with pytest.raises(Refused, match="ProofRefused"):
            check_one_of(KEY, encrypt(KEY, values[true], 100), values, challenge, proof)
        with pytest.raises(Refused, match="ProofRefused"):
            check_one_of(multiply(5), ciphertext, values, challenge, proof)
        with pytest.raises(Refused, match="ProofRefused"):
            check_one_of(KEY, ciphertext, values, lambda branches: challenge(branches) + 1, proof)


def test_another_value_cannot() -> None:
    """A value off the list, and one at another place than claimed, must fail where they are claimed."""
    values = (1, 512, 0)
    for message, claimed in ((2, 0), (512, 0), (ORDER - 1, 2)):
        ciphertext = encrypt(KEY, message, 99)
        proof = prove_one_of(KEY, ciphertext, values, claimed, 99, challenge)
        with pytest.raises(Refused) as refused:
            check_one_of(KEY, ciphertext, values, challenge, proof, index=3, number=4)
        assert refused.value.arguments == {"index": 3, "proof": 4, "branch": claimed}


def test_a_ciphertext_without_randomness_has_no_proof() -> None:
    """U would be b: the maker must say so, and not try forever."""
    with pytest.raises(ValueError, match="no proof"):
        prove_one_of(KEY, Ciphertext(INFINITY, multiply(1)), (0, 1), 1, 0, challenge)


def test_sums_add_what_is_encrypted() -> None:
    """The sum of ciphertexts must encrypt the sum, under the sum of their randomness."""
    assert sum_of([encrypt(KEY, 2, 5), encrypt(KEY, 3, 7)]) == encrypt(KEY, 5, 12)


def test_equal_logarithms() -> None:
    """A share by the key's own secret must hold, and no other."""
    secret, base = 1234, multiply(77)

    def covering(share: Point) -> object:
        return lambda commitment, b: scalar_of("Test", multiply(secret), base, share, commitment, b)

    share = multiply(secret, base)
    proof = prove_equal_logs(secret, base, covering(share))  # type: ignore[arg-type]
    assert check_equal_logs(multiply(secret), base, share, covering(share), proof)  # type: ignore[arg-type]
    for other in (multiply(1235, base), INFINITY, base):
        forged = prove_equal_logs(secret, base, covering(other))  # type: ignore[arg-type]
        assert not check_equal_logs(multiply(secret), base, other, covering(other), forged)  # type: ignore[arg-type]
    assert not check_equal_logs(multiply(1235), base, share, covering(share), proof)  # type: ignore[arg-type]
    assert not check_equal_logs(multiply(secret), multiply(78), share, covering(share), proof)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no proof"):
        prove_equal_logs(0, base, covering(share))  # type: ignore[arg-type]


def test_possession() -> None:
    """Whoever knows the secret can show it, for this setup, trustee and kind alone."""
    proof = prove_possession(SETUP, TRUSTEE, 1, 42)
    assert check_possession(SETUP, TRUSTEE, 1, multiply(42), proof)
    assert not check_possession(SETUP, TRUSTEE, 2, multiply(42), proof)
    assert not check_possession("0x" + "52" * 32, TRUSTEE, 1, multiply(42), proof)
    assert not check_possession(SETUP, "0x" + "7f" * 20, 1, multiply(42), proof)
    assert not check_possession(SETUP, TRUSTEE, 1, multiply(43), proof)
    with pytest.raises(ValueError, match="not 0"):
        prove_possession(SETUP, TRUSTEE, 1, 0)


def test_a_rogue_key_cannot_be_shown() -> None:
    """A key made of another's, so that the sum is one's own, has no secret that its maker knows."""
    rogue = multiply(7)
    mine = multiply(42)
    for scalars in ((0, 5), (5, 0), (ORDER, 5), (5, ORDER)):
        assert not check_possession(SETUP, TRUSTEE, 1, rogue, Possession(*scalars))
    c = possession_challenge(SETUP, TRUSTEE, 1, rogue, address_of(multiply(9)))
    assert not check_possession(SETUP, TRUSTEE, 1, rogue, Possession(c, (9 + c * 42) % ORDER))
    assert not check_possession(SETUP, TRUSTEE, 1, INFINITY, Possession(5, 5))
    assert mine != rogue
