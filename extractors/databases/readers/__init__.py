"""Connections to databases, one module a driver: each gives rows as Arrow."""
