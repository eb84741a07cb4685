"""What an ERC-20 token tells of itself: optional in the standard, and no more than the token's own word."""

from dataclasses import dataclass
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from muniment.chain.rpc import Rpc, RpcError, RpcUnavailable

MOST_DECIMALS = 36
LONGEST_SYMBOL = 12
_DECIMALS, _SYMBOL = "0x313ce567", "0x95d89b41"  # decimals(), symbol()


@dataclass(frozen=True)
class TokenFacts:
    """Decimals and symbol; None where the token does not tell, or nothing that could be shown."""

    decimals: int | None
    symbol: str | None


def token_facts(rpc: Rpc, token: str) -> TokenFacts:
    """Ask a token by its address."""
    decimals, symbol = _ask(rpc, token, _DECIMALS, "uint256"), _ask(rpc, token, _SYMBOL, "string")
    if decimals is None or decimals > MOST_DECIMALS:
        return TokenFacts(None, None)
    plain = symbol is not None and 0 < len(symbol) <= LONGEST_SYMBOL and symbol.isascii() and symbol.isalnum()
    return TokenFacts(decimals, symbol if plain else None)


def _ask(rpc: Rpc, token: str, call: str, kind: str) -> Any:
    try:
        answer = rpc.call("eth_call", [{"to": token, "data": call}, "latest"])
        return decode([kind], bytes.fromhex(str(answer)[2:]))[0]
    except (RpcError, RpcUnavailable, DecodingError, ValueError, OverflowError):
        return None
