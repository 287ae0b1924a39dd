"""Reads files: waits for them, identifies their kind, refuses unsafe ones, and extracts their rows."""
