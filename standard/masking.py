"""Masks personal data that a person or a log would see: citizen numbers inside any text, and whole personal values."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

HIDDEN = "***"  # replaces a text that is not shown at all
MASKED_NUMBER = "**************"  # replaces all but the last four characters of a citizen number

# Fifteen or eighteen digits that may be a citizen number, anywhere in a text: in a key, a message, a certificate number. They
# may be full-width, and separated into area, birth date and sequence. Only the last four are left.
_DIGIT, _MARK = "[0-9０-９]", "[-－ \u3000]?"
_CITIZEN = f"(^|[^0-9０-９])(?:{_DIGIT}{{6}}{_MARK}(?:{_DIGIT}{{8}}{_MARK}|{_DIGIT}{{5}}))({_DIGIT}{{3}}[0-9０-９XxＸｘ])($|[^0-9０-９XxＸｘ])"
_CITIZEN_PYTHON = re.compile(_CITIZEN)
_SHOWN = rf"\1{MASKED_NUMBER}\2\3"

# A code that identifies a person: no lower-case letters, no blanks, and at least half of it digits. Anything else may be a
# name, in any script.
_CODE = r"^[0-9A-Z._/^-]{7,}$"
# A short code is hidden completely, since its last four characters would reveal it; so is a name of one character.
_SHORT_CODE = r"^[0-9A-Z._/^-]*[0-9][0-9A-Z._/^-]*$"
_NAME_MASK, _CODE_MASK = "**", "****"
_MASKED = r"^(\*{3}|.\*{2}|\*{4}[0-9A-Z._/^-]{4})$"


def mask_text(text: str) -> str:
    """Mask possible citizen numbers inside a text and leave everything else."""
    return _CITIZEN_PYTHON.sub(_SHOWN, _CITIZEN_PYTHON.sub(_SHOWN, text))


def mask_texts(values: pa.Array) -> pa.Array:
    """Mask possible citizen numbers in a column of texts.

    Two passes are needed: two numbers that share one separator overlap in the pattern, so the first pass masks only one.
    """
    for _ in range(2):
        values = pc.replace_substring_regex(values, _CITIZEN, _SHOWN)
    return values


def mask_personal(values: pa.Array) -> pa.Array:
    """Mask a column of personal values: a name keeps its first character, a code its last four.

    A value that is already masked is not changed.
    """
    length = pc.utf8_length(values)
    digits = pc.count_substring_regex(values, "[0-9]")
    code = pc.and_(pc.match_substring_regex(values, _CODE), pc.less_equal(length, pc.multiply(digits, 2)))
    tail = pc.binary_join_element_wise(_CODE_MASK, pc.utf8_slice_codeunits(values, start=-4), "")
    head = pc.binary_join_element_wise(pc.utf8_slice_codeunits(values, start=0, stop=1), _NAME_MASK, "")
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
    """Hide the given texts in a sentence, the longest first; single characters are not hidden."""
    for text in sorted(texts, key=len, reverse=True):
        if len(text) > 1:
            sentence = sentence.replace(text, HIDDEN)
    return sentence
