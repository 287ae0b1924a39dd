"""What is to be delivered of one batch, and how many of its rows have which fate so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from exchange_db.presence import HOLD
from standard.batch import Keys, Verdict

Rows = Callable[[Sequence[str]], Iterable[pa.Table]]


@dataclass(frozen=True)
class Delivery:
    """What is to be delivered of one batch.

    Attributes:
        verdict: of the batch.
        precedence: of the source among others that claim the same record.
        rows: gives some columns of the licences, their `outcome` among them, a group at a time; asked for several times.
        findings: `FINDING`.
        vanished: what it means when a full reading no longer holds a licence: `keep`, `hold` or `cancel`.
        reactions: of rules on the batch for which the declaration says so, whether they `refuse` it or `warn`.
        keys: what the source's own keys, the locators of its rows, name.
        changes: whether its rows are changes; else each says what a record is when it is read.
        digest: of the verdict, by which the ledger names it.
        only_source: whether no other source is declared, so that no other load can be kept waiting.
        escaped: whether what sightings show to people is escaped to ASCII, since the database does not take it as it is.
    """

    verdict: Verdict
    precedence: int
    rows: Rows
    findings: pa.Table
    vanished: str = HOLD
    reactions: Mapping[str, str] = field(default_factory=dict)
    keys: Keys = Keys.NOTHING
    changes: bool = False
    digest: str = ""
    only_source: bool = False
    escaped: bool = False
