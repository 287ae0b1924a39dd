"""Invisible characters are replaced, everything else stays."""

import json
import sys
import unicodedata

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


# Characters of the Arabic, Syriac and Kaithi scripts with a glyph, although Unicode classifies them as format characters.
SHAPED = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
SHAPELESS = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_every_character_without_a_glyph_is_replaced():
    characters = [chr(c) for c in range(sys.maxunicode + 1) if c not in SHAPED]
    hidden = [c for c in characters if unicodedata.category(c) in SHAPELESS]
    assert len(hidden) > 2000
    assert [hex(ord(c)) for c in hidden if visible_line(c) == c] == []
    assert [hex(ord(c)) for c in hidden if c in json_text(c) and c not in "\n\t"] == []


def test_a_line_stays_a_line():
    assert visible_line("甲\r\n乙\t丙\u2028丁\x85") == "甲␍␊乙␉丙[U+2028]丁[U+0085]"


def test_json_says_the_very_value_and_hides_nothing():
    value = ["甲\u202e乙\x7f\x9b\x1b\n\ud800\U000e0041"]
    assert json.loads(json_text(value)) == value
    assert json_text(value) == visible(json_text(value))


def test_variants_of_han_characters_stay():
    assert visible("葛\U000e0100辻\ufe00") == "葛\U000e0100辻\ufe00"


def test_a_selector_that_selects_nothing_is_shown():
    assert visible("\ufe01甲\ufe00\ufe01 \U000e0101") == "[U+FE01]甲\ufe00[U+FE01] [U+E0101]"
