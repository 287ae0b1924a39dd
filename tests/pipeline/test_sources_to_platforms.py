"""Every kind of source into every kind of platform, configured by a declaration and URLs only."""

import csv
import os
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pyodbc
import pytest
import sqlalchemy

from standard.day import Day
from tests.city import query

DAY = "2026-03-01"
DATABASE = "extract: {kind: database, connection: transport, table: XKZ, key: [ID], updated_at: GXSJ}"
TABLE = sqlalchemy.Table(
    "XKZ",
    sqlalchemy.MetaData(),
    sqlalchemy.Column("ID", sqlalchemy.Integer, primary_key=True),
    sqlalchemy.Column("GXSJ", sqlalchemy.DateTime),
    sqlalchemy.Column("FZRQ", sqlalchemy.Date),
    *(
        sqlalchemy.Column(name, sqlalchemy.String(100))
        for name in ("XKZBH", "ZZBS", "MC", "DM", "LX", "QSRQ", "YXQZ", "ZT", "QH", "LB", "QZR", "JYFW", "BZ")
    ),
)
TARGETS = ["sqlite", "postgresql", "mariadb"]
DATABASES = ["sqlite", "postgresql", "mariadb", "sqlite by odbc", "postgresql by odbc", "mariadb by odbc"]
FILES = ["xlsx", "csv", "zip"]


@pytest.fixture
def rows(raw):
    """Three licences, one of a holder with a rare name; then one that must be held."""
    differences = [{}, {"XKZBH": "370402000002", "MC": "𠮷某", "ZT": "03"}, {"XKZBH": "370402000003"}, {"XKZBH": None}]
    return raw(*({**row, "ID": str(i)} for i, row in enumerate(differences, 1))).drop_columns(["_locator"])


@pytest.fixture
def urls(request, tmp_path):
    """The URL of an empty database of a kind; a server is started only when needed."""

    def of(kind, name):
        if kind == "sqlite":
            return f"sqlite:///{tmp_path}/{name}.db"
        return request.getfixturevalue(f"{kind}_url")

    return of


def fill(url, rows):
    engine = sqlalchemy.create_engine(url)
    TABLE.create(engine)
    with engine.begin() as connection:
        for row in rows.to_pylist():
            times = {"GXSJ": datetime.fromisoformat(row["GXSJ"]), "FZRQ": date.fromisoformat(row["FZRQ"])}
            connection.execute(TABLE.insert().values({**row, **times, "ID": int(row["ID"])}))
    engine.dispose()


def odbc_connection(url):
    parts = sqlalchemy.engine.make_url(url)
    if parts.get_backend_name() == "sqlite":
        return f"odbc:Driver=SQLite3;Database={parts.database}"
    driver = {"postgresql": "PostgreSQL Unicode", "mysql": "MariaDB Unicode"}[parts.get_backend_name()]
    if driver not in pyodbc.drivers():
        pytest.skip(f"not on this machine: {driver}")
    braced = "{" + parts.password.replace("}", "}}") + "}"
    return f"odbc:Driver={{{driver}}};Server=127.0.0.1;Port={parts.port};Database={parts.database};UID={parts.username};PWD={braced}"


def write_files(kind, folder, rows):
    names, folder = rows.column_names, folder / "files"
    folder.mkdir()
    lines = [list(row.values()) for row in rows.to_pylist()]
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for line in (names, *lines):
            book.active.append(line)
        book.save(folder / "a.xlsx")
        extract = "{kind: workbook, connection: transport, path: a.xlsx, key: [ID], updated_at: GXSJ}"
    else:
        with (folder / "a.csv").open("w", encoding="gb18030", newline="") as file:
            csv.writer(file).writerows([names, *lines])
        extract = "{kind: text, connection: transport, path: a.csv, key: [ID], updated_at: GXSJ}"
        if kind == "zip":
            with zipfile.ZipFile(folder / "a.zip", "w") as archive:
                archive.write(folder / "a.csv", "a.csv")
            extract = extract.replace("path: a.csv", 'path: a.zip, member: "*.csv"')
    for file in folder.iterdir():
        os.utime(file, (1e9, 1e9))  # old enough not to be growing
    return f"extract: {extract}", str(folder)


@pytest.fixture
def configure(tmp_path, monkeypatch, declaration, urls, rows):
    """Configure one kind of source and one kind of platform; returns the platform's URL."""

    def set_up(source, target):
        if source in FILES:
            extract, location = write_files(source, tmp_path, rows)
        else:
            extract, location = DATABASE, urls(source.split()[0], "source")
            fill(location, rows)
            location = odbc_connection(location) if source.endswith("by odbc") else location
        (tmp_path / "sources/transport").mkdir(parents=True)
        text = declaration.replace(DATABASE, extract)
        assert text != declaration or extract == DATABASE
        (tmp_path / "sources/transport/road.yaml").write_text(text, encoding="utf-8")
        platform = urls(target, "platform")
        monkeypatch.setenv("LICEX_SOURCES", str(tmp_path / "sources"))
        monkeypatch.setenv("LICEX_WORKSPACE", str(tmp_path / "workspace"))
        monkeypatch.setenv("LICEX_TARGET", platform)
        monkeypatch.setenv("LICEX_CONN_TRANSPORT", location)
        return platform

    return set_up


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("source", DATABASES + FILES)
def test_a_night_from_any_source_into_any_platform(configure, licex, source, target):
    platform = configure(source, target)
    day = DAY if source not in FILES else str(Day.at(datetime.now(UTC)))
    code, _, errors = licex("run", "transport.road", "--day", day)
    assert code == 1, errors  # one row of four is held, more than the usual fifth
    found = query(
        platform, "SELECT certificate_number, certificate_holder_name, certificate_status FROM licence ORDER BY 1"
    )
    assert found == [
        ("370402000001", "枣庄某某运输有限公司", "VALID"),
        ("370402000002", "𠮷某", "CANCELLED"),
        ("370402000003", "枣庄某某运输有限公司", "VALID"),
    ]
    assert query(platform, "SELECT extracted, accepted, held, inserted FROM exchange_batch") == [(4, 3, 1, 3)]
    code, out, errors = licex("run", "transport.road", "--day", day)
    if source in FILES:
        assert (code, "nothing to do" in out) == (0, True), errors
    else:
        assert query(platform, "SELECT accepted, unchanged FROM exchange_batch WHERE run = 2") == [(3, 3)]
    assert len(query(platform, "SELECT record FROM licence")) == 3


@pytest.mark.parametrize("target", TARGETS)
def test_keys_too_long_for_the_platform_or_with_a_nul_do_not_stop_the_batch(configure, licex, tmp_path, target):
    platform = configure("sqlite", target)
    engine = sqlalchemy.create_engine(os.environ["LICEX_CONN_TRANSPORT"])
    with engine.begin() as connection:
        names = ", ".join(column.name for column in TABLE.columns)
        connection.exec_driver_sql(f"CREATE TABLE COPIED ({names})")  # columns without a type accept any value
        connection.exec_driver_sql(f"INSERT INTO COPIED SELECT {names} FROM XKZ")
        connection.exec_driver_sql("DROP TABLE XKZ")
        connection.exec_driver_sql("ALTER TABLE COPIED RENAME TO XKZ")
        connection.exec_driver_sql("UPDATE XKZ SET ID = ? WHERE ID = 1", ("键" * 600,))
        connection.exec_driver_sql("UPDATE XKZ SET ID = ? WHERE ID = 2", ("a\0b",))
        connection.exec_driver_sql("UPDATE XKZ SET ID = ? WHERE ID = 4", ("held" * 200,))
    engine.dispose()
    licex("run", "transport.road", "--day", DAY)
    assert query(platform, "SELECT extracted, accepted, held, inserted FROM exchange_batch") == [(4, 3, 1, 3)]
    locators = {locator for (locator,) in query(platform, "SELECT locator FROM licence")}
    assert {"a␀b", "3"} < locators
    assert query(platform, "SELECT locator FROM finding WHERE rule = 'required'")[0][0].startswith("heldheld")
