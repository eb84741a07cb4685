"""`muniment notices`: what there was to tell, and who is told by webhook."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from muniment.cli.console import AsJson, emit_json, say, table
from muniment.config import Settings
from muniment.db.engine import reading, writing
from muniment.errors import Refused
from muniment.notify import subscribing
from muniment.notify.queue import notices_after
from muniment.services import build

app = typer.Typer(help="Notices: reminders of sales, alerts about titles, and who is told.", no_args_is_help=True)

Number = Annotated[int, typer.Argument(help="The subscription's number.")]


@app.command("list")
def list_notices(
    after: Annotated[int, typer.Option(min=0, help="The number of the last one that is known.")] = 0,
    kind: Annotated[str | None, typer.Option(help="Such as sale.reminder or title.alert.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 100,
    as_json: AsJson = False,
) -> None:
    """List notices in their order, from a cursor on."""
    with reading(build(Settings.load()).engine) as connection:
        found = notices_after(connection, after, limit, kind)
    if as_json:
        emit_json(found)
        return
    rows = [(one.id, _time(one.created_at), one.kind, one.subject) for one in found]
    table(f"{len(found)} notices after {after}", ("Number", "When", "Kind", "About"), rows)


@app.command("subscribe")
def subscribe(
    url: Annotated[str, typer.Argument(help="Where notices are posted to; https.")],
    kind: Annotated[list[str], typer.Option(help="What is told; several times for several kinds.")],
    secret_file: Annotated[Path | None, typer.Option(help="A file with the secret; without one it is made.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell an address of these kinds from now on. A fresh secret is printed this once."""
    services = build(Settings.load())
    secret = None
    if secret_file is not None:
        try:
            secret = secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Refused("FileUnreadable", path=str(secret_file), cause=type(error).__name__) from None
    now, loopback = services.clock(), services.settings.webhooks_loopback
    with writing(services.engine) as connection:
        made, used = subscribing.subscribe(connection, services.sealer, url, kind, now, secret, loopback)
    told = {"subscription": made, "url": url, "kinds": kind}
    if as_json:
        emit_json({**told, "secret": None if secret else used})
        return
    say(f"Subscription {made} tells {url} of {', '.join(kind)}.")
    if secret is None:
        say(f"Its secret, shown this once: {used}")


@app.command("subscriptions")
def subscriptions(as_json: AsJson = False) -> None:
    """List who is told, and what did not arrive."""
    with reading(build(Settings.load()).engine) as connection:
        found = subscribing.subscriptions_of(connection)
    if as_json:
        emit_json(found)
        return
    rows = [
        (one.id, one.url, ", ".join(one.kinds), "ended" if one.ended_at else "stands", one.waiting, one.given_up)
        for one in found
    ]
    table(f"{len(found)} subscriptions", ("Number", "Address", "Kinds", "State", "Waiting", "Given up"), rows)


@app.command("unsubscribe")
def unsubscribe(subscription: Number) -> None:
    """Tell an address nothing more."""
    services = build(Settings.load())
    with writing(services.engine) as connection:
        subscribing.unsubscribe(connection, subscription, services.clock())
    say(f"Subscription {subscription} has ended.")


@app.command("retry")
def retry(subscription: Number) -> None:
    """Try again whatever a subscription was not told."""
    services = build(Settings.load())
    with writing(services.engine) as connection:
        count = subscribing.retry(connection, subscription, services.clock())
    say(f"{count} notices are tried again.")


def _time(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%d %H:%M} UTC"
