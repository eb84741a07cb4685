"""A title of a register that moves in: its line in the published file, and its leaf in the tree.

Source: interfaces/land/ITitleMigration.sol, "The tree"; lines are RFC 8785 (JCS) objects, one title each.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak_bytes
from muniment.land.model import MAX_HOLDERS, TITLE_DOMAIN, Grade, Share, jurisdiction_bytes, normalise_ref

LEAF_DOMAIN: Final = keccak_bytes(b"Muniment.MigratedTitle.v1")
CONTENT_DOMAIN: Final = keccak_bytes(b"Muniment.MigratedContent.v1")
MAX_ENCUMBRANCES = 16  # liens on one title, and leases and easements, as LienRegistry has it
_HASH = re.compile("0x[0-9a-f]{64}")
_BEYOND = 1 << 64  # areas and numerators are uint64 on chain
# What reading a line that stands for no title ends with; an infinite number is an OverflowError.
_NO_TITLE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
_EXACT = 1 << 53  # from here on JSON numbers are not exact everywhere (RFC 8785, section 3.2.2.3)


def _word(value: int) -> bytes:
    return value.to_bytes(32, "big")


_TWO_WORDS, _SHARES_AT = _word(64), _word(9 * 32)


@dataclass(frozen=True, slots=True)
class MovedTitle:
    """A title as it stands in the register that moves in. Without shares it keeps a retired id, and all else is zero.

    Hashes and ids are 0x and 64 lower-case hex digits; liens are in rank order; area is in square decimetres.
    """

    ref: str
    geometry_hash: str
    area_dm2: int
    grade: Grade
    denominator: int
    shares: tuple[Share, ...]
    liens: tuple[str, ...] = ()
    interests: tuple[str, ...] = ()

    @classmethod
    def retired(cls, ref: str) -> "MovedTitle":
        """The id of a title that was divided or merged, so that it never returns."""
        return cls(ref, ZERO_HASH, 0, Grade.NONE, 0, ())


def check(title: MovedTitle) -> None:
    """Raise Refused for a title that could never be admitted: the rules of TitleRegistry.admit."""
    if normalise_ref(title.ref) != title.ref:
        raise Refused("ReferenceNotNormal", ref=title.ref)
    if not title.shares and title == MovedTitle.retired(title.ref):
        return
    hashes = (title.geometry_hash, *(share.holder for share in title.shares), *title.liens, *title.interests)
    whole = 0 < title.area_dm2 < _BEYOND and title.grade
    if not whole or ZERO_HASH in hashes or not all(map(_HASH.fullmatch, hashes)):
        raise Refused("MovedTitleIncomplete", ref=title.ref)
    holders = [share.holder for share in title.shares]
    if not 1 <= len(holders) <= MAX_HOLDERS:
        raise Refused("HoldersRefused", count=len(holders))
    if holders != sorted(set(holders)):
        raise Refused("HolderTwice")
    if any(share.numerator <= 0 for share in title.shares):
        raise Refused("ShareMissing")
    total = sum(share.numerator for share in title.shares)
    if total != title.denominator or (len(holders) == 1 and total != 1):
        raise Refused("SharesNotWhole", sum=str(total), denominator=title.denominator)
    if title.denominator >= _BEYOND:
        raise Refused("SharesTooFine")
    for ids in (title.liens, title.interests):
        if len(ids) > MAX_ENCUMBRANCES or len(set(ids)) < len(ids):
            raise Refused("MovedLiensRefused", ref=title.ref)


def ids_of(jurisdiction: str) -> bytes:
    """What every TitleId of a jurisdiction is hashed over, before the reference's hash."""
    return bytes.fromhex(TITLE_DOMAIN[2:]) + jurisdiction_bytes(jurisdiction).ljust(32, b"\0")


def reference_hash(ref: str) -> bytes:
    """keccak256 of the cadastral reference."""
    return keccak_bytes(ref.encode())


def content_hash(jurisdiction: bytes, title: bytes, moved: MovedTitle) -> bytes:
    """keccak256(abi.encode(CONTENT_DOMAIN, MigratedTitle)), with the ABI's layout written out: it runs a million times.

    `jurisdiction` is the word of the code, `title` the id.
    """
    shares = moved.shares
    liens_at = 10 * 32 + 64 * len(shares)
    return keccak_bytes(
        b"".join(
            (
                CONTENT_DOMAIN,
                _TWO_WORDS,
                title,
                jurisdiction,
                bytes.fromhex(moved.geometry_hash[2:]),
                moved.area_dm2.to_bytes(32, "big"),
                int(moved.grade).to_bytes(32, "big"),
                moved.denominator.to_bytes(32, "big"),
                _SHARES_AT,
                liens_at.to_bytes(32, "big"),
                (liens_at + 32 + 32 * len(moved.liens)).to_bytes(32, "big"),
                len(shares).to_bytes(32, "big"),
                *(bytes.fromhex(share.holder[2:]) + share.numerator.to_bytes(32, "big") for share in shares),
                _ids(moved.liens),
                _ids(moved.interests),
            )
        )
    )


def leaf_hash(title: bytes, next_title: bytes, content: bytes) -> bytes:
    """keccak256(keccak256(abi.encode(LEAF_DOMAIN, title, next, content)))."""
    return keccak_bytes(keccak_bytes(LEAF_DOMAIN + title + next_title + content))


def line_of(moved: MovedTitle) -> bytes:
    """A title's line in the published file, its line feed included; RFC 8785 written out, for speed."""
    shares = ",".join([f'["{share.holder}",{_exact(share.numerator)}]' for share in moved.shares])
    return (
        f'{{"area_dm2":{_exact(moved.area_dm2)},"denominator":{_exact(moved.denominator)},'
        f'"geometry_hash":"{moved.geometry_hash}","grade":{int(moved.grade)},"interests":[{_quoted(moved.interests)}],'
        f'"liens":[{_quoted(moved.liens)}],"ref":{json.dumps(moved.ref, ensure_ascii=False)},"shares":[{shares}]}}\n'
    ).encode()


def title_of(line: bytes) -> MovedTitle:
    """The title that a line stands for: the inverse of `line_of`. Raises Refused when it is no such line."""
    try:
        moved = _moved(json.loads(line))
        canonical = line_of(moved) == line
    except _NO_TITLE as error:
        raise _unreadable(line) from error
    if not canonical:
        raise _unreadable(line)
    return moved


def title_as_given(line: bytes) -> MovedTitle:
    """A title as an agency's export has it: the same members, in any order and spacing, its holders in any order.

    Raises Refused when they are not all there, or could never be admitted.
    """
    try:
        moved = _moved(json.loads(line))
        moved = replace(moved, shares=tuple(sorted(moved.shares)))
        check(moved)
    except _NO_TITLE as error:
        raise _unreadable(line) from error
    return moved


def _moved(read: Mapping[str, Any]) -> MovedTitle:
    if not isinstance(read["ref"], str):
        raise TypeError(read["ref"])
    return MovedTitle(
        read["ref"],
        read["geometry_hash"],
        int(read["area_dm2"]),
        Grade(read["grade"]),
        int(read["denominator"]),
        tuple(Share(holder, int(numerator)) for holder, numerator in read["shares"]),
        tuple(read["liens"]),
        tuple(read["interests"]),
    )


def _unreadable(line: bytes) -> Refused:
    return Refused("LeafLineUnreadable", line=line[:100].decode("utf-8", "backslashreplace"))


def _ids(ids: tuple[str, ...]) -> bytes:
    return len(ids).to_bytes(32, "big") + b"".join(bytes.fromhex(one[2:]) for one in ids)


def _quoted(ids: tuple[str, ...]) -> str:
    return ",".join([f'"{one}"' for one in ids])


def _exact(value: int) -> str:
    return str(value) if value < _EXACT else f'"{value}"'
