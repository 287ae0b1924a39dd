"""Rules on the batch as a whole: duplicates, identifiers used twice, sizes, filled shares and what delivery would end."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import floor

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from sources.declaration import Expect
from standard.batch import Effects, Manifest, OrderedBy
from standard.finding import FINDING, findings_on_batch, findings_on_rows
from standard.row_groups import in_one_chunk
from standard.violation import Violation

# Rows of one record compete: contents with contents, and ends with ends. The greatest order wins, and the first of equal
# rows. Nothing is guessed: if rows differ and one of them has no credible order, all are held; so are different rows with the
# greatest order, and a content and an end of the same order. An order that is a whole day covers all of it: such a row may be
# later than one with an hour of that day. Most records have one row only; they are excluded first by the hash of the record,
# which needs a number for each instead of its text.
_DUPLICATES = """
WITH often AS (
    SELECT hash(record) AS name FROM licences WHERE record <> '' GROUP BY ALL HAVING count(*) > 1
), competing AS (
    SELECT row, record, ends, CASE WHEN ordered THEN {order} END AS said_at,
        CASE WHEN ordered THEN CASE WHEN of_day THEN {end} ELSE {order} END END AS until,
        CASE WHEN ends THEN '' ELSE digest END AS digest
    FROM licences
    WHERE record <> '' AND hash(record) IN (SELECT name FROM often) AND row NOT IN (SELECT row FROM held)
), several AS (
    SELECT record, count(said_at) < count(*) AND count(DISTINCT digest) > 1 AS blind,
        bool_or(ends) AND bool_or(NOT ends)
            AND coalesce(max(said_at) FILTER (WHERE ends) <= max(until) FILTER (WHERE NOT ends), true)
            AND coalesce(max(said_at) FILTER (WHERE NOT ends) <= max(until) FILTER (WHERE ends), true) AS tied
    FROM competing GROUP BY record HAVING count(*) > 1
), newest AS (
    SELECT record, ends, max(said_at) AS newest FROM competing GROUP BY record, ends
), placed AS (
    SELECT row, record, ends, digest, blind, tied, coalesce(until >= newest, newest IS NULL) AS at_top,
        said_at IS NOT DISTINCT FROM newest AS first
    FROM competing JOIN several USING (record) JOIN newest USING (record, ends)
), top AS (
    SELECT record, ends, count(DISTINCT digest) AS contents, min(row) FILTER (WHERE first) AS winner
    FROM placed WHERE at_top GROUP BY record, ends
)
SELECT row, CASE WHEN blind OR (at_top AND (contents > 1 OR tied)) THEN 'duplicate_undecided' ELSE 'duplicate' END AS rule
FROM placed JOIN top USING (record, ends)
WHERE blind OR NOT at_top OR contents > 1 OR tied OR row <> winner
ORDER BY row
"""
# The column that orders several rows of a record.
_ORDER = {
    OrderedBy.READING: "source_updated_at",
    OrderedBy.TIME: "observed_at",
    OrderedBy.NUMBER: "observed_at",
}

_END_OF_DAY = (
    "strftime(TRY_CAST({0}[:26] AS TIMESTAMP) + INTERVAL 1 DAY - INTERVAL 1 MICROSECOND, '%Y-%m-%dT%H:%M:%S.%fZ')"
)

_KEYS_REPEATED = """
SELECT count(*) FROM (
    SELECT hash(locator) FROM licences WHERE NOT ends GROUP BY ALL HAVING count(*) > 1
)
"""

_IDENTIFIER_TAKEN = """
WITH often AS (
    SELECT hash(certificate_identifier) AS name FROM licences
    WHERE certificate_identifier IS NOT NULL AND record <> '' GROUP BY ALL HAVING count(*) > 1
), named AS (
    SELECT row, record, certificate_identifier FROM licences
    WHERE hash(certificate_identifier) IN (SELECT name FROM often)
)
SELECT row, 'identifier_taken' AS rule FROM named
WHERE certificate_identifier IN (
    SELECT certificate_identifier FROM named WHERE record <> ''
    GROUP BY certificate_identifier HAVING count(DISTINCT record) > 1
)
ORDER BY row
"""

_ROWS = """
SELECT row, locator, record, certificate_number, observed_at, certificate_identifier
FROM licences WHERE row IN (SELECT row FROM found) ORDER BY row
"""

_MEMORY = "256MB"  # anything beyond is spilled to a temporary folder


class Batch:
    """All licences of a batch, from all of its parts; rows are numbered through the whole batch."""

    def __init__(self, database: duckdb.DuckDBPyConnection) -> None:
        self._database = database

    def taken_identifiers(self) -> pa.Table:
        """Findings on every row whose identifier is also that of another record of the batch."""
        violating = self._database.sql(_IDENTIFIER_TAKEN).to_arrow_table()
        return self._findings(violating, "certificate_identifier")

    def duplicates(self, held: pa.Array, ordered_by: OrderedBy) -> pa.Table:
        """Findings on every row that is older than another row of its record (`duplicate`), or that cannot be decided.

        Args:
            held: positions of rows that are held already and do not compete.
            ordered_by: what orders several rows of a record.
        """
        self._database.register("held", pa.table({"row": held}))
        order = _ORDER[ordered_by]
        statement = _DUPLICATES.format(order=order, end=_END_OF_DAY.format(order))
        return self._findings(self._database.sql(statement).to_arrow_table(), "")

    def endings(self) -> pa.Array:
        """Positions of the rows that only say that a record ended, ascending."""
        ends = self._database.sql("SELECT row FROM licences WHERE ends ORDER BY row").to_arrow_table()
        return ends["row"].combine_chunks()

    def repeated_keys(self) -> int:
        """The number of locators that belong to more than one row; rows that only end a record are not counted."""
        return int(self._database.sql(_KEYS_REPEATED).fetchall()[0][0])

    def filled(self, elements: Iterable[str]) -> dict[str, int]:
        """By element, the number of records in which it is filled."""
        names = list(elements)
        if not names:
            return {}
        counts = ", ".join(f'count("{name}")' for name in names)
        counted = self._database.sql(f"SELECT {counts} FROM licences WHERE NOT ends").to_arrow_table()  # noqa: S608 - names of elements
        return {name: column[0].as_py() for name, column in zip(names, counted.columns, strict=True)}

    def _findings(self, violating: pa.Table, element: str) -> pa.Table:
        """Findings on rows.

        Args:
            violating: `row` and `rule`, ordered by row.
            element: whose value the findings show; none if empty.
        """
        if not violating.num_rows:
            return FINDING.empty_table()
        self._database.register("found", violating)
        rows = self._database.sql(_ROWS).to_arrow_table()
        values = in_one_chunk(rows[element]) if element else None
        violations = []
        for rule in pc.unique(violating["rule"]).to_pylist():
            positions = pc.indices_nonzero(pc.equal(violating["rule"], rule))
            found = values.take(positions) if values is not None else None
            violations.append(Violation(rule, element, positions, found=found))
        return findings_on_rows(rows, violations)


@contextmanager
def open_batch(paths: Sequence[str], starts: Sequence[int]) -> Iterator[Batch]:
    """Open the licences of all parts as one batch.

    Args:
        paths: the Parquet file of each part, on this machine's disk.
        starts: position in the batch of the first row of each part.
    """
    parts = (
        f"SELECT * REPLACE (row + {start} AS row) FROM read_parquet({_literal(path)})"  # noqa: S608 - our own paths
        for path, start in zip(paths, starts, strict=True)
    )
    with (
        tempfile.TemporaryDirectory(prefix="licex-") as folder,
        duckdb.connect(config={"threads": 2, "memory_limit": _MEMORY, "temp_directory": folder}) as database,
    ):
        database.execute(f"CREATE TEMP VIEW licences AS {' UNION ALL '.join(parts)}")
        yield Batch(database)


def _literal(text: str) -> str:
    """A text as an SQL literal; a view accepts no parameters."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True)
class Sizes:
    """The sizes of a batch that the declaration limits.

    Attributes:
        extracted: number of records.
        endings: records among them whose row only says that they ended; such rows have no elements to be filled.
        filled: by element, the number of other records in which it is filled.
        repeated_keys: number of keys that name more than one row, where keys are declared to name rows.
    """

    extracted: int
    endings: int
    filled: dict[str, int]
    repeated_keys: int = 0


def judge_sizes(expect: Expect, manifest: Manifest, sizes: Sizes) -> pa.Table:
    """Findings on the sizes of a batch, by its declaration's `expect`, the source's own count and the witness."""
    return findings_on_batch([*_sizes(expect, sizes), *_counts(manifest)], manifest.taken_at)


def _sizes(expect: Expect, sizes: Sizes) -> Iterator[Violation]:
    count = sizes.extracted
    if count < expect.rows.min:
        yield Violation("rows_few", found=str(count), expected=f">= {expect.rows.min}")
    if expect.rows.max is not None and count > expect.rows.max:
        yield Violation("rows_many", found=str(count), expected=f"<= {expect.rows.max}")
    contents = count - sizes.endings
    for name, share in expect.filled.items():
        filled = sizes.filled.get(name, 0)
        if contents and filled < share * contents:
            yield Violation("filled_low", name, found=f"{filled / contents:.4f}", expected=f">= {share}")
    if sizes.repeated_keys:
        yield Violation("key_repeated", found=str(sizes.repeated_keys), expected="0")


def _counts(manifest: Manifest) -> Iterator[Violation]:
    """Counts of the source or the declared witness that differ from ours, and rows that belong to no day."""
    if manifest.counted is not None and manifest.counted != manifest.rows:
        yield Violation("count_differs", found=str(manifest.rows), expected=str(manifest.counted))
    if manifest.witnessed != manifest.beside_witness:
        yield Violation("witness_differs", found=str(manifest.beside_witness), expected=str(manifest.witnessed))
    if unread := manifest.origin.get("unread"):
        yield Violation("rows_unread", found=unread, expected="0")
    if manifest.without_time or manifest.future_time:
        yield Violation("rows_unseen", found=f"{manifest.without_time} + {manifest.future_time}", expected="0")


# This many licences may always end at once: one of three is not a register that was turned over.
_ALWAYS_ALLOWED = 10


def judge_effects(expect: Expect, manifest: Manifest, effects: Effects) -> pa.Table:
    """Findings on the share of records that delivering the batch would end.

    Two full readings are compared exactly. If the platform never had a full one, and for keys that name other records, a
    few records may always end.
    """
    exceeded = {
        "snapshot_shrunk": too_many_lost(expect, effects),
        "register_turned_over": _too_many(effects.moved, _share(expect, effects), effects, _ALWAYS_ALLOWED),
    }
    violations = (Violation(rule, found=sizes[0], expected=sizes[1]) for rule, sizes in exceeded.items() if sizes)
    return findings_on_batch(violations, manifest.taken_at)


def too_many_lost(expect: Expect, effects: Effects) -> tuple[str, str] | None:
    """How many records a full reading lacks and how many it may lack, as texts; None if it lacks no more than that."""
    return _too_many(effects.lost, _share(expect, effects), effects, 0 if effects.compared else _ALWAYS_ALLOWED)


def _share(expect: Expect, effects: Effects) -> int:
    """The declared share as a whole number of records; the tolerance corrects floats, so that 0.3 of 10 is 3."""
    return floor(expect.lost.max * effects.had + 1e-9)


def _too_many(ended: int, allowed: int, effects: Effects, tolerated: int) -> tuple[str, str] | None:
    """How many records end and how many may end, as texts; None if no more end than are allowed or tolerated."""
    return (f"{ended} / {effects.had}", f"<= {allowed} / {effects.had}") if ended > max(allowed, tolerated) else None
