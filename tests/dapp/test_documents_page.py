"""Somebody checks a document in the browser: one verdict, and the file stays where it is."""

import base64
import hashlib
import json
import os
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, Request, expect

from muniment.config import Settings
from muniment.db.engine import migrate, open_engine
from muniment.documents.content import hash_of_json
from muniment.documents.disclosing import disclose
from muniment.documents.issuing import Issuer, batch, draft
from muniment.documents.pdf import attach
from muniment.documents.proof import FileContent, JsonContent, Proof, written
from muniment.hashing import ZERO_HASH
from muniment.web.app import create_app
from tests.dapp.conftest import Watched, axe
from tests.dapp.wallet import Wallet
from tests.service.documents.registry import Registry, build
from tests.service.documents.stage import DIPLOMA, SECRET
from tests.service.nodes import ROOT, Node

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n44\n%%EOF\n"
EVIDENCE = ROOT / "tests" / "vectors" / "documents" / "evidence.json"
LARGE = 200 * 2**20  # bytes
LARGE_HASH = "0x" + hashlib.sha256(bytes(LARGE)).hexdigest() if os.environ.get("MUNIMENT_DEEP") else ZERO_HASH
LONGEST_PAUSE = 1_000  # ms in which the page may do nothing; hashing 200 MB on it would take many seconds
STATE, HEADING, RESULT = "#verify-state", "#verify-result h2", "#verify-result"


class ReadingWallet(Wallet):
    """A wallet that reads the chain for the page."""

    def _answer(self, method: str, params: list[Any]) -> Any:
        if method in ("eth_getBlockByNumber", "eth_getBlockByHash", "eth_getLogs"):
            return self.node.call(method, *params)
        return super()._answer(method, params)


@dataclass
class University:
    """A service whose agency issued a PDF, a JSON diploma, a revoked file and a large one; proofs in that order."""

    url: str
    registry: Registry
    proofs: tuple[Proof, ...]

    @property
    def node(self) -> Node:
        """The chain's node."""
        return self.registry.node


@pytest.fixture(scope="module")
def university(built: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[University]:
    """Issue four documents with one root, revoke one, and serve the pages."""
    folder = tmp_path_factory.mktemp("university")
    with Node() as node, socket.create_server(("127.0.0.1", 0)) as listener:
        registry = build(node)
        address = registry.deployment.contracts["DocumentRegistry"].address
        issuer = Issuer(registry.deployment.chain_id, address, registry.agency, ZERO_HASH, 0)
        drafts = [
            draft("0x" + hashlib.sha256(PDF).hexdigest(), FileContent()),
            draft(hash_of_json(DIPLOMA, SECRET), JsonContent(SECRET)),
            draft("0x" + hashlib.sha256(b"revoked").hexdigest(), FileContent()),
            draft(LARGE_HASH, FileContent()),
        ]
        proofs = batch(issuer, drafts).proofs
        registry.issue(proofs[0].root, len(proofs))
        registry.send(registry.registrar, "DocumentRegistry", "revoke", registry.agency, proofs[0].root, 2, 9)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = Settings(rpc_urls=(node.url,), database_url=f"sqlite:///{folder}/university.db", public_url=url)
        engine = open_engine(settings.database_url)
        migrate(engine)
        app = create_app(engine, registry.deployment, registry.rpc, settings)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False))
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        serving.start()
        try:
            yield University(url, registry, proofs)
        finally:
            server.should_exit = True
            serving.join()
            engine.dispose()


class Requests(list[Request]):
    """Every request of a page."""

    def bodies(self) -> list[str]:
        """Those that carry anything."""
        return [f"{request.method} {request.url}" for request in self if request.post_data_buffer]


@pytest.fixture
def sent() -> Requests:
    """Where the requests of `browser` are written down."""
    return Requests()


@pytest.fixture
def browser(chromium: Browser, university: University, sent: Requests) -> Iterator[Watched]:
    """A fresh context. The test fails when the browser complained, asked elsewhere, or sent anything at all."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1100, "height": 1400})
    context.on("request", lambda request: sent.append(request))
    watched = Watched(context, university)  # type: ignore[arg-type]  -- it needs only the address
    yield watched
    context.close()
    assert watched.complaints == []
    assert watched.elsewhere == []
    assert sent.bodies() == []


def choose(page: Page, *files: tuple[str, bytes]) -> None:
    """Choose files with the page's own control."""
    payload = [{"name": name, "mimeType": "application/octet-stream", "buffer": content} for name, content in files]
    page.locator("#verify-files").set_input_files(payload)  # type: ignore[arg-type]


def proof_of(proof: Proof, name: str = "diploma.pdf") -> tuple[str, bytes]:
    """A proof as a file."""
    return f"{name}.proof.json", written(proof)


def test_a_document_that_stands(university: University, browser: Watched, sent: Requests) -> None:
    """Document and proof give one verdict, which is announced and read out, and nothing of either is sent."""
    page = browser.open("/verify")
    assert axe(page) == []
    before = len(sent)
    choose(page, ("diploma.pdf", PDF), proof_of(university.proofs[0]))
    expect(page.locator(HEADING)).to_have_text("✓Valid")
    expect(page.locator(RESULT)).to_contain_text("The document is genuine, was issued by the agency ")
    expect(page.locator(RESULT)).to_contain_text(university.registry.agency)
    expect(page.locator(RESULT)).to_contain_text("as told by this server")
    assert page.locator(RESULT).get_attribute("aria-live") == "polite"
    assert page.evaluate("document.activeElement.tagName") == "H2"
    assert axe(page) == []
    asked = {request.url.removeprefix(university.url).partition("-")[0] for request in sent[before:]}
    question = f"/api/documents/{university.registry.agency}/{university.proofs[0].root}/0"
    assert asked == {"/static/assets/worker", "/api/deployment", question}


def test_an_altered_document(university: University, browser: Watched, sent: Requests) -> None:
    """A single changed byte is found by the browser alone: no chain is asked."""
    page = browser.open("/verify")
    choose(page, proof_of(university.proofs[0]), ("diploma.pdf", PDF.replace(b"44", b"45")))
    expect(page.locator(HEADING)).to_have_text("✗Altered")
    expect(page.locator(RESULT)).to_contain_text("no chain was asked")
    assert not any("/api/" in request.url for request in sent)
    assert axe(page) == []


def test_a_revoked_document(university: University, browser: Watched) -> None:
    """A revoked document is named with the reason."""
    page = browser.open("/verify")
    choose(page, ("a.txt", b"revoked"), proof_of(university.proofs[2], "a.txt"))
    expect(page.locator(HEADING)).to_have_text("✗Revoked")
    expect(page.locator(RESULT)).to_contain_text("the privilege was withdrawn")


def test_a_pdf_that_carries_its_proof(university: University, browser: Watched) -> None:
    """One file is enough when the proof is in it; a revision added later is noticed."""
    page = browser.open("/verify")
    carrying = attach(PDF, written(university.proofs[0]))
    choose(page, ("diploma.pdf", carrying))
    expect(page.locator(HEADING)).to_have_text("✓Valid")
    expect(page.locator(RESULT)).to_contain_text("inside the PDF")
    choose(page, ("diploma.pdf", carrying + b"1 0 obj<<>>endobj\nstartxref\n0\n%%EOF\n"))
    expect(page.locator(HEADING)).to_have_text("✗Altered")
    expect(page.locator(RESULT)).to_contain_text("trust nothing that it shows")


def test_fields_that_are_shown(university: University, browser: Watched) -> None:
    """A disclosure shows its fields once they are proven, as text, whatever stands in them."""
    page = browser.open("/verify")
    shown = disclose(DIPLOMA, university.proofs[1], ["/degree", "/name"])
    choose(page, ("fields.json", written(shown)))
    expect(page.locator(HEADING)).to_have_text("✓Valid")
    expect(page.locator("#verify-result table")).to_contain_text("/degree/title")
    expect(page.locator("#verify-result table")).to_contain_text('"Ada Õun"')
    assert "1990" not in page.locator(RESULT).inner_text()
    assert axe(page) == []


def test_one_after_the_other(university: University, browser: Watched) -> None:
    """Who chooses the document alone is asked for its proof, and the two are judged together; by keyboard alone."""
    page = browser.open("/verify")
    # From now on the browser tells of file choosers; told only then, it may hear of the key first, and open its own.
    page.on("filechooser", lambda _: None)
    choose(page, ("diploma.json", DIPLOMA))
    expect(page.locator(STATE)).to_have_text("diploma.json carries no proof. Now choose its proof file, too.")
    choose(page, proof_of(university.proofs[1], "diploma.json"))
    expect(page.locator(HEADING)).to_have_text("✓Valid")
    page.locator("#verify-files").focus()
    with page.expect_file_chooser():
        page.keyboard.press("Space")


def test_dropped_files(university: University, browser: Watched) -> None:
    """Files that are dropped on the zone are judged as those that are chosen."""
    page = browser.open("/verify")
    expect(page.locator("#verify-zone")).to_be_visible()
    page.evaluate(
        """([document_, proof]) => {
            const data = new DataTransfer();
            data.items.add(new File([document_], "diploma.pdf"));
            data.items.add(new File([proof], "diploma.pdf.proof.json"));
            document.getElementById("verify-zone").dispatchEvent(
                new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }""",
        [PDF.decode(), written(university.proofs[0]).decode()],
    )
    expect(page.locator(HEADING)).to_have_text("✓Valid")


@pytest.mark.parametrize(("index", "heading"), [(0, "✓Valid"), (2, "✗Revoked")])
def test_by_the_readers_own_wallet(university: University, browser: Watched, index: int, heading: str) -> None:
    """When the server lies about the chain, the reader's wallet tells the truth."""
    page = browser.open("/verify", ReadingWallet(university.node))
    page.route("**/api/documents/**", lambda route: route.fulfill(json={"facts": LIE}))
    choose(page, ("diploma.pdf", (PDF, b"", b"revoked")[index]), proof_of(university.proofs[index]))
    expect(page.locator(HEADING)).to_have_text("✗Never issued")
    page.get_by_role("button", name="Check with my wallet").click()
    page.get_by_role("dialog").get_by_role("button", name="Test wallet").click()
    expect(page.locator(HEADING)).to_have_text(heading)
    expect(page.locator(RESULT)).to_contain_text("which read the chain through your own wallet")
    assert axe(page) == []


def test_without_any_network(university: University, browser: Watched, sent: Requests) -> None:
    """With storage proofs and a checkpoint the browser judges alone, says as of when, and asks nobody."""
    case = next(one for one in json.loads(EVIDENCE.read_text()) if one["name"] == "stands")
    checkpoint = json.dumps({"format": "muniment-checkpoint-1", **case["checkpoint"]}).encode()
    proof, document = (base64.b64decode(case[key]) for key in ("proof", "document"))
    page = browser.open("/verify")
    choose(page, ("day.json", checkpoint), ("a.txt.proof.json", proof), ("a.txt", document))
    expect(page.locator(HEADING)).to_contain_text("Valid")
    expect(page.locator(RESULT)).to_contain_text(f"vouched for by {case['checkpoint']['name']}")
    assert not any("/api/" in request.url for request in sent)


LIE = {
    "asOf": {"number": 1, "hash": ZERO_HASH, "time": 1_720_000_000, "checkpoint": None}, "anchor": None, "keys": [],
    "parties": 0, "threshold": 1, "revoked": False, "held": False, "revocation": None, "successor": None,
}  # fmt: skip


@pytest.mark.parametrize("language", ["en", "et", "sv"])
def test_readable_without_scripts(university: University, chromium: Browser, language: str) -> None:
    """Without JavaScript the page says why it needs it and what to do instead, and offers no control that is dead."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{university.url}/verify?lang={language}")
    expect(page.get_by_text("muniment documents verify FILE")).to_be_visible()
    expect(page.locator("#verify-files")).to_be_hidden()
    expect(page.locator("tbody tr")).to_have_count(13)
    context.close()


@pytest.mark.parametrize("size", [320, 1280])
def test_no_sideways_scrolling(university: University, browser: Watched, size: int) -> None:
    """On a phone and on a desk the result fits the width."""
    page = browser.open("/verify")
    page.set_viewport_size({"width": size, "height": 900})
    choose(page, ("diploma.pdf", PDF), proof_of(university.proofs[0]))
    expect(page.locator(HEADING)).to_have_text("✓Valid")
    assert page.evaluate("document.documentElement.scrollWidth") <= size


@pytest.mark.skipif(not os.environ.get("MUNIMENT_DEEP"), reason="hashes 200 MB; set MUNIMENT_DEEP")
def test_a_large_file(university: University, browser: Watched, tmp_path: Path) -> None:
    """A file of 200 MB is judged while the page goes on answering, and its progress is shown."""
    large, proof = tmp_path / "large.bin", tmp_path / "large.bin.proof.json"
    with large.open("wb") as opened:
        opened.truncate(LARGE)
    proof.write_bytes(written(university.proofs[3]))
    page = browser.open("/verify")
    page.evaluate(
        """() => {
            window.longest = 0;
            let last = performance.now();
            setInterval(() => {
                window.longest = Math.max(window.longest, performance.now() - last);
                last = performance.now();
            }, 10);
        }"""
    )
    page.locator("#verify-files").set_input_files([large, proof])
    expect(page.locator("#verify-bar")).to_be_visible()
    expect(page.locator(HEADING)).to_have_text("✓Valid", timeout=120_000)
    assert page.evaluate("window.longest") < LONGEST_PAUSE
