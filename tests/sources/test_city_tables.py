"""The tables of a city are checked as declarations are: every problem at once, with its file and line."""

import pytest

from sources.city_tables import read_table
from sources.register import Register
from standard.codes import catalogue

FACE = "certificate_type_code,short_name,title,kind,length,required,personal\n"
TYPE = "11100000000019713D008"

WRONG = {
    "licence_type.csv": {
        "code,nam\n": [(1, "found no name"), (1, "found nam; did you mean name?")],
        "code,name,colour\n": [(1, "found colour; remove it")],
        "code,name,name\n": [(1, "expected each column once")],
        "code,name,holder_category\n11370400MB0000000N900,甲,2,3\n": [(2, "expected 3 values, found 4")],
        "code,name\n11370400MB0000000M900,甲\n": [(2, "of which does not hold: 第18位校验字符")],
        "code,name\n11370400MB0000001R900,甲\n": [(2, "of which does not hold: 第9至17位组织机构代码")],
        "code,name\n11370400MB0000000N9,甲\n": [(2, "expected a type code (a credit code and 3 digits, 21 characters)")],
        "code,name\n\n11370400MB0000000N900,\n": [(3, "expected the name of the type")],
        "code,name,holder_category\n11370400MB0000000N900,甲,9\n": [(2, "expected holder_category to be nothing / 1 / 2 / 3")],
        "code,name\n11370400MB0000000N900,甲\n11370400MB0000000N900,乙\n": [(3, "found 11370400MB0000000N900 on line 2 too")],
        'code,name\n11370400MB0000000N900,"甲\n乙"\nx,丙\n': [(4, "expected a type code")],
        'code,name\n11370400MB0000000N900,"甲\n': [(1, "expected a CSV file, found: unexpected end of data")],
    },
    "area.csv": {
        "code,name\n37040,甲\n370407000,乙\n３７０４０７,丙\n": [(line, "expected the code of an area, six or twelve digits") for line in (2, 3, 4)],
        "code\n370407\n370407\n": [(3, "found 370407 on line 2 too")],
        "kode\n": [(1, "found no code"), (1, "did you mean code?")],
    },
    "face_field.csv": {
        FACE + f"{TYPE},KZ_A,甲,text,10,,yes\n": [(2, "expected personal to be nothing / 0 / 1, found yes; correct it")],
        FACE + f"{TYPE},KZ_A,甲,text,10,是,\n": [(2, "expected required to be nothing / 0 / 1, found 是")],
        FACE + f"{TYPE},KZ_A,甲,txt,10,,\n": [(2, "expected kind to be text / code / date / time, found txt; did you mean text?")],
        FACE + f"{TYPE},KZ_A,甲,text,ten,,\n{TYPE},KZ_B,乙,text,0,,\n{TYPE},KZ_C,丙,text,-1,,\n{TYPE},KZ_D,丁,text,１０,,\n": [
            (line, "expected a length that is a whole number") for line in (2, 3, 4, 5)
        ],
        FACE + f"{TYPE},A,甲,text,,,\n": [(2, "expected a short_name of KZ_")],
        FACE + f"{TYPE},KZ_A,,text,,,\n": [(2, "expected the title of KZ_A, found none")],
        FACE + f"{TYPE[:-1]}9,KZ_A,甲,text,,,\n": [(2, f"found {TYPE[:-1]}9; did you mean")],
        FACE + f"{TYPE},KZ_A,甲,text,,,\n{TYPE},KZ_A,乙,text,,,\n": [(3, "on line 2 too")],
        FACE.replace("personal", "personell") + f"{TYPE},KZ_A,甲,text,,,1\n": [(1, "found personell; did you mean personal?")],
        FACE + "a,b\n": [(2, "expected 7 values, found 2")],
        FACE + "x,y,,z,q,r,s\n": [
            (2, "expected a short_name"), (2, "expected the title"), (2, "expected kind"), (2, "expected a length"),
            (2, "expected required"), (2, "expected personal"), (2, "expected a type code"),
        ],
    },
}  # fmt: skip
CASES = [(name, text, expected) for name, cases in WRONG.items() for text, expected in cases.items()]


@pytest.mark.parametrize(("name", "text", "expected"), CASES)
def test_every_problem_of_a_table_is_reported_with_its_line(tmp_path, name, text, expected):
    (tmp_path / name).write_text(text, encoding="utf-8")
    _, problems = read_table(tmp_path / name, catalogue())
    assert [problem.line for problem in problems] == [line for line, _ in expected]
    for problem, (_, sentence) in zip(problems, expected, strict=True):
        assert sentence in problem.message
        assert str(problem).startswith(f"{tmp_path / name}:")


@pytest.mark.parametrize("name", WRONG)
def test_a_table_in_another_encoding_is_one_problem(tmp_path, name):
    (tmp_path / name).write_bytes("代码,名称\n".encode("gb18030"))
    assert [problem.message for problem in read_table(tmp_path / name)[1]] == [
        "expected a CSV file in UTF-8, found another encoding; save it as UTF-8"
    ]


@pytest.mark.parametrize("name", WRONG)
def test_a_table_that_is_empty_is_a_problem_and_one_that_is_not_there_is_none(tmp_path, name):
    assert read_table(tmp_path / name) == ([], [])
    (tmp_path / name).touch()
    assert read_table(tmp_path / name)[1]


def test_a_byte_order_mark_and_blank_lines_are_nothing(tmp_path):
    (tmp_path / "area.csv").write_text("\ufeffcode,name\n\n370407,高新区\n\n", encoding="utf-8")
    rows, problems = read_table(tmp_path / "area.csv")
    assert ([(row.line, row.values) for row in rows], problems) == ([(3, {"code": "370407", "name": "高新区"})], [])


def test_a_source_is_not_used_while_a_table_is_wrong_and_all_problems_are_reported(declare, declaration, tmp_path):
    declare()
    (tmp_path / "sources/area.csv").write_text("code\n1\n", encoding="utf-8")
    (tmp_path / "sources/licence_type.csv").write_text("code,name\n1,x\n", encoding="utf-8")
    road = tmp_path / "sources/transport/road.yaml"
    road.write_text(declaration.replace("certificate_signer", "certificate_signr"), encoding="utf-8")
    (tmp_path / "sources/transport/quirks.py").write_text("tidy = 1\n", encoding="utf-8")
    register = Register(tmp_path / "sources")
    found = [(problem.path.name, problem.message.split(";")[0][:30]) for problem in register.problems("transport.road")]
    assert [name for name, _ in found] == ["road.yaml", "licence_type.csv", "area.csv", "quirks.py"]
    assert register.read("transport.road")[0] is None


def test_a_field_is_personal_where_the_table_has_no_column_that_says_so(declare, declaration):
    header = "certificate_type_code,short_name,title,kind\n"
    source = declare(declaration, city={"face_field.csv": header + f"{TYPE},KZ_JYFW,经营范围,text\n"})
    assert [field.personal for field in source.face] == [True]
