"""Resources of one command, above all the exchange, which are closed when the command ends."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.exchange import Exchange

resources = ExitStack()


def open_exchange(source: str | None = None) -> Exchange:
    """Open the exchange that the environment configures.

    Args:
        source: must be declared and usable; a wrong name ends the command before anything is read or written.

    Raises:
        DeclarationError: for an undeclared name (with the nearest one), or a declaration with problems.
    """
    from pipeline.exchange import Exchange
    from pipeline.settings import Settings

    exchange = Exchange(Settings.from_environment())
    resources.callback(exchange.close)
    if source is not None:
        exchange.register.source(source)
    return exchange
