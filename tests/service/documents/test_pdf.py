"""PDFs that carry their proof."""

import hashlib
import io
from pathlib import Path

import pytest

from muniment.documents.content import hash_of_json
from muniment.documents.disclosing import disclose
from muniment.documents.facts import Source
from muniment.documents.model import Name
from muniment.documents.pdf import MARK, Carried, PdfAltered, attach, carried
from muniment.documents.proof import FileContent, JsonContent, Proof, written
from muniment.documents.verifying import judge_path
from muniment.errors import Refused
from tests.service.documents.stage import NOW, STANDING, TRUST, Stated, issued, question


def made_pdf() -> bytes:
    """A page that says nothing, written by pyHanko."""
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter

    writer = PdfFileWriter()
    stream = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
    writer.insert_page(PageObject(contents=stream, media_box=(0, 0, 100, 100)))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


PDF = made_pdf()
PROOF = issued([("0x" + hashlib.sha256(PDF).hexdigest(), FileContent())])[0]
CARRYING = attach(PDF, written(PROOF))


def verdict(path: Path) -> Name:
    """The verdict on a file, when the chain says that its root stands."""

    def sources(proof: Proof) -> Source:
        return Stated({question(proof): STANDING})

    return judge_path(path, None, TRUST, sources, NOW).name


def test_the_original_is_an_untouched_prefix() -> None:
    """Attaching must change no byte of the original, and extracting give it and the proof back."""
    assert CARRYING.startswith(PDF)
    assert carried(io.BytesIO(CARRYING)) == Carried(written(PROOF), len(PDF))
    assert carried(io.BytesIO(PDF)) is None


def test_a_reader_shows_the_original() -> None:
    """Another PDF reader must open the file, and see the same last revision as in the original."""
    from pyhanko.pdf_utils.reader import PdfFileReader

    before, after = PdfFileReader(io.BytesIO(PDF)), PdfFileReader(io.BytesIO(CARRYING))
    assert after.last_startxref == before.last_startxref
    assert after.root["/Pages"]["/Count"] == 1


def test_a_pdf_is_verified_alone(tmp_path: Path) -> None:
    """A PDF with its proof inside must need nothing beside it."""
    path = tmp_path / "a.pdf"
    path.write_bytes(CARRYING)
    assert verdict(path) is Name.VALID


SHADOW = b"1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 0\ntrailer\n<< >>\nstartxref\n9\n%%EOF\n"


@pytest.mark.parametrize(
    "forged",
    [
        CARRYING + SHADOW,
        CARRYING + b"\n",
        CARRYING[:-1],
        PDF + SHADOW + CARRYING[len(PDF) :],
        attach(PDF + SHADOW, written(PROOF)),
        CARRYING.replace(b"\nstartxref\n", b"\nstartxref\n1", 2),
        CARRYING.replace(MARK, SHADOW + MARK),
        CARRYING.replace(MARK + str(len(PDF)).encode(), MARK + b"7"),
        CARRYING[: len(PDF)].replace(b"BT ET", b"BT  T") + CARRYING[len(PDF) :],
        CARRYING + CARRYING[len(PDF) :],
    ],
)
def test_shadow_revisions_are_altered(forged: bytes, tmp_path: Path) -> None:
    """Whatever is added before, within or after the proof must make the file ALTERED."""
    assert forged != CARRYING
    path = tmp_path / "a.pdf"
    path.write_bytes(forged)
    assert verdict(path) is Name.ALTERED


def test_bad_base64_is_altered() -> None:
    """A proof that cannot be decoded must be refused, not guessed at."""
    cut = CARRYING.index(MARK) + len(MARK)
    line = CARRYING.index(b"%", cut)
    with pytest.raises(PdfAltered):
        carried(io.BytesIO(CARRYING[: line + 1] + b"A" + CARRYING[line + 1 :]))


@pytest.mark.parametrize("surplus", [b"=", b"==", b"QQ==="])
def test_surplus_padding_is_altered(surplus: bytes) -> None:
    """A proof must have one reading: the pages refuse padding that is longer than it should be."""
    end = CARRYING.rindex(b"\nstartxref\n")
    with pytest.raises(PdfAltered):
        carried(io.BytesIO(CARRYING[:end] + surplus + CARRYING[end:]))


def test_a_disclosure_vouches_for_no_pages(tmp_path: Path) -> None:
    """Whoever holds a genuine disclosure must not get VALID for a PDF of his own with it inside."""
    secret = "0x" + "5" * 64
    document = b'{"name":"Ada"}'
    genuine = issued([(hash_of_json(document, secret), JsonContent(secret))])[0]
    path = tmp_path / "a.pdf"
    path.write_bytes(attach(PDF, written(disclose(document, genuine, ["/name"]))))
    assert verdict(path) is Name.ALTERED


def test_what_is_no_pdf_takes_no_proof() -> None:
    """Only a PDF with an end can take a proof, and only one."""
    for refused in (b"text", b"%PDF-1.7 no end", CARRYING):
        with pytest.raises(Refused):
            attach(refused, b"{}")
