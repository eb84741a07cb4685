"""People with wallets of their own: each signs what the service asks, and sends no transaction."""

from collections.abc import Mapping
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount


class Citizen:
    """A party with the wallet that signs for it. `wallets` are all that it ever had, in order."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.party = ""
        self.wallets: list[LocalAccount] = [Account.create()]

    @property
    def wallet(self) -> LocalAccount:
        """The present wallet."""
        return self.wallets[-1]

    @property
    def address(self) -> str:
        """The present wallet's address, in lower case."""
        return str(self.wallet.address).lower()

    def sign(self, typed_data: Mapping[str, Any]) -> str:
        """The present wallet's signature over EIP-712 typed data, as 0x hex."""
        return signature(self.wallet, typed_data)

    def lose_wallet(self) -> LocalAccount:
        """Take a new wallet; gives the one that is lost."""
        lost = self.wallet
        self.wallets.append(Account.create())
        return lost


def signature(wallet: LocalAccount, typed_data: Mapping[str, Any]) -> str:
    """A wallet's signature over EIP-712 typed data, as 0x hex."""
    signed = wallet.sign_message(encode_typed_data(full_message=dict(typed_data)))
    return "0x" + bytes(signed.signature).hex()
