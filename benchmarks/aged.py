"""Invents an exchange that has been at work for some days: its ledger, findings, claims, history, archive and pages.

The rows go straight into the tables, since running the nights would take as long as they took. What the measured source
itself reads is left to the program.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
from invented import DECLARATION, OFFICE, TYPE
from sqlalchemy import JSON, Connection, Table

from exchange_db.bulk_insert import put
from exchange_db.database import ExchangeDatabase
from exchange_db.tables import BATCH, CLAIM, CLAIMANT, COVERAGE, FINDING_TABLE, HISTORY, SEEN, SIGHTING

TYPES = 30  # licence types of the city; sources of one type are rivals of each other
BUSY, QUIET = 150, 2  # contents that the measured source, and every other one, says anew each night
REGISTER, KNOWN = (
    10_000,
    200,
)  # licences of the measured source; those of another one at first, to which every night adds one
FOUND = 3  # findings of a night; of the last nights they still stand
STANDING_DAYS = 5

# What every row of these tables needs; `s` numbers the source, `d` the days back from the last, `i` the rows of both.
_NIGHT = "strftime(last - d, '%Y-%m-%d')"
_INSTANT = "strftime(last - d + 1, '%Y-%m-%dT') || '01:30:00.000000Z'"
_STAMP = {"beginning": "0", "observed_at": _INSTANT, "read_at": _INSTANT, "judged_at": _INSTANT}
_BATCH = f"name || '/' || {_NIGHT}"
_TYPE = f"([{', '.join(repr(f'{TYPE[:-2]}{n:02}') for n in range(TYPES))}])[s % {TYPES} + 1]"


@dataclass(frozen=True)
class Age:
    """How old an exchange is.

    Attributes:
        sources: how many are declared; the first of them is the one that is measured.
        days: how many nights it has had, up to `last`.
        last: the last of these nights.
    """

    sources: int
    days: int
    last: date


def source_name(number: int) -> str:
    """The name of a source by its number."""
    return f"benchmark.source_{number:03}"


def declare(place: Path, sources: int) -> Path:
    """Write the declarations and the catalogue of licence types; returns their folder."""
    folder = place / "sources"
    (folder / "benchmark").mkdir(parents=True)
    types = "".join(f"{_type(n)},食品经营许可证{n},\n" for n in range(TYPES))
    (folder / "licence_type.csv").write_text(f"code,name,holder_category\n{types}", encoding="utf-8")
    for number in range(sources):
        text = DECLARATION.replace(TYPE, _type(number % TYPES))
        (folder / "benchmark" / f"source_{number:03}.yaml").write_text(text, encoding="utf-8")
    return folder


def _type(number: int) -> str:
    return f"{TYPE[:-2]}{number:02}"


def age_platform(url: str, age: Age) -> None:
    """Fill the tables of an empty exchange database."""
    database = ExchangeDatabase(url)
    database.prepare()
    invented = duckdb.connect()
    invented.execute(
        f"CREATE TABLE source AS SELECT s, 'benchmark.source_' || lpad(s::VARCHAR, 3, '0') AS name, DATE '{age.last}' AS last, "
        f"CASE s WHEN 0 THEN {BUSY} ELSE {QUIET} END AS said, CASE s WHEN 0 THEN {REGISTER} ELSE {KNOWN + age.days} END AS licences "
        f"FROM range({age.sources}) r(s)"
    )
    invented.execute(f"CREATE TABLE night AS SELECT d::INTEGER AS d FROM range({age.days}) r(d)")
    with database.transaction() as connection:
        for table, columns, rows in _filled(age):
            _fill(invented, connection, table, columns, rows)
    if database._engine.dialect.name == "postgresql":  # as autovacuum does in the day
        with database._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    database.close()


def _filled(age: Age) -> Iterator[tuple[Table, dict[str, str], str]]:
    """Of each table the columns, and the rows from which they are drawn."""
    counted = {"read": "said + 1", "extracted": "said + 1", "accepted": "said", "held": "1", "updated": "said"}
    run = {"source": "name", "day": _NIGHT, "run": "1", "status": "'delivered'", "kind": "'incremental'"}
    instants = dict.fromkeys(("taken_at", "judged_at", "delivered_at"), _INSTANT)
    ledger = run | counted | instants | {"ordered_by": "'update_time'", "failing": "'{}'", "seconds": "1.5"}
    yield BATCH, ledger, "source, night"
    first = f"strftime(last - {age.days - 1}, '%Y-%m-%d')"
    covered = {"source": "name", "first_day": first, "last_day": _NIGHT, "reached": "true"}
    yield COVERAGE, covered, "source, (SELECT 0::INTEGER AS d)"
    claims = {"source": "name", "certificate_type_code": _TYPE, "precedence": "0", "gives_identifiers": "false"}
    yield CLAIMANT, claims, "source"
    yield from _findings()
    yield from _contents()


def _findings() -> Iterator[tuple[Table, dict[str, str], str]]:
    """What was found each night, and the records of which it held the rows."""
    rows = f"source, night, range({FOUND}) r(i)"
    found = {
        "source": "name", "subject": "md5(concat_ws('/', 'f', s, d, i))", "rule": "'uscc_check'", "element": "'certificate_holder_code'",
        "locator": "concat_ws('/', s, d, i)", "certificate_number": "concat_ws('/', 'F', s, d, i)", "value": "'91370402MA000000**'",
    } | _STAMP  # fmt: skip
    yield SEEN, found | {"day": _NIGHT, "found_by": _BATCH}, rows
    days = dict.fromkeys(("day", "first_day", "last_day"), _NIGHT)
    yield FINDING_TABLE, found | days | {"open": f"d < {STANDING_DAYS}"}, rows
    held = {name: found[name] for name in ("source", "locator", "certificate_number")}
    yield SIGHTING, held | {"record": found["subject"], "seen_at": _INSTANT}, rows


def _contents() -> Iterator[tuple[Table, dict[str, str], str]]:
    """What sources claim, and what they said before: the nights go through a register one part after the other."""
    said = {
        "source": "name", "face": """'{"KZ_FDDBR": "王伟", "KZ_JYCS": "山东省枣庄市市中区光明路100号"}'""", "batch": _BATCH,
        "certificate_type_code": _TYPE, "certificate_issuing_authority_code": f"'{OFFICE}'",
        "certificate_holder_name": "'枣庄鑫源餐饮管理有限公司'", "first_observed_at": _INSTANT, "seen_at": _INSTANT,
    } | _STAMP  # fmt: skip
    licences = f"source, range({REGISTER}) n(i), (SELECT 0::INTEGER AS d) WHERE i < licences"
    yield CLAIM, said | _numbered("i", "0", wins="true"), licences
    versions = f"source, night, range({BUSY}) n(i) WHERE i < said"
    yield HISTORY, said | _numbered("(d * said + i) % licences", "d + 1"), versions


def _numbered(number: str, version: str, **more: str) -> dict[str, str]:
    """What tells contents apart: the number of the record, and which version of it this is."""
    record, content = f"concat_ws('/', 'r', s, {number})", f"concat_ws('/', s, {number}, {version})"
    return {
        "record": f"md5({record})", "digest": f"md5({content})", "face_digest": f"md5({content})",
        "locator": f"concat_ws('/', 'k', s, {number})", "certificate_number": f"'JY1' || {record}",
        "certificate_identifier": content, "identifier_version": version, **more,
    }  # fmt: skip


def _fill(
    invented: duckdb.DuckDBPyConnection, connection: Connection, table: Table, columns: dict[str, str], rows: str
) -> None:
    needed = {
        column.name: _of_type(column.type) for column in table.columns if not (column.nullable or column.name == "id")
    }
    given = {name: said for name, said in (needed | columns).items() if said}
    chosen = ", ".join(f"{said} AS {name}" for name, said in given.items())
    reader = invented.sql(f"SELECT {chosen} FROM {rows}").to_arrow_reader(100_000)
    put(connection, table, map(_narrowed, reader))


def _of_type(kind: object) -> str:
    name = type(kind).__name__
    return {
        "Integer": "0", "BigInteger": "0", "Double": "0.0", "Date": "DATE '2026-01-01'", "Boolean": "false"
    }.get(name, "'{}'" if isinstance(kind, JSON) else "''")  # fmt: skip


def _narrowed(batch: pa.RecordBatch) -> pa.Table:
    """The rows with the types that the tables have."""
    kinds = {pa.int64(): pa.int32(), pa.decimal128(2, 1): pa.float64()}
    return pa.table([column.cast(kinds.get(column.type, column.type)) for column in batch.columns], batch.schema.names)


def age_archive(workspace: Path, age: Age) -> None:
    """Fill the archive and the folder of reports, with files of which only the names count."""
    nights = [str(age.last - timedelta(days=back)) for back in range(age.days)]
    stub = workspace / "stub"
    stub.parent.mkdir(parents=True, exist_ok=True)
    (workspace / "reports").mkdir()
    for number in range(age.sources):
        stub.unlink(missing_ok=True)
        stub.write_text("{}")  # a file has only so many names
        name = source_name(number)
        reports = workspace / "reports" / name
        reports.mkdir()
        for night in nights:
            archived = workspace / name / night
            archived.mkdir(parents=True)
            for path in (archived / "archive.json", reports / f"{night}.html", reports / f"{night}.xlsx"):
                os.link(stub, path)
    for night in nights:
        os.link(stub, workspace / "reports" / f"city-{night}.html")
    stub.unlink()
