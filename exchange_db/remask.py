"""How what findings of earlier versions show of personal values is masked on the platform."""

from __future__ import annotations

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, Table, and_, bindparam, not_, select, update

from exchange_db.bulk_insert import take
from exchange_db.tables import FINDING_TABLE, SEEN
from standard.masking import mask_personal


def remask_findings(connection: Connection, is_personal: Callable[[str, str], bool], *, dry_run: bool = False) -> int:
    """Mask the values of findings that should have been, as they are when a finding is made.

    Args:
        connection: of the transaction.
        is_personal: whether the element of a source is personal, by the two names.
        dry_run: whether they are only counted.

    Returns:
        How many rows were, or would be, changed.
    """
    changed = 0
    for table in (FINDING_TABLE, SEEN):
        t = table.c
        pairs = connection.execute(select(t.source, t.element).distinct()).all()
        for source, element in pairs:
            if is_personal(source, element):
                # What is known to stand for nothing is shown as it is.
                shown = and_(t.source == source, t.element == element, not_(t.rule.like("placeholder%")))
                changed += _remask(connection, table, shown, dry_run=dry_run)
    return changed


def _remask(connection: Connection, table: Table, where: ColumnElement[bool], *, dry_run: bool) -> int:
    key = list(table.primary_key.columns)
    schema = pa.schema(
        [*((c.name, pa.int64() if c.name == "id" else pa.string()) for c in key), ("value", pa.string())]
    )
    same = and_(*(column == bindparam(f"key_{column.name}") for column in key))
    change = update(table).where(same).values(value=bindparam("masked"))
    changed = 0
    for rows in take(connection, select(*key, table.c.value).where(where), schema):
        masked = mask_personal(rows["value"].combine_chunks())
        other = pc.not_equal(masked, rows["value"])
        rows = rows.set_column(len(key), "masked", masked).filter(other)
        changed += rows.num_rows
        if rows.num_rows and not dry_run:
            named = [*(f"key_{column.name}" for column in key), "masked"]
            connection.execute(change, rows.rename_columns(named).to_pylist())
    return changed
