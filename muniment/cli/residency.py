"""`muniment residency`: staff work on applications for e-residency. Every step is written down with who took it."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from muniment.cli.console import AsJson, emit_json, say, table
from muniment.config import Settings
from muniment.db.engine import forget, reading, writing
from muniment.db.schema import residency_cases, residency_checks, residency_decisions
from muniment.errors import Refused
from muniment.identity.residency import queries, submit
from muniment.identity.residency.erasing import erase_case
from muniment.identity.residency.model import CaseState, Check
from muniment.services import build

app = typer.Typer(help="Applications for e-residency.", no_args_is_help=True)

Case = Annotated[str, typer.Argument(help="The case, such as 7KQ2-M4XD.")]
Officer = Annotated[str, typer.Option(help="Who acts: the officer's own name or number.")]


@app.command("list")
def list_cases(
    state: Annotated[CaseState | None, typer.Option(help="Without it: all that wait for somebody.")] = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
    size: Annotated[int, typer.Option(min=1, max=100)] = 25,
    as_json: AsJson = False,
) -> None:
    """List cases, the oldest first. Nothing of the person is shown."""
    with reading(build(Settings.load()).engine) as connection:
        found = queries.cases(connection, state, page, size)
    if as_json:
        emit_json(found)
        return
    rows = [
        (one.case, one.state.value, f"{one.done}/{len(Check)}", one.failed or "", _day(one.created_at))
        for one in found.lines
    ]
    table(f"{found.page.total} cases", ("Case", "State", "Checked", "Failed", "Since"), rows)


@app.command("show")
def show(case: Case, as_json: AsJson = False) -> None:
    """Show a case with everything that was said and done."""
    services = build(Settings.load())
    with reading(services.engine) as connection:
        found = queries.case(connection, services.sealer, case)
    if found is None:
        raise Refused("CaseUnknown", case=case)
    if as_json:
        emit_json(found)
        return
    say(f"Case {found.case}: {found.state.value}, since {_day(found.created_at)}")
    if found.application is None:
        say("What was said in it has been erased.")
    else:
        for name, text in found.application.columns().items():
            say(f"  {name.replace('_', ' ')}: {text}")
    for look in found.checks:
        result = "passed" if look.passed else "FAILED"
        note = f" – {look.note}" if look.note else ""
        say(f"{_day(look.checked_at)} {look.check.value.replace('_', ' ')}: {result}, by {look.officer}{note}")
    if found.decision is not None:
        word = "approved" if found.decision.approved else "refused"
        say(f"{_day(found.decision.decided_at)} {word} by {found.decision.officer}")
        say(f"  {found.decision.reason or found.decision.party or ''}")


@app.command("check")
def check(
    case: Case,
    what: Annotated[Check, typer.Option("--check", help="What was looked at.")],
    officer: Officer,
    failed: Annotated[bool, typer.Option("--failed", help="It did not pass.")] = False,
    note: Annotated[str, typer.Option(help="What was found; sealed.")] = "",
    as_json: AsJson = False,
) -> None:
    """Write down that something was checked. A later check of the same thing counts; the earlier stays."""
    services = build(Settings.load())
    now = services.clock()
    with writing(services.engine) as connection:
        submit.check(connection, services.sealer, case, what, officer, not failed, note, now)
        found = queries.case(connection, services.sealer, case)
    assert found is not None  # noqa: S101 -- it was checked a moment ago
    if as_json:
        emit_json({"case": found.case, "state": found.state.value, "check": what.value, "passed": not failed})
        return
    say(f"{what.value.replace('_', ' ')}: {'failed' if failed else 'passed'}. The case is {found.state.value}.")


@app.command("decide")
def decide(
    case: Case,
    officer: Officer,
    approve: Annotated[bool, typer.Option("--approve")] = False,
    refuse: Annotated[bool, typer.Option("--refuse")] = False,
    years: Annotated[int, typer.Option(help="How long the credential is to hold.")] = 5,
    reason: Annotated[str, typer.Option(help="Why it is refused; the applicant reads it.")] = "",
    as_json: AsJson = False,
) -> None:
    """Approve or refuse, once everything was checked, by another officer than the one who checked it all."""
    if approve == refuse:
        raise Refused("DecisionUnclear")
    settings = Settings.load()
    services = build(settings)
    now = services.clock()
    if refuse:
        with writing(services.engine) as connection:
            submit.refuse(connection, services.sealer, case, officer, reason, now)
        if as_json:
            emit_json({"case": case, "state": CaseState.REFUSED.value})
            return
        say("Refused. The applicant reads the reason under the application's address.")
        return
    with writing(services.engine) as connection:
        made = submit.approve(connection, services.sealer, case, officer, years, now)
    url = f"{settings.public_url}/bind/{made.invited.code}"
    if as_json:
        party = {"party": made.party, "valid_until": made.valid_until, "key": made.receipt.key}
        emit_json({"case": case, "state": CaseState.APPROVED.value, **party, "code": made.invited.code, "url": url})
        return
    say(f"Approved: party {made.party}, credential until {_day(made.valid_until)} ({made.receipt.key}).")
    say(f"Code:  {made.invited.code}")
    say(f"Page:  {url}")
    say("The applicant can also fetch a code under the application's address.")


@app.command("erase")
def erase(case: Case, as_json: AsJson = False) -> None:
    """Erase what was said in a case that became no party. When and who decided stays."""
    services = build(Settings.load())
    now = services.clock()
    with writing(services.engine) as connection:
        erase_case(connection, case, now)
    forget(services.engine, residency_cases, residency_checks, residency_decisions)
    if as_json:
        emit_json({"case": case, "erased": True})
        return
    say("Erased. When and by whom it was checked and decided stays.")


def _day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M}"
