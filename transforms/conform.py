"""Converts a department's rows into licences: every element typed from its declared column, or a finding in its place."""

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
from standard.finding import findings_on_rows
from standard.licence import DERIVED, EXCHANGE, FLAGS, HOLDERS_JOINED_BY, LICENCE
from standard.locator import with_numbers
from standard.raw import LOCATOR
from standard.row_groups import column_of
from standard.violation import Violation
from transforms.digests import Values, digest, json_objects
from transforms.elements import ElementReader, clean_lookup
from transforms.faults import element_faults
from transforms.lookups import map_distinct
from transforms.records import apply_tidy, declared_changes, deleted_rows, left_out_rows, unknown_operations
from transforms.stamps import Stamps, stamp_rows


@dataclass(frozen=True)
class Conformed:
    """One group of rows in the standard.

    Attributes:
        licences: `schema` of the source's `Conformer`.
        findings: `FINDING`; on values that could not be converted.
        left_out: the number of rows that are not records.
    """

    licences: pa.Table
    findings: pa.Table
    left_out: int


# Elements that a licence's face does not show: a change of status makes no new version, and the identifier only names it. Nor does
# it show names that the exchange fills in, or a department renamed in its declaration would renew every licence.
NOT_ON_FACE = frozenset({"certificate_status", "certificate_identifier"})
_NOT_ALWAYS_ON_FACE = NOT_ON_FACE | frozenset(DERIVED) - frozenset(LICENCE.key)


@dataclass(frozen=True)
class Conformer:
    """Converts the rows of one source into the standard, a group at a time.

    Attributes:
        source: the declaration with its licence type.
        taken_at: instant text of the reading, the stamp of rows without an update time of their own.
    """

    source: Source
    taken_at: str

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The elements, followed by the face fields of the licence type."""
        return (*LICENCE.fields, *self.source.face)

    @cached_property
    def schema(self) -> pa.Schema:
        """Schema of the licences: elements, face fields, the exchange's own columns, and the row's index in the batch."""
        beside = [pa.field(name, pa.string()) for name in EXCHANGE]
        flags = [pa.field(name, pa.bool_()) for name in FLAGS]
        return pa.schema([*(field.arrow for field in self.fields), *beside, *flags, pa.field("row", pa.int64())])

    def conform(self, raw: pa.Table, first_row: int) -> Conformed:
        """Convert one group into the standard.

        Args:
            raw: text columns of the source, locators, and the faults found on reading.
            first_row: index of this group's first record in the batch, or in the part that is read by itself.

        Raises:
            DeclarationError: when the department's own `tidy` fails, or changes which rows there are.
        """
        raw = apply_tidy(self.source, raw).combine_chunks()
        left_out_mask = left_out_rows(self.source.declaration, raw)
        left_out = pc.sum(left_out_mask).as_py() or 0
        if left_out:
            raw = raw.filter(pc.invert(left_out_mask)).combine_chunks()
        elements, unread = self._elements(raw)
        stamped = stamp_rows(self.source.declaration, raw, self.taken_at)
        # A row that only ends its record needs nothing but the columns that name it.
        ends = deleted_rows(self.source.declaration, raw)
        licences = self._licences(elements, stamped, ends, raw, first_row)
        of_contents = [violation.without(ends) for violation in unread]
        violations = [*of_contents, *stamped.violations, *self._source_violations(raw, ends)]
        return Conformed(licences, findings_on_rows(licences, violations), left_out)

    def element(self, name: str, raw: pa.Table) -> pa.Array:
        """Convert one element of a group, null where that fails; its column is declared, not constant."""
        field = next(field for field in self.fields if field.name == name)
        return self._element(field, self.source.declaration.columns[name], raw)[0]

    def _elements(self, raw: pa.Table) -> tuple[dict[str, Values], list[Violation]]:
        """Convert the elements: by name a column, or one value if all rows have the same."""
        elements: dict[str, Values] = {}
        unread: list[Violation] = []
        for field in self.fields:
            column = self.source.declaration.columns.get(field.name)
            if column is None:
                elements[field.name] = pa.scalar(None, ARROW_TYPES[field.kind])
            else:
                elements[field.name], found = self._element(field, column, raw)
                unread.extend(found)
        self._fill_defaults(elements)
        return elements, unread

    def _element(self, field: Field, column: Column, raw: pa.Table) -> tuple[pa.Array, list[Violation]]:
        reader = self._readers[field.name]
        if column.source is not None:
            return reader.read(column_of(raw, column.source))
        return reader.read(pa.repeat(pa.scalar(column.constant, pa.string()), raw.num_rows))

    @cached_property
    def _readers(self) -> dict[str, ElementReader]:
        declaration = self.source.declaration
        known = {**status_families(), **declaration.lookups}
        fields = {field.name: field for field in self.fields}
        return {
            name: ElementReader(
                fields[name],
                column,
                [clean_lookup(known[lookup], fields[name].kind) for lookup in column.lookup],
                declaration.extract.time_zone,
            )
            for name, column in declaration.columns.items()
        }

    def _fill_defaults(self, elements: dict[str, Values]) -> None:
        """Fill in the elements without a column from the declaration, the catalogue and the code lists."""
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
            elements["certificate_holder_type_name"] = map_distinct(
                elements["certificate_holder_type_code"], _holder_type_names
            )

    def _licences(
        self, elements: dict[str, Values], stamped: Stamps, ends: pa.Array, raw: pa.Table, first_row: int
    ) -> pa.Table:
        rows, face = raw.num_rows, [field.name for field in self.source.face]
        columns: dict[str, Values] = {
            **elements,
            "face": json_objects({name: _as_array(elements[name], rows) for name in face}, rows),
            "source_updated_at": stamped.updated_at,
            "observed_at": stamped.observed_at,
            "locator": self._locators(elements["certificate_number"], raw),
            "record": _unless_key_missing(
                digest(elements, LICENCE.key, rows), [elements[name] for name in LICENCE.key]
            ),
            **self._digests(elements, rows),
            "ordered": stamped.ordered,
            "of_day": stamped.of_day,
            "ends": ends,
            "row": pa.array(np.arange(first_row, first_row + rows)),
        }
        return pa.table([_as_array(values, rows) for values in columns.values()], schema=self.schema)

    def _locators(self, numbers: Values, raw: pa.Table) -> pa.Array:
        """The locators of the rows; a key that identifies no row is extended by the certificate number."""
        locators = column_of(raw, LOCATOR)
        of_keys = isinstance(self.source.declaration.extract, DatabaseExtract)
        return with_numbers(locators, _as_array(numbers, raw.num_rows)) if of_keys else locators

    def _digests(self, elements: dict[str, Values], rows: int) -> dict[str, pa.Array]:
        """Digest the whole content, and the part that the licence's face shows.

        Hashing is a third of the time of a group. Therefore the elements that every face shows are hashed once, and the digest of
        the whole content is computed from that digest and the other elements.
        """
        content = [field.name for field in self.fields]
        always = [name for name in content if name not in _NOT_ALWAYS_ON_FACE]
        shown = [name for name in content if name not in NOT_ON_FACE | self._derived]
        core = digest(elements, always, rows)
        rest = [name for name in content if name in _NOT_ALWAYS_ON_FACE]
        return {
            "digest": digest({**elements, "core": core}, ["core", *rest], rows),
            "face_digest": core if shown == always else digest(elements, shown, rows),
        }

    def _source_violations(self, raw: pa.Table, ends: pa.Array) -> Iterator[Violation]:
        """Yield the violations that the source itself reveals: unreadable cells, unknown operations, deleted records."""
        declaration = self.source.declaration
        for fault in element_faults(declaration, raw):
            if fault.rule == "shown_otherwise" and fault.element in self._elements_without_format:
                continue
            of_content = fault.element in self.schema.names and fault.element not in LICENCE.key
            yield fault.without(ends) if of_content else fault
        if declaration.vanished == "hold":
            yield Violation("deleted", rows=pc.indices_nonzero(ends))
        unknown = unknown_operations(declaration, raw)
        if len(unknown):
            changes = declared_changes(declaration)
            assert changes is not None  # or there were no operations
            declared = " / ".join(text or "''" for text in [*changes.kept_values, *changes.deleted_values])
            found = column_of(raw, changes.operation).take(unknown)
            yield Violation("operation_unknown", changes.operation, unknown, found, expected=declared)

    @cached_property
    def _elements_without_format(self) -> frozenset[str]:
        """Elements and columns whose number format is irrelevant: days, times, and unused columns (empty name)."""
        timed = [field.name for field in self.fields if field.kind in {Kind.DATE, Kind.TIME}]
        return frozenset([*timed, self.source.declaration.extract.updated_at or "", ""])

    @property
    def _derived(self) -> frozenset[str]:
        return frozenset(DERIVED) - frozenset(LICENCE.key) - frozenset(self.source.declaration.columns)


def _as_array(values: Values, rows: int) -> pa.Array:
    return pa.repeat(values, rows) if isinstance(values, pa.Scalar) else values


def _unless_key_missing(record: pa.Array, key: list[Values]) -> pa.Array:
    """The digests of the keys, empty where a key is incomplete: such a row identifies no record."""
    missing = [values for values in key if isinstance(values, pa.Scalar) or values.null_count]
    for values in missing:
        record = pc.if_else(pc.is_valid(values), record, "")
    return record


def _holder_type_names(codes: str) -> str | None:
    names = [code_list("holder_type").get(code) for code in codes.split(HOLDERS_JOINED_BY)]
    return None if None in names else HOLDERS_JOINED_BY.join(name for name in names if name)
