"""Sentences are stored in English and shown in the language of the reader."""

import copy
import json
import pickle
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standard import messages
from standard.errors import DeclarationError, UsageError
from standard.messages import Language, Message, joined, language, localize, plural, stored_sentence, translate

CHINESE = Language.CHINESE
DAY = "{text}: expected a day such as 2026-03-01; correct the command"
DAY_ZH = "{text}：应为 2026-03-01 这样的日期；请改正命令"


@pytest.fixture
def catalogue(monkeypatch):
    """A catalogue for the tests, independent of the wording of the real one."""
    words = {
        DAY: DAY_ZH,
        "{source}: expected {expected}, found {found}": "{source}：应为{expected}，实际{found}",
        "{count} row": "{count} 行",
        "{count} rows": "{count} 行",
        "nothing": "无",
        "at most {share:.1%} of rows held": "扣留的行至多 {share:.1%}",
    }
    monkeypatch.setattr(messages, "_gettext", lambda english: words.get(english, english))
    telling = sorted((text for text in words if "{" in text and len(text) > 12), key=len, reverse=True)
    monkeypatch.setattr(
        messages, "_templates", lambda: [messages._Template(text, messages._form(text)) for text in telling]
    )
    return words


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, Language.ENGLISH),
        ({"LANG": "zh_CN.UTF-8"}, Language.CHINESE),
        ({"LANG": "C.UTF-8"}, Language.ENGLISH),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}, Language.ENGLISH),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, Language.CHINESE),
        ({"LANG": "zh_CN.UTF-8", "LICEX_LANG": "en"}, Language.ENGLISH),
        ({"LANG": "en_US.UTF-8", "LICEX_LANG": "zh"}, Language.CHINESE),
        ({"LANG": "zh_CN.UTF-8", "LICEX_LANG": ""}, Language.CHINESE),
    ],
)
def test_the_setting_comes_before_the_locale_and_english_is_spoken_without_either(monkeypatch, environ, expected):
    for name in ("LICEX_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert language() is expected


def test_a_message_is_its_english_text_wherever_text_is_kept(catalogue):
    message = Message(DAY, text="2026-13-01")
    assert message == "2026-13-01: expected a day such as 2026-03-01; correct the command"
    assert json.dumps({"reason": message}) == json.dumps({"reason": str(message)})
    assert translate(message, Language.ENGLISH) == message
    assert translate(message, CHINESE) == "2026-13-01：应为 2026-03-01 这样的日期；请改正命令"


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda message: pickle.loads(pickle.dumps(message))])
def test_a_copy_of_a_message_can_still_be_translated(catalogue, copied):
    message = copied(Message(DAY, text="x").coded("LX-101"))
    assert localize(message, CHINESE) == "x：应为 2026-03-01 这样的日期；请改正命令 [LX-101]"


def test_parts_that_are_messages_are_translated_and_others_stay(catalogue):
    whole = Message(
        "{source}: expected {expected}, found {found}", source="a.b", expected="nothing", found=Message("nothing")
    )
    assert whole == "a.b: expected nothing, found nothing"
    assert translate(whole, CHINESE) == "a.b：应为nothing，实际无"


def test_numbers_keep_their_form_in_both_languages(catalogue):
    message = Message("at most {share:.1%} of rows held", share=0.5)
    assert (message, translate(message, CHINESE)) == ("at most 50.0% of rows held", "扣留的行至多 50.0%")


def test_one_is_counted_otherwise_than_many(catalogue):
    assert [plural("{count} row", "{count} rows", count=count) for count in (0, 1, 2)] == ["0 rows", "1 row", "2 rows"]
    assert translate(plural("{count} row", "{count} rows", count=1), CHINESE) == "1 行"


def test_joined_messages_are_translated_each_by_itself(catalogue):
    several = joined("; ", [Message(DAY, text="x"), "plain", Message("nothing")])
    assert several == "x: expected a day such as 2026-03-01; correct the command; plain; nothing"
    assert translate(several, CHINESE) == "x：应为 2026-03-01 这样的日期；请改正命令; plain; 无"


def test_what_was_kept_as_text_is_known_again_with_its_parts(catalogue):
    text = str(Message("{source}: expected {expected}, found {found}", source="a.b", expected="c", found="nothing"))
    assert translate(text, CHINESE) == "a.b：应为c，实际无"
    assert translate(
        Message("{source}: expected {expected}, found {found}", source="a", expected="b", found=stored_sentence(text)),
        CHINESE,
    ) == ("a：应为b，实际a.b：应为c，实际无")
    assert translate("a sentence that nobody has made", CHINESE) == "a sentence that nobody has made"


def test_a_text_is_recognised_by_the_template_with_most_letters(catalogue):
    assert translate(str(Message(DAY, text="x: expected y, found z")), CHINESE).endswith("这样的日期；请改正命令")


def test_a_very_long_sentence_stays_as_it_was_stored(catalogue):
    text = str(Message(DAY, text="x, " * 400))
    assert translate(text, CHINESE) == text


def test_an_error_hides_in_both_languages_what_must_not_be_seen(catalogue):
    error = UsageError("LX-101", DAY, text="370402188001010012\n\x1b[2J postgresql://u:geheim@h/x")
    for text in (str(error), localize(error.message, Language.ENGLISH), localize(error.message, CHINESE)):
        assert "geheim" not in text
        assert "370402188001010012" not in text
        assert "\n" not in text
        assert "\x1b" not in text


def test_an_error_with_several_sentences_names_the_code_of_each(catalogue):
    error = DeclarationError.of([Message("nothing").coded("LX-202"), Message(DAY, text="x").coded("LX-203")])
    assert str(error) == "nothing\nx: expected a day such as 2026-03-01; correct the command"
    assert localize(error.message, CHINESE).split("\n") == [
        "无 [LX-202]",
        "x：应为 2026-03-01 这样的日期；请改正命令 [LX-203]",
    ]


def _templates():
    return [template.english for template in messages._templates()]


def _named(template):
    return list(dict.fromkeys(name for _, name, _, _ in Formatter().parse(template) if name))


@given(st.data())
def test_every_sentence_of_the_catalogue_is_known_again(data):
    template = data.draw(st.sampled_from(_templates()))
    if any(spec for _, _, spec, _ in Formatter().parse(template)):
        return  # formatted numbers, which a text could replace only by chance
    values = {name: data.draw(st.from_regex(r"[a-z]{2,6}_[0-9]{1,3}", fullmatch=True)) for name in _named(template)}
    message = Message(template, **values)
    assert translate(str(message), CHINESE) == translate(message, CHINESE)
