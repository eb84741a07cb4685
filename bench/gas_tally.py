"""What counting costs once the voting is over: a true key ceremony, and three of its five trustees who decrypt."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from web3 import Web3
from web3.contract.contract import ContractFunction

from bench.gas_ballots import APPROVAL, CHOICE, DAY, NOBODY, Election, Key, Shape
from bench.node import deploy, gas_of
from muniment.ballots.model import ORDER, Ciphertext, ContestForm, ContestKind, Point, Possession
from muniment.ballots.trustees.ceremony import deal, draw_secret, share_for
from muniment.ballots.trustees.sharing import Sum, make_share, pack_shares
from muniment.hashing import keccak
from tests.vectors.ballots import drawing

HOUR = 3_600
ALL = 2**64 - 1
MANIFEST = b'{"title":"Tally"}'
THRESHOLD, TRUSTEES = 3, 5
COUNTING = (1, 2, 4)  # places of the trustees who decrypt
SHAPES = (
    Shape("a choice of 4", CHOICE, "", 8, 1, 4),
    Shape("an approval of 40", APPROVAL, "", 8, 1, 4),
)


class Scene:
    """An agency's officer, and five trustees who have made a key."""

    def __init__(self, web3: Web3, artifacts: Path) -> None:
        self.web3, self.artifacts = web3, artifacts
        root, self.relayer, admin, self.officer = web3.eth.accounts[:4]
        self.trustees = web3.eth.accounts[4 : 4 + TRUSTEES]
        agencies = deploy(web3, artifacts, "AgencyRegistry", root, sender=root)
        domain = web3.keccak(text="town.example.gov")
        gas_of(web3, agencies.functions.registerAgency(NOBODY, admin, ALL, domain), root)
        agency = agencies.functions.agencyIdOf(NOBODY, domain).call()
        until = web3.eth.get_block("latest")["timestamp"] + 3_650 * DAY
        gas_of(web3, agencies.functions.accredit(agency, self.officer, ALL, 0, until), admin)
        web3.provider.make_request("evm_increaseTime", [3 * DAY])
        self.ceremony = deploy(web3, artifacts, "TrusteeCeremony", agencies.address, sender=root)
        self.setup = bytes(self.ceremony.functions.setupIdOf(agency, keccak(MANIFEST)).call())

    def measure(self) -> dict[str, tuple[int, float]]:
        """Act → (how many sums one transaction counted, gas for each)."""
        key, figures = self.make_key(), {}
        for shape in SHAPES:
            sums, gas = self._count(Election(self.web3, self.artifacts, key, shape))
            figures[f"tally of {shape.kind}, by 3 of 5 trustees, each sum"] = (sums, gas // sums)
        return figures

    def make_key(self) -> Key:
        """Hold the ceremony, in which nobody fails."""
        places = range(1, TRUSTEES + 1)
        setup, call = "0x" + self.setup.hex(), self.ceremony.functions
        kept = [draw_secret(setup, who, THRESHOLD, drawing(f"trustee {who}")) for who in self.trustees]
        shown = [secret.revealed for secret in kept]
        keys = {place: each.encryption_key for place, each in zip(places, shown, strict=True)}
        revealed = [
            (each.coefficients, each.encryption_key, _words(each.constant_proof), _words(each.key_proof))
            for each in shown
        ]
        commitments = [each.commitment(setup, who) for each, who in zip(shown, self.trustees, strict=True)]
        dealt = [deal(secret, place, keys, TRUSTEES) for place, secret in zip(places, kept, strict=True)]
        gas_of(self.web3, call.begin(MANIFEST, self.trustees, THRESHOLD, HOUR), self.officer)
        self._all(call.commit(self.setup, commitment) for commitment in commitments)
        self._all(call.reveal(self.setup, each) for each in revealed)
        self._all(call.deal(self.setup, shares) for shares in dealt)
        self._all(call.confirm(self.setup) for _ in places)
        gas_of(self.web3, call.finish(self.setup), self.relayer)
        self.secrets = {place: sum(share_for(secret.polynomial, place) for secret in kept) % ORDER for place in places}
        secret = sum(each.polynomial[0] for each in kept) % ORDER
        return Key(self.ceremony, self.setup, keccak(MANIFEST), secret)

    def _all(self, steps: Iterator[ContractFunction]) -> None:
        for who, step in zip(self.trustees, steps, strict=True):
            gas_of(self.web3, step, who)

    def _count(self, election: Election) -> tuple[int, int]:
        """Let the batch vote, and count it: how many sums, and the gas."""
        call, shape = election.box.functions, election.shape
        election.cast(election.order[: shape.batch])
        self.web3.provider.make_request("evm_setNextBlockTimestamp", [election.world.closes_at + HOUR])
        gas_of(self.web3, call.join(1), self.relayer)
        sums = []
        for ciphertext in range(shape.form.ciphertexts):
            total = Ciphertext(*(Point(*point) for point in call.sumOf(0, ciphertext).call()))
            what = Sum(election.world.election, 0, ciphertext, total)
            draw = drawing(f"share {ciphertext}")
            sums.append((what, [make_share(what, place, self.secrets[place], draw) for place in COUNTING]))
        count = call.count(0, 0, _counts(shape.form, election.selections), pack_shares(sums))
        return len(sums), gas_of(self.web3, count, self.relayer)


def _counts(form: ContestForm, selections: Sequence[Sequence[int]]) -> list[int]:
    """How often each option was chosen."""
    if form.kind == ContestKind.POINTS:
        return [sum(points) for points in zip(*selections, strict=True)]
    return [selections.count((option,)) for option in range(form.options)]


def _words(proof: Possession) -> tuple[int, int]:
    return proof.challenge, proof.response
