"""Converts a department's rows into the standard: raw text in, typed elements out, and a finding where that fails."""
