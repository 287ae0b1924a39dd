"""What a hostile examination found, each as the shortest input that shows it."""

import json
import sqlite3

import pytest

DAY, NEXT = "2026-03-01", "2026-03-02"
FILE = 'extract: {kind: text, path: "x-{day}.csv", updated_at: GXSJ, key: [ID]}'


def run(licex, day=DAY):
    return licex("run", "transport.road", "--day", day, "--json")


def declare(city, text):
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")


def as_files(city, declaration):
    lines = [
        "extract: " + FILE.partition(": ")[2] if line.startswith("extract:") else line
        for line in declaration.splitlines()
    ]
    declare(city, "\n".join(lines))


def write(city, rows, day=DAY, header=True):
    table = rows.drop_columns(["_locator"])
    lines = [table.column_names] if header else []
    lines += [[value or "" for value in row.values()] for row in table.to_pylist()]
    (city / f"sources/transport/x-{day}.csv").write_text("\n".join(map(",".join, lines)) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    "dot",
    [
        "2026.03.0{} 10:00:00",
        "202603 0{} 10:00:00".replace(" ", "", 1),
        "2026/03/0{} 10:00:00.5",
        "2026-03-0{}T10:00:00.1234567",
        "2026030{}1000",
    ],
)
def test_an_update_time_by_which_a_row_is_chosen_is_also_read(licex, city, refill, platform, dot):
    refill({"GXSJ": dot.format(2), "ZT": "03"})
    run(licex, NEXT)
    refill({"GXSJ": dot.format(1)})
    run(licex)
    assert platform("SELECT certificate_status FROM licence") == [("CANCELLED",)]


def test_the_past_of_a_dated_file_never_overwrites_the_present(licex, city, declaration, raw, platform):
    as_files(city, declaration)
    write(city, raw({}))
    write(city, raw({"ZT": "03"}), NEXT)
    run(licex, NEXT)
    run(licex)
    assert platform("SELECT certificate_status FROM licence") == [("CANCELLED",)]


def test_another_day_does_not_close_what_refused_a_day_of_changes(licex, city, declaration, refill, platform):
    declare(city, declaration + "expect: {rows: {min: 2}}\n")
    refill({})
    run(licex)
    refill({"GXSJ": f"{NEXT} 10:00:00"}, {"XKZBH": "370402000002", "GXSJ": f"{NEXT} 10:00:00"})
    run(licex, NEXT)
    assert platform("SELECT rule, open FROM finding") == [("rows_few", 1)]


def test_a_dated_file_put_right_closes_its_refusal(licex, city, declaration, raw, platform):
    as_files(city, declaration)
    (city / f"sources/transport/x-{DAY}.csv").write_bytes(b"%PDF-1.7")
    assert run(licex)[0] == 1
    write(city, raw({}))
    assert run(licex)[0] == 0
    assert platform("SELECT rule, open FROM finding") == [("source_unreadable", 0)]


@pytest.mark.parametrize("wrong", [{"XKZBH": None}, {"XKZBH": "wrong", "ZT": "77"}])
def test_a_corrected_number_closes_the_finding_of_its_row(licex, city, refill, platform, wrong):
    good = [{"ID": str(i), "XKZBH": str(i)} for i in range(2, 8)]
    refill({**wrong}, *good)
    run(licex)
    refill({"GXSJ": f"{NEXT} 10:00:00"}, *good)
    run(licex, NEXT)
    assert {state for (state,) in platform("SELECT open FROM finding")} == {0}


@pytest.mark.parametrize("separator", ["；", "，", "\n"])
def test_holders_are_split_at_what_cleaning_changes(licex, city, declaration, refill, separator):
    declare(city, declaration.replace('"、"', json.dumps(separator)))
    refill({"MC": f"甲公司{separator}乙公司", "DM": f"91370402MA0000007Y{separator}91370481MA0000007C"})
    assert run(licex)[0] == 0


def test_a_lookup_is_written_as_the_department_writes(licex, city, declaration, refill):
    declare(
        city,
        declaration.replace("lookup: status_transport", "lookup: own").replace(
            "lookups: {", "lookups: {own: {有效（正常）: VALID}, "
        ),
    )
    refill({"ZT": "有效（正常）"})
    assert run(licex)[0] == 0


@pytest.mark.parametrize("text", ["203611", "2036111"])
def test_a_date_that_may_be_two_is_not_read(licex, city, declaration, refill, platform, text):
    declare(city, declaration.replace('["%Y-%m-%d", "%Y年%m月%d日"]', '"%Y%m%d"'))
    refill({"YXQZ": text})
    run(licex)
    assert platform("SELECT rule FROM finding") == [("value_unreadable",)]


def test_a_file_without_header_shows_nobody_in_its_refusal(licex, city, declaration, raw, platform):
    as_files(city, declaration)
    write(city, raw({"MC": "甲乙丙丁"}), header=False)
    code, out, err = run(licex)
    assert code == 1
    assert "甲乙丙丁" not in out + err + str(platform("SELECT * FROM finding"))


def test_what_a_city_declares_personal_is_masked_everywhere(licex, city, refill):
    header = "certificate_type_code,short_name,title,kind,length,required,personal\n"
    (city / "sources/face_field.csv").write_text(
        header + "11100000000019713D008,KZ_JYFW,电话,text,20,0,1\n", encoding="utf-8"
    )
    refill({"JYFW": "19900000000"})
    run(licex)
    for words in (("preview", "transport.road", "--day", DAY, "--json"), ("trace", "370402000001", "--json")):
        assert "19900000000" not in licex(*words)[1]


@pytest.mark.parametrize(
    "quirks", ["def tidy(:\n", "def tidy(raw):\n    raise ValueError('x')\n", "def tidy(raw):\n    return None\n"]
)
def test_a_broken_tidy_is_one_sentence(licex, city, quirks):
    (city / "sources/transport/quirks.py").write_text(quirks, encoding="utf-8")
    _, out, err = run(licex)
    assert "Traceback" not in out + err


@pytest.mark.parametrize("table", ["face_field.csv", "licence_type.csv"])
def test_a_broken_table_of_the_city_is_one_sentence(licex, city, table):
    (city / "sources" / table).write_text("a,b\n1,2\n", encoding="utf-8")
    code, out, err = licex("check")
    assert (code, "Traceback" in out + err) == (2, False)


def test_an_update_day_in_a_timestamp_column_over_odbc_belongs_to_its_day(licex, city, raw, monkeypatch):
    row = raw({"GXSJ": DAY}).drop_columns(["_locator"]).to_pylist()[0]
    with sqlite3.connect(city / "odbc.db") as database:
        database.execute(
            f"CREATE TABLE XKZ ({', '.join(name + (' TIMESTAMP' if name == 'GXSJ' else ' TEXT') for name in row)})"
        )
        database.execute(f"INSERT INTO XKZ VALUES ({', '.join('?' * len(row))})", tuple(row.values()))
    database.close()
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", f"odbc:Driver=SQLite3;Database={city}/odbc.db")
    assert json.loads(run(licex)[1])[0]["entry"]["inserted"] == 1


def test_an_identifier_that_another_licence_has_is_told_to_both(licex, city, refill, platform):
    refill({})
    run(licex)
    minted = platform("SELECT certificate_identifier FROM licence")[0][0]
    refill({"ID": "2", "XKZBH": "370402000002", "ZZBS": minted, "GXSJ": f"{NEXT} 10:00:00"})
    run(licex, NEXT)
    run(licex, NEXT)
    seen = "SELECT rule, certificate_number, day FROM finding_seen ORDER BY 2"
    assert platform(seen) == [("identifier_shared", "370402000001", NEXT), ("identifier_shared", "370402000002", NEXT)]
    refill({"ID": "2", "XKZBH": "370402000002", "GXSJ": f"{NEXT} 11:00:00"})
    run(licex, NEXT)
    assert platform("SELECT open FROM finding") == [(0,), (0,)]


@pytest.mark.parametrize("precedence", [0, 2])
def test_a_record_that_one_source_ends_and_another_has_is_said_to_both(
    licex, city, declaration, refill, platform, precedence
):
    log = declaration.replace("updated_at: GXSJ", "updated_at: GXSJ, changes: {operation: BZ, deleted: [D]}")
    log = log.replace("ignore: [BZ]", "ignore: []") + "vanished: cancel\n"
    (city / "sources/transport/other.yaml").write_text(log, encoding="utf-8")
    declare(city, log + f"precedence: {precedence}\n")
    refill({"BZ": "I"})
    run(licex)
    licex("run", "transport.other", "--day", DAY)
    disagree = "SELECT source FROM finding WHERE rule = 'sources_disagree' AND open ORDER BY 1"
    refill({"GXSJ": f"{NEXT} 10:00:00", "BZ": "D"})
    licex("run", "transport.other", "--day", NEXT)
    assert platform(disagree) == [("transport.other",), ("transport.road",)]
    run(licex, NEXT)
    assert platform(disagree) == []
    refill({"GXSJ": f"{NEXT} 11:00:00", "BZ": "I"})
    run(licex, NEXT)
    assert platform(disagree) == [("transport.other",), ("transport.road",)]
    licex("run", "transport.other", "--day", NEXT)
    assert platform(disagree) == []


def test_a_record_that_vanished_from_one_source_and_is_in_another_is_said_to_both(
    licex, city, declaration, refill, platform
):
    text = declaration + "vanished: cancel\nsweep: {schedule: 0 3 * * 6}\n"
    for name in ("road", "other"):
        (city / f"sources/transport/{name}.yaml").write_text(text, encoding="utf-8")
    refill({}, {"ID": "2", "XKZBH": "370402000002"})
    run(licex)
    licex("run", "transport.other", "--day", DAY)
    disagree = "SELECT source, certificate_number FROM finding WHERE rule = 'sources_disagree' AND open ORDER BY 1"
    refill({})
    licex("sweep", "transport.other")
    assert platform(disagree) == [("transport.other", "370402000002"), ("transport.road", "370402000002")]
    licex("sweep", "transport.road")
    assert platform(disagree) == []
    refill({}, {"ID": "2", "XKZBH": "370402000002"})
    licex("sweep", "transport.road")
    assert platform(disagree) == [("transport.other", "370402000002"), ("transport.road", "370402000002")]


def test_a_later_try_that_does_not_reach_the_source_does_not_hide_what_was_delivered(licex, city, monkeypatch):
    run(licex)
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", f"sqlite:///{city}/nowhere/x.db")
    assert run(licex)[0] == 3
    assert [item["status"] for item in json.loads(licex("ledger", "--json")[1])] == ["delivered"]
    assert len(json.loads(licex("ledger", "--all", "--json")[1])) == 2


def test_sources_that_know_different_things_do_not_contradict_each_other(licex, city, declaration, refill, platform):
    refill({})
    run(licex)
    other = declaration.replace("  certificate_area_code: QH\n", "").replace("ignore: [BZ]", "ignore: [BZ, QH]")
    (city / "sources/transport/other.yaml").write_text(other, encoding="utf-8")
    licex("run", "transport.other", "--day", DAY)
    assert platform("SELECT * FROM finding") == []
    refill({"GXSJ": f"{NEXT} 10:00:00", "YXQZ": "2031-01-01"})
    licex("run", "transport.other", "--day", NEXT)
    told = [("transport.other", 1), ("transport.road", 1)]
    assert platform("SELECT source, open FROM finding WHERE rule = 'sources_disagree' ORDER BY 1") == told
    run(licex, NEXT)
    assert [state for _, state in platform("SELECT source, open FROM finding ORDER BY 1")] == [0, 0]
