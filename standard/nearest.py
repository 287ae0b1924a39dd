"""Finds the existing name that is most like a missing or mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

from standard.messages import Message, joined

# A name that a department sent may be personal data, so it is shown only if it is much like the missing one.
_MIN_LIKENESS = 0.6  # ZSBH and ZSBH2 are 0.89, FZRQ and QSRQ 0.5
_MIN_LIKENESS_TYPED = 0.5


def likeness(one: str, other: str) -> float:
    """How much of two names is equal and in the same order: 0 nothing, 1 everything."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def nearest(name: str, existing: Iterable[str]) -> str | None:
    """The name most like a missing one among those that a department sent; None if none is much like it."""
    return next(iter(get_close_matches(name, list(existing), 1, _MIN_LIKENESS)), None)


def with_nearest(missing: Iterable[str], existing: Iterable[str]) -> Message:
    """List missing names, each with the nearest existing one; existing names near none of them are not shown."""
    names = list(dict.fromkeys(existing))
    pairs = [(name, nearest(name, names)) for name in missing]
    return joined(
        ", ", (Message("{name} (nearest: {near})", name=name, near=near) if near else name for name, near in pairs)
    )


def did_you_mean(name: str, known: Iterable[str], otherwise: Message) -> Message:
    """The end of a sentence about a mistyped name.

    Args:
        name: as it was typed.
        known: the names that exist.
        otherwise: returned if none of them is like it.
    """
    near = get_close_matches(name, list(known), 1, _MIN_LIKENESS_TYPED)
    return Message("did you mean {name}?", name=near[0]) if near else otherwise
