"""A reading that may not see every row is refused, and a department's own count stands beside ours."""

import sqlite3
from contextlib import closing

import pytest
import sqlalchemy
from sqlalchemy.engine import make_url

from extractors import Request, open_source
from extractors.databases.dialects import dialect_of
from extractors.databases.partition import plan_parts
from extractors.databases.readers.odbc import odbc_statement
from extractors.databases.readers.sqlalchemy import LOOKS_LIKE_BIND
from extractors.databases.statement import Value
from standard.errors import SourceRefused, UsageError

TABLE = {"kind": "database", "connection": "land", "table": "t", "key": ["id"]}
READER = "reader_of_some"


@pytest.fixture
def owner(postgresql_url):
    """Runs statements as the superuser of a database that has a table with four rows and a reader."""
    engine = sqlalchemy.create_engine(postgresql_url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)

    def run(*statements):
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    run(
        f"DO $$ BEGIN CREATE ROLE {READER} LOGIN PASSWORD 'x' NOBYPASSRLS; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        "CREATE TABLE t (id integer, c timestamp)",
        "INSERT INTO t SELECT n, '2026-03-01 10:00' FROM generate_series(1, 4) n",
        f"GRANT SELECT ON t TO {READER}",
    )
    return run


@pytest.fixture(params=["ADBC", "psycopg2", "ODBC"])
def reader(request, postgresql_url):
    """The location of the reader of that database."""
    url = make_url(postgresql_url).set(username=READER, password="x")
    if request.param == "ODBC":
        return f"odbc:Driver={{PostgreSQL Unicode}};Server={url.host};Port={url.port};Database={url.database};UID={READER};PWD=x"
    drivername = "postgresql+psycopg2" if request.param == "psycopg2" else url.drivername
    return url.set(drivername=drivername).render_as_string(hide_password=False)


def rows(request):
    with open_source(request) as reading:
        return sum(batch.num_rows for batch in reading.batches), reading


HIDING = ("ALTER TABLE t ENABLE ROW LEVEL SECURITY", f"CREATE POLICY p ON t FOR SELECT TO {READER} USING (id <= 2)")


@pytest.mark.parametrize("extract", [{}, {"updated_at": "c"}, {"rising": "id"}])
def test_rows_hidden_from_the_reader_refuse_the_reading(declare, day, now, owner, reader, extract):
    source = declare({**TABLE, **extract})
    assert rows(Request(source, day, reader, now))[0] == 4
    owner(*HIDING)
    with pytest.raises(SourceRefused, match=r"expected to see every row .* BYPASSRLS") as refused:
        rows(Request(source, day, reader, now))
    assert refused.value.rule == "rows_hidden"


def test_rows_of_a_query_or_a_view_are_hidden_as_well(declare, day, now, owner, reader):
    owner(
        *HIDING,
        "CREATE VIEW all_of_t AS SELECT * FROM t",
        "CREATE VIEW some_of_t WITH (security_invoker = true) AS SELECT * FROM t",
        f"GRANT SELECT ON all_of_t, some_of_t TO {READER}",
    )
    query = {name: value for name, value in TABLE.items() if name != "table"}
    for extract in ({**query, "query": "SELECT id FROM t"}, {**TABLE, "table": "some_of_t"}):
        with pytest.raises(SourceRefused, match="every row"):
            rows(Request(declare(extract), day, reader, now))
    # The view of an owner who sees all rows shows all of them.
    assert rows(Request(declare({**TABLE, "table": "all_of_t"}), day, reader, now))[0] == 4


def test_who_sees_every_row_reads_a_table_with_policies(declare, day, now, owner, postgresql_url):
    owner(*HIDING)
    assert rows(Request(declare(TABLE), day, postgresql_url, now))[0] == 4


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "mssql",
            "SELECT COUNT(*) FROM sys.security_predicates f JOIN sys.security_policies p ON p.object_id = f.object_id "
            "WHERE p.is_enabled = 1 AND f.predicate_type = 0 AND f.target_object_id = OBJECT_ID(?)",
        ),
        (
            "oracle",
            "SELECT COUNT(*) FROM ALL_POLICIES WHERE SEL = 'YES' AND ENABLE = 'YES' AND OBJECT_OWNER = :b AND OBJECT_NAME = :b"
            " AND NOT EXISTS (SELECT 1 FROM SESSION_PRIVS WHERE PRIVILEGE = 'EXEMPT ACCESS POLICY')",
        ),
        ("dm", ""),
        ("mariadb", ""),
        ("sqlite", ""),
    ],
)
def test_what_is_asked_of_databases_that_hide_rows_without_a_word(name, expected):
    question = dialect_of(name).row_filters("land", "LICENCE")
    sent = (
        odbc_statement(question)[0]
        if name == "mssql"
        else "".join(":b" if isinstance(p, Value) else LOOKS_LIKE_BIND.sub(r"\\:", p) for p in question)
    )
    assert sent == expected


@pytest.fixture
def counted(tmp_path):
    """A database file with so many rows in its table."""

    def create(name, count):
        path = tmp_path / f"{name}.db"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE t (id integer, c text)")
            connection.executemany("INSERT INTO t VALUES (?, '2026-01-01 10:00:00')", [(n,) for n in range(count)])
        return f"sqlite:///{path}"

    return create


WITNESS = {"connection": "archive", "query": "SELECT COUNT(*) FROM t;"}


@pytest.mark.parametrize("extract", [{}, {"updated_at": "c"}, {"rising": "id"}])
@pytest.mark.parametrize(("theirs", "found"), [(7, (7, 7)), (9, (9, 7)), (5, (5, 7))])
def test_a_witness_counts_all_rows_beside_us(declare, day, now, counted, extract, theirs, found):
    source = declare({**TABLE, **extract, "witness": WITNESS})
    request = Request(source, day, counted("ours", 7), now, witness=counted("theirs", theirs))
    assert rows(request)[1].witnessed == found


def test_the_first_part_asks_the_witness_for_all_of_them(declare, day, now, counted):
    source = declare({**TABLE, "witness": WITNESS, "split": {"column": "id", "parts": 2}})
    expected = {"location": counted("ours", 7), "witness": counted("theirs", 7), "now": now}
    parts, _ = plan_parts(Request(source, day, **expected))
    assert [rows(Request(source, day, part=part, **expected))[1].witnessed for part in parts] == [(7, 7), None]


def test_an_unknown_witness_or_one_without_a_count_is_an_error(declare, day, now, counted):
    ours, theirs = counted("ours", 1), counted("theirs", 1)
    with pytest.raises(UsageError, match="the connection archive"):
        rows(Request(declare({**TABLE, "witness": WITNESS}), day, ours, now))
    for query, found_text in {
        "SELECT 'viele'": "another value",
        "SELECT 1 WHERE 1 = 0": "0 rows",
        "SELECT 1 UNION SELECT 2": "2 rows",
        "SELECT 1, 2": "2 columns",
        "SELECT 1.5": "another value",
        "SELECT -1": "another value",
        "SELECT NULL": "no value",
    }.items():
        found = f"expected the query of its witness to give one whole number, found {found_text}; correct it"
        with pytest.raises(SourceRefused, match=found):
            rows(Request(declare({**TABLE, "witness": {**WITNESS, "query": query}}), day, ours, now, witness=theirs))


@pytest.mark.parametrize("query", ["SELECT 7.0", "SELECT '7'", "SELECT 7"])
def test_what_a_witness_counts_is_the_same_however_it_is_written(declare, day, now, counted, query):
    source = declare({**TABLE, "witness": {**WITNESS, "query": query}})
    request = Request(source, day, counted("ours", 7), now, witness=counted("theirs", 1))
    assert rows(request)[1].witnessed == (7, 7)
