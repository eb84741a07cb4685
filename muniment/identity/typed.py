"""What parties sign: every EIP-712 type of the registries, as their interfaces write it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from muniment.chain.deployment import Deployment
from muniment.chain.typed_data import struct_hash_of
from muniment.errors import Refused

_DOMAIN = "string name,string version,uint256 chainId,address verifyingContract"
_CANCEL_NONCE = "bytes32 party,uint256 nonce,uint256 deadline"
_EXACT_BITS = 53  # of an integer that a browser's JSON keeps exactly
_SAFE = 2**_EXACT_BITS - 1

# Contract → primary type → its members.
TYPES: Mapping[str, Mapping[str, str]] = {
    "PartyRegistry": {
        "BindWallet": "bytes32 party,address wallet,uint256 nonce,uint256 deadline",
        "RotateWallet": "bytes32 party,address from,address to,uint256 nonce,uint256 deadline",
        "RecoverWallet": "bytes32 party,address wallet,uint32 attempt,uint256 deadline",
        "VetoRecovery": "bytes32 party,address wallet,uint32 attempt,uint256 deadline",
        "GrantPower": "bytes32 principal,bytes32 attorney,string act,bytes32 subject,uint256 priceFloor,"
        "bytes32 currency,uint40 until,uint256 nonce,uint256 deadline",
        "RevokePower": "bytes32 party,bytes32 power,uint256 deadline",
        "CancelNonce": _CANCEL_NONCE,
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
        "CancelNonce": _CANCEL_NONCE,
    },
    "TitleRegistry": {
        "SubdivideTitle": "bytes32 title,uint32 version,Part[] parts,bytes32 sourceHash,uint32 legalDate,bytes32 party,"
        "uint256 nonce,uint256 deadline",
        "MergeTitles": "bytes32[] titles,uint32[] versions,Part whole,bytes32 sourceHash,uint32 legalDate,"
        "bytes32 party,uint256 nonce,uint256 deadline",
        "WithdrawCaveat": "bytes32 caveat,bytes32 party,uint256 nonce,uint256 deadline",
        "CancelNonce": _CANCEL_NONCE,
    },
    "LienRegistry": {
        "ChargeTitle": "bytes32 title,uint32 version,Lien lien,uint8 rank,uint32 legalDate,bytes32 party,"
        "uint256 nonce,uint256 deadline",
        "DischargeLien": "bytes32 lien,bytes32[] titles,bytes32 party,uint256 nonce,uint256 deadline",
        "PostponeLien": "bytes32 title,bytes32 lien,bytes32 behind,uint8 rank,bytes32 party,uint256 nonce,"
        "uint256 deadline",
        "AssignLien": "bytes32 lien,bytes32 to,bytes32 party,uint256 nonce,uint256 deadline",
        "GrantInterest": "bytes32 title,uint32 version,Interest interest,uint32 legalDate,bytes32 party,uint256 nonce,"
        "uint256 deadline",
        "EndInterest": "bytes32 interest,bytes32[] titles,bytes32 party,uint256 nonce,uint256 deadline",
        "CancelNonce": _CANCEL_NONCE,
    },
    "Conveyance": {
        "ListTitle": "Listing listing,bytes32 party,uint256 nonce,uint256 deadline",
        "AcceptOffer": "bytes32 sale,Offer offer,bytes32 party,uint256 nonce,uint256 deadline",
        "SignContract": "bytes32 sale,Offer offer,SaleContract terms,bytes32 party,uint256 nonce,uint256 deadline",
        "FinanceSale": "bytes32 sale,Finance finance,bytes32 party,uint256 nonce,uint256 deadline",
        "SignBillOfSale": "bytes32 sale,bytes32 title,uint128 price,bytes32 currency,BillOfSale bill,bytes32 party,"
        "uint256 nonce,uint256 deadline",
        "PayOffLien": "bytes32 sale,bytes32 lien,uint128 amount,bytes32 currency,address payout,bytes32 party,"
        "uint256 nonce,uint256 deadline",
        "CancelSale": "bytes32 sale,bytes32 documentHash,bytes32 party,uint256 nonce,uint256 deadline",
        "CancelNonce": _CANCEL_NONCE,
    },
    "TrusteeCeremony": {
        "EnrolVoter": "bytes32 setup,uint32 unit,bytes32 voter,bytes32 blinded,uint256 deadline",
    },
}
# What a contract's domain is called, where that is not the contract's own name.
_CALLED = {"TrusteeCeremony": "Muniment Ballots"}

# Structs within them, and within each other.
STRUCTS: Mapping[str, str] = {
    "CompanyFile": "uint8 threshold,bytes32[] board,bytes32 contact,bytes32 articles,bytes32 addressHash",
    "Share": "bytes32 holder,uint64 numerator",
    "Lien": "uint8 kind,bytes32 creditor,uint256 amount,bytes32 currency,bytes32 deedHash",
    "Interest": "uint8 kind,bytes32 beneficiary,bytes32 dominant,uint40 until,bytes32 deedHash",
    "Part": "string ref,bytes32 geometryHash,uint64 area",
    "Listing": "bytes32 title,uint32 version,bytes32[] sellers,bytes32 sellersBank,bytes32 agent,bytes32 currency,"
    "uint128 price,bytes32 documentHash,uint40 until",
    "Offer": "uint64 denominator,Share[] shares,bytes32 buyersBank,bytes32 currency,uint128 price,address[] payers,"
    "bytes32 documentHash,uint40 until",
    "LienFate": "bytes32 lien,uint128 payoff",
    "SaleContract": "LienFate[] liens,address[] payouts,uint128 agentFee,address agentPayout,uint128 duty,"
    "bytes32 feeds,uint128 feedAmount,uint128 fed,bytes32 documentHash,uint40 lodgeBy,uint40 financeBy,"
    "uint40 completeBy",
    "Finance": "Lien mortgage,uint8 rank,uint128 reserved,bytes32 documentHash",
    "BillOfSale": "bytes32 documentHash,uint32 legalDate",
}


class Domain(NamedTuple):
    """The registry that a signature is for, and no other: its contract's name, its chain and its address."""

    contract: str
    chain_id: int
    address: str

    @classmethod
    def of(cls, deployment: Deployment, contract: str) -> Self:
        """The domain of a deployed registry. Raises Refused when the network has none."""
        if contract not in deployment.contracts:
            raise Refused("ContractMissing", contract=contract, network=deployment.network)
        return cls(contract, deployment.chain_id, deployment.contracts[contract].address)


def typed_data(domain: Domain, primary: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """Typed data for `eth_signTypedData_v4`: what a wallet shows and signs.

    The message names every member of the type: numbers as int or decimal text, bytes and addresses as 0x hex, structs
    as mappings. The answer is JSON: uint256 values are decimal text, since JSON numbers end at 53 bits in a browser;
    a deadline (Unix seconds) stays a number. Raises KeyError for a type or member that there is not.
    """
    members = TYPES[domain.contract][primary]
    written = _written(members, message)
    return {
        "types": {
            "EIP712Domain": _described(_DOMAIN),
            primary: _described(members),
            **{struct: _described(STRUCTS[struct]) for struct in sorted(structs_in(members))},
        },
        "primaryType": primary,
        "domain": {
            "name": _CALLED.get(domain.contract, f"Muniment {domain.contract}"),
            "version": "1",
            "chainId": domain.chain_id,
            "verifyingContract": domain.address,
        },
        "message": written,
    }


def struct_hash(struct: str, value: Mapping[str, Any]) -> str:
    """A struct's hashStruct (EIP-712): the same in every registry. Raises KeyError as `typed_data`."""
    members = STRUCTS[struct]
    needed = {name: _described(STRUCTS[name]) for name in sorted(structs_in(members) | {struct})}
    domain = {"types": {"EIP712Domain": [], **needed}, "primaryType": struct, "domain": {}}
    return struct_hash_of({**domain, "message": _written(members, value)})


def struct_json(struct: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """A struct as answers and read tables have it: integers of a type wider than 53 bits as decimal text."""
    return {name: _told(kind, value[name]) for kind, name in _members(STRUCTS[struct])}


def structs_in(described: str) -> set[str]:
    """The structs that a type's members need, and theirs."""
    direct = {kind.removesuffix("[]") for kind, _ in _members(described)} & STRUCTS.keys()
    return direct.union(*(structs_in(STRUCTS[struct]) for struct in direct))


def _members(described: str) -> list[tuple[str, str]]:
    """Type and name of each member."""
    return [(kind, name) for kind, name in (part.split() for part in described.split(","))]


def _described(described: str) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for kind, name in _members(described)]


def _written(described: str, values: Mapping[str, Any]) -> dict[str, Any]:
    members = _members(described)
    if values.keys() != {name for _, name in members}:
        raise KeyError(f"The members are {', '.join(name for _, name in members)}.")
    return {name: _value(kind, name, values[name]) for kind, name in members}


def _told(kind: str, value: Any) -> Any:
    if kind in STRUCTS:
        return struct_json(kind, value)
    if kind.endswith("[]"):
        return [_told(kind.removesuffix("[]"), part) for part in value]
    if kind.startswith("uint"):
        return int(value) if int(kind.removeprefix("uint")) <= _EXACT_BITS else str(int(value))
    return value


def _value(kind: str, name: str, value: Any) -> Any:
    if kind in STRUCTS:
        return _written(STRUCTS[kind], value)
    if kind.endswith("[]"):
        return [_value(kind.removesuffix("[]"), name, part) for part in value]
    if kind.startswith("uint"):
        number = int(value)
        return str(number) if number > _SAFE or (kind == "uint256" and name != "deadline") else number
    return value
