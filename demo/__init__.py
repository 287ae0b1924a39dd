"""A city that does not exist: five departments with their databases and files over three days, and the key of all that is wrong in them."""
