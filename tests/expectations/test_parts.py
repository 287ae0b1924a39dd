import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from expectations.assess import Baseline
from expectations.gate import first_causes, held_rows, outcomes, refusals
from standard.finding import FINDING, findings_on_batch
from standard.raw import FAULT
from standard.violation import Violation

ROWS = st.lists(
    st.fixed_dictionaries(
        {"XKZBH": st.sampled_from(["1", "2", "3"]), "JYFW": st.sampled_from(["甲", "乙"]), FAULT: st.none()},
        optional={"ZT": st.sampled_from(["77", "10"]), "GXSJ": st.sampled_from(["2026-03-01 09:00:00"])},
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, cut=st.integers(0, 8))
def test_a_batch_in_parts_is_judged_like_the_batch_in_one(judge, rows, cut):
    in_one, parts = judge(*rows), judge(*rows, parts=[min(cut, len(rows))])
    assert parts.outcomes.to_pylist() == in_one.outcomes.to_pylist()
    assert parts.findings.drop_columns(["locator"]).equals(in_one.findings.drop_columns(["locator"]))
    assert parts.verdict == in_one.verdict


def test_one_identifier_in_two_parts_holds_both(judge, findings):
    identifier = "1.2.156.3005.2.11100000000019713D008.11370400MB0000000N.370402000001.001.4"
    assessed = judge({"ZZBS": identifier}, {"ZZBS": identifier, "XKZBH": "370402000002"}, parts=[1])
    assert findings(assessed) == [
        ("identifier_taken", "certificate_identifier", 0),
        ("identifier_taken", "certificate_identifier", 1),
    ]


def test_outcomes_take_one_byte_a_row():
    row_outcomes = outcomes(1_000_000, FINDING.empty_table())
    assert row_outcomes.indices.nbytes == 1_000_000
    assert row_outcomes[0].as_py() == "accepted"


def test_every_finding_on_the_batch_stays():
    found = [findings_on_batch([Violation("filled_low", name)], "") for name in ("a", "b")]
    assert first_causes(found[0].schema.empty_table()).num_rows == 0
    assert first_causes(pa.concat_tables(found)).num_rows == 2
    assert held_rows(pa.concat_tables(found)).to_pylist() == []


@pytest.mark.parametrize(
    ("reactions", "refused"),
    [({}, ["column_dropped"]), ({"column_dropped": "warn", "column_added": "refuse"}, ["column_added"])],
)
def test_what_the_declaration_says_of_a_rule_comes_before_its_weight(reactions, refused):
    found = findings_on_batch([Violation("column_dropped"), Violation("column_added")], "")
    assert refusals(found, reactions) == refused


def test_what_was_usual_is_passed_on(judge, findings):
    assert findings(judge({}, before=Baseline(usual=[1000] * 5))) == [("rows_unusual", "", -1)]
