"""What may be purged once it is old enough, and the setting for each age; nothing else is ever purged."""

from __future__ import annotations

from enum import StrEnum


class Purgeable(StrEnum):
    """The data that may be purged; never the ledger, claims, their history, ends or identifiers."""

    RAW = "raw"
    LICENCES = "licences"
    FINDINGS = "findings"
    REPORTS = "reports"

    @property
    def setting(self) -> str:
        """The environment variable with the number of days for which it is kept."""
        return f"LICEX_KEEP_{self.upper()}"
