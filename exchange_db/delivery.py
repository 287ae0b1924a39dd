"""A delivery: the verdict, rows and findings of a batch, and what its declaration prescribes for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from exchange_db.presence import HOLD
from standard.batch import Keys, Verdict

RowReader = Callable[[Sequence[str]], Iterable[pa.Table]]


@dataclass(frozen=True)
class Delivery:
    """Everything that is to be delivered of one batch.

    Attributes:
        verdict: of the batch.
        precedence: of the source among others that claim the same record.
        rows: reads the named columns of the licences or their `outcome`, a group at a time; called several times.
        findings: `FINDING`.
        vanished: what happens to a licence that a full reading no longer holds: `keep`, `hold` or `cancel`.
        reactions: by rule on the batch, what the declaration demands instead of the default: `refuse` or `warn`.
        keys: what the source's own keys, the locators of its rows, name.
        changes: whether its rows are changes; otherwise each shows the record as it is when it is read.
        digest: of the verdict, by which the ledger refers to it.
        only_source: whether no other source is declared, so that no other load can be kept waiting.
        escaped: whether the texts of sightings are escaped to ASCII, because the database refuses them as they are.
    """

    verdict: Verdict
    precedence: int
    rows: RowReader
    findings: pa.Table
    vanished: str = HOLD
    reactions: Mapping[str, str] = field(default_factory=dict)
    keys: Keys = Keys.NOTHING
    changes: bool = False
    digest: str = ""
    only_source: bool = False
    escaped: bool = False
