"""Every text exists in both languages, with the same parameters."""

import string

import pytest

from reports.words import WORDS, both, phrase


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_have_the_same_parameters(key):
    chinese, english, *singular = WORDS[key]
    assert chinese
    assert english
    parameters = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (chinese, english)]
    assert parameters[0] == parameters[1] or parameters[0] | {"n"} == parameters[1] | {"n"}
    assert len(singular) <= 1


def test_english_texts_have_a_singular():
    assert phrase("items", n=1) == ("1 项", "1 finding")
    assert phrase("items", n=1200) == ("1,200 项", "1,200 findings")


def test_texts_are_escaped():
    assert both("<b>", "&") == ('<span class="zh" lang="zh-CN">&lt;b&gt;</span><span class="en" lang="en">&amp;</span>')
