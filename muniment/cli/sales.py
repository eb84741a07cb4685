"""`muniment sales`: sales of titles, and what a registrar does in them. Who acted is written down with every act."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from muniment.chain.outbox import Receipt
from muniment.cli.console import AsJson, emit_json, say, table
from muniment.config import Settings
from muniment.db.engine import reading, writing
from muniment.errors import Refused
from muniment.hashing import keccak_file
from muniment.land.sales import papers, queries, settling, submit
from muniment.land.sales.model import SaleStatus
from muniment.services import build

app = typer.Typer(help="Sales of titles: steps, money, lodging.", no_args_is_help=True)

Sale = Annotated[str, typer.Argument(help="The sale's id.")]
Officer = Annotated[str, typer.Option(help="Who acts: the officer's own name or number.")]
_WORDS = {status.name.lower(): status for status in SaleStatus if status}


@app.command("list")
def list_sales(
    title: Annotated[str | None, typer.Option(help="The title's id.")] = None,
    party: Annotated[str | None, typer.Option(help="The id of somebody who takes part.")] = None,
    status: Annotated[str | None, typer.Option(help=", ".join(_WORDS))] = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
    size: Annotated[int, typer.Option(min=1, max=100)] = 25,
    as_json: AsJson = False,
) -> None:
    """List sales, the newest first."""
    if status is not None and status not in _WORDS:
        raise Refused("SaleStatusUnknown", status=status, known=", ".join(_WORDS))
    wanted = None if status is None else _WORDS[status]
    services = build(Settings.load())
    with reading(services.engine) as connection:
        found = queries.search(connection, services.clock(), title, party, wanted, page, size)
    if as_json:
        emit_json(found)
        return
    rows = [
        (one.ref or one.title, _step(one.status, one.overdue), f"{one.price} {one.currency_text}", one.sale)
        for one in found.lines
    ]
    table(f"{found.page.total} sales", ("Title", "Step", "Price", "Id"), rows)


@app.command("show")
def show(sale: Sale, as_json: AsJson = False) -> None:
    """Show a sale: who must do what by when, what was done, and where the money lies."""
    services = build(Settings.load())
    with reading(services.engine) as connection:
        found = queries.sale(connection, sale, services.clock())
    if found is None:
        raise Refused("SaleUnknown", sale=sale)
    if as_json:
        emit_json(found)
        return
    money = found.money
    say(f"{found.ref or found.title}: {_step(found.status, found.overdue)}")
    say(f"  id     {found.sale}")
    say(f"  price  {money.price} {money.currency_text}, duty {money.duty if money.duty is not None else '–'}")
    if money.due is not None:
        say(f"  escrow {money.open} of {money.due}")
    for step in found.steps:
        when = f"done {_day(step.done_at)}" if step.done_at else f"by {_day(step.by)}" if step.by else ""
        say(f"  {step.state:6} {step.title} {when}".rstrip())
    for line in found.payoffs:
        say(f"  payoff of {line.lien}: {line.state}, at most {line.most}")
    say(f"  {found.counts.signatures} signatures, {found.counts.transactions} transactions, gas {found.counts.gas}")
    if found.next is not None:
        say(found.next)


@app.command("paper")
def paper(paper: Annotated[str, typer.Argument(help="The paper's id.")], as_json: AsJson = False) -> None:
    """Show a paper and who has signed it."""
    services = build(Settings.load())
    with reading(services.engine) as connection:
        found = papers.paper_of(connection, paper, services.clock())
    if as_json:
        emit_json(found)
        return
    say(f"{found.kind} of sale {found.sale}: {found.state}, good until {_day(found.deadline)}")
    for signer in found.signers:
        say(
            f"  {signer.role:12} {signer.party} {'signed ' + _day(signer.signed_at) if signer.signed_at else 'missing'}"
        )


@app.command("hash")
def hash_files(
    files: Annotated[list[Path], typer.Argument(help="Documents; they are read, and neither kept nor sent.")],
    as_json: AsJson = False,
) -> None:
    """Print the hash of each document, as papers name it (keccak256 of the file's bytes)."""
    found = []
    for path in files:
        try:
            found.append({"file": str(path), "documentHash": keccak_file(path)})
        except OSError as error:
            raise Refused("FileUnreadable", path=str(path), cause=type(error).__name__) from None
    if as_json:
        emit_json(found)
        return
    for line in found:
        say(f"{line['documentHash']}  {line['file']}")


@app.command("rates")
def rates(
    jurisdiction: Annotated[str, typer.Argument(help="ISO 3166 code, such as GB or SE.")], as_json: AsJson = False
) -> None:
    """Show what a register takes of prices. Its agency's admin sets that on the chain."""
    with reading(build(Settings.load()).engine) as connection:
        found = queries.rates(connection, jurisdiction)
    if as_json:
        emit_json(found)
        return
    rows = [
        (one.currency_text, "yes" if one.accepted else "no", _percent(one.person), _percent(one.organisation), one.fee)
        for one in found
    ]
    table(f"Rates in {jurisdiction}", ("Currency", "Accepted", "Persons", "Organisations", "Fee"), rows)


@app.command("lodge")
def lodge(sale: Sale, officer: Officer, as_json: AsJson = False) -> None:
    """Queue that a signed contract is lodged: from then on the title is kept for this sale."""
    services = build(Settings.load())
    with writing(services.engine) as connection:
        receipt = submit.lodge(connection, sale, officer, services.clock())
    _queued(receipt, sale, as_json)


@app.command("confirm-duty")
def confirm_duty(
    sale: Sale,
    officer: Officer,
    receipt: Annotated[str, typer.Option(help="What the receipt says; sealed. The chain holds its salted hash.")],
    as_json: AsJson = False,
) -> None:
    """Queue that the duty of a sale that goes by a bank's word was paid."""
    services = build(Settings.load())
    with writing(services.engine) as connection:
        told = submit.confirm_duty(connection, services.sealer, sale, officer, receipt, services.clock())
    _queued(told, sale, as_json)


@app.command("settle")
def settle(
    sales: Annotated[list[str], typer.Argument(help="1 to 8 sales that are settled together, in any order.")],
    as_json: AsJson = False,
) -> None:
    """Queue the registration of sales, all or none: money and titles change hands at once."""
    services = build(Settings.load())
    with writing(services.engine) as connection:
        receipt = settling.settle(connection, sales, services.clock(), services.settings.relays_per_day)
    _queued(receipt, ", ".join(sales), as_json)


def _queued(receipt: Receipt, sale: str, as_json: bool) -> None:
    if as_json:
        emit_json({"sale": sale, "intent": receipt.key, "state": receipt.state, "new": receipt.new})
        return
    say(f"{'Queued' if receipt.new else 'Queued before'}: {receipt.key} ({receipt.state}).")


def _step(status: SaleStatus, overdue: bool) -> str:
    return status.name.lower().replace("_", " ") + (", overdue" if overdue else "")


def _day(time: int | None) -> str:
    return "–" if time is None else f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC"


def _percent(millionths: int) -> str:
    return f"{millionths / 10_000:g} %"
