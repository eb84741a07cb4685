"""The anchors that the read tables show, against what the contract says of them."""

from sqlalchemy import Connection, select

from muniment.chain.abi import ChainError
from muniment.chain.deployment import Deployment
from muniment.chain.differences import Findings
from muniment.chain.rpc import Rpc
from muniment.chain.views import View, answers
from muniment.db.answers import AsOf
from muniment.db.schema import documents_anchors
from muniment.documents.model import AnchorKind, AnchorStatus


def compare_anchors(connection: Connection, rpc: Rpc, deployment: Deployment, known: AsOf, findings: Findings) -> None:
    """Compare every anchor with the contract at the checkpoint's block. Raises RpcError, RpcUnavailable."""
    if "DocumentRegistry" not in deployment.contracts:
        return
    a = documents_anchors.c
    rows = list(connection.execute(select(documents_anchors).order_by(a.issuer, a.root)))
    asked = [View("DocumentRegistry", "anchorOf", (row.issuer, row.root)) for row in rows]
    findings.count("anchors on chain", len(rows))
    for row, said in zip(rows, answers(rpc, deployment, asked, known.hash), strict=True):
        ours = _words(row.kind, row.status, row._mapping["count"], row.issued_at, row.expires_at)
        theirs = "no anchor"
        if not isinstance(said, ChainError) and said["kind"]:
            theirs = _words(said["kind"], said["status"], said["count"], said["issuedAt"], said["expiresAt"])
        if ours != theirs:
            findings.add("DiffersRead", row.root, ref=row.root, read=ours, chain=theirs)


def _words(kind: int, status: int, count: int, issued_at: int, expires_at: int) -> str:
    state = AnchorStatus(status).name.lower()
    return f"{AnchorKind(kind).name.lower()}, {count} documents, issued {issued_at}, until {expires_at}, {state}"
