"""How a department's rows become licences: every element from its declared column, typed, or a finding in its place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sources.checks import DERIVED
from sources.declaration import Column
from sources.register import Source
from standard.batch import LOCATOR
from standard.codes import code_list, status_families
from standard.field import ARROW_TYPES, Field, Kind
from standard.finding import FINDING, found_in
from standard.licence import EXCHANGE, HOLDERS_JOINED_BY, LICENCE, PLACEHOLDER
from transforms.dates import parse_dates, parse_instants
from transforms.digests import digest, json_objects
from transforms.lookups import Lookup, each_distinct, look_up
from transforms.records import left_out_rows, tidied
from transforms.text import clean_text, split_holders

# How a number beyond 10^15 arrives from a cell or column of numbers: its last digits are not what was typed.
_DIGITS_LOST = r"^-?\d(\.\d+)?[eE]\+\d+$"


@dataclass(frozen=True)
class Conformed:
    """One group of rows in the standard.

    Attributes:
        licences: `schema` of the source's `Conformer`.
        findings: `FINDING`; what could not be typed.
        left_out: rows that a declaration says are not records.
    """

    licences: pa.Table
    findings: pa.Table
    left_out: int


@dataclass(frozen=True)
class Unread:
    """Places of a group at which one element could not be said in the standard, and the column as it stood."""

    rule: str
    field: Field
    places: pa.Array
    original: pa.Array
    expected: str


# What a licence's face does not show: its state changes without a new version, and its identifier only names it. Names
# that the exchange fills in are not there either, or a department renamed in its declaration would renew every licence.
NOT_ON_FACE = frozenset({"certificate_status", "certificate_identifier"})


@dataclass(frozen=True)
class Conformer:
    """Says the rows of one source in the standard, a group at a time.

    Attributes:
        source: the declaration with its licence type.
        taken_at: instant text; when the source was read, the stamp of rows that have no update time of their own.
    """

    source: Source
    taken_at: str

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The elements, the face fields of the licence type last."""
        return (*LICENCE.fields, *self.source.face)

    @property
    def schema(self) -> pa.Schema:
        """Of the licences: elements, face fields, then what travels beside them, and the row's place in the batch."""
        beside = [pa.field(name, pa.string()) for name in EXCHANGE]
        return pa.schema([*(field.arrow for field in self.fields), *beside, pa.field("row", pa.int64())])

    def conform(self, raw: pa.Table, first_row: int) -> Conformed:
        """Say one group in the standard.

        Args:
            raw: text columns as the source has them, and locators.
            first_row: place in the batch of the first record of this group.

        Raises:
            DeclarationError: when the department's own `tidy` fails, or changes which rows there are.
        """
        raw = tidied(self.source, raw)
        raw = raw.combine_chunks()
        kept = pc.invert(left_out_rows(self.source.declaration, raw))
        left_out = raw.num_rows - (pc.sum(kept).as_py() or 0)
        if left_out:
            raw = raw.filter(kept).combine_chunks()
        elements, unread = self._elements(raw)
        updated_at, without_time = self._updated_at(raw)
        licences = self._with_exchange(elements, updated_at, raw[LOCATOR], first_row)
        findings = [
            found_in(
                licences,
                item.places,
                item.rule,
                item.field.name,
                values=None if item.rule == "digits_lost" else item.original.take(item.places),
                personal=item.field.personal and not item.rule.startswith("placeholder"),
                expected=item.expected if item.rule == "value_unreadable" else "",
            )
            for item in (*unread, *without_time)
        ]
        return Conformed(licences, pa.concat_tables([FINDING.empty_table(), *findings]), left_out)

    def _elements(self, raw: pa.Table) -> tuple[dict[str, pa.Array], list[Unread]]:
        elements: dict[str, pa.Array] = {}
        unread: list[Unread] = []
        for field in self.fields:
            column = self.source.declaration.columns.get(field.name)
            values, found = self._element(field, column, raw) if column else (self._absent(field, raw), [])
            elements[field.name] = values
            unread.extend(found)
        self._fill_in(elements)
        return elements, unread

    def _element(self, field: Field, column: Column, raw: pa.Table) -> tuple[pa.Array, list[Unread]]:
        if column.source is None:
            texts = pa.repeat(pa.scalar(column.constant, pa.string()), raw.num_rows)
        else:
            texts = _one(raw, column.source)
        original = texts
        if column.separator is not None:  # before cleaning, which may change what separates
            texts = split_holders(texts, column.separator)
        lost = _holds(pc.match_substring_regex(texts, _DIGITS_LOST))
        # Lookups are written in the department's own words, so a code is cleaned as a code only after them.
        kind = Kind.TEXT if field.kind is Kind.TEXT else Kind.TIME
        texts = clean_text(pc.if_else(lost, None, texts), kind)
        if column.lookup:
            texts = look_up(texts, [_cleaned_keys(self._lookups[name], kind) for name in column.lookup])
        nothing = _holds(pc.match_substring_regex(texts, PLACEHOLDER))
        texts = pc.if_else(nothing, None, texts)
        if field.multiple:
            texts = split_holders(texts, None)
        typed, unreadable, expected = self._typed(field, column, texts)
        broken = {
            "digits_lost": lost,
            "value_unreadable": unreadable,
            "placeholder" if field.required else "placeholder_optional": nothing,
        }
        unread = [Unread(rule, field, _places(mask), original, expected) for rule, mask in broken.items()]
        return typed, [item for item in unread if len(item.places)]

    def _typed(self, field: Field, column: Column, texts: pa.Array) -> tuple[pa.Array, pa.Array, str]:
        """The typed values, where they could not be read, and what would have been readable."""
        if field.kind is Kind.TEXT:
            return texts, pa.repeat(pa.scalar(False), len(texts)), ""
        if field.kind is Kind.CODE:
            return _code(field, clean_text(texts, Kind.CODE)), pa.repeat(pa.scalar(False), len(texts)), ""
        if field.kind is Kind.DATE:
            typed, forms = parse_dates(texts, column.formats), column.formats or ["%Y-%m-%d"]
        else:
            typed, forms = parse_instants(texts, column.formats, self._zone), column.formats or ["%Y-%m-%d %H:%M:%S"]
        return typed, pc.and_(pc.is_valid(texts), pc.is_null(typed)), " / ".join(forms)

    def _absent(self, field: Field, raw: pa.Table) -> pa.Array:
        return pa.nulls(raw.num_rows, ARROW_TYPES[field.kind])

    def _fill_in(self, elements: dict[str, pa.Array]) -> None:
        """Fill in what the declaration, the catalogue and the code lists know, where no column says it."""
        declaration, licence_type = self.source.declaration, self.source.licence_type
        known = {
            "certificate_name": licence_type.name,
            "certificate_type_name": licence_type.name,
            "certificate_type_code": licence_type.code,
            "certificate_issuing_authority_name": declaration.department.name,
            "certificate_issuing_authority_code": declaration.department.code,
            "certificate_status": "VALID",
        }
        for name, value in known.items():
            if name not in declaration.columns:
                elements[name] = pa.repeat(pa.scalar(value, pa.string()), len(elements[name]))
        if "certificate_holder_type_name" not in declaration.columns:
            elements["certificate_holder_type_name"] = each_distinct(
                elements["certificate_holder_type_code"], _holder_type_names
            )

    def _with_exchange(
        self, elements: dict[str, pa.Array], updated_at: pa.Array, locators: pa.ChunkedArray, first_row: int
    ) -> pa.Table:
        table = pa.table(elements)
        face = [field.name for field in self.source.face]
        content = [*LICENCE.names, *face]
        taken = pa.repeat(pa.scalar(self.taken_at), table.num_rows)
        whole = _all([pc.is_valid(elements[name]) for name in LICENCE.key])
        exchange = {
            "face": json_objects(table, face),
            "source_updated_at": updated_at,
            # A snapshot is newer than another by when it was taken, whatever times its rows carry.
            "observed_at": pc.coalesce(updated_at, taken) if self.source.declaration.incremental else taken,
            "locator": locators,
            "record": pc.if_else(whole, digest(table, LICENCE.key), ""),
            "digest": digest(table, content),
            "face_digest": digest(table, [name for name in content if name not in self._not_on_face]),
        }
        row = pa.array(np.arange(first_row, first_row + table.num_rows))
        return pa.table([*elements.values(), *exchange.values(), row], schema=self.schema)

    def _updated_at(self, raw: pa.Table) -> tuple[pa.Array, list[Unread]]:
        """The source's own update times; a row whose time cannot be read has no place among the others, and is held."""
        name = self.source.declaration.extract.updated_at
        if name is None:
            return pa.nulls(raw.num_rows, pa.string()), []
        texts = clean_text(_one(raw, name), Kind.TIME)
        read = parse_instants(texts, [], self._zone)
        unread = _places(pc.and_(pc.is_valid(texts), pc.is_null(read)))
        field = Field(name, name, "", Kind.TIME)
        return read, [Unread("value_unreadable", field, unread, texts, "%Y-%m-%d %H:%M:%S")] if len(unread) else []

    @cached_property
    def _lookups(self) -> dict[str, dict[str, str | None]]:
        return {**status_families(), **self.source.declaration.lookups}

    @property
    def _not_on_face(self) -> frozenset[str]:
        filled_in = frozenset(DERIVED) - frozenset(LICENCE.key) - frozenset(self.source.declaration.columns)
        return NOT_ON_FACE | filled_in

    @property
    def _zone(self) -> str:
        return self.source.declaration.extract.time_zone


def _one(table: pa.Table, name: str) -> pa.Array:
    column = table[name]
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _holds(mask: pa.Array) -> pa.Array:
    return pc.fill_null(mask, False)


def _places(mask: pa.Array) -> pa.Array:
    return pc.indices_nonzero(mask)


def _all(masks: list[pa.Array]) -> pa.Array:
    whole = masks[0]
    for mask in masks[1:]:
        whole = pc.and_(whole, mask)
    return whole


def _cleaned_keys(lookup: Lookup, kind: Kind) -> Lookup:
    """A lookup is written as the department writes, and its values are cleaned before they are looked up."""
    keys = clean_text(pa.array(list(lookup), pa.string()), kind).to_pylist()
    return {key: value for key, value in zip(keys, lookup.values(), strict=True) if key is not None}


def _code(field: Field, values: pa.Array) -> pa.Array:
    """Codes of areas are written with six digits by some and twelve by most; twelve is the exchange's form."""
    return pc.utf8_rpad(values, 12, "0") if field.name == "certificate_area_code" else values


def _holder_type_names(codes: str) -> str | None:
    names = [code_list("holder_type").get(code) for code in codes.split(HOLDERS_JOINED_BY)]
    return None if None in names else HOLDERS_JOINED_BY.join(name for name in names if name)
