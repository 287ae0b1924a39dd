"""The steps of a batch, what they keep on disk, and the command line."""
