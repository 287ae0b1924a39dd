"""Which sources claim licences of which type: what a merge must know before it reads a single record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, true, update

from exchange_db.tables import CLAIMANT


@dataclass(frozen=True)
class Claimants:
    """The sources that claim licences of a batch's types.

    Attributes:
        source: name of the batch's source.
        types: type codes of the batch, and whether it supplies identifiers with any row of that type.
        known: the types of which the source already has claims.
        rivals: the other sources that claim any of the types.
        identifiers: whether any source supplies identifiers of its own, of any type.
    """

    source: str
    types: Mapping[str, bool]
    known: list[str]
    rivals: list[str]
    identifiers: bool

    @property
    def alone(self) -> bool:
        """Whether the batch cannot meet anything on the platform: all of it is new, and nobody else claims it."""
        return not (self.known or self.rivals or self.identifiers or any(self.types.values()))

    @classmethod
    def of(cls, connection: Connection, source: str, types: Mapping[str, bool]) -> Claimants:
        """Read the claimants. They can change unless the caller holds the locks of the source and the types."""
        c = CLAIMANT.c
        rows = connection.execute(select(c.source, c.certificate_type_code).where(c.certificate_type_code.in_(types)))
        pairs = [(row.source, row.certificate_type_code) for row in rows]
        known = [code for name, code in pairs if name == source]
        rivals = sorted({name for name, _ in pairs if name != source})
        return cls(source, types, known, rivals, any_supplied_identifiers(connection))

    def save(self, connection: Connection, precedence: int) -> bool:
        """Write what the batch adds; returns whether the precedence of the source has changed."""
        c = CLAIMANT.c
        moved = connection.execute(
            update(CLAIMANT).where(c.source == self.source, c.precedence != precedence).values(precedence=precedence)
        )
        for code, supplied in self.types.items():
            own = (c.source == self.source, c.certificate_type_code == code)
            if code not in self.known:
                values = {"source": self.source, "certificate_type_code": code}
                connection.execute(insert(CLAIMANT).values(**values, precedence=precedence, gives_identifiers=supplied))
            elif supplied:
                connection.execute(update(CLAIMANT).where(*own).values(gives_identifiers=True))
        return moved.rowcount > 0


def any_supplied_identifiers(connection: Connection) -> bool:
    """Whether any source ever supplied identifiers of its own; minted ones are never the same for two records."""
    return (
        connection.execute(select(CLAIMANT.c.source).where(CLAIMANT.c.gives_identifiers == true()).limit(1)).first()
        is not None
    )
