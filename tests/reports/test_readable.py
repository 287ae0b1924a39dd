"""Expected and found values are shown in one language, without notation of programs."""

import re

import pytest

from pipeline import unread
from reports.city import CityFacts, city_page
from reports.page import department_page
from reports.quality import quality_report
from reports.readable import REASONS, expected_found, readable, readable_expected, reason_text
from reports.workbook import correction_list
from standard.credit_codes import CHECK, FORM, ORGANISATION, TYPE_CODE_FORM
from standard.rules import RULES
from tests.reports.conftest import load_book

CHINESE = re.compile("[\u4e00-\u9fff]")


def text_in(page, language):
    """The text of a page in one language, including what is the same in both."""
    other = "en" if language == "zh" else "zh"
    page = re.sub(rf'<span class="{other}"[^>]*>[^<]*</span>', "", page)
    return re.sub(r"<[^>]+>", " ", page)


@pytest.mark.parametrize("text", [FORM, CHECK, ORGANISATION, TYPE_CODE_FORM, f"{ORGANISATION}；{CHECK}"])
def test_rules_on_credit_codes_are_in_one_language(text):
    chinese, english = readable("holder_code", text)
    assert (CHINESE.search(english), re.search("[a-z]{2}", chinese)) == (None, None)
    assert len(chinese) + len(english) + text.count("；") + 1 >= len(text)


@pytest.mark.parametrize(
    ("rule", "text", "chinese", "english"),
    [
        ("value_unreadable", "%Y-%m-%d / %Y年%m月%d日", "YYYY-MM-DD / YYYY年MM月DD日", "YYYY-MM-DD / YYYY年MM月DD日"),
        ("update_time_missing", "%Y-%m-%d %H:%M:%S", "YYYY-MM-DD HH:mm:ss", "YYYY-MM-DD HH:mm:ss"),
        ("status", "VALID / REVOKED", "有效 / 吊销", "VALID / REVOKED"),
        ("rows_unseen", "1 + 20", "更新时间为空 1 行，在将来 20 行", "1 without a time, 20 in the future"),
        (
            "rows_unread",
            "12: 1 no time; 11 older than the first day that was read",
            "12：没有更新时间 1 条；早于首次取数的日期 11 条",
            "12: 1 no time; 11 older than the first day that was read",
        ),
        ("rows_unread", "3: 3 of a kind nobody knows", "3: 3 of a kind nobody knows", "3: 3 of a kind nobody knows"),
        ("length", "5 %d %Y", "5 %d %Y", "5 %d %Y"),
    ],
)
def test_notation_of_programs_becomes_words(rule, text, chinese, english):
    assert readable(rule, text) == (chinese, english)


def test_what_was_expected_is_translated_and_what_a_department_wrote_never_is():
    words = "a table or query that can be read"
    assert readable_expected("source_unreadable", words) == ("可读取的表或查询", words)
    assert readable("length", words) == (words, words)


def test_every_reason_of_a_sweep_has_a_chinese_text():
    messages = {
        unread.reason_message(reason, 1, what).removeprefix("1 ")
        for reason in unread.Reason
        for what in ("time", "number")
    }
    assert messages <= set(REASONS)


def test_the_reason_of_a_refusal_is_in_one_language():
    rule = RULES["column_dropped"]
    page = str(reason_text(f"{rule.title_zh} {rule.title_en} JYXM: expected JYXM, found none"))
    assert text_in(page, "zh").strip() == f"{rule.title_zh} JYXM：应为 JYXM，实际 无"
    assert text_in(page, "en").strip() == f"{rule.title_en} JYXM: expected JYXM, found none"
    assert reason_text("x.y: expected its file, found none") == "x.y: expected its file, found none"


def test_the_reason_on_the_page_of_the_city_is_in_one_language(sources, day, refused):
    rule = RULES["snapshot_shrunk"]
    reason = f"{rule.title_zh} {rule.title_en}: expected >= 2400, found 600; {rule.title_zh} {rule.title_en}: expected 1, found 2"
    page = city_page(
        CityFacts("某市"), sources, day, [refused(source=sources[0].name, reason=reason)], deadline_passed=True
    )
    assert (rule.title_en in text_in(page, "zh"), rule.title_zh in text_in(page, "en")) == (False, False)
    assert f"{rule.title_zh}：应为 &gt;= 2400，实际 600; {rule.title_zh}：应为 1，实际 2" in text_in(page, "zh")


def test_page_and_list_show_readable_expectations(source, day, entry, findings):
    rows = (
        {"rule": "holder_code", "expected": CHECK},
        {"rule": "value_unreadable", "value": "2026.6", "expected": "%Y%m%d"},
    )
    report = quality_report(source, day, [entry()], findings(*rows))
    page = department_page(report)
    assert ("the check character" in text_in(page, "zh"), "第18位" in text_in(page, "en")) == (False, False)
    assert ("YYYYMMDD" in page, "%Y%m%d" in page) == (True, False)
    listed = {
        cell.value for row in load_book(correction_list(report)).worksheets[0].iter_rows(min_row=2) for cell in row
    }
    assert {"第18位校验字符（GB 32100）\nthe check character at 18", "YYYYMMDD"} <= listed


def test_expected_and_found_of_a_refusal_are_in_one_language():
    text = str(expected_found("rows_unseen", "0", "1 + 0"))
    assert (text_in(text, "zh"), text_in(text, "en")) == (
        " 应为 0，实际 更新时间为空 1 行，在将来 0 行 ",
        " expected 0, found 1 without a time, 0 in the future ",
    )


@pytest.mark.parametrize(("still_open", "expected"), [(True, "完成后告知数据局重新取数"), (False, "无需再处理")])
def test_a_refused_day_that_was_delivered_later_needs_no_action(source, day, refused, findings, still_open, expected):
    row = {"rule": "snapshot_shrunk", "locator": "", "value": "600", "expected": ">= 2400", "open": still_open}
    page = department_page(quality_report(source, day, [refused()], findings(row)))
    advice = [text for text in ("完成后告知数据局重新取数", "无需再处理") if text in page]
    assert advice == [expected]
