"""Onboards new sources: profiles their columns, and proposes a declaration from titles and values."""
