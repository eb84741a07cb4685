"""`check_deployment`: silent about what is in order, a sentence for everything that is not."""

import json
from typing import Any

import pytest

from tests.scripts.tools import ADMIN, DEPLOYER, NAMES, ROOT, STRANGER, Node, Shell

Town = tuple[Node, Shell]


def rewrite(shell: Shell, name: str, **changes: Any) -> None:
    """Change a contract's entry in the record."""
    record = shell.record()
    record["contracts"][name] |= changes
    (shell.deployments / "local.json").write_text(json.dumps(record))


def test_finds_nothing_wrong_with_a_deployment_in_order(town: Town) -> None:
    """Must name every contract and the root, and say so in JSON where asked."""
    _, shell = town
    said = json.loads(shell.run("check_deployment", "--json").splitlines()[-1])
    assert (said["in_order"], said["root"], said["problems"]) == (True, ROOT, [])
    assert set(said["contracts"]) == set(NAMES)


@pytest.mark.parametrize("place", [200, -200])
def test_finds_tampered_code(town: Town, place: int) -> None:
    """Must find one changed byte of code anywhere in a contract."""
    node, shell = town
    address = shell.record()["contracts"]["TitleRegistry"]["address"]
    code = bytearray.fromhex(node.call("eth_getCode", address, "latest")[2:])
    code[place] ^= 1
    node.call("anvil_setCode", address, "0x" + code.hex())
    said = shell.run("check_deployment", "--json", status=1)
    assert f"TitleRegistry: the code at {address} is not the one that was deployed" in said
    assert f"TitleRegistry: the code at {address} is not what the sources here compile to." in said
    assert '"in_order": false' in said


def test_finds_a_changed_immutable(town: Town) -> None:
    """Must find a contract that was pointed at other agencies, even when the record was changed to agree."""
    node, shell = town
    contracts = shell.record()["contracts"]
    agencies, address = contracts["AgencyRegistry"]["address"], contracts["TitleRegistry"]["address"]
    code = node.call("eth_getCode", address, "latest").replace(agencies[2:], STRANGER[2:])
    node.call("anvil_setCode", address, code)
    said = shell.run("check_deployment", status=1)
    assert f"TitleRegistry: the code at {address} is not the one that was deployed" in said
    assert "compile to" not in said

    arguments = [STRANGER, *contracts["TitleRegistry"]["constructor_arguments"][1:]]
    rewrite(shell, "TitleRegistry", constructor_arguments=arguments)
    said = shell.run("check_deployment", status=1)
    assert f"was not created by the sources here with the arguments ['{STRANGER}'" in said
    assert f"TitleRegistry: it was built on {STRANGER}, " in said
    rewrite(shell, "TitleRegistry", constructor_arguments=[STRANGER])
    assert "are not 5 addresses" in shell.run("check_deployment", status=1)


def test_finds_contracts_that_are_not_wired(town: Town) -> None:
    """Must find a contract that was built for another than the recorded one, however sound each is by itself."""
    _, shell = town
    contracts = shell.record()["contracts"]
    other = Shell(shell.folder / "other")
    other.env |= {"MUNIMENT_LOCAL_RPC_URL": shell.env["MUNIMENT_LOCAL_RPC_URL"]}
    other.run("deploy", "--yes", "--deployer", STRANGER)
    liens = other.record()["contracts"]["LienRegistry"]
    rewrite(shell, "LienRegistry", **liens)
    said = shell.run("check_deployment", status=1)
    assert f"LienRegistry: it was built on {', '.join(liens['constructor_arguments'])}, not " in said
    assert f"TitleRegistry: it was built on {', '.join(contracts['TitleRegistry']['constructor_arguments'])}" in said


def test_finds_missing_contracts_and_other_chains(town: Town) -> None:
    """Must find an address without code, a transaction that the chain lacks, another genesis, and no record at all."""
    _, shell = town
    address = shell.record()["contracts"]["PartyRegistry"]["address"]
    rewrite(shell, "PartyRegistry", address=STRANGER)
    assert f"PartyRegistry: there is no code at {STRANGER}." in shell.run("check_deployment", status=1)
    rewrite(shell, "PartyRegistry", address=address, transaction="0x" + "11" * 32)
    assert "PartyRegistry: the chain has no transaction 0x1111" in shell.run("check_deployment", status=1)
    path = shell.deployments / "local.json"
    path.write_text(json.dumps(shell.record() | {"genesis_hash": "0x" + "22" * 32}))
    assert "The record does not fit this node" in shell.run("check_deployment", status=1)
    assert "deploy first" in shell.run("check_deployment", "--network", "pilot", status=1)


def test_finds_a_deployer_who_is_root(town: Town) -> None:
    """Must find a deployer who took over as root."""
    node, shell = town
    agencies = shell.record()["contracts"]["AgencyRegistry"]["address"]
    word = "0x" + ROOT[2:].rjust(64, "0")
    slot = next(hex(n) for n in range(20) if node.call("eth_getStorageAt", agencies, hex(n), "latest") == word)
    node.call("anvil_setStorageAt", agencies, "0x" + slot[2:].rjust(64, "0"), "0x" + DEPLOYER[2:].rjust(64, "0"))
    assert f"The deployer {DEPLOYER} is the root" in shell.run("check_deployment", status=1)


def test_finds_a_deployer_with_a_post(town: Town) -> None:
    """Must find a deployer who was made an agency's admin or an officer."""
    _, shell = town
    words = ("--domain", "tax.example.gov", "--scopes", "COURT", "--yes")
    shell.run("accredit", "agency", "--admin", DEPLOYER, *words)
    assert f"The deployer {DEPLOYER} is admin of the agency 0x" in shell.run("check_deployment", status=1)
    words = ("--agency", "land.example.gov", "--scopes", "LAND_REGISTRAR", "--yes")
    shell.run("accredit", "officer", "--key", DEPLOYER, *words)
    said = shell.run("check_deployment", status=1)
    assert f"The deployer {DEPLOYER} is an officer." in said
    assert ADMIN not in said
