"""Judges a batch with Great Expectations: which rows are accepted, which are held, and whether the batch is refused."""

from expectations.deferred import defer

defer()  # before any module of the package imports Great Expectations
