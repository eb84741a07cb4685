"""Proofs of which one equation alone does not hold: each must be looked at."""

from dataclasses import replace

import pytest

from muniment.ballots.crypto.group import add, address_of, chord, draw_scalar, multiply, subtract
from muniment.ballots.crypto.packing import pack_ballot
from muniment.ballots.hashes import share_challenge
from muniment.ballots.model import ORDER, ContestForm
from muniment.ballots.trustees.sharing import Share, pack_shares
from tests.contracts.ballots.counting import Election
from tests.contracts.helpers import reverts
from tests.vectors.ballots_hostile import forged, settled

TOO_MUCH = 5  # votes for the first option


@pytest.mark.parametrize("equation", ["of a", "of U", "of W"])
def test_a_ballot_is_not_forged(poll, equation):
    """Must refuse five votes whose proof holds but for one equation; for that of a even the key's holder forges."""
    world, voter, randomness = poll.world, poll.world.voters[0][1], draw_scalar()
    ballot = forged(world, voter, [TOO_MUCH], [0], randomness)
    ((first, *others),) = ballot.proofs
    c, u = first.challenge, first.u
    if equation == "of U":
        u = add(first.b, multiply(c, subtract(ballot.ciphertexts[0].b, multiply(1))))
    if equation == "of a":
        more = (TOO_MUCH - 1) * pow(world.secret_key, -1, ORDER)
        first = replace(first, response=(first.response + c * more) % ORDER)
        u = multiply(first.response, world.key)
    first = replace(first, u=u, slope=chord(u, first.b))
    ballot = settled(world.paper(), replace(ballot, proofs=((first, *others),)), voter.secret)
    with reverts("ProofRefused", voter.index, 0, 0):
        poll.send(pack_ballot(ballot))


@pytest.mark.parametrize("equation", ["of U", "of cD"])
def test_a_share_is_not_forged(people, ids, ready, equation):
    """Must refuse a share that is none of the trustee's secret, whose proof holds but for one equation."""
    asked = Election(people, ids, ready(2, 2), (ContestForm.choice(2),), [1], min_ballots=1)
    asked.cast(0, [((0,),)])
    asked.close()
    asked.join()
    (what, _), (_, second) = asked.share(0, 0, 1), asked.share(0, 0, 2)
    secret, nonce, base = asked.setup.secret_of(1, (1, 2)), draw_scalar(), what.total.a
    b, wrong = multiply(nonce, base), multiply(secret + 1, base)
    named = (what.election, 0, 0, 1, multiply(secret), what.total, wrong)
    c = share_challenge(*named, address_of(multiply(nonce)), b)
    z = (nonce + c * secret) % ORDER
    u = multiply(z, base) if equation == "of cD" else add(b, multiply(c, wrong))
    packed = bytearray(pack_shares([(what, [Share(1, wrong, c, z), second])]))
    for place, value in enumerate((b.x, *u, chord(u, b))):
        at = 1 + 32 * (4 + place)
        packed[at : at + 32] = value.to_bytes(32, "big")
    with reverts("ShareRefused", 0, 1):
        asked.count(shares=bytes(packed))
