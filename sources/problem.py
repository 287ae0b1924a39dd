"""What is wrong with a declaration or a city's table, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from standard.errors import safe_line
from standard.messages import Message


@dataclass(frozen=True)
class Problem:
    """One thing wrong, and where."""

    path: Path
    line: int
    message: Message

    @property
    def sentence(self) -> Message:
        """Where it stands and what it is; what it quotes is fit to be shown."""
        whole = Message("{path}:{line}: {message}", path=self.path, line=self.line, message=self.message)
        return whole.with_values(safe_line)

    def __str__(self) -> str:
        return safe_line(f"{self.path}:{self.line}: {self.message}")
