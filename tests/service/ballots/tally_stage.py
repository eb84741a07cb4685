"""After the key: a box with two units, their ballots, the close; for trustees who decrypt and count."""

import json
from typing import Any

from eth_abi.abi import encode

from muniment.ballots.crypto.ballot import prepare_ballot, sign_ballot
from muniment.ballots.crypto.group import address_of, multiply
from muniment.ballots.crypto.packing import pack_ballots
from muniment.ballots.hashes import domain_separator, election_id, unit_leaf
from muniment.ballots.model import BallotPaper, UnitRoll, width_of
from muniment.ballots.roll import Tree, roll_tree
from muniment.chain.runtime import body_hash, immutables_of
from muniment.hashing import ZERO_HASH
from tests.service.ballots.ceremony_stage import Ceremony, compiled, deployed_code, mined

CONTESTS = [
    {"title": "Which?", "form": "choice", "options": ["Bench", "Tree"], "blank": True},
    {"title": "How?", "form": "points", "options": ["Wood", "Stone"], "most": 2, "minimum": 0, "maximum": 4},
]
# Selections of each voter, by unit. The second unit has too few ballots for a group of its own.
BALLOTS = ([((0,), (2, 0)), ((1,), (1, 1)), ((0,), (0, 2))], [((2,), (2, 2))])
COUNTS = [[2, 1, 1], [5, 5]]
DAY = 86_400
_OPENING = "(address,bytes32,uint40,uint40,uint32,bytes32,uint64[])"
_ROLLS = "(uint32,uint32,uint32,uint32,bytes32)[]"


class Voting:
    """A box of a ceremony whose key stands; another than the registered one where `registered` is False."""

    def __init__(self, ceremony: Ceremony) -> None:
        """Create the box and let two officers register it; say in the deployment what its code is."""
        self.ceremony, state = ceremony, ceremony.state()
        secrets = [[1000 * unit + number + 1 for number in range(3)] for unit in range(2)]
        self.voters = [sorted((address_of(multiply(one)), one) for one in some) for some in secrets]
        self.trees = [roll_tree(unit, [each for each, _ in some]) for unit, some in enumerate(self.voters)]
        self.rolls = [UnitRoll(unit, 3, 3, 9, tree.root) for unit, tree in enumerate(self.trees)]
        self.units = Tree([unit_leaf(roll) for roll in self.rolls])
        abi, code = compiled("BallotBox")
        now = ceremony.now()
        opens, closes = now + DAY, now + 2 * DAY
        manifest = state.manifest
        opening = (
            ceremony.deployment.contracts["TrusteeCeremony"].address,
            bytes.fromhex(ceremony.setup[2:]),
            opens,
            closes,
            manifest.min_ballots,
            bytes(32),
            [form.pack() for form in manifest.forms],
        )
        rolls = [(one.unit, one.lines, one.issued, one.eligible, bytes.fromhex(one.root[2:])) for one in self.rolls]
        data = code + encode([_OPENING, _ROLLS], [opening, rolls]).hex()
        self.box = mined(ceremony.node, {"from": ceremony.officer, "data": data})["contractAddress"].lower()
        self._describe(abi)
        for officer in (ceremony.officer, ceremony.second_officer):
            ceremony.send(officer, "TrusteeCeremony", "openElection", ceremony.setup, self.box)
        chain = ceremony.deployment.chain_id
        election = election_id(chain, self.box, state.key, self.units.root, manifest.hash, opens, closes)
        domain, width = domain_separator(chain, self.box), width_of(6)
        self.papers = [BallotPaper(election, domain, state.key, width, manifest.forms, roll) for roll in self.rolls]
        self.opens, self.closes = opens, closes

    def vote(self) -> None:
        """Cast all ballots."""
        self.ceremony.wait_until(self.opens)
        for unit, selections in enumerate(BALLOTS):
            paper, roll, ballots = self.papers[unit], self.rolls[unit], []
            for index, chosen in enumerate(selections):
                credential, secret = self.voters[unit][index]
                made, _ = prepare_ballot(paper, index, credential, chosen, path=self.trees[unit].path(index))
                ballots.append(sign_ballot(paper, made, secret))
            told = [roll.unit, roll.lines, roll.issued, roll.eligible, roll.root]
            packed = "0x" + pack_ballots(ballots).hex()
            self.send("cast", told, list(self.units.path(unit)), packed, "0x")

    def close(self, *, final: bool = True) -> None:
        """Wait for the end, and join the units into groups; by default in a block that is final."""
        self.ceremony.wait_until(self.closes + 3_600)
        self.send("join", 10)
        if final:
            self.ceremony.node.mine(2)

    def send(self, function: str, *arguments: Any) -> None:
        """A call of the box by anybody."""
        self.ceremony.send_to(self.ceremony.officer, self.box, self.abi, function, *arguments)

    def _describe(self, abi: list[dict[str, Any]]) -> None:
        """What scripts/deploy.py writes of the box's kind."""
        self.abi = abi
        template = deployed_code("BallotBox")
        places = list(immutables_of(template))
        path = self.ceremony.folder / "local.json"
        written = json.loads(path.read_text())
        written["kinds"] = {
            "BallotBox": {
                "abi": abi,
                "found_by": ["TrusteeCeremony", "ElectionOpened", "box"],
                "begins_with": "BoxOpened",
                "immutables": places,
                "body_hash": body_hash(template, tuple(places)),
            }
        }
        path.write_text(json.dumps(written))


def unknown_code(ceremony: Ceremony) -> None:
    """Let the deployment say that a box has other code."""
    path = ceremony.folder / "local.json"
    written = json.loads(path.read_text())
    written["kinds"]["BallotBox"]["body_hash"] = ZERO_HASH
    path.write_text(json.dumps(written))
