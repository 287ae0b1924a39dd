"""Whatever encoding a server, a database, a URL or a driver has: a text comes as it is, or is a finding; never as another one."""

from datetime import timedelta
from urllib.parse import quote

import psycopg
import pytest
import sqlalchemy

from extractors import Request, open_source
from extractors.databases.connection_check import check_connection
from extractors.databases.connections import open_connection
from extractors.databases.dialects.dialect import SessionOptions
from extractors.databases.extract import resolve_origin
from standard.errors import SourceRefused

TABLE = {"kind": "database", "connection": "land", "table": "t", "key": ["id"]}
UNDECODABLE = "bytes_undecodable\tname"
CHANCE = "\u6a21"  # whose two bytes in GBK are also a letter in UTF-8


def rows(declare, day, location, now, **different):
    extract = {name: value for name, value in {**TABLE, **different}.items() if value is not None}
    with open_source(Request(declare(extract), day, location, now)) as reading:
        return [tuple(row.values()) for batch in reading.batches for row in batch.to_pylist()]


@pytest.fixture
def gbk(mariadb_url, mariadb_odbc):
    """A server, a database and its tables in GBK; the locations by which it may be read, whatever encoding they ask for."""
    name = mariadb_url.rpartition("/")[2].partition("?")[0]
    engine = sqlalchemy.create_engine(mariadb_url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ALTER DATABASE {name} CHARACTER SET gbk")
        connection.exec_driver_sql("SET GLOBAL character_set_server = gbk")
        connection.exec_driver_sql("USE " + name)
        connection.exec_driver_sql("SET SESSION sql_mode = ''")
        connection.exec_driver_sql("CREATE TABLE t (id int, name varchar(20), more varchar(9) CHARACTER SET utf8mb4)")
        connection.exec_driver_sql("INSERT INTO t VALUES (1, '镕堃', '𠮷'), (2, 'a?', '?'), (3, NULL, NULL)")
        connection.exec_driver_sql("CREATE TABLE own (id int, name varchar(20))")
        # A character of the user-defined area, as departments have them for rare names.
        connection.exec_driver_sql(
            "INSERT INTO own VALUES (1, x'D5C5AAA1'), (2, x'D5C5FE50'), (3, x'D5C53F'), (4, '张')"
        )
        connection.exec_driver_sql("CREATE TABLE 许可 (编号 int, 姓名 enum('镕', '堃'))")
        connection.exec_driver_sql("INSERT INTO 许可 VALUES (1, '堃')")
    plain = mariadb_url.partition("?")[0]
    yield {
        "PyMySQL": plain,
        "charset": f"{plain}?charset=gbk",
        "first statement": f"{plain}?init_command={quote('SET NAMES latin1')}",
        "ODBC": mariadb_odbc,
        "CHARSET": f"{mariadb_odbc};CHARSET=gbk",
        "InitStmt": f"{mariadb_odbc};InitStmt=SET NAMES latin1",
    }
    with engine.connect() as connection:
        connection.exec_driver_sql("SET GLOBAL character_set_server = utf8mb4")


def test_a_server_in_gbk(declare, day, now, gbk):
    for way, location in gbk.items():
        assert rows(declare, day, location, now) == [
            ("1", "镕堃", "𠮷", "1", None),
            ("2", "a?", "?", "2", None),
            ("3", None, None, "3", None),
        ], way
        assert rows(declare, day, location, now, table="许可", key=["编号"]) == [("1", "堃", "1", None)], way


@pytest.mark.parametrize("origin", ["table", "query"])
def test_a_code_of_gbk_without_a_character_is_a_finding(declare, day, now, gbk, origin):
    extract = {"table": "own"} if origin == "table" else {"table": None, "query": "SELECT id, name FROM own"}
    for way, location in gbk.items():
        assert rows(declare, day, location, now, **extract) == [
            ("1", None, "1", UNDECODABLE),
            ("2", None, "2", UNDECODABLE),
            ("3", "张?", "3", None),
            ("4", "张", "4", None),
        ], way


def test_the_encodings_of_a_query_are_found_without_running_it(declare, day, now, gbk):
    query = "SELECT DISTINCT id, name, SLEEP(1) AS slept FROM t"
    extract = declare({**TABLE, "table": None, "query": query}).declaration.extract
    with open_connection("dept.source", gbk["PyMySQL"], SessionOptions(timedelta(seconds=1))) as connection:
        origin, columns = resolve_origin("dept.source", extract, connection)
        assert [origin.types[name] for name in columns][:2] == ["int", "varchar(255) character set gbk"]


@pytest.fixture
def postgresql(postgresql_url, postgresql_odbc):
    """Creates a database of an encoding with some names in it, and returns the locations to read it from."""

    def create(encoding, *names):
        engine = sqlalchemy.create_engine(postgresql_url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
        old = postgresql_url.rpartition("/")[2]
        name = f"{old}_{encoding.lower()}"
        with engine.connect() as connection:
            connection.exec_driver_sql(
                f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C.UTF-8' TEMPLATE template0"
                if encoding == "UTF8"
                else f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0"
            )
        url = f"{postgresql_url.rpartition('/')[0]}/{name}"
        place = url.replace("+psycopg", "")
        with psycopg.connect(place, client_encoding="SQL_ASCII" if encoding == "SQL_ASCII" else "UTF8") as connection:
            connection.execute("CREATE TABLE t (id int, name text)")
            for number, text in enumerate(names, 1):
                literal = (
                    b"NULL" if text is None else b"'" + (text if isinstance(text, bytes) else text.encode()) + b"'"
                )
                connection.execute(b"INSERT INTO t VALUES (%d, %s)" % (number, literal))
        by_odbc = postgresql_odbc.replace(f"Database={old};", f"Database={name};")
        return {
            "ADBC": url,
            "ADBC, GBK": f"{url}?client_encoding=GBK",
            "ADBC, GB18030": f"{url}?client_encoding=GB18030",
            "ADBC, option": f"{url}?options={quote('-c client_encoding=EUC_CN')}",
            "psycopg2": url.replace("+psycopg", "+psycopg2"),
            "psycopg2, GBK": url.replace("+psycopg", "+psycopg2") + "?client_encoding=GBK",
            "ODBC": by_odbc,
            "ODBC, setting": by_odbc + ";ConnSettings={SET client_encoding TO 'EUC_CN'}",
        }

    return create


@pytest.mark.parametrize(("encoding", "names"), [("EUC_CN", ("甲", CHANCE, None)), ("UTF8", ("甲", CHANCE, "𠮷"))])
def test_a_postgresql_of_any_encoding(declare, day, now, postgresql, encoding, names):
    expected = [(str(i), name, str(i), None) for i, name in enumerate(names, 1)]
    for way, location in postgresql(encoding, *names).items():
        assert rows(declare, day, location, now) == expected, way


def test_a_postgresql_that_looks_at_no_encoding(declare, day, now, postgresql):
    location = postgresql("SQL_ASCII", "甲", "甲".encode("gbk"), None)
    for way in ("ADBC", "ADBC, GBK"):
        assert rows(declare, day, location[way], now) == [
            ("1", "甲", "1", None),
            ("2", None, "2", UNDECODABLE),
            ("3", None, "3", None),
        ], way
    query = "SELECT id, convert_from(convert(convert_to(name, 'SQL_ASCII'), 'GBK', 'UTF8'), 'SQL_ASCII') AS name FROM t WHERE id = 2"
    assert rows(declare, day, location["ADBC"], now, table=None, query=query) == [("2", "甲", "2", None)]
    for way in ("psycopg2", "ODBC"):  # drivers that cannot give the other rows
        with pytest.raises(SourceRefused, match=r"expected its database to give what is declared, found: .*0xbc"):
            rows(declare, day, location[way], now)


def test_bytes_in_an_undeclared_encoding_are_reported_with_a_likely_reading(declare, day, now, postgresql):
    location = postgresql("SQL_ASCII", "甲", NAME.encode("gbk"), b"\xff\xff", None)["ADBC"]
    source = declare({"kind": "database", "connection": "land", "table": "t", "key": ["id"]}, ["name"])
    facts = check_connection(Request(source, day, location, now))
    assert facts.spoilt == ["name: 2 of 4 texts are in another encoding or were spoilt, such as 朱** in gb18030"]


def test_names_of_columns_in_another_encoding_are_refused_in_a_sentence(declare, day, now, postgresql):
    location = postgresql("SQL_ASCII")["ADBC"]
    with psycopg.connect(location.replace("+psycopg", ""), client_encoding="SQL_ASCII") as connection:
        connection.execute(b'ALTER TABLE t RENAME name TO "' + "姓名".encode("gbk") + b'"')
    with pytest.raises(
        SourceRefused, match="expected names of columns in UTF-8, found bytes of another encoding; declare"
    ):
        rows(declare, day, location, now)


@pytest.fixture
def latin1(mariadb_url, mariadb_odbc):
    """A table whose latin1 column has the bytes of GBK and of UTF-8, beside one in utf8mb4; the locations by which it may be read."""
    engine = sqlalchemy.create_engine(mariadb_url, isolation_level="AUTOCOMMIT", poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE t (id int, name varchar(60) CHARACTER SET latin1, more varchar(60) CHARACTER SET utf8mb4)"
        )
        for number, raw in enumerate((NAME.encode("gbk"), NAME.encode(), b"A-1", b"\xff\xff", None)):
            value = "NULL" if raw is None else f"x'{raw.hex()}'"
            connection.exec_driver_sql(f"INSERT INTO t VALUES ({number}, {value}, '有效')")
    return mariadb_url, mariadb_odbc


NAME = "朱镕基·张"


@pytest.mark.parametrize("origin", [{}, {"table": None, "query": "SELECT id, name, more FROM t"}])
def test_bytes_of_another_encoding_are_read_as_what_is_declared(declare, day, now, latin1, origin):
    for location in latin1:
        found = rows(declare, day, location, now, charset=["utf-8", "gbk"], **origin)
        assert [row[1:3] for row in found] == [
            (NAME, "有效"),
            (NAME, "有效"),
            ("A-1", "有效"),
            (None, "有效"),
            (None, "有效"),
        ]
        assert [row[-1] for row in found] == [None, None, None, UNDECODABLE, None]
        # Nothing is declared, and nothing is guessed; what such a text means for its row is judged later.
        assert rows(declare, day, location, now, **origin)[0][1] == NAME.encode("gbk").decode("latin-1")


def test_bytes_of_a_server_that_knows_no_encodings_are_read_as_what_is_declared(declare, day, now, postgresql):
    for way, location in postgresql(
        "SQL_ASCII", NAME.encode("gbk"), CHANCE.encode("gbk"), b"A-1", b"\xff\xff", None
    ).items():
        found = rows(declare, day, location, now, charset="gbk")
        assert [row[1] for row in found] == [NAME, CHANCE, "A-1", None, None], way
        assert [row[-1] for row in found] == [None, None, None, UNDECODABLE, None], way


def test_what_is_declared_of_bytes_changes_nothing_where_the_server_knows_them(declare, day, now, postgresql):
    for way, location in postgresql("UTF8", NAME, "𠮷").items():
        assert [row[1] for row in rows(declare, day, location, now, charset="gbk")] == [NAME, "𠮷"], way


BINARY = "value_binary\tname"


@pytest.fixture
def binary(request, tmp_path):
    """Creates a table with names as bytes in a binary column of any database, and returns the locations to read it from."""

    def create(kind):
        if kind == "sqlite":
            url, type_, mark = f"sqlite:///{tmp_path}/t.db", "varchar(20)", "x'{}'"
            ways = [url, f"odbc:Driver={{SQLite3}};Database={tmp_path}/t.db"]
        else:
            url = request.getfixturevalue(f"{kind}_url")
            type_, mark = {"postgresql": ("bytea", r"'\x{}'"), "mariadb": ("varbinary(60)", "x'{}'")}[kind]
            ways = [url, request.getfixturevalue(f"{kind}_odbc")]
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
        with engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE TABLE t (id int, name {type_}, plain varchar(20))")
            for number, raw in enumerate((NAME.encode("gbk"), b"A-1", b"\xff\xff", None)):
                value = "NULL" if raw is None else mark.format(raw.hex())
                connection.exec_driver_sql(f"INSERT INTO t VALUES ({number}, {value}, '0xab')")
        return ways

    return create


@pytest.mark.parametrize("origin", [{}, {"table": None, "query": "SELECT id, name, plain FROM t"}])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_text_in_a_binary_column_is_a_fault_until_its_encoding_is_declared(declare, day, now, binary, kind, origin):
    for location in binary(kind):
        found = rows(declare, day, location, now, **origin)
        assert [row[1] for row in found] == ["0x" + NAME.encode("gbk").hex(), "0x412d31", "0xffff", None], location
        faults = [(row[-1] or "").splitlines() for row in found]
        assert [BINARY in lines for lines in faults] == [True, True, True, False], location
        found = rows(declare, day, location, now, charset=["utf-8", "gbk"], **origin)
        assert [row[1] for row in found] == [NAME, "A-1", "0xffff", None], location
        assert [BINARY in (row[-1] or "").splitlines() for row in found] == [False, False, True, False], location
        if not location.startswith("odbc:Driver={SQLite3}"):  # where only its form tells what a value is
            assert {row[-1] for row in found} == {None, BINARY}, location


@pytest.mark.parametrize("kind", ["sqlite", "postgresql", "mariadb"])
def test_a_check_says_that_the_values_of_a_column_are_bytes(declare, day, now, binary, kind):
    for location in binary(kind):
        facts = check_connection(Request(declare(TABLE, ("id", "name")), day, location, now))
        (sentence,) = facts.spoilt
        assert sentence.startswith("name: 3 of 4 values"), location
        assert sentence.endswith(
            "are bytes, whose rows are held, such as one that is 朱** in gb18030; declare their charset, or a query that gives text"
        )
        facts = check_connection(Request(declare({**TABLE, "charset": "gbk"}, ("id", "name")), day, location, now))
        assert facts.spoilt[0].startswith("name: 1 of 4 values"), location


def test_the_digits_of_a_key_of_bytes_name_its_row(declare, day, now, binary):
    for location in binary("mariadb"):
        found = rows(declare, day, location, now, key=["name"], charset="gbk")
        assert [row[-2] for row in found] == ["0x" + NAME.encode("gbk").hex(), "0x412d31", "0xffff", "\\N"]
