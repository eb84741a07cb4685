"""Every act on key ceremonies and ballot boxes, by whoever tries; for the table of who may."""

import copy

from eth_account import Account

from muniment.ballots.hashes import withdrawal_digest
from muniment.ballots.model import ContestForm
from tests.contracts.ballots.counting import Election
from tests.contracts.ballots.trustees import READY, Setup, account
from tests.contracts.helpers import DAY, HOUR, ZERO_ID, next_block_at

YES = ((0,),)


def voting(people, ids, ceremonies):
    """An election of two voters that opens in an hour, and is not registered yet; not by the deployer."""
    setup = Setup(ceremonies, people.election_officer, 2, 2).until(READY)
    return Election(people, ids, setup, (ContestForm.choice(1, blank=True),), [2], min_ballots=1)


def _sent(w, by):
    """The election, sent to by somebody, with nothing cast."""
    asked = copy.copy(w.voting)
    asked.by, asked.ballots, asked.chosen = by, {0: []}, {0: []}
    return asked


def begin(w, by):
    """Begin a ceremony."""
    w.ceremonies.begin(b'{"title":"Council"}', [account(1), account(2)], 2, DAY, by)


def finish(w, by):
    """End a ceremony that nobody came to."""
    setup = Setup(w.ceremonies, w.people.second_election_officer, 2, 2, manifest=b'{"title":"Nobody"}')
    setup.wait()
    w.ceremonies.finish(setup.id, by)


def step(name, *arguments):
    """A trustee's step."""

    def act(w, by):
        getattr(w.ceremonies, name)(w.voting.setup.id, *arguments, by)

    act.__name__ = name
    return act


def open_election(w, by):
    """Register the box."""
    w.ceremonies.openElection(w.voting.setup.id, w.voting.box, by)


def postpone(w, by):
    """Put the closing off."""
    w.voting.box.postpone(w.voting.world.closes_at + HOUR, by)


def cast(w, by):
    """Send somebody's ballot."""
    _sent(w, by).cast(0, [YES])


def withdraw(w, by):
    """Send somebody's withdrawal."""
    asked = w.voting
    voter = asked.world.voters[0][0]
    next_block_at(asked.world.opens_at)
    digest = withdrawal_digest(asked.world.paper().domain, 0, 0)
    signature = Account.unsafe_sign_hash(digest, voter.secret.to_bytes(32, "big")).signature
    roll, path = asked.arguments()[1][0], list(asked.world.units.path(0))
    asked.box.withdraw(roll, path, 0, voter.credential, list(voter.path), bytes(signature), b"", by)


def join(w, by):
    """Join units after the closing."""
    w.voting.close()
    w.voting.box.join(1, by)


def count(w, by):
    """Publish a count."""
    asked = _sent(w, {"from": w.people.treasury})
    asked.cast(0, [YES])
    asked.close()
    asked.join()
    asked.count(by=by["from"])


STEPS = {
    "commit": (ZERO_ID,),
    "reveal": ([[], (0, 0), (0, 0), (0, 0)],),
    "deal": ([],),
    "complain": ("0x" + "00" * 20,),
    "answer": ("0x" + "00" * 20, 1),
    "confirm": (),
}
