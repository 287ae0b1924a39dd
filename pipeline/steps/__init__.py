"""The steps of a batch; each reads the files of the previous step from the workspace and writes those of the next."""
