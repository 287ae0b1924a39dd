"""Who claims licences of which type: what a merge must know of other sources before it looks at a single record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, true, update

from exchange_db.tables import CLAIMANT


@dataclass(frozen=True)
class Claimants:
    """Those that claim licences of a batch's types.

    Attributes:
        source: whose batch it is.
        types: of the batch, and whether it gives identifiers with any of that type.
        known: the types of which the source has claims already.
        rivals: the other sources that claim any of the types.
        identifiers: whether any source gives identifiers of its own, of whatever type.
    """

    source: str
    types: Mapping[str, bool]
    known: list[str]
    rivals: list[str]
    identifiers: bool

    @property
    def alone(self) -> bool:
        """Whether nothing on the platform can meet what the batch brings: all of it is new, and nobody else claims it."""
        return not (self.known or self.rivals or self.identifiers or any(self.types.values()))

    @classmethod
    def of(cls, connection: Connection, source: str, types: Mapping[str, bool]) -> Claimants:
        """Ask the platform. It is sure only while the caller holds the locks of the source and the types."""
        c = CLAIMANT.c
        found = connection.execute(select(c.source, c.certificate_type_code).where(c.certificate_type_code.in_(types)))
        pairs = [(row.source, row.certificate_type_code) for row in found]
        known = [code for name, code in pairs if name == source]
        rivals = sorted({name for name, _ in pairs if name != source})
        return cls(source, types, known, rivals, anyone_gives_identifiers(connection))

    def keep(self, connection: Connection, precedence: int) -> bool:
        """Write down what the batch adds; returns whether the source ranks otherwise than before."""
        c = CLAIMANT.c
        moved = connection.execute(
            update(CLAIMANT).where(c.source == self.source, c.precedence != precedence).values(precedence=precedence)
        )
        for code, gives in self.types.items():
            mine = (c.source == self.source, c.certificate_type_code == code)
            if code not in self.known:
                given = {"source": self.source, "certificate_type_code": code}
                connection.execute(insert(CLAIMANT).values(**given, precedence=precedence, gives_identifiers=gives))
            elif gives:
                connection.execute(update(CLAIMANT).where(*mine).values(gives_identifiers=True))
        return moved.rowcount > 0


def anyone_gives_identifiers(connection: Connection) -> bool:
    """Whether any source ever gave identifiers of its own; the exchange's own are never the same for two records."""
    return (
        connection.execute(select(CLAIMANT.c.source).where(CLAIMANT.c.gives_identifiers == true()).limit(1)).first()
        is not None
    )
