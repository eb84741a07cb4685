"""Keccak-256 over bytes and over ABI words, the two ways in which every id of the contracts is made."""

from collections.abc import Callable
from pathlib import Path

ZERO_HASH = "0x" + "00" * 32
ZERO_ADDRESS = "0x" + "00" * 20


def _fastest_keccak() -> Callable[[bytes], bytes]:
    try:
        from sha3 import keccak_256  # safe-pysha3: about 1 µs a hash, where others take 4 to 8
    except ImportError:
        from eth_hash.auto import keccak as slower

        return slower
    return lambda data: bytes(keccak_256(data).digest())


keccak_bytes = _fastest_keccak()


def keccak(data: bytes) -> str:
    """Keccak-256 of bytes, as 0x and 64 lower-case hex digits."""
    return "0x" + keccak_bytes(data).hex()


def keccak_file(path: Path) -> str:
    """Keccak-256 of a file's bytes, as text. Raises OSError when it cannot be read."""
    return keccak(path.read_bytes())


def keccak_words(*words: str | bytes) -> str:
    """keccak256(abi.encode(...)) of static values: 0x hex text or bytes, each left-aligned in its 32-byte word.

    Raises ValueError when a value is longer than a word or no hex text.
    """
    encoded = bytearray()
    for word in words:
        raw = bytes.fromhex(word.removeprefix("0x")) if isinstance(word, str) else word
        if len(raw) > 32:
            raise ValueError(f"{len(raw)} bytes do not fit a 32-byte word")
        encoded += raw.ljust(32, b"\0")
    return keccak(bytes(encoded))
