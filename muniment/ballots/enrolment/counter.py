"""Enrolment at the counter, for voters who cannot sign: two officers stand in, over files that people carry.

The voter's browser makes a request, the first officer a proposal, the second the answer. None of them holds the
credential, or what a reference of the agency's own says: a voter is a salted hash, a credential is blinded.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from muniment.ballots.enrolment import eligible
from muniment.ballots.enrolment.blind import PublicKey, blinded_number, from_text, to_text
from muniment.ballots.enrolment.office import (
    Enrolment,
    Issued,
    Office,
    check_envelope,
    check_officer,
    check_window,
    deadline_of,
    issue,
    issued_to,
    message_of,
    unit_of,
)
from muniment.ballots.setups import Setup, setup_of
from muniment.ballots.verifying.findings import TranscriptRefused
from muniment.ballots.verifying.transcript import parse
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.identity import signing
from muniment.identity.typed import typed_data

REQUEST = "Muniment.EnrolmentRequest.v1"
PROPOSAL = "Muniment.EnrolmentProposal.v1"
ANSWER = "Muniment.EnrolmentAnswer.v1"
_REQUESTED = {"chain": int, "setup": str, "unit": int, "blinded": str}
_PROPOSED = {**_REQUESTED, "voter": str, "deadline": int, "officer": str, "signature": str}


@dataclass(frozen=True)
class Request:
    """What the voter's browser asks for: `chain` is the EIP-155 id, `blinded` the envelope."""

    chain: int
    setup: str
    unit: int
    blinded: bytes

    @classmethod
    def read(cls, content: bytes) -> "Request":
        """A request from its file. Raises Refused(EnrolmentFileRefused, NotBase64)."""
        return cls._of(_read(content, REQUEST, _REQUESTED))

    @classmethod
    def _of(cls, told: dict[str, Any]) -> "Request":
        return cls(told["chain"], told["setup"], told["unit"], from_text(told["blinded"]))

    @property
    def told(self) -> dict[str, Any]:
        """The same as JSON has it."""
        return {"chain": self.chain, "setup": self.setup, "unit": self.unit, "blinded": to_text(self.blinded)}


@dataclass(frozen=True)
class Proposal:
    """What the first officer signed, and for whom; `deadline` in Unix seconds."""

    request: Request
    voter: str
    deadline: int
    officer: str
    signature: str

    @classmethod
    def read(cls, content: bytes) -> "Proposal":
        """A proposal from its file. Raises Refused(EnrolmentFileRefused, NotBase64)."""
        told = _read(content, PROPOSAL, _PROPOSED)
        own = (told[name] for name in ("voter", "deadline", "officer", "signature"))
        return cls(Request._of(told), *own)

    def written(self) -> str:
        """The proposal as its file."""
        told = {"voter": self.voter, "deadline": self.deadline, "officer": self.officer, "signature": self.signature}
        return json.dumps({"format": PROPOSAL, **self.request.told, **told})


@dataclass(frozen=True)
class Case:
    """A request, and the voter at the counter, once both are found to be in order."""

    setup: Setup
    request: Request
    voter: str
    issued: Issued | None  # where the same envelope was signed before

    def typed_data(self, office: Office, deadline: int) -> dict[str, Any]:
        """What both officers sign: EnrolVoter (EIP-712)."""
        return typed_data(office.domain, "EnrolVoter", self._message(deadline))

    def _message(self, deadline: int) -> dict[str, Any]:
        return message_of(self.setup, self.voter, self.request.unit, keccak(self.request.blinded), deadline)


def case_of(connection: Connection, office: Office, request: Request, reference: str) -> Case:
    """Look up who stands at the counter, by party or by the agency's own reference, and whether the request is theirs.

    Raises Refused: RequestForOtherChain, ElectionUnknown, EnrolmentClosed, UnitUnknown, BlindedRefused, NotEligible,
    WrongUnit, EnrolledAlready when the voter got a signature for another envelope, and BlindedTaken when another voter
    got one for this.
    """
    if request.chain != office.deployment.chain_id:
        raise Refused("RequestForOtherChain", chain=request.chain, expected=office.deployment.chain_id)
    setup = setup_of(connection, request.setup)
    if setup.setup != request.setup:
        raise Refused("ElectionUnknown", election=request.setup)
    check_window(setup, office.now)
    if request.unit >= len(setup.manifest.units):
        raise Refused("UnitUnknown", unit=request.unit)
    blinded_number(PublicKey(setup.manifest.units[request.unit].modulus), request.blinded)
    voter = eligible.find(connection, office.sealer, setup, reference)
    listed = unit_of(connection, setup, voter)
    if listed != request.unit:
        raise Refused("WrongUnit", voter=voter, unit=listed)
    issued = issued_to(connection, setup, voter)
    if issued is not None and issued.blinded != keccak(request.blinded):
        raise Refused("EnrolledAlready", voter=voter)
    check_envelope(connection, setup, voter, keccak(request.blinded))
    return Case(setup, request, voter, issued)


def check_first(connection: Connection, office: Office, case: Case, officer: str) -> int:
    """The deadline that the first officer signs. Raises Refused(OfficersRefused) for a key that may not stand in."""
    check_officer(connection, case.setup, officer, office.now)
    return deadline_of(case.setup, office.now)


def check_second(connection: Connection, office: Office, case: Case, proposal: Proposal, officer: str) -> None:
    """Whether a second officer may sign what the first one signed.

    Raises Refused: ProposalDiffers where request or voter are not those that the second officer sees; OfficersRefused
    where the two are one, or one may not stand in; DeadlinePassed, DeadlineTooFar; and what judges signatures.
    """
    if (proposal.request, proposal.voter) != (case.request, case.voter):
        raise Refused("ProposalDiffers")
    if officer == proposal.officer:
        raise Refused("OfficersRefused", agency=case.setup.agency)
    for key in (proposal.officer, officer):
        check_officer(connection, case.setup, key, office.now)
    signing.check_deadline(proposal.deadline, office.now)
    message = case._message(proposal.deadline)
    signing.wallet_signature(office.domain, "EnrolVoter", message, proposal.officer, proposal.signature)


def answer(connection: Connection, office: Office, proposal: Proposal, officer: str, signature: str) -> str:
    """Let the office sign, on both signatures; gives the answer's file. The same again gives the same.

    Raises Refused as `office.issue`.
    """
    request = proposal.request
    signed = ((proposal.officer, proposal.signature), (officer, signature))
    setup = setup_of(connection, request.setup, lock=True)
    asked = Enrolment(proposal.voter, request.unit, request.blinded, proposal.deadline, officers=signed)
    issued = issue(connection, office, setup, asked)
    told = {"setup": request.setup, "unit": request.unit, "blinded": to_text(request.blinded)}
    return json.dumps({"format": ANSWER, **told, "signature": issued.signature})


def _read(content: bytes, form: str, keys: dict[str, type]) -> dict[str, Any]:
    """A file of this format. Raises Refused(EnrolmentFileRefused)."""
    try:
        told = parse(content)
    except TranscriptRefused:
        told = None
    sound = isinstance(told, dict) and told.keys() == {"format", *keys} and told["format"] == form
    if not sound or not all(_is(told[name], kind) for name, kind in keys.items()):
        raise Refused("EnrolmentFileRefused", format=form, keys=", ".join(["format", *keys]))
    return dict(told)


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool) and not (isinstance(value, int) and value < 0)
