"""One run of a batch as the ledger keeps it, with the three sums that must hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from standard.batch import JsonRecord, ReadingFacts, RowCounts
from standard.messages import Message


@dataclass(frozen=True)
class LedgerEntry(ReadingFacts, RowCounts, JsonRecord):
    """One run of one batch as the ledger keeps it; every report is drawn from it.

    `read = left_out + extracted`, `extracted = accepted + held + duplicates + refused`,
    `accepted = inserted + updated + unchanged + stale`; an entry that does not balance cannot be written.

    Attributes:
        source: name of the source.
        day: as text.
        run: number of the run among those of the batch.
        status: a `Status`.
        judged_at: instant text; empty where the batch was not judged.
        delivered_at: instant text of the delivery.
        refused: rows of a refused batch.
        inserted: accepted rows that created a record.
        updated: accepted rows that changed a record.
        unchanged: accepted rows whose content was known.
        stale: accepted rows older than the source's claim.
        vanished: records that the newest full reading of the source no longer holds.
        moved: records whose key names another record since this batch.
        verdict_digest: digest of the verdict, which in turn names everything the batch was made from, back to the archive.
        reason: why the batch was refused or failed, as one sentence.
        failing: rows with at least one finding, by quality dimension.
        seconds: duration of the run, delivery included.
        report_seconds: duration of its pages and lists after that; None where none were written.
        ran_by: user who ran it, as in `Actor`; empty, like the next three, in rows written before it was recorded.
        host: name of the machine.
        program: version of the program.
        declaration: digest of the declaration by which the batch was judged.
    """

    source: str
    day: str
    run: int
    status: str
    judged_at: str = ""
    delivered_at: str = ""
    refused: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    stale: int = 0
    vanished: int = 0
    moved: int = 0
    verdict_digest: str = ""
    reason: str = ""
    failing: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    report_seconds: float | None = None
    ran_by: str = ""
    host: str = ""
    program: str = ""
    declaration: str = ""

    def imbalance(self) -> Message | None:
        """The first of the three sums that does not hold, as a sentence; None if all hold."""
        sums = (
            ("read", self.read, "left_out + extracted", self.left_out + self.extracted),
            (
                "extracted",
                self.extracted,
                "accepted + held + duplicates + refused",
                self.accepted + self.held + self.duplicates + self.refused,
            ),
            (
                "accepted",
                self.accepted,
                "inserted + updated + unchanged + stale",
                self.inserted + self.updated + self.unchanged + self.stale,
            ),
        )
        for name, value, parts, total in sums:
            if value != total:
                return Message(
                    "{source}/{day}: {name} is {whole}, but {parts} is {total}",
                    source=self.source,
                    day=self.day,
                    name=name,
                    whole=value,
                    parts=parts,
                    total=total,
                )
        return None

    def as_dict(self) -> dict[str, Any]:
        """The entry as plain values."""
        return asdict(self)
