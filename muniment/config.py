"""Settings from the environment and the `.env` file; every name begins with MUNIMENT_."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values

WEI_PER_GWEI = 10**9
_MOST_REMINDERS = 10
MOST_WEI = 10**15  # per gas; whoever writes more mistook the unit


class SettingRefused(ValueError):
    """A setting has a value that cannot be used, or its name is misspelt; the message says what to write."""


def _word(name: str, value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", value):
        raise SettingRefused(f"{name} is {value!r}; write a network's name in small letters, such as local or sepolia.")
    return value


def _url(name: str, value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise SettingRefused(f"{name} holds {value!r}; write an address such as http://127.0.0.1:8545.")
    return value.rstrip("/")


def _urls(name: str, value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_url(name, part.strip()) for part in value.split(",") if part.strip()))


def _database(name: str, value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        # The value is not repeated: it may hold a password.
        raise SettingRefused(
            f"{name} names no database; write sqlite:///path/to/file.db or postgresql://user@host/name."
        )
    return value


def _file(name: str, value: str) -> Path:
    path = Path(value)
    if not path.is_file():
        raise SettingRefused(f"{name} is {value!r}, and no such file exists; correct the path or leave the line out.")
    return path


def _whole(least: int, most: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", value) or not least <= int(value) <= most:
            raise SettingRefused(f"{name} is {value!r}; write a whole number from {least} to {most}.")
        return int(value)

    return read


def _hours(name: str, value: str) -> tuple[int, ...]:
    parts = [part.strip() for part in value.split(",")]
    if not all(re.fullmatch(r"[0-9]{1,4}", part) and int(part) for part in parts) or len(parts) > _MOST_REMINDERS:
        raise SettingRefused(f"{name} is {value!r}; write hours before a deadline, such as 72,24.")
    return tuple(sorted({int(part) for part in parts}, reverse=True))


def _yes_or_no(name: str, value: str) -> bool:
    if value not in ("0", "1"):
        raise SettingRefused(f"{name} is {value!r}; write 1 for yes or 0 for no.")
    return value == "1"


def _gwei(name: str, value: str) -> int:
    """Read gwei, with a decimal point if need be; give wei."""
    try:
        wei = Decimal(value) * WEI_PER_GWEI
    except ArithmeticError:
        wei = Decimal("NaN")
    if not wei.is_finite() or not 1 <= wei <= MOST_WEI or wei != wei.to_integral_value():
        raise SettingRefused(f"{name} is {value!r}; write the most to pay per gas in gwei, such as 50 or 0.5.")
    return int(wei)


# Environment name → the field of Settings, and how its text is read.
READERS: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "MUNIMENT_NETWORK": ("network", _word),
    "MUNIMENT_RPC_URLS": ("rpc_urls", _urls),
    "MUNIMENT_DATABASE_URL": ("database_url", _database),
    "MUNIMENT_DEPLOYMENTS": ("deployments", lambda _, value: Path(value)),
    "MUNIMENT_KEYSTORE": ("keystore", _file),
    "MUNIMENT_PASSWORD_FILE": ("password_file", _file),
    "MUNIMENT_MAX_FEE_GWEI": ("max_fee_wei", _gwei),
    "MUNIMENT_BUMP_AFTER_BLOCKS": ("bump_after_blocks", _whole(1, 10_000)),
    "MUNIMENT_HOST": ("host", lambda _, value: value),
    "MUNIMENT_PORT": ("port", _whole(0, 65_535)),
    "MUNIMENT_PUBLIC_URL": ("public_url", _url),
    "MUNIMENT_EXPLORER": ("explorer", _url),
    "MUNIMENT_IDENTITY_KEY_FILE": ("identity_key_file", lambda _, value: Path(value)),
    "MUNIMENT_MIGRATIONS": ("migrations", lambda _, value: Path(value)),
    "MUNIMENT_RELAYS_PER_DAY": ("relays_per_day", _whole(1, 100_000)),
    "MUNIMENT_REMINDER_HOURS": ("reminder_hours", _hours),
    "MUNIMENT_WEBHOOKS_LOOPBACK": ("webhooks_loopback", _yes_or_no),
}


@dataclass(frozen=True)
class Settings:
    """What an operator can set. Fees are in wei per gas, `bump_after_blocks` in blocks without inclusion."""

    network: str = "local"
    rpc_urls: tuple[str, ...] = ("http://127.0.0.1:8545",)
    database_url: str = "sqlite:///var/muniment.db"
    deployments: Path = Path("deployments")
    keystore: Path | None = None
    password_file: Path | None = None
    max_fee_wei: int = 200 * WEI_PER_GWEI
    bump_after_blocks: int = 3
    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    explorer: str | None = None  # a block explorer's address, for links to /tx/ and /block/ (EIP-3091)
    identity_key_file: Path | None = None
    migrations: Path = Path("var/migrations")  # trees and published files of registers that move in
    relays_per_day: int = 20  # signed acts of one party that the service pays for
    reminder_hours: tuple[int, ...] = (72, 24)  # before a sale's deadline
    webhooks_loopback: bool = False  # http and this machine's own addresses: for tests

    @property
    def identity_key_path(self) -> Path | None:
        """The file that personal data are sealed with: beside a SQLite database unless set.

        None for PostgreSQL, where the services of one database share a key that nobody but the operator can place.
        """
        if self.identity_key_file is None and self.database_url.startswith("sqlite:///"):
            return Path(self.database_url.removeprefix("sqlite:///").split("?")[0]).with_suffix(".key")
        return self.identity_key_file

    @property
    def deployment_path(self) -> Path:
        """The file that describes the network's contracts."""
        return self.deployments / f"{self.network}.json"

    @classmethod
    def load(cls, env: Mapping[str, str] | None = None) -> Self:
        """Read `env`; without it `.env` of the working directory, overridden by the real environment.

        Raises SettingRefused in one sentence for a value that cannot be used or a misspelt name.
        """
        if env is None:
            try:
                written = {name: value for name, value in dotenv_values(".env").items() if value is not None}
            except (OSError, UnicodeDecodeError) as error:
                raise SettingRefused(f"The file .env cannot be read ({type(error).__name__}); correct it.") from None
            env = {**written, **os.environ}
        given = {name: value.strip() for name, value in env.items() if name.startswith("MUNIMENT_") and value.strip()}
        for name in given.keys() - READERS.keys():
            # The scripts keep settings of their own in the same file; only what looks like a slip is refused.
            meant = get_close_matches(name, READERS, n=1, cutoff=0.92)
            if meant:
                raise SettingRefused(f"{name} is not a setting; did you mean {meant[0]}?")
        values = {field: read(name, given[name]) for name, (field, read) in READERS.items() if name in given}
        host, port = values.get("host", cls.host), values.get("port", cls.port)
        return cls(**{"public_url": f"http://{host}:{port}", **values})
