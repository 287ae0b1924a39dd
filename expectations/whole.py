"""Rules that only the whole batch can answer: duplicates, identifiers used twice, sizes and filled shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from sources.declaration import Expect
from standard.batch import Manifest
from standard.finding import FINDING, found_in, found_on_batch

# Rows of one record compete; the greatest time wins, and of equal rows at that time the first. Rows at the greatest time
# that differ cannot be decided, so none of them wins.
_DUPLICATES = """
WITH competing AS (
    SELECT row, record, coalesce(source_updated_at, observed_at) AS observed_at, digest FROM read_parquet(?)
    WHERE record <> '' AND row NOT IN (SELECT row FROM held)
), several AS (
    SELECT record, max(observed_at) AS newest FROM competing GROUP BY record HAVING count(*) > 1
), placed AS (
    SELECT row, record, digest, observed_at = newest AS at_top FROM competing JOIN several USING (record)
), top AS (
    SELECT record, count(DISTINCT digest) AS contents, min(row) AS winner FROM placed WHERE at_top GROUP BY record
)
SELECT row, CASE WHEN at_top AND contents > 1 THEN 'duplicate_undecided' ELSE 'duplicate' END AS rule
FROM placed JOIN top USING (record)
WHERE NOT at_top OR contents > 1 OR row <> winner
ORDER BY row
"""

_IDENTIFIER_TAKEN = """
SELECT row, 'identifier_taken' AS rule FROM read_parquet(?)
WHERE certificate_identifier IN (
    SELECT certificate_identifier FROM read_parquet(?)
    WHERE certificate_identifier IS NOT NULL AND record <> ''
    GROUP BY certificate_identifier HAVING count(DISTINCT record) > 1
)
ORDER BY row
"""

_PLACES = """
SELECT row, locator, record, certificate_number, observed_at, certificate_identifier
FROM read_parquet(?) WHERE row IN (SELECT row FROM found) ORDER BY row
"""


def taken_identifiers(licences: str) -> pa.Table:
    """Findings on every row whose identifier another record of the batch has too.

    Args:
        licences: path of the Parquet.
    """
    with duckdb.connect() as connection:
        found = connection.sql(_IDENTIFIER_TAKEN, params=[licences, licences]).to_arrow_table()
        return _findings(connection, licences, found, "certificate_identifier")


def duplicates(licences: str, held: pa.Array) -> pa.Table:
    """Findings on every row that another row of its record beats (`duplicate`), or that cannot be decided.

    Args:
        licences: path of the Parquet.
        held: places of rows that are held already and do not compete.
    """
    with duckdb.connect() as connection:
        connection.register("held", pa.table({"row": held}))
        found = connection.sql(_DUPLICATES, params=[licences]).to_arrow_table()
        return _findings(connection, licences, found, "")


def _findings(connection: duckdb.DuckDBPyConnection, licences: str, found: pa.Table, element: str) -> pa.Table:
    if not found.num_rows:
        return FINDING.empty_table()
    connection.register("found", found)
    places = connection.sql(_PLACES, params=[licences]).to_arrow_table()
    tables = []
    for rule in pc.unique(found["rule"]).to_pylist():
        at = pc.indices_nonzero(pc.equal(found["rule"], rule))
        values = places[element].take(at).combine_chunks() if element else None
        tables.append(found_in(places, at, rule, element, values=values))
    return pa.concat_tables(tables)


@dataclass(frozen=True)
class Sizes:
    """How big a batch is beside what it should be.

    Attributes:
        extracted: records.
        filled: of each element, in how many records it is filled.
        last: records of the source's last accepted snapshot, None where there is none or the batch is incremental.
    """

    extracted: int
    filled: dict[str, int]
    last: int | None


def judge_sizes(expect: Expect, manifest: Manifest, sizes: Sizes) -> pa.Table:
    """Findings on the batch from its declaration's `expect`, the last snapshot and the source's own count."""
    at, count = manifest.taken_at, sizes.extracted
    found: list[tuple[str, str, str, str]] = []
    if count < expect.rows.min:
        found.append(("rows_few", "", str(count), f">= {expect.rows.min}"))
    if expect.rows.max is not None and count > expect.rows.max:
        found.append(("rows_many", "", str(count), f"<= {expect.rows.max}"))
    for name, share in expect.filled.items():
        if count and sizes.filled.get(name, 0) < share * count:
            found.append(("filled_low", name, f"{sizes.filled.get(name, 0) / count:.4f}", f">= {share}"))
    if sizes.last is not None and count < (1 - expect.lost.max) * sizes.last:
        found.append(("snapshot_shrunk", "", str(count), f">= {(1 - expect.lost.max) * sizes.last:.0f} ({sizes.last})"))
    found.extend(_witnessed(manifest))
    return _batch_findings(found, at)


def _witnessed(manifest: Manifest) -> list[tuple[str, str, str, str]]:
    found = []
    if manifest.counted is not None and manifest.counted != manifest.rows:
        found.append(("count_differs", "", str(manifest.rows), str(manifest.counted)))
    if manifest.without_time or manifest.future_time:
        found.append(("rows_unseen", "", f"{manifest.without_time} + {manifest.future_time}", "0"))
    return found


def _batch_findings(found: Sequence[tuple[str, str, str, str]], at: str) -> pa.Table:
    tables = [
        found_on_batch(rule, at, element=element, value=value, expected=expected)
        for rule, element, value, expected in found
    ]
    return pa.concat_tables([FINDING.empty_table(), *tables])
