"""The command `licex`, and how results look on a terminal."""
