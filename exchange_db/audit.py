"""The audit of who looked at licences: written before anything is shown, and never purged."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select

from exchange_db.tables import AUDIT
from standard.actor import Actor
from standard.storable import storable_text


def write_audit(connection: Connection, actor: Actor, at: str, action: str, subject: str) -> None:
    """Record that personal data is about to be shown to somebody.

    Args:
        connection: of the exchange database.
        actor: to whom it is shown.
        at: instant text.
        action: the command.
        subject: argument of the command: a masked licence identifier or number, or a batch.
    """
    texts = {name: storable_text(str(value))[:128] for name, value in actor.as_dict().items()}
    connection.execute(insert(AUDIT).values(at=at, action=action, subject=storable_text(subject)[:200], **texts))


def read_audit(connection: Connection, since: str | None = None) -> list[dict[str, Any]]:
    """The audit, the oldest entry first.

    Args:
        connection: of the exchange database.
        since: instant text; older entries are left out.
    """
    a = AUDIT.c
    rows = select(a.at, a.ran_by, a.host, a.program, a.action, a.subject).order_by(a.at, a.id)
    if since is not None:
        rows = rows.where(a.at >= since)
    return [dict(row._mapping) for row in connection.execute(rows)]
