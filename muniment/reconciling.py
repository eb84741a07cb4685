"""The agency's tables, the read tables, the chain and the documents, compared: one report that can be signed.

The report is JSON. Its digest is keccak-256 of its RFC 8785 text without `digest` and `signature`; the officer's
signature is over the typed data of `typed_data`, so that nothing else that the key signs can be taken for it.
"""

import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import rfc8785
from sqlalchemy import Engine

from muniment.chain.deployment import Deployment
from muniment.chain.differences import Difference, Findings, Repair
from muniment.chain.retry import retry
from muniment.chain.rpc import Rpc
from muniment.chain.typed_data import signer_of
from muniment.db.answers import AsOf, as_of
from muniment.db.engine import reading, writing
from muniment.documents.reconciling import compare_anchors
from muniment.errors import Refused
from muniment.hashing import keccak
from muniment.land.reconciling import (
    Progress,
    compare,
    compare_chain,
    compare_sources,
    jurisdictions_of,
)
from muniment.sentences import sentence

_UNSIGNED = ("digest", "signature")


@dataclass(frozen=True)
class Scope:
    """What to compare. `sources` are keccak-256 of the agency's files; `sample` bounds what the chain is asked."""

    jurisdictions: Collection[str] = ()
    sources: Collection[str] | None = None
    chain: bool = False
    sample: int | None = None


def reconcile(
    engine: Engine,
    deployment: Callable[[], Deployment],
    rpc: Callable[[], Rpc],
    scope: Scope,
    now: int,
    told: Progress = lambda _stage, _done, _total: None,
) -> dict[str, Any]:
    """Compare, and give the report; nothing is changed. Everything is seen as of one moment of the database.

    Raises Refused when nothing was read from the chain yet; RpcError, RpcUnavailable where the chain is asked.
    """
    findings = Findings()
    start = "0x" + secrets.token_hex(32) if scope.chain and scope.sample is not None else None
    with reading(engine) as connection:
        known = as_of(connection)
        if known is None:
            raise Refused("NothingRead")
        names = sorted(scope.jurisdictions) or jurisdictions_of(connection)
        for name in names:
            compare(connection, name, known, findings, told)
            if scope.sources is not None:
                compare_sources(connection, name, scope.sources, findings)
            if scope.chain:
                compare_chain(connection, rpc(), deployment(), known, name, start, scope.sample, findings, told)
        if scope.chain:
            compare_anchors(connection, rpc(), deployment(), known, findings)
    return _report(findings, names, known, start, scope, now)


def typed_data(report: Mapping[str, Any]) -> dict[str, Any]:
    """What an officer signs of a report (EIP-712). It has no verifying contract: no contract takes it."""
    at = report["as_of"]
    domain = {"name": "Muniment reconciliation", "version": "1", "chainId": at["chain_id"]}
    message = {"digest": report["digest"], "blockNumber": at["number"], "blockHash": at["hash"]}
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
            ],
            "Reconciliation": [
                {"name": "digest", "type": "bytes32"},
                {"name": "blockNumber", "type": "uint256"},
                {"name": "blockHash", "type": "bytes32"},
            ],
        },
        "domain": domain,
        "primaryType": "Reconciliation",
        "message": message,
    }


def sign(report: dict[str, Any], key: str, signing: Callable[[Mapping[str, Any]], str]) -> None:
    """Add an officer's signature to a report; `signing` is how the key signs typed data."""
    report["signature"] = {"key": key.lower(), "signature": signing(typed_data(report))}


def check_signed(report: Mapping[str, Any]) -> str | None:
    """The key that signed a report; None when nobody did. Raises Refused when the report is not as it was made."""
    try:
        whole = report["digest"] == digest_of(report)
        given = report.get("signature")
        key = None if given is None else signer_of(typed_data(report), given["signature"])
        right = given is None or key == given["key"]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Refused("ReportUnreadable") from None
    if not whole or not right:
        raise Refused("ReportAltered")
    return key


def digest_of(report: Mapping[str, Any]) -> str:
    """keccak-256 of the report's RFC 8785 text, without digest and signature."""
    return keccak(rfc8785.dumps({name: value for name, value in report.items() if name not in _UNSIGNED}))


def repair(engine: Engine, report: Mapping[str, Any], now: int) -> list[str]:
    """Queue again what a report says can be queued, in one transaction; return the requests' keys.

    What moved on meanwhile is left as it is.
    """
    queued = []
    with writing(engine) as connection:
        for one in report["differences"]:
            if one["repair"] != Repair.QUEUE:
                continue
            try:
                retry(connection, one["request"], now)
            except Refused:
                continue
            queued.append(one["request"])
    return queued


def _report(
    findings: Findings, names: list[str], known: AsOf, start: str | None, scope: Scope, now: int
) -> dict[str, Any]:
    report: dict[str, Any] = {
        "format": "muniment-reconciliation-1",
        "made_at": now,
        "as_of": vars(known),
        "jurisdictions": names,
        "chain_asked": scope.chain,
        "sample": None if start is None else {"from": start, "most": scope.sample},
        "compared": findings.compared,
        "equal": not findings.differences,
        "differences": [_told(one) for one in findings.differences],
    }
    report["digest"] = digest_of(report)
    return report


def _told(one: Difference) -> dict[str, Any]:
    arguments = dict(one.arguments)
    if "error" in arguments:
        arguments["why"] = sentence(str(arguments["error"]))
    return {
        "difference": one.name,
        "subject": one.subject,
        "repair": one.repair.value,
        "sentence": sentence(one.name, arguments),
        **{name: value for name, value in one.arguments.items() if name != "subject"},
    }
