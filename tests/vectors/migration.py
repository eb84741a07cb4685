"""Write migration.json: a small register, its root and proofs, reckoned from the interface's words step by step.

`python -m tests.vectors.migration` writes the file. Contract and service are each held against it.
"""

import json
from hashlib import sha256
from pathlib import Path

from eth_abi import encode
from eth_utils import keccak

FILE = Path(__file__).with_suffix(".json")
CODE = b"GB".ljust(8, b"\0")
TYPES = "(bytes32,bytes8,bytes32,uint64,uint8,uint64,(bytes32,uint64)[],bytes32[],bytes32[])"
TITLES = (
    ("landregistry-index:1", 1_234, 3, 1, [(7, 1)], [], []),
    ("landregistry-index:2", 2**64 - 1, 1, 6, [(1, 1), (2, 2), (3, 3)], [11, 10], [12]),
    ("Gävle Torp 1:1", 500, 2, 1, [(8, 1)], [13], []),
    ("retired 1", 0, 0, 0, [], [], []),
    ("landregistry-index:5", 1, 3, 2, [(4, 1), (5, 1)], [], [14, 15]),
)
ABSENT = ("new 1", "new 2", "new 3", "new 4", "new 5", "new 6")


def id_of(ref: str) -> bytes:
    """The TitleId of a reference."""
    words = [keccak(text="Muniment.Title.v1"), CODE, keccak(text=ref)]
    return keccak(encode(["bytes32", "bytes8", "bytes32"], words))


def word(value: int) -> bytes:
    """An integer as the ABI's word."""
    return encode(["uint256"], [value])


def root_of(nodes: list[bytes]) -> bytes:
    """The root over nodes: pairs are hashed, an odd last one moves up."""
    while len(nodes) > 1:
        pairs = [nodes[at : at + 2] for at in range(0, len(nodes), 2)]
        nodes = [keccak(b"".join(pair)) if len(pair) == 2 else pair[0] for pair in pairs]
    return nodes[0]


def path_of(nodes: list[bytes], index: int) -> bytes:
    """The siblings of a node, lowest first: each the root over as many nodes as stand beside it."""
    siblings = b""
    size = 1
    while size < len(nodes):
        beside = (index // size ^ 1) * size
        if beside < len(nodes):
            siblings += root_of(nodes[beside : beside + size])
        size *= 2
    return siblings


def vectors() -> dict[str, object]:
    """The file's content."""
    rows = sorted(TITLES, key=lambda row: id_of(row[0]))
    ids = [id_of(row[0]) for row in rows]
    following = ids[1:] + ids[:1]
    geometries = [keccak(text=f"geometry of {row[0]}") if row[1] else bytes(32) for row in rows]
    structs = [
        (
            title,
            CODE,
            geometry,
            area,
            grade,
            denominator,
            [(word(holder), numerator) for holder, numerator in shares],
            [word(lien) for lien in liens],
            [word(interest) for interest in interests],
        )
        for title, geometry, (_, area, grade, denominator, shares, liens, interests) in zip(
            ids, geometries, rows, strict=True
        )
    ]
    domain = keccak(text="Muniment.MigratedContent.v1")
    contents = [keccak(encode(["bytes32", TYPES], [domain, struct])) for struct in structs]
    tag = keccak(text="Muniment.MigratedTitle.v1")
    inner = [keccak(b"".join((tag, *parts))) for parts in zip(ids, following, contents, strict=True)]
    leaves = [keccak(one) for one in inner]
    lines = [line(row, geometry) for row, geometry in zip(rows, geometries, strict=True)]
    last = len(rows) - 1
    absences = {}
    for ref in ABSENT:
        below = sum(title < id_of(ref) for title in ids) - 1
        below %= len(ids)
        gap = word(below) + ids[below] + following[below] + contents[below] + path_of(leaves, below)
        absences[ref] = gap.hex()
    return {
        "lines": lines,
        "structs": [_plain(struct) for struct in structs],
        "leaves": [leaf.hex() for leaf in leaves],
        "leaves_hash": sha256("".join(text + "\n" for text in lines).encode()).hexdigest(),
        "root": root_of(leaves).hex(),
        "edges": (following[0] + contents[0] + path_of(leaves, 0) + contents[last] + path_of(leaves, last)).hex(),
        "presences": [
            (bytes(32) + keccak(text=row[0]) + word(index) + following[index] + path_of(leaves, index)).hex()
            for index, row in enumerate(rows)
        ],
        "absences": absences,
    }


def line(row: tuple, geometry: bytes) -> str:
    """A title's line in the published file."""
    ref, area, grade, denominator, shares, liens, interests = row
    told = {
        "area_dm2": area if area < 2**53 else str(area),
        "denominator": denominator,
        "geometry_hash": "0x" + geometry.hex(),
        "grade": grade,
        "interests": ["0x" + word(interest).hex() for interest in interests],
        "liens": ["0x" + word(lien).hex() for lien in liens],
        "ref": ref,
        "shares": [["0x" + word(holder).hex(), numerator] for holder, numerator in shares],
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _plain(value: object) -> object:
    """Bytes as hex text, and integers beyond 53 bits as decimal text, for JSON."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    return str(value) if isinstance(value, int) and value >= 2**53 else value


if __name__ == "__main__":
    FILE.write_text(json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n")
