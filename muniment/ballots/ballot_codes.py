"""A tracker as people write it: thirteen groups of four letters and digits."""

import re

# Crockford's alphabet: no letter that is taken for a digit (https://www.crockford.com/base32.html).
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 52
_SPARE = 5 * _LENGTH - 256  # bits after the tracker's, all zero
_READ = str.maketrans({"O": "0", "I": "1", "L": "1", "-": "", " ": "", "\t": "", "\n": "", "\r": ""})


def groups_of(tracker: str) -> str:
    """The groups of a tracker in 0x hex."""
    value = int(tracker, 16) << _SPARE
    signs = "".join(_ALPHABET[value >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return " ".join(signs[at : at + 4] for at in range(0, _LENGTH, 4))


def read_code(text: str) -> str | None:
    """The tracker (0x hex) that somebody typed, in groups or in hex; None when it is none."""
    plain = text.strip()
    if re.fullmatch("0x[0-9a-fA-F]{64}", plain):
        return plain.lower()
    signs = plain.upper().translate(_READ)
    if len(signs) != _LENGTH or not set(signs) <= set(_ALPHABET):
        return None
    value = 0
    for sign in signs:
        value = value << 5 | _ALPHABET.index(sign)
    return None if value & (1 << _SPARE) - 1 else f"0x{value >> _SPARE:064x}"
