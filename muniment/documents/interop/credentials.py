"""Our documents as W3C Verifiable Credentials 2.0, secured as JWTs, with a Bitstring Status List from the chain's bits.

Sources: W3C "Verifiable Credentials Data Model v2.0"; "Securing Verifiable Credentials using JOSE and COSE", 3.1
(the credential itself is the payload, typ vc+jwt); "Bitstring Status List v1.0" (at least 131,072 bits, index 0 the
highest bit of the first byte, gzip, multibase base64url). JSON-LD contexts are named, never fetched.
"""

import base64
import gzip
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from muniment.documents.proof import Proof, to_json
from muniment.errors import Refused

CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"]
FEWEST_BITS = 131_072  # 16 KiB: so many that an index tells little of whose it is
Key = Ed25519PrivateKey | EllipticCurvePrivateKey


def credential(document: Any, proof: Proof, issuer: str, status_list: str, issued_at: int) -> dict[str, Any]:
    """An unsecured credential of a JSON document: its members are the claims, our proof file the evidence.

    `issuer` is a URL or DID, `status_list` the address of the root's status list. Raises Refused for other JSON.
    """
    if not isinstance(document, dict):
        raise Refused("DocumentRefused", path="the document", reason="its claims are no JSON object")
    leaf = proof.leaf
    made: dict[str, Any] = {
        "@context": CONTEXTS,
        "id": f"urn:muniment:document:{leaf.doc_id[2:]}",
        "type": ["VerifiableCredential"],
        "issuer": issuer,
        "validFrom": _date(issued_at),
        "credentialSubject": {"document": document},
        "credentialStatus": {
            "id": f"{status_list}#{leaf.index}",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": str(leaf.index),
            "statusListCredential": status_list,
        },
        "evidence": [{"type": ["MunimentProof"], "proof": to_json(proof)}],
    }
    if leaf.expires_at:
        made["validUntil"] = _date(leaf.expires_at)
    return made


def status_list(
    indices: Iterable[int], count: int, issuer: str, address: str, purpose: str, now: int
) -> dict[str, Any]:
    """An unsecured status list credential of one root; `indices` are revoked, or held when purpose is "suspension"."""
    return {
        "@context": CONTEXTS[:1],
        "id": address,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": _date(now),
        "credentialSubject": {
            "id": f"{address}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": encoded_list(indices, count),
        },
    }


def encoded_list(indices: Iterable[int], count: int) -> str:
    """The bits as "u" and base64url of their gzip. Raises Refused for an index that is not below the count."""
    bits = bytearray(max(FEWEST_BITS, -(-count // 8) * 8) // 8)
    for index in indices:
        if not 0 <= index < count:
            raise Refused("IndexBeyond", index=index, count=count)
        bits[index // 8] |= 0x80 >> index % 8
    return "u" + _base64url(gzip.compress(bytes(bits), mtime=0))


def load_key(path: Path) -> Key:
    """An Ed25519 or P-256 key from an unencrypted PEM file. Raises Refused."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise Refused("SigningKeyRefused", path=str(path), reason=type(error).__name__) from None
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1):
        return key
    raise Refused("SigningKeyRefused", path=str(path), reason="it is neither Ed25519 nor P-256")


def secured(unsecured: dict[str, Any], key: Key, key_id: str) -> str:
    """The credential as a JWS in compact form (RFC 7515), signed by EdDSA (RFC 8037) or ES256 (RFC 7518)."""
    algorithm = "EdDSA" if isinstance(key, Ed25519PrivateKey) else "ES256"
    header = {"alg": algorithm, "typ": "vc+jwt", "cty": "vc", "kid": key_id}
    signed = f"{_base64url(_compact(header))}.{_base64url(_compact(unsecured))}"
    if isinstance(key, Ed25519PrivateKey):
        signature = key.sign(signed.encode())
    else:
        r, s = decode_dss_signature(key.sign(signed.encode(), ECDSA(SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"{signed}.{_base64url(signature)}"


def _compact(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _date(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%Y-%m-%dT%H:%M:%SZ}"
