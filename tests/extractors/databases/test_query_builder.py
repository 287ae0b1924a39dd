"""The exact statements for databases that no test can start; none of them has met a real server."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.dialects import oracle
from sqlalchemy.engine import make_url
from sqlalchemy.types import NullType

from extractors.databases.connections import connection_string
from extractors.databases.dialects import dialect_of
from extractors.databases.dialects.dialect import SessionOptions
from extractors.databases.query_builder import Origin
from extractors.databases.readers.odbc import odbc_statement
from extractors.databases.readers.sqlalchemy import LOOKS_LIKE_BIND, _type_name
from extractors.databases.statement import Value, literal
from sources.database_extract import DatabaseExtract

GOLDEN = Path(__file__).parent / "questions.sql"
TERMS = SessionOptions(timedelta(minutes=10))
COLUMNS = ["业务号", "GXSJ", "ZP"]
TYPES = {
    "kingbase": {"业务号": "bigint", "GXSJ": "timestamp without time zone", "ZP": "bytea"},
    "opengauss": {"业务号": "bigint", "GXSJ": "timestamp with time zone", "ZP": "character(8)"},
    "oceanbase": {"业务号": "bigint(20)", "GXSJ": "datetime", "ZP": "longblob"},
    "mssql": {"业务号": "bigint(19)", "GXSJ": "datetime2(27)", "ZP": "nvarchar(0)"},
    "oracle": {"业务号": "NUMBER(20)", "GXSJ": "DATE", "ZP": "CLOB"},
    "dm": {"业务号": "BIGINT", "GXSJ": "TIMESTAMP", "ZP": "CLOB"},
}


def as_sent(dialect, statement):
    """A statement as its way sends it."""
    if dialect == "mssql":
        return odbc_statement(statement)[0]
    if dialect in {"kingbase", "opengauss"}:
        return "".join(literal(part.value) if isinstance(part, Value) else part for part in statement)
    return "".join(":b" if isinstance(part, Value) else LOOKS_LIKE_BIND.sub(r"\\:", part) for part in statement)


def statements_of(name):
    table = {"kind": "database", "connection": "c", "key": ["业务号"], "table": "land.LICENCE"}
    origin = Origin("dept.source", DatabaseExtract(**table), dialect_of(name), types=TYPES[name])
    query = Origin(
        "dept.source",
        DatabaseExtract(**{**table, "table": None, "query": "SELECT * FROM T -- alle\n;"}),
        dialect_of(name),
    )
    time = origin.quoted("GXSJ")
    window = (f"{time} >= ", Value(datetime(2026, 3, 1)), f" AND {time} < ", Value(datetime(2026, 3, 2)))
    part = origin.part_condition("业务号", "100", "200")
    yield from ((text,) for text in origin.dialect.session_setup(TERMS))
    yield origin.columns()
    yield origin.dialect.table_types("land", "LICENCE")
    yield origin.rows(COLUMNS, ())
    yield origin.rows(COLUMNS, window)
    yield origin.text_lengths(COLUMNS, ())
    yield origin.value_range("业务号")
    yield origin.sample("GXSJ", 1000)
    yield (origin.shape("GXSJ"),)
    yield (origin.dialect.suffix("t", 6),)
    yield (origin.dialect.is_midnight("t"),)
    yield origin.split_points("GXSJ", 4, ())
    yield origin.select("COUNT(*)", part)
    yield origin.select("COUNT(*)", origin.part_condition("GXSJ", None, "2026-03-01 00:00:00"))
    yield query.select("COUNT(*)")
    yield query.rows(COLUMNS, part)


@pytest.mark.parametrize("name", TYPES)
def test_every_question_is_the_golden_one(name):
    statements = "\n".join(as_sent(name, statement) for statement in statements_of(name) if statement)
    golden = dict(section.split("\n", 1) for section in GOLDEN.read_text(encoding="utf-8").strip().split("\n-- ")[1:])
    assert statements == golden[name].strip()


@pytest.mark.parametrize(("name", "quoted"), [("mssql", "[x]]y]"), ("oracle", '"x]y"'), ("oceanbase", "`x]y`")])
def test_a_name_cannot_leave_its_quotes(name, quoted):
    assert dialect_of(name).quoted("x]y") == quoted


@pytest.mark.parametrize(
    ("name", "words", "written"),
    [
        (
            "oracle",
            "TIMESTAMP WITH TIME ZONE",
            "REGEXP_REPLACE(TO_CHAR(t AT LOCAL, 'YYYY-MM-DD HH24:MI:SS.FFTZH:TZM'), '\\.0+([+-])', '\\1')",
        ),
        (
            "oracle",
            "TIMESTAMP(6) WITH LOCAL TIME ZONE",
            "REGEXP_REPLACE(TO_CHAR(t AT LOCAL, 'YYYY-MM-DD HH24:MI:SS.FFTZH:TZM'), '\\.0+([+-])', '\\1')",
        ),
        ("oracle", "TIMESTAMP", "t"),
        ("dm", "TIMESTAMP WITH TIME ZONE", "t"),
        (
            "mssql",
            "datetimeoffset(34)",
            "CASE DATEPART(ns, t) WHEN 0 THEN CONVERT(varchar(19), t, 120) ELSE CONVERT(varchar(27), t, 121) END + DATENAME(TZoffset, t)",
        ),
        (
            "mssql",
            "time(16)",
            "CASE DATEPART(ns, t) WHEN 0 THEN CONVERT(varchar(8), t, 120) ELSE CONVERT(varchar(16), t, 121) END",
        ),
        ("mssql", "nvarchar(20)", "t"),
    ],
)
def test_times_that_a_driver_would_spoil_are_written_by_the_database(name, words, written):
    assert dialect_of(name).text_expression("t", words) == written


@pytest.mark.parametrize(
    ("name", "words", "clock"),
    [
        ("oracle", "DATE", "naive"),
        ("oracle", "TIMESTAMP WITH TIME ZONE", "naive"),  # in the zone of the session, which is the declared one
        ("oracle", "VARCHAR2(20)", None),
        ("dm", "DATE", None),
        ("mssql", "datetime2(27)", "naive"),
        ("mssql", "datetimeoffset(34)", "aware"),
        ("mssql", "date(10)", "date"),
        ("mssql", "timestamp(8)", None),  # there a number of the row's version
    ],
)
def test_a_type_tells_what_clock_its_times_are_of(name, words, clock):
    assert dialect_of(name).time_kind(words) == clock


def test_oracles_types_are_named_with_their_zone_and_precision():
    dialect = oracle.dialect()
    names = [_type_name(kind, dialect) for kind in (oracle.TIMESTAMP(timezone=True), oracle.NUMBER(20, 2), NullType())]
    assert names == ["TIMESTAMP WITH TIME ZONE", "NUMBER(20, 2)", "NULL"]


@pytest.mark.parametrize(
    ("words", "bytes_"),
    [
        ("nvarchar(100)", 400),
        ("nvarchar(0)", None),
        ("varchar(2147483647)", None),
        ("xml(0)", None),
        ("bigint identity(19)", 96),
    ],
)
def test_a_text_of_sql_server_is_given_room_for_utf_8(words, bytes_):
    assert dialect_of("mssql").max_bytes(words) == bytes_


def test_a_url_for_sql_server_becomes_what_odbc_wants():
    url = make_url("mssql+pyodbc://bureau:g%40heim@db.example.invalid:1433/land?driver=FreeTDS&TDS_Version=7.4")
    assert connection_string(url) == (
        "DRIVER={FreeTDS};Server=db.example.invalid,1433;Database=land;UID=bureau;PWD=g@heim;TDS_Version=7.4"
    )


@pytest.mark.parametrize(
    ("name", "words", "kept"),
    [
        ("oracle", "VARCHAR2(20)", "CHR(1) || RAWTOHEX(UTL_RAW.CAST_TO_RAW(t))"),
        ("oracle", "NVARCHAR2(20)", ""),  # which has an encoding of its own
        ("oracle", "DATE", ""),
        ("kingbase", "bigint", ""),
        (
            "kingbase",
            "character varying(9)",
            "CASE current_setting('server_encoding') WHEN 'SQL_ASCII' THEN CHR(1) || encode(convert_to(t, 'SQL_ASCII'), 'hex') ELSE t END",
        ),
        ("mssql", "varchar(9)", ""),
        ("oceanbase", "varchar(9)", ""),
    ],
)
def test_bytes_that_a_driver_would_spoil_come_as_digits(name, words, kept):
    assert dialect_of(name).bytes_expression("t", words) == kept
