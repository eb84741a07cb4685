"""`muniment identity`: inviting citizens to link a wallet."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from muniment.cli.console import AsJson, emit_json, say
from muniment.config import Settings
from muniment.db.engine import writing
from muniment.errors import Refused
from muniment.identity.inviting import invite as make_invitation
from muniment.land.kept import holders_of
from muniment.services import build

app = typer.Typer(help="Parties and their wallets.", no_args_is_help=True)

SECONDS_PER_DAY = 86_400


@app.callback()
def group() -> None:
    """Keep the group a group while it has one command."""


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
    with writing(services.engine) as connection:
        if party is None:
            parties = holders_of(connection, str(jurisdiction), str(ref))
            if len(parties) > 1:
                raise Refused("PartyAmbiguous", count=len(parties), parties=", ".join(parties))
            (party,) = parties
        invited = make_invitation(connection, party, int(time.time()), days * SECONDS_PER_DAY)
    url = f"{settings.public_url}/bind/{invited.code}"
    if as_json:
        emit_json({"code": invited.code, "url": url, "party": invited.party, "expires_at": invited.expires_at})
        return
    say(f"Code:  {invited.code}")
    say(f"Page:  {url}")
    say(f"Party: {invited.party}")
    say(f"Valid until {datetime.fromtimestamp(invited.expires_at, UTC):%Y-%m-%d %H:%M} UTC, for one use.")
