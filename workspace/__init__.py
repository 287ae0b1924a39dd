"""What a batch keeps on disk: files by name, runs of a day, provenance, and who may read them."""
