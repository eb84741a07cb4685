"""The pages' verifier against the published vectors, and against the service's own on mutated files."""

import base64
import hashlib
import json
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from muniment.documents.disclosing import disclose
from muniment.documents.facts import facts_json
from muniment.documents.model import Name
from muniment.documents.proof import written
from muniment.documents.verdict import Document, Trust, judge
from muniment.sentences import catalogue, sentence
from muniment.web.language import load_catalogue
from tests.dapp.node_process import NodeProcess
from tests.service.documents.stage import DIPLOMA, NOW, PDF_LIKE, STANDING, five
from tests.service.documents.test_vectors import Published
from tests.service.nodes import ROOT

FOLDER = ROOT / "tests" / "vectors" / "documents"
VERDICTS = ("genuine", "standing", "co-signed", "forgeries", "disclosures", "malformed")
MUTATIONS = 10_000 if os.environ.get("MUNIMENT_DEEP") else 500


def vectors(name: str) -> list[Any]:
    """The entries of a published file."""
    return list(json.loads((FOLDER / f"{name}.json").read_text()))


@pytest.fixture(scope="module")
def verifier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """The pages' verifier, built as the pages are."""
    started = NodeProcess("documents.mjs", tmp_path_factory.mktemp("verifier"))
    yield started
    started.close()


@pytest.mark.parametrize("name", VERDICTS)
def test_each_vector_gets_its_verdict(verifier: NodeProcess, name: str) -> None:
    """The pages must say of each published case what is written there, in the same sentence, at the same block."""
    for vector in vectors(name):
        said = verifier.ask("judge", **vector)
        found = (said["name"], said["variant"], said["asOf"])
        assert found == (vector["verdict"], vector["variant"], vector["asOf"]), vector["name"]
        assert vector["sentence"] in (None, said["sentence"]), vector["name"]


def test_content_hashes(verifier: NodeProcess) -> None:
    """A JSON text must have its published hash, or be refused."""
    for entry in vectors("contents"):
        said = verifier.ask("content", json=entry["json"], secretBytes=entry["secretBytes"])
        if entry.get("refused"):
            assert "refused" in said, entry
        else:
            assert said == entry["contentHash"], entry


def test_each_pdf_gets_its_verdict(verifier: NodeProcess) -> None:
    """A PDF that carries its proof must be judged by its original revision alone, without any other file."""
    for vector in vectors("pdfs"):
        asked = vector["question"]
        said = verifier.ask(
            "take",
            files=[["diploma.pdf", vector["file"]]],
            trust={"registries": [{"chainId": asked["chainId"], "address": asked["registry"]}], "issuers": None,
                   "maxAge": None},
            known=[{"question": asked, "facts": vector["facts"]}],
            otherwise={**vector["facts"], "anchor": None},
            now=vector["now"],
        )  # fmt: skip
        # Where nothing is a proof, the page asks for one before it says so.
        assert said.get("name") == vector["verdict"] or said.get("missing") == "proof", vector["name"]
        assert "missing" not in said or vector["verdict"] == Name.NOT_A_PROOF.value, vector["name"]


def test_each_storage_proof_gets_its_verdict(verifier: NodeProcess) -> None:
    """Storage proofs recorded from a node must lead to their verdict, with no node, also as files in any order."""
    for case in vectors("evidence"):
        said = verifier.ask("evidence", **case)
        assert said["name"] == case["verdict"], case["name"]
        held = case["checkpoint"]
        checkpoint = json.dumps({"format": "muniment-checkpoint-1", **held}).encode()
        trust = {"registries": [{"chainId": held["chainId"], "address": held["registry"]}], "issuers": None}
        files = [["day.json", encoded(checkpoint)], ["a.proof.json", case["proof"]], ["a", case["document"]]]
        dropped = verifier.ask("take", files=files, trust={**trust, "maxAge": case["maxAge"]}, now=case["now"])
        assert dropped == {key: value for key, value in said.items() if key != "sentence"}, case["name"]


FILE, JSON, *_ = five()
TRUSTED = {
    "registries": [{"chainId": FILE.leaf.chain_id, "address": FILE.leaf.registry}],
    "issuers": None,
    "maxAge": None,
}


def encoded(content: bytes | None) -> str | None:
    """Base64, as vectors have it."""
    return None if content is None else base64.b64encode(content).decode()


def test_a_disclosure_vouches_for_no_file_beside_it(verifier: NodeProcess) -> None:
    """The page must not name a file beside a VALID that is about the disclosure's own fields alone."""
    proof = encoded(written(disclose(DIPLOMA, JSON, ["/name"])))
    said = verifier.ask("named", files=[["forged.pdf", encoded(b"%PDF-")], ["a.proof.json", proof]])
    assert said == {"document": None, "proof": "a.proof.json"}


def mutated(chance: random.Random) -> dict[str, Any]:
    """A published case with bytes of its proof or document put, cut, repeated, turned round or taken from elsewhere."""
    vector = dict(chance.choice(GENUINE))
    pieces = {key: base64.b64decode(vector[key]) for key in ("document", "proof") if vector[key] is not None}
    for _ in range(chance.randint(1, 3)):
        which = "proof" if chance.random() < 0.75 or "document" not in pieces else "document"
        text = pieces[which]
        start = chance.randint(0, len(text))
        end = min(len(text), start + chance.choice((0, 1, 1, 2, 8, 66, 80)))
        other = base64.b64decode(chance.choice(GENUINE)["proof"])
        at = chance.randint(0, len(other))
        put = chance.choice([
            b"", text[start:end] * 2, text[start:end][::-1], chance.randbytes(4), other[at : at + 66],
            chance.choice([b"0", b"9", b"f", b'"', b"-", b",", b"\\u0061", b"\\ud800", b"1e3", b".0", b" ", b"{}",
                           b"[]", b"null", b'"a":1,', b"\xef\xbb\xbf", b"\xc3\x95", b"E"]),
        ])  # fmt: skip
        pieces[which] = text[:start] + put + text[end:]
    return {**vector, **{key: encoded(piece) for key, piece in pieces.items()}}


SMALL = 9_000  # characters of base64: a mutation should hit something that matters
GENUINE = [
    one
    for name in ("genuine", "standing", "disclosures", "co-signed")
    for one in vectors(name)
    if len(one["proof"]) < SMALL
]


def by_service(vector: dict[str, Any]) -> tuple[str, str]:
    """What the service's verifier says of a vector."""
    document, trust = vector["document"], vector["trust"]
    content = None if document is None else base64.b64decode(document)
    sha256 = None if content is None else "0x" + hashlib.sha256(content).hexdigest()
    trusted = Trust(
        frozenset((one["chainId"], one["address"]) for one in trust["registries"]),
        None if trust["issuers"] is None else frozenset(trust["issuers"]),
        trust["maxAge"],
    )
    proof = base64.b64decode(vector["proof"])
    verdict = judge(Document(sha256, content), proof, trusted, Published(vector), vector["now"])
    return verdict.name.value, verdict.arguments.get("variant", "")


def test_both_verifiers_agree_on_mutations(verifier: NodeProcess) -> None:
    """On mutated proofs and documents the page must say what the service says, and neither may fail."""
    chance = random.Random(3)  # the same mutations each time
    seen = set()
    for number in range(MUTATIONS):
        vector = mutated(chance)
        said = verifier.ask("judge", **vector)
        ours = by_service(vector)
        assert (said["name"], said["variant"]) == ours, (number, vector["proof"], vector["document"])
        seen.add(ours)
    assert {("NOT_A_PROOF", ""), ("ALTERED", ".content"), ("ALTERED", ".proof"), ("VALID", "")} <= seen


def test_the_page_says_what_the_service_says() -> None:
    """The English sentences of the page are those of the service, and so are the reasons of a revocation."""
    messages = load_catalogue()["en"].messages
    for key, text in catalogue("en").items():
        if key.startswith("Verdict.") and not key.endswith((".foreign", ".signature")):
            assert messages["verdict." + key.removeprefix("Verdict.")] == text
    for reason in (0, 1, 2, 3, 4, 5, 9, 10):
        said = sentence("Verdict.REVOKED", {"reason": reason, "time": NOW})
        assert said.endswith(f": {messages[f'reason.{reason}']}.")
    for name in Name:
        assert messages[f"verify.name.{name.value}"]
        assert messages[f"verify.means.{name.value}"]


@pytest.mark.parametrize("turned", [False, True])
def test_document_and_proof_in_any_order(verifier: NodeProcess, turned: bool) -> None:
    """Of two files the page must find out which one is the proof, even when its name does not tell."""
    leaf = FILE.leaf
    asked = {"chainId": leaf.chain_id, "registry": leaf.registry, "issuer": leaf.issuer, "root": FILE.root, "index": 0}
    known = [{"question": asked, "facts": facts_json(STANDING)}]
    for name in ("diploma.pdf.proof.json", "download (1)"):
        files = [["diploma.pdf", encoded(PDF_LIKE)], [name, encoded(written(FILE))]]
        said = verifier.ask(
            "take", files=files[:: -1 if turned else 1], trust=TRUSTED, known=known, otherwise=None, now=NOW
        )
        assert said["name"] == "VALID"


def test_what_is_missing(verifier: NodeProcess) -> None:
    """With one file of two the page must say which one it lacks, and with two of a kind that it cannot choose."""

    def missing(*files: tuple[str, bytes]) -> str | None:
        held = [[name, encoded(content)] for name, content in files]
        said = verifier.ask("take", files=held, trust=TRUSTED, known=[], otherwise=None, now=NOW)
        return said.get("missing")

    assert missing(("diploma.json", DIPLOMA)) == "proof"
    assert missing(("a", written(JSON))) == "document"
    assert missing(("a", PDF_LIKE), ("b", DIPLOMA)) == "choice"
    assert missing(("a.proof.json", written(JSON)), ("b.proof.json", written(FILE))) == "choice"
    assert missing(("a.proof.json", b"{"), ("b", PDF_LIKE)) is None


def test_nothing_is_trusted_by_name(verifier: NodeProcess) -> None:
    """A file called a proof that is none must be NOT_A_PROOF, alone or beside a document."""
    for files in ([["a.proof.json", encoded(b"{}")]], [["a.proof.json", encoded(b"{}")], ["b", encoded(PDF_LIKE)]]):
        said = verifier.ask("take", files=files, trust=TRUSTED, known=[], otherwise=None, now=NOW)
        assert said["name"] == "NOT_A_PROOF"
