"""Dameng, as its manual says it: no test can start one."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from extractors.databases.dialects.dialect import Clock, Terms
from extractors.databases.dialects.oracle import Oracle
from extractors.databases.statement import Statement


@dataclass(frozen=True)
class Dameng(Oracle):
    """Dameng, whose DATE has no time of day, and whose sessions have no zone that is set so."""

    @override
    def opening(self, terms: Terms) -> tuple[str, ...]:
        return ("SET TRANSACTION READ ONLY",)

    @override
    def written(self, column: str, words: str) -> str:
        return column

    @override
    def hiding(self, schema: str | None, table: str) -> Statement:
        return ()

    @override
    def clock(self, words: str) -> Clock | None:
        return None
