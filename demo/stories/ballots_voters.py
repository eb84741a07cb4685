"""What happens on voters' own devices: credentials, ballots, re-votes; many at once, in a pool of processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from muniment.ballots.crypto.ballot import prepare_ballot, sign_ballot, tracker
from muniment.ballots.crypto.group import address_of, draw_scalar, multiply, sign
from muniment.ballots.crypto.packing import pack_ballot
from muniment.ballots.enrolment.blind import PrivateKey, PublicKey, blind, blind_sign, finalize, prepare
from muniment.ballots.hashes import credential_message
from muniment.ballots.model import BallotPaper, Replaced
from muniment.hashing import ZERO_HASH

Selections = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Asking:
    """A fresh credential, and what the office is to sign without seeing it."""

    unit: int
    secret: int
    credential: str
    prepared: bytes
    randomizer: bytes
    blinded: bytes
    factor: int


@dataclass(frozen=True)
class Credential:
    """A credential with the office's signature."""

    unit: int
    secret: int
    address: str
    randomizer: bytes
    signature: bytes


@dataclass(frozen=True)
class Cast:
    """A signed ballot, as bytes."""

    unit: int
    packed: bytes
    tracker: str


def ask(task: tuple[str, int, int]) -> Asking:
    """Draw a credential for a setup and a unit with this modulus, and blind it."""
    setup, unit, modulus = task
    secret = draw_scalar()
    credential = address_of(multiply(secret))
    prepared, randomizer = prepare(credential_message(setup, unit, credential))
    blinded, factor = blind(PublicKey(modulus), prepared)
    return Asking(unit, secret, credential, prepared, randomizer, blinded, factor)


def unblind(task: tuple[Asking, int, bytes]) -> Credential:
    """Take the office's blind signature, check it, and have the credential's own."""
    asked, modulus, signed = task
    signature = finalize(PublicKey(modulus), asked.prepared, signed, asked.factor)
    return Credential(asked.unit, asked.secret, asked.credential, asked.randomizer, signature)


def sign_blindly(task: tuple[str, bytes]) -> bytes:
    """The office's part, for one message: the unit's key as PEM."""
    return blind_sign(_opened(task[0]), task[1])


@lru_cache(maxsize=256)
def _opened(pem: str) -> PrivateKey:
    return PrivateKey.load(pem)


def vote(task: tuple[BallotPaper, Credential, int, Sequence[str], Selections]) -> Cast:
    """Make and sign a first ballot."""
    return cast_of(*task)


def cast_of(
    paper: BallotPaper,
    voter: Credential,
    index: int,
    path: Sequence[str],
    selections: Selections,
    replaced: Replaced | None = None,
    previous: str = ZERO_HASH,
) -> Cast:
    """Make and sign a ballot, which may replace another."""
    made, _ = prepare_ballot(paper, index, voter.address, selections, path=path, previous=previous, replaced=replaced)
    signed = sign_ballot(paper, made, voter.secret)
    return Cast(voter.unit, pack_ballot(signed), tracker(paper, signed))


def signed65(digest: str, secret: int) -> str:
    """A signature in 65 bytes (r, s, v), as 0x text."""
    compact = bytearray(sign(bytes.fromhex(digest[2:]), secret))
    parity, compact[32] = compact[32] >> 7, compact[32] & 0x7F
    return "0x" + bytes(compact).hex() + f"{27 + parity:02x}"
