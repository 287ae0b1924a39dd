"""Masks personal values that earlier versions stored in findings."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, not_, select, update

from exchange_db.bulk import bulk_select
from exchange_db.tables import FINDING_TABLE, SEEN
from standard.masking import mask_personal
from standard.rule import FIXED_WORDS


def remask_findings(connection: Connection, is_personal: Callable[[str, str], bool], *, dry_run: bool = False) -> int:
    """Mask the values of findings on personal elements, as is done when a finding is created.

    Args:
        connection: of the transaction.
        is_personal: whether an element of a source is personal, by the names of source and element.
        dry_run: whether the findings are only counted.

    Returns:
        The number of rows that were, or would be, changed.
    """
    changed = 0
    for table in (FINDING_TABLE, SEEN):
        t = table.c
        pairs = connection.execute(select(t.source, t.element).distinct()).all()
        for source, element in pairs:
            if is_personal(source, element):
                others = and_(*(not_(t.rule.like(f"{rules}%")) for rules in FIXED_WORDS))
                personal_values = and_(t.source == source, t.element == element, others)
                changed += _remask(connection, table, personal_values, dry_run=dry_run)
    return changed


def _remask(connection: Connection, table: Table, where: ColumnElement[bool], *, dry_run: bool) -> int:
    key = list(table.primary_key.columns)
    schema = pa.schema(
        [*((c.name, pa.int64() if c.name == "id" else pa.string()) for c in key), ("value", pa.string())]
    )
    same_row = and_(*(column == bindparam(f"key_{column.name}") for column in key))
    statement = update(table).where(same_row).values(value=bindparam("masked"))
    changed = 0
    for rows in bulk_select(connection, select(*key, table.c.value).where(where), schema):
        masked = mask_personal(rows["value"].combine_chunks())
        changed_values = pc.not_equal(masked, rows["value"])
        rows = rows.set_column(len(key), "masked", masked).filter(changed_values)
        changed += rows.num_rows
        if rows.num_rows and not dry_run:
            parameters = [*(f"key_{column.name}" for column in key), "masked"]
            connection.execute(statement, rows.rename_columns(parameters).to_pylist())
    return changed
