"""Records in the ledger why a source could not be read, so that the day's reports name it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from exchange_db.deliver import deliver_batch, write_failure
from exchange_db.delivery import Delivery
from pipeline.exchange import Exchange
from standard.batch import BatchKey, Verdict
from standard.day import instant_text
from standard.errors import QuietHours, SourceRefused, Unreachable
from standard.finding import findings_on_batch
from standard.violation import Violation


@contextmanager
def record_failure(exchange: Exchange, key: BatchKey, now: datetime) -> Iterator[None]:
    """Record an error of the source in the ledger and re-raise it; a trial records nothing."""
    try:
        yield
    except QuietHours:
        raise  # the source was not even queried
    except SourceRefused as error:
        if not exchange.trial:
            _record_refusal(exchange, key, error, instant_text(now))
        raise
    except Unreachable as error:
        if not exchange.trial:
            write_failure(exchange.database, key, str(error), instant_text(now))
        raise


def _record_refusal(exchange: Exchange, key: BatchKey, error: SourceRefused, at: str) -> None:
    """Record a refused batch without rows, and the finding that explains it."""
    declaration = exchange.source(key).declaration
    kind = "incremental" if declaration.incremental else "snapshot"
    verdict = Verdict(
        str(key),
        at,
        taken_at=at,
        kind=kind,
        refused=[error.rule],
        reason=str(error),
        ordered_by=declaration.extract.read_as,
        declaration=exchange.source(key).digest,
    )
    found = findings_on_batch([Violation(error.rule, found=error.found, expected=error.expected)], at)
    deliver_batch(exchange.database, Delivery(verdict, declaration.precedence, lambda _names: [], found), at, 0.0)
