"""A department's page as text: its headline, its contents, its security policy."""

import base64
import hashlib
import json
import re
from itertools import pairwise

import pytest

from reports.page import LISTED, department_page
from reports.quality import quality_report
from standard.rules import RULES
from tests.reports.conftest import without_scripts


@pytest.fixture
def draw(source, day, findings):
    def draw(entries, *rows):
        return department_page(quality_report(source, day, entries, findings(*rows)))

    return draw


def test_the_headline_has_the_outcome_of_the_batch(draw, entry, refused):
    empty = dict.fromkeys(("extracted", "held", "duplicates", "updated", "unchanged", "stale"), 0)
    assert "1,240 条记录中有 30 条需要整改" in draw([entry()])
    assert "1,240 条记录中没有需要整改的" in draw([entry(held=0)])
    assert "没有新的或变更的记录" in draw([entry(**empty)])
    assert "整批退回，600 条记录均未入库" in draw([refused()])
    assert "没有取到 2026-03-03 的数据" in draw([refused(status="failed", refused=0)])
    assert "的数据还没有到达" in draw([])


def test_a_refused_batch_is_explained(draw, refused):
    row = {"rule": "snapshot_shrunk", "locator": "", "value": "600", "expected": ">= 2400", "platform_holds": None}
    page = without_scripts(draw([refused()], row))
    assert "应为 &gt;= 2400，实际 600" in page
    assert RULES["snapshot_shrunk"].advice_zh in page
    assert "整批数据" in page


def test_the_error_of_a_failed_batch_is_quoted(draw, refused):
    assert "nobody there" in without_scripts(draw([refused(status="failed", refused=0, reason="nobody there")]))


def test_a_finding_shows_locator_element_value_and_advice_in_both_languages(draw, entry):
    row = {
        "rule": "holder_code", "locator": "登记表!57", "element": "certificate_holder_code", "value": "****0052",
        "expected": "校验位 9", "platform_holds": True,
    }  # fmt: skip
    page = without_scripts(draw([entry()], row))
    rule = RULES["holder_code"]
    for text in ("登记表!57", "持证主体代码", "certificate holder code", "****0052", "校验位 9", "平台仍为此前状态",
                 rule.title_zh, rule.title_en, rule.advice_zh, rule.advice_en):  # fmt: skip
        assert text in page


def test_a_page_limits_the_listed_findings_and_counts_the_others(draw, entry):
    page = without_scripts(draw([entry()], *({"locator": f"ID={row}."} for row in range(LISTED + 1234))))
    assert f"ID={LISTED - 1}." in page
    assert f"ID={LISTED}." not in page
    assert f"最多列出 {LISTED} 项，另有 1,234 项见整改清单" in page


def test_findings_of_earlier_days_have_a_section_of_their_own(draw, entry):
    page = without_scripts(draw([entry()], {"day": "2026-02-28", "first_day": "2026-02-20", "last_day": "2026-02-28"}))
    assert "此前未整改" in page
    assert "2026-02-20 起" in page


def test_a_score_is_rounded_down_and_never_up_to_a_hundred(draw, entry):
    page = without_scripts(draw([entry(extracted=1_000_000, held=0, failing={"accuracy": 1})]))
    assert "99.99%" in page
    assert "100%" in page


def test_a_count_that_differs_from_the_witness_is_shown(draw, entry):
    page = without_scripts(draw([entry(counted=1300, without_time=4)]))
    assert "与读取的 1,242 行不一致" in page
    assert "增量取数永远取不到" in page
    assert "与读取的行数一致" in without_scripts(draw([entry(counted=1242)]))


def test_links_can_be_changed(draw, source, day, entry, findings):
    report = quality_report(source, day, [entry()], findings({}))
    assert 'href="2026-03-03.xlsx"' in department_page(report)
    assert 'href="../city-2026-03-03.html"' in department_page(report)
    assert 'href="lists/market_regulation.food_operation.xlsx"' in department_page(
        report, list_link="lists/{source}.xlsx"
    )


def test_the_page_loads_nothing_and_its_policy_allows_only_its_own_scripts(draw, entry):
    page = draw([entry()])
    assert not re.findall(
        r"<(?:link|img|iframe|object|embed)\b|<script[^>]*\bsrc=|@import|url\(", without_scripts(page)
    )
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1].replace("&#39;", "'")
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for text in re.findall(r"<(?:style|script)>(.*?)</(?:style|script)>", page, flags=re.DOTALL):
        assert base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() in policy


def test_chart_data_cannot_close_its_script_element(draw, entry):
    page = draw([entry()])
    specs = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, flags=re.DOTALL)
    assert len(specs) == 7
    assert all(json.loads(spec)["data"]["values"] for spec in specs)
    assert not re.search("[<>&\u2028\u2029]", "".join(specs))


def test_hostile_values_are_text(draw, entry, hostile):
    rows = [{"locator": text, "value": text, "expected": text, "certificate_number": text} for text in hostile]
    page = without_scripts(draw([entry()], *rows))
    assert "window.broken = true&lt;/script&gt;" in page
    assert "<img" not in page
    assert "正[U+202E]常[U+200B]值␀尾[U+2028]行" in page
    assert "{{ 7 * 7 }}" in page
    assert "<script>window.broken" not in page


def test_the_same_day_yields_the_same_page(draw, entry):
    assert draw([entry()], {"value": "甲"}) == draw([entry()], {"value": "甲"})


def test_heading_levels_are_not_skipped_and_table_headers_have_a_scope(draw, entry):
    page = without_scripts(draw([entry()], {}, {"rule": "duplicate"}, {"rule": "length"}))
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all("scope=" in head for head in re.findall(r"<th\b[^>]*>", page))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
