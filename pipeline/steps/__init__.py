"""The steps of a batch. Each reads what the step before left in the workspace, and leaves there what the next one reads."""
