"""Personal data at rest: sealed with a key that lies in a file beside the database, never in it.

Fernet (AES-128-CBC with HMAC-SHA256) by `cryptography`. The key file holds one key a line: the first seals, all open,
so that keys can be exchanged (`muniment identity reseal`) without a moment in which something cannot be read.
"""

import contextlib
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, or_, select, tuple_, update

from muniment.config import Settings
from muniment.db.engine import open_engine, reading
from muniment.db.schema import (
    ballot_keys,
    ballot_salts,
    company_decisions,
    company_filings,
    party_records,
    residency_cases,
    residency_checks,
    residency_decisions,
    sale_acts,
    subscriptions,
)
from muniment.errors import Refused

_MARK = "gAAAAA"  # how every Fernet token of this century begins; salts begin with 0x, records with {
_CHUNK = 500


class SealedTable(NamedTuple):
    """A table with personal data, and its columns that are sealed."""

    table: Table
    columns: tuple[str, ...]


# Whatever is sealed anywhere: what `reseal` goes through, and what is lost with the key.
SEALED = (
    SealedTable(party_records, ("salt", "record")),
    SealedTable(
        residency_cases,
        ("given_name", "family_name", "date_of_birth", "nationality", "document_number", "email", "reason"),
    ),
    SealedTable(residency_checks, ("note",)),
    SealedTable(residency_decisions, ("reason", "salt")),
    SealedTable(company_filings, ("address", "address_salt")),
    SealedTable(company_decisions, ("text", "salt")),
    SealedTable(sale_acts, ("text", "salt")),
    SealedTable(subscriptions, ("secret",)),
    SealedTable(ballot_keys, ("private",)),
    SealedTable(ballot_salts, ("salt",)),
)


class Sealer:
    """Seals and opens texts. The first key seals; every key opens."""

    def __init__(self, keys: Sequence[bytes | str]) -> None:
        """Raises ValueError for a key that is none of 32 bytes in URL-safe base64, and for no key."""
        self._newest = Fernet(keys[0]) if keys else None
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, text: str) -> str:
        """The text as nobody without a key can read it; each time another."""
        return self._fernet.encrypt(text.encode()).decode()

    def unseal(self, text: str) -> str:
        """The text that was sealed; one of before there were seals is given back as it stands.

        Raises Refused when none of the keys opens it.
        """
        if not is_sealed(text):
            return text
        try:
            return self._fernet.decrypt(text).decode()
        except InvalidToken:
            raise Refused("SealBroken") from None

    def is_newest(self, text: str) -> bool:
        """Whether the text is sealed, and by the first key."""
        if not is_sealed(text) or self._newest is None:
            return False
        try:
            self._newest.extract_timestamp(text)  # checks the seal without opening it
        except InvalidToken:
            return False
        return True

    def seal_or_none(self, text: str | None) -> str | None:
        """The same where there may be nothing."""
        return None if text is None else self.seal(text)

    def unseal_or_none(self, text: str | None) -> str | None:
        """The same where there may be nothing, or nothing any more."""
        return None if text is None else self.unseal(text)


def is_sealed(text: str) -> bool:
    """Whether a text is sealed, by whatever key."""
    return text.startswith(_MARK)


def open_sealer(settings: Settings) -> Sealer:
    """The sealer of the settings' key file, which is made on first use for its owner alone.

    Raises Refused when the file cannot be read or made, and when it is missing though sealed data wait for it: a new
    key would open none of them.
    """
    path = settings.identity_key_path
    if path is None:
        raise Refused("IdentityKeyUnset")
    if not path.exists():
        with reading(open_engine(settings.database_url)) as connection:
            if any_sealed(connection):
                raise Refused("IdentityKeyLost", path=str(path))
        create_key(path)
    return read_sealer(path)


def read_sealer(path: Path) -> Sealer:
    """The sealer of a key file. Raises Refused."""
    try:
        keys = [line.strip() for line in path.read_text(encoding="ascii").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise Refused("FileUnreadable", path=str(path), cause=type(error).__name__) from None
    try:
        return Sealer(keys)
    except ValueError:
        raise Refused("IdentityKeyRefused", path=str(path)) from None


def create_key(path: Path) -> None:
    """Make a key file with one fresh key, whole at once and readable by its owner alone; one that stands is kept."""
    made = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was faster: its key is the key
            os.link(made, path)
    except OSError as error:
        raise Refused("FileUnwritable", path=str(path), cause=error.strerror or type(error).__name__) from None
    finally:
        made.unlink(missing_ok=True)


def any_sealed(connection: Connection) -> bool:
    """Whether anything in the database is sealed."""
    return any(
        connection.execute(select(sealed.table).where(_marked(sealed)).limit(1)).first() is not None
        for sealed in SEALED
    )


def reseal(connection: Connection, sealer: Sealer) -> int:
    """Seal with the first key whatever is open or sealed with another; return how many texts that were.

    In the caller's transaction, so that all are sealed or none. Raises Refused when a text cannot be opened.
    """
    return sum(_reseal(connection, sealer, sealed) for sealed in SEALED)


def _reseal(connection: Connection, sealer: Sealer, sealed: SealedTable) -> int:
    table, count = sealed.table, 0
    keys, columns = list(table.primary_key), [table.c[name] for name in sealed.columns]
    statement = (
        update(table)
        .where(*(key == bindparam(f"key_{key.name}") for key in keys))
        .values({name: bindparam(f"new_{name}") for name in sealed.columns})
    )
    present = select(*keys).where(or_(*(column.is_not(None) for column in columns)))
    for some in _chunks(connection.execute(present).all()):
        rows = connection.execute(select(*keys, *columns).where(tuple_(*keys).in_(some))).mappings().all()
        changed = []
        for row in rows:
            new = {name: _newest(sealer, row[name]) for name in sealed.columns}
            differing = sum(new[name] != row[name] for name in sealed.columns)
            count += differing
            if differing:
                named = {f"key_{key.name}": row[key.name] for key in keys}
                changed.append({**named, **{f"new_{name}": text for name, text in new.items()}})
        if changed:
            connection.execute(statement, changed)
    return count


def _newest(sealer: Sealer, text: str | None) -> str | None:
    return text if text is None or sealer.is_newest(text) else sealer.seal(sealer.unseal(text))


def _marked(sealed: SealedTable) -> ColumnElement[bool]:
    return or_(*(sealed.table.c[name].startswith(_MARK) for name in sealed.columns))


def _chunks(keys: Sequence[Row[Any]]) -> Iterator[list[tuple[Any, ...]]]:
    return ([tuple(key) for key in keys[at : at + _CHUNK]] for at in range(0, len(keys), _CHUNK))
