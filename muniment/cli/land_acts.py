"""`muniment land act`, `lien`, `caveat`, `grade` …: acts on titles, by registrars and for parties who sign.

What parties sign is opened here and signed by whoever it concerns; what a registrar enters, a registrar lets go.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import rfc8785
import typer
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection

from muniment.chain.outbox import Receipt
from muniment.cli.console import AsJson, emit_json, plain, say
from muniment.cli.titles import OfJurisdiction, Ref, found_title
from muniment.config import Settings
from muniment.db.engine import reading, writing
from muniment.errors import Refused
from muniment.land import acts, submit
from muniment.land.act_kinds import ActKind
from muniment.land.migration.leaf import title_of
from muniment.land.model import Grade, entry_of
from muniment.services import Services, build
from muniment.web.api.land_models import ActAsked, lowered

act = typer.Typer(help="Acts that parties sign: open, show, let go.", no_args_is_help=True)
lien = typer.Typer(help="Liens: open what creditors and holders sign.", no_args_is_help=True)
caveat = typer.Typer(help="Caveats: enter, strike out, have withdrawn.", no_args_is_help=True)
grade = typer.Typer(help="Grades: propose, take back, complete.", no_args_is_help=True)

ActId = Annotated[str, typer.Argument(help="The act's id.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say whether it could be done.")]
SourceHash = Annotated[str, typer.Option(help="Hash of the document that this rests on.")]
T = TypeVar("T")


# ── What parties sign ───────────────────────────────────────────────────────────────────────────────────────────


@act.command("open")
def open_act(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="JSON as POST /api/land/acts takes it.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Open an act, and say who is to sign it."""
    _open(_read(path), dry_run, as_json, str(path))


@act.command("show")
def show_act(act: ActId, as_json: AsJson = False) -> None:
    """How an act stands: what it says, and who has signed."""
    with reading(build(Settings.load()).engine) as connection:
        stands = acts.act_of(connection, act)
    _tell(stands, as_json)


@act.command("approve")
def approve(
    act: ActId,
    officer: Annotated[str, typer.Option(help="Who decides: the registrar's own name or number.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Let an act go to the chain that all have signed and a registrar enters."""
    services = build(Settings.load())
    now = services.clock()
    _tell(_written(services, dry_run, lambda connection: acts.approve(connection, act, officer, now)), as_json)


@lien.command("enter")
def enter_lien(
    ref: Ref,
    creditor: Annotated[str, typer.Option(help="The creditor's party id.")],
    amount: Annotated[str, typer.Option(help="In the currency's smallest unit.")],
    currency: Annotated[str, typer.Option(help="ISO 4217 code, or a token's address.")],
    deed_hash: Annotated[str, typer.Option(help="Hash of the deed.")],
    rank: Annotated[int, typer.Option(min=0, max=16, help="The rank promised to the creditor; 0 promises none.")] = 0,
    legal_date: Annotated[int, typer.Option(help="Date of legal effect as YYYYMMDD; 0 when not recorded.")] = 0,
    jurisdiction: OfJurisdiction = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Open the charge of a title; every holder signs, then a registrar lets it go."""
    terms = {"creditor": creditor, "amount": amount, "currency": currency, "deedHash": deed_hash}
    asked = {"title": _title(ref, jurisdiction), "lien": terms, "rank": rank, "legal_date": legal_date}
    _open({"kind": ActKind.ENTER_LIEN, **asked}, dry_run, as_json)


@lien.command("discharge")
def discharge_lien(
    lien: Annotated[str, typer.Argument(help="The lien's id.")],
    title: Annotated[list[str], typer.Option(help="A title to release; may be given several times.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Open the release of titles from a lien; its holder signs."""
    _open({"kind": ActKind.DISCHARGE_LIEN, "lien": lien, "titles": title}, dry_run, as_json)


@lien.command("postpone")
def postpone_lien(
    ref: Ref,
    lien: Annotated[str, typer.Argument(help="The lien's id.")],
    behind: Annotated[str, typer.Option(help="The lien behind which it is to stand.")],
    rank: Annotated[int, typer.Option(min=1, max=16, help="The lowest rank that its holder accepts.")],
    jurisdiction: OfJurisdiction = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Open the postponement of a lien behind a later one; its holder signs."""
    asked = {"title": _title(ref, jurisdiction), "lien": lien, "behind": behind, "rank": rank}
    _open({"kind": ActKind.POSTPONE_LIEN, **asked}, dry_run, as_json)


@lien.command("assign")
def assign_lien(
    lien: Annotated[str, typer.Argument(help="The lien's id.")],
    to: Annotated[str, typer.Option(help="Who shall hold it.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Open the passing of a lien to another party; its holder signs."""
    _open({"kind": ActKind.ASSIGN_LIEN, "lien": lien, "to": to}, dry_run, as_json)


@caveat.command("withdraw")
def withdraw_caveat(
    caveat: Annotated[str, typer.Argument(help="The caveat's id.")], dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Open the withdrawal of a caveat; its claimant signs."""
    _open({"kind": ActKind.WITHDRAW_CAVEAT, "caveat": caveat}, dry_run, as_json)


# ── By a registrar alone ────────────────────────────────────────────────────────────────────────────────────────


@caveat.command("enter")
def enter_caveat(
    ref: Ref,
    claimant: Annotated[str, typer.Option(help="The claimant's party id.")],
    until: Annotated[str, typer.Option(help="Its last day, such as 2026-12-31.")],
    source_hash: SourceHash,
    jurisdiction: OfJurisdiction = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Queue a caveat for a claimant: the title does not pass while it stands."""
    services = build(Settings.load())
    title, last, now = _title(ref, jurisdiction), _last_second(until), services.clock()
    terms = (title, _hash(claimant), last, _hash(source_hash))
    receipt, made = _written(services, dry_run, lambda connection: submit.enter_caveat(connection, *terms, now))
    _queued(receipt, as_json, caveat=made)


@caveat.command("cancel")
def cancel_caveat(
    caveat: Annotated[str, typer.Argument(help="The caveat's id.")],
    source_hash: SourceHash,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Queue that a caveat is struck out, on every title that carries it."""
    services = build(Settings.load())
    given, now = (_hash(caveat), _hash(source_hash)), services.clock()
    _queued(_written(services, dry_run, lambda connection: submit.cancel_caveat(connection, *given, now)), as_json)


@grade.command("propose")
def propose_grade(
    ref: Ref,
    grade: Annotated[str, typer.Argument(help="provisional, qualified or absolute.")],
    source_hash: SourceHash,
    jurisdiction: OfJurisdiction = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Queue another grade for a title; it can take effect once objections were heard."""
    wanted = Grade.__members__.get(grade.upper(), Grade.NONE)
    if wanted is Grade.NONE:
        raise Refused("GradeRefused", grade=grade)
    services = build(Settings.load())
    given, now = (_title(ref, jurisdiction), wanted, _hash(source_hash)), services.clock()
    _queued(_written(services, dry_run, lambda connection: submit.propose_grade(connection, *given, now)), as_json)


@grade.command("withdraw")
def withdraw_grade(
    ref: Ref, jurisdiction: OfJurisdiction = None, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Queue that the proposed grade is taken back."""
    services = build(Settings.load())
    title, now = _title(ref, jurisdiction), services.clock()
    _queued(_written(services, dry_run, lambda connection: submit.withdraw_grade(connection, title, now)), as_json)


@grade.command("complete")
def complete_grade(
    ref: Ref, jurisdiction: OfJurisdiction = None, dry_run: DryRun = False, as_json: AsJson = False
) -> None:
    """Queue that the proposed grade takes effect."""
    services = build(Settings.load())
    title, now = _title(ref, jurisdiction), services.clock()
    _queued(_written(services, dry_run, lambda connection: submit.complete_grade(connection, title, now)), as_json)


def admit(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="JSON with jurisdiction, moved and proof.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Queue that a title which moved in with its register is written down."""
    given = _read(path)
    try:
        jurisdiction, proof = str(given["jurisdiction"]), str(given["proof"]).lower()
        moved = title_of(rfc8785.dumps(given["moved"]) + b"\n")
    except (KeyError, TypeError, rfc8785.CanonicalizationError) as error:
        raise Refused("ActUnreadable", path=str(path), cause=str(error)) from None
    services = build(Settings.load())
    now = services.clock()
    done = _written(services, dry_run, lambda connection: submit.admit(connection, jurisdiction, moved, proof, now))
    _queued(done, as_json)


def register_absent(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="JSON with entry, as an intent has it, and absence.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Queue a new title where a register moved in, with the proof that it is none of those."""
    given = _read(path)
    try:
        entry, absence = entry_of(given["entry"]), str(given["absence"]).lower()
    except (KeyError, TypeError, ValueError) as error:
        raise Refused("ActUnreadable", path=str(path), cause=str(error)) from None
    services = build(Settings.load())
    now = services.clock()
    done = _written(services, dry_run, lambda connection: submit.register_absent(connection, entry, absence, now))
    _queued(done, as_json)


# ── Shared ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _open(asked: dict[str, Any], dry_run: bool, as_json: bool, path: str = "The command") -> None:
    try:
        checked: Any = TypeAdapter(ActAsked).validate_python(asked)
    except ValidationError as error:
        first = error.errors()[0]
        cause = f"{'.'.join(map(str, first['loc'][1:]))} {first['msg']}".strip()
        raise Refused("ActUnreadable", path=path, cause=cause) from None
    services = build(Settings.load())
    given, now = lowered(checked.model_dump()), services.clock()

    def act(connection: Connection) -> acts.Consents:
        return acts.act_of(connection, acts.open_act(connection, ActKind(checked.kind), given, now))

    _tell(_written(services, dry_run, act), as_json)


def _written(services: Services, dry_run: bool, do: Callable[[Connection], T]) -> T:
    """Do something in one transaction, which a dry run takes back."""
    with writing(services.engine) as connection, connection.begin_nested() as savepoint:
        kept = do(connection)
        if dry_run:
            savepoint.rollback()
    return kept


def _tell(stands: acts.Consents, as_json: bool) -> None:
    if as_json:
        emit_json({**plain(stands), "kind": stands.kind.value})
        return
    say(f"{stands.kind.value.replace('_', ' ')} {stands.act}, to be signed by {_moment(stands.deadline)}")
    for signer in stands.signers:
        say(f"  {signer.party} {'signed' if signer.signed_at else 'has not signed'}")
    if stands.intent_key:
        say(f"On its way: {stands.intent_key}")
    elif stands.by_registrar:
        say("Then a registrar lets it go: muniment land act approve.")


def _queued(receipt: Receipt, as_json: bool, **more: str) -> None:
    if as_json:
        emit_json({"key": receipt.key, "state": receipt.state, "new": receipt.new, **more})
        return
    say(f"{receipt.state}: {receipt.key}")


def _title(ref: str, jurisdiction: str | None) -> str:
    with reading(build(Settings.load()).engine) as connection:
        return found_title(connection, ref, jurisdiction).title


def _read(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=error.strerror or "no such file") from None
    except ValueError:
        raise Refused("ActUnreadable", path=str(path), cause="it is no JSON") from None
    if not isinstance(read, dict):
        raise Refused("ActUnreadable", path=str(path), cause="it is no JSON object")
    return read


def _hash(text: str) -> str:
    low = text.strip().lower()
    if len(low) != 66 or not low.startswith("0x") or any(digit not in "0123456789abcdef" for digit in low[2:]):
        raise Refused("HashUnreadable", given=text[:80])
    return low


def _last_second(day: str) -> int:
    try:
        date = datetime.fromisoformat(day).date()
    except ValueError:
        raise Refused("LegalDateRefused", date=day) from None
    return int(datetime(date.year, date.month, date.day, 23, 59, 59, tzinfo=UTC).timestamp())


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
