"""Dameng, after its manual: no test can start a server."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from extractors.databases.dialects.dialect import SessionOptions, TimeKind
from extractors.databases.dialects.oracle import Oracle
from extractors.databases.statement import Statement


@dataclass(frozen=True)
class Dameng(Oracle):
    """Dameng: its DATE has no time of day, and its sessions have no time zone that could be set this way."""

    @override
    def session_setup(self, options: SessionOptions) -> tuple[str, ...]:
        return ("SET TRANSACTION READ ONLY",)

    @override
    def text_expression(self, column: str, type_name: str) -> str:
        return column

    @override
    def row_filters(self, schema: str | None, table: str) -> Statement:
        return ()

    @override
    def time_kind(self, type_name: str) -> TimeKind | None:
        return None
