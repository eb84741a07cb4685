"""What trustees compute to make a key together (`interfaces/ballots/ITrusteeCeremony.sol`).

Pedersen's key generation (EUROCRYPT 1991) with Feldman's commitments (FOCS 1987): each trustee draws a polynomial of
degree threshold − 1 and deals its values to the others; the key is the sum of all constant terms, which nobody ever
holds. Commitments come before anything is shown, so that nobody can choose a share of the key by the others'.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from muniment.ballots.crypto.group import Draw, add, draw_scalar, is_on_curve, multiply
from muniment.ballots.crypto.proofs import check_possession, prove_possession
from muniment.ballots.hashes import share_mask, trustee_commitment
from muniment.ballots.model import ORDER, Point, Possession
from muniment.errors import Refused

CONSTANT_TERM, ENCRYPTION_KEY = 1, 2  # kinds of a proof of possession


@dataclass(frozen=True)
class Reveal:
    """What a trustee shows after all have committed: Feldman's commitments, an encryption key, and both proofs."""

    coefficients: tuple[Point, ...]
    encryption_key: Point
    constant_proof: Possession
    key_proof: Possession

    def commitment(self, setup: str, trustee: str) -> str:
        """The hash that the trustee commits to."""
        return trustee_commitment(
            setup, trustee, self.coefficients, self.encryption_key, self.constant_proof, self.key_proof
        )


@dataclass(frozen=True)
class TrusteeSecret:
    """What a trustee keeps for one setup: the polynomial, constant term first, and the secret of its encryption key.

    With it stands what will be revealed: its proofs are not the same when made twice, and the commitment covers them.
    """

    setup: str
    trustee: str
    polynomial: tuple[int, ...]
    encryption_secret: int
    revealed: Reveal

    @property
    def threshold(self) -> int:
        """How many trustees decrypt together."""
        return len(self.polynomial)


def draw_secret(setup: str, trustee: str, threshold: int, draw: Draw = draw_scalar) -> TrusteeSecret:
    """A fresh secret for one setup; `trustee` is the trustee's address."""
    polynomial = tuple(draw() for _ in range(threshold))
    encryption_secret = draw()
    revealed = Reveal(
        tuple(multiply(coefficient) for coefficient in polynomial),
        multiply(encryption_secret),
        prove_possession(setup, trustee, CONSTANT_TERM, polynomial[0], draw),
        prove_possession(setup, trustee, ENCRYPTION_KEY, encryption_secret, draw),
    )
    return TrusteeSecret(setup, trustee, polynomial, encryption_secret, revealed)


def check_reveal(setup: str, trustee: str, threshold: int, commitment: str, revealed: Reveal) -> None:
    """Check what a trustee shows as the contract does.

    Raises Refused(CountRefused, PointRefused, CommitmentMismatch or PossessionRefused).
    """
    if len(revealed.coefficients) != threshold:
        raise Refused("CountRefused", given=len(revealed.coefficients), needed=threshold)
    for point in (*revealed.coefficients, revealed.encryption_key):
        if not is_on_curve(point):
            raise Refused("PointRefused", x=point.x, y=point.y)
    if revealed.commitment(setup, trustee) != commitment:
        raise Refused("CommitmentMismatch", setup=setup, trustee=trustee)
    for kind, point, proof in (
        (CONSTANT_TERM, revealed.coefficients[0], revealed.constant_proof),
        (ENCRYPTION_KEY, revealed.encryption_key, revealed.key_proof),
    ):
        if not check_possession(setup, trustee, kind, point, proof):
            raise Refused("PossessionRefused", setup=setup, trustee=trustee, kind=kind)


def share_for(polynomial: Sequence[int], place: int) -> int:
    """f(place) mod q: what the dealer of this polynomial owes the trustee at that place, from 1."""
    value = 0
    for coefficient in reversed(polynomial):
        value = (value * place + coefficient) % ORDER
    return value


def value_at(coefficients: Sequence[Point], place: int) -> Point:
    """f(place)·G from the commitments to f."""
    value = coefficients[-1]
    for coefficient in reversed(coefficients[:-1]):
        value = add(multiply(place, value), coefficient)
    return value


def share_fits(share: int, place: int, coefficients: Sequence[Point]) -> bool:
    """Whether a share is the one that the dealer committed to. Zero, and what is not below q, never is."""
    return 0 < share < ORDER and multiply(share) == value_at(coefficients, place)


def deal(secret: TrusteeSecret, dealer: int, keys: Mapping[int, Point], trustees: int) -> tuple[int, ...]:
    """The dealer's encrypted shares for places 1 … trustees; zero for itself and where `keys` has no encryption key."""
    return tuple(
        seal_share(secret, dealer, place, keys[place]) if place != dealer and place in keys else 0
        for place in range(1, trustees + 1)
    )


def seal_share(secret: TrusteeSecret, dealer: int, place: int, key: Point) -> int:
    """One share under the recipient's encryption key."""
    return share_for(secret.polynomial, place) ^ _mask(secret, dealer, place, key)


def open_share(secret: TrusteeSecret, dealer: int, place: int, dealer_key: Point, sealed: int) -> int:
    """The share that a dealer sent to this secret's trustee at `place`; any number, if the dealer cheated."""
    return sealed ^ _mask(secret, dealer, place, dealer_key)


def joint_key(dealers: Sequence[Sequence[Point]]) -> Point:
    """The election key H from the commitments of all dealers who are in."""
    return add(*(coefficients[0] for coefficients in dealers))


def trustee_key(dealers: Sequence[Sequence[Point]], place: int) -> Point:
    """X_j, the public key of the trustee at a place."""
    return add(*(value_at(coefficients, place) for coefficients in dealers))


def decryption_secret(shares: Sequence[int]) -> int:
    """x_j from the shares of all dealers who are in, the trustee's own among them."""
    return sum(shares) % ORDER


def _mask(secret: TrusteeSecret, dealer: int, place: int, key: Point) -> int:
    # Diffie and Hellman's: the same from either side.
    return share_mask(secret.setup, dealer, place, multiply(secret.encryption_secret, key))
