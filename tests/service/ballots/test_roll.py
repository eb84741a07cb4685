"""Trees of rolls and batches."""

import pytest

from muniment.ballots.roll import Tree, depth_of, is_in, is_on_roll, roll_tree, root_of
from muniment.errors import Refused
from muniment.hashing import ZERO_HASH, keccak, keccak_bytes
from tests.vectors.ballots import worlds


def leaves(count: int) -> list[str]:
    """Distinct leaves, the same each time."""
    return [keccak(bytes([place])) for place in range(count)]


def plain_root(nodes: list[bytes]) -> bytes:
    """Level by level, a missing right child being zero."""
    while len(nodes) > 1:
        nodes = [
            keccak_bytes((nodes[at] + b"".join(nodes[at + 1 : at + 2])).ljust(64, b"\0"))
            for at in range(0, len(nodes), 2)
        ]
    return nodes[0]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 33, 100])
def test_every_leaf_is_under_the_root(count: int) -> None:
    """Each path must lead to the root, at its own index alone, with as many siblings as the tree is deep."""
    made = leaves(count)
    tree = Tree(made)
    assert tree.root == "0x" + plain_root([bytes.fromhex(leaf[2:]) for leaf in made]).hex()
    for index, leaf in enumerate(made):
        path = tree.path(index)
        assert len(path) == depth_of(count)
        assert root_of(leaf, index, path) == tree.root
        assert is_in(leaf, index, path, count, tree.root)
        assert not is_in(leaf, index ^ 1, path, count, tree.root)
        assert not is_in(leaf, index + (1 << len(path)), path, count, tree.root)
        assert not is_in(leaf, index, (*path, ZERO_HASH), count, tree.root)
        assert not is_in(ZERO_HASH, index, path, count, tree.root)


def test_the_filling_is_no_leaf() -> None:
    """Nothing must be shown to lie beyond the last leaf, where zeros stand."""
    tree = Tree(leaves(5))
    path = tree.path(4)
    assert path[0] == ZERO_HASH
    beyond = (leaves(5)[4], *path[1:])
    assert root_of(ZERO_HASH, 5, beyond) == tree.root
    assert not is_in(ZERO_HASH, 5, beyond, 5, tree.root)


def test_a_tree_has_leaves() -> None:
    """There is no root over nothing."""
    with pytest.raises(ValueError, match="at least one"):
        Tree([])


def test_a_roll_is_sorted_and_nobody_is_on_it_twice() -> None:
    """Order of arrival must not show, and no credential have two lines."""
    voters = worlds()["choice"].voters[0]
    credentials = [voter.credential for voter in voters]
    tree = roll_tree(0, credentials)
    assert is_on_roll(0, 2, credentials[2], tree.path(2), 5, tree.root)
    assert not is_on_roll(1, 2, credentials[2], tree.path(2), 5, tree.root)
    assert not is_on_roll(0, 2, credentials[1], tree.path(2), 5, tree.root)
    for wrong in (credentials[::-1], [credentials[0], *credentials]):
        with pytest.raises(Refused, match="RollUnsorted") as refused:
            roll_tree(3, wrong)
        assert refused.value.arguments == {"unit": 3, "index": 1}
