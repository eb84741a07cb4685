"""An extract as a PDF: the same bytes for the same state, and nothing in it that a signature could not be added to."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Lock

import segno

from muniment.db.answers import Finality
from muniment.hashing import ZERO_HASH
from muniment.land.answers import InterestLine, LienLine
from muniment.land.model import RegisterStatus, RestrictionKind
from muniment.web.extract.drawing import draw_parcel
from muniment.web.extract.folio import Extract
from muniment.web.extract.sheet import HEIGHT, MARGIN, WIDTH, Sheets

ATTACHED = "title.json"
_SIDE, _QR = 170.0, 84.0  # points
_EVENTS = 24  # of the history, the latest
_FINAL = {
    Finality.INCLUDED: "the block may still be replaced",
    Finality.SAFE: "the block is very unlikely to be replaced",
    Finality.FINALIZED: "the block is final",
}
_ONE_AT_A_TIME = Lock()  # reportlab keeps its fonts in one place


def pdf_of(extract: Extract) -> bytes:
    """The extract on A4, with its JSON attached."""
    with _ONE_AT_A_TIME:
        title = extract.title
        name = f"Extract: {title.jurisdiction} {title.ref}"
        sheets = Sheets(name, extract.known.time, lambda made, page: _foot(made, page, extract))
        sheets.attach(ATTACHED, extract.attached, "application/json", "The title, and the events that made it so")
        _head(sheets, extract)
        _holders(sheets, extract)
        _stops(sheets, extract)
        _liens(sheets, extract)
        _interests(sheets, extract)
        _kin(sheets, extract)
        _history(sheets, extract)
        return sheets.finish()


def _head(sheets: Sheets, extract: Extract) -> None:
    title = extract.title
    _qr(sheets, extract.address, WIDTH - MARGIN - _QR, HEIGHT - MARGIN - _QR)
    text = WIDTH - 2 * MARGIN - _QR - 12
    sheets.write("Extract from the land register", size=10, grey=True, width=text)
    sheets.write(f"{title.jurisdiction}  {title.ref}", size=18, font="Strong", width=text)
    sheets.write(f"Title {title.title}", size=7.5, width=text)
    sheets.write(
        f"As of {_time(extract.known.time)}: block {extract.known.number}, {extract.known.hash}.", size=7.5, width=text
    )
    sheets.write(_legal(extract), size=9, width=text)
    sheets.y = min(sheets.y, HEIGHT - MARGIN - _QR) - 12
    top, left = sheets.y, MARGIN + _SIDE + 16
    draw_parcel(sheets, title, MARGIN, top - _SIDE, _SIDE)
    facts = [
        ("Area", f"{title.area_dm2 // 100:,}.{title.area_dm2 % 100:02} m²"),
        ("Grade", title.grade.name.lower()),
        ("State", _state(extract)),
        ("Version", f"{title.version}, {_final(title.finality)}"),
        ("Entered", _time(title.registered_at)),
        ("Legal date", _date(title.legal_date)),
        ("Kept by", title.register_agency or title.agency),
        ("Source", "not recorded" if title.source_hash == ZERO_HASH else title.source_hash),
        ("Geometry", title.geometry.hash),
        ("Transaction", title.tx_hash),
    ]
    for label, value in facts:
        sheets.at(label, left, sheets.y - 10, 7.2)
        sheets.write(value, x=left + 52, size=7.2)
        sheets.y -= 2
    sheets.y = min(sheets.y, top - _SIDE) - 4


def _holders(sheets: Sheets, extract: Extract) -> None:
    sheets.heading("Held by")
    rows = [(f"{share.part.numerator}/{share.part.denominator}", share.holder) for share in extract.title.shares]
    sheets.table((90, 400), rows or [("–", "nobody: the title has ended")])


def _stops(sheets: Sheets, extract: Extract) -> None:
    rows = [
        (
            "Court's freeze" if line.kind is RestrictionKind.FREEZE else "Caveat",
            f"{line.restriction}, by {line.by}, entered {_time(line.entered_at)}",
            f"until {_time(line.until)}" if line.until else "until lifted",
        )
        for line in extract.restrictions
    ]
    notice = extract.title.notice
    if notice is not None:
        rows.append(("Priority notice", f"for the sale {notice.sale}", f"until {_time(notice.until)}"))
    sheets.heading("What stands in the way of a change")
    sheets.table((78, 320, 100), rows or [("Nothing", "", "")])


def _liens(sheets: Sheets, extract: Extract) -> None:
    sheets.heading("Liens, by rank")
    rows = [(str(line.rank), _lien(line), line.holder or "not published") for line in extract.liens.liens]
    sheets.table((24, 214, 260), rows or [("–", "None", "")], 7.4)


def _lien(line: LienLine) -> str:
    if line.amount is None or line.kind is None:
        return f"{line.lien}: its terms moved in and are not published"
    currency = line.currency_text or line.currency or ""
    return f"{line.amount:,} {currency} (smallest units), {line.kind.name.lower()}, {line.lien}"


def _interests(sheets: Sheets, extract: Extract) -> None:
    sheets.heading("Leases and easements")
    rows = [
        (_interest(line), line.beneficiary or line.dominant or "not published") for line in extract.interests.interests
    ]
    sheets.table((238, 260), rows or [("None", "")], 7.4)


def _interest(line: InterestLine) -> str:
    kind = "of unknown kind" if line.kind is None else line.kind.name.lower()
    until = f"until {_time(line.until)}" if line.until else "without an end" if line.until == 0 else "end not published"
    return f"{kind}, {until}{', its time has passed' if line.over else ''}, {line.interest}"


def _kin(sheets: Sheets, extract: Extract) -> None:
    title = extract.title
    rows = [("made out of", kin.ref, kin.kind) for kin in title.parents]
    rows += [("became", kin.ref, kin.kind) for kin in title.children]
    if rows:
        sheets.heading("Divisions and mergers")
        sheets.table((90, 318, 90), rows)


def _history(sheets: Sheets, extract: Extract) -> None:
    title = extract.title
    latest = title.history[-_EVENTS:]
    sheets.heading("History")
    rows = [(_time(line.time), line.name, f"block {line.block_number}, {line.tx_hash}") for line in latest]
    sheets.table((92, 104, 302), rows, 7)
    left = title.history_length - len(latest)
    if left:
        sheets.write(f"{left} earlier events are not printed; the page named above has them.", size=8, grey=True)
    sheets.heading("Contracts")
    rows_of_two = list(_pairs([f"{name} {address}" for name, address in extract.contracts.items()]))
    sheets.table((249, 249), rows_of_two, 6.5)


def _pairs(cells: list[str]) -> Iterator[tuple[str, str]]:
    for at in range(0, len(cells), 2):
        yield cells[at], cells[at + 1] if at + 1 < len(cells) else ""


def _foot(sheets: Sheets, page: int, extract: Extract) -> None:
    known = extract.known
    lines = (
        f"{extract.title.jurisdiction} {extract.title.ref}, page {page}",
        f"Chain {known.chain_id}, genesis {known.genesis_hash}; block {known.number}, final {known.finalized_number}",
        f"The attached {ATTACHED} says the same to machines; each event lies in the receipt of the transaction named.",
        "A printout proves nothing by itself: follow the code, or ask a node of the chain.",
    )
    for number, line in enumerate(lines):
        sheets.at(line, MARGIN, 62 - number * 10, 6.5)


def _legal(extract: Extract) -> str:
    if extract.title.register_status is RegisterStatus.AUTHORITATIVE:
        return "This register has legal effect."
    return "This register mirrors the agency's own, which has legal effect."


def _state(extract: Extract) -> str:
    title = extract.title
    if title.retired_at is not None:
        return f"ended by {title.retired_by}, {_time(title.retired_at)}"
    return "free to be conveyed" if title.conveyable else "cannot be conveyed now"


def _final(finality: Finality) -> str:
    return _FINAL[finality]


def _qr(sheets: Sheets, address: str, x: float, y: float) -> None:
    """The code that leads to the title's page, module by module."""
    code = segno.make_qr(address, error="m")
    rows = list(code.matrix_iter(border=2))
    step = _QR / len(rows)
    for down, row in enumerate(rows):
        for right, dark in enumerate(row):
            if dark:
                sheets.canvas.rect(x + right * step, y + _QR - (down + 1) * step, step, step, stroke=0, fill=1)


def _date(number: int) -> str:
    """YYYYMMDD as people read it."""
    return f"{number // 10000:04}-{number // 100 % 100:02}-{number % 100:02}" if number else "not recorded"


def _time(seconds: int) -> str:
    if seconds >= 253_402_300_800:  # the year 10000: a right without an end
        return "further notice"
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M} UTC"
