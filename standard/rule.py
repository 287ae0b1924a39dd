"""What a rule is: its quality dimension, its weight, what it looks at, and what to tell the department."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Dimension(StrEnum):
    """The six quality dimensions of GB/T 36344."""

    NORMATIVITY = "normativity"
    COMPLETENESS = "completeness"
    ACCURACY = "accuracy"
    CONSISTENCY = "consistency"
    TIMELINESS = "timeliness"
    ACCESSIBILITY = "accessibility"


DIMENSION_TITLES = {
    Dimension.NORMATIVITY: ("规范性", "Normativity"),
    Dimension.COMPLETENESS: ("完整性", "Completeness"),
    Dimension.ACCURACY: ("准确性", "Accuracy"),
    Dimension.CONSISTENCY: ("一致性", "Consistency"),
    Dimension.TIMELINESS: ("时效性", "Timeliness"),
    Dimension.ACCESSIBILITY: ("可访问性", "Accessibility"),
}


class Severity(StrEnum):
    """Critical holds the row, or refuses the batch; a warning travels with what it was found on."""

    CRITICAL = "critical"
    WARNING = "warning"


class Scope(StrEnum):
    """What a rule looks at: one row, the batch as a whole, or the row beside what the platform already has."""

    ROW = "row"
    BATCH = "batch"
    PLATFORM = "platform"


@dataclass(frozen=True)
class Rule:
    """One rule. Titles say what is wrong; advice says what the department should do. Chinese first, then English."""

    id: str
    dimension: Dimension
    severity: Severity
    scope: Scope
    title_zh: str
    title_en: str
    advice_zh: str
    advice_en: str

    @property
    def critical(self) -> bool:
        """Whether it holds the row or refuses the batch."""
        return self.severity is Severity.CRITICAL
