"""What voters and trustees send: enrolments, credentials, ballots, withdrawals, shares."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from muniment.ballots import desk, relay
from muniment.ballots.crypto.ballot import is_withdrawal
from muniment.ballots.enrolment import office, roll_building
from muniment.ballots.enrolment.blind import from_text
from muniment.ballots.papers import election_at
from muniment.ballots.roll import roll_tree
from muniment.ballots.setups import Setup, setup_of
from muniment.ballots.submit import withdraw_request
from muniment.ballots.trustees import share_files
from muniment.ballots.trustees.ceremony_state import read_ceremony
from muniment.ballots.trustees.tallying import read_box, shares_of
from muniment.chain.outbox import enqueue
from muniment.errors import Refused
from muniment.identity.signing import wallet_of
from muniment.identity.submit import Relay
from muniment.identity.typed import typed_data
from muniment.web.api import ballot_models as models
from muniment.web.api.acting import relayed, sealer_of, told, too_many, written
from muniment.web.api.ballots import Name, answered
from muniment.web.api.common import REFUSED
from muniment.web.api.models import ID, Intent
from muniment.web.api.service import intent_answer
from muniment.web.reasons import sentence
from muniment.web.site import Here, Site

router = APIRouter(prefix="/api/elections", tags=["elections"])

Id = Annotated[str, Query(pattern=ID)]

# ── Enrolment ───────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/{election}/typed-data/enrol", response_model=models.EnrolmentAsked, responses=REFUSED)
def enrolment_asked(
    site: Here, response: Response, election: Name, voter: Id, unit: Annotated[int, Query(ge=0)], blinded: Id
) -> Any:
    """What a voter signs to be enrolled with a blinded message, by its hash."""
    response.headers["Cache-Control"] = "no-store"
    now = site.clock()

    def query(connection: Connection) -> dict[str, Any]:
        setup = setup_of(connection, election)
        office.check_window(setup, now)
        desk = office.Office(site.deployment, sealer_of(site), now)
        message = office.message_of(setup, voter.lower(), unit, blinded.lower(), office.deadline_of(setup, now))
        wallet = wallet_of(connection, voter.lower())
        return {
            "voter": voter.lower(),
            "wallets": [] if wallet is None else [wallet],
            "typed_data": typed_data(desk.domain, "EnrolVoter", message),
        }

    return answered(site, query)


@router.post("/{election}/enrolments", response_model=models.Issued, responses=REFUSED)
def enrol(site: Here, request: Request, response: Response, election: Name, sent: models.Enrolment) -> Any:
    """Sign a voter's blinded credential, once for each voter, and write it into the log."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    response.headers["Cache-Control"] = "no-store"
    sealer = sealer_of(site)

    def act(connection: Connection, asked: Relay) -> office.Issued:
        desk = office.Office(site.deployment, sealer, asked.now, asked.accepted)
        enrolment = office.Enrolment(
            voter=sent.voter.lower(),
            unit=sent.unit,
            blinded=from_text(sent.blinded),
            deadline=sent.deadline,
            signature=sent.signature,
            officers=tuple((one.key.lower(), one.signature) for one in sent.officers),
        )
        return office.issue(connection, desk, setup_of(connection, election, lock=True), enrolment)

    return vars(relayed(site, act))


@router.post("/{election}/credentials", response_model=models.CredentialTaken, responses=REFUSED)
def submit_credential(site: Here, request: Request, election: Name, sent: models.Credential) -> Any:
    """Take a credential that the office signed without seeing it. Nothing tells whose it is, or when it came."""
    if (refusal := too_many(site.casting, request)) is not None:
        return refusal
    credential, now = sent.credential.lower(), site.clock()

    def act(connection: Connection) -> None:
        setup = setup_of(connection, election)
        roll_building.submit(connection, setup, sent.unit, credential, sent.randomizer, sent.signature, now)

    written(site, act)
    return {"credential": credential, "unit": sent.unit}


# ── Voting ──────────────────────────────────────────────────────────────────────────────────────────────────────


@router.post("/{election}/ballots", response_model=models.Cast, responses=REFUSED)
def cast(site: Here, request: Request, response: Response, election: Name, sent: models.Casting) -> Any:
    """Take packed ballots of one unit: each is checked, stored, and acknowledged by a signed receipt."""
    if (refusal := too_many(site.casting, request)) is not None:
        return refusal
    response.headers["Cache-Control"] = "no-store"
    box = _box(site, election)
    packed = [bytes.fromhex(one[2:]) for one in sent.ballots]
    try:
        signer = site.receipts
        outcomes = relay.receive(site.engine, signer, box, sent.unit, packed, site.clock())
    except Refused as refused:
        raise told(refused) from None
    return {"relayer": signer.address, "outcomes": [_outcome(one) for one in outcomes]}


@router.post("/{election}/withdrawals", response_model=Intent, status_code=202, responses=REFUSED)
def withdraw(site: Here, request: Request, election: Name, sent: models.Withdrawal) -> Any:
    """Queue that a voter withdraws its ballot and is barred, as its credential signed at the desk."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    box, now = _box(site, election), site.clock()

    def act(connection: Connection) -> str:
        found = election_at(connection, box)
        lines = roll_building.credentials_of(connection, found.setup, sent.unit)
        credential = sent.credential.lower()
        if sent.index >= len(lines) or lines[sent.index] != credential:
            raise Refused("NotOnRoll", unit=sent.unit, index=sent.index, credential=credential)
        if not is_withdrawal(found.domain, sent.unit, sent.index, credential, bytes.fromhex(sent.signature[2:])):
            raise Refused("SignatureRefused", index=sent.index, credential=credential)
        path = roll_tree(sent.unit, lines).path(sent.index)
        asked = withdraw_request(found, sent.index, sent.unit, credential, path, sent.signature, sent.replaced)
        return enqueue(connection, asked, now).key

    return intent_answer(site, written(site, act))


@router.post("/{election}/paper-ballots", response_model=models.DeskAnswered, responses=REFUSED)
def at_desk(site: Here, request: Request, election: Name, sent: models.AtDesk) -> Any:
    """Take the number that a voter who withdrew was told at a desk, signed by the credential."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    box = _box(site, election)

    def act(connection: Connection) -> None:
        desk.answer(connection, election_at(connection, box), sent.unit, sent.index, sent.number, sent.signature)

    written(site, act)
    return {"code": desk.code_of(sent.unit, sent.index)}


# ── Counting ────────────────────────────────────────────────────────────────────────────────────────────────────


@router.post("/{election}/shares", response_model=models.ShareTaken, responses=REFUSED)
def share(site: Here, request: Request, election: Name, sent: models.Shares) -> Any:
    """Take a trustee's share file, once every share of it has held against the sums on the chain."""
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal

    def keys(connection: Connection) -> tuple[Setup, Any]:
        setup = setup_of(connection, election)
        return setup, share_files.keys_of(connection, setup)

    setup, known = answered(site, keys)
    try:
        file = shares_of(sent.model_dump())
        box = read_box(site.rpc, site.deployment, read_ceremony(site.rpc, site.deployment, setup.setup))
        share_files.check(box, file, known.get(file.place))
    except ValueError:
        raise told(Refused("SharesUnreadable", path="")) from None
    except Refused as refused:
        raise told(refused) from None
    written(site, lambda connection: share_files.keep(connection, box, file))
    return {"trustee": file.place}


def _box(site: Site, election: str) -> str:
    setup = answered(site, lambda connection: setup_of(connection, election))
    if setup.box is None:
        raise told(Refused("ElectionNotOpened", setup=setup.setup))
    # What the key will not call is not taken: a receipt would promise what nobody keeps.
    if not site.is_box(setup.box):
        raise told(Refused("BoxCodeUnknown", box=setup.box))
    return setup.box


def _outcome(outcome: relay.Outcome) -> dict[str, Any]:
    taken = {name: getattr(outcome, name) for name in ("tracker", "unit", "index", "received_at", "receipt")}
    refused = outcome.refused
    if refused is None:
        return {**taken, "state": "waiting" if outcome.receipt is not None else "counted"}
    why = {"error": refused.name, "sentence": sentence(refused.name, refused.arguments)}
    return {**taken, "state": "refused", **why, "arguments": dict(refused.arguments)}
