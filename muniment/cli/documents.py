"""`muniment documents`: what an agency does with its documents. Checking them is `documents_checking`."""

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from muniment.chain.outbox import Request, enqueue
from muniment.cli import documents_checking, documents_exporting, documents_signing
from muniment.cli.console import AsJson, emit_json, progress, say
from muniment.cli.importing import agency_of, shown_on
from muniment.config import Settings
from muniment.db.engine import writing
from muniment.documents.approving import read_policy
from muniment.documents.gathering import PROOF_SUFFIX, Gathered, files_below, from_table, gather
from muniment.documents.issuing import Batch, Issuer, batch
from muniment.documents.model import HOLD, Reason
from muniment.documents.proof import Proof, written
from muniment.documents.strict import JsonRefused, parse
from muniment.documents.submit import (
    issue_request,
    release_requests,
    release_root_request,
    revoke_requests,
    revoke_root_request,
    supersede_request,
    supersede_root_request,
)
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak
from muniment.services import build

app = typer.Typer(help="Documents: issued once, verified anywhere, revoked with a reason.", no_args_is_help=True)
documents_checking.add_to(app)
documents_exporting.add_to(app)
documents_signing.add_to(app)

Proofs = Annotated[list[Path], typer.Argument(metavar="PROOF...", help="Proof files, or documents that have one.")]


@app.command("issue")
def issue(
    issuer: Annotated[str, typer.Option(help="The agency's id or domain.")],
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Documents, or folders of them.")
    ] = None,
    out: Annotated[Path, typer.Option(help="The batch's folder; the same command goes on where it stopped.")] = Path(
        "batch"
    ),
    csv: Annotated[Path | None, typer.Option(help="A table in UTF-8; each row becomes a JSON document.")] = None,
    template: Annotated[Path | None, typer.Option(help="JSON with {{heading}} where a row's cells go.")] = None,
    schema: Annotated[Path | None, typer.Option(help="The JSON schema that the documents follow.")] = None,
    expires: Annotated[
        str | None, typer.Option(help="The date from which they no longer count, as 2030-12-31.")
    ] = None,
    as_files: Annotated[
        bool, typer.Option("--as-files", help="Take JSON as plain files, never field by field.")
    ] = False,
    policy: Annotated[
        Path | None, typer.Option(help="JSON {threshold, members}: ask these for approval instead of queueing.")
    ] = None,
    as_party: Annotated[
        bool, typer.Option("--as-party", help="The issuer is a party: ask its wallet for approval.")
    ] = False,
    approve_days: Annotated[int, typer.Option(min=1, help="How long approvals can be used, in days.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Queue one root for all documents, and write a proof file for each.

    With --policy or --as-party nothing is queued: OUT/approval-request.json goes to those who approve.
    """
    services = build(Settings.load())
    deployment = services.deployment
    documents = files_below(paths or [])
    if (csv is None) != (template is None):
        raise Refused("TemplateMissing")
    if csv is not None and template is not None:
        documents += from_table(csv, template, out / "documents")
    if not documents:
        raise Refused("DocumentsMissing")
    registry = documents_checking.registry_of(deployment)
    who = Issuer(deployment.chain_id, registry, agency_of(issuer), _schema_id(schema), _date(expires))
    with progress() as bars:
        show = shown_on(bars)
        gathered = gather(out, who, documents, as_files, lambda done, total: show("Hashing", done, total))
        made = batch(who, [one.draft for one in gathered])
        proofs = _write_proofs(out, gathered, made, lambda done, total: show("Writing proofs", done, total))
    if policy is not None or as_party:
        by = None if policy is None else read_policy(documents_checking.read_bytes(policy))
        asked = documents_signing.ask(out, who, made.root, len(documents), by, approve_days)
        if as_json:
            emit_json(
                {"root": made.root, "count": len(documents), "request": str(asked), "proofs": list(map(str, proofs))}
            )
            return
        say(f"{len(documents)} documents under the root {made.root}; {asked} is to be approved.")
        return
    request = issue_request(who.issuer, made.root, who.schema, len(documents), who.expires_at)
    with writing(services.engine) as connection:
        receipt = enqueue(connection, request, int(time.time()))
    if as_json:
        summary = {"root": made.root, "count": len(documents), "key": receipt.key, "state": receipt.state}
        emit_json({**summary, "new": receipt.new, "proofs": [str(path) for path in proofs]})
        return
    say(f"{len(documents)} documents under the root {made.root}; proofs are in {out}.")
    say(f"The issue is {receipt.state}: {receipt.key}")


@app.command("revoke")
def revoke(
    proofs: Proofs,
    reason: Annotated[str, typer.Option(help="Such as superseded, key-compromise, privilege-withdrawn; see --help.")],
    root: Annotated[bool, typer.Option("--root", help="The whole root of each proof, with all its documents.")] = False,
    as_json: AsJson = False,
) -> None:
    """Revoke documents for a reason of RFC 5280, or put them on hold (certificate-hold)."""
    code = _reason(reason)
    requests: list[Request] = []
    for (issuer, under), group in _by_root(proofs).items():
        if root:
            requests.append(revoke_root_request(issuer, under, code, _occasion(code)))
        else:
            requests += revoke_requests(issuer, under, [proof.leaf.index for proof in group], code, _occasion(code))
    _queue(requests, as_json)


@app.command("release")
def release(
    proofs: Proofs,
    root: Annotated[bool, typer.Option("--root", help="The hold on the whole root of each proof.")] = False,
    as_json: AsJson = False,
) -> None:
    """Lift a hold."""
    requests: list[Request] = []
    occasion = _occasion(HOLD)
    for (issuer, under), group in _by_root(proofs).items():
        if root:
            requests.append(release_root_request(issuer, under, occasion))
        else:
            requests += release_requests(issuer, under, [proof.leaf.index for proof in group], occasion)
    _queue(requests, as_json)


@app.command("supersede")
def supersede(
    old: Annotated[Path, typer.Argument(help="The proof, or the document, that is replaced.")],
    new: Annotated[Path, typer.Argument(help="The one that takes its place; issued already.")],
    root: Annotated[bool, typer.Option("--root", help="Replace the whole root by the other's.")] = False,
    as_json: AsJson = False,
) -> None:
    """Name what takes a document's place, or a root's."""
    before, after = documents_checking.proof_at(old), documents_checking.proof_at(new)
    if before.leaf.issuer != after.leaf.issuer:
        raise Refused("SuccessorRefused", issuer=before.leaf.issuer, successor=after.root)
    if root:
        requests = [supersede_root_request(before.leaf.issuer, before.root, after.root)]
    else:
        places = (before.root, before.leaf.index, after.root, after.leaf.index)
        requests = [supersede_request(before.leaf.issuer, *places)]
    _queue(requests, as_json)


def _queue(requests: Sequence[Request], as_json: bool) -> None:
    services = build(Settings.load())
    now = int(time.time())
    with writing(services.engine) as connection:
        receipts = [enqueue(connection, request, now) for request in requests]
    if as_json:
        emit_json({"requests": [{"key": one.key, "state": one.state, "new": one.new} for one in receipts]})
        return
    for receipt in receipts:
        say(f"{receipt.state}: {receipt.key}")


def _by_root(paths: Sequence[Path]) -> dict[tuple[str, str], list[Proof]]:
    groups: dict[tuple[str, str], list[Proof]] = {}
    for path in paths:
        proof = documents_checking.proof_at(path)
        groups.setdefault((proof.leaf.issuer, proof.root), []).append(proof)
    return groups


def _write_proofs(
    out: Path, gathered: Sequence[Gathered], made: Batch, show: documents_checking.Progress
) -> list[Path]:
    """One proof file for each document in the batch's folder; those of equal names are told apart by their index."""
    names = Counter(one.path.name for one in gathered)
    paths = []
    for index, (one, proof) in enumerate(zip(gathered, made.proofs, strict=True)):
        name = one.path.name if names[one.path.name] == 1 else f"{index}-{one.path.name}"
        path = out / (name + PROOF_SUFFIX)
        path.write_bytes(written(proof))
        paths.append(path)
        show(index + 1, len(gathered))
    return paths


def _schema_id(path: Path | None) -> str:
    """keccak256 of the schema's RFC 8785 text; zero for none."""
    if path is None:
        return ZERO_HASH
    try:
        return keccak(documents_checking.canonical(parse(path.read_bytes())))
    except OSError as error:
        raise Refused("FileUnreadable", path=str(path), cause=error.strerror or "it cannot be read") from None
    except JsonRefused as error:
        raise Refused("DocumentRefused", path=str(path), reason=str(error)) from None


def _date(text: str | None) -> int:
    """Midnight UTC at the start of a date, in Unix seconds; 0 for none."""
    if text is None:
        return 0
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise Refused("LegalDateRefused", date=text) from None


def _reason(text: str) -> Reason:
    reason = Reason.__members__.get(text.upper().replace("-", "_"))
    if reason is None or reason is Reason.REMOVE_FROM_CRL:
        names = ", ".join(name.lower().replace("_", "-") for name in Reason.__members__ if name != "REMOVE_FROM_CRL")
        raise Refused("ReasonUnknown", reason=text, reasons=names)
    return reason


def _occasion(reason: int) -> str:
    """Holds come and go, so each is an act of its own; a revocation happens once."""
    return str(int(time.time())) if reason == HOLD else ""
