"""Which of the names that are there was probably meant by one that is not."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher, get_close_matches

from standard.messages import Message, joined

# Of what a department sends a name is only shown where it is much like the missing one: it may be somebody's.
_ALIKE = 0.6  # ZSBH and ZSBH2 are 0.89, FZRQ and QSRQ 0.5
_ALIKE_WHERE_TYPED = 0.5


def likeness(one: str, other: str) -> float:
    """How much of two names is the same, in the same order: 0 nothing, 1 all."""
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def nearest(name: str, there: Iterable[str]) -> str | None:
    """The name most like a missing one among those that a department sent; None where none is much like it."""
    return next(iter(get_close_matches(name, list(there), 1, _ALIKE)), None)


def with_nearest(missing: Iterable[str], there: Iterable[str]) -> Message:
    """List missing names, each with the nearest one that is there. Names that are near none are not shown."""
    names = list(dict.fromkeys(there))
    pairs = [(name, nearest(name, names)) for name in missing]
    return joined(
        ", ", (Message("{name} (nearest: {near})", name=name, near=near) if near else name for name, near in pairs)
    )


def did_you_mean(name: str, known: Iterable[str], otherwise: Message) -> Message:
    """The end of a sentence on a name that somebody typed and nobody knows.

    Args:
        name: what was typed.
        known: what could have been.
        otherwise: what to say where nothing known is like it.
    """
    near = get_close_matches(name, list(known), 1, _ALIKE_WHERE_TYPED)
    return Message("did you mean {name}?", name=near[0]) if near else otherwise
