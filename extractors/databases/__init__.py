"""Reads records from databases: what is asked, by which driver, in which dialect."""
