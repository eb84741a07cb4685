"""People of the vectors, the agency that knows them, and ids as the contracts derive them."""

from eth_abi import encode
from eth_account import Account
from eth_utils import keccak

AGENCY = "ministry.example.gov/land.example.gov"
SMALL, FULL = "0x" + "00" * 31 + "01", "0x" + "ff" * 32
NOBODY = "0x" + "00" * 32


def person(number):
    """A person that the agency knows; its wallet's key is the number."""
    commitment = keccak(text=f"person {number}")
    return {
        "party": id_of("Muniment.Party.v1", "bytes32", agency(), "bytes32", commitment),
        "commitment": "0x" + commitment.hex(),
        "key": number,
        "address": Account.from_key(number.to_bytes(32, "big")).address.lower(),
    }


def ascending(numbers):
    """People in the order of their parties."""
    return sorted((person(number) for number in numbers), key=lambda each: each["party"])


def agency():
    """The agency's id, as bytes."""
    above = bytes(32)
    for domain in AGENCY.split("/"):
        above = bytes.fromhex(id_of("Muniment.Agency.v1", "bytes32", above, "bytes32", keccak(text=domain))[2:])
    return above


def id_of(tag, *parts):
    """The id that the contracts derive from these types and values, in turn."""
    types, values = parts[::2], parts[1::2]
    return "0x" + keccak(encode(["bytes32", *types], [keccak(text=tag), *values])).hex()


def raw(text):
    """The bytes of hex text."""
    return bytes.fromhex(text[2:])


def word(text):
    """The hash of a text, as hex text."""
    return "0x" + keccak(text=text).hex()
