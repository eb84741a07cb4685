"""Zero-knowledge proofs of the ballot protocol: one of some values, equal logarithms, possession of a secret.

All are Schnorr's, made non-interactive by hashing (Fiat and Shamir); one of some values after Cramer, Damgård and
Schoenmakers (CRYPTO 1994), equal logarithms after Chaum and Pedersen (CRYPTO 1992). Formulas: docs/ballots-protocol.md.
"""

from collections.abc import Callable, Sequence

from muniment.ballots.crypto.group import (
    Draw,
    add,
    address_of,
    chord,
    combine,
    draw_scalar,
    is_on_curve,
    multiply,
    subtract,
)
from muniment.ballots.hashes import possession_challenge
from muniment.ballots.model import (
    FIELD,
    GENERATOR,
    ORDER,
    Branch,
    Ciphertext,
    EqualLogs,
    Point,
    Possession,
    Proof,
)
from muniment.errors import Refused

_ATTEMPTS = 8  # each fails once in 2^250 times

Challenge = Callable[[Sequence[tuple[str, Point]]], int]  # from address(a) and b of each branch


def prove_one_of(
    key: Point,
    ciphertext: Ciphertext,
    values: Sequence[int],
    true: int,
    randomness: int,
    challenge: Challenge,
    draw: Draw = draw_scalar,
) -> Proof:
    """Prove that a ciphertext of `randomness` under `key` holds one of the values; it holds that of place `true`.

    Raises ValueError when no proof can be written, as with a randomness of 0, or with draws that are not random.
    """
    for _ in range(_ATTEMPTS):
        proof = _prove_one_of(key, ciphertext, values, true, randomness, challenge, draw)
        if proof is not None:
            return proof
    raise ValueError("no proof can be written for this ciphertext")


def _prove_one_of(
    key: Point,
    ciphertext: Ciphertext,
    values: Sequence[int],
    true: int,
    randomness: int,
    challenge: Challenge,
    draw: Draw,
) -> Proof | None:
    """The same, or None when a scalar came out zero or a line vertical: once in 2^250 attempts."""
    nonce = draw()
    challenges, responses, commitments = [], [], []
    for place, value in enumerate(values):
        if place == true:
            challenges.append(0)
            responses.append(nonce)
            commitments.append((address_of(multiply(nonce)), multiply(nonce, key)))
            continue
        c, z = draw(), draw()
        hidden = subtract(ciphertext.b, multiply(value))
        a = subtract(multiply(z), multiply(c, ciphertext.a))
        challenges.append(c)
        responses.append(z)
        commitments.append((address_of(a), subtract(multiply(z, key), multiply(c, hidden))))
    challenges[true] = (challenge(commitments) - sum(challenges)) % ORDER
    responses[true] = (nonce + challenges[true] * randomness) % ORDER
    proof = []
    for c, z, (commitment, b) in zip(challenges, responses, commitments, strict=True):
        u = multiply(z, key)
        if not c or not z or u.x == b.x:
            return None
        proof.append(Branch(c, z, commitment, b, u, chord(u, b)))
    return tuple(proof)


def check_one_of(
    key: Point,
    ciphertext: Ciphertext,
    values: Sequence[int],
    challenge: Challenge,
    proof: Proof,
    *,
    index: int = 0,
    number: int = 0,
) -> None:
    """Check such a proof as the box does: three recoveries for each branch.

    The ciphertext is taken to be on the curve; `index` (the ballot's) and `number` (the proof's) go into what is
    raised.
    Raises Refused(ProofScalarRefused, ProofHintRefused or ProofRefused).
    """

    def refuse(name: str, place: int) -> Refused:
        return Refused(name, index=index, proof=number, branch=place)

    for place, branch in enumerate(proof):
        if not 0 < branch.response < ORDER or not 0 < branch.challenge < ORDER:
            raise refuse("ProofScalarRefused", place)
        if third_point(branch.u, branch.b, branch.slope) is None:
            raise refuse("ProofHintRefused", place)
    e = challenge([(branch.commitment, branch.b) for branch in proof])
    if (e - sum(branch.challenge for branch in proof)) % ORDER:
        raise refuse("ProofRefused", len(proof) - 1)
    for place, (branch, value) in enumerate(zip(proof, values, strict=True)):
        c, z = branch.challenge, branch.response
        w = third_point(branch.u, branch.b, branch.slope)
        holds = (
            combine(z, ciphertext.a, -c) == branch.commitment
            and combine(0, key, z) == address_of(branch.u)
            and w is not None
            and combine(-c * value, ciphertext.b, c) == address_of(w)
        )
        if not holds:
            raise refuse("ProofRefused", place)


def third_point(u: Point, b: Point, slope: int) -> Point | None:
    """W = U − b by the chord through U and −b, or None when U or b is off the curve or the line misses b."""
    if not 0 <= slope < FIELD or not is_on_curve(u) or not is_on_curve(b) or u.x == b.x:
        return None
    if -b.y % FIELD != (u.y + slope * (b.x - u.x)) % FIELD:
        return None
    x = (slope * slope - u.x - b.x) % FIELD
    return Point(x, (slope * (u.x - x) - u.y) % FIELD)


def prove_equal_logs(
    secret: int, base: Point, challenge: Callable[[str, Point], int], draw: Draw = draw_scalar
) -> EqualLogs:
    """Prove that D = secret·base and X = secret·G have one logarithm; `challenge` takes address(a) and b.

    The challenge covers X, base and D: the caller's closure holds them. Raises ValueError for a secret of 0.
    """
    for _ in range(_ATTEMPTS):
        nonce = draw()
        b = multiply(nonce, base)
        c = challenge(address_of(multiply(nonce)), b)
        z = (nonce + c * secret) % ORDER
        u = multiply(z, base)
        if c and z and u.x != b.x:
            return EqualLogs(c, z, b, u, chord(u, b))
    raise ValueError("no proof can be written for this secret")


def check_equal_logs(
    key: Point, base: Point, share: Point, challenge: Callable[[str, Point], int], proof: EqualLogs
) -> bool:
    """Whether the proof shows that log_G of `key` is log_base of `share`. A point off the curve never does."""
    c, z = proof.challenge, proof.response
    if not all(is_on_curve(point) for point in (key, base, share)) or not 0 < c < ORDER or not 0 < z < ORDER:
        return False
    w = third_point(proof.u, proof.b, proof.slope)
    commitment = combine(z, key, -c)
    return (
        w is not None
        and commitment is not None
        and challenge(commitment, proof.b) == c
        and combine(0, base, z) == address_of(proof.u)
        and combine(0, share, c) == address_of(w)
    )


def prove_possession(setup: str, trustee: str, kind: int, secret: int, draw: Draw = draw_scalar) -> Possession:
    """Prove to know the secret of P = secret·G; `kind` is 1 for a constant term, 2 for an encryption key.

    Raises ValueError for a secret of 0, whose point is infinity.
    """
    if not secret % ORDER:
        raise ValueError("a secret is not 0")
    for _ in range(_ATTEMPTS):
        nonce = draw()
        c = possession_challenge(setup, trustee, kind, multiply(secret), address_of(multiply(nonce)))
        z = (nonce + c * secret) % ORDER
        if c and z:
            return Possession(c, z)
    raise ValueError("no proof can be written for this secret")


def check_possession(setup: str, trustee: str, kind: int, point: Point, proof: Possession) -> bool:
    """Whether the proof shows that somebody knows the point's secret. A point off the curve never does."""
    c, z = proof.challenge, proof.response
    if not is_on_curve(point) or not 0 < c < ORDER or not 0 < z < ORDER:
        return False
    commitment = combine(z, point, -c)
    return commitment is not None and possession_challenge(setup, trustee, kind, point, commitment) == c


def encrypt(key: Point, message: int, randomness: int) -> Ciphertext:
    """(rG, rH + mG)."""
    return Ciphertext(multiply(randomness), add(multiply(randomness, key), multiply(message, GENERATOR)))


def sum_of(ciphertexts: Sequence[Ciphertext]) -> Ciphertext:
    """The ciphertext of the messages' sum."""
    return Ciphertext(add(*(one.a for one in ciphertexts)), add(*(one.b for one in ciphertexts)))
