"""Selects the declared sheets of a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from extractors.files.workbooks.grid import Sheet


@dataclass(frozen=True)
class SheetSelection:
    """Selects the sheets that match a name or pattern; without one the first that is visible.

    Attributes:
        pattern: a name, or a pattern with `*` and `?`.
        most: how many sheets may match; if more do, none is read.
    """

    pattern: str | None
    most: int = 1

    def names(self, sheets: Sequence[Sheet]) -> list[str]:
        """The names of the matching sheets; a sheet of exactly that name is preferred to those of a pattern.

        Blanks around a name, which are invisible, are ignored if no sheet has exactly that name.
        """
        names = [sheet.name for sheet in sheets]
        if self.pattern is None:
            return [sheet.name for sheet in sheets if sheet.visible][:1]
        if self.pattern in names:
            return [self.pattern]
        stripped = [name for name in names if name.strip() == self.pattern.strip()]
        return stripped or [name for name in names if self._fits(name)]

    def names_to_read(self, sheets: Sequence[Sheet]) -> list[str]:
        """The names of the matching sheets; none if more than `most` match."""
        names = self.names(sheets)
        return names if len(names) <= self.most else []

    def other_names(self, sheets: Sequence[Sheet]) -> list[str]:
        """The names of the other visible sheets, if the first was selected only because it is the first."""
        return [sheet.name for sheet in sheets if sheet.visible][1:] if self.pattern is None else []

    def may_fit(self, sheet: Sheet, before: Sequence[Sheet]) -> bool:
        """Whether a sheet may match, as far as is known before the sheets after it."""
        if self.pattern is None:
            return sheet.visible and not any(other.visible for other in before)
        return sheet.name.strip() == self.pattern.strip() or self._fits(sheet.name)

    def _fits(self, name: str) -> bool:
        pattern = self.pattern or ""
        return fnmatchcase(name, pattern) or fnmatchcase(name.strip(), pattern.strip())
