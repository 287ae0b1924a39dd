"""The command `licex` and its output."""
