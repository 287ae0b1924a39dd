"""A fault in the form of a declaration does not hide the others, and brings up none that is not there."""

from itertools import combinations

import pytest

from sources.register import Register

# A change to a good declaration, and the one sentence that it brings up.
FORM = {
    ("title: 某市", "titel: 某市"): {"unknown key titel; did you mean title?", "expected the key title, found none; add it"},
    ('schedule: "30 1 * * *"', 'schedule: "99 1 * * *"'): {"schedule: a schedule is five cron fields, such as 30 1 * * *"},
    ("table: XKZ, key", "table: XKZ, query: SELECT 1, key"): {"extract: give either table or query"},
    ("updated_at: GXSJ}", "updated_at: GXSJ, look_back: 2 hours}"): {
        "extract.look_back: a duration is a number with m, h or d, such as 90m, 2h or 1d"
    },
    ("certificate_signer: QZR", "certificate_signer: {from: QZR, constant: x}"): {
        "columns.certificate_signer: give either from or constant"
    },
    ("ignore: [BZ]", "ignore: [BZ]\nexpect: {rows: {min: many}}"): {
        "expect.rows.min: Input should be a valid integer, unable to parse string as an integer"
    },
    ("certificate_area_code: QH", "certificate_area_code: {form: QH}"): {
        "unknown key columns.certificate_area_code.form; did you mean from?"},
    ("department: {", "since: 2026-02-01\ndepartment: {"): {"expected each key once, found since again, which stands here twice; join the two"},
}  # fmt: skip
MEANING = {
    ("certificate_holder_category: LB", "certificate_holder_categry: LB"): {
        "unknown element certificate_holder_categry; did you mean certificate_holder_category?"
    },
    ("lookup: open_ended", "lookup: openended"): {"expected the name of a lookup, found openended; did you mean open_ended?"},
    ("11100000000019713D008", "11100000000019713D997"): {
        "expected a type code of the catalogue, found 11100000000019713D997; did you mean 11100000000019713D079? A city adds its own types in licence_type.csv"
    },
}  # fmt: skip
ALL = {**FORM, **MEANING}


@pytest.fixture
def problems_of(tmp_path, declaration):
    """The problems of a declaration with some changes."""

    def problems(*changes):
        text = declaration
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        folder = tmp_path / "sources/transport"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "road.yaml").write_text(text, encoding="utf-8")
        return [problem.message for problem in Register(tmp_path / "sources").problems("transport.road")]

    return problems


@pytest.mark.parametrize("change", ALL, ids=lambda change: change[1][:40])
def test_one_fault_is_reported_and_no_other(problems_of, change):
    found = problems_of(change)
    assert _alike(found, ALL[change])


@pytest.mark.parametrize("pair", list(combinations(ALL, 2)), ids=lambda pair: f"{pair[0][1][:20]} + {pair[1][1][:20]}")
def test_of_two_faults_neither_hides_the_other(problems_of, pair):
    first, second = pair
    assert _alike(problems_of(first, second), ALL[first] | ALL[second])


def test_all_faults_together_are_all_reported(problems_of):
    assert _alike(problems_of(*ALL), set().union(*ALL.values()))


def _alike(found, expected):
    """Which code a hint takes for meant does not matter."""
    cut = [{message.split("; did you mean 111")[0] for message in messages} for messages in (found, expected)]
    assert cut[0] == cut[1]
    return len(found) == len(set(found))


@pytest.mark.parametrize(
    "text",
    ["", "- 1\n", "x\n", "title: x\n", "extract: x\n", "columns: [a]\n", "columns: {a: [b]}\n", "department: x\n", "lookups: [x]\n",
     "extract: {kind: nothing}\n", "extract: {kind: database}\n", "leave_out: x\n", "expect: {drift: 1}\n", "title: {a: 1}\n",
     "ignore: {a: 1}\n", "columns: {}\n", "department: {connections: many, quiet_hours: [x]}\n", "since: never\n", "vanished: maybe\n"],
)  # fmt: skip
def test_whatever_is_no_declaration_ends_in_problems(tmp_path, text):
    folder = tmp_path / "sources/transport"
    folder.mkdir(parents=True)
    (folder / "road.yaml").write_text(text, encoding="utf-8")
    assert Register(tmp_path / "sources").problems("transport.road")


@pytest.mark.parametrize(
    ("key", "places"),
    [
        *((key, f"extract.{key}") for key in ("changes", "witness", "rising", "table", "key", "look_back", "charset")),
        *((key, f"extract.{key}") for key in ("clock_skew", "split", "updated_at", "time_zone", "path")),
        *((key, f"expect.{key}") for key in ("held", "drift", "lost", "filled", "rows")),
        *((key, f"department.{key}") for key in ("quiet_hours", "connections", "contact")),
        ("kept", "extract.changes.kept"),
        ("column_added", "expect.drift.column_added"),
        ("separator", "columns.<name>.separator"),
        ("query", "extract.query or extract.witness.query"),
        ("change", "extract.changes"),
        ("column", "columns"),
    ],
)
def test_a_misplaced_key_is_reported_with_the_place_where_it_belongs(problems_of, key, places):
    assert problems_of(("ignore: [BZ]", f"ignore: [BZ]\n{key}: x")) == [f"unknown key {key}; did you mean {places}?"]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("header_rows", "it belongs to kind: workbook"),
        ("path", "it belongs to kind: workbook or text"),
        ("schedule", "did you mean schedule or sweep.schedule?"),
        ("chages", "did you mean changes?"),
        ("hour", "remove it, or see docs/reference/declaration.md"),
    ],
)
def test_a_key_of_another_kind_of_extract_is_reported_as_such(problems_of, key, meant):
    found = problems_of(("updated_at: GXSJ}", f"updated_at: GXSJ, {key}: x}}"))
    assert found == [f"unknown key extract.{key}; {meant}"]
