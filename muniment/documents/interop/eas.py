"""EAS off-chain attestations, versions 1 and 2: the EIP-712 signature over the attestation, its UID, its end.

Source: ethereum-attestation-service/eas-sdk, `offchain.ts`. The attester is whoever signed; whether that attester is
somebody, and whether the chain holds a revocation of the UID, is not told by the file.
"""

import re
from typing import Any

from muniment.chain.typed_data import normal_signature, signer_of
from muniment.documents.merkle import keccak
from muniment.documents.model import Name
from muniment.documents.verdict import Verdict

_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_DATA = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_FIELDS = [
    {"name": "schema", "type": "bytes32"},
    {"name": "recipient", "type": "address"},
    {"name": "time", "type": "uint64"},
    {"name": "expirationTime", "type": "uint64"},
    {"name": "revocable", "type": "bool"},
    {"name": "refUID", "type": "bytes32"},
    {"name": "data", "type": "bytes"},
]
_DOMAIN = [
    {"name": "name", "type": "string"},
    {"name": "version", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]


def recognised(value: Any) -> bool:
    """Whether a parsed JSON value looks like such an attestation, bare or in the wrapper {"sig", "signer"}."""
    inner = value.get("sig") if isinstance(value, dict) else None
    held = inner if isinstance(inner, dict) else value
    return isinstance(held, dict) and {"domain", "message", "signature", "uid"} <= held.keys()


def judge(value: dict[str, Any], issuers: frozenset[str] | None, now: int) -> Verdict:
    """VALID only for what cannot be revoked, by one of the `issuers` (addresses): anybody may sign what he likes."""
    inner = value.get("sig")
    held, stated = (inner, value.get("signer")) if isinstance(inner, dict) else (value, None)
    try:
        signer, message, uid = _read(held)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return Verdict(Name.NOT_A_PROOF, {"reason": "it looks like an attestation of EAS, but is not whole"})
    if signer is None or (stated is not None and str(stated).lower() != signer):
        return Verdict(Name.ALTERED, {"variant": ".signature"})
    if uid != str(held["uid"]).lower():
        return Verdict(Name.ALTERED, {"variant": ".foreign"})
    if 0 < message["expirationTime"] <= now:
        return Verdict(Name.EXPIRED, {"time": message["expirationTime"]})
    if issuers is not None and signer not in issuers:
        return Verdict(Name.ISSUER_UNAUTHORISED, {"variant": ".unexpected", "issuer": signer})
    if issuers is None:
        reason = f"{signer} signed it; name that address as issuer if you know whose it is"
        return Verdict(Name.CANNOT_TELL, {"variant": ".foreign", "reason": reason, "signer": signer})
    if message["revocable"]:
        reason = f"{signer} signed it, and could have revoked it on the chain that it names"
        return Verdict(Name.CANNOT_TELL, {"variant": ".foreign", "reason": reason, "signer": signer})
    return Verdict(Name.VALID, {"variant": ".foreign", "signer": signer})


def _read(held: dict[str, Any]) -> tuple[str | None, dict[str, Any], str]:
    """Who signed, what was signed, and the UID that follows from it. Raises what `judge` calls not whole."""
    given, domain = held["message"], held["domain"]
    version = given["version"]  # the legacy form has none
    if version not in (1, 2) or domain["name"] != "EAS Attestation" or not isinstance(given["revocable"], bool):
        raise ValueError("version")
    message: dict[str, Any] = {
        "schema": _text(given["schema"], _HASH),
        "recipient": _text(given["recipient"], _ADDRESS),
        "time": _uint64(given["time"]),
        "expirationTime": _uint64(given["expirationTime"]),
        "revocable": given["revocable"],
        "refUID": _text(given["refUID"], _HASH),
        "data": _text(given["data"], _DATA),
    }
    fields = [{"name": "version", "type": "uint16"}, *_FIELDS]
    if version == 2:
        fields = [*fields, {"name": "salt", "type": "bytes32"}]
        message["salt"] = _text(given["salt"], _HASH)
    message["version"] = version
    typed_data = {
        "types": {"EIP712Domain": _DOMAIN, "Attest": fields},
        "primaryType": "Attest",
        "domain": {
            "name": domain["name"],
            "version": str(domain["version"]),
            "chainId": int(domain["chainId"]),
            "verifyingContract": _text(domain["verifyingContract"], _ADDRESS),
        },
        "message": message,
    }
    signature = held["signature"]
    joined = "0x" + _text(signature["r"], _HASH)[2:] + _text(signature["s"], _HASH)[2:] + f"{int(signature['v']):02x}"
    return signer_of(typed_data, normal_signature(joined)), message, _uid(message)


def _uid(message: dict[str, Any]) -> str:
    """keccak256 of the packed fields, with the schema as text, zero for the attester and for the bump."""
    packed = (
        message["version"].to_bytes(2, "big")
        + message["schema"].encode()
        + bytes.fromhex(message["recipient"][2:])
        + bytes(20)
        + message["time"].to_bytes(8, "big")
        + message["expirationTime"].to_bytes(8, "big")
        + bytes([message["revocable"]])
        + bytes.fromhex(message["refUID"][2:])
        + bytes.fromhex(message["data"][2:])
        + bytes.fromhex(message.get("salt", "0x")[2:])
        + bytes(4)
    )
    return "0x" + keccak(packed).hex()


def _text(value: Any, form: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise ValueError("form")
    return value.lower()


def _uint64(value: Any) -> int:
    number = int(value)
    if not 0 <= number < 2**64:
        raise ValueError("uint64")
    return number
