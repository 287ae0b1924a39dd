"""A value that the platform's database cannot store: its row is held, and the rest is delivered."""

import pytest
import sqlalchemy
from openpyxl import Workbook, load_workbook

from tests.city import query, with_extract

DAY = "2026-03-01"
RUN = ("run", "transport.road", "--day", DAY)
ROWS = 501
PLATFORMS = ["sqlite", "postgresql", "mariadb"]
SOURCES = ["workbook", "sqlite", "mariadb"]


@pytest.fixture(params=PLATFORMS)
def target(request, city, monkeypatch, tmp_path):
    url = (
        f"sqlite:///{tmp_path}/target.db"
        if request.param == "sqlite"
        else request.getfixturevalue("new_database")(request.param)
    )
    monkeypatch.setenv("LICEX_TARGET", url)

    return lambda statement: query(url, statement)


@pytest.fixture
def fill_source(request, city, write_declaration, declaration, raw, monkeypatch):
    """A source of 501 rows, one of which has an invalid date."""

    def fill(kind, date):
        rows = raw(
            *({"ID": str(n), "XKZBH": f"3704020{n:05}", **({"FZRQ": date} if n == 250 else {})} for n in range(ROWS))
        )
        if kind == "workbook":
            text = with_extract(declaration, "{kind: workbook, path: 'a_{day}.xlsx'}")
            write_declaration(text.replace("ignore: [BZ]", "ignore: [BZ, ID, GXSJ]"))
            book = Workbook()
            book.active.append([name for name in rows.column_names if name != "_locator"])
            for row in rows.drop_columns(["_locator"]).to_pylist():
                book.active.append(list(row.values()))
            book.save(city / f"sources/transport/a_{DAY}.xlsx")
            return
        url = request.getfixturevalue("mariadb_url") if kind == "mariadb" else f"sqlite:///{city}/transport.db"
        monkeypatch.setenv("LICEX_CONN_TRANSPORT", url)
        names = [name for name in rows.column_names if name != "_locator"]
        engine = sqlalchemy.create_engine(url)
        table = sqlalchemy.Table(
            "XKZ", sqlalchemy.MetaData(), *(sqlalchemy.Column(n, sqlalchemy.String(99)) for n in names)
        )
        with engine.begin() as connection:
            table.drop(connection, checkfirst=True)
            table.create(connection)
            connection.execute(table.insert(), rows.select(names).to_pylist())
        engine.dispose()

    return fill


@pytest.mark.parametrize("kind", SOURCES)
def test_a_nul_in_one_unreadable_date_holds_one_row_and_delivers_the_rest(fill_source, target, licex, city, kind):
    fill_source(kind, "a_x0000_2020" if kind == "workbook" else "a\0002020")
    code, out, err = licex(*RUN)
    assert code == 0, out + err
    ledger = "SELECT status, extracted, accepted, held, inserted, unchanged FROM exchange_batch WHERE run = {}"
    findings = "SELECT rule, element, value FROM finding WHERE open"
    assert target(ledger.format(1)) == [("delivered", ROWS, 500, 1, 500, 0)]
    assert target(findings) == [("value_unreadable", "certificate_issued_date", "a␀2020")]
    page = (city / f"workspace/reports/transport.road/{DAY}.html").read_text(encoding="utf-8")
    assert "a␀2020" in page
    listed = load_workbook(city / f"workspace/reports/transport.road/{DAY}.xlsx").worksheets[0]
    assert [row[5].value for row in listed.iter_rows(min_row=2)] == ["a␀2020"]
    code, out, err = licex("replay", "transport.road", "--from", DAY, "--to", DAY)
    assert code == 0, out + err
    assert target(ledger.format(2)) == [("delivered", ROWS, 500, 1, 0, 500)]
    assert target(findings) == [("value_unreadable", "certificate_issued_date", "a␀2020")]
