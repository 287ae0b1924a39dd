"""Reads the keys of an incremental source, and whether each row is content or an end, for a sweep."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from exchange_db.known_keys import CONTENT, END, MEANS, NUMBER, ORDER, PRESENT, ordinals
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
from standard.private_file import open_private
from standard.raw import LOCATOR
from standard.row_groups import column_of


class SweptKeys:
    """Reads the key columns of a source, or whole rows if its `tidy` needs them.

    Attributes:
        extract: the declared table or query.
        by_number: whether the certificate number is read with the key, because the row at a key may name another record than before.
    """

    def __init__(self, source: Source, taken: datetime) -> None:
        self._source, self._taken = source, taken
        self.extract = database_extract(source)
        column = source.declaration.columns.get("certificate_number")
        self._numbers = column.names if column else []
        self.by_number = bool(self._numbers) and not set(self._numbers) <= set(self.extract.key_columns)

    @property
    def _names(self) -> list[str]:
        changes = self.extract.changes
        optional = [changes.operation if changes else None, self.extract.rising or self.extract.updated_at]
        left_out_by = self._source.declaration.leave_out
        return list(dict.fromkeys([*self.extract.key_columns, *left_out_by, *filter(None, optional)]))

    def write(self, exchange: Exchange, path: Path, budget: TimeBudget | None, on_progress: OnProgress) -> None:
        """Write the keys to Parquet as they are read."""
        from extractors import Request
        from extractors.databases.keys import KeyColumns, read_keys

        location, time_limit = database_url(exchange, self._source), budget.time if budget else None
        request = Request(self._source, Day.at(self._taken).plus(-1), location, self._taken, time_limit=time_limit)
        texts = [*dict.fromkeys([*self.extract.key_columns, LOCATOR]), NUMBER]
        schema = pa.schema(
            [*(pa.field(name, pa.string()) for name in texts), pa.field(MEANS, pa.int8()), pa.field(ORDER, pa.int64())]
        )
        selection = KeyColumns(
            self._names, self._numbers if self.by_number else [], all_columns=self._source.tidy is not None
        )
        rows = 0
        with (
            read_keys(request, self.extract, selection) as batches,
            open(path, "wb", opener=open_private) as file,
            pq.ParquetWriter(file, schema, compression="lz4", use_dictionary=False, write_statistics=False) as writer,
        ):
            for batch in prefetch(budget.limit(batches) if budget else batches):
                writer.write_table(self._classify(pa.Table.from_batches([batch])).select(schema.names).cast(schema))
                rows += batch.num_rows
                on_progress(Message("read keys {rows:,}", rows=rows))

    def _classify(self, raw: pa.Table) -> pa.Table:
        """For each row that is a record: its raw key, its number, its order, and whether it is content or an end."""
        from transforms.conform import Conformer
        from transforms.records import apply_tidy, deleted_rows, rows_matching_leave_out
        from transforms.stamps import credible_order

        source = self._source.for_columns(raw.column_names)
        declaration, taken = source.declaration, instant_text(self._taken)
        tidy = apply_tidy(source, raw)
        if declaration.leave_out:
            records = pc.invert(rows_matching_leave_out(declaration, tidy))
            raw, tidy = raw.filter(records), tidy.filter(records)
        raw, tidy = raw.combine_chunks(), tidy.combine_chunks()
        number = pa.nulls(raw.num_rows, pa.string())
        if self._numbers:
            number = Conformer(source, taken).element("certificate_number", tidy)
        located = with_numbers(column_of(raw, LOCATOR), number)
        if not self.by_number:  # the number is part of the key
            number = pa.nulls(raw.num_rows, pa.string())
        deleted = PRESENT if declaration.vanished == "keep" else END
        means = pc.if_else(deleted_rows(declaration, tidy), deleted, CONTENT)
        order = ordinals(credible_order(declaration, tidy, taken))
        raw = raw.set_column(raw.column_names.index(LOCATOR), LOCATOR, located)
        return raw.append_column(NUMBER, number).append_column(MEANS, means).append_column(ORDER, order)


def database_extract(source: Source) -> DatabaseExtract:
    """The declared table or query of a swept source."""
    extract = source.declaration.extract
    assert isinstance(extract, DatabaseExtract)  # a declaration with any other is invalid
    return extract


def database_url(exchange: Exchange, source: Source) -> str:
    """The URL of a source's database.

    Raises:
        ExchangeError: where none is set.
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
