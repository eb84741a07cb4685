"""Amounts as people read them: in their currency's decimals where these are known, else in its smallest unit."""

import time
from dataclasses import dataclass, field
from threading import Lock

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from muniment.chain.rpc import Rpc, RpcError, RpcUnavailable

# ISO 4217: codes in use, and how many decimals those have that have not two.
_CODES = frozenset(
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP "
    "CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF "
    "IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD "
    "MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB "
    "RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD "
    "UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW".split()
)
_DECIMALS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
}
_ASK_AGAIN = 60.0  # seconds until a token that did not answer is asked once more
_MOST_TOKENS = 1_000
_MOST_DECIMALS = 36
_LONGEST_SYMBOL = 12
_TOKEN_BELOW = 1 << 160
_DECIMALS_CALL, _SYMBOL_CALL = "0x313ce567", "0x95d89b41"  # ERC-20's optional functions


@dataclass(frozen=True)
class Currency:
    """A currency of titles and sales. `decimals` is None where nobody told them: amounts are in the smallest unit.

    `symbol` of a token is its own word for itself, and worth no more than that.
    """

    id: str
    code: str | None
    token: str | None
    symbol: str | None
    decimals: int | None

    @property
    def name(self) -> str:
        """The code, the token's symbol or its address; the id of what is neither."""
        return self.code or self.symbol or self.token or self.id


@dataclass
class Currencies:
    """What is known of currencies. A token is asked once, through the service's node. Safe to share between threads."""

    rpc: Rpc
    _known: dict[str, Currency] = field(default_factory=dict)
    _asked: dict[str, float] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, currency: str) -> Currency:
        """A currency by its 32 bytes in hex: an ISO 4217 code in left-aligned ASCII, or a token's address."""
        number = int(currency, 16)
        if not number < _TOKEN_BELOW:
            text = bytes.fromhex(currency[2:]).rstrip(b"\0").decode("ascii", "replace")
            code = text if text in _CODES else None
            return Currency(currency, code, None, None, _DECIMALS.get(code, 2) if code else None)
        with self._lock:
            known, asked = self._known.get(currency), self._asked.get(currency, -_ASK_AGAIN)
        if known is not None and (known.decimals is not None or time.monotonic() - asked < _ASK_AGAIN):
            return known
        found = self._token(currency, f"0x{number:040x}")
        with self._lock:
            if len(self._known) >= _MOST_TOKENS:
                self._known.clear()
                self._asked.clear()
            self._known[currency], self._asked[currency] = found, time.monotonic()
        return found

    def _token(self, currency: str, token: str) -> Currency:
        decimals, symbol = self._ask(token, _DECIMALS_CALL, "uint256"), self._ask(token, _SYMBOL_CALL, "string")
        if not isinstance(decimals, int) or decimals > _MOST_DECIMALS:
            return Currency(currency, None, token, None, None)
        plain = isinstance(symbol, str) and 0 < len(symbol) <= _LONGEST_SYMBOL and symbol.isascii() and symbol.isalnum()
        return Currency(currency, None, token, str(symbol) if plain else None, decimals)

    def _ask(self, token: str, call: str, kind: str) -> object:
        try:
            answer = self.rpc.call("eth_call", [{"to": token, "data": call}, "latest"])
            return decode([kind], bytes.fromhex(str(answer)[2:]))[0]
        except (RpcError, RpcUnavailable, DecodingError, ValueError, UnicodeDecodeError, OverflowError):
            return None
