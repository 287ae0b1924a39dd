from datetime import datetime

import pytest
import yaml
from sqlalchemy.engine import make_url

from extractors.files import arrival
from sources.register import Register
from standard.day import SHANGHAI, Day
from standard.raw import FAULT, LOCATOR

ELEMENTS = (
    "certificate_number",
    "certificate_holder_name",
    "certificate_holder_code",
    "certificate_issued_date",
    "certificate_effective_date",
    "certificate_expiring_date",
)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    """Files are written just before they are read here, so each would be looked at until it is seen to be settled."""
    monkeypatch.setattr(arrival, "sleep", lambda seconds: None)


@pytest.fixture
def now():
    return datetime(2026, 3, 2, 1, 30, tzinfo=SHANGHAI)


@pytest.fixture
def day():
    return Day.of("2026-03-01")


@pytest.fixture
def declare(tmp_path):
    """How to declare a source: its extract, and the titles of its columns."""

    def declared(extract, columns=("编号", "姓名", "证号", "发证日期"), name="source", drift=None):
        mapped = dict(zip(ELEMENTS, columns, strict=False))
        wanting = [element for element in ELEMENTS[:4] if element not in mapped]
        text = yaml.safe_dump(
            {
                "title": "枣庄市交通运输局 · 道路运输经营许可证",
                "department": {"code": "11370400MB0000000N", "name": "枣庄市交通运输局"},
                "certificate_type_code": "11100000000019713D008",
                "schedule": "30 1 * * *",
                "since": "2026-01-01",
                "extract": extract,
                "columns": {
                    **mapped,
                    **{element: {"constant": "001"} for element in (*wanting, "certificate_holder_type_code")},
                },
                "ignore": list(columns[len(ELEMENTS) :]),
                "expect": {"drift": drift or {}},
            },
            allow_unicode=True,
            sort_keys=False,
        )
        path = tmp_path / "dept" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return Register(tmp_path).source(f"dept.{name}")

    return declared


@pytest.fixture
def rows_of():
    """How to take a reading as rows of text with their locators."""

    def taken(reading):
        groups = [batch.drop_columns(FAULT) for batch in reading.batches]
        return [tuple(row.values()) for group in groups for row in group.to_pylist()]

    return taken


@pytest.fixture
def faults_of():
    """How to take from a reading what it found wrong, by locator."""

    def taken(reading):
        rows = [row for batch in reading.batches for row in batch.select([LOCATOR, FAULT]).to_pylist()]
        return {row[LOCATOR]: row[FAULT] for row in rows if row[FAULT] is not None}

    return taken


@pytest.fixture
def postgresql_odbc(postgresql_url):
    """The same database by ODBC."""
    return _odbc("PostgreSQL Unicode", postgresql_url)


@pytest.fixture
def mariadb_odbc(mariadb_url):
    """The same database by ODBC."""
    return _odbc("MariaDB Unicode", mariadb_url)


def _odbc(driver, location):
    url = make_url(location)
    return f"odbc:Driver={{{driver}}};Server={url.host};Port={url.port};Database={url.database};UID={url.username};PWD={{{url.password}}}"
