"""Who signed a personal message (ERC-191, version 0x45), as wallets sign texts."""

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils.exceptions import ValidationError


def signer_of_text(message: bytes, signature: str) -> str | None:
    """The lower-case address whose signature (0x hex, 65 bytes) of the message this is; None when it is none."""
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
        if len(raw) != 65:
            return None
        return str(Account.recover_message(encode_defunct(primitive=message), signature=raw)).lower()
    except (ValueError, ValidationError, ArithmeticError):
        return None
