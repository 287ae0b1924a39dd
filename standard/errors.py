"""What can stop a step, and with which exit code the command line says so."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from standard.addresses import without_addresses
from standard.messages import Message, joined
from standard.visible import visible_line

REFUSED = "LX-305"


class ExchangeError(Exception):
    """A step cannot go on. The message is one sentence for a person: who, what was expected, what was found, what to do.

    What it quotes may be a department's, a driver's or a user's. Here, where it is made, citizen numbers and what of a URL
    may be a secret are hidden, and what would drive a terminal or begin a new line in a log is shown instead.

    Attributes:
        messages: its sentences, each with the code under which `docs/reference/errors.md` explains it. As text they are English.
    """

    exit_code = 1

    def __init__(self, code: str, template: str, /, **values: object) -> None:
        """Make the sentence.

        Args:
            code: of the error, in `standard.error_codes`.
            template: of the sentence, a literal in English.
            values: by the names in its braces.
        """
        self.messages: tuple[Message, ...] = ()
        self._say([Message(template, **values).coded(code)])

    @classmethod
    def of(cls, messages: Iterable[Message]) -> Self:
        """An error that has a sentence for each problem."""
        made = cls.__new__(cls)
        made._say(messages)
        return made

    @property
    def message(self) -> Message:
        """All its sentences, a line each."""
        return self.messages[0] if len(self.messages) == 1 else joined("\n", self.messages)

    def _say(self, messages: Iterable[Message]) -> None:
        self.messages = tuple(message.with_values(safe_line) for message in messages)
        self.args = ("\n".join(map(safe_line, self.messages)),)


class DeclarationError(ExchangeError):
    """Raised by `sources` and `extractors` for a declaration that cannot be used. The data engineer corrects the YAML.

    It has a sentence for each problem.
    """

    exit_code = 2


class UsageError(ExchangeError):
    """Raised by `pipeline` and `extractors` for a command or setting that makes no sense. The user corrects the command."""

    exit_code = 2


class SourceRefused(ExchangeError):
    """Raised by `extractors` when a source answered, but not with what was declared (no such table, not a workbook).

    The batch is refused; the department puts its source right.
    """

    def __init__(self, rule: str, template: str, /, *, expected: str = "", found: str = "", **values: object) -> None:
        """Make the sentence.

        Args:
            rule: the rule that is violated; it says what the department does, in `standard.rules`.
            template: of the sentence, a literal in English.
            expected: what was expected, for the finding; it may stand in the template.
            found: what was found, for the finding; it may stand in the template.
            values: by the other names in its braces.
        """
        super().__init__(REFUSED, template, expected=expected, found=found, **values)
        self.rule = rule
        self.expected = expected
        self.found = found


class Unreachable(ExchangeError):
    """Raised by `extractors`, `exchange_db` and the workspace when the other side does not answer. Trying again may help."""

    exit_code = 3


class SourceUnreachable(Unreachable):
    """Raised by `extractors`: the department's database or file cannot be reached."""


class QuietHours(SourceUnreachable):
    """Raised by `pipeline` in the hours in which a department does not want to be asked; `until` is when they end."""

    def __init__(self, until: datetime, template: str, /, **values: object) -> None:
        super().__init__("LX-304", template, **values)
        self.until = until


class TurnTaken(Unreachable):
    """Raised by `pipeline` while another run of the same source and day is at work; it is worth waiting for."""


class PlatformUnreachable(Unreachable):
    """Raised by `exchange_db` and the workspace: the platform's database or the exchange's own disk cannot be used."""


class PlatformRefused(ExchangeError):
    """Raised by `exchange_db`: the platform's database answered, and does not take what it is given. Trying again does not help.

    `reason` is the server's own, without what it quotes of people.
    """

    def __init__(self, template: str, /, *, reason: str, **values: object) -> None:
        super().__init__("LX-402", template, reason=reason, **values)
        self.reason = safe_line(reason)  # it goes into the ledger and into findings


class AlreadyDelivered(ExchangeError):
    """Raised by `pipeline` when a source delivers the very files it has delivered before. There is nothing to do."""

    exit_code = 0


def safe_line(text: str) -> str:
    """A text as one line for a person or a log: nothing hidden, no citizen number, of a URL no more than may be shown."""
    from standard.masking import mask_text  # brings pyarrow, which a command without an error may never need

    # Made visible first: a line break inside a URL does not end it.
    return without_addresses(visible_line(mask_text(text)))


def unforeseen(error: BaseException) -> str:
    """The traceback of an error that nobody foresaw, each message in it on one line."""
    parts: list[str] = []
    told: traceback.TracebackException | None = traceback.TracebackException.from_exception(error)
    while told is not None:
        message = safe_line("".join(told.format_exception_only()).strip())
        parts.insert(0, "".join([*told.stack.format(), message, "\n"]))
        told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)
    return "\n".join(parts)
