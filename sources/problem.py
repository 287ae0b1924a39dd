"""A problem of a declaration or a city's table, and its position."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from standard.errors import safe_line
from standard.messages import Message


@dataclass(frozen=True)
class Problem:
    """One problem and its position."""

    path: Path
    line: int
    message: Message

    @property
    def sentence(self) -> Message:
        """The position and the problem; quoted values are made safe to show."""
        whole = Message("{path}:{line}: {message}", path=self.path, line=self.line, message=self.message)
        return whole.with_values(safe_line)

    def __str__(self) -> str:
        return safe_line(f"{self.path}:{self.line}: {self.message}")
