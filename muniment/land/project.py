"""What the events of `TitleRegistry` add up to: registers, titles, and who holds which share of them."""

from muniment.chain.events import Event, Handler
from muniment.chain.text import readable
from muniment.db.rows import Rows
from muniment.db.schema import registers, shares, titles


def register_set(event: Event, rows: Rows) -> None:
    """An agency keeps the jurisdiction's register from now on, with this legal status."""
    rows.put(
        registers,
        {
            "jurisdiction": jurisdiction_text(event.arguments["jurisdiction"]),
            "agency": event.arguments["agency"],
            "status": event.arguments["status"],
        },
    )


def title_registered(event: Event, rows: Rows) -> None:
    """A title with its holders.

    Inserted without asking whether it exists, unlike everything rarer: the contract refuses a second registration,
    and a register of a million titles is read once.
    """
    given = event.arguments
    title = given["title"]
    rows.insert(
        titles,
        {
            "title": title,
            "jurisdiction": jurisdiction_text(given["jurisdiction"]),
            "ref": given["ref"],
            "agency": given["agency"],
            "geometry_hash": given["geometryHash"],
            "area_dm2": given["area"],
            "grade": given["grade"],
            "denominator": given["denominator"],
            "version": 1,
            "source_hash": given["sourceHash"],
            "legal_date": given["legalDate"],
            "officer": given["officer"],
            "registered_at": event.time,
            "tx_hash": event.tx_hash,
        },
    )
    for place, share in enumerate(given["shares"]):
        rows.insert(
            shares, {"title": title, "holder": share["holder"], "place": place, "numerator": share["numerator"]}
        )


def jurisdiction_text(code: str) -> str:
    """Solidity's bytes8 as text: "0x4742000000000000" → "GB". Bytes that are no text show as `readable` says."""
    return readable(bytes.fromhex(code[2:]).rstrip(b"\0"))


HANDLERS: dict[tuple[str, str], Handler] = {
    ("TitleRegistry", "RegisterSet"): register_set,
    ("TitleRegistry", "TitleRegistered"): title_registered,
}
