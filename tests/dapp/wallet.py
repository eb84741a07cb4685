"""A test wallet that announces itself in the page (EIP-6963) and really signs, with a key in the test."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from playwright.sync_api import Page

from tests.service.nodes import Node

ANNOUNCE = """
(() => {
  const provider = {
    request: async ({ method, params }) => {
      const answer = JSON.parse(await window[HOOK](method, JSON.stringify(params ?? [])));
      if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
      return answer.result;
    },
  };
  const detail = Object.freeze({ info: Object.freeze(INFO), provider });
  window.addEventListener("eip6963:requestProvider", () =>
    window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail })));
})();
"""

READS = (
    "eth_call", "eth_estimateGas", "eth_getBlockByNumber", "eth_getCode", "eth_getLogs", "eth_getTransactionByHash",
    "eth_getTransactionReceipt",
)  # fmt: skip


class Declined(Exception):
    """An EIP-1193 error: its code and what the wallet says."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Wallet:
    """What a citizen's wallet does. `refusals` counts the signatures it will decline first."""

    node: Node
    account: LocalAccount = field(default_factory=Account.create)
    chain_id: int = 31337
    switches: bool = True
    refusals: int = 0
    name: str = "Test wallet"
    hook: str = "testWallet"  # the page's function that leads here; two wallets in one page need two
    icon: str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"
    signed: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)

    @property
    def address(self) -> str:
        """The wallet's address in lower case."""
        return self.account.address.lower()

    def install(self, page: Page) -> None:
        """Put the wallet into a page before its own scripts run."""
        info = {"uuid": str(uuid4()), "name": self.name, "icon": self.icon, "rdns": "test"}
        page.expose_function(self.hook, self._request)
        page.add_init_script(ANNOUNCE.replace("INFO", json.dumps(info)).replace("HOOK", json.dumps(self.hook)))

    def _request(self, method: str, params: str) -> str:
        try:
            return json.dumps({"result": self._answer(method, json.loads(params))})
        except Declined as declined:
            return json.dumps({"error": {"code": declined.code, "message": str(declined)}})

    def _answer(self, method: str, params: list[Any]) -> Any:
        if method == "eth_chainId":
            return hex(self.chain_id)
        if method == "eth_requestAccounts":
            return [self.account.address]
        if method == "wallet_switchEthereumChain":
            if not self.switches:
                raise Declined(4902, "Unrecognized chain")
            self.chain_id = int(params[0]["chainId"], 16)
            return None
        if method == "eth_signTypedData_v4":
            return self._sign(json.loads(params[1]))
        if method == "eth_sendTransaction":
            return self._send(params[0])
        if method in READS:
            return self.node.call(method, *params)
        raise Declined(4200, f"{method} is not supported")

    def sign(self, typed_data: dict[str, Any]) -> str:
        """A signature without a page, for what leads up to a test."""
        return "0x" + bytes(self.account.sign_typed_data(full_message=typed_data).signature).hex()

    def _send(self, asked: dict[str, str]) -> Any:
        """Sign a transaction and send it; whoever declines sends none."""
        if self.refusals:
            self.refusals -= 1
            raise Declined(4001, "User rejected the request")
        self.sent.append(asked)
        count = self.node.call("eth_getTransactionCount", self.address, "pending")
        full = {
            "to": to_checksum_address(asked["to"]), "data": asked["data"], "value": int(asked["value"], 16),
            "nonce": int(count, 16), "gas": int(asked.get("gas", "0xf4240"), 16), "gasPrice": 10**10,
            "chainId": self.chain_id,
        }  # fmt: skip
        raw = self.account.sign_transaction(full).raw_transaction
        return self.node.call("eth_sendRawTransaction", "0x" + bytes(raw).hex())

    def _sign(self, typed_data: dict[str, Any]) -> str:
        if self.refusals:
            self.refusals -= 1
            raise Declined(4001, "User rejected the request")
        self.signed.append(typed_data)
        return self.sign(typed_data)
