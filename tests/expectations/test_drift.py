from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.assess import Baseline
from expectations.drift import judge_drift
from standard.batch import Manifest
from standard.raw import FAULT, LOCATOR
from workspace.column_profile import Profile, merge_profiles

AT = "2026-03-01T16:00:00.000000Z"
OFTEN = 200  # rows, enough for significant shares


@pytest.fixture
def manifest(declare):
    """The manifest of raw rows, with their profile."""

    def make(rows, source=None, **facts):
        names = [name for name in rows.column_names if name not in {LOCATOR, FAULT}]
        profile = Profile(source or declare(), names)
        profile.add(rows)
        known = {"kind": "incremental", "taken_at": AT, "read": rows.num_rows, "rows": rows.num_rows, "digest": ""}
        return Manifest(
            batch="transport.road/2026-03-01", columns=names, profile=profile.as_json(), **{**known, **facts}
        )

    return make


@pytest.fixture
def many(raw):
    """A number of good rows, all with the same changes."""
    return lambda count=OFTEN, **different: raw(*[{"XKZBH": f"3704020{i:05}", **different} for i in range(count)])


@pytest.fixture
def drift(declare):
    """The findings from two manifests, as (rule, element, value, expected)."""

    def found(today, last, rows=0, usual=(), source=None):
        table = judge_drift((source or declare()).declaration, today, last, rows, usual)
        return [(f["rule"], f["element"], f["value"], f["expected"]) for f in table.to_pylist()]

    return found


def renamed(rows, **names):
    return rows.rename_columns([names.get(name, name) for name in rows.column_names])


def with_column(rows, name, values):
    index = rows.schema.get_field_index(name)
    column = pa.array(values, pa.string())
    return rows.append_column(name, column) if index < 0 else rows.set_column(index, name, column)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("XKZBH", "XKZBH2", "certificate_number: XKZBH2；leave_out: XKZBH2"),
        ("ZT", "zt", 'certificate_status: {"from": "zt", "lookup": ["status_transport"]}'),
        ("GXSJ", "GXSJ1", "updated_at: GXSJ1"),
        ("ID", "IDS", "key: [IDS]"),
        ("BZ", "BZ1", "ignore: [BZ1]"),
    ],
)
def test_a_renamed_column_is_found_by_its_name_with_the_line_to_write(manifest, many, drift, old, new, line):
    today = manifest(renamed(many(), **{old: new}))
    assert drift(today, manifest(many())) == [("column_renamed", old, new, line)]


def test_a_renamed_column_is_found_by_what_it_holds(manifest, many, drift):
    days = [f"2026-0{1 + i % 9}-1{i % 9}" for i in range(OFTEN)]
    today = manifest(renamed(with_column(many(), "FZRQ", days), FZRQ="颁发日期"))
    assert drift(today, manifest(many())) == [
        ("column_renamed", "FZRQ", "颁发日期", "certificate_issued_date: 颁发日期")
    ]


def test_it_is_not_guessed_which_of_two_similar_columns_was_renamed(manifest, many, drift):
    today = manifest(renamed(many(), FZRQ="甲", QSRQ="乙"))
    assert [item[:2] for item in drift(today, manifest(many()))] == [
        ("column_dropped", "FZRQ"),
        ("column_dropped", "QSRQ"),
        ("column_added", "甲"),
        ("column_added", "乙"),
    ]


def test_a_like_name_with_other_contents_is_no_renaming(manifest, many, drift):
    today = manifest(with_column(many().drop_columns(["FZRQ"]), "FZRQ2", ["某人民政府"] * OFTEN))
    assert [item[0] for item in drift(today, manifest(many()))] == ["column_dropped", "column_added"]


def test_a_column_that_never_existed_was_not_dropped(manifest, many, drift):
    rows = many().drop_columns(["QZR"])
    assert [item[0] for item in drift(manifest(rows), manifest(rows))] == ["columns_missing"]


def test_values_in_place_of_titles_are_not_shown(manifest, many, drift):
    rows = many()
    lost = rows.rename_columns([f"张三{i}" for i in range(rows.num_columns - 1)] + [LOCATOR])
    assert {item[2] for item in drift(manifest(lost), manifest(rows))} == {f"{rows.num_columns - 1} 列"}


def test_a_changed_type_is_reported_as_the_source_names_it(manifest, many, drift):
    last, today = manifest(many(), types={"QZR": "VARCHAR(20)"}), manifest(many(), types={"QZR": "VARCHAR(10)"})
    assert drift(today, last) == [("column_type", "QZR", "VARCHAR(10)", "VARCHAR(20)")]
    assert drift(replace(today, origin={"backend": "other"}), last) == []


def test_dates_that_became_numbers_are_seen_without_types(manifest, many, drift):
    today = manifest(many(FZRQ="46082"))
    assert drift(today, manifest(many())) == [("column_type", "FZRQ", "digits", "date")]


def test_a_jump_of_nulls_is_reported_and_fewer_nulls_are_not(manifest, many, drift):
    full, half = manifest(many()), manifest(with_column(many(), "DM", [None, "91370402MA0000007Y"] * (OFTEN // 2)))
    assert drift(half, full) == [("nulls_jumped", "DM", "50.0%", "0.0%")]
    assert drift(full, half) == []


def test_empty_text_is_as_empty_as_null(manifest, many, drift):
    assert [item[:2] for item in drift(manifest(many(DM="")), manifest(many()))] == [("nulls_jumped", "DM")]


def test_a_code_whose_share_jumped_is_reported(manifest, many, drift):
    today = manifest(with_column(many(), "ZT", ["03", "10"] * (OFTEN // 2)))
    assert drift(today, manifest(many())) == [("code_jumped", "ZT", "03: 50.0%", "03: 0.0%")]


@pytest.mark.parametrize(("count", "found"), [(49, []), (50, ["nulls_jumped"])])
def test_shares_of_small_batches_are_not_compared(manifest, many, drift, count, found):
    assert [item[0] for item in drift(manifest(many(count, LB=None)), manifest(many()))] == found


def test_what_fifty_rows_may_show_by_chance_is_no_drift(manifest, many, drift):
    def empty_in(rows, count):
        return manifest(with_column(many(rows), "LB", [None] * count + ["2"] * (rows - count)))

    assert drift(empty_in(50, 42), empty_in(50, 25)) == []  # 84 % compared with 50 %
    assert [item[0] for item in drift(empty_in(100, 84), empty_in(100, 50))] == ["nulls_jumped"]


@pytest.mark.parametrize(
    ("usual", "rows", "found"),
    [
        ([500, 480, 510, 490], 0, False),  # too few to know what is usual
        ([500, 480, 510, 490, 505], 495, False),
        ([500, 480, 510, 490, 505], 100, True),
        ([500, 480, 510, 490, 505], 900, True),
        ([500, 480, 510, 0, 0, 490, 505, 0, 0], 0, False),  # quiet days are within the band
        ([4, 1, 0, 3, 2], 9, False),  # small numbers vary by chance
        ([10_000, 10_010, 10_020, 10_030, 1_000_000], 10_040, False),  # one odd batch does not move the band
        ([10_000, 10_010, 10_020, 10_030, 1_000_000], 900_000, True),
    ],
)
def test_rows_outside_the_usual_band_are_reported(manifest, many, drift, usual, rows, found):
    today = manifest(many(1))
    assert [item[0] for item in drift(today, today, rows, usual)] == (["rows_unusual"] if found else [])


ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            name: st.none() | st.sampled_from(["01", "10", "长期", ""]) | st.text(max_size=5)
            for name in ("ZT", "LB", "QH", "JYFW", "FZRQ", "MC")
        },
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, times=st.integers(1, 20))
def test_a_batch_compared_with_itself_never_drifts(manifest, raw, drift, rows, times):
    today = manifest(raw(*(rows * times)))
    assert drift(today, replace(today, batch="transport.road/2026-02-28"), len(rows), [len(rows)] * 5) == []


def test_samples_of_one_source_never_drift(manifest, many, drift):
    chance = np.random.default_rng(20260301)

    def sample(size):
        rows = many(size)
        for name, values in {
            "ZT": ["10", "03", "01"],
            "LB": ["2", None, "1"],
            "QH": ["370402", "370403", "370481"],
        }.items():
            rows = with_column(rows, name, chance.choice(np.array(values, object), size, p=[0.5, 0.3, 0.2]).tolist())
        return manifest(rows)

    batches = [sample(int(size)) for size in chance.integers(50, 400, 40)]
    assert [drift(today, last) for last, today in pairwise(batches)] == [[]] * 39


def test_a_batch_in_parts_has_the_profile_of_the_batch_in_one(declare, many):
    rows, source = many(), declare()

    def profiled(part):
        profile = Profile(source, rows.column_names)
        profile.add(part)
        return profile.as_json()

    in_one, parts = profiled(rows), merge_profiles([profiled(rows[:90]), profiled(rows[90:])])
    # Shapes are counted in a sample of each part.
    assert {name: {**column, "shapes": 0} for name, column in in_one.items()} == {
        name: {**column, "shapes": 0} for name, column in parts.items()
    }


def test_a_batch_with_a_new_column_is_delivered_and_the_column_left_out(judge, manifest, raw, findings):
    assessed = judge({"XIN": "1"}, {"XKZBH": "2", "XIN": "2"}, before=Baseline(manifest=manifest(raw({}))))
    assert findings(assessed) == [("column_added", "XIN", -1)]
    assert (assessed.verdict.refused, assessed.verdict.accepted) == ([], 2)
    assert judge({"XIN": "1"}).verdict.refused == ["columns_unknown"]


@pytest.mark.parametrize(
    ("reaction", "refused", "found"),
    [
        ("refuse", ["column_added"], ["column_added"]),
        ("warn", [], ["column_added"]),
        ("ignore", [], []),
    ],
)
def test_the_declaration_decides_what_drift_does(judge, manifest, raw, declare, declaration, reaction, refused, found):
    source = declare(declaration + f"expect: {{drift: {{column_added: {reaction}}}}}")
    assessed = judge({"XIN": "1"}, source=source, before=Baseline(manifest=manifest(raw({}))))
    assert assessed.verdict.refused == refused
    assert assessed.findings["rule"].to_pylist() == found
    assert bool(assessed.verdict.reason) == bool(refused)


def test_a_dropped_column_refuses_unless_the_declaration_lets_it_pass(judge, manifest, raw, declare, declaration):
    before = Baseline(manifest=manifest(raw({})))
    gone = manifest(raw({}).drop_columns(["QZR"])).columns
    assert judge({}, before=before, manifest={"columns": gone}).verdict.refused == ["column_dropped"]
    source = declare(declaration + "expect: {drift: {column_dropped: warn}}")
    assert judge({}, before=before, manifest={"columns": gone}, source=source).verdict.accepted == 1


def test_how_far_shares_may_move_is_declared(manifest, many, drift, declare, declaration):
    last, today = manifest(many()), manifest(with_column(many(), "LB", [None, "2"] * (OFTEN // 2)))
    source = declare(declaration + "expect: {drift: {nulls_jumped: {more_than: 0.6}}}")
    assert drift(today, last, source=source) == []
    assert source.declaration.expect.drift.reactions["nulls_jumped"] == "warn"


@pytest.mark.parametrize(
    ("now", "before", "found"),
    [
        ({"0000-00-00 00:00:00": 3}, {"00000000000000": 9}, [("0000-00-00 00:00:00", "00000000000000")]),
        ({"0000/0/0": 1, "00000000": 9, "": 1}, {"00000000": 9}, [("0000/0/0", "00000000")]),
        ({"00000000": 9}, {"00000000": 9, "0000-00-00": 1}, []),  # a form that no longer occurs is no problem
        ({"00000000": 9, "": 1}, {"00000000": 9}, []),
        ({"00000000": 9}, {}, []),  # from before forms were stored
    ],
)
def test_a_new_form_of_update_times_is_a_change_of_its_column(drift, manifest, raw, now, before, found):
    today, last = (manifest(raw({}), forms=forms) for forms in (now, before))
    assert drift(today, last) == [("column_type", "GXSJ", *item) for item in found]
