"""What can stop a step, and with which exit code the command line says so."""

from __future__ import annotations

from datetime import datetime


class ExchangeError(Exception):
    """A step cannot go on. The message is one sentence for a person: who, what was expected, what was found, what to do."""

    exit_code = 1


class DeclarationError(ExchangeError):
    """Raised by `sources` and `extractors` for a declaration that cannot be used. The data engineer corrects the YAML."""

    exit_code = 2


class UsageError(ExchangeError):
    """Raised by `pipeline` and `extractors` for a command or setting that makes no sense. The user corrects the command."""

    exit_code = 2


class SourceRefused(ExchangeError):
    """Raised by `extractors` when a source answered, but not with what was declared (no such table, not a workbook).

    The batch is refused; the department puts its source right.
    """

    def __init__(self, rule: str, message: str, *, expected: str = "", found: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        self.expected = expected
        self.found = found


class Unreachable(ExchangeError):
    """Raised by `extractors`, `loaders` and the archive when the other side does not answer. Trying again may help."""

    exit_code = 3


class SourceUnreachable(Unreachable):
    """Raised by `extractors`: the department's database or file cannot be reached."""


class QuietHours(SourceUnreachable):
    """Raised by `pipeline` in the hours in which a department does not want to be asked; `until` is when they end."""

    def __init__(self, until: datetime, message: str) -> None:
        super().__init__(message)
        self.until = until


class TurnTaken(Unreachable):
    """Raised by `pipeline` while another run of the same source and day is at work; it is worth waiting for."""


class PlatformUnreachable(Unreachable):
    """Raised by `loaders` and the archive: the platform's database or the exchange's own disk cannot be used."""


class AlreadyDelivered(ExchangeError):
    """Raised by `pipeline` when a source delivers the very files it has delivered before. There is nothing to do."""

    exit_code = 0
