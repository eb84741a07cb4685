"""Merkle trees of documents, beside OpenZeppelin's in JavaScript."""

import os
import statistics
import time
from typing import Any

from bench import npm_peers
from muniment.documents.merkle import Tree, leaf_hash
from muniment.documents.model import leaf_prefix

SIZES = {10_000: (0.3, 5), 1_000_000: (40.0, 1)}  # leaves: seconds to reach, and how often to measure


def rows() -> list[dict[str, Any]]:
    """Seconds for a tree over typed leaves, and for its part that hashes the leaves."""
    listed = []
    for count, (target, times) in SIZES.items():
        measured = [_ours(count) for _ in range(times)]
        whole = statistics.median(leaves + tree for leaves, tree in measured)
        hashing = statistics.median(leaves for leaves, _ in measured)
        spread = [round(pick(leaves + tree for leaves, tree in measured), 3) for pick in (min, max)]
        listed.append(
            {
                "act": "tree over typed leaves",
                "n": count,
                "value": round(whole, 3),
                "unit": "s",
                "target": target,
                "met": whole <= target,
                "spread": spread,
                "peers": _peer(count) if count == 10_000 else {},
            }
        )
        listed.append(
            {
                "act": "of that, hashing leaves",
                "n": count,
                "value": round(hashing, 3),
                "unit": "s",
                "target": None,
                "met": None,
                "peers": {},
            }
        )
    return listed


def _ours(count: int) -> tuple[float, float]:
    """Seconds to hash the leaves of `count` documents, and to build the tree over them."""
    prefix = leaf_prefix(1, "0x" + "11" * 20, "0x" + "22" * 32, "0x" + "33" * 32)
    documents = [os.urandom(64) for _ in range(count)]
    started = time.perf_counter()
    ending = bytes(32)
    leaves = [
        leaf_hash(prefix + document + index.to_bytes(32, "big") + ending) for index, document in enumerate(documents)
    ]
    hashed = time.perf_counter()
    Tree(leaves)
    return hashed - started, time.perf_counter() - hashed


def _peer(count: int) -> dict[str, str]:
    """OpenZeppelin's tree over the same kind of leaves."""
    if not npm_peers.installed():
        return {"@openzeppelin/merkle-tree": "not installed"}
    times = sorted(npm_peers.run("merkle.mjs", str(count)))
    return {"@openzeppelin/merkle-tree": f"{statistics.median(times):.2f} s ({times[0]:.2f}–{times[-1]:.2f})"}
