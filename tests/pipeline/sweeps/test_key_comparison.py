"""A sweep compares the record that each key names with the one it named last."""

import pytest

from standard.errors import SourceRefused
from tests.pipeline.department import FIRST, SECOND, THIRD, fill


def test_a_key_is_compared_with_the_record_it_named_last(anywhere):
    """Records that it named before do not count."""
    anywhere.declare()
    fill(anywhere)
    anywhere.row("N001")
    anywhere.run(FIRST)
    anywhere.change(1, ID=5, GXSJ=f"{SECOND} 10:00:00")
    anywhere.run(SECOND)
    anywhere.row("Z001", THIRD)
    anywhere.run(THIRD)
    anywhere.delete(1)
    anywhere.change(5, ID=1)
    swept = anywhere.sweep(THIRD)
    assert swept.unread == 1
    licences = anywhere.licences()
    assert (licences["N001"], licences["Z001"]) == (("甲某", "VALID"), ("甲某", "CANCELLED"))
    assert anywhere.sweep("2026-03-04").unread == 0


def test_numbers_that_are_set_back_without_a_new_time_are_read_back(anywhere):
    anywhere.declare()
    fill(anywhere)
    names = {"N001": "张某", "N002": "李某", "N003": "王某"}
    for number, name in names.items():
        anywhere.row(number, YHMC=name)
    anywhere.run(FIRST)
    for key, number in enumerate(("A009", "E001", "N002"), 1):
        anywhere.change(key, XKZH=number)
    assert anywhere.sweep(FIRST).unread == 3
    licences = anywhere.licences()
    assert licences["N002"] == ("王某", "VALID")
    assert {licences[number][1] for number in ("N001", "N003")} == {"CANCELLED"}
    for key, number in enumerate(names, 1):
        anywhere.change(key, XKZH=number)
    assert anywhere.sweep(SECOND).unread == 3
    licences = anywhere.licences()
    assert {number: licences[number] for number in names} == {number: (name, "VALID") for number, name in names.items()}
    assert {licences[number][1] for number in ("A009", "E001")} == {"CANCELLED"}
    assert anywhere.sweep(THIRD).unread == 0
    assert anywhere.open(*names, "A009", "E001") == []


@pytest.mark.parametrize("extract", ["updated_at: GXSJ", "rising: LSH"])
def test_two_rows_of_one_number_are_reported_and_the_one_that_stays_is_read(department, extract):
    department.declare(extract)
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.row("N001", SECOND, ID=2, LSH=50, YHMC="乙某")
    department.row("N055", SECOND)
    department.run(SECOND)
    assert department.sweep(SECOND).unread == 0
    assert department.open("N001") == [("number_shared", "N001")]
    department.delete(2)
    department.run(THIRD)
    assert department.sweep(THIRD).unread == 1
    assert department.licences()["N001"] == ("乙某", "VALID")
    assert department.open("N001") == [("order_backwards", "N001")]
    assert department.sweep("2026-03-04").unread == 0
    assert department.open("N001") == [("order_backwards", "N001")]
    department.change(1, GXSJ="2026-03-05 10:00:00", LSH=60)
    department.run("2026-03-05")
    assert department.licences()["N001"] == ("甲某", "VALID")
    assert department.open("N001") == []


@pytest.mark.parametrize(
    ("extract", "status", "rules"),
    [
        ("updated_at: GXSJ", "VALID", ["order_backwards"]),
        ("rising: LSH", "CANCELLED", ["moved", "order_backwards"]),  # by its number the renumbering came last
    ],
)
def test_a_record_that_another_key_still_names_has_not_moved_or_is_reported(department, extract, status, rules):
    department.declare(extract)
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.row("N001", SECOND, ID=2, LSH=50, YHMC="乙某")
    department.run(SECOND)
    department.change(2, XKZH="N009", LSH=60, GXSJ=f"{THIRD} 10:00:00")
    department.run(THIRD)
    assert department.licences()["N001"] == ("乙某", "CANCELLED")
    assert department.open("N001") == [("moved", "N001")]
    assert department.sweep(THIRD).unread == 1
    assert department.licences()["N001"] == ("乙某", status)
    assert department.open("N001") == [(rule, "N001") for rule in rules]
    assert department.sweep("2026-03-04").unread == 0
    assert department.open("N001") == [(rule, "N001") for rule in rules]


def test_a_row_that_only_a_sweep_reads_besides_another_of_its_number_is_reported(department):
    department.declare()
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.row("N001", "2026-02-15", ID=2, YHMC="乙某")
    assert department.sweep(FIRST).unread == 1
    assert department.open("N001") == [("number_shared", "N001"), ("order_backwards", "N001")]
    assert department.licences()["N001"] == ("甲某", "VALID")
    assert department.sweep(SECOND).unread == 0
    assert ("number_shared", "N001") in department.open()
    department.delete(2)
    department.sweep(THIRD)
    assert ("number_shared", "N001") not in department.open()


def test_a_row_that_replaces_another_with_an_older_time_is_reported_as_long_as_the_platform_differs(department):
    department.declare()
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.delete(1)
    department.row("N001", "2026-02-15", ID=501, YHMC="再某")
    assert department.sweep(FIRST).unread == 1
    for day in (SECOND, THIRD):
        assert department.licences()["N001"] == ("甲某", "VALID")
        assert department.open("N001") == [("order_backwards", "N001")]
        assert department.sweep(day).unread == 0


def test_a_sweep_of_keys_that_were_declared_to_be_reused_misses_what_they_do_not_name(anywhere):
    anywhere.declare(key="{columns: [ID], reused: true}", sweep="")
    fill(anywhere)
    anywhere.row("N001")
    anywhere.run(FIRST)
    anywhere.change(1, XKZH="N002", GXSJ=f"{SECOND} 10:00:00")
    anywhere.run(SECOND)
    anywhere.declare()
    anywhere.run(THIRD)
    assert anywhere.licences()["N001"] == ("甲某", "VALID")
    assert anywhere.sweep(THIRD).vanished == 1
    licences = anywhere.licences()
    assert (licences["N001"], licences["N002"]) == (("甲某", "CANCELLED"), ("甲某", "VALID"))
    assert anywhere.open("N001", "N002") == [("vanished", "N001")]


def test_a_number_of_several_columns_is_compared(department):
    department.declare()
    path = department.path
    path.write_text(
        path.read_text("utf-8").replace("certificate_number: XKZH", "certificate_number: {from: [ZSBH, XKZH]}"), "utf-8"
    )
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.change(1, XKZH="Q001")
    assert department.sweep(FIRST).unread == 1
    licences = department.licences()
    assert (licences["N001"], licences["Q001"]) == (("甲某", "CANCELLED"), ("甲某", "VALID"))
    department.sql("ALTER TABLE t ADD COLUMN ZSBH varchar(64)")
    with pytest.raises(SourceRefused, match="expected one of the columns ZSBH, XKZH for the number"):
        department.sweep(SECOND)


def test_a_number_that_tidy_computes_is_compared(department):
    department.declare(more="leave_out: {YHMC: 测试*}")
    department.path.with_name("quirks.py").write_text(
        "import pyarrow.compute as pc\n\n\ndef tidy(raw):\n"
        '    made = pc.binary_join_element_wise("许", raw["XKZH"], raw["LSH"], "")\n'
        '    return raw.set_column(raw.column_names.index("XKZH"), "XKZH", made)\n',
        "utf-8",
    )
    fill(department)
    department.row("N001")
    department.row("N002", YHMC="测试一")
    department.run(FIRST)
    assert department.sweep(FIRST).unread == 0
    department.change(1, LSH=7)
    assert department.sweep(SECOND).unread == 1
    licences = department.licences()
    assert (licences["许N0011"], licences["许N0017"]) == (("甲某", "CANCELLED"), ("甲某", "VALID"))


def test_a_row_that_lost_its_number_names_no_other_record(department):
    department.declare()
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.change(1, XKZH=None)
    assert department.sweep(FIRST).unread == 1
    assert department.licences()["N001"] == ("甲某", "VALID")
    assert "required" in [rule for rule, _ in department.open()]


def test_a_renumbered_row_that_is_held_ends_what_its_key_named(department):
    department.declare()
    fill(department)
    department.row("N001")
    department.run(FIRST)
    department.change(1, XKZH="N009", YHMC="")
    department.sweep(FIRST)
    assert department.licences()["N001"] == ("甲某", "CANCELLED")
    assert department.open("N001", "N009") == [("required", "N009"), ("vanished", "N001")]
