"""Values are read as departments write them: update times, separators, lookups and dates."""

import json
import sqlite3

import pytest

DAY, NEXT = "2026-03-01", "2026-03-02"


@pytest.mark.parametrize(
    "form",
    [
        "2026.03.0{} 10:00:00",
        "202603 0{} 10:00:00".replace(" ", "", 1),
        "2026/03/0{} 10:00:00.5",
        "2026-03-0{}T10:00:00.1234567",
        "2026030{}1000",
    ],
)
def test_an_update_time_that_selects_a_row_also_orders_it(run_day, refill, platform, form):
    refill({"GXSJ": form.format(2), "ZT": "03"})
    run_day(NEXT)
    refill({"GXSJ": form.format(1)})
    run_day(DAY)
    assert platform("SELECT certificate_status FROM licence") == [("CANCELLED",)]


@pytest.mark.parametrize("separator", ["；", "，", "\n"])
def test_holders_are_split_at_separators_that_cleaning_changes(
    write_declaration, run_day, declaration, refill, separator
):
    write_declaration(declaration.replace('"、"', json.dumps(separator)))
    refill({"MC": f"甲公司{separator}乙公司", "DM": f"91370402MA0000007Y{separator}91370481MA0000007C"})
    assert run_day(DAY)[0] == 0


def test_keys_of_a_lookup_are_cleaned_like_values(write_declaration, run_day, declaration, refill):
    write_declaration(
        declaration.replace("lookup: status_transport", "lookup: own").replace(
            "lookups: {", "lookups: {own: {有效（正常）: VALID}, "
        ),
    )
    refill({"ZT": "有效（正常）"})
    assert run_day(DAY)[0] == 0


@pytest.mark.parametrize("text", ["203611", "2036111"])
def test_an_ambiguous_date_is_not_read(write_declaration, run_day, declaration, refill, platform, text):
    write_declaration(declaration.replace('["%Y-%m-%d", "%Y年%m月%d日"]', '"%Y%m%d"'))
    refill({"YXQZ": text})
    run_day(DAY)
    assert platform("SELECT rule FROM finding") == [("value_unreadable",)]


def test_an_update_day_in_a_timestamp_column_over_odbc_belongs_to_its_day(run_day, city, raw, monkeypatch):
    row = raw({"GXSJ": DAY}).drop_columns(["_locator"]).to_pylist()[0]
    with sqlite3.connect(city / "odbc.db") as database:
        database.execute(
            f"CREATE TABLE XKZ ({', '.join(name + (' TIMESTAMP' if name == 'GXSJ' else ' TEXT') for name in row)})"
        )
        database.execute(f"INSERT INTO XKZ VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
    database.close()
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", f"odbc:Driver=SQLite3;Database={city}/odbc.db")
    assert json.loads(run_day(DAY)[1])[0]["entry"]["inserted"] == 1
