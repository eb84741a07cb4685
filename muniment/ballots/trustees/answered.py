"""Whose complaints a trustee has answered, in a file beside its secret: what was published stays so, whatever is shown.

A node that hides the earlier complaints and answers could otherwise show one complaint in each run, and have one share
after the other published, until they are the whole polynomial.
"""

import json
import os
import tempfile
from pathlib import Path

from muniment.errors import Refused

_LARGEST = 2**10  # bytes of a file


def path_of(secret: Path) -> Path:
    """The file beside a secret's."""
    return secret.with_name(f"{secret.name}.answered")


def places_answered(secret: Path) -> frozenset[int]:
    """The places of those who were answered, or were about to be. Raises Refused when the file cannot be read."""
    path = path_of(secret)
    try:
        with path.open("rb") as file:
            places = json.loads(file.read(_LARGEST))
    except FileNotFoundError:
        return frozenset()
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=str(error.strerror)) from None
    except (ValueError, RecursionError):
        places = None
    if not isinstance(places, list) or not all(type(place) is int for place in places):
        raise Refused("AnsweredUnreadable", path=str(path))
    return frozenset(places)


def note_answer(secret: Path, place: int) -> None:
    """Write a place down, so that it outlives a power failure. Raises Refused when that cannot be done."""
    path, places = path_of(secret), places_answered(secret) | {place}
    try:
        descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)  # for its owner alone
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(json.dumps(sorted(places)) + "\n")
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise Refused("FileUnwritable", path=str(path), cause=str(error.strerror)) from None
