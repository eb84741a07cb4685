"""Ballot boxes: what an election is opened with, whether a box is that, and which one waits to be registered."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eth_utils import keccak

from muniment.ballots import manifest as manifests
from muniment.ballots.hashes import domain_separator, setup_id, unit_leaf
from muniment.ballots.manifest import Manifest
from muniment.ballots.model import UnitRoll
from muniment.ballots.roll import Tree
from muniment.ballots.verifying.findings import Findings, TranscriptRefused
from muniment.ballots.verifying.rolls import check_log, check_roll, log_root, unit_rolls
from muniment.ballots.verifying.transcript import parse
from muniment.errors import Refused as Unfit
from muniment.sentences import sentence_of
from scripts.common import code, verification
from scripts.common.agencies import when
from scripts.common.box_creation import OPENED, Units, created_with
from scripts.common.registries import NOBODY, Registries, checksum
from scripts.common.session import Session
from scripts.common.settings import Misused, Refused

BEGUN = b"CeremonyBegun(bytes32,bytes32,address,uint8,uint40,address[],bytes)"
READY = 5  # ITrusteeCeremony.CeremonyStage
SHOWN = 5  # findings


@dataclass(frozen=True)
class Opening:
    """What a box is created with: the contract's arguments, and what follows from them."""

    setup: bytes
    manifest: Manifest
    rolls: tuple[UnitRoll, ...]
    log_root: str
    ceremony: str

    @property
    def roll_root(self) -> str:
        """The root over all units."""
        return Tree([unit_leaf(roll) for roll in self.rolls]).root

    @property
    def arguments(self) -> list[Any]:
        """The constructor's, for the ABI."""
        said = self.manifest
        forms = [form.pack() for form in said.forms]
        times = said.schedule.opens, said.schedule.closes
        opening = (self.ceremony, self.setup, *times, said.min_ballots, bytes.fromhex(self.log_root[2:]), forms)
        rolls = [(one.unit, one.lines, one.issued, one.eligible, bytes.fromhex(one.root[2:])) for one in self.rolls]
        return [opening, rolls]

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The same in plain words."""
        said = self.manifest
        lines, issued = (sum(getattr(roll, word) for roll in self.rolls) for word in ("lines", "issued"))
        return [
            ("Election", said.title),
            ("Contests", "; ".join(f"{one.title} ({len(one.options)} options)" for one in said.contests)),
            ("Roll", f"{lines:,} lines in {len(self.rolls)} units, {issued:,} signatures, {said.eligible:,} voters"),
            ("Opens", when(said.schedule.opens)),
            ("Closes", when(said.schedule.closes)),
        ]


def manifest_of(registries: Registries, setup: bytes) -> Manifest:
    """The manifest that a ceremony was begun with. Raises Refused when there is none."""
    ceremony = registries.contract("TrusteeCeremony")
    entry = registries.record["contracts"]["TrusteeCeremony"]
    for log in verification.logs(registries.session, entry, [keccak(BEGUN), setup]):
        told = ceremony.events.CeremonyBegun().process_log(log)["args"]
        try:
            said = manifests.parse(bytes(told["manifest"]))
        except Unfit as unfit:
            raise Refused(f"{sentence_of(unfit)} Begin another ceremony; nothing was sent.") from unfit
        chain, address = registries.session.network.chain_id, str(ceremony.address).lower()
        if bytes.fromhex(setup_id(chain, address, said.agency, said.hash)[2:]) != setup:
            raise Refused("The node shows another manifest than this setup was begun with. Nothing was sent.")
        return said
    raise Refused(f"There is no ceremony 0x{setup.hex()}. Nothing was sent.")


def opening_of(registries: Registries, setup: bytes, roll: Path, log: Path) -> Opening:
    """What the box of a setup is created with. Checks roll and log as any verifier will. Raises Refused."""
    ceremony = registries.contract("TrusteeCeremony")
    if ceremony.functions.stageOf(setup).call() != READY:
        raise Refused(f"The ceremony 0x{setup.hex()} has no key yet. Nothing was sent.")
    said, name = manifest_of(registries, setup), "0x" + setup.hex()
    published, kept = read_json(roll), read_json(log)
    domain = domain_separator(registries.session.network.chain_id, str(ceremony.address))
    found = Findings()
    try:
        rolls = unit_rolls(published, said)
        root = log_root(kept, name)
        check_roll(published, name, said, rolls, found)
        check_log(kept, name, rolls, root, domain, found)
    except TranscriptRefused as refused:
        raise Refused(f"Roll or log cannot be read: {refused}. Nothing was sent.") from refused
    except Unfit as unfit:
        raise Refused(f"{sentence_of(unfit)} Nothing was sent.") from unfit
    if found.all:
        shown = "\n".join(f"{one.where}: {one.says}" for one in found.all[:SHOWN])
        more = f"\n… and {len(found.all) - SHOWN} more" if len(found.all) > SHOWN else ""
        raise Refused(f"{shown}{more}\nNo verifier would take this roll. Nothing was sent.")
    return Opening(setup, said, rolls, root, str(ceremony.address))


def read_json(path: Path) -> dict[str, Any]:
    """A published file. Raises Misused when it is none."""
    try:
        value = parse(path.read_bytes())
    except (OSError, TranscriptRefused) as error:
        raise Misused(f"{path} cannot be read as JSON.") from error
    if not isinstance(value, dict):
        raise Misused(f"{path} holds no JSON object.")
    return value


def with_box(registries: Registries, box: str) -> Registries:
    """The registries and this box among their contracts.

    Raises Refused when it does not run the compiled code, or was not created by it and by nothing else.
    """
    standing = code.standing_code(registries.session, box)
    if not code.same_runtime(code.runtime_code(registries.session, "BallotBox"), standing):
        raise Refused(f"What stands at {box} is no ballot box of these sources. Nothing was sent.")
    created_with(registries, box)
    contracts = registries.record["contracts"] | {"BallotBox": {"address": box}}
    return replace(registries, record=registries.record | {"contracts": contracts})


def boxes_of(registries: Registries, setup: bytes) -> list[str]:
    """Every genuine box that was created for a setup, in order; anybody may have created it."""
    session = registries.session
    entry = {"start_block": registries.record["contracts"]["TrusteeCeremony"]["start_block"]}
    found = []
    for log in _logs_of_any(session, entry["start_block"], [keccak(OPENED), None, setup]):
        address = str(log["address"]).lower()
        try:
            with_box(registries, address)
        except Refused:
            continue
        found.append(address)
    return found


def is_as_opened(registries: Registries, box: str, wanted: Opening) -> bool:
    """Whether a box has this roll, log, schedule and contests."""
    return not differences(registries, box, wanted)


def differences(registries: Registries, box: str, wanted: Opening) -> list[str]:
    """In what a box is other than what is wanted, in words; nothing where it is the same.

    Raises Refused for what is no genuine box: its own word says nothing then.
    """
    functions = with_box(registries, box).contract("BallotBox").functions
    said = wanted.manifest
    stands: list[tuple[str, Any, Any]] = [
        ("the ceremony", str(functions.CEREMONY().call()).lower(), wanted.ceremony.lower()),
        ("the setup", bytes(functions.SETUP().call()), wanted.setup),
        ("the contests", functions.contests().call(), [form.pack() for form in said.forms]),
        ("the fewest ballots", functions.MIN_BALLOTS().call(), said.min_ballots),
        ("the opening", functions.OPENS_AT().call(), said.schedule.opens),
        ("the closing", functions.closesAt().call(), said.schedule.closes),
        ("the log root", "0x" + bytes(functions.LOG_ROOT().call()).hex(), wanted.log_root),
        ("the roll root", "0x" + bytes(functions.ROLL_ROOT().call()).hex(), wanted.roll_root),
    ]
    found = [name for name, stood, asked in stands if stood != asked]
    # The root over all units tells that one is another; which, and in what, only what the box was created with.
    return found + _units_that_differ(created_with(registries, box), wanted) if "the roll root" in found else found


def _units_that_differ(units: Units, wanted: Opening) -> list[str]:
    words = ("place", "lines", "issued signatures", "eligible voters", "root")
    asked = [tuple(roll) for roll in wanted.arguments[1]]
    differing = [
        f"unit {place}'s {word}"
        for place, pair in enumerate(zip(units, asked, strict=False))
        for word, stood, own in zip(words, *pair, strict=True)
        if stood != own
    ]
    return differing if len(units) == len(asked) else ["the number of units", *differing]


def registered_box(registries: Registries, setup: bytes) -> str | None:
    """The box that two officers registered for a setup; None before."""
    functions = registries.contract("TrusteeCeremony").functions
    record = functions.ceremony(setup).call()
    if bytes(record.agency) == NOBODY:
        raise Refused(f"There is no ceremony 0x{setup.hex()}. Nothing was sent.")
    return None if int(record.box, 16) == 0 else str(record.box).lower()


def _logs_of_any(session: Session, first: int, topics: list[bytes | None]) -> list[Any]:
    """Logs by topics, of whichever contract."""
    last = session.web3.eth.block_number
    found: list[Any] = []
    for at in range(first, last + 1, verification.BLOCKS_AT_ONCE):
        span = {"fromBlock": at, "toBlock": min(at + verification.BLOCKS_AT_ONCE - 1, last)}
        asked = ["0x" + topic.hex() if topic else None for topic in topics]
        found += session.web3.eth.get_logs({**span, "topics": asked})
    return found


def checked(registries: Registries, box: str) -> str:
    """A box's address with its checksum."""
    return checksum(registries, box)
