"""Whom an event is about beside its subject, so that their histories tell of it too."""

from collections.abc import Iterable

from muniment.chain.events import Event
from muniment.db.rows import Rows
from muniment.db.schema import mentions


def mention(event: Event, rows: Rows, subjects: Iterable[str]) -> None:
    """Let an event stand in the history of these subjects, each once."""
    for subject in sorted({*subjects} - {event.subject}):
        row = {"subject": subject, "event_block": event.block_number, "log_index": event.log_index}
        rows.insert(mentions, row)
