"""Why the platform's database refuses the data it was given, in its own words, without a person's values."""

from __future__ import annotations

import re
from typing import Any

from standard.masking import HIDDEN, mask_text
from standard.storable import storable_text

_QUOTED = re.compile(r"""(?<![A-Za-z0-9])'([^']*)'|"([^"]*)"|“([^”]*)”|«([^»]*)»""")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.$%-]*")  # of a table, a column or a constraint, as programs call them
_BYTES = re.compile(r"(?:\\x[0-9A-Fa-f]{2}|0x[0-9a-f]{2}(?: |$))+")


def masked_cause(error: Exception) -> str:
    """Why the server refuses data: the names of its tables, columns and constraints stay, every other text in quotes goes."""
    original: Any = getattr(error, "orig", None) or error
    words = original.args[1] if len(original.args) > 1 and isinstance(original.args[0], int) else original
    return masked_words(str(words))


def masked_words(words: str) -> str:
    """The first line of what a server says, likewise masked."""
    first = words.strip().split("\n")[0]
    return storable_text(mask_text(_BYTES.sub(HIDDEN, _QUOTED.sub(_hidden, first))))[:200]


def _hidden(found: re.Match[str]) -> str:
    text = next(group for group in found.groups() if group is not None)
    return found.group() if _NAME.fullmatch(text) else found.group().replace(text, HIDDEN) if text else found.group()
