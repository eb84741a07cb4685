"""Liens, leases and easements that an order enters or ends: acts of two registrars."""

import json
from enum import IntEnum
from pathlib import Path
from typing import Any

from scripts.common import settings, titles
from scripts.common.agencies import when
from scripts.common.cases import shown
from scripts.common.registries import Registries
from scripts.common.settings import Misused, Refused
from scripts.common.two_officers import Kind, Plan, Values


class LienKind(IntEnum):
    """As in ILienRegistry."""

    NONE, CONTRACTUAL, STATUTORY, COURT = range(4)


class InterestKind(IntEnum):
    """As in ILienRegistry."""

    NONE, LEASE, EASEMENT = range(3)


# ── Terms: the chain keeps their hash, and the event in which each was entered ──────────────────────────────────────


def lien_terms(registries: Registries, lien: bytes, path: str | None) -> tuple[Any, ...]:
    """The terms of a lien, from a file or from when it was entered. Raises Refused when they are not this lien's."""
    if path:
        found = _terms_in(path, _lien_in)
    else:
        words = ("kind", "creditor", "amount", "currency", "deedHash")
        found = _entered(registries, "LienEntered", lien, words)
    if found is None or bytes(registries.contract("LienRegistry").functions.lienIdOf(found).call()) != lien:
        raise _unknown("lien", lien, path)
    return found


def interest_terms(registries: Registries, interest: bytes, path: str | None) -> tuple[Any, ...]:
    """The terms of a lease or an easement, from a file or from when it was entered. Raises Refused likewise."""
    if path:
        found = _terms_in(path, _interest_in)
    else:
        words = ("kind", "beneficiary", "dominant", "until", "deedHash")
        found = _entered(registries, "InterestEntered", interest, words)
    if found is None or bytes(registries.contract("LienRegistry").functions.interestIdOf(found).call()) != interest:
        raise _unknown("lease or easement", interest, path)
    return found


def _entered(registries: Registries, event: str, burden: bytes, words: tuple[str, ...]) -> tuple[Any, ...] | None:
    entered = next(titles.events(registries, "LienRegistry", event, None, burden), None)
    return entered and tuple(entered[word] for word in words)


def _unknown(what: str, burden: bytes, path: str | None) -> Refused:
    if path:
        return Refused(f"The terms in {path} are not those of the {what} {shown(burden)}. Nothing was sent.")
    return Refused(
        f"No {what} {shown(burden)} was entered here; pass --terms with those that it moved in with. Nothing was sent."
    )


def _terms_in(path: str, read: Any) -> tuple[Any, ...]:
    try:
        return tuple(read(json.loads(Path(path).read_text(encoding="utf-8"))))
    except Misused:
        raise
    except OSError as error:
        raise Misused(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise Misused(f"{path} has no such terms; write JSON with the fields that docs/deployment.md lists.") from None


def _lien_in(given: dict[str, Any]) -> tuple[Any, ...]:
    return (
        LienKind[given["kind"].upper()],
        bytes.fromhex(settings.hash32(given["creditor"], "a creditor")[2:]),
        int(given["amount"]),
        settings.currency(given["currency"]),
        bytes.fromhex(settings.hash32(given["deed_hash"], "a deed")[2:]),
    )


def _interest_in(given: dict[str, Any]) -> tuple[Any, ...]:
    return (
        InterestKind[given["kind"].upper()],
        bytes.fromhex(settings.hash32(given.get("beneficiary", "0x" + "00" * 32), "a beneficiary")[2:]),
        bytes.fromhex(settings.hash32(given.get("dominant", "0x" + "00" * 32), "a title")[2:]),
        int(given.get("until", 0)),
        bytes.fromhex(settings.hash32(given["deed_hash"], "a deed")[2:]),
    )


# ── Liens ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def lien_id(registries: Registries, lien: Any) -> bytes:
    """A lien's id from its terms."""
    return bytes(registries.contract("LienRegistry").functions.lienIdOf(lien).call())


def liens_on(registries: Registries, title: bytes) -> list[bytes]:
    """The liens on a title, in their rank."""
    return [bytes(lien) for lien in registries.contract("LienRegistry").functions.liensOf(title).call()]


def _lien_lines(registries: Registries, lien: Any) -> Plan:
    kind, _, amount, currency, deed = lien
    holder = bytes(registries.contract("LienRegistry").functions.holderOf(lien).call())
    return [
        ("Lien", f"{shown(lien_id(registries, lien))}, {LienKind(kind).name.lower()}"),
        ("Creditor", shown(holder)),
        ("Amount", f"{amount:,} of the smallest unit of {settings.currency_named(bytes(currency))}"),
        ("Deed", shown(deed)),
    ]


def _charges(_: Registries, values: Values) -> str:
    kind = LienKind(values["lien"][0]).name.lower()
    return f"the title {shown(values['title'])} is charged with a {kind} lien"


def _charging(registries: Registries, values: Values) -> Plan:
    title = values["title"]
    present = titles.standing(registries, title)
    return [
        ("Title", f"{shown(title)}, version {present.version}"),
        *_lien_lines(registries, values["lien"]),
        ("Rank", f"{len(liens_on(registries, title)) + 1}, behind all others"),
        ("Effect", titles.date_said(values["legalDate"])),
        *titles.in_the_way(registries, title),
    ]


def _charged(registries: Registries, values: Values) -> bool:
    return lien_id(registries, values["lien"]) in liens_on(registries, values["title"])


def _discharges(registries: Registries, values: Values) -> str:
    return f"the title {shown(values['title'])} is released from the lien {shown(lien_id(registries, values['lien']))}"


def _discharging(registries: Registries, values: Values) -> Plan:
    title, standing = values["title"], liens_on(registries, values["title"])
    lien = lien_id(registries, values["lien"])
    if lien not in standing:
        raise Refused(f"The lien {shown(lien)} does not stand on the title {shown(title)}. Nothing was sent.")
    return [
        ("Title", shown(title)),
        *_lien_lines(registries, values["lien"]),
        ("Rank", f"{standing.index(lien) + 1} of {len(standing)}"),
        ("Order", shown(values["order"])),
    ]


def _discharged(registries: Registries, values: Values) -> bool:
    lien = lien_id(registries, values["lien"])
    if lien in liens_on(registries, values["title"]):
        return False
    ended = titles.events(registries, "LienRegistry", "LienDischarged", values["title"], lien)
    return any(bytes(one["source"]) == values["order"] for one in ended)


# ── Leases and easements ────────────────────────────────────────────────────────────────────────────────────────────


def interest_id(registries: Registries, interest: Any) -> bytes:
    """The id of a lease or an easement from its terms."""
    return bytes(registries.contract("LienRegistry").functions.interestIdOf(interest).call())


def interests_on(registries: Registries, title: bytes) -> list[bytes]:
    """The leases and easements on a title."""
    return [bytes(one) for one in registries.contract("LienRegistry").functions.interestsOf(title).call()]


def _interest_lines(registries: Registries, interest: Any) -> Plan:
    kind, beneficiary, dominant, until, deed = interest
    name = InterestKind(kind).name.capitalize()
    return [
        (name, shown(interest_id(registries, interest))),
        ("Serves", f"the title {shown(dominant)}" if any(dominant) else shown(beneficiary)),
        ("Until", when(until) if until else "it is ended"),
        ("Deed", shown(deed)),
    ]


def _grants(_: Registries, values: Values) -> str:
    kind = InterestKind(values["interest"][0])
    article = "an" if kind is InterestKind.EASEMENT else "a"
    return f"the title {shown(values['title'])} bears {article} {kind.name.lower()}"


def _granting(registries: Registries, values: Values) -> Plan:
    present = titles.standing(registries, values["title"])
    if any(values["interest"][2]):
        titles.standing(registries, values["interest"][2])
    return [
        ("Title", f"{shown(values['title'])}, version {present.version}"),
        *_interest_lines(registries, values["interest"]),
        ("Effect", titles.date_said(values["legalDate"])),
        *titles.in_the_way(registries, values["title"]),
    ]


def _granted(registries: Registries, values: Values) -> bool:
    return interest_id(registries, values["interest"]) in interests_on(registries, values["title"])


def _ends(registries: Registries, values: Values) -> str:
    interest = shown(interest_id(registries, values["interest"]))
    name = InterestKind(values["interest"][0]).name.lower()
    return f"the {name} {interest} ends on the title {shown(values['title'])}"


def _ending(registries: Registries, values: Values) -> Plan:
    interest = interest_id(registries, values["interest"])
    if interest not in interests_on(registries, values["title"]):
        title = shown(values["title"])
        raise Refused(f"The lease or easement {shown(interest)} does not stand on the title {title}. Nothing was sent.")
    lines = _interest_lines(registries, values["interest"])
    return [("Title", shown(values["title"])), *lines, ("Order", shown(values["order"]))]


def _ended(registries: Registries, values: Values) -> bool:
    interest = interest_id(registries, values["interest"])
    if interest in interests_on(registries, values["title"]):
        return False
    ended = titles.events(registries, "LienRegistry", "InterestEnded", values["title"], interest)
    return any(bytes(one["source"]) == values["order"] for one in ended)


LIEN = Kind("LienRegistry", "enterByOrder", _charges, _charging, _charged)
DISCHARGE = Kind("LienRegistry", "dischargeByOrder", _discharges, _discharging, _discharged)
INTEREST = Kind("LienRegistry", "enterInterestByOrder", _grants, _granting, _granted)
END = Kind("LienRegistry", "endInterestByOrder", _ends, _ending, _ended)
