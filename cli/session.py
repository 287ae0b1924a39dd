"""What one command has open: the exchange, which is closed when the command ends, however it ends."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.exchange import Exchange

opened = ExitStack()


def open_exchange(source: str | None = None) -> Exchange:
    """The exchange that the environment describes.

    Args:
        source: one that must be declared and usable, so that a wrong name ends the command before anything is read or written.

    Raises:
        DeclarationError: for a name that nobody declared, with the one that was probably meant, or a declaration with problems.
    """
    from pipeline.exchange import Exchange
    from pipeline.settings import Settings

    exchange = Exchange(Settings.from_environment())
    opened.callback(exchange.close)
    if source is not None:
        exchange.register.source(source)
    return exchange
