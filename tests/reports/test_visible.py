"""Invisible characters are shown, everything else stays."""

import pytest

from reports.visible import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("甲\u202e乙", "甲[U+202E]乙"),
        ("甲\u200b乙", "甲[U+200B]乙"),
        ("甲\x00乙\r\x7f", "甲␀乙␍␡"),
        ("\ud800", "[U+D800]"),
        ("\U000e0041", "[U+E0041]"),
        ("登记表!57\t〔2018〕\n𠮷", "登记表!57\t〔2018〕\n𠮷"),
    ],
)
def test_what_hides_is_shown(text, shown):
    assert visible(text) == shown
