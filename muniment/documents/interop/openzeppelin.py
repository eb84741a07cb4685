"""Trees dumped by OpenZeppelin's merkle-tree ("standard-v1"): whether every value and node is where it must be."""

from typing import Any

from muniment.chain.values import ValuesRefused, encode_values
from muniment.documents.merkle import TreeRefused, leaf_hash, node_hash

FORMAT = "standard-v1"


def checked_root(dump: Any) -> str:
    """The root of a parsed dump, after checking all of it. Raises TreeRefused."""
    if not isinstance(dump, dict) or dump.get("format") != FORMAT:
        raise TreeRefused(f"it is no dump of the format {FORMAT}")
    try:
        nodes = [bytes.fromhex(node.removeprefix("0x")) for node in dump["tree"]]
        values = [(entry["value"], entry["treeIndex"]) for entry in dump["values"]]
        types = [str(kind) for kind in dump["leafEncoding"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise TreeRefused("the dump is not whole") from None
    count = len(values)
    if not count or len(nodes) != 2 * count - 1 or any(len(node) != 32 for node in nodes):
        raise TreeRefused("the dump has not one node less than twice its values")
    if {at for _, at in values if isinstance(at, int)} != set(range(count - 1, 2 * count - 1)):
        raise TreeRefused("the values are not the leaves")
    for value, at in values:
        try:
            encoded = encode_values(types, value)
        except ValuesRefused as error:
            raise TreeRefused(str(error)) from None
        if leaf_hash(encoded) != nodes[at]:
            raise TreeRefused(f"the value at {at} is not the leaf there")
    for at in range(count - 1):
        if node_hash(nodes[2 * at + 1], nodes[2 * at + 2]) != nodes[at]:
            raise TreeRefused(f"the node at {at} is not its children's")
    return "0x" + nodes[0].hex()
