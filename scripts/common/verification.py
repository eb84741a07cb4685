"""Everything that must hold of a finished deployment, each breach as one sentence."""

import re
from collections.abc import Iterator
from typing import Any

from eth_utils import keccak
from web3.exceptions import TransactionNotFound

from scripts.common import code
from scripts.common.session import Session

BLOCKS_AT_ONCE = 5_000  # public nodes refuse logs of longer stretches
# Events whose third topic is an agency's admin.
APPOINTMENTS = (
    b"AgencyRegistered(bytes32,bytes32,address,uint64,bytes32)",
    b"AdminChanged(bytes32,address,address)",
)
WORDS = ("address", "start_block", "transaction", "constructor_arguments", "bytecode_hash", "abi")
# What each contract is given to build on, in the order of deploying. Those of the land name each other: what comes
# before the TitleRegistry is given the address that it, and the Conveyance, will have.
BUILT_ON = {
    "AgencyRegistry": (),
    "PartyRegistry": ("AgencyRegistry",),
    "DocumentRegistry": ("AgencyRegistry", "PartyRegistry"),
    "CredentialRegistry": ("AgencyRegistry",),
    "CompanyRegistry": ("AgencyRegistry", "PartyRegistry", "CredentialRegistry", "DocumentRegistry"),
    "LienRegistry": ("AgencyRegistry", "PartyRegistry", "TitleRegistry"),
    "TitleMigration": ("AgencyRegistry", "TitleRegistry"),
    "SaleEscrow": ("AgencyRegistry", "PartyRegistry", "TitleRegistry", "Conveyance"),
    "Conveyance": (
        *("AgencyRegistry", "PartyRegistry", "CredentialRegistry"),
        *("TitleRegistry", "LienRegistry", "SaleEscrow"),
    ),
    "TitleRegistry": ("AgencyRegistry", "PartyRegistry", "LienRegistry", "TitleMigration", "Conveyance"),
    "TrusteeCeremony": ("AgencyRegistry",),
}
ORDER = tuple(BUILT_ON)
ANOTHER_VERSION = "the sources here"


def arguments_of(name: str, root: str, addresses: dict[str, str]) -> list[str]:
    """The constructor arguments of a contract: the root for the agencies, for all others what they are built on."""
    return [addresses[asked] for asked in BUILT_ON[name]] or [root]


def another_chain(session: Session, record: dict[str, Any]) -> str | None:
    """Why a record belongs to another chain than the connected one; None when it does not."""
    if record.get("chain_id") != session.network.chain_id:
        return f"it is of chain {record.get('chain_id')}, not {session.network.chain_id}"
    genesis = session.genesis_hash()
    if record.get("genesis_hash") != genesis:
        return f"it is of a chain with genesis {record.get('genesis_hash')}, but this node's is {genesis}"
    return None


def recorded(record: dict[str, Any]) -> tuple[str, ...]:
    """The contracts that a record has to name: those that it names, and what they are built on, the agencies at least.

    A deployment from before a contract was added, on which none of the others is built, is extended by it.
    """
    contracts = record.get("contracts")
    named = {name for name in ORDER if isinstance(contracts, dict) and name in contracts} | {"AgencyRegistry"}
    while True:
        whole = named.union(*(BUILT_ON[name] for name in named))
        if whole == named:
            return tuple(name for name in ORDER if name in named)
        named = whole


def misses(record: dict[str, Any], names: tuple[str, ...] = ORDER) -> str | None:
    """What a record has to say about these contracts and does not; None when it is whole."""
    contracts = record.get("contracts")
    if not isinstance(contracts, dict):
        return "The record lacks the contracts."
    needed = [name for name in recorded(record) if name not in contracts]
    if needed:
        above = [name for name in recorded(record) if name in contracts and set(BUILT_ON[name]) & set(needed)]
        return f"The record lacks {' and '.join(needed)}; {ANOTHER_VERSION} build {' and '.join(above)} on that."
    absent = [name for name in names if name not in contracts]
    if absent:
        return f"The record lacks {' and '.join(absent)}; run deploy again: it adds what is missing and keeps the rest."
    for name in names:
        entry = contracts[name]
        lacking = [word for word in WORDS if not isinstance(entry, dict) or word not in entry]
        if lacking:
            return f"The record lacks {', '.join(lacking)} of {name}."
    return None


def breaches(session: Session, record: dict[str, Any], names: tuple[str, ...] = ORDER) -> list[str]:
    """What is wrong with these contracts of a deployment; empty when nothing is."""
    apart = another_chain(session, record)
    if apart:
        return [f"The record does not fit this node: {apart}."]
    lacking = misses(record, names)
    if lacking:
        return [lacking]
    contracts = record["contracts"]
    addresses = {name: contracts[name]["address"] for name in names}
    found = [sentence for name in names for sentence in _of_contract(session, name, contracts[name], addresses)]
    if found:
        return found
    if "TrusteeCeremony" in names and record.get("kinds") != code.kinds(session):
        return [f"The record's BallotBox is not what {ANOTHER_VERSION} compile to."]
    creations = [session.web3.eth.get_transaction(contracts[name]["transaction"]) for name in names]
    deployers = dict.fromkeys(str(creation["from"]) for creation in creations)
    return [sentence for deployer in deployers for sentence in powers(session, contracts["AgencyRegistry"], deployer)]


def _of_contract(session: Session, name: str, entry: dict[str, Any], addresses: dict[str, str]) -> Iterator[str]:
    address, arguments = entry["address"], entry["constructor_arguments"]
    built_on = arguments_of(name, "", addresses)
    if not isinstance(arguments, list) or len(arguments) != len(built_on) or not all(map(_is_address, arguments)):
        yield f"{name}: the record's arguments {arguments} are not {len(built_on)} addresses."
        return
    standing = code.standing_code(session, address)
    if not standing:
        yield f"{name}: there is no code at {address}."
        return
    if code.hash_of(standing) != entry["bytecode_hash"]:
        yield f"{name}: the code at {address} is not the one that was deployed ({entry['bytecode_hash']})."
    if not code.same_runtime(code.runtime_code(session, name), standing):
        yield f"{name}: the code at {address} is not what {ANOTHER_VERSION} compile to."
    if len(standing) > code.MOST_RUNTIME:
        yield f"{name}: the code is {len(standing):,} bytes, more than EIP-170 allows."
    if entry["abi"] != session.project[name].abi:
        yield f"{name}: the recorded ABI is not the one that {ANOTHER_VERSION} compile to."
    if name != "AgencyRegistry" and arguments != built_on:
        yield f"{name}: it was built on {', '.join(arguments)}, not {', '.join(built_on)}."
    try:
        sent = session.web3.eth.get_transaction(entry["transaction"])
        receipt = session.web3.eth.get_transaction_receipt(entry["transaction"])
    except TransactionNotFound:
        yield f"{name}: the chain has no transaction {entry['transaction']}."
        return
    if receipt["status"] != 1 or str(receipt["contractAddress"]).lower() != address:
        yield f"{name}: {entry['transaction']} did not create {address}."
    if receipt["blockNumber"] != entry["start_block"]:
        yield f"{name}: it was created in block {receipt['blockNumber']}, not {entry['start_block']}."
    if not code.same_creation(session, name, arguments, bytes(sent["input"])):
        yield f"{name}: it was not created by {ANOTHER_VERSION} with the arguments {arguments}."


def _is_address(text: Any) -> bool:
    return isinstance(text, str) and re.fullmatch(r"0x[0-9a-f]{40}", text) is not None


def powers(session: Session, entry: dict[str, Any], deployer: str) -> Iterator[str]:
    """Why a deployer is somebody: root, waiting to be, an officer, or admin of an agency. `entry` is the agencies'."""
    registry = session.contract("AgencyRegistry", entry["address"])
    deployer = str(session.web3.to_checksum_address(deployer))
    if deployer in (registry.functions.root().call(), registry.functions.pendingRoot().call()):
        yield f"The deployer {deployer.lower()} is the root, or may take over as root."
    if registry.functions.officerOf(deployer).call().agency != bytes(32):
        yield f"The deployer {deployer.lower()} is an officer."
    admin = bytes(12) + bytes.fromhex(deployer[2:])
    appointed = {
        log["topics"][1] for event in APPOINTMENTS for log in logs(session, entry, [keccak(event), None, None, admin])
    }
    for agency in appointed:
        if registry.functions.agencyOf(agency).call().admin == deployer:
            yield f"The deployer {deployer.lower()} is admin of the agency 0x{bytes(agency).hex()}."


def logs(session: Session, entry: dict[str, Any], topics: list[bytes | None]) -> Iterator[Any]:
    """A contract's logs since it was created, by topics (None for any), a stretch of blocks at a time."""
    last = session.web3.eth.block_number
    for first in range(entry["start_block"], last + 1, BLOCKS_AT_ONCE):
        yield from session.web3.eth.get_logs(
            {
                "address": session.web3.to_checksum_address(entry["address"]),
                "fromBlock": first,
                "toBlock": min(first + BLOCKS_AT_ONCE - 1, last),
                "topics": ["0x" + topic.hex() if topic else None for topic in topics],
            }
        )
