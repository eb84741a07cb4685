"""The published vectors, which the browser's verifier is held to as well."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from muniment.documents.content import hash_of_json
from muniment.documents.facts import Facts, Question, facts_of
from muniment.documents.model import Name
from muniment.documents.offline import Checkpoint, EvidenceSource
from muniment.documents.proof import Proof, read, written
from muniment.documents.strict import JsonRefused
from muniment.documents.verdict import Document, Trust, judge, judge_proof
from tests.service.documents import make_vectors
from tests.service.documents.stage import DIPLOMA, NOW, PDF_LIKE, TRUST, Stated, five, question, sha256

FOLDER = Path(__file__).resolve().parents[2] / "vectors" / "documents"
EXAMPLES = 10_000 if os.environ.get("MUNIMENT_DEEP") else 300


class Published:
    """The source of a vector: what it knows, and what it answers to every other question."""

    def __init__(self, vector: dict[str, Any]) -> None:
        self.vector = vector

    def facts(self, asked: Question) -> Facts | None:
        """As docs/documents.md says of `known` and `otherwise`."""
        for known in self.vector["known"]:
            put = known["question"]
            if asked == Question(put["chainId"], put["registry"], put["issuer"], put["root"], put["index"]):
                return None if known["facts"] is None else facts_of(known["facts"])
        return facts_of(self.vector["otherwise"])


def judged(name: str) -> list[Any]:
    """The vectors of a file as test parameters."""
    return [pytest.param(vector, id=vector["name"]) for vector in json.loads((FOLDER / f"{name}.json").read_text())]


ALL = [
    one
    for name in ("genuine", "standing", "co-signed", "forgeries", "disclosures", "malformed")
    for one in judged(name)
]


@pytest.mark.parametrize("vector", ALL)
def test_each_vector_gets_its_verdict(vector: dict[str, Any]) -> None:
    """The verifier must say of each published case what is written there, and in the same sentence."""
    content = None if vector["document"] is None else base64.b64decode(vector["document"])
    trust = Trust(
        frozenset((one["chainId"], one["address"]) for one in vector["trust"]["registries"]),
        None if vector["trust"]["issuers"] is None else frozenset(vector["trust"]["issuers"]),
        vector["trust"]["maxAge"],
    )
    document = Document(None if content is None else sha256(content), content)
    verdict = judge(document, base64.b64decode(vector["proof"]), trust, Published(vector), vector["now"])
    assert (verdict.name.value, verdict.arguments.get("variant", "")) == (vector["verdict"], vector["variant"])
    assert vector["sentence"] in (None, verdict.sentence)


def test_every_verdict_has_a_vector() -> None:
    """No verdict may go unpublished."""
    assert {one.values[0]["verdict"] for one in ALL} == {name.value for name in Name}


def test_the_vectors_are_what_the_generator_writes() -> None:
    """A vector must not be edited by hand."""
    for name, text in make_vectors.files().items():
        assert (FOLDER / name).read_text() == text, name


@pytest.mark.parametrize("entry", json.loads((FOLDER / "contents.json").read_text()))
def test_content_hashes(entry: dict[str, Any]) -> None:
    """A JSON text must have its published hash, or be refused."""
    text = base64.b64decode(entry["json"])
    if entry.get("refused"):
        with pytest.raises(JsonRefused):
            hash_of_json(text, entry["secretBytes"])
    else:
        assert hash_of_json(text, entry["secretBytes"]) == entry["contentHash"]


FILE, JSON, *_ = five()
KNOWN = Stated(
    {question(proof): facts for proof, facts in ((FILE, make_vectors.STANDING), (JSON, make_vectors.STANDING))}
)


def judged_as(content: bytes, proof: bytes) -> Name:
    """The verdict on bytes that may be anything."""
    return judge(Document(sha256(content), content), proof, TRUST, KNOWN, NOW).name


def same_meaning(given: bytes, genuine: Proof) -> bool:
    """Whether a proof file says the same as the genuine one, but for what only helps to look things up."""
    held = read(given)
    return (held.leaf, held.salt, held.content, held.siblings, held.root) == (
        genuine.leaf, genuine.salt, genuine.content, genuine.siblings, genuine.root,
    )  # fmt: skip


@st.composite
def mutations(draw: Any) -> tuple[bytes, bytes, Proof, bytes]:
    """A genuine document and proof with bytes replaced, cut, repeated or swapped in either."""
    proof, content = draw(st.sampled_from([(FILE, PDF_LIKE), (JSON, DIPLOMA)]))
    pieces = [written(proof), content]
    for _ in range(draw(st.integers(1, 3))):
        which = draw(st.integers(0, 3)) == 3  # one in four changes the document
        text = pieces[which]
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 80)))
        what = draw(st.sampled_from(["put", "cut", "repeat", "swap", "digit"]))
        if what == "put":
            text = text[:start] + draw(st.binary(max_size=8)) + text[end:]
        elif what == "cut":
            text = text[:start] + text[end:]
        elif what == "repeat":
            text = text[:end] + text[start:end] + text[end:]
        elif what == "swap":
            text = text[:start] + text[start:end][::-1] + text[end:]
        elif start < len(text):
            text = text[:start] + draw(st.sampled_from([b"0", b"1", b"9", b"a", b"f", b'"', b"-"])) + text[start + 1 :]
        pieces[which] = text
    return pieces[0], pieces[1], proof, content


@settings(max_examples=EXAMPLES)
@given(mutations())
def test_no_mutation_crashes_or_passes(mutated: tuple[bytes, bytes, Proof, bytes]) -> None:
    """A changed proof or document must never raise, and may be VALID only if it still means the same."""
    proof, content, genuine, original = mutated
    if judged_as(content, proof) in (Name.VALID, Name.VALID_ISSUED_BEFORE_KEY_RETIRED):
        assert same_meaning(proof, genuine)
        assert content == original or json.loads(content) == json.loads(original)


values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=EXAMPLES)
@given(st.data())
def test_no_value_in_a_proof_crashes(data: Any) -> None:
    """Whatever JSON value stands in whatever place of a proof, there must be a verdict, and not VALID."""
    value = make_vectors.to_json(JSON)
    place = data.draw(
        st.sampled_from([*((key,) for key in value), *(("leaf", key) for key in value["leaf"]), ("content", "secret")])
    )
    held = value
    for key in place[:-1]:
        held = held[key]
    was = held[place[-1]]
    held[place[-1]] = data.draw(values)
    proof = json.dumps(value).encode("utf-8", "surrogatepass")
    verdict = judged_as(DIPLOMA, proof)
    assert verdict is not Name.VALID or held[place[-1]] == was


@pytest.mark.parametrize("case", json.loads((FOLDER / "evidence.json").read_text()), ids=lambda case: case["name"])
def test_recorded_evidence(case: dict[str, Any]) -> None:
    """Storage proofs recorded from a node must lead to their verdict, with no node."""
    held = case["checkpoint"]
    checkpoint = Checkpoint(
        held["name"], held["chainId"], held["registry"], held["agencies"], frozenset(held["blocks"])
    )
    proof = read(base64.b64decode(case["proof"]))
    trust = Trust(frozenset({(checkpoint.chain_id, checkpoint.registry)}), max_age=case["maxAge"])
    document = Document(sha256(base64.b64decode(case["document"])))
    source = EvidenceSource(proof.evidence, checkpoint)
    assert judge_proof(document, proof, trust, source, case["now"]).name.value == case["verdict"]
