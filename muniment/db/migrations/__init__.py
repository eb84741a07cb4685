"""The tables' history, one Alembic revision per change.

There is only the way up: a service that must go back restores its backup and rebuilds its read tables from the chain.
"""
