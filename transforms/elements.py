"""How the values of one element are said in the standard: cleaned, looked up, typed; or where that was not possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from sources.declaration import Column
from standard.field import ARROW_TYPES, Field, Kind
from standard.garbled import FIRST_OF_GBK, OF_FILLING, garbled
from standard.licence import CELL_ERROR, LICENCE, PLACEHOLDER
from standard.violation import Violation
from transforms.dates import parse_dates, parse_instants
from transforms.distinct import less_of
from transforms.lookups import Lookup, look_up
from transforms.text import clean_text, split_holders

# How a number beyond 10^15 arrives from a cell or column of numbers, and in a text that a spreadsheet (`3.70402E+17`) or
# Java (`3.7E17`) has written, maybe with blanks to fill its format: its last digits are not what was typed.
_DIGITS_LOST = r"^[\s\x{a0}\x{3000}]*-?\d((\.\d+)?[eE]\+\d+|\.\d+E\d+)[\s\x{a0}\x{3000}]*$"

# Han, but for those with which UTF-8 begins that was taken for GBK, and those that fill what was never a text.
_EXCEPT = [0x4DFF, *sorted(map(ord, FIRST_OF_GBK + OF_FILLING)), 0xA000]
_HAN = "".join(f"{chr(low + 1)}-{chr(high - 1)}" for low, high in pairwise(_EXCEPT) if high - low > 1)

# Values that cleaning, splitting and typing leave as they are, and that stand for something: most of what there is.
_PLAIN = {
    Kind.TEXT: rf"^([0-9A-Za-z{_HAN}]{{5,}}|[{_HAN}]{{3,}})$",
    Kind.CODE: r"^[0-9A-Z]{5,}$",
}


@dataclass(frozen=True)
class Reader:
    """Reads the values of one element.

    Attributes:
        field: the element.
        column: where the declaration takes it from.
        lookups: those of the declared lookups, their keys cleaned as values are.
        zone: the source's time zone.
    """

    field: Field
    column: Column
    lookups: Sequence[Lookup]
    zone: str

    def read(self, texts: pa.Array) -> tuple[pa.Array, list[Violation]]:
        """Say a column of the department in the standard.

        Args:
            texts: as the department wrote them.

        Returns:
            The typed values, and where there are none although the department wrote something.
        """
        less = less_of(texts, self._plain)
        typed, broken = self._read(less.values, texts)
        no = pa.scalar(False)
        violations = [
            self._violation(rule, pc.indices_nonzero(less.spread(mask, no)), texts)
            for rule, mask in broken.items()
            if pc.any(mask).as_py()
        ]
        # Where values are left out as plain they are of one type with what is typed: text.
        return less.spread(typed, texts), violations

    def _violation(self, rule: str, rows: pa.Array, texts: pa.Array) -> Violation:
        return Violation(
            rule,
            self.field.name,
            rows,
            found=None if rule == "digits_lost" else texts.take(rows),
            personal=self.field.personal and not rule.startswith(("placeholder", "cell_error")),
            expected=self._expected if rule == "value_unreadable" else "",
        )

    @property
    def _plain(self) -> str | None:
        touched = self.lookups or self._pads or any(map(str.isalnum, self.column.separator or ""))
        return None if touched else _PLAIN.get(self.field.kind)

    def _read(self, texts: pa.Array, column: pa.Array) -> tuple[pa.Array, dict[str, pa.Array]]:
        spoilt = self._garbled(texts, column)
        if self.column.separator is not None:  # before cleaning, which may change what separates
            texts = split_holders(texts, self.column.separator)
        lost = _holds(pc.match_substring_regex(texts, _DIGITS_LOST))
        cut = _holds(pc.match_substring(texts, "\0"))  # cleaning takes it out, and makes another number of the rest
        texts = self._looked_up(pc.if_else(pc.or_(lost, cut), None, texts))
        folded = clean_text(texts, Kind.TEXT) if self._as_written else texts
        nothing = _holds(pc.match_substring_regex(folded, PLACEHOLDER))
        error = _holds(pc.match_substring_regex(folded, CELL_ERROR))
        texts = pc.if_else(pc.or_(nothing, error), None, texts)
        if self.field.multiple:
            texts = split_holders(texts, None)
        typed = self._typed(texts)
        unreadable = pc.and_(pc.is_valid(texts), pc.is_null(typed))
        placeholder = "placeholder" if self.field.required else "placeholder_optional"
        if self.field.kind in {Kind.DATE, Kind.TIME}:  # which is not of the declared form, and can be shown
            unreadable, cut = pc.or_(unreadable, cut), pa.repeat(pa.scalar(False), len(texts))
        no_text = {"digits_lost": lost, "bytes_undecodable": cut, **spoilt, "cell_error": error}
        return typed, {**no_text, "value_unreadable": unreadable, placeholder: nothing}

    def _garbled(self, texts: pa.Array, column: pa.Array) -> dict[str, pa.Array]:
        """Before anything is cleaned: what looks like blanks and controls may be what is left of a character."""
        of_text = self.field.kind in {Kind.TEXT, Kind.CODE}
        # A field of the face that nobody has described is personal, but need not be a name.
        names = self.field.personal and self.field.name in LICENCE.by_name
        return {"text_garbled": garbled(texts, names=names, column=column)} if of_text else {}

    def _looked_up(self, texts: pa.Array) -> pa.Array:
        """Cleaned values, or what the lookups have for them, which know a value whatever the width of its signs.

        The text on a licence's face and all names are said as they are written; what names the record has one form.
        """
        folded = clean_text(texts, cleaned_as(self.field.kind))
        written = clean_text(texts, Kind.TEXT, as_written=True) if self._as_written else folded
        return look_up(folded, self.lookups, written)

    @property
    def _as_written(self) -> bool:
        return self.field.kind is Kind.TEXT and self.field.name not in LICENCE.key

    def _typed(self, texts: pa.Array) -> pa.Array:
        if self.field.kind is Kind.DATE:
            return parse_dates(texts, self.column.formats, self.zone)
        if self.field.kind is Kind.TIME:
            return parse_instants(texts, self.column.formats, self.zone)
        if self.field.kind is Kind.CODE:
            texts = clean_text(texts, Kind.CODE)
        return texts if self._pads is None else pc.utf8_rpad(texts, self._pads, "0")

    @property
    def _pads(self) -> int | None:
        """Codes of areas are written with six digits by some and twelve by most; twelve is the exchange's form."""
        return 12 if self.field.name == "certificate_area_code" else None

    @property
    def _expected(self) -> str:
        usual = {Kind.DATE: "%Y-%m-%d", Kind.TIME: "%Y-%m-%d %H:%M:%S"}.get(self.field.kind, "")
        return " / ".join(self.column.formats or [usual])


def cleaned_as(kind: Kind) -> Kind:
    """How a value is cleaned before it is looked up: in the department's own words, so a code not yet as a code."""
    return Kind.TEXT if kind is Kind.TEXT else Kind.TIME


def cleaned_lookup(lookup: Lookup, kind: Kind) -> Lookup:
    """A lookup is written as the department writes, and its values are cleaned before they are looked up."""
    keys = clean_text(pa.array(list(lookup), pa.string()), cleaned_as(kind)).to_pylist()
    return {key: value for key, value in zip(keys, lookup.values(), strict=True) if key is not None}


def absent(field: Field, rows: int) -> pa.Array:
    """An element of which the source says nothing."""
    return pa.nulls(rows, ARROW_TYPES[field.kind])


def _holds(mask: pa.Array) -> pa.Array:
    return pc.fill_null(mask, False)
