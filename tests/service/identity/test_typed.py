"""What parties are asked to sign is what the interfaces promise."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from eth_account._utils.encode_typed_data.encoding_and_hashing import encode_type
from eth_account.messages import encode_typed_data

from muniment.hashing import keccak
from muniment.identity.typed import STRUCTS, TYPES, Domain, structs_in, typed_data

ROOT = Path(__file__).parents[3]
VECTORS = [
    case
    for case in json.loads((ROOT / "tests" / "vectors" / "typed_data.json").read_text())
    if case["contract"] in TYPES
]
REGISTRY = "0x" + "12" * 20
VALUES: dict[str, Any] = {"bytes32": "0x" + "ab" * 32, "address": "0x" + "cd" * 20, "string": "é"}
LISTED = re.compile(r"(\w+)\(((?:uint\d+|bytes32|address|[A-Z]\w+)(?:\[\])? \w+(?:,[^)]*)?)\)")


def _promised(contract: str) -> dict[str, str]:
    """The types that the interface and the one of nonces write into their documentation, by name."""
    names = (contract, "PartyNonces") if "CancelNonce" in TYPES[contract] else (contract,)
    paths = [path for name in names for path in (ROOT / "interfaces").rglob(f"I{name}.sol")]
    told = "\n".join(line for path in paths for line in path.read_text().splitlines() if line.startswith("///"))
    joined = re.sub(r"\n///?\s*", " ", told)
    return {name: re.sub(r",\s+", ",", members) for name, members in LISTED.findall(joined)}


def _value(kind: str) -> Any:
    if kind.endswith("[]"):
        return [_value(kind.removesuffix("[]"))]
    if kind in STRUCTS:
        return {part.split()[1]: _value(part.split()[0]) for part in STRUCTS[kind].split(",")}
    return VALUES.get(kind, 7)


@pytest.mark.parametrize("contract", TYPES)
def test_types_are_those_of_the_interface(contract: str) -> None:
    """Every type that an interface names must be in the table, member by member, and no other."""
    promised = _promised(contract)
    assert {name: members for name, members in promised.items() if name not in STRUCTS} == TYPES[contract]
    assert all(STRUCTS[name] == members for name, members in promised.items() if name in STRUCTS)


@pytest.mark.parametrize(("contract", "primary"), [(contract, name) for contract in TYPES for name in TYPES[contract]])
def test_the_type_hash_is_that_of_eip_712(contract: str, primary: str) -> None:
    """Libraries must read each type as the text that its hash is made of, structs appended, bound to one registry."""
    message = {part.split()[1]: _value(part.split()[0]) for part in TYPES[contract][primary].split(",")}
    data = typed_data(Domain(contract, 31337, REGISTRY), primary, message)
    text = f"{primary}({TYPES[contract][primary]})"
    text += "".join(f"{name}({STRUCTS[name]})" for name in sorted(structs_in(TYPES[contract][primary])))
    changed = {"verifyingContract": "0x" + "34" * 20}
    elsewhere = encode_typed_data(full_message={**data, "domain": {**data["domain"], **changed}})
    assert encode_typed_data(full_message=data).header != elsewhere.header
    assert encode_type(primary, data["types"]) == text


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: f"{case['contract']}-{case['kind']}")
def test_the_digests_are_those_of_the_contracts(case: dict[str, Any]) -> None:
    """What the service asks to be signed must have the digest that contracts and pages reckon too."""
    domain = Domain(case["contract"], case["domain"]["chainId"], case["domain"]["verifyingContract"])
    signable = encode_typed_data(full_message=typed_data(domain, case["kind"], case["message"]))
    assert keccak(b"\x19\x01" + signable.header + signable.body) == case["digest"]


def test_numbers_survive_a_browser() -> None:
    """Numbers that JSON's 53 bits may lose must be decimal text; deadlines and small ones numbers."""
    message = {"party": VALUES["bytes32"], "wallet": REGISTRY, "nonce": 2**256 - 1, "deadline": 1_000}
    data = typed_data(Domain("PartyRegistry", 1, REGISTRY), "BindWallet", message)
    assert data["message"] == {**message, "nonce": str(2**256 - 1)}
    assert data["domain"]["name"] == "Muniment PartyRegistry"
    assert typed_data(Domain("PartyRegistry", 1, REGISTRY), "BindWallet", {**message, "deadline": 2**60})["message"][
        "deadline"
    ] == str(2**60)


def test_a_message_names_every_member_and_no_other() -> None:
    """A member too few or too many must be an error: it would be signed as zero, or shown and not signed."""
    message = {"party": VALUES["bytes32"], "nonce": 1, "deadline": 1}
    for wrong in ({**message, "more": 1}, {"party": message["party"], "nonce": 1}):
        with pytest.raises(KeyError):
            typed_data(Domain("PartyRegistry", 1, REGISTRY), "CancelNonce", wrong)
