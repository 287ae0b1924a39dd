"""How files are read: which have arrived, what they are, whether they are safe, and what rows they hold."""
