"""Invisible characters are shown, everything else stays."""

import json

import pytest

from standard.visible import json_text, visible, visible_line


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


def test_a_line_stays_a_line():
    assert visible_line("甲\r\n乙\t丙\u2028丁\x85") == "甲␍␊乙␉丙[U+2028]丁[U+0085]"


def test_json_says_the_very_value_and_hides_nothing():
    value = ["甲\u202e乙\x7f\x9b\x1b\n\ud800\U000e0041"]
    assert json.loads(json_text(value)) == value
    assert json_text(value) == visible(json_text(value))


def test_variants_of_han_characters_stay():
    assert visible("葛\U000e0100辻\ufe00") == "葛\U000e0100辻\ufe00"
