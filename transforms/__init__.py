"""Saying a department's rows in the standard: raw text in, typed elements out, and a finding where that cannot be."""
