"""A batch, one source's records for one day, and what each step hands to the next about it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

from standard.day import Day
from standard.messages import Message
from standard.visible import json_text

SWEEP = "sweep"  # the kind of a batch of the rows that a sweep found, beside `incremental` and `snapshot`
_SWEPT = f".{SWEEP}"


@dataclass(frozen=True, order=True)
class BatchKey:
    """Names a batch: `market_regulation.food_operation/2026-11-22`. The only thing that goes between tasks.

    Attributes:
        source: whose it is.
        day: it stands for.
        sweep: whether it is of the rows that a sweep found, and so no night's; it then ends with `.sweep`.
    """

    source: str
    day: Day
    sweep: bool = False

    @classmethod
    def of(cls, text: str) -> BatchKey:
        """Read what `str` wrote.

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
    REPEATED = "repeated"  # the source delivered what it had delivered before, so there was nothing to do
    MISSED = "missed"  # nothing became of it, and so the ledger has no row of it; only shown
    BEGUN = "begun"  # no run, but a person's word that the numbers of a source begin anew with that day


class Keys(StrEnum):
    """What a source's own keys, the locators of its rows, name.

    Attributes:
        ROWS: a record's row. Every reading shows what the row is now, so the newest reading says which record a key names.
        CHANGES: the changes of a record's row, of which a reading shows several; the order says which came last.
        NOTHING: places in a file, numbers of changes, or keys that are used again.
    """

    ROWS = "rows"
    CHANGES = "changes"
    NOTHING = "nothing"

    @property
    def name_records(self) -> bool:
        """Whether a key tells that the record it names is another than before."""
        return self is not Keys.NOTHING


class OrderedBy(StrEnum):
    """What a source says of the order of its changes; a source that is declared otherwise begins a new order."""

    READING = "reading"  # nothing: what is read later is newer
    TIME = "time"
    NUMBER = "number"


@dataclass(frozen=True, kw_only=True)
class ReadingFacts:
    """What a reading found out about its source; the manifest, the verdict and the ledger keep the same facts.

    Attributes:
        kind: `incremental`, `snapshot` or `sweep`.
        taken_at: instant text; when the source was read, for a dated file the end of its day.
        read: rows met in the source, those above a header included.
        counted: the source's own COUNT(*) of the window, or None where a source cannot count.
        witnessed: what the declared witness counted of all rows; None where none is declared.
        without_time: rows with a null update time, which no window will ever see.
        future_time: rows with an update time after the instant of reading.
        content: digest of the files that were read, by which the same delivery is known again; empty for a database.
        mark_after: of a source read by a rising number, the number after which the batch begins; else None.
        mark_last: of the same, the number it ends with.
        mark_rows: fingerprints of the rows that have that number, by which another row of it is noticed.
        ordered_by: by what its rows are ordered, an `OrderedBy`, with `/changes` where they are changes; empty in archives of
            before it was kept.
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
        """These facts by name, for the next record of the same reading."""
        return {fact.name: getattr(self, fact.name) for fact in fields(ReadingFacts)}


@dataclass(frozen=True, kw_only=True)
class RowCounts:
    """What became of the rows of a batch; the verdict and the ledger keep the same counts.

    Attributes:
        left_out: rows that are no records.
        extracted: rows that are; `accepted + held + duplicates`, and those of a refused batch.
        accepted: rows that may be delivered.
        held: rows that break a critical rule.
        duplicates: rows of a record of which another is taken.
    """

    left_out: int = 0
    extracted: int = 0
    accepted: int = 0
    held: int = 0
    duplicates: int = 0

    def counts(self) -> dict[str, Any]:
        """These counts by name, for the next record of the same batch."""
        return {count.name: getattr(self, count.name) for count in fields(RowCounts)}


class _Json:
    """A record kept as a JSON file in the archive."""

    def to_json(self) -> str:
        return json_text(asdict(self))  # type: ignore[call-overload]  # its children are dataclasses

    @classmethod
    def from_json(cls, text: str) -> Self:
        return cls(**_as_kept_now(json.loads(text)))


def _as_kept_now(found: dict[str, Any]) -> dict[str, Any]:
    """A record as this version keeps it; earlier versions kept marks, and the two counts of a witness, in lists."""
    kept = dict(found)
    if "marks" in kept:
        kept["mark_after"], kept["mark_last"] = kept.pop("marks") or (None, None)
        kept["mark_rows"] = kept.get("mark_rows") or None
    if isinstance(kept.get("witnessed"), list):
        kept["witnessed"], kept["beside_witness"] = kept["witnessed"] or (None, None)
    return kept


@dataclass(frozen=True)
class Manifest(ReadingFacts, _Json):
    """What `extract` knows of the raw archive it wrote.

    Attributes:
        batch: the key as text.
        rows: rows in `raw.parquet`.
        columns: the source's own columns, in order.
        digest: SHA-256 of `raw.parquet`.
        window: first and first-no-longer instant of an incremental batch, else empty.
        beside_witness: what the exchange counted of all rows beside the witness; None where none is declared.
        forms: of an update column of texts how many rows have which shape, such as `0000-00-00 00:00:00`.
        origin: what was read and how (table or file, its digest, sheet, encoding, backend).
        types: type and length of each column, in the words of the source, where it has any.
        profile: of each column what `workspace.column_profile` counts: rows, nulls, greatest length, shares of codes.
        parts: in how many parts the source was read, each with a manifest of its own; 0 where it was read in one.
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
    """What delivering a batch would end on the platform.

    Attributes:
        had: records that the source claims and has not ended so far; 0 where nothing would end.
        lost: those that a snapshot does not hold.
        moved: those whose key names another record in the batch.
        compared: whether a full reading came before, with which a snapshot is compared.
    """

    had: int = 0
    lost: int = 0
    moved: int = 0
    compared: bool = False


@dataclass(frozen=True)
class Verdict(ReadingFacts, RowCounts, _Json):
    """What `assess` decided of a batch. Row outcomes are beside it in `outcomes.parquet`.

    Attributes:
        batch: the key as text.
        judged_at: instant text of the judgement.
        refused: ids of the batch rules that refuse it; empty when rows may be delivered.
        reason: one sentence for people when refused.
        failing: rows with at least one finding, by quality dimension.
        held_limit: share of held rows above which a person must look.
        endings: accepted rows that only say that a record ended.
        keys_repeated: whether a key of the source occurs more than once.
        evidence: digests of all that it was given on and of what it decided row by row, by the names of the files.
        declaration: digest of the declaration that it was judged by.
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


@dataclass(frozen=True)
class LedgerEntry(ReadingFacts, RowCounts, _Json):
    """One run of one batch as the ledger keeps it; every report is drawn from it.

    `read = left_out + extracted`, `extracted = accepted + held + duplicates + refused`,
    `accepted = inserted + updated + unchanged + stale`; an entry that does not balance cannot be written.

    Attributes:
        source: its name.
        day: as text.
        run: its number among the runs of the batch.
        status: a `Status`.
        judged_at: instant text; empty where the batch was not judged.
        delivered_at: the same of the delivery.
        refused: rows of a batch that was refused.
        inserted: accepted rows that began a record.
        updated: those that changed one.
        unchanged: those whose content was known.
        stale: those older than what the source's claim says.
        vanished: records that the newest full reading of the source no longer holds.
        moved: records whose key names another record since this batch.
        verdict_digest: names the verdict, and through it everything the batch was made from, back to the archive.
        reason: why it was refused or failed, as one sentence.
        failing: rows with at least one finding, by quality dimension.
        seconds: what the run took with its delivery.
        report_seconds: what its pages and lists took after that; None where none was written.
        ran_by: who ran it, an `Actor`; empty in rows of before it was kept, as the next three.
        host: on which machine.
        program: with which version of the program.
        declaration: digest of the declaration that it was judged by.
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
        """The first of the three sums that does not hold, as a sentence; None when all hold."""
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
        for name, whole, parts, total in sums:
            if whole != total:
                return Message(
                    "{source}/{day}: {name} is {whole}, but {parts} is {total}",
                    source=self.source,
                    day=self.day,
                    name=name,
                    whole=whole,
                    parts=parts,
                    total=total,
                )
        return None

    def as_dict(self) -> dict[str, Any]:
        """The entry as plain values."""
        return asdict(self)
