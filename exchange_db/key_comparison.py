"""Compares the keys that a sweep met with those that the platform knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from exchange_db.key_statements import (
    COUNTS,
    GONE,
    GONE_ROWS,
    HEIRS,
    LAST,
    ORPHANS,
    RETURNED,
    SHARED,
    SHARED_NUMBERS,
    TURNED,
    UNREAD,
)
from exchange_db.known_keys import MEANS, NUMBER, ORDER, ordinals
from exchange_db.open_rows import without_open_rows
from standard.masking import MASKED_NUMBER
from standard.raw import LOCATOR

_MEMORY = "400MB"  # anything beyond is spilled to the folder


@dataclass(frozen=True)
class KeyComparison:
    """The differences between the keys that a sweep met and those that the platform knows.

    Attributes:
        keys_met: number of rows.
        repeated: number of rows whose key another row has too, not counting the first of each key.
        had: number of standing claims.
        lost: number of those whose record no key names any more, and whose number no unread row has.
        absent: `record` of all claims that no key names now.
        returned: `record` of the claims that were absent and that a key names again.
        unread: rows that were never read or have changed since: the columns of the key, `LOCATOR` and `NUMBER`, each key once.
        shared: `record` of the claims that two keys name.
        shared_numbers: `record` of the claims that their own key still names, but whose number an unread row has too.
        gone_rows: `locator` of the rows with open findings that no longer exist.
    """

    keys_met: int
    repeated: int
    had: int
    lost: int
    absent: pa.Table
    returned: pa.Table
    unread: pa.Table
    shared: pa.Table
    shared_numbers: pa.Table
    gone_rows: pa.Table


@dataclass(frozen=True)
class ComparisonOptions:
    """How the rows of a source are recognised.

    Attributes:
        key: the columns of the key.
        by_number: whether rows are recognised by key and number rather than by key alone.
        rows: whether a key shows its row as it is now, so that only the record it named last counts. Otherwise a key of
            several rows belongs to changes, each of which stays.
        until: the order up to which nights have read. A row with an order before it, but after the known order of its key,
            was committed late, and no night has read it.
        timed: whether orders are instants. Then a row whose order is later than the known reading has not been read either.
    """

    key: list[str]
    by_number: bool
    rows: bool
    until: str = ""
    timed: bool = True


def compare_keys(met: Path, folder: Path, options: ComparisonOptions) -> KeyComparison:
    """Compare the rows that a sweep met with those that `write_known_keys` has written.

    Only 128-bit digests are joined, in bounded memory; anything beyond is spilled to the folder.

    Args:
        met: path of a Parquet file with the columns of the key, `LOCATOR`, `NUMBER`, `MEANS` and `ORDER`.
        folder: with the files of `write_known_keys`.
        options: how rows are recognised.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {"threads": 2, "memory_limit": _MEMORY}
    settings |= {"temp_directory": str(folder), "preserve_insertion_order": False}
    with duckdb.connect(str(folder / "compare.duckdb"), config=settings) as database:
        _create_tables(database, met, folder, by_number=options.by_number)
        _derive_tables(database, options)
        keys_met, had, lost, repeated = database.execute(COUNTS).fetchall()[0]
        return KeyComparison(
            keys_met=keys_met,
            repeated=repeated,
            had=had,
            lost=lost,
            absent=database.sql("SELECT record FROM gone").to_arrow_table(),
            returned=database.sql("SELECT DISTINCT record FROM returned").to_arrow_table(),
            unread=without_open_rows(_unread(database, met, options), folder, options.key, by_number=options.by_number),
            shared=database.sql(SHARED).to_arrow_table(),
            shared_numbers=database.sql(SHARED_NUMBERS).to_arrow_table(),
            gone_rows=database.sql(GONE_ROWS.format(others=_literal(folder / "others.parquet"))).to_arrow_table(),
        )


def _derive_tables(database: duckdb.DuckDBPyConnection, options: ComparisonOptions) -> None:
    of_changes = str(not options.rows)
    for statement in (*LAST, ORPHANS, RETURNED, HEIRS):
        database.execute(statement.format(of_changes=of_changes))
    until = ordinals(pa.array([options.until or None], pa.string()))[0].as_py()
    database.execute(UNREAD[0], {"until": until, "timed": options.timed})
    database.execute(TURNED)
    database.execute(UNREAD[1])
    database.execute(GONE)


def _unread(database: duckdb.DuckDBPyConnection, met: Path, options: ComparisonOptions) -> pa.Table:
    """The unread rows; `again` marks those that are read even if they have open findings."""
    columns = ", ".join(
        f'"{name.replace(chr(34), chr(34) * 2)}"' for name in dict.fromkeys([*options.key, LOCATOR, NUMBER])
    )
    again = "file_row_number IN (SELECT row FROM heirs)"
    return database.sql(
        f"SELECT {columns}, {again} AS again FROM read_parquet({_literal(met)}, file_row_number = true) "  # noqa: S608 - quoted names
        "WHERE file_row_number IN (SELECT row FROM unread)"
    ).to_arrow_table()


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _create_tables(database: duckdb.DuckDBPyConnection, met: Path, folder: Path, *, by_number: bool) -> None:
    """Create the tables of met and known rows, with a number for the key and one for what the row is recognised by."""
    digest = "md5_number(concat({0}, chr(31), {1}))" if by_number else "md5_number({0})"
    row, known_n = digest.format(LOCATOR, NUMBER), digest.format("locator", "number")
    of_known = (
        f"record, md5_number(locator) AS k, {known_n} AS n, hash(number) AS number, said_at, first_at, seen, state"
    )
    for statement in (
        f"CREATE TABLE met AS SELECT file_row_number AS row, md5_number({LOCATOR}) AS k, {row} AS n, "  # noqa: S608 - constants
        f"CASE WHEN {NUMBER} IS NOT NULL THEN hash({NUMBER}) END AS number, {MEANS} AS means, {ORDER} AS said_at "
        f"FROM read_parquet({_literal(met)}, file_row_number = true)",
        f"CREATE TABLE claims AS SELECT {of_known} FROM read_parquet({_literal(folder / 'claims.parquet')})",  # noqa: S608
        f"CREATE TABLE others AS SELECT means, contains(locator, '{MASKED_NUMBER}') AS masked, {of_known} "  # noqa: S608
        f"FROM read_parquet({_literal(folder / 'others.parquet')})",
        # A key whose row has lost its number names no other record: the row is held, and its former record is not missed.
        f"CREATE TABLE nameless AS SELECT k FROM met WHERE {by_number} AND number IS NULL AND means = 1",  # noqa: S608
    ):
        database.execute(statement)
