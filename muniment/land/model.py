"""Land titles: ids, cadastral references, exact shares, and what a registrar enters (`interfaces/land`)."""

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from fractions import Fraction
from typing import Any

from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak, keccak_words

TITLE_DOMAIN = keccak(b"Muniment.Title.v1")
LIEN_DOMAIN = keccak(b"Muniment.Lien.v1")
INTEREST_DOMAIN = keccak(b"Muniment.Interest.v1")
RESTRICTION_DOMAIN = keccak(b"Muniment.Restriction.v1")
MAX_HOLDERS = 32
MAX_BATCH = 50
MAX_PARTS = 16  # that a title is divided into, or merged out of; also titles that one discharge names
MAX_LIENS = 16  # on one title, and as many leases and easements
MAX_REF_BYTES = 100
JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")


class Grade(IntEnum):
    """How far the register vouches for a title. NONE: there is no such title."""

    NONE = 0
    PROVISIONAL = 1
    QUALIFIED = 2
    ABSOLUTE = 3


class RegisterStatus(IntEnum):
    """Mirror: the agency's own register has legal effect and this one shows it. Authoritative: this one has."""

    NONE = 0
    MIRROR = 1
    AUTHORITATIVE = 2


class RestrictionKind(IntEnum):
    """Freeze: by a court's order, nothing moves, charges or divides the title. Caveat: somebody claims a right."""

    FREEZE = 1
    CAVEAT = 2


class LienKind(IntEnum):
    """Contractual: the holders agreed to it. Statutory: a law made it. Court: a judgment did."""

    CONTRACTUAL = 1
    STATUTORY = 2
    COURT = 3


class InterestKind(IntEnum):
    """Lease: use of the land for a time. Easement: a lasting burden, for a party or for another title."""

    LEASE = 1
    EASEMENT = 2


class RootStatus(IntEnum):
    """How a register that moves in stands. The last three are final."""

    PENDING = 1
    IN_EFFECT = 2
    FROZEN = 3
    WITHDRAWN = 4
    REFUTED = 5
    ANNULLED = 6


@dataclass(frozen=True, order=True)
class Share:
    """One holder's part of a title: numerator / the title's denominator."""

    holder: str
    numerator: int


@dataclass(frozen=True)
class Entry:
    """What a registrar enters; `shares` ascend by holder and sum to `denominator`."""

    jurisdiction: str
    ref: str
    geometry_hash: str
    area_dm2: int
    grade: Grade
    denominator: int
    shares: tuple[Share, ...]
    source_hash: str = ZERO_HASH
    legal_date: int = 0  # YYYYMMDD, 0 when not recorded

    @property
    def title(self) -> str:
        """The id that the title will have on chain."""
        return title_id(self.jurisdiction, self.ref)


def check_jurisdiction(code: str) -> str:
    """Return an ISO 3166 code ("GB", "SE", "GB-SCT") unchanged, or raise Refused."""
    if not JURISDICTION.fullmatch(code):
        raise Refused("JurisdictionRefused", jurisdiction=code)
    return code


def jurisdiction_bytes(code: str) -> bytes:
    """The code as Solidity's bytes8: ASCII, left-aligned."""
    return check_jurisdiction(code).encode().ljust(8, b"\0")


def normalise_text(text: str) -> str:
    """Text trimmed and in Unicode's NFC, so that what looks equal is equal."""
    return unicodedata.normalize("NFC", text).strip()


def normalise_ref(ref: str) -> str:
    """A cadastral reference, normalised.

    Raises Refused when it is empty, over 100 bytes of UTF-8, or holds control or unpaired surrogate characters.
    """
    if ref.isascii() and ref.isprintable() and ref == ref.strip() and 1 <= len(ref) <= MAX_REF_BYTES:
        return ref  # nothing to be done; a register has a million of them
    normal = normalise_text(ref)
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in normal):
        raise Refused("ReferenceUnreadable", ref=ascii(ref)[:100])
    length = len(normal.encode())
    if not 1 <= length <= MAX_REF_BYTES:
        raise Refused("ReferenceRefused", length=length)
    return normal


def title_id(jurisdiction: str, ref: str) -> str:
    """keccak256(abi.encode(keccak256("Muniment.Title.v1"), jurisdiction, keccak256(bytes(ref))))."""
    return keccak_words(TITLE_DOMAIN, jurisdiction_bytes(jurisdiction), keccak(ref.encode()))


def whole_shares(parts: Iterable[tuple[str, Fraction]]) -> tuple[int, tuple[Share, ...]]:
    """Shares over their least common denominator, in ascending order of holder.

    Raises Refused when there are no holders, more than 32, one twice, a part that is not above 0, parts that do not
    sum to exactly 1, or a denominator beyond 64 bits.
    """
    given = sorted(parts)
    if not 1 <= len(given) <= MAX_HOLDERS:
        raise Refused("HoldersRefused", count=len(given))
    if len({holder for holder, _ in given}) < len(given):
        raise Refused("HolderTwice")
    if any(part <= 0 for _, part in given):
        raise Refused("ShareMissing")
    if sum(part for _, part in given) != 1:
        raise Refused("SharesNotWhole", sum=str(sum(part for _, part in given)), denominator=1)
    denominator = math.lcm(*(part.denominator for _, part in given))
    if denominator >= 1 << 64:
        raise Refused("SharesTooFine")
    return denominator, tuple(Share(holder, int(part * denominator)) for holder, part in given)


def entry_body(entry: Entry) -> dict[str, Any]:
    """An entry as the JSON body of a "land.register" intent."""
    return {
        "jurisdiction": entry.jurisdiction,
        "ref": entry.ref,
        "geometry_hash": entry.geometry_hash,
        "area_dm2": entry.area_dm2,
        "grade": int(entry.grade),
        "denominator": _json_int(entry.denominator),
        "shares": [{"holder": share.holder, "numerator": _json_int(share.numerator)} for share in entry.shares],
        "source_hash": entry.source_hash,
        "legal_date": entry.legal_date,
    }


def entry_of(body: Mapping[str, Any]) -> Entry:
    """The entry that an intent's body stands for: the inverse of `entry_body`."""
    return Entry(
        jurisdiction=body["jurisdiction"],
        ref=body["ref"],
        geometry_hash=body["geometry_hash"],
        area_dm2=int(body["area_dm2"]),
        grade=Grade(body["grade"]),
        denominator=int(body["denominator"]),
        shares=tuple(Share(share["holder"], int(share["numerator"])) for share in body["shares"]),
        source_hash=body["source_hash"],
        legal_date=body["legal_date"],
    )


def _json_int(value: int) -> int | str:
    """An integer as JSON keeps it exactly: decimal text beyond 53 bits (RFC 8785, section 3.2.2.3)."""
    return value if value < 1 << 53 else str(value)


def lien_id(lien: Mapping[str, Any]) -> str:
    """The id of a lien from its terms, as `ILienRegistry.Lien` has them."""
    amount = int(lien["amount"]).to_bytes(32, "big")
    kind = int(lien["kind"]).to_bytes(32, "big")
    return keccak_words(LIEN_DOMAIN, kind, lien["creditor"], amount, lien["currency"], lien["deedHash"])


def interest_id(interest: Mapping[str, Any]) -> str:
    """The id of a lease or an easement from its terms, as `ILienRegistry.Interest` has them."""
    kind, until = (int(interest[name]).to_bytes(32, "big") for name in ("kind", "until"))
    deed = interest["deedHash"]
    return keccak_words(INTEREST_DOMAIN, kind, interest["beneficiary"], interest["dominant"], until, deed)


def restriction_id(title: str, kind: RestrictionKind, by: str, source_hash: str) -> str:
    """keccak256(abi.encode(keccak256("Muniment.Restriction.v1"), title, kind, by, sourceHash))."""
    return keccak_words(RESTRICTION_DOMAIN, title, int(kind).to_bytes(32, "big"), by, source_hash)
