"""`muniment companies`: registrars enter and refuse companies. Who decided is written down with every act."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from muniment.chain.outbox import Receipt
from muniment.cli.console import AsJson, emit_json, plain, say, table
from muniment.cli.importing import agency_of
from muniment.config import Settings
from muniment.db.engine import reading, writing
from muniment.errors import Refused
from muniment.hashing import ZERO_ADDRESS
from muniment.identity.companies import queries, submit
from muniment.identity.companies.model import CompanyStatus
from muniment.services import Services, build

app = typer.Typer(help="Companies: names, entries, fees.", no_args_is_help=True)

Company = Annotated[str, typer.Argument(help="Its id, the id of its party, or a name that no other contains.")]
Officer = Annotated[str, typer.Option(help="Who decides: the officer's own name or number.")]
_WORDS = {status.name.lower(): status for status in CompanyStatus if status}


@app.command("list")
def list_companies(
    text: Annotated[str, typer.Argument(help="Part of a name, a number, or an id.")] = "",
    status: Annotated[str | None, typer.Option(help=", ".join(_WORDS))] = None,
    agency: Annotated[str | None, typer.Option(help="The agency's id or domain.")] = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
    size: Annotated[int, typer.Option(min=1, max=100)] = 25,
    as_json: AsJson = False,
) -> None:
    """List companies by name."""
    if status is not None and status not in _WORDS:
        raise Refused("CompanyStatusUnknown", status=status, known=", ".join(_WORDS))
    wanted = None if status is None else _WORDS[status]
    services = build(Settings.load())
    with reading(services.engine) as connection:
        found = queries.search(connection, text, services.clock(), agency and agency_of(agency), wanted, page, size)
    if as_json:
        emit_json(found)
        return
    rows = [(one.name, one.number or "", _step(one.status, one.expired), one.company) for one in found.lines]
    table(f"{found.page.total} companies", ("Name", "Number", "Step", "Id"), rows)


@app.command("show")
def show(company: Company, as_json: AsJson = False) -> None:
    """Show a company: how it stands, what it has on file, and what is missing before entry."""
    services = build(Settings.load())
    found = _found(services, company)
    if as_json:
        emit_json(found)
        return
    say(f"{found.name} ({found.number or 'no number yet'}): {_step(found.status, found.expired)}")
    say(f"  id        {found.company}")
    say(f"  party     {found.party or '–'}")
    say(f"  applicant {found.applicant}")
    if found.file is not None and found.articles is not None:
        say(f"  board     {found.file.threshold} of {len(found.file.board)}: {', '.join(found.file.board)}")
        say(f"  contact   {found.file.contact} ({'accepted' if found.contact_accepted else 'not accepted'})")
        state = "stand" if found.articles.standing else "do not stand" if found.articles.anchored else "not anchored"
        say(f"  articles  {found.file.articles} ({state})")
        say(f"  fee       {'settled' if found.fee_settled else 'not settled'}")
    for line in found.history:
        say(f"{_day(line.time)} {line.name}")


@app.command("enter")
def enter(
    company: Company,
    number: Annotated[str, typer.Option(help="The register's own number for it.")],
    officer: Officer,
    as_json: AsJson = False,
) -> None:
    """Queue the entry of a company: from then on it is a party whose board signs for it."""
    services = build(Settings.load())
    wanted, now = _found(services, company).company, services.clock()
    with writing(services.engine) as connection:
        receipt = submit.enter(connection, services.sealer, wanted, officer, number, now)
    _queued(receipt, wanted, as_json)


@app.command("refuse")
def refuse(
    company: Company,
    officer: Officer,
    reason: Annotated[str, typer.Option(help="Why; sealed. The chain holds its salted hash.")],
    as_json: AsJson = False,
) -> None:
    """Queue the refusal of a reservation or an application."""
    services = build(Settings.load())
    wanted, now = _found(services, company).company, services.clock()
    with writing(services.engine) as connection:
        receipt = submit.refuse(connection, services.sealer, wanted, officer, reason, now)
    _queued(receipt, wanted, as_json)


@app.command("attest-fee")
def attest_fee(
    company: Company,
    officer: Officer,
    receipt: Annotated[str, typer.Option(help="What the receipt says; sealed. The chain holds its salted hash.")],
    as_json: AsJson = False,
) -> None:
    """Queue that the fee was paid elsewhere."""
    services = build(Settings.load())
    wanted, now = _found(services, company).company, services.clock()
    with writing(services.engine) as connection:
        queued = submit.attest_fee(connection, services.sealer, wanted, officer, receipt, now)
    _queued(queued, wanted, as_json)


@app.command("rules")
def rules(agency: Annotated[str, typer.Argument(help="The agency's id or domain.")], as_json: AsJson = False) -> None:
    """Show what an agency asks of companies. Its admin sets that on the chain."""
    wanted = agency_of(agency)
    with reading(build(Settings.load()).engine) as connection:
        found = queries.rules_of(connection, wanted)
    if found is None:
        raise Refused("RulesMissing", agency=wanted)
    if as_json:
        emit_json({**plain(found), "in_token": found.in_token, "fee": str(found.fee)})
        return
    paid = f"in the token {found.fee_token}" if found.fee_token != ZERO_ADDRESS else "elsewhere, and attested"
    say(f"Fee: {found.fee}, paid {paid}" if found.fee else "Fee: none")
    say(f"Contact holds: {found.contact_kind or 'nothing in particular'}")
    say(f"A founder holds one of: {', '.join(found.founder_kinds) or 'nothing in particular'}")


def _found(services: Services, company: str) -> queries.CompanyAnswer:
    now = services.clock()
    with reading(services.engine) as connection:
        found = queries.company(connection, company, now)
        if found is None:
            lines = queries.search(connection, company, now).lines if company.strip() else ()
            if len(lines) == 1:
                found = queries.company(connection, lines[0].company, now)
    if found is None:
        raise Refused("CompanyUnknown", company=company)
    return found


def _queued(receipt: Receipt, company: str, as_json: bool) -> None:
    if as_json:
        emit_json({"company": company, "key": receipt.key, "state": receipt.state, "new": receipt.new})
        return
    say(f"{receipt.state}: {receipt.key}")


def _step(status: CompanyStatus, expired: bool) -> str:
    return status.name.lower().replace("_", " ") + (", run out" if expired else "")


def _day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M}"
