"""A batch (one source's records for one day) and the records that each step hands to the next about it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

from standard.day import Day
from standard.visible import json_text

SWEEP = "sweep"  # kind of a batch of the rows that a sweep found; the other kinds are `incremental` and `snapshot`
_SWEPT = f".{SWEEP}"


@dataclass(frozen=True, order=True)
class BatchKey:
    """Names a batch: `market_regulation.food_operation/2026-11-22`. Tasks exchange nothing else.

    Attributes:
        source: name of the source.
        day: the day of the batch.
        sweep: whether the batch has the rows that a sweep found, and so belongs to no night; its text ends with `.sweep`.
    """

    source: str
    day: Day
    sweep: bool = False

    @classmethod
    def of(cls, text: str) -> BatchKey:
        """Parse the text that `str` returns.

        Raises:
            ValueError: when the text is not `<source>/<day>`.
        """
        source, slash, day = text.rpartition("/")
        if not slash or not source:
            raise ValueError(f"a batch is named <source>/<day>, not {text!r}")
        return cls(source, Day.of(day.removesuffix(_SWEPT)), day.endswith(_SWEPT))

    def __str__(self) -> str:
        return f"{self.source}/{self.day}{_SWEPT if self.sweep else ''}"


class Outcome(StrEnum):
    """What became of one extracted row."""

    ACCEPTED = "accepted"
    HELD = "held"
    DUPLICATE = "duplicate"


class Status(StrEnum):
    """What became of a batch."""

    DELIVERED = "delivered"
    REFUSED = "refused"
    FAILED = "failed"
    REPEATED = "repeated"  # the source delivered the same files as before, so there was nothing to do
    MISSED = "missed"  # there was no batch, so the ledger has no row; for display only
    BEGUN = "begun"  # not a run: a person accepted that the numbers of the source begin anew with that day


class Keys(StrEnum):
    """What a source's own keys, the locators of its rows, identify.

    Attributes:
        ROWS: the row of a record. Every reading shows the row as it is now, so the newest reading decides which record a
            key names.
        CHANGES: the changes of a record's row. A reading may show several; the order decides which came last.
        NOTHING: nothing lasting: positions in a file, numbers of changes, or keys that are reused.
    """

    ROWS = "rows"
    CHANGES = "changes"
    NOTHING = "nothing"

    @property
    def name_records(self) -> bool:
        """Whether a key that names another record than before shows that the record has moved."""
        return self is not Keys.NOTHING


class OrderedBy(StrEnum):
    """By what a source orders its changes; a source that is declared otherwise begins a new order."""

    READING = "reading"  # the source says nothing: what is read later is newer
    TIME = "time"
    NUMBER = "number"


@dataclass(frozen=True, kw_only=True)
class ReadingFacts:
    """What a reading found out about its source; manifest, verdict and ledger entry hold the same facts.

    Attributes:
        kind: `incremental`, `snapshot` or `sweep`.
        taken_at: instant text; when the source was read, for a dated file the end of its day.
        read: rows met in the source, those above a header included.
        counted: the source's own COUNT(*) of the window; None where the source cannot count.
        witnessed: the declared witness's count of all rows; None where none is declared.
        without_time: rows with a null update time, which no window will ever include.
        future_time: rows with an update time after the instant of reading.
        content: digest of the files that were read, which identifies a repeated delivery; empty for a database.
        mark_after: for a source read by a rising number, the number after which the batch begins; else None.
        mark_last: for the same, the number with which it ends.
        mark_rows: fingerprints of the rows with that last number, which reveal a number that was reused.
        ordered_by: what orders the rows, an `OrderedBy`, followed by `/changes` where rows are changes; empty in older archives.
        beginning: how often that order began anew before this batch; stamps of a later beginning are greater.
    """

    kind: str = ""
    taken_at: str = ""
    read: int = 0
    counted: int | None = None
    witnessed: int | None = None
    without_time: int = 0
    future_time: int = 0
    content: str = ""
    mark_after: int | None = None
    mark_last: int | None = None
    mark_rows: str | None = None
    ordered_by: str = ""
    beginning: int = 0

    def facts(self) -> dict[str, Any]:
        """These facts by name, to be copied into the next record of the same reading."""
        return {fact.name: getattr(self, fact.name) for fact in fields(ReadingFacts)}


@dataclass(frozen=True, kw_only=True)
class RowCounts:
    """What became of the rows of a batch; verdict and ledger entry hold the same counts.

    Attributes:
        left_out: rows that are not records.
        extracted: rows that are records: `accepted + held + duplicates`, or all rows of a refused batch.
        accepted: rows that may be delivered.
        held: rows that break a critical rule.
        duplicates: rows of a record of which another row was taken.
    """

    left_out: int = 0
    extracted: int = 0
    accepted: int = 0
    held: int = 0
    duplicates: int = 0

    def counts(self) -> dict[str, Any]:
        """These counts by name, to be copied into the next record of the same batch."""
        return {count.name: getattr(self, count.name) for count in fields(RowCounts)}


class JsonRecord:
    """A dataclass that is stored as a JSON file in the archive."""

    def to_json(self) -> str:
        """The record as JSON text."""
        return json_text(asdict(self))  # type: ignore[call-overload]  # its children are dataclasses

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Parse a record, also one that an earlier version wrote.

        Raises:
            ValueError, TypeError: for text that is not such a record.
        """
        return cls(**_upgrade(json.loads(text)))


def _upgrade(stored: dict[str, Any]) -> dict[str, Any]:
    """Convert a stored record to this version; earlier ones stored marks, and the two counts of a witness, as lists."""
    record = dict(stored)
    if "marks" in record:
        record["mark_after"], record["mark_last"] = record.pop("marks") or (None, None)
        record["mark_rows"] = record.get("mark_rows") or None
    if isinstance(record.get("witnessed"), list):
        record["witnessed"], record["beside_witness"] = record["witnessed"] or (None, None)
    return record


@dataclass(frozen=True)
class Manifest(ReadingFacts, JsonRecord):
    """The facts about a raw archive, written by `extract`.

    Attributes:
        batch: the key as text.
        rows: rows in `raw.parquet`.
        columns: the source's own columns, in order.
        digest: SHA-256 of `raw.parquet`.
        window: first instant of an incremental batch and the first instant after it; else empty.
        beside_witness: the exchange's own count of all rows, to be compared with the witness's; None where none is declared.
        forms: for a text column of update times, rows by form, such as `0000-00-00 00:00:00`.
        origin: what was read and how (table or file, its digest, sheet, encoding, backend).
        types: type and length of each column as the source names them, where it has types.
        profile: the counts of each column, as in `workspace.column_profile`.
        parts: number of parts in which the source was read, each with a manifest of its own; 0 where it was read in one.
    """

    batch: str
    rows: int
    columns: list[str]
    digest: str
    window: list[str] = field(default_factory=list)
    beside_witness: int | None = None
    forms: dict[str, int] = field(default_factory=dict)
    origin: dict[str, str] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    profile: dict[str, dict[str, Any]] = field(default_factory=dict)
    parts: int = 0


@dataclass(frozen=True)
class Effects:
    """The records that delivering a batch would end on the platform.

    Attributes:
        had: records that the source claims and has not ended so far; 0 where nothing would end.
        lost: those that a snapshot does not hold.
        moved: those whose key names another record in the batch.
        compared: whether an earlier full reading exists, with which a snapshot is compared.
    """

    had: int = 0
    lost: int = 0
    moved: int = 0
    compared: bool = False


@dataclass(frozen=True)
class Verdict(ReadingFacts, RowCounts, JsonRecord):
    """What `assess` decided about a batch. The outcomes of its rows are in `outcomes.parquet`.

    Attributes:
        batch: the key as text.
        judged_at: instant text of the judgement.
        refused: ids of the batch rules that refuse it; empty if rows may be delivered.
        reason: one sentence for people if refused.
        failing: rows with at least one finding, by quality dimension.
        held_limit: share of held rows above which a person must look.
        endings: accepted rows that only say that a record ended.
        keys_repeated: whether a key of the source occurs more than once.
        evidence: digests by file name: of everything the verdict rests on, and of the outcomes row by row.
        declaration: digest of the declaration by which the batch was judged.
    """

    batch: str
    judged_at: str
    refused: list[str] = field(default_factory=list)
    reason: str = ""
    failing: dict[str, int] = field(default_factory=dict)
    held_limit: float = 1.0
    endings: int = 0
    keys_repeated: bool = False
    evidence: dict[str, str] = field(default_factory=dict)
    declaration: str = ""

    @property
    def held_above_limit(self) -> bool:
        """Whether more rows were held than the declaration allows."""
        return self.held > self.held_limit * self.extracted
