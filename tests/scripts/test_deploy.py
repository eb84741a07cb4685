"""`deploy`: from nothing, again, after every kind of interruption, and what it refuses."""

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_utils import keccak

from scripts.common.creation import address_at
from tests.scripts.tools import DEPLOYER, NAMES, ROOT, STRANGER, Node, Shell

LATER = ("DocumentRegistry", "CompanyRegistry")  # as if a version had added them: no other contract is built on them


def test_deploys_from_scratch_and_not_twice(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must deploy every contract under the root, record them as the chain has them, and do nothing when run again."""
    node = new_node()
    told = shell.run_afresh("deploy", "--rpc", node.url, "--yes", "--json")

    record = shell.record()
    assert json.loads(told)["contracts"] == {name: record["contracts"][name]["address"] for name in NAMES}
    contracts = record["contracts"]
    assert record["chain_id"] == 31337
    assert record["genesis_hash"] == node.call("eth_getBlockByNumber", "0x0", False)["hash"]
    assert record["compiler"] == {"version": "0.8.30", "evm_version": "cancun", "via_ir": True, "runs": 200}
    assert [contracts[name]["address"] for name in NAMES] == [
        address_at(DEPLOYER, nonce) for nonce in range(len(NAMES))
    ]
    assert contracts["AgencyRegistry"]["constructor_arguments"] == [ROOT]
    assert contracts["LienRegistry"]["constructor_arguments"] == [
        contracts[name]["address"] for name in ("AgencyRegistry", "PartyRegistry", "TitleRegistry")
    ]
    for name in NAMES:
        code = bytes.fromhex(node.call("eth_getCode", contracts[name]["address"], "latest")[2:])
        assert contracts[name]["bytecode_hash"] == "0x" + keccak(code).hex()
        receipt = node.call("eth_getTransactionReceipt", contracts[name]["transaction"])
        assert int(receipt["blockNumber"], 16) == contracts[name]["start_block"]
        assert any(entry["type"] == "function" for entry in contracts[name]["abi"])
    assert not list(shell.deployments.glob("*.partial.json*"))

    height = node.height()
    assert "nothing to deploy" in shell.run("deploy", "--rpc", node.url, "--yes")
    assert (node.height(), shell.record()) == (height, record)


def test_dry_run_sends_nothing(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must print the plan and leave chain and disk as they were; without --yes and nobody to ask, too."""
    node = new_node()
    told = shell.run("deploy", "--rpc", node.url, "--dry-run")
    assert all(word in told for word in ("chain 31337", DEPLOYER, ROOT, *NAMES, "gwei", "10000.000000 ETH"))
    assert "--yes" in shell.run("deploy", "--rpc", node.url, status=2)
    assert node.nonce(DEPLOYER) == 0
    assert not list(shell.deployments.iterdir())


def signed(path: Path) -> int:
    """How many contracts an unfinished deployment has signed transactions for."""
    entries = json.loads(path.read_text())["contracts"].values() if path.exists() else ()
    return sum(bool(entry["transactions"]) for entry in entries)


def mine_signed(node: Node, path: Path, deployer: str) -> None:
    """Make a block while a signed transaction is in none, and no block more."""
    if node.nonce(deployer) < signed(path):
        node.call("evm_mine")
    time.sleep(0.02)


def killed(shell: Shell, node: Node, begun: int, deployer: str = DEPLOYER) -> dict[str, Any]:
    """Start a deployment and kill it -9 when its record holds `begun` signed transactions; give the record.

    The node mines only on demand, so that the deployment cannot run past that point however busy the machine is.
    """
    process = shell.start("deploy", "--rpc", node.url, "--yes", "--deployer", deployer)
    path = shell.deployments / "local.partial.json"
    until = time.monotonic() + 120
    while True:
        if signed(path) >= begun:
            break
        assert process.is_alive(), shell.said
        assert time.monotonic() < until
        mine_signed(node, path, deployer)
    process.kill()
    process.join()
    return json.loads(path.read_text())


def test_goes_on_after_kill_at_each_contract(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must go on where it was killed, at each contract, and create each exactly once, as planned from the start."""
    node = new_node("--no-mining")
    for begun in range(1, len(NAMES) + 1):
        entries = killed(shell, node, begun)["contracts"]
        assert [(entries[name]["nonce"], entries[name]["address"]) for name in NAMES] == [
            (nonce, address_at(DEPLOYER, nonce)) for nonce in range(len(NAMES))
        ]
    node.mine_often()
    shell.run("deploy", "--rpc", node.url, "--yes")
    assert [shell.record()["contracts"][name]["address"] for name in NAMES] == [
        address_at(DEPLOYER, nonce) for nonce in range(len(NAMES))
    ]
    assert node.nonce(DEPLOYER) == len(NAMES)


def shortened(shell: Shell) -> dict[str, Any]:
    """Make the record one of a version that had not all contracts yet; give it."""
    record = shell.record()
    record["contracts"] = {name: entry for name, entry in record["contracts"].items() if name not in LATER}
    (shell.deployments / "local.json").write_text(json.dumps(record))
    return record


def test_extends_an_earlier_deployment(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must deploy what an earlier version did not have and keep the rest as it is; never under another root."""
    node = new_node()
    shell.run("deploy", "--rpc", node.url, "--yes")
    earlier = shortened(shell)
    assert "run deploy again: it adds what is missing" in shell.run("check_deployment", "--rpc", node.url, status=1)
    assert "leave --root out" in shell.run("deploy", "--rpc", node.url, "--yes", "--root", STRANGER, status=2)
    told = shell.run("deploy", "--rpc", node.url, "--dry-run")
    assert told.count("stands and is kept") == len(NAMES) - len(LATER)
    assert shell.record() == earlier
    assert node.nonce(DEPLOYER) == len(NAMES)

    shell.run("deploy", "--rpc", node.url, "--yes", "--deployer", STRANGER)
    contracts = shell.record()["contracts"]
    assert {name: contracts[name] for name in NAMES if name not in LATER} == earlier["contracts"]
    assert [contracts[name]["address"] for name in LATER] == [address_at(STRANGER, nonce) for nonce in range(2)]
    assert contracts["CompanyRegistry"]["constructor_arguments"] == [
        contracts[name]["address"]
        for name in ("AgencyRegistry", "PartyRegistry", "CredentialRegistry", "DocumentRegistry")
    ]
    assert "nothing to deploy" in shell.run("deploy", "--rpc", node.url, "--yes")
    assert "In order" in shell.run("check_deployment", "--rpc", node.url)


def test_extends_after_a_kill(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must go on with an extension where it was killed, and create each contract exactly once."""
    node = new_node()
    shell.run("deploy", "--rpc", node.url, "--yes")
    earlier = shortened(shell)
    node.call("evm_setAutomine", False)
    for begun in (1, 2):
        killed(shell, node, begun, STRANGER)
    assert shell.record() == earlier
    node.call("evm_setIntervalMining", 1)
    shell.run("deploy", "--rpc", node.url, "--yes", "--deployer", STRANGER)
    contracts = shell.record()["contracts"]
    assert {name: contracts[name] for name in NAMES if name not in LATER} == earlier["contracts"]
    assert [contracts[name]["address"] for name in LATER] == [address_at(STRANGER, nonce) for nonce in range(2)]
    assert node.nonce(STRANGER) == len(LATER)
    assert not list(shell.deployments.glob("*.partial.json*"))


def test_extends_nothing_that_is_not_in_order(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must build on no contract of another version, by no deployer in power, on no damaged record; nothing is sent."""
    node = new_node()
    shell.run("deploy", "--rpc", node.url, "--yes")
    earlier, path = shortened(shell), shell.deployments / "local.json"
    powerful = shell.run("deploy", "--rpc", node.url, "--yes", "--deployer", ROOT, status=2)
    assert "must hold no power" in powerful

    path.write_text(json.dumps(earlier | {"contracts": []}))
    assert "is not in order; remove it" in shell.run("deploy", "--rpc", node.url, "--yes", status=1)

    path.write_text(json.dumps(earlier))
    address = earlier["contracts"]["PartyRegistry"]["address"]
    other = node.call("eth_getCode", earlier["contracts"]["TitleRegistry"]["address"], "latest")
    node.call("anvil_setCode", address, other)
    told = shell.run("deploy", "--rpc", node.url, "--yes", status=1)
    assert "contracts cannot be upgraded: go on with the version of Muniment that deployed them" in told
    assert shell.record() == earlier
    assert node.nonce(DEPLOYER) == len(NAMES)


def test_extends_no_titles_of_an_earlier_version(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must say in one sentence that titles which know no liens and sales cannot be given any; nothing is sent."""
    node = new_node()
    shell.run("deploy", "--rpc", node.url, "--yes")
    record, path = shell.record(), shell.deployments / "local.json"
    earlier = {name: record["contracts"][name] for name in (*NAMES[:5], "TitleRegistry")}
    path.write_text(json.dumps(record | {"contracts": earlier}))
    told = shell.run("deploy", "--rpc", node.url, "--yes", status=1)
    lacks = "The record lacks LienRegistry and TitleMigration and SaleEscrow and Conveyance; "
    assert lacks + "the sources here build TitleRegistry on that." in told
    assert "contracts cannot be upgraded: go on with the version of Muniment that deployed them" in told
    assert lacks in shell.run("check_deployment", "--rpc", node.url, status=1)
    assert node.nonce(DEPLOYER) == len(NAMES)


def test_sends_again_what_never_arrived(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must send the recorded bytes again when the node lost them, and replace them when they have become too cheap."""
    node = new_node("--no-mining")
    sent = killed(shell, node, 1)["contracts"]["AgencyRegistry"]["transactions"][0]["hash"]
    time.sleep(0.2)
    node.call("anvil_dropTransaction", sent)
    node.mine_often()
    record = shell.run("deploy", "--rpc", node.url, "--yes") and shell.record()
    assert record["contracts"]["AgencyRegistry"]["transaction"] == sent

    dear, other = new_node("--no-mining"), Shell(shell.folder / "other")
    cheap = killed(other, dear, 1)["contracts"]["AgencyRegistry"]["transactions"][0]["hash"]
    # The fee falls by an eighth with each empty block: from here it takes most of a minute to what was offered.
    dear.call("anvil_setNextBlockBaseFeePerGas", hex(5_000 * 10**9))
    dear.call("evm_setIntervalMining", 1)
    record = other.run("deploy", "--rpc", dear.url, "--yes", "--max-fee-gwei", "20000") and other.record()
    assert record["contracts"]["AgencyRegistry"]["address"] == address_at(DEPLOYER, 0)
    assert record["contracts"]["AgencyRegistry"]["transaction"] != cheap
    assert dear.nonce(DEPLOYER) == len(NAMES)


def lose(shell: Shell, node: Node, name: str) -> dict[str, Any]:
    """Kill a deployment at a contract and use its nonce for something else; give the record."""
    partial = killed(shell, node, NAMES.index(name) + 1)
    entry = partial["contracts"][name]
    time.sleep(0.2)
    node.call("anvil_dropTransaction", entry["transactions"][0]["hash"])
    node.call("eth_sendTransaction", {"from": DEPLOYER, "to": STRANGER, "value": "0x1", "nonce": hex(entry["nonce"])})
    node.call("evm_setAutomine", True)
    node.call("evm_mine")
    return partial


def test_refuses_a_nonce_that_something_else_used(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must say so in a sentence and send nothing; with --replan it plans everything anew that is not created yet."""
    node = new_node("--no-mining")
    lose(shell, node, "PartyRegistry")
    told = shell.run("deploy", "--rpc", node.url, "--yes", status=1)
    assert "was used by another transaction" in told
    assert node.nonce(DEPLOYER) == 2
    told = shell.run("deploy", "--rpc", node.url, "--yes", "--replan", "--json")
    assert "abandoned" not in told
    contracts = shell.record()["contracts"]
    assert contracts["AgencyRegistry"]["address"] == address_at(DEPLOYER, 0)
    assert [contracts[name]["address"] for name in NAMES[1:]] == [
        address_at(DEPLOYER, nonce) for nonce in range(2, len(NAMES) + 1)
    ]


def test_abandons_what_was_built_on_a_lost_address(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must create anew, and name, what was given an address that nothing will have; killed meanwhile, only once."""
    node = new_node("--no-mining")
    before = lose(shell, node, "SaleEscrow")["contracts"]
    assert "run again with --replan" in shell.run("deploy", "--rpc", node.url, "--yes", status=1)
    assert json.loads((shell.deployments / "local.partial.json").read_text())["contracts"] == before

    node.call("evm_setAutomine", False)
    process = shell.start("deploy", "--rpc", node.url, "--yes", "--replan")
    path, until = shell.deployments / "local.partial.json", time.monotonic() + 120
    while node.nonce(DEPLOYER) < 9 or signed(path) < 7:  # a lost nonce, the new LienRegistry, and one more signed
        assert process.is_alive(), shell.said
        assert time.monotonic() < until
        if "LienRegistry: sent as" in shell.said.partition("is lost")[2]:
            node.call("evm_mine")
        time.sleep(0.02)
    process.kill()
    process.join()
    node.call("evm_setIntervalMining", 1)

    told = shell.run("deploy", "--rpc", node.url, "--yes", "--json")
    gone = [{"name": name, "address": before[name]["address"]} for name in ("LienRegistry", "TitleMigration")]
    assert json.loads(told.splitlines()[-1])["abandoned"] == gone
    for each in gone:
        assert f"{each['name']} at {each['address']} is abandoned" in told
    contracts = shell.record()["contracts"]
    assert [contracts[name]["address"] for name in NAMES] == [
        address_at(DEPLOYER, nonce) for nonce in (*range(5), *range(8, 14))
    ]
    assert node.nonce(DEPLOYER) == 14
    assert "In order" in shell.run("check_deployment", "--rpc", node.url)
    assert "nothing to deploy" in shell.run("deploy", "--rpc", node.url, "--yes")


def test_refuses_other_parties_and_broken_records(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must not go on under another root, from an altered record, or from half a file; nothing is sent."""
    node = new_node("--no-mining")
    partial, path = killed(shell, node, 1), shell.deployments / "local.partial.json"
    time.sleep(0.2)
    node.call("anvil_dropAllTransactions")

    assert "begun with the root" in shell.run("deploy", "--rpc", node.url, "--yes", "--root", STRANGER, status=1)
    entry = partial["contracts"]["AgencyRegistry"]
    for altered in ({"AgencyRegistry": entry | {"nonce": 7}}, {"AgencyRegistry": entry}):
        path.write_text(json.dumps(partial | {"contracts": altered}))
        assert "does not add up" in shell.run("deploy", "--rpc", node.url, "--yes", status=1)
    moved = {name: each | {"nonce": each["nonce"] + 1} for name, each in partial["contracts"].items()}
    moved = {name: each | {"address": address_at(DEPLOYER, each["nonce"])} for name, each in moved.items()}
    mixed = partial["contracts"] | {"TitleRegistry": moved["TitleRegistry"]}
    path.write_text(json.dumps(partial | {"contracts": mixed}))
    assert "LienRegistry in the .partial.json does not add up" in shell.run(
        "deploy", "--rpc", node.url, "--yes", status=1
    )
    path.write_text(json.dumps(partial)[:-20])
    assert "cannot be read" in shell.run("deploy", "--rpc", node.url, "--yes", status=1)
    assert node.call("txpool_status") == {"pending": "0x0", "queued": "0x0"}
    assert node.nonce(DEPLOYER) == 0


def test_starts_over_only_on_a_lost_local_node(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must start over when the local node lost its state, and refuse to when any other network looks like that."""
    node = new_node()
    shell.run("deploy", "--rpc", node.url, "--yes")
    old = shell.record() | {"genesis_hash": "0x" + "11" * 32}
    (shell.deployments / "local.json").write_text(json.dumps(old))
    assert "starting over" in shell.run("deploy", "--rpc", node.url, "--yes")
    assert shell.record()["contracts"]["AgencyRegistry"]["address"] == address_at(DEPLOYER, len(NAMES))

    shell.env["MUNIMENT_PILOT_CHAIN_ID"] = "31337"
    (shell.deployments / "pilot.json").write_text(json.dumps(old))
    told = shell.run("deploy", "--network", "pilot", "--rpc", node.url, "--yes", status=1)
    assert "does not fit this node" in told
    assert node.nonce(DEPLOYER) == 2 * len(NAMES)


def test_refuses_powerful_deployers_and_wrong_chains(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must refuse a deployer who is root, a node of another chain, and no node, each in one sentence; send nothing."""
    node = new_node()
    assert "must hold no power" in shell.run("deploy", "--rpc", node.url, "--yes", "--root", DEPLOYER, status=2)
    told = shell.run("deploy", "--network", "sepolia", "--rpc", node.url, "--yes", "--root", ROOT, status=1)
    assert "on chain 31337, but sepolia is chain 11155111" in told
    assert "is unknown" in shell.run("deploy", "--network", "atlantis", "--rpc", node.url, status=2)
    assert "no address for root" in shell.run("deploy", "--rpc", node.url, "--root", "0x12", status=2)
    silent = shell.run("deploy", "--rpc", "http://127.0.0.1:1/v3/a-provider-key", status=1)
    assert "No Ethereum node answers at 127.0.0.1:1." in silent
    assert "a-provider-key" not in silent
    assert node.nonce(DEPLOYER) == 0


def test_refuses_a_folder_that_cannot_hold_the_record(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must find out before anything is sent."""
    node = new_node()
    shell.deployments.write_text("not a folder")
    assert "nothing was sent" in shell.run("deploy", "--rpc", node.url, "--yes", status=1)
    assert node.nonce(DEPLOYER) == 0


def test_keeps_a_second_deployment_out(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must let only one deployment work in a folder at a time."""
    node = new_node("--no-mining")
    first = shell.start("deploy", "--rpc", node.url, "--yes")
    while not (shell.deployments / "local.partial.json").exists():
        assert first.is_alive(), shell.said
        time.sleep(0.02)
    assert "Another deployment is at work" in shell.run("deploy", "--rpc", node.url, "--yes", status=1)
    os.kill(first.pid or 0, signal.SIGINT)
    first.join(120)
    assert first.exitcode == 130
    assert "Run the same command again" in shell.said


def test_goes_on_after_a_reorganisation(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must notice that the chain undid the contracts before the record is written, and send the same bytes again."""
    node = new_node("--chain-id", "777", "--no-mining")
    key = Account.from_key("0x" + "7" * 64)
    (shell.folder / "key.json").write_text(json.dumps(Account.encrypt(key.key, "", kdf="pbkdf2", iterations=1000)))
    (shell.folder / "password").write_text("")
    node.call("anvil_setBalance", key.address, hex(10**18))
    shell.env |= {"MUNIMENT_NETWORK": "pilot", "MUNIMENT_PILOT_CHAIN_ID": "777", "MUNIMENT_PILOT_RPC_URL": node.url}
    shell.env |= {"MUNIMENT_DEPLOYER_KEYSTORE": "key.json", "MUNIMENT_DEPLOYER_PASSWORD_FILE": "password"}
    before = node.call("evm_snapshot")
    first = shell.start("deploy", "--yes", "--root", ROOT)
    while "waiting for 3 blocks" not in shell.said:
        assert first.is_alive(), shell.said
        mine_signed(node, shell.deployments / "pilot.partial.json", key.address)
    node.call("evm_revert", before)
    node.mine_often()
    first.join()
    assert first.exitcode == 1
    assert "AgencyRegistry: there is no code" in shell.said
    assert not (shell.deployments / "pilot.json").exists()
    planned = json.loads((shell.deployments / "pilot.partial.json").read_text())["contracts"]

    shell.run("deploy", "--yes", "--root", ROOT)
    contracts = shell.record("pilot")["contracts"]
    assert [contracts[name]["transaction"] for name in NAMES] == [planned[name]["transaction"] for name in NAMES]
    assert node.nonce(key.address) == len(NAMES)


def test_says_that_the_node_went_away(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must end with one sentence, not a trace, when the node dies while it waits."""
    node = new_node("--no-mining")
    first = shell.start("deploy", "--rpc", node.url, "--yes")
    while "sent as" not in shell.said:
        assert first.is_alive(), shell.said
        time.sleep(0.02)
    node.stop()
    first.join()
    assert first.exitcode == 1
    assert shell.said.splitlines()[-1].startswith("The node does not answer")
