"""The commands' entry point: every failure ends in one sentence and an exit code."""

import logging
import os
import sys
from typing import Any, NoReturn

import structlog
import typer
from rich.text import Text
from sqlalchemy.exc import DatabaseError

from muniment.chain.deployment import DeploymentUnreadable
from muniment.chain.headers import NodeInconsistent
from muniment.chain.look import NodeLostState
from muniment.chain.reorg import IndexerHalted
from muniment.chain.rpc import RpcError, RpcUnavailable
from muniment.chain.signer import KeystoreUnusable
from muniment.cli import (
    alerts,
    ballots,
    companies,
    credentials,
    database,
    documents,
    identity,
    index,
    keys,
    land,
    notices,
    outbox,
    reconcile,
    residency,
    sales,
    serve,
    trustee,
)
from muniment.cli.console import emit_json, err, printable
from muniment.config import SettingRefused
from muniment.db.engine import DatabaseUrlRefused
from muniment.errors import Refused
from muniment.sentences import sentence, sentence_of

# Exceptions whose text is the sentence already.
SPOKEN = (
    DatabaseUrlRefused,
    DeploymentUnreadable,
    IndexerHalted,
    KeystoreUnusable,
    NodeInconsistent,
    NodeLostState,
    RpcError,
    RpcUnavailable,
    SettingRefused,
)

# Wrong words on the command line. Exit 1 like any refusal, since 2 means a file that was taken in part.
USAGE: Any = typer.BadParameter.__bases__[0]

app = typer.Typer(
    help="Public records that anyone can check, an agency's side. Settings come from the environment and .env.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(land.app, name="land")
app.add_typer(sales.app, name="sales")
app.add_typer(notices.app, name="notices")
app.add_typer(identity.app, name="identity")
app.add_typer(credentials.app, name="credentials")
app.add_typer(companies.app, name="companies")
app.add_typer(residency.app, name="residency")
app.add_typer(documents.app, name="documents")
app.add_typer(ballots.app, name="ballots")
app.add_typer(outbox.app, name="outbox")
app.add_typer(index.app, name="index")
app.add_typer(keys.app, name="keys")
app.add_typer(trustee.app, name="trustee")
app.add_typer(database.app, name="db")
app.add_typer(alerts.app, name="alerts")
app.command("reconcile")(reconcile.run)
app.command("work")(outbox.work)
app.command("serve")(serve.serve)


def main() -> NoReturn:
    """Run the command of `sys.argv`. Exit 0: done; 1: not done, and why; 2: partly done; 130: interrupted."""
    level = logging.INFO if "serve" in sys.argv[1:2] else logging.ERROR
    # Standard output belongs to the answer, so that --json is one line and nothing else.
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        code = app(standalone_mode=False)
    except Refused as refused:
        code = _fail(sentence_of(refused), refused.name)
    except SPOKEN as error:
        code = _fail(str(error), type(error).__name__)
    except DatabaseError as error:
        missing = "no such table" in str(error.orig) or "does not exist" in str(error.orig)
        name = "DatabaseEmpty" if missing else "DatabaseUnavailable"
        code = _fail(sentence(name, {"cause": str(error.orig)}), name)
    except USAGE as error:
        code = _fail(f"{error.format_message()} Try --help.", "UsageError")
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except BrokenPipeError:
        # Whoever read has gone; Python would complain once more while closing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code or 0)


def _fail(text: str, name: str) -> int:
    if "--json" in sys.argv[1:]:
        emit_json({"error": name, "sentence": text})
    err.print(Text(printable(text)))
    return 1
