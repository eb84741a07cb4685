"""What moving a register in costs, and the first touch of its titles, with proofs from a tree of the given size."""

from pathlib import Path
from typing import Any

from web3 import Web3
from web3.contract.contract import ContractFunction

from bench.gas_land import create_address
from bench.node import START, compile_own, compile_peers, deploy, fresh_node, gas_of
from muniment.land.migration.leaf import MovedTitle
from muniment.land.migration.tree import MovedTree, absence, presence, presence_of_neighbours

DAY = 86_400
NOBODY = bytes(32)
GB = b"GB".ljust(8, b"\0")
MIRROR, ABSOLUTE = 1, 3
NEIGHBOURS = 64
FIRST_TOUCH, TOGETHER = 55_000, 30_000

Row = tuple[str, int, float, float | None]


def measured(tree: MovedTree) -> list[Row]:
    """Act, how many things one transaction did, gas for each, and what was to be reached."""
    with fresh_node() as web3:
        return Scene(web3, compile_own(), tree).measure()


class Scene:
    """The registries with a register that moved in, and two registrars."""

    def __init__(self, web3: Web3, artifacts: Path, tree: MovedTree) -> None:
        self.web3, self.tree = web3, tree
        self.root, self.admin, self.registrar, self.second, self.relayer = web3.eth.accounts[:5]
        maker = web3.eth.accounts[9]
        self.agencies = deploy(web3, artifacts, "AgencyRegistry", self.root, sender=maker)
        parties = deploy(web3, artifacts, "PartyRegistry", self.agencies.address, sender=maker)
        address = create_address(maker, web3.eth.get_transaction_count(maker) + 3)
        liens = deploy(web3, artifacts, "LienRegistry", self.agencies.address, parties.address, address, sender=maker)
        self.migration = deploy(web3, artifacts, "TitleMigration", self.agencies.address, address, sender=maker)
        self.sales = deploy(web3, compile_peers(), "ConveyanceDouble", address, sender=maker)
        known = [each.address for each in (self.agencies, parties, liens, self.migration, self.sales)]
        self.titles = deploy(web3, artifacts, "TitleRegistry", *known, sender=maker)

    def measure(self) -> list[Row]:
        """All rows, in the order in which a register moves."""
        self._offices()
        tree, call = self.tree, self.migration.functions
        claim = (tree.root, tree.count, tree.title_id(0), tree.title_id(-1), tree.leaves_hash, NOBODY)
        first, moved = (self._send(call.propose(GB, claim, tree.edges()), key) for key in (self.registrar, self.second))
        self._wait(31 * DAY)

        alone = self._titles(tree.count // 2, 1)
        admit = self._send(self._admit(*alone[0]), self.relayer)
        added = self._added()
        chosen = self._neighbours(tree.count // 3)
        proof = presence_of_neighbours([tree], 0, chosen[0][0], NEIGHBOURS)
        together = self._send(call.admitNeighbours([self._struct(*one) for one in chosen], proof), self.relayer)
        return [
            ("propose a register, first registrar", 1, first, None),
            ("move a register in, second registrar", tree.count, round(moved / tree.count, 3), 1),
            ("admit a title, whole transaction", 1, admit, None),
            ("first touch, added to its sale", 1, added, FIRST_TOUCH),
            ("admit neighbours, whole transaction", NEIGHBOURS, together // NEIGHBOURS, TOGETHER),
            ("register a title, with proof of absence", 1, self._register(), None),
        ]

    def _added(self) -> int:
        """What a sale costs more for a title that was not touched before."""
        index, title = self._titles(self.tree.count // 5, 1)[0]
        touched = self._titles(self.tree.count // 7, 1)[0]
        self._send(self._admit(*touched), self.relayer)
        return self._sale(index, title, first=True) - self._sale(*touched)

    def _sale(self, index: int, title: MovedTitle, first: bool = False) -> int:
        """Two transactions of a sale, as they come: its notice, after admission at the first touch; the transfer.

        In one transaction the notice's end would hide a part of the admission behind the cap on refunds.
        """
        identity, until = self.tree.title_id(index), self.web3.eth.get_block("latest")["timestamp"] + 30 * DAY
        seller, source = bytes.fromhex(title.shares[0].holder[2:]), (self._hash("bill of sale"), 20_260_401)
        lodging: list[tuple[str, list[Any]]] = [("setNotice", [identity, self._hash("sale"), until])]
        if first:
            lodging.insert(0, ("admit", [self._struct(index, title), presence([self.tree], 0, identity)]))
        passing = [identity, self._hash("sale"), 1, [seller], 1, [(self._hash("buyer"), 1)], source]
        return self._by_sales(lodging) + self._by_sales([("convey", passing)])

    def _by_sales(self, acts: list[tuple[str, list[Any]]]) -> int:
        data = [self.titles.encode_abi(name, arguments) for name, arguments in acts]
        return self._send(self.sales.functions.actAll(self.titles.address, data), self.relayer)

    def _register(self) -> int:
        ref = "a new title"
        title = self.titles.functions.titleIdOf(GB, ref).call()
        entry = (ref, self._hash(ref), 500, ABSOLUTE, 1, [(self._hash("holder"), 1)], self._hash("deed"), 20_260_401)
        proof = absence([self.tree], bytes(title))
        return self._send(self.titles.functions.registerAbsent(GB, entry, proof), self.registrar)

    def _admit(self, index: int, title: MovedTitle) -> ContractFunction:
        proof = presence([self.tree], 0, self.tree.title_id(index))
        return self.titles.functions.admit(self._struct(index, title), proof)

    def _titles(self, start: int, amount: int) -> list[tuple[int, MovedTitle]]:
        """So many titles with one holder and no lien, from an index on."""
        found = ((index, self.tree.title_at(index)) for index in range(start, self.tree.count))
        plain = ((index, title) for index, title in found if len(title.shares) == 1 and not title.liens)
        return [next(plain) for _ in range(amount)]

    def _neighbours(self, start: int) -> list[tuple[int, MovedTitle]]:
        return [(index, self.tree.title_at(index)) for index in range(start, start + NEIGHBOURS)]

    def _struct(self, index: int, title: MovedTitle) -> tuple[Any, ...]:
        return (
            self.tree.title_id(index),
            GB,
            title.geometry_hash,
            title.area_dm2,
            int(title.grade),
            title.denominator,
            [(share.holder, share.numerator) for share in title.shares],
            list(title.liens),
            list(title.interests),
        )

    def _offices(self) -> None:
        call, end, scopes = self.agencies.functions, START + 3650 * DAY, 2**64 - 1
        domain = self._hash("land.example.gov")
        agency = call.agencyIdOf(NOBODY, domain).call()
        self._send(call.registerAgency(NOBODY, self.admin, scopes, domain), self.root)
        for key in (self.registrar, self.second):
            self._send(call.accredit(agency, key, scopes, 0, end), self.admin)
        self._wait(3 * DAY)
        self._send(self.titles.functions.setRegister(GB, agency, MIRROR), self.root)

    def _wait(self, seconds: int) -> None:
        self.web3.provider.make_request("evm_increaseTime", [seconds])
        self.web3.provider.make_request("evm_mine", [])

    def _send(self, function: ContractFunction, sender: str) -> int:
        return gas_of(self.web3, function, sender)

    def _hash(self, text: str) -> bytes:
        return bytes(self.web3.keccak(text=text))
