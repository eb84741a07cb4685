"""Make, sign and check ballots, and open one that was made to be tested.

`check_ballot` is the reference: it goes through a ballot as the box does, and refuses with the box's own errors.
Whoever has many to check takes `muniment.ballots.crypto.checking`.
"""

from collections.abc import Sequence
from dataclasses import replace

from muniment.ballots.crypto.group import Draw, address_of, draw_scalar, is_on_curve, multiply, recover, sign, signer_of
from muniment.ballots.crypto.proofs import Challenge, check_one_of, encrypt, prove_one_of, sum_of
from muniment.ballots.hashes import (
    batch_leaf,
    cast_digest,
    content_hash,
    paper_digest,
    proof_challenge,
    proofs_hash,
    tracker_of,
    withdrawal_digest,
)
from muniment.ballots.model import (
    ORDER,
    Ballot,
    BallotOpening,
    BallotPaper,
    BatchPlace,
    Ciphertext,
    Point,
    ProofPlan,
    Replaced,
)
from muniment.ballots.roll import is_on_roll, root_of
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH

Selections = Sequence[Sequence[int]]  # of each contest, as `ContestForm.messages` takes it


def prepare_ballot(
    paper: BallotPaper,
    index: int,
    credential: str,
    selections: Selections,
    *,
    path: Sequence[str] = (),
    previous: str = ZERO_HASH,
    replaced: Replaced | None = None,
    draw: Draw = draw_scalar,
) -> tuple[Ballot, BallotOpening]:
    """Encrypt selections and prove them well-formed: a ballot not yet signed, and what a test of it would reveal.

    Raises Refused(SelectionRefused) when a contest's form forbids its selection.
    """
    if len(selections) != len(paper.contests):
        raise Refused("SelectionRefused", selection=[list(selection) for selection in selections])
    messages = [
        message
        for form, selection in zip(paper.contests, selections, strict=True)
        for message in form.messages(selection, paper.width)
    ]
    randomness = [draw() for _ in messages]
    ciphertexts = tuple(encrypt(paper.key, message, r) for message, r in zip(messages, randomness, strict=True))
    content = content_hash(paper.election, paper.roll.unit, credential, ciphertexts)
    proofs = []
    for number, plan in enumerate(paper.proofs):
        proofs.append(
            prove_one_of(
                paper.key,
                covered(ciphertexts, plan),
                plan.values,
                plan.values.index(sum(messages[place] for place in plan.ciphertexts)),
                sum(randomness[place] for place in plan.ciphertexts) % ORDER,
                _challenge(content, previous, number, plan),
                draw,
            )
        )
    ballot = Ballot(index, credential, previous, ciphertexts, tuple(proofs), tuple(path), b"", replaced)
    chosen = tuple(tuple(selection) for selection in selections)
    opening = BallotOpening(index, credential, previous, tuple(randomness), chosen, proofs_hash(proofs))
    return ballot, opening


def sign_ballot(paper: BallotPaper, ballot: Ballot, secret: int) -> Ballot:
    """The ballot with its credential's signature. Never sign one that was opened for a test.

    Raises ValueError when the secret is not the credential's.
    """
    if address_of(multiply(secret)) != ballot.credential:
        raise ValueError("the secret is another credential's")
    signature = sign(bytes.fromhex(cast_digest(paper.domain, tracker(paper, ballot))[2:]), secret)
    return replace(ballot, signature=signature)


def tracker(paper: BallotPaper, ballot: Ballot) -> str:
    """The ballot's tracker."""
    content = content_hash(paper.election, paper.roll.unit, ballot.credential, ballot.ciphertexts)
    return tracker_of(content, ballot.previous, proofs_hash(ballot.proofs))


def tracker_of_replaced(paper: BallotPaper, credential: str, replaced: Replaced) -> str:
    """The tracker of the ballot that another replaces."""
    content = content_hash(paper.election, paper.roll.unit, credential, replaced.ciphertexts)
    return tracker_of(content, replaced.previous, replaced.proofs_hash)


def check_ballot(paper: BallotPaper, ballot: Ballot) -> str:
    """Check a ballot in itself, signature and roll included, and return its tracker.

    What depends on the chain's state is not judged: whether the voter is barred, and which ballot stands.
    Raises Refused(NotOnRoll, CiphertextRefused, ProofScalarRefused, ProofHintRefused, ProofRefused, SignatureRefused
    or ReplacedRefused), the first that applies in this order, proof by proof.
    """
    roll, index, credential = paper.roll, ballot.index, ballot.credential
    if not is_on_roll(roll.unit, index, credential, ballot.path, roll.lines, roll.root):
        raise Refused("NotOnRoll", unit=roll.unit, index=index, credential=credential)
    check_made(paper, ballot)
    own = tracker(paper, ballot)
    if signer_of(bytes.fromhex(cast_digest(paper.domain, own)[2:]), ballot.signature) != credential:
        raise Refused("SignatureRefused", index=index, credential=credential)
    if ballot.replaced and tracker_of_replaced(paper, credential, ballot.replaced) != ballot.previous:
        raise Refused("ReplacedRefused", index=index, tracker=ballot.previous)
    return own


def check_made(paper: BallotPaper, ballot: Ballot) -> None:
    """Check ciphertexts and proofs alone, as for a ballot that is not signed yet. Raises Refused as `check_ballot`."""
    for number, ciphertext in enumerate(ballot.ciphertexts):
        if not all(map(_is_usable, ciphertext)):
            raise Refused("CiphertextRefused", index=ballot.index, ciphertext=number)
    content = content_hash(paper.election, paper.roll.unit, ballot.credential, ballot.ciphertexts)
    for number, (plan, proof) in enumerate(zip(paper.proofs, ballot.proofs, strict=True)):
        ciphertext = covered(ballot.ciphertexts, plan)
        if not all(map(_is_usable, ciphertext)):
            raise Refused("CiphertextRefused", index=ballot.index, ciphertext=plan.ciphertexts[-1])
        challenge = _challenge(content, ballot.previous, number, plan)
        check_one_of(paper.key, ciphertext, plan.values, challenge, proof, index=ballot.index, number=number)


def is_withdrawal(domain: str, unit: int, index: int, credential: str, signature: bytes) -> bool:
    """Whether a credential has signed (r, s, v: 65 bytes) that its voter withdraws."""
    return _is_signed(withdrawal_digest(domain, unit, index), credential, signature)


def is_at_desk(domain: str, unit: int, index: int, number: int, credential: str, signature: bytes) -> bool:
    """Whether a credential has signed (r, s, v: 65 bytes) the number that its voter was told at the desk."""
    return _is_signed(paper_digest(domain, unit, index, number), credential, signature)


def _is_signed(digest: str, credential: str, signature: bytes) -> bool:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    if len(signature) != 65 or signature[64] not in (27, 28) or s > ORDER // 2:
        return False
    return recover(bytes.fromhex(digest[2:]), r, s, signature[64] - 27) == credential


def check_batched(ballot: Ballot, batch_root: str) -> None:
    """Check that the ballot replaced lies where it is said to, under its batch's root on the chain.

    Raises Refused(NotInBatch).
    """
    place = ballot.replaced.place if ballot.replaced else None
    if place is None:
        return
    leaf = batch_leaf(ballot.index, ballot.previous)
    # One place has one way to be written.
    if place.place >> len(place.path) or root_of(leaf, place.place, place.path) != batch_root:
        raise Refused("NotInBatch", index=ballot.index, batch=place.batch, tracker=ballot.previous)


def replacing(ballot: Ballot, place: BatchPlace | None) -> Replaced:
    """What a ballot that takes this one's place says of it: its place in a batch, or None when it has a word."""
    return Replaced(ballot.ciphertexts, ballot.previous, proofs_hash(ballot.proofs), place)


def check_opening(paper: BallotPaper, tracker: str, opening: BallotOpening) -> None:
    """Check on a second device that the ballot of this tracker, taken down before, holds these selections.

    Raises Refused(OpeningRefused): the device that made the ballot cheats, or shows another ballot.
    """
    try:
        messages = [
            message
            for form, selection in zip(paper.contests, opening.selections, strict=True)
            for message in form.messages(selection, paper.width)
        ]
        pairs = list(zip(messages, opening.randomness, strict=True))
    except (ValueError, Refused) as error:
        raise Refused("OpeningRefused", tracker=tracker) from error
    ciphertexts = [encrypt(paper.key, message, randomness) for message, randomness in pairs]
    content = content_hash(paper.election, paper.roll.unit, opening.credential, ciphertexts)
    if tracker_of(content, opening.previous, opening.proofs_hash) != tracker:
        raise Refused("OpeningRefused", tracker=tracker)


def covered(ciphertexts: Sequence[Ciphertext], plan: ProofPlan) -> Ciphertext:
    """What a proof is about: one ciphertext, or a contest's sum."""
    if len(plan.ciphertexts) == 1:
        return ciphertexts[plan.ciphertexts[0]]
    return sum_of([ciphertexts[place] for place in plan.ciphertexts])


def _is_usable(point: Point) -> bool:
    """Whether `ecrecover` can take the point: on the curve, and its x below the order."""
    return is_on_curve(point) and point.x < ORDER


def _challenge(content: str, previous: str, number: int, plan: ProofPlan) -> Challenge:
    return lambda branches: proof_challenge(content, previous, plan.contest, number, plan.values, branches)
