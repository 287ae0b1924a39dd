"""Recognises the forms in which sources write times as text, and writes instants in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo

# A shape is a text with 0 for each of its digits. In the known ones the fields descend from the year and all have leading
# zeros, so texts of one shape sort as their times do: 0000-00-00 00:00:00, 0000-00-00T00:00:00.000+00:00,
# 0000/00/00 00:00, 00000000000000, 0000年00月00日. A shape without leading zeros (0000/0/0) does not sort so.
_KNOWN = re.compile(
    r"(?:0000(?P<dash>[-/.]?)00(?P=dash)00|0000年00月00日)"
    r"(?:[ T]?(?:00:00(?::00(?:[.,]0{1,9})?)?|0000(?:00(?:[.,]0{1,9})?)?|00时00分(?:00秒)?)"
    r"(?P<zone> ?(?:Z|[+-]00(?::?00)?))?)?"
)
_DAY = 8  # digits
_FARTHEST = timedelta(hours=14)  # from UTC, in any time zone


@dataclass(frozen=True)
class TextForm:
    """One form of texts for times.

    Attributes:
        shape: a text of this form with 0 for each of its digits.
        ending: the offset from UTC at the end of its texts, if its shape has one with digits; else empty.
        zone: of its digits.
    """

    shape: str
    ending: str
    zone: tzinfo

    @property
    def of_days(self) -> bool:
        """Whether its texts contain days without hours."""
        return self._body.count("0") == _DAY

    def floor(self, moment: datetime) -> str:
        """The last text that is not after an aware instant."""
        local = moment.astimezone(self.zone)
        # Whatever the separators, the fields come in this order; nobody writes less than a billionth of a second.
        digits = iter(f"{local.year:04}{local:%m%d%H%M%S%f}000")
        return "".join(next(digits) if sign == "0" else sign for sign in self._body) + self.ending

    def ceil(self, moment: datetime) -> str:
        """The first text that is not before an aware instant."""
        return self.floor(moment + self._step - timedelta(microseconds=1))

    @property
    def _body(self) -> str:
        return self.shape[: len(self.shape) - len(self.ending)]

    @property
    def _step(self) -> timedelta:
        """The time from one text to the next."""
        digits = self._body.count("0")
        fraction = timedelta(microseconds=10 ** max(0, 20 - digits))
        return {_DAY: timedelta(days=1), 12: timedelta(minutes=1)}.get(digits, fraction)


def is_known(shape: str) -> bool:
    """Whether texts of a shape are times and sort as these do."""
    return _KNOWN.fullmatch(shape) is not None


def ending_length(shape: str) -> int:
    """Length of the offset with digits at the end of texts of a known shape; 0 where there is none."""
    match = _KNOWN.fullmatch(shape)
    zone = match["zone"] if match else None
    return len(zone) if zone and "0" in zone else 0


def text_form(shape: str, ending: str, zone: tzinfo) -> TextForm | None:
    """Build the form of texts of a known shape and, if it has one, an offset.

    Args:
        shape: a known shape.
        ending: the offset at the end of its texts; empty where `ending_length` is 0.
        zone: of times that are written without one.

    Returns:
        The form; None for an offset that no zone has.
    """
    if not ending:
        return TextForm(shape, "", UTC if shape.endswith("Z") else zone)
    sign, hours, minutes = re.fullmatch(r" ?([+-])(\d\d):?(\d\d)?", ending).groups()  # type: ignore[union-attr]  # the shape guarantees a match
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if offset > _FARTHEST or int(minutes or 0) > 59:
        return None
    return TextForm(shape, ending, timezone(offset if sign == "+" else -offset))
