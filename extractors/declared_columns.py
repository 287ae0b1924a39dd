"""Compares the columns of a source with its declaration, before the first night does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sources.declaration import Declaration
from standard.messages import Message, all_of
from standard.nearest import with_nearest


def column_problems(source: str, declaration: Declaration, columns: Sequence[str]) -> Iterator[Message]:
    """Explain why a night would be refused for its columns, a sentence each.

    Args:
        source: its name.
        declaration: of the source.
        columns: all columns of the source.
    """
    if not declaration.expect.drift.columns_may_go and (missing := declaration.missing_columns(columns)):
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


def undeclared_columns(declaration: Declaration, columns: Sequence[str]) -> Iterator[Message]:
    """Report what refuses a first batch only: undeclared columns, and missing ones that the declaration allows to disappear.

    A check does not know whether there was a batch before.
    """
    declared = declaration.for_columns(columns).declared_columns
    unknown = [name for name in columns if name not in declared]
    if unknown:
        yield Message(
            "nobody declared {columns}: a first batch is refused, later ones do what expect.drift says of column_added",
            columns=", ".join(unknown),
        )
    if declaration.expect.drift.columns_may_go and (missing := declaration.missing_columns(columns)):
        yield Message(
            "without {columns}: a first batch is refused, of later ones its elements are empty",
            columns=with_nearest(missing, columns),
        )
