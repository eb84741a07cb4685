"""`muniment db`: the tables."""

import typer

from muniment.cli.console import say
from muniment.config import Settings
from muniment.db.engine import migrate, open_engine

app = typer.Typer(help="The database's tables.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Keep the group a group while it has one command."""


@app.command("migrate")
def migrate_tables() -> None:
    """Bring the tables to the newest form; nothing is lost, and running it again changes nothing."""
    migrate(open_engine(Settings.load().database_url))
    say("The database has all its tables.")
