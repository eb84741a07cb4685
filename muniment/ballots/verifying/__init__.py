"""Verify an election from its transcript alone: the chain, the roll and the log."""
