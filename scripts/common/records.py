"""deployments/<network>.json and its .partial.json, written so that neither is ever half there."""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.common.settings import Refused


def read(path: Path) -> dict[str, Any] | None:
    """A record, or None when there is none. Raises Refused when it cannot be read."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise Refused(f"{path} cannot be read: {error}. Bring back a good copy of it; nothing was sent.") from error
    if not isinstance(record, dict):
        raise Refused(f"{path} is no record of a deployment. Bring back a good copy of it; nothing was sent.")
    return record


def write(path: Path, record: dict[str, Any]) -> None:
    """Write a record in one step: after a crash the old one is there or the new one. Raises Refused."""
    draft = path.with_name(path.name + ".new")
    try:
        with draft.open("w", encoding="utf-8") as file:
            json.dump(record, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)  # the new name, too, must survive a power cut
        os.close(folder)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from error


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep a second deployment out while this one runs. Makes the folder; raises Refused."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise Refused(f"{folder} cannot be used: {error.strerror}; nothing was sent.") from error
    try:
        if not os.access(folder, os.W_OK):
            raise Refused(f"{folder} cannot be written to; nothing was sent.")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused(f"Another deployment is at work in {folder}; wait for it to end.") from None
        yield
    finally:
        os.close(handle)
