"""Ask for an act on the chain, in the same database transaction as the rows that it belongs to.

What is asked for is an intent. It is stored once for ever under its key; the worker (`muniment.chain.worker`) carries
it out:

    queued → signed → broadcast → included → safe → finalized
       ↓                              ↓
    refused (would revert)          parked (needs a person)
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785
from sqlalchemy import Connection, select

from muniment.chain.views import View
from muniment.db.engine import insert_once
from muniment.db.schema import intents
from muniment.errors import Refused
from muniment.hashing import keccak

LONGEST_KEY, LONGEST_KIND, LONGEST_LANE = 200, 40, 100  # characters, as the table has them


@dataclass(frozen=True)
class Request:
    """One act to carry out. `body` is what JSON can hold; integers beyond 2^53 are written as decimal text.

    The key names the act for ever: the same key with the same body asks for nothing new.
    """

    key: str
    kind: str
    lane: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Receipt:
    """How the intent stands; `new` is false when the key had been used before, with the same body."""

    key: str
    state: str
    new: bool


@dataclass(frozen=True)
class Call:
    """A call of a deployed contract, by the names of its ABI; or of the contract of a kind at an address."""

    contract: str
    function: str
    arguments: tuple[Any, ...]
    address: str | None = None


@dataclass(frozen=True)
class Weight:
    """How much gas a call takes at most, by the bodies: for itself, by its first, and for each."""

    call: Callable[[Mapping[str, Any]], int]
    each: Callable[[Mapping[str, Any]], int]


Ask = Callable[[Sequence[View]], Sequence[Any]]  # what views answer at the newest block


@dataclass(frozen=True)
class Act:
    """How intents of one kind become a call. `build` gets the bodies of 1 to `max_batch` intents of one lane.

    With a `weight` calls are made as large as a transaction's gas allows, and tried but once, with that gas, on the
    newest block: such acts must not depend on what waits for a block.

    `hint` may add to the call what makes it cheaper as long as the chain says what it says now, and no worse after. It
    is asked only when nothing of the lane is on its way.
    """

    kind: str
    build: Callable[[Sequence[Mapping[str, Any]]], Call]
    max_batch: int = 1
    weight: Weight | None = None
    hint: Callable[[Call, Sequence[Mapping[str, Any]], Ask], Call] | None = None

    def gas_of(self, bodies: Sequence[Mapping[str, Any]]) -> int | None:
        """The most gas that a call for these takes, where the act tells."""
        return None if self.weight is None else self.weight.call(bodies[0]) + sum(map(self.weight.each, bodies))


class KeyReused(Refused):
    """The key stands for another act already."""

    def __init__(self, key: str) -> None:
        """Name the key that was used before with another kind, lane or body."""
        super().__init__("KeyReused", key=key)


def enqueue(connection: Connection, request: Request, now: int) -> Receipt:
    """Store the intent in the caller's transaction; it exists when that commits. `now` in Unix seconds.

    Raises KeyReused when the key stands for something else, Refused("RequestMalformed") when the request cannot be
    stored as it is.
    """
    body = _canonical(request)
    # The hash covers kind and lane too: one key, one act.
    body_hash = keccak("\0".join((request.kind, request.lane, body)).encode())
    row = {
        "key": request.key,
        "kind": request.kind,
        "lane": request.lane,
        "body": body,
        "body_hash": body_hash,
        "state": "queued",
        "created_at": now,
        "updated_at": now,
    }
    new = insert_once(connection, intents, row)
    stored = connection.execute(select(intents.c.body_hash, intents.c.state).where(intents.c.key == request.key)).one()
    if stored.body_hash != body_hash:
        raise KeyReused(request.key)
    return Receipt(request.key, stored.state, new=new)


def _canonical(request: Request) -> str:
    """Return the body as RFC 8785 text, after checking that every part can be stored and read back the same."""
    texts = ((request.key, LONGEST_KEY), (request.kind, LONGEST_KIND), (request.lane, LONGEST_LANE))
    for text, longest in texts:
        if not 1 <= len(text) <= longest or "\0" in text or not _is_unicode(text):
            raise Refused("RequestMalformed", cause="Key, kind or lane is empty, too long or no Unicode text.")
    try:
        return rfc8785.dumps(dict(request.body)).decode()
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError):
        raise Refused("RequestMalformed", cause="The body is not what JSON can hold exactly.") from None


def _is_unicode(text: str) -> bool:
    """Whether UTF-8 can write the text: half a surrogate pair it cannot."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
