"""Valid declarations are read, and the problems of all others are reported."""

from pathlib import Path

import pytest

import sources
from sources.register import Register
from sources.yaml_text import Document
from standard.errors import DeclarationError

OURS = Register(Path(sources.__file__).parent)


@pytest.mark.parametrize("name", list(OURS))
def test_every_declared_source_can_be_used(name):
    assert OURS.problems(name) == []
    assert OURS.source(name).name == name


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 0012", "0012"),
        ("a: no", "no"),
        ("a: 2026-01-01", "2026-01-01"),
        ("a: 1e3", "1e3"),
        ("a: null", None),
        ("a: ~", None),
    ],
)
def test_scalars_stay_text_but_null(text, value):
    assert Document(text).value == {"a": value}


def test_lines_are_those_of_the_deepest_key_that_is_there():
    document = Document("a:\n  b:\n    - x\n    - y\n")
    assert [document.line(path) for path in ((), ("a",), ("a", "b"), ("a", "b", 1), ("a", "z"))] == [1, 1, 2, 4, 1]


BAD = {
    "title: x\ntitle: y\n": "stands here twice",
    "a: &x 1\nb: *x\n": "aliases are not used",
    "a: [\n": "expected YAML",
    "? [a]\n: 1\n": "expected YAML",
    "a: !!int 12a\n": "expected YAML",
}


@pytest.mark.parametrize(("text", "sentence"), BAD.items(), ids=str)
def test_what_is_not_plain_yaml_is_one_problem_with_its_line(declare, text, sentence):
    with pytest.raises(DeclarationError, match=sentence):
        declare(text)


CHANGES = {
    "unknown key extract.tabel; did you mean table?": ("table: XKZ", "tabel: XKZ"),
    "give either table or query": ("table: XKZ", "table: XKZ, query: SELECT 1"),
    "a schedule is five cron fields": ('"30 1 * * *"', '"99 25 * * *"'),
    "expected a type code of the catalogue": ("11100000000019713D008", "11100000000019713D997"),
    "expected a unified social credit code": ("{code: 11370400MB0000000N", "{code: 11370400MB0000000X"),
    "unknown element certificate_numer": ("certificate_number:", "certificate_numer:"),
    "expected the required element certificate_holder_name": (
        "  certificate_holder_name: {from: MC",
        "  KZ_MC: {from: MC",
    ),
    "expected the name of a lookup, found status_transprot; did you mean status_transport?": (
        "lookup: status_transport",
        "lookup: status_transprot",
    ),
    "expected one of VALID": ("open_ended: {", "own: {好: GOOD}, open_ended: {"),
    "is not a date, so it has no formats": (
        "certificate_signer: QZR",
        "certificate_signer: {from: QZR, formats: '%Y'}",
    ),
    "expected a strptime form with year, month and day": ('"%Y-%m-%d", "%Y年%m月%d日"', '"%Y-%m", "%Q"'),
    "expected a form that cannot be taken for a real date": ('"%Y-%m-%d", "%Y年%m月%d日"', '"%Y-%d-%m"'),
    "BZ is both mapped and ignored": ("certificate_signer: QZR", "certificate_signer: BZ"),
    "expected patterns that leave some rows in": ("[合计*, 制表人*]", "['*']"),
    "a duration is a number with m, h or d": ("updated_at: GXSJ", "updated_at: GXSJ, look_back: 2 hours"),
    "no such time zone": ("updated_at: GXSJ", "updated_at: GXSJ, time_zone: Asia/Zaozhuang"),
}


@pytest.mark.parametrize(("sentence", "change"), CHANGES.items(), ids=str)
def test_a_problem_is_one_sentence(declare, declaration, sentence, change):
    old, new = change
    assert old in declaration
    changed = declaration.replace(old, new)
    if "own:" in new:
        changed = changed.replace("lookup: status_transport", "lookup: own")
    with pytest.raises(DeclarationError) as refused:
        declare(changed)
    assert sentence in str(refused.value)
    assert "road.yaml:" in str(refused.value)


def test_all_problems_are_reported_at_once_in_the_order_of_their_lines(declare, declaration):
    with pytest.raises(DeclarationError) as refused:
        declare(declaration.replace("certificate_signer", "certificate_signr").replace("11100000000019713D008", "1"))
    assert len(str(refused.value).splitlines()) == 2


def test_a_city_adds_types_face_fields_and_areas(declare, declaration, raw):
    city = {
        "licence_type.csv": "code,name,holder_category\n11370400MB0000000N900,枣庄市地方证照,2\n",
        "area.csv": "code,name\n370407,高新区\n",
        "face_field.csv": "certificate_type_code,short_name,title,kind,length,required\n11370400MB0000000N900,KZ_JYFW,经营范围,text,10,1\n",
    }
    source = declare(declaration.replace("11100000000019713D008", "11370400MB0000000N900"), city=city)
    assert source.licence_type.name == "枣庄市地方证照"
    assert "370407000000" in source.city.areas
    assert [(field.title, field.length, field.required) for field in source.face] == [("经营范围", 10, True)]
