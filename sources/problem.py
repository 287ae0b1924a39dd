"""What is wrong with a declaration or a city's table, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from standard.errors import safe_line


@dataclass(frozen=True)
class Problem:
    """One thing wrong, and where."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return safe_line(f"{self.path}:{self.line}: {self.message}")
