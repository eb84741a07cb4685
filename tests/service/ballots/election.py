"""A small election on a real node, whole: ceremony, enrolment, ballots of every kind, counts; and its transcript.

Five trustees, of whom one deals nothing and is out, one complains for nothing and one is silent at the tally. Three
units with a roll, of which two are counted together; before, between and after them units where nobody got a
credential. A ballot is passed over, one replaced twice, one withdrawn.
`python -m tests.service.ballots.election FILE` writes the transcript for other verifiers to be tested with.
"""

import base64
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_abi.abi import encode

from muniment.ballots.crypto.ballot import prepare_ballot, replacing, sign_ballot, tracker
from muniment.ballots.crypto.group import address_of, draw_scalar, multiply, sign
from muniment.ballots.crypto.packing import pack_ballots, pack_replaced
from muniment.ballots.enrolment.blind import PrivateKey, blind, blind_sign, finalize, prepare
from muniment.ballots.hashes import (
    batch_leaf,
    credential_message,
    domain_separator,
    election_id,
    enrolment_digest,
    enrolment_leaf,
    roll_line,
    setup_id,
    unit_leaf,
    withdrawal_digest,
)
from muniment.ballots.manifest import Manifest, build
from muniment.ballots.model import (
    Ballot,
    BallotPaper,
    BatchPlace,
    Ciphertext,
    Point,
    Replaced,
    UnitRoll,
    width_of,
)
from muniment.ballots.roll import Tree
from muniment.ballots.trustees.ceremony import (
    TrusteeSecret,
    deal,
    decryption_secret,
    draw_secret,
    open_share,
    share_for,
)
from muniment.ballots.trustees.sharing import Sum, countable, make_share, pack_shares
from muniment.ballots.verifying.loading import load
from muniment.chain.abi import decode_values, encode_call
from muniment.hashing import ZERO_HASH, keccak
from tests.service.documents.registry import artifact
from tests.service.nodes import Node

DAY, HOUR = 86_400, 3_600
ELECTION_OFFICER = 1 << 2
NEVER = 2**40 - 1
THRESHOLD, TRUSTEES, OUT = 3, 5, 5
COUNTING = (1, 2, 4)  # places of the trustees who decrypt; the third is silent
LINES = (0, 3, 0, 1, 2, 0)  # in some units nobody got a credential
FIRST, SECOND, THIRD = 1, 3, 4  # units with a roll
OPENING = "(address,bytes32,uint40,uint40,uint32,bytes32,uint64[])"
ROLLS = "(uint32,uint32,uint32,uint32,bytes32)[]"
GROUPS = ((0, 1), (2, 5))


@dataclass
class Voter:
    """A line of the roll, with the credential's secret."""

    unit: int
    secret: int
    credential: str
    index: int = 0
    path: tuple[str, ...] = ()


@dataclass
class Election:
    """The election while it is held. Accounts of the node by what they do."""

    node: Node
    accounts: list[str] = field(default_factory=list)
    abis: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    at: dict[str, str] = field(default_factory=dict)

    # ── The chain ───────────────────────────────────────────────────────────────────────────────────────────────

    def create(self, name: str, types: Sequence[str], values: Sequence[Any], sender: str) -> str:
        """Create a contract; gives its address."""
        self.abis[name], code = artifact(name)
        receipt = self.mined({"from": sender, "data": code + encode(types, values).hex()})
        self.at[name] = str(receipt["contractAddress"]).lower()
        return self.at[name]

    def send(self, sender: str, contract: str, function: str, *arguments: Any) -> dict[str, Any]:
        """Send a call, which must succeed."""
        data = encode_call(self.abis[contract], function, arguments)
        return self.mined({"from": sender, "to": self.at[contract], "data": data})

    def mined(self, transaction: dict[str, Any]) -> dict[str, Any]:
        """Send a transaction; gives its receipt."""
        sent = self.node.call("eth_sendTransaction", {**transaction, "gas": hex(16_000_000)})
        until = time.monotonic() + 60
        while time.monotonic() < until:
            receipt: dict[str, Any] | None = self.node.call("eth_getTransactionReceipt", sent)
            if receipt is not None:
                assert receipt["status"] == "0x1", self.node.call(
                    "debug_traceTransaction", sent, {"tracer": "callTracer"}
                )
                return receipt
            time.sleep(0.01)
        raise AssertionError("the transaction was not mined within 60 s")

    def view(self, contract: str, function: str, gives: Sequence[str], *arguments: Any) -> Any:
        """What a view answers."""
        data = encode_call(self.abis[contract], function, arguments)
        answer = self.node.call("eth_call", {"to": self.at[contract], "data": data}, "latest")
        values = decode_values(gives, bytes.fromhex(answer[2:]))
        return values[0] if len(values) == 1 else values

    def now(self) -> int:
        """The head's time."""
        return int(self.node.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def wait_until(self, moment: int) -> None:
        """Let time pass up to a moment."""
        self.node.call("evm_setNextBlockTimestamp", hex(moment))
        self.node.mine()

    # ── Before the ballots ──────────────────────────────────────────────────────────────────────────────────────

    def prepare(self) -> None:
        """Agency, officers and the ceremony's contract."""
        self.accounts = [account.lower() for account in self.node.call("eth_accounts")]
        root, admin, *officers = self.accounts[:4]
        self.officers, self.trustees, self.relayer = officers, self.accounts[4:9], self.accounts[9]
        agencies = self.create("AgencyRegistry", ["address"], [root], root)
        domain = keccak(b"town.example.gov")
        self.send(root, "AgencyRegistry", "registerAgency", ZERO_HASH, admin, ELECTION_OFFICER, domain)
        self.agency = "0x" + self.view("AgencyRegistry", "agencyIdOf", ("bytes32",), ZERO_HASH, domain).hex()
        for officer in officers:
            self.send(admin, "AgencyRegistry", "accredit", self.agency, officer, ELECTION_OFFICER, 0, NEVER)
        self.create("TrusteeCeremony", ["address"], [agencies], root)
        self.wait_until(self.now() + 3 * DAY)

    def announce(self) -> None:
        """The manifest, and the ceremony's beginning."""
        self.make_manifest()
        content = "0x" + self.manifest.content.hex()
        self.send(self.officers[0], "TrusteeCeremony", "begin", content, self.trustees, THRESHOLD, HOUR)

    def make_manifest(self) -> None:
        """Keys of the units, and the manifest."""
        self.unit_keys = [PrivateKey.make() for _ in LINES]
        start = self.now() + HOUR
        times = [start, start + DAY, start + 2 * DAY, start + 3 * DAY, start + 4 * DAY]
        names = ("enrolmentOpens", "enrolmentCloses", "rollCloses", "opens", "closes")
        self.manifest: Manifest = build(
            {
                "agency": self.agency,
                "title": "The town's budget",
                "language": "en",
                "contests": [
                    {"title": "A park?", "form": "choice", "options": ["Yes", "No"], "blank": True},
                    {
                        "title": "Paths",
                        "form": "points",
                        "options": ["North", "South"],
                        "most": 2,
                        "minimum": 1,
                        "maximum": 3,
                    },
                ],
                "units": [
                    {
                        "name": f"Ward {place}",
                        "area": "West" if place > FIRST else "East",
                        "eligible": lines + 1,
                        "key": key.modulus,
                    }
                    for place, (lines, key) in enumerate(zip(LINES, self.unit_keys, strict=True))
                ],
                "minBallots": 2,
                "trustees": self.trustees,
                "threshold": THRESHOLD,
                "schedule": dict(zip(names, times, strict=True)),
            }
        )
        self.chain_id = self.node.rpc.chain_id()
        self.setup = setup_id(self.chain_id, self.at["TrusteeCeremony"], self.agency, self.manifest.hash)

    def make_key(self) -> None:
        """The ceremony. The last trustee deals nothing; the first complains about the second, who answers."""

        def act(place: int, function: str, *words: Any) -> None:
            self.send(self.trustees[place - 1], "TrusteeCeremony", function, self.setup, *words)

        places = range(1, TRUSTEES + 1)
        kept: dict[int, TrusteeSecret] = {
            place: draw_secret(self.setup, self.trustees[place - 1], THRESHOLD) for place in places
        }
        self.kept = kept
        for place in places:
            act(place, "commit", kept[place].revealed.commitment(self.setup, self.trustees[place - 1]))
        for place in places:
            shown = kept[place].revealed
            coefficients = [list(point) for point in shown.coefficients]
            proofs = [[one.challenge, one.response] for one in (shown.constant_proof, shown.key_proof)]
            act(place, "reveal", [coefficients, list(shown.encryption_key), *proofs])
        keys = {place: kept[place].revealed.encryption_key for place in places}
        staying = [place for place in places if place != OUT]
        dealt = {place: deal(kept[place], place, keys, TRUSTEES) for place in staying}
        for place in staying:
            act(place, "deal", list(dealt[place]))
        self.wait_until(self.now() + HOUR)
        act(1, "complain", self.trustees[1])
        act(2, "answer", self.trustees[0], share_for(kept[2].polynomial, 1))
        for place in staying:
            act(place, "confirm")
        self.send(self.relayer, "TrusteeCeremony", "finish", self.setup)
        self.secrets = {
            place: decryption_secret(
                [
                    share_for(kept[place].polynomial, place)
                    if dealer == place
                    else open_share(kept[place], dealer, place, keys[dealer], dealt[dealer][place - 1])
                    for dealer in staying
                ]
            )
            for place in staying
        }
        self.key = Point(*self.view("TrusteeCeremony", "keyOf", ("(uint256,uint256)",), self.setup))

    def enrol(self) -> None:
        """A blind signature for each voter, and one more in each unit whose credential never comes."""
        self.voters: list[list[Voter]] = []
        units, entries, leaves = [], [], []
        self.rolls: list[UnitRoll] = []
        for unit, lines in enumerate(LINES):
            made = []
            for number in range(lines + 1):
                voter, line, blinded = self._enrolled(unit)
                if number < lines:
                    made.append((voter, line))
                name = keccak(voter.credential.encode())
                authority = self._vouched(unit, name, blinded)
                entry = {"unit": unit, "voter": name, "blinded": blinded, "authority": authority}
                hashed = keccak(json.dumps(authority, sort_keys=True, separators=(",", ":")).encode())
                leaves.append(enrolment_leaf(self.setup, len(entries), unit, name, blinded, hashed))
                entries.append(entry)
            made = self.listed(unit, made)
            tree = Tree([roll_line(unit, at, voter.credential) for at, (voter, _) in enumerate(made)]) if made else None
            for index, (voter, _) in enumerate(made):
                voter.index, voter.path = index, tree.path(index) if tree else ()
            self.voters.append([voter for voter, _ in made])
            root = tree.root if tree else ZERO_HASH
            self.rolls.append(UnitRoll(unit, lines, lines + 1, lines + 1, root))
            units.append({"unit": unit, "issued": lines + 1, "lines": [line for _, line in made]})
        self.roll = {"setup": self.setup, "units": units}
        self.log = {"setup": self.setup, "entries": entries}
        self.log_root = Tree(leaves).root

    def listed(self, _unit: int, lines: list[tuple[Voter, list[str]]]) -> list[tuple[Voter, list[str]]]:
        """A unit's voters and lines in the order of the roll."""
        return sorted(lines, key=lambda pair: pair[0].credential)

    def _vouched(self, unit: int, voter: str, blinded: str) -> dict[str, Any]:
        """What two officers sign for a voter."""
        domain = domain_separator(self.chain_id, self.at["TrusteeCeremony"])
        deadline = self.manifest.schedule.enrolment_closes
        digest = enrolment_digest(domain, self.setup, unit, voter, blinded, deadline)
        keys = {address_of(multiply(secret)): signed65(digest, secret) for secret in (11, 12)}
        officers = [{"key": key, "signature": signature} for key, signature in sorted(keys.items())]
        return {"by": "officers", "deadline": deadline, "officers": officers}

    def _enrolled(self, unit: int) -> tuple[Voter, list[str], str]:
        secret = draw_scalar()
        credential = address_of(multiply(secret))
        line, blinded = self.signed_line(unit, credential, self.unit_keys[unit])
        return Voter(unit, secret, credential), line, keccak(blinded)

    def signed_line(self, unit: int, credential: str, key: PrivateKey) -> tuple[list[str], bytes]:
        """A line of the roll, signed with a key; and what of it the key's owner saw."""
        prepared, randomizer = prepare(credential_message(self.setup, unit, credential))
        blinded, factor = blind(key.public, prepared)
        signature = finalize(key.public, prepared, blind_sign(key, blinded), factor)
        return [credential, _base64(randomizer), _base64(signature)], blinded

    def open(self) -> None:
        """Create the box, register it by two officers, and wait for the opening."""
        self.create_box()
        for officer in self.officers:
            self.send(officer, "TrusteeCeremony", "openElection", self.setup, self.box)
        schedule = self.manifest.schedule
        self.units = Tree([unit_leaf(roll) for roll in self.rolls])
        self.id = election_id(
            self.chain_id, self.box, self.key, self.units.root, self.manifest.hash, schedule.opens, schedule.closes
        )
        domain, width = domain_separator(self.chain_id, self.box), width_of(sum(LINES))
        self.papers = [BallotPaper(self.id, domain, self.key, width, self.manifest.forms, roll) for roll in self.rolls]
        self.wait_until(schedule.opens)

    def create_box(self) -> None:
        """Create the box with the rolls."""
        schedule = self.manifest.schedule
        forms = [form.pack() for form in self.manifest.forms]
        opening = (
            self.at["TrusteeCeremony"], bytes.fromhex(self.setup[2:]), schedule.opens, schedule.closes,
            self.manifest.min_ballots, bytes.fromhex(self.log_root[2:]), forms,
        )  # fmt: skip
        rolls = [(one.unit, one.lines, one.issued, one.eligible, bytes.fromhex(one.root[2:])) for one in self.rolls]
        self.box = self.create("BallotBox", [OPENING, ROLLS], [opening, rolls], self.officers[0])

    # ── Ballots ─────────────────────────────────────────────────────────────────────────────────────────────────

    def ballot(
        self, voter: Voter, selections: Any, replaced: Replaced | None = None, previous: str = ZERO_HASH
    ) -> Ballot:
        """A signed ballot."""
        paper = self.papers[voter.unit]
        made, _ = prepare_ballot(
            paper, voter.index, voter.credential, selections, path=voter.path, previous=previous, replaced=replaced
        )
        return sign_ballot(paper, made, voter.secret)

    def cast(self, unit: int, *ballots: Ballot) -> None:
        """Send ballots of one unit in one transaction."""
        packed = "0x" + pack_ballots(ballots).hex()
        self.send(self.relayer, "BallotBox", "cast", *self._roll(unit), packed, "0x")

    def _roll(self, unit: int) -> tuple[Any, list[str]]:
        roll = self.rolls[unit]
        return [roll.unit, roll.lines, roll.issued, roll.eligible, roll.root], list(self.units.path(unit))

    def vote(self) -> None:
        """Batches, a ballot that is passed over, one replaced twice, one withdrawn."""
        first, second, third = self.voters[FIRST]
        one, two = self.ballot(first, ((0,), (2, 1))), self.ballot(second, ((1,), (0, 1)))
        self.cast(FIRST, one, two)
        three = self.ballot(third, ((0,), (1, 1)))
        self.cast(FIRST, three, self.ballot(second, ((0,), (2, 0))))  # the second voter has a ballot already
        trackers = [tracker(self.papers[FIRST], ballot) for ballot in (one, two)]
        batch = Tree([batch_leaf(first.index, trackers[0]), batch_leaf(second.index, trackers[1])])
        place = BatchPlace(0, 0, batch.path(0))
        again = self.ballot(first, ((1,), (0, 2)), replacing(one, place), trackers[0])
        self.cast(FIRST, again)
        last = self.ballot(first, ((2,), (1, 2)), replacing(again, None), tracker(self.papers[FIRST], again))
        self.cast(FIRST, last)
        self._withdraw(third, replacing(three, BatchPlace(1, 0, ())))
        self.cast(SECOND, self.ballot(self.voters[SECOND][0], ((0,), (1, 0))))
        self.cast(THIRD, *(self.ballot(voter, ((0,), (2, 1))) for voter in self.voters[THIRD]))

    def _withdraw(self, voter: Voter, named: Replaced) -> None:
        """A voter of the first unit with a roll whose ballot is alone in the second batch votes on paper."""
        domain = self.papers[FIRST].domain
        signature = signed65(withdrawal_digest(domain, FIRST, voter.index), voter.secret)
        packed = b"\1" + pack_replaced(named)
        self.send(
            self.relayer, "BallotBox", "withdraw", *self._roll(FIRST), voter.index, voter.credential, list(voter.path),
            signature, "0x" + packed.hex(),
        )  # fmt: skip

    # ── Counts ──────────────────────────────────────────────────────────────────────────────────────────────────

    def close(self) -> None:
        """Wait for the end of the time of grace, and join the units."""
        self.wait_until(self.manifest.schedule.closes + HOUR)
        self.send(self.relayer, "BallotBox", "join", 100)

    def count(self) -> None:
        """Publish the counts of both groups, by three of the four trustees who are in."""
        for group, (choice, points) in enumerate((((0, 1, 1), (1, 3)), ((3, 0, 0), (5, 2)))):
            self._count(group, 0, choice, [0])
            self._count(group, 1, points, [1, 2])

    def _count(self, group: int, contest: int, counts: Sequence[int], ciphertexts: Sequence[int]) -> None:
        sums = []
        for ciphertext in ciphertexts:
            a, b = self.view(
                "BallotBox", "sumOf", ("((uint256,uint256),(uint256,uint256))",), GROUPS[group][0], ciphertext
            )
            total = countable(Ciphertext(Point(*a), Point(*b)), self.key)
            what = Sum(self.id, group, ciphertext, total)
            sums.append((what, [make_share(what, place, self.secrets[place]) for place in COUNTING]))
        packed = "0x" + pack_shares(sums).hex()
        self.send(self.relayer, "BallotBox", "count", group, contest, list(counts), packed)

    def hold(self) -> None:
        """Hold it from beginning to end; two transcripts are taken on the way."""
        for step in (self.prepare, self.announce, self.make_key, self.enrol, self.open, self.vote):
            step()
        self.voting = self.transcript()
        self.close()
        self.uncounted = self.transcript()
        self.count()

    def transcript(self) -> dict[str, Any]:
        """The transcript as of now."""
        return load(self.node.rpc, self.box, self.roll, self.log)


def signed65(digest: str, secret: int) -> str:
    """A signature in 65 bytes (r, s, v)."""
    compact = bytearray(sign(bytes.fromhex(digest[2:]), secret))
    parity, compact[32] = compact[32] >> 7, compact[32] & 0x7F
    return f"0x{compact.hex()}{27 + parity:02x}"


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


if __name__ == "__main__":
    with Node() as running:
        made = Election(running)
        made.hold()
        Path(sys.argv[1]).write_text(json.dumps(made.transcript(), separators=(",", ":")) + "\n")
