"""Converts the values of one element into the standard: cleaned, looked up, typed; or reports why that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from sources.declaration import Column
from standard.field import Field, Kind
from standard.garbled import FILLER_CHARACTERS, MISREAD_LEADS, garbled
from standard.licence import CELL_ERROR, LICENCE, PLACEHOLDER
from standard.rule import FIXED_WORDS
from standard.violation import Violation
from transforms.dates import parse_dates, parse_instants
from transforms.distinct import values_to_process
from transforms.lookups import Lookup, look_up
from transforms.text import clean_text, unify_separators

# A number beyond 10^15 from a numeric cell or column, or written as text by a spreadsheet (`3.70402E+17`) or by Java (`3.7E17`),
# possibly padded with blanks: its last digits are lost.
_DIGITS_LOST = r"^[\s\x{a0}\x{3000}]*-?\d((\.\d+)?[eE]\+\d+|\.\d+E\d+)[\s\x{a0}\x{3000}]*$"

# Han characters, except those with which misread UTF-8 begins in GBK, and those that pad what was never a text.
_EXCEPT = [0x4DFF, *sorted(map(ord, MISREAD_LEADS + FILLER_CHARACTERS)), 0xA000]
_HAN = "".join(f"{chr(low + 1)}-{chr(high - 1)}" for low, high in pairwise(_EXCEPT) if high - low > 1)

# Values that cleaning, splitting and typing leave unchanged, and that are no placeholders: the great majority.
_PLAIN = {
    Kind.TEXT: rf"^([0-9A-Za-z{_HAN}]{{5,}}|[{_HAN}]{{3,}})$",
    Kind.CODE: r"^[0-9A-Z]{5,}$",
}


@dataclass(frozen=True)
class ElementReader:
    """Converts the values of one element.

    Attributes:
        field: the element.
        column: the declared column.
        lookups: the declared lookups, their keys cleaned as values are.
        zone: the source's time zone.
    """

    field: Field
    column: Column
    lookups: Sequence[Lookup]
    zone: str

    def read(self, texts: pa.Array) -> tuple[pa.Array, list[Violation]]:
        """Convert a column of the department into the standard.

        Args:
            texts: as the department wrote them.

        Returns:
            The typed values, and violations for those that are null although the department wrote something.
        """
        subset = values_to_process(texts, self._plain)
        typed, broken = self._read(subset.values, texts)
        no = pa.scalar(False)
        violations = [
            self._violation(rule, pc.indices_nonzero(subset.restore(mask, no)), texts)
            for rule, mask in broken.items()
            if pc.any(mask).as_py()
        ]
        # Values that are skipped as plain have the same type as processed ones: text.
        return subset.restore(typed, texts), violations

    def _violation(self, rule: str, rows: pa.Array, texts: pa.Array) -> Violation:
        return Violation(
            rule,
            self.field.name,
            rows,
            found=None if rule == "digits_lost" else texts.take(rows),
            personal=self.field.personal and not rule.startswith(FIXED_WORDS),
            expected=self._expected if rule == "value_unreadable" else "",
        )

    @property
    def _plain(self) -> str | None:
        is_changed = self.lookups or self._padded_length or any(map(str.isalnum, self.column.separator or ""))
        return None if is_changed else _PLAIN.get(self.field.kind)

    def _read(self, texts: pa.Array, column: pa.Array) -> tuple[pa.Array, dict[str, pa.Array]]:
        garbled_masks = self._garbled(texts, column)
        if self.column.separator is not None:  # before cleaning, which may change the separator
            texts = unify_separators(texts, self.column.separator)
        lost = _null_as_false(pc.match_substring_regex(texts, _DIGITS_LOST))
        cut = _null_as_false(pc.match_substring(texts, "\0"))  # cleaning removes it, which would leave another number
        texts = self._apply_lookups(pc.if_else(pc.or_(lost, cut), None, texts))
        folded = clean_text(texts, Kind.TEXT) if self._as_written else texts
        nothing = _null_as_false(pc.match_substring_regex(folded, PLACEHOLDER))
        error = _null_as_false(pc.match_substring_regex(folded, CELL_ERROR))
        texts = pc.if_else(pc.or_(nothing, error), None, texts)
        if self.field.multiple:
            texts = unify_separators(texts, None)
        typed = self._parse(texts)
        unreadable = pc.and_(pc.is_valid(texts), pc.is_null(typed))
        placeholder = "placeholder" if self.field.required else "placeholder_optional"
        if self.field.kind in {Kind.DATE, Kind.TIME}:  # it matches no declared format, and may be shown
            unreadable, cut = pc.or_(unreadable, cut), pa.repeat(pa.scalar(False), len(texts))
        unreadable_values = {"digits_lost": lost, "bytes_undecodable": cut, **garbled_masks, "cell_error": error}
        return typed, {**unreadable_values, "value_unreadable": unreadable, placeholder: nothing}

    def _garbled(self, texts: pa.Array, column: pa.Array) -> dict[str, pa.Array]:
        """Find garbled texts before cleaning: what looks like blanks and controls may be the rest of a character."""
        of_text = self.field.kind in {Kind.TEXT, Kind.CODE}
        # An undescribed face field is personal, but need not be a name.
        names = self.field.personal and self.field.name in LICENCE.by_name
        return {"text_garbled": garbled(texts, names=names, column=column)} if of_text else {}

    def _apply_lookups(self, texts: pa.Array) -> pa.Array:
        """Clean the values, and apply the lookups, which ignore the width of characters.

        The texts of a licence's face and all names are kept as written; the elements of the record's key have one form.
        """
        folded = clean_text(texts, cleaning_kind(self.field.kind))
        written = clean_text(texts, Kind.TEXT, as_written=True) if self._as_written else folded
        return look_up(folded, self.lookups, written)

    @property
    def _as_written(self) -> bool:
        return self.field.kind is Kind.TEXT and self.field.name not in LICENCE.key

    def _parse(self, texts: pa.Array) -> pa.Array:
        if self.field.kind is Kind.DATE:
            return parse_dates(texts, self.column.formats, self.zone)
        if self.field.kind is Kind.TIME:
            return parse_instants(texts, self.column.formats, self.zone)
        if self.field.kind is Kind.CODE:
            texts = clean_text(texts, Kind.CODE)
        return texts if self._padded_length is None else pc.utf8_rpad(texts, self._padded_length, "0")

    @property
    def _padded_length(self) -> int | None:
        """Padded length of codes: areas have six digits in some sources and twelve in most; the exchange uses twelve."""
        return 12 if self.field.name == "certificate_area_code" else None

    @property
    def _expected(self) -> str:
        usual = {Kind.DATE: "%Y-%m-%d", Kind.TIME: "%Y-%m-%d %H:%M:%S"}.get(self.field.kind, "")
        return " / ".join(self.column.formats or [usual])


def cleaning_kind(kind: Kind) -> Kind:
    """The kind as which a value is cleaned before the lookup: still in the department's words, so a code not yet as a code."""
    return Kind.TEXT if kind is Kind.TEXT else Kind.TIME


def clean_lookup(lookup: Lookup, kind: Kind) -> Lookup:
    """Clean the keys of a lookup, which are written as the department writes, in the way its values are cleaned."""
    keys = clean_text(pa.array(list(lookup), pa.string()), cleaning_kind(kind)).to_pylist()
    return {key: value for key, value in zip(keys, lookup.values(), strict=True) if key is not None}


def _null_as_false(mask: pa.Array) -> pa.Array:
    return pc.fill_null(mask, False)
