r"""Carry a proof inside the PDF that it proves, after the original's last byte.

A reader shows what the last revision of a PDF says, so whoever may add objects to a file may change what it shows.
This update adds none: it is comment lines (ISO 32000-2, 7.2.4) and the original's own `startxref` once more, so that
every reader shows the original revision, and its form can be checked byte by byte with no PDF parser:

    original ‖ "\\n%Muniment-Proof-1 " length "\\n" ‖ ("%" base64 "\\n")* ‖ "startxref\\n" offset "\\n%%EOF\\n"

`length` is the original's, in decimal; `offset` the number of its last `startxref`. Anything after that, or anything
else between, makes the file ALTERED.
"""

import base64
import io
import re
from dataclasses import dataclass
from typing import BinaryIO

from muniment.documents.proof import LARGEST
from muniment.errors import Refused

MARK = b"\n%Muniment-Proof-1 "
_LINE = 76  # base64 characters; RFC 2045's length
_TAIL = LARGEST // 3 * 4 + LARGEST // 16  # bytes from the end in which the mark can lie: the longest proof's lines
_NEAR_END = 2048  # bytes in which readers look for startxref, generously
_STARTXREF = re.compile(rb"startxref[ \t\r\n]+([0-9]{1,12})[ \t\r\n]+%%EOF")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_UPDATE = re.compile(
    re.escape(MARK) + rb"([1-9][0-9]{0,14})\n((?:%[A-Za-z0-9+/]{1,76}={0,2}\n)++)startxref\n([0-9]{1,12})\n%%EOF\n"
)


class PdfAltered(ValueError):
    """A PDF bears the mark of a proof, but is not just an original with its proof."""


@dataclass(frozen=True)
class Carried:
    """A proof file's bytes, and how many bytes of the PDF before it are the original."""

    proof: bytes
    length: int


def attach(original: bytes, proof: bytes) -> bytes:
    """The PDF with its proof. Raises Refused when it is no PDF, or carries one already."""
    offset = _last_startxref(original[-_NEAR_END:])
    if not original.startswith(b"%PDF-") or offset is None:
        raise Refused("PdfRefused")
    if MARK in original[-_TAIL:]:
        raise Refused("PdfCarriesProof")
    encoded = base64.b64encode(proof)
    lines = b"".join(b"%" + encoded[at : at + _LINE] + b"\n" for at in range(0, len(encoded), _LINE))
    return original + MARK + str(len(original)).encode() + b"\n" + lines + b"startxref\n" + offset + b"\n%%EOF\n"


def carried(opened: BinaryIO) -> Carried | None:
    """The proof that a file carries, or None when it is no PDF or bears no mark. Raises PdfAltered."""
    opened.seek(0)
    if opened.read(5) != b"%PDF-":
        return None
    size = opened.seek(0, io.SEEK_END)
    start = opened.seek(max(0, size - _TAIL))
    tail = opened.read()
    at = tail.rfind(MARK)
    if at < 0:
        return None
    found = _UPDATE.fullmatch(tail[at:])
    if found is None or int(found[1]) != start + at:
        raise PdfAltered("its proof is not the last thing in it")
    opened.seek(max(0, start + at - _NEAR_END))
    if found[3] != _last_startxref(opened.read(min(_NEAR_END, start + at))):
        raise PdfAltered("its update points elsewhere than the original does")
    encoded = found[2].removeprefix(b"%").removesuffix(b"\n").replace(b"\n%", b"")
    if len(encoded) % 4 or not _BASE64.fullmatch(encoded):  # b64decode forgives padding that is too long
        raise PdfAltered("its proof cannot be read")
    return Carried(base64.b64decode(encoded), start + at)


def _last_startxref(ending: bytes) -> bytes | None:
    found = _STARTXREF.findall(ending)
    return found[-1] if found else None
