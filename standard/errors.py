"""The errors that stop a step, and the exit code of each on the command line."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from standard.addresses import redact_text
from standard.messages import Message, joined
from standard.visible import visible_line

REFUSED = "LX-305"


class ExchangeError(Exception):
    """A step cannot go on. The message is one sentence for a person: who, what was expected, what was found, what to do.

    The message may quote a department, a driver or a user. Therefore citizen numbers and the secrets of URLs are hidden when
    the error is created, and control characters and line breaks are made visible.

    Attributes:
        messages: the sentences, each with the code under which `docs/reference/errors.md` explains it; as text they are English.
    """

    exit_code = 1

    def __init__(self, code: str, template: str, /, **values: object) -> None:
        """Create the error with one sentence.

        Args:
            code: of the error, in `standard.error_codes`.
            template: of the sentence, a literal in English.
            values: for the names in its braces.
        """
        self.messages: tuple[Message, ...] = ()
        self._set_messages([Message(template, **values).coded(code)])

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Self:
        """Create an error with one sentence for each problem."""
        error = cls.__new__(cls)
        error._set_messages(messages)
        return error

    @property
    def message(self) -> Message:
        """All its sentences, one a line."""
        return self.messages[0] if len(self.messages) == 1 else joined("\n", self.messages)

    def _set_messages(self, messages: Iterable[Message]) -> None:
        self.messages = tuple(message.with_values(safe_line) for message in messages)
        self.args = ("\n".join(map(safe_line, self.messages)),)


class DeclarationError(ExchangeError):
    """Raised by `sources` and `extractors` for a declaration that cannot be used. The data engineer corrects the YAML.

    It has one sentence for each problem.
    """

    exit_code = 2


class UsageError(ExchangeError):
    """Raised for a command or setting that cannot be carried out. The user corrects it."""

    exit_code = 2


class SourceRefused(ExchangeError):
    """Raised by `extractors` when a source answers, but is not as declared (no such table, not a workbook).

    The batch is refused; the department corrects its source.
    """

    def __init__(self, rule: str, template: str, /, *, expected: str = "", found: str = "", **values: object) -> None:
        """Create the error with one sentence.

        Args:
            rule: id of the violated rule; `standard.rules` has the advice for the department.
            template: of the sentence, a literal in English.
            expected: what was expected, for the finding; the template may use it.
            found: what was found, for the finding; the template may use it.
            values: for the other names in its braces.
        """
        super().__init__(REFUSED, template, expected=expected, found=found, **values)
        self.rule = rule
        self.expected = expected
        self.found = found


class Unreachable(ExchangeError):
    """Raised when the other side does not answer. Trying again may help."""

    exit_code = 3


class SourceUnreachable(Unreachable):
    """Raised by `extractors`: the department's database or file cannot be reached."""


class QuietHours(SourceUnreachable):
    """Raised by `pipeline` in the hours in which a department allows no queries; `until` is their end."""

    def __init__(self, until: datetime, template: str, /, **values: object) -> None:
        super().__init__("LX-304", template, **values)
        self.until = until


class TurnTaken(Unreachable):
    """Raised by `workspace` while another run of the same source and day is at work. Waiting helps."""


class PlatformUnreachable(Unreachable):
    """Raised by `exchange_db` and `workspace`: the platform's database or the exchange's own disk cannot be used."""


class PlatformRefused(ExchangeError):
    """Raised by `exchange_db`: the platform's database answers, but refuses the data. Trying again does not help.

    `reason` is the server's own, without the personal values that it quotes.
    """

    def __init__(self, template: str, /, *, reason: str, **values: object) -> None:
        super().__init__("LX-402", template, reason=reason, **values)
        self.reason = safe_line(reason)  # it goes into the ledger and into findings


class AlreadyDelivered(ExchangeError):
    """Raised by `pipeline` when a source delivers the same files as before. There is nothing to do."""

    exit_code = 0


def safe_line(text: str) -> str:
    """A text as one line for a person or a log: no invisible characters, no citizen numbers, URLs redacted."""
    from standard.masking import mask_text  # imports pyarrow, which a command without an error may never need

    # Invisible characters are replaced first: a line break inside a URL does not end it.
    return redact_text(visible_line(mask_text(text)))


def safe_traceback(error: BaseException) -> str:
    """The traceback of an unexpected error, with each message in it as a safe line."""
    parts: list[str] = []
    current: traceback.TracebackException | None = traceback.TracebackException.from_exception(error)
    while current is not None:
        message = safe_line("".join(current.format_exception_only()).strip())
        parts.insert(0, "".join([*current.stack.format(), message, "\n"]))
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
    return "\n".join(parts)
