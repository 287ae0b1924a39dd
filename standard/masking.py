"""Masks what a person or a log may see of people: citizen numbers wherever they stand, and personal values whole."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

HIDDEN = "***"  # stands for a text of which nothing is shown
MASKED_NUMBER = "**************"  # stands for all but the last four characters of a citizen number

# Fifteen or eighteen digits that may be a citizen number, wherever they stand: in a key, a message, a certificate number;
# in full width too, and with the marks people put between area, birth and sequence. Only the last four stay.
_DIGIT, _MARK = "[0-9０-９]", "[-－ \u3000]?"
_CITIZEN = f"(^|[^0-9０-９])(?:{_DIGIT}{{6}}{_MARK}(?:{_DIGIT}{{8}}{_MARK}|{_DIGIT}{{5}}))({_DIGIT}{{3}}[0-9０-９XxＸｘ])($|[^0-9０-９XxＸｘ])"
_CITIZEN_PYTHON = re.compile(_CITIZEN)
_SHOWN = rf"\1{MASKED_NUMBER}\2\3"

# A code that a person goes by: no small letters, no blanks, and at least half of it digits. All else may be a name, in
# whatever letters.
_CODE = r"^[0-9A-Z._/^-]{7,}$"
# Of a name of one character nothing may stay, and a short code would be shown by its end alone.
_SHORT_CODE = r"^[0-9A-Z._/^-]*[0-9][0-9A-Z._/^-]*$"
_BEHIND_NAME, _BEFORE_CODE = "**", "****"
_MASKED = r"^(\*{3}|.\*{2}|\*{4}[0-9A-Z._/^-]{4})$"


def mask_text(text: str) -> str:
    """Mask what may be citizen numbers inside a text; everything else stays."""
    return _CITIZEN_PYTHON.sub(_SHOWN, _CITIZEN_PYTHON.sub(_SHOWN, text))


def mask_texts(values: pa.Array) -> pa.Array:
    """The same over a column of text.

    Runs twice, because two numbers that share one separator overlap in the pattern and the first pass takes only one.
    """
    for _ in range(2):
        values = pc.replace_substring_regex(values, _CITIZEN, _SHOWN)
    return values


def mask_personal(values: pa.Array) -> pa.Array:
    """Mask a column of personal values: of a name its first character stays, of a code its last four.

    What is masked already stays as it is.
    """
    length = pc.utf8_length(values)
    digits = pc.count_substring_regex(values, "[0-9]")
    code = pc.and_(pc.match_substring_regex(values, _CODE), pc.less_equal(length, pc.multiply(digits, 2)))
    tail = pc.binary_join_element_wise(_BEFORE_CODE, pc.utf8_slice_codeunits(values, start=-4), "")
    head = pc.binary_join_element_wise(pc.utf8_slice_codeunits(values, start=0, stop=1), _BEHIND_NAME, "")
    short = pc.or_(pc.less_equal(length, 1), pc.match_substring_regex(values, _SHORT_CODE))
    return pc.case_when(
        pc.make_struct(pc.equal(length, 0), pc.match_substring_regex(values, _MASKED), code, short),
        values,
        values,
        tail,
        HIDDEN,
        head,
    )


def mask_value(value: str) -> str:
    """Mask one personal value as `mask_personal` masks a column of them."""
    return str(mask_personal(pa.array([value], pa.string()))[0].as_py())


def mask_quoted(sentence: str, texts: Iterable[str]) -> str:
    """Hide some texts where a sentence quotes them, the longest first; one of a single character stays."""
    for text in sorted(texts, key=len, reverse=True):
        if len(text) > 1:
            sentence = sentence.replace(text, HIDDEN)
    return sentence
