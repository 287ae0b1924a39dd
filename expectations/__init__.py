"""Judging a batch with Great Expectations: which rows are accepted, which are held, and whether the batch is refused."""
