"""Every text is there in both languages, and speaks of the same things."""

import string

import pytest

from reports.words import WORDS, both, phrase


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_speak_of_the_same_things(key):
    chinese, english, *singular = WORDS[key]
    assert chinese
    assert english
    named = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (chinese, english)]
    assert named[0] == named[1] or named[0] | {"n"} == named[1] | {"n"}
    assert len(singular) <= 1


def test_english_knows_one_from_many():
    assert phrase("items", n=1) == ("1 项", "1 finding")
    assert phrase("items", n=1200) == ("1,200 项", "1,200 findings")


def test_texts_are_escaped():
    assert both("<b>", "&") == ('<span class="zh" lang="zh-CN">&lt;b&gt;</span><span class="en" lang="en">&amp;</span>')
