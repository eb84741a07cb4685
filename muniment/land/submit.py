"""What the land registry asks of the chain: entering titles."""

from collections.abc import Mapping, Sequence
from typing import Any

from muniment.chain.outbox import Act, Call, Request
from muniment.land.model import MAX_BATCH, Entry, entry_body, entry_of, jurisdiction_bytes


def register_key(jurisdiction: str, ref: str) -> str:
    """The idempotency key of a registration: a parcel is entered once."""
    return f"land.register:{jurisdiction}:{ref}"


def register_request(entry: Entry) -> Request:
    """Ask for one title to be entered; titles of one jurisdiction may share a transaction."""
    return Request(
        key=register_key(entry.jurisdiction, entry.ref),
        kind="land.register",
        lane=entry.jurisdiction,
        body=entry_body(entry),
    )


def _register(bodies: Sequence[Mapping[str, Any]]) -> Call:
    """One call for 1 to 50 titles of one jurisdiction."""
    entries = [entry_of(body) for body in bodies]
    jurisdiction = "0x" + jurisdiction_bytes(entries[0].jurisdiction).hex()
    structs = [_struct(entry) for entry in entries]
    if len(structs) == 1:
        return Call("TitleRegistry", "register", (jurisdiction, structs[0]))
    return Call("TitleRegistry", "registerBatch", (jurisdiction, structs))


def _struct(entry: Entry) -> dict[str, Any]:
    """The entry as `ITitleRegistry.Entry`."""
    return {
        "ref": entry.ref,
        "geometryHash": entry.geometry_hash,
        "area": entry.area_dm2,
        "grade": int(entry.grade),
        "denominator": entry.denominator,
        "shares": [{"holder": share.holder, "numerator": share.numerator} for share in entry.shares],
        "sourceHash": entry.source_hash,
        "legalDate": entry.legal_date,
    }


ACTS = (Act("land.register", _register, MAX_BATCH),)
