"""What may be purged once it is old enough, and the setting that declares how old; nothing else is ever purged."""

from __future__ import annotations

from enum import StrEnum


class Purgeable(StrEnum):
    """What a source or the city leaves that may go: the ledger, claims, their history, ends and identifiers are none of it."""

    RAW = "raw"
    LICENCES = "licences"
    FINDINGS = "findings"
    REPORTS = "reports"

    @property
    def setting(self) -> str:
        """The variable that says for how many days it is kept."""
        return f"LICEX_KEEP_{self.upper()}"
