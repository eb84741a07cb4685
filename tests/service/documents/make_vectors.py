"""Write tests/vectors/documents/*.json: documents, proofs, a source's facts, and the verdict that must come out.

Run `python -m tests.service.documents.make_vectors`. A verdict here is what a person decided; the generator stops when
the verifier says something else.
"""

import base64
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import rfc8785

from muniment.documents.content import fields_of, hash_of_json
from muniment.documents.disclosing import disclose
from muniment.documents.facts import AnchorFacts, Facts, KeyFacts, facts_json
from muniment.documents.merkle import leaf_hash, node_hash
from muniment.documents.model import AnchorKind, AnchorStatus, commitment_of
from muniment.documents.pdf import MARK, attach
from muniment.documents.proof import Disclosure, FileContent, Proof, read, to_json, written
from muniment.documents.strict import JsonRefused, parse
from muniment.documents.verdict import Document, Trust, judge
from muniment.documents.verifying import judge_path
from tests.service.documents.stage import (
    ANCHOR,
    AS_OF,
    CHAIN,
    DAY,
    DIPLOMA,
    ISSUED,
    KEY,
    NOW,
    PDF_LIKE,
    REGISTRY,
    SECRET,
    STANDING,
    SUCCESSOR,
    SUCCESSOR_ROOT,
    TRUST,
    UNIVERSITY,
    Stated,
    address_of,
    fallen,
    five,
    hash_of,
    issued,
    question,
    sha256,
    with_anchor,
    with_key,
)  # fmt: skip

FOLDER = Path(__file__).resolve().parents[2] / "vectors" / "documents"


@dataclass(frozen=True)
class Vector:
    """One case: what the verifier is given, and what it must say."""

    name: str
    verdict: str
    document: bytes | None
    proof: bytes
    facts: Facts | None = STANDING
    trust: Trust = TRUST
    now: int = NOW
    asked: Proof | None = None  # whose question the facts answer; the proof's own when None


FILE, JSON, *OTHERS = five()


def hexes(text: str) -> bytes:
    """The bytes of 0x hex."""
    return bytes.fromhex(text[2:])


def changed(proof: Proof, *path: str, to: Any) -> bytes:
    """A proof file with one value changed."""
    value = to_json(proof)
    held = value
    for key in path[:-1]:
        held = held[key]
    held[path[-1]] = to
    return rfc8785.dumps(value)


def genuine() -> Iterator[Vector]:
    """Documents that nobody tampered with, in every state that the chain may tell."""
    text = written(FILE)
    yield Vector("a file that stands", "VALID", PDF_LIKE, text)
    yield Vector("a JSON document that stands", "VALID", DIPLOMA, written(JSON))
    reordered = json.dumps(dict(reversed(list(json.loads(DIPLOMA).items()))), indent=2).encode()
    yield Vector("the same JSON with other spaces, escapes and order", "VALID", reordered, written(JSON))
    alone = issued([(sha256(b""), FileContent())])[0]
    yield Vector("an empty file alone under its root", "VALID", b"", written(alone), with_anchor(count=1))
    yield Vector("a proof printed with spaces", "VALID", PDF_LIKE, json.dumps(to_json(FILE), indent=1).encode())
    hidden_all = disclose(DIPLOMA, JSON, ["/degree/title"])
    yield Vector("one field disclosed", "VALID", None, written(hidden_all))
    yield Vector("an array and an empty one disclosed", "VALID", None,
                 written(disclose(DIPLOMA, JSON, ["/degree/subjects", "/notes"])))  # fmt: skip
    yield Vector("a disclosure beside its document, which is not asked for", "VALID", DIPLOMA, written(hidden_all))
    party = Facts(AS_OF, AnchorFacts(AnchorKind.PARTY, AnchorStatus.STANDING, ISSUED, 0, 5, 0))
    yield Vector("issued by a party for itself", "VALID", PDF_LIKE, text, party)
    yield Vector(
        "by an issuer that is expected", "VALID", PDF_LIKE, text, trust=replace(TRUST, issuers=frozenset({UNIVERSITY}))
    )
    yield Vector("facts just young enough", "VALID", PDF_LIKE, text, trust=replace(TRUST, max_age=DAY), now=NOW + DAY)
    yield Vector("a clock behind the chain's", "VALID", PDF_LIKE, text, trust=replace(TRUST, max_age=DAY), now=0)
    retired = with_key(not_after=NOW - DAY)
    yield Vector("key retired since", "VALID_ISSUED_BEFORE_KEY_RETIRED", PDF_LIKE, text, retired)
    yield Vector(
        "key retired in the second of issue",
        "VALID_ISSUED_BEFORE_KEY_RETIRED",
        PDF_LIKE,
        text,
        with_key(not_after=ISSUED),
    )
    yield Vector(
        "key compromised only later",
        "VALID_ISSUED_BEFORE_KEY_RETIRED",
        PDF_LIKE,
        text,
        with_key(compromised_since=ISSUED + 1),
    )
    yield Vector("key retired by the clock, not yet by the block", "VALID_ISSUED_BEFORE_KEY_RETIRED", PDF_LIKE, text,
                 with_key(not_after=NOW + DAY), now=NOW + DAY)  # fmt: skip
    offline = replace(AS_OF, checkpoint="the ministry's checkpoint of July")
    yield Vector("from a checkpoint", "VALID", PDF_LIKE, text, replace(STANDING, as_of=offline))


def standing() -> Iterator[Vector]:
    """Genuine documents that no longer stand, never did, or of which nothing can be known."""
    text = written(FILE)
    yield Vector("another registry than those trusted", "UNKNOWN_REGISTRY", PDF_LIKE, text,
                 trust=Trust(frozenset({(CHAIN, address_of("another"))})))  # fmt: skip
    yield Vector("no source", "CANNOT_TELL", PDF_LIKE, text, None)
    yield Vector("facts too old", "CANNOT_TELL", PDF_LIKE, text, trust=replace(TRUST, max_age=DAY), now=NOW + DAY + 1)
    yield Vector("never anchored", "NOT_ANCHORED", PDF_LIKE, text, replace(STANDING, anchor=None, keys=()))
    yield Vector("an index beyond the count", "NOT_ANCHORED", PDF_LIKE, text, with_anchor(count=0))
    yield Vector("an issuer that is not expected", "ISSUER_UNAUTHORISED", PDF_LIKE, text,
                 trust=replace(TRUST, issuers=frozenset({hash_of("ministry")})))  # fmt: skip
    yield Vector("a key of another agency", "ISSUER_UNAUTHORISED", PDF_LIKE, text, with_key(agency=hash_of("ministry")))
    yield Vector("a key without the power", "ISSUER_UNAUTHORISED", PDF_LIKE, text, with_key(scopes=1))
    yield Vector("a key before its time", "ISSUER_UNAUTHORISED", PDF_LIKE, text, with_key(not_before=ISSUED + 1))
    yield Vector("a key after its time", "ISSUER_UNAUTHORISED", PDF_LIKE, text, with_key(not_after=ISSUED - 1))
    yield Vector("no record of the key", "ISSUER_UNAUTHORISED", PDF_LIKE, text, replace(STANDING, keys=()))
    yield Vector(
        "key compromised before issue",
        "ISSUED_AFTER_COMPROMISE",
        PDF_LIKE,
        text,
        with_key(compromised_since=ISSUED - DAY),
    )
    yield Vector(
        "key compromised in the second of issue",
        "ISSUED_AFTER_COMPROMISE",
        PDF_LIKE,
        text,
        with_key(compromised_since=ISSUED),
    )
    for reason in (0, 1, 2, 3, 5, 9, 10):
        yield Vector(f"revoked for reason {reason}", "REVOKED", PDF_LIKE, text, fallen(reason))
    yield Vector("revoked, the reason unknown", "REVOKED", PDF_LIKE, text, replace(STANDING, revoked=True))
    yield Vector(
        "the root revoked",
        "REVOKED",
        PDF_LIKE,
        text,
        replace(fallen(1), revoked=False, anchor=replace(ANCHOR, status=AnchorStatus.REVOKED)),
    )
    yield Vector("the root revoked as superseded", "REVOKED", PDF_LIKE, text,
                 replace(fallen(4), anchor=replace(ANCHOR, status=AnchorStatus.REVOKED)))  # fmt: skip
    yield Vector("on hold", "SUSPENDED", PDF_LIKE, text, replace(STANDING, held=True))
    yield Vector("the root on hold", "SUSPENDED", PDF_LIKE, text, with_anchor(status=AnchorStatus.HELD))
    yield Vector("on hold and revoked", "REVOKED", PDF_LIKE, text, fallen(1, held=True))
    ending, *_ = five(expires_at=NOW)
    yield Vector("expired in this second", "EXPIRED", PDF_LIKE, written(ending))
    yield Vector("expires in the next second", "VALID", PDF_LIKE, written(five(expires_at=NOW + 1)[0]))
    yield Vector("the root expired", "EXPIRED", PDF_LIKE, text, with_anchor(expires_at=NOW - 1))
    yield Vector(
        "expired by the clock, not yet by the block",
        "EXPIRED",
        PDF_LIKE,
        text,
        with_anchor(expires_at=NOW + 1),
        now=NOW + 1,
    )
    yield Vector("expired and on hold", "SUSPENDED", PDF_LIKE, written(ending), replace(STANDING, held=True))
    yield Vector("superseded by a document", "SUPERSEDED", PDF_LIKE, text, fallen(4, successor=SUCCESSOR))
    yield Vector("superseded by nobody knows what", "SUPERSEDED", PDF_LIKE, text, fallen(4))
    yield Vector("the root superseded", "SUPERSEDED", PDF_LIKE, text,
                 replace(with_anchor(status=AnchorStatus.SUPERSEDED), successor=SUCCESSOR_ROOT))  # fmt: skip
    yield Vector("superseded and on hold", "SUSPENDED", PDF_LIKE, text, fallen(4, held=True, successor=SUCCESSOR))
    yield Vector("superseded and expired", "EXPIRED", PDF_LIKE, written(ending), fallen(4, successor=SUCCESSOR))
    yield Vector("compromised and revoked", "ISSUED_AFTER_COMPROMISE", PDF_LIKE, text,
                 replace(fallen(1), keys=(replace(KEY, compromised_since=1),)))  # fmt: skip


def co_signed() -> Iterator[Vector]:
    """Two of three approvals carry the anchor, whatever becomes of the third."""
    text = written(FILE)
    first, second, third = (replace(KEY, id=number, key=address_of(f"signer {number}")) for number in (1, 2, 3))
    bad = replace(third, compromised_since=ISSUED)

    def facts(*keys: KeyFacts, parties: int = 0) -> Facts:
        anchor = replace(ANCHOR, kind=AnchorKind.CO_SIGNED, key_id=0)
        return Facts(AS_OF, anchor, keys, parties, threshold=2)

    gone = replace(second, not_after=NOW)
    yield Vector("two of two", "VALID", PDF_LIKE, text, facts(first, second))
    yield Vector("a party and a key", "VALID", PDF_LIKE, text, facts(first, parties=1))
    yield Vector("two parties", "VALID", PDF_LIKE, text, facts(parties=2))
    yield Vector("one spare approval compromised", "VALID", PDF_LIKE, text, facts(first, second, bad))
    yield Vector("one needed approval compromised", "ISSUED_AFTER_COMPROMISE", PDF_LIKE, text, facts(first, bad))
    yield Vector("a party and a compromised key", "ISSUED_AFTER_COMPROMISE", PDF_LIKE, text, facts(bad, parties=1))
    yield Vector("one retired since", "VALID_ISSUED_BEFORE_KEY_RETIRED", PDF_LIKE, text, facts(first, gone))
    yield Vector("one spare retired since", "VALID", PDF_LIKE, text, facts(first, gone, third))
    yield Vector("too few approvals", "ISSUER_UNAUTHORISED", PDF_LIKE, text, facts(first))
    stranger = replace(third, agency=hash_of("ministry"))
    yield Vector("one approval of another agency", "ISSUER_UNAUTHORISED", PDF_LIKE, text, facts(first, stranger))


def forgeries() -> Iterator[Vector]:
    """Documents and proofs that somebody changed. Facts are the genuine ones: the forger cannot change the chain."""
    text = written(FILE)
    yield Vector("another file", "ALTERED", PDF_LIKE + b" ", text)
    yield Vector("no file", "ALTERED", None, text)
    yield Vector("the proof of another file", "ALTERED", PDF_LIKE, written(OTHERS[0]))
    yield Vector("a JSON value changed", "ALTERED", DIPLOMA.replace(b"4.5", b"4.9"), written(JSON))
    yield Vector(
        "a JSON member removed",
        "ALTERED",
        DIPLOMA.replace(b'"honours":true', b'"x":1').replace(b',"x":1', b""),
        written(JSON),
    )
    yield Vector("a JSON member added", "ALTERED", DIPLOMA.replace(b'{"name"', b'{"more":1,"name"'), written(JSON))
    yield Vector("a JSON array turned into an object of the same pointers", "ALTERED",
                 DIPLOMA.replace(b'["law","logic"]', b'{"0":"law","1":"logic"}'), written(JSON))  # fmt: skip
    yield Vector(
        "a JSON key given twice", "ALTERED", DIPLOMA.replace(b'{"name"', b'{"name":"Eve","name"'), written(JSON)
    )
    yield Vector("a JSON document with a byte order mark", "ALTERED", b"\xef\xbb\xbf" + DIPLOMA, written(JSON))
    yield Vector("JSON passed off as a file", "ALTERED", DIPLOMA, changed(JSON, "content", to={"kind": "file"}))
    for name in ("issuer", "schema", "docId", "commitment"):
        yield Vector(f"another {name}", "ALTERED", PDF_LIKE, changed(FILE, "leaf", name, to=hash_of("x")), asked=FILE)
    yield Vector(
        "schema and docId swapped",
        "ALTERED",
        PDF_LIKE,
        written(replace(FILE, leaf=replace(FILE.leaf, schema=FILE.leaf.doc_id, doc_id=FILE.leaf.schema))),
    )
    yield Vector(
        "another index, to borrow an unrevoked bit",
        "ALTERED",
        PDF_LIKE,
        changed(FILE, "leaf", "index", to=4),
        fallen(1),
        asked=FILE,
    )
    yield Vector(
        "a later end", "ALTERED", PDF_LIKE, changed(five(expires_at=NOW)[0], "leaf", "expiresAt", to=NOW + DAY)
    )
    yield Vector(
        "another chain",
        "ALTERED",
        PDF_LIKE,
        changed(FILE, "chainId", to=1),
        trust=Trust(frozenset({(1, REGISTRY), (CHAIN, REGISTRY)})),
    )
    yield Vector("another registry", "ALTERED", PDF_LIKE, changed(FILE, "registry", to=address_of("another")),
                 trust=Trust(frozenset({(CHAIN, address_of("another"))})))  # fmt: skip
    yield Vector("another salt", "ALTERED", PDF_LIKE, changed(FILE, "salt", to=hash_of("x")))
    twice = replace(OTHERS[0], salt=FILE.salt, leaf=replace(OTHERS[0].leaf, commitment=FILE.leaf.commitment))
    yield Vector("the salt and commitment of another document", "ALTERED", PDF_LIKE, written(twice))
    yield Vector("siblings truncated", "ALTERED", PDF_LIKE, changed(FILE, "siblings", to=list(FILE.siblings[:-1])))
    yield Vector(
        "siblings in another order", "ALTERED", PDF_LIKE, changed(FILE, "siblings", to=list(FILE.siblings[::-1]))
    )
    yield Vector("a sibling more", "ALTERED", PDF_LIKE, changed(FILE, "siblings", to=[*FILE.siblings, hash_of("x")]))
    yield Vector("another root", "ALTERED", PDF_LIKE, changed(FILE, "root", to=hash_of("x")), asked=FILE)
    leaf = leaf_hash(FILE.leaf.encoded())
    inner = "0x" + node_hash(leaf, hexes(FILE.siblings[0])).hex()
    up = replace(FILE, leaf=replace(FILE.leaf, commitment=inner), siblings=FILE.siblings[1:])
    yield Vector("an interior node as commitment", "ALTERED", PDF_LIKE, written(up))
    own = issued([(sha256(b"forged"), FileContent())])[0]
    yield Vector("a root of the forger's own", "NOT_ANCHORED", b"forged", written(own), asked=FILE)
    as_root = replace(own, root=inner, leaf=replace(own.leaf, index=0))
    yield Vector("an interior node as root", "ALTERED", b"forged", written(as_root), asked=FILE)
    short = replace(FILE, siblings=FILE.siblings[:1], root=inner)
    yield Vector("a subtree's node as root", "NOT_ANCHORED", PDF_LIKE, written(short), asked=FILE)
    elsewhere = five(chain_id=1)[0]
    yield Vector("a proof of another chain", "UNKNOWN_REGISTRY", PDF_LIKE, written(elsewhere), asked=FILE)
    yield Vector(
        "a proof of the forger's own registry",
        "UNKNOWN_REGISTRY",
        PDF_LIKE,
        written(five(registry=address_of("forger"))[0]),
    )


def disclosures() -> Iterator[Vector]:
    """Forged disclosures of one genuine JSON document."""
    shown = disclose(DIPLOMA, JSON, ["/degree/title", "/average"])
    content = shown.content
    assert isinstance(content, Disclosure)
    first, *rest = content.fields

    def forged(fields: Any, hidden: Any = content.hidden) -> bytes:
        return written(replace(shown, content=Disclosure(tuple(fields), tuple(hidden))))

    yield Vector("two fields disclosed", "VALID", None, written(shown))
    yield Vector("fields in another order", "VALID", None, forged([*rest, first]))
    yield Vector("a value changed", "ALTERED", None, forged([replace(first, value='"PhD"'), *rest]))
    yield Vector("a pointer changed", "ALTERED", None, forged([replace(first, pointer="/name"), *rest]))
    yield Vector("a salt changed", "ALTERED", None, forged([replace(first, salt=bytes(32)), *rest]))
    yield Vector(
        "salt duplicated from another field", "ALTERED", None, forged([replace(first, salt=rest[0].salt), *rest])
    )
    yield Vector(
        "a field added", "ALTERED", None, forged([*content.fields, replace(first, pointer="/age", value="19")])
    )
    yield Vector("a field left out", "ALTERED", None, forged([first]))
    yield Vector("a hidden leaf left out", "ALTERED", None, forged(content.fields, content.hidden[1:]))
    folded = sorted([*content.hidden[2:], "0x" + node_hash(hexes(content.hidden[0]), hexes(content.hidden[1])).hex()])
    yield Vector("two hidden leaves folded into their node", "ALTERED", None, forged(content.fields, folded))
    yield Vector("a field disclosed twice", "NOT_A_PROOF", None, forged([first, *content.fields]))
    yield Vector("nothing disclosed", "NOT_A_PROOF", None, forged([]))
    yield Vector("hidden leaves out of order", "NOT_A_PROOF", None, forged(content.fields, content.hidden[::-1]))
    secret = changed(shown, "content", to={"kind": "json", "secret": hash_of("guess")})
    yield Vector("the secret guessed", "ALTERED", DIPLOMA, secret)


def malformed() -> Iterator[Vector]:
    """Files that are no proof."""
    value = to_json(FILE)
    for name, given in {
        "nothing": b"",
        "no JSON": b"{",
        "not UTF-8": b'{"format":"\xff"}',
        "JSON of something else": b'{"format":"other"}',
        "a list": b"[]",
        "a number": b"1",
        "half a surrogate pair": rfc8785.dumps({**value, "format": "?"}).replace(b'"?"', b'"\\ud800"'),
        "nested deeper than 32": b"[" * 33 + b"]" * 33,
        "nested absurdly": b"[" * 100_000,
        "a number of 5,000 digits": b"9" * 5_000,
        "NaN": changed(FILE, "chainId", to=-1).replace(b'"chainId":-1', b'"chainId":NaN'),
        "a byte order mark": b"\xef\xbb\xbf" + written(FILE),
        "a key twice": written(FILE).replace(b'{"chainId"', b'{"root":"0x","chainId"'),
        "a key twice, the second escaped": written(FILE).replace(b'{"chainId"', b'{"\\u0072oot":"0x","chainId"'),
        "trailing text": written(FILE) + b"x",
    }.items():
        yield Vector(name, "NOT_A_PROOF", PDF_LIKE, given)
    for name, path, to in (
        ("another format", ["format"], "muniment-proof-2"),
        ("a chain id that is no number", ["chainId"], "31337"),
        ("a chain id of true", ["chainId"], True),
        ("a negative index", ["leaf", "index"], -1),
        ("half an index", ["leaf", "index"], 0.5),
        ("an index of 2^40", ["leaf", "index"], 2**40),
        ("a time of 2^40", ["leaf", "expiresAt"], 2**40),
        ("a hash in capitals", ["root"], FILE.root.upper().replace("X", "x")),
        ("a hash too short", ["root"], FILE.root[:-1]),
        ("a hash with a line break", ["root"], FILE.root + "\n"),
        ("65 siblings", ["siblings"], [FILE.root] * 65),
        ("siblings that are text", ["siblings"], FILE.root),
        ("a leaf that is a bare hash", ["leaf"], FILE.root),
        ("a key that is not known", ["leaf", "note"], "x"),
        ("an unknown kind of content", ["content"], {"kind": "image"}),
        ("a secret beside a file", ["content"], {"kind": "file", "secret": FILE.root}),
        ("null", ["root"], None),
        ("evidence that is text", ["evidence"], "x"),
        ("evidence that is null", ["evidence"], None),
    ):  # fmt: skip
        yield Vector(name, "NOT_A_PROOF", PDF_LIKE, changed(FILE, *path, to=to))
    lacking = {key: held for key, held in value.items() if key != "salt"}
    yield Vector("a key left out", "NOT_A_PROOF", PDF_LIKE, rfc8785.dumps(lacking))


PDF = (
    b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
    b"xref\n0 3\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \ntrailer\n<</Size 3/Root 1 0 R>>\n"
    b"startxref\n101\n%%EOF\n"
)


def pdfs() -> list[dict[str, Any]]:
    """PDFs that carry their proof; the facts are those of the genuine one's question."""
    proof = issued([(sha256(PDF), FileContent())])[0]
    carrying = attach(PDF, written(proof))
    shadow = b"2 0 obj\n<</Type/Pages/Kids[]/Count 9>>\nendobj\ntrailer\n<</Root 1 0 R>>\nstartxref\n101\n%%EOF\n"
    own = attach(b"%PDF-1.4 forged\nstartxref\n101\n%%EOF\n", written(proof))
    cases = {
        "a PDF that carries its proof": ("VALID", carrying),
        "a shadow revision after the proof": ("ALTERED", carrying + shadow),
        "a shadow revision before the proof": ("ALTERED", attach(PDF + shadow, written(proof))),
        "a shadow revision, the old update after it": ("ALTERED", PDF + shadow + carrying[len(PDF) :]),
        "a line break more at the end": ("ALTERED", carrying + b"\n"),
        "cut short": ("ALTERED", carrying[:-1]),
        "a startxref of its own": ("ALTERED", carrying[:-11] + b"102\n%%EOF\n"),
        "another length": ("ALTERED", carrying.replace(MARK + str(len(PDF)).encode(), MARK + b"7")),
        "a length with a leading zero": ("ALTERED", carrying.replace(MARK, MARK + b"0")),
        "an object between the lines": ("ALTERED", carrying.replace(b"\nstartxref\n101\n%%EOF\n", b"\n" + shadow[:-22] + b"startxref\n101\n%%EOF\n")),  # noqa: E501 -- a row of a table
        "the proof twice": ("ALTERED", carrying + carrying[len(PDF) :]),
        "the proof of another PDF": ("ALTERED", own),
        "a disclosure of another document": ("ALTERED", attach(PDF, written(disclose(DIPLOMA, JSON, ["/name"])))),
        "too much padding": ("ALTERED", padded(carrying)),
        "a proof that is none": ("NOT_A_PROOF", attach(PDF, b"{}")),
        "no proof": ("NOT_A_PROOF", PDF),
    }  # fmt: skip
    listed = []
    for name, (verdict, content) in cases.items():
        given = judge_bytes(content, proof)
        assert given == verdict, (name, given)
        put = question(proof)
        asked = {"chainId": put.chain_id, "registry": put.registry, "issuer": put.issuer, "root": put.root, "index": 0}
        file = base64.b64encode(content).decode()
        listed.append(
            {
                "name": name,
                "file": file,
                "question": asked,
                "facts": facts_json(PDF_FACTS),
                "now": NOW,
                "verdict": verdict,
            }
        )
    return listed


PDF_FACTS = with_anchor(count=1)


def padded(carrying: bytes) -> bytes:
    """A PDF with its proof, which has two signs of padding more than it should."""
    return carrying.replace(b"\nstartxref\n101\n%%EOF\n", b"==\nstartxref\n101\n%%EOF\n")


def judge_bytes(content: bytes, proof: Proof) -> str:
    """The verdict on a file of these bytes alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.pdf"
        path.write_bytes(content)
        return judge_path(path, None, TRUST, lambda _: Stated({question(proof): PDF_FACTS}), NOW).name.value


def contents() -> list[dict[str, Any]]:
    """JSON texts with their fields and content hash under one secret, or the fact that they are refused."""
    texts = [
        b"{}", b"[]", b'""', b"0", b"null", b"[[]]", b'{"a":{}}', b'{"":1}', b'{"a/b":{"m~n":1}}', b"[1]", b'{"0":1}',
        b'{"a":[1,{"b":[]},[2]]}', "{\"õ\":\"€ 𝄞\",\"\U0001f600\":1,\"\ue000\":2}".encode(), b'{"e":"\\u00e9\\ud834\\udd1e\\/"}',  # noqa: E501 -- a row of a table
        b"-0", b"-0.0", b"1.0", b"1e3", b"1E-7", b"0.000001", b"123456789.123456789", b"4.5e-324", b"1e-400", b"9007199254740991",  # noqa: E501 -- a row of a table
        b"-9007199254740991", b"9007199254740992", b"9007199254740993", b"9007199254740991.4", b"9007199254740991.5",
        b"1e20", b"1e400", b"-1e400", b"01", b"1.", b".5", b"+1", b"NaN", b"Infinity", b"'a'", b"[1,]", b'{"a":1,}',
        b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b'"\\ud800"', b'{"\\udc00":1}', b'"\\ud834\\udd1e"', b'"\x01"', b'"\x7f"',  # noqa: E501 -- a row of a table
        b'"\\u0000"', b"\xef\xbb\xbf{}", b'"\xff"', b"\x00", b"", b" \t\r\n1 ", b"\x0b1", b"\xc2\xa01", b"1 2", b"tru", b"//\n1",  # noqa: E501 -- a row of a table
        b"[" * 32 + b"]" * 32, b"[" * 33 + b"]" * 33, b"[" * 31 + b"1" + b"]" * 31, b"[" * 32 + b"1" + b"]" * 32, DIPLOMA,  # noqa: E501 -- a row of a table
        b'{"' + b"a" * 1023 + b'":1}', b'{"' + b"a" * 1024 + b'":1}', '{"\u00f5'.encode() + b"a" * 1021 + b'":1}',
        '{"\u00f5'.encode() + b"a" * 1022 + b'":1}', b'{"' + b"a" * 1023 + b'":{"":1}}', b'{"' + b"~" * 512 + b'":1}',
    ]  # fmt: skip
    listed = []
    for text in texts:
        entry: dict[str, Any] = {"json": base64.b64encode(text).decode(), "secretBytes": SECRET}
        try:
            fields = fields_of(parse(text), SECRET)
        except JsonRefused:
            entry["refused"] = True
        else:
            entry["fields"] = [
                {
                    "pointer": one.pointer,
                    "value": one.value,
                    "salt": "0x" + one.salt.hex(),
                    "leaf": "0x" + one.hash().hex(),
                }
                for one in fields
            ]
            entry["contentHash"] = hash_of_json(text, SECRET)
            entry["commitment"] = commitment_of(SECRET, entry["contentHash"])
        listed.append(entry)
    return listed


def vector_json(vector: Vector) -> dict[str, Any]:
    """A vector as it is published. Raises AssertionError when the verifier disagrees with its verdict."""
    asked = vector.asked
    if asked is None:
        try:
            asked = read(vector.proof)
        except ValueError:
            asked = FILE
    put = question(asked)
    document = Document(None if vector.document is None else sha256(vector.document), vector.document)
    verdict = judge(document, vector.proof, vector.trust, Stated({put: vector.facts}), vector.now)
    assert verdict.name.value == vector.verdict, (vector.name, verdict)
    return {
        "name": vector.name,
        "document": None if vector.document is None else base64.b64encode(vector.document).decode(),
        "proof": base64.b64encode(vector.proof).decode(),
        "trust": {
            "registries": [{"chainId": chain, "address": at} for chain, at in sorted(vector.trust.registries)],
            "issuers": None if vector.trust.issuers is None else sorted(vector.trust.issuers),
            "maxAge": vector.trust.max_age,
        },
        "now": vector.now,
        "known": [
            {
                "question": {
                    "chainId": put.chain_id, "registry": put.registry, "issuer": put.issuer, "root": put.root, "index": put.index,  # noqa: E501 -- a row of a table
                },
                "facts": None if vector.facts is None else facts_json(vector.facts),
            }
        ],
        "otherwise": facts_json(Facts(AS_OF, None)),
        "verdict": verdict.name.value,
        "variant": verdict.arguments.get("variant", ""),
        "sentence": verdict.sentence if verdict.name.value != "NOT_A_PROOF" else None,
        "asOf": None if verdict.as_of is None else facts_json(Facts(verdict.as_of, None))["asOf"],
    }  # fmt: skip


def files() -> dict[str, str]:
    """Every vector file by its name."""
    groups = {
        "genuine": genuine, "standing": standing, "co-signed": co_signed, "forgeries": forgeries,
        "disclosures": disclosures, "malformed": malformed,
    }  # fmt: skip
    made = {name: [vector_json(vector) for vector in vectors()] for name, vectors in groups.items()}
    made["contents"] = contents()
    made["pdfs"] = pdfs()
    return {f"{name}.json": json.dumps(listed, indent=1, sort_keys=True) + "\n" for name, listed in made.items()}


if __name__ == "__main__":
    for name, text in files().items():
        (FOLDER / name).write_text(text)
