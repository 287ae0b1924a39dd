"""Reads records from databases: builds statements, runs them over the right driver, in the right dialect."""
