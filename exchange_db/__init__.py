"""The exchange's own state in a database: claims, ledger and findings, and the one transaction in which a batch enters."""
