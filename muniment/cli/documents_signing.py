"""`muniment documents approve`, `submit`, `stamp`: issuing by signatures, and writing down where that was."""

import json
import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from muniment.chain.deployment import Deployment
from muniment.chain.outbox import enqueue
from muniment.chain.rpc import Rpc
from muniment.chain.signer import account_of
from muniment.chain.typed_data import signed_by
from muniment.cli.console import AsJson, emit_json, say
from muniment.cli.documents_checking import SECONDS_PER_DAY, Out, read_bytes, write_bytes
from muniment.config import Settings
from muniment.db.engine import writing
from muniment.documents.approving import Asked, Policy, read_approval, read_asked
from muniment.documents.gathering import PROOF_SUFFIX
from muniment.documents.issuing import Issuer
from muniment.documents.proof import Issued, ProofRefused, read, written
from muniment.documents.stamping import issued_at
from muniment.errors import Refused
from muniment.services import build

REQUEST = "approval-request.json"
RequestFile = Annotated[Path, typer.Argument(metavar="REQUEST", help="The approval-request.json of a batch.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the group."""
    for command in (approve, submit, stamp):
        app.command(command.__name__)(command)


def ask(out: Path, who: Issuer, root: str, count: int, policy: Policy | None, days: int) -> Path:
    """Write the batch's request for approval; one that is there and asks for the same stays. Raises Refused."""
    path = out / REQUEST
    asked = Asked(
        chain_id=who.chain_id,
        registry=who.registry,
        issuer=who.issuer,
        root=root,
        schema=who.schema,
        count=count,
        expires_at=who.expires_at,
        policy=policy,
        nonce=secrets.randbits(256),
        deadline=int(time.time()) + days * SECONDS_PER_DAY,
    )
    if path.exists():
        # Approvals may be on their way already.
        before = read_asked(read_bytes(path))
        if replace(before, nonce=asked.nonce, deadline=asked.deadline) != asked:
            raise Refused("FileExists", path=str(path))
        return path
    write_bytes(path, json.dumps(asked.to_json()).encode())
    return path


def approve(
    request: RequestFile,
    out: Out = Path("approval.json"),
    member: Annotated[str | None, typer.Option(help="Who signs: an address or a party's id; the key itself.")] = None,
    signature: Annotated[str | None, typer.Option(help="A wallet's signature over the --typed-data.")] = None,
    typed_data: Annotated[bool, typer.Option("--typed-data", help="Print what a wallet signs, and end.")] = False,
) -> None:
    """Approve a request with the keystore's key, or write down a wallet's signature."""
    asked = read_asked(read_bytes(request))
    if typed_data:
        emit_json(asked.typed_data())
        return
    if signature is None:
        account = account_of(Settings.load())
        member, signature = member or str(account.address), signed_by(account, asked.typed_data())
    if member is None:
        raise typer.BadParameter("Name whose --signature it is with --member.")
    write_bytes(out, json.dumps(asked.approval(member, signature)).encode())
    say(f"{out} approves {asked.count} documents under the root {asked.root}.")


def submit(
    request: RequestFile,
    approvals: Annotated[list[Path], typer.Argument(metavar="APPROVAL...", help="The members' approval files.")],
    as_json: AsJson = False,
) -> None:
    """Queue a root that enough members approved, or a party's own with its approval."""
    asked = read_asked(read_bytes(request))
    made = asked.request([read_approval(read_bytes(path)) for path in approvals])
    with writing(build(Settings.load()).engine) as connection:
        receipt = enqueue(connection, made, int(time.time()))
    if as_json:
        emit_json({"root": asked.root, "key": receipt.key, "state": receipt.state, "new": receipt.new})
        return
    say(f"{receipt.state}: {receipt.key}")


def stamp(
    paths: Annotated[list[Path], typer.Argument(metavar="PROOF...", help="Proof files, or folders of them.")],
    as_json: AsJson = False,
) -> None:
    """Write into proof files where their root was anchored: transaction, block, key and approvals."""
    deployment = Deployment.load(Settings.load().deployment_path)
    rpc = Rpc(Settings.load().rpc_urls)
    found: dict[tuple[str, str], Issued] = {}
    files = [file for path in paths for file in (sorted(path.glob("*" + PROOF_SUFFIX)) if path.is_dir() else [path])]
    for path in files:
        try:
            proof = read(read_bytes(path))
        except ProofRefused as error:
            raise Refused("ProofMissing", path=str(path), reason=str(error)) from None
        place = (proof.leaf.issuer, proof.root)
        if place not in found:
            found[place] = issued_at(rpc, deployment, *place)
        # Written beside and moved, so that an interruption leaves a whole proof.
        beside = path.with_name(path.name + ".part")
        beside.write_bytes(written(replace(proof, issued=found[place])))
        beside.replace(path)
    if as_json:
        emit_json({"proofs": len(files), "roots": [{"root": root, "issued": one} for (_, root), one in found.items()]})
        return
    say(f"{len(files)} proofs of {len(found)} roots say where they were anchored.")
