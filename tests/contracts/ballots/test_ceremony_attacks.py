"""Trustees who want another key than an honest ceremony makes, or none; and elections that nobody should trust."""

import pytest

from muniment.ballots.crypto.group import add, draw_scalar, is_on_curve, multiply, negate
from muniment.ballots.model import FIELD, INFINITY, ORDER, Point, Possession
from tests.contracts.ballots.trustees import COMMITTING, DEALING, FAILED, READY, REVEALING, REVIEW, Trustee
from tests.contracts.helpers import DAY, HOUR, keccak, next_block_at, node, now, plain, reverts

ZERO = "0x" + "00" * 20

# ── Steps ──


@pytest.mark.parametrize("stage", [COMMITTING, REVEALING, DEALING, REVIEW])
def test_a_trustee_with_code_takes_no_step(begun, beside, people, stage):
    """Must take steps only from a trustee's own transactions: an account under EIP-7702 may send what its code says."""
    setup = begun(2, 3).until(stage)
    who = setup[1].account.address
    forwarder = beside["Forwarder"].deploy({"from": people.deployer})
    step = {COMMITTING: setup.commit, REVEALING: setup.reveal, DEALING: setup.deal, REVIEW: setup.confirm}[stage]
    node("anvil_setCode", who, "0xef0100" + forwarder.address[2:])
    try:
        with reverts("NotDirect", who):
            step(1)
    finally:
        node("anvil_setCode", who, "0x")
    step(1)


def test_a_contract_takes_no_step(ceremonies, people, beside):
    """Must refuse what a contract passes on, even one that is named as a trustee."""
    forwarder = beside["Forwarder"].deploy({"from": people.deployer})
    members = [forwarder.address, people.stranger.address]
    begun = ceremonies.begin(b'{"title":"By a contract"}', members, 2, DAY, {"from": people.election_officer})
    call = ceremonies.commit.encode_input(begun.return_value, "0x" + "11" * 32)
    with reverts("NotDirect", forwarder.address):
        forwarder.forward(ceremonies, call, {"from": people.stranger})


# ── Keys ──


def reveal_other(setup, place, **changes):
    """Commit to what the trustee reveals with these changes, and reveal that."""
    for name, value in changes.items():
        setattr(setup[place], name, value)
    setup.commit()
    return setup.reveal(place)


def test_a_rogue_key_is_refused(begun):
    """Must refuse a constant term made of another's, even one known before: its maker cannot know what it hides."""
    setup = begun(2, 2)
    rogue, known = setup[2], draw_scalar()
    rogue.coefficients[0] = add(multiply(known), negate(setup[1].coefficients[0]))
    rogue.constant_proof = rogue.possession(1, known)
    with reverts("PossessionRefused", setup.id, rogue.account.address, 1):
        reveal_other(setup, 2)


def test_a_rogue_encryption_key_is_refused(begun):
    """Must refuse an encryption key that is another's: shares meant for two would be masked alike."""
    setup = begun(2, 2)
    setup[2].key = setup[1].key
    with reverts("PossessionRefused", setup.id, setup[2].account.address, 2):
        reveal_other(setup, 2)


@pytest.mark.parametrize("kind", [1, 2])
def test_another_trustees_proof_is_refused(begun, kind):
    """Must refuse points and proofs copied from another trustee: both name theirs."""
    setup = begun(2, 2)
    victim = setup[1]
    copied = {"coefficients": victim.coefficients, "constant_proof": victim.constant_proof}
    if kind == 2:
        copied = {"key": victim.key, "key_proof": victim.key_proof}
    with reverts("PossessionRefused", setup.id, setup[2].account.address, kind):
        reveal_other(setup, 2, **copied)


def test_a_proof_of_the_other_kind_is_refused(begun):
    """Must refuse a constant term as an encryption key, and one key as the other, with the proof of what it was."""
    for kind, changes in (
        (2, lambda own: {"key": own.coefficients[0], "key_proof": own.constant_proof}),
        (1, lambda own: {"coefficients": [own.key, *own.coefficients[1:]], "constant_proof": own.key_proof}),
    ):
        setup = begun(2, 2)
        with reverts("PossessionRefused", setup.id, setup[2].account.address, kind):
            reveal_other(setup, 2, **changes(setup[2]))


def test_another_ceremonys_proof_is_refused(begun):
    """Must refuse a trustee's own reveal of another ceremony."""
    other, setup = begun(2, 2), begun(2, 2)
    setup.trustees[1] = Trustee(other.id, 2, 2)
    setup[2].setup = setup.id  # the commitment names this one, the proofs name the other
    with reverts("PossessionRefused", setup.id, setup[2].account.address, 1):
        reveal_other(setup, 2)


def test_a_copied_commitment_opens_for_nobody_else(begun):
    """Must let whoever copied a commitment reveal nothing, and lose its place; the copied one goes on."""
    setup = begun(2, 3)
    copier = setup[3]
    setup.commit(1, 2)
    setup.contract.commit(setup.id, setup[1].commitment(), {"from": copier.account})
    setup.reveal(1)
    for revealed in (setup[1].revealed(), copier.revealed()):
        with reverts("CommitmentMismatch", setup.id, copier.account.address):
            setup.contract.reveal(setup.id, revealed, {"from": copier.account})
    setup.reveal(2)
    setup.wait()
    setup.deal(1, 2)
    assert setup.out(3)


@pytest.mark.parametrize("word", range(11))
def test_each_word_of_a_reveal_was_committed_to(begun, word):
    """Must refuse a reveal of which any one word is another than committed to, and take the true one."""
    setup = begun(2, 2)
    setup.commit()
    setup.reveal(2)
    coefficients, key, *proofs = setup[1].revealed()
    words = [*coefficients[0], *coefficients[1], *key, *proofs[0], *proofs[1]]
    if word < len(words):
        words[word] += 1
    else:
        words = words[2:4] + words[:2] + words[4:]
    pairs = [tuple(words[at : at + 2]) for at in range(0, 10, 2)]
    with reverts("CommitmentMismatch", setup.id, setup[1].account.address):
        setup.contract.reveal(setup.id, [pairs[:2], *pairs[2:]], {"from": setup[1].account})
    setup.reveal(1)
    assert setup.stage() == DEALING


def test_the_threshold_is_committed_to(begun):
    """Must refuse a polynomial of another degree, though it was committed to."""
    setup = begun(2, 2)
    for length in (1, 3):
        setup.trustees[length // 2] = Trustee(setup.id, length // 2 + 1, length)
    setup.commit()
    for trustee, length in ((setup[1], 1), (setup[2], 3)):
        with reverts("CountRefused", length, 2):
            setup.contract.reveal(setup.id, trustee.revealed(), {"from": trustee.account})


@pytest.mark.parametrize("place", ["first coefficient", "last coefficient", "key"])
@pytest.mark.parametrize("kind", ["off the curve", "infinity", "coordinate beyond the field"])
def test_points_are_points(begun, kind, place):
    """Must refuse infinity, points off the curve and coordinates beyond the field, wherever they stand."""
    setup = begun(2, 2)
    trustee = setup[1]
    point = {"off the curve": Point(1, 1), "infinity": INFINITY}.get(kind) or _beyond()
    if place == "key":
        trustee.key = point
    else:
        trustee.coefficients[0 if place == "first coefficient" else 1] = point
    with reverts("PointRefused", *point):
        reveal_other(setup, 1)


def _beyond():
    """A point with x small enough to be written as x + p as well."""
    for x in range(1, 1000):
        square = (x**3 + 7) % FIELD
        y = pow(square, (FIELD + 1) // 4, FIELD)
        if is_on_curve(Point(x, y)):
            return Point(x + FIELD, y)
    raise AssertionError("half of all x have a point")


@pytest.mark.parametrize("scalar", [0, ORDER, 2**256 - 1])
@pytest.mark.parametrize("proof", ["constant_proof", "key_proof"])
@pytest.mark.parametrize("field", ["challenge", "response"])
def test_scalars_are_scalars(begun, proof, field, scalar):
    """Must refuse a challenge or response of zero, or of the order or more."""
    setup = begun(2, 2)
    true = getattr(setup[1], proof)
    words = {"challenge": true.challenge, "response": true.response} | {field: scalar}
    with reverts("ScalarRefused", scalar):
        reveal_other(setup, 1, **{proof: Possession(**words)})


def test_keys_that_cancel_make_no_key(begun):
    """Must fail when the constant terms add up to nothing: trustees who are all in it get no election out of it."""
    setup = begun(2, 2)
    secret = setup[1].secrets[0]
    setup.trustees[1] = Trustee(setup.id, 2, 2, secrets=[ORDER - secret, draw_scalar()])
    setup.until(REVIEW).confirm()
    tx = setup.finish()
    assert tx.events["CeremonyFailed"]["left"] == 2
    assert "CeremonyCompleted" not in tx.events
    assert setup.stage() == FAILED


def test_a_trustee_without_a_share_makes_no_key(begun):
    """Must fail when a trustee's own key comes out as infinity: its shares of a tally could not be checked."""
    setup = begun(2, 2)
    secrets = [draw_scalar(), draw_scalar()]
    value = (setup[1].share_for(1) + secrets[0]) % ORDER
    setup.trustees[1] = Trustee(setup.id, 2, 2, secrets=[secrets[0], ORDER - value])
    setup.until(REVIEW).confirm()
    assert "CeremonyFailed" in setup.finish().events


def test_higher_coefficients_may_cancel(begun):
    """Must add up commitments that cancel: the polynomial is then of a lower degree, the key as good."""
    setup = begun(2, 2)
    setup.trustees[1] = Trustee(setup.id, 2, 2, secrets=[draw_scalar(), ORDER - setup[1].secrets[1]])
    setup.until(READY)
    assert plain(setup.contract.keyOf(setup.id)) == setup.key([1, 2])
    assert plain(setup.contract.trusteeKeyOf(setup.id, 2)) == setup.key([1, 2])


# ── Complaints ──


def test_a_false_complaint_costs_nobody_but_the_liar(begun):
    """Must let the dealer answer with the share, which only then is public, and count all three as before."""
    setup = begun(2, 3).until(REVIEW)
    end = setup.last.timestamp + 2 * setup.period
    tx = setup.complain(3, dealer=1)
    parties = {"setup": setup.id, "trustee": setup[3].account.address, "dealer": setup[1].account.address}
    assert dict(tx.events["ShareComplained"]) == parties
    setup.confirm()
    with reverts("ReviewOpen", setup.id, end):
        setup.finish()
    tx = setup.answer(1, 3)
    assert dict(tx.events["ComplaintAnswered"]) == parties | {"share": setup[1].share_for(3)}
    setup.finish()
    assert plain(setup.contract.keyOf(setup.id)) == setup.key([1, 2, 3])


def test_a_dealer_against_its_commitments_is_out(begun):
    """Must refuse every share that does not fit, and go on without the dealer when the time is over."""
    setup = begun(2, 3).until(REVIEW)
    setup.complain(1, dealer=3)
    setup.complain(2, dealer=3)
    dealer = setup[3].account.address
    for share in (setup[3].share_for(1) + 1, setup[3].share_for(2), setup[2].share_for(1)):
        with reverts("DealtShareRefused", setup.id, dealer, setup[1].account.address):
            setup.answer(3, 1, share)
    for share in (0, ORDER, 2**256 - 1):
        with reverts("ScalarRefused", share):
            setup.answer(3, 1, share)
    setup.answer(3, 2)
    setup.confirm()
    setup.wait(2)
    tx = setup.finish()
    assert [dict(each) for each in tx.events["TrusteeExcluded"]] == [
        {"setup": setup.id, "trustee": dealer, "missed": REVIEW}
    ]
    assert plain(setup.contract.keyOf(setup.id)) == setup.key([1, 2])
    assert plain(setup.contract.trusteeKeyOf(setup.id, 1)) == multiply(setup.secret_of(1, [1, 2]))
    assert setup.contract.ceremony(setup.id)["confirmations"] == 2


def test_the_share_of_one_is_found_for_each(begun):
    """Must check an answer against the place of the one who complained, of 16 and with the largest threshold."""
    setup = begun(9, 16).until(REVIEW)
    setup.complain(16, dealer=7)
    with reverts("DealtShareRefused", setup.id, setup[7].account.address, setup[16].account.address):
        setup.answer(7, 16, setup[7].share_for(15))
    setup.answer(7, 16)


def test_too_few_are_left_after_all_confirmed(begun):
    """Must fail when dealers are excluded after the confirmations, and fewer than the threshold remain."""
    setup = begun(3, 4).until(REVIEW)
    setup.complain(1, dealer=3)
    setup.complain(1, dealer=4)
    setup.confirm()
    setup.wait(2)
    tx = setup.finish()
    assert tx.events["CeremonyFailed"]["left"] == 2
    assert setup.contract.ceremony(setup.id)["confirmations"] == 2


def test_a_complaint_leaves_time_to_answer(begun):
    """Must take complaints in the first period alone, and answers until the second is over."""
    setup = begun(2, 3).until(REVIEW)
    middle = setup.last.timestamp + setup.period
    next_block_at(middle - 1)
    setup.complain(1, dealer=2)
    next_block_at(middle)
    with reverts("ComplaintsClosed", setup.id, middle):
        setup.complain(1, dealer=3)
    next_block_at(middle + setup.period - 1)
    setup.answer(2, 1)
    late = begun(2, 3).until(REVIEW)
    end = late.last.timestamp + 2 * late.period
    late.complain(1, dealer=2)
    late.confirm()
    next_block_at(end)
    with reverts("ReviewClosed", late.id, end):
        late.answer(2, 1)
    late.finish()
    assert late.out(2)


def test_who_confirmed_cannot_complain(begun):
    """Must refuse a complaint of a trustee who has confirmed, so that an early end takes nobody's word away."""
    setup = begun(2, 3).until(REVIEW)
    setup.confirm(1)
    with reverts("StepDone", setup.id, setup[1].account.address):
        setup.complain(1, dealer=2)
    setup.complain(2, dealer=1)
    setup.confirm(2, 3)
    setup.answer(1, 2)
    assert "CeremonyCompleted" in setup.finish().events


def test_a_complaint_is_about_another_dealer_once(begun, people):
    """Must refuse a complaint about oneself, a stranger, one who is out, and the same again, answered or not."""
    setup = begun(3, 4)
    setup.commit(1, 2, 3)
    setup.wait()
    setup.reveal(1, 2, 3)
    setup.deal(1, 2, 3)
    by = {"from": setup[1].account}
    for dealer in (setup[1].account, setup[4].account, people.stranger):
        with reverts("ComplaintRefused", setup.id, setup[1].account.address, dealer.address):
            setup.contract.complain(setup.id, dealer, by)
    setup.complain(1, dealer=2)
    refused = ("ComplaintRefused", setup.id, setup[1].account.address, setup[2].account.address)
    with reverts(*refused):
        setup.complain(1, dealer=2)
    setup.answer(2, 1)
    with reverts(*refused):
        setup.complain(1, dealer=2)


def test_an_answer_needs_a_complaint(begun, people):
    """Must refuse to publish a share that nobody complained about, of a stranger, or twice."""
    setup = begun(2, 3).until(REVIEW)
    setup.complain(1, dealer=2)
    setup.answer(2, 1)
    for dealer, recipient in ((2, setup[1].account), (2, setup[3].account), (3, setup[1].account)):
        with reverts("NoComplaint", setup.id, recipient.address, setup[dealer].account.address):
            setup.contract.answer(setup.id, recipient, 1, {"from": setup[dealer].account})
    with reverts("NoComplaint", setup.id, people.stranger.address, setup[2].account.address):
        setup.contract.answer(setup.id, people.stranger, 1, {"from": setup[2].account})


# ── The election ──


@pytest.fixture
def box_of(people, doubles_of_boxes):
    """A box with these answers; by default one of the setup, that opens in an hour."""

    def make(of, **changes):
        answers = {"ceremony": of.contract.address, "setup": of.id, "opensAt": now() + HOUR} | changes
        return doubles_of_boxes.BoxDouble.deploy(*answers.values(), {"from": people.deployer})

    return make


def test_two_officers_open_an_election(ceremonies, people, ready, box_of):
    """Must register a box when a second officer sends the same, and say what it is bound to."""
    setup = ready(2, 2)
    box = box_of(setup)
    tx = ceremonies.openElection(setup.id, box, {"from": people.election_officer})
    assert tx.return_value is False
    assert int(ceremonies.ceremony(setup.id)["box"], 16) == 0
    with reverts("SecondOfficerNeeded", ...):
        ceremonies.openElection(setup.id, box, {"from": people.election_officer})
    tx = ceremonies.openElection(setup.id, box, {"from": people.second_election_officer})
    assert tx.return_value is True
    assert dict(tx.events["ElectionOpened"]) == {
        "setup": setup.id,
        "election": keccak("election"),
        "box": box.address,
        "rollRoot": keccak("roll"),
        "logRoot": keccak("log"),
    }
    record = ceremonies.ceremony(setup.id)
    assert (str(record["election"]), record["box"]) == (keccak("election"), box.address)
    with reverts("ElectionExists", setup.id, box.address):
        ceremonies.openElection(setup.id, box_of(setup), {"from": people.election_officer})


def test_both_officers_mean_the_same_box(ceremonies, people, ready, box_of):
    """Must wait for a second officer for each box on its own."""
    setup = ready(2, 2)
    for officer in (people.election_officer, people.second_election_officer):
        assert ceremonies.openElection(setup.id, box_of(setup), {"from": officer}).return_value is False


def test_an_election_needs_its_key(ceremonies, people, begun, box_of):
    """Must refuse to open an election whose ceremony has not ended, or has failed."""
    setup = begun(2, 2).until(REVIEW)
    box = box_of(setup)
    with reverts("StageRefused", setup.id, REVIEW, READY):
        ceremonies.openElection(setup.id, box, {"from": people.election_officer})
    setup.wait(2)
    setup.finish()
    with reverts("StageRefused", setup.id, FAILED, READY):
        ceremonies.openElection(setup.id, box, {"from": people.election_officer})


def test_a_box_of_something_else_is_refused(ceremonies, people, ready, box_of):
    """Must refuse no box, a wallet, a contract of another kind, and a box of another ceremony, setup or time."""
    setup, other = ready(2, 2), ready(2, 2)
    by = {"from": people.election_officer}
    boxes = [
        ZERO,
        people.stranger,
        ceremonies,
        box_of(setup, ceremony=people.stranger),
        box_of(setup, setup=other.id),
        box_of(setup, opensAt=now()),
        box_of(setup, opensAt=0),
    ]
    for box in boxes:
        with reverts("BoxRefused", setup.id, box if box == ZERO else box.address):
            ceremonies.openElection(setup.id, box, by)


def test_a_box_is_registered_before_it_opens(ceremonies, people, ready, box_of):
    """Must look at the clock again when the second officer comes: at the opening it is too late."""
    setup = ready(2, 2)
    opens = now() + HOUR
    box = box_of(setup, opensAt=opens)
    ceremonies.openElection(setup.id, box, {"from": people.election_officer})
    next_block_at(opens)
    with reverts("BoxRefused", setup.id, box.address):
        ceremonies.openElection(setup.id, box, {"from": people.second_election_officer})
