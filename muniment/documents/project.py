"""What the events of `DocumentRegistry` add up to: anchored roots, documents revoked or held, policies."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from muniment.chain.events import Event, Handler
from muniment.db.rows import Rows
from muniment.db.schema import documents_anchors, documents_policies, documents_revocations
from muniment.documents.model import HOLD, WORD_BITS, AnchorStatus
from muniment.hashing import ZERO_HASH


def issued(event: Event, rows: Rows) -> None:
    """A root was anchored; the contract refuses a second time."""
    given = event.arguments
    rows.insert(
        documents_anchors,
        {
            **_root(event),
            "schema": given["schema"],
            "count": given["count"],
            "expires_at": given["expiresAt"],
            "kind": given["kind"],
            "key_id": given["keyId"],
            "policy": ZERO_HASH,
            "members": "[]",
            "issued_at": event.time,
            "status": int(AnchorStatus.STANDING),
            "reason": None,
            "changed_at": None,
            "successor": None,
            "tx_hash": event.tx_hash,
        },
    )


def approved(event: Event, rows: Rows) -> None:
    """Who signed for a root that was issued in the same transaction."""
    given = event.arguments
    rows.update(documents_anchors, _root(event), {"policy": given["policy"], "members": json.dumps(given["members"])})


def document_revoked(event: Event, rows: Rows) -> None:
    """One document was revoked, or put on hold."""
    _revoke(event, rows, {**_root(event), "index": event.arguments["index"]})


def word_revoked(event: Event, rows: Rows) -> None:
    """Many documents were revoked, or put on hold."""
    for key in _documents(event):
        _revoke(event, rows, key)


def word_released(event: Event, rows: Rows) -> None:
    """Documents are no longer on hold."""
    for key in _documents(event):
        _change(rows, key, {"held": 0})


def document_superseded(event: Event, rows: Rows) -> None:
    """A document has a successor; a DocumentRevoked with reason 4 came before."""
    given = event.arguments
    changes = {"successor": given["successor"], "successor_index": given["successorIndex"]}
    _change(rows, {**_root(event), "index": given["index"]}, changes)


def root_revoked(event: Event, rows: Rows) -> None:
    """A root was revoked with all its documents, or put on hold."""
    reason = event.arguments["reason"]
    status = AnchorStatus.HELD if reason == HOLD else AnchorStatus.REVOKED
    rows.update(documents_anchors, _root(event), _status(status, event, reason=reason))


def root_released(event: Event, rows: Rows) -> None:
    """A root is no longer on hold."""
    rows.update(documents_anchors, _root(event), _status(AnchorStatus.STANDING, event, reason=None))


def root_superseded(event: Event, rows: Rows) -> None:
    """Another root takes a root's place."""
    changes = _status(AnchorStatus.SUPERSEDED, event, successor=event.arguments["successor"])
    rows.update(documents_anchors, _root(event), changes)


def policy_set(event: Event, rows: Rows) -> None:
    """An agency allows a policy, or no longer does."""
    given = event.arguments
    rows.put(
        documents_policies,
        {
            "policy": given["policy"],
            "agency": given["agency"],
            "allowed": int(given["allowed"]),
            "threshold": given["threshold"],
            "members": json.dumps(given["members"]),
        },
    )


def _root(event: Event) -> dict[str, Any]:
    return {"issuer": event.arguments["issuer"], "root": event.arguments["root"]}


def _status(status: AnchorStatus, event: Event, **more: Any) -> dict[str, Any]:
    return {"status": int(status), "changed_at": event.time, **more}


def _documents(event: Event) -> Iterator[dict[str, Any]]:
    """The keys of the documents whose bits an event names; at most the 256 of a word."""
    first, bits = event.arguments["word"] * WORD_BITS, event.arguments["bits"]
    for bit in range(WORD_BITS):
        if bits >> bit & 1:
            yield {**_root(event), "index": first + bit}


def _revoke(event: Event, rows: Rows, key: Mapping[str, Any]) -> None:
    reason = event.arguments["reason"]
    _change(rows, key, {"held": 1} if reason == HOLD else {"reason": reason, "revoked_at": event.time})


def _change(rows: Rows, key: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Change a document's row, made when first needed."""
    if rows.get(documents_revocations, key) is None:
        none = {"held": 0, "reason": None, "revoked_at": None, "successor": None, "successor_index": None}
        rows.insert(documents_revocations, {**key, **none, **changes})
    else:
        rows.update(documents_revocations, key, changes)


HANDLERS: dict[tuple[str, str], Handler] = {
    ("DocumentRegistry", "Issued"): issued,
    ("DocumentRegistry", "Approved"): approved,
    ("DocumentRegistry", "DocumentRevoked"): document_revoked,
    ("DocumentRegistry", "WordRevoked"): word_revoked,
    ("DocumentRegistry", "WordReleased"): word_released,
    ("DocumentRegistry", "DocumentSuperseded"): document_superseded,
    ("DocumentRegistry", "RootRevoked"): root_revoked,
    ("DocumentRegistry", "RootReleased"): root_released,
    ("DocumentRegistry", "RootSuperseded"): root_superseded,
    ("DocumentRegistry", "PolicySet"): policy_set,
}
