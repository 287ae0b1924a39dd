"""A sweep: all keys of an incremental source beside what the platform knows, and what follows from the difference."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import monotonic
from uuid import uuid4

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from exchange_db.key_comparison import Compared, Comparing, compare
from exchange_db.known_keys import CONTENT, END, MEANS, NUMBER, ORDER, THERE, ordinals, write_known
from exchange_db.ledger import delivered_nights
from exchange_db.presence import newest_full_reading
from exchange_db.sweep import Sweeping, keep_sweep, refuse_sweep
from pipeline import stages
from pipeline.archive import Archiving
from pipeline.exchange import Exchange
from pipeline.flow import Told
from pipeline.plan import Left, before_quiet, beginning_now
from pipeline.prefetch import ahead
from pipeline.reporting import report
from pipeline.unread import Unread, read_until
from sources.database_extract import DatabaseExtract
from sources.register import Source
from standard.batch import BatchKey, Effects, Keys, LedgerEntry, OrderedBy
from standard.day import Day, instant_text
from standard.errors import ExchangeError, UsageError
from standard.locator import with_numbers, without_numbers
from standard.private_file import private
from standard.raw import LOCATOR
from standard.row_groups import column_of
from workspace import batch_files as files
from workspace.runs import PROCESS, begun

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Swept:
    """What a sweep has found and done.

    Attributes:
        source: whose keys were read.
        taken_at: instant text.
        keys_met: rows there are.
        absent: records that no key names any more.
        vanished: those that count as vanished; none before it is written down.
        returned: records that had vanished and are there again.
        unread: rows that were never read, or not as they are.
        why: of those that a night should have read, how many and why.
        not_found: of the unread rows those that were not met again when they were to be read.
        entry: of the batch by which they were delivered.
        problem: why a person must look, as one sentence.
        seconds: what it took.
    """

    source: str
    taken_at: str
    keys_met: int
    absent: int
    returned: int
    unread: int
    vanished: int = 0
    why: str = ""
    not_found: int = 0
    entry: LedgerEntry | None = None
    problem: str = ""
    seconds: float = 0.0


def sweep(exchange: Exchange, name: str, clock: Clock, told: Told, *, dry_run: bool = False) -> Swept:
    """Read all keys of a source, deliver what was never read, and find what vanished.

    What was unread is delivered before the sweep counts as a full reading: whatever that held is then known. So a sweep may
    be killed anywhere, and the next does the rest.

    Args:
        exchange: where everything is.
        name: of the source.
        clock: gives the present.
        told: is told what is being done.
        dry_run: whether to compare only.

    Raises:
        UsageError: for a source that declares no sweep.
        QuietHours, SourceUnreachable, SourceRefused: when the keys cannot be read.
        PlatformUnreachable: when the platform does not answer.
    """
    source, began, taken = exchange.register.source(name), monotonic(), clock()
    if source.declaration.sweep is None:
        raise UsageError(
            f"{name}: expected sweep to be declared, found none; declare it, such as sweep: {{schedule: 0 3 * * 6}}"
        )
    exchange.work()
    key = BatchKey(name, Day.at(taken).plus(-1), sweep=True)
    beginning = beginning_now(exchange, source)
    compared = _compared(exchange, source, taken, beginning, told)
    swept = Swept(
        name,
        instant_text(taken),
        compared.keys_met,
        compared.absent.num_rows,
        compared.returned.num_rows,
        compared.unread.num_rows,
    )
    declared = source.declaration
    keys = declared.extract.keys
    sweeping = Sweeping(key, swept.taken_at, "", beginning, compared, declared.vanished, keys, swept.unread, 0.0)
    swept = _guarded(exchange, source, swept, sweeping, clock, dry_run=dry_run)
    if not (dry_run or swept.problem):
        swept = _done(exchange, source, swept, sweeping, clock, told)
    return replace(swept, seconds=round(monotonic() - began, 3))


def _compared(exchange: Exchange, source: Source, taken: datetime, beginning: int, told: Told) -> Compared:
    """What is there beside what is known; the keys are put away as they come."""
    with tempfile.TemporaryDirectory(prefix="licex-") as folder:
        met = Path(folder) / "met.parquet"
        reader = _Keys(source, taken)
        with before_quiet(source, taken) as left:
            reader.write(exchange, met, left, told)
        told("read what the platform knows")
        with exchange.database.transaction(reading=True) as connection:
            nights = delivered_nights(connection, source.name)
            extract = reader.extract
            numbered = extract.ordered_by is OrderedBy.NUMBER
            write_known(connection, source.name, instant_text(taken), beginning, Path(folder), numbered=numbered)
        told("compare")
        rows, until = extract.keys is Keys.ROWS, read_until(source, nights)
        known_by = Comparing(extract.key_columns, reader.by_number, rows, until, not numbered)
        return compare(met, Path(folder), known_by)


def _guarded(
    exchange: Exchange, source: Source, swept: Swept, sweeping: Sweeping, clock: Clock, *, dry_run: bool
) -> Swept:
    """Refuse a sweep that would end more than the declaration lets go at once."""
    from expectations.batch_rules import too_many_lost

    compared = sweeping.compared
    with exchange.database.transaction(reading=True) as connection:
        before = newest_full_reading(connection, source.name) is not None
    effects = Effects(compared.had, compared.lost, 0, before)
    shrunk = too_many_lost(source.declaration.expect, effects)
    if shrunk is None:
        return swept
    if not dry_run:
        refuse_sweep(exchange.database, replace(sweeping, swept_at=instant_text(clock())), shrunk)
        report(exchange, sweeping.key, clock())
    most = shrunk[1].removeprefix("<= ").partition(" / ")[0]
    sentence = (
        f"{source.name}: expected a sweep to miss at most {most} of the {compared.had} records that stand (expect.lost.max), "
        f"found {compared.lost} missing; nothing was written; look at the department's table and its keys, or let more go and sweep again"
    )
    return replace(swept, problem=sentence)


def _done(exchange: Exchange, source: Source, swept: Swept, sweeping: Sweeping, clock: Clock, told: Told) -> Swept:
    """Deliver what was unread, then write the sweep down."""
    began = monotonic()
    if swept.unread:
        told(f"read {swept.unread:,} rows that were never read, or not as they are")
        with begun(exchange.workspace, sweeping.key, f"{PROCESS}-{uuid4().hex[:12]}") as own:
            unread, entry = _delivered(exchange.within(own), source, sweeping, clock)
        sweeping = replace(sweeping, not_found=unread.left_of(sweeping.compared.unread))
        swept = replace(swept, why=str(unread), not_found=sweeping.not_found.num_rows, entry=entry)
        if entry is not None and entry.status != "delivered":
            report(exchange, sweeping.key, clock())
            return replace(swept, problem=f"{sweeping.key}: refused: {entry.reason}")
    told("write down")
    finished = replace(sweeping, swept_at=instant_text(clock()), seconds=monotonic() - began)
    vanished = keep_sweep(exchange.database, finished)
    report(exchange, sweeping.key, clock())
    return replace(swept, vanished=vanished)


def _delivered(
    exchange: Exchange, source: Source, sweeping: Sweeping, clock: Clock
) -> tuple[Unread, LedgerEntry | None]:
    """Read rows by their keys and deliver them as a batch of their own; None where none of them is a record any more."""
    from extractors import Request
    from extractors.databases.keys import read_rows_of

    key, now, began = sweeping.key, clock(), monotonic()
    with exchange.database.transaction(reading=True) as connection:
        unread = Unread(source, instant_text(now), delivered_nights(connection, source.name))
    with before_quiet(source, now) as left:
        request = Request(source, key.day, _location(exchange, source), now, within=left.time if left else None)
        with read_rows_of(request, _database(source), _keys_of(sweeping.compared.unread)) as read:
            read.batches = _noting(unread, read.batches, read.origin)
            for _ in Archiving(exchange, key, source, read, None, left, sweeping.beginning).groups():
                pass
    stages.standardise(exchange, key)
    if not json.loads(exchange.workspace.read_text(key, files.STANDARDISED))["extracted"]:
        return unread, None
    stages.judge(exchange, key)
    stages.assess(exchange, key, clock())
    return unread, stages.deliver(exchange, key, clock(), monotonic() - began)


def _keys_of(unread: pa.Table) -> pa.Table:
    """The keys of unread rows, each once; a key that names no row is that of all rows that have it."""
    locators = without_numbers(unread[LOCATOR].combine_chunks())
    places = pa.table({"key": locators, "row": pa.array(range(len(locators)), pa.int64())})
    first = places.group_by("key").aggregate([("row", "min")])["row_min"]
    return unread.set_column(unread.column_names.index(LOCATOR), LOCATOR, locators).take(first)


def _noting(unread: Unread, batches: Iterator[pa.RecordBatch], origin: dict[str, str]) -> Iterator[pa.RecordBatch]:
    """Note in the archive, when all rows have passed by, why they were unread; a finding is made of it."""
    yield from unread.watch(batches)
    if why := str(unread):
        origin["unread"] = why


class _Keys:
    """Reads of each row what names it.

    Where the department's own `tidy` makes something of whole rows, they are read whole.

    Attributes:
        extract: what is declared.
        by_number: whether the number of the licence is read too, as it stands beside the key: the row at a key may name
            another record than it did.
    """

    def __init__(self, source: Source, taken: datetime) -> None:
        self._source, self._taken = source, taken
        self.extract = _database(source)
        column = source.declaration.columns.get("certificate_number")
        self._numbers = column.names if column else []
        self.by_number = bool(self._numbers) and not set(self._numbers) <= set(self.extract.key_columns)

    @property
    def _names(self) -> list[str]:
        changes = self.extract.changes
        said = [changes.operation if changes else None, self.extract.rising or self.extract.updated_at]
        patterned = self._source.declaration.leave_out
        return list(dict.fromkeys([*self.extract.key_columns, *patterned, *filter(None, said)]))

    def write(self, exchange: Exchange, path: Path, left: Left | None, told: Told) -> None:
        """Write the keys to Parquet as they come."""
        from extractors import Request
        from extractors.databases.keys import Wanted, read_keys

        location, within = _location(exchange, self._source), left.time if left else None
        request = Request(self._source, Day.at(self._taken).plus(-1), location, self._taken, within=within)
        kept = [*dict.fromkeys([*self.extract.key_columns, LOCATOR]), NUMBER]
        schema = pa.schema(
            [*(pa.field(name, pa.string()) for name in kept), pa.field(MEANS, pa.int8()), pa.field(ORDER, pa.int64())]
        )
        wanted = Wanted(self._names, self._numbers if self.by_number else [], whole=self._source.tidy is not None)
        rows = 0
        with (
            read_keys(request, self.extract, wanted) as batches,
            open(path, "wb", opener=private) as file,
            pq.ParquetWriter(file, schema, compression="lz4", use_dictionary=False, write_statistics=False) as writer,
        ):
            for batch in ahead(left.watched(batches) if left else batches):
                writer.write_table(self._meaning(pa.Table.from_batches([batch])).select(schema.names).cast(schema))
                rows += batch.num_rows
                told(f"read keys {rows:,}")

    def _meaning(self, raw: pa.Table) -> pa.Table:
        """Of each row that is a record what it names, and what it says of it, beside its key as the table has it."""
        from transforms.conform import Conformer
        from transforms.records import deleted_rows, rows_fitting, tidied
        from transforms.stamps import credible_order

        source = self._source.as_read(raw.column_names)
        declaration, taken = source.declaration, instant_text(self._taken)
        tidy = tidied(source, raw)
        if declaration.leave_out:
            records = pc.invert(rows_fitting(declaration, tidy))
            raw, tidy = raw.filter(records), tidy.filter(records)
        raw, tidy = raw.combine_chunks(), tidy.combine_chunks()
        number = pa.nulls(raw.num_rows, pa.string())
        if self._numbers:
            number = Conformer(source, taken).element("certificate_number", tidy)
        located = with_numbers(column_of(raw, LOCATOR), number)
        if not self.by_number:  # it is a part of the key
            number = pa.nulls(raw.num_rows, pa.string())
        said = THERE if declaration.vanished == "keep" else END
        means = pc.if_else(deleted_rows(declaration, tidy), said, CONTENT)
        order = ordinals(credible_order(declaration, tidy, taken))
        raw = raw.set_column(raw.column_names.index(LOCATOR), LOCATOR, located)
        return raw.append_column(NUMBER, number).append_column(MEANS, means).append_column(ORDER, order)


def _database(source: Source) -> DatabaseExtract:
    extract = source.declaration.extract
    assert isinstance(extract, DatabaseExtract)  # or its declaration would not have been taken
    return extract


def _location(exchange: Exchange, source: Source) -> str:
    location = exchange.location(source)
    if location is None:
        raise ExchangeError(
            f"{source.name}: expected the URL of the connection {source.declaration.extract.connection}, found none; set it"
        )
    return location
