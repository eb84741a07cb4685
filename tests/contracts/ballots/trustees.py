"""Trustees of a key ceremony as the tests need them, honest or not, and a ceremony that goes step by step."""

from dataclasses import dataclass, field

from brownie import accounts

from muniment.ballots.crypto.group import add, draw_scalar, multiply
from muniment.ballots.crypto.proofs import prove_possession
from muniment.ballots.hashes import share_mask, trustee_commitment
from muniment.ballots.model import ORDER
from tests.contracts.helpers import DAY, wait

FIRST_ACCOUNT = 36  # of the node's, behind those of the people
STAGES = UNKNOWN, COMMITTING, REVEALING, DEALING, REVIEW, READY, FAILED = range(7)


def account(place):
    """The account of the trustee at a place from 1."""
    return accounts[FIRST_ACCOUNT + place]


def polynomial(points, x):
    """Σ x^k·points[k]."""
    return add(*(multiply(pow(x, k, ORDER), point) for k, point in enumerate(points)))


@dataclass
class Trustee:
    """One trustee and its secrets; a test replaces what a dishonest one would."""

    setup: str
    place: int
    threshold: int
    secrets: list[int] = field(default_factory=list)
    secret_key: int = field(default_factory=draw_scalar)

    def __post_init__(self):
        """Choose a polynomial, and what will be revealed of it."""
        self.account = account(self.place)
        self.secrets = self.secrets or [draw_scalar() for _ in range(self.threshold)]
        self.coefficients = [multiply(secret) for secret in self.secrets]
        self.key = multiply(self.secret_key)
        self.constant_proof = self.possession(1, self.secrets[0])
        self.key_proof = self.possession(2, self.secret_key)

    def possession(self, kind, secret):
        """A proof of knowing a secret, bound to this trustee."""
        return prove_possession(self.setup, self.account.address, kind, secret)

    def commitment(self):
        """What is committed to."""
        proofs = (self.constant_proof, self.key_proof)
        return trustee_commitment(self.setup, self.account.address, self.coefficients, self.key, *proofs)

    def revealed(self):
        """The struct Reveal."""
        proofs = [(proof.challenge, proof.response) for proof in (self.constant_proof, self.key_proof)]
        return [[tuple(point) for point in self.coefficients], tuple(self.key), *proofs]

    def share_for(self, place):
        """The polynomial's value at another trustee's place."""
        return sum(secret * pow(place, k, ORDER) for k, secret in enumerate(self.secrets)) % ORDER

    def dealt(self, trustees, out=()):
        """Shares for all, each encrypted for its trustee; none for oneself and for those who are out."""
        return [
            0
            if other is self or other.place in out
            else self.share_for(other.place) ^ self.mask(other, self.place, other.place)
            for other in trustees
        ]

    def mask(self, other, dealer, recipient):
        """What a share between this trustee and another is encrypted with."""
        return share_mask(self.setup, dealer, recipient, multiply(self.secret_key, other.key))


class Setup:
    """A ceremony of `size` trustees; each step is done by the places named, or by all."""

    def __init__(self, contract, officer, threshold, size, period=DAY, manifest=b'{"title":"Mayor"}'):
        self.contract = contract
        self.threshold, self.size, self.period, self.manifest = threshold, size, period, manifest
        members = [account(place).address for place in range(1, size + 1)]
        self.tx = contract.begin(manifest, members, threshold, period, {"from": officer})
        self.last, self.id = self.tx, str(self.tx.return_value)
        self.trustees = [Trustee(self.id, place, threshold) for place in range(1, size + 1)]

    def __getitem__(self, place):
        """The trustee at a place from 1."""
        return self.trustees[place - 1]

    def chosen(self, places):
        """Those at these places, or all."""
        return [self[place] for place in places] or self.trustees

    def commit(self, *places):
        """Commit; gives the last transaction, as all steps do."""
        return self.each(places, lambda who, by: self.contract.commit(self.id, who.commitment(), by))

    def reveal(self, *places):
        """Reveal."""
        return self.each(places, lambda who, by: self.contract.reveal(self.id, who.revealed(), by))

    def deal(self, *places):
        """Deal."""
        return self.each(places, lambda who, by: self.contract.deal(self.id, who.dealt(self.trustees), by))

    def each(self, places, step):
        """Let each of these take a step; gives and keeps the last transaction."""
        for who in self.chosen(places):
            self.last = step(who, {"from": who.account})
        return self.last

    def complain(self, place, dealer):
        """Let one trustee complain about another."""
        return self.contract.complain(self.id, self[dealer].account, {"from": self[place].account})

    def answer(self, dealer, place, share=None):
        """Let the dealer publish the share of the one who complained."""
        share = self[dealer].share_for(place) if share is None else share
        return self.contract.answer(self.id, self[place].account, share, {"from": self[dealer].account})

    def confirm(self, *places):
        """Confirm."""
        return self.each(places, lambda _, by: self.contract.confirm(self.id, by))

    def finish(self, by=None):
        """End the ceremony; anybody may."""
        return self.contract.finish(self.id, {"from": by or account(self.size + 1)})

    def until(self, stage):
        """Let all trustees do every step before this stage."""
        steps = (self.commit, self.reveal, self.deal, self.confirm)
        for step in steps[: stage - COMMITTING]:
            step()
        if stage == READY:
            self.finish()
        return self

    def wait(self, periods=1):
        """Let so many periods pass."""
        wait(periods * self.period)

    def stage(self):
        """The stage at the present time."""
        return self.contract.stageOf(self.id)

    def secret_of(self, place, dealers):
        """The trustee's part of the election's secret: the sum of the shares that these dealers dealt."""
        return sum(self[dealer].share_for(place) for dealer in dealers) % ORDER

    def key(self, dealers):
        """H as the dealers' commitments make it."""
        return add(*(self[dealer].coefficients[0] for dealer in dealers))

    def out(self, place):
        """Whether the chain has written down that the trustee is out."""
        return bool(self.contract.trusteeOf(self.id, self[place].account)["out"])
