"""How what was expected and what was found reads in Chinese and in English, where a finding says it in words or signs of its own."""

from __future__ import annotations

import re
from functools import cache

from markupsafe import Markup

from reports.words import both, phrase
from standard.codes import code_list
from standard.credit_codes import PARTS
from standard.messages import Language, translate
from standard.rules import RULES

# Why a sweep found rows that no night has read, as `pipeline.unread` says it.
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
_SIGNS = {"%Y": "YYYY", "%m": "MM", "%d": "DD", "%H": "HH", "%M": "mm", "%S": "ss", "%f": "ffffff", "%y": "YY"}
_REASON = re.compile(r"(\d+) ([^;]+)")
_UNSEEN = re.compile(r"(\d+) \+ (\d+)")
_EXPECTED_FOUND = re.compile(r": expected (.*?), found (.*?)(?=; |$)")


def readable(rule: str, text: str) -> tuple[str, str]:
    """What was expected or found, in Chinese and in English; what a department wrote is the same in both.

    Args:
        rule: id of the rule of the finding.
        text: its `expected` or `value`.
    """
    if rule == "rows_unread":
        return _unread(text), text
    if rule == "rows_unseen" and (counts := _UNSEEN.fullmatch(text)):
        return phrase("rows_unseen", none=int(counts[1]), future=int(counts[2]))
    if rule == "status":
        names = code_list("status")
        return " / ".join(names.get(code, code) for code in text.split(" / ")), text
    if rule in {"value_unreadable", "update_time_missing"}:
        text = re.sub("%[A-Za-z]", lambda found: _SIGNS.get(found[0], found[0]), text)
    return _parted(text)


def readable_text(rule: str, text: str) -> str | Markup:
    """The same as markup in which the style sheet shows one of the two, where they differ."""
    chinese, english = readable(rule, text)
    return chinese if chinese == english else both(chinese, english)


def expected_found(rule: str, expected: str, found: str) -> Markup:
    """What was expected beside what was found."""
    sides = zip(readable(rule, expected), readable(rule, found), ("zh", "en"), strict=True)
    chinese, english = (
        phrase("expected_found", expected=wanted or "—", found=was or "—")[side == "en"] for wanted, was, side in sides
    )
    return both(chinese, english)


def reason_text(reason: str) -> str | Markup:
    """Why a batch was refused, as the ledger keeps it in both languages, in one of them."""
    chinese = english = reason
    for rule in RULES.values():
        pair = f"{rule.title_zh} {rule.title_en}"
        if pair in reason:
            chinese, english = chinese.replace(pair, rule.title_zh), english.replace(pair, rule.title_en)
    if chinese == english:
        chinese = translate(reason, Language.CHINESE)
        return reason if chinese == english else both(chinese, english)
    return both(_EXPECTED_FOUND.sub(_in_chinese, chinese), english)


def _in_chinese(found: re.Match[str]) -> str:
    was = "无" if found[2] == "none" else found[2]
    return f"：{phrase('expected_found', expected=found[1], found=was)[0]}"


def _unread(text: str) -> str:
    total, colon, told = text.partition(": ")
    reasons = [REASONS.get(reason) for _, reason in _REASON.findall(told)]
    if not colon or None in reasons:
        return text
    return f"{total}：{_REASON.sub(lambda found: f'{REASONS[found[2]]} {found[1]} 条', told).replace('; ', '；')}"


@cache
def _pairs() -> dict[str, tuple[str, str]]:
    return {" ".join(pair): pair for pair in PARTS}


def _parted(text: str) -> tuple[str, str]:
    """The two sides of a text that says parts of a credit code in both languages."""
    chinese = english = text
    for whole, (in_chinese, in_english) in _pairs().items():
        chinese, english = chinese.replace(whole, in_chinese), english.replace(whole, in_english)
    return (chinese, english.replace("；", "; ")) if chinese != english else (translate(text, Language.CHINESE), text)
