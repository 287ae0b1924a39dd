"""Reads the keys of an incremental source, and what each row says of its record, for a sweep."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from exchange_db.known_keys import CONTENT, END, MEANS, NUMBER, ORDER, THERE, ordinals
from pipeline.exchange import Exchange
from pipeline.prefetch import prefetch
from pipeline.progress import OnProgress
from pipeline.quiet_hours import TimeBudget
from sources.database_extract import DatabaseExtract
from sources.register import Source
from standard.day import Day, instant_text
from standard.errors import ExchangeError
from standard.locator import with_numbers
from standard.messages import Message
from standard.private_file import private
from standard.raw import LOCATOR
from standard.row_groups import column_of


class SweptKeys:
    """Reads the key columns of a source; where its `tidy` works on whole rows, they are read whole.

    Attributes:
        extract: the declared table or query.
        by_number: whether the number of the licence is read beside the key, because the row at a key may name another record
            than before.
    """

    def __init__(self, source: Source, taken: datetime) -> None:
        self._source, self._taken = source, taken
        self.extract = database_of(source)
        column = source.declaration.columns.get("certificate_number")
        self._numbers = column.names if column else []
        self.by_number = bool(self._numbers) and not set(self._numbers) <= set(self.extract.key_columns)

    @property
    def _names(self) -> list[str]:
        changes = self.extract.changes
        said = [changes.operation if changes else None, self.extract.rising or self.extract.updated_at]
        patterned = self._source.declaration.leave_out
        return list(dict.fromkeys([*self.extract.key_columns, *patterned, *filter(None, said)]))

    def write(self, exchange: Exchange, path: Path, budget: TimeBudget | None, on_progress: OnProgress) -> None:
        """Write the keys to Parquet as they arrive."""
        from extractors import Request
        from extractors.databases.keys import Wanted, read_keys

        location, within = location_of(exchange, self._source), budget.time if budget else None
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
            for batch in prefetch(budget.limit(batches) if budget else batches):
                writer.write_table(self._meaning(pa.Table.from_batches([batch])).select(schema.names).cast(schema))
                rows += batch.num_rows
                on_progress(Message("read keys {rows:,}", rows=rows))

    def _meaning(self, raw: pa.Table) -> pa.Table:
        """For each row that is a record: its key as the table has it, the number, and whether it is content or an end."""
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


def database_of(source: Source) -> DatabaseExtract:
    """The declared table or query of a source that is swept, which is always one."""
    extract = source.declaration.extract
    assert isinstance(extract, DatabaseExtract)  # or its declaration would not have been taken
    return extract


def location_of(exchange: Exchange, source: Source) -> str:
    """The URL of a source's database.

    Raises:
        ExchangeError: where the setting has none.
    """
    location = exchange.location(source)
    if location is None:
        raise ExchangeError(
            "LX-105",
            "{source}: expected the URL of the connection {connection}, found none; set it",
            source=source.name,
            connection=source.declaration.extract.connection,
        )
    return location
