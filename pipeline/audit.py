"""The audit trail: who was shown masked personal data."""

from __future__ import annotations

from typing import Any

from exchange_db.audit import read_audit, write_audit
from pipeline.exchange import Exchange
from standard.day import Day, instant_text


def record_access(exchange: Exchange, action: str, subject: str) -> None:
    """Record an access before the data is shown.

    Args:
        exchange: where everything is.
        action: the command.
        subject: the batch, or the masked licence.

    Raises:
        PlatformUnreachable: when it cannot be recorded; then nothing may be shown.
    """
    database = exchange.database
    with database.transaction() as connection:
        write_audit(connection, database.actor, instant_text(exchange.now()), action, subject)


def list_accesses(exchange: Exchange, since: Day | None) -> list[dict[str, Any]]:
    """List the recorded accesses, oldest first; `since` leaves out earlier days."""
    first = instant_text(since.start) if since else None
    return exchange.database.read(read_audit, first)
