"""What a party signs about itself, and the signed acts that the service sends for it; credentials of all parties."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import JSONResponse, Response

from muniment.chain.happened import Happened
from muniment.chain.outbox import Receipt
from muniment.db.answers import as_of
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH
from muniment.identity import asking, standing, submit
from muniment.identity.model import kind_named
from muniment.identity.submit import PowerAsked, Relay
from muniment.web.api import models
from muniment.web.api.acting import relayed, told, too_many
from muniment.web.api.common import REFUSED, HexId
from muniment.web.api.land import PageNumber, Size
from muniment.web.api.service import intent_answer
from muniment.web.site import Here, Site

router = APIRouter(prefix="/api", tags=["parties and agencies"])

Id = Annotated[str, Query(pattern=models.ID)]
OptionalId = Annotated[str | None, Query(pattern=models.ID)]
Address = Annotated[str, Query(pattern=models.ADDRESS)]
Number = Annotated[models.Decimal, Query()]
Kind = Annotated[str | None, Query(max_length=66, pattern="^(0x[0-9a-fA-F]{64}|[A-Z_]{1,32})$")]
_TYPED_DATA = "/parties/{party}/typed-data"
_SENT: dict[str, Any] = {
    "response_model": models.Intent,
    "status_code": 202,
    "responses": {**REFUSED, 200: {"model": models.Intent, "description": "It is on the chain already."}},
}

# ── What to sign ────────────────────────────────────────────────────────────────────────────────────────────────


@router.get(f"{_TYPED_DATA}/rotate", response_model=models.Asked, responses=REFUSED)
def rotation(site: Here, response: Response, party: HexId, wallet: Address) -> Any:
    """A change of wallet: the present wallet and the new one sign the same."""
    return _asked(site, response, asking.rotation, party, wallet.lower())


@router.get(f"{_TYPED_DATA}/recover", response_model=models.Asked, responses=REFUSED)
def recovery(site: Here, response: Response, party: HexId, wallet: Address) -> Any:
    """What the new wallet of a party signs that lost its own, for the two officers who ask for the recovery."""
    return _asked(site, response, asking.recovery, party, wallet.lower())


@router.get(f"{_TYPED_DATA}/veto", response_model=models.Asked, responses=REFUSED)
def veto(site: Here, response: Response, party: HexId) -> Any:
    """A veto of the recovery under way, by the present wallet."""
    return _asked(site, response, asking.veto, party)


@router.get(f"{_TYPED_DATA}/grant-power", response_model=models.Asked, responses=REFUSED)
def power(
    site: Here,
    response: Response,
    party: HexId,
    attorney: Id,
    act: Annotated[str, Query(min_length=1, max_length=64)],
    until: Annotated[int, Query(ge=0, lt=2**40)],
    subject: Id = ZERO_HASH,
    price_floor: Number = "0",
    currency: Id = ZERO_HASH,
) -> Any:
    """A power of attorney, by its principal."""
    wanted = PowerAsked(attorney.lower(), act, subject.lower(), int(price_floor), currency.lower(), until, nonce=0)
    return _asked(site, response, asking.grant, party, wanted)


@router.get(f"{_TYPED_DATA}/revoke-power", response_model=models.Asked, responses=REFUSED)
def revocation(site: Here, response: Response, party: HexId, power: Id) -> Any:
    """The end of a power of attorney, by its principal or its attorney."""
    return _asked(site, response, asking.revocation, party, power.lower())


@router.get(f"{_TYPED_DATA}/cancel-nonce", response_model=models.Asked, responses=REFUSED)
def cancellation(site: Here, response: Response, party: HexId, nonce: Number) -> Any:
    """That a nonce be useless, and with it whatever was signed over it."""
    return _asked(site, response, asking.cancellation, party, int(nonce))


def _asked(site: Site, response: Response, ask: Callable[..., asking.Asked], party: str, *more: Any) -> models.Asked:
    response.headers["Cache-Control"] = "no-store"
    with site.reading() as connection:
        try:
            return models.Asked.model_validate(
                ask(connection, site.deployment, party.lower(), *more, site.clock()), from_attributes=True
            )
        except Refused as refused:
            raise told(refused) from None


# ── What was signed ─────────────────────────────────────────────────────────────────────────────────────────────


@router.post("/parties/{party}/rotate", **_SENT)
def send_rotation(site: Here, request: Request, party: HexId, sent: models.Rotation) -> Any:
    """Queue a change of wallet."""

    def act(connection: Connection, relay: Relay) -> Receipt | Happened:
        values = (sent.wallet.lower(), int(sent.nonce), sent.deadline, sent.previous_signature, sent.signature)
        return submit.rotate(connection, relay, party.lower(), *values)

    return _sent(site, request, "identity.rotate", act)


@router.post("/parties/{party}/veto", **_SENT)
def send_veto(site: Here, request: Request, party: HexId, sent: models.Veto) -> Any:
    """Queue the veto of a recovery."""

    def act(connection: Connection, relay: Relay) -> Receipt | Happened:
        return submit.veto(connection, relay, party.lower(), sent.attempt, sent.deadline, sent.signature)

    return _sent(site, request, "identity.veto", act)


@router.post("/parties/{party}/grant-power", **_SENT)
def send_power(site: Here, request: Request, party: HexId, sent: models.PowerGrant) -> Any:
    """Queue a power of attorney."""
    asked = PowerAsked(
        attorney=sent.attorney.lower(),
        act=sent.act,
        subject=sent.subject.lower(),
        price_floor=int(sent.price_floor),
        currency=sent.currency.lower(),
        until=sent.until,
        nonce=int(sent.nonce),
    )

    def act(connection: Connection, relay: Relay) -> Receipt | Happened:
        return submit.grant_power(connection, relay, party.lower(), asked, sent.deadline, sent.signature)

    return _sent(site, request, "identity.grant_power", act)


@router.post("/parties/{party}/revoke-power", **_SENT)
def send_revocation(site: Here, request: Request, party: HexId, sent: models.PowerEnd) -> Any:
    """Queue the end of a power of attorney."""

    def act(connection: Connection, relay: Relay) -> Receipt | Happened:
        return submit.revoke_power(connection, relay, party.lower(), sent.power.lower(), sent.deadline, sent.signature)

    return _sent(site, request, "identity.revoke_power", act)


@router.post("/parties/{party}/cancel-nonce", **_SENT)
def send_cancellation(site: Here, request: Request, party: HexId, sent: models.NonceEnd) -> Any:
    """Queue that a nonce be useless."""

    def act(connection: Connection, relay: Relay) -> Receipt | Happened:
        return submit.cancel_nonce(connection, relay, party.lower(), int(sent.nonce), sent.deadline, sent.signature)

    return _sent(site, request, "identity.cancel_nonce", act)


@router.post("/parties/{party}/complete-recovery", **_SENT)
def send_completion(site: Here, request: Request, party: HexId) -> Any:
    """Queue that a recovery completes whose delay is over; the service does it by itself, so that nobody need ask."""
    kind = "identity.complete_recovery"
    return _sent(
        site, request, kind, lambda connection, relay: submit.complete_recovery(connection, relay, party.lower())
    )


def _sent(site: Site, request: Request, kind: str, act: Callable[[Connection, Relay], Receipt | Happened]) -> Any:
    if (refusal := too_many(site.writes, request)) is not None:
        return refusal
    outcome = relayed(site, act)
    return intent_answer(site, outcome.key) if isinstance(outcome, Receipt) else _done(site, kind, outcome)


def _done(site: Site, kind: str, done: Happened) -> JSONResponse:
    """The receipt of an act that is on the chain already, sent by whomever: it has no key here."""
    receipt = models.Intent.model_validate(
        {
            "key": "",
            "kind": kind,
            "state": done.finality.value,
            "sentence": None,
            "error": None,
            "tx_hash": done.tx_hash,
            "block_number": done.block_number,
            "block_hash": done.block_hash,
            "created_at": done.time,
            "updated_at": done.time,
            "as_of": site.known(),
        }
    )
    return JSONResponse(receipt.model_dump(mode="json"), 200, {"Cache-Control": "no-store"})


# ── Credentials ─────────────────────────────────────────────────────────────────────────────────────────────────


@router.get("/credentials", response_model=models.Credentials)
def credentials(site: Here, kind: Kind = None, agency: OptionalId = None, page: PageNumber = 1, size: Size = 25) -> Any:
    """Credentials of all parties, newest first; `kind` is an id, or a name that is known everywhere."""
    wanted = None if kind is None else kind_named(kind)
    with site.reading() as connection:
        found = standing.credentials_page(connection, site.clock(), wanted, agency and agency.lower(), page, size)
    return models.Credentials.model_validate(found, from_attributes=True)


@router.get("/credentials/kinds", response_model=models.CredentialKinds)
def kinds(site: Here) -> Any:
    """All kinds of credentials."""
    with site.reading() as connection:
        return models.CredentialKinds.model_validate(
            {"as_of": as_of(connection), "kinds": standing.kinds(connection)}, from_attributes=True
        )
