"""`muniment documents verify`, `disclose`, `attach`, `extract`, `offline`: needs no database and no key."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import rfc8785
import typer

from muniment.chain.deployment import Deployment, DeploymentUnreadable
from muniment.chain.rpc import Rpc
from muniment.cli.console import AsJson, emit_json, say, table
from muniment.cli.importing import agency_of
from muniment.config import Settings
from muniment.documents.disclosing import disclose as disclosed
from muniment.documents.facts import Facts, Question, Source
from muniment.documents.offline import Checkpoint, EvidenceSource, collect
from muniment.documents.pdf import PdfAltered, carried
from muniment.documents.pdf import attach as attached
from muniment.documents.proof import Disclosure, Proof, ProofRefused, written
from muniment.documents.source import NodeSource
from muniment.documents.verdict import Trust, Verdict
from muniment.documents.verifying import judge_path, proof_of
from muniment.errors import Refused

Progress = Callable[[int, int], None]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The document.")]
ProofOption = Annotated[Path | None, typer.Option("--proof", help="Its proof, if not in the PDF or beside the file.")]
Out = Annotated[Path, typer.Option("--out", help="Where to write; never over a file that exists.")]
CheckpointOption = Annotated[Path | None, typer.Option("--checkpoint", help="Block hashes that you trust offline.")]
SECONDS_PER_DAY = 86_400


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group."""
    for command in (verify, disclose, attach, extract, offline):
        app.command(command.__name__)(command)


def verify(
    path: File,
    proof: ProofOption = None,
    checkpoint: CheckpointOption = None,
    issuer: Annotated[
        list[str] | None, typer.Option(help="Who may have issued it: an id, a domain or an address.")
    ] = None,
    max_age: Annotated[int | None, typer.Option(min=0, help="How old facts may be, in days.")] = None,
    no_node: Annotated[bool, typer.Option("--offline", help="Ask no node; judge by the proof's evidence.")] = False,
    as_json: AsJson = False,
) -> None:
    """One verdict on a document. Exit 0 only when it is valid."""
    trusted = None if checkpoint is None else Checkpoint.load(checkpoint)
    deployment = _deployment()
    registries = set() if trusted is None else {(trusted.chain_id, trusted.registry)}
    if deployment is not None and "DocumentRegistry" in deployment.contracts:
        registries.add((deployment.chain_id, registry_of(deployment)))
    issuers = None if issuer is None else frozenset(_issuer_of(one) for one in issuer)
    trust = Trust(frozenset(registries), issuers, None if max_age is None else max_age * SECONDS_PER_DAY)

    def sources(given: Proof) -> Source:
        node = None if no_node or deployment is None else NodeSource(Rpc(Settings.load().rpc_urls), deployment)
        return _Sources(node, None if trusted is None else EvidenceSource(given.evidence, trusted))

    try:
        verdict = judge_path(path, proof, trust, sources, int(time.time()))
    except OSError as error:
        raise _unreadable(error, path) from None
    fields = _fields(path, proof) if verdict.valid else []
    if as_json:
        emit_json(_summary(verdict, fields))
    else:
        say(f"{verdict.name.value}: {verdict.sentence}")
        if fields:
            table("Disclosed", ("field", "value"), fields)
    raise typer.Exit(0 if verdict.valid else 1)


def disclose(
    path: File,
    field: Annotated[list[str], typer.Option(help="A JSON pointer such as /degree/title; all below it is shown.")],
    out: Out,
    proof: ProofOption = None,
) -> None:
    """Write a proof of chosen fields of a JSON document; the others stay hashes."""
    made = disclosed(read_bytes(path), proof_at(path, proof), field)
    write_bytes(out, written(made))
    shown = len(made.content.fields) if isinstance(made.content, Disclosure) else 0
    say(f"{shown} fields are shown in {out}; it needs no document beside it.")


def attach(path: File, out: Out, proof: ProofOption = None) -> None:
    """Write a PDF that carries its proof; it begins with the original, byte for byte."""
    write_bytes(out, attached(read_bytes(path), written(proof_at(path, proof))))
    say(f"{out} carries its proof.")


def extract(path: File, out: Out) -> None:
    """Write the original of a PDF that carries its proof, and the proof beside it."""
    try:
        with path.open("rb") as opened:
            found = carried(opened)
    except PdfAltered:
        raise Refused("PdfAltered", path=str(path)) from None
    except OSError as error:
        raise _unreadable(error, path) from None
    if found is None:
        raise Refused("ProofMissing", path=str(path))
    write_bytes(out.with_name(out.name + ".proof.json"), found.proof)
    write_bytes(out, read_bytes(path)[: found.length])
    say(f"The original is {out}, its proof beside it.")


def offline(
    path: File,
    out: Out,
    proof: ProofOption = None,
    block: Annotated[str, typer.Option(help="latest, safe, finalized, or a number.")] = "finalized",
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint-out", help="Also write the block's hash here.")
    ] = None,
    name: Annotated[str, typer.Option(help="Who vouches for the block hash.")] = "whoever made this file",
) -> None:
    """Write the proof with all that verifies it without a node, as of one block."""
    given = proof_at(path, proof)
    deployment = Deployment.load(Settings.load().deployment_path)
    rpc = Rpc(Settings.load().rpc_urls)
    which: int | str = int(block) if block.isdigit() else block
    leaf = given.leaf
    question = Question(leaf.chain_id, leaf.registry, leaf.issuer, given.root, leaf.index)
    facts = NodeSource(rpc, deployment, which).facts(question)
    if facts is None:
        raise Refused("ChainUnavailable")
    agencies = deployment.contracts["AgencyRegistry"].address
    keys = [(key.id, key.key) for key in facts.keys]
    evidence = collect(rpc, question, agencies, keys, facts.as_of.hash)
    write_bytes(
        out, written(Proof(leaf, given.salt, given.content, given.siblings, given.root, given.issued, evidence))
    )
    if checkpoint is not None:
        made = Checkpoint(name, leaf.chain_id, leaf.registry, agencies, frozenset({facts.as_of.hash}))
        write_bytes(checkpoint, made.written().encode())
    say(f"{out} verifies offline as of block {facts.as_of.number}, {facts.as_of.hash}.")


class _Sources:
    """The node when it answers, else the evidence."""

    def __init__(self, *sources: Source | None) -> None:
        self._sources = [source for source in sources if source is not None]

    def facts(self, question: Question) -> Facts | None:
        """What the first source that knows says."""
        for source in self._sources:
            found = source.facts(question)
            if found is not None:
                return found
        return None


def proof_at(path: Path, proof: Path | None = None) -> Proof:
    """The proof at a path: a proof file, or a document's own. Raises Refused."""
    try:
        return proof_of(path, proof)
    except ProofRefused as error:
        raise Refused("ProofMissing", path=str(proof or path), reason=str(error)) from None
    except PdfAltered:
        raise Refused("PdfAltered", path=str(path)) from None
    except OSError as error:
        raise _unreadable(error, path) from None


def registry_of(deployment: Deployment) -> str:
    """DocumentRegistry's address. Raises Refused when the network has none."""
    contract = deployment.contracts.get("DocumentRegistry")
    if contract is None:
        raise Refused("RegistryMissing", network=deployment.network)
    return contract.address


def canonical(value: Any) -> bytes:
    """RFC 8785 text."""
    return rfc8785.dumps(value)


def _issuer_of(text: str) -> str:
    """An address as it is, an agency's or a party's id as it is, the agency of a domain."""
    return text.lower() if re.fullmatch("0x[0-9a-fA-F]{40}", text) else agency_of(text)


def _deployment() -> Deployment | None:
    try:
        return Deployment.load(Settings.load().deployment_path)
    except DeploymentUnreadable:
        return None


def _fields(path: Path, proof: Path | None) -> list[tuple[str, str]]:
    """What a disclosure shows: its fields, and nothing that lies beside it."""
    content = proof_at(path, proof).content
    return [(one.pointer, one.value) for one in content.fields] if isinstance(content, Disclosure) else []


def _summary(verdict: Verdict, fields: list[tuple[str, str]]) -> dict[str, Any]:
    told = {key: value for key, value in verdict.arguments.items() if key != "variant"}
    answer: dict[str, Any] = {"verdict": verdict.name.value, "sentence": verdict.sentence, "as_of": verdict.as_of}
    return {**answer, "details": told, **({"fields": dict(fields)} if fields else {})}


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises Refused."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(error, path) from None


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that does not exist yet. Raises Refused."""
    try:
        with path.open("xb") as opened:
            opened.write(content)
    except FileExistsError:
        raise Refused("FileExists", path=str(path)) from None
    except OSError as error:
        raise _unreadable(error, path) from None


def _unreadable(error: OSError, path: Path) -> Refused:
    return Refused("FileUnreadable", path=str(path), cause=error.strerror or "it cannot be read")
