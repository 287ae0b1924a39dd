"""Renders expected and found values in Chinese and English where a finding uses codes or fixed English words."""

from __future__ import annotations

import re
from functools import cache

from markupsafe import Markup

from reports.words import both, phrase
from standard.codes import code_list
from standard.credit_codes import PARTS
from standard.messages import Language, translate
from standard.rules import RULES

# Why a sweep found unread rows, by the English text of `pipeline.unread`.
REASONS = {
    "no time": "没有更新时间",
    "no number": "没有编号",
    "a time in the future": "更新时间在将来",
    "a number in the future": "编号在将来",
    "committed late, or given an older time afterwards": "提交晚了，或事后改成了更早的更新时间",
    "committed late, or given an older number afterwards": "提交晚了，或事后改成了更小的编号",
    "older than the first day that was read": "早于首次取数的日期",
    "of a day that was not delivered": "当天的数据没有送达",
}
_DATE_CODES = {"%Y": "YYYY", "%m": "MM", "%d": "DD", "%H": "HH", "%M": "mm", "%S": "ss", "%f": "ffffff", "%y": "YY"}
_REASON = re.compile(r"(\d+) ([^;]+)")
_UNSEEN = re.compile(r"(\d+) \+ (\d+)")
_EXPECTED_FOUND = re.compile(r": expected (.*?), found (.*?)(?=; |$)")


def readable(rule: str, text: str) -> tuple[str, str]:
    """Render an expected or found value in Chinese and in English; a department's own text is the same in both.

    Args:
        rule: id of the rule of the finding.
        text: its `expected` or `value`.
    """
    if rule == "rows_unread":
        return _unread_in_chinese(text), text
    if rule == "rows_unseen" and (counts := _UNSEEN.fullmatch(text)):
        return phrase("rows_unseen", none=int(counts[1]), future=int(counts[2]))
    if rule == "status":
        names = code_list("status")
        return " / ".join(names.get(code, code) for code in text.split(" / ")), text
    if rule in {"value_unreadable", "update_time_missing"}:
        text = re.sub("%[A-Za-z]", lambda found: _DATE_CODES.get(found[0], found[0]), text)
    return _split_languages(text)


def readable_expected(rule: str, text: str) -> tuple[str, str]:
    """Render what was expected. These are the exchange's own words, and few, so they are translated; a found value never is.

    Args:
        rule: id of the rule of the finding.
        text: its `expected`.
    """
    chinese, english = readable(rule, text)
    return (translate(chinese, Language.CHINESE), english) if chinese == english else (chinese, english)


def readable_text(sides: tuple[str, str]) -> str | Markup:
    """Both sides as markup; where the languages differ, the style sheet shows one."""
    chinese, english = sides
    return chinese if chinese == english else both(chinese, english)


def expected_found(rule: str, expected: str, found: str) -> Markup:
    """Render "expected …, found …" in both languages."""
    sides = zip(readable_expected(rule, expected), readable(rule, found), ("zh", "en"), strict=True)
    chinese, english = (
        phrase("expected_found", expected=expected_text or "—", found=found_text or "—")[side == "en"]
        for expected_text, found_text, side in sides
    )
    return both(chinese, english)


def reason_text(reason: str) -> str | Markup:
    """Split the ledger's reason of a refusal, which is in both languages, into one for each."""
    chinese = english = reason
    for rule in RULES.values():
        pair = f"{rule.title_zh} {rule.title_en}"
        if pair in reason:
            chinese, english = chinese.replace(pair, rule.title_zh), english.replace(pair, rule.title_en)
    if chinese == english:
        chinese = translate(reason, Language.CHINESE)
        return reason if chinese == english else both(chinese, english)
    return both(_EXPECTED_FOUND.sub(_expected_found_in_chinese, chinese), english)


def _expected_found_in_chinese(found: re.Match[str]) -> str:
    value = "无" if found[2] == "none" else found[2]
    return f"：{phrase('expected_found', expected=found[1], found=value)[0]}"


def _unread_in_chinese(text: str) -> str:
    total, colon, listed = text.partition(": ")
    reasons = [REASONS.get(reason) for _, reason in _REASON.findall(listed)]
    if not colon or None in reasons:
        return text
    return f"{total}：{_REASON.sub(lambda found: f'{REASONS[found[2]]} {found[1]} 条', listed).replace('; ', '；')}"


@cache
def _credit_code_parts() -> dict[str, tuple[str, str]]:
    return {" ".join(pair): pair for pair in PARTS}


def _split_languages(text: str) -> tuple[str, str]:
    """Split a text that names parts of a credit code in both languages."""
    chinese = english = text
    for whole, (in_chinese, in_english) in _credit_code_parts().items():
        chinese, english = chinese.replace(whole, in_chinese), english.replace(whole, in_english)
    return (chinese, english.replace("；", "; ")) if chinese != english else (text, text)
