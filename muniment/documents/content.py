"""What a document's hash is: SHA-256 of a file's bytes, or a tree over the fields of a JSON document.

The tree is "standard-v1" over (bytes32 FIELD_DOMAIN, string pointer, string value, bytes32 salt): one leaf for each
member that is no object or array with members of its own, and one for each array that has some, with its length as
value: "[3]". Without that, ["a"] and {"0": "a"} would be one document, for their pointers are the same.
`pointer` is RFC 6901, `value` the RFC 8785 text. Each field's salt comes from the document's secret, so that a shown
field betrays nothing about the others.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import rfc8785

from muniment.documents.merkle import Tree, leaf_hash
from muniment.documents.strict import JsonRefused, parse
from muniment.hashing import keccak

FIELD_DOMAIN = bytes.fromhex(keccak(b"Muniment.Document.Field.v1")[2:])
FIELD_ENCODING = ("bytes32", "string", "string", "bytes32")
MOST_FIELDS = 65_536
LONGEST_POINTER = 1_024  # bytes in UTF-8; a field's own pointer repeats every key above it
_CHUNK = 2**20


@dataclass(frozen=True)
class Field:
    """One field of a JSON document: where it is (RFC 6901), its text, and its salt of 32 bytes."""

    pointer: str
    value: str
    salt: bytes

    def hash(self) -> bytes:
        """Its leaf in the document's tree."""
        return leaf_hash(_encoded(self.pointer.encode(), self.value.encode(), self.salt))


def hash_of_file(opened: BinaryIO) -> str:
    """SHA-256 of a file from where it stands to its end, in constant memory, as 0x hex."""
    digest = hashlib.sha256()
    while chunk := opened.read(_CHUNK):
        digest.update(chunk)
    return "0x" + digest.hexdigest()


def hash_of_path(path: Path) -> str:
    """SHA-256 of a file, as 0x hex. Raises OSError."""
    with path.open("rb") as opened:
        return hash_of_file(opened)


def hash_of_json(content: bytes, secret: str) -> str:
    """The content hash of a JSON document under its secret (32 bytes as 0x hex). Raises JsonRefused."""
    return root_of_fields(field.hash() for field in fields_of(parse(content), secret))


def root_of_fields(hashes: Iterable[bytes]) -> str:
    """The content hash from all fields' leaves, in any order, as 0x hex."""
    return "0x" + Tree(hashes).root.hex()


def fields_of(document: Any, secret: str) -> list[Field]:
    """All fields of a parsed document, in its order. Raises JsonRefused beyond `MOST_FIELDS` or `LONGEST_POINTER`."""
    key = bytes.fromhex(secret[2:])
    fields: list[Field] = []
    for pointer, value in _leaves(document):
        if len(fields) == MOST_FIELDS:
            raise JsonRefused(f"it has more than {MOST_FIELDS} fields")
        fields.append(Field(pointer, value, salt_of(key, pointer)))
    return fields


def salt_of(secret: bytes, pointer: str) -> bytes:
    """A field's salt: HMAC-SHA256 with the document's secret as key, over the pointer in UTF-8."""
    return hmac.digest(secret, pointer.encode(), "sha256")


def _leaves(document: Any) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[str, Any]] = [("", document)]
    while waiting:
        pointer, value = waiting.pop()
        if len(pointer.encode()) > LONGEST_POINTER:
            raise JsonRefused(f"a field's pointer has more than {LONGEST_POINTER} bytes")
        if isinstance(value, dict | list) and len(waiting) + len(value) > MOST_FIELDS:  # each holds a field at least
            raise JsonRefused(f"it has more than {MOST_FIELDS} fields")
        if value and isinstance(value, dict):
            escaped = ((key.replace("~", "~0").replace("/", "~1"), held) for key, held in value.items())
            waiting.extend(reversed([(f"{pointer}/{key}", held) for key, held in escaped]))
        elif value and isinstance(value, list):
            yield pointer, f"[{len(value)}]"
            waiting.extend((f"{pointer}/{at}", value[at]) for at in range(len(value) - 1, -1, -1))
        else:
            yield pointer, rfc8785.dumps(value).decode()


def _encoded(pointer: bytes, value: bytes, salt: bytes) -> bytes:
    """abi.encode(FIELD_DOMAIN, pointer, value, salt)."""
    tail = _string(pointer)
    heads = (4 * 32).to_bytes(32, "big") + (4 * 32 + len(tail)).to_bytes(32, "big")
    return FIELD_DOMAIN + heads + salt + tail + _string(value)


def _string(raw: bytes) -> bytes:
    return len(raw).to_bytes(32, "big") + raw + bytes(-len(raw) % 32)
