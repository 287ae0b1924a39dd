import pytest

from onboarding.scaffold import rows_to_add, write_declaration
from onboarding.suggest import Suggestion
from sources.register import Register
from standard.errors import UsageError


@pytest.fixture
def found(proposed):
    return proposed({"许可证号": ["A1", "A2"], "法定代表人": ["甲某", "乙某"]})


def test_an_empty_folder_gets_everything_that_passes_the_check(found, tmp_path):
    written, remaining = write_declaration(found, tmp_path / "city")
    assert [path.relative_to(tmp_path / "city").as_posix() for path in written] == [
        "water/abstraction.yaml",
        "licence_type.csv",
        "face_field.csv",
    ]
    assert remaining == {}
    register = Register(tmp_path / "city")
    assert register.problems("water.abstraction") == []
    face = {field.name: field.personal for field in register.source("water.abstraction").face}
    assert face == {"KZ_FDDBR": True}


def test_nothing_that_is_there_is_written_over(found, tmp_path):
    (tmp_path / "licence_type.csv").write_text("code,name\n", encoding="utf-8")
    (tmp_path / "face_field.csv").write_text("certificate_type_code,short_name,title,kind\n", encoding="utf-8")
    written, remaining = write_declaration(found, tmp_path)
    assert [path.name for path in written] == ["abstraction.yaml"]
    assert (tmp_path / "licence_type.csv").read_text(encoding="utf-8") == "code,name\n"
    assert remaining["licence_type.csv"].startswith("11370400MB0000000N901,")
    assert "KZ_FDDBR" in remaining["face_field.csv"]
    assert remaining == {name: rows.partition("\n")[2] for name, rows in rows_to_add(found).items()}
    with pytest.raises(UsageError, match="expected no declaration yet, found one"):
        write_declaration(found, tmp_path)


def test_the_other_ending_counts_too(found, tmp_path):
    (tmp_path / "water").mkdir()
    (tmp_path / "water" / "abstraction.yml").touch()
    with pytest.raises(UsageError, match="expected no declaration yet"):
        write_declaration(found, tmp_path)


def test_a_source_without_a_name_has_no_place(tmp_path):
    with pytest.raises(UsageError, match="expected the name of the source"):
        write_declaration(Suggestion({"title": "x"}), tmp_path)
    assert list(tmp_path.iterdir()) == []
