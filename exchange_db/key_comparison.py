"""How the keys that a sweep met differ from those that the platform knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from exchange_db.known_keys import FOUND, MEANS, NUMBER, ORDER, ordinals
from exchange_db.open_rows import without_open
from standard.masking import MASKED_NUMBER
from standard.raw import LOCATOR

_MEMORY = "400MB"  # what does not fit goes to the folder


@dataclass(frozen=True)
class Compared:
    """What a sweep met beside what the platform knows.

    Attributes:
        keys_met: rows.
        repeated: keys that name more than one of them.
        had: claims that stood.
        lost: those of them whose record no key names any more, and whose number no unread row has.
        absent: `record` of all claims that neither their key nor another one names now.
        returned: `record` of the claims that were absent and that a key names.
        unread: the rows that were never read, or not as they are: the columns of the key, `LOCATOR` and `NUMBER`, each key once.
        shared: `record` of the claims that two keys name.
        beside: `record` of the claims whose number an unread row has too, though their own key names them still.
        gone_rows: `locator` of the rows on which something is open and that are there no more.
    """

    keys_met: int
    repeated: int
    had: int
    lost: int
    absent: pa.Table
    returned: pa.Table
    unread: pa.Table
    shared: pa.Table
    beside: pa.Table
    gone_rows: pa.Table


@dataclass(frozen=True)
class Comparing:
    """How the rows of a source are known again.

    Attributes:
        key: the columns of the key.
        by_number: whether rows are known by key and number rather than by key alone.
        rows: whether a key says what its row is now, so that what it named last counts. Else a key that several rows have is
            one of changes, of which each stays.
        until: the order up to which nights have read. A row of an order before it, and after that of what its key named last,
            is one that no night has read: it was committed late.
        timed: whether orders are instants: what changed after its reading by another order has not been read either.
    """

    key: list[str]
    by_number: bool
    rows: bool
    until: str = ""
    timed: bool = True


def compare(met: Path, folder: Path, comparing: Comparing) -> Compared:
    """Compare the rows that a sweep met with what `write_known` has written.

    Only digests of 128 bits are joined, in memory that is bounded; what does not fit goes to the folder.

    Args:
        met: Parquet of the columns of the key, `LOCATOR`, `NUMBER`, `MEANS` and `ORDER`.
        folder: where what is known stands.
        comparing: how rows are known again.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {"threads": 2, "memory_limit": _MEMORY}
    settings |= {"temp_directory": str(folder), "preserve_insertion_order": False}
    with duckdb.connect(str(folder / "compare.duckdb"), config=settings) as database:
        _number(database, met, folder, by_number=comparing.by_number)
        of_changes = str(not comparing.rows)
        for statement in (*_LAST, _ORPHANS, _RETURNED, _HEIRS):
            database.execute(statement.format(of_changes=of_changes))
        last = ordinals(pa.array([comparing.until or None], pa.string()))[0].as_py()
        database.execute(_UNREAD[0], {"until": last, "timed": comparing.timed})
        database.execute(_TURNED)
        database.execute(_UNREAD[1])
        database.execute(_GONE)
        counted = database.execute(_COUNTS).fetchall()[0]
        columns = ", ".join(
            f'"{name.replace(chr(34), chr(34) * 2)}"' for name in dict.fromkeys([*comparing.key, LOCATOR, NUMBER])
        )
        again = "file_row_number IN (SELECT row FROM heirs)"
        unread = database.sql(
            f"SELECT {columns}, {again} AS again FROM read_parquet({_literal(met)}, file_row_number = true) "  # noqa: S608 - quoted names
            "WHERE file_row_number IN (SELECT row FROM unread)"
        ).to_arrow_table()
        return Compared(
            keys_met=counted[0],
            repeated=counted[3],
            had=counted[1],
            lost=counted[2],
            absent=database.sql("SELECT record FROM gone").to_arrow_table(),
            returned=database.sql("SELECT DISTINCT record FROM returned").to_arrow_table(),
            unread=without_open(unread, folder, comparing.key, by_number=comparing.by_number),
            shared=database.sql(_SHARED).to_arrow_table(),
            beside=database.sql(_BESIDE).to_arrow_table(),
            gone_rows=database.sql(_GONE_ROWS.format(others=_literal(folder / "others.parquet"))).to_arrow_table(),
        )


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _number(database: duckdb.DuckDBPyConnection, met: Path, folder: Path, *, by_number: bool) -> None:
    """Make of each row two numbers: of its key, and of what it is known by."""
    name = "md5_number(concat({0}, chr(31), {1}))" if by_number else "md5_number({0})"
    row, known = name.format(LOCATOR, NUMBER), name.format("locator", "number")
    of_known = f"record, md5_number(locator) AS k, {known} AS n, hash(number) AS number, said_at, first_at, seen, state"
    for statement in (
        f"CREATE TABLE met AS SELECT file_row_number AS row, md5_number({LOCATOR}) AS k, {row} AS n, "  # noqa: S608 - constants
        f"CASE WHEN {NUMBER} IS NOT NULL THEN hash({NUMBER}) END AS number, {MEANS} AS means, {ORDER} AS said_at "
        f"FROM read_parquet({_literal(met)}, file_row_number = true)",
        f"CREATE TABLE claims AS SELECT {of_known} FROM read_parquet({_literal(folder / 'claims.parquet')})",  # noqa: S608
        f"CREATE TABLE others AS SELECT means, contains(locator, '{MASKED_NUMBER}') AS masked, {of_known} "  # noqa: S608
        f"FROM read_parquet({_literal(folder / 'others.parquet')})",
        # A key whose row has lost its number names no other record: it is held, and what it named is not missed.
        f"CREATE TABLE nameless AS SELECT k FROM met WHERE {by_number} AND number IS NULL AND means = 1",  # noqa: S608
    ):
        database.execute(statement)


# What rows mean, and states of claims, by their numbers above: 1 is a content, 2 an end, 3 something found.
# `logged` are the keys of which each content has a row that stays: they name all that they ever named. Of the other keys that
# are known for several contents `named` has all of these, `last` the one that was read last, and `former` each record that
# such a key does not name any more. All keys but those are known for one content.
_LAST = (
    "CREATE TABLE repeats AS SELECT k, count(*) AS rows FROM met WHERE means = 1 GROUP BY k HAVING count(*) > 1",
    "CREATE TABLE logged AS SELECT k FROM repeats WHERE {of_changes}",
    """
CREATE TABLE named AS
WITH names AS (
    SELECT hash(k) AS h FROM claims UNION ALL SELECT hash(k) FROM others WHERE means = 1
), several AS (
    SELECT h FROM names GROUP BY h HAVING count(*) > 1
)
SELECT record, k, n, said_at, first_at, seen, state FROM claims ANTI JOIN logged USING (k) WHERE hash(k) IN (SELECT h FROM several)
UNION ALL
SELECT record, k, n, said_at, first_at, seen, state FROM others ANTI JOIN logged USING (k)
WHERE means = 1 AND hash(k) IN (SELECT h FROM several)
""",
    """
CREATE TABLE last AS
SELECT * FROM named
QUALIFY row_number() OVER (PARTITION BY k ORDER BY state & 16, seen DESC, said_at DESC NULLS LAST) = 1
""",
    "CREATE TABLE former AS SELECT DISTINCT k, record FROM named ANTI JOIN last USING (k, record)",
    """
CREATE VIEW known AS
SELECT n, said_at, first_at, seen, state FROM claims ANTI JOIN last USING (k)
UNION ALL
SELECT n, said_at, first_at, seen, state FROM last
UNION ALL
SELECT n, said_at, first_at, seen, state FROM others ANTI JOIN last USING (k) ANTI JOIN logged USING (k) WHERE means = 1
UNION ALL
SELECT DISTINCT n, CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), 0 FROM others SEMI JOIN logged USING (k) WHERE means = 1
""",
)
# The claims whose own key does not name them now. What was read while the sweep went on is none of them.
_ORPHANS = """
CREATE TABLE orphans AS
WITH missed AS (
    SELECT record, k, number, seen, state FROM claims ANTI JOIN (SELECT n FROM met) names USING (n)
    UNION
    SELECT record, k, number, seen, state FROM claims SEMI JOIN former USING (k, record)
)
SELECT * FROM missed ANTI JOIN nameless USING (k) WHERE state & 4 = 0
"""
_RETURNED = """
CREATE TABLE returned AS
WITH absent AS (SELECT record, k, n FROM claims WHERE state & 1 = 1)
SELECT record, n FROM absent SEMI JOIN (SELECT n FROM met WHERE means = 1) names USING (n)
    ANTI JOIN former USING (k, record)
UNION
SELECT record, n FROM others SEMI JOIN absent USING (record) SEMI JOIN (SELECT n FROM met WHERE means = 1) names USING (n)
    ANTI JOIN former USING (k, record)
WHERE means <> 2
"""
# Rows that have the number of a claim whose own key does not name it now, and that nobody has read since that claim.
_HEIRS = """
CREATE TABLE heirs AS
WITH alike AS (
    SELECT met.row, met.k, met.n, orphans.seen FROM met JOIN orphans USING (number)
    WHERE met.means = 1 AND met.k <> orphans.k
)
SELECT DISTINCT row FROM alike ANTI JOIN logged USING (k)
WHERE NOT EXISTS (SELECT 1 FROM others WHERE others.n = alike.n AND others.seen >= alike.seen)
"""
# A row is read where its key named something else last; where its order is later than the known one and nights have read
# beyond it, or is earlier or not said any more, or is that of a former content; and where it was absent and is there again.
_UNREAD = (
    """
CREATE TABLE differing AS
SELECT row, k, met.number,
    known.n IS NULL OR coalesce(met.said_at > coalesce(known.said_at, CASE WHEN $timed THEN known.seen END)
        AND met.said_at < $until, false) AS late,
    coalesce(met.said_at < coalesce(known.first_at, known.said_at), false)
        OR (met.said_at IS NULL AND known.said_at IS NOT NULL AND known.state & 8 = 8) AS back
FROM met LEFT JOIN known USING (n) WHERE means = 1 AND (late OR back)
""",
    """
CREATE TABLE unread AS
SELECT row, number FROM differing WHERE late
UNION
SELECT row, number FROM differing ANTI JOIN logged USING (k) WHERE back
UNION
SELECT row, met.number FROM met JOIN last USING (n) JOIN named USING (n)
WHERE means = 1 AND met.said_at = named.said_at AND met.said_at <> last.said_at
    AND met.said_at IS DISTINCT FROM last.first_at
UNION
SELECT row, number FROM met SEMI JOIN returned USING (n) ANTI JOIN logged USING (k) WHERE means = 1
UNION
SELECT row, number FROM met SEMI JOIN (SELECT row FROM heirs UNION SELECT row FROM turned) USING (row)
UNION
SELECT row, number FROM met WHERE means = 2 AND k NOT IN (SELECT k FROM others WHERE means = 2)
""",
)
# Of a register that marks what was deleted: the one row of a key says the contrary of what it said last, and gives no earlier
# order. It was marked, or unmarked, without a new one.
_TURNED = """
CREATE TABLE turned AS
WITH ended AS (
    SELECT k, max(said_at) AS said_at FROM others WHERE means = 2 GROUP BY k
), contrary AS (
    SELECT met.row, met.k FROM met JOIN claims USING (n) JOIN ended ON ended.k = met.k
    WHERE met.means = 1 AND claims.state & 32 = 32 AND met.said_at >= ended.said_at
    UNION
    SELECT met.row, met.k FROM met JOIN claims ON claims.k = met.k
    WHERE met.means = 2 AND claims.state & 3 = 0 AND met.said_at >= claims.said_at
        AND coalesce(met.number = claims.number, true)
)
SELECT row FROM contrary WHERE NOT EXISTS (
    SELECT 1 FROM met WHERE met.k = contrary.k AND met.row <> contrary.row AND met.means > 0
)
"""
# A row under another key may name the record too: one that was held, a second one, or one whose key came back. Which key
# a masked one was nobody knows, so it counts as met.
_GONE = """
CREATE TABLE gone AS
WITH named AS (
    SELECT record, n, masked FROM others SEMI JOIN orphans USING (record) ANTI JOIN former USING (k, record)
)
SELECT * FROM orphans WHERE record NOT IN (
    SELECT record FROM named WHERE masked UNION ALL SELECT record FROM named SEMI JOIN (SELECT n FROM met) names USING (n)
)
"""
_COUNTS = """
SELECT (SELECT count(*) FROM met),
    (SELECT count(*) FROM claims WHERE state & 3 = 0),
    (SELECT count(*) FROM gone WHERE state & 3 = 0 AND number NOT IN (SELECT number FROM unread WHERE number IS NOT NULL)),
    (SELECT CAST(coalesce(sum(rows - 1), 0) AS BIGINT) FROM repeats)
"""
# Every further key of a record is among the others; only of such records the claim's own key is looked for.
_SHARED = """
WITH met_now AS (SELECT n FROM met WHERE means = 1), further AS (
    SELECT DISTINCT record, k FROM others SEMI JOIN met_now USING (n) ANTI JOIN former USING (k, record)
    WHERE means <> 2 AND record <> ''
), own AS (
    SELECT record, k FROM claims SEMI JOIN further USING (record) SEMI JOIN met_now USING (n)
    ANTI JOIN former USING (k, record)
)
SELECT record FROM (SELECT * FROM further UNION SELECT * FROM own) GROUP BY record HAVING count(*) > 1
"""
_BESIDE = """
WITH alike AS (
    SELECT n FROM met SEMI JOIN unread USING (number) ANTI JOIN unread AS itself ON met.row = itself.row WHERE means = 1
)
SELECT record FROM claims SEMI JOIN alike USING (n) ANTI JOIN former USING (k, record)
"""
# Of a table of changes a row may be taken away once it was read; what it said holds still.
_GONE_ROWS = f"""
SELECT DISTINCT locator FROM (
    SELECT locator, md5_number(locator) AS k FROM read_parquet({{others}})
    WHERE means = {FOUND} AND record = '' AND NOT contains(locator, '{MASKED_NUMBER}')
) open_rows ANTI JOIN met USING (k)
"""  # noqa: S608 - constants
