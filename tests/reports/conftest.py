"""An invented department, its ledger entries and its findings; and a browser, if one is installed."""

import io
import re
import shutil

import openpyxl
import pyarrow as pa
import pytest
from playwright.sync_api import sync_playwright

from reports.quality import SourceFacts
from standard.day import Day
from standard.finding import FINDING
from standard.ledger_entry import LedgerEntry

DAY = Day.of("2026-03-03")
REPORTED = pa.schema(
    [
        *FINDING,
        pa.field("day", pa.string()),
        pa.field("first_day", pa.string()),
        pa.field("last_day", pa.string()),
        pa.field("open", pa.bool_()),
        pa.field("platform_holds", pa.bool_()),
    ]
)
HOSTILE = (
    "<script>window.broken = true</script>",
    "<img src=x onerror='window.broken = true'>",
    "</script><script>window.broken = true</script>",
    "=HYPERLINK(\"http://example.invalid\", \"点\")",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "正\u202e常\u200b值\x00尾\u2028行",
    "{{ 7 * 7 }}",
    "#N/A",
)  # fmt: skip


@pytest.fixture
def day():
    return DAY


@pytest.fixture
def hostile():
    return HOSTILE


@pytest.fixture
def source():
    return source_named("market_regulation.food_operation", "枣庄市市场监督管理局 · 食品经营许可证")


def source_named(name, title):
    titles = {"certificate_number": "证照编号", "certificate_holder_code": "持证主体代码", "KZ_ZS": "住所"}
    return SourceFacts(name, title, title.split(" · ")[0], "data@example.invalid", title.split(" · ")[-1], titles)


@pytest.fixture
def sources():
    return [
        source_named("housing.safety_personnel", "枣庄市住房和城乡建设局 · 安全生产管理人员考核合格证书"),
        source_named("human_resources.agency", "枣庄市人力资源和社会保障局 · 人力资源服务许可证"),
        source_named("market_regulation.food_operation", "枣庄市市场监督管理局 · 食品经营许可证"),
        source_named("natural_resources.real_estate", "枣庄市自然资源和规划局 · 不动产权证书"),
        source_named("transport.road_operation", "枣庄市交通运输局 · 道路运输经营许可证"),
    ]


@pytest.fixture
def entry():
    return ledger_entry


def ledger_entry(day=DAY, source="market_regulation.food_operation", **changed):
    """A delivered batch whose counts balance, with changed values."""
    counts = {"left_out": 2, "held": 30, "duplicates": 8, "refused": 0, "updated": 40, "unchanged": 900, "stale": 3}
    counts |= {"extracted": 1240, "run": 1, "status": "delivered", "counted": None} | changed
    accepted = counts["extracted"] - counts["held"] - counts["duplicates"] - counts["refused"]
    derived = {
        "read": counts["left_out"] + counts["extracted"],
        "accepted": accepted,
        "inserted": accepted - counts["updated"] - counts["unchanged"] - counts["stale"],
        "delivered_at": "2026-03-03T17:31:05.000000Z",
        "failing": {"accuracy": 22, "completeness": 11},
    }
    return LedgerEntry(source, str(day), **(derived | counts))


def not_delivered(day=DAY, source="market_regulation.food_operation", status="refused", refused=600, reason="why"):
    """A refused or failed batch."""
    none = dict.fromkeys(("held", "duplicates", "updated", "unchanged", "stale", "left_out"), 0)
    return ledger_entry(
        day, source, status=status, extracted=refused, refused=refused, reason=reason, failing={}, **none
    )


@pytest.fixture
def refused():
    return not_delivered


@pytest.fixture
def findings():
    return findings_table


def findings_table(*rows):
    """A table of findings; each row has only the values that differ from the defaults."""
    defaults = {
        "rule": "required", "row": -1, "locator": "ID=7", "element": "certificate_number", "record": "r",
        "certificate_number": "JY13704020000017", "value": "", "expected": "", "observed_at": "", "day": str(DAY),
        "first_day": str(DAY), "last_day": str(DAY), "open": True, "platform_holds": False,
    }  # fmt: skip
    return pa.Table.from_pylist([defaults | row for row in rows], schema=REPORTED)


def without_scripts(page):
    """The text of a page without its styles and scripts."""
    return re.sub(r"<(style|script)\b.*?</\1>", "", page, flags=re.DOTALL)


def load_book(content):
    """The workbook in some bytes."""
    return openpyxl.load_workbook(io.BytesIO(content))


@pytest.fixture(scope="session")
def browser():
    """One headless Chromium for all tests."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed")
    disabled = ("background-networking", "component-update", "sync", "gpu")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--no-first-run", *(f"--disable-{name}" for name in disabled)]
        )
        yield chromium
        chromium.close()
