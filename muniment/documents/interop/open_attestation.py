"""OpenAttestation v2 files: whether they are unaltered, and who signed them (DID) where that can be told offline.

Their root says nothing of its own about a chain: a document store or a DNS record does, and neither is asked here.
Source: Open-Attestation/adr and open-attestation's `schema/2.0`, `digest.ts`, `verify.ts`: each field of `data` is
keccak256 of {"path": value} as JSON, the digest is keccak256 of the sorted list of these as JSON, and a proof's
siblings are combined in ascending order.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from muniment.chain.signed_text import signer_of_text
from muniment.documents.merkle import DEEPEST, keccak, node_hash
from muniment.documents.model import Name
from muniment.documents.verdict import Verdict

VERSION = "https://schema.openattestation.com/2.0/schema.json"
_SALTED = re.compile(r"[0-9a-fA-F-]{36}:(string|number|boolean|null|undefined):(.*)", re.DOTALL)
_HASH = re.compile(r"[0-9a-f]{64}")
_DID = re.compile(r"did:ethr:(0x[0-9a-fA-F]{40})(#controller)?")
_MOST_HIDDEN = 65_536
_MOST_SIGNATURES = 64


def recognised(value: Any) -> bool:
    """Whether a parsed JSON value says that it is such a file."""
    return isinstance(value, dict) and value.get("version") == VERSION


def judge(value: dict[str, Any], issuers: frozenset[str] | None) -> Verdict:
    """VALID only when signed by the DIDs that it names, and these are among the `issuers` (addresses)."""
    try:
        unaltered, root = _check(value)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Verdict(Name.NOT_A_PROOF, {"reason": "it says that it is an OpenAttestation file, but is not whole"})
    if not unaltered:
        return Verdict(Name.ALTERED, {"variant": ".foreign"})
    signers = _did_signers(value)
    if signers is None:
        reason = "only the document store that it names could tell"
        return Verdict(Name.CANNOT_TELL, {"variant": ".foreign", "reason": reason})
    proofs = value.get("proof")
    if not isinstance(proofs, list) or not 0 < len(proofs) <= _MOST_SIGNATURES:
        return Verdict(Name.CANNOT_TELL, {"variant": ".foreign", "reason": "the issuer that it names did not sign it"})
    if not signers <= {_signer(proof, root) for proof in proofs}:
        return Verdict(Name.ALTERED, {"variant": ".signature"})
    if issuers is None:
        reason = f"{', '.join(sorted(signers))} signed it; name that address as issuer if you know whose it is"
        return Verdict(Name.CANNOT_TELL, {"variant": ".foreign", "reason": reason})
    if not signers <= issuers:
        return Verdict(Name.ISSUER_UNAUTHORISED, {"variant": ".unexpected", "issuer": ", ".join(sorted(signers))})
    return Verdict(Name.VALID, {"variant": ".foreign", "signer": ", ".join(sorted(signers))})


def _check(value: dict[str, Any]) -> tuple[bool, str]:
    """Whether data, target hash and root hold together, and the root."""
    signature = value["signature"]
    target, root, siblings = signature["targetHash"], signature["merkleRoot"], signature["proof"]
    hidden = value.get("privacy", {}).get("obfuscatedData", [])
    if signature["type"] != "SHA3MerkleProof" or len(siblings) > DEEPEST or len(hidden) > _MOST_HIDDEN:
        raise ValueError("bounds")
    if not all(_HASH.fullmatch(one) for one in (target, root, *siblings, *hidden)):
        raise ValueError("hashes")
    hashes = sorted([*hidden, *(_field_hash(path, held) for path, held in _flattened(value["data"]))])
    if keccak(_text(hashes)).hex() != target:
        return False, root
    node = bytes.fromhex(target)
    for sibling in siblings:
        node = node_hash(node, bytes.fromhex(sibling))
    return node.hex() == root, root


def _flattened(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every field with its dotted path, as the npm package `flatley` writes it: empty containers are left out."""
    waiting: list[tuple[str, Any]] = list(data.items())
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting.extend((f"{path}.{key}", held) for key, held in value.items())
        elif isinstance(value, list):
            waiting.extend((f"{path}.{at}", held) for at, held in enumerate(value))
        else:
            yield path, value


def _field_hash(path: str, salted: Any) -> str:
    if not isinstance(salted, str) or not _SALTED.fullmatch(salted):
        raise ValueError("a field is not salted")
    return keccak(_text({path: salted})).hex()


def _text(value: Any) -> bytes:
    """As JavaScript's JSON.stringify writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _unsalted(value: Any) -> str:
    found = _SALTED.fullmatch(value) if isinstance(value, str) else None
    return found[2] if found else ""


def _did_signers(value: dict[str, Any]) -> set[str] | None:
    """The addresses of the DIDs that all issuers name; None when an issuer is identified in another way."""
    addresses = set()
    issuers = value["data"].get("issuers")
    for issuer in issuers if isinstance(issuers, list) else []:
        proof = issuer.get("identityProof") if isinstance(issuer, dict) else None
        if not isinstance(proof, dict) or _unsalted(proof.get("type")) != "DID":
            return None
        found = _DID.fullmatch(_unsalted(proof.get("key")))
        if found is None:
            return None
        addresses.add(found[1].lower())
    return addresses or None


def _signer(proof: Any, root: str) -> str | None:
    """Who signed the root's bytes as a personal message (ERC-191)."""
    if not isinstance(proof, dict) or not isinstance(proof.get("signature"), str):
        return None
    return signer_of_text(bytes.fromhex(root), proof["signature"])
