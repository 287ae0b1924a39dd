"""Connections to databases, one module a driver: each returns rows as Arrow."""
