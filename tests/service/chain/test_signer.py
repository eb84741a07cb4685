"""The signer: unlocks a keystore, and signs only what its list allows."""

import json
import stat
from pathlib import Path

import pytest
from eth_account import Account

from muniment.chain.signer import KeystoreSigner, KeystoreUnusable, Policy, SigningRefused, create_keystore
from tests.service.conftest import PASSWORD, Chain, Deployed

CONTRACT = "0x" + "c0" * 20
POLICY = Policy(31337, {CONTRACT: frozenset({"0x12345678"})}, max_gas_per_day=100_000)
TX = {
    "type": 2,
    "chainId": 31337,
    "nonce": 0,
    "to": CONTRACT,
    "value": 0,
    "data": "0x12345678ab",
    "gas": 60_000,
    "maxFeePerGas": 10,
    "maxPriorityFeePerGas": 1,
}


def test_signs_what_is_allowed(deployed: Deployed) -> None:
    """Must sign an allowed call so that anyone recovers the signer's address, and the same bytes each time."""
    signer = KeystoreSigner(deployed.keystore, PASSWORD, POLICY)
    signed = signer.sign(TX)
    assert Account.recover_transaction(signed.raw).lower() == signer.address
    assert KeystoreSigner(deployed.keystore, PASSWORD, POLICY).sign(TX) == signed


@pytest.mark.parametrize(
    "change",
    [
        {"chainId": 1},
        {"value": 1},
        {"to": "0x" + "c1" * 20},
        {"to": None},
        {"data": "0x12345679ab"},
        {"data": "0x"},
        {"data": ""},
        {"gas": 100_001},
    ],
)
def test_refuses_the_rest(change: dict[str, object], deployed: Deployed) -> None:
    """Must refuse, in one sentence, another chain, money, another contract or function, and too much gas."""
    with pytest.raises(SigningRefused, match=r"^The key .*\.$"):
        KeystoreSigner(deployed.keystore, PASSWORD, POLICY).sign({**TX, **change})


def test_gas_per_day(deployed: Deployed) -> None:
    """Must stop when the day's gas is spent, and begin again the next day (UTC)."""
    now = [86_400.0 * 5]
    signer = KeystoreSigner(deployed.keystore, PASSWORD, POLICY, clock=lambda: now[0])
    signer.sign(TX)
    with pytest.raises(SigningRefused, match="today"):
        signer.sign(TX)
    now[0] += 86_400
    signer.sign(TX)


def test_policy_of_a_deployment(chain: Chain) -> None:
    """Must allow the functions that are named, and no other of the same contract."""
    policy = Policy.of(chain.deployment, [("TitleRegistry", "register")], 10**9)
    address = chain.deployment.contracts["TitleRegistry"].address
    assert {contract: len(found) for contract, found in policy.selectors.items()} == {address: 1}
    with pytest.raises(KeyError):
        Policy.of(chain.deployment, [("TitleRegister", "register")], 10**9)
    with pytest.raises(KeyError):
        Policy.of(chain.deployment, [("TitleRegistry", "regster")], 10**9)


def test_new_keystore(tmp_path: Path) -> None:
    """Must make a key that only its owner and its password open, and never overwrite one."""
    path = tmp_path / "keys" / "officer.json"
    address = create_keystore(path, "long and dull")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KeystoreSigner(path, "long and dull", POLICY).address == address
    with pytest.raises(FileExistsError):
        create_keystore(path, "another")


def test_wrong_password(deployed: Deployed) -> None:
    """Must say that the password is the wrong one."""
    with pytest.raises(KeystoreUnusable, match="password"):
        KeystoreSigner(deployed.keystore, "another", POLICY)


@pytest.mark.parametrize("written", ["", "{}", "[]", "7", '{"version": 3}', '{"version": 9, "crypto": {}}', "\udcff"])
def test_damaged_keystores(written: str, tmp_path: Path) -> None:
    """Must say in one sentence that a file is no keystore."""
    path = tmp_path / "keystore.json"
    path.write_bytes(written.encode("utf-8", "surrogateescape"))
    with pytest.raises(KeystoreUnusable, match=r"\.$"):
        KeystoreSigner(path, PASSWORD, POLICY)
    with pytest.raises(KeystoreUnusable, match="MUNIMENT_KEYSTORE"):
        KeystoreSigner(tmp_path / "none.json", PASSWORD, POLICY)


def test_nothing_shows_the_key(deployed: Deployed) -> None:
    """Must not print the key with the signer."""
    key = Account.decrypt(json.loads(deployed.keystore.read_text()), PASSWORD).hex()
    assert key.removeprefix("0x") not in repr(vars(KeystoreSigner(deployed.keystore, PASSWORD, POLICY)))
