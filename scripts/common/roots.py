"""Registers that move in under a Merkle root: what two registrars propose, annul and release."""

from enum import IntEnum
from typing import Any

from scripts.common import settings
from scripts.common.agencies import when
from scripts.common.cases import shown
from scripts.common.registries import NOBODY, Registries
from scripts.common.settings import Refused
from scripts.common.two_officers import Kind, Plan, Values

DAY = 24 * 3600


class RootStatus(IntEnum):
    """As in ITitleMigration."""

    NONE, PENDING, IN_EFFECT, FROZEN, WITHDRAWN, REFUTED, ANNULLED = range(7)


def code(jurisdiction: bytes) -> str:
    """A jurisdiction's code."""
    return settings.currency_named(jurisdiction.ljust(32, b"\0"))


def functions_of(registries: Registries) -> Any:
    """The functions of the migration contract."""
    return registries.contract("TitleMigration").functions


def register_at(registries: Registries, jurisdiction: bytes, number: int) -> Any:
    """A root's register. Raises Refused when there is none."""
    found = functions_of(registries).registerAt(jurisdiction, number).call()
    if not any(found.root):
        raise Refused(f"{code(jurisdiction)} has no root {number}. Nothing was sent.")
    return found


def status_of(registries: Registries, jurisdiction: bytes, number: int) -> RootStatus:
    """How a root stands."""
    return RootStatus(functions_of(registries).stateOf(jurisdiction, number).call().status)


def said(status: RootStatus) -> str:
    """A status in words."""
    return status.name.lower().replace("_", " ")


def lines(moved: Any) -> Plan:
    """A register that moves in, in plain words."""
    root, count, first, last, leaves_hash, predecessor = moved
    return [
        ("Root", shown(root)),
        ("Titles", f"{count:,}, from {shown(first)} to {shown(last)}"),
        ("File", f"SHA-256 {bytes(leaves_hash).hex()}"),
        ("Continues", "no earlier one" if bytes(predecessor) == NOBODY else f"the root {shown(predecessor)}"),
    ]


def standing(registries: Registries, jurisdiction: bytes) -> list[int]:
    """The numbers of the roots that stand, the oldest first."""
    return list(functions_of(registries).standingRoots(jurisdiction).call())


def _proposal(_: Registries, values: Values) -> str:
    return f"{values['moved'][1]:,} titles move into the register of {code(values['jurisdiction'])}"


def _proposing(registries: Registries, values: Values) -> Plan:
    functions = functions_of(registries)
    window = functions.OBJECTION_WINDOW().call()
    others = ", ".join(map(str, standing(registries, values["jurisdiction"])))
    return [
        *lines(values["moved"]),
        ("Beside", f"the roots {others}" if others else "no other root"),
        ("Effect", f"{window // DAY} days after the second registrar, unless it is stopped"),
    ]


def _proposed(registries: Registries, values: Values) -> bool:
    jurisdiction, functions = values["jurisdiction"], functions_of(registries)
    numbers = standing(registries, jurisdiction)
    return any(tuple(functions.registerAt(jurisdiction, n).call()) == tuple(values["moved"]) for n in numbers)


def _annulment(_: Registries, values: Values) -> str:
    return f"the root {values['number']} of {code(values['jurisdiction'])} is annulled"


def _annulling(registries: Registries, values: Values) -> Plan:
    jurisdiction, number = values["jurisdiction"], values["number"]
    state = functions_of(registries).stateOf(jurisdiction, number).call()
    return [
        *lines(register_at(registries, jurisdiction, number)),
        ("Stands", f"{said(RootStatus(state.status))}, in effect from {when(state.readyAt)}, {state.freezes} freezes"),
        ("Order", shown(values["order"])),
    ]


def _annulled(registries: Registries, values: Values) -> bool:
    return status_of(registries, values["jurisdiction"], values["number"]) is RootStatus.ANNULLED


def _release(_: Registries, values: Values) -> str:
    return f"the title {shown(values['title'])} is out of every root of {code(values['jurisdiction'])}"


def _releasing(_: Registries, values: Values) -> Plan:
    return [("Title", f"{shown(values['title'])}; it is registered as a new one is"), ("Order", shown(values["order"]))]


def _released(registries: Registries, values: Values) -> bool:
    return bool(functions_of(registries).released(values["jurisdiction"], values["title"]).call())


PROPOSAL = Kind("TitleMigration", "propose", _proposal, _proposing, _proposed)
ANNULMENT = Kind("TitleMigration", "annul", _annulment, _annulling, _annulled)
RELEASE = Kind("TitleMigration", "release", _release, _releasing, _released)
