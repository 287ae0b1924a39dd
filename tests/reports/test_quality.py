"""The quality report of a department's day, before it is drawn."""

from dataclasses import replace

import pyarrow as pa
import pytest

from reports.quality import COURSE_DAYS, equations, finding_status, quality_report, score
from standard.rule import Dimension
from standard.rules import RULES


def test_the_last_run_of_the_day_counts(source, day, entry, findings):
    runs = [entry(run=2, held=0), entry(run=1), entry(run=9, source="other.source"), entry(day.plus(1), run=5)]
    report = quality_report(source, day, runs, findings())
    assert (report.entry.run, report.entry.held) == (2, 0)
    assert report.course == (report.entry,)


def test_a_day_without_a_batch_has_no_entry_but_a_course(source, day, entry, findings):
    report = quality_report(source, day, [entry(day.plus(-1))], findings())
    assert report.entry is None
    assert [each.day for each in report.course] == [str(day.plus(-1))]


def test_the_course_has_a_limited_number_of_days_in_order(source, day, entry, findings):
    report = quality_report(source, day, [entry(day.plus(-back)) for back in range(COURSE_DAYS + 5)], findings())
    assert [each.day for each in report.course] == [str(day.plus(-back)) for back in reversed(range(COURSE_DAYS))]


def test_findings_are_ordered_by_urgency_and_open_ones_of_earlier_days_are_separate(source, day, entry, findings):
    before = str(day.plus(-2))
    table = findings(
        {"rule": "duplicate"},
        {"rule": "required"},
        {"rule": "holder_code"},
        {"rule": "holder_code"},
        {"rule": "count_differs", "locator": ""},
        {"rule": "length", "day": before, "last_day": before},
        {"rule": "status", "day": before, "last_day": before, "open": False},
    )
    report = quality_report(source, day, [entry()], table)
    assert [(each.rule.id, each.count) for each in report.to_correct] == [
        ("count_differs", 1),
        ("holder_code", 2),
        ("required", 1),
    ]
    assert [each.rule.id for each in report.notices] == ["duplicate"]
    assert [each.rule.id for each in report.earlier] == ["length"]
    assert [each.rule.id for each in report.refusals] == ["count_differs"]
    assert report.count == 6


@pytest.mark.parametrize(
    ("reactions", "status", "refusing"),
    [
        ({}, "refused", ["column_dropped"]),
        ({"column_added": "refuse", "column_dropped": "warn"}, "refused", ["column_added"]),
        ({"column_added": "refuse", "column_dropped": "refuse"}, "refused", ["column_added", "column_dropped"]),
        ({"column_added": "refuse", "column_dropped": "refuse"}, "delivered", []),  # declared later
    ],
)
def test_the_declared_reaction_of_a_batch_rule_decides_between_refusal_and_notice(
    source, day, entry, refused, findings, reactions, status, refusing
):
    found = findings({"rule": "column_added", "locator": ""}, {"rule": "column_dropped", "locator": ""})
    run = refused(day) if status == "refused" else entry(day)
    report = quality_report(replace(source, reactions=reactions), day, [run], found)
    assert sorted(each.rule.id for each in report.refusals) == refusing
    assert all(each.rule.critical for each in report.to_correct)
    assert sorted(each.rule.id for each in report.notices) == sorted({"column_added", "column_dropped"} - {*refusing})
    assert not any(each.rule.critical for each in report.notices)


def test_findings_of_one_rule_keep_their_order(source, day, entry, findings):
    found = findings(*({"locator": f"登记表!{row}"} for row in (9, 2, 7)))
    (group,) = quality_report(source, day, [entry()], found).to_correct
    assert [row["locator"] for row in group.head(2)] == ["登记表!9", "登记表!2"]


def test_a_finding_of_a_withdrawn_rule_is_still_shown(source, day, entry, findings):
    (group,) = quality_report(source, day, [entry()], findings({"rule": "of_old"})).notices
    assert group.rule.title_zh == "of_old"


def test_a_score_is_the_share_of_rows_without_a_finding(entry):
    assessed = entry(extracted=200, held=0, unchanged=0, failing={"accuracy": 1, "completeness": 200})
    assert score(assessed, Dimension.ACCURACY) == pytest.approx(0.995)
    assert score(assessed, Dimension.COMPLETENESS) == 0
    assert score(assessed, Dimension.TIMELINESS) == 1


@pytest.mark.parametrize("what", ["absent", "empty", "refused", "failed"])
def test_a_batch_without_assessed_rows_has_no_score(what, entry, refused):
    nothing = entry(extracted=0, held=0, duplicates=0, updated=0, unchanged=0, stale=0)
    cases = {"absent": None, "empty": nothing, "refused": refused(), "failed": refused(status="failed", refused=0)}
    assert score(cases[what], Dimension.ACCURACY) is None


def test_the_three_equations_are_those_of_the_ledger(entry):
    read, extracted, accepted = equations(entry().as_dict())
    assert read.whole == ("read", 1242)
    assert read.parts == (("left_out", 2), ("extracted", 1240))
    assert extracted.parts == (("accepted", 1202), ("held", 30), ("duplicates", 8), ("refused", 0))
    assert [name for name, _ in accepted.parts] == ["inserted", "updated", "unchanged", "stale"]
    assert all(each.holds for each in (read, extracted, accepted))
    assert not equations(entry().as_dict() | {"read": 7})[0].holds


@pytest.mark.parametrize(
    ("rule", "changed", "expected"),
    [
        ("required", {"platform_holds": True}, ["platform_older"]),
        ("required", {"platform_holds": False}, ["platform_none"]),
        ("required", {"platform_holds": None}, []),
        ("required", {"platform_holds": True, "open": False}, ["corrected"]),
        ("required", {"platform_holds": None, "first_day": "2026-02-01"}, ["since"]),
        ("identifier_legacy", {"platform_holds": True}, []),
        ("snapshot_shrunk", {"platform_holds": False}, []),
    ],
)
def test_the_status_of_a_finding(rule, changed, expected, day, findings):
    (finding,) = findings({"rule": rule, **changed}).to_pylist()
    assert [key for key, _ in finding_status(RULES[rule], finding, day)] == expected


def test_a_million_findings_are_grouped(source, day, entry, findings):
    few = findings({"rule": "required"}, {"rule": "duplicate"})
    many = few.take(pa.array(range(2)).take(pa.array([0, 1] * 500_000)))
    report = quality_report(source, day, [entry()], many)
    assert (report.to_correct[0].count, report.notices[0].count) == (500_000, 500_000)
