"""Standardises archived rows: maps the source's columns to the elements of the national schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.exchange import Exchange
from pipeline.prefetch import prefetch
from standard.batch import BatchKey
from standard.finding import FINDING
from workspace import batch_files as files
from workspace.batch_files import part_file
from workspace.manifests import manifest
from workspace.provenance import require_declared_as_read, require_raw, write_record

if TYPE_CHECKING:
    from transforms.conform import Conformer


def standardise(exchange: Exchange, key: BatchKey, part: int | None = None) -> None:
    """Standardise the archived rows of a batch or one of its parts.

    Raises:
        ExchangeError: when the archive does not match its manifest.
    """
    archived = require_raw(exchange.workspace, key, part)
    require_declared_as_read(exchange.source(key), key, archived)
    raw = exchange.workspace.read_groups(key, part_file(files.RAW, part))
    for _ in iter_standardised(exchange, key, archived.columns, archived.taken_at, raw, part):
        pass


def iter_standardised(
    exchange: Exchange, key: BatchKey, columns: list[str], taken_at: str, raw: Iterable[pa.Table], part: int | None
) -> Iterator[pa.Table]:
    """Standardise raw groups, and yield each after it was written; findings and counts are written after the last.

    `raw` is always exhausted, since it may be the reading of the source, which must be archived completely.

    Args:
        exchange: where everything is.
        key: of the batch.
        columns: of the source, as read.
        taken_at: instant text of the reading.
        raw: groups of raw rows.
        part: number of the part; None for a batch that is read in one.
    """
    from transforms.conform import Conformer
    from transforms.required_columns import missing_columns

    workspace, source = exchange.workspace, exchange.source(key).for_columns(columns)
    conformer = Conformer(source, taken_at)
    rows = _Standardiser(conformer, as_declared=not missing_columns(source.declaration, columns))
    path = workspace.path(key, part_file(files.LICENCES, part))
    try:
        yield from workspace.write_groups(path, prefetch(rows.standardised(raw)), conformer.schema)
    except Exception:
        for _ in raw:
            pass
        raise
    workspace.write_table(workspace.path(key, part_file(files.CONFORMED, part)), rows.findings, FINDING)
    written = [part_file(name, part) for name in (files.LICENCES, files.CONFORMED)]
    # The manifest exists: the archive is complete once the raw groups are exhausted.
    raw_digest = manifest(workspace, key, part).digest
    counts = {"extracted": rows.extracted, "left_out": rows.left_out}
    write_record(workspace, key, part_file(files.STANDARDISED, part), raw_digest, written, **counts)


@dataclass
class _Standardiser:
    """Standardises groups of rows, collecting their findings and counting extracted and left-out rows."""

    conformer: Conformer
    as_declared: bool
    findings: list[pa.Table] = field(default_factory=list)
    extracted: int = 0
    left_out: int = 0

    def standardised(self, raw: Iterable[pa.Table]) -> Iterator[pa.Table]:
        for group in raw:
            if not self.as_declared:  # rows with missing columns are only counted; the finding is on the batch
                self.extracted += group.num_rows
                continue
            conformed = self.conformer.conform(group, self.extracted)
            self.extracted += conformed.licences.num_rows
            self.left_out += conformed.left_out
            self.findings.append(conformed.findings)
            licences = conformed.licences
            del group, conformed  # free the memory while the next steps process these rows
            yield licences
            del licences
