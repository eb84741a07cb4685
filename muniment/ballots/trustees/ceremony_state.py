"""How a key ceremony stands on the chain, and what it means for one trustee. Nothing here is taken on trust."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

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
from muniment.ballots.trustees.signed_steps import Ceremony, SignedStep, signed_steps
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
    """A trustee of the ceremony by place from 1, what it has done, and whether it is out.

    So is who missed a stage whose time is over, though the chain writes that down with the next step only.
    """

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
            if dealer.out:
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
    contract, agency and manifest, the manifest names the trustees, these signed what they did, and what they are said
    to have done is what is shown. So in each stage the steps of the earlier ones are there, of all who are not out.
    Raises RpcUnavailable when it cannot be read.
    """
    with legible(rpc):
        return _read(rpc, deployment, setup, block)


def _read(rpc: Rpc, deployment: Deployment, setup: str, block: int | str) -> CeremonyState:
    contract = deployment.contracts.get(CEREMONY)
    if contract is None:
        raise Refused("CeremonyNotDeployed", network=deployment.network)
    at = rpc.head(block).number
    if at < contract.start_block:
        raise Refused("CeremonyUnknown", setup=setup)

    def ask(*views: tuple[Any, ...]) -> list[Any]:
        asked = [View(CEREMONY, view[0], view[1:]) for view in views]
        return [_unless_reverted(answer) for answer in answers(rpc, deployment, asked, at)]

    held, stage, accounts = ask(("ceremony", setup), ("stageOf", setup), ("trusteesOf", setup))
    if CeremonyStage(held["stage"]) is CeremonyStage.UNKNOWN:
        raise Refused("CeremonyUnknown", setup=setup)
    told = ask(*(("trusteeOf", setup, account) for account in accounts))
    members = tuple(
        _member(place, account, one, CeremonyStage(stage))
        for place, (account, one) in enumerate(zip(accounts, told, strict=True), 1)
    )
    key, keys = INFINITY, {}
    if CeremonyStage(stage) is CeremonyStage.READY:
        key, *each = map(_point, ask(("keyOf", setup), *(("trusteeKeyOf", setup, one.place) for one in members)))
        keys = {member.place: point for member, point in zip(members, each, strict=True) if point != INFINITY}
    events = _events(rpc, deployment, setup, at)
    manifest = _manifest(setup, deployment, held, accounts, events)
    places = {member.account: member.place for member in members}
    ceremony = Ceremony(setup, deployment.chain_id, contract.address, places)
    steps = _told(setup, signed_steps(rpc, ceremony, events), places)
    # A place decides which share is whose.
    if any(one["index"] != member.place for one, member in zip(told, members, strict=True)):
        raise _inconsistent(setup, "the trustees have other places than in the manifest")
    if any(len(shares) != len(members) for shares in steps.dealt.values()):
        raise _inconsistent(setup, "somebody dealt more or fewer shares than there are trustees")
    _require_shown(setup, members, steps)
    for one, member in zip(told, members, strict=True):
        # A stage that the chain has written down as over put out whoever missed it.
        if not one["out"] and _missed(member, CeremonyStage(held["stage"])):
            raise _inconsistent(setup, f"trustee {member.place} missed a step, and is not out")
    for place, revealed in steps.reveals.items():
        committed = steps.commitments.get(place, ZERO_HASH)
        check_reveal(setup, members[place - 1].account, manifest.threshold, committed, revealed)
    return CeremonyState(
        setup,
        at,
        CeremonyStage(stage),
        held["threshold"],
        manifest,
        members,
        steps.reveals,
        steps.dealt,
        steps.open_complaints,
        steps.published,
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
        raise _inconsistent(setup, "the manifest is not the one that it was begun with")
    manifest = parse(content)
    if (manifest.agency, list(manifest.trustees), manifest.threshold) != (held["agency"], accounts, held["threshold"]):
        raise Refused("CeremonyNotAsManifest", setup=setup)
    return manifest


class _Told(NamedTuple):
    """What was committed to, revealed and dealt, who complained about whom, and what was answered."""

    commitments: dict[int, str]
    reveals: dict[int, Reveal]
    dealt: dict[int, tuple[int, ...]]
    complaints: dict[tuple[int, int], bool]
    published: dict[tuple[int, int], int]

    @property
    def open_complaints(self) -> frozenset[tuple[int, int]]:
        """Those without an answer."""
        return frozenset(self.complaints.keys() - self.published.keys())


def _told(setup: str, steps: list[SignedStep], places: Mapping[str, int]) -> _Told:
    found = _Told({}, {}, {}, {}, {})

    def keep(kept: dict[Any, Any], key: Any, value: Any) -> None:
        # The contract takes each but once. Another may be signed as well, and have come to nothing.
        if key in kept:
            raise _inconsistent(setup, f"{step.trustee} is shown to have taken one step twice")
        kept[key] = value

    for step in steps:
        place = places[step.trustee]
        match step.name, step.told:
            case "TrusteeCommitted", (commitment,):
                keep(found.commitments, place, commitment)
            case "TrusteeRevealed", (revealed,):
                keep(found.reveals, place, _reveal(*revealed))
            case "SharesDealt", (shares,):
                keep(found.dealt, place, shares)
            case "ShareComplained", (dealer,):
                keep(found.complaints, (place, places[dealer]), True)
            case "ComplaintAnswered", (trustee, share):
                keep(found.published, (places[trustee], place), share)
    return found


def _require_shown(setup: str, members: tuple[Member, ...], steps: _Told) -> None:
    """Raise Refused unless exactly those who are said to have taken a step are shown to have signed it."""
    for member in members:
        for word, said, shown in (
            ("committed", member.committed, steps.commitments),
            ("revealed", member.revealed, steps.reveals),
            ("dealt", member.dealt, steps.dealt),
        ):
            if said and member.place not in shown:
                raise _inconsistent(setup, f"trustee {member.place} has {word}, and the transaction is not shown")
            if not said and member.place in shown:
                raise _inconsistent(setup, f"trustee {member.place} has not {word}, and a transaction shows it")


def _inconsistent(setup: str, what: str) -> Refused:
    return Refused("CeremonyInconsistent", setup=setup, what=what)


def _member(place: int, account: str, told: Mapping[str, Any], stage: CeremonyStage) -> Member:
    done = told["commitment"] != ZERO_HASH, told["revealed"], told["dealt"], told["confirmed"]
    member = Member(place, account, *done, out=told["out"], commitment=told["commitment"])
    return replace(member, out=member.out or _missed(member, stage))


def _missed(member: Member, stage: CeremonyStage) -> bool:
    """Whether a member has not done what belongs to the stages before this one."""
    if stage is CeremonyStage.FAILED:  # some stages never were
        return False
    steps = (
        (CeremonyStage.COMMITTING, member.committed),
        (CeremonyStage.REVEALING, member.revealed),
        (CeremonyStage.DEALING, member.dealt),
    )
    return any(stage > of and not done for of, done in steps)


def _reveal(coefficients: Any, encryption_key: Any, constant: Any, key: Any) -> Reveal:
    points = tuple(Point(*point) for point in coefficients)
    return Reveal(points, Point(*encryption_key), Possession(*constant), Possession(*key))


def _point(told: Mapping[str, int]) -> Point:
    return Point(told["x"], told["y"])
