"""The browser's library, the service and the contracts must hash the same typed data to the same digest."""

import json
import subprocess
from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data

from muniment.hashing import keccak
from muniment.identity.model import typed_data_bind
from tests.service.nodes import ROOT

VECTORS = ROOT / "tests" / "vectors" / "typed_data.json"
EXTREMES = [
    typed_data_bind(31337, "0x" + "b" * 40, keccak(b"p"), "0x" + "c" * 40, nonce, deadline)
    for nonce in (0, 2**53 + 1, 2**256 - 1)
    for deadline in (0, 2**48)
]


def _by_viem(typed_data: list[dict[str, Any]]) -> list[str]:
    done = subprocess.run(
        ["node", "tests/dapp/typed_data.mjs"],
        cwd=ROOT,
        input=json.dumps(typed_data),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    digests: list[str] = json.loads(done.stdout)
    return digests


def test_viem_and_the_service_agree() -> None:
    """viem hashes BindWallet as eth_account does, up to the largest nonce."""
    ours = ["0x" + _hash_eip191_message(encode_typed_data(full_message=data)).hex() for data in EXTREMES]
    assert _by_viem(EXTREMES) == ours
