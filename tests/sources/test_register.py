"""Files that are declarations, and the problems reported of misplaced ones."""

import pytest

from sources.register import Register

TEXT = "title: x\nextract: {kind: database}\ncolumns: {}\n"


@pytest.fixture
def register(tmp_path):
    def with_files(*names, text=TEXT):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return Register(tmp_path)

    return with_files


@pytest.mark.parametrize("name", ["top.yaml", "top.yml", "transport/2026/ride.yaml"])
def test_a_declaration_that_nobody_reads_where_it_stands_is_named(register, name):
    (problem,) = register(name, "transport/road.yaml").misplaced()
    assert str(problem).endswith(
        f"{name}:1: expected a declaration at <department>/<licence>.yaml, found it elsewhere; "
        "move it, since nobody reads it here"
    )


def test_yaml_of_others_in_the_repository_of_a_city_is_no_declaration(register):
    register("mkdocs.yml", "deploy/k8s/pod.yaml", text="kind: Pod\n")
    assert register(".github/workflows/x.yml", "transport/road.yaml").misplaced() == []


def test_of_two_declarations_of_one_name_none_is_taken(register):
    (problem,) = register("transport/road.yaml", "transport/road.yml").problems("transport.road")
    assert (
        problem.message == "expected one declaration of transport.road, found road.yaml beside it; keep one of the two"
    )


@pytest.mark.parametrize(
    "name", ["transport/网约车.yaml", "交通/road.yaml", "transport/road.new.yaml", "transport/a b.yaml"]
)
def test_names_that_are_none_of_a_source_are_refused(register, name):
    read = register(name)
    (problem,) = read.problems(next(iter(read)))
    assert problem.message == f"expected names of folder and file of letters, digits, _ and -, found {name}; rename it"
