"""Everything that must hold of a finished deployment, each breach as one sentence."""

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
ORDER = ("AgencyRegistry", "PartyRegistry", "TitleRegistry", "DocumentRegistry")


def arguments_of(name: str, root: str, addresses: dict[str, str]) -> list[str]:
    """The constructor arguments of a contract: the root for the agencies, the agencies for all others.

    Documents are issued by agencies and by parties.
    """
    if name == "AgencyRegistry":
        return [root]
    agencies = [addresses["AgencyRegistry"]]
    return [*agencies, addresses["PartyRegistry"]] if name == "DocumentRegistry" else agencies


def another_chain(session: Session, record: dict[str, Any]) -> str | None:
    """Why a record belongs to another chain than the connected one; None when it does not."""
    if record.get("chain_id") != session.network.chain_id:
        return f"it is of chain {record.get('chain_id')}, not {session.network.chain_id}"
    genesis = session.genesis_hash()
    if record.get("genesis_hash") != genesis:
        return f"it is of a chain with genesis {record.get('genesis_hash')}, but this node's is {genesis}"
    return None


def misses(record: dict[str, Any]) -> str | None:
    """What a record has to say and does not; None when it is whole."""
    contracts = record.get("contracts")
    for name in ORDER:
        entry = contracts.get(name) if isinstance(contracts, dict) else None
        lacking = [word for word in WORDS if not isinstance(entry, dict) or word not in entry]
        if lacking:
            return f"The record lacks {', '.join(lacking)} of {name}."
    return None


def breaches(session: Session, record: dict[str, Any]) -> list[str]:
    """What is wrong with a deployment; empty when nothing is."""
    apart = another_chain(session, record)
    if apart:
        return [f"The record does not fit this node: {apart}."]
    lacking = misses(record)
    if lacking:
        return [lacking]
    contracts = record["contracts"]
    addresses = {name: contracts[name]["address"] for name in ORDER}
    found = [sentence for name in ORDER for sentence in _of_contract(session, name, contracts[name], addresses)]
    return found or list(_of_powers(session, contracts["AgencyRegistry"]))


def _of_contract(session: Session, name: str, entry: dict[str, Any], addresses: dict[str, str]) -> Iterator[str]:
    address, arguments = entry["address"], entry["constructor_arguments"]
    standing = code.standing_code(session, address)
    if not standing:
        yield f"{name}: there is no code at {address}."
        return
    if code.hash_of(standing) != entry["bytecode_hash"]:
        yield f"{name}: the code at {address} is not the one that was deployed ({entry['bytecode_hash']})."
    if not code.same_runtime(code.runtime_code(session, name), standing):
        yield f"{name}: the code at {address} is not what the sources here compile to."
    if len(standing) > code.MOST_RUNTIME:
        yield f"{name}: the code is {len(standing):,} bytes, more than EIP-170 allows."
    if entry["abi"] != session.project[name].abi:
        yield f"{name}: the recorded ABI is not the one that the sources here compile to."
    built_on = arguments_of(name, "", addresses)
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
        yield f"{name}: it was not created by the sources here with the arguments {arguments}."


def _of_powers(session: Session, entry: dict[str, Any]) -> Iterator[str]:
    """The deployer is nobody: not root, not waiting to be, not an officer, and admin of no agency."""
    registry = session.contract("AgencyRegistry", entry["address"])
    deployer = str(session.web3.eth.get_transaction(entry["transaction"])["from"])
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
