"""Write typed_data.json: what all typed data of the registries must hash to, reckoned from EIP-712 step by step.

`python -m tests.vectors.typed_data` writes the file. Contracts, service and pages are each held against it. The keys
are small numbers that anyone knows; integers are decimal text, because JSON numbers lose digits.
"""

import json
from pathlib import Path

from eth_abi import encode
from eth_account import Account
from eth_utils import keccak

from tests.vectors import eip712, land, sales
from tests.vectors.land import CANCEL_NONCE, YEAR_2100
from tests.vectors.people import AGENCY, FULL, NOBODY, SMALL, agency, ascending, id_of, person, raw

FILE = Path(__file__).with_suffix(".json")
NEVER = 2**256 - 1
ADDRESSES = {
    "PartyRegistry": "0x4d756e696d656e740000000000000000000000a1",
    "CompanyRegistry": "0x4d756e696d656e740000000000000000000000a2",
    "DocumentRegistry": "0x4d756e696d656e740000000000000000000000a3",
    "TitleRegistry": "0x4d756e696d656e740000000000000000000000a6",
    "LienRegistry": "0x4d756e696d656e740000000000000000000000a7",
    "Conveyance": "0x4d756e696d656e740000000000000000000000a8",
    "TrusteeCeremony": "0x4d756e696d656e740000000000000000000000a9",
}
CALLED = {"TrusteeCeremony": "Muniment Ballots"}  # domains that are not named after their contract
TOKEN = "0x4d756e696d656e740000000000000000000000a4"
TYPES = {
    "PartyRegistry": {
        "BindWallet": "bytes32 party,address wallet,uint256 nonce,uint256 deadline",
        "RotateWallet": "bytes32 party,address from,address to,uint256 nonce,uint256 deadline",
        "RecoverWallet": "bytes32 party,address wallet,uint32 attempt,uint256 deadline",
        "VetoRecovery": "bytes32 party,address wallet,uint32 attempt,uint256 deadline",
        "GrantPower": "bytes32 principal,bytes32 attorney,string act,bytes32 subject,uint256 priceFloor,"
        "bytes32 currency,uint40 until,uint256 nonce,uint256 deadline",
        "RevokePower": "bytes32 party,bytes32 power,uint256 deadline",
        "CancelNonce": CANCEL_NONCE,
    },
    "CompanyRegistry": {
        "ReserveName": "bytes32 party,bytes32 agency,string name,uint256 nonce,uint256 deadline",
        "WithdrawApplication": "bytes32 party,bytes32 company,uint256 nonce,uint256 deadline",
        "SignArticles": "bytes32 party,bytes32 company,bytes32[] founders,CompanyFile file,uint256 nonce,"
        "uint256 deadline",
        "AcceptContact": "bytes32 party,bytes32 company,CompanyFile file,uint256 nonce,uint256 deadline",
        "PayFee": "bytes32 party,bytes32 company,address token,uint256 amount,uint256 nonce,uint256 deadline",
        "ChangeCompany": "bytes32 party,bytes32 company,uint32 version,CompanyFile file,uint256 nonce,uint256 deadline",
        "AcceptPost": "bytes32 party,bytes32 company,uint32 version,CompanyFile file,uint256 nonce,uint256 deadline",
        "DissolveCompany": "bytes32 party,bytes32 company,uint32 version,uint256 nonce,uint256 deadline",
        "CancelNonce": CANCEL_NONCE,
    },
    "DocumentRegistry": {
        "Approval": "bytes32 issuer,bytes32 root,bytes32 schema,uint40 count,uint40 expiresAt,bytes32 policy,"
        "uint256 nonce,uint256 deadline",
    },
    **land.TYPES,
    **sales.TYPES,
    "TrusteeCeremony": {
        "EnrolVoter": "bytes32 setup,uint32 unit,bytes32 voter,bytes32 blinded,uint256 deadline",
    },
}
# Chain, nonce, deadline: a node's own chain, mainnet, and the last one whose id wallets take for a plain number.
ROWS = [(31337, 0, NEVER), (1, 2**64 + 1, YEAR_2100), (4_503_599_627_370_476, NEVER, YEAR_2100)]
NAMES = ["X", "Müller & Søn OÜ — 株式会社 🏡", "ß" * 60]


def vectors():
    """All cases: each kind on three chains, with small, middling and extreme values."""
    cases = [_case(contract, kind, row) for contract, kinds in TYPES.items() for kind in kinds for row in range(3)]
    return [*cases, _case("CompanyRegistry", "SignArticles", None), _case("CompanyRegistry", "ChangeCompany", None)]


def of(contract):
    """The cases of one registry, from the file."""
    return [case for case in json.loads(FILE.read_text()) if case["contract"] == contract]


def application(row):
    """What stands around a company's typed data: who founds it, who sits on its board, what is on file of it.

    Args:
        row: 0 for one person, 1 for a few, 2 for sixteen; None for a board of nobody, which is refused.
    """
    name = NAMES[row or 0]
    founders, board = {None: ((1,), ()), 0: ((1,), (1,)), 1: ((1, 2), (2, 3)), 2: (range(1, 17), range(1, 17))}[row]
    key = keccak(text=f"skeleton of {name}")
    applicant = person(1)
    company = id_of(
        "Muniment.Company.v1", "bytes32", agency(), "bytes32", key, "bytes32", raw(applicant["party"]), "uint256", 7
    )
    registry = ADDRESSES["CompanyRegistry"]
    return {
        "name": name,
        "nameKey": "0x" + key.hex(),
        "nonce": "7",
        "company": company,
        "party": id_of("Muniment.Organisation.v1", "address", registry, "bytes32", raw(company)),
        "founders": ascending(founders),
        "board": ascending(board),
        "contact": person(4),
        "file": {
            "threshold": str(len(board)),
            "board": [member["party"] for member in ascending(board)],
            "contact": person(4)["party"],
            "articles": [SMALL, "0x" + keccak(text="articles").hex(), FULL][row or 0],
            "addressHash": [SMALL, "0x" + keccak(text="address").hex(), FULL][row or 0],
        },
        "token": TOKEN,
        "fee": str([1, 145 * 10**18, NEVER][row or 0]),
    }


def _case(contract, kind, row):
    chain_id, nonce, deadline = ROWS[row or 0]
    fields = TYPES[contract][kind]
    told = {"nonce": str(nonce), "deadline": str(deadline)}
    own, signers = {
        "PartyRegistry": _party,
        "CompanyRegistry": _company,
        "DocumentRegistry": _document,
        "TitleRegistry": land.of_titles,
        "LienRegistry": land.of_liens,
        "Conveyance": sales.of_sales,
        "TrusteeCeremony": _enrolment,
    }[contract](kind, row, nonce)
    message = {name: (told | own["message"])[name] for _, name in eip712.members(fields)}
    domain = {
        "name": CALLED.get(contract, f"Muniment {contract}"),
        "version": "1",
        "chainId": chain_id,
        "verifyingContract": ADDRESSES[contract],
    }
    numbers = eip712.numbers(fields, message)
    digest = eip712.digest(domain, kind, fields, numbers)
    signatures = [each | {"signature": _signature(each["key"], digest)} for each in signers]
    organisation = {"organisationSignature": _together(signatures)} if kind in BY_COMPANY else {}
    return {
        "contract": contract,
        "kind": kind,
        "domain": domain,
        "types": {
            name: [{"name": member, "type": type_} for type_, member in eip712.members(text)]
            for name, text in ({kind: fields} | eip712.structs_in(fields)).items()
        },
        "agency": AGENCY,
        **{name: value for name, value in own.items() if name != "message"},
        "message": message,
        "domainSeparator": "0x" + eip712.separator(domain).hex(),
        "structHash": "0x" + eip712.struct_hash(kind, fields, numbers).hex(),
        "digest": "0x" + digest.hex(),
        "signatures": signatures,
        **organisation,
    }


def _party(kind, row, nonce):
    """Person 1 with wallet 1, moving to wallet 17, and person 2 as the attorney."""
    principal, attorney = person(1), person(2)
    old, new = principal, person(17) | {"party": principal["party"], "commitment": principal["commitment"]}
    power = id_of("Muniment.Power.v1", "bytes32", raw(principal["party"]), "uint256", nonce)
    message = {
        "party": (attorney if kind == "RevokePower" and row == 1 else principal)["party"],
        "wallet": (old if kind == "BindWallet" else new)["address"],
        "from": old["address"],
        "to": new["address"],
        "attempt": str([1, 2, 2**32 - 1][row]),
        "principal": principal["party"],
        "attorney": attorney["party"],
        "act": ["x", "land.sell – försäljning 土地 🏡", "é" * 32][row],
        "subject": [NOBODY, "0x" + keccak(text="a title").hex(), FULL][row],
        "priceFloor": str([0, 2**64 + 1, NEVER][row]),
        "currency": [NOBODY, "0x" + b"SEK".ljust(32, b"\0").hex(), FULL][row],
        "until": str([YEAR_2100, YEAR_2100 + 1, 2**40 - 1][row]),
        "power": power,
    }
    signers = {"RotateWallet": [old, new], "RecoverWallet": [new]}.get(kind, [old])
    if kind == "RevokePower":
        # The attorney may renounce as well. The power's nonce is no part of what is signed, so it is told here.
        given = {"principal": principal, "attorney": attorney, "nonce": str(nonce)}
        return {"message": message, **given}, [attorney if row == 1 else principal]
    return {"message": message}, signers


BY_COMPANY = {"ChangeCompany", "DissolveCompany"}


def _company(kind, row, _nonce):
    about = application(row)
    contact, applicant = about["contact"], person(1)
    signers = {"AcceptContact": [contact], "AcceptPost": [person(5)], "PayFee": [person(6)]}.get(kind, [applicant])
    if kind in BY_COMPANY:
        signers = about["board"]
    message = {
        "party": about["party"] if kind in BY_COMPANY else signers[0]["party"],
        "agency": "0x" + agency().hex(),
        "name": about["name"],
        "company": about["company"],
        "founders": [founder["party"] for founder in about["founders"]],
        "file": about["file"] | ({"contact": person(5)["party"]} if kind == "AcceptPost" else {}),
        "token": TOKEN,
        "amount": about["fee"],
        "version": str([2, 3, 2**32 - 1][row or 0]),
    }
    return {"application": about, "message": message}, signers


def _document(_kind, row, _nonce):
    """An agency's approval by one officer's key; or, at the middle, by person 1 as a member."""
    member = person(1) if row == 1 else {name: person(18)[name] for name in ("key", "address")}
    place = member["party"] if row == 1 else "0x" + member["address"][2:].rjust(64, "0")
    policy = id_of("Muniment.Policy.v1", "bytes32", agency(), "uint8", 1, "bytes32[]", [raw(place)])
    message = {
        "issuer": "0x" + agency().hex(),
        "root": [SMALL, "0x" + keccak(text="root").hex(), FULL][row],
        "schema": [NOBODY, "0x" + keccak(text="schema").hex(), FULL][row],
        "count": str([1, 2**32, 2**40 - 1][row]),
        "expiresAt": str([0, YEAR_2100, 2**40 - 1][row]),
        "policy": policy,
    }
    return {"members": [place], "message": message}, [member]


def _enrolment(_kind, row, _nonce):
    """Person 1 asks to be enrolled."""
    voter = person(1)
    message = {
        "setup": [SMALL, "0x" + keccak(text="setup").hex(), FULL][row],
        "unit": str([0, 1, 2**32 - 1][row]),
        "voter": voter["party"],
        "blinded": [SMALL, "0x" + keccak(text="blinded").hex(), FULL][row],
    }
    return {"message": message}, [voter]


def _signature(key, digest):
    return "0x" + bytes(Account.from_key(key.to_bytes(32, "big")).unsafe_sign_hash(digest).signature).hex()


def _together(signatures):
    """An organisation's signature: those of its representatives, in ascending order."""
    parts = [(raw(each["party"]), raw(each["signature"])) for each in signatures]
    return "0x" + encode(["(bytes32,bytes)[]"], [parts]).hex()


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n")
