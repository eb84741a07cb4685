"""Trees as OpenZeppelin lays them out."""

import os
import random

import pytest

from muniment.documents.merkle import DEEPEST, Tree, TreeRefused, leaf_hash, root_of


def leaves(count: int) -> list[bytes]:
    """Distinct leaves, the same each time."""
    return [leaf_hash(number.to_bytes(32, "big")) for number in range(count)]


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 33, 100])
def test_every_leaf_is_proven(count: int) -> None:
    """Each leaf's siblings must lead to the root, whatever the order in which leaves came."""
    made = leaves(count)
    tree = Tree(random.Random(count).sample(made, count))
    assert tree.root == Tree(made).root
    for leaf in made:
        assert root_of(leaf, tree.proof(leaf)) == tree.root


def test_no_inner_node_is_a_leaf() -> None:
    """The proof of a node inside the tree must not be given."""
    tree = Tree(leaves(8))
    for node in tree.nodes[:7]:
        with pytest.raises(TreeRefused):
            tree.proof(node)


def test_what_is_no_tree_is_refused() -> None:
    """No leaves make no tree, and a proof without end is not followed."""
    with pytest.raises(TreeRefused):
        Tree([])
    with pytest.raises(TreeRefused):
        root_of(os.urandom(32), [bytes(32)] * (DEEPEST + 1))
