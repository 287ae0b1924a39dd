"""Reads the sheets of workbooks, one module a format."""
