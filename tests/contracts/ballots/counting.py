"""An election with a true key ceremony, from its box to the count, and what must come out of it."""

from brownie import BallotBox

from muniment.ballots.crypto.group import add
from muniment.ballots.crypto.packing import pack_ballots
from muniment.ballots.model import GENERATOR, Ciphertext, ContestKind
from muniment.ballots.trustees.sharing import Sum, countable, make_share, pack_shares
from muniment.hashing import keccak
from tests.contracts.ballots.acts import placed
from tests.contracts.helpers import HOUR, next_block_at, now, plain
from tests.vectors.ballots import World

GRACE = HOUR


class Election:
    """A setup's box, the ballots that were cast in it, and the trustees who can count them.

    `dealers` are the places of the trustees who are in.
    """

    def __init__(self, people, ids, setup, forms, sizes, min_ballots=2, dealers=None):
        self.people, self.setup = people, setup
        self.dealers = dealers or range(1, setup.size + 1)
        self.by = {"from": people.treasury}
        self.world = World(
            "tally",
            forms,
            **placed(people.treasury, setup.contract, ids, now() + HOUR, 2 * HOUR),
            manifest_hash=keccak(setup.manifest),
            min_ballots=min_ballots,
            secret_key=sum(setup[place].secrets[0] for place in self.dealers),
            sizes=tuple(sizes),
        )
        self.box = BallotBox.deploy(*self.arguments(), self.by)
        self.ballots = {unit: [] for unit in range(len(sizes))}
        self.chosen = {unit: [] for unit in range(len(sizes))}

    def arguments(self):
        """What the box is created with."""
        world = self.world
        packed = [form.pack() for form in world.contests]
        opening = (world.ceremony, self.setup.id, world.opens_at, world.closes_at, world.min_ballots)
        units = [(roll.unit, roll.lines, roll.issued, roll.eligible, roll.root) for roll in world.rolls]
        return [(*opening, "0x" + "10" * 32, packed), units]

    def cast(self, unit, choices, *randomness):
        """Cast one batch: the selections of as many voters, the first of them with this randomness."""
        if now() < self.world.opens_at:
            next_block_at(self.world.opens_at)
        first = len(self.ballots[unit])
        made = [
            self.world.ballot(self.world.voters[unit][first + place], selections, *(randomness if not place else ()))[0]
            for place, selections in enumerate(choices)
        ]
        self.ballots[unit] += made
        self.chosen[unit] += choices
        path = list(self.world.units.path(unit))
        return self.box.cast(self.arguments()[1][unit], path, pack_ballots(made), b"", self.by)

    def close(self):
        """Let the closing and the time of grace pass."""
        next_block_at(self.world.closes_at + GRACE)

    def join(self, most=1024):
        """Join units."""
        return self.box.join(most, self.by)

    def units_of(self, group):
        """The units of a group."""
        first, last, _ = plain(self.box.groupOf(group))
        return range(first, last + 1)

    def total(self, group, ciphertext):
        """The group's sum of a ciphertext, from the ballots: (G, H) and all of them."""
        start = Ciphertext(GENERATOR, self.world.key)
        held = [ballot.ciphertexts[ciphertext] for unit in self.units_of(group) for ballot in self.ballots[unit]]
        return Ciphertext(*(add(*points) for points in zip(start, *held, strict=True)))

    def counts(self, group, contest):
        """What the ballots of a group say on a contest."""
        form = self.world.contests[contest]
        chosen = [selections[contest] for unit in self.units_of(group) for selections in self.chosen[unit]]
        if form.kind == ContestKind.POINTS:
            return [sum(points) for points in zip(*chosen, strict=True)]
        return [sum(chosen_one == (option,) for chosen_one in chosen) for option in range(form.options + form.blank)]

    def places(self, contest):
        """The ciphertexts of a contest, counted through the ballot."""
        first = sum(form.ciphertexts for form in self.world.contests[:contest])
        return range(first, first + self.world.contests[contest].ciphertexts)

    def share(self, group, ciphertext, place, /, **changes):
        """A trustee's proven share of a sum; a test changes what it is about."""
        fields = {"election": self.world.election, "group": group, "ciphertext": ciphertext} | changes
        fields.setdefault("total", self.total(group, ciphertext))
        total = countable(fields.pop("total"), self.world.key)
        what = Sum(**fields, total=total)
        return what, make_share(what, place, self.setup.secret_of(place, self.dealers))

    def shares(self, group, contest, places=(1, 2), /, **changes):
        """The packed shares of a contest by the trustees at these places."""
        packed = []
        for ciphertext in self.places(contest):
            made = [self.share(group, ciphertext, place, **changes) for place in places]
            packed.append((made[0][0], [share for _, share in made]))
        return pack_shares(packed)

    def count(self, group=0, contest=0, counts=None, shares=None, by=None):
        """Publish a count; by default the true one, with the shares of the first two trustees."""
        counts = self.counts(group, contest) if counts is None else counts
        shares = self.shares(group, contest) if shares is None else shares
        return self.box.count(group, contest, counts, shares, {"from": by or self.people.stranger})
