"""Undescribed face fields count as personal; values of personal columns are in no output, manifest or finding."""

import json
import sqlite3

import openpyxl
import pyarrow.parquet as pq
import pytest

from standard.batch import Manifest
from standard.finding import FINDING

DAY, NEXT = "2026-03-01", "2026-03-02"
NAME = "欧阳某某"
HEADER = "certificate_type_code,short_name,title,kind,length,required,personal\n"
TYPE = "11100000000019713D008"


def many(count=60, **different):
    return [{"ID": str(i), "XKZBH": f"3704020{i:05}", **different} for i in range(count)]


def describe(city, line):
    (city / "sources/face_field.csv").write_text(HEADER + f"{TYPE},{line}\n", encoding="utf-8")


def visible_text(city):
    """The text of everything in the workspace that must not contain personal values."""
    texts = []
    for path in city.glob("workspace/**/*"):
        if path.suffix in {".json", ".html"}:
            texts.append(path.read_text(encoding="utf-8"))
        elif path.suffix == ".xlsx":
            cells = (cell.value for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row)
            texts += [str(value) for value in cells]
        elif path.name.endswith("findings.parquet"):
            texts.append(str(pq.read_table(path).to_pylist()))
    return "\n".join(texts)


@pytest.mark.parametrize("value", [NAME, "ZHANG SAN", "Zhang San", "zhangsan"])
def test_an_undescribed_field_is_shown_nowhere(licex, city, refill, platform, value):
    refill(*many(JYFW=value * 200 if value == NAME else value))
    for words in (
        ("run", "transport.road", "--day", DAY),
        ("preview", "transport.road", "--day", DAY),
        ("trace", "370402000001"),
    ):
        for more in ((), ("--json",)):
            assert value not in "".join(licex(*words, *more)[1:])
    assert value not in visible_text(city)
    assert value not in str(platform("SELECT * FROM finding_seen")) + str(platform("SELECT * FROM finding"))
    assert "JYFW" in visible_text(city)


def test_a_field_described_as_not_personal_is_shown(licex, city, refill):
    describe(city, "KZ_JYFW,经营范围,text,500,,")
    assert "普通货运" in licex("preview", "transport.road", "--day", DAY, "--json")[1]


@pytest.mark.parametrize(
    ("column", "value"),
    [("ZT", NAME), ("ZT", "ZHANG"), ("LX", "LI WEI"), ("QH", "13800000000"), ("LB", "370402188001010012")],
)
def test_a_stray_value_in_a_column_of_codes_is_counted_anonymously(licex, city, refill, column, value):
    refill(*many(**{column: value}))
    licex("run", "transport.road", "--day", DAY)
    manifest = json.loads((city / f"workspace/transport.road/{DAY}/manifest.json").read_text(encoding="utf-8"))
    assert manifest["profile"][column]["values"] == {"***": 60}
    assert value not in str(manifest)


@pytest.mark.parametrize("described", ["KZ_JYFW,工号,code,500,,1", "KZ_JYFW,工号,code,500,,", ""])
def test_values_of_a_personal_field_are_not_counted_even_if_they_are_codes_or_declared_words(
    licex, city, refill, declaration, described
):
    text = declaration.replace("KZ_JYFW: JYFW", "KZ_JYFW: {from: JYFW, lookup: own}")
    text = text.replace("lookups: {", "lookups: {own: {A1234567: A1234567}, ")
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")
    if described:
        describe(city, described)
    refill(*many(JYFW="A1234567"))
    licex("run", "transport.road", "--day", DAY)
    manifest = json.loads((city / f"workspace/transport.road/{DAY}/manifest.json").read_text(encoding="utf-8"))
    not_personal = described.endswith(",")
    assert ("values" in manifest["profile"]["JYFW"], "A1234567" in str(manifest)) == (not_personal, not_personal)
    assert "values" not in manifest["profile"]["DM"]


def test_codes_and_declared_words_are_counted_by_value(licex, city, refill, declaration):
    words = declaration.replace("lookup: status_transport", "lookup: own").replace(
        "lookups: {", "lookups: {own: {有效: VALID}, "
    )
    (city / "sources/transport/road.yaml").write_text(words, encoding="utf-8")
    describe(city, "KZ_JYFW,范围,code,500,,")
    refill(*many(ZT="有效", JYFW="A1"))
    licex("run", "transport.road", "--day", DAY)
    manifest = json.loads((city / f"workspace/transport.road/{DAY}/manifest.json").read_text(encoding="utf-8"))
    counted = {name: column["values"] for name, column in manifest["profile"].items() if "values" in column}
    assert counted == {
        "ZT": {"有效": 60},
        "LX": {"001": 60},
        "QH": {"370402": 60},
        "LB": {"2": 60},
        "ZZBS": {},
        "JYFW": {"A1": 60},
    }


@pytest.fixture
def old(licex, city, refill, declaration):
    """An archive and a platform of an earlier version, with names in manifests and findings."""
    refill(*many())
    licex("run", "transport.road", "--day", DAY)
    folder = city / f"workspace/transport.road/{DAY}"
    (folder / "part-000").mkdir()
    manifest = Manifest.from_json((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest.profile["JYFW"]["values"] = {NAME: 50, "ZHANG SAN": 10}
    manifest.profile["ZT"]["values"] = {NAME: 9, "10": 51}
    for name in ("manifest.json", "delivered.json", "part-000/manifest.json"):
        (folder / name).write_text(manifest.to_json(), encoding="utf-8")
    finding = dict.fromkeys(FINDING.names, "") | {"rule": "too_long", "row": 0, "element": "KZ_JYFW", "value": NAME}
    pq.write_table(
        pq.ParquetFile(folder / "findings.parquet").schema_arrow.empty_table().from_pylist([finding], schema=FINDING),
        folder / "findings.parquet",
    )
    with sqlite3.connect(city / "platform.db") as database:
        named = {
            "subject": "s",
            "source": "transport.road",
            "rule": "too_long",
            "element": "KZ_JYFW",
            "day": DAY,
            "value": NAME,
        }
        for table, more in (
            ("finding_state", {"first_day": DAY, "last_day": DAY, "open": 1}),
            ("finding_sight", {"found_by": f"transport.road/{DAY}"}),
        ):
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] != "id"]
            row = {**dict.fromkeys(columns, ""), **named, **more}
            marks = ", ".join("?" * len(row))
            database.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))
    database.close()
    return city


def test_remask_masks_an_old_archive(old, licex, platform):
    assert NAME in visible_text(old)
    code, out, err = licex("remask", "--json")
    assert (code, err) == (0, "")
    assert len(json.loads(out)) == 7  # the files of the run have two names each
    assert NAME not in visible_text(old)
    assert "ZHANG SAN" not in visible_text(old)
    assert platform("SELECT value FROM finding_state") == [("欧**",)]
    assert platform("SELECT value FROM finding_sight") == [("欧**",)]
    assert licex("remask")[1] == ""
    profile = Manifest.from_json((old / f"workspace/transport.road/{DAY}/delivered.json").read_text()).profile
    assert profile["ZT"]["values"] == {"10": 51, "***": 9}
    assert "values" not in profile["JYFW"]
    assert licex("replay", "transport.road", "--from", DAY, "--to", DAY)[0] == 0


def test_a_dry_run_of_remask_changes_nothing(old, licex, platform):
    before = visible_text(old)
    code, out, _ = licex("remask", "--dry-run")
    assert code == 0
    assert out.count("manifest.json") == 3
    assert "2 findings on the platform" in out
    assert visible_text(old) == before
    assert platform("SELECT value FROM finding_state") == [(NAME,)]


def test_all_values_of_a_source_that_is_no_longer_declared_are_masked(old, licex):
    (old / "sources/transport/road.yaml").rename(old / "sources/transport/other.yaml")
    assert licex("remask")[0] == 0
    assert NAME not in visible_text(old)
    assert not [
        path for path in old.glob("workspace/**/manifest.json") if '"values"' in path.read_text(encoding="utf-8")
    ]


def test_remask_changes_nothing_if_a_declaration_is_invalid(old, licex):
    before = visible_text(old)
    (old / "sources/transport/road.yaml").write_text("title: x\n", encoding="utf-8")
    assert licex("remask")[0] == 2
    assert visible_text(old) == before


def test_the_refusal_of_a_file_without_a_header_quotes_no_value(run_day, write_file, raw, platform):
    write_file(DAY, raw({"MC": "甲乙丙丁"}), header=False)
    code, out, err = run_day(DAY)
    assert code == 1
    assert "甲乙丙丁" not in out + err + str(platform("SELECT * FROM finding"))


def test_a_field_declared_as_personal_is_masked_everywhere(run_day, licex, city, refill):
    describe(city, "KZ_JYFW,电话,text,20,0,1")
    refill({"JYFW": "19900000000"})
    run_day(DAY)
    for words in (("preview", "transport.road", "--day", DAY, "--json"), ("trace", "370402000001", "--json")):
        assert "19900000000" not in licex(*words)[1]
