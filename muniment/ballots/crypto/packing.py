"""Ballots as packed bytes, the way the box takes them (docs/ballots-protocol.md, "A packed ballot")."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from muniment.ballots.hashes import content_hash, proof_challenge
from muniment.ballots.model import (
    FIELD,
    ORDER,
    Ballot,
    BallotFlags,
    BallotPaper,
    BatchPlace,
    Branch,
    Ciphertext,
    Point,
    Proof,
    ProofPlan,
    Replaced,
)
from muniment.ballots.roll import depth_of
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH

_HEADER = 4 + 1 + 20  # index, flags, credential


def pack_ballots(ballots: Sequence[Ballot]) -> bytes:
    """Ballots of one unit, one after the other. Raises OverflowError for a number that its place cannot hold."""
    return b"".join(map(pack_ballot, ballots))


def pack_ballot(ballot: Ballot) -> bytes:
    """One ballot."""
    packed = bytearray()
    packed += ballot.index.to_bytes(4, "big") + bytes([ballot.flags]) + _raw(ballot.credential) + ballot.signature
    if ballot.replaced:
        packed += _raw(ballot.previous)
    packed += _pack_ciphertexts(ballot.ciphertexts)
    for proof in ballot.proofs:
        for place, branch in enumerate(proof):
            packed += _word(branch.response)
            if place < len(proof) - 1:
                packed += _word(branch.challenge)
            packed += _raw(branch.commitment) + _word(branch.b.x)
            packed += _word(branch.u.x) + _word(branch.u.y) + _word(branch.slope)
    packed += b"".join(map(_raw, ballot.path))
    if ballot.replaced:
        packed += pack_replaced(ballot.replaced)
    return bytes(packed)


def pack_replaced(replaced: Replaced) -> bytes:
    """The ballot that is replaced, as at a packed ballot's end."""
    packed = _pack_ciphertexts(replaced.ciphertexts) + _raw(replaced.previous) + _raw(replaced.proofs_hash)
    if replaced.place:
        place = replaced.place
        packed += place.batch.to_bytes(4, "big") + place.place.to_bytes(2, "big") + bytes([len(place.path)])
        packed += b"".join(map(_raw, place.path))
    return packed


def ciphertext_places(ballot: Ballot, length: int) -> tuple[int, int | None]:
    """At which of a packed ballot's bytes its ciphertexts begin, and those of the ballot that it replaces."""
    if ballot.replaced is None:
        return _HEADER + 64, None
    return _HEADER + 64 + 32, length - len(pack_replaced(ballot.replaced))


def ciphertexts_at(packed: bytes, at: int, count: int) -> tuple[Ciphertext, ...]:
    """Ciphertexts from a byte on. Raises Refused(BallotsMalformed) when the bytes end before."""
    return _Reader(packed, at).ciphertexts(count)


def unpack_ballots(paper: BallotPaper, packed: bytes) -> list[Ballot]:
    """Read ballots of the paper's unit. Nothing is judged but the layout.

    b.y and the last branch's challenge are not in the bytes: b.y is what the hints make of it, the challenge what the
    others leave of the proof's.
    Raises Refused(BallotsMalformed) when the bytes end within a ballot or there are none, Refused(FlagsRefused).
    """
    return list(read_ballots(paper, packed))


def read_ballots(paper: BallotPaper, packed: bytes, at: int = 0) -> Iterator[Ballot]:
    """The same one by one, from a byte on: whoever checks each before reading the next finds the first fault first."""
    reader = _Reader(packed, at)
    yield _read(paper, reader)
    while reader.at < len(packed):
        yield _read(paper, reader)


class _Reader:
    """Takes bytes one after the other."""

    def __init__(self, packed: bytes, at: int) -> None:
        self.packed, self.at = packed, at

    def take(self, length: int) -> bytes:
        taken = self.packed[self.at : self.at + length]
        if len(taken) < length:
            raise Refused("BallotsMalformed", length=len(self.packed))
        self.at += length
        return taken

    def number(self, length: int = 32) -> int:
        return int.from_bytes(self.take(length), "big")

    def text(self, length: int = 32) -> str:
        return "0x" + self.take(length).hex()

    def texts(self, count: int) -> tuple[str, ...]:
        return tuple(self.text() for _ in range(count))

    def point(self) -> Point:
        return Point(self.number(), self.number())

    def ciphertexts(self, count: int) -> tuple[Ciphertext, ...]:
        return tuple(Ciphertext(self.point(), self.point()) for _ in range(count))


def _read(paper: BallotPaper, reader: _Reader) -> Ballot:
    header = reader.take(_HEADER)
    index, flags, credential = int.from_bytes(header[:4], "big"), header[4], "0x" + header[5:].hex()
    if flags > BallotFlags.REPLACES_REPLACEMENT:
        raise Refused("FlagsRefused", flags=flags)
    signature = reader.take(64)
    previous = reader.text() if flags else ZERO_HASH
    ciphertexts = reader.ciphertexts(paper.ciphertexts)
    content = content_hash(paper.election, paper.roll.unit, credential, ciphertexts)
    proofs = [_read_proof(reader, content, previous, number, plan) for number, plan in enumerate(paper.proofs)]
    path = reader.texts(depth_of(paper.roll.lines))
    replaced = _read_replaced(paper, reader, flags) if flags else None
    return Ballot(index, credential, previous, ciphertexts, tuple(proofs), path, signature, replaced)


def _read_proof(reader: _Reader, content: str, previous: str, number: int, plan: ProofPlan) -> Proof:
    branches: list[Branch] = []
    last = len(plan.values) - 1
    for place in range(last + 1):
        response = reader.number()
        challenge = reader.number() if place < last else 0
        commitment, x, u, slope = reader.text(20), reader.number(), reader.point(), reader.number()
        b = Point(x, -(u.y + slope * (x - u.x)) % FIELD)
        branches.append(Branch(challenge, response, commitment, b, u, slope))
    shown = [(branch.commitment, branch.b) for branch in branches]
    whole = proof_challenge(content, previous, plan.contest, number, plan.values, shown)
    left = (whole - sum(branch.challenge for branch in branches)) % ORDER
    return (*branches[:last], replace(branches[last], challenge=left))


def _read_replaced(paper: BallotPaper, reader: _Reader, flags: int) -> Replaced:
    ciphertexts, previous, proofs_hash = reader.ciphertexts(paper.ciphertexts), reader.text(), reader.text()
    place = None
    if flags == BallotFlags.REPLACES_BATCHED:
        place = BatchPlace(reader.number(4), reader.number(2), reader.texts(reader.number(1)))
    return Replaced(ciphertexts, previous, proofs_hash, place)


def _pack_ciphertexts(ciphertexts: Sequence[Ciphertext]) -> bytes:
    return b"".join(_word(number) for ciphertext in ciphertexts for point in ciphertext for number in point)


def _word(number: int) -> bytes:
    return number.to_bytes(32, "big")


def _raw(text: str) -> bytes:
    return bytes.fromhex(text[2:])
