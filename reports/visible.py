"""Knows the characters that hide or reorder what stands beside them, and says them out loud."""

import re

# Line breaks and tabs stay. Everything else that has no shape of its own is shown: control characters, invisible and
# direction-changing ones, and code points that XML or UTF-8 cannot carry.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff"
    "\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_PICTURES = 0x2400  # Unicode's "control pictures": U+2400 is drawn as NUL, and so on


def visible(text: str) -> str:
    """Show what would be invisible: a NUL becomes `␀`, a right-to-left override `[U+202E]`."""
    return _HIDDEN.sub(_shown, text)


def _shown(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code == 0x7F:
        return "␡"
    return chr(_PICTURES + code) if code < 0x20 else f"[U+{code:04X}]"
