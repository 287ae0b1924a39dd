"""How what findings of earlier versions show of personal values is masked on the platform."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, and_, func, not_, or_, select, update

from exchange_db.tables import FINDING_TABLE, SEEN


def remask_findings(connection: Connection, is_personal: Callable[[str, str], bool], *, dry_run: bool = False) -> int:
    """Mask the values of findings that should have been; of each its first character stays.

    Args:
        connection: of the transaction.
        is_personal: whether the element of a source is personal, by the two names.
        dry_run: whether they are only counted.

    Returns:
        How many rows were, or would be, changed.
    """
    changed = 0
    for table in (FINDING_TABLE, SEEN):
        pairs = connection.execute(select(table.c.source, table.c.element).distinct()).all()
        wanted = [
            and_(table.c.source == source, table.c.element == element)
            for source, element in pairs
            if is_personal(source, element)
        ]
        for pair in wanted:
            # What is masked has one of three forms; what is known to stand for nothing is shown as it is.
            masked = or_(table.c.value == "", table.c.value.like("_**"), table.c.value.like("***%"))
            open_ = and_(pair, not_(masked), not_(table.c.rule.like("placeholder%")))
            changed += connection.scalar(select(func.count()).select_from(table).where(open_)) or 0
            if not dry_run:
                connection.execute(
                    update(table).where(open_).values(value=func.substr(table.c.value, 1, 1).concat("**"))
                )
    return changed
