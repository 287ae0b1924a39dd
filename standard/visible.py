"""Makes invisible characters, and those that reorder the text around them, visible."""

import json
import re
from typing import Any

# All characters without a glyph: control characters, invisible and direction-changing ones, and code points that XML or UTF-8
# cannot represent.
_HIDDEN = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e00ff\U000e01f0-\U000e0fff"
)
# A variation selector belongs to the character before it; one that follows nothing, or another selector, may hide something.
_SELECTOR = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_ASTRAY = f"(?<![^\\s{_SELECTOR}])[{_SELECTOR}]"
_IN_TEXT = re.compile(f"[{_HIDDEN}]|{_ASTRAY}")
_IN_LINE = re.compile(f"[{_HIDDEN}\t\n]|{_ASTRAY}")
_PICTURES = 0x2400  # Unicode's "control pictures": U+2400 is drawn as NUL, and so on


def visible(text: str) -> str:
    """Replace invisible characters: a NUL becomes `␀`, a right-to-left override `[U+202E]`. Line breaks and tabs are kept."""
    return _IN_TEXT.sub(_shown, text)


def visible_line(text: str) -> str:
    """Replace invisible characters in a text that must stay on one line, as in a log: a line break becomes `␊`."""
    return _IN_LINE.sub(_shown, text)


def json_text(value: Any) -> str:
    """A value as JSON; invisible characters are written as JSON escapes, which keep the value the same."""
    return _IN_TEXT.sub(_escaped, json.dumps(value, ensure_ascii=False, indent=1, default=str))


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code == 0x7F:
        return "␡"
    return chr(_PICTURES + code) if code < 0x20 else f"[U+{code:04X}]"


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1] if match.group() != "\x7f" else r"\u007f"
