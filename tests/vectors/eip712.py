"""EIP-712 step by step, by the text of the standard: no library of typed data has a hand in it.

https://eips.ethereum.org/EIPS/eip-712
"""

from eth_abi import encode
from eth_utils import keccak

DOMAIN = "string name,string version,uint256 chainId,address verifyingContract"
STRUCTS = {"CompanyFile": "uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash"}


def members(fields):
    """[(type, name), …] of a type's members."""
    return [tuple(field.split(" ")) for field in fields.split(",")]


def type_text(kind, fields):
    """encodeType: the type with its members, and after it the structs that it names, sorted."""
    named = sorted({type_ for type_, _ in members(fields)} & STRUCTS.keys())
    return "".join(f"{name}({text})" for name, text in [(kind, fields), *((name, STRUCTS[name]) for name in named)])


def struct_hash(kind, fields, message):
    """hashStruct: keccak256 of the type's hash and one word for each member."""
    words = [_word(type_, message[name]) for type_, name in members(fields)]
    return keccak(keccak(text=type_text(kind, fields)) + b"".join(words))


def separator(domain):
    """The domain's hash."""
    return struct_hash("EIP712Domain", DOMAIN, domain)


def digest(domain, kind, fields, message):
    """What is signed."""
    return keccak(b"\x19\x01" + separator(domain) + struct_hash(kind, fields, message))


def _word(type_, value):
    if type_ in STRUCTS:
        return struct_hash(type_, STRUCTS[type_], value)
    if type_.endswith("[]"):
        return keccak(b"".join(_word(type_[:-2], each) for each in value))
    if type_ == "string":
        return keccak(value.encode())
    return encode([type_], [bytes.fromhex(value[2:]) if type_ == "bytes32" else value])
