"""A title on paper: whole, the same for the same state, and ready to be signed."""

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from fastapi.testclient import TestClient
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from sqlalchemy import Engine, delete, insert, update

from muniment.db import schema
from muniment.db.engine import reading, writing
from muniment.hashing import keccak
from muniment.web.extract.folio import extract
from muniment.web.extract.pdf import ATTACHED, pdf_of
from muniment.web.extract.sheet import Sheets
from muniment.web.site import Site
from tests.service.land.burdened import BANK, BLOCK, burden
from tests.service.web.conftest import HOSTILE, LONGEST, NOW, REFS, title_of


@pytest.fixture
def heavy(web: TestClient, database: Engine) -> str:
    """A title on which everything weighs that can."""
    with writing(database) as connection:
        burden(connection, title_of(REFS[0]), title_of(REFS[3]))
    return title_of(REFS[0])


def printed(web: TestClient, title: str) -> bytes:
    """The extract, as the API gives it."""
    site: Site = web.app.state.site  # type: ignore[attr-defined]
    with site.reading() as connection:
        return pdf_of(extract(connection, site.deployment, title, "https://register.example"))


def attached(made: bytes) -> dict[str, Any]:
    """The JSON that the extract carries."""
    root = PdfFileReader(io.BytesIO(made)).root
    (name, named) = root["/Names"]["/EmbeddedFiles"]["/Names"]
    spec = named.get_object()
    assert (name, spec["/AFRelationship"]) == (ATTACHED, "/Data")
    assert len(root["/AF"]) == 1
    read: dict[str, Any] = json.loads(spec["/EF"]["/F"].data)
    return read


def pages(made: bytes) -> int:
    """How many pages it has."""
    return int(PdfFileReader(io.BytesIO(made)).root["/Pages"]["/Count"])


def test_what_it_is(web: TestClient, heavy: str) -> None:
    """Must be PDF 1.7 of at most two pages, whose date is the block's and not today's."""
    response = web.get(f"/api/titles/{heavy}/extract.pdf")
    assert response.headers["content-type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-1.7")
    assert pages(response.content) == 2
    assert pages(printed(web, title_of(REFS[3]))) == 1
    info = PdfFileReader(io.BytesIO(response.content)).trailer_view["/Info"]
    made_at = datetime.fromtimestamp(NOW - 10, UTC)
    assert f"{made_at:D:%Y%m%d%H%M%S}" in str(info["/CreationDate"])
    assert REFS[0] in str(info["/Title"])


def test_the_same_state_gives_the_same_bytes(web: TestClient, database: Engine, heavy: str) -> None:
    """Must not depend on when it was asked for, nor on what was printed before; another state gives other bytes."""
    before = printed(web, heavy)
    printed(web, title_of(HOSTILE))
    assert printed(web, heavy) == before
    with writing(database) as connection:
        connection.execute(update(schema.titles).where(schema.titles.c.title == heavy).values(area_dm2=1))
    assert printed(web, heavy) != before


def test_what_it_carries(web: TestClient, heavy: str) -> None:
    """The file within must say what the API says, name the block, and each event's transaction."""
    carried = attached(printed(web, heavy))
    alone = web.get(f"/api/titles/{heavy}/ladm").json()
    assert carried["title"]["LA_RRR"] == alone["LA_RRR"]
    assert (carried["as_of"]["number"], carried["as_of"]["hash"]) == (100, keccak(b"100"))
    assert carried["page"] == f"https://register.example/titles/{heavy}"
    assert [event["tx_hash"] for event in carried["events"]] == [keccak(REFS[0].encode())]
    assert carried["events_in_all"] == 1
    assert BANK in json.dumps(carried)


def test_it_can_be_signed(web: TestClient, heavy: str) -> None:
    """PyHanko must be able to add a signature as an update, which holds, and leaves the original a prefix."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Land registry")])
    now = datetime.now(UTC)
    usage = x509.KeyUsage(True, True, *[False] * 7)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(1), now + timedelta(9))
    cert = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    kept = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, kept)
    known = next(iter(load_certs_from_pemder_data(cert.public_bytes(serialization.Encoding.PEM))))
    signer = signers.SimpleSigner(known, load_private_key_from_pemder_data(pem, None), None)
    original = printed(web, heavy)
    out = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(original))
    signers.sign_pdf(writer, signers.PdfSignatureMetadata(field_name="Registrar"), signer, output=out)
    signed = out.getvalue()
    assert signed.startswith(original)
    (signature,) = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    assert validate_pdf_signature(signature, ValidationContext(trust_roots=[known])).bottom_line
    assert attached(signed) == attached(original)


@pytest.mark.parametrize("ref", [HOSTILE, LONGEST, "2%_"])
def test_any_reference(web: TestClient, ref: str) -> None:
    """Must be printed, whatever the reference."""
    assert pages(printed(web, title_of(ref))) == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Gävle Õun 1:1", "Gävle Õun 1:1"),
        ("Київ, Зелена 5; Αθήνα", "Київ, Зелена 5; Αθήνα"),
        ("日\u202e\x00\U0001f3e0\n", "\\u{65e5}\\u{202e}\\u{0}\\u{1f3e0}\\u{a}"),
    ],
)
def test_letters(text: str, shown: str) -> None:
    """Latin, Greek and Cyrillic must be printed as they are; what cannot be, as its number."""
    sheets = Sheets("x", 0, lambda _sheets, _page: None)
    assert sheets.shown(text) == shown
    sheets.write(text * 50)
    assert sheets.finish().endswith(b"%%EOF\n")


def crowd(database: Engine, title: str) -> None:
    """32 holders and 200 events."""
    with writing(database) as connection:
        connection.execute(delete(schema.shares).where(schema.shares.c.title == title))
        for place in range(32):
            row = {"title": title, "holder": keccak(bytes([place])), "place": place, "numerator": 1}
            connection.execute(insert(schema.shares).values(**row, **BLOCK))
        for at in range(200):
            row = {
                "log_index": 100 + at,
                "time": NOW,
                "tx_hash": keccak(bytes([at])),
                "contract": "C",
                "name": "E" * 40,
            }
            connection.execute(insert(schema.events).values(**row, **BLOCK, subject=title, arguments="{}"))


def test_a_crowded_title(web: TestClient, database: Engine, heavy: str) -> None:
    """Many holders and a long history must be printed on more sheets, the oldest events left to the page."""
    crowd(database, heavy)
    made = printed(web, heavy)
    assert pages(made) <= 3
    assert len(attached(made)["events"]) == 200


@pytest.mark.parametrize(
    "canonical",
    [
        '{"coordinates":[[[17,60],[17.001,60],[17.001,60.001],[17,60]]],"type":"Polygon"}',
        '{"coordinates":[[[[17,60],[17.01,60],[17.01,60.01],[17,60]],[[17.005,60.001],[17.006,60.002],[17.006,60.001],'
        '[17.005,60.001]]],[[[18,60],[18.1,60],[18.1,60.1],[18,60]]]],"type":"MultiPolygon"}',
        '{"coordinates":[[[17,60],[17.0000001,60],[17.0000001,60.0000001],[17,60]]],"type":"Polygon"}',
    ],
)
def test_any_parcel(web: TestClient, database: Engine, canonical: str) -> None:
    """Holes, several parts, and a speck of land must all be drawn."""
    title, name = title_of(REFS[0]), keccak(canonical.encode())
    with writing(database) as connection:
        box = {"west": 170000000, "south": 600000000, "east": 180000000, "north": 601000000}
        connection.execute(insert(schema.geometries).values(geometry_hash=name, canonical=canonical, **box))
        connection.execute(update(schema.titles).where(schema.titles.c.title == title).values(geometry_hash=name))
    assert pages(printed(web, title)) == 1


def test_without_geometry_or_holders(web: TestClient, database: Engine) -> None:
    """A title that has ended, whose geometry is not published, must still be printed."""
    title = title_of(REFS[0])
    with writing(database) as connection:
        connection.execute(delete(schema.shares).where(schema.shares.c.title == title))
        ended = {"retired_at": NOW, "retired_by": "merger", "geometry_hash": keccak(b"gone")}
        connection.execute(update(schema.titles).where(schema.titles.c.title == title).values(**ended))
    made = printed(web, title)
    assert attached(made)["title"]["LA_BAUnit"]["endLifespanVersion"] is not None


def test_refusals(web: TestClient) -> None:
    """Unknown titles must be told as such, and a flood be held back."""
    assert web.get(f"/api/titles/{keccak(b'unknown')}/extract.pdf").status_code == 404
    assert web.get("/api/titles/0x12/extract.pdf").status_code == 422
    answers = [web.get(f"/api/titles/{keccak(b'unknown')}/extract.pdf").status_code for _ in range(40)]
    assert answers[-1] == 429


def test_nothing_was_read(empty: TestClient, database: Engine) -> None:
    """Before the first block there must be no extract."""
    with reading(database) as connection:
        assert connection is not None
    assert empty.get(f"/api/titles/{title_of(REFS[0])}/extract.pdf").status_code == 404
