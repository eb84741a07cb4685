"""The mathematics of the key ceremony."""

from dataclasses import replace
from itertools import combinations

import pytest

from muniment.ballots.crypto.group import add, multiply
from muniment.ballots.model import FIELD, INFINITY, ORDER, Point, Possession
from muniment.ballots.trustees.ceremony import Reveal, check_reveal, open_share, seal_share, share_fits, share_for
from muniment.ballots.trustees.sharing import lagrange
from muniment.errors import Refused
from tests.service.ballots.dealing import SETUP, deal_all

TRUSTEE = f"0x{1:040x}"


@pytest.mark.parametrize(("threshold", "trustees", "out"), [(2, 2, ()), (2, 3, ()), (3, 5, ()), (3, 5, (2, 5))])
def test_any_threshold_trustees_hold_the_key(threshold: int, trustees: int, out: tuple[int, ...]) -> None:
    """Any `threshold` of those who are in must be able to put the secret of H together, and one fewer must not."""
    dealt = deal_all(threshold, trustees, out)
    for places in combinations(dealt.secrets, threshold):
        secret = sum(lagrange(place, places) * dealt.secrets[place] for place in places)
        assert multiply(secret) == dealt.key
    for places in combinations(dealt.secrets, threshold - 1):
        secret = sum(lagrange(place, places) * dealt.secrets[place] for place in places)
        assert multiply(secret) != dealt.key


def test_public_keys_fit_the_secrets() -> None:
    """X_j from the commitments must be x_j·G."""
    dealt = deal_all(3, 4)
    assert {place: multiply(secret) for place, secret in dealt.secrets.items()} == dealt.keys


def test_a_share_is_for_its_recipient() -> None:
    """A sealed share must open for the trustee it was sent to, and be checked against the dealer's commitments."""
    dealer, recipient, other = deal_all(2, 3).trustees
    sealed = seal_share(dealer, 1, 2, recipient.revealed.encryption_key)
    key = dealer.revealed.encryption_key
    share = open_share(recipient, 1, 2, key, sealed)
    assert share == share_for(dealer.polynomial, 2) != sealed
    assert share_fits(share, 2, dealer.revealed.coefficients)
    assert open_share(other, 1, 2, key, sealed) != share
    assert not share_fits(share, 3, dealer.revealed.coefficients)
    assert not share_fits(share, 2, recipient.revealed.coefficients)
    assert not share_fits(share + 1, 2, dealer.revealed.coefficients)
    assert not share_fits(share + ORDER, 2, dealer.revealed.coefficients)
    assert not share_fits(0, 2, dealer.revealed.coefficients)


def test_an_honest_reveal_passes() -> None:
    """What was committed to must pass, and a commitment be bound to the trustee and the setup."""
    revealed = deal_all(3, 4).trustees[0].revealed
    commitment = revealed.commitment(SETUP, TRUSTEE)
    check_reveal(SETUP, TRUSTEE, 3, commitment, revealed)
    assert revealed.commitment(SETUP, f"0x{2:040x}") != commitment
    assert revealed.commitment("0x" + "5f" * 32, TRUSTEE) != commitment


def spoiled(revealed: Reveal, how: str) -> Reveal:
    """A reveal with one thing wrong."""
    first, *others = revealed.coefficients
    proof = revealed.constant_proof
    return {
        "fewer": replace(revealed, coefficients=tuple(others)),
        "infinity": replace(revealed, coefficients=(INFINITY, *others)),
        "off the curve": replace(revealed, coefficients=(Point(first.x, first.y + 1), *others)),
        "beyond the field": replace(revealed, encryption_key=Point(FIELD + 1, first.y)),
        "rogue": replace(revealed, coefficients=(add(first, multiply(7)), *others)),
        "rogue key": replace(revealed, encryption_key=multiply(7)),
        "challenge": replace(revealed, constant_proof=Possession(proof.challenge + 1, proof.response)),
        "response": replace(revealed, constant_proof=Possession(proof.challenge, 0)),
    }[how]


@pytest.mark.parametrize(
    ("how", "error"),
    [
        ("fewer", "CountRefused"),
        ("infinity", "PointRefused"),
        ("off the curve", "PointRefused"),
        ("beyond the field", "PointRefused"),
        ("rogue", "PossessionRefused"),
        ("rogue key", "PossessionRefused"),
        ("challenge", "PossessionRefused"),
        ("response", "PossessionRefused"),
    ],
)
def test_a_dishonest_reveal_is_refused(how: str, error: str) -> None:
    """Each trick must fail, also when it was committed to; and any change after the commitment must."""
    honest = deal_all(3, 4).trustees[0].revealed
    revealed = spoiled(honest, how)
    with pytest.raises(Refused, match=error):
        check_reveal(SETUP, TRUSTEE, 3, revealed.commitment(SETUP, TRUSTEE), revealed)
    after = error if error in ("CountRefused", "PointRefused") else "CommitmentMismatch"
    with pytest.raises(Refused, match=after):
        check_reveal(SETUP, TRUSTEE, 3, honest.commitment(SETUP, TRUSTEE), revealed)


def test_a_proof_of_another_trustee_is_refused() -> None:
    """A trustee must not pass with another's points and proofs."""
    revealed = deal_all(3, 4).trustees[1].revealed
    with pytest.raises(Refused, match="PossessionRefused"):
        check_reveal(SETUP, TRUSTEE, 3, revealed.commitment(SETUP, TRUSTEE), revealed)
