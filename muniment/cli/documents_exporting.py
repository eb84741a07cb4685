"""`muniment documents export-vc`, `status-list`, `qr`: our documents as W3C credentials, and on paper."""

import io
import json
import time
from pathlib import Path
from typing import Annotated

import segno
import typer

from muniment.chain.deployment import Deployment
from muniment.chain.rpc import Rpc
from muniment.cli.console import say
from muniment.cli.documents_checking import File, Out, ProofOption, proof_at, read_bytes, write_bytes
from muniment.config import Settings
from muniment.db.engine import open_engine, reading
from muniment.documents.facts import Question
from muniment.documents.interop.credentials import credential, load_key, secured, status_list
from muniment.documents.proof import JsonContent
from muniment.documents.queries import anchor, revoked_indices
from muniment.documents.source import NodeSource
from muniment.documents.strict import JsonRefused, parse
from muniment.documents.verdict import Document, Trust, judge_proof
from muniment.errors import Refused

VERIFY_PAGE = "/verify"
Key = Annotated[Path, typer.Option("--key", help="An Ed25519 or P-256 private key, as PEM.")]
KeyId = Annotated[str, typer.Option("--key-id", help="The verification method's URL, such as did:web:a.gov#key-1.")]
IssuerUrl = Annotated[str, typer.Option("--issuer", help="The issuer's URL or DID, such as did:web:a.gov.")]
ListUrl = Annotated[str, typer.Option("--list-url", help="Where the root's status list is published.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group."""
    app.command("export-vc")(export_vc)
    app.command("status-list")(export_status_list)
    app.command("qr")(qr)


def export_vc(
    path: File, out: Out, key: Key, key_id: KeyId, issuer: IssuerUrl, list_url: ListUrl, proof: ProofOption = None
) -> None:
    """Write a valid JSON document as a Verifiable Credential 2.0, secured as a JWT (application/vc+jwt)."""
    given, content = proof_at(path, proof), read_bytes(path)
    leaf = given.leaf
    if not isinstance(given.content, JsonContent):
        raise Refused("DisclosureOfFile")
    deployment = Deployment.load(Settings.load().deployment_path)
    source = NodeSource(Rpc(Settings.load().rpc_urls), deployment)
    trust = Trust(frozenset({(leaf.chain_id, leaf.registry)}))
    verdict = judge_proof(Document(content=content), given, trust, source, int(time.time()))
    facts = source.facts(Question(leaf.chain_id, leaf.registry, leaf.issuer, given.root, leaf.index))
    if not verdict.valid or facts is None or facts.anchor is None:
        raise Refused("NotValid", sentence=verdict.sentence)
    try:
        document = parse(content)
    except JsonRefused as error:
        raise Refused("DocumentRefused", path=str(path), reason=str(error)) from None
    made = credential(document, given, issuer, list_url, facts.anchor.issued_at)
    write_bytes(out, secured(made, load_key(key), key_id).encode())
    say(f"{out} is a credential; publish the status list at {list_url}.")


def export_status_list(
    path: File,
    out: Out,
    key: Key,
    key_id: KeyId,
    issuer: IssuerUrl,
    list_url: ListUrl,
    proof: ProofOption = None,
    purpose: Annotated[str, typer.Option(help="revocation or suspension.")] = "revocation",
    plain: Annotated[bool, typer.Option("--plain", help="Write it unsecured, as JSON.")] = False,
) -> None:
    """Write the status list of a document's root, from the indexed chain, as a Bitstring Status List credential."""
    if purpose not in ("revocation", "suspension"):
        raise Refused("PurposeUnknown", purpose=purpose)
    given = proof_at(path, proof)
    with reading(open_engine(Settings.load().database_url)) as connection:
        line = anchor(connection, given.leaf.issuer, given.root)
        if line is None:
            raise Refused("NotAnchored", issuer=given.leaf.issuer, root=given.root)
        indices = revoked_indices(connection, line.issuer, line.root, held=purpose == "suspension")
    made = status_list(indices, line.count, issuer, list_url, purpose, int(time.time()))
    text = json.dumps(made) if plain else secured(made, load_key(key), key_id)
    write_bytes(out, text.encode())
    say(f"{len(indices)} of {line.count} documents are marked in {out}.")


def qr(
    out: Annotated[Path, typer.Option("--out", help="An SVG or PNG to print on documents; never over a file.")],
) -> None:
    """Write a QR code (ISO/IEC 18004) that leads to the page where anybody checks a document."""
    kind = out.suffix.lower().removeprefix(".")
    if kind not in ("svg", "png"):
        raise Refused("PictureUnknown", path=str(out))
    address = Settings.load().public_url.rstrip("/") + VERIFY_PAGE
    drawn = io.BytesIO()
    # Level Q bears a quarter of it damaged, as on worn paper.
    segno.make_qr(address, error="q").save(drawn, kind=kind, scale=4)
    write_bytes(out, drawn.getvalue())
    say(f"{out} leads to {address}.")
