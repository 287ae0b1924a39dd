import pytest

from expectations.assess import Baseline
from expectations.batch_rules import too_many_lost
from expectations.predicates import PREDICATES
from sources.declaration import Expect
from standard.batch import Effects
from standard.errors import ExchangeError
from standard.raw import LOCATOR


def test_of_one_licence_sent_twice_the_newest_wins(judge, findings):
    assessed = judge({"GXSJ": "2026-03-01 09:00:00", "JYFW": "旧"}, {"JYFW": "新"})
    assert findings(assessed) == [("duplicate", "", 0)]
    assert assessed.outcomes.to_pylist() == ["duplicate", "accepted"]


def test_copies_are_counted_and_the_first_is_taken(judge, findings):
    assessed = judge({}, {}, {})
    assert assessed.outcomes.to_pylist() == ["accepted", "duplicate", "duplicate"]
    assert assessed.verdict.duplicates == 2


def test_equal_time_and_different_content_cannot_be_decided(judge, findings):
    assessed = judge({"JYFW": "一"}, {"JYFW": "二"}, {"GXSJ": "2026-03-01 08:00:00"})
    assert sorted(findings(assessed)) == [
        ("duplicate", "", 2),
        ("duplicate_undecided", "", 0),
        ("duplicate_undecided", "", 1),
    ]
    assert assessed.outcomes.to_pylist() == ["held", "held", "duplicate"]


@pytest.mark.parametrize("day", ["2026-03-01", "20260301", "2026/3/1", "2026年3月1日"])
def test_a_day_is_neither_before_nor_after_an_hour_of_it(judge, day):
    of_day, hour = {"GXSJ": day, "JYFW": "日"}, {"GXSJ": "2026-03-01 10:00:00", "JYFW": "时"}
    before, earlier = {"GXSJ": "2026-03-01 08:00:00", "JYFW": "早"}, {"GXSJ": "2026-02-28 23:59:59", "JYFW": "昨"}
    assessed = judge(of_day, hour, before, earlier)
    assert assessed.outcomes.to_pylist() == ["held", "held", "duplicate", "duplicate"]
    assert judge(of_day, earlier).outcomes.to_pylist() == ["accepted", "duplicate"]
    later = {"GXSJ": "2026-03-02 00:00:00", "JYFW": "明"}
    assert judge(of_day, hour, later).outcomes.to_pylist() == ["duplicate", "duplicate", "accepted"]
    assert judge(of_day, {**hour, "JYFW": "日"}).outcomes.to_pylist() == ["duplicate", "accepted"]  # they are equal


def test_a_row_without_a_time_is_neither_before_nor_after_another(judge, findings):
    assessed = judge({"GXSJ": None, "JYFW": "旧"}, {"JYFW": "新"}, {"GXSJ": "2026-03-01 08:00:00", "JYFW": "更旧"})
    assert assessed.outcomes.to_pylist() == ["held", "held", "held"]
    assert ("update_time_missing", "GXSJ", 0) in findings(assessed)
    assert judge({"GXSJ": None}, {}).outcomes.to_pylist() == ["duplicate", "accepted"]  # they are equal


@pytest.mark.parametrize("text", ["2062-03-01 10:00:00", "2026-03-02 00:05:01"])
def test_a_time_after_the_reading_is_not_believed(judge, findings, text):
    assessed = judge({"GXSJ": text, "JYFW": "一"}, {"JYFW": "二"})
    assert assessed.outcomes.to_pylist() == ["held", "held"]
    assert ("update_time_future", "GXSJ", 0) in findings(assessed)
    assert judge({"GXSJ": text}).outcomes.to_pylist() == ["accepted"]


def test_a_time_a_few_minutes_after_the_reading_is_believed(judge):
    assert judge({"GXSJ": "2026-03-02 00:05:00", "JYFW": "一"}, {"JYFW": "二"}).outcomes.to_pylist() == [
        "accepted",
        "duplicate",
    ]


def test_the_rising_number_alone_says_what_came_last(judge, declare, declaration):
    source = declare(declaration.replace("updated_at: GXSJ", "rising: LSH, updated_at: GXSJ"))
    rows = [{"LSH": "1", "GXSJ": None, "MC": "旧名"}, {"LSH": "2", "GXSJ": "2026-03-01 10:00:00", "MC": "新名"}]
    assert judge(*rows, source=source).outcomes.to_pylist() == ["duplicate", "accepted"]
    rows[1]["GXSJ"], rows[0]["GXSJ"] = rows[0]["GXSJ"], "2062-01-01 10:00:00"
    assert judge(*rows, source=source).outcomes.to_pylist() == ["duplicate", "accepted"]


CHANGES = "updated_at: GXSJ, changes: {operation: BZ}"


@pytest.fixture
def changing(declare, declaration):
    text = declaration.replace("updated_at: GXSJ", CHANGES).replace("ignore: [BZ]", "ignore: []")
    return declare(text + "vanished: cancel\n")


def test_an_end_needs_nothing_but_what_names_its_record(judge, changing):
    bare = dict.fromkeys(["MC", "DM", "LX", "FZRQ", "QSRQ", "YXQZ", "ZT", "QH", "LB", "JYFW"])
    assessed = judge(
        {"BZ": "I"}, {**bare, "XKZBH": "2", "BZ": "D"}, {**bare, "XKZBH": None, "BZ": "D"}, source=changing
    )
    assert (assessed.findings.num_rows, assessed.verdict.accepted, assessed.verdict.endings) == (0, 3, 2)


def test_contents_compete_with_contents_and_ends_with_ends(judge, changing):
    times = [f"2026-03-01 0{hour}:00:00" for hour in (5, 6, 7, 8)]
    rows = [{"GXSJ": time, "BZ": what, "JYFW": time} for time, what in zip(times, "IDUD", strict=True)]
    assessed = judge(*rows, source=changing)
    assert assessed.outcomes.to_pylist() == ["duplicate", "duplicate", "accepted", "accepted"]


def test_a_content_and_an_end_of_the_same_time_cannot_be_decided(judge, changing):
    assessed = judge({"BZ": "U"}, {"BZ": "D"}, {"BZ": "I", "GXSJ": "2026-03-01 08:00:00"}, source=changing)
    assert assessed.outcomes.to_pylist() == ["held", "held", "duplicate"]


@pytest.mark.parametrize("operation", ["DEL", "", None, "X", "1"])
def test_an_operation_that_nobody_declared_holds_its_row(judge, changing, findings, operation):
    assessed = judge({"BZ": operation}, source=changing)
    assert (findings(assessed), assessed.outcomes.to_pylist()) == ([("operation_unknown", "BZ", 0)], ["held"])


def test_a_key_that_names_two_rows_is_reported(judge, findings):
    assert ("key_repeated", "", -1) in findings(judge({LOCATOR: "7"}, {"XKZBH": "2", LOCATOR: "7"}))


def test_a_held_row_does_not_compete(judge):
    assert judge({"GXSJ": "2026-03-01 09:00:00"}, {"ZT": "77"}).outcomes.to_pylist() == ["accepted", "held"]


def test_one_identifier_on_two_licences_holds_both(judge, findings):
    identifier = "1.2.156.3005.2.11100000000019713D008.11370400MB0000000N.370402000001.001.4"
    assessed = judge({"ZZBS": identifier}, {"ZZBS": identifier, "XKZBH": "370402000002"})
    assert findings(assessed) == [
        ("identifier_taken", "certificate_identifier", 0),
        ("identifier_taken", "certificate_identifier", 1),
    ]


@pytest.mark.parametrize(
    ("expect", "rule"),
    [
        ("expect: {rows: {min: 3}}", "rows_few"),
        ("expect: {filled: {certificate_signer: 0.5}}", "filled_low"),
    ],
)
def test_a_batch_that_is_not_what_was_declared_is_refused(judge, findings, declare, declaration, expect, rule):
    assessed = judge({}, {"ZT": "77"}, source=declare(declaration + expect))
    assert [item[0] for item in findings(assessed)] == [rule]
    assert assessed.verdict.refused == [rule]
    assert (assessed.verdict.accepted, assessed.verdict.held) == (0, 0)
    assert "expected" in assessed.verdict.reason
    assert "found" in assessed.verdict.reason


def test_more_rows_than_declared_only_warn(judge, findings, declare, declaration):
    assessed = judge({}, {"XKZBH": "2"}, source=declare(declaration + "expect: {rows: {max: 1}}"))
    assert findings(assessed) == [("rows_many", "", -1)]
    assert assessed.verdict.accepted == 2


@pytest.mark.parametrize(
    ("effects", "refused"),
    [
        (Effects(), []),
        (Effects(had=10, lost=2, compared=True), []),
        (Effects(had=10, lost=3, compared=True), ["snapshot_shrunk"]),
        (Effects(had=10, lost=10, compared=False), []),  # the first full reading finds what was not noticed before
        (Effects(had=50, lost=11, compared=False), ["snapshot_shrunk"]),
        (Effects(had=10, moved=10), []),
        (Effects(had=50, moved=11), ["register_turned_over"]),
        (Effects(had=100, moved=11), []),
    ],
)
def test_a_batch_that_would_end_more_than_a_fifth_of_the_records_is_refused(judge, effects, refused):
    assert judge({}, {"XKZBH": "2"}, before=Baseline(effects=effects)).verdict.refused == refused


@pytest.mark.parametrize(("lost", "most", "shown"), [(4, 0.2, "<= 3 / 18"), (8, 0.4, "<= 7 / 18"), (9, 0.5, None)])
def test_the_allowed_loss_is_reported_as_a_whole_number_of_records(lost, most, shown):
    expect = Expect.model_validate({"lost": {"max": most}})
    found = too_many_lost(expect, Effects(had=18, lost=lost, compared=True))
    assert (found and found[1]) == shown


def test_rows_that_differ_from_the_sources_own_count_refuse_the_batch(judge):
    assert judge({}, manifest={"counted": 2}).verdict.refused == ["count_differs"]


def test_rows_that_belong_to_no_day_are_reported(judge, findings):
    assert findings(judge({}, manifest={"without_time": 1, "future_time": 2})) == [("rows_unseen", "", -1)]


def test_a_witness_with_another_count_is_reported(judge, findings):
    assert findings(judge({}, manifest={"witnessed": 7, "beside_witness": 7})) == []
    assert findings(judge({}, manifest={"witnessed": 9, "beside_witness": 7})) == [("witness_differs", "", -1)]


def test_a_rule_that_cannot_be_evaluated_lets_nothing_pass(judge, monkeypatch):
    def broken(columns, operands):
        raise ValueError("broken on purpose")

    monkeypatch.setitem(PREDICATES, "holder_types_known", broken)
    with pytest.raises(ExchangeError, match="cannot be evaluated"):
        judge({})


def test_an_empty_batch_is_accepted_as_such(judge, findings):
    blank = dict.fromkeys(["ID", "GXSJ", "XKZBH", "MC", "DM", "LX", "FZRQ", "QSRQ", "YXQZ", "ZT", "QH", "LB", "JYFW"])
    assessed = judge(blank)
    assert (assessed.verdict.extracted, assessed.verdict.left_out, findings(assessed)) == (0, 1, [])
