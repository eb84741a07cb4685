"""What an operator writes down: networks, addresses, powers, times. No chain is touched here.

Settings come from the environment and from `.env` in the working directory; the real environment wins.
"""

import calendar
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from urllib.parse import urlsplit

from dotenv import dotenv_values
from eth_utils import is_checksum_address, keccak

CHAIN_IDS = {"local": 31337, "sepolia": 11155111}
LOCAL_URL = "http://127.0.0.1:8545"
DOMAIN = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]*[a-z][a-z0-9-]*")
JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")  # ISO 3166-1 alpha-2, or ISO 3166-2


class Refused(Exception):
    """The script stops with this sentence; exit status 1."""

    status = 1


class Misused(Refused):
    """What was asked for cannot be understood; nothing was sent; exit status 2."""

    status = 2


@dataclass(frozen=True)
class Network:
    """A chain and the node to reach it by."""

    name: str
    chain_id: int
    url: str

    @property
    def local(self) -> bool:
        """Whether this is a developer's own node, whose state may be lost and whose accounts are unlocked."""
        return self.name == "local"

    @property
    def host(self) -> str:
        """The node's host and port. All that may be shown: a provider's URL often carries a key in its path."""
        return urlsplit(self.url).netloc.rpartition("@")[2]


def environment() -> dict[str, str]:
    """Every MUNIMENT_ setting that is not blank."""
    merged = {**dotenv_values(".env"), **os.environ}
    return {name: value.strip() for name, value in merged.items() if name.startswith("MUNIMENT_") and value}


def network(name: str, url: str | None, env: Mapping[str, str]) -> Network:
    """Find a network. Any EVM chain will do that has MUNIMENT_<NAME>_CHAIN_ID and MUNIMENT_<NAME>_RPC_URL.

    The service's MUNIMENT_RPC_URLS serve the network that MUNIMENT_NETWORK names. Raises Misused.
    """
    if not re.fullmatch(r"[a-z][a-z0-9-]*", name):
        raise Misused(f"“{name}” is no network name; write small letters, digits and hyphens, e.g. sepolia.")
    prefix = f"MUNIMENT_{name.upper().replace('-', '_')}"
    chain_id = env.get(f"{prefix}_CHAIN_ID", str(CHAIN_IDS.get(name, "")))
    if not chain_id.isdecimal():
        known = ", ".join(CHAIN_IDS)
        raise Misused(f"The network “{name}” is unknown; known are {known}, or set {prefix}_CHAIN_ID to its number.")
    serving = (
        env.get("MUNIMENT_RPC_URLS", "").split(",")[0].strip() if env.get("MUNIMENT_NETWORK", "local") == name else ""
    )
    url = url or env.get(f"{prefix}_RPC_URL") or serving or (LOCAL_URL if name == "local" else "")
    if not url:
        raise Misused(f"No node is known for {name}; set {prefix}_RPC_URL in .env or pass --rpc.")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Misused(f"The node's address for {name} does not begin with http:// or https://.")
    return Network(name, int(chain_id), url)


def address(text: str, what: str) -> str:
    """Read a 20-byte address, all in one case or with its EIP-55 checksum. Gives lower-case hex; raises Misused."""
    if not re.fullmatch(r"0x[0-9a-fA-F]{40}", text):
        raise Misused(f"“{text}” is no address for {what}; write 0x and 40 hex digits.")
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()) and not is_checksum_address(text):
        raise Misused(f"The address {text} for {what} fails its checksum (EIP-55); a digit or its case is wrong.")
    if int(digits, 16) == 0:
        raise Misused(f"The zero address cannot be {what}.")
    return text.lower()


def domain_hash(domain: str) -> str:
    """keccak256 of an agency's internet domain in lower case, as IAgencyRegistry says. Raises Misused."""
    domain = domain.lower().rstrip(".")
    if not DOMAIN.fullmatch(domain):
        raise Misused(f"“{domain}” is no internet domain; write one such as land.example.gov (xn-- for other scripts).")
    return "0x" + keccak(domain.encode("ascii")).hex()


def jurisdiction(code: str) -> str:
    """An ISO 3166 code as the contract's left-aligned bytes8, in hex. Raises Misused."""
    if not JURISDICTION.fullmatch(code):
        raise Misused(f"“{code}” is no jurisdiction; write an ISO 3166 code such as GB or GB-SCT.")
    return "0x" + code.encode("ascii").ljust(8, b"\0").hex()


def moment(text: str, what: str) -> int:
    """Unix seconds from Unix seconds or an ISO 8601 date or time (UTC unless it says otherwise). Raises Misused."""
    if text.isdecimal():
        return int(text)
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Misused(f"“{text}” is no time for {what}; write 2030-12-31, 2030-12-31T12:00 or Unix seconds.") from None
    return int((read if read.tzinfo else read.replace(tzinfo=UTC)).timestamp())


def ahead(text: str, what: str, now: int) -> int:
    """Unix seconds from a time as `moment` reads it, or from a duration from today on: 90d, 18m or 2y, to midnight UTC.

    The day is enough, so that the same words mean the same all day long. Raises Misused.
    """
    duration = re.fullmatch(r"([1-9][0-9]{0,3})([dmy])", text)
    if not duration:
        return moment(text, what)
    number, unit = int(duration[1]), duration[2]
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if unit == "d":
        return int((today + timedelta(days=number)).timestamp())
    months = today.month - 1 + number * (12 if unit == "y" else 1)
    year, month = today.year + months // 12, months % 12 + 1
    if year > 9999:
        raise Misused(f"“{text}” is too long for {what}.")
    last = calendar.monthrange(year, month)[1]
    return int(today.replace(year=year, month=month, day=min(today.day, last)).timestamp())


def currency(text: str) -> bytes:
    """A currency as contracts name it: an ISO 4217 code in left-aligned ASCII, or a token's address. Raises Misused."""
    if re.fullmatch(r"[A-Z]{3}", text):
        return text.encode("ascii").ljust(32, b"\0")
    if not text.startswith("0x"):
        raise Misused(f"“{text}” is no currency; write an ISO 4217 code such as EUR, or a token's address.")
    return bytes(12) + bytes.fromhex(address(text, "a token")[2:])


def currency_named(word: bytes) -> str:
    """A currency's code, or its token's address."""
    return "0x" + word[12:].hex() if not any(word[:12]) else word.rstrip(b"\0").decode("ascii", "backslashreplace")


def millionths(percent: str, what: str) -> int:
    """A percentage with up to four decimals, in millionths of the whole. Raises Misused."""
    if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,4})?", percent) or Decimal(percent) > 100:
        raise Misused(f"“{percent}” is no percentage for {what}; write 1.5 or 4.25, at most 100.")
    return int(Decimal(percent) * 10_000)


def gwei(text: str) -> int:
    """A fee per gas in gwei, as wei. Raises Misused."""
    try:
        wei = Decimal(text) * 10**9
    except InvalidOperation:
        wei = Decimal(0)
    if not (wei.is_finite() and 1 <= wei < 10**18):
        raise Misused(f"“{text}” is no fee; write the most to pay per gas in gwei, e.g. 50.")
    return int(wei)


def hash32(text: str, what: str) -> str:
    """Read 32 bytes in hex. Gives lower-case hex; raises Misused."""
    if not re.fullmatch(r"0x[0-9a-fA-F]{64}", text):
        raise Misused(f"“{text}” is no id for {what}; write 0x and 64 hex digits.")
    return text.lower()


def hexadecimal(text: str, what: str) -> bytes:
    """Read bytes in hex. Raises Misused."""
    if not re.fullmatch(r"0x([0-9a-fA-F]{2})*", text):
        raise Misused(f"{what.capitalize()} is 0x and hex digits, two for each byte.")
    return bytes.fromhex(text[2:])
