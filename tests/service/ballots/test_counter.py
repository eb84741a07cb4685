"""At the counter: what two officers may sign for a voter who cannot, over files that people carry."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from muniment.ballots.crypto.group import address_of, draw_scalar, multiply
from muniment.ballots.enrolment import blind, counter
from muniment.ballots.enrolment.counter import Case, Proposal, Request
from muniment.ballots.enrolment.eligible import import_eligible
from muniment.ballots.enrolment.office import Enrolment, Office, issue, issue_many
from muniment.ballots.hashes import credential_message
from muniment.ballots.setups import setup_of
from muniment.db.engine import reading, writing
from muniment.db.schema import ballot_issuances
from muniment.errors import Refused
from tests.service.ballots.stage import STEP, Polls, build_polls
from tests.service.nodes import Node

MARI, KALLE, STRANGER = "Mari Maasikas, 48001010000", "Kalle Kask, 38001010000", "0x" + "7" * 64


@dataclass
class Counter:
    """The office's counter while enrolment is open, with both officers."""

    polls: Polls
    secrets: dict[str, tuple[bytes, int]] = field(default_factory=dict)

    @property
    def office(self) -> Office:
        """The office now."""
        services = self.polls.services
        return Office(services.deployment, services.sealer, services.clock())

    def request(self, unit: int) -> Request:
        """What a voter's browser makes."""
        message = credential_message(self.polls.setup, unit, address_of(multiply(draw_scalar())))
        prepared, _ = blind.prepare(message)
        blinded, secret = blind.blind(self.polls.unit_key(unit), prepared)
        self.secrets[blind.to_text(blinded)] = prepared, secret
        return Request(31_337, self.polls.setup, unit, blinded)

    def case(self, request: Request, reference: str = MARI) -> Case:
        """What an officer finds."""
        with reading(self.polls.services.engine) as connection:
            return counter.case_of(connection, self.office, request, reference)

    def signed(self, case: Case, officer: str, deadline: int) -> str:
        """An officer's signature."""
        data = case.typed_data(self.office, deadline)
        return str(self.polls.registry.rpc.call("eth_signTypedData_v4", [officer, data]))

    def propose(self, request: Request, officer: str | None = None) -> Proposal:
        """As the first officer."""
        officer, case = officer or self.polls.officers[0], self.case(request)
        with reading(self.polls.services.engine) as connection:
            deadline = counter.check_first(connection, self.office, case, officer)
        return Proposal(request, case.voter, deadline, officer, self.signed(case, officer, deadline))

    def look(self, proposal: Proposal, request: Request, officer: str | None = None) -> Case:
        """What the second officer finds, with Mari at the counter."""
        case = self.case(request)
        with reading(self.polls.services.engine) as connection:
            counter.check_second(connection, self.office, case, proposal, officer or self.polls.officers[1])
        return case

    def confirm(self, proposal: Proposal, request: Request, officer: str | None = None) -> dict[str, Any]:
        """As the second officer."""
        officer, case = officer or self.polls.officers[1], self.look(proposal, request, officer)
        signature = self.signed(case, officer, proposal.deadline)
        with writing(self.polls.services.engine) as connection:
            answer: dict[str, Any] = json.loads(counter.answer(connection, self.office, proposal, officer, signature))
        return answer

    @property
    def issued(self) -> list[Any]:
        """The log."""
        with reading(self.polls.services.engine) as connection:
            return list(connection.execute(select(ballot_issuances)).all())


@pytest.fixture
def desk(anvil: Callable[..., Node], database: Engine, tmp_path: Path) -> Counter:
    """Mari is listed in unit 0 and Kalle in unit 1; neither has a party."""
    polls = build_polls(anvil(), database, tmp_path)
    polls.begin((2, 1))
    polls.read()
    with writing(database) as connection:
        lines = ["voter,unit", f'"{MARI}",0', f'"{KALLE}",1']
        import_eligible(connection, polls.services.sealer, setup_of(connection, polls.setup), lines)
    polls.pass_to("enrolmentOpens")
    return Counter(polls)


def refused(name: str) -> Any:
    """Whatever is refused by this name."""
    return pytest.raises(Refused, match=rf"^{name}\(")


def test_two_officers_and_one_answer(desk: Counter) -> None:
    """The files must keep what they say, the answer open, and a second envelope of the voter get nothing."""
    request = desk.request(0)
    written = json.dumps({"format": counter.REQUEST, **request.told})
    assert Request.read(written.encode()) == request
    proposal = desk.propose(request)
    assert Proposal.read(proposal.written().encode()) == proposal
    with refused("OfficersRefused"):
        desk.confirm(proposal, request, desk.polls.officers[0])
    answer = desk.confirm(proposal, request)
    prepared, secret = desk.secrets[answer["blinded"]]
    assert blind.finalize(desk.polls.unit_key(0), prepared, blind.from_text(answer["signature"]), secret)
    assert desk.confirm(proposal, request) == answer
    with refused("EnrolledAlready"):
        desk.propose(desk.request(0))
    (line,) = desk.issued
    authority = json.loads(line.authority)
    assert [one["key"] for one in authority["officers"]] == sorted(desk.polls.officers)
    entry = desk.polls.get(desk.polls.path("log"))["entries"]
    assert [(one["voter"], one["authority"]) for one in entry] == [(proposal.voter, authority)]
    assert "Mari" not in str(line) + proposal.written() + str(answer)


def test_a_second_proposal_that_waited(desk: Counter) -> None:
    """Of two requests of one voter that officers signed at once, the office must answer one."""
    first, second = desk.request(0), desk.request(0)
    proposals = desk.propose(first), desk.propose(second)
    desk.confirm(proposals[0], first)
    with refused("EnrolledAlready"):
        desk.confirm(proposals[1], second)
    assert len(desk.issued) == 1


def test_an_envelope_is_one_voters(desk: Counter) -> None:
    """An envelope signed for one voter must be refused for another: at the counter, by the office, in a batch."""
    polls, request = desk.polls, desk.request(0)
    with writing(polls.services.engine) as connection:
        import_eligible(connection, polls.services.sealer, setup_of(connection, polls.setup), ["voter,unit", "Anu,0"])
    asked = [enrolment(desk, request, reference) for reference in (MARI, "Anu")]
    with refused("BlindedTaken"), writing(polls.services.engine) as connection:
        issue_many(connection, desk.office, setup_of(connection, polls.setup, lock=True), asked)
    assert desk.issued == []
    proposal = desk.propose(request)
    desk.confirm(proposal, request)
    with refused("BlindedTaken"):
        desk.case(request, "Anu")
    with refused("BlindedTaken"), writing(polls.services.engine) as connection:
        issue(connection, desk.office, setup_of(connection, polls.setup, lock=True), asked[1])
    assert len(desk.issued) == 1


def enrolment(desk: Counter, request: Request, reference: str) -> Enrolment:
    """What both officers sign for a voter, whoever's the request is."""
    case = desk.case(request, reference)
    deadline = desk.polls.registry.now() + 600
    signed = tuple((officer, desk.signed(case, officer, deadline)) for officer in desk.polls.officers)
    return Enrolment(case.voter, request.unit, request.blinded, deadline, officers=signed)


def test_nothing_is_changed_between_the_two(desk: Counter) -> None:
    """Whatever differs from what the first officer signed, or from what the second one sees, must be refused."""
    request, other = desk.request(0), desk.request(0)
    proposal = desk.propose(request)
    swapped = replace(proposal, request=other)
    kalle = desk.case(desk.request(1), KALLE).voter
    colleague, trustee = desk.polls.officers[1], desk.polls.trustees[0]
    changes: list[tuple[Proposal, Request, str]] = [
        (proposal, other, "ProposalDiffers"),
        (swapped, request, "ProposalDiffers"),
        (swapped, other, "SignatureInvalid"),
        (replace(proposal, voter=kalle), request, "ProposalDiffers"),
        (replace(proposal, deadline=proposal.deadline + 1), request, "SignatureInvalid"),
        (replace(proposal, deadline=1), request, "DeadlinePassed"),
        (replace(proposal, deadline=2**40), request, "DeadlineTooFar"),
        (replace(proposal, officer=colleague), request, "OfficersRefused"),
        (replace(proposal, officer=trustee), request, "OfficersRefused"),
        (replace(proposal, signature="0x" + "11" * 65), request, "SignatureInvalid"),
    ]
    for changed, shown, name in changes:
        with refused(name):
            desk.look(changed, shown)
    for officer in (trustee, proposal.officer):
        with refused("OfficersRefused"):
            desk.look(proposal, request, officer)
    assert desk.look(proposal, request).voter == proposal.voter


def test_the_office_looks_again(desk: Counter) -> None:
    """Even where no officer looked, the office must not sign for one officer twice, or another's envelope."""
    request, other = desk.request(0), desk.request(0)
    proposal, (first, second) = desk.propose(request), desk.polls.officers
    trustee = desk.polls.trustees[0]
    own = desk.signed(desk.case(request), second, proposal.deadline)
    wrong = [
        (proposal, first, proposal.signature, "OfficersRefused"),
        (replace(proposal, request=other), second, own, "SignatureInvalid"),
        (proposal, second, proposal.signature, "SignatureInvalid"),
        (proposal, trustee, desk.signed(desk.case(request), trustee, proposal.deadline), "OfficersRefused"),
        (replace(proposal, voter=STRANGER), second, own, "NotEligible"),
        (replace(proposal, request=replace(request, unit=1)), second, own, "WrongUnit"),
    ]
    for changed, officer, signature, name in wrong:
        with refused(name), writing(desk.polls.services.engine) as connection:
            counter.answer(connection, desk.office, changed, officer, signature)
    assert desk.issued == []


def test_what_no_officer_is_shown(desk: Counter) -> None:
    """Requests for elsewhere, voters who are not listed, and officers who may not, must be refused at once."""
    request = desk.request(0)
    wrong: list[tuple[Request, str, str]] = [
        (replace(request, chain=1), MARI, "RequestForOtherChain"),
        (replace(request, setup="0x" + "5" * 64), MARI, "ElectionUnknown"),
        (replace(request, setup="0x" + request.setup[2:].upper()), MARI, "ElectionUnknown"),
        (replace(request, unit=2), MARI, "UnitUnknown"),
        (desk.request(1), MARI, "WrongUnit"),
        (replace(request, blinded=bytes(256)), MARI, "BlindedRefused"),
        (replace(request, blinded=b"\xff" * 256), MARI, "BlindedRefused"),
        (replace(request, blinded=b"1"), MARI, "BlindedRefused"),
        (request, "Nobody", "NotEligible"),
        (request, "", "NotEligible"),
        (request, STRANGER, "NotEligible"),
    ]
    for changed, reference, name in wrong:
        with refused(name):
            desk.case(changed, reference)
    with refused("OfficersRefused"):
        desk.propose(request, desk.polls.trustees[0])
    desk.polls.pass_to("enrolmentOpens", STEP)
    with refused("EnrolmentClosed"):
        desk.case(request)


@pytest.mark.parametrize(
    "change",
    [
        {"format": counter.ANSWER},
        {"voter": MARI},
        {"unit": True},
        {"unit": -1},
        {"unit": "0"},
        {"chain": 1.5},
        {"setup": None},
    ],
)
def test_a_request_is_read_strictly(change: dict[str, Any]) -> None:
    """A file that says more, less or otherwise must not be guessed at."""
    told = {"format": counter.REQUEST, "chain": 31_337, "setup": "0x" + "5" * 64, "unit": 0, "blinded": "AA"}
    assert Request.read(json.dumps(told).encode()).blinded == b"\0"
    for content in (json.dumps({**told, **change}), json.dumps(told)[:-1] + ',"unit":1}', "[]", ""):
        with refused("EnrolmentFileRefused"):
            Request.read(content.encode())
    with refused("NotBase64"):
        Request.read(json.dumps({**told, "blinded": "A"}).encode())
