"""Show bytes that contracts call text: Solidity checks no encoding, and a database does."""


def readable(raw: bytes) -> str:
    r"""Text of bytes that should be UTF-8, which Solidity does not check: never fails, never merges two values.

    U+FFFD with two hex digits stands for a byte that is not UTF-8, for NUL, which PostgreSQL keeps in no text, and
    for each byte of U+FFFD itself, so that b"a\xff" and b"a\x00" stay apart.
    """
    try:
        text = raw.decode()
        if "\0" not in text and "\ufffd" not in text:
            return text
    except UnicodeDecodeError:
        text = raw.decode(errors="surrogateescape")
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character == "\0" or character == "\ufffd" or "\udc80" <= character <= "\udcff":
        return "".join(f"\ufffd{byte:02x}" for byte in character.encode(errors="surrogateescape"))
    return character
