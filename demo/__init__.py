"""A fictitious city: five departments with databases and files over three days, and an answer key of all their errors."""
