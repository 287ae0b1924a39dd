"""How a department's rows become licences: every element from its declared column, typed, or a finding in its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sources.database_extract import DatabaseExtract
from sources.declaration import Column
from sources.register import Source
from standard.codes import code_list, status_families
from standard.field import ARROW_TYPES, Field, Kind
from standard.finding import found_in
from standard.licence import DERIVED, EXCHANGE, FLAGS, HOLDERS_JOINED_BY, LICENCE
from standard.locator import with_numbers
from standard.raw import LOCATOR
from standard.row_groups import column_of
from standard.violation import Violation
from transforms.digests import Values, digest, json_objects
from transforms.elements import Reader, cleaned_lookup
from transforms.faults import faults
from transforms.lookups import each_distinct
from transforms.records import deleted_rows, left_out_rows, operations_of, tidied, unknown_operations
from transforms.stamps import Stamps, stamps


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


# What a licence's face does not show: its state changes without a new version, and its identifier only names it. Names
# that the exchange fills in are not there either, or a department renamed in its declaration would renew every licence.
NOT_ON_FACE = frozenset({"certificate_status", "certificate_identifier"})
_NOT_ALWAYS_ON_FACE = NOT_ON_FACE | frozenset(DERIVED) - frozenset(LICENCE.key)


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

    @cached_property
    def schema(self) -> pa.Schema:
        """Of the licences: elements, face fields, then what travels beside them, and the row's place in the batch."""
        beside = [pa.field(name, pa.string()) for name in EXCHANGE]
        flags = [pa.field(name, pa.bool_()) for name in FLAGS]
        return pa.schema([*(field.arrow for field in self.fields), *beside, *flags, pa.field("row", pa.int64())])

    def conform(self, raw: pa.Table, first_row: int) -> Conformed:
        """Say one group in the standard.

        Args:
            raw: text columns as the source has them, locators, and what reading found wrong.
            first_row: place in the batch, or in the part of it that is read by itself, of the first record of this group.

        Raises:
            DeclarationError: when the department's own `tidy` fails, or changes which rows there are.
        """
        raw = tidied(self.source, raw).combine_chunks()
        out = left_out_rows(self.source.declaration, raw)
        left_out = pc.sum(out).as_py() or 0
        if left_out:
            raw = raw.filter(pc.invert(out)).combine_chunks()
        elements, unread = self._elements(raw)
        stamped = stamps(self.source.declaration, raw, self.taken_at)
        # A row that only says that its record ended needs nothing but what names it.
        ends = deleted_rows(self.source.declaration, raw)
        licences = self._licences(elements, stamped, ends, raw, first_row)
        of_contents = [violation.without(ends) for violation in unread]
        violations = [*of_contents, *stamped.violations, *self._told(raw, ends)]
        return Conformed(licences, found_in(licences, violations), left_out)

    def element(self, name: str, raw: pa.Table) -> pa.Array:
        """One element of a group, null where it cannot be said; its column is declared, not constant."""
        field = next(field for field in self.fields if field.name == name)
        return self._element(field, self.source.declaration.columns[name], raw)[0]

    def _elements(self, raw: pa.Table) -> tuple[dict[str, Values], list[Violation]]:
        """The elements by name: a column, or where every row has the same the one value."""
        elements: dict[str, Values] = {}
        unread: list[Violation] = []
        for field in self.fields:
            column = self.source.declaration.columns.get(field.name)
            if column is None:
                elements[field.name] = pa.scalar(None, ARROW_TYPES[field.kind])
            else:
                elements[field.name], found = self._element(field, column, raw)
                unread.extend(found)
        self._fill_in(elements)
        return elements, unread

    def _element(self, field: Field, column: Column, raw: pa.Table) -> tuple[pa.Array, list[Violation]]:
        reader = self._readers[field.name]
        if column.source is not None:
            return reader.read(column_of(raw, column.source))
        return reader.read(pa.repeat(pa.scalar(column.constant, pa.string()), raw.num_rows))

    @cached_property
    def _readers(self) -> dict[str, Reader]:
        declaration = self.source.declaration
        known = {**status_families(), **declaration.lookups}
        fields = {field.name: field for field in self.fields}
        return {
            name: Reader(
                fields[name],
                column,
                [cleaned_lookup(known[lookup], fields[name].kind) for lookup in column.lookup],
                declaration.extract.time_zone,
            )
            for name, column in declaration.columns.items()
        }

    def _fill_in(self, elements: dict[str, Values]) -> None:
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
                elements[name] = pa.scalar(value, pa.string())
        if "certificate_holder_type_name" not in declaration.columns:
            elements["certificate_holder_type_name"] = each_distinct(
                elements["certificate_holder_type_code"], _holder_type_names
            )

    def _licences(
        self, elements: dict[str, Values], stamped: Stamps, ends: pa.Array, raw: pa.Table, first_row: int
    ) -> pa.Table:
        rows, face = raw.num_rows, [field.name for field in self.source.face]
        said: dict[str, Values] = {
            **elements,
            "face": json_objects({name: _whole(elements[name], rows) for name in face}, rows),
            "source_updated_at": stamped.updated_at,
            "observed_at": stamped.observed_at,
            "locator": self._locators(elements["certificate_number"], raw),
            "record": _where_all(digest(elements, LICENCE.key, rows), [elements[name] for name in LICENCE.key]),
            **self._digests(elements, rows),
            "ordered": stamped.ordered,
            "of_day": stamped.of_day,
            "ends": ends,
            "row": pa.array(np.arange(first_row, first_row + rows)),
        }
        return pa.table([_whole(values, rows) for values in said.values()], schema=self.schema)

    def _locators(self, numbers: Values, raw: pa.Table) -> pa.Array:
        """Where the rows stand; a key that names none of them is told by the number beside it."""
        locators = column_of(raw, LOCATOR)
        of_keys = isinstance(self.source.declaration.extract, DatabaseExtract)
        return with_numbers(locators, _whole(numbers, raw.num_rows)) if of_keys else locators

    def _digests(self, elements: dict[str, Values], rows: int) -> dict[str, pa.Array]:
        """Of the whole content, and of what the licence's face shows of it.

        Hashing is a third of the time of a group. So what every face shows is hashed once, and the digest of the whole
        content is of that digest and of the rest.
        """
        content = [field.name for field in self.fields]
        always = [name for name in content if name not in _NOT_ALWAYS_ON_FACE]
        shown = [name for name in content if name not in NOT_ON_FACE | self._filled_in]
        core = digest(elements, always, rows)
        rest = [name for name in content if name in _NOT_ALWAYS_ON_FACE]
        return {
            "digest": digest({**elements, "core": core}, ["core", *rest], rows),
            "face_digest": core if shown == always else digest(elements, shown, rows),
        }

    def _told(self, raw: pa.Table, ends: pa.Array) -> Iterator[Violation]:
        """What the source itself told of its rows: cells that could not be read, operations, records that were deleted."""
        declaration = self.source.declaration
        for fault in faults(declaration, raw):
            if fault.rule == "shown_otherwise" and fault.element in self._said_by_digits:
                continue
            of_content = fault.element in self.schema.names and fault.element not in LICENCE.key
            yield fault.without(ends) if of_content else fault
        if declaration.vanished == "hold":
            yield Violation("deleted", rows=pc.indices_nonzero(ends))
        unknown = unknown_operations(declaration, raw)
        if len(unknown):
            changes = operations_of(declaration)
            assert changes is not None  # or there were no operations
            declared = " / ".join(text or "''" for text in [*changes.kept_values, *changes.deleted_values])
            found = column_of(raw, changes.operation).take(unknown)
            yield Violation("operation_unknown", changes.operation, unknown, found, expected=declared)

    @cached_property
    def _said_by_digits(self) -> frozenset[str]:
        """Where it does not matter what a format adds to a number: days and times, of a declared form or unread, and nothing."""
        timed = [field.name for field in self.fields if field.kind in {Kind.DATE, Kind.TIME}]
        return frozenset([*timed, self.source.declaration.extract.updated_at or "", ""])

    @property
    def _filled_in(self) -> frozenset[str]:
        return frozenset(DERIVED) - frozenset(LICENCE.key) - frozenset(self.source.declaration.columns)


def _whole(values: Values, rows: int) -> pa.Array:
    return pa.repeat(values, rows) if isinstance(values, pa.Scalar) else values


def _where_all(record: pa.Array, key: list[Values]) -> pa.Array:
    """Empty where the key is not whole: such a row names no record."""
    missing = [values for values in key if isinstance(values, pa.Scalar) or values.null_count]
    for values in missing:
        record = pc.if_else(pc.is_valid(values), record, "")
    return record


def _holder_type_names(codes: str) -> str | None:
    names = [code_list("holder_type").get(code) for code in codes.split(HOLDERS_JOINED_BY)]
    return None if None in names else HOLDERS_JOINED_BY.join(name for name in names if name)
