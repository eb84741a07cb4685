"""Replay the trustees' ceremony from its events: who was in, why others were not, and the keys that follow.

The same steps as TrusteeCeremony's, reckoned anew; every event that the contract would have left is expected, in its
order, and no other. The shares of a secret are encrypted for one trustee each: that these fit, only the trustees' own
confirmations say.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from muniment.ballots.ceremony_steps import STEPS, Call
from muniment.ballots.crypto.group import add, address_of, is_on_curve, multiply, negate
from muniment.ballots.hashes import possession_challenge, trustee_commitment
from muniment.ballots.model import INFINITY, ORDER, Point, Possession
from muniment.ballots.states import CeremonyStage as Stage
from muniment.ballots.verifying.events import Told, arguments
from muniment.ballots.verifying.findings import Findings

Expected: TypeAlias = tuple[str, dict[str, Any]]

BEGIN = Call("begin", ("bytes", "address[]", "uint8", "uint40"))
CONSTANT_TERM, ENCRYPTION_KEY = 1, 2
# Whose transaction each event is, by the parameter that names it. A trustee's is one to the ceremony itself: while a
# contract is created it can say anything of anybody, whatever code it has afterwards.
BY = {"CeremonyBegun": "officer"} | {name: step.by for name, step in STEPS.items()}


@dataclass
class Member:
    """A trustee as the ceremony left it; `place` from 1."""

    account: str
    place: int
    commitment: str = "0x" + "00" * 32
    coefficients: tuple[Point, ...] = ()
    dealt: bool = False
    confirmed: bool = False
    out: bool = False

    def did(self, stage: Stage) -> bool:
        """Whether it did what the stage asks for."""
        if stage is Stage.COMMITTING:
            return any(bytes.fromhex(self.commitment[2:]))
        return bool(self.coefficients) if stage is Stage.REVEALING else self.dealt


@dataclass
class KeyCeremony:
    """A ceremony while it is replayed, and after. Times in Unix seconds."""

    contract: str
    setup: str
    threshold: int
    period: int
    begun: int
    members: list[Member]
    findings: Findings
    stage: Stage = Stage.COMMITTING
    since: int = 0
    left: int = 0
    done: int = 0
    confirmations: int = 0
    complaints: dict[tuple[str, str], bool] = field(default_factory=dict)  # trustee, dealer: whether answered
    key: Point = INFINITY
    keys: tuple[Point, ...] = ()
    expected: list[Expected] = field(default_factory=list)

    def _tell(self, name: str, **values: Any) -> None:
        self.expected.append((name, values))

    def member(self, account: str) -> Member | None:
        """The trustee of this account."""
        return next((one for one in self.members if one.account == account), None)

    # ── Time ────────────────────────────────────────────────────────────────────────────────────────────────────

    def advance(self, time: int) -> None:
        """Write down which stages are over, and who missed them."""
        while Stage.COMMITTING <= self.stage <= Stage.DEALING and time >= self.since + self.period:
            self._end_stage(self.since + self.period)

    def _end_stage(self, time: int) -> None:
        for one in self.members:
            if not one.out and not one.did(self.stage):
                self._exclude(one, self.stage)
        self.since, self.left, self.done = time, self.done, 0
        if self.left < self.threshold:
            self._fail(self.left)
        else:
            self.stage = Stage(self.stage + 1)

    def _count(self, time: int) -> None:
        self.done += 1
        if self.done == self.left:
            self._end_stage(time)

    def _exclude(self, one: Member, missed: Stage) -> None:
        one.out = True
        self._tell("TrusteeExcluded", trustee=one.account, missed=int(missed))

    def _fail(self, left: int) -> None:
        self.stage = Stage.FAILED
        self._tell("CeremonyFailed", left=left)

    # ── Steps ───────────────────────────────────────────────────────────────────────────────────────────────────

    def step(self, told: Told) -> None:
        """Carry out what a trustee did, as its event says."""
        needed, act = _STEPS[told.name]
        one = self.member(told["dealer" if told.name == "ComplaintAnswered" else "trustee"])
        if one is None or one.out or self.stage is not needed:
            self.findings.wrong("StepRefused", told.where, "Nobody could do this then.")
            return
        act(self, one, told)
        self._tell(told.name, **{name: value for name, value in told.values.items() if name != "setup"})
        if self.stage is not Stage.REVIEW:
            self._count(told.sent.block.time)

    def _commit(self, one: Member, told: Told) -> None:
        fresh = not one.did(Stage.COMMITTING) and any(told["commitment"])
        self.findings.require(fresh, "CommitmentRefused", told.where, "It is zero, or the trustee's second.")
        one.commitment = "0x" + told["commitment"].hex()

    def _reveal(self, one: Member, told: Told) -> None:
        coefficients, key, constant_proof, key_proof = told["revealed"]
        points = tuple(Point(*point) for point in coefficients)
        key, proofs = Point(*key), (Possession(*constant_proof), Possession(*key_proof))
        require = self.findings.require
        require(not one.coefficients, "StepRepeated", told.where, "The trustee had revealed before.")
        if len(points) != self.threshold or not all(map(is_on_curve, (*points, key))):
            self.findings.wrong("PointRefused", told.where, "It has too few commitments, or one that is no point.")
            return
        committed = trustee_commitment(self.setup, one.account, points, key, *proofs)
        require(
            committed == one.commitment, "CommitmentMismatch", told.where, "It is not what the trustee committed to."
        )
        for point, proof, kind in ((points[0], proofs[0], CONSTANT_TERM), (key, proofs[1], ENCRYPTION_KEY)):
            known = self._knows(one, point, proof, kind)
            require(known, "PossessionRefused", told.where, f"The proof of kind {kind} does not hold.")
        one.coefficients = points

    def _knows(self, one: Member, point: Point, proof: Possession, kind: int) -> bool:
        if not (0 < proof.challenge < ORDER and 0 < proof.response < ORDER):
            return False
        nonce = add(multiply(proof.response), negate(multiply(proof.challenge, point)))
        challenge = possession_challenge(self.setup, one.account, kind, point, address_of(nonce))
        return nonce != INFINITY and challenge == proof.challenge

    def _deal(self, one: Member, told: Told) -> None:
        require = self.findings.require
        require(not one.dealt, "StepRepeated", told.where, "The trustee had dealt before.")
        require(
            len(told["shares"]) == len(self.members), "SharesRefused", told.where, "It is not one for each trustee."
        )
        # Nobody but the recipients can read a share, but all can see that the event has what was sent.
        sent = arguments(STEPS[told.name].call, told.sent, self.contract)
        same = sent is None or tuple(sent[1]) == tuple(told["shares"])
        require(same, "SharesDiffer", told.where, "They are other shares than the transaction has.")
        one.dealt = True

    def _complain(self, one: Member, told: Told) -> None:
        dealer = self.member(told["dealer"])
        about, in_time = (one.account, told["dealer"]), told.sent.block.time < self.since + self.period
        fits = dealer is not None and dealer is not one and not dealer.out and not one.confirmed
        fresh = about not in self.complaints
        self.findings.require(fits and fresh and in_time, "ComplaintRefused", told.where, "Nobody could complain so.")
        self.complaints[about] = False

    def _answer(self, one: Member, told: Told) -> None:
        about = (told["trustee"], one.account)
        recipient = self.member(told["trustee"])
        open_ = self.complaints.get(about) is False and self._in_review(told)
        if recipient is None or not open_:
            self.findings.wrong("NoComplaint", told.where, "No open complaint is answered so.")
            return
        share = told["share"]
        fits = 0 < share < ORDER and multiply(share) == evaluated(one.coefficients, recipient.place)
        self.findings.require(fits, "DealtShareRefused", told.where, "The share does not fit the dealer's commitments.")
        self.complaints[about] = True

    def _confirm(self, one: Member, told: Told) -> None:
        fits = not one.confirmed and self._in_review(told)
        self.findings.require(fits, "ConfirmationRefused", told.where, "It is the trustee's second, or too late.")
        one.confirmed = True
        self.confirmations += 1

    def _in_review(self, told: Told) -> bool:
        return told.sent.block.time < self.since + 2 * self.period

    # ── The end ─────────────────────────────────────────────────────────────────────────────────────────────────

    def finish(self, time: int, where: str) -> None:
        """Exclude who missed Review, and compute the keys; or fail."""
        if self.stage is not Stage.REVIEW:
            self.findings.wrong("FinishRefused", where, "The ceremony was not at its review.")
            return
        agreed = self.confirmations == self.left and all(self.complaints.values())
        over = time >= self.since + 2 * self.period
        self.findings.require(agreed or over, "ReviewOpen", where, "Somebody might still have confirmed or answered.")
        for one in self.members:
            if not one.out and (not one.confirmed or self._accused(one)):
                self._exclude(one, Stage.REVIEW)
        inside = [one for one in self.members if not one.out]
        self.left = self.confirmations = len(inside)
        if len(inside) < self.threshold:
            self._fail(len(inside))
            return
        sums = [add(*(one.coefficients[k] for one in inside)) for k in range(self.threshold)]
        keys = [INFINITY if one.out else evaluated(sums, one.place) for one in self.members]
        if any(not 0 < key.x < ORDER for key in (sums[0], *(keys[one.place - 1] for one in inside))):
            self._fail(len(inside))
            return
        self.stage, self.key, self.keys = Stage.READY, sums[0], tuple(keys)
        self._tell("CeremonyCompleted", key=self.key, keys=self.keys)

    def _accused(self, one: Member) -> bool:
        return any(dealer == one.account and not answered for (_, dealer), answered in self.complaints.items())


_STEPS = {
    "TrusteeCommitted": (Stage.COMMITTING, KeyCeremony._commit),
    "TrusteeRevealed": (Stage.REVEALING, KeyCeremony._reveal),
    "SharesDealt": (Stage.DEALING, KeyCeremony._deal),
    "ShareComplained": (Stage.REVIEW, KeyCeremony._complain),
    "ComplaintAnswered": (Stage.REVIEW, KeyCeremony._answer),
    "ShareConfirmed": (Stage.REVIEW, KeyCeremony._confirm),
}


def evaluated(coefficients: Sequence[Point], place: int) -> Point:
    """Σ place^k·C_k: a polynomial's value times G, from its coefficients times G."""
    value = INFINITY
    for coefficient in reversed(coefficients):
        value = add(multiply(place, value), coefficient)
    return value


def replay(begun: Told, events: Sequence[Told], findings: Findings) -> KeyCeremony:
    """Replay a ceremony from CeremonyBegun, the first log of all, and the events after it, but for ElectionOpened."""
    accounts, threshold, period = begun["trustees"], begun["threshold"], begun["period"]
    bounds = 2 <= len(accounts) <= 16 and len(accounts) < 2 * threshold <= 2 * len(accounts)
    findings.require(bounds, "ThresholdRefused", begun.where, "The threshold is not more than half of all trustees.")
    distinct = len(set(accounts)) == len(accounts)
    findings.require(distinct, "TrusteeRefused", begun.where, "A trustee is named twice.")
    contract = begun.sent.logs[0].address
    if begun.sent.transaction.to == contract:
        asked = tuple(begun[name] for name in ("manifest", "trustees", "threshold", "period"))
        same = arguments(BEGIN, begun.sent, contract) == asked
        findings.require(same, "CeremonyDiffers", begun.where, "The officer began another ceremony.")
    time = begun.sent.block.time
    made = KeyCeremony(
        contract=contract,
        setup="0x" + begun["setup"].hex(),
        threshold=max(threshold, 1),  # of none, nothing could be reckoned
        period=period,
        begun=time,
        members=[Member(account, place) for place, account in enumerate(accounts, 1)],
        findings=findings,
        since=time,
        left=len(accounts),
    )
    for told in (begun, *events):
        named = BY.get(told.name)
        if named is None:
            continue
        direct = told.sent.transaction.to == contract
        own = not direct or told[named] == told.sent.transaction.sender
        findings.require(own, "SenderDiffers", told.where, "Another account sent the transaction.")
        findings.require(direct or told is begun, "StepNotSent", told.where, "No trustee sent it to the ceremony.")
    for told in events:
        if told.name == "TrusteeExcluded":
            continue
        made.advance(told.sent.block.time)
        if told.name in _STEPS:
            made.step(told)
        elif told.name == "CeremonyCompleted" or made.stage is not Stage.FAILED:
            made.finish(told.sent.block.time, told.where)
    _compare(made.expected, events, findings)
    return made


def _compare(expected: Sequence[Expected], events: Sequence[Told], findings: Findings) -> None:
    for (name, values), told in zip(expected, events, strict=False):
        given = {key: value for key, value in told.values.items() if key != "setup"}
        if name != told.name or values != given:
            findings.wrong("EventDiffers", told.where, f"Another event follows from those before: {name}.")
            return
    if len(expected) > len(events):
        findings.wrong("EventMissing", "the ceremony", f"No event says {expected[len(events)][0]}.")
    for told in events[len(expected) :]:
        findings.wrong("EventDiffers", told.where, "Nothing before calls for this event.")
