"""`licex check --connect` compares the header of a file with the declaration, as it does the columns of a table."""

import json
import os

import pytest

from tests.city import with_extract

TITLES = [
    "ID",
    "GXSJ",
    "XKZBH",
    "ZZBS",
    "MC",
    "DM",
    "LX",
    "FZRQ",
    "QSRQ",
    "YXQZ",
    "ZT",
    "QH",
    "LB",
    "QZR",
    "JYFW",
    "BZ",
]


@pytest.fixture
def header(city, declaration, monkeypatch):
    """Write the text file of the department, with these titles and one row."""
    text = with_extract(declaration, "{kind: text, connection: transport, path: XKZ.csv}")
    (city / "sources/transport/road.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("LICEX_CONN_TRANSPORT", str(city))

    def write(titles):
        path = city / "XKZ.csv"
        path.write_text("\n".join(",".join(each) for each in (titles, ["x"] * len(titles))), encoding="utf-8")
        os.utime(path, (1e9, 1e9))

    return write


DECLARED = [title for title in TITLES if title not in {"ID", "GXSJ"}]


def test_a_header_as_declared(header, licex):
    header(DECLARED)
    code, out, err = licex("check", "--connect")
    assert (code, err.strip()) == (0, "")
    assert out == "transport.road: XKZ.csv, utf-8: 14 columns\n"


def test_every_undeclared_column_is_named(header, licex):
    more = [f"MORE_{number}" for number in range(80)]
    header([*DECLARED, *more])
    code, out, _ = licex("check", "--connect")
    assert code == 0
    assert f"nobody declared {', '.join(more)}: a first batch is refused" in out
    facts = json.loads(licex("check", "--connect", "--json")[1])["transport.road"]
    assert facts["columns"] == [*DECLARED, *more]
    assert all(name in facts["undeclared"][0] for name in more)


def test_a_declared_column_that_is_missing(header, licex):
    header([{"BZ": "BEIZHU"}.get(title, title) for title in DECLARED])
    code, _, err = licex("check", "--connect")
    assert code == 1
    assert "expected the columns BZ that its declaration names" in err


def test_a_file_without_a_header(header, licex):
    header(["a", "b"])
    code, _, err = licex("check", "--connect")
    assert code == 1
    assert "transport.road: expected the columns XKZBH" in err


def test_no_file(header, licex):
    code, _, err = licex("check", "--connect", "--json")[0], *licex("check", "--connect")[1:]
    assert code == 3
    assert "expected a file at" in err
