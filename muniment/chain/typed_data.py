"""Typed data (EIP-712): sign it, and tell who signed, as the contracts judge it."""

from collections.abc import Mapping
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError

from muniment.hashing import keccak

# secp256k1's order; OpenZeppelin's ECDSA refuses the upper half of s, where the same signature stands a second time.
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def normal_signature(signature: str) -> str:
    """A signature as lower-case 0x hex, its recovery byte written 27 or 28 as contracts want it.

    Raises ValueError for what is no hex text of whole bytes. Longer and shorter ones are a contract wallet's affair.
    """
    raw = bytes.fromhex(signature.removeprefix("0x"))
    if len(raw) == 65 and raw[64] < 2:
        raw = raw[:64] + bytes([raw[64] + 27])
    return "0x" + raw.hex()


def digest_of(typed_data: Mapping[str, Any]) -> str:
    """What is signed: keccak256 of 0x1901, the domain's separator and the message's hash (EIP-712)."""
    signable = encode_typed_data(full_message=dict(typed_data))
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def struct_hash_of(typed_data: Mapping[str, Any]) -> str:
    """The message's hashStruct: what a contract keeps of a paper (EIP-712)."""
    return "0x" + encode_typed_data(full_message=dict(typed_data)).body.hex()


def signer_of(typed_data: Mapping[str, Any], signature: str) -> str | None:
    """The lower-case address whose ECDSA signature this is; None when it is none (ERC-1271 is not asked)."""
    raw = bytes.fromhex(signature.removeprefix("0x"))
    if len(raw) != 65 or int.from_bytes(raw[32:64], "big") > _ORDER // 2 or raw[64] not in (27, 28):
        return None
    try:
        address = Account.recover_message(encode_typed_data(full_message=dict(typed_data)), signature=raw)
    except (BadSignature, ValidationError, ValueError):
        return None
    return str(address).lower()


def turned_around(signature: str) -> str | None:
    """The low form of an ECDSA signature with a high s (EIP-2); None for any other.

    Anyone can turn a signature around without the key: the same values, signed a second time as it were.
    """
    raw = bytes.fromhex(signature.removeprefix("0x"))
    if len(raw) != 65 or raw[64] not in (27, 28) or not _ORDER // 2 < int.from_bytes(raw[32:64], "big") < _ORDER:
        return None
    low = (_ORDER - int.from_bytes(raw[32:64], "big")).to_bytes(32, "big")
    return "0x" + (raw[:32] + low + bytes([55 - raw[64]])).hex()


def signed_by(account: LocalAccount, typed_data: Mapping[str, Any]) -> str:
    """An account's signature over typed data, as 0x hex."""
    return "0x" + bytes(account.sign_message(encode_typed_data(full_message=dict(typed_data))).signature).hex()
