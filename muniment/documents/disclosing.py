"""Show chosen fields of a JSON document and prove them, keeping the others as hashes."""

from collections.abc import Collection
from dataclasses import replace

from muniment.documents.content import fields_of
from muniment.documents.proof import Disclosure, JsonContent, Proof
from muniment.documents.strict import JsonRefused, parse
from muniment.errors import Refused


def disclose(document: bytes, proof: Proof, pointers: Collection[str]) -> Proof:
    """A proof of the fields at or below the pointers (RFC 6901) alone; it needs no document beside it.

    An array shown as a whole shows its length too. Raises Refused when the proof is not of JSON, the document is no
    JSON, or a pointer names no field.
    """
    if not isinstance(proof.content, JsonContent):
        raise Refused("DisclosureOfFile")
    try:
        fields = fields_of(parse(document), proof.content.secret)
    except JsonRefused as error:
        raise Refused("DocumentRefused", path="the document", reason=str(error)) from None
    for pointer in pointers:
        if not any(_below(field.pointer, pointer) for field in fields):
            raise Refused("FieldUnknown", pointer=pointer)
    shown = tuple(field for field in fields if any(_below(field.pointer, pointer) for pointer in pointers))
    hidden = sorted(
        "0x" + field.hash().hex() for field in fields if not any(_below(field.pointer, pointer) for pointer in pointers)
    )
    return replace(proof, content=Disclosure(shown, tuple(hidden)))


def _below(pointer: str, above: str) -> bool:
    return pointer == above or pointer.startswith(above + "/")
