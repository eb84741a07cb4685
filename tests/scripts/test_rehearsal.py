"""The testnet path, rehearsed: Sepolia's chain id, 1 s blocks, a real base fee, keystores, `.env`; no secret shown."""

import json
from collections.abc import Callable
from pathlib import Path

from eth_account import Account

from scripts.common.creation import address_at
from tests.scripts.tools import NAMES, ROOT, STRANGER, Node, Shell

PASSWORD = "correct horse battery staple"


def keystore(folder: Path, role: str, node: Node) -> tuple[str, str]:
    """Make a funded key and its encrypted file; give address and private key."""
    account = Account.create()
    encrypted = Account.encrypt(account.key, PASSWORD, kdf="pbkdf2", iterations=1000)
    if role in ("deployer", "officer"):
        del encrypted["address"]  # as cast writes them
    (folder / f"{role}.json").write_text(json.dumps(encrypted))
    node.call("anvil_setBalance", account.address, hex(10**18))
    return account.address.lower(), account.key.hex()


def test_deploys_and_accredits_on_sepolia(new_node: Callable[..., Node], shell: Shell) -> None:
    """Must do it all from .env and keystores at a real base fee, under the ceiling, and never show a secret."""
    node = new_node("--chain-id", "11155111", "--block-time", "1", "--base-fee", str(3 * 10**9))
    keys = {role: keystore(shell.folder, role, node) for role in ("deployer", "root", "admin", "officer")}
    password = shell.folder / "password"
    password.write_text(PASSWORD + "\n")
    password.chmod(0o600)
    lines = [f"MUNIMENT_NETWORK=sepolia\nMUNIMENT_SEPOLIA_RPC_URL={node.url}\nMUNIMENT_MAX_FEE_GWEI=50"]
    lines += [f"MUNIMENT_{role.upper()}_KEYSTORE={role}.json\n" for role in keys]
    lines += [f"MUNIMENT_{role.upper()}_PASSWORD_FILE={password}\n" for role in keys]
    lines += [f"MUNIMENT_ROOT={keys['root'][0]}", f"MUNIMENT_ADMIN={keys['admin'][0]}"]
    (shell.folder / ".env").write_text("\n".join(lines) + "\n")

    assert "above the ceiling" in shell.run("deploy", "--yes", "--max-fee-gwei", "1", status=1)
    assert node.nonce(keys["deployer"][0]) == 0
    shell.run("deploy", "--yes")
    record = shell.record("sepolia")
    assert record["chain_id"] == 11155111
    assert [record["contracts"][name]["address"] for name in NAMES] == [
        address_at(keys["deployer"][0], nonce) for nonce in range(len(NAMES))
    ]
    sent = node.call("eth_getTransactionByHash", record["contracts"]["TitleRegistry"]["transaction"])
    assert sent["type"] == "0x2"
    assert 2 * 10**9 < int(sent["maxFeePerGas"], 16) <= 50 * 10**9

    agency = ("--domain", "land.example.gov", "--scopes", "LAND_REGISTRAR,IDENTITY_OFFICER,RESIDENCY_OFFICER")
    officer = ("--agency", "land.example.gov", "--key", STRANGER, "--scopes", "LAND_REGISTRAR")
    register = ("--jurisdiction", "SE", "--agency", "land.example.gov", "--status", "mirror")
    for act in (("agency", *agency), ("officer", *officer), ("register", *register)):
        assert "Done in block" in shell.run("accredit", *act, "--yes")
    assert "Stands already" in shell.run("accredit", "officer", *officer, "--yes")
    clerk = ("--agency", "land.example.gov", "--key", keys["officer"][0], "--scopes", "RESIDENCY_OFFICER")
    assert "Done in block" in shell.run("accredit", "officer", *clerk, "--yes")
    resident = ("--agency", "land.example.gov", "--party", "0x" + "ab" * 32, "--kind", "E_RESIDENT", "--until", "2y")
    issue = ("issue", *resident, "--decision", "0x" + "12" * 32, "--yes")
    said = shell.run("issue_credential", *issue, "--officer", STRANGER, status=2)
    assert f"MUNIMENT_OFFICER_KEYSTORE is for {keys['officer'][0]}, not {STRANGER}" in said
    assert "Done in block" in shell.run("issue_credential", *issue)
    assert "In order on sepolia" in shell.run("check_deployment")
    assert "nothing to deploy" in shell.run("deploy", "--yes")

    password.write_text("wrong")
    more = ("officer", "--agency", "land.example.gov", "--key", ROOT, "--scopes", "LAND_REGISTRAR", "--yes")
    assert "The password does not open admin.json." in shell.run("accredit", *more, status=1)
    shell.env["MUNIMENT_ADMIN_KEYSTORE"] = "root.json"
    said = shell.run("accredit", *more, status=1)
    assert f"MUNIMENT_ADMIN_KEYSTORE is for {keys['root'][0]}, but {keys['admin'][0]} has to sign" in said
    shell.env["MUNIMENT_ADMIN_KEYSTORE"] = keys["admin"][1]
    assert "names no file" in shell.run("accredit", *more, status=2)

    files = [file.read_text() for file in shell.deployments.iterdir()]
    shown = "\n".join([shell.said, *files])
    for secret in (PASSWORD, *(key.removeprefix("0x") for _, key in keys.values())):
        assert secret not in shown
    assert [file.name for file in shell.deployments.iterdir()] == ["sepolia.json"]
