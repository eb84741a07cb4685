"""Trustees: the key that they make together, their shares, and the count."""
