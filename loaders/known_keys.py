"""What the platform knows of a source's keys, and how that differs from the keys that a sweep met."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Connection, Select, and_, case, literal, null, select, union_all

from loaders.states import STATES
from loaders.streaming import stream
from loaders.tables import CLAIM, ENDING, FINDING_TABLE, FORMER_KEY, HISTORY, SEEN, SIGHTING
from standard.batch import LOCATOR
from standard.finding import mask_texts
from standard.private import private

# Of each row that a sweep met, beside the columns of its key.
NUMBER, MEANS, ORDER = "_number", "_means", "_order"
# What a row means: nothing but that it is there; what its record is; that its record ended.
THERE, CONTENT, END = 0, 1, 2
_ABSENT, _ENDED, _LATER = 1, 2, 4  # of a claim; they add up, and 0 stands
_CLAIMS = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("record", "locator", "number", "said_at")),
        pa.field("state", pa.int32()),
    ]
)
_COMPARED = _CLAIMS.set(_CLAIMS.get_field_index("said_at"), pa.field("said_at", pa.int64()))
_OTHERS = pa.schema(
    [pa.field("means", pa.int32()), *(pa.field(name, pa.string()) for name in ("record", "locator", "number"))]
)
_FOUND = 3  # of a key: something is open on its row, or the row was held
_MEMORY = "400MB"  # what does not fit goes to the folder


@dataclass(frozen=True)
class Compared:
    """What a sweep met beside what the platform knows.

    Attributes:
        keys_met: rows.
        repeated: keys that name more than one of them.
        had: claims that stood.
        lost: those of them whose key was not met, and whose number no unread row has.
        absent: `record` of all claims whose key was not met, nor another one that is known to name the record.
        returned: `record` of the claims that were absent and whose key was met.
        unread: the rows that were met and never read: the columns of the key and `LOCATOR`, each key once.
    """

    keys_met: int
    repeated: int
    had: int
    lost: int
    absent: pa.Table
    returned: pa.Table
    unread: pa.Table


def write_known(connection: Connection, source: str, taken_at: str, beginning: int, folder: Path) -> None:
    """Write down all that the platform knows of a source's keys, in bounded memory.

    Args:
        connection: of a transaction that only reads.
        source: whose keys.
        taken_at: of the sweep; what was read later is not missed by it.
        beginning: of the source's order now; orders of another are not compared.
        folder: where to; `compare` takes it from there.
    """
    place, schema = _CLAIMS.get_field_index("said_at"), _COMPARED
    claims = stream(connection, _claims(source, taken_at, beginning), _CLAIMS)
    counted = (rows.set_column(place, "said_at", ordinals(rows["said_at"])) for rows in claims)
    _write(folder / "claims.parquet", counted, schema)
    _write(folder / "others.parquet", stream(connection, _others(source), _OTHERS), _OTHERS)


def _write(path: Path, tables: Iterator[pa.Table], schema: pa.Schema) -> None:
    with (
        open(path, "wb", opener=private) as file,
        pq.ParquetWriter(file, schema, compression="lz4", use_dictionary=False, write_statistics=False) as writer,
    ):
        for table in tables:
            writer.write_table(table)


def _claims(source: str, taken_at: str, beginning: int) -> Select[Any]:
    c = CLAIM.c
    state = (
        case((c.absent_at.is_not(None), _ABSENT), else_=0)
        + case((c.ended.is_not(None), _ENDED), else_=0)
        + case((c.seen_at >= taken_at, _LATER), else_=0)
    )
    said_at = case((and_(c.beginning == beginning, c.ended.is_(None)), c.observed_at), else_=null())
    return select(c.record, c.locator, c.certificate_number, said_at, state).where(c.source == source)


def _others(source: str) -> Select[Any]:
    """What else keys are known for: former contents, ends, and rows on which something is open."""
    c, h, k, e = CLAIM.c, HISTORY.c, FORMER_KEY.c, ENDING.c
    g, s, f = SIGHTING.c, SEEN.c, FINDING_TABLE.c
    same = and_(c.source == k.source, c.record == k.record)
    on_row = and_(f.source == s.source, f.subject == s.subject, f.rule == s.rule, f.element == s.element)
    standing = and_(s.source == source, on_row, f.open, f.rule.not_in(STATES), s.locator != "")
    rows = union_all(
        select(literal(CONTENT).label("means"), h.record, h.locator, h.certificate_number).where(h.source == source),
        select(literal(CONTENT), k.record, k.locator, c.certificate_number).where(k.source == source, same),
        select(literal(END), literal(""), e.locator, literal("")).where(e.source == source),
        select(literal(_FOUND), g.record, g.locator, g.certificate_number).where(g.source == source),
        select(literal(_FOUND), literal(""), s.locator, s.certificate_number).where(standing),
    ).subquery()
    return select(rows)


def ordinals(orders: Any) -> pa.Array:
    """Orders, instants or numbers as text, as whole numbers of their kind, which compare alike and take less room."""
    texts = _one(orders)
    numbered = pc.fill_null(pc.starts_with(texts, "0000-00-"), False)
    numbers = pc.utf8_slice_codeunits(pc.if_else(numbered, texts, pa.scalar(None, pa.string())), 8)
    small = pc.fill_null(pc.less_equal(numbers, str(2**63 - 1)), False)
    instants = pc.utf8_slice_codeunits(pc.if_else(numbered, pa.scalar(None, pa.string()), texts), 0, 26)
    micros = pc.cast(pc.cast(instants, pa.timestamp("us")), pa.int64())
    return pc.coalesce(pc.cast(pc.if_else(small, numbers, pa.scalar(None, pa.string())), pa.int64()), micros)


def compare(
    met: Path, key: list[str], folder: Path, *, by_number: bool, numbered: bool = True, until: str = ""
) -> Compared:
    """Compare the rows that a sweep met with what `write_known` has written.

    Only digests of 128 bits are joined, in memory that is bounded; what does not fit goes to the folder.

    Args:
        met: Parquet of the columns of the key, `LOCATOR`, `NUMBER`, `MEANS` and `ORDER`.
        key: the columns of the key.
        folder: where what is known stands.
        by_number: whether rows are known by key and number rather than by key alone.
        numbered: whether numbers are known; a claim whose key names no row is else met by none of them, and not missed.
        until: the order up to which nights have read. A row of an order before it, and after that of its claim, is one that
            no night has read: it was committed late.
    """
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 2,
        "memory_limit": _MEMORY,
        "temp_directory": str(folder),
        "preserve_insertion_order": False,
    }
    with duckdb.connect(str(folder / "compare.duckdb"), config=settings) as database:
        _number(database, met, folder, by_number=by_number)
        if not numbered:
            database.execute(_SPARED)
        ((rows, keys),) = database.execute("SELECT count(*), count(DISTINCT k) FROM met WHERE means = 1").fetchall()
        last = ordinals(pa.array([until or None], pa.string()))[0].as_py()
        database.execute(_UNREAD, {"until": last})
        database.execute(_GONE)
        counted = database.execute(_COUNTS).fetchall()[0]
        columns = ", ".join(
            f'"{name.replace(chr(34), chr(34) * 2)}"' for name in dict.fromkeys([*key, LOCATOR, NUMBER])
        )
        unread = database.sql(
            f"SELECT {columns} FROM read_parquet({_literal(met)}, file_row_number = true) "  # noqa: S608 - quoted names
            "WHERE file_row_number IN (SELECT row FROM unread)"
        ).to_arrow_table()
        return Compared(
            keys_met=counted[0],
            repeated=rows - keys,
            had=counted[1],
            lost=counted[2],
            absent=database.sql("SELECT record FROM gone").to_arrow_table(),
            returned=database.sql(_RETURNED).to_arrow_table(),
            unread=_unknown(unread, folder, key, by_number=by_number),
        )


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _number(database: duckdb.DuckDBPyConnection, met: Path, folder: Path, *, by_number: bool) -> None:
    """Make of each row two numbers: of its key, and of what it is known by."""
    name = "md5_number(concat({0}, chr(31), {1}))" if by_number else "md5_number({0})"
    row, known = name.format(LOCATOR, NUMBER), name.format("locator", "number")
    for statement in (
        f"CREATE TABLE met AS SELECT file_row_number AS row, md5_number({LOCATOR}) AS k, {row} AS n, "  # noqa: S608 - constants
        f"hash({NUMBER}) AS number, {MEANS} AS means, {ORDER} AS said_at FROM read_parquet({_literal(met)}, file_row_number = true)",
        f"CREATE TABLE claims AS SELECT record, md5_number(locator) AS k, {known} AS n, hash(number) AS number, state, said_at, contains(locator, '\\#') AS nameless "  # noqa: S608
        f"FROM read_parquet({_literal(folder / 'claims.parquet')})",
        "CREATE TABLE others AS SELECT means, record, locator LIKE '%**************%' AS masked, "  # noqa: S608
        f"md5_number(locator) AS k, {known} AS n FROM read_parquet({_literal(folder / 'others.parquet')})",
    ):
        database.execute(statement)


_SPARED = "UPDATE claims SET state = state | 4 WHERE nameless"
# What rows mean, and states of claims, by their numbers above: 1 is a content, 2 an end; 0 stands, odd ones are absent.
_UNREAD = """
CREATE TABLE unread AS
SELECT row, met.number FROM met LEFT JOIN (SELECT n, said_at FROM claims) known USING (n)
WHERE means = 1 AND CASE WHEN known.n IS NULL THEN n NOT IN (SELECT n FROM others WHERE means = 1)
    ELSE met.said_at > known.said_at AND met.said_at < $until END
UNION ALL
SELECT row, number FROM met WHERE means = 2 AND k NOT IN (SELECT k FROM others WHERE means = 2)
"""
# The key of a claim that has ended may have been given to another record: then the claim is gone though its key is there.
# A row under another key may name the record too: one that was held, a second one, or one whose key came back. Which key
# a masked one was nobody knows, so it counts as met.
_GONE = """
CREATE TABLE gone AS
WITH missed AS (
    SELECT record, state, number FROM claims ANTI JOIN (SELECT k FROM met) keys USING (k) WHERE state < 4
    UNION
    SELECT record, state, number FROM claims ANTI JOIN (SELECT n FROM met) names USING (n) WHERE state IN (2, 3)
), named AS (
    SELECT record, n, masked FROM others SEMI JOIN missed USING (record)
)
SELECT * FROM missed WHERE record NOT IN (
    SELECT record FROM named WHERE masked UNION ALL SELECT record FROM named SEMI JOIN (SELECT n FROM met) names USING (n)
)
"""
_RETURNED = """
WITH names AS (SELECT n FROM met WHERE means = 1), absent AS (SELECT record, n FROM claims WHERE state % 2 = 1)
SELECT record FROM absent SEMI JOIN names USING (n)
UNION
SELECT record FROM others SEMI JOIN absent USING (record) SEMI JOIN names USING (n)
"""
_COUNTS = """
SELECT (SELECT count(*) FROM met),
    (SELECT count(*) FROM claims WHERE state IN (0, 4)),
    (SELECT count(*) FROM gone WHERE state = 0 AND number NOT IN (SELECT number FROM unread WHERE number IS NOT NULL))
"""


def _unknown(unread: pa.Table, folder: Path, key: list[str], *, by_number: bool) -> pa.Table:
    """Of rows that no content and no end is known of, those on which nothing is open either; each key once.

    Findings and sightings keep keys and numbers masked.
    """
    found = pq.read_table(folder / "others.parquet")
    found = found.filter(pc.equal(found["means"], _FOUND))
    known = _open_under(found["locator"], found["number"], by_number=by_number)
    numbers = pc.utf8_slice_codeunits(pc.fill_null(unread[NUMBER], ""), 0, 128)
    named = _open_under(unread[LOCATOR], numbers, by_number=by_number)
    nameless = _open_under(unread[LOCATOR], pa.repeat("", unread.num_rows), by_number=by_number)
    is_open = pc.or_(pc.is_in(named, known), pc.is_in(nameless, known))
    left = unread.filter(pc.invert(is_open)).select(list(dict.fromkeys([*key, LOCATOR]))).combine_chunks()
    first = pa.table({"key": left[LOCATOR], "row": pa.array(range(left.num_rows), pa.int64())})
    return left.take(first.group_by("key").aggregate([("row", "min")])["row_min"])


def _open_under(locators: Any, numbers: Any, *, by_number: bool) -> pa.Array:
    keys = mask_texts(_one(locators))
    if not by_number:
        return keys
    return pc.binary_join_element_wise(keys, mask_texts(pc.fill_null(_one(numbers), "")), "\x1f")


def _one(values: Any) -> pa.Array:
    return values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
