"""Typed data (EIP-712) as a file: its digest reckoned here, and what it says in plain words."""

import json
from pathlib import Path
from typing import Any

from eth_account.messages import encode_typed_data
from eth_utils import keccak

from scripts.common.agencies import when
from scripts.common.registries import Registries
from scripts.common.settings import Misused, Refused

DOMAIN = (("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"))
TIMES = ("deadline", "until", "from")  # fields that are Unix seconds


def typed_data(registries: Registries, contract: str, fields: str, message: dict[str, Any]) -> dict[str, Any]:
    """Typed data for one of the deployed contracts. `fields` is the type as Solidity writes it: Name(type name,…)."""
    name, _, rest = fields.rstrip(")").partition("(")
    members = [part.split(" ") for part in rest.split(",")]
    return {
        "types": {
            "EIP712Domain": [{"name": word, "type": kind} for word, kind in DOMAIN],
            name: [{"name": word, "type": kind} for kind, word in members],
        },
        "primaryType": name,
        "domain": domain_of(registries, contract),
        "message": message,
    }


def domain_of(registries: Registries, contract: str) -> dict[str, Any]:
    """The EIP-712 domain of a deployed contract."""
    session = registries.session
    return {
        "name": f"Muniment {contract}",
        "version": "1",
        "chainId": session.network.chain_id,
        "verifyingContract": session.web3.to_checksum_address(registries.record["contracts"][contract]["address"]),
    }


def read(path: str) -> dict[str, Any]:
    """Typed data from a file, as `eth_signTypedData_v4` takes it. Raises Misused for anything else."""
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=_once)
        types, primary, message = data["types"], data["primaryType"], data["message"]
        dict(data["domain"])
        _require_fields(types, primary, message)
        digest(data)
    except OSError as error:
        raise Misused(f"{path} cannot be read: {error.strerror}.") from None
    except Exception as error:  # noqa: BLE001 - encoders raise all sorts of things at what is no typed data
        why = f": {error}" if isinstance(error, Misused) else ""
        raise Misused(f"{path} is no typed data as a wallet would sign it (EIP-712){why}.") from None
    return dict(data)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that comes twice: readers differ on which of the two counts."""
    if len(dict(pairs)) != len(pairs):
        raise Misused("a name comes twice")
    return dict(pairs)


def digest(data: dict[str, Any]) -> bytes:
    """What is signed: keccak256(0x1901 ‖ domain separator ‖ struct hash)."""
    signable = encode_typed_data(full_message=data)
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


def contract_of(registries: Registries, data: dict[str, Any]) -> str:
    """The deployed contract that the typed data is for. Raises Refused for another chain, contract or domain."""
    domain, session = data["domain"], registries.session
    if str(domain.get("chainId")) != str(session.network.chain_id):
        raise Refused(f"The typed data is for chain {domain.get('chainId')}, not {session.network.chain_id}.")
    target = str(domain.get("verifyingContract")).lower()
    for name, entry in registries.record["contracts"].items():
        if entry["address"] == target:
            wanted = {word: str(value).lower() for word, value in domain_of(registries, name).items()}
            if {word: str(value).lower() for word, value in domain.items()} != wanted:
                raise Refused(f"The domain of the typed data is not that of the {name}, so it would not count there.")
            return name
    raise Refused(f"The typed data is for {target}, which is none of the contracts of this deployment.")


def lines(data: dict[str, Any]) -> list[tuple[str, str]]:
    """The message, a field a line, with times as dates."""
    return list(_lines(data["types"], data["primaryType"], data["message"], ""))


def _lines(types: dict[str, Any], kind: str, values: Any, above: str) -> Any:
    for field in types[kind]:
        name, inner, value = field["name"], field["type"], values[field["name"]]
        base, many = inner.partition("[")[0], "[" in inner
        if base not in types:
            said = ", ".join(map(str, value)) if many else str(value)
            if name in TIMES and inner.startswith("uint") and 0 < int(value) < 2**38:
                said += f", {when(int(value))}"
            yield f"  {above}{name}", said
            continue
        for place, one in enumerate(value if many else [value]):
            yield from _lines(types, base, one, f"{above}{name}[{place}]." if many else f"{above}{name}.")


def _require_fields(types: dict[str, Any], kind: str, values: Any) -> None:
    """Raise Misused for a message that says more or less than its type: what is not of the type is not signed."""
    names = [field["name"] for field in types[kind]]
    if not isinstance(values, dict) or sorted(values) != sorted(names):
        raise Misused(f"the fields are not those of {kind}")
    for field in types[kind]:
        base, many = field["type"].partition("[")[0], "[" in field["type"]
        for one in (values[field["name"]] if many else [values[field["name"]]]) if base in types else ():
            _require_fields(types, base, one)
