"""Check many packed ballots of one unit at once, as `ballot.check_ballot` checks each, several times as fast.

Of a branch only the account of a_j is known: one recovery each, as on the chain. U_j = z_j·H and W_j = c_j(B − v_jG)
are known as points; so all of a run are checked in one equation,

    Σ ρ_j·U_j + Σ σ_j·W_j = (Σ ρ_j·z_j)·H + Σ (σ_j·c_j)·B − (Σ σ_j·c_j·v_j)·G

with factors ρ_j, σ_j of 64 bits that are drawn here, after the ballots are given (small exponents: Bellare, Garay and
Rabin, EUROCRYPT 1998). If any of the equations is false, this one holds with a probability of 2^−64 at most, whoever
made the ballots: the group's order is prime. When it fails, the simple check names the ballot.

2^−64 is a chance, not work that an attacker could do beforehand: the factors come from the system's randomness, anew
in each run, and are nobody else's to know. Whoever runs a verifier at home ever so often learns of its own factors
alone, so that false ballots, once published, have one chance with each other verifier; and the box, which takes no
sums, refuses them always. A factor of zero is one of the 2^64 and is counted in that chance.
"""

import secrets
from typing import Any, NamedTuple

from muniment.ballots.crypto.ballot import check_ballot
from muniment.ballots.crypto.packing import read_ballots
from muniment.ballots.crypto.points import Points
from muniment.ballots.hashes import cast_digest_prefix, tag, words
from muniment.ballots.model import FIELD, GENERATOR, ORDER, BallotFlags, BallotPaper, ProofPlan
from muniment.ballots.roll import depth_of
from muniment.hashing import keccak_bytes

RUN = 1_024  # ballots in one equation
_FACTOR = 8  # bytes of a random factor
_LOW_BITS = (1 << 255) - 1
_PADDING = bytes(12)  # before an account, which is a word in a hash


def check_ballots(paper: BallotPaper, packed: bytes) -> list[str]:
    """Check ballots in themselves, signatures and roll included, and return their trackers in order.

    Raises Refused as `unpack_ballots` and, for the first ballot that is bad, as `check_ballot`.
    """
    trackers: list[str] = []
    at = 0
    while at < len(packed):
        run = _Run(paper, packed, at)
        if not run.holds():
            break
        trackers += run.trackers
        at = run.at
    if at < len(packed) or not packed:
        trackers += [check_ballot(paper, ballot) for ballot in read_ballots(paper, packed, at)]
    return trackers


def sound(paper: BallotPaper, packed: bytes) -> list[str] | None:
    """The trackers of up to RUN ballots when all hold; None when one does not, or there are more or none."""
    run = _Run(paper, packed, 0)
    return run.trackers if packed and run.holds() and run.at == len(packed) else None


class _DoubtError(Exception):
    """Something about a ballot is wrong; the simple check says what."""


class _Half(NamedTuple):
    """A or B: its bytes, and the library's pointer."""

    raw: bytes
    point: Any


class _Run:
    """Some ballots in a row, and the equation over them."""

    def __init__(self, paper: BallotPaper, packed: bytes, at: int) -> None:
        self.paper, self.packed, self.at = paper, packed, at
        self.trackers: list[str] = []
        self._content = tag("BallotContent") + words(paper.election, paper.roll.unit)
        self._line = tag("RollLine") + words(paper.roll.unit)
        self._root = words(paper.roll.root)
        self._depth = depth_of(paper.roll.lines)
        self._digest, self._cast = cast_digest_prefix(paper.domain)
        self._plans = [
            (plan, words(plan.contest, number, len(plan.values), plan.values))
            for number, plan in enumerate(paper.proofs)
        ]
        self._points = Points()
        self._terms: list[Any] = []
        self._factors: list[bytes] = []
        self._of_key = self._of_generator = 0

    def holds(self) -> bool:
        """Go through up to RUN ballots from `at` on; whether all hold. Leaves `at` behind them, and `trackers`."""
        start = self.at
        try:
            while self.at < len(self.packed) and len(self.trackers) < RUN:
                self._check()
            for point, factor in ((self.paper.key, -self._of_key), (GENERATOR, self._of_generator)):
                self._weigh(_word(point.x) + _word(point.y), _word(factor % ORDER))
        except _DoubtError:
            self.at = start
            return False
        return self._points.weighted_sum(self._terms, self._factors) is None

    def _check(self) -> None:
        """Check the ballot at `at` but for the equation, to which it is added."""
        paper = self.paper
        header = self._bytes(25)
        index, flags, credential = int.from_bytes(header[:4], "big"), header[4], header[5:]
        signature = self._bytes(64)
        _require(flags <= BallotFlags.REPLACES_REPLACEMENT)
        previous = self._bytes(32) if flags else bytes(32)
        ciphertexts = self._bytes(128 * paper.ciphertexts)
        content = keccak_bytes(self._content + _PADDING + credential + ciphertexts)
        halves = [self._half(ciphertexts[at : at + 64]) for at in range(0, len(ciphertexts), 64)]
        scalars = [tag("BallotProofs")]
        for plan, values in self._plans:
            a, b = self._covered(halves, plan)
            self._check_proof(a, b, plan, tag("BallotProof") + content + previous + values, scalars)
        self._check_line(index, credential)
        tracker = keccak_bytes(tag("BallotTracker") + content + previous + keccak_bytes(b"".join(scalars)))
        self._check_signature(signature, tracker, credential)
        if flags:
            old = keccak_bytes(self._content + _PADDING + credential + self._bytes(128 * paper.ciphertexts))
            _require(keccak_bytes(tag("BallotTracker") + old + self._bytes(64)) == previous)
            if flags == BallotFlags.REPLACES_BATCHED:
                self._bytes(32 * self._bytes(7)[6])
        self.trackers.append("0x" + tracker.hex())

    def _bytes(self, length: int) -> bytes:
        start = self.at
        self.at = end = start + length
        _require(end <= len(self.packed))
        return self.packed[start:end]

    def _half(self, raw: bytes) -> _Half:
        point = self._points.parse(raw)
        _require(point is not None and int.from_bytes(raw[:32], "big") < ORDER)
        return _Half(raw, point)

    def _covered(self, halves: list[_Half], plan: ProofPlan) -> tuple[_Half, _Half]:
        """What a proof is about: one ciphertext, or a contest's sum."""
        if len(plan.ciphertexts) == 1:
            first = 2 * plan.ciphertexts[0]
            return halves[first], halves[first + 1]
        sums = [self._points.sum([halves[2 * at + side].point for at in plan.ciphertexts]) for side in (0, 1)]
        _require(None not in sums)
        a, b = (self._half(self._points.write(point)) for point in sums)
        return a, b

    def _check_proof(self, a: _Half, b: _Half, plan: ProofPlan, before: bytes, scalars: list[bytes]) -> None:
        """Check one proof, U_j and W_j by way of the equation. Appends each c_j and z_j to the scalars."""
        last = len(plan.values) - 1
        transcript, branches, left = [before], [], 0
        for place, value in enumerate(plan.values):
            response = self._bytes(32)
            challenge = self._bytes(32) if place < last else b""
            shown = self._bytes(148)
            w, y = _chord(shown[20:])
            transcript += (_PADDING, shown[:52], y)
            c = int.from_bytes(challenge, "big")
            _require(place == last or 0 < c < ORDER)
            left -= c
            branches.append((c, response, value, shown[:20], shown[52:116], w))
        left = (left + int.from_bytes(keccak_bytes(b"".join(transcript)), "big")) % ORDER
        ax, parity, of_b = int.from_bytes(a.raw[:32], "big"), a.raw[63] & 1, 0
        for place, (given, response, value, account, u, w) in enumerate(branches):
            c, z = left if place == last else given, int.from_bytes(response, "big")
            _require(0 < z < ORDER and c > 0)
            # address(zG − cA): whoever signs −z·A.x with (A.x, −c·A.x).
            signature = a.raw[:32] + _word(-c * ax % ORDER)
            _require(self._points.signer(signature, parity, _word(-z * ax % ORDER)) == account)
            self._of_key += self._weigh(u) * z
            weight = self._weigh(w) * c
            of_b += weight
            self._of_generator += weight * value
            scalars += (_word(c), response)
        self._terms.append(b.point)
        self._factors.append(_word(-of_b % ORDER))

    def _weigh(self, raw: bytes, factor: bytes = b"") -> int:
        """Put a point into the equation, with a fresh factor unless one is given."""
        factor = factor or secrets.token_bytes(_FACTOR)
        point = self._points.parse(raw)
        _require(point is not None)
        self._terms.append(point)
        self._factors.append(factor)
        return int.from_bytes(factor, "big")

    def _check_line(self, index: int, credential: bytes) -> None:
        _require(index < self.paper.roll.lines)
        node = keccak_bytes(self._line + _word(index) + _PADDING + credential)
        for _ in range(self._depth):
            sibling = self._bytes(32)
            node = keccak_bytes(sibling + node if index & 1 else node + sibling)
            index >>= 1
        _require(node == self._root)

    def _check_signature(self, signature: bytes, tracker: bytes, credential: bytes) -> None:
        vs = int.from_bytes(signature[32:], "big")
        s = vs & _LOW_BITS
        _require(s <= ORDER // 2)
        digest = keccak_bytes(self._digest + keccak_bytes(self._cast + tracker))
        _require(self._points.signer(signature[:32] + _word(s), vs >> 255, digest) == credential)


def _chord(hints: bytes) -> tuple[bytes, bytes]:
    """W = U − b, and b.y, from b.x, U and the slope of the line through U and −b; that U is on the curve is left."""
    bx, ux = int.from_bytes(hints[:32], "big"), int.from_bytes(hints[32:64], "big")
    uy, slope = int.from_bytes(hints[64:96], "big"), int.from_bytes(hints[96:], "big")
    _require(bx < FIELD and slope < FIELD and bx != ux)
    by = -(uy + slope * (bx - ux)) % FIELD
    _require((by * by - bx * bx * bx - 7) % FIELD == 0)
    x = (slope * slope - ux - bx) % FIELD
    return _word(x) + _word((slope * (ux - x) - uy) % FIELD), _word(by)


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _require(holds: bool) -> None:
    if not holds:
        raise _DoubtError
