"""Keeps account of who is shown what may be personal, though it is masked."""

from __future__ import annotations

from typing import Any

from exchange_db.audit import read_audit, write_audit
from pipeline.exchange import Exchange
from standard.day import Day, instant_text


def write_down(exchange: Exchange, action: str, subject: str) -> None:
    """Write down that somebody is about to be shown something.

    Args:
        exchange: where everything is.
        action: the command.
        subject: the batch, or the licence, masked.

    Raises:
        PlatformUnreachable: when it cannot be written; then nothing may be shown.
    """
    database = exchange.database
    with database.transaction() as connection:
        write_audit(connection, database.actor, instant_text(exchange.now()), action, subject)


def audit(exchange: Exchange, since: Day | None) -> list[dict[str, Any]]:
    """Who was shown what, the oldest first; without what was before a day."""
    first = instant_text(since.start) if since else None
    return exchange.database.read(read_audit, first)
