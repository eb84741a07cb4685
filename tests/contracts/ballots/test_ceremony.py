"""A key ceremony as it is meant to go, and how time moves one in which somebody is missing."""

import pytest

from muniment.ballots.crypto.group import multiply
from muniment.ballots.hashes import setup_id
from muniment.ballots.model import INFINITY, ORDER, Point
from tests.contracts.ballots.trustees import (
    COMMITTING,
    DEALING,
    FAILED,
    READY,
    REVEALING,
    REVIEW,
    UNKNOWN,
    account,
    polynomial,
)
from tests.contracts.helpers import DAY, ZERO_ID, keccak, next_block_at, plain, reverts

WEEK = 7 * DAY


def interpolated(shares):
    """The polynomial's value at zero, from values by place."""
    total = 0
    for place, share in shares.items():
        factor = 1
        for other in shares:
            if other != place:
                factor = factor * other * pow(other - place, -1, ORDER) % ORDER
        total += factor * share
    return total % ORDER


# ── Beginning ──


def test_a_ceremony_begins(ceremonies, people, ids, begun):
    """Must keep who holds the election and who makes its key, under the id that everybody can compute."""
    setup = begun(threshold=2, size=3, manifest=b'{"title":"Mayor"}', period=WEEK)
    hash_ = keccak('{"title":"Mayor"}')
    assert setup.id == setup_id(31337, ceremonies.address, ids.land, hash_)
    assert str(ceremonies.setupIdOf(ids.land, hash_)) == setup.id
    record = ceremonies.ceremony(setup.id).dict()
    assert str(record["agency"]) == ids.land
    assert str(record["manifestHash"]) == hash_
    assert [record[word] for word in ("begun", "period", "threshold", "trustees", "confirmations", "stage")] == [
        *(setup.tx.timestamp, WEEK, 2, 3, 0, COMMITTING)
    ]
    assert (str(record["election"]), int(record["box"], 16)) == (ZERO_ID, 0)
    members = [account(place).address for place in (1, 2, 3)]
    assert list(ceremonies.trusteesOf(setup.id)) == members
    assert [ceremonies.trusteeOf(setup.id, each)["index"] for each in members] == [1, 2, 3]
    assert ceremonies.trusteeOf(setup.id, people.stranger)["index"] == 0
    assert dict(setup.tx.events["CeremonyBegun"]) == {
        "setup": setup.id,
        "agency": ids.land,
        "officer": people.election_officer.address,
        "threshold": 2,
        "period": WEEK,
        "trustees": tuple(members),
        "manifest": "0x" + b'{"title":"Mayor"}'.hex(),
    }


def test_a_ceremony_begins_once(ceremonies, people, begun):
    """Must refuse a second ceremony of the same manifest and agency, even when the first has failed."""
    setup = begun(manifest=b"{}")
    members = [account(1).address, account(2).address]
    with reverts("CeremonyExists", setup.id):
        ceremonies.begin(b"{}", members, 2, DAY, {"from": people.second_election_officer})
    setup.wait()
    setup.finish()
    with reverts("CeremonyExists", setup.id):
        ceremonies.begin(b"{}", members, 2, DAY, {"from": people.election_officer})


@pytest.mark.parametrize(
    ("threshold", "size"), [(1, 1), (1, 2), (3, 2), (2, 4), (0, 0), (0, 3), (8, 16), (17, 16), (9, 17)]
)
def test_the_threshold_is_more_than_half(begun, threshold, size):
    """Must refuse one trustee, more than 16, and a threshold that two halves could reach, or nobody."""
    with reverts("ThresholdRefused", threshold, size):
        begun(threshold, size)


@pytest.mark.parametrize("period", [0, 59, 30 * DAY + 1])
def test_a_stage_lasts_from_a_minute_to_a_month(begun, period):
    """Must refuse stages that nobody can keep, or that nobody lives to see the end of."""
    with reverts("PeriodOutOfRange", period):
        begun(period=period)


@pytest.mark.parametrize("period", [60, 30 * DAY])
def test_the_shortest_and_the_longest_stage(ceremonies, begun, period):
    """Must take both bounds."""
    assert ceremonies.ceremony(begun(period=period).id)["period"] == period


def test_trustees_are_different_accounts(ceremonies, people):
    """Must refuse no account, and one account named twice."""
    one, by = account(1).address, {"from": people.election_officer}
    with reverts("TrusteeRefused", one):
        ceremonies.begin(b"{}", [one, account(2).address, one], 2, DAY, by)
    zero = "0x" + "00" * 20
    with reverts("TrusteeRefused", zero):
        ceremonies.begin(b"{}", [one, zero], 2, DAY, by)


def test_a_manifest_has_a_length(begun):
    """Must refuse an empty manifest and one that is too long; must take the longest."""
    with reverts("ManifestRefused", 0):
        begun(manifest=b"")
    with reverts("ManifestRefused", 98_305):
        begun(manifest=b" " * 98_305)
    assert begun(manifest=b" " * 98_304).stage() == COMMITTING


def test_an_unknown_ceremony(ceremonies, people):
    """Must tell that there is none."""
    by = {"from": people.stranger}
    with reverts("CeremonyUnknown", ZERO_ID):
        ceremonies.commit(ZERO_ID, ZERO_ID, by)
    with reverts("CeremonyUnknown", ZERO_ID):
        ceremonies.finish(ZERO_ID, by)
    assert ceremonies.stageOf(ZERO_ID) == UNKNOWN
    with reverts("StageRefused", ZERO_ID, UNKNOWN, READY):
        ceremonies.keyOf(ZERO_ID)


# ── The whole way ──


@pytest.mark.parametrize(("threshold", "size"), [(2, 2), (2, 3), (3, 5)])
def test_trustees_make_a_key(begun, threshold, size):
    """Must go on by itself as soon as all have done a step, and make the key that the shares are shares of."""
    setup = begun(threshold, size)
    everybody = range(1, size + 1)
    for step, stage in ((setup.commit, REVEALING), (setup.reveal, DEALING), (setup.deal, REVIEW)):
        step()
        assert setup.stage() == stage
    setup.confirm()
    tx = setup.finish()

    assert setup.stage() == READY
    shares = {place: setup.secret_of(place, everybody) for place in everybody}
    key = multiply(interpolated({place: shares[place] for place in list(everybody)[-threshold:]}))
    assert key == setup.key(everybody)
    assert plain(setup.contract.keyOf(setup.id)) == key
    keys = [multiply(shares[place]) for place in everybody]
    assert [plain(setup.contract.trusteeKeyOf(setup.id, place)) for place in everybody] == keys
    told = tx.events["CeremonyCompleted"]
    assert (told["setup"], plain(told["key"])) == (setup.id, key)
    assert [plain(each) for each in told["keys"]] == keys
    assert setup.contract.ceremony(setup.id)["confirmations"] == size
    assert not any(setup.out(place) for place in everybody)


def test_the_most_trustees_fit(begun):
    """Must compute the keys of 16 trustees with the largest threshold within a transaction."""
    setup = begun(16, 16).until(REVIEW)
    setup.confirm()
    tx = setup.finish()
    assert setup.stage() == READY
    assert plain(setup.contract.keyOf(setup.id)) == setup.key(range(1, 17))
    share = setup.secret_of(16, range(1, 17))
    assert plain(setup.contract.trusteeKeyOf(setup.id, 16)) == multiply(share)
    assert tx.gas_used < 2**24


def test_everything_to_judge_it_by_is_told(begun):
    """Must tell commitments, reveals and encrypted shares, from which each recipient finds its own."""
    setup = begun(2, 3)
    tx = setup.commit(1)
    assert dict(tx.events["TrusteeCommitted"]) == {
        "setup": setup.id,
        "trustee": setup[1].account.address,
        "commitment": setup[1].commitment(),
    }
    setup.commit(2, 3)
    told = setup.reveal(1).events["TrusteeRevealed"]
    coefficients, key, *_ = plain(told["revealed"])
    assert coefficients == tuple(setup[1].coefficients)
    assert key == setup[1].key
    setup.reveal(2, 3)
    shares = setup.deal(1).events["SharesDealt"]["shares"]
    for recipient in (setup[2], setup[3]):
        share = shares[recipient.place - 1] ^ recipient.mask(setup[1], 1, recipient.place)
        assert multiply(share) == polynomial(coefficients_of(told), recipient.place)
    assert shares[0] == 0
    setup.deal(2, 3)
    assert dict(setup.confirm(2).events["ShareConfirmed"]) == {"setup": setup.id, "trustee": setup[2].account.address}


def coefficients_of(told):
    """The commitments in an event, as points."""
    return [Point(*point) for point in plain(told["revealed"])[0]]


def test_keys_are_asked_for_when_they_stand(begun):
    """Must refuse both keys before, and answer infinity for a place that nobody has."""
    setup = begun(2, 3)
    with reverts("StageRefused", setup.id, COMMITTING, READY):
        setup.contract.keyOf(setup.id)
    with reverts("StageRefused", setup.id, COMMITTING, READY):
        setup.contract.trusteeKeyOf(setup.id, 1)
    setup.until(READY)
    for nobody in (0, 4, 255):
        assert plain(setup.contract.trusteeKeyOf(setup.id, nobody)) == INFINITY


# ── Steps ──


def test_steps_are_for_trustees(begun, people):
    """Must refuse a stranger at every step, officers too."""
    setup = begun(2, 3)
    stranger = people.election_officer
    revealed = setup[1].revealed()
    for step, arguments in (
        ("commit", [keccak("x")]),
        ("reveal", [revealed]),
        ("deal", [[1, 2, 3]]),
        ("complain", [setup[1].account]),
        ("answer", [setup[1].account, 1]),
        ("confirm", []),
    ):
        with reverts("NotTrustee", setup.id, stranger.address):
            getattr(setup.contract, step)(setup.id, *arguments, {"from": stranger})


def test_steps_come_in_order(begun):
    """Must refuse each step at every other stage, and finish before Review."""
    setup = begun(2, 2)
    steps = {
        COMMITTING: lambda: setup.commit(1),
        REVEALING: lambda: setup.reveal(1),
        DEALING: lambda: setup.deal(1),
        REVIEW: lambda: setup.confirm(1),
    }
    others = {COMMITTING: setup.commit, REVEALING: setup.reveal, DEALING: setup.deal, REVIEW: setup.confirm}
    for present in steps:
        for needed, step in steps.items():
            if needed != present:
                with reverts("StageRefused", setup.id, present, needed):
                    step()
        if present != REVIEW:
            with reverts("StageRefused", setup.id, present, REVIEW):
                setup.finish()
            with reverts("StageRefused", setup.id, present, REVIEW):
                setup.complain(1, 2)
        others[present]()
    setup.finish()
    for needed, step in steps.items():
        with reverts("StageRefused", setup.id, READY, needed):
            step()
    with reverts("StageRefused", setup.id, READY, REVIEW):
        setup.finish()


def test_a_step_is_done_once(begun):
    """Must refuse to commit, reveal, deal or confirm again: the others have built on the first."""
    setup = begun(2, 2)
    for step in (setup.commit, setup.reveal, setup.deal, setup.confirm):
        step(1)
        with reverts("StepDone", setup.id, setup[1].account.address):
            step(1)
        step(2)


def test_no_commitment_is_refused(begun):
    """Must refuse to commit to zero: it could be done again and again, and the others' steps be skipped."""
    setup = begun(2, 2)
    with reverts("CommitmentMismatch", setup.id, setup[1].account.address):
        setup.contract.commit(setup.id, ZERO_ID, {"from": setup[1].account})


def test_as_many_shares_as_trustees(begun):
    """Must refuse to deal too few shares or too many."""
    setup = begun(2, 3).until(DEALING)
    for shares in ([], [1, 2], [1, 2, 3, 4]):
        with reverts("CountRefused", len(shares), 3):
            setup.contract.deal(setup.id, shares, {"from": setup[1].account})


# ── Time ──


def test_a_step_counts_until_the_last_second(begun):
    """Must take a step one second before a stage's end, and at the end find its trustee out."""
    for early in (1, 0):
        setup = begun(2, 3)
        setup.commit(1, 2)
        next_block_at(setup.tx.timestamp + setup.period - early)
        if early:
            setup.commit(3)
            continue
        with reverts("TrusteeIsOut", setup.id, setup[3].account.address):
            setup.commit(3)


def test_stages_follow_each_other_by_their_ends(begun):
    """Must let a stage that ended early begin the next one's time at once, and one that ended late as it ended."""
    setup = begun(2, 3)
    begin = setup.commit().timestamp
    setup.reveal(1, 2)
    next_block_at(begin + setup.period + 5)
    setup.deal(1)
    assert setup.stage() == DEALING
    setup.deal(2)  # Review begins with the last dealer's step
    assert setup.stage() == REVIEW
    late = begun(2, 3)
    late.commit(1, 2)
    late.wait()
    late.reveal(1)
    next_block_at(late.tx.timestamp + 2 * late.period)
    with reverts("TrusteeIsOut", late.id, late[2].account.address):
        late.reveal(2)
    assert late.stage() == FAILED


def excluded(tx):
    """The events of a transaction that say who is out."""
    return list(tx.events["TrusteeExcluded"]) if "TrusteeExcluded" in tx.events else []


@pytest.mark.parametrize("missed", [COMMITTING, REVEALING, DEALING, REVIEW])
def test_who_misses_a_step_is_out(begun, missed):
    """Must go on without a trustee who vanishes, before the reveal or after, with the keys of the others alone."""
    setup = begun(2, 3)
    steps = [setup.commit, setup.reveal, setup.deal, setup.confirm]
    told = []
    for stage, step in enumerate(steps, start=COMMITTING):
        if stage < missed:
            step()
            continue
        told += [*excluded(step(1)), *excluded(step(2))]
        if stage == missed:
            setup.wait(2 if stage == REVIEW else 1)
            assert setup.stage() == (REVIEW if missed == REVIEW else missed + 1)
            assert not setup.out(3)
    told += excluded(setup.finish())

    assert [dict(each) for each in told] == [{"setup": setup.id, "trustee": setup[3].account.address, "missed": missed}]
    assert setup.out(3)
    assert setup.stage() == READY
    assert plain(setup.contract.keyOf(setup.id)) == setup.key([1, 2])
    for place in (1, 2):
        key = multiply(setup.secret_of(place, [1, 2]))
        assert plain(setup.contract.trusteeKeyOf(setup.id, place)) == key
    assert plain(setup.contract.trusteeKeyOf(setup.id, 3)) == INFINITY
    assert setup.contract.ceremony(setup.id)["confirmations"] == 2


def test_who_is_out_stays_out(begun):
    """Must refuse every later step of whoever missed one."""
    setup = begun(2, 3)
    setup.commit(1, 2)
    setup.wait()
    for step in (setup.commit, setup.reveal, setup.deal, setup.confirm):
        with reverts("TrusteeIsOut", setup.id, setup[3].account.address):
            step(3)
    setup.reveal(1, 2)
    setup.deal(1, 2)
    with reverts("TrusteeIsOut", setup.id, setup[3].account.address):
        setup.complain(3, 1)
    with reverts("TrusteeIsOut", setup.id, setup[3].account.address):
        setup.confirm(3)


@pytest.mark.parametrize(("missed", "left"), [(COMMITTING, 1), (REVEALING, 1), (DEALING, 0), (REVIEW, 1)])
def test_too_few_are_left(begun, missed, left):
    """Must fail when fewer than the threshold did a step, say how many did, and let another ceremony begin."""
    setup = begun(2, 3)
    for stage, step in enumerate((setup.commit, setup.reveal, setup.deal, setup.confirm), start=COMMITTING):
        if stage < missed:
            step()
        elif stage == missed and left:
            step(*range(1, left + 1))
    setup.wait(2 if missed == REVIEW else 1)
    tx = setup.finish()
    assert dict(tx.events["CeremonyFailed"]) == {"setup": setup.id, "left": left}
    assert [each["missed"] for each in tx.events["TrusteeExcluded"]] == [missed] * (3 - left)
    assert setup.stage() == FAILED
    with reverts("StageRefused", setup.id, FAILED, REVIEW):
        setup.finish()
    with reverts("StageRefused", setup.id, FAILED, READY):
        setup.contract.keyOf(setup.id)
    assert begun(2, 2).until(READY).stage() == READY


def test_all_stay_away(begun):
    """Must find by time alone that nobody came, however late it is told."""
    setup = begun(2, 3)
    setup.commit()
    setup.wait(5)
    assert setup.stage() == FAILED
    assert setup.contract.ceremony(setup.id)["stage"] == REVEALING
    tx = setup.finish()
    assert [each["missed"] for each in tx.events["TrusteeExcluded"]] == [REVEALING] * 3
    assert tx.events["CeremonyFailed"]["left"] == 0
    lonely = begun(2, 3)
    lonely.commit(1, 2)
    lonely.wait(3)
    told = lonely.finish().events["TrusteeExcluded"]
    assert [each["missed"] for each in told] == [COMMITTING, REVEALING, REVEALING]


def test_finishing_waits_for_whoever_may_confirm(begun):
    """Must not end while somebody may still confirm or answer, and let nobody do so after two periods."""
    setup = begun(2, 3).until(REVIEW)
    end = setup.last.timestamp + 2 * setup.period
    setup.confirm(1, 2)
    next_block_at(end - 1)
    with reverts("ReviewOpen", setup.id, end):
        setup.finish()
    next_block_at(end)
    with reverts("ReviewClosed", setup.id, end):
        setup.confirm(3)
    setup.finish()
    assert setup.stage() == READY
    assert setup.out(3)
