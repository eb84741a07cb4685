"""The money of the land story: a sample token, compiled and deployed by the demo, that is worth nothing."""

import json
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from demo.node import StageError
from muniment.chain.abi import encode_call
from muniment.chain.deployment import ContractInfo
from muniment.chain.rpc import Rpc
from muniment.documents.source import ask
from toolchain.setup import SOLC

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "demo/tokens/SampleKrona.sol"
NAME = "SampleKrona"
KRONA = 100  # öre
RECEIPT_TRIES = 300
GAS_FUNDS = hex(10**18)  # wei, of the demo chain's own worthless ether: a payer's transactions are the payer's own


class Krona:
    """The token on the demo's chain, and its movements."""

    def __init__(self, rpc: Rpc, maker: str, info: ContractInfo) -> None:
        self.rpc = rpc
        self.info = info
        self._maker = maker

    @property
    def address(self) -> str:
        """The token's address, in lower case."""
        return self.info.address

    def mint(self, owner: str, amount: int) -> None:
        """Make öre for somebody."""
        call = {"from": self._maker, "to": self.address, "data": encode_call(self.info.abi, "mint", (owner, amount))}
        receipt_of(self.rpc, self.rpc.call("eth_sendTransaction", [call]))

    def balance(self, owner: str) -> int:
        """How many öre somebody has."""
        return int(ask(self.rpc, self.info, "balanceOf", (owner,))[0])

    def approvals(self, first: int, last: int) -> list[dict[str, Any]]:
        """Logs of what owners allowed others to take, from block `first` to `last`."""
        topic = "0x8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b925"  # Approval, as ERC-20 has it
        asked = {"fromBlock": hex(first), "toBlock": hex(last), "address": self.address, "topics": [topic]}
        return list(self.rpc.call("eth_getLogs", [asked]))


def deploy(rpc: Rpc, maker: str) -> Krona:
    """Compile the token and put it on the chain, from one of the node's own accounts."""
    abi, code = compiled()
    receipt = receipt_of(rpc, rpc.call("eth_sendTransaction", [{"from": maker, "data": code}]))
    info = ContractInfo(NAME, receipt["contractAddress"].lower(), abi, int(receipt["blockNumber"], 16))
    return Krona(rpc, maker, info)


def compiled() -> tuple[list[dict[str, Any]], str]:
    """The token's ABI and creation code, by the compiler that compiles the project's contracts.

    Raises:
        StageError: it does not compile.
    """
    asked = {
        "language": "Solidity",
        "sources": {SOURCE: {"content": (ROOT / SOURCE).read_text(encoding="utf-8")}},
        "settings": {
            "evmVersion": "cancun",
            "optimizer": {"enabled": True, "runs": 200},
            "remappings": ["@openzeppelin/contracts/=node_modules/@openzeppelin/contracts/"],
            "outputSelection": {"*": {NAME: ["abi", "evm.bytecode.object"]}},
        },
    }
    command = [SOLC, "--standard-json", "--base-path", ROOT]
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, cwd=ROOT)
    told = json.loads(done.stdout) if done.returncode == 0 else {"errors": [{"formattedMessage": done.stderr}]}
    made = told.get("contracts", {}).get(SOURCE, {}).get(NAME)
    if made is None:
        reasons = "\n".join(error["formattedMessage"] for error in told["errors"])
        raise StageError(f"{SOURCE} does not compile.\n{reasons}")
    return made["abi"], "0x" + made["evm"]["bytecode"]["object"]


def pay(rpc: Rpc, wallet: LocalAccount, transactions: Sequence[Mapping[str, Any]]) -> None:
    """Send a payer's own transactions, in their order, each when the one before is in a block."""
    rpc.call("anvil_setBalance", [wallet.address, GAS_FUNDS])
    for wanted in transactions:
        call = {"from": wallet.address, "to": wanted["to"], "data": wanted["data"]}
        gas = int(rpc.call("eth_estimateGas", [call]), 16)
        fields = {
            "to": to_checksum_address(wanted["to"]),
            "data": wanted["data"],
            "value": 0,
            "gas": gas * 5 // 4,
            "gasPrice": 2 * int(rpc.call("eth_gasPrice", []), 16),
            "nonce": int(rpc.call("eth_getTransactionCount", [wallet.address, "latest"]), 16),
            "chainId": int(rpc.call("eth_chainId", []), 16),
        }
        signed = wallet.sign_transaction(fields)
        receipt_of(rpc, rpc.call("eth_sendRawTransaction", ["0x" + bytes(signed.raw_transaction).hex()]))


def receipt_of(rpc: Rpc, transaction: str) -> dict[str, Any]:
    """A transaction's receipt, once it is in a block.

    Raises:
        StageError: it failed, or gets into none.
    """
    for _ in range(RECEIPT_TRIES):
        receipt = rpc.call("eth_getTransactionReceipt", [transaction])
        if receipt is not None:
            if int(receipt["status"], 16) != 1:
                raise StageError(f"The transaction {transaction} failed on the chain.")
            return dict(receipt)
        time.sleep(0.1)
    raise StageError(f"The transaction {transaction} does not get into a block.")
