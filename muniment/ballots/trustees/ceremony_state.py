"""How a key ceremony stands on the chain, and what it means for one trustee. Nothing here is taken on trust."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from muniment.ballots.crypto.group import multiply
from muniment.ballots.hashes import setup_id
from muniment.ballots.manifest import Manifest, parse
from muniment.ballots.model import INFINITY, Point, Possession
from muniment.ballots.states import CEREMONY, CeremonyStage
from muniment.ballots.trustees.ceremony import (
    Reveal,
    TrusteeSecret,
    check_reveal,
    decryption_secret,
    open_share,
    share_fits,
    share_for,
)
from muniment.chain.abi import ChainError
from muniment.chain.deployment import Deployment
from muniment.chain.direct import event_logs
from muniment.chain.events import Decoder, Event, MalformedLog
from muniment.chain.rpc import Rpc, RpcUnavailable
from muniment.chain.views import View, answers
from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS, ZERO_HASH, keccak


@dataclass(frozen=True)
class Member:
    """A trustee of the ceremony by place from 1, what it has done, and whether it is out."""

    place: int
    account: str
    committed: bool
    revealed: bool
    dealt: bool
    confirmed: bool
    out: bool
    commitment: str


@dataclass(frozen=True)
class CeremonyState:
    """A ceremony as of one block. Reveals and dealt shares are by place; complaints are (trustee, dealer) places.

    `answers` are shares that were published after a complaint, by (trustee, dealer). `keys` are X_j by place once the
    key stands, `key` is H.
    """

    setup: str
    block: int
    stage: CeremonyStage
    threshold: int
    manifest: Manifest
    members: tuple[Member, ...]
    reveals: Mapping[int, Reveal]
    dealt: Mapping[int, tuple[int, ...]]
    complaints: frozenset[tuple[int, int]]
    answers: Mapping[tuple[int, int], int]
    key: Point
    keys: Mapping[int, Point]
    election: str
    box: str | None

    def member(self, account: str) -> Member:
        """The member with an account. Raises Refused(NotTrustee)."""
        for member in self.members:
            if member.account == account:
                return member
        raise Refused("NotTrustee", setup=self.setup, account=account)

    def received(self, secret: TrusteeSecret) -> tuple[dict[int, int], list[Member]]:
        """The fitting shares by dealer's place, the trustee's own among them; and the dealers whose share does not fit.

        Of dealers who are in; a share that was published after a complaint counts as received.
        """
        mine = self.member(secret.trustee).place
        shares, bad = {}, []
        for dealer in self.members:
            if dealer.out or dealer.place not in self.dealt:
                continue
            candidates = [self.answers[mine, dealer.place]] if (mine, dealer.place) in self.answers else []
            if dealer.place == mine:
                candidates.append(share_for(secret.polynomial, mine))
            else:
                sealed = self.dealt[dealer.place][mine - 1]
                key = self.reveals[dealer.place].encryption_key
                candidates.append(open_share(secret, dealer.place, mine, key, sealed))
            coefficients = self.reveals[dealer.place].coefficients
            fitting = [share for share in candidates if share_fits(share, mine, coefficients)]
            if fitting:
                shares[dealer.place] = fitting[0]
            else:
                bad.append(dealer)
        return shares, bad

    def secret_key(self, secret: TrusteeSecret) -> int:
        """x_j. Raises Refused when the key does not stand, the trustee is out, or the file is not what was dealt."""
        member = self.member(secret.trustee)
        if self.stage is not CeremonyStage.READY:
            raise Refused("StageRefused", setup=self.setup, present=int(self.stage), needed=int(CeremonyStage.READY))
        if member.out:
            raise Refused("TrusteeIsOut", setup=self.setup, trustee=member.account)
        shares, _ = self.received(secret)
        made = decryption_secret(list(shares.values()))
        if member.place not in self.keys or multiply(made) != self.keys[member.place]:
            raise Refused("SecretMismatch", setup=self.setup)
        return made


@contextmanager
def legible(rpc: Rpc) -> Iterator[None]:
    """What is no answer at all to the questions inside is RpcUnavailable, with the node's name."""
    try:
        yield
    except (MalformedLog, LookupError, ValueError, TypeError, AttributeError) as error:
        raise RpcUnavailable(f"What {rpc.hosts} told cannot be read ({type(error).__name__}).") from error


def read_ceremony(rpc: Rpc, deployment: Deployment, setup: str, block: int | str = "latest") -> CeremonyState:
    """Read everything of one ceremony, as of a block: its number, or "latest", "safe", "finalized".

    Raises Refused when there is none, or when what a node tells does not hang together: the setup's name covers chain,
    contract, agency and manifest. Raises RpcUnavailable when it cannot be read.
    """
    with legible(rpc):
        return _read(rpc, deployment, setup, block)


def _read(rpc: Rpc, deployment: Deployment, setup: str, block: int | str) -> CeremonyState:
    contract = deployment.contracts.get(CEREMONY)
    if contract is None:
        raise Refused("CeremonyNotDeployed", network=deployment.network)
    head = rpc.block(block)
    if head is None:
        raise RpcUnavailable("The node has no block.")
    at = head.number
    if at < contract.start_block:
        raise Refused("CeremonyUnknown", setup=setup)

    def ask(*views: tuple[Any, ...]) -> list[Any]:
        asked = [View(CEREMONY, view[0], view[1:]) for view in views]
        return [_unless_reverted(answer) for answer in answers(rpc, deployment, asked, at)]

    held, stage, accounts = ask(("ceremony", setup), ("stageOf", setup), ("trusteesOf", setup))
    if CeremonyStage(held["stage"]) is CeremonyStage.UNKNOWN:
        raise Refused("CeremonyUnknown", setup=setup)
    told = ask(*(("trusteeOf", setup, account) for account in accounts))
    members = tuple(_member(account, one) for account, one in zip(accounts, told, strict=True))
    key, keys = INFINITY, {}
    if CeremonyStage(stage) is CeremonyStage.READY:
        key, *each = map(_point, ask(("keyOf", setup), *(("trusteeKeyOf", setup, one.place) for one in members)))
        keys = {member.place: point for member, point in zip(members, each, strict=True) if point != INFINITY}
    events = _events(rpc, deployment, setup, at)
    manifest = _manifest(setup, deployment, held, accounts, events)
    places = {member.account: member.place for member in members}
    reveals, dealt, complaints, published = _told(events, places)
    for place, revealed in reveals.items():
        member = members[place - 1]
        check_reveal(setup, member.account, held["threshold"], member.commitment, revealed)
    return CeremonyState(
        setup,
        at,
        CeremonyStage(stage),
        held["threshold"],
        manifest,
        members,
        reveals,
        dealt,
        frozenset(complaints),
        published,
        key,
        keys,
        held["election"],
        None if held["box"] == ZERO_ADDRESS else held["box"],
    )


def _unless_reverted(answer: Any) -> Any:
    if isinstance(answer, ChainError):
        raise Refused(answer.name, **answer.arguments)
    return answer


def _events(rpc: Rpc, deployment: Deployment, setup: str, at: int) -> list[Event]:
    contract, decoder = deployment.contracts[CEREMONY], Decoder(deployment)
    logs = event_logs(rpc, contract.address, [None, setup], contract.start_block, at)
    return [decoder.decode(log, 0) for log in logs]


def _manifest(
    setup: str, deployment: Deployment, held: Mapping[str, Any], accounts: list[str], events: list[Event]
) -> Manifest:
    begun = [event for event in events if event.name == "CeremonyBegun"]
    content = bytes.fromhex(begun[0].arguments["manifest"][2:]) if begun else b""
    address = deployment.contracts[CEREMONY].address
    if (
        keccak(content) != held["manifestHash"]
        or setup_id(deployment.chain_id, address, held["agency"], held["manifestHash"]) != setup
    ):
        raise Refused("CeremonyInconsistent", setup=setup)
    manifest = parse(content)
    if (manifest.agency, list(manifest.trustees), manifest.threshold) != (held["agency"], accounts, held["threshold"]):
        raise Refused("CeremonyNotAsManifest", setup=setup)
    return manifest


def _told(
    events: list[Event], places: Mapping[str, int]
) -> tuple[dict[int, Reveal], dict[int, tuple[int, ...]], set[tuple[int, int]], dict[tuple[int, int], int]]:
    """What was revealed and dealt, which complaints are open, and what was answered."""
    reveals: dict[int, Reveal] = {}
    dealt: dict[int, tuple[int, ...]] = {}
    complaints: set[tuple[int, int]] = set()
    published: dict[tuple[int, int], int] = {}
    for event in events:
        told = event.arguments
        if event.name == "TrusteeRevealed":
            reveals[places[told["trustee"]]] = _reveal(told["revealed"])
        elif event.name == "SharesDealt":
            dealt[places[told["trustee"]]] = tuple(told["shares"])
        elif event.name == "ShareComplained":
            complaints.add((places[told["trustee"]], places[told["dealer"]]))
        elif event.name == "ComplaintAnswered":
            between = places[told["trustee"]], places[told["dealer"]]
            complaints.discard(between)
            published[between] = told["share"]
    return reveals, dealt, complaints, published


def _member(account: str, told: Mapping[str, Any]) -> Member:
    return Member(
        told["index"],
        account,
        told["commitment"] != ZERO_HASH,
        told["revealed"],
        told["dealt"],
        told["confirmed"],
        told["out"],
        told["commitment"],
    )


def _reveal(told: Mapping[str, Any]) -> Reveal:
    constant, key = (
        Possession(told[name]["challenge"], told[name]["response"]) for name in ("constantProof", "keyProof")
    )
    return Reveal(tuple(map(_point, told["coefficients"])), _point(told["encryptionKey"]), constant, key)


def _point(told: Mapping[str, int]) -> Point:
    return Point(told["x"], told["y"])
