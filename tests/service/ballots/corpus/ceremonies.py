"""Trustees who deal, answer, complain and reveal otherwise than the ceremony asks."""

import json
from dataclasses import replace
from typing import Any

from muniment.ballots.crypto.group import add, draw_scalar, multiply, negate
from muniment.ballots.crypto.proofs import prove_possession
from muniment.ballots.model import ORDER, Point, Possession
from muniment.ballots.trustees.ceremony import CONSTANT_TERM, draw_secret, share_for
from muniment.chain.abi import encode_call
from tests.service.ballots.corpus.tools import first, repeat, resend
from tests.service.ballots.election import HOUR, OUT, THRESHOLD, Election
from tests.service.ballots.forgeries import EVENTS, Transcript, block_of, logs_of, renumber, stamp, tell, time_of

NO_POINT = Point(1, 1)


def _word(account: str) -> str:
    """An account as a topic."""
    return "0x" + "00" * 12 + account[2:]


def _step(held: Election, function: str, *words: Any) -> bytes:
    """What a trustee sends."""
    return bytes.fromhex(encode_call(held.abis["TrusteeCeremony"], function, [held.setup, *words])[2:])


def _answered(held: Election, made: Transcript, share: int) -> None:
    """The answer to the complaint with another share."""
    _, one, log = first(made, "ComplaintAnswered")
    tell(EVENTS["ComplaintAnswered"], log, [share])
    resend(held, one, lambda _: _step(held, "answer", held.trustees[0], share))


def dealt_against_commitments(held: Election, made: Transcript) -> None:
    """A dealer answers a complaint with a share that does not fit what it committed to."""
    _answered(held, made, share_for(held.kept[2].polynomial, 1) + 1)


def answer_without_complaint(held: Election, made: Transcript) -> None:
    """A dealer publishes a share that nobody complained of."""
    share, account = share_for(held.kept[2].polynomial, 3), held.trustees[2]
    ((one, log),) = logs_of(repeat(held, made, "ComplaintAnswered"), "ComplaintAnswered")
    log["topics"][3] = _word(account)
    tell(EVENTS["ComplaintAnswered"], log, [share])
    resend(held, one, lambda _: _step(held, "answer", account, share))


def complaint_about_oneself(held: Election, made: Transcript) -> None:
    """A trustee complains about itself, and answers."""
    account = held.trustees[0]
    word = _word(account)
    _, one, log = first(made, "ShareComplained")
    log["topics"][3] = word
    resend(held, one, lambda _: _step(held, "complain", account))
    block, own, log = first(made, "ComplaintAnswered")
    share = share_for(held.kept[1].polynomial, 1)
    log["topics"][2] = word
    tell(EVENTS["ComplaintAnswered"], log, [share])
    own |= {key: one[key] for key in ("raw", "hash")}
    resend(held, own, lambda _: _step(held, "answer", account, share), again=True)
    for changed in (first(made, "ShareComplained")[0], block):
        stamp(changed)


def complaint_twice(held: Election, made: Transcript) -> None:
    """A trustee complains about the same dealer once more, and is answered once more."""
    at = block_of(made, "ComplaintAnswered")
    for place, name in enumerate(("ShareComplained", "ComplaintAnswered")):
        block = json.loads(json.dumps(made["blocks"][block_of(made, name)]))
        ((one, log),) = logs_of(block, name)
        one["logs"] = [log]
        resend(held, one, bytes, again=True)
        made["blocks"].insert(at + 1 + place, block)
        stamp(block, time=time_of(made["blocks"][at]))
    renumber(made)


def complaint_too_late(_held: Election, made: Transcript) -> None:
    """A trustee complains when the time for it is over."""
    revealed = time_of(made["blocks"][block_of(made, "TrusteeRevealed", last=True)])
    until = revealed + 2 * HOUR  # the first was for dealing
    for block in [*made["blocks"][block_of(made, "ShareComplained") :], made["head"]]:
        stamp(block, time=max(until, time_of(block)))


def _revealed(held: Election, made: Transcript, place: int, committed: bool = True, **changes: Any) -> None:
    """Let a trustee reveal something else, and have committed to it unless told otherwise."""
    account, shown = held.trustees[place - 1], replace(held.kept[place].revealed, **changes)
    word = _word(account)

    def of(name: str) -> tuple[Any, Any]:
        found = (found for block in made["blocks"] for found in logs_of(block, name))
        return next((one, log) for one, log in found if log["topics"][2] == word)

    proofs = [(one.challenge, one.response) for one in (shown.constant_proof, shown.key_proof)]
    revealed = ([tuple(point) for point in shown.coefficients], tuple(shown.encryption_key), *proofs)
    one, log = of("TrusteeRevealed")
    tell(EVENTS["TrusteeRevealed"], log, [revealed])
    resend(held, one, lambda _: _step(held, "reveal", revealed))
    if not committed:
        return
    commitment = shown.commitment(held.setup, account)
    one, log = of("TrusteeCommitted")
    tell(EVENTS["TrusteeCommitted"], log, [bytes.fromhex(commitment[2:])])
    resend(held, one, lambda _: _step(held, "commit", commitment))
    made["views"]["ceremony"]["members"][place - 1]["commitment"] = commitment


def key_rogue(held: Election, made: Transcript) -> None:
    """A constant term is made of another trustee's, so as to take it off the key."""
    known = draw_scalar()
    own = add(multiply(known), negate(held.kept[1].revealed.coefficients[0]))
    proof = prove_possession(held.setup, held.trustees[OUT - 1], CONSTANT_TERM, known)
    coefficients = (own, *held.kept[OUT].revealed.coefficients[1:])
    _revealed(held, made, OUT, coefficients=coefficients, constant_proof=proof)


def key_copied(held: Election, made: Transcript) -> None:
    """Commitments and their proof are another trustee's."""
    other = held.kept[1].revealed
    _revealed(held, made, OUT, coefficients=other.coefficients, constant_proof=other.constant_proof)


def key_unproven(held: Election, made: Transcript) -> None:
    """A trustee shows no proof that it knows its constant term."""
    _revealed(held, made, 1, constant_proof=Possession(0, 0))


def key_proven_wrongly(held: Election, made: Transcript) -> None:
    """A trustee's proof that it knows its constant term does not hold."""
    right = held.kept[1].revealed.constant_proof
    _revealed(held, made, 1, constant_proof=replace(right, response=right.response % (ORDER - 1) + 1))


def encryption_key_copied(held: Election, made: Transcript) -> None:
    """A trustee's encryption key is another's: shares meant for two would be masked alike."""
    other = held.kept[1].revealed
    _revealed(held, made, 2, encryption_key=other.encryption_key, key_proof=other.key_proof)


def encryption_key_proven_as_another_kind(held: Election, made: Transcript) -> None:
    """A trustee's encryption key is its constant term, and so is the proof."""
    own = held.kept[2].revealed
    _revealed(held, made, 2, encryption_key=own.coefficients[0], key_proof=own.constant_proof)


def reveal_chosen_late(held: Election, made: Transcript) -> None:
    """A trustee reveals what it chose when it knew the others', and had not committed to."""
    late = draw_secret(held.setup, held.trustees[OUT - 1], THRESHOLD).revealed
    _revealed(held, made, OUT, committed=False, **vars(late))


def reveal_off_the_curve(held: Election, made: Transcript) -> None:
    """A trustee reveals a commitment that is no point."""
    own = held.kept[OUT].revealed.coefficients
    _revealed(held, made, OUT, coefficients=(*own[:-1], NO_POINT))


def reveal_of_too_few(held: Election, made: Transcript) -> None:
    """A trustee's polynomial is of a lower degree than the threshold asks for."""
    _revealed(held, made, OUT, coefficients=held.kept[OUT].revealed.coefficients[:-1])


# ── The roll's signatures ───────────────────────────────────────────────────────────────────────────────────────────
