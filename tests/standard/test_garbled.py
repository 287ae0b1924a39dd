"""Which texts were corrupted by a wrong encoding, and which only look foreign."""

import random
from time import perf_counter

import pyarrow as pa
import pytest

from standard.garbled import garbled, restore

NAMES = ["张三丰", "枣庄市某某运输有限公司", "朱镕基", "王五（个体）", "张三·买买提", "李四", "A区某某饭店"]
# The encoding of the bytes, and the one they were decoded with.
MISTAKES = [
    ("gbk", "latin-1"),
    ("gbk", "cp1252"),
    ("gb18030", "latin-1"),
    ("utf-8", "latin-1"),
    ("utf-8", "cp1252"),
    ("utf-8", "gbk"),
]
TRACES = ["张�", "锟斤拷锟斤拷", "锟斤拷", "烫烫烫", "烫烫", "屯屯", "???", "张?丰", "??公司", "?", "张三?"]
TRACES += ["甲\ue81e", "\U000f0000", "甲&#x67D0;", "&#26576;", "甲&amp;乙", "甲&nbsp;"]
FOREIGN = [
    *(
        "José",
        "Größe",
        "créée",
        "Müller GmbH",
        "Hôtel Résidence",
        "Nestlé",
        "Café Zoë",
        "Ångström",
        "naïve façade",
        "Señor Núñez",
    ),
    *(
        "Zürich Öffentliche",
        "ÄÖÜ",
        "ÀÉÈ",
        "A°C ±5",
        "5㎡×3",
        "½",
        "100±5°C",
        "£100",
        "«Éclair»",
        "Ø50×3",
        "© 2026",
    ),
    *(
        "张三",
        *("烫烫火锅", "屯", "A&B", "甲&乙;丙", "R&D;", "#1店", "&#;"),
        "阚某某",
        "什么？",
        "what?",
        "·",
        "麻辣烫烫店",
        "€ 5",
        "Łódź",
        "——",
        "A——3",
        "××",
        "……",
        "“”",
        "··",
        "Владивосток",
        "東京",
        "𠮷野家",
        "",
    ),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_name_in_the_wrong_encoding_is_known(name, mistake):
    raw, taken = name.encode(mistake[0]), mistake[1]
    spoilt = raw.decode(taken, "replace")
    for text in (spoilt, spoilt.replace("�", "?")):
        assert garbled(pa.array([text, name, None]), names=True).to_pylist() == [True, False, False]


def test_whichever_character_a_name_begins_with_its_utf8_taken_for_gbk_is_known():
    signs = [bytes([first, second]).decode("gbk") for first in range(0xB0, 0xD7) for second in range(0xA1, 0xFF)]
    texts = [f"{sign}三".encode().decode("gb18030", "replace") for sign in signs]
    assert "鏉ㄤ笁" in texts  # 杨三
    missed = [
        sign for sign, found in zip(signs, garbled(pa.array(texts), names=True).to_pylist(), strict=True) if not found
    ]
    assert missed == []


@pytest.mark.parametrize("text", ["许001", "Li 李", "张", "李 (A)", "第3", "陈7"])
def test_one_character_of_gbk_is_known_by_itself(text):
    assert garbled(pa.array([text.encode("gbk").decode("latin-1")])).to_pylist() == [True]


def test_a_column_of_latin_letters_that_holds_gbk_says_so_of_each_that_may_be():
    spoilt, one = (text.encode("gbk").decode("latin-1") for text in ("张三丰", "A李b"))
    assert garbled(pa.array([one, "Müller", "Lee"])).to_pylist() == [False, False, False]
    assert garbled(pa.array([spoilt, one, "Müller", "José", "Lee"])).to_pylist() == [True, True, True, False, False]
    # A column that can hold every character was decoded correctly, so one corrupted text does not affect the others.
    assert garbled(pa.array([spoilt, one, "Müller", "王五"])).to_pylist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("text", "was"),
    [
        ("ÕÅÈý·á", ("gb18030", "张三丰")),
        ("å¼\xa0ä¸‰ä¸°", ("utf-8", "张三丰")),
        ("鐜嬩簲锛堜釜浣擄級", ("utf-8", "王五（个体）")),
        ("寮犱笁涓�", None),
        ("José", None),
        ("张三", None),
    ],
)
def test_the_original_is_restored_where_possible(text, was):
    assert restore(text) == was


@pytest.mark.parametrize("text", TRACES)
def test_what_is_left_of_lost_characters_is_known_in_a_name(text):
    assert garbled(pa.array([text]), names=True).to_pylist() == [True]


def test_a_question_in_a_sentence_is_none():
    texts = ["真的?吗", "好??", "???", "张�"]
    assert garbled(pa.array(texts)).to_pylist() == [False, False, True, True]


@pytest.mark.parametrize("text", FOREIGN)
def test_a_foreign_name_is_not_garbled(text):
    assert garbled(pa.array([text]), names=True).to_pylist() == [False]


def test_names_by_chance_are_not_garbled():
    chance = random.Random(1)
    # Level 1 of GB 2312 has the characters of most names.
    common = [
        bytes([first, second]).decode("gb2312", "ignore") for first in range(0xB0, 0xD8) for second in range(0xA1, 0xFF)
    ]
    common = [sign for sign in common if sign]
    names = ["".join(chance.choices(common, k=3)) for _ in range(200_000)]
    began = perf_counter()
    assert sum(garbled(pa.array(names), names=True).to_pylist()) == 0
    assert perf_counter() - began < 30  # as columns, not name by name
