"""`muniment identity`: parties, their wallets and recoveries, and what the agency holds of the persons."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from muniment.cli.console import AsJson, emit_json, plain, say, table
from muniment.config import Settings
from muniment.db.engine import forget, open_engine, reading, writing
from muniment.db.schema import invitations, party_records, residency_cases, residency_checks, residency_decisions
from muniment.errors import Refused
from muniment.identity.answers import Kept, PartyAnswer
from muniment.identity.erasing import Erasure
from muniment.identity.erasing import erase as erase_record
from muniment.identity.erasing import plan as plan_erasure
from muniment.identity.inviting import invite as make_invitation
from muniment.identity.queries import kept
from muniment.identity.queries import party as party_answer
from muniment.identity.sealing import SEALED
from muniment.identity.sealing import reseal as reseal_all
from muniment.identity.standing import recoveries_page
from muniment.identity.submit import cancel_recovery as cancel
from muniment.land.kept import holders_of
from muniment.services import build

app = typer.Typer(help="Parties, their wallets and recoveries, and their records.", no_args_is_help=True)

Party = Annotated[str, typer.Argument(help="The party's id, 0x and 64 hex digits.")]
SECONDS_PER_DAY = 86_400
RECOVERY_STATES = ("begun", "vetoed", "cancelled", "completed")


@app.command("show")
def show(party: Party, as_json: AsJson = False) -> None:
    """Show who signs for a party, what it is and holds; and its commitment, by which the agency's scripts name it."""
    services = build(Settings.load())
    with reading(services.engine) as connection:
        found = party_answer(connection, party, now=services.clock())
        record = kept(connection, party)
    if found is None and record is None:
        raise Refused("PartyUnnamed", party=party)
    if as_json:
        emit_json({**(plain(found) if found else {"party": party.lower()}), "record": record and plain(record)})
        return
    table(party.lower(), ("", ""), [*_kept_facts(record), *(_public_facts(found) if found else ())])
    known = found.as_of if found else None
    say(f"True at block {known.number}." if known else "The chain has not named this party yet.")


def _kept_facts(record: Kept | None) -> list[tuple[str, str]]:
    """What the agency's own database says of its record."""
    if record is None:
        return []
    facts = [("agency", record.agency), ("commitment", record.commitment)]
    return [*facts, ("record", "erased")] if record.erased else facts


def _public_facts(found: PartyAnswer) -> list[tuple[str, str]]:
    """What the chain says."""
    recovery, organisation = found.recovery, found.representation
    facts = [("wallet", found.wallet.wallet if found.wallet else "none")]
    if recovery is not None:
        facts.append(("being recovered to", f"{recovery.wallet}, from {_moment(recovery.ready_at)}"))
    if organisation is not None:
        rule = "ended" if organisation.ended else f"{organisation.threshold} of {len(organisation.representatives)}"
        facts.append(("organisation", rule))
    facts += [("credential", f"{one.name or one.kind}: {one.standing.name.lower()}") for one in found.credentials]
    facts += [("power given", f"{one.act} to {one.attorney}: {one.state}") for one in found.powers_given]
    facts += [("power held", f"{one.act} of {one.principal}: {one.state}") for one in found.powers_held]
    return [*facts, *(("title", f"{one.jurisdiction} {one.ref}: {one.part}") for one in found.holdings)]


@app.command("invite")
def invite(
    party: Annotated[str | None, typer.Argument(help="The party's id, 0x and 64 hex digits.")] = None,
    ref: Annotated[str | None, typer.Option(help="Instead of a party: the parcel that it holds.")] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="The parcel's jurisdiction, such as GB.")] = None,
    days: Annotated[int, typer.Option(min=1, max=7, help="How long the code is valid.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Make a one-time code for a party whose identity was checked. It is shown once: only its hash is stored."""
    if (party is None) == (ref is None) or (ref is None) != (jurisdiction is None):
        raise Refused("PartyOrRef")
    settings = Settings.load()
    services = build(settings)
    now = services.clock()
    with writing(services.engine) as connection:
        if party is None:
            parties = holders_of(connection, str(jurisdiction), str(ref))
            if len(parties) > 1:
                raise Refused("PartyAmbiguous", count=len(parties), parties=", ".join(parties))
            (party,) = parties
        invited = make_invitation(connection, party, now, days * SECONDS_PER_DAY)
    url = f"{settings.public_url}/bind/{invited.code}"
    if as_json:
        emit_json({"code": invited.code, "url": url, "party": invited.party, "expires_at": invited.expires_at})
        return
    say(f"Code:  {invited.code}")
    say(f"Page:  {url}")
    say(f"Party: {invited.party}")
    say(f"Valid until {_moment(invited.expires_at)}, for one use.")


@app.command("recoveries")
def recoveries(
    state: Annotated[str | None, typer.Option(help="Only begun, vetoed, cancelled or completed ones.")] = None,
    page: Annotated[int, typer.Option(min=1)] = 1,
    size: Annotated[int, typer.Option(min=1, max=100)] = 25,
    as_json: AsJson = False,
) -> None:
    """List recoveries, the one that is ready last first. They are begun by two officers: ./run script recover_party."""
    if state is not None and state not in RECOVERY_STATES:
        raise Refused("RecoveryStateUnknown", state=state)
    with reading(open_engine(Settings.load().database_url)) as connection:
        found = recoveries_page(connection, state, page, size)
    if as_json:
        emit_json(found)
        return
    rows = [(one.party, one.attempt, one.wallet, one.state, _moment(one.ready_at)) for one in found.lines]
    heading = f"{found.page.total} recoveries, page {found.page.number} of {found.page.pages}"
    table(heading, ("party", "attempt", "new wallet", "state", "ready"), rows)


@app.command("cancel-recovery")
def cancel_recovery(party: Party, as_json: AsJson = False) -> None:
    """Stop a recovery, as an officer of the party's agency."""
    services = build(Settings.load())
    now = services.clock()
    with writing(services.engine) as connection:
        receipt = cancel(connection, party, now)
    if as_json:
        emit_json(receipt)
    else:
        say(f"Request {receipt.key} is {receipt.state}.")


@app.command("erase")
def erase(
    party: Party,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, only say what would go.")] = False,
    as_json: AsJson = False,
) -> None:
    """Destroy the salt and the record of a party, and what was said of the person in applications."""
    services = build(Settings.load())
    now = services.clock()
    with writing(services.engine) as connection:
        found = erase_record(connection, party, now) if yes else plan_erasure(connection, party)
    if yes:
        forget(services.engine, party_records, invitations, residency_cases, residency_checks, residency_decisions)
    if as_json:
        emit_json({"done": yes, **_facts(found)})
        return
    gone = [name for name, there in (("the salt", found.salt), ("the record", found.record)) if there]
    gone += [f"{found.cases} application(s)"] * (found.cases > 0)
    gone += [f"{found.invitations} unused code(s)"] * (found.invitations > 0)
    say(f"{'Erased' if yes else 'Would erase'}: {', '.join(gone) or 'nothing; it was done before'}.")
    say("Stays: the party's id, its agency and its commitment, which tell nobody who it was, and what is on the chain.")
    if not yes:
        say("Nothing was changed. Do it with --yes.")
    elif gone:
        say("Backups still hold it: let them run out as the agency's rules say.")


@app.command("reseal")
def reseal(as_json: AsJson = False) -> None:
    """Seal personal data with the first key of the key file: after adding one, or after an update from before seals."""
    services = build(Settings.load())
    sealer = services.sealer
    with writing(services.engine) as connection:
        count = reseal_all(connection, sealer)
    # What was open, or sealed with a key that somebody may have read, stays in no free page.
    forget(services.engine, *(sealed.table for sealed in SEALED))
    if as_json:
        emit_json({"resealed": count})
    else:
        say(f"{count} text(s) sealed anew. Only the first key of the file is needed from now on.")


def _facts(found: Erasure) -> dict[str, object]:
    return {**vars(found), "stays": list(found.stays)}


def _moment(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC"
