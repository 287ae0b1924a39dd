"""A rule: its quality dimension, severity and scope, and the advice to the department."""

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


# Ids of the rules on fixed words such as 无 or #N/A begin so: their values are shown even where the element is personal.
FIXED_WORDS = ("placeholder", "cell_error")


class Severity(StrEnum):
    """A critical rule holds the row or refuses the batch; a warning does neither."""

    CRITICAL = "critical"
    WARNING = "warning"


class Scope(StrEnum):
    """What a rule examines: one row, the batch as a whole, or the row together with the state of the platform."""

    ROW = "row"
    BATCH = "batch"
    PLATFORM = "platform"


@dataclass(frozen=True)
class Rule:
    """One rule. The title says what is wrong, the advice what the department should do; each in Chinese and in English."""

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
