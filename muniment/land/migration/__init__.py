"""A register that moves in under one Merkle root: its published file, the tree over it, and every proof."""
