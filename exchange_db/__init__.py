"""The platform's exchange database: what it holds, and the one transaction in which a batch enters it."""
