"""`muniment alerts`: what happens to a party's titles, and who is told of it."""

from typing import Annotated

import typer

from muniment.cli.console import AsJson, emit_json, say, table
from muniment.config import Settings
from muniment.db.engine import reading, writing
from muniment.land.alerts import MOST, WATCH, alerts_of, check_party, watch
from muniment.notify.subscribing import subscribe
from muniment.services import build

app = typer.Typer(help="Property alerts: every entry on a party's titles.", no_args_is_help=True)

Party = Annotated[str, typer.Argument(help="The party's id.")]


@app.command("list")
def show_list(
    party: Party,
    after: Annotated[int, typer.Option(min=0, help="The number of the last one that is known.")] = 0,
    as_json: AsJson = False,
) -> None:
    """List what happened to the titles that a party holds or held."""
    with reading(build(Settings.load()).engine) as connection:
        found = alerts_of(connection, check_party(party), after, MOST)
    if as_json:
        emit_json({"alerts": found, "next": found[-1].id if found else after})
        return
    rows = [(one.id, one.kind, one.facts["event"], one.subject, one.facts["block_number"]) for one in found]
    table(f"{len(found)} alerts after {after}", ("number", "kind", "event", "title", "block"), rows)


@app.command("watch")
def watch_party(
    party: Party,
    url: Annotated[str, typer.Argument(help="Where alerts are posted to; https.")],
    as_json: AsJson = False,
) -> None:
    """Tell an address of every entry on a party's titles from now on; its secret is printed this once.

    An agency that wants to know of all titles subscribes with `muniment notices subscribe URL --kind title.alert`.
    Both end with `muniment notices unsubscribe`.
    """
    services = build(Settings.load())
    name, now, loopback = check_party(party), services.clock(), services.settings.webhooks_loopback
    with writing(services.engine) as connection:
        made, secret = subscribe(connection, services.sealer, url, [WATCH], now, None, loopback)
        watch(connection, name, made)
    if as_json:
        emit_json({"subscription": made, "party": name, "url": url, "secret": secret})
    else:
        say(f"Subscription {made} tells {url} of the titles of {name}. Its secret, shown this once: {secret}")
