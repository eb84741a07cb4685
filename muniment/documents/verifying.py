"""A file on disk, and perhaps its proof, to one verdict."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from muniment.documents.facts import Source
from muniment.documents.gathering import PROOF_SUFFIX
from muniment.documents.interop import eas, open_attestation
from muniment.documents.model import Name
from muniment.documents.pdf import PdfAltered, carried
from muniment.documents.proof import LARGEST, Disclosure, JsonContent, Proof, ProofRefused, of_json, read
from muniment.documents.strict import JsonRefused, parse
from muniment.documents.verdict import Document, Trust, Verdict, judge_proof

_CHUNK = 2**20


def judge_path(
    path: Path, proof_path: Path | None, trust: Trust, sources: Callable[[Proof], Source], now: int
) -> Verdict:
    """The verdict on a file. Raises OSError when it cannot be read.

    The proof is the one named; else the one that the PDF carries; else the one beside it, FILE.proof.json; else the
    file itself: a disclosure, an OpenAttestation v2 file, an EAS off-chain attestation. `sources` gives the source to
    ask for a proof.
    """
    beside = path.with_name(path.name + PROOF_SUFFIX)
    try:
        with path.open("rb") as opened:
            inside = None if proof_path else carried(opened)
            if inside is not None:
                proof = read(inside.proof)
                if isinstance(proof.content, Disclosure):  # it vouches for its fields, not for the pages around it
                    return Verdict(Name.ALTERED, {"variant": ".pdf"})
                return judge_proof(_document(opened, proof, inside.length), proof, trust, sources(proof), now)
            if proof_path is None and not beside.exists():
                return _alone(opened, trust, sources, now)
            proof = read(_bounded(proof_path or beside))
            return judge_proof(_document(opened, proof), proof, trust, sources(proof), now)
    except ProofRefused as error:
        return Verdict(Name.NOT_A_PROOF, {"reason": str(error)})
    except PdfAltered:
        return Verdict(Name.ALTERED, {"variant": ".pdf"})


def proof_of(path: Path, proof_path: Path | None) -> Proof:
    """The proof that `judge_path` would use. Raises ProofRefused, PdfAltered, OSError."""
    if proof_path is None:
        with path.open("rb") as opened:
            inside = carried(opened)
        if inside is not None:
            return read(inside.proof)
        beside = path.with_name(path.name + PROOF_SUFFIX)
        proof_path = beside if beside.exists() else path
    return read(_bounded(proof_path))


def _bounded(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(LARGEST + 1)


def _alone(opened: BinaryIO, trust: Trust, sources: Callable[[Proof], Source], now: int) -> Verdict:
    """The verdict on a file with no proof beside it: a disclosure, or another system's signed file."""
    opened.seek(0)
    content = opened.read(LARGEST + 1)
    try:
        value = parse(content)
    except JsonRefused:
        return Verdict(Name.NOT_A_PROOF, {"reason": "none is in the file or beside it"})
    if open_attestation.recognised(value):
        return open_attestation.judge(value, trust.issuers)
    if eas.recognised(value):
        return eas.judge(value, trust.issuers, now)
    proof = of_json(value)
    return judge_proof(Document(), proof, trust, sources(proof), now)


def _document(opened: BinaryIO, proof: Proof, length: int | None = None) -> Document:
    """What the proof asks of the document: nothing for a disclosure, the bytes for JSON, SHA-256 for a file."""
    if isinstance(proof.content, Disclosure):
        return Document()
    opened.seek(0)
    if isinstance(proof.content, JsonContent):
        return Document(content=opened.read(LARGEST + 1) if length is None else opened.read(length))
    digest = hashlib.sha256()
    left = length
    while chunk := opened.read(_CHUNK if left is None else min(_CHUNK, left)):
        digest.update(chunk)
        left = None if left is None else left - len(chunk)
    return Document(sha256="0x" + digest.hexdigest())
