"""The refusal of a file by a reader that does not know its source."""

from __future__ import annotations

from standard.messages import Message


class Refusal(Exception):
    """Raised by readers for a file that cannot be read as it is; `SourceFile.reading` adds source and file.

    Attributes:
        args: what was expected, what was found, advice, and the rule that is broken.
    """

    args: tuple[Message, str, Message, str]

    def __init__(self, expected: Message, found: str, advice: Message, rule: str = "source_unreadable") -> None:
        super().__init__(expected, found, advice, rule)


def other_password() -> Refusal:
    """Refuse a file that the declared password does not open."""
    return Refusal(
        Message("a file that the declared password opens"),
        Message("one with another password"),
        Message("ask the department for the password, and set it"),
    )
