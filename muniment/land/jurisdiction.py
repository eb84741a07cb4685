"""A jurisdiction as events name it."""

from muniment.chain.text import readable


def jurisdiction_text(code: str) -> str:
    """Solidity's bytes8 as text: "0x4742000000000000" → "GB". Bytes that are no text show as `readable` says."""
    return readable(bytes.fromhex(code[2:]).rstrip(b"\0"))
