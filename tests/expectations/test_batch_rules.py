import pytest

from expectations.assess import Before
from expectations.predicates import PREDICATES
from standard.errors import ExchangeError


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


@pytest.mark.parametrize(("last", "refused"), [(None, []), (2, []), (3, ["snapshot_shrunk"])])
def test_a_snapshot_that_lost_more_than_a_fifth_is_refused(judge, last, refused):
    assert judge({}, {"XKZBH": "2"}, before=Before(size=last)).verdict.refused == refused


def test_rows_that_differ_from_the_sources_own_count_refuse_the_batch(judge):
    assert judge({}, manifest={"counted": 2}).verdict.refused == ["count_differs"]


def test_rows_that_no_day_would_see_are_said(judge, findings):
    assert findings(judge({}, manifest={"without_time": 1, "future_time": 2})) == [("rows_unseen", "", -1)]


def test_a_rule_that_cannot_be_evaluated_lets_nothing_pass(judge, monkeypatch):
    def broken(columns, given):
        raise ValueError("broken on purpose")

    monkeypatch.setitem(PREDICATES, "holder_types_known", broken)
    with pytest.raises(ExchangeError, match="cannot be evaluated"):
        judge({})


def test_an_empty_batch_is_accepted_as_such(judge, findings):
    blank = dict.fromkeys(["ID", "GXSJ", "XKZBH", "MC", "DM", "LX", "FZRQ", "QSRQ", "YXQZ", "ZT", "QH", "LB", "JYFW"])
    assessed = judge(blank)
    assert (assessed.verdict.extracted, assessed.verdict.left_out, findings(assessed)) == (0, 1, [])
