"""Titles as staff name and read them: by id or cadastral reference, shares as fractions, areas in square metres."""

import argparse
import re
import unicodedata
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from math import lcm
from typing import Any

from eth_utils import event_abi_to_log_topic
from web3.exceptions import Web3Exception

from scripts.common import sending, settings, verification
from scripts.common.cases import shown
from scripts.common.registries import NOBODY, Registries
from scripts.common.settings import Misused, Refused

Shares = tuple[int, list[tuple[bytes, int]]]  # the denominator; holders in ascending order with their numerators


class Grade(IntEnum):
    """As in ITitleRegistry."""

    NONE, PROVISIONAL, QUALIFIED, ABSOLUTE = range(4)


class Restriction(IntEnum):
    """As in ITitleRegistry."""

    NONE, FREEZE, CAVEAT = range(3)


def title_options(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """Add the options that name a title."""
    parser.add_argument("--title", required=required, metavar="ID|REF", help="its id, or its cadastral reference")
    parser.add_argument("--jurisdiction", metavar="CODE", help="of a reference: ISO 3166, e.g. SE")


def read_title(args: argparse.Namespace) -> None:
    """Check these options, where a verb has them. Raises Misused."""
    if getattr(args, "title", None) is None:
        return
    if args.title.startswith("0x"):
        args.title = settings.hash32(args.title, "a title")
    elif not args.jurisdiction:
        raise Misused(f"“{args.title}” is no id; pass --jurisdiction with the reference, or 0x and 64 hex digits.")
    if args.jurisdiction:
        settings.jurisdiction(args.jurisdiction)


def title_of(registries: Registries, args: argparse.Namespace) -> bytes:
    """The title that the options name. Raises Refused for an id of another jurisdiction than they say."""
    if args.title.startswith("0x"):
        title = bytes.fromhex(args.title[2:])
        if args.jurisdiction:
            code = bytes(standing(registries, title).jurisdiction).rstrip(b"\0").decode("ascii")
            if code != args.jurisdiction:
                raise Refused(f"The title {args.title} is of {code}, not of {args.jurisdiction}. Nothing was sent.")
        return title
    jurisdiction = settings.jurisdiction(args.jurisdiction)
    return bytes(registries.titles.functions.titleIdOf(jurisdiction, normal(args.title)).call())


def normal(ref: str) -> str:
    """A cadastral reference in the one form that is hashed."""
    return unicodedata.normalize("NFC", ref).strip()


def standing(registries: Registries, title: bytes) -> Any:
    """A title that stands. Raises Refused for one that is unknown, or was divided or merged."""
    functions = registries.titles.functions
    try:
        found = functions.titleOf(title).call()
    except (ValueError, Web3Exception) as error:
        name, _ = sending.custom_error(registries.session, error)
        if name != "TitleUnknown":
            raise sending.refusal(registries.session, error) from error
        raise Refused(f"There is no title {shown(title)}; one that moved in is admitted first.") from None
    if functions.retired(title).call():
        raise Refused(f"The title {shown(title)} was divided or merged, and never changes again. Nothing was sent.")
    return found


def shares_of(given: Sequence[str]) -> Shares:
    """Shares from PARTY=1/2, or PARTY alone for the whole. Raises Misused unless they sum to one."""
    parts: dict[bytes, Fraction] = {}
    for text in given:
        party, _, part = text.partition("=")
        holder = bytes.fromhex(settings.hash32(party, "a holder")[2:])
        if holder in parts:
            raise Misused(f"The holder {party} comes twice.")
        if not re.fullmatch(r"[1-9][0-9]{0,17}(/[1-9][0-9]{0,17})?", part or "1"):
            raise Misused(f"“{part}” is no share; write PARTY=1/2.")
        parts[holder] = Fraction(part or "1")
    if sum(parts.values()) != 1:
        raise Misused(f"The shares sum to {sum(parts.values())}, not to the whole.")
    whole = lcm(*(part.denominator for part in parts.values()))
    if whole >= 2**64:
        raise Misused("The shares need a denominator of more than 64 bits.")
    return whole, [(holder, int(part * whole)) for holder, part in sorted(parts.items())]


def shares_in(title: Any) -> Shares:
    """The shares of a title as it stands."""
    return title.denominator, [(bytes(share.holder), share.numerator) for share in title.shares]


def shares_said(shares: Shares) -> str:
    """Shares in words."""
    whole, parts = shares
    return ", ".join(f"{shown(holder)} {Fraction(part, whole)}" for holder, part in parts)


def square_decimetres(text: str) -> int:
    """An area in square metres, with up to two decimals, as the contracts have it. Raises Misused."""
    if not re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,2})?", text) or Decimal(text) == 0:
        raise Misused(f"“{text}” is no area; write square metres such as 650 or 650.55.")
    return int(Decimal(text) * 100)


def area_said(area: int) -> str:
    """An area in square metres."""
    return f"{Decimal(area) / 100:,.2f} m²"


def legal_date(text: str | None) -> int:
    """A date as the number YYYYMMDD; 0 for none. Raises Misused."""
    if text is None:
        return 0
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise Misused(f"“{text}” is no date; write 2030-12-31.")
    settings.moment(text, "--date")
    return int(text.replace("-", ""))


def date_said(number: int) -> str:
    """A date of legal effect in words."""
    text = f"{number:08d}"
    return f"{text[:4]}-{text[4:6]}-{text[6:]}" if number else "not recorded"


def restrictions(registries: Registries, title: bytes, kind: Restriction) -> list[bytes]:
    """The freezes, or the caveats, that stand on a title."""
    return [bytes(found) for found in registries.titles.functions.restrictionsOf(title, kind).call()]


def in_the_way(registries: Registries, title: bytes) -> list[tuple[str, str]]:
    """What stands on a title, a line each."""
    present = registries.titles.functions.standingOf(title).call()
    lines = [("Freeze", shown(one)) for one in restrictions(registries, title, Restriction.FREEZE)]
    lines += [("Caveat", shown(one)) for one in restrictions(registries, title, Restriction.CAVEAT)]
    return [*lines, ("Sale", shown(present.notice.sale))] if present.notice.until else lines


def events(registries: Registries, contract: str, name: str, *topics: bytes | None) -> Iterator[Any]:
    """The values of a contract's events of one name, the oldest first, by their indexed values (None for any)."""
    event = registries.contract(contract).events[name]()
    entry = registries.record["contracts"][contract]
    for log in verification.logs(registries.session, entry, [event_abi_to_log_topic(event._get_event_abi()), *topics]):
        yield event.process_log(log)["args"]


def party_said(party: bytes) -> str:
    """A party's id, or that there is none."""
    return "nobody" if party == NOBODY else shown(party)
