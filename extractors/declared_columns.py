"""How the columns that a source has differ from those that its declaration names, before a night finds out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sources.declaration import Declaration
from standard.messages import Message, all_of
from standard.nearest import with_nearest


def columns_amiss(source: str, declaration: Declaration, columns: Sequence[str]) -> Iterator[Message]:
    """Why a night would be refused for the columns there are, a sentence each.

    Args:
        source: its name.
        declaration: what is declared of it.
        columns: all that are there.
    """
    if not declaration.expect.drift.columns_may_go and (missing := declaration.lacks(columns)):
        yield Message(
            "{source}: expected the columns {missing} that its declaration names, found {there} others; "
            "restore the columns, or announce their new names",
            source=source,
            missing=with_nearest(missing, columns),
            there=len(columns),
        )
    for element, names in declaration.ambiguous(columns).items():
        yield Message(
            "{source}: expected one column for {element}, found {columns}, and nobody knows which of them holds its values; "
            "name one in columns.{element} and ignore the other",
            source=source,
            element=element,
            columns=all_of(names),
        )


def columns_beside(declaration: Declaration, columns: Sequence[str]) -> Iterator[Message]:
    """What refuses a first batch alone: columns that nobody declared, all of them, or that the declaration lets go.

    Who looks at a source does not ask whether there was a batch before.
    """
    declared = declaration.as_read(columns).declared_columns
    unknown = [name for name in columns if name not in declared]
    if unknown:
        yield Message(
            "nobody declared {columns}: a first batch is refused, later ones do what expect.drift says of column_added",
            columns=", ".join(unknown),
        )
    if declaration.expect.drift.columns_may_go and (missing := declaration.lacks(columns)):
        yield Message(
            "without {columns}: a first batch is refused, of later ones its elements are empty",
            columns=with_nearest(missing, columns),
        )
