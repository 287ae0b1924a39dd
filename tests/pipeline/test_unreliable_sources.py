"""Promise 4: if a source is unreliable, the platform is still correct, or an open finding says where it is not."""

import pytest

from tests.pipeline.department import FIRST, SECOND, THIRD, Department


@pytest.fixture
def department(tmp_path, monkeypatch):
    return Department(tmp_path, monkeypatch)


def test_a_licence_issued_after_the_day_of_its_batch_and_before_the_reading_is_accepted(department):
    department.declare("rising: LSH")
    for day in range(1, 7):
        department.row(f"N00{day}", FZRQ=f"2026-03-0{day}")
    department.run(FIRST, 24 * 6)
    assert len(department.licences()) == 6
    department.row("N007", FZRQ="2026-03-08")
    assert department.run("2026-03-07", 0.7).held == 0
    department.row("N008", FZRQ="2026-03-10")
    assert department.run("2026-03-08", 0.7).held == 1
    assert department.open() == [("issued_in_future", "N008")]


def test_an_update_time_beside_a_rising_number_does_not_order_rows(department):
    department.declare("rising: LSH, updated_at: GXSJ")
    department.row("N001", None, LSH=1, YHMC="旧名")
    department.row("N001", LSH=2, YHMC="新名", ZT="注销")
    department.run(FIRST)
    assert department.licences() == {"N001": ("新名", "CANCELLED")}
    department.row("N002", LSH=3, GXSJ="2062-03-01 10:00:00")
    department.run(SECOND)
    assert department.open() == [("update_time_future", "N002")]
    department.row("N002", THIRD, LSH=4, ZT="注销")
    department.run(THIRD)
    assert department.licences() == {"N001": ("新名", "CANCELLED"), "N002": ("甲某", "CANCELLED")}
    assert department.open() == []


def test_an_end_without_contents_ends_the_record_with_its_last_contents(department):
    department.declare("rising: LSH, changes: {operation: OP}")
    for number in ("N001", "N002", "N003"):
        department.row(number)
    department.run(FIRST)
    no_contents = dict.fromkeys(("YHMC", "FZRQ", "ZT", "GXSJ"))
    department.row("N001", **no_contents, LSH=11, OP="D")
    department.row("N002", **no_contents | {"XKZH": None}, LSH=12, OP="D")  # its key alone
    entry = department.run(SECOND)
    assert (entry.held, entry.updated, entry.accepted) == (0, 2, 2)
    ended = {"N001": ("甲某", "CANCELLED"), "N002": ("甲某", "CANCELLED"), "N003": ("甲某", "VALID")}
    assert (department.licences(), department.open()) == (ended, [])
    department.row("N009", **no_contents, LSH=13, OP="D")
    department.row("N001", **no_contents, LSH=14, OP="D")
    entry = department.run(THIRD)
    assert (entry.accepted, department.licences()) == (2, ended)
    assert department.open() == [("ended_again", "N001"), ("ending_unmatched", "N009")]
    department.row("N001", LSH=15, YHMC="乙某", OP="U")
    department.row("N009", LSH=12, OP="I")  # written late, before its end
    department.run("2026-03-04")
    assert department.licences()["N001"] == ("乙某", "VALID")


def test_an_end_that_arrives_before_its_record_waits_for_it(department):
    department.declare("updated_at: GXSJ, changes: {operation: OP}")
    department.row("N001", FIRST)
    department.row("N001", SECOND, OP="D", YHMC=None)
    department.run(SECOND)
    assert department.open() == [("ending_unmatched", "N001")]
    department.run(FIRST, 48)
    assert (department.licences(), department.open()) == ({"N001": ("甲某", "CANCELLED")}, [])
    department.run(SECOND, 72, replay=True)
    assert (department.licences(), department.open()) == ({"N001": ("甲某", "CANCELLED")}, [])


def test_an_undeclared_operation_is_reported_and_changes_nothing(department):
    department.declare("updated_at: GXSJ, changes: {operation: OP, deleted: [D]}")
    department.row("N001")
    department.run(FIRST)
    department.change(1, OP="DEL", GXSJ=f"{SECOND} 10:00:00")
    department.run(SECOND)
    assert department.open() == [("operation_unknown", "N001")]
    department.change(1, OP="D", GXSJ=f"{THIRD} 10:00:00")
    department.run(THIRD)
    assert (department.licences(), department.open()) == ({"N001": ("甲某", "CANCELLED")}, [])


@pytest.mark.parametrize("order", [(FIRST, SECOND), (SECOND, FIRST, SECOND)])
def test_a_corrected_number_ends_the_record_that_the_key_named_before(department, order):
    department.declare()
    department.row("37O402000001", ID=1)
    department.run(FIRST)
    department.change(1, XKZH="370402000001", GXSJ=f"{SECOND} 10:00:00")
    for index, day in enumerate(order):
        department.run(day, 30 + index, replay=day == FIRST)
    assert department.licences() == {"37O402000001": ("甲某", "CANCELLED"), "370402000001": ("甲某", "VALID")}
    links = department.licences("record", "ended", "moved_to", "moved_from")
    (old, old_ended, moved_to, _), (new, new_ended, _, moved_from) = links["37O402000001"], links["370402000001"]
    assert (old_ended, moved_to, new_ended, moved_from) == ("moved", new, None, old)
    assert department.open() == [("moved", "37O402000001")]


def test_a_corrected_issuer_and_a_replayed_day_leave_one_valid_record(department):
    department.declare()
    department.row("N001")
    department.run(FIRST)
    department.declare(department="11370400MB0000131J")
    department.run(FIRST, 2, replay=True)
    states = department.platform("SELECT certificate_status, ended FROM licence ORDER BY 1")
    assert states == [("CANCELLED", "moved"), ("VALID", None)]


def test_a_number_changed_back_is_current_again(department):
    department.declare()
    department.row("N001")
    department.run(FIRST)
    for day, number in ((SECOND, "N002"), (THIRD, "N001")):
        department.change(1, XKZH=number, GXSJ=f"{day} 10:00:00")
        department.run(day)
    assert department.licences() == {"N001": ("甲某", "VALID"), "N002": ("甲某", "CANCELLED")}


def test_a_key_that_names_two_records_at_one_time_is_reported_until_it_is_decided(department):
    department.declare("updated_at: GXSJ, changes: {operation: OP}")
    department.row("N001", ID=1)
    department.row("N002", ID=1)
    department.run(FIRST)
    assert department.licences() == {"N001": ("甲某", "VALID"), "N002": ("甲某", "VALID")}
    assert department.open() == [("key_undecided", "N001"), ("key_undecided", "N002")]
    department.row("N002", SECOND, ID=1)
    department.run(SECOND)
    assert department.licences() == {"N001": ("甲某", "CANCELLED"), "N002": ("甲某", "VALID")}
    assert department.open() == [("moved", "N001")]


def test_keys_that_are_used_again_end_nothing(department):
    department.declare(key="{columns: [ID], reused: true}")
    department.row("N001")
    department.run(FIRST)
    department.change(1, XKZH="N002", GXSJ=f"{SECOND} 10:00:00")
    department.run(SECOND)
    assert department.licences() == {"N001": ("甲某", "VALID"), "N002": ("甲某", "VALID")}


def test_another_sources_claim_on_a_moved_record_is_unchanged(department):
    department.declare(precedence=5)
    department.declare(name="other", key="[XKZH]")
    department.row("N001")
    department.run(FIRST)
    department.run(FIRST, source="dep.other")
    department.declare("updated_at: GXSJ", precedence=5)
    department.change(1, XKZH="N002", GXSJ=f"{SECOND} 10:00:00")
    department.run(SECOND)
    assert department.licences("certificate_status", "source") == {
        "N001": ("VALID", "dep.other"),
        "N002": ("VALID", "dep.ride"),
    }


def test_an_old_archive_that_is_replayed_never_wins_over_a_later_reading(department):
    department.declare("updated_at: GXSJ, look_back: 2h")
    department.row("N001", GXSJ="2026-03-01 23:30:00", YHMC="旧名")
    department.run(FIRST)
    department.change(1, YHMC="新名", ZT="注销")
    department.run(SECOND)
    assert department.licences() == {"N001": ("新名", "CANCELLED")}
    for day in (FIRST, SECOND, FIRST, FIRST):
        department.run(day, 99, replay=True)
        assert department.licences("certificate_holder_name", "certificate_status", "batch") == {
            "N001": ("新名", "CANCELLED", f"dep.ride/{SECOND}")
        }


def test_a_row_whose_time_is_set_back_is_reported(department):
    department.declare()
    department.row("N001", SECOND, YHMC="新名")
    department.run(SECOND)
    department.change(1, YHMC="旧名", GXSJ=f"{FIRST} 10:00:00")  # restored from yesterday's copy
    department.run(FIRST, 48)
    assert department.licences() == {"N001": ("新名", "VALID")}
    assert department.open() == [("order_backwards", "N001")]
    department.change(1, GXSJ=f"{THIRD} 10:00:00")
    department.run(THIRD)
    assert (department.licences(), department.open()) == ({"N001": ("旧名", "VALID")}, [])


@pytest.mark.parametrize(("rows", "renamed", "refused"), [(20, 20, True), (20, 6, True), (20, 4, False)])
def test_a_register_that_was_turned_over_is_refused(department, rows, renamed, refused):
    department.declare("", key="[XKZH]")
    for number in range(rows):
        department.row(f"A{number:03}")
    department.run(FIRST)
    department.sql("UPDATE t SET XKZH = '鲁' || XKZH WHERE ID < :renamed", renamed=renamed)
    entry = department.run(SECOND)
    cancelled = [number for number, (_, status) in department.licences().items() if status == "CANCELLED"]
    assert (entry.status == "refused", len(cancelled)) == (refused, 0 if refused else renamed)
    assert ([rule for rule, _ in department.open()] == ["snapshot_shrunk"]) == refused


def test_a_snapshot_that_was_refused_is_refused_again_when_a_newer_one_was_delivered(department):
    department.declare("", key="[XKZH]")
    for number in range(20):
        department.row(f"A{number:03}")
    department.run(FIRST)
    department.sql("CREATE TABLE aside AS SELECT * FROM t WHERE ID > 4")
    department.sql("DELETE FROM t WHERE ID > 4")
    assert department.run(SECOND).status == "refused"
    department.sql("INSERT INTO t SELECT * FROM aside")
    assert department.run(THIRD).status == "delivered"
    assert department.run(SECOND, 72, replay=True).status == "refused"


@pytest.mark.parametrize("extract", ["updated_at: GXSJ", "rising: LSH"])
def test_changes_that_would_turn_a_register_over_are_refused(department, extract):
    department.declare(extract)
    for number in range(20):
        department.row(f"A{number:03}")
    department.run(FIRST)
    department.sql("UPDATE t SET XKZH = '鲁' || XKZH, LSH = LSH + 100, GXSJ = :time", time=f"{SECOND} 10:00:00")
    assert department.run(SECOND).status == "refused"
    assert {status for _, status in department.licences().values()} == {"VALID"}
    assert department.open() == [("register_turned_over", "")]


@pytest.mark.parametrize("vanished", ["cancel", "hold", "keep"])
def test_records_read_as_changes_vanish_when_a_full_reading_lacks_them(department, vanished):
    department.declare(vanished=vanished, lost=1)
    department.row("N001")
    department.row("N002")
    department.run(FIRST)
    department.sql("DELETE FROM t WHERE ID = 1")
    department.declare("", vanished=vanished, lost=1)
    assert department.run(SECOND).vanished == 1
    gone = "CANCELLED" if vanished == "cancel" else "VALID"
    assert department.licences() == {"N001": ("甲某", gone), "N002": ("甲某", "VALID")}
    findings = [] if vanished == "keep" else [("vanished", "N001")]
    assert department.open() == findings
    department.declare(vanished=vanished)
    department.run(THIRD)
    assert (department.licences()["N001"], department.open()) == (("甲某", gone), findings)
    department.row("N001", "2026-03-04", YHMC="乙某")
    department.run("2026-03-04")
    assert (department.licences()["N001"], department.open()) == (("乙某", "VALID"), [])


def test_the_order_begins_anew_with_each_declared_order(department):
    extracts = ["updated_at: GXSJ", "rising: LSH", "", "rising: LSH", "updated_at: GXSJ", ""]
    department.row("N001", LSH=1000)
    for index, extract in enumerate(extracts):
        day = f"2026-03-0{index + 1}"
        department.declare(extract)
        department.change(1, YHMC=f"名{index}", GXSJ=f"{day} 10:00:00", LSH=1000 + index)
        assert department.run(day).stale == 0
        assert department.licences() == {"N001": (f"名{index}", "VALID")}


def test_a_record_that_is_held_in_the_newest_full_reading_has_not_vanished(department):
    department.declare("", lost=1)
    department.row("N001")
    department.row("N002")
    department.run(FIRST)
    department.change(1, ZT="不明")
    assert department.run(SECOND).vanished == 0
    assert department.licences()["N001"] == ("甲某", "VALID")
    department.sql("DELETE FROM t WHERE ID = 1")
    assert department.run(THIRD).vanished == 1
    assert department.licences()["N001"] == ("甲某", "CANCELLED")


def test_archives_of_every_age_are_replayed_when_a_column_has_had_several_names(department):
    department.declare()
    department.row("N001")
    department.run(FIRST)
    department.sql("ALTER TABLE t RENAME COLUMN YHMC TO XM")
    department.declare(names="[XM, YHMC]")
    department.row("N002", SECOND, name="XM")
    assert department.run(SECOND).status == "delivered"
    for index, day in enumerate((FIRST, SECOND)):
        assert department.run(day, 50 + index, replay=True).status == "delivered"
    assert department.licences() == {"N001": ("甲某", "VALID"), "N002": ("甲某", "VALID")}
    department.sql("ALTER TABLE t ADD COLUMN YHMC text")
    assert department.run(THIRD).status == "refused"
    assert ("columns_ambiguous", "") in department.open()


def test_a_replay_that_would_refuse_a_delivered_day_leaves_it_as_it_stands(department):
    department.declare("")
    department.row("N001")
    department.run(FIRST)
    text = department.path.read_text(encoding="utf-8")
    department.path.write_text(text.replace("expect: {", "expect: {rows: {min: 5}, "), encoding="utf-8")
    assert department.run(FIRST, 2, replay=True) is None
    assert department.platform("SELECT status FROM exchange_batch") == [("delivered",)]
    assert (department.licences(), department.open()) == ({"N001": ("甲某", "VALID")}, [])
