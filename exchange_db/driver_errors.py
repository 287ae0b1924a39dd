"""The reason why the platform's database refuses data, in its own words but without personal values."""

from __future__ import annotations

import re
from typing import Any

from standard.masking import HIDDEN, mask_text
from standard.storable import storable_text

_QUOTED = re.compile(r"""(?<![A-Za-z0-9])'([^']*)'|"([^"]*)"|“([^”]*)”|«([^»]*)»""")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.$%-]*")  # of a table, column or constraint
_BYTES = re.compile(r"(?:\\x[0-9A-Fa-f]{2}|0x[0-9a-f]{2}(?: |$))+")


def masked_cause(error: Exception) -> str:
    """The server's reason for refusing data; quoted texts are hidden, except names of tables, columns and constraints."""
    original: Any = getattr(error, "orig", None) or error
    message = original.args[1] if len(original.args) > 1 and isinstance(original.args[0], int) else original
    return mask_message(str(message))


def mask_message(message: str) -> str:
    """The first line of a server's message, with quoted texts hidden as in `masked_cause`."""
    first = message.strip().split("\n")[0]
    return storable_text(mask_text(_BYTES.sub(HIDDEN, _QUOTED.sub(_hide, first))))[:200]


def _hide(match: re.Match[str]) -> str:
    text = next(group for group in match.groups() if group is not None)
    return match.group() if _NAME.fullmatch(text) else match.group().replace(text, HIDDEN) if text else match.group()
