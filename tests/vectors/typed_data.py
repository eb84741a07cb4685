"""Write typed_data.json: what PartyRegistry's typed data must hash to, reckoned from EIP-712 step by step.

`python -m tests.vectors.typed_data` writes the file. Contracts, service and pages are each held against it. The keys
are small numbers that anyone knows; uint256 values are decimal text, because JSON numbers lose digits.
"""

import json
from pathlib import Path

from eth_abi import encode
from eth_account import Account
from eth_utils import keccak

FILE = Path(__file__).with_suffix(".json")
AGENCY = "ministry.example.gov/land.example.gov"
NEVER = 2**256 - 1
YEAR_2100 = 4_102_444_800
CONTRACT = "0x4d756e696d656e740000000000000000000000a1"
DOMAIN = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
TYPES = {
    "BindWallet": "bytes32 party,address wallet,uint256 nonce,uint256 deadline",
    "RotateWallet": "bytes32 party,address from,address to,uint256 nonce,uint256 deadline",
    "CancelNonce": "bytes32 party,uint256 nonce,uint256 deadline",
}


def vectors():
    """All cases: each kind on three chains, with small, middling and extreme numbers."""
    numbers = [(31337, 0, NEVER), (11155111, 2**64 + 1, YEAR_2100), (1, NEVER, YEAR_2100)]
    return [_case(kind, *chosen) for kind in TYPES for chosen in numbers]


def _case(kind, chain_id, nonce, deadline):
    commitment = keccak(text=f"{kind} on {chain_id}")
    agency = bytes(32)
    for domain in AGENCY.split("/"):
        agency = keccak(encode(["bytes32"] * 3, [keccak(text="Muniment.Agency.v1"), agency, keccak(text=domain)]))
    party = keccak(encode(["bytes32"] * 3, [keccak(text="Muniment.Party.v1"), agency, commitment]))
    first, second = (Account.from_key(key.to_bytes(32, "big")) for key in (1, 2))
    message = {
        "party": "0x" + party.hex(),
        "wallet": first.address.lower(),
        "from": first.address.lower(),
        "to": second.address.lower(),
        "nonce": nonce,
        "deadline": deadline,
    }
    fields = [field.split() for field in TYPES[kind].split(",")]
    values = [message[name] for _, name in fields]
    words = [party if name == "party" else message[name] for _, name in fields]
    types = ["bytes32", *(type_ for type_, _ in fields)]
    struct_hash = keccak(encode(types, [keccak(text=f"{kind}({TYPES[kind]})"), *words]))
    separator = _separator(chain_id)
    digest = keccak(b"\x19\x01" + separator + struct_hash)
    signers = (first, second) if kind == "RotateWallet" else (first,)
    return {
        "kind": kind,
        "domain": {
            "name": "Muniment PartyRegistry",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": CONTRACT,
        },
        "types": {kind: [{"name": name, "type": type_} for type_, name in fields]},
        "agency": AGENCY,
        "commitment": "0x" + commitment.hex(),
        "message": {
            name: str(value) if isinstance(value, int) else value
            for (_, name), value in zip(fields, values, strict=True)
        },
        "domainSeparator": "0x" + separator.hex(),
        "structHash": "0x" + struct_hash.hex(),
        "digest": "0x" + digest.hex(),
        "signatures": [
            {
                "key": int.from_bytes(signer.key),
                "address": signer.address.lower(),
                "signature": "0x" + bytes(signer.unsafe_sign_hash(digest).signature).hex(),
            }
            for signer in signers
        ],
    }


def _separator(chain_id):
    names = [keccak(text=DOMAIN), keccak(text="Muniment PartyRegistry"), keccak(text="1")]
    return keccak(encode(["bytes32"] * 3 + ["uint256", "address"], [*names, chain_id, CONTRACT]))


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors(), indent=2) + "\n")
