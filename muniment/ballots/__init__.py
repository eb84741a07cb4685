"""Ballots: secret, checked on chain, verified by anyone."""
