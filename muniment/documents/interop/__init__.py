"""Proofs made by other systems, and ours in the form that they read."""
