"""The acts on titles for which parties sign: what they sign, under which power of attorney, and the call it becomes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from muniment.chain.outbox import Act, Call
from muniment.land.model import interest_id, lien_id

Terms = Mapping[str, Any]


class ActKind(StrEnum):
    """What parties sign together."""

    ENTER_LIEN = "enter_lien"
    DISCHARGE_LIEN = "discharge_lien"
    POSTPONE_LIEN = "postpone_lien"
    ASSIGN_LIEN = "assign_lien"
    ENTER_INTEREST = "enter_interest"
    END_INTEREST = "end_interest"
    WITHDRAW_CAVEAT = "withdraw_caveat"
    SUBDIVIDE = "subdivide"
    MERGE = "merge"


@dataclass(frozen=True)
class Kind:
    """One kind of act. `message` is the typed data but for party, nonce and deadline; `subject` what a power names."""

    contract: str
    primary: str
    function: str
    power: str
    by_registrar: bool
    subject: Callable[[Terms], str]
    message: Callable[[Terms], dict[str, Any]]
    arguments: Callable[[Terms], tuple[Any, ...]]  # of the contract's function, from the intent's body


def _named(*names: str) -> Callable[[Terms], dict[str, Any]]:
    return lambda terms: {name: terms[name] for name in names}


def _of_lien(*names: str) -> Callable[[Terms], dict[str, Any]]:
    return lambda terms: {"lien": lien_id(terms["lien"]), **{name: terms[name] for name in names}}


def _subject(name: str) -> Callable[[Terms], str]:
    return lambda terms: str(terms[name])


def _lien(terms: Terms) -> str:
    return lien_id(terms["lien"])


def _interest(terms: Terms) -> str:
    return interest_id(terms["interest"])


def _source(terms: Terms) -> dict[str, Any]:
    return {"sourceHash": terms["sourceHash"], "legalDate": terms["legalDate"]}


LIENS, TITLES = "LienRegistry", "TitleRegistry"
KINDS: Mapping[ActKind, Kind] = {
    ActKind.ENTER_LIEN: Kind(
        LIENS,
        "ChargeTitle",
        "enter",
        "land.charge",
        by_registrar=True,
        subject=_subject("title"),
        message=_named("title", "version", "lien", "rank", "legalDate"),
        arguments=lambda t: (t["title"], t["lien"], t["rank"], t["legalDate"], t["consents"]),
    ),
    ActKind.DISCHARGE_LIEN: Kind(
        LIENS,
        "DischargeLien",
        "discharge",
        "land.discharge",
        by_registrar=False,
        subject=_lien,
        message=_of_lien("titles"),
        arguments=lambda t: (t["titles"], t["lien"], t["consents"][0]),
    ),
    ActKind.POSTPONE_LIEN: Kind(
        LIENS,
        "PostponeLien",
        "postpone",
        "land.postpone",
        by_registrar=False,
        subject=_lien,
        message=_of_lien("title", "behind", "rank"),
        arguments=lambda t: (t["title"], t["lien"], t["behind"], t["rank"], t["consents"][0]),
    ),
    ActKind.ASSIGN_LIEN: Kind(
        LIENS,
        "AssignLien",
        "assign",
        "land.assign",
        by_registrar=False,
        subject=_lien,
        message=_of_lien("to"),
        arguments=lambda t: (t["lien"], t["to"], t["consents"][0]),
    ),
    ActKind.ENTER_INTEREST: Kind(
        LIENS,
        "GrantInterest",
        "enterInterest",
        "land.grant",
        by_registrar=True,
        subject=_subject("title"),
        message=_named("title", "version", "interest", "legalDate"),
        arguments=lambda t: (t["title"], t["interest"], t["legalDate"], t["consents"]),
    ),
    ActKind.END_INTEREST: Kind(
        LIENS,
        "EndInterest",
        "endInterest",
        "land.release",
        by_registrar=False,
        subject=_interest,
        message=lambda t: {"interest": _interest(t), "titles": t["titles"]},
        arguments=lambda t: (t["titles"], t["interest"], t["consents"]),
    ),
    ActKind.WITHDRAW_CAVEAT: Kind(
        TITLES,
        "WithdrawCaveat",
        "withdrawCaveat",
        "land.withdrawCaveat",
        by_registrar=False,
        subject=_subject("caveat"),
        message=_named("caveat"),
        arguments=lambda t: (t["caveat"], t["consents"][0]),
    ),
    ActKind.SUBDIVIDE: Kind(
        TITLES,
        "SubdivideTitle",
        "subdivide",
        "land.subdivide",
        by_registrar=True,
        subject=_subject("title"),
        message=_named("title", "version", "parts", "sourceHash", "legalDate"),
        arguments=lambda t: (t["title"], t["parts"], _source(t), t["consents"], t["absences"]),
    ),
    ActKind.MERGE: Kind(
        TITLES,
        "MergeTitles",
        "merge",
        "land.merge",
        by_registrar=True,
        subject=lambda t: str(t["titles"][0]),
        message=_named("titles", "versions", "whole", "sourceHash", "legalDate"),
        arguments=lambda t: (t["titles"], t["whole"], _source(t), t["consents"], t["absence"]),
    ),
}


def _builder(kind: Kind) -> Callable[[Sequence[Mapping[str, Any]]], Call]:
    def build(bodies: Sequence[Mapping[str, Any]]) -> Call:
        (body,) = bodies
        return Call(kind.contract, kind.function, kind.arguments(body))

    return build


ACTS = tuple(Act(f"land.{name.value}", _builder(kind)) for name, kind in KINDS.items())
FUNCTIONS = tuple((kind.contract, kind.function) for kind in KINDS.values())
