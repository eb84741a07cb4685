"""`muniment credentials`: giving credentials to parties, and ending them, as an officer."""

import re
from datetime import UTC, datetime
from typing import Annotated

import typer

from muniment.chain.outbox import Receipt
from muniment.cli.console import AsJson, emit_json, say, table
from muniment.cli.importing import agency_of
from muniment.config import Settings
from muniment.db.engine import open_engine, reading, writing
from muniment.errors import Refused
from muniment.identity import issuing
from muniment.identity.model import REASONS, kind_named
from muniment.identity.standing import credentials_page
from muniment.identity.standing import kinds as all_kinds
from muniment.services import build

app = typer.Typer(help="Credentials of parties.", no_args_is_help=True)

Party = Annotated[str, typer.Argument(help="The party's id, 0x and 64 hex digits.")]
Kind = Annotated[str, typer.Argument(help="E_RESIDENT, ESTATE_AGENT, BANK, NOTARY, SURVEYOR, or an agency's own.")]
_HASH = re.compile("0x[0-9a-f]{64}")


@app.command("issue")
def issue(
    party: Party,
    kind: Kind,
    agency: Annotated[str, typer.Option(help="The agency that issues it, by id or domain.")],
    until: Annotated[str, typer.Option(help="The day on which it ends, such as 2030-03-31.")],
    source_hash: Annotated[str, typer.Option(help="Salted hash of the decision that it rests on.")],
    valid_from: Annotated[str | None, typer.Option("--from", help="The day on which it begins; now without.")] = None,
    as_json: AsJson = False,
) -> None:
    """Queue a credential. The same decision gives a credential once: a renewal needs one of its own."""
    issuer, end = agency_of(agency), _day(until)
    begin = 0 if valid_from is None else _day(valid_from)
    services = build(Settings.load())
    now = services.clock()
    with writing(services.engine) as connection:
        receipt = issuing.issue(
            connection, issuer, _id(party), kind_named(kind, issuer), end, _id(source_hash), now, begin
        )
    _tell(receipt, as_json)


@app.command("revoke")
def revoke(
    party: Party,
    kind: Kind,
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(REASONS)}.")],
    agency: Annotated[str | None, typer.Option(help="The agency whose own kind is meant, by id or domain.")] = None,
    as_json: AsJson = False,
) -> None:
    """Queue the end of a credential, for a reason of RFC 5280."""
    code = REASONS.get(reason.lower().replace("_", "-"))
    if code is None:
        raise Refused("ReasonUnknown", reason=reason, reasons=", ".join(REASONS))
    services = build(Settings.load())
    now = services.clock()
    with writing(services.engine) as connection:
        receipt = issuing.revoke(
            connection, _id(party), kind_named(kind, None if agency is None else agency_of(agency)), code, now
        )
    _tell(receipt, as_json)


@app.command("list")
def show_list(
    kind: Annotated[str | None, typer.Option(help="Only this kind.")] = None,
    agency: Annotated[str | None, typer.Option(help="Only those of this agency, by id or domain.")] = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
    size: Annotated[int, typer.Option(min=1, max=100)] = 25,
    as_json: AsJson = False,
) -> None:
    """List credentials, newest first, as they stand now."""
    services = build(Settings.load())
    issuer = None if agency is None else agency_of(agency)
    wanted = None if kind is None else kind_named(kind, issuer)
    with reading(services.engine) as connection:
        found = credentials_page(connection, services.clock(), wanted, issuer, page, size)
    if as_json:
        emit_json(found)
        return
    rows = [
        (
            one.party,
            one.name or one.kind,
            one.standing.name.lower(),
            f"{datetime.fromtimestamp(one.valid_until, UTC):%F}",
        )
        for one in found.lines
    ]
    heading = f"{found.page.total} credentials, page {found.page.number} of {found.page.pages}"
    table(heading, ("party", "kind", "standing", "until"), rows)


@app.command("kinds")
def show_kinds(as_json: AsJson = False) -> None:
    """List the kinds of credentials."""
    with reading(open_engine(Settings.load().database_url)) as connection:
        found = all_kinds(connection)
    if as_json:
        emit_json({"kinds": found})
        return
    rows = [(one.name, one.agency or "known everywhere", ", ".join(one.scopes), one.kind) for one in found]
    table("Kinds of credentials", ("name", "agency", "issued by", "id"), rows)


def _tell(receipt: Receipt, as_json: bool) -> None:
    if as_json:
        emit_json(receipt)
    else:
        say(f"Request {receipt.key} is {receipt.state}.")


def _id(text: str) -> str:
    if not _HASH.fullmatch(text.lower()):
        raise Refused("IdRefused", text=text[:80])
    return text.lower()


def _day(text: str) -> int:
    """The beginning of a day, UTC, in Unix seconds."""
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
    except (ValueError, OverflowError):
        raise Refused("LegalDateRefused", date=text) from None
