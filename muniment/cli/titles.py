"""`muniment land show`, `liens`, `interests`, `restrictions`: a title, what weighs on it, what stands in its way."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import Connection

from muniment.cli.console import AsJson, emit_json, plain, say, table
from muniment.config import Settings
from muniment.db.engine import open_engine, reading
from muniment.errors import Refused
from muniment.land.answers import InterestLine, LienLine, RestrictionLine, TitleAnswer
from muniment.land.encumbrances import interests_of, liens_of
from muniment.land.model import RestrictionKind
from muniment.land.queries import title, title_of_ref
from muniment.land.standing import restrictions_of
from muniment.sentences import sentence_of

Ref = Annotated[str, typer.Argument(help="A cadastral reference, or a title's id.")]
OfJurisdiction = Annotated[str | None, typer.Option("--jurisdiction", help="The reference's jurisdiction.")]


def found_title(connection: Connection, ref: str, jurisdiction: str | None) -> TitleAnswer:
    """A title by its id, or by its reference in a jurisdiction. Raises Refused."""
    found = title(connection, ref) if jurisdiction is None else title_of_ref(connection, jurisdiction, ref)
    if found is None:
        raise Refused("TitleUnknown", title=ref)
    return found


def show(ref: Ref, jurisdiction: OfJurisdiction = None, as_json: AsJson = False) -> None:
    """Everything public about one title, and whether it could be sold now."""
    with reading(open_engine(Settings.load().database_url)) as connection:
        found = found_title(connection, ref, jurisdiction)
    if as_json:
        emit_json({**plain(found), "conveyable": found.conveyable})
        return
    facts = [
        ("title", found.title),
        ("area", f"{found.area_dm2 / 100:,.2f} m²"),
        ("grade", found.grade.name.lower()),
        ("origin", found.origin),
        *((f"holder of {share.part}", share.holder) for share in found.shares),
        ("geometry", f"{found.geometry.hash} ({found.geometry.state})"),
        ("liens", str(found.liens)),
        ("leases, easements", str(found.interests)),
        *(("made out of", f"{one.ref} ({one.title})") for one in found.parents),
        *(("became", f"{one.ref} ({one.title})") for one in found.children),
        ("block", f"{found.block_number} {found.block_hash} ({found.finality.value})"),
    ]
    table(f"{found.jurisdiction} {found.ref}", ("", ""), facts)
    for obstacle in found.obstacles:
        say(sentence_of(obstacle))
    if found.grade_proposal is not None:
        proposed = found.grade_proposal
        say(f"Grade {proposed.grade.name.lower()} is proposed; objections may come until {_moment(proposed.ready_at)}.")
    say(f"True at block {found.as_of.number}." if found.as_of else "Nothing has been read from the chain yet.")


def liens(ref: Ref, jurisdiction: OfJurisdiction = None, as_json: AsJson = False) -> None:
    """The liens on a title in the order of their rank, and those that ended."""
    with reading(open_engine(Settings.load().database_url)) as connection:
        named = found_title(connection, ref, jurisdiction)
        found = liens_of(connection, named.title)
    if as_json:
        emit_json(found)
        return
    columns = ("rank", "kind", "amount", "holder", "lien")
    table(f"Liens on {named.ref}", columns, (_lien(line) for line in (*found.liens, *found.ended)))


def interests(ref: Ref, jurisdiction: OfJurisdiction = None, as_json: AsJson = False) -> None:
    """The leases and easements on a title, and those that ended."""
    with reading(open_engine(Settings.load().database_url)) as connection:
        named = found_title(connection, ref, jurisdiction)
        found = interests_of(connection, named.title, named.as_of.time if named.as_of else 0)
    if as_json:
        emit_json(found)
        return
    columns = ("kind", "for", "until", "state", "interest")
    lines = (*found.interests, *found.ended)
    table(f"Leases and easements on {named.ref}", columns, (_interest(line) for line in lines))


def restrictions(ref: Ref, jurisdiction: OfJurisdiction = None, as_json: AsJson = False) -> None:
    """Courts' freezes and caveats on a title, and a sale's notice."""
    with reading(open_engine(Settings.load().database_url)) as connection:
        named = found_title(connection, ref, jurisdiction)
        now = int(time.time())
        found = {kind: restrictions_of(connection, named.title, kind, now) for kind in RestrictionKind}
    if as_json:
        lists = {f"{kind.name.lower()}s": {"standing": one.standing, "ended": one.ended} for kind, one in found.items()}
        emit_json({"title": named.title, "notice": named.notice, "as_of": named.as_of, **lists})
        return
    lines = [line for one in found.values() for line in (*one.standing, *one.ended)]
    table(f"Restrictions on {named.ref}", ("kind", "by", "until", "state", "id"), (_restriction(one) for one in lines))
    if named.notice is not None:
        say(f"Kept for the sale {named.notice.sale} until {_moment(named.notice.until)}.")


def _lien(line: LienLine) -> tuple[str, ...]:
    amount = "not told" if line.amount is None else f"{line.amount} {line.currency_text}"
    kind = "" if line.kind is None else line.kind.name.lower()
    return (str(line.rank or line.end), kind, amount, line.holder or "not told", line.lien)


def _interest(line: InterestLine) -> tuple[str, ...]:
    kind = "" if line.kind is None else line.kind.name.lower()
    until = _moment(line.until) if line.until else "without end"
    state = line.end or ("over" if line.over else "stands")
    return (kind, line.beneficiary or line.dominant or "not told", until, state, line.interest)


def _restriction(line: RestrictionLine) -> tuple[str, ...]:
    state = "stands" if line.stands else "ended"
    return (line.kind.name.lower(), line.by, _moment(line.until) if line.until else "", state, line.restriction)


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
