"""EIP-712 step by step, by the text of the standard: no library of typed data has a hand in it.

https://eips.ethereum.org/EIPS/eip-712
"""

from eth_abi import encode
from eth_utils import keccak

DOMAIN = "string name,string version,uint256 chainId,address verifyingContract"
STRUCTS = {
    "BillOfSale": "bytes32 documentHash,uint32 legalDate",
    "CompanyFile": "uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash",
    "Finance": "Lien mortgage,uint8 rank,uint128 reserved,bytes32 documentHash",
    "Interest": "uint8 kind,bytes32 beneficiary,bytes32 dominant,uint40 until,bytes32 deedHash",
    "Lien": "uint8 kind,bytes32 creditor,uint256 amount,bytes32 currency,bytes32 deedHash",
    "LienFate": "bytes32 lien,uint128 payoff",
    "Listing": "bytes32 title,uint32 version,bytes32[] sellers,bytes32 sellersBank,bytes32 agent,bytes32 currency,"
    "uint128 price,bytes32 documentHash,uint40 until",
    "Offer": "uint64 denominator,Share[] shares,bytes32 buyersBank,bytes32 currency,uint128 price,address[] payers,"
    "bytes32 documentHash,uint40 until",
    "Part": "string ref,bytes32 geometryHash,uint64 area",
    "SaleContract": "LienFate[] liens,address[] payouts,uint128 agentFee,address agentPayout,uint128 duty,"
    "bytes32 feeds,uint128 feedAmount,uint128 fed,bytes32 documentHash,uint40 lodgeBy,uint40 financeBy,"
    "uint40 completeBy",
    "Share": "bytes32 holder,uint64 numerator",
}


def members(fields):
    """[(type, name), …] of a type's members."""
    return [tuple(field.split(" ")) for field in fields.split(",")]


def structs_in(fields):
    """The structs that a type names, and those that they name, sorted: {name: members}."""
    found = {}
    for type_, _ in members(fields):
        name = type_.removesuffix("[]")
        if name in STRUCTS:
            found |= {name: STRUCTS[name]} | structs_in(STRUCTS[name])
    return dict(sorted(found.items()))


def type_text(kind, fields):
    """encodeType: the type with its members, and after it the structs that it names, sorted."""
    return "".join(f"{name}({text})" for name, text in [(kind, fields), *structs_in(fields).items()])


def numbers(fields, message):
    """A message with integers for their decimal text, in structs and arrays too."""
    return {name: _number(type_, message[name]) for type_, name in members(fields)}


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


def _number(type_, value):
    if type_.endswith("[]"):
        return [_number(type_[:-2], each) for each in value]
    if type_ in STRUCTS:
        return numbers(STRUCTS[type_], value)
    return int(value) if type_.startswith("uint") else value


def _word(type_, value):
    if type_ in STRUCTS:
        return struct_hash(type_, STRUCTS[type_], value)
    if type_.endswith("[]"):
        return keccak(b"".join(_word(type_[:-2], each) for each in value))
    if type_ == "string":
        return keccak(value.encode())
    return encode([type_], [bytes.fromhex(value[2:]) if type_ == "bytes32" else value])
